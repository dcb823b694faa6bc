//! What one resource tells at a glance: whose it is, and whether the chart could use it.
//!
//! A whole hospital is mostly results that no rule asks for. What is passed over here is what
//! [`super::read`] would pass over unread, so that leaving it out changes no assessment; in doubt a
//! resource is kept.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Source,
    codes::Codes,
    json,
    remembered::Remembered,
    terminology::{Terminology, look::looks},
};

/// A resource at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance<'a> {
    /// `resourceType`.
    pub resource_type: Cow<'a, str>,
    /// `id`.
    pub id: Option<Cow<'a, str>>,
    /// The reference to the patient, as it stands in `subject` or `patient`.
    pub patient: Option<Cow<'a, str>>,
    /// Whether the chart could use it.
    pub relevance: Relevance,
}

/// Whether the chart could use a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relevance {
    /// It may bear on a fact.
    Kept(Source),
    /// It may, if the Medication does that the reference leads to.
    DependsOn(Source, String),
    /// A Medication.
    Medication {
        /// It may be one that the chart reads.
        wanted: bool,
    },
    /// The chart would pass over it.
    PassedOver,
}

/// Looks at one resource after another, and remembers what it found of a concept: in the files of a hospital
/// the same few come again and again.
#[derive(Debug)]
pub struct Glances<'t> {
    terminology: &'t Terminology,
    /// By the text of a concept.
    matters: Remembered<bool>,
}

impl<'t> Glances<'t> {
    /// Nothing seen yet.
    pub fn new(terminology: &'t Terminology) -> Self {
        Self {
            terminology,
            matters: Remembered::default(),
        }
    }

    /// Looks at the text of a resource; `None` when it is none.
    pub fn look<'a>(&mut self, text: &'a str) -> Option<Glance<'a>> {
        let members: Members<'_> = serde_json::from_str(text).ok()?;
        let resource_type = members.resource_type.and_then(json::string)?;
        let source = Source::of_type(&resource_type);
        let relevance = match source {
            Some(source) => self.relevance(&members, source),
            // A report is no source; the results that it contains are.
            None if resource_type == "DiagnosticReport" && members.contains_results() => {
                Relevance::Kept(Source::Observation)
            }
            None if resource_type == "Medication" => Relevance::Medication {
                wanted: self.matters(members.code),
            },
            None => Relevance::PassedOver,
        };
        let patient = members
            .subject
            .or(members.patient)
            .and_then(reference_text)
            .filter(|reference| !reference.starts_with('#'));
        Some(Glance {
            resource_type,
            id: members.id.and_then(json::string),
            patient,
            relevance,
        })
    }

    fn relevance(&mut self, members: &Members<'_>, source: Source) -> Relevance {
        let kept = match source {
            // Every diagnosis tells what a treatment may have been for (B-32), and every stay what
            // an infection led to.
            Source::Patient | Source::Condition | Source::Encounter => true,
            Source::Observation => {
                self.matters(members.code)
                    || members.contains_results()
                    || components(members.component)
                        .into_iter()
                        .any(|component| self.matters(component.code))
            }
            Source::Procedure => self.matters(members.code),
            Source::Immunization => self.matters(members.vaccine_code),
            Source::MedicationRequest
            | Source::MedicationAdministration
            | Source::MedicationStatement
            | Source::MedicationDispense => return self.medication(members, source),
        };
        if kept {
            Relevance::Kept(source)
        } else {
            Relevance::PassedOver
        }
    }

    fn medication(&mut self, members: &Members<'_>, source: Source) -> Relevance {
        if members.medication_codeable_concept.is_some() {
            return if self.matters(members.medication_codeable_concept) {
                Relevance::Kept(source)
            } else {
                Relevance::PassedOver
            };
        }
        match members.medication_reference.and_then(reference_text) {
            Some(reference) if !reference.starts_with('#') => {
                Relevance::DependsOn(source, reference.into_owned())
            }
            _ => Relevance::Kept(source),
        }
    }

    /// May a concept be in a set? One that is missing is kept.
    fn matters(&mut self, concept: Option<&RawValue>) -> bool {
        let Some(concept) = concept else {
            return true;
        };
        if let Some(known) = self.matters.of(concept.get()) {
            return known;
        }
        let found = matters(concept, self.terminology);
        self.matters.add(concept.get(), found);
        found
    }
}

/// The members that tell; every other one is skipped without being read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Members<'a> {
    #[serde(borrow)]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    patient: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    component: Option<&'a RawValue>,
    #[serde(borrow)]
    contained: Option<&'a RawValue>,
    #[serde(borrow)]
    vaccine_code: Option<&'a RawValue>,
    #[serde(borrow)]
    medication_codeable_concept: Option<&'a RawValue>,
    #[serde(borrow)]
    medication_reference: Option<&'a RawValue>,
}

impl Members<'_> {
    fn contains_results(&self) -> bool {
        self.contained
            .is_some_and(|contained| contained.get().contains("\"Observation\""))
    }
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
}

fn components(raw: Option<&RawValue>) -> Vec<Component<'_>> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

fn reference_text(raw: &RawValue) -> Option<Cow<'_, str>> {
    json::Object::of(raw)?.text("reference")
}

/// One that cannot be read or names no system is kept, and a local one whose name looks like what decides:
/// the chart reports it.
fn matters(concept: &RawValue, terminology: &Terminology) -> bool {
    let Some(codes) = Codes::peek(concept) else {
        return true;
    };
    let mut codings = codes.codings();
    let mut any = false;
    codings.any(|coding| {
        any = true;
        coding.system.is_none() || terminology.is_in_any_set(coding)
    }) || !any
        || codes
            .all_words()
            .any(|words| !looks(terminology, "", words).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_rule_asks_for_is_passed_over_and_doubt_is_kept() {
        let terminology = Terminology::built_in().unwrap();
        let mut glances = Glances::new(&terminology);
        let igg = r#""coding":[{"system":"http://npu-terminology.org","code":"NPU19814"}]"#;
        let sodium = r#""coding":[{"system":"http://loinc.org","code":"2951-2"}]"#;
        let kept = Relevance::Kept;
        for (what, resource, relevance) in [
            (
                "IgG",
                format!(r#"{{"resourceType":"Observation","code":{{{igg}}}}}"#),
                kept(Source::Observation),
            ),
            (
                "another result",
                format!(r#"{{"resourceType":"Observation","code":{{{sodium}}}}}"#),
                Relevance::PassedOver,
            ),
            (
                "a panel with IgG",
                format!(
                    r#"{{"resourceType":"Observation","code":{{{sodium}}},"component":[{{"code":{{{igg}}}}}]}}"#
                ),
                kept(Source::Observation),
            ),
            (
                "no code",
                r#"{"resourceType":"Observation"}"#.to_owned(),
                kept(Source::Observation),
            ),
            (
                "a code without a system",
                r#"{"resourceType":"Observation","code":{"coding":[{"code":"IGG"}]}}"#.to_owned(),
                kept(Source::Observation),
            ),
            (
                "any diagnosis",
                r#"{"resourceType":"Condition"}"#.to_owned(),
                kept(Source::Condition),
            ),
            (
                "an order that names its Medication elsewhere",
                r#"{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1"}}"#
                    .to_owned(),
                Relevance::DependsOn(Source::MedicationRequest, "Medication/1".to_owned()),
            ),
            (
                "a type that the chart does not read",
                r#"{"resourceType":"Organization"}"#.to_owned(),
                Relevance::PassedOver,
            ),
        ] {
            // The second time it is remembered.
            for _ in 0..2 {
                let glance = glances.look(&resource).unwrap();
                assert_eq!(glance.relevance, relevance, "{what}");
            }
        }
    }
}
