//! A request to a service: checked against its schema, its resources kept as they were sent.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use jiff::civil::Date;

use super::{
    body::{Body, Prefetch},
    completion::{Access, Fetched, Start, Token, Wanted, WantedKey},
    outcome::{Issue, IssueCode, OperationOutcome},
    service::Service,
};
use crate::{
    chart::{
        self, Chart, Drafts, Input, Obtained, Page, Reading, Source, fhir_version,
        identity::Identity, json::Object,
    },
    guideline::hooks::Hook,
};

/// A request that its service's schema accepts.
#[derive(Debug)]
pub struct Request<'a> {
    hook_instance: String,
    patient_id: String,
    selections: Vec<String>,
    draft_orders: Option<Page<'a>>,
    /// In the order of the service's templates.
    prefetch: Vec<Key<'a>>,
    access: Option<Access>,
}

/// A declared prefetch key, and what was sent for it.
#[derive(Debug)]
struct Key<'a> {
    source: Source,
    name: String,
    required: bool,
    sent: Option<Page<'a>>,
}

impl<'a> Request<'a> {
    /// Reads the body of a call of `service` (REQ-01…REQ-10, CTX-01…CTX-12, CTX-34, AUTHZ-06).
    ///
    /// # Errors
    ///
    /// Every fault of the body, each with its path and none with its value.
    pub fn read(service: &Service, body: &'a [u8]) -> Result<Self, OperationOutcome> {
        let Body { members, prefetch } = json(body)?;
        let (instance, mut faults) = for_schema(&members, &prefetch);
        faults.extend(service.schema().faults(&instance));
        if let Some(outcome) = OperationOutcome::from_issues(faults) {
            return Err(outcome);
        }
        let unreadable = || {
            OperationOutcome::new(
                Issue::new(IssueCode::Structure, "The context cannot be read.").at("context"),
            )
        };
        let context: Context<'a> = members
            .get("context")
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .ok_or_else(unreadable)?;
        let (draft_orders, selections) = match service.hook() {
            Hook::PatientView => (None, None),
            Hook::OrderSelect => (context.draft_orders, context.selections),
            Hook::OrderSign => (context.draft_orders, None),
        };
        let selections = selections
            .map(|raw| serde_json::from_str(raw.get()).map_err(|_| unreadable()))
            .transpose()?
            .unwrap_or_default();
        let draft_orders = draft_orders.map(Page::of);
        let prefetch = keys(service, &prefetch);
        if let Some(outcome) =
            OperationOutcome::from_issues(other_versions(draft_orders.as_ref(), &prefetch))
        {
            return Err(outcome);
        }
        let patient_id = bare_id(&context.patient_id).to_owned();
        let authorization = authorization(&members);
        if authorization
            .as_ref()
            .is_some_and(|token| token.is_for_another(&patient_id))
        {
            let text = "The token is for another patient than context.patientId.";
            let issue = Issue::new(IssueCode::Value, text).at("fhirAuthorization.patient");
            return Err(OperationOutcome::new(issue));
        }
        let hook_instance: String = members
            .get("hookInstance")
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default();
        let bare = hook_instance.strip_prefix("urn:uuid:");
        Ok(Self {
            hook_instance: bare.unwrap_or(&hook_instance).to_ascii_lowercase(),
            patient_id,
            selections,
            draft_orders,
            prefetch,
            access: access(&members, authorization),
        })
    }

    /// The client's id of the moment at which the hook fired: a UUID, in lower case.
    pub fn hook_instance(&self) -> &str {
        &self.hook_instance
    }

    /// The client's FHIR server, where the request names one.
    pub fn access(&self) -> Option<&Access> {
        self.access.as_ref()
    }

    /// What the request did not bring: keys that are absent (a key that is present is an answer,
    /// PF-05…PF-08), pages that a next link leads to, medications that are only referred to.
    pub fn wanted(&self, service: &Service, today: Date) -> Wanted {
        let keys = self.prefetch.iter().zip(service.templates()).enumerate();
        let keys = keys.filter_map(|(index, (key, template))| {
            let start = match &key.sent {
                None => Start::Template(template.filled(&self.patient_id, today)),
                Some(sent) => Start::Next(sent.next_link()?),
            };
            Some(WantedKey {
                template: index,
                key: key.name.clone(),
                start,
            })
        });
        Wanted {
            keys: keys.collect(),
            medications: self.open_medications(),
        }
    }

    fn open_medications(&self) -> BTreeSet<String> {
        let sent = self.prefetch.iter().filter_map(|key| key.sent.as_ref());
        if !sent
            .chain(&self.draft_orders)
            .any(Page::refers_to_medications)
        {
            return BTreeSet::new();
        }
        let nothing = Fetched::default();
        let mut values: Vec<_> = self.obtained(&nothing).collect();
        let mut open = chart::open_medications(&Input::Prefetch(values.clone()));
        if let Some(drafts) = &self.draft_orders {
            // First, since of two resources with one id the first is looked at: a draft may be a
            // changed copy of an order that was sent too.
            let drafts = Obtained::Split(drafts);
            values.insert(0, (Source::MedicationRequest, "draftOrders", drafts));
            open.append(&mut chart::open_medications(&Input::Prefetch(values)));
        }
        open
    }

    /// The required keys of which nothing is known after the fetching, with the reason (PF-10, PF-12).
    pub fn required_missing<'s>(&'s self, fetched: &'s Fetched) -> Vec<(&'s str, Obtained<'s>)> {
        let keys = self.prefetch.iter().zip(self.obtained(fetched));
        keys.filter(|(key, (source, _, obtained))| {
            key.required && obtained.is_without_answer(*source)
        })
        .map(|(key, (_, _, obtained))| (key.name.as_str(), obtained))
        .collect()
    }

    fn obtained<'s>(
        &'s self,
        fetched: &'s Fetched,
    ) -> impl Iterator<Item = (Source, &'s str, Obtained<'s>)> {
        self.prefetch.iter().enumerate().map(|(index, key)| {
            let sent = key.sent.as_ref();
            let alone = sent.map_or(Obtained::Nothing, Obtained::Split);
            let obtained = match (sent, fetched.of(index)) {
                (_, None) => alone,
                (Some(first), Some(after)) => Obtained::Fetched {
                    first: first.raw(),
                    more: &after.pages,
                    shortfall: after.shortfall,
                },
                (None, Some(all)) => match (all.pages.split_first(), all.shortfall) {
                    (Some((first, more)), shortfall) => Obtained::Fetched {
                        first,
                        more,
                        shortfall,
                    },
                    (None, Some(shortfall)) => Obtained::Failed(shortfall),
                    (None, None) => alone,
                },
            };
            (key.source, key.name.as_str(), obtained)
        })
    }

    /// The chart of the patient from what was sent, with the drafts of an order hook.
    pub fn chart(&self, reading: Reading<'_>) -> Chart {
        self.completed_chart(&Fetched::default(), reading)
    }

    /// The chart of the patient from what was sent and what was fetched.
    pub fn completed_chart(&self, fetched: &Fetched, reading: Reading<'_>) -> Chart {
        let obtained = self.obtained(fetched).collect();
        let input = Input::Completed(obtained, &fetched.referenced);
        let drafts = self.draft_orders.as_ref().map(|bundle| Drafts {
            bundle: bundle.raw(),
            selections: &self.selections,
        });
        chart::read(&input, drafts, Some(&self.patient_id), reading)
    }

    /// Who the patient is, for a page; no card holds it.
    pub fn identity(&self, fetched: &Fetched) -> Option<Identity> {
        let mut obtained = self.obtained(fetched);
        let patient = obtained.find_map(|(source, _, obtained)| match obtained {
            Obtained::Value(raw) | Obtained::Fetched { first: raw, .. } => {
                (source == Source::Patient).then_some(raw)
            }
            Obtained::Split(page) => (source == Source::Patient).then(|| page.raw()),
            Obtained::Failed(_) | Obtained::Nothing => None,
        })?;
        Identity::read(patient, &self.patient_id)
    }
}

/// Each declared key, in the order of the templates; undeclared ones are not read (PF-03).
fn keys<'a>(service: &Service, prefetch: &Prefetch<'a>) -> Vec<Key<'a>> {
    let sent = |key: &str| match prefetch {
        // `null` is an answer: there is none.
        Prefetch::Object(sent) => sent.get_or_null(key).map(Page::of),
        Prefetch::Missing | Prefetch::Other(_) => None,
    };
    let keys = service.templates().iter().map(|template| Key {
        source: template.source(),
        name: template.key().to_owned(),
        required: template.is_required(),
        sent: sent(template.key()),
    });
    keys.collect()
}

/// A patient's id, sent alone or as `Patient/id`.
fn bare_id(id: &str) -> &str {
    id.strip_prefix("Patient/").unwrap_or(id)
}

#[derive(Deserialize)]
struct Authorization {
    access_token: String,
    /// The patient to whom the token is bound.
    #[serde(default)]
    patient: Option<String>,
}

impl Authorization {
    /// With such a token another patient's data would be fetched, or none.
    fn is_for_another(&self, patient_id: &str) -> bool {
        let bound = self.patient.as_deref().filter(|id| !id.is_empty());
        bound.is_some_and(|id| bare_id(id) != patient_id)
    }
}

fn authorization(members: &Object<'_>) -> Option<Authorization> {
    let raw = members.get("fhirAuthorization")?;
    serde_json::from_str(raw.get()).ok()
}

fn access(members: &Object<'_>, authorization: Option<Authorization>) -> Option<Access> {
    let server = members.get("fhirServer")?;
    Some(Access {
        server: serde_json::from_str(server.get()).ok()?,
        token: authorization.map(|authorization| Token::new(authorization.access_token)),
    })
}

/// What is of an earlier FHIR version than R4 (CTX-12): it is refused, not guessed at.
fn other_versions(draft_orders: Option<&Page<'_>>, prefetch: &[Key<'_>]) -> Vec<Issue> {
    let drafts = draft_orders.map(|bundle| ("context.draftOrders".to_owned(), bundle));
    let values = prefetch
        .iter()
        .filter_map(|key| Some((format!("prefetch.{}", key.name), key.sent.as_ref()?)));
    drafts
        .into_iter()
        .chain(values)
        .filter_map(|(place, page)| {
            let earlier = fhir_version::earlier_in(page)?;
            let text = earlier.to_string();
            Some(Issue::new(IssueCode::NotSupported, text).at(format!("{place}.{}", earlier.path)))
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    patient_id: String,
    #[serde(borrow, default)]
    selections: Option<&'a RawValue>,
    #[serde(borrow, default)]
    draft_orders: Option<&'a RawValue>,
}

/// A body that is a JSON object.
///
/// # Errors
///
/// It is not; the place is named and nothing of the body.
pub(super) fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, OperationOutcome> {
    let fault = |text: String| OperationOutcome::new(Issue::new(IssueCode::Structure, text));
    let text = std::str::from_utf8(body)
        .map_err(|e| fault(format!("Not UTF-8 from byte {} on.", e.valid_up_to())))?;
    // serde_json's own words may hold a part of the body: only the place goes out.
    serde_json::from_str(text).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        fault(if e.is_data() {
            "The body must be a JSON object.".to_owned()
        } else {
            format!("Not JSON: line {line}, column {column}.")
        })
    })
}

/// What the schema is asked about: every member, but of an object in `prefetch` only that it is one, since
/// its members may hold anything and are large.
fn for_schema(members: &Object<'_>, prefetch: &Prefetch<'_>) -> (Value, Vec<Issue>) {
    let mut instance = Map::new();
    let mut faults = Vec::new();
    match prefetch {
        Prefetch::Missing => None,
        Prefetch::Object(_) => instance.insert("prefetch".to_owned(), Value::Object(Map::new())),
        Prefetch::Other(value) => instance.insert("prefetch".to_owned(), value.clone()),
    };
    for (name, raw) in members.members() {
        let name: &str = name;
        if let Ok(value) = serde_json::from_str(raw.get()) {
            instance.insert(name.to_owned(), value);
        } else if [
            "hook",
            "hookInstance",
            "fhirServer",
            "fhirAuthorization",
            "context",
        ]
        .contains(&name)
        {
            let text = "Nested too deeply, or a number is out of range.";
            faults.push(Issue::new(IssueCode::Structure, text).at(name));
            instance.insert(name.to_owned(), Value::Null);
        }
    }
    (Value::Object(instance), faults)
}
