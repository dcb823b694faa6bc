//! Body weight (F-01): kilograms, grams or pounds, as a result of its own or in a panel.

use super::{
    Source,
    codes::Codes,
    json::Object,
    laboratory,
    record::{Record, note},
    source::Entry,
    terminology::{Concept, Membership, sets},
    unit::{self, Comparator},
};
use crate::guideline::{
    facts::{Facts, Weight},
    problem::{Problem, Touches},
    quantity::Mass,
};

const DECISIVE: [&str; 3] = ["status", "code", "subject"];

/// Reads every weight. One that cannot be used is a problem, and leaves the others as they are.
pub fn read(record: &Record<'_>, facts: &mut Facts) {
    let weight = Membership::of(&[sets::BODY_WEIGHT]);
    for entry in record.entries(Source::Observation) {
        let own = record.code(entry).filter(|own| own.sets.meets(weight));
        let own = own.map(|own| (own.codes.clone(), entry.object.clone()));
        let components = entry.object.objects("component");
        let parts = components.into_iter().filter_map(|members| {
            let codes = members.get("code").and_then(Codes::peek)?;
            let is_weight = codes.membership(record.terminology).meets(weight);
            is_weight.then_some((codes, members))
        });
        let weights: Vec<(Codes, Object<'_>)> = own.into_iter().chain(parts).collect();
        if !weights.is_empty() {
            read_one(record, entry, &weights, facts);
        }
    }
}

fn read_one(
    record: &Record<'_>,
    entry: &Entry<'_>,
    weights: &[(Codes, Object<'_>)],
    facts: &mut Facts,
) {
    let problem = |facts: &mut Facts, problem, why: &str| {
        note(facts, &entry.reference, problem, Touches::Nothing, why);
    };
    let observation = match record.typed(entry, &DECISIVE, facts) {
        Ok(r4::Resource::Observation(observation)) => observation,
        Ok(_) => return,
        Err(why) => return problem(facts, Problem::Unreadable, &why),
    };
    if !laboratory::is_final(&observation.status) {
        return;
    }
    let drawn = laboratory::drawn(record, entry);
    let Some(measured) = record.happened(drawn, entry, Touches::Nothing, facts) else {
        return;
    };
    for (codes, members) in weights {
        let codings: Vec<_> = codes.codings().collect();
        let concept = record.terminology.find_any(sets::BODY_WEIGHT, &codings);
        match value(members, concept) {
            Ok(value) => facts.weights.push(Weight {
                measured,
                value,
                evidence: entry.reference.clone(),
            }),
            Err(fault) => problem(facts, fault, "weight"),
        }
    }
}

fn value(members: &Object<'_>, concept: Option<&Concept>) -> Result<Mass, Problem> {
    let quantity = laboratory::quantity(members)?;
    if quantity.comparator != Comparator::Exactly {
        return Err(Problem::ValueNotNumeric);
    }
    let implied = concept.and_then(|concept| concept.implied_unit.as_deref());
    if implied.is_some_and(|unit| unit != quantity.unit) {
        return Err(Problem::UnitContradictsCode);
    }
    unit::body_weight(&quantity)
}
