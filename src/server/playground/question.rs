//! A question of the playground: a record, or a CDS Hooks request, and the day on which it is asked.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    cards::Language,
    cds_hooks::{
        outcome::{Issue, IssueCode, OperationOutcome},
        service::Service,
    },
    guideline::hooks::Hook,
    server::{
        State,
        demonstration::{Demonstration, DemonstrationPatient},
        error::Refusal,
        fhir::Store,
    },
};

const DRAFT: &str = include_str!("../../../fixtures/immunoglobulin-draft.json");
/// Where the playground's own FHIR server would be: nowhere, and nothing asks it.
const NO_SERVER: &str = "https://playground.invalid/fhir";

/// The order of immunoglobulin that is on the screen of an order hook.
pub fn order_on_screen() -> Value {
    serde_json::from_str(DRAFT).unwrap_or(Value::Null)
}

/// A question.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    as_of: Date,
    language: Language,
    /// A CDS Hooks request, used as it is; else the record is asked about.
    #[serde(default)]
    request: Option<Value>,
    /// The resources of a record.
    #[serde(default)]
    record: Vec<Value>,
    /// The resource types that could not be had.
    #[serde(default)]
    not_searched: Vec<String>,
    /// The drafts of an order hook.
    #[serde(default)]
    drafts: Vec<Value>,
    #[serde(default)]
    hook: Option<Hook>,
}

/// The call of a service that a question amounts to.
pub struct Call<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its request.
    pub body: Value,
}

impl Question {
    /// Reads a question; nothing of it is repeated where it cannot be read.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|e| {
            let (line, column) = (e.line(), e.column());
            refuse(
                format!("Not a question of the playground: line {line}, column {column}."),
                None,
            )
        })
    }

    /// The question about a demonstration patient whose story is true on the first of two days, asked
    /// on the second.
    pub fn about(
        demonstration: &Demonstration,
        patient: &DemonstrationPatient,
        (on, day): (Date, Date),
        hook: Hook,
        language: Language,
    ) -> Self {
        let mut draft = order_on_screen();
        if let Some(members) = draft.as_object_mut() {
            members.insert("authoredOn".to_owned(), json!(day.to_string()));
        }
        Self {
            as_of: day,
            language,
            request: None,
            record: demonstration.record(patient, on),
            not_searched: patient.not_searched().to_vec(),
            drafts: vec![draft],
            hook: Some(hook),
        }
    }

    /// The day.
    pub fn as_of(&self) -> Date {
        self.as_of
    }

    /// The language of the answer.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The call that the question amounts to.
    ///
    /// # Errors
    ///
    /// It names no hook that is answered, or holds no patient.
    pub fn call<'a>(&self, state: &'a State) -> Result<Call<'a>, Refusal> {
        let hook = match &self.request {
            Some(request) => serde_json::from_value(request["hook"].clone()).ok(),
            None => self.hook,
        };
        let service = hook
            .and_then(|hook| state.services.answering(hook))
            .ok_or_else(|| refuse("No service answers this hook.".to_owned(), Some("hook")))?;
        let body = match &self.request {
            Some(request) => request.clone(),
            None => self.body(service)?,
        };
        Ok(Call { service, body })
    }

    /// The request that a client would make of the record: its searches, made on the record.
    fn body(&self, service: &Service) -> Result<Value, Refusal> {
        let patient = self
            .record
            .iter()
            .find(|resource| resource["resourceType"] == "Patient")
            .and_then(|patient| patient["id"].as_str())
            .ok_or_else(|| {
                let text = "The record holds no Patient with an id.".to_owned();
                refuse(text, Some("record"))
            })?;
        let known = self.record.iter().filter(|r| !is_after(r, self.as_of));
        let failing = self.not_searched.iter();
        let store = Store::new(
            known.cloned().collect(),
            failing
                .map(|source| (patient.to_owned(), source.clone()))
                .collect(),
            NO_SERVER.to_owned(),
        );
        Ok(request(
            &store,
            patient,
            service,
            self.as_of,
            self.drafts.clone(),
        ))
    }
}

/// The body with which a client would call `service` for a patient of a store.
pub fn request(
    store: &Store,
    patient: &str,
    service: &Service,
    as_of: Date,
    drafts: Vec<Value>,
) -> Value {
    let prefetch: serde_json::Map<String, Value> = service
        .templates()
        .iter()
        .filter_map(|template| {
            let result = store.resolve(&template.filled(patient, as_of))?;
            Some((template.key().to_owned(), result))
        })
        .collect();
    let mut context = json!({ "userId": "Practitioner/demo", "patientId": patient });
    if service.hook() != Hook::PatientView {
        let entries: Vec<Value> = drafts
            .into_iter()
            .map(|mut draft| {
                if let Some(members) = draft.as_object_mut() {
                    members
                        .entry("subject")
                        .or_insert_with(|| json!({ "reference": format!("Patient/{patient}") }));
                }
                json!({ "resource": draft })
            })
            .collect();
        if service.hook() == Hook::OrderSelect {
            let selected = entries.last().map(|entry| &entry["resource"]);
            let selections: Vec<String> = selected
                .and_then(|draft| {
                    let (kind, id) = (draft["resourceType"].as_str()?, draft["id"].as_str()?);
                    Some(format!("{kind}/{id}"))
                })
                .into_iter()
                .collect();
            context["selections"] = json!(selections);
        }
        context["draftOrders"] = json!({
            "resourceType": "Bundle",
            "type": "collection",
            "entry": entries,
        });
    }
    json!({
        "hook": service.hook(),
        "hookInstance": Uuid::new_v5(&Uuid::NAMESPACE_OID, patient.as_bytes()),
        "fhirServer": store.base(),
        "context": context,
        "prefetch": prefetch,
    })
}

/// Whether a resource was recorded after a day: a chart that is opened then does not hold it yet.
fn is_after(resource: &Value, day: Date) -> bool {
    const DATES: [&str; 14] = [
        "effectiveDateTime",
        "effectiveInstant",
        "effectivePeriod/start",
        "issued",
        "onsetDateTime",
        "recordedDate",
        "performedDateTime",
        "performedPeriod/start",
        "authoredOn",
        "whenHandedOver",
        "occurrenceDateTime",
        "period/start",
        "dateAsserted",
        "onsetPeriod/start",
    ];
    // An incomplete date is compared as far as it goes.
    let day = day.to_string();
    DATES
        .iter()
        .find_map(|path| resource.pointer(&format!("/{path}"))?.as_str())
        .is_some_and(|date| {
            let date: String = date.chars().take(day.len()).collect();
            day.get(..date.len()).is_some_and(|day| date.as_str() > day)
        })
}

fn refuse(text: String, place: Option<&str>) -> Refusal {
    let issue = Issue::new(IssueCode::Value, text);
    let issue = match place {
        Some(place) => issue.at(place),
        None => issue,
    };
    Refusal::bad_request(OperationOutcome::new(issue))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_recorded_later_is_not_in_the_chart_yet() {
        for (resource, later) in [
            (json!({"effectiveDateTime": "2026-03-16"}), false),
            (json!({"effectiveDateTime": "2026-03-17"}), true),
            (
                json!({"effectiveDateTime": "2026-03-17T08:00:00+01:00"}),
                true,
            ),
            (json!({"onsetDateTime": "2026-03"}), false),
            (json!({"onsetDateTime": "2026-04"}), true),
            (json!({"performedPeriod": {"start": "2027"}}), true),
            (json!({"birthDate": "2027-01-01"}), false),
            (json!({"issued": 7}), false),
            (json!("text"), false),
        ] {
            assert_eq!(is_after(&resource, date(2026, 3, 16)), later, "{resource}");
        }
    }
}
