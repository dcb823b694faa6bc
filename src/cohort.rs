//! Cohort mode: every patient of an export assessed on one day, in memory that does not grow with it.
//!
//! The export is sorted on disk, since a hospital does not fit in memory and its files are by type,
//! not by patient. Three passes:
//!
//! 1. [`scatter`] looks at each resource, passes over what no rule asks for, and appends the rest to
//!    the partition of its patient;
//! 2. [`join`] does the same for treatments that name their Medication in another file;
//! 3. [`gather`] reads one partition at a time, assesses its patients and writes a row for each.
//!
//! Each pass notes what it has finished, so that a run that was interrupted goes on where it stopped.
//! Patients are placed by a hash of their id alone: shards need no coordination, and the rows come in
//! one order whatever the number of threads.

mod gather;
mod input;
mod join;
pub mod row;
mod scatter;
pub mod summary;
mod work;
pub mod write;

use std::{
    io,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    str::FromStr,
};

use indicatif::ProgressBar;
use thiserror::Error;
use uuid::Uuid;

use crate::chart::Reading;

/// One of `of` equal parts of the patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 0.
    index: u32,
    /// How many parts.
    of: NonZeroU32,
}

impl Shard {
    /// Every patient.
    pub const ALL: Self = Self {
        index: 0,
        of: NonZeroU32::MIN,
    };

    /// Is the patient in this part?
    fn holds(self, patient: &str) -> bool {
        self == Self::ALL || hash(patient) % u64::from(self.of.get()) == u64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = String;

    /// `i/n`, with i from 0 to n − 1 (as Kubernetes counts the pods of an indexed Job).
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected i/n with i from 0 to n-1, such as 0/4".to_owned();
        let (index, of) = text.split_once('/').ok_or_else(expected)?;
        let (index, of): (u32, NonZeroU32) = (
            index.parse().map_err(|_| expected())?,
            of.parse().map_err(|_| expected())?,
        );
        if index < of.get() {
            Ok(Self { index, of })
        } else {
            Err(expected())
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// What a run reads, and where it works.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Files and folders of the export.
    pub inputs: &'a [PathBuf],
    /// Day, zone and value sets.
    pub reading: Reading<'a>,
    /// What tells the site's own codes from others: a run goes on only with the same.
    pub site_codes: &'a str,
    /// Which part of the patients.
    pub shard: Shard,
    /// A type without a single resource in the export was exported all the same.
    pub complete: bool,
    /// The folder for the partitions; a run that was interrupted goes on in it.
    pub work: &'a Path,
    /// Threads.
    pub jobs: NonZeroUsize,
    /// Shows how far it is.
    pub progress: &'a ProgressBar,
}

/// Why a run ends without its rows.
#[derive(Debug, Error)]
pub enum CohortError {
    /// A file or folder.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A named file is of no kind that is read.
    #[error("{}: expected .ndjson, .ndjson.gz, .json or .json.gz", .0.display())]
    Kind(PathBuf),
    /// Nothing to read.
    #[error("no .ndjson, .ndjson.gz, .json or .json.gz file in the inputs")]
    NoInput,
    /// The work folder holds another run.
    #[error(
        "{}: holds an unfinished run with other inputs, another day or another version. Remove it, \
         or name another one with --work",
        .0.display()
    )]
    OtherRun(PathBuf),
    /// A file of the work folder or of the rows is not as it was written.
    #[error("{}: not as it was written; remove the work folder and start again", .0.display())]
    Damaged(PathBuf),
    /// The rows cannot be written.
    #[error("{}: {why}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl CohortError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// What was read, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// Resources and Bundles read.
    pub items: u64,
    /// Of these, lines that are no JSON resource.
    pub unreadable: u64,
    /// Resources that no patient is named in.
    pub without_patient: u64,
    /// Bundles with several patients, which cannot be told apart safely.
    pub several_patients: u64,
    /// Where the first of these stand: file and byte.
    pub places: Vec<String>,
}

/// Most places that a tally names.
const MOST_PLACES: usize = 20;

impl Tally {
    fn place(&mut self, place: impl FnOnce() -> String) {
        if self.places.len() < MOST_PLACES {
            self.places.push(place());
        }
    }

    fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.unreadable += other.unreadable;
        self.without_patient += other.without_patient;
        self.several_patients += other.several_patients;
        for place in &other.places {
            self.place(|| place.clone());
        }
    }

    /// How many could not be used.
    pub fn lost(&self) -> u64 {
        self.unreadable + self.without_patient + self.several_patients
    }
}

/// Runs the three passes. The rows lie in the work folder afterwards, one file a partition: see
/// [`write::write`].
///
/// # Errors
///
/// A file that cannot be read or written, or a work folder of another run. What is wrong inside a
/// file is in the tally.
pub fn run(plan: &Plan<'_>) -> Result<(work::Work, Tally), CohortError> {
    let units = input::units(plan.inputs)?;
    let work = work::Work::open(plan, &units)?;
    let scattered = scatter::scatter(plan, &work, &units)?;
    join::join(plan, &work)?;
    gather::gather(plan, &work, &scattered.types)?;
    Ok((work, scattered.tally))
}

/// A patient's place: the same on every machine and in every version of the program.
fn hash(id: &str) -> u64 {
    let bytes = Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()).into_bytes();
    let [a, b, c, d, ..] = bytes;
    u64::from(u32::from_be_bytes([a, b, c, d]))
}

/// The id of a reference to a patient, a Medication …: `Patient/1`, an absolute one, or a bare id.
fn id_of(reference: &str) -> &str {
    let plain = reference
        .split_once("/_history/")
        .map_or(reference, |(before, _)| before);
    plain.rsplit('/').next().unwrap_or(plain)
}

#[cfg(test)]
mod tests;
