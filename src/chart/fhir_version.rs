//! Resources of DSTU2 and STU3, told by elements that R4 does not have.
//!
//! The service reads FHIR R4. An earlier version is not guessed at: the same element may mean another
//! thing there, and one that moved would be read as absent.

use std::fmt;

use serde_json::value::RawValue;

use super::{
    json::Object,
    page::{Entries, Page},
};

/// What shows that a resource is of an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The version or versions, for a person.
    pub version: &'static str,
    /// Where, from the place that was looked at: `entry[0].resource.dateWritten`.
    pub path: String,
    /// What R4 has instead.
    pub expected: &'static str,
}

impl fmt::Display for Earlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version, expected, ..
        } = self;
        write!(
            f,
            "Of FHIR {version}. This service reads FHIR R4 (4.0.1), which has {expected}."
        )
    }
}

const DSTU2: &str = "DSTU2";
const STU3: &str = "STU3";
const BOTH: &str = "DSTU2 or STU3";

/// Resource types that R4 no longer has: type, version, what R4 has.
const TYPES: [(&str, &str, &str); 5] = [
    ("MedicationOrder", DSTU2, "a MedicationRequest"),
    ("DiagnosticOrder", DSTU2, "a ServiceRequest"),
    ("ProcedureRequest", BOTH, "a ServiceRequest"),
    ("ReferralRequest", BOTH, "a ServiceRequest"),
    ("DeviceUseRequest", DSTU2, "a DeviceRequest"),
];

/// Elements that R4 does not have in that type: type, element, version, what R4 has.
const ELEMENTS: [(&str, &str, &str, &str); 35] = [
    ("MedicationRequest", "context", STU3, "encounter"),
    (
        "MedicationRequest",
        "definition",
        STU3,
        "instantiatesCanonical",
    ),
    ("Condition", "patient", DSTU2, "subject"),
    ("Condition", "dateRecorded", DSTU2, "recordedDate"),
    ("Condition", "assertedDate", STU3, "recordedDate"),
    ("Condition", "context", STU3, "encounter"),
    ("Observation", "comments", DSTU2, "note"),
    ("Observation", "comment", STU3, "note"),
    ("Observation", "context", STU3, "encounter"),
    ("Observation", "related", BOTH, "hasMember or derivedFrom"),
    ("Procedure", "notPerformed", DSTU2, "the status not-done"),
    ("Procedure", "notDone", STU3, "the status not-done"),
    ("Procedure", "context", STU3, "encounter"),
    ("Encounter", "indication", DSTU2, "reasonReference"),
    ("Encounter", "patient", DSTU2, "subject"),
    ("Encounter", "reason", BOTH, "reasonCode"),
    ("Immunization", "wasNotGiven", DSTU2, "the status not-done"),
    ("Immunization", "notGiven", STU3, "the status not-done"),
    ("Immunization", "date", BOTH, "occurrenceDateTime"),
    ("Immunization", "requester", DSTU2, "performer"),
    ("MedicationAdministration", "patient", DSTU2, "subject"),
    (
        "MedicationAdministration",
        "wasNotGiven",
        DSTU2,
        "the status not-done",
    ),
    (
        "MedicationAdministration",
        "notGiven",
        STU3,
        "the status not-done",
    ),
    (
        "MedicationAdministration",
        "effectiveTimeDateTime",
        DSTU2,
        "effectiveDateTime",
    ),
    (
        "MedicationAdministration",
        "effectiveTimePeriod",
        DSTU2,
        "effectivePeriod",
    ),
    ("MedicationAdministration", "prescription", BOTH, "request"),
    ("MedicationStatement", "patient", DSTU2, "subject"),
    (
        "MedicationStatement",
        "wasNotTaken",
        DSTU2,
        "the status not-taken",
    ),
    ("MedicationStatement", "taken", STU3, "a status"),
    (
        "MedicationStatement",
        "reasonForUseCodeableConcept",
        DSTU2,
        "reasonCode",
    ),
    (
        "MedicationStatement",
        "reasonNotTaken",
        BOTH,
        "statusReason",
    ),
    ("MedicationDispense", "patient", DSTU2, "subject"),
    ("MedicationDispense", "notDone", STU3, "the status declined"),
    ("Patient", "animal", BOTH, "an extension"),
    ("Patient", "careProvider", DSTU2, "generalPractitioner"),
];

/// Elements that R4 has and the two before it do not: one of them, and an odd element beside it is a
/// fault of R4, not another version.
const ONLY_R4: [(&str, &str); 9] = [
    ("MedicationRequest", "encounter"),
    ("MedicationRequest", "statusReason"),
    ("Condition", "recordedDate"),
    ("Observation", "note"),
    ("Encounter", "reasonCode"),
    ("Immunization", "occurrenceDateTime"),
    ("Immunization", "occurrenceString"),
    ("MedicationAdministration", "request"),
    ("MedicationStatement", "statusReason"),
];

/// Statuses of a Condition, which are a concept in R4 and were a code before.
const CONDITION_STATUSES: [&str; 2] = ["clinicalStatus", "verificationStatus"];

/// Instructions of a dose, which stand under one of two names.
const DOSAGES: [&str; 2] = ["dosageInstruction", "dosage"];

/// What a resource tells of its version.
enum Told {
    Nothing,
    R4,
    Earlier(Earlier),
}

/// The first resource of an earlier version in `raw`, which is a resource or a Bundle of them; `None`
/// where there is none, or where another of the same Bundle is of R4: one server speaks one version, so
/// that the odd one is a fault of its own (F-10).
pub fn earlier(raw: &RawValue) -> Option<Earlier> {
    earlier_in(&Page::of(raw))
}

/// The same, of a value that has been split.
pub fn earlier_in(page: &Page<'_>) -> Option<Earlier> {
    if page.kind().as_deref() != Some("Bundle") {
        return match told(page.object()?) {
            Told::Earlier(earlier) => Some(earlier),
            Told::Nothing | Told::R4 => None,
        };
    }
    let Entries::Listed(items) = page.entries() else {
        return None;
    };
    let mut found = None;
    for (index, item) in items.iter().enumerate() {
        let resource = item.resource.as_ref();
        let object = resource.and_then(|resource| resource.object.as_ref());
        match object.map_or(Told::Nothing, told) {
            Told::Nothing => {}
            Told::R4 => return None,
            Told::Earlier(earlier) => {
                let path = format!("entry[{index}].resource.{}", earlier.path);
                found.get_or_insert(Earlier { path, ..earlier });
            }
        }
    }
    found
}

fn told(resource: &Object<'_>) -> Told {
    let kind = resource.text("resourceType").unwrap_or_default();
    if let Some((_, version, expected)) = TYPES.iter().find(|(name, ..)| *name == kind) {
        return Told::Earlier(Earlier {
            version,
            path: "resourceType".to_owned(),
            expected,
        });
    }
    let of_r4 = ONLY_R4
        .iter()
        .any(|(name, element)| *name == kind && resource.get(element).is_some());
    let condition_of_r4 = kind == "Condition"
        && CONDITION_STATUSES
            .iter()
            .any(|name| resource.object(name).is_some());
    let dose_of_r4 = DOSAGES.into_iter().any(|name| {
        let instructions = resource.objects(name);
        instructions
            .iter()
            .any(|one| one.get("doseAndRate").is_some())
    });
    if of_r4 || condition_of_r4 || dose_of_r4 {
        return Told::R4;
    }
    let element = ELEMENTS
        .iter()
        .find(|(name, element, ..)| *name == kind && resource.get(element).is_some());
    if let Some((_, element, version, expected)) = element {
        return Told::Earlier(Earlier {
            version,
            path: (*element).to_owned(),
            expected,
        });
    }
    let shape = shape(&kind, resource);
    shape.map_or(Told::Nothing, |(version, path, expected)| {
        Told::Earlier(Earlier {
            version,
            path,
            expected,
        })
    })
}

/// Elements that R4 has too, in another shape.
fn shape(kind: &str, resource: &Object<'_>) -> Option<(&'static str, String, &'static str)> {
    if kind == "Condition" {
        let status = CONDITION_STATUSES
            .into_iter()
            .find(|name| resource.text(name).is_some())?;
        return Some((BOTH, status.to_owned(), "a CodeableConcept"));
    }
    if kind == "Encounter" && resource.text("class").is_some() {
        return Some((DSTU2, "class".to_owned(), "a Coding"));
    }
    DOSAGES.into_iter().find_map(|name| {
        let instructions = resource.objects(name);
        instructions.iter().enumerate().find_map(|(index, one)| {
            let (version, element, expected) = dosage(one)?;
            Some((version, format!("{name}[{index}].{element}"), expected))
        })
    })
}

/// One instruction of a dose.
fn dosage(instruction: &Object<'_>) -> Option<(&'static str, &'static str, &'static str)> {
    const MOVED: [&str; 5] = [
        "doseQuantity",
        "doseRange",
        "rateQuantity",
        "rateRatio",
        "rateRange",
    ];
    let moved = MOVED
        .into_iter()
        .find(|name| instruction.get(name).is_some());
    if let Some(moved) = moved {
        return Some((BOTH, moved, "the dose within doseAndRate"));
    }
    let repeat = instruction.object("timing")?.object("repeat")?;
    repeat
        .get("periodUnits")
        .map(|_| (DSTU2, "timing.repeat.periodUnits", "periodUnit"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(value: Value) -> Option<(&'static str, String)> {
        let raw = serde_json::value::to_raw_value(&value).expect("JSON");
        earlier(&raw).map(|earlier| (earlier.version, earlier.path))
    }

    fn bundle(resources: Value) -> Value {
        let entries: Vec<Value> = resources
            .as_array()
            .expect("an array")
            .iter()
            .map(|resource| json!({"resource": resource}))
            .collect();
        json!({"resourceType": "Bundle", "entry": entries})
    }

    #[test]
    fn versions() {
        let order = |instruction: Value| json!({"resourceType": "MedicationRequest", "status": "draft", "dosageInstruction": [instruction]});
        let condition =
            |status: Value| json!({"resourceType": "Condition", "clinicalStatus": status});
        let rows = [
            (
                "nothing to tell it by",
                json!({"resourceType": "Patient", "id": "p"}),
                None,
            ),
            ("no resource", json!(7), None),
            (
                "an order of DSTU2",
                json!({"resourceType": "MedicationOrder"}),
                Some((DSTU2, "resourceType")),
            ),
            (
                "a dose of STU3",
                order(json!({"doseQuantity": {"value": 1}})),
                Some((BOTH, "dosageInstruction[0].doseQuantity")),
            ),
            (
                "a dose of R4",
                order(json!({"doseAndRate": [{"doseQuantity": {"value": 1}}]})),
                None,
            ),
            (
                "a period of DSTU2",
                order(json!({"timing": {"repeat": {"periodUnits": "d"}}})),
                Some((DSTU2, "dosageInstruction[0].timing.repeat.periodUnits")),
            ),
            (
                "a context of STU3",
                json!({"resourceType": "MedicationRequest", "context": {"reference": "Encounter/1"}}),
                Some((STU3, "context")),
            ),
            (
                "a context that R4 has too",
                json!({"resourceType": "MedicationStatement", "context": {"reference": "Encounter/1"}}),
                None,
            ),
            (
                "a status that is a code",
                condition(json!("active")),
                Some((BOTH, "clinicalStatus")),
            ),
            (
                "a status that is a concept",
                condition(json!({"text": "active"})),
                None,
            ),
            (
                "a class that is a code",
                json!({"resourceType": "Encounter", "class": "inpatient"}),
                Some((DSTU2, "class")),
            ),
            (
                "an empty element",
                json!({"resourceType": "Observation", "comments": null}),
                None,
            ),
            (
                "an odd element beside one of R4",
                json!({"resourceType": "Observation", "comment": "x", "note": []}),
                None,
            ),
            (
                "in a Bundle",
                bundle(
                    json!([{"resourceType": "Patient"}, {"resourceType": "Condition", "dateRecorded": "2020"}]),
                ),
                Some((DSTU2, "entry[1].resource.dateRecorded")),
            ),
            (
                "beside one of R4: a fault of its own",
                bundle(json!([
                    condition(json!("active")),
                    condition(json!({"text": "active"}))
                ])),
                None,
            ),
        ];
        for (what, value, expected) in rows {
            let expected = expected.map(|(version, path)| (version, path.to_owned()));
            assert_eq!(found(value), expected, "{what}");
        }
    }
}
