//! The app that a card opens: launched from an EHR (SMART App Launch 2), it reads the patient's chart
//! with the clinician's own access, and shows the course, the grounds and what other reports say.
//!
//! `/launch` sends the browser to the EHR's authorisation server, with PKCE and a state that is checked
//! when it comes back to `/app/callback`. The token stays in encrypted cookies that no script can read
//! and that end after [`session::LONGEST`]; it is in no page, no log and no address. Against the
//! demonstration's own FHIR endpoint the app opens without a login.

mod app;
mod banner;
mod history;
mod launch;
mod message;
mod session;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

pub use history::Writes;
pub use session::Sessions;

use super::State;
use crate::{
    cards::{
        Language,
        card::{Card, Link},
    },
    config::{BaseUrl, Client},
};

/// The routes of the app.
pub fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/launch", get(launch::launch))
        .route("/app/callback", get(launch::callback))
        .route("/app", get(app::show))
        .route("/app/history", post(history::write))
}

/// Where the app is, for links and redirects; none where there is no app.
pub fn address(state: &State) -> Option<String> {
    match &state.demonstration {
        Some(demonstration) => Some(demonstration.base().to_owned()),
        None => state.config.app_url.as_ref().map(ToString::to_string),
    }
}

/// Adds the link to the app to each card (LINK, `type: smart`); its context names the card. A client with
/// which the app is not registered could not open it, and gets none.
pub fn link(cards: &mut [Card], state: &State, client: &Client, language: Language) {
    let registered = state.demonstration.is_some() || client.smart.is_some();
    let Some(address) = address(state).filter(|_| registered) else {
        return;
    };
    for card in cards {
        let label = super::pages::words::APP_LINK.say(language);
        let link = Link::smart(label, &format!("{address}/launch"), card);
        card.links.push(link);
    }
}

/// The client whose FHIR server an EHR names as `iss`, where the app is registered there.
fn registered<'a>(state: &'a State, iss: &str) -> Option<(&'a Client, &'a BaseUrl, &'a str)> {
    state.config.clients.iter().find_map(|client| {
        let app = client.smart.as_ref()?;
        Some((client, client.fhir_server(iss)?, app.client_id.as_str()))
    })
}
