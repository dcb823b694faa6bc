//! The third pass: one partition at a time, its patients are assessed and their rows written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{
    CohortError, Plan, hash,
    input::READ_BYTES,
    row::Row,
    scatter::LineKind,
    work::{Part, Work, write_whole},
};
use crate::{
    chart::{self, Chart, Input, Obtained, Source, survey::UnmappedCodes},
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

/// The lines of a slice of a partition.
pub(super) struct Lines {
    text: String,
    path: PathBuf,
}

/// How much text of a partition is in memory at a time.
const SLICE_BYTES: u64 = 32 << 20;

impl Lines {
    /// Hands the lines of a partition to `take`, all of one id at once. A partition that is large is read
    /// several times, each time for some of its ids.
    pub fn read(
        work: &Work,
        part: Part,
        partition: usize,
        take: impl FnMut(&Self) -> Result<(), CohortError>,
    ) -> Result<(), CohortError> {
        let path = work.file(part, partition, 0);
        Self::of_files(&work.files(part, partition)?, path, SLICE_BYTES, take)
    }

    fn of_files(
        files: &[PathBuf],
        path: PathBuf,
        slice_bytes: u64,
        mut take: impl FnMut(&Self) -> Result<(), CohortError>,
    ) -> Result<(), CohortError> {
        let mut bytes = 0;
        for path in files {
            bytes += fs::metadata(path).map_err(CohortError::io(path))?.len();
        }
        let slices = bytes.div_ceil(slice_bytes).max(1);
        let mut lines = Self {
            text: String::new(),
            path,
        };
        for slice in 0..slices {
            lines.text.clear();
            for path in files {
                let file = File::open(path).map_err(CohortError::io(path))?;
                lines
                    .add(file, slice, slices)
                    .map_err(CohortError::io(path))?;
            }
            take(&lines)?;
        }
        Ok(())
    }

    fn add(&mut self, mut file: File, slice: u64, slices: u64) -> io::Result<()> {
        if slices == 1 {
            return file.read_to_string(&mut self.text).map(drop);
        }
        let mut file = BufReader::with_capacity(READ_BYTES, file);
        loop {
            let start = self.text.len();
            if file.read_line(&mut self.text)? == 0 {
                return Ok(());
            }
            let id = self.text[start..].split('\t').next().unwrap_or_default();
            // Partitions and shards go by other parts of a hash of another form of the id.
            if hash(id) % slices != slice {
                self.text.truncate(start);
            }
        }
    }

    /// The lines of each id together, in one order whichever thread wrote them first. What was exported
    /// twice is there once.
    pub fn sorted(&self) -> Result<Vec<Line<'_>>, CohortError> {
        let mut lines = Vec::new();
        for line in self.text.lines() {
            lines.push(Line::of(line).ok_or_else(|| CohortError::Damaged(self.path.clone()))?);
        }
        lines.sort_unstable();
        lines.dedup();
        Ok(lines)
    }
}

/// The lines of each id.
pub(super) fn by_id<'l, 'a>(lines: &'l [Line<'a>]) -> impl Iterator<Item = &'l [Line<'a>]> {
    lines.chunk_by(|one, other| one.id == other.id)
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
    let mut rows = Vec::new();
    let mut unmapped = UnmappedCodes::new(plan.reading.terminology);
    let path = work.rows(partition);
    let failed = |e: serde_json::Error| CohortError::Write {
        path: path.clone(),
        why: e.to_string(),
    };
    Lines::read(work, Part::Patients, partition, |lines| {
        for patient in by_id(&lines.sorted()?) {
            let id: String = patient
                .first()
                .and_then(|line| serde_json::from_str(line.id).ok())
                .unwrap_or_default();
            let chart = chart_of(&id, patient, plan, types).map_err(failed)?;
            let assessment = guideline::assess(&chart.facts, plan.reading.as_of);
            for line in patient {
                unmapped.add(line.text);
            }
            let row = Row::new(&id, &assessment, unmapped.take());
            serde_json::to_writer(&mut rows, &row).map_err(failed)?;
            rows.push(b'\n');
        }
        Ok(())
    })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_a_partition_hold_each_line_once_and_an_id_together() {
        let folder = tempfile::tempdir().unwrap();
        let files = [folder.path().join("0"), folder.path().join("1")];
        let mut written = Vec::new();
        for (nth, path) in files.iter().enumerate() {
            let lines: Vec<String> = (0..200)
                .map(|id| format!("\"p{id}\"\tR\t{{\"n\":{nth}}}"))
                .collect();
            fs::write(path, lines.join("\n") + "\n").unwrap();
            written.extend(lines);
        }
        written.sort();
        for slice_bytes in [u64::MAX, 2000, 100] {
            let (mut found, mut ids, mut slices) = (Vec::new(), BTreeSet::new(), 0);
            Lines::of_files(&files, files[0].clone(), slice_bytes, |lines| {
                slices += 1;
                for patient in by_id(&lines.sorted()?) {
                    assert!(ids.insert(patient[0].id.to_owned()), "twice");
                    let line = |line: &Line<'_>| format!("{}\tR\t{}", line.id, line.text);
                    found.extend(patient.iter().map(line));
                }
                Ok(())
            })
            .unwrap();
            found.sort();
            assert_eq!(found, written, "{slice_bytes}");
            assert_eq!(slices == 1, slice_bytes == u64::MAX);
        }
    }
}
