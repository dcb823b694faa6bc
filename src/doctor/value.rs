//! Small questions to JSON.

use serde_json::Value;

/// A string that is not empty.
pub fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// The places where a value is null or empty (GEN-04), those at the root that may be empty aside.
/// What is below `resource` is FHIR and not looked at.
pub fn empties(value: &Value, may_be_empty: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if !(may_be_empty.contains(&name.as_str()) && member == &Value::Array(Vec::new())) {
                    walk(member, name, &mut found);
                }
            }
        }
        other => walk(other, "the whole", &mut found),
    }
    found
}

fn walk(value: &Value, place: &str, found: &mut Vec<String>) {
    let empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if empty {
        found.push(place.to_owned());
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}[{index}]"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name != "resource" {
                    walk(member, &format!("{place}.{name}"), found);
                }
            }
        }
        _ => {}
    }
}
