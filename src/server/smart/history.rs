//! The form that writes the statement of the infection history (decision-spec §5): created at the EHR where
//! the login allows it, and exactly once, else offered as text.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Form,
    extract::{State as Shared, rejection::FormRejection},
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    app::{self, Access, Written},
    message::{Why, page},
    session::{LONGEST, Session, same},
};
use crate::{
    cards::{Language, infection_history, locale},
    server::{State, caller::Caller, outbound::CallError, pages::words},
};

/// How long the EHR may take to create it: a person waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most statements that are remembered.
const MOST: usize = 10_000;
/// The system of identifiers that are URIs.
const URI: &str = "urn:ietf:rfc:3986";

/// What came of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The EHR holds it.
    Stored,
    /// The login does not let the app create it, or there is none.
    NotAllowed,
    /// The EHR refused it.
    Refused,
    /// The EHR did not answer, or with a fault of its own: it may hold it.
    Unknown,
}

/// The statements that were sent, so that a second click waits for the first and sends nothing.
#[derive(Debug, Default)]
pub struct Writes(Mutex<HashMap<Uuid, Write>>);

#[derive(Debug)]
struct Write {
    /// Until when it is remembered, in seconds since 1970.
    until: i64,
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Writes {
    /// What comes of `create`, which is run unless the statement `id` is being created or was stored. It runs
    /// to its end even where the browser that asked for it has gone: a second click ends the first call.
    async fn once(
        self: &Arc<Self>,
        id: Uuid,
        now: i64,
        create: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let mut outcome = self.begun(id, now, create);
        let found = outcome.wait_for(Option::is_some).await;
        found
            .map_or(None, |outcome| *outcome)
            .unwrap_or(Outcome::Unknown)
    }

    fn begun(
        self: &Arc<Self>,
        id: Uuid,
        now: i64,
        create: impl Future<Output = Outcome> + Send + 'static,
    ) -> watch::Receiver<Option<Outcome>> {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.retain(|_, write| write.until > now);
        if let Some(write) = writes.get(&id) {
            return write.outcome.clone();
        }
        let (tell, outcome) = watch::channel(None);
        if writes.len() < MOST {
            let until = now + i64::try_from(LONGEST.as_secs()).unwrap_or(i64::MAX);
            let outcome = outcome.clone();
            writes.insert(id, Write { until, outcome });
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let came = create.await;
            if came != Outcome::Stored {
                // It may be tried again.
                let mut writes = this.0.lock().unwrap_or_else(PoisonError::into_inner);
                writes.remove(&id);
            }
            tell.send_replace(Some(came));
        });
        outcome
    }
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct History {
    /// The secret of the session.
    #[serde(default)]
    form: String,
    /// The page that the form stood on: the same statement from another page is another statement.
    #[serde(default)]
    entry: String,
    #[serde(default)]
    patient: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    present: String,
    from: Date,
    to: Date,
}

/// `POST /app/history`.
pub async fn write(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    form: Result<Form<History>, FormRejection>,
) -> Response {
    let Ok(Form(history)) = form else {
        return page(Why::Form, app::language_of(&state, None, &headers));
    };
    let language = app::language_of(&state, history.lang.as_deref(), &headers);
    let done = match app::access(&state, &headers, history.patient.as_deref()) {
        Ok(access) => written(&state, &access, &history, language).await,
        Err(why) => Err(why),
    };
    done.unwrap_or_else(|why| page(why, language))
}

async fn written(
    state: &State,
    access: &Access,
    history: &History,
    language: Language,
) -> Result<Response, Why> {
    let session = access.session.as_ref();
    let ours = session.is_none_or(|session| same(&session.form, &history.form));
    let today = state.clock.today(&state.config.time_zone.0);
    let present = match history.present.as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(Why::Form),
    };
    if !ours || history.from > history.to || history.to > today {
        return Err(Why::Form);
    }
    let period = (history.from, history.to);
    let patient = format!("Patient/{}", access.patient);
    let mut statement = infection_history(&patient, present, period, language);
    let outcome = match session.filter(|session| session.creates) {
        Some(session) => {
            let id = identify(&mut statement, session, history);
            let now = state.clock.now().as_second();
            let create = create(access, session, &statement, id);
            match create {
                Some(create) => state.writes.once(id, now, create).await,
                None => Outcome::NotAllowed,
            }
        }
        None => Outcome::NotAllowed,
    };
    if outcome != Outcome::Stored {
        tracing::warn!(?outcome, "a statement is offered as text");
    }
    let [from, to] = [history.from, history.to].map(|day| locale::date(day, language));
    let written = Written {
        outcome,
        present,
        period,
        words: words::history(present, &from, &to, language),
        resource: serde_json::to_string_pretty(&statement).unwrap_or_default(),
    };
    app::chart_page(state, access, language, Some(written)).await
}

/// Gives the statement an identifier: the same where the same form of the same page is sent again.
fn identify(statement: &mut Value, session: &Session, history: &History) -> Uuid {
    let History {
        entry,
        present,
        from,
        to,
        ..
    } = history;
    let name = format!("{} {entry} {present} {from} {to}", session.form);
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
    statement["identifier"] = json!([{ "system": URI, "value": id.urn().to_string() }]);
    id
}

/// Creates the statement at the FHIR server; `None` where it cannot be asked to.
fn create(
    access: &Access,
    session: &Session,
    statement: &Value,
    id: Uuid,
) -> Option<impl Future<Output = Outcome> + Send + 'static> {
    let url = access.server.join("Observation")?;
    let caller = Caller::new(access.client.clone()).ok()?;
    let mut authorization = HeaderValue::from_str(&format!("Bearer {}", session.token)).ok()?;
    authorization.set_sensitive(true);
    let if_none_exist = format!("identifier={URI}|{}", id.urn());
    let if_none_exist = HeaderValue::from_str(&if_none_exist).ok()?;
    let body = statement.to_string().into();
    Some(async move {
        let outbound = caller.outbound();
        let created = outbound.create(&url, body, &authorization, &if_none_exist);
        match tokio::time::timeout(PATIENCE, created).await {
            Ok(Ok(())) => Outcome::Stored,
            Ok(Err(CallError::Status(status))) if status.is_client_error() => Outcome::Refused,
            Ok(Err(CallError::NotListed | CallError::AddressRefused)) => Outcome::NotAllowed,
            Ok(Err(_)) | Err(_) => Outcome::Unknown,
        }
    })
}

/// Whether scopes let Observations be created: `patient/Observation.c…` of version 2, `.write` or `.*`
/// of version 1.
pub fn may_create(scopes: &str) -> bool {
    scopes.split_whitespace().any(|scope| {
        let Some((context, right)) = scope.split_once('/') else {
            return false;
        };
        let Some((resource, rights)) = right.split_once('.') else {
            return false;
        };
        let rights = rights.split('?').next().unwrap_or_default();
        matches!(context, "patient" | "user")
            && matches!(resource, "Observation" | "*")
            && (matches!(rights, "write" | "*") || rights.starts_with('c') && rights.len() <= 5)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn scopes_that_let_a_statement_be_written() {
        for (scopes, may) in [
            ("patient/Observation.crs", true),
            ("patient/Observation.cruds launch", true),
            ("launch patient/*.c", true),
            ("user/Observation.write", true),
            ("patient/*.*", true),
            ("patient/Observation.rs", false),
            ("patient/Condition.crs", false),
            ("system/Observation.crs", false),
            ("patient/Observation.create-everything", false),
            ("", false),
        ] {
            assert_eq!(may_create(scopes), may, "{scopes}");
        }
    }

    #[tokio::test]
    async fn a_statement_is_sent_once_even_where_the_first_call_is_given_up() {
        let (writes, sent, go) = (
            Arc::new(Writes::default()),
            Arc::new(AtomicUsize::new(0)),
            Arc::new(Notify::new()),
        );
        let create = |came: Outcome| {
            let (sent, go) = (Arc::clone(&sent), Arc::clone(&go));
            async move {
                sent.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                came
            }
        };
        let id = Uuid::from_u128(1);
        // The first click: its browser goes away before the EHR has answered.
        drop(writes.begun(id, 0, create(Outcome::Stored)));
        let mut second = writes.begun(id, 0, create(Outcome::Stored));
        go.notify_one();
        let outcome = *second.wait_for(Option::is_some).await.unwrap();
        assert_eq!(outcome, Some(Outcome::Stored));
        assert_eq!(
            writes.once(id, 1, create(Outcome::Refused)).await,
            Outcome::Stored
        );
        assert_eq!(sent.load(Ordering::SeqCst), 1);
        // What was refused may be tried again, and so may another statement.
        let other = Uuid::from_u128(2);
        for (count, came) in [
            (2, Outcome::Refused),
            (3, Outcome::Unknown),
            (4, Outcome::Stored),
        ] {
            go.notify_one();
            assert_eq!(writes.once(other, 2, create(came)).await, came);
            assert_eq!(sent.load(Ordering::SeqCst), count);
        }
        // It is forgotten with the session.
        let late = i64::try_from(LONGEST.as_secs()).unwrap() + 5;
        go.notify_one();
        assert_eq!(
            writes.once(other, late, create(Outcome::Refused)).await,
            Outcome::Refused
        );
    }
}
