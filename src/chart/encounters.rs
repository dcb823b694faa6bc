//! Stays in hospital, and which infections led to one (F-06).

use r4::{codes::EncounterStatus, resources::Encounter};

use super::{
    Source,
    codes::Codes,
    date::Dated,
    record::{Record, reject},
    source::Entry,
    terminology::sets,
};
use crate::guideline::{
    date::When,
    facts::{Facts, Reference},
    verdict::{Reason, Verdict},
};

const DECISIVE: [&str; 4] = ["status", "class", "subject", "diagnosis"];

/// An Encounter that took place.
#[derive(Debug)]
pub struct Stay {
    reference: Reference,
    inpatient: bool,
    intensive_care: bool,
    finished: bool,
    start: Dated,
    end: Dated,
    diagnoses: Vec<Reference>,
}

/// Reads every Encounter that was not cancelled, planned or entered in error.
pub fn read(record: &Record<'_>, facts: &mut Facts) -> Vec<Stay> {
    let mut stays = Vec::new();
    for entry in record.entries(Source::Encounter) {
        match record.typed(entry, &DECISIVE, facts) {
            Ok(r4::Resource::Encounter(encounter)) => stays.extend(stay(record, entry, &encounter)),
            Ok(_) => {}
            Err(why) => reject(facts, Source::Encounter, entry, &why),
        }
    }
    stays
}

fn stay(record: &Record<'_>, entry: &Entry<'_>, encounter: &Encounter) -> Option<Stay> {
    use EncounterStatus::{Cancelled, EnteredInError, Finished, Planned};
    if matches!(encounter.status, Planned | Cancelled | EnteredInError) {
        return None;
    }
    let class = Codes::of_coding(&encounter.class);
    let diagnoses = encounter.diagnosis.iter().flatten();
    let diagnoses = diagnoses.filter_map(|diagnosis| diagnosis.condition.reference.as_deref());
    Some(Stay {
        reference: entry.reference.clone(),
        inpatient: class.is_in(&[sets::ENC_ADMISSION], record.terminology),
        intensive_care: is_intensive_care(record, entry, encounter),
        finished: encounter.status == Finished,
        start: record.period(entry, "period", "start"),
        end: record.period(entry, "period", "end"),
        diagnoses: diagnoses
            .map(|reference| record.obtained.normalise(reference))
            .collect(),
    })
}

/// A code of the set as type, service or place of the Encounter.
fn is_intensive_care(record: &Record<'_>, entry: &Entry<'_>, encounter: &Encounter) -> bool {
    let mut codes = Codes::of_all(&encounter.r#type);
    codes.extend(Codes::of_coding(&encounter.class));
    codes.extend(
        encounter
            .service_type
            .as_ref()
            .map(Codes::of)
            .unwrap_or_default(),
    );
    for place in encounter.location.iter().flatten() {
        codes.extend(
            place
                .physical_type
                .as_ref()
                .map(Codes::of)
                .unwrap_or_default(),
        );
        let Some(reference) = place.location.reference.as_deref() else {
            continue;
        };
        let location = match reference.strip_prefix('#') {
            Some(id) => super::record::contained(entry, id),
            None => record
                .obtained
                .follow(reference)
                .map(|entry| entry.object.clone()),
        };
        let Some(location) = location else { continue };
        let types = location
            .items("type")
            .into_iter()
            .chain(location.get("physicalType"));
        for kind in types.filter_map(Codes::peek) {
            codes.extend(kind);
        }
    }
    codes.is_in(&[sets::ENC_INTENSIVE_CARE], record.terminology)
}

/// What the stays say about one infection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Care {
    /// It led to an admission.
    pub admitted: Verdict,
    /// It led to intensive care.
    pub intensive_care: bool,
}

/// The care that an infection led to: by `Condition.encounter`, by `Encounter.diagnosis`, or by an
/// admission on the day of onset.
pub fn care(
    stays: &[Stay],
    condition: &Reference,
    encounter: Option<&Reference>,
    onset: When,
    searched: bool,
) -> Care {
    let linked =
        |stay: &&Stay| encounter == Some(&stay.reference) || stay.diagnoses.contains(condition);
    let mut admissions = Vec::new();
    let mut intensive_care = false;
    for stay in stays {
        let belongs = if linked(&stay) {
            Verdict::Met
        } else {
            stay.covers(onset)
        };
        if stay.inpatient || stay.intensive_care {
            admissions.push(belongs);
        }
        intensive_care |= stay.intensive_care && belongs.is_met();
    }
    let found =
        encounter.is_none_or(|encounter| stays.iter().any(|stay| stay.reference == *encounter));
    if !searched || !found {
        admissions.push(Verdict::Unknown(Reason::NotSearched));
    }
    Care {
        admitted: Verdict::any(admissions),
        intensive_care,
    }
}

impl Stay {
    /// Did it include the day of onset? A stay without an end goes on; if it is finished, nobody
    /// says since when.
    fn covers(&self, onset: When) -> Verdict {
        let Dated::On(start) = self.start else {
            return Verdict::NotMet;
        };
        let before_end = match self.end {
            Dated::On(end) => not_after(onset, end),
            Dated::Missing if self.finished => {
                not_after(onset, start).or(Verdict::Unknown(Reason::Insufficient))
            }
            Dated::Missing => Verdict::Met,
            Dated::Invalid => Verdict::Unknown(Reason::Invalid),
        };
        not_after(start, onset).and(before_end)
    }
}

/// Is `a` on or before `b`, both perhaps inexact?
fn not_after(a: When, b: When) -> Verdict {
    if a.latest() <= b.earliest() {
        Verdict::Met
    } else if a.earliest() > b.latest() {
        Verdict::NotMet
    } else {
        Verdict::Unknown(Reason::Insufficient)
    }
}
