//! A prefetch template: one read or search, with the tokens that real clients resolve (TOK-01…18).

use jiff::civil::Date;
use thiserror::Error;

use crate::{chart::Source, guideline::date::plus_days};

/// A prefetch template of a discovery entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    key: String,
    source: Source,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    PatientId,
    Today { plus_days: i32 },
}

/// Why a template is refused when the program starts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A token that not every client resolves.
    #[error("prefetch `{key}`: the token `{token}` is not one that clients resolve")]
    Token {
        /// Prefetch key.
        key: String,
        /// The token.
        token: String,
    },
    /// A token without its end.
    #[error("prefetch `{key}`: a token is not closed")]
    Unclosed {
        /// Prefetch key.
        key: String,
    },
    /// A resource type that the chart does not read.
    #[error("prefetch `{key}`: the chart does not read {resource_type}")]
    ResourceType {
        /// Prefetch key.
        key: String,
        /// The type.
        resource_type: String,
    },
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// A token that clients do not resolve, or a resource type that the chart does not read.
    pub fn parse(key: &str, text: &str) -> Result<Self, TemplateError> {
        let resource_type = text.split(['/', '?']).next().unwrap_or_default();
        let source = source_of(resource_type).ok_or_else(|| TemplateError::ResourceType {
            key: key.to_owned(),
            resource_type: resource_type.to_owned(),
        })?;
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (token, tail) = after
                .split_once("}}")
                .ok_or_else(|| TemplateError::Unclosed {
                    key: key.to_owned(),
                })?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::token(token).ok_or_else(|| TemplateError::Token {
                key: key.to_owned(),
                token: token.to_owned(),
            })?);
            rest = tail;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self {
            key: key.to_owned(),
            source,
            parts,
        })
    }

    /// The prefetch key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it obtains.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether a call cannot be answered without it (AMB-05): who it is, what was measured, what the
    /// diagnoses are. The `usageRequirements` of each service name these keys.
    pub fn is_required(&self) -> bool {
        matches!(
            self.source,
            Source::Patient | Source::Observation | Source::Condition
        )
    }

    /// The relative URL for one patient on one day, as a client resolves it.
    pub fn filled(&self, patient_id: &str, today: Date) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::PatientId => {
                    url::form_urlencoded::byte_serialize(patient_id.as_bytes()).collect()
                }
                Part::Today { plus_days: days } => plus_days(today, *days).to_string(),
            })
            .collect()
    }
}

/// Which tokens the templates of discovery hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Members of the context, and `today()` to bound a search, which is for trial use (TOK-04).
    Today,
    /// Members of the context only (TOK-03): the searches have no bound.
    Context,
}

/// The template without the parameters that need a token beside those of the context.
pub(super) fn unbounded(template: &str) -> String {
    let Some((path, query)) = template.split_once('?') else {
        return template.to_owned();
    };
    let parameters = query.split('&').filter(|it| !it.contains("{{today()"));
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

/// The template with more codes at the end of a parameter's list; one without that parameter stays.
pub(super) fn naming(template: &str, more: &[(&str, &[&str])]) -> String {
    let Some((path, query)) = template.split_once('?') else {
        return template.to_owned();
    };
    let parameters = query.split('&').map(|parameter| {
        let codes = more
            .iter()
            .filter(|(name, _)| parameter.starts_with(name))
            .flat_map(|(_, codes)| *codes);
        codes.fold(parameter.to_owned(), |list, code| list + "," + &token(code))
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

/// A code as a search parameter has it: what separates parameters and codes is escaped.
fn token(code: &str) -> String {
    let mut escaped = String::new();
    for letter in code.chars() {
        if matches!(letter, ',' | '|' | '$' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    // A blank as %20: a plus is one only in forms.
    let encoded: String = url::form_urlencoded::byte_serialize(escaped.as_bytes()).collect();
    encoded.replace('+', "%20")
}

impl Part {
    /// `context.patientId`, `today()`, `today() - N days`.
    fn token(token: &str) -> Option<Self> {
        if token == "context.patientId" {
            return Some(Self::PatientId);
        }
        let offset = token.strip_prefix("today()")?;
        if offset.is_empty() {
            return Some(Self::Today { plus_days: 0 });
        }
        let days: i32 = offset
            .strip_prefix(" - ")?
            .strip_suffix(" days")?
            .parse()
            .ok()?;
        Some(Self::Today { plus_days: -days })
    }
}

fn source_of(resource_type: &str) -> Option<Source> {
    Some(match resource_type {
        "Patient" => Source::Patient,
        "Observation" => Source::Observation,
        "Condition" => Source::Condition,
        "Procedure" => Source::Procedure,
        "MedicationRequest" => Source::MedicationRequest,
        "MedicationAdministration" => Source::MedicationAdministration,
        "MedicationStatement" => Source::MedicationStatement,
        "MedicationDispense" => Source::MedicationDispense,
        "Encounter" => Source::Encounter,
        "Immunization" => Source::Immunization,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn tokens_are_filled_as_clients_fill_them() {
        for (text, filled) in [
            ("Patient/{{context.patientId}}", "Patient/a%2Fb"),
            (
                "Observation?patient={{context.patientId}}&date=ge{{today() - 31 days}}&_count=5",
                "Observation?patient=a%2Fb&date=ge2026-02-13&_count=5",
            ),
            (
                "Condition?recorded-date=le{{today()}}",
                "Condition?recorded-date=le2026-03-16",
            ),
        ] {
            let template = Template::parse("key", text).unwrap();
            assert_eq!(template.filled("a/b", date(2026, 3, 16)), filled);
        }
    }

    #[test]
    fn more_codes_are_named() {
        let more: &[(&str, &[&str])] = &[("code=", &["A1", "B,2 &"]), ("class=", &[])];
        for (text, named) in [
            (
                "Observation?patient={{context.patientId}}&code=1,2&_count=5",
                "Observation?patient={{context.patientId}}&code=1,2,A1,B%5C%2C2%20%26&_count=5",
            ),
            ("Encounter?class=IMP", "Encounter?class=IMP"),
            (
                "Patient/{{context.patientId}}",
                "Patient/{{context.patientId}}",
            ),
        ] {
            assert_eq!(naming(text, more), named);
        }
    }

    #[test]
    fn what_clients_do_not_resolve_is_refused() {
        for text in [
            "Patient/{{context.userId.resolve()}}",
            "Patient/{{ context.patientId }}",
            "Observation?date=ge{{today() - 6 months}}",
            "Observation?date=ge{{today() - 1 year}}",
            "Observation?date=ge{{today()",
            "Goal?patient={{context.patientId}}",
        ] {
            assert!(Template::parse("key", text).is_err(), "{text}");
        }
    }
}
