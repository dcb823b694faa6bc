//! The app itself: the patient's chart read with the session's token, shown, and the form that writes the
//! statement of the infection history back.

use std::{borrow::Borrow, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Form,
    extract::{Query, State as Shared},
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    message::{Why, page},
    registered,
    session::{Session, same},
};
use crate::{
    cards::{Language, catalogue::Text, infection_history, locale},
    cds_hooks::{self, Evaluation, Settings, request::Request},
    config::{BaseUrl, Client},
    guideline::{date::plus_months, hooks::Hook, parameters::K5_INFECTION_MONTHS},
    server::{
        State,
        caller::Caller,
        fetch::{Limits, fetch},
        language,
        outbound::{Budget, FHIR_JSON, FHIR_JSON_TYPES, Wanted},
        pages::{self, view::ResultView, words},
        telemetry::Span,
    },
};

/// How long the chart may take: a person waits, not a hook.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of a server's answer to a create.
const MOST_BYTES: usize = 262_144;

/// What an address of the app may name.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// A demonstration patient.
    patient: Option<String>,
    lang: Option<String>,
}

/// The patient that is looked at, and with which access.
struct Access {
    client: Client,
    server: BaseUrl,
    patient: String,
    /// None against the open demonstration.
    session: Option<Session>,
}

#[derive(Template)]
#[template(path = "app.html")]
struct Page {
    language: Language,
    languages: [(&'static str, &'static str, String, bool); 2],
    patient: String,
    result: String,
    from: Date,
    to: Date,
    /// What a form of the page must bring; none without a session.
    form: Option<String>,
    /// The demonstration patient, for the form.
    open: Option<String>,
    written: Option<Written>,
}

/// What has come of the form.
struct Written {
    stored: bool,
    words: String,
    resource: String,
}

impl Page {
    fn say(&self, text: impl Borrow<Text>) -> &'static str {
        text.borrow().say(self.language)
    }
}

fn language_of(state: &State, asked: Option<&str>, headers: &HeaderMap) -> Language {
    match asked {
        Some("da") => Language::Da,
        Some("en") => Language::En,
        _ => language::of(state.config.language, headers),
    }
}

fn access(state: &State, headers: &HeaderMap, patient: Option<&str>) -> Result<Access, Why> {
    if let (Some(demonstration), Some(patient)) = (&state.demonstration, patient) {
        let known = demonstration.patients().iter();
        let found = known.filter(|known| known.id == patient).count() == 1;
        let server = format!("{}/fhir", demonstration.base());
        let client = state.assumed.client();
        let server = client.fhir_server(&server).ok_or(Why::UnknownEhr)?;
        return found
            .then(|| Access {
                client: client.clone(),
                server: server.clone(),
                patient: patient.to_owned(),
                session: None,
            })
            .ok_or(Why::NoPatient);
    }
    let session: Session = state
        .sessions
        .read(headers, state.clock.now())
        .ok_or(Why::NoSession)?;
    let (client, server, _) = registered(state, &session.iss).ok_or(Why::UnknownEhr)?;
    Ok(Access {
        client: client.clone(),
        server: server.clone(),
        patient: session.patient.clone(),
        session: Some(session),
    })
}

/// `GET /app`.
pub async fn show(
    Shared(state): Shared<Arc<State>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let language = language_of(&state, asked.lang.as_deref(), &headers);
    let shown = match access(&state, &headers, asked.patient.as_deref()) {
        Ok(access) => chart_page(&state, &access, language, None).await,
        Err(why) => Err(why),
    };
    shown.unwrap_or_else(|why| page(why, language))
}

/// The chart is read and assessed as at `patient-view`, from the FHIR server alone.
async fn chart_page(
    state: &State,
    access: &Access,
    language: Language,
    written: Option<Written>,
) -> Result<Response, Why> {
    let evaluation = evaluate(state, access, language).await?;
    let view = ResultView::to_read(&evaluation, language);
    let today = evaluation.assessment.as_of;
    let open = access.session.is_none().then(|| access.patient.clone());
    let link = |tag: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(patient) = &open {
            query.append_pair("patient", patient);
        }
        format!("/app?{}", query.append_pair("lang", tag).finish())
    };
    let languages = [
        ("da", "Dansk", Language::Da),
        ("en", "English", Language::En),
    ]
    .map(|(tag, name, other)| (tag, name, link(tag), other == language));
    let page = Page {
        language,
        languages,
        patient: format!("Patient/{}", access.patient),
        result: pages::render(&view).map_err(|_| Why::NoChart)?,
        from: plus_months(today, -K5_INFECTION_MONTHS),
        to: today,
        form: access.session.as_ref().map(|session| session.form.clone()),
        open,
        written,
    };
    pages::page(&page).map_err(|_| Why::NoChart)
}

async fn evaluate(state: &State, access: &Access, language: Language) -> Result<Evaluation, Why> {
    let service = state
        .services
        .answering(Hook::PatientView)
        .ok_or(Why::NoChart)?;
    let mut body = json!({
        "hook": "patient-view",
        "hookInstance": Uuid::new_v4(),
        "fhirServer": access.server.to_string(),
        "context": { "userId": "Practitioner/app", "patientId": access.patient },
    });
    if let Some(session) = &access.session {
        body["fhirAuthorization"] = json!({
            "access_token": session.token,
            "token_type": "Bearer",
            "expires_in": 60,
            "scope": session.scope,
            "subject": "sid-cds",
        });
    }
    let body = body.to_string();
    let zone = &state.config.time_zone.0;
    let today = state.clock.today(zone);
    let request = Request::read(service, body.as_bytes()).map_err(|_| Why::NoChart)?;
    let caller = Caller::new(access.client.clone()).map_err(|_| Why::NoChart)?;
    let wanted = request.wanted(service, today);
    let limits = Limits::from(&state.config);
    let time_is_up = tokio::time::sleep(PATIENCE);
    let fetched = fetch(
        wanted,
        request.access(),
        &caller,
        limits,
        time_is_up,
        Span::default(),
    )
    .await;
    let settings = Settings {
        zone,
        terminology: &state.terminology,
        language,
        refuses: false,
    };
    cds_hooks::evaluate(service, &request, &fetched, today, settings).map_err(|_| Why::NoChart)
}

/// The form of the infection history.
#[derive(Debug, Deserialize)]
pub struct History {
    #[serde(default)]
    form: String,
    #[serde(default)]
    patient: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    present: String,
    from: Date,
    to: Date,
}

/// `POST /app/history`.
pub async fn write_history(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    form: Result<Form<History>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Ok(Form(history)) = form else {
        return page(Why::Form, language_of(&state, None, &headers));
    };
    let language = language_of(&state, history.lang.as_deref(), &headers);
    let done = match access(&state, &headers, history.patient.as_deref()) {
        Ok(access) => write(&state, &access, &history, language).await,
        Err(why) => Err(why),
    };
    done.unwrap_or_else(|why| page(why, language))
}

async fn write(
    state: &State,
    access: &Access,
    history: &History,
    language: Language,
) -> Result<Response, Why> {
    let ours = access
        .session
        .as_ref()
        .is_none_or(|session| same(&session.form, &history.form));
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
    let statement = infection_history(&patient, present, period, language);
    let stored = create(access, &statement).await;
    let (from, to) = (
        locale::date(history.from, language),
        locale::date(history.to, language),
    );
    let written = Written {
        stored,
        words: words::history(present, &from, &to, language),
        resource: serde_json::to_string_pretty(&statement).unwrap_or_default(),
    };
    chart_page(state, access, language, Some(written)).await
}

/// Creates the statement at the FHIR server; false where the scopes do not allow it, or the server does
/// not: the statement is then offered as text.
async fn create(access: &Access, statement: &Value) -> bool {
    let Some(session) = access.session.as_ref().filter(|s| may_create(&s.scope)) else {
        return false;
    };
    let (Some(url), Ok(mut authorization), Ok(caller)) = (
        access.server.join("Observation"),
        HeaderValue::from_str(&format!("Bearer {}", session.token)),
        Caller::new(access.client.clone()),
    ) else {
        return false;
    };
    authorization.set_sensitive(true);
    let wanted = Wanted {
        accept: FHIR_JSON,
        media_types: FHIR_JSON_TYPES,
        authorization: Some(&authorization),
    };
    let body = statement.to_string().into();
    let budget = Budget::new(MOST_BYTES);
    let outbound = caller.outbound();
    let created = outbound.post(&url, (FHIR_JSON, body), wanted, &budget);
    created.await.is_ok()
}

/// Whether scopes let Observations be created: `patient/Observation.c…` of version 2, `.write` or `.*`
/// of version 1.
fn may_create(scopes: &str) -> bool {
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
}
