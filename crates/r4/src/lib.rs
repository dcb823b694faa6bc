//! The one place where FHIR R4 text meets fhir-sdk types, with a guard against values lost in silence.
//!
//! fhir-sdk has no feature for R4; its R4B types read R4. They are generated, slow to compile where
//! they are (de)serialised, and lenient in a dangerous way: an unreadable choice element (a date
//! without a zone, a quantity whose value is text) becomes `None` without an error. So every resource
//! is read here, one at a time, and what was in the text but is not in the typed value is listed.

use fhir_sdk::r4b::resources::Resource as Any;
use serde_json::{Map, Value};

pub use fhir_sdk::r4b::{codes, resources, types};

/// A resource of one of the types that are read or written.
#[derive(Debug, Clone)]
pub enum Resource {
    /// Patient.
    Patient(resources::Patient),
    /// Observation.
    Observation(resources::Observation),
    /// Condition.
    Condition(resources::Condition),
    /// Procedure.
    Procedure(resources::Procedure),
    /// MedicationRequest.
    MedicationRequest(resources::MedicationRequest),
    /// MedicationAdministration.
    MedicationAdministration(resources::MedicationAdministration),
    /// MedicationStatement.
    MedicationStatement(resources::MedicationStatement),
    /// MedicationDispense.
    MedicationDispense(resources::MedicationDispense),
    /// Medication.
    Medication(resources::Medication),
    /// Encounter.
    Encounter(resources::Encounter),
    /// Immunization.
    Immunization(resources::Immunization),
    /// ServiceRequest.
    ServiceRequest(resources::ServiceRequest),
    /// Task: written only, and read back to see that it is whole.
    Task(resources::Task),
}

/// A resource that was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// The typed resource.
    pub resource: Resource,
    /// Paths (`valueQuantity.value`, `component[1].code`) that hold something in the text and are
    /// absent from `resource`: unknown elements, and elements that could not be read.
    pub lost: Vec<String>,
}

/// Why a resource could not be read. Tells the element and the rule, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .element.as_deref().map(|element| format!("{element}: ")).unwrap_or_default())]
pub struct ReadError {
    /// The top-level element at fault, where one could be told.
    pub element: Option<String>,
    /// What is wrong with it.
    pub what: String,
}

/// Reads one resource.
///
/// An optional element that cannot be read is left out and listed in [`Read::lost`]; whoever reads
/// the resource knows whether that element matters.
///
/// # Errors
///
/// When the text is no JSON object of a known type, or a required element is missing or unreadable.
pub fn read(raw: &str) -> Result<Read, ReadError> {
    let first = match typed(raw) {
        Ok(resource) => return finish(raw, resource),
        Err(error) => error,
    };
    // Which element is at fault? fhir-sdk does not say: the one without which the error changes.
    // Elements beyond this number are no resource of FHIR, and each costs a parse.
    const MOST_ELEMENTS: usize = 64;
    let mut unreadable = ReadError {
        element: None,
        what: without_values(&first),
    };
    let Ok(Value::Object(mut rest)) = serde_json::from_str(raw) else {
        return Err(unreadable);
    };
    // A key that stands twice is gone from `rest`: nothing tells which of the two was meant.
    if rest.len() > MOST_ELEMENTS || first.starts_with("duplicate field") {
        return Err(unreadable);
    }
    let mut error = first;
    while let Some((element, outcome)) = culprit(&rest, &error) {
        rest.shift_remove(&element);
        unreadable.element.get_or_insert(element);
        match outcome {
            Ok(resource) => return finish(raw, resource),
            Err(next) => error = next,
        }
    }
    Err(unreadable)
}

/// The first element without which `object` is readable or fails in another way, and that outcome.
fn culprit(object: &Map<String, Value>, error: &str) -> Option<(String, Result<Any, String>)> {
    // Something required is missing: that another required element would be missing too, were it
    // removed, says nothing against that one.
    let missing = error.starts_with("missing field") || error.starts_with("no variant of enum");
    object
        .keys()
        .filter(|key| *key != "resourceType")
        .find_map(|key| {
            let mut without = object.clone();
            without.shift_remove(key);
            let outcome = typed(&Value::Object(without).to_string());
            let tells = match &outcome {
                Ok(_) => true,
                Err(next) => {
                    next != error && !(missing && *next == format!("missing field `{key}`"))
                }
            };
            tells.then(|| (key.clone(), outcome))
        })
}

/// The typed resource, or what serde says; where in the text is left out, for that moves.
///
/// A type that is known beforehand is read straight from the text; to find it in the text, as the tag of
/// [`Any`], is to keep a copy of everything that stands there first.
fn typed(raw: &str) -> Result<Any, String> {
    macro_rules! by_type {
        ($($kind:ident)*) => {
            match first_type(raw) {
                $(Some(stringify!($kind)) => serde_json::from_str(raw).map(Any::$kind),)*
                _ => serde_json::from_str(raw),
            }
        };
    }
    let resource = by_type! {
        Patient Observation Condition Procedure Encounter Immunization Medication MedicationRequest
        MedicationAdministration MedicationStatement MedicationDispense
    };
    resource.map_err(|error| {
        let message = error.to_string();
        message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(what, _)| what)
            .to_owned()
    })
}

/// `resourceType`, where it stands first, as servers write it.
fn first_type(raw: &str) -> Option<&str> {
    let members = raw.trim_start().strip_prefix('{')?.trim_start();
    let value = members.strip_prefix("\"resourceType\"")?.trim_start();
    let text = value.strip_prefix(':')?.trim_start().strip_prefix('"')?;
    text.split('"').next()
}

/// The rule that serde names, without the value that broke it: that may be a name or an id.
fn without_values(message: &str) -> String {
    if message.starts_with("missing field") || message.starts_with("duplicate field") {
        message.to_owned()
    } else if message.starts_with("Unknown value") || message.contains("unknown variant") {
        "unknown code".to_owned()
    } else if message.starts_with("no variant of enum") {
        "a required element is missing or cannot be read".to_owned()
    } else if let Some((_, expected)) = message.split_once("expected ") {
        format!("expected {expected}")
    } else {
        "cannot be read".to_owned()
    }
}

fn finish(raw: &str, any: Any) -> Result<Read, ReadError> {
    let unreadable = |what: &str| ReadError {
        element: None,
        what: what.to_owned(),
    };
    let after = serde_json::to_string(&any).map_err(|_| unreadable("a date out of range"))?;
    let mut lost = Vec::new();
    if leaves(raw) != leaves(&after) {
        let parse = |text| serde_json::from_str(text).map_err(|_| unreadable("cannot be read"));
        let (before, after): (Value, Value) = (parse(raw)?, parse(&after)?);
        collect_lost(&before, &after, "", &mut lost);
    }
    let resource = match any {
        Any::Patient(resource) => Resource::Patient(resource),
        Any::Observation(resource) => Resource::Observation(resource),
        Any::Condition(resource) => Resource::Condition(resource),
        Any::Procedure(resource) => Resource::Procedure(resource),
        Any::MedicationRequest(resource) => Resource::MedicationRequest(resource),
        Any::MedicationAdministration(resource) => Resource::MedicationAdministration(resource),
        Any::MedicationStatement(resource) => Resource::MedicationStatement(resource),
        Any::MedicationDispense(resource) => Resource::MedicationDispense(resource),
        Any::Medication(resource) => Resource::Medication(resource),
        Any::Encounter(resource) => Resource::Encounter(resource),
        Any::Immunization(resource) => Resource::Immunization(resource),
        Any::ServiceRequest(resource) => Resource::ServiceRequest(resource),
        Any::Task(resource) => Resource::Task(resource),
        _ => return Err(unreadable("a resource type that is not used")),
    };
    Ok(Read { resource, lost })
}

/// What the leaves of a JSON text come to: the sum of a number for each, by the name that it stands under.
///
/// A typed resource holds nothing that was not read, so of its text and the one that it was read from, equal
/// sums say that nothing is lost, whatever the order. Unequal ones say nothing: names may be escaped.
fn leaves(json: &str) -> u64 {
    let mut sum: u64 = 0;
    let mut name = 0;
    let mut rest = json.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => {
                let (text, after) = string(after);
                let after = after.trim_ascii_start();
                match after.strip_prefix(b":") {
                    Some(value) => {
                        name = number(text);
                        value
                    }
                    None => {
                        sum = sum.wrapping_add(name);
                        after
                    }
                }
            }
            b't' | b'f' | b'-' | b'0'..=b'9' => {
                sum = sum.wrapping_add(name);
                let end = after
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']'));
                after.get(end.unwrap_or(after.len())..).unwrap_or_default()
            }
            // Structure, blanks, and `null`, which is nothing.
            _ => after,
        };
    }
    sum
}

/// What stands in a string whose opening quote has been read, and what follows the closing one.
fn string(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => {
                let (text, quote) = text.split_at(end);
                return (text, quote.get(1..).unwrap_or_default());
            }
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    (text, &[])
}

/// A number that two names hardly share (FNV-1a).
fn number(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The paths that hold something in `before` and are absent from `after`.
fn collect_lost(before: &Value, after: &Value, path: &str, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                match after.get(key) {
                    Some(kept) => collect_lost(value, kept, &path, lost),
                    None if is_empty(value) => {}
                    None => lost.push(path),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, value) in before.iter().enumerate() {
                let path = format!("{path}[{index}]");
                match after.get(index) {
                    Some(kept) => collect_lost(value, kept, &path, lost),
                    None if is_empty(value) => {}
                    None => lost.push(path),
                }
            }
        }
        // A value that became null, or changed its kind, is gone as well.
        (before, after) => {
            if !is_empty(before) && (is_empty(after) || before.is_object() || before.is_array()) {
                lost.push(path.to_owned());
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
