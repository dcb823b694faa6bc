//! The launch (SMART App Launch 2, EHR launch): to the authorisation server and back, with PKCE.

use std::sync::Arc;

use axum::{
    extract::{Query, State as Shared},
    http::HeaderMap,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    Sessions, address,
    history::may_create,
    message::{Why, page},
    registered,
    session::{LARGEST_TOKEN, LAUNCH, LONGEST, Launching, Session, same, secret},
};
use crate::{
    cards::Language,
    config::BaseUrl,
    server::{
        State,
        caller::Caller,
        language,
        outbound::{Budget, Wanted},
    },
};

/// What the app asks to be allowed: to read what the services read, and to create a statement. Who is logged
/// in is not asked: the EHR knows, and an id token would be one more thing to carry.
pub const SCOPES: &str = "launch patient/Patient.r patient/Observation.crs \
                      patient/Condition.rs patient/Procedure.rs patient/MedicationRequest.rs \
                      patient/MedicationAdministration.rs patient/MedicationStatement.rs \
                      patient/MedicationDispense.rs patient/Encounter.rs patient/Immunization.rs \
                      patient/Medication.r";
/// The most bytes of a server's description or token.
const MOST_BYTES: usize = 262_144;
const JSON: Wanted<'_> = Wanted {
    accept: "application/json",
    media_types: &["application/json"],
    authorization: None,
};

/// What an EHR brings to `/launch`.
#[derive(Debug, Default, Deserialize)]
pub struct Launch {
    iss: Option<String>,
    launch: Option<String>,
}

/// A server's description of its login (`.well-known/smart-configuration`).
#[derive(Debug, Deserialize)]
struct Login {
    authorization_endpoint: Url,
    token_endpoint: Url,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
}

/// `GET /launch`.
pub async fn launch(
    Shared(state): Shared<Arc<State>>,
    Query(asked): Query<Launch>,
    headers: HeaderMap,
) -> Response {
    let language = language::of(state.config.language, &headers);
    match begin(&state, &asked, language).await {
        Ok(response) => response,
        Err(why) => page(why, language),
    }
}

async fn begin(state: &State, asked: &Launch, language: Language) -> Result<Response, Why> {
    let iss = asked.iss.as_deref().ok_or(Why::UnknownEhr)?;
    let launch = asked.launch.as_deref().ok_or(Why::NoPatient)?;
    if let Some(demonstration) = &state.demonstration
        && iss.trim_end_matches('/') == format!("{}/fhir", demonstration.base())
    {
        // An open server: nothing to log in to, and the launch names the patient.
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("patient", launch)
            .append_pair("lang", language.tag())
            .finish();
        return Ok(Redirect::to(&format!("/app?{query}")).into_response());
    }
    let (client, server, client_id) = registered(state, iss).ok_or(Why::UnknownEhr)?;
    let caller = Caller::new(client.clone()).map_err(|_| Why::NoLogin)?;
    let login = login(server, &caller).await.ok_or(Why::NoLogin)?;
    let launching = Launching {
        state: secret(),
        verifier: secret(),
        iss: server.to_string(),
        token_endpoint: login.token_endpoint.to_string(),
        until: state.clock.now().as_second() + seconds(LAUNCH),
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(launching.verifier.as_bytes()));
    let mut target = login.authorization_endpoint;
    target
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &redirect_uri(state).ok_or(Why::NoLogin)?)
        .append_pair("launch", launch)
        .append_pair("scope", SCOPES)
        .append_pair("state", &launching.state)
        .append_pair("aud", &launching.iss)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let jar = state
        .sessions
        .set(&launching, is_encrypted(state))
        .ok_or(Why::NoLogin)?;
    Ok((jar, Redirect::to(target.as_str())).into_response())
}

/// How to log in to a FHIR server; none where it does not say, or not safely.
async fn login(server: &BaseUrl, caller: &Caller) -> Option<Login> {
    let url = server.join(".well-known/smart-configuration")?;
    let budget = Budget::new(MOST_BYTES);
    let found = caller.outbound().get(&url, JSON, &budget).await.ok()?;
    let login: Login = serde_json::from_slice(&found.body).ok()?;
    let methods = &login.code_challenge_methods_supported;
    let safe = methods.iter().any(|method| method == "S256");
    // The browser goes there with the launch: only where the configuration says so.
    let listed = caller.client().logs_in_at(&login.authorization_endpoint)
        && caller.client().logs_in_at(&login.token_endpoint);
    (safe && listed).then_some(login)
}

/// What the authorisation server brings back.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// The answer of a token endpoint. What is not listed here, refresh and id tokens among it, is dropped.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    token_type: String,
    /// Seconds; some servers write them as text.
    #[serde(default)]
    expires_in: Value,
    /// What was granted; what was asked for where it is absent (RFC 6749 §5.1).
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    patient: Option<String>,
    /// Absent it is needed.
    #[serde(default)]
    need_patient_banner: Value,
    /// What the link of a card brought along.
    #[serde(default, rename = "appContext")]
    app_context: Value,
}

impl Token {
    /// How long it lives at most, in seconds.
    fn life(&self) -> i64 {
        let longest = seconds(LONGEST);
        let stated = match &self.expires_in {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        stated.unwrap_or(longest).clamp(0, longest)
    }

    /// The EHR says that it shows who the patient is itself.
    fn banner_is_shown(&self) -> bool {
        match &self.need_patient_banner {
            Value::Bool(needed) => !needed,
            Value::String(text) => text == "false",
            _ => false,
        }
    }

    /// The code of the card whose link opened the app.
    fn card(&self) -> Option<String> {
        let context: Value = match &self.app_context {
            Value::String(text) => serde_json::from_str(text).ok()?,
            other => other.clone(),
        };
        let code = context.get("card")?.as_str()?;
        let known = code.len() <= 4 && code.chars().all(|letter| letter.is_ascii_alphanumeric());
        known.then(|| code.to_owned())
    }
}

/// `GET /app/callback`.
pub async fn callback(
    Shared(state): Shared<Arc<State>>,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    let language = language::of(state.config.language, &headers);
    let launching = state
        .sessions
        .read::<Launching>(&headers, state.clock.now());
    let gone = AppendHeaders([Sessions::end_of_launch()]);
    match finish(&state, launching, &back).await {
        Ok(session) => match state.sessions.set(&session, is_encrypted(&state)) {
            Some(jar) => (jar, gone, Redirect::to("/app")).into_response(),
            None => (gone, page(Why::LargeToken, language)).into_response(),
        },
        // A launch is used once, whatever came of it.
        Err(why) => (gone, page(why, language)).into_response(),
    }
}

async fn finish(state: &State, launching: Option<Launching>, back: &Back) -> Result<Session, Why> {
    let launching = launching.ok_or(Why::NotOurs)?;
    let returned = back.state.as_deref().ok_or(Why::NotOurs)?;
    if !same(returned, &launching.state) {
        return Err(Why::NotOurs);
    }
    let code = match (&back.code, &back.error) {
        (Some(code), None) => code,
        _ => return Err(Why::Refused),
    };
    let (client, server, client_id) = registered(state, &launching.iss).ok_or(Why::UnknownEhr)?;
    let caller = Caller::new(client.clone()).map_err(|_| Why::NoLogin)?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &redirect_uri(state).ok_or(Why::NoLogin)?)
        .append_pair("client_id", client_id)
        .append_pair("code_verifier", &launching.verifier)
        .finish();
    let endpoint = Url::parse(&launching.token_endpoint).map_err(|_| Why::NoLogin)?;
    let budget = Budget::new(MOST_BYTES);
    let found = caller
        .outbound()
        .post(
            &endpoint,
            ("application/x-www-form-urlencoded", form.into()),
            JSON,
            &budget,
        )
        .await
        .map_err(|_| Why::Refused)?;
    let token: Token = serde_json::from_slice(&found.body).map_err(|_| Why::Refused)?;
    if !token.token_type.eq_ignore_ascii_case("bearer") {
        return Err(Why::Refused);
    }
    if token.access_token.len() > LARGEST_TOKEN {
        return Err(Why::LargeToken);
    }
    Ok(Session {
        iss: server.to_string(),
        creates: may_create(token.scope.as_deref().unwrap_or(SCOPES)),
        banner_is_shown: token.banner_is_shown(),
        card: token.card(),
        form: secret(),
        until: state.clock.now().as_second() + token.life(),
        patient: token.patient.filter(|id| is_id(id)).ok_or(Why::NoPatient)?,
        token: token.access_token,
    })
}

/// An id as FHIR has them, so that it leads nowhere else in an address.
fn is_id(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
    (1..=64).contains(&text.len()) && text.chars().all(allowed) && !text.contains("..")
}

fn redirect_uri(state: &State) -> Option<String> {
    address(state).map(|address| format!("{address}/app/callback"))
}

/// Whether browsers reach the app over https, so that its cookies must not travel otherwise.
fn is_encrypted(state: &State) -> bool {
    address(state).is_some_and(|address| address.starts_with("https://"))
}

fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
