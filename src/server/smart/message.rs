//! A page that says why the app does not open, and what to do.

use std::borrow::Borrow;

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::app::Written;
use crate::{
    cards::{Language, catalogue::Text},
    server::pages::{self, words},
};

/// Why the app does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No session, or it is over.
    NoSession,
    /// The EHR is not one where the app is registered.
    UnknownEhr,
    /// The EHR does not say how to log in, or not safely.
    NoLogin,
    /// The answer of the authorisation server does not belong to a launch of this browser.
    NotOurs,
    /// The authorisation server refused.
    Refused,
    /// The access token is larger than the app takes.
    LargeToken,
    /// No patient was chosen.
    NoPatient,
    /// The chart could not be read.
    NoChart,
    /// The form is not one of this session.
    Form,
}

impl Why {
    fn words(self) -> Text {
        match self {
            Self::NoSession => words::APP_NO_SESSION,
            Self::UnknownEhr => words::APP_UNKNOWN_EHR,
            Self::NoLogin => words::APP_NO_LOGIN,
            Self::NotOurs => words::APP_NOT_OURS,
            Self::Refused => words::APP_REFUSED,
            Self::LargeToken => words::APP_LARGE_TOKEN,
            Self::NoPatient => words::APP_NO_PATIENT,
            Self::NoChart => words::APP_NO_CHART,
            Self::Form => words::APP_FORM,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NoSession => StatusCode::UNAUTHORIZED,
            Self::UnknownEhr | Self::NotOurs | Self::NoPatient | Self::Form => {
                StatusCode::BAD_REQUEST
            }
            Self::Refused => StatusCode::FORBIDDEN,
            Self::NoLogin | Self::LargeToken | Self::NoChart => StatusCode::BAD_GATEWAY,
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "message.html")]
struct Message {
    language: Language,
    why: Why,
    written: Option<Written>,
}

impl Message {
    fn say(&self, text: impl Borrow<Text>) -> &'static str {
        text.borrow().say(self.language)
    }
}

/// The page; the log gets the reason's name only.
pub fn page(why: Why, language: Language) -> Response {
    page_after(why, None, language)
}

/// The page after a form was sent, which says what came of it too.
pub fn page_after(why: Why, written: Option<Written>, language: Language) -> Response {
    tracing::warn!(reason = ?why, "the app does not open");
    let message = Message {
        language,
        why,
        written,
    };
    match pages::page(&message) {
        Ok(page) => (why.status(), page).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
