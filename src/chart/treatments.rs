//! Treatments that decide: CAR-T, bispecific antibodies, transplants, immunoglobulin, antibiotics
//! (F-02, F-03, F-04, F-07).

use std::borrow::Cow;

use jiff::civil::Date;
use r4::codes::EventStatus;

use super::{
    Source,
    codes::Codes,
    conditions::{self, Stated},
    date::Dated,
    medication::{self, Medication, Stage},
    prescription,
    record::{Past, Record, note, reject},
    source::Entry,
    terminology::{ValueSetId, sets},
};
use crate::guideline::{
    date::When,
    facts::{
        BispecificExposure, CarT, CarTStage, Donor, Facts, IgExposure, Indication,
        MedicationSource, PastDose, RunningAntibiotic, RunningOrder, Transplant,
    },
    problem::{Problem, Touches},
};

/// Human normal immunoglobulin.
pub const IMMUNOGLOBULIN: [ValueSetId; 3] = [sets::MED_IG_ANY, sets::MED_IG_SC, sets::MED_IG_IV];
const TRANSPLANT: [ValueSetId; 3] = [
    sets::PROC_HSCT_ALLOGENEIC,
    sets::PROC_HSCT_AUTOLOGOUS,
    sets::PROC_HSCT_UNSPECIFIED,
];
const DECISIVE: [&str; 5] = ["status", "code", "subject", "reasonCode", "reasonReference"];

/// Reads CAR-T and transplants from Procedures (and `ServiceRequest`s, of which a whole record may
/// hold some).
pub fn procedures(record: &Record<'_>, facts: &mut Facts) {
    for entry in record.entries(Source::Procedure) {
        procedure(record, entry, facts);
    }
    for entry in record.of_type("ServiceRequest") {
        service_request(record, entry, facts);
    }
}

fn procedure(record: &Record<'_>, entry: &Entry<'_>, facts: &mut Facts) {
    let codes = match entry.object.get("code").map(Codes::peek) {
        None => return,
        Some(Some(codes)) => codes,
        Some(None) => return reject(facts, Source::Procedure, entry, "code: cannot be read"),
    };
    record.note_missing_system(&codes, entry, facts);
    let is_car_t = codes.is_in(&[sets::PROC_CAR_T], record.terminology);
    let donor = donor(&codes, record);
    if !is_car_t && donor.is_none() {
        return;
    }
    let procedure = match record.typed(entry, &DECISIVE, facts) {
        Ok(r4::Resource::Procedure(procedure)) => procedure,
        Ok(_) => return,
        Err(why) => return reject(facts, Source::Procedure, entry, &why),
    };
    let stage = match procedure.status {
        EventStatus::Completed => CarTStage::Infused,
        EventStatus::Preparation => CarTStage::Planned,
        EventStatus::EnteredInError | EventStatus::NotDone => return,
        // Begun, perhaps given: nobody says so.
        _ => CarTStage::Ordered,
    };
    let done = stage == CarTStage::Infused;
    if !is_car_t && !done {
        return;
    }
    let when = match performed(record, entry) {
        // A plan needs no date.
        Dated::Missing if !done => Some(None),
        Dated::On(when) if !done => Some(Some(when)),
        dated => record.happened(dated, entry, Touches::Procedures, facts),
    };
    let Some(when) = when else { return };
    if let Some(donor) = donor.filter(|_| done) {
        facts.transplants.push(Transplant {
            when,
            donor,
            evidence: entry.reference.clone(),
        });
    }
    if is_car_t {
        let reasons = record.reasons(
            &procedure.reason_code,
            &procedure.reason_reference,
            entry,
            facts,
        );
        facts.car_t.push(CarT {
            stage,
            when,
            indication: medication::cell_therapy_indication(&reasons, record),
            product: false,
            evidence: entry.reference.clone(),
        });
    }
}

/// performedDateTime, or the days of performedPeriod: it was done on one of them.
fn performed(record: &Record<'_>, entry: &Entry<'_>) -> Dated {
    let start = record.period(entry, "performedPeriod", "start");
    let end = record.period(entry, "performedPeriod", "end");
    let during = match (start, end) {
        (Dated::On(start), Dated::On(end)) => Dated::On(When::between(
            start.earliest(),
            end.latest().max(start.earliest()),
        )),
        (Dated::Missing, end) => end,
        (start, Dated::Missing) => start,
        _ => Dated::Invalid,
    };
    let other = || {
        let stated = entry.object.has_prefix("performed");
        if during == Dated::Missing && stated {
            Dated::Invalid
        } else {
            during
        }
    };
    record.date(entry, "performedDateTime").or_else(other)
}

fn service_request(record: &Record<'_>, entry: &Entry<'_>, facts: &mut Facts) {
    let codes = entry
        .object
        .get("code")
        .and_then(Codes::peek)
        .unwrap_or_default();
    if !codes.is_in(&[sets::PROC_CAR_T], record.terminology) {
        return;
    }
    let request = match record.typed(entry, &DECISIVE, facts) {
        Ok(r4::Resource::ServiceRequest(request)) => request,
        Ok(_) => return,
        Err(why) => return reject(facts, Source::Procedure, entry, &why),
    };
    use r4::codes::RequestStatus::{Active, Completed, Draft, OnHold};
    let stage = match request.status {
        Active | Completed => CarTStage::Ordered,
        Draft | OnHold => CarTStage::Planned,
        _ => return,
    };
    let reasons = record.reasons(
        &request.reason_code,
        &request.reason_reference,
        entry,
        facts,
    );
    facts.car_t.push(CarT {
        stage,
        when: record.date(entry, "authoredOn").when(),
        indication: medication::cell_therapy_indication(&reasons, record),
        product: false,
        evidence: entry.reference.clone(),
    });
}

fn donor(codes: &Codes, record: &Record<'_>) -> Option<Donor> {
    let is = |set| codes.is_in(&[set], record.terminology);
    match (
        is(sets::PROC_HSCT_ALLOGENEIC),
        is(sets::PROC_HSCT_AUTOLOGOUS),
    ) {
        (true, false) => Some(Donor::Allogeneic),
        (false, true) => Some(Donor::Autologous),
        // Two codings that contradict each other tell no donor.
        (true, true) => Some(Donor::Unknown),
        (false, false) => is(sets::PROC_HSCT_UNSPECIFIED).then_some(Donor::Unknown),
    }
}

/// Reads the Conditions "status after CAR-T" and "status after transplant".
pub fn statuses(record: &Record<'_>, stated: &[Stated<'_, '_>], facts: &mut Facts) {
    let mut undated = Vec::new();
    for one in stated {
        let is_car_t = one.codes.is_in(&[sets::PROC_CAR_T], record.terminology);
        let is_transplant = one.codes.is_in(&TRANSPLANT, record.terminology);
        if !is_car_t && !is_transplant {
            continue;
        }
        let entry = one.entry;
        let onset = conditions::stated_onset(record, entry);
        if is_car_t && onset == Dated::Missing {
            undated.push(entry);
            continue;
        }
        let Some(when) = record.happened(onset, entry, Touches::Procedures, facts) else {
            continue;
        };
        if is_car_t {
            facts.car_t.push(CarT {
                stage: CarTStage::Infused,
                when,
                indication: Indication::NotStated,
                product: false,
                evidence: entry.reference.clone(),
            });
        }
        if let Some(donor) = donor(&one.codes, record) {
            facts.transplants.push(Transplant {
                when,
                donor,
                evidence: entry.reference.clone(),
            });
        }
    }
    // A status without an onset tells no day, so it is no event; another record of the same treatment
    // may. It is a problem only where none does.
    let is_infused = |car_t: &CarT| car_t.stage == CarTStage::Infused;
    if facts.car_t.iter().any(is_infused) {
        return;
    }
    for entry in undated {
        let why = "status after CAR-T without an onset";
        let problem = Problem::DateMissing;
        note(facts, &entry.reference, problem, Touches::Procedures, why);
        facts.car_t.push(CarT {
            stage: CarTStage::Infused,
            when: None,
            indication: Indication::NotStated,
            product: false,
            evidence: entry.reference.clone(),
        });
    }
}

/// Reads CAR-T products, bispecific antibodies and immunoglobulin from the medication records;
/// returns the days on which a systemic antibiotic was begun, `None` for one without a usable date.
pub fn medications(
    record: &Record<'_>,
    medications: &[Medication<'_, '_>],
    facts: &mut Facts,
) -> Vec<Option<When>> {
    let mut antibiotics = Vec::new();
    for one in medications {
        if one.is_in(&[sets::MED_CAR_T], record) {
            car_t(record, one, facts);
            continue;
        }
        if one.stage == Stage::Planned {
            continue;
        }
        let Some(days) = days(record, one, facts) else {
            continue;
        };
        if one.is_in(&[sets::MED_BISPECIFIC], record) {
            bispecific(record, one, days, facts);
        }
        if one.is_in(&IMMUNOGLOBULIN, record) {
            immunoglobulin(record, one, days, facts);
        }
        if one.is_in(&[sets::MED_ANTIBIOTIC], record) {
            antibiotics.push(days.start);
            running_antibiotic(one, days, facts);
        }
    }
    antibiotics
}

/// The days of a medication record, as far as they are on or before E.
#[derive(Debug, Clone, Copy)]
struct Days {
    start: Option<When>,
    /// A day on which it ended; a planned end in the future is none.
    end: Option<When>,
}

/// `None` for one that begins after E: planned, or a problem where it claims to have been given.
fn days(record: &Record<'_>, one: &Medication<'_, '_>, facts: &mut Facts) -> Option<Days> {
    let start = match record.past(one.start, one.entry, Touches::Medication, facts) {
        Past::Known(start) => start,
        Past::Future => {
            if matches!(one.stage, Stage::Given | Stage::Ended) {
                let problem = Problem::DateInFuture;
                let why = "dated after today";
                note(facts, one.reference(), problem, Touches::Nothing, why);
            }
            return None;
        }
    };
    if one.end == Dated::Invalid {
        let why = "end: not a FHIR date";
        note(
            facts,
            one.reference(),
            Problem::DateInvalid,
            Touches::Medication,
            why,
        );
    }
    let ended = |end: Dated| end.when().filter(|end| end.latest() <= record.as_of);
    let end = match one.stage {
        // What ends an order early is not written into it; its plan is the best guess only when
        // that has passed.
        Stage::Ended | Stage::OnHold => ended(one.end).or_else(|| ended(one.valid_until)),
        _ => passed(one.end, record.as_of),
    };
    Some(Days { start, end })
}

/// A planned end that has certainly passed: the last day itself still belongs to the course.
fn passed(end: Dated, as_of: Date) -> Option<When> {
    end.when().filter(|end| end.latest() < as_of)
}

fn car_t(record: &Record<'_>, one: &Medication<'_, '_>, facts: &mut Facts) {
    let completed = one.entry.object.text("status").as_deref() == Some("completed");
    let stage = match (one.source, one.stage) {
        (_, Stage::Planned) | (MedicationSource::Order, Stage::OnHold) => CarTStage::Planned,
        (MedicationSource::Administration, Stage::Given) if completed => CarTStage::Infused,
        // Stopped before it was given.
        (MedicationSource::Order, Stage::Ended) if !completed => return,
        // Ordered, handed out or told of: perhaps given, nobody says so (F-02).
        _ => CarTStage::Ordered,
    };
    let when = if stage == CarTStage::Infused {
        let Some(when) = record.happened(one.start, one.entry, Touches::Medication, facts) else {
            return;
        };
        // The infusion took place within the period.
        when.map(|start| match one.end {
            Dated::On(end) => {
                let latest = end.latest().max(start.latest()).min(record.as_of);
                When::between(start.earliest(), latest)
            }
            Dated::Missing | Dated::Invalid => start,
        })
    } else if one.source == MedicationSource::Order {
        // Dated by when it was written (F-02).
        record
            .date(one.entry, "authoredOn")
            .or_else(|| one.start)
            .when()
    } else {
        one.start.when()
    };
    facts.car_t.push(CarT {
        stage,
        when,
        indication: medication::cell_therapy_indication(&one.reasons, record),
        product: true,
        evidence: one.reference().clone(),
    });
}

fn bispecific(record: &Record<'_>, one: &Medication<'_, '_>, days: Days, facts: &mut Facts) {
    let Some(concept) = one.codes.find(&[sets::MED_BISPECIFIC], record.terminology) else {
        return;
    };
    if days.start.is_none() {
        // An index event that nobody can place: the source does not tell all that decides.
        *one.resource_type().flag(&mut facts.searched) = false;
    }
    // ATC and RxNorm have a code each for one drug; its name in the value set is the same.
    let drug = concept
        .display
        .as_ref()
        .unwrap_or(&concept.code)
        .to_lowercase();
    facts.bispecifics.push(BispecificExposure {
        drug,
        source: one.source,
        start: days.start,
        end: days.end,
        ongoing: one.stage == Stage::Active && days.end.is_none(),
        indication: medication::cell_therapy_indication(&one.reasons, record),
        evidence: one.reference().clone(),
    });
}

/// An antibiotic that is active at E, and whether its own words call it prophylaxis (F-12).
fn running_antibiotic(one: &Medication<'_, '_>, days: Days, facts: &mut Facts) {
    /// As Danish and English have it, in any ending.
    const PROPHYLAXIS: [&str; 2] = ["profyla", "prophyla"];
    if one.stage != Stage::Active || days.end.is_some() {
        return;
    }
    let object = &one.entry.object;
    let instructions = ["dosageInstruction", "dosage", "note"]
        .into_iter()
        .flat_map(|name| object.objects(name))
        .flat_map(|part| [part.text("text"), part.text("patientInstruction")]);
    let marked_prophylactic = one
        .reasons
        .all_words()
        .map(Cow::Borrowed)
        .chain(instructions.flatten())
        .map(|words| words.to_lowercase())
        .any(|words| PROPHYLAXIS.iter().any(|stem| words.contains(stem)));
    facts.running_antibiotics.push(RunningAntibiotic {
        start: days.start,
        marked_prophylactic,
        evidence: one.reference().clone(),
    });
}

fn immunoglobulin(record: &Record<'_>, one: &Medication<'_, '_>, days: Days, facts: &mut Facts) {
    let plan_passed = one.stage == Stage::Active && days.end.is_some();
    let route = medication::route(&one.codes, record);
    let (object, reference) = (&one.entry.object, one.reference());
    if one.source == MedicationSource::Order && one.stage == Stage::Active && !plan_passed {
        let prescription = prescription::read(&one.codes, object, reference, record, facts);
        facts.running_orders.push(RunningOrder {
            route,
            prescription,
            evidence: reference.clone(),
        });
    } else if let Some(dose) = prescription::past(one.source, &one.codes, object, record) {
        facts.past_doses.push(PastDose {
            dose,
            evidence: reference.clone(),
        });
    }
    facts.immunoglobulin.push(IgExposure {
        source: one.source,
        start: days.start,
        end: days.end,
        active: one.stage == Stage::Active && !plan_passed,
        stopped: plan_passed || matches!(one.stage, Stage::Ended | Stage::OnHold),
        route,
        indication: medication::immunoglobulin_indication(&one.reasons, record),
        evidence: one.reference().clone(),
    });
}
