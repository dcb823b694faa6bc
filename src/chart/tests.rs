//! Awkward records, one row each: what it is, what it holds, what is read from it.

use std::sync::LazyLock;

use jiff::{civil::date, tz::TimeZone};
use serde_json::{Value, json, value::RawValue};

use super::*;
use crate::guideline::{
    date::When,
    facts::{Deceased, Measured},
    quantity::GramsPerLitre,
};

const ATC: &str = "http://www.whocc.no/atc";
const LOINC: &str = "http://loinc.org";
const NPU: &str = "http://npu-terminology.org";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const SKS: &str = "urn:oid:1.2.208.176.2.4";
const SKS_D: &str = "urn:oid:1.2.208.176.2.4.12";
const UCUM: &str = "http://unitsofmeasure.org";

/// Read once: there are hundreds of rows.
static TERMINOLOGY: LazyLock<Terminology> =
    LazyLock::new(|| Terminology::built_in().expect("the embedded value sets"));

mod awkward;
mod conditions;
mod drafts;
mod laboratory;
mod monitoring;
mod past_doses;
mod prescription;
mod robustness;
mod sources;
mod statements;
mod treatments;
mod versions;

/// Reads a whole record of Patient/p and these resources, on 16 March 2026 in Denmark.
fn read_record(resources: &[Value]) -> Chart {
    let patient = json!({"resourceType": "Patient", "id": "p", "birthDate": "1960-05-17"});
    let entries: Vec<Value> = [&[patient], resources]
        .concat()
        .into_iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    read_bundle(&json!({"resourceType": "Bundle", "type": "collection", "entry": entries}))
}

fn read_bundle(bundle: &Value) -> Chart {
    let raw = raw(bundle);
    with_reading(|reading| read(&Input::Record(&raw), None, None, reading))
}

/// Reads a prefetch for Patient/p; `None` is a key that is absent.
fn read_prefetch(values: &[(Source, &str, Option<Value>)]) -> Chart {
    let raws: Vec<_> = values
        .iter()
        .map(|(s, key, v)| (*s, *key, v.as_ref().map(raw)))
        .collect();
    let input = raws.iter().map(|(source, key, value)| {
        let obtained = value
            .as_ref()
            .map_or(Obtained::Nothing, |raw| Obtained::Value(raw));
        (*source, *key, obtained)
    });
    let input = Input::Prefetch(input.collect());
    with_reading(|reading| read(&input, None, Some("p"), reading))
}

fn with_reading(read: impl FnOnce(Reading<'_>) -> Chart) -> Chart {
    let zone = TimeZone::get("Europe/Copenhagen").expect("a known zone");
    read(Reading {
        as_of: date(2026, 3, 16),
        zone: &zone,
        terminology: &TERMINOLOGY,
    })
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("JSON")
}

/// `base` with the members of `changes`; a null removes.
fn changed(base: &Value, changes: &Value) -> Value {
    let mut members = base.as_object().expect("an object").clone();
    members.extend(changes.as_object().expect("an object").clone());
    members.retain(|_, value| !value.is_null());
    Value::Object(members)
}

/// A CodeableConcept of one coding.
fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

fn day(text: &str) -> Option<When> {
    Some(When::day(text.parse().expect("a date")))
}

fn problems(chart: &Chart) -> Vec<(String, Problem)> {
    let mut all: Vec<_> = chart
        .facts
        .problems
        .iter()
        .map(|problem| (problem.reference.to_string(), problem.problem))
        .collect();
    all.sort();
    all
}

fn kinds(chart: &Chart) -> Vec<Problem> {
    problems(chart).into_iter().map(|(_, kind)| kind).collect()
}
