//! The first pass: each resource that can bear on a fact goes to the partition of its patient.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    CohortError, Plan, Tally, hash, id_of,
    input::Unit,
    work::{Done, Part, Work, append},
};
use crate::chart::relevance::{Glances, Relevance};

/// How much a thread holds before it writes: this, or so much for each partition, so that files are not
/// opened for a few lines.
const HELD_BYTES: usize = 4 << 20;
const HELD_BYTES_EACH: usize = 16 << 10;

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Scattered {
    /// The types of which the export has a resource, whoever's it is.
    pub types: BTreeSet<String>,
    pub tally: Tally,
}

/// Which line of a partition file it is; the letter stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LineKind {
    /// A Bundle with a patient's whole record.
    Bundle,
    /// A resource.
    Resource,
    /// A Medication that may be wanted.
    Medication,
    /// A Medication that no rule asks for: its text is left out.
    Unwanted,
    /// A treatment that waits for its Medication; its text begins with the patient's id.
    Waiting,
}

impl LineKind {
    pub fn letter(self) -> u8 {
        match self {
            Self::Bundle => b'B',
            Self::Resource => b'R',
            Self::Medication => b'M',
            Self::Unwanted => b'U',
            Self::Waiting => b'W',
        }
    }

    pub fn of(letter: u8) -> Option<Self> {
        [
            Self::Bundle,
            Self::Resource,
            Self::Medication,
            Self::Unwanted,
            Self::Waiting,
        ]
        .into_iter()
        .find(|kind| kind.letter() == letter)
    }
}

/// Reads every unit that an earlier run has not finished.
pub(super) fn scatter(
    plan: &Plan<'_>,
    work: &Work,
    units: &[Unit],
) -> Result<Scattered, CohortError> {
    let mut all = Scattered::default();
    for done in &work.done {
        all.types.extend(done.types.iter().cloned());
        all.tally.add(&done.tally);
    }
    let open: Vec<(usize, &Unit)> = units
        .iter()
        .enumerate()
        .filter(|(index, _)| !work.done.iter().any(|done| done.unit == *index))
        .collect();
    plan.progress
        .set_length(units.iter().map(Unit::bytes).sum());
    let finished: u64 = units.iter().map(Unit::bytes).sum::<u64>()
        - open.iter().map(|(_, unit)| unit.bytes()).sum::<u64>();
    plan.progress.set_position(finished);
    let next = AtomicUsize::new(0);
    let threads = plan.jobs.get().min(open.len());
    let results = thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|worker| {
                let (open, next) = (&open, &next);
                scope.spawn(move || Worker::new(plan, work, worker).run(open, next))
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
    for result in results {
        let scattered = result?;
        all.types.extend(scattered.types);
        all.tally.add(&scattered.tally);
    }
    Ok(all)
}

/// One thread.
struct Worker<'p> {
    plan: &'p Plan<'p>,
    work: &'p Work,
    worker: usize,
    glances: Glances<'p>,
    patients: Appender<'p>,
    medications: Appender<'p>,
    types: BTreeSet<String>,
    tally: Tally,
}

impl<'p> Worker<'p> {
    fn new(plan: &'p Plan<'p>, work: &'p Work, worker: usize) -> Self {
        let last = work.done.iter().rev().find(|done| done.worker == worker);
        let (patients, medications) = last.map(|done| done.lengths.clone()).unwrap_or_default();
        Self {
            plan,
            work,
            worker,
            glances: Glances::new(plan.reading.terminology),
            patients: Appender::new(work, Part::Patients, worker, patients),
            medications: Appender::new(work, Part::Medications, worker, medications),
            types: BTreeSet::new(),
            tally: Tally::default(),
        }
    }

    fn run(
        mut self,
        open: &[(usize, &Unit)],
        next: &AtomicUsize,
    ) -> Result<Scattered, CohortError> {
        let mut all = Scattered::default();
        while let Some((index, unit)) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            unit.read(|at, line| self.line(unit, at, line))?;
            self.patients.flush()?;
            self.medications.flush()?;
            let done = Done {
                worker: self.worker,
                unit: *index,
                lengths: (
                    self.patients.lengths.clone(),
                    self.medications.lengths.clone(),
                ),
                types: std::mem::take(&mut self.types),
                tally: std::mem::take(&mut self.tally),
            };
            self.work.note(&done)?;
            all.types.extend(done.types);
            all.tally.add(&done.tally);
            self.plan.progress.inc(unit.bytes());
        }
        Ok(all)
    }

    fn line(&mut self, unit: &Unit, at: u64, line: &[u8]) -> Result<(), CohortError> {
        if line.is_empty() {
            return Ok(());
        }
        self.tally.items += 1;
        let glance = std::str::from_utf8(line)
            .ok()
            .and_then(|text| Some((text, self.glances.look(text)?)));
        let place = || format!("{}: byte {at}", unit.path.display());
        let Some((text, glance)) = glance else {
            self.tally.unreadable += 1;
            self.tally.place(place);
            return Ok(());
        };
        if glance.resource_type == "Bundle" {
            return self.bundle(text, place);
        }
        let is_patient = glance.resource_type == "Patient";
        if !self.types.contains(&*glance.resource_type) {
            self.types.insert(glance.resource_type.into_owned());
        }
        let patient = if is_patient {
            glance.id.as_deref()
        } else {
            glance.patient.as_deref().map(id_of)
        };
        match (glance.relevance, patient) {
            (Relevance::Kept(_), Some(patient)) => self.push(patient, LineKind::Resource, text),
            (Relevance::DependsOn(_, medication), Some(patient)) => {
                if !self.plan.shard.holds(patient) {
                    return Ok(());
                }
                let named = format!("{}\t", quoted(patient));
                self.medications.push(
                    id_of(&medication),
                    LineKind::Waiting,
                    &[named.as_bytes(), text.as_bytes()],
                )
            }
            (Relevance::Kept(_) | Relevance::DependsOn(..), None) => {
                self.tally.without_patient += 1;
                self.tally.place(place);
                Ok(())
            }
            (Relevance::Medication { wanted }, _) => {
                let Some(id) = glance.id else {
                    return Ok(());
                };
                if wanted {
                    self.medications
                        .push(&id, LineKind::Medication, &[text.as_bytes()])
                } else {
                    self.medications.push(&id, LineKind::Unwanted, &[])
                }
            }
            (Relevance::PassedOver, _) => Ok(()),
        }
    }

    /// A Bundle is one patient's record and stays whole: its entries may refer to each other.
    fn bundle(&mut self, text: &str, place: impl FnOnce() -> String) -> Result<(), CohortError> {
        match patients(text).as_deref() {
            Some([patient]) => self.push(patient, LineKind::Bundle, text),
            Some([]) => {
                self.tally.without_patient += 1;
                self.tally.place(place);
                Ok(())
            }
            Some(_) => {
                self.tally.several_patients += 1;
                self.tally.place(place);
                Ok(())
            }
            None => {
                self.tally.unreadable += 1;
                self.tally.place(place);
                Ok(())
            }
        }
    }

    fn push(&mut self, patient: &str, kind: LineKind, text: &str) -> Result<(), CohortError> {
        if !self.plan.shard.holds(patient) {
            return Ok(());
        }
        self.patients.push(patient, kind, &[text.as_bytes()])
    }
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(default)]
    full_url: Option<String>,
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    resource_type: String,
    #[serde(default)]
    id: Option<String>,
}

/// The ids of the patients of a Bundle; `None` where it cannot be read.
fn patients(text: &str) -> Option<Vec<String>> {
    let bundle: Bundle<'_> = serde_json::from_str(text).ok()?;
    let mut patients: Vec<String> = bundle
        .entry
        .iter()
        .filter_map(|entry| {
            let head: Head = serde_json::from_str(entry.resource?.get()).ok()?;
            if head.resource_type != "Patient" {
                return None;
            }
            head.id
                .or_else(|| entry.full_url.as_deref().map(|url| id_of(url).to_owned()))
        })
        .collect();
    patients.sort_unstable();
    patients.dedup();
    Some(patients)
}

/// An id as it begins a line: a JSON string, in which no tab and no line end can stand.
pub(super) fn quoted(id: &str) -> String {
    serde_json::Value::from(id).to_string()
}

/// Appends lines to partition files, many at a time.
pub(super) struct Appender<'w> {
    work: &'w Work,
    part: Part,
    worker: usize,
    held: Vec<Vec<u8>>,
    bytes: usize,
    /// The length of each partition file after the last flush.
    pub lengths: Vec<u64>,
}

impl<'w> Appender<'w> {
    pub fn new(work: &'w Work, part: Part, worker: usize, mut lengths: Vec<u64>) -> Self {
        lengths.resize(work.partitions, 0);
        Self {
            work,
            part,
            worker,
            held: vec![Vec::new(); work.partitions],
            bytes: 0,
            lengths,
        }
    }

    /// Adds a line under an id, which decides the partition.
    pub fn push(&mut self, id: &str, kind: LineKind, text: &[&[u8]]) -> Result<(), CohortError> {
        let partition = self.work.partition(id);
        let Some(held) = self.held.get_mut(partition) else {
            return Ok(());
        };
        let before = held.len();
        held.extend_from_slice(quoted(id).as_bytes());
        held.extend_from_slice(&[b'\t', kind.letter(), b'\t']);
        let written = held.len();
        for part in text {
            held.extend_from_slice(part);
        }
        // Between the tokens of JSON a line end is a blank; inside a string it cannot stand.
        for byte in held.iter_mut().skip(written) {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        held.push(b'\n');
        self.bytes += held.len() - before;
        if self.bytes > HELD_BYTES.max(self.held.len() * HELD_BYTES_EACH) {
            self.flush()?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), CohortError> {
        for (partition, held) in self.held.iter_mut().enumerate() {
            if held.is_empty() {
                continue;
            }
            append(&self.work.file(self.part, partition, self.worker), held)?;
            if let Some(length) = self.lengths.get_mut(partition) {
                *length += held.len() as u64;
            }
            held.clear();
        }
        self.bytes = 0;
        Ok(())
    }
}

impl Work {
    /// The partition of an id. Another part of the hash than a shard's, so that each shard fills every
    /// partition.
    pub(super) fn partition(&self, id: &str) -> usize {
        let hash = hash(id).rotate_right(16);
        usize::try_from(hash % self.partitions as u64).unwrap_or(0)
    }
}
