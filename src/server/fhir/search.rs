//! FHIR search, as far as the prefetch templates and the public sandbox use it.

use std::cmp::Reverse;

use jiff::civil::{Date, date};
use serde_json::Value;

use crate::guideline::date::{plus_days, plus_months};

/// The resource types that are served.
pub const TYPES: [&str; 10] = [
    "Patient",
    "Observation",
    "Condition",
    "Procedure",
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationStatement",
    "MedicationDispense",
    "Encounter",
    "Immunization",
];

/// Most entries of a page.
const MAX_COUNT: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    Date,
    Reference,
}

/// One search parameter: the elements at the top of a resource that it looks at.
#[derive(Debug, Clone, Copy)]
struct Parameter {
    name: &'static str,
    kind: Kind,
    elements: &'static [&'static str],
}

const fn token(name: &'static str, elements: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Token,
        elements,
    }
}

const fn day(name: &'static str, elements: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Date,
        elements,
    }
}

const fn reference(name: &'static str, elements: &'static [&'static str]) -> Parameter {
    Parameter {
        name,
        kind: Kind::Reference,
        elements,
    }
}

const ID: Parameter = token("_id", &["id"]);
const STATUS: Parameter = token("status", &["status"]);
const CODE: Parameter = token("code", &["code"]);
const CATEGORY: Parameter = token("category", &["category"]);
const MEDICATION: Parameter = token("code", &["medicationCodeableConcept"]);
const SUBJECT: [Parameter; 2] = [
    reference("patient", &["subject"]),
    reference("subject", &["subject"]),
];

/// The parameters of a resource type.
fn known(resource_type: &str) -> Vec<Parameter> {
    let [patient, subject] = SUBJECT;
    let own: &[Parameter] = match resource_type {
        "Patient" => return vec![ID],
        "Observation" => &[
            CODE,
            CATEGORY,
            STATUS,
            day(
                "date",
                &["effectiveDateTime", "effectivePeriod", "effectiveInstant"],
            ),
        ],
        "Condition" => &[
            CODE,
            CATEGORY,
            token("clinical-status", &["clinicalStatus"]),
            token("verification-status", &["verificationStatus"]),
            day("onset-date", &["onsetDateTime", "onsetPeriod"]),
            day("recorded-date", &["recordedDate"]),
        ],
        "Procedure" => &[
            CODE,
            CATEGORY,
            STATUS,
            day("date", &["performedDateTime", "performedPeriod"]),
        ],
        "MedicationRequest" => &[
            MEDICATION,
            CATEGORY,
            STATUS,
            token("intent", &["intent"]),
            day("authoredon", &["authoredOn"]),
        ],
        "MedicationAdministration" => &[
            MEDICATION,
            STATUS,
            day("effective-time", &["effectiveDateTime", "effectivePeriod"]),
        ],
        "MedicationStatement" => &[
            MEDICATION,
            STATUS,
            day("effective", &["effectiveDateTime", "effectivePeriod"]),
        ],
        "MedicationDispense" => &[
            MEDICATION,
            STATUS,
            day("whenhandedover", &["whenHandedOver"]),
        ],
        "Encounter" => &[token("class", &["class"]), STATUS, day("date", &["period"])],
        "Immunization" => {
            return vec![
                ID,
                reference("patient", &["patient"]),
                token("vaccine-code", &["vaccineCode"]),
                STATUS,
                day("date", &["occurrenceDateTime"]),
            ];
        }
        _ => &[],
    };
    [&[ID, patient, subject], own].concat()
}

/// The parameters of a resource type with their FHIR types, as the CapabilityStatement lists them.
pub fn parameters(resource_type: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    known(resource_type).into_iter().map(|parameter| {
        let kind = match parameter.kind {
            Kind::Token => "token",
            Kind::Date => "date",
            Kind::Reference => "reference",
        };
        (parameter.name, kind)
    })
}

/// A search: what filters, what sorts, which page.
#[derive(Debug)]
pub struct Search {
    filters: Vec<(Parameter, String)>,
    sort: Option<(Parameter, bool)>,
    count: usize,
    offset: usize,
    ignored: Vec<String>,
    /// Every parameter but the offset, for the link to the next page.
    rest: Vec<(String, String)>,
}

impl Search {
    /// Reads a query string or a form.
    pub fn read(resource_type: &str, query: &str) -> Self {
        let known = known(resource_type);
        let find = |name: &str| {
            known
                .iter()
                .find(|parameter| parameter.name == name)
                .copied()
        };
        let mut search = Self {
            filters: Vec::new(),
            sort: None,
            count: MAX_COUNT,
            offset: 0,
            ignored: Vec::new(),
            rest: Vec::new(),
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
            if name == "_offset" {
                search.offset = value.parse().unwrap_or(0);
                continue;
            }
            search.rest.push((name.clone(), value.clone()));
            let understood = match name.as_str() {
                "_count" => value.parse().is_ok_and(|count: usize| {
                    search.count = count.clamp(1, MAX_COUNT);
                    true
                }),
                "_sort" => {
                    let (name, descending) = value
                        .strip_prefix('-')
                        .map_or((&*value, false), |name| (name, true));
                    search.sort = find(name)
                        .filter(|parameter| parameter.kind == Kind::Date)
                        .map(|parameter| (parameter, descending));
                    search.sort.is_some()
                }
                "_format" => true,
                _ => match find(&name) {
                    Some(parameter) => {
                        search.filters.push((parameter, value));
                        true
                    }
                    None => false,
                },
            };
            if !understood {
                search.ignored.push(name);
            }
        }
        search
    }

    /// Whether the search is about this patient.
    pub fn is_for_patient(&self, id: &str) -> bool {
        self.filters.iter().any(|(parameter, value)| {
            parameter.kind == Kind::Reference
                && value.strip_prefix("Patient/").unwrap_or(value) == id
        })
    }

    /// The page of the matches, and how many match.
    pub fn apply<'a>(&self, mut resources: Vec<&'a Value>) -> (Vec<&'a Value>, usize) {
        resources.retain(|resource| {
            self.filters.iter().all(|(parameter, values)| {
                values
                    .split(',')
                    .any(|value| matches(resource, parameter, value))
            })
        });
        match self.sort {
            Some((parameter, false)) => resources.sort_by_key(|r| days_of(r, &parameter)),
            Some((parameter, true)) => resources.sort_by_key(|r| Reverse(days_of(r, &parameter))),
            None => {}
        }
        let total = resources.len();
        (
            resources
                .into_iter()
                .skip(self.offset)
                .take(self.count)
                .collect(),
            total,
        )
    }

    /// The query of the next page, if there is one.
    pub fn next_page(&self, total: usize) -> Option<String> {
        let next = self.offset.saturating_add(self.count);
        (next < total).then(|| {
            url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&self.rest)
                .append_pair("_offset", &next.to_string())
                .finish()
        })
    }

    /// The parameters that were not understood.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.ignored.iter().map(String::as_str)
    }
}

fn matches(resource: &Value, parameter: &Parameter, wanted: &str) -> bool {
    let mut elements = parameter
        .elements
        .iter()
        .filter_map(|name| resource.get(*name));
    match parameter.kind {
        Kind::Token => elements.any(|element| has_token(element, wanted)),
        Kind::Reference => elements.any(|element| {
            element["reference"].as_str().is_some_and(|reference| {
                reference == wanted || reference.strip_prefix("Patient/") == Some(wanted)
            })
        }),
        Kind::Date => days_of(resource, parameter).is_some_and(|days| in_range(days, wanted)),
    }
}

/// A CodeableConcept, a Coding, a code, or a list of these.
fn has_token(element: &Value, wanted: &str) -> bool {
    let same = |system: Option<&str>, code: Option<&str>| match wanted.split_once('|') {
        None => code == Some(wanted),
        Some((wanted_system, wanted_code)) => {
            (wanted_code.is_empty() || code == Some(wanted_code))
                && system.unwrap_or_default() == wanted_system
        }
    };
    match element {
        Value::String(code) => same(None, Some(code)),
        Value::Array(items) => items.iter().any(|item| has_token(item, wanted)),
        Value::Object(object) => match object.get("coding") {
            Some(codings) => has_token(codings, wanted),
            None => same(
                object.get("system").and_then(Value::as_str),
                object.get("code").and_then(Value::as_str),
            ),
        },
        _ => false,
    }
}

/// The days that an element may stand for.
fn days_of(resource: &Value, parameter: &Parameter) -> Option<(Date, Date)> {
    let element = parameter
        .elements
        .iter()
        .find_map(|name| resource.get(*name))?;
    match element {
        Value::String(text) => days(text),
        Value::Object(period) => {
            let end = |name: &str| period.get(name).and_then(Value::as_str).and_then(days);
            Some((
                end("start").map_or(Date::MIN, |(first, _)| first),
                end("end").map_or(Date::MAX, |(_, last)| last),
            ))
        }
        _ => None,
    }
}

/// The days of a date, complete or not; of a dateTime, its own day.
fn days(text: &str) -> Option<(Date, Date)> {
    match text.len() {
        4 => {
            let year = text.parse().ok()?;
            Some((date(year, 1, 1), date(year, 12, 31)))
        }
        7 => {
            let first: Date = format!("{text}-01").parse().ok()?;
            Some((first, plus_days(plus_months(first, 1), -1)))
        }
        _ => {
            let day: Date = text.get(..10)?.parse().ok()?;
            Some((day, day))
        }
    }
}

fn in_range((first, last): (Date, Date), wanted: &str) -> bool {
    let (prefix, text) = match wanted.get(..2) {
        Some(prefix @ ("ge" | "le" | "gt" | "lt" | "eq")) => (prefix, &wanted[2..]),
        _ => ("eq", wanted),
    };
    let Some((from, to)) = days(text) else {
        return false;
    };
    match prefix {
        "ge" => last >= from,
        "gt" => last > to,
        "le" => first <= to,
        "lt" => first < from,
        _ => first >= from && last <= to,
    }
}
