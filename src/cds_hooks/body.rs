//! A body split into its members and those of its prefetch, in one pass.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::chart::json::{Name, Object};

/// A JSON object.
#[derive(Debug)]
pub(super) struct Body<'a> {
    /// Every member but `prefetch`, as it was sent.
    pub members: Object<'a>,
    /// `prefetch`, of several the last.
    pub prefetch: Prefetch<'a>,
}

/// `prefetch`.
#[derive(Debug)]
pub(super) enum Prefetch<'a> {
    /// It was not sent.
    Missing,
    /// Its members, as they were sent.
    Object(Object<'a>),
    /// Another kind of value, and an example of that kind.
    Other(Value),
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Body<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                let mut prefetch = Prefetch::Missing;
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    if name == "prefetch" {
                        prefetch = map.next_value()?;
                    } else {
                        members.push((name, map.next_value()?));
                    }
                }
                Ok(Body {
                    members: Object::new(members),
                    prefetch,
                })
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Prefetch<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Prefetch<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Prefetch::Object(Object::new(members)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Prefetch::Other(Value::Array(Vec::new())))
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Prefetch::Other(Value::Null))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Prefetch::Other(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Prefetch::Other(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Prefetch::Other(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Prefetch::Other(value.into()))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Prefetch::Other(value.into()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
