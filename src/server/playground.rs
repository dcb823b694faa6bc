//! The playground: a patient, a day and an event chosen in a browser, and what the service answers.
//!
//! The patient stays in the browser: each question brings the whole record or request, and nothing of
//! it is kept. `/playground/records` gives the demonstration patients as they stand on a day. In
//! demonstration mode the page plays its part as an EHR to the end: what it shows counts as shown, and it
//! sends feedback on it. In `serve` it does not, since a hospital's figures are not for playing.

pub mod question;

use std::{borrow::Borrow, collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State as Shared, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State,
    demonstration::{Demonstration, DemonstrationPatient},
    error::Refusal,
    handlers::check_media_type,
    language,
    page::{SCREENS, curl_lines, sandbox_url},
    pages::{
        self, LanguageLink, MenuLink, Place,
        view::{Feedback, ResultView},
        words,
    },
    shown::Showing,
    smart,
    telemetry::Span,
};
use crate::{
    cards::{self, Language, catalogue::Text},
    cds_hooks::{self, Settings, completion::Fetched, outcome::IssueCode, request::Request},
    guideline::{date::days_between, hooks::Hook},
};
use question::Question;

/// How far the slider goes back, in days.
const BACK_DAYS: i32 = 270;
/// How far it goes ahead: over a stop window that begins after a start today.
const AHEAD_DAYS: i32 = 540;
/// The most letters of a story in the list of patients.
const TITLE_LETTERS: usize = 84;

/// The routes of the playground.
pub fn routes() -> axum::Router<Arc<State>> {
    axum::Router::new()
        .route("/", get(root))
        .route("/playground/records/{patient}", get(record))
        .route("/playground/evaluate", post(evaluate))
}

/// What an address of the playground may name; a wrong value counts as none.
#[derive(Debug, Default, Deserialize)]
struct Chosen {
    patient: Option<String>,
    /// The day on which the demonstration patients' stories are true.
    on: Option<String>,
    day: Option<String>,
    hook: Option<String>,
    lang: Option<String>,
}

impl Chosen {
    fn on(&self, today: Date) -> Date {
        self.on.as_deref().and_then(pages::day).unwrap_or(today)
    }

    fn language(&self, state: &State, headers: &HeaderMap) -> Language {
        language::asked(self.lang.as_deref(), state.config.language, headers)
    }
}

#[derive(Debug, Template)]
#[template(path = "playground.html")]
struct Page {
    language: Language,
    languages: Vec<LanguageLink>,
    menu: Vec<MenuLink>,
    /// Feedback is sent.
    tells: bool,
    patients: Vec<PatientView>,
    story: String,
    hooks: Vec<(&'static str, bool)>,
    on: Date,
    day: Date,
    offset: i32,
    back: i32,
    ahead: i32,
    link: String,
    result: String,
    request: String,
    response: String,
    assessment: String,
    commands: String,
    base: String,
    /// For each hook, the prefetch key of each resource type, as JSON.
    keys: String,
    /// The order on the screen of an order hook, as JSON.
    draft: String,
}

#[derive(Debug)]
struct PatientView {
    id: String,
    title: String,
    story: String,
    chosen: bool,
    sandbox: Vec<(&'static str, String)>,
}

impl Page {
    fn say(&self, text: impl Borrow<Text>) -> &'static str {
        text.borrow().say(self.language)
    }
}

/// `GET /`.
async fn root(
    Shared(state): Shared<Arc<State>>,
    Query(chosen): Query<Chosen>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let today = state.clock.today(&state.config.time_zone.0);
    let language = chosen.language(&state, &headers);
    let on = chosen.on(today);
    let day = chosen.day.as_deref().and_then(pages::day).unwrap_or(on);
    let hook = chosen
        .hook
        .as_deref()
        .and_then(hook_of)
        .unwrap_or(Hook::PatientView);
    let demonstration = state.demonstration.as_ref();
    let patient = demonstration.and_then(|demonstration| {
        let patients = demonstration.patients();
        let named = chosen.patient.as_deref();
        patients
            .iter()
            .find(|patient| Some(patient.id.as_str()) == named)
            .or_else(|| patients.first())
    });
    let (mut result, mut request, mut response, mut assessment) = Default::default();
    if let (Some(demonstration), Some(patient)) = (demonstration, patient) {
        let question = Question::about(demonstration, patient, (on, day), hook, language);
        let found = answer(&state, &question)?;
        result = found.html;
        request = pretty(&found.request);
        response = pretty(&found.response);
        assessment = pretty(&found.assessment);
    }
    let id = patient.map(|patient| patient.id.as_str());
    let link = |tag: &str| address(id, on, day, hook, tag);
    pages::page(&Page {
        language,
        languages: pages::languages(language, link),
        menu: pages::menu(&state, Place::Playground, language),
        tells: demonstration.is_some(),
        patients: patient_views(demonstration, id, language),
        story: patient.map_or_else(String::new, |patient| {
            patient.story.in_language(language).to_owned()
        }),
        hooks: SCREENS
            .map(|(name, _)| (name, Some(name) == hook_name(hook)))
            .into(),
        on,
        day,
        offset: days_between(on, day).clamp(-BACK_DAYS, AHEAD_DAYS),
        back: BACK_DAYS,
        ahead: AHEAD_DAYS,
        link: link(language.tag()),
        result,
        request,
        response,
        assessment,
        commands: demonstration.map_or_else(String::new, |demonstration| {
            curl_lines(demonstration).join("\n")
        }),
        base: demonstration
            .map_or_else(String::new, |demonstration| demonstration.base().to_owned()),
        keys: keys(&state).to_string(),
        draft: question::order_on_screen().to_string(),
    })
}

/// The patients for the list and for the links to the sandbox.
fn patient_views(
    demonstration: Option<&Demonstration>,
    chosen: Option<&str>,
    language: Language,
) -> Vec<PatientView> {
    let Some(demonstration) = demonstration else {
        return Vec::new();
    };
    let view = |patient: &DemonstrationPatient| {
        let story = patient.story.in_language(language);
        // A story says what the record holds, a colon, and what follows from it.
        let head = story.split(':').next().unwrap_or(story);
        let mut title: String = head.chars().take(TITLE_LETTERS).collect();
        if title.len() < head.len() {
            title.push('…');
        }
        PatientView {
            id: patient.id.clone(),
            title,
            story: story.to_owned(),
            chosen: Some(patient.id.as_str()) == chosen,
            sandbox: SCREENS
                .map(|(hook, screen)| {
                    let url = sandbox_url(demonstration.base(), &patient.id, hook, screen);
                    (hook, url)
                })
                .into(),
        }
    };
    demonstration.patients().iter().map(view).collect()
}

/// The address of a state without steps.
fn address(patient: Option<&str>, on: Date, day: Date, hook: Hook, language: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(patient) = patient {
        query.append_pair("patient", patient);
    }
    query
        .append_pair("on", &on.to_string())
        .append_pair("day", &day.to_string())
        .append_pair("hook", hook_name(hook).unwrap_or_default())
        .append_pair("lang", language);
    format!("/?{}", query.finish())
}

fn hook_of(name: &str) -> Option<Hook> {
    serde_json::from_value(Value::String(name.to_owned())).ok()
}

fn hook_name(hook: Hook) -> Option<&'static str> {
    SCREENS
        .iter()
        .map(|(name, _)| *name)
        .find(|name| hook_of(name) == Some(hook))
}

/// For each hook, the prefetch key under which a resource of each type is sent.
fn keys(state: &State) -> Value {
    let mut hooks = serde_json::Map::new();
    for service in state.services.iter() {
        let keys: BTreeMap<&str, &str> = service
            .templates()
            .iter()
            .map(|template| (template.source().resource_type(), template.key()))
            .collect();
        let name = hook_name(service.hook()).unwrap_or_default();
        hooks.insert(name.to_owned(), json!(keys));
    }
    Value::Object(hooks)
}

/// `GET /playground/records/{patient}?on=DATE&lang=LANGUAGE`: a demonstration patient's record.
async fn record(
    Shared(state): Shared<Arc<State>>,
    Path(patient): Path<String>,
    Query(chosen): Query<Chosen>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let today = state.clock.today(&state.config.time_zone.0);
    let language = chosen.language(&state, &headers);
    state
        .demonstration
        .as_ref()
        .and_then(|demonstration| {
            let found = demonstration
                .patients()
                .iter()
                .find(|known| known.id == patient)?;
            Some(json!({
                "resources": demonstration.record(found, chosen.on(today)),
                "notSearched": found.not_searched(),
                "draft": question::order_on_screen(),
                "story": found.story.in_language(language),
            }))
        })
        .map(|record| Json(record).into_response())
        .ok_or_else(|| Refusal::not_found("There is no such demonstration patient."))
}

/// What a question is answered with.
struct Found {
    html: String,
    announcement: String,
    request: Value,
    response: Value,
    assessment: Value,
    /// Where feedback on the cards may be sent.
    feedback: Option<String>,
}

/// `POST /playground/evaluate`.
async fn evaluate(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    check_media_type(&headers)?;
    let body = body.map_err(|_| Refusal::too_large(state.config.body_limit_bytes))?;
    let question = Question::read(&body)?;
    let found = answer(&state, &question)?;
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({
            "html": found.html,
            "announcement": found.announcement,
            "request": found.request,
            "response": found.response,
            "assessment": found.assessment,
            "feedback": found.feedback,
        })),
    )
        .into_response())
}

fn answer(state: &State, question: &Question) -> Result<Found, Refusal> {
    let call = question.call(state)?;
    let zone = &state.config.time_zone.0;
    let settings = Settings {
        zone,
        terminology: &state.terminology,
        language: question.language(),
        refuses: false,
    };
    let body = call.body.to_string();
    let request = Request::read(call.service, body.as_bytes()).map_err(Refusal::bad_request)?;
    // Nothing is fetched: what the question does not bring is not there.
    let fetched = Fetched::default();
    let mut evaluation =
        cds_hooks::evaluate(call.service, &request, &fetched, question.as_of(), settings)
            .map_err(Refusal::precondition_failed)?;
    if let Some(key) = state.config.card_key {
        cards::with_key(&mut evaluation.cards, key);
    }
    let feedback = state.demonstration.is_some().then(|| {
        state.shown.add(Showing {
            cards: &evaluation.cards,
            guideline: evaluation.assessment.guideline.version,
            at: state.clock.now(),
            // They are shown today, whatever day is asked about.
            day: state.clock.today(zone),
            service: call.service.id(),
            client: state.assumed.name(),
            call: &Span::default(),
        });
        format!("/cds-services/{}/feedback", call.service.id())
    });
    let view = ResultView::new(
        &evaluation,
        question.language(),
        match (&feedback, state.config.feedback_comments) {
            (None, _) => Feedback::NotSent,
            (Some(_), false) => Feedback::WordsNotKept,
            (Some(_), true) => Feedback::WordsKept,
        },
    );
    let mut cards = evaluation.cards.clone();
    let client = state.assumed.client();
    smart::link(&mut cards, state, client, question.language());
    let json = |value: serde_json::Result<Value>| {
        value.map_err(|_| {
            Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                IssueCode::Exception,
                "The answer could not be written.",
            )
        })
    };
    Ok(Found {
        html: pages::render(&view)?,
        announcement: view.announcement(),
        request: call.body,
        response: json(serde_json::to_value(json!({ "cards": cards })))?,
        assessment: json(serde_json::to_value(&evaluation.assessment))?,
        feedback,
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
