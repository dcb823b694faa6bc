//! `POST /cds-services/{id}/feedback`: what clinicians did with cards, kept before it is acknowledged.

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State as Shared, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    State,
    audit::Called,
    caller::Caller,
    error::Refusal,
    handlers,
    limits::Turn,
    telemetry::{Span, Stage, Stages},
};
use crate::{
    cds_hooks::feedback::{self, Feedback, Outcome},
    store::{self, Received},
};

/// How long a client is asked to wait before it sends feedback again, in seconds.
const RETRY_AFTER_SECONDS: u32 = 30;

/// `POST /cds-services/{id}/feedback` (FB-02): 200 when every entry is kept, duplicates and cards
/// that are not known too (FB-10, FB-13); 503 when the store cannot be written.
pub async fn receive(
    Shared(state): Shared<Arc<State>>,
    caller: Caller,
    Extension(turn): Extension<Turn>,
    span: Span,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(service) = state.services.get(&id) else {
        return Refusal::not_found(handlers::NO_SUCH_SERVICE).into_response();
    };
    let mut stages = Stages::of(span);
    let asked = (service.id(), &caller, &turn);
    let kept = keep(&state, asked, &headers, body, &mut stages).await;
    let response = match kept {
        Ok(entries) => {
            let no_store = [(header::CACHE_CONTROL, "no-store")];
            let called = Extension(Called::feedback(entries));
            (no_store, called, StatusCode::OK).into_response()
        }
        Err(refusal) => refusal.into_response(),
    };
    handlers::timed(response, stages, &state, &headers)
}

async fn keep(
    state: &State,
    (service, caller, turn): (&str, &Caller, &Turn),
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    stages: &mut Stages,
) -> Result<usize, Refusal> {
    stages.begin(Stage::Read);
    let body = handlers::body(state, headers, body)?;
    let read =
        feedback::read(state.services.feedback_schema(), &body).map_err(Refusal::bad_request)?;
    let received_at = state.clock.now();
    let received: Vec<Received> = read
        .into_iter()
        .map(|feedback| Received {
            card: feedback.card,
            service: service.to_owned(),
            client: caller.name().to_owned(),
            outcome_at: feedback.at,
            received_at,
            outcome: outcome(feedback, state.config.feedback_comments),
        })
        .collect();
    stages.begin(Stage::Store);
    // A store that hangs takes no hook's turn.
    let kept = turn.pause(state.store.add_feedback(&received)).await;
    let unknown = kept.map_err(|error| {
        tracing::error!(%error, entries = received.len(), "feedback was not kept");
        metrics::counter!("sid_cds_feedback_not_kept_total").increment(count(received.len()));
        let text = "Feedback cannot be kept now. Send it again later.";
        Refusal::unavailable(text, RETRY_AFTER_SECONDS)
    })?;
    stages.begin(Stage::Write);
    for (outcome, accepted) in [("accepted", true), ("overridden", false)] {
        let of_it = received
            .iter()
            .filter(|r| matches!(r.outcome, store::Outcome::Accepted { .. }) == accepted);
        metrics::counter!("sid_cds_feedback_total", "outcome" => outcome)
            .increment(count(of_it.count()));
    }
    metrics::counter!("sid_cds_feedback_unknown_cards_total").increment(count(unknown));
    Ok(received.len())
}

/// As it is kept: words only where the configuration says so.
fn outcome(feedback: Feedback, with_comment: bool) -> store::Outcome {
    match feedback.outcome {
        Outcome::Accepted { suggestions } => store::Outcome::Accepted { suggestions },
        Outcome::Overridden { reason, comment } => store::Outcome::Overridden {
            reason: reason.map(|reason| store::Reason {
                system: reason.system,
                code: reason.code,
            }),
            commented: comment.as_ref().is_some_and(|words| !words.is_empty()),
            // PostgreSQL has no text with a NUL in it.
            comment: comment
                .filter(|_| with_comment)
                .map(|words| words.replace('\0', "\u{fffd}")),
        },
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
