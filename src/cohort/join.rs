//! The second pass: treatments that name their Medication in another file meet it, and go to the
//! partition of their patient.

use std::fs;

use super::{
    CohortError, Plan,
    gather::{Lines, by_id},
    scatter::{LineKind, quoted},
    work::{Part, Work, append},
};

/// The step's name in the work folder.
const STEP: &str = "joined";

/// Joins partition by partition: one holds every line about its Medications.
pub(super) fn join(plan: &Plan<'_>, work: &Work) -> Result<(), CohortError> {
    if work.is_finished(STEP) {
        return Ok(());
    }
    // Half of an interrupted join is done again from the start: it only appends.
    for partition in 0..work.partitions {
        let path = work.joined(partition);
        if path.exists() {
            fs::remove_file(&path).map_err(CohortError::io(&path))?;
        }
    }
    plan.progress.set_length(work.partitions as u64);
    plan.progress.set_position(0);
    for partition in 0..work.partitions {
        Lines::read(work, Part::Medications, partition, |lines| one(work, lines))?;
        plan.progress.inc(1);
    }
    work.finish(STEP)
}

/// Joins what is known of some Medications.
fn one(work: &Work, lines: &Lines) -> Result<(), CohortError> {
    let mut out: Vec<Vec<u8>> = vec![Vec::new(); work.partitions];
    for group in by_id(&lines.sorted()?) {
        let unwanted = group.iter().any(|line| line.kind == LineKind::Unwanted);
        let medication = group
            .iter()
            .find(|line| line.kind == LineKind::Medication)
            .map(|line| line.text);
        if unwanted && medication.is_none() {
            continue;
        }
        for line in group.iter().filter(|line| line.kind == LineKind::Waiting) {
            let Some((patient, text)) = line.text.split_once('\t') else {
                continue;
            };
            let Ok(patient) = serde_json::from_str::<String>(patient) else {
                continue;
            };
            let Some(out) = out.get_mut(work.partition(&patient)) else {
                continue;
            };
            // One that is in no file goes on alone: the chart says that it leads nowhere.
            for text in [Some(text), medication].into_iter().flatten() {
                let letter = char::from(LineKind::Resource.letter());
                let line = format!("{}\t{letter}\t{text}\n", quoted(&patient));
                out.extend_from_slice(line.as_bytes());
            }
        }
    }
    for (partition, bytes) in out.iter().enumerate() {
        if bytes.is_empty() {
            continue;
        }
        append(&work.joined(partition), bytes)?;
    }
    Ok(())
}
