//! The work folder: partitions, the journal of what is finished, and how a run goes on.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::{Deserialize, Serialize};

use super::{CohortError, Plan, Tally, input::Unit};

/// A partition should hold about this much of the export: one is read into memory at a time, and one that
/// holds more is read several times.
const PARTITION_BYTES: u64 = 8 << 20;
/// Fewest and most partitions. Each is a file for each thread.
const PARTITIONS: (u64, u64) = (16, 4096);
/// A compressed file holds about this many times its size.
const COMPRESSION: u64 = 8;

/// The work folder of a run.
#[derive(Debug)]
pub struct Work {
    folder: PathBuf,
    /// How many partitions.
    pub(super) partitions: usize,
    journal: Mutex<File>,
    /// What an earlier run of the same plan had finished.
    pub(super) done: Vec<Done>,
}

/// What a thread had finished when it wrote this line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    /// The thread.
    pub worker: usize,
    /// The unit, by its place in the list.
    pub unit: usize,
    /// The lengths of the thread's partition files from then on, of patients and of Medications.
    pub lengths: (Vec<u64>, Vec<u64>),
    /// The resource types that were seen.
    pub types: BTreeSet<String>,
    /// What was read.
    pub tally: Tally,
}

/// Which files a partition is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// By patient.
    Patients,
    /// By Medication: what is joined before it has a patient.
    Medications,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Patients => "patients",
            Self::Medications => "medications",
        }
    }
}

impl Work {
    /// Opens the folder for a plan: new, or with what an earlier run of the same plan has finished.
    pub(super) fn open(plan: &Plan<'_>, units: &[Unit]) -> Result<Self, CohortError> {
        let folder = plan.work.to_owned();
        fs::create_dir_all(&folder).map_err(CohortError::io(&folder))?;
        let partitions = partitions(units);
        let plan_file = folder.join("plan.json");
        let described = describe(plan, units, partitions)?;
        match fs::read_to_string(&plan_file) {
            Ok(earlier) if earlier == described => {}
            Ok(_) => return Err(CohortError::OtherRun(folder)),
            Err(_) => write_whole(&plan_file, described.as_bytes())?,
        }
        let journal = folder.join("journal.ndjson");
        let done = read_journal(&journal)?;
        for part in ["patients", "medications", "rows"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(CohortError::io(&path))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&journal)
            .map_err(CohortError::io(&journal))?;
        let work = Self {
            folder,
            partitions,
            journal: Mutex::new(file),
            done,
        };
        work.forget_unfinished()?;
        Ok(work)
    }

    /// The file of one thread's part of a partition.
    pub(super) fn file(&self, part: Part, partition: usize, worker: usize) -> PathBuf {
        self.folder
            .join(part.name())
            .join(format!("{partition:04}.{worker}"))
    }

    /// Every file of a partition.
    pub(super) fn files(&self, part: Part, partition: usize) -> Result<Vec<PathBuf>, CohortError> {
        let folder = self.folder.join(part.name());
        let mut files = Vec::new();
        for worker in 0..self.workers()? {
            let file = self.file(part, partition, worker);
            if file.exists() {
                files.push(file);
            }
        }
        let joined = folder.join(format!("{partition:04}.joined"));
        if joined.exists() {
            files.push(joined);
        }
        Ok(files)
    }

    /// The file that [`super::join`] adds to the partition of a patient.
    pub(super) fn joined(&self, partition: usize) -> PathBuf {
        self.folder
            .join(Part::Patients.name())
            .join(format!("{partition:04}.joined"))
    }

    /// The rows of a partition.
    pub(super) fn rows(&self, partition: usize) -> PathBuf {
        self.folder
            .join("rows")
            .join(format!("{partition:04}.ndjson"))
    }

    /// Every file of rows, in order.
    pub fn all_rows(&self) -> Vec<PathBuf> {
        (0..self.partitions)
            .map(|partition| self.rows(partition))
            .collect()
    }

    /// Notes that a step with a name is finished, and asks whether it is.
    pub(super) fn finish(&self, step: &str) -> Result<(), CohortError> {
        write_whole(&self.folder.join(step), b"")
    }

    /// Is the step finished?
    pub(super) fn is_finished(&self, step: &str) -> bool {
        self.folder.join(step).exists()
    }

    /// Adds a line to the journal.
    pub(super) fn note(&self, done: &Done) -> Result<(), CohortError> {
        let path = self.folder.join("journal.ndjson");
        let mut line = serde_json::to_vec(done).map_err(|e| CohortError::Write {
            path: path.clone(),
            why: e.to_string(),
        })?;
        line.push(b'\n');
        // A thread that failed while it held the lock has left at most half a line, which the next
        // run drops.
        let mut journal = self
            .journal
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        journal
            .write_all(&line)
            .and_then(|()| journal.sync_data())
            .map_err(CohortError::io(&path))
    }

    /// Removes the folder: the rows have been written where they were asked for.
    ///
    /// # Errors
    ///
    /// It cannot be removed.
    pub fn remove(self) -> Result<(), CohortError> {
        let folder = self.folder;
        fs::remove_dir_all(&folder).map_err(CohortError::io(&folder))
    }

    /// How many threads have written, now or in an earlier run.
    fn workers(&self) -> Result<usize, CohortError> {
        let mut workers = 0;
        for part in [Part::Patients, Part::Medications] {
            let folder = self.folder.join(part.name());
            for entry in fs::read_dir(&folder).map_err(CohortError::io(&folder))? {
                let name = entry.map_err(CohortError::io(&folder))?.file_name();
                let name = name.to_string_lossy();
                let worker = name
                    .rsplit('.')
                    .next()
                    .and_then(|worker| worker.parse::<usize>().ok());
                workers = workers.max(worker.map_or(0, |worker| worker + 1));
            }
        }
        Ok(workers)
    }

    /// Cuts each file back to what its thread had noted as finished.
    fn forget_unfinished(&self) -> Result<(), CohortError> {
        for worker in 0..self.workers()? {
            let last = self.done.iter().rev().find(|done| done.worker == worker);
            for partition in 0..self.partitions {
                for part in [Part::Patients, Part::Medications] {
                    let length = last.map_or(0, |done| {
                        let lengths = match part {
                            Part::Patients => &done.lengths.0,
                            Part::Medications => &done.lengths.1,
                        };
                        lengths.get(partition).copied().unwrap_or(0)
                    });
                    cut(&self.file(part, partition, worker), length)?;
                }
            }
        }
        Ok(())
    }
}

fn cut(path: &Path, length: u64) -> Result<(), CohortError> {
    if !path.exists() {
        return if length == 0 {
            Ok(())
        } else {
            Err(CohortError::Damaged(path.to_owned()))
        };
    }
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(CohortError::io(path))?;
    let is = file.metadata().map_err(CohortError::io(path))?.len();
    if is < length {
        return Err(CohortError::Damaged(path.to_owned()));
    }
    file.set_len(length).map_err(CohortError::io(path))
}

fn partitions(units: &[Unit]) -> usize {
    let bytes: u64 = units.iter().map(Unit::unpacked_bytes).sum();
    let wanted = (bytes / PARTITION_BYTES).clamp(PARTITIONS.0, PARTITIONS.1);
    usize::try_from(wanted).unwrap_or(1)
}

impl Unit {
    fn unpacked_bytes(&self) -> u64 {
        if self.is_compressed() {
            self.bytes() * COMPRESSION
        } else {
            self.bytes()
        }
    }
}

/// The plan in words: a run goes on only with the same.
fn describe(plan: &Plan<'_>, units: &[Unit], partitions: usize) -> Result<String, CohortError> {
    #[derive(Serialize)]
    struct Description<'a> {
        version: &'static str,
        as_of: String,
        zone: Option<&'a str>,
        site_codes: &'a str,
        shard: String,
        complete: bool,
        partitions: usize,
        units: &'a [Unit],
    }
    let description = Description {
        version: env!("CARGO_PKG_VERSION"),
        as_of: plan.reading.as_of.to_string(),
        zone: plan.reading.zone.iana_name(),
        site_codes: plan.site_codes,
        shard: plan.shard.to_string(),
        complete: plan.complete,
        partitions,
        units,
    };
    serde_json::to_string(&description).map_err(|e| CohortError::Write {
        path: plan.work.to_owned(),
        why: e.to_string(),
    })
}

fn read_journal(path: &Path) -> Result<Vec<Done>, CohortError> {
    let Ok(file) = File::open(path) else {
        return Ok(Vec::new());
    };
    let mut done: Vec<Done> = Vec::new();
    let mut whole = 0;
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines
            .read_until(b'\n', &mut line)
            .map_err(CohortError::io(path))?;
        // The last line may be half: what it would have said is done again.
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        match serde_json::from_slice::<Done>(&line) {
            Ok(entry) => {
                // Only the last lengths of a thread are asked for.
                let mut earlier = done.iter_mut().rev();
                let of_thread = |one: &&mut Done| one.worker == entry.worker;
                if let Some(last) = earlier.find(of_thread) {
                    last.lengths = Default::default();
                }
                done.push(entry);
            }
            Err(_) => return Err(CohortError::Damaged(path.to_owned())),
        }
        whole += read as u64;
    }
    cut(path, whole)?;
    Ok(done)
}

/// Adds to the end of a file, which need not be there.
pub(super) fn append(path: &Path, bytes: &[u8]) -> Result<(), CohortError> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(CohortError::io(path))
}

/// Writes a file so that it is there whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CohortError> {
    let beside = path.with_extension("part");
    let mut file = File::create(&beside).map_err(CohortError::io(&beside))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(CohortError::io(&beside))?;
    fs::rename(&beside, path).map_err(CohortError::io(path))
}
