//! The app itself: the patient's chart read with the session's token, and shown.

use std::{borrow::Borrow, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::{Query, State as Shared},
    http::HeaderMap,
    response::Response,
};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    banner::Banner,
    history::Outcome,
    message::{Why, page, page_after},
    registered,
    session::Session,
};
use crate::{
    cards::{Language, catalogue::Text},
    cds_hooks::{self, Evaluation, Settings, request::Request},
    chart::identity::Identity,
    config::{BaseUrl, Client},
    guideline::{
        date::plus_months, facts::StatementKind, hooks::Hook, parameters::K5_INFECTION_MONTHS,
    },
    server::{
        State,
        caller::Caller,
        fetch::{Limits, fetch},
        language,
        pages::{self, view::ResultView, words},
        telemetry::Span,
    },
};

/// How long the chart may take: a person waits, not a hook.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an address of the app may name.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// A demonstration patient.
    patient: Option<String>,
    lang: Option<String>,
}

/// The patient that is looked at, and with which access.
pub struct Access {
    pub client: Client,
    pub server: BaseUrl,
    pub patient: String,
    /// None against the open demonstration.
    pub session: Option<Session>,
}

#[derive(Template)]
#[template(path = "app.html")]
struct Page {
    language: Language,
    languages: [(&'static str, &'static str, String, bool); 2],
    patient: String,
    /// Who the patient is; none where the EHR shows it beside the app.
    banner: Option<Banner>,
    result: String,
    from: Date,
    to: Date,
    /// What a form of the page must bring; none without a session.
    form: Option<String>,
    /// Names this page, so that the same form sent twice is known.
    entry: Uuid,
    /// The demonstration patient, for the form.
    open: Option<String>,
    written: Option<Written>,
}

/// What has come of the form.
#[derive(Debug)]
pub struct Written {
    pub outcome: Outcome,
    pub present: bool,
    pub period: (Date, Date),
    /// The statement in a sentence, and as the resource that says it.
    pub words: String,
    pub resource: String,
}

impl Written {
    pub fn stored(&self) -> bool {
        self.outcome == Outcome::Stored
    }

    pub fn title(&self, language: Language) -> &'static str {
        match self.outcome {
            Outcome::Stored => words::APP_STORED,
            Outcome::NotAllowed | Outcome::Refused => words::APP_AS_TEXT,
            Outcome::Unknown => words::APP_MAYBE_STORED,
        }
        .say(language)
    }

    /// Why it was not stored.
    pub fn reason(&self, language: Language) -> Option<&'static str> {
        let why = match self.outcome {
            Outcome::Stored => return None,
            Outcome::NotAllowed => words::APP_NOT_ALLOWED,
            Outcome::Refused => words::APP_NOT_TAKEN,
            Outcome::Unknown => words::APP_NO_ANSWER,
        };
        Some(why.say(language))
    }
}

impl Page {
    fn say(&self, text: impl Borrow<Text>) -> &'static str {
        text.borrow().say(self.language)
    }
}

pub fn language_of(state: &State, asked: Option<&str>, headers: &HeaderMap) -> Language {
    match asked {
        Some("da") => Language::Da,
        Some("en") => Language::En,
        _ => language::of(state.config.language, headers),
    }
}

/// The patient that a request may look at.
pub fn access(state: &State, headers: &HeaderMap, patient: Option<&str>) -> Result<Access, Why> {
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
pub async fn chart_page(
    state: &State,
    access: &Access,
    language: Language,
    written: Option<Written>,
) -> Result<Response, Why> {
    let (evaluation, identity) = match evaluate(state, access, language).await {
        Ok(evaluated) => evaluated,
        // What has become of the statement is said all the same.
        Err(why) => return Ok(page_after(why, written, language)),
    };
    let written = written.map(|written| looked_up(written, &evaluation));
    let session = access.session.as_ref();
    let opened_from = session.and_then(|session| session.card.as_deref());
    let view = ResultView::to_read(&evaluation, language, opened_from);
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
        banner: session
            .is_none_or(|session| !session.banner_is_shown)
            .then(|| Banner::new(identity.as_ref(), &evaluation, language)),
        result: pages::render(&view).map_err(|_| Why::NoChart)?,
        from: plus_months(today, -K5_INFECTION_MONTHS),
        to: today,
        form: session.map(|session| session.form.clone()),
        entry: Uuid::new_v4(),
        open,
        written,
    };
    pages::page(&page).map_err(|_| Why::NoChart)
}

/// A statement of which it is not known whether it was stored: the chart that was read since may hold it.
fn looked_up(written: Written, evaluation: &Evaluation) -> Written {
    let (from, to) = written.period;
    let mut statements = evaluation.chart.facts.statements.iter();
    let held = statements.any(|statement| {
        statement.kind == StatementKind::InfectionHistoryReviewed(written.present)
            && (statement.from, statement.date) == (Some(from), to)
    });
    match written.outcome {
        Outcome::Unknown if held => Written {
            outcome: Outcome::Stored,
            ..written
        },
        _ => written,
    }
}

/// The patient's chart and what follows from it, and who the patient is.
async fn evaluate(
    state: &State,
    access: &Access,
    language: Language,
) -> Result<(Evaluation, Option<Identity>), Why> {
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
            "scope": super::launch::SCOPES,
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
    let evaluation = cds_hooks::evaluate(service, &request, &fetched, today, settings)
        .map_err(|_| Why::NoChart)?;
    Ok((evaluation, request.identity(&fetched)))
}
