//! Age and vital status.

use super::{
    Source,
    date::Dated,
    record::{Record, note, reject},
};
use crate::guideline::{
    facts::{Deceased, Facts},
    problem::{Problem, Touches},
};

/// Extension of HL7 by which a resource says that it is entered in error; Patient has no status.
const DATA_STATUS: &str = "entered-in-error";

/// Reads the Patient.
pub fn read(record: &Record<'_>, facts: &mut Facts) {
    let Some(entry) = record.entries(Source::Patient).next() else {
        facts.searched.patient = false;
        return;
    };
    // Dates and the flag are read from the text; nothing else of a Patient decides.
    if let Err(why) = record.typed(entry, &["deceasedBoolean"], facts) {
        return reject(facts, Source::Patient, entry, &why);
    }
    let object = &entry.object;
    let patient = &mut facts.patient;
    patient.entered_in_error = object.object("meta").is_some_and(|meta| {
        meta.objects("tag")
            .iter()
            .chain(&meta.objects("security"))
            .any(|tag| tag.text("code").as_deref() == Some(DATA_STATUS))
    });
    let mut problem = None;
    match record.date(entry, "birthDate") {
        Dated::On(born) => patient.born = born.not_after(record.as_of),
        Dated::Missing => {}
        Dated::Invalid => problem = Some((Problem::DateInvalid, "birthDate: not a FHIR date")),
    }
    if patient.born.is_none() && problem.is_none() && object.get("birthDate").is_some() {
        problem = Some((Problem::DateInFuture, "birthDate: after today"));
    }
    match record.date(entry, "deceasedDateTime") {
        Dated::On(died) => patient.deceased = Some(Deceased::On(died)),
        // There is a date of death, only not a readable one.
        Dated::Invalid => {
            patient.deceased = Some(Deceased::Undated);
            problem = Some((Problem::DateInvalid, "deceasedDateTime: not a FHIR date"));
        }
        Dated::Missing => {
            if object
                .get("deceasedBoolean")
                .is_some_and(|raw| raw.get() == "true")
            {
                patient.deceased = Some(Deceased::Undated);
            }
        }
    }
    if let Some((problem, why)) = problem {
        note(facts, &entry.reference, problem, Touches::Patient, why);
    }
}
