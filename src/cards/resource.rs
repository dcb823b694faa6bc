//! A FHIR resource of an action, as the JSON text that is sent.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Value, value::RawValue};

/// A resource as JSON text.
///
/// An update starts from what the client sent (ACT-04), so numbers keep their decimals (`0.40` is
/// not `0.4` in FHIR) and elements that nobody knows stay as they are.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Resource(Box<RawValue>);

impl Resource {
    /// A resource built here; `None` when it is not an object.
    pub fn new(value: &Value) -> Option<Self> {
        value
            .is_object()
            .then(|| serde_json::value::to_raw_value(value).ok().map(Self))
            .flatten()
    }

    /// Its JSON text.
    pub fn json(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

/// The members of a JSON object in their order, each as it was written.
#[derive(Debug, Clone)]
pub(super) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Reads the members; `None` when the text is no object.
    pub fn read(object: &RawValue) -> Option<Self> {
        serde_json::from_str(object.get()).ok()
    }

    /// A member's JSON text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value.get())
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// Replaces a member where it stands, or adds it at the end.
    pub fn set(&mut self, name: &str, value: &impl Serialize) -> Option<()> {
        let raw = serde_json::value::to_raw_value(value).ok()?;
        match self.0.iter_mut().find(|(member, _)| member == name) {
            Some((_, old)) => *old = raw,
            None => self.0.push((name.to_owned(), raw)),
        }
        Some(())
    }

    /// The elements of a member that R4 makes an array. A lone object is an array of one, for some
    /// clients send it so; nothing, `null`, `{}` and anything else count as none.
    pub fn elements(&self, name: &str) -> Vec<Box<RawValue>> {
        let Some(json) = self.get(name) else {
            return Vec::new();
        };
        if let Ok(elements) = serde_json::from_str::<Vec<Box<RawValue>>>(json) {
            return elements;
        }
        match serde_json::from_str::<(Members, Box<RawValue>)>(&format!("[{json},{json}]")) {
            Ok((members, object)) if !members.0.is_empty() => vec![object],
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    /// As a resource again.
    pub fn resource(&self) -> Option<Resource> {
        serde_json::value::to_raw_value(self).ok().map(Resource)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Members {
        Members::read(&RawValue::from_string(json.to_owned()).unwrap()).unwrap()
    }

    #[test]
    fn act_04_only_the_member_that_is_set_changes() {
        let mut order = members(
            r#"{"resourceType":"MedicationRequest","status":"active","x":{"dose":0.40,"n":null},"id":"m"}"#,
        );
        order.set("status", &"stopped").unwrap();
        assert_eq!(
            order.resource().unwrap().json(),
            r#"{"resourceType":"MedicationRequest","status":"stopped","x":{"dose":0.40,"n":null},"id":"m"}"#,
        );
    }

    #[test]
    fn array_elements_are_repaired() {
        for (json, count) in [
            (r#"{"a":[{"b":1},{"c":2}]}"#, 2),
            (r#"{"a":{"b":1}}"#, 1),
            (r#"{"a":{}}"#, 0),
            (r#"{"a":[]}"#, 0),
            (r#"{"a":null}"#, 0),
            (r#"{"a":"text"}"#, 0),
            (r#"{}"#, 0),
        ] {
            assert_eq!(members(json).elements("a").len(), count, "{json}");
        }
    }

    #[test]
    fn what_is_no_object_is_no_resource() {
        assert_eq!(Resource::new(&Value::Null), None);
        assert!(Members::read(&RawValue::from_string("[1]".to_owned()).unwrap()).is_none());
    }
}
