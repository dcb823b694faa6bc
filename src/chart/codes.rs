//! Coded concepts, and whether one of their codings is in a value set.

use std::borrow::Cow;

use r4::types::CodeableConcept;
use serde_json::value::RawValue;

use super::{
    json::Object,
    terminology::{Coding, Concept, Membership, Terminology, ValueSetId},
};

/// A CodeableConcept: every coding counts, all of them are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes {
    codings: Vec<OwnedCoding>,
    text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnedCoding {
    system: Option<String>,
    code: Option<String>,
    display: Option<String>,
}

impl Codes {
    /// The codings of a typed concept.
    pub fn of(concept: &CodeableConcept) -> Self {
        let codings = concept.coding.iter().flatten().map(|coding| OwnedCoding {
            system: coding.system.clone(),
            code: coding.code.clone(),
            display: coding.display.clone(),
        });
        Self {
            codings: codings.collect(),
            text: concept.text.clone(),
        }
    }

    /// The codings of each of several typed concepts, as one.
    pub fn of_all<'a>(concepts: impl IntoIterator<Item = &'a Option<CodeableConcept>>) -> Self {
        let mut all = Self::default();
        for concept in concepts.into_iter().flatten() {
            all.extend(Self::of(concept));
        }
        all
    }

    /// The codings of a concept as it stands in the text, before it is typed; `None` when it is not
    /// shaped like a concept, so that nobody can tell what it is.
    pub fn peek(raw: &RawValue) -> Option<Self> {
        let concept = Object::of(raw)?;
        let mut codings = Vec::new();
        if let Some(list) = concept.get("coding") {
            let list: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
            for coding in list {
                codings.push(OwnedCoding::peek(coding)?);
            }
        }
        Some(Self {
            codings,
            text: concept.text("text").map(Cow::into_owned),
        })
    }

    /// One typed coding.
    pub fn of_coding(coding: &r4::types::Coding) -> Self {
        let codings = vec![OwnedCoding {
            system: coding.system.clone(),
            code: coding.code.clone(),
            display: coding.display.clone(),
        }];
        Self {
            codings,
            text: None,
        }
    }

    /// The coding of a concept of a value set.
    pub fn of_concept(concept: &Concept) -> Self {
        let codings = vec![OwnedCoding {
            system: Some(concept.system.clone()),
            code: Some(concept.code.clone()),
            display: concept.display.clone(),
        }];
        Self {
            codings,
            text: None,
        }
    }

    /// Takes the codings of `other` as well.
    pub fn extend(&mut self, other: Self) {
        self.codings.extend(other.codings);
        self.text = self.text.take().or(other.text);
    }

    /// Each coding with a code.
    pub fn codings(&self) -> impl Iterator<Item = Coding<'_>> {
        self.codings.iter().filter_map(|coding| {
            Some(Coding {
                system: coding.system.as_deref(),
                code: coding.code.as_deref()?,
            })
        })
    }

    /// Is no coding with a code there?
    pub fn is_uncoded(&self) -> bool {
        self.codings().next().is_none()
    }

    /// The text, else the first display: what a person would read.
    pub fn words(&self) -> Option<String> {
        let display = || {
            self.codings
                .iter()
                .find_map(|coding| coding.display.clone())
        };
        self.text.clone().or_else(display)
    }

    /// Every text and display.
    pub fn all_words(&self) -> impl Iterator<Item = &str> {
        let displays = self
            .codings
            .iter()
            .filter_map(|coding| coding.display.as_deref());
        self.text.as_deref().into_iter().chain(displays)
    }

    /// Does a coding have this code of this system of FHIR itself?
    pub fn has(&self, system: &str, code: &str) -> bool {
        self.codings()
            .any(|coding| coding.system == Some(system) && coding.code == code)
    }

    /// The concept of the first of `sets` that a coding is in; of several codings in it the one whose
    /// code comes first.
    pub fn find<'t>(
        &self,
        sets: &[ValueSetId],
        terminology: &'t Terminology,
    ) -> Option<&'t Concept> {
        if !self.is_in(sets, terminology) {
            return None;
        }
        sets.iter().find_map(|set| {
            self.codings()
                .filter_map(|coding| terminology.find(*set, coding))
                .min_by_key(|concept| (&concept.system, &concept.code))
        })
    }

    /// Is a coding in one of `sets`?
    pub fn is_in(&self, sets: &[ValueSetId], terminology: &Terminology) -> bool {
        self.membership(terminology).meets(Membership::of(sets))
    }

    /// The sets that a coding is in.
    pub fn membership(&self, terminology: &Terminology) -> Membership {
        self.codings()
            .map(|coding| terminology.membership(coding))
            .fold(Membership::NONE, Membership::or)
    }
}

impl OwnedCoding {
    fn peek(raw: &RawValue) -> Option<Self> {
        let coding = Object::of(raw)?;
        let text = |name| match coding.get(name) {
            Some(raw) => super::json::string(raw).map(|text| Some(text.into_owned())),
            None => Some(None),
        };
        Some(Self {
            system: text("system")?,
            code: text("code")?,
            display: coding.text("display").map(Cow::into_owned),
        })
    }
}
