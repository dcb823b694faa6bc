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
    terminology::{Terminology, look::looks},
};

/// A resource at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// `resourceType`.
    pub resource_type: String,
    /// `id`.
    pub id: Option<String>,
    /// The reference to the patient, as it stands in `subject` or `patient`.
    pub patient: Option<String>,
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

/// Looks at the text of a resource; `None` when it is none.
pub fn glance(text: &str, terminology: &Terminology) -> Option<Glance> {
    let members: Members<'_> = serde_json::from_str(text).ok()?;
    let resource_type = members.resource_type.and_then(json::string)?.into_owned();
    let source = Source::of_type(&resource_type);
    let relevance = match source {
        Some(source) => members.relevance(source, terminology),
        // A report is no source; the results that it contains are.
        None if resource_type == "DiagnosticReport" && members.contains_results() => {
            Relevance::Kept(Source::Observation)
        }
        None if resource_type == "Medication" => Relevance::Medication {
            wanted: matters(members.code, terminology),
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
        id: members.id.and_then(json::string).map(Cow::into_owned),
        patient,
        relevance,
    })
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
    fn relevance(&self, source: Source, terminology: &Terminology) -> Relevance {
        let kept = match source {
            // Every diagnosis tells what a treatment may have been for (B-32), and every stay what
            // an infection led to.
            Source::Patient | Source::Condition | Source::Encounter => true,
            Source::Observation => {
                matters(self.code, terminology)
                    || self.contains_results()
                    || components(self.component)
                        .into_iter()
                        .any(|component| matters(component.code, terminology))
            }
            Source::Procedure => matters(self.code, terminology),
            Source::Immunization => matters(self.vaccine_code, terminology),
            Source::MedicationRequest
            | Source::MedicationAdministration
            | Source::MedicationStatement
            | Source::MedicationDispense => return self.medication(source, terminology),
        };
        if kept {
            Relevance::Kept(source)
        } else {
            Relevance::PassedOver
        }
    }

    fn contains_results(&self) -> bool {
        self.contained
            .is_some_and(|contained| contained.get().contains("\"Observation\""))
    }

    fn medication(&self, source: Source, terminology: &Terminology) -> Relevance {
        if self.medication_codeable_concept.is_some() {
            return if matters(self.medication_codeable_concept, terminology) {
                Relevance::Kept(source)
            } else {
                Relevance::PassedOver
            };
        }
        match self.medication_reference.and_then(reference_text) {
            Some(reference) if !reference.starts_with('#') => {
                Relevance::DependsOn(source, reference)
            }
            _ => Relevance::Kept(source),
        }
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

fn reference_text(raw: &RawValue) -> Option<String> {
    let reference = json::Object::of(raw)?.text("reference");
    reference.map(Cow::into_owned)
}

/// May a concept be in a set? One that is missing, cannot be read or names no system is kept, and a
/// local one whose name looks like what decides: the chart reports it.
fn matters(concept: Option<&RawValue>, terminology: &Terminology) -> bool {
    let Some(codes) = concept.and_then(Codes::peek) else {
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
            let glance = glance(&resource, &terminology).unwrap();
            assert_eq!(glance.relevance, relevance, "{what}");
        }
    }
}
