//! Vaccinations against influenza and pneumococci (F-11).

use super::{
    Source,
    codes::Codes,
    record::{Record, reject},
    source::Entry,
    terminology::{ValueSetId, sets},
};
use crate::guideline::{
    facts::{Facts, Vaccination, VaccinationTarget},
    problem::Touches,
};

const DECISIVE: [&str; 3] = ["status", "vaccineCode", "patient"];
/// The vaccines of REC-08, given or ordered.
pub const TARGETS: [(ValueSetId, VaccinationTarget); 2] = [
    (sets::VAC_INFLUENZA, VaccinationTarget::Influenza),
    (sets::VAC_PNEUMOCOCCAL, VaccinationTarget::Pneumococci),
];

/// Reads the vaccinations that were given.
pub fn read(record: &Record<'_>, facts: &mut Facts) {
    for entry in record.entries(Source::Immunization) {
        read_one(record, entry, facts);
    }
}

fn read_one(record: &Record<'_>, entry: &Entry<'_>, facts: &mut Facts) {
    let status = entry.object.text("status");
    if matches!(status.as_deref(), Some("not-done" | "entered-in-error")) {
        return;
    }
    let Some(codes) = entry.object.get("vaccineCode").and_then(Codes::peek) else {
        let why = "vaccineCode: cannot be read";
        return reject(facts, Source::Immunization, entry, why);
    };
    record.note_missing_system(&codes, entry, facts);
    let Some((_, against)) = TARGETS
        .into_iter()
        .find(|(set, _)| codes.is_in(&[*set], record.terminology))
    else {
        return;
    };
    if let Err(why) = record.typed(entry, &DECISIVE, facts) {
        return reject(facts, Source::Immunization, entry, &why);
    }
    if status.as_deref() != Some("completed") {
        return reject(facts, Source::Immunization, entry, "status: unknown code");
    }
    let given = record.date(entry, "occurrenceDateTime");
    if let Some(when) = record.happened(given, entry, Touches::Nothing, facts) {
        facts.vaccinations.push(Vaccination {
            against,
            when,
            evidence: entry.reference.clone(),
        });
    }
}
