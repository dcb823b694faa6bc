//! A JSON object whose members keep the text they were sent as.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The members of a JSON object, by name. A member that is `null` is not there.
///
/// Numbers and dates are read from here, not from the typed resource: there a decimal has become a
/// float and an unreadable date has become nothing.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// The object that `raw` is; `None` when it is another kind of value.
    pub fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok().map(Self)
    }

    /// A member that is present and not `null`.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .get(name)
            .copied()
            .filter(|value| value.get() != "null")
    }

    /// Is there a member whose name starts with `prefix`?
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.count_prefix(prefix) > 0
    }

    /// How many members have a name that starts with `prefix`?
    pub fn count_prefix(&self, prefix: &str) -> usize {
        self.0
            .keys()
            .filter(|name| name.starts_with(prefix) && self.get(name).is_some())
            .count()
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(string)
    }

    /// A member that is an object.
    pub fn object(&self, name: &str) -> Option<Object<'a>> {
        self.get(name).and_then(Object::of)
    }

    /// The items of a member that is an array; none when it is anything else.
    pub fn items(&self, name: &str) -> Vec<&'a RawValue> {
        self.get(name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The items of an array that are objects.
    pub fn objects(&self, name: &str) -> Vec<Object<'a>> {
        self.items(name)
            .into_iter()
            .filter_map(Object::of)
            .collect()
    }
}

/// The text of a JSON string.
pub fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}
