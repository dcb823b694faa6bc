//! The project's own codes as FHIR code systems and value sets, written from the program itself.
//!
//! For whoever reads feedback, stored statements or assessments. `terminology/` holds them as files, and
//! a test keeps both the same; the statements' own code system is written by hand there.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    CARD_SYSTEM, Language,
    catalogue::{
        entry::{self, OverrideReason},
        gaps, grounds, overrides, words,
    },
};
use crate::{
    chart::terminology::statement,
    guideline::{
        assessment::{CardCode, CriterionId, MissingItem},
        problem::Problem,
        trace::GroundId,
    },
};

/// Each file below `terminology/`, with its resource.
pub fn files() -> Vec<(String, Value)> {
    let systems = [
        system(
            "card",
            CARD_SYSTEM,
            "Cards of the service",
            CardCode::ALL
                .into_iter()
                .map(|card| {
                    let name = entry::entry(card).name;
                    (
                        entry::code(card).to_owned(),
                        both(|language| name.say(language).to_owned()),
                    )
                })
                .collect(),
        ),
        system(
            "override",
            overrides::OURS,
            "Reasons to set a card aside",
            OverrideReason::ALL
                .into_iter()
                .map(|reason| {
                    let name = reason.display();
                    (
                        reason.code().to_owned(),
                        both(|language| name.say(language).to_owned()),
                    )
                })
                .collect(),
        ),
        system(
            "criterion",
            "urn:sid-cds:criterion",
            "Criteria of the start and grounds of the other conclusions",
            CriterionId::ALL
                .into_iter()
                .map(|id| {
                    (
                        code(&id),
                        both(|language| words::criterion(id, false, language)),
                    )
                })
                .chain(GroundId::ALL.into_iter().map(|id| {
                    let name = grounds::ground(id);
                    (code(&id), both(|language| name.say(language).to_owned()))
                }))
                .collect(),
        ),
        system(
            "missing-item",
            "urn:sid-cds:missing-item",
            "What is missing to decide",
            MissingItem::ALL
                .into_iter()
                .map(|item| {
                    let name = gaps::missing(item);
                    (code(&item), both(|language| name.say(language).to_owned()))
                })
                .collect(),
        ),
        system(
            "data-problem",
            "urn:sid-cds:data-problem",
            "What could not be read or used",
            Problem::ALL
                .into_iter()
                .map(|problem| {
                    let name = gaps::problem(problem);
                    (
                        code(&problem),
                        both(|language| name.say(language).to_owned()),
                    )
                })
                .collect(),
        ),
    ];
    let sets = [
        value_set("card", "Cards of the service", CARD_SYSTEM, &[]),
        value_set(
            "override-reason",
            "Reasons to set a card aside",
            overrides::OURS,
            &[],
        ),
        value_set(
            "statement",
            "Statements of a clinician",
            statement::SYSTEM,
            &statement::STATEMENTS,
        ),
        value_set(
            "statement-ig-review",
            "Outcome of a review of immunoglobulin",
            statement::SYSTEM,
            &[
                statement::CONTINUE,
                statement::ADJUST,
                statement::PAUSE,
                statement::STOP,
            ],
        ),
        value_set(
            "statement-donor-type",
            "Donor of a transplant",
            statement::SYSTEM,
            &[statement::ALLOGENEIC, statement::AUTOLOGOUS],
        ),
        value_set(
            "statement-ivig-reason",
            "Reason for intravenous immunoglobulin",
            statement::SYSTEM,
            &[
                statement::SHORT_DURATION,
                statement::VERY_HIGH_DOSE,
                statement::SKIN,
                statement::SELF_INJECTION,
            ],
        ),
        value_set(
            "statement-switch-reason",
            "Reason for a switch of immunoglobulin",
            statement::SYSTEM,
            &[
                statement::LACK_OF_EFFECT,
                statement::ADVERSE_EFFECT,
                statement::ECONOMIC,
                statement::OTHER,
            ],
        ),
    ];
    let file = |folder: &str, resource: Value| {
        let id = resource["id"].as_str().unwrap_or_default();
        (format!("terminology/{folder}/{id}.json"), resource)
    };
    systems
        .into_iter()
        .map(|system| file("codesystems", system))
        .chain(sets.into_iter().map(|set| file("valuesets", set)))
        .collect()
}

/// English and Danish.
fn both(say: impl Fn(Language) -> String) -> [String; 2] {
    [say(Language::En), say(Language::Da)]
}

/// The code as JSON spells it.
fn code(id: &impl Serialize) -> String {
    serde_json::to_value(id)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn system(id: &str, url: &str, title: &str, concepts: Vec<(String, [String; 2])>) -> Value {
    let concepts: Vec<Value> = concepts
        .into_iter()
        .map(|(code, [english, danish])| {
            json!({
                "code": code,
                "display": english,
                "designation": [{"language": "da", "value": danish}],
            })
        })
        .collect();
    json!({
        "resourceType": "CodeSystem",
        "id": id,
        "url": url,
        "version": env!("CARGO_PKG_VERSION"),
        "name": name(id),
        "title": title,
        "status": "draft",
        "caseSensitive": true,
        "content": "complete",
        "count": concepts.len(),
        "concept": concepts,
    })
}

/// A set of the whole system, or of some of its codes.
fn value_set(id: &str, title: &str, system: &str, codes: &[&str]) -> Value {
    let mut include = json!({"system": system});
    if !codes.is_empty() {
        let concepts: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
        include["concept"] = Value::Array(concepts);
    }
    json!({
        "resourceType": "ValueSet",
        "id": id,
        "url": format!("urn:sid-cds:valueset:{id}"),
        "version": env!("CARGO_PKG_VERSION"),
        "name": name(id),
        "title": title,
        "status": "draft",
        "compose": {"include": [include]},
    })
}

/// `missing-item` as `MissingItem`, the form that FHIR asks of a name.
fn name(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
            })
        })
        .collect()
}
