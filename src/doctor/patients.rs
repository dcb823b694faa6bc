//! The invented patients of the doctor's EHR: requests with the context of each hook, and the
//! prefetch that the service's own templates ask for.

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    calls,
    discovery::{Offered, Part, USER_TOKENS, days, parts},
};
use crate::server::{Demonstration, Store};

/// The id of the clinician who calls.
const PRACTITIONER: &str = "doctor";
/// The id of the encounter in which a hook fires that needs one.
const ENCOUNTER: &str = "encounter";

/// The demonstration patients on one day, seen from an EHR.
#[derive(Debug)]
pub struct Patients {
    demonstration: Demonstration,
    store: Store,
    today: Date,
    most: usize,
}

/// What stands in a prefetch key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefetch {
    /// What the record holds.
    Whole,
    /// No key at all.
    Absent,
    /// Reads as they are, null for each search.
    Null,
    /// Reads as they are, an empty Bundle for each search.
    Empty,
    /// Reads as they are, an `OperationOutcome` for each search.
    Failed,
}

impl Patients {
    /// The demonstration patients as they stand on `today`, the first `most` of them.
    pub fn new(demonstration: Demonstration, today: Date, most: usize) -> Self {
        let store = demonstration.store(today);
        Self {
            demonstration,
            store,
            today,
            most,
        }
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<String> {
        let patients = self.demonstration.patients().iter().take(self.most);
        patients.map(|patient| patient.id.clone()).collect()
    }

    /// A call of a service; `None` for a hook whose context the doctor does not know.
    pub fn request(&self, offered: &Offered, patient: &str, prefetch: Prefetch) -> Option<Value> {
        let context = self.context(&offered.hook, patient)?;
        let mut request = json!({
            "hook": offered.hook,
            "hookInstance": Uuid::new_v4(),
            "context": context,
        });
        let mut keys = Map::new();
        for (key, template) in &offered.prefetch {
            if let Some(value) = self.value(template, &request["context"], prefetch) {
                keys.insert(key.clone(), value);
            }
        }
        if !keys.is_empty() && prefetch != Prefetch::Absent {
            request["prefetch"] = Value::Object(keys);
        }
        Some(request)
    }

    /// A sound call without prefetch, and the address to which it goes: of the first service whose
    /// hook the doctor knows the context of.
    pub fn plain(&self, offered: &[Offered]) -> Option<(String, Value)> {
        let patient = self.ids().into_iter().next()?;
        offered.iter().find_map(|service| {
            let request = self.request(service, &patient, Prefetch::Absent)?;
            Some((calls::path(service), request))
        })
    }

    /// A client that cannot fill a template leaves its key out (PF-04).
    fn value(&self, template: &str, context: &Value, prefetch: Prefetch) -> Option<Value> {
        let filled = self.filled(template, context)?;
        if !filled.contains('?') || prefetch == Prefetch::Whole {
            return self.store.resolve(&filled);
        }
        Some(match prefetch {
            Prefetch::Whole | Prefetch::Absent => return None,
            Prefetch::Null => Value::Null,
            Prefetch::Empty => json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 }),
            Prefetch::Failed => json!({
                "resourceType": "OperationOutcome",
                "issue": [{ "severity": "error", "code": "exception" }],
            }),
        })
    }

    fn filled(&self, template: &str, context: &Value) -> Option<String> {
        let mut filled = String::new();
        for part in parts(template)? {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Token(token) => filled.push_str(&self.token(token.trim(), context)?),
            }
        }
        Some(filled)
    }

    fn token(&self, token: &str, context: &Value) -> Option<String> {
        if let Some(field) = token.strip_prefix("context.") {
            return context[field].as_str().map(str::to_owned);
        }
        if token == USER_TOKENS[0] {
            return Some(PRACTITIONER.to_owned());
        }
        let day = self
            .today
            .checked_add(jiff::Span::new().try_days(days(token)?).ok()?);
        day.ok().map(|day| day.to_string())
    }

    /// The context of a hook (CTX-01…CTX-19).
    fn context(&self, hook: &str, patient: &str) -> Option<Value> {
        let user = format!("Practitioner/{PRACTITIONER}");
        let mut context = json!({ "userId": user, "patientId": patient });
        match hook {
            "patient-view" => {}
            "order-select" | "order-sign" => {
                let draft = self.demonstration.draft(patient, self.today);
                if hook == "order-select" {
                    let id = draft["id"].as_str().unwrap_or_default();
                    context["selections"] = json!([format!("MedicationRequest/{id}")]);
                }
                context["draftOrders"] = collection(draft);
            }
            "encounter-start" | "encounter-discharge" => {
                context["encounterId"] = json!(ENCOUNTER);
            }
            "appointment-book" => {
                context["appointments"] = collection(json!({
                    "resourceType": "Appointment",
                    "id": "appointment",
                    "status": "proposed",
                    "participant": [{
                        "actor": { "reference": format!("Patient/{patient}") },
                        "status": "needs-action",
                    }],
                }));
            }
            "order-dispatch" => {
                context = json!({
                    "patientId": patient,
                    "dispatchedOrders": ["ServiceRequest/order"],
                    "performer": "Organization/laboratory",
                });
            }
            _ => return None,
        }
        Some(context)
    }
}

fn collection(resource: Value) -> Value {
    json!({
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{ "resource": resource }],
    })
}
