//! The third pass: one partition at a time, its patients are assessed and their rows written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{
    CohortError, Plan,
    row::Row,
    scatter::LineKind,
    work::{Part, Work, write_whole},
};
use crate::{
    chart::{self, Chart, Input, Obtained, Source, survey::Survey},
    guideline,
};

/// One line of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line<'a> {
    /// The patient's or the Medication's id, a JSON string.
    id: &'a str,
    pub kind: LineKind,
    pub text: &'a str,
}

/// The lines of a partition.
pub(super) struct Lines {
    text: String,
    path: std::path::PathBuf,
}

impl Lines {
    /// Reads the files of a partition.
    pub fn read(work: &Work, part: Part, partition: usize) -> Result<Self, CohortError> {
        let mut text = String::new();
        for path in work.files(part, partition)? {
            text += &fs::read_to_string(&path).map_err(CohortError::io(&path))?;
        }
        Ok(Self {
            text,
            path: work.file(part, partition, 0),
        })
    }

    /// The lines of each id, in one order whichever thread wrote them first. What was exported twice
    /// is there once.
    pub fn groups(&self) -> Result<Vec<Vec<Line<'_>>>, CohortError> {
        let mut lines = Vec::new();
        for line in self.text.lines() {
            lines.push(Line::of(line).ok_or_else(|| CohortError::Damaged(self.path.clone()))?);
        }
        lines.sort_unstable();
        lines.dedup();
        Ok(lines
            .chunk_by(|one, other| one.id == other.id)
            .map(<[_]>::to_vec)
            .collect())
    }
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let (id, rest) = line.split_once('\t')?;
        let (kind, text) = rest.split_once('\t')?;
        let &[letter] = kind.as_bytes() else {
            return None;
        };
        Some(Self {
            id,
            kind: LineKind::of(letter)?,
            text,
        })
    }
}

/// Assesses every partition that an earlier run has not finished.
pub(super) fn gather(
    plan: &Plan<'_>,
    work: &Work,
    types: &BTreeSet<String>,
) -> Result<(), CohortError> {
    plan.progress.set_length(work.partitions as u64);
    plan.progress.set_position(0);
    let next = AtomicUsize::new(0);
    let results = thread::scope(|scope| {
        let started: Vec<_> = (0..plan.jobs.get())
            .map(|_| {
                scope.spawn(|| -> Result<(), CohortError> {
                    loop {
                        let partition = next.fetch_add(1, Ordering::Relaxed);
                        if partition >= work.partitions {
                            return Ok(());
                        }
                        if !work.rows(partition).exists() {
                            assess(plan, work, partition, types)?;
                        }
                        plan.progress.inc(1);
                    }
                })
            })
            .collect();
        started
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect::<Vec<_>>()
    });
    results.into_iter().collect()
}

fn assess(
    plan: &Plan<'_>,
    work: &Work,
    partition: usize,
    types: &BTreeSet<String>,
) -> Result<(), CohortError> {
    let lines = Lines::read(work, Part::Patients, partition)?;
    let mut rows = Vec::new();
    let mut survey = Survey::new(plan.reading.terminology);
    let path = work.rows(partition);
    let failed = |e: serde_json::Error| CohortError::Write {
        path: path.clone(),
        why: e.to_string(),
    };
    for patient in lines.groups()? {
        let id: String = patient
            .first()
            .and_then(|line| serde_json::from_str(line.id).ok())
            .unwrap_or_default();
        let chart = chart_of(&id, &patient, plan, types).map_err(failed)?;
        let assessment = guideline::assess(&chart.facts, plan.reading.as_of);
        for line in &patient {
            survey.add_text(line.text);
        }
        let row = Row::new(&id, &assessment, survey.take_unmapped()).map_err(failed)?;
        serde_json::to_writer(&mut rows, &row).map_err(failed)?;
        rows.push(b'\n');
    }
    write_whole(&path, &rows)
}

/// The chart of one patient: of a Bundle as it is, else of what the files of each type hold.
fn chart_of(
    id: &str,
    lines: &[Line<'_>],
    plan: &Plan<'_>,
    types: &BTreeSet<String>,
) -> Result<Chart, serde_json::Error> {
    if lines.iter().any(|line| line.kind == LineKind::Bundle) {
        let record = record(lines)?;
        return Ok(chart::read(
            &Input::Record(&record),
            None,
            Some(id),
            plan.reading,
        ));
    }
    let mut by_type: BTreeMap<String, Vec<&RawValue>> = BTreeMap::new();
    for line in lines {
        let kind: Kind = serde_json::from_str(line.text)?;
        by_type
            .entry(kind.resource_type)
            .or_default()
            .push(serde_json::from_str(line.text)?);
    }
    let mut medications = by_type.remove("Medication").unwrap_or_default();
    let mut sources = Vec::new();
    for source in Source::ALL {
        let found = match by_type.remove(source.resource_type()) {
            Some(mut resources) => {
                if is_treatment(source) {
                    resources.append(&mut medications);
                }
                Some(bundle(&resources)?)
            }
            None => None,
        };
        sources.push((source, found));
    }
    let nothing = to_raw_value(&())?;
    let obtained = sources
        .iter()
        .map(|(source, found)| {
            let obtained = match found {
                Some(raw) => Obtained::Value(raw),
                // No resource of this patient: none was found, if the type was exported at all.
                None if plan.complete || types.contains(source.resource_type()) => {
                    Obtained::Value(&nothing)
                }
                None => Obtained::Nothing,
            };
            (*source, source.resource_type(), obtained)
        })
        .collect();
    Ok(chart::read(
        &Input::Prefetch(obtained),
        None,
        Some(id),
        plan.reading,
    ))
}

fn is_treatment(source: Source) -> bool {
    matches!(
        source,
        Source::MedicationRequest
            | Source::MedicationAdministration
            | Source::MedicationStatement
            | Source::MedicationDispense
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    resource_type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Collection<'a, T> {
    resource_type: &'static str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    link: &'a [&'a RawValue],
    entry: &'a [T],
}

fn collection<T: Serialize>(
    link: &[&RawValue],
    entry: &[T],
) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw_value(&Collection {
        resource_type: "Bundle",
        r#type: "collection",
        link,
        entry,
    })
}

fn bundle(resources: &[&RawValue]) -> Result<Box<RawValue>, serde_json::Error> {
    #[derive(Serialize)]
    struct Entry<'a> {
        resource: &'a RawValue,
    }
    let entries: Vec<Entry<'_>> = resources
        .iter()
        .map(|resource| Entry { resource })
        .collect();
    collection(&[], &entries)
}

/// Every Bundle and resource of a patient as one record. A single Bundle stays as it is, with the
/// links and outcomes that say whether it is complete.
fn record(lines: &[Line<'_>]) -> Result<Box<RawValue>, serde_json::Error> {
    if let [line] = lines {
        return RawValue::from_string(line.text.to_owned());
    }
    #[derive(Deserialize)]
    struct Parts<'a> {
        #[serde(borrow, default)]
        entry: Vec<&'a RawValue>,
        #[serde(borrow, default)]
        link: Vec<&'a RawValue>,
    }
    let (mut entries, mut links) = (Vec::new(), Vec::new());
    let loose: Vec<Box<RawValue>> = lines
        .iter()
        .filter(|line| line.kind != LineKind::Bundle)
        .map(|line| RawValue::from_string(format!(r#"{{"resource":{}}}"#, line.text)))
        .collect::<Result<_, _>>()?;
    for line in lines.iter().filter(|line| line.kind == LineKind::Bundle) {
        let Parts { entry, link } = serde_json::from_str(line.text)?;
        entries.extend(entry);
        links.extend(link);
    }
    entries.extend(loose.iter().map(AsRef::as_ref));
    collection(&links, &entries)
}
