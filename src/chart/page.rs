//! A value as it was obtained, split once: the resources that it holds, and what it asks to be fetched
//! after it.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    Input, Source,
    json::{self, Member, Name, Object},
    source::Obtainment,
};

/// One value of a prefetch or one answer of a FHIR server: a resource, a Bundle, `null`, or anything else
/// that may come. Each resource in it is split into its members here, and nowhere again.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    raw: &'a RawValue,
    /// The members, of a Bundle without its entries; `None` where it is no object.
    object: Option<Object<'a>>,
    entries: Entries<'a>,
}

/// `entry` of a Bundle.
#[derive(Debug, Clone, Default)]
pub(super) enum Entries<'a> {
    /// There is none.
    #[default]
    Missing,
    /// It is no array.
    Unreadable,
    /// The entries.
    Listed(Vec<Item<'a>>),
}

/// An entry of a Bundle.
#[derive(Debug, Clone, Default)]
pub(super) struct Item<'a> {
    pub full_url: Option<Cow<'a, str>>,
    pub resource: Option<Part<'a>>,
    /// Whether it asks for something to be done, as in a transaction.
    pub asks: bool,
}

/// A value with the members that it has as an object.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub raw: &'a RawValue,
    pub object: Option<Object<'a>>,
}

impl<'a> Page<'a> {
    /// Splits a value.
    pub fn of(raw: &'a RawValue) -> Self {
        let text = raw.get();
        let split: Option<Split<'a>> = text
            .starts_with('{')
            .then(|| serde_json::from_str(text).ok())
            .flatten();
        let (object, entries) = split.map_or((None, Entries::Missing), |split| {
            (Some(Object::new(split.members)), split.entries)
        });
        Self {
            raw,
            object,
            entries,
        }
    }

    /// The text of the value.
    pub fn raw(&self) -> &'a RawValue {
        self.raw
    }

    /// The members, of a Bundle without its entries.
    pub(super) fn object(&self) -> Option<&Object<'a>> {
        self.object.as_ref()
    }

    /// `resourceType`.
    pub(super) fn kind(&self) -> Option<Cow<'a, str>> {
        self.object.as_ref()?.text("resourceType")
    }

    /// `entry`.
    pub(super) fn entries(&self) -> &Entries<'a> {
        &self.entries
    }

    /// The value itself, with its members.
    pub(super) fn whole(&self) -> Part<'a> {
        Part {
            raw: self.raw,
            object: self.object.clone(),
        }
    }

    /// The resources of a Bundle, or the one that it is itself.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Object<'a>> {
        let is_bundle = self.kind().as_deref() == Some("Bundle");
        let items = match &self.entries {
            Entries::Listed(items) if is_bundle => items.as_slice(),
            _ => [].as_slice(),
        };
        let items = items.iter().filter_map(|item| item.resource.as_ref());
        let alone = self.object.as_ref().filter(|_| !is_bundle);
        alone
            .into_iter()
            .chain(items.filter_map(|resource| resource.object.as_ref()))
    }

    /// Whether it is plainly an answer to what was asked: `null`, a resource of the type, or a Bundle with
    /// a resource that is one.
    pub(super) fn is_answer(&self, source: Source) -> bool {
        let is_resource = |resource: &Object<'_>| {
            let kind = resource.text("resourceType");
            kind.is_some_and(|kind| kind != "OperationOutcome")
        };
        self.raw.get() == "null"
            || match self.kind().as_deref() {
                Some("Bundle") => self.parts().any(is_resource),
                Some(kind) => kind == source.resource_type(),
                None => false,
            }
    }

    /// Where the next page of a search is; `None` on the last page and for anything but a Bundle.
    pub fn next_link(&self) -> Option<String> {
        let next = |link: &Object<'_>| link.text("relation").as_deref() == Some("next");
        let links = self.object.as_ref()?.objects("link");
        let url = links.iter().find(|link| next(link))?.text("url");
        url.map(Cow::into_owned)
    }

    /// How many resources it holds.
    pub fn resources(&self) -> usize {
        match (&self.entries, &self.object) {
            (Entries::Listed(items), _) => items.len(),
            (Entries::Missing, Some(_)) => 1,
            _ => 0,
        }
    }

    /// Whether a record of it may lead to a Medication elsewhere.
    pub fn refers_to_medications(&self) -> bool {
        self.parts()
            .any(|resource| resource.get("medicationReference").is_some())
    }
}

/// The references of medication records that lead to nothing in `input`, as they are written.
pub fn open_medications(input: &Input<'_>) -> BTreeSet<String> {
    let obtained = Obtainment::of(input);
    let records = obtained.entries.iter().filter(|entry| {
        matches!(
            Source::of_type(&entry.resource_type),
            Some(
                Source::MedicationRequest
                    | Source::MedicationAdministration
                    | Source::MedicationStatement
                    | Source::MedicationDispense
            )
        )
    });
    let references = records
        .filter(|entry| entry.object.get("medicationCodeableConcept").is_none())
        .filter_map(|entry| {
            entry
                .object
                .object("medicationReference")?
                .text("reference")
        });
    references
        .filter(|reference| !reference.starts_with('#') && obtained.follow(reference).is_none())
        .map(Cow::into_owned)
        .collect()
}

/// An object whose member `entry` is looked into while the others are passed over.
#[derive(Default)]
struct Split<'a> {
    members: Vec<Member<'a>>,
    entries: Entries<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Split<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Split<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut split = Split::default();
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    if name == "entry" {
                        split.entries = map.next_value()?;
                    } else {
                        split.members.push((name, map.next_value()?));
                    }
                }
                Ok(split)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// What a visitor makes of strings, numbers and truth values.
macro_rules! scalars_are {
    ($value:expr) => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Entries::Listed(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Entries::Unreadable)
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Entries::Missing)
            }

            scalars_are!(Entries::Unreadable);
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Item<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Item<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut item = Item::default();
                let there = |raw: &'de RawValue| Some(raw).filter(|raw| raw.get() != "null");
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    match &*name {
                        "fullUrl" => {
                            item.full_url = there(map.next_value()?).and_then(json::string);
                        }
                        "resource" => item.resource = there(map.next_value()?).map(Part::of),
                        "request" => item.asks = there(map.next_value()?).is_some(),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(item)
            }

            // What is no object has nothing of an entry.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Item::default())
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Item::default())
            }

            scalars_are!(Item::default());
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'a> Part<'a> {
    fn of(raw: &'a RawValue) -> Self {
        Self {
            raw,
            object: Object::of(raw),
        }
    }
}
