//! Infections: what the code says, and what cultures, stays and antibiotics of the record add (F-06).

use super::{
    Source,
    codes::Codes,
    conditions::{self, Stated, Verification},
    date::Dated,
    encounters::{self, Stay},
    json::Object,
    laboratory,
    record::{Record, note, reject},
    source::Entry,
    terminology::{InfectionCode, Membership, sets},
};
use crate::guideline::{
    date::{When, plus_days},
    facts::{Bacterial, Facts, Infection, Reference},
    parameters::{
        E5_CULTURE_AFTER_DAYS, E5_CULTURE_BEFORE_DAYS, E6_ANTIBIOTIC_AFTER_DAYS,
        E6_ANTIBIOTIC_BEFORE_DAYS,
    },
    problem::{Problem, Touches},
    verdict::{Reason, Verdict},
};

/// System of `Observation.interpretation`.
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
/// Interpretations that are not a positive culture, whatever the value.
const NOT_POSITIVE: [&str; 4] = ["NEG", "ND", "IND", "N"];
/// Whole words of a coded value that say that nothing grew; no value set of organisms tells it apart.
const NOTHING: [&str; 4] = ["negative", "negativ", "sterile", "steril"];
/// Parts of its words that say so.
const NO_GROWTH: [&str; 4] = ["no growth", "not detected", "ingen vækst", "ikke påvist"];

/// A culture with growth.
#[derive(Debug)]
struct PositiveCulture {
    reference: Reference,
    drawn: Option<When>,
    of_blood: bool,
}

/// What the codes of a Condition say of an infection: the strongest of what each coding says.
pub fn code(codes: &Codes, record: &Record<'_>) -> Option<InfectionCode> {
    let mut found = codes
        .codings()
        .filter_map(|coding| record.terminology.infection(coding));
    let mut strongest = found.next()?;
    let rank = |bacterial| match bacterial {
        Bacterial::Certain => 0,
        Bacterial::Possible => 1,
        Bacterial::No => 2,
    };
    for other in found {
        if rank(other.bacterial) < rank(strongest.bacterial) {
            strongest.bacterial = other.bacterial;
        }
        strongest.mild &= other.mild;
        strongest.sepsis |= other.sepsis;
        strongest.life_threatening |= other.life_threatening;
        // An organ goes before the blood that it spread to, and that before a code of no group.
        strongest.focus = strongest.focus.min(other.focus);
    }
    Some(strongest)
}

/// Reads the infections; `antibiotics` are the days of systemic antibiotics.
pub fn read(
    record: &Record<'_>,
    stated: &[Stated<'_, '_>],
    stays: &[Stay],
    antibiotics: &[Option<When>],
    facts: &mut Facts,
) {
    let cultures = positive_cultures(record, stated, facts);
    for one in stated {
        let Some(code) = code(&one.codes, record) else {
            continue;
        };
        let Some(onset) = onset(record, one.entry, facts) else {
            continue;
        };
        let encounter = one.condition.encounter.as_ref();
        let encounter = encounter.and_then(|encounter| encounter.reference.as_deref());
        let encounter = encounter.map(|reference| record.obtained.normalise(reference));
        let reference = &one.entry.reference;
        let searched = facts.searched.encounters;
        let care = encounters::care(stays, reference, encounter.as_ref(), onset, searched);
        facts.infections.push(Infection {
            onset,
            abatement: conditions::abatement(record, one.entry),
            bacterial: code.bacterial,
            confirmed: one.verification == Some(Verification::Confirmed),
            positive_culture: has_culture(record, one, onset, &cultures),
            mild: code.mild,
            sepsis: code.sepsis,
            life_threatening: code.life_threatening || care.intensive_care,
            admitted: care.admitted,
            treated: treated(onset, antibiotics, facts),
            focus: code.focus,
            text: one.codes.words(),
            evidence: reference.clone(),
        });
    }
}

/// Onset, else recorded date, else E. One with an unreadable date could lie in any window: it is no
/// fact, and the Conditions are incomplete without it.
fn onset(record: &Record<'_>, entry: &Entry<'_>, facts: &mut Facts) -> Option<When> {
    match conditions::onset(record, entry) {
        Dated::Missing => Some(When::day(record.as_of)),
        Dated::Invalid => {
            let why = "onset or recordedDate: not a FHIR date";
            reject(facts, Source::Condition, entry, why);
            None
        }
        Dated::On(when) => {
            let when = when.not_after(record.as_of);
            if when.is_none() {
                let why = "onset or recordedDate: after today";
                let problem = Problem::DateInFuture;
                note(facts, &entry.reference, problem, Touches::Nothing, why);
            }
            when
        }
    }
}

/// Met, not met where medication was searched, else unknown.
fn treated(onset: When, antibiotics: &[Option<When>], facts: &Facts) -> Verdict {
    let searched = facts.searched.medication_requests && facts.searched.medication_administrations;
    let none = if searched {
        Verdict::NotMet
    } else {
        Verdict::Unknown(Reason::NotSearched)
    };
    let each = antibiotics.iter().map(|given| match given {
        Some(given) => near(
            *given,
            onset,
            E6_ANTIBIOTIC_BEFORE_DAYS,
            E6_ANTIBIOTIC_AFTER_DAYS,
        ),
        // One without a usable date may belong to any infection.
        None => Verdict::Unknown(Reason::Invalid),
    });
    Verdict::any(each.chain([none]))
}

/// Is `day` from `before` days before `onset` to `after` days after it, both perhaps inexact?
fn near(day: When, onset: When, before: i32, after: i32) -> Verdict {
    let certain = day.within(
        plus_days(onset.latest(), -before),
        plus_days(onset.earliest(), after),
    );
    let possible = day.within(
        plus_days(onset.earliest(), -before),
        plus_days(onset.latest(), after),
    );
    match (certain, possible) {
        (Verdict::Met, _) => Verdict::Met,
        (_, Verdict::NotMet) => Verdict::NotMet,
        _ => Verdict::Unknown(Reason::Insufficient),
    }
}

/// A positive culture that the Condition names as evidence, or a blood culture near its onset.
fn has_culture(
    record: &Record<'_>,
    one: &Stated<'_, '_>,
    onset: When,
    cultures: &[PositiveCulture],
) -> bool {
    let evidence = evidence(record, one);
    cultures.iter().any(|culture| {
        let near = culture.drawn.is_some_and(|drawn| {
            near(drawn, onset, E5_CULTURE_BEFORE_DAYS, E5_CULTURE_AFTER_DAYS).is_met()
        });
        evidence.contains(&culture.reference) || (culture.of_blood && near)
    })
}

fn evidence(record: &Record<'_>, one: &Stated<'_, '_>) -> Vec<Reference> {
    let details = one
        .condition
        .evidence
        .iter()
        .flatten()
        .flat_map(|evidence| &evidence.detail);
    let references = details
        .flatten()
        .filter_map(|detail| detail.reference.as_deref());
    references
        .map(|reference| record.obtained.normalise(reference))
        .collect()
}

/// Cultures with growth: blood cultures, and Observations that a Condition names as its evidence.
fn positive_cultures(
    record: &Record<'_>,
    stated: &[Stated<'_, '_>],
    facts: &mut Facts,
) -> Vec<PositiveCulture> {
    let evidence: Vec<Reference> = stated
        .iter()
        .flat_map(|one| evidence(record, one))
        .collect();
    let blood_culture = Membership::of(&[sets::BLOOD_CULTURE]);
    let mut cultures = Vec::new();
    for entry in record.entries(Source::Observation) {
        let of_blood = record
            .code(entry)
            .is_some_and(|code| code.sets.meets(blood_culture));
        if !of_blood && !evidence.contains(&entry.reference) {
            continue;
        }
        let observation = match record.typed(entry, &["status", "interpretation"], facts) {
            Ok(r4::Resource::Observation(observation)) => observation,
            Ok(_) => continue,
            Err(why) => {
                note(
                    facts,
                    &entry.reference,
                    Problem::Unreadable,
                    Touches::Nothing,
                    &why,
                );
                continue;
            }
        };
        let interpretation = Codes::of_all(&observation.interpretation);
        if laboratory::is_final(&observation.status) && grew(&entry.object, &interpretation) {
            let drawn = laboratory::drawn(record, entry).when();
            cultures.push(PositiveCulture {
                reference: entry.reference.clone(),
                drawn: drawn.and_then(|drawn| drawn.not_after(record.as_of)),
                of_blood,
            });
        }
    }
    cultures
}

/// Interpretation positive, or a coded organism.
fn grew(object: &Object<'_>, interpretation: &Codes) -> bool {
    if interpretation.has(INTERPRETATION, "POS") {
        return true;
    }
    if NOT_POSITIVE
        .iter()
        .any(|code| interpretation.has(INTERPRETATION, code))
    {
        return false;
    }
    let value = object.get("valueCodeableConcept").and_then(Codes::peek);
    value.is_some_and(|organism| {
        let says_none = organism.all_words().any(|words| {
            let words = words.to_lowercase();
            NOTHING.contains(&words.trim()) || NO_GROWTH.iter().any(|none| words.contains(none))
        });
        !organism.is_uncoded() && !says_none
    })
}
