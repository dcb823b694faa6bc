//! A chart as an EHR's prefetch would give it, from loose resources.

use std::sync::LazyLock;

use jiff::{civil::Date, tz::TimeZone};
use serde_json::{Value, json, value::RawValue};
use sid_cds::chart::{
    self, Chart, Drafts, Input, Obtained, Reading, Source, terminology::Terminology,
};

/// Read once: it is the same for every chart.
static TERMINOLOGY: LazyLock<Terminology> =
    LazyLock::new(|| Terminology::built_in().expect("the terminology"));

const SOURCES: [(Source, &str); 10] = [
    (Source::Patient, "Patient"),
    (Source::Observation, "Observation"),
    (Source::Condition, "Condition"),
    (Source::Procedure, "Procedure"),
    (Source::MedicationRequest, "MedicationRequest"),
    (Source::MedicationAdministration, "MedicationAdministration"),
    (Source::MedicationStatement, "MedicationStatement"),
    (Source::MedicationDispense, "MedicationDispense"),
    (Source::Encounter, "Encounter"),
    (Source::Immunization, "Immunization"),
];

/// What could not be obtained of a source.
#[allow(dead_code, reason = "each test uses its own part")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The client left its key out.
    Absent,
    /// The search failed: an OperationOutcome.
    Failed,
    /// The search had a further page.
    Incomplete,
}

/// Reads `resources` as the prefetch of `Patient/{patient}`, with the drafts of an order hook.
pub fn read(
    resources: &[Value],
    gaps: &[(&str, Gap)],
    drafts: &[Value],
    patient: &str,
    as_of: Date,
) -> Chart {
    let values: Vec<(Source, &str, Option<Box<RawValue>>)> = SOURCES
        .iter()
        .map(|(source, name)| {
            let gap = gaps
                .iter()
                .find(|(source, _)| source == name)
                .map(|(_, gap)| *gap);
            (
                *source,
                *name,
                prefetch(resources, name, gap).as_ref().map(raw),
            )
        })
        .collect();
    let prefetch = values
        .iter()
        .map(|(source, name, value)| {
            let obtained = value
                .as_ref()
                .map_or(Obtained::Nothing, |value| Obtained::Value(value));
            (*source, *name, obtained)
        })
        .collect();
    let bundle = raw(&json!({"resourceType": "Bundle", "type": "collection",
        "entry": drafts.iter().map(|draft| json!({"resource": draft})).collect::<Vec<_>>()}));
    let drafts = (!drafts.is_empty()).then_some(Drafts {
        bundle: &bundle,
        selections: &[],
    });
    with_reading(as_of, |reading| {
        chart::read(&Input::Prefetch(prefetch), drafts, Some(patient), reading)
    })
}

/// Calls `read` with the built-in terminology, in Danish time.
pub fn with_reading<T>(as_of: Date, read: impl FnOnce(Reading<'_>) -> T) -> T {
    let zone = TimeZone::get("Europe/Copenhagen").expect("the zone");
    read(Reading {
        as_of,
        zone: &zone,
        terminology: &TERMINOLOGY,
    })
}

fn prefetch(resources: &[Value], name: &str, gap: Option<Gap>) -> Option<Value> {
    let found: Vec<Value> = resources
        .iter()
        .filter(|resource| resource["resourceType"] == name)
        .cloned()
        .collect();
    if name == "Patient" && gap.is_none() {
        return found.first().cloned();
    }
    let entries: Vec<Value> = found
        .into_iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "entry": entries});
    match gap {
        Some(Gap::Absent) => None,
        Some(Gap::Failed) => Some(json!({"resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "timeout"}]})),
        Some(Gap::Incomplete) => {
            bundle["link"] = json!([{"relation": "next", "url": "http://ehr.example/next"}]);
            Some(bundle)
        }
        None => Some(bundle),
    }
}

/// A value as raw JSON text.
pub fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).expect("JSON")
}
