//! A JSON object whose members keep the text they were sent as.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members of a JSON object, by name. A member that is `null` is not there.
///
/// Numbers and dates are read from here, not from the typed resource: there a decimal has become a
/// float and an unreadable date has become nothing. A clone shares the members.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(Arc<Vec<Member<'a>>>);

/// A member: its name, and its value as it was sent.
pub type Member<'a> = (Cow<'a, str>, &'a RawValue);

impl<'a> Object<'a> {
    /// The object that `raw` is; `None` when it is another kind of value.
    pub fn of(raw: &'a RawValue) -> Option<Self> {
        let text = raw.get();
        // Anything else is no object, and is not looked through.
        text.starts_with('{')
            .then(|| serde_json::from_str(text).ok())?
    }

    /// An object of these members.
    pub fn new(members: Vec<Member<'a>>) -> Self {
        Self(Arc::new(members))
    }

    /// A member that is present and not `null`; of several with one name the last.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.get_or_null(name).filter(|value| value.get() != "null")
    }

    /// A member that is present, be it `null`.
    pub fn get_or_null(&self, name: &str) -> Option<&'a RawValue> {
        let mut members = self.0.iter().rev();
        members
            .find(|(member, _)| member == name)
            .map(|(_, value)| *value)
    }

    /// Every member, in the order of the text.
    pub fn members(&self) -> &[Member<'a>] {
        &self.0
    }

    /// Is there a member whose name starts with `prefix`?
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.count_prefix(prefix) > 0
    }

    /// How many members have a name that starts with `prefix`?
    pub fn count_prefix(&self, prefix: &str) -> usize {
        let names = self.0.iter().map(|(name, _)| &**name);
        let names: BTreeSet<&str> = names.filter(|name| name.starts_with(prefix)).collect();
        names
            .into_iter()
            .filter(|name| self.get(name).is_some())
            .count()
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
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

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<Member<'de>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                // As many as most resources have.
                let mut members = Vec::with_capacity(16);
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    members.push((name.0, map.next_value()?));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Members).map(Self::new)
    }
}

/// The name of a member, borrowed where it stands in the text as it is.
pub struct Name<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Self)
    }
}

/// The text of a JSON string; borrowed where nothing in it is escaped.
pub fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if quoted.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(quoted))
    }
}
