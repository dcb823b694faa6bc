//! What is counted: calls, cards, data problems, what was refused and why. No patient data: the labels
//! are names of the configuration and codes of the program.

mod window;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State as Shared},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use serde::Serialize;

use super::{
    State,
    clock::Clock,
    limits::{Limit, ServedTo},
    trust::Refused,
};
use crate::{
    cds_hooks::Answer,
    guideline::{assessment::CardCode, problem::Problem},
};
use window::Window;

/// The bounds of the histogram of times, in seconds.
const TIMES: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The metrics of one service.
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    clock: Clock,
    window: Mutex<Window>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// With every code that can be counted at zero, so that one that never comes is seen too.
    pub fn new(clock: Clock) -> Self {
        // The bounds are not empty, which is all that can be wrong with them.
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets(&TIMES)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let metrics = Self {
            handle: recorder.handle(),
            recorder: Arc::new(recorder),
            clock,
            window: Mutex::default(),
        };
        metrics.record(|| {
            describe();
            for card in CardCode::ALL {
                counter!("sid_cds_cards_total", "card" => code(&card)).absolute(0);
            }
            for problem in Problem::ALL {
                counter!("sid_cds_data_problems_total", "problem" => code(&problem)).absolute(0);
            }
            for limit in Limit::ALL {
                counter!("sid_cds_limited_total", "limit" => limit.code()).absolute(0);
            }
            counter!("sid_cds_igg_without_population_total").absolute(0);
            counter!("sid_cds_faults_total").absolute(0);
        });
        metrics
    }

    /// Makes these the metrics of the whole process, for what counts without a way to the state.
    /// A second service in one process does not.
    pub fn install(&self) {
        let _ = metrics::set_global_recorder(Arc::clone(&self.recorder));
    }

    /// Counts within `what` are of this service.
    pub fn record(&self, what: impl FnOnce()) {
        metrics::with_local_recorder(&*self.recorder, what);
    }

    /// Sorts the times that were recorded since the last time into their buckets; until then each takes
    /// memory, and nobody may ever ask for [`Metrics::text`].
    pub fn settle(&self) {
        self.handle.run_upkeep();
    }

    /// In Prometheus' text format, with the shares as they are now.
    pub fn text(&self) -> String {
        let now = self.clock.now();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let (answers, counts) = window.counts(now);
        drop(window);
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        self.record(|| {
            gauge!("sid_cds_card_share_answers").set(answers as f64);
            for (card, shown) in counts {
                // Of no answers there is no share: NaN, which no alert takes for nothing.
                gauge!("sid_cds_card_share", "card" => code(&card))
                    .set(shown as f64 / answers as f64);
            }
        });
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Counts what an answer says and rests on.
    pub fn answered(&self, answer: &Answer) {
        let shown: Vec<CardCode> = answer.cards.iter().map(|card| card.code).collect();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.add(self.clock.now(), &shown);
        drop(window);
        self.record(|| {
            for card in &shown {
                counter!("sid_cds_cards_total", "card" => code(card)).increment(1);
            }
            for problem in &answer.concluded.problems {
                counter!("sid_cds_data_problems_total", "problem" => code(problem)).increment(1);
            }
            if answer.concluded.igg_without_population {
                counter!("sid_cds_igg_without_population_total").increment(1);
            }
        });
    }

    /// Counts a limit that was reached.
    pub fn limited(&self, limit: Limit) {
        self.record(|| {
            counter!("sid_cds_limited_total", "limit" => limit.code()).increment(1);
        });
    }
}

/// What is read beside the names.
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("sid_cds_calls_total", "Calls by route, client and status.");
    describe_histogram!("sid_cds_call_seconds", "Time to answer a call, by route.");
    describe_counter!("sid_cds_cards_total", "Cards that were shown.");
    describe_gauge!(
        "sid_cds_card_share",
        "Share of the answers of the last 7 days that had this card. A card whose share falls to nothing \
         may have stopped firing. NaN without answers; begins anew with the process."
    );
    describe_gauge!(
        "sid_cds_card_share_answers",
        "How many answers the shares are of."
    );
    describe_counter!(
        "sid_cds_data_problems_total",
        "Answers that rested on data with this problem (unit-unknown, code-system-unknown, \
         date-in-future and others)."
    );
    describe_counter!(
        "sid_cds_igg_without_population_total",
        "Answers for a patient with IgG on record who belongs to no population of the guideline. Many \
         of them may mean that diagnoses or treatments are coded in a way that is not known."
    );
    describe_counter!(
        "sid_cds_limited_total",
        "Calls and connections refused by a limit."
    );
    describe_counter!(
        "sid_cds_not_trusted_total",
        "Calls refused with 401, by cause."
    );
    describe_counter!(
        "sid_cds_faults_total",
        "Faults of the program (500). The log has each."
    );
    describe_gauge!("sid_cds_ready", "1 while /health/ready says ready.");
    describe_gauge!(
        "sid_cds_canaries_failing",
        "Built-in patients whose assessment is not what it must be. Anything but 0 is an alarm."
    );
    describe_gauge!(
        "sid_cds_canaries_run_at_seconds",
        "When they were last assessed."
    );
}

/// The code as the assessment's JSON spells it.
fn code(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

/// What a call is counted under: the service, or the pattern of the address, which may hold an id.
pub(super) fn counted_as(state: &State, request: &Request) -> String {
    let Some(pattern) = request.extensions().get::<MatchedPath>() else {
        return "unknown".to_owned();
    };
    let named = request.uri().path().split('/').nth(2).unwrap_or_default();
    if pattern.as_str().starts_with("/cds-services/{id}")
        && let Some(service) = state.services.get(named)
    {
        return pattern.as_str().replace("{id}", service.id());
    }
    pattern.as_str().to_owned()
}

/// Counts a call when it has been answered.
pub async fn count(
    Shared(state): Shared<Arc<State>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let route = counted_as(&state, &request);
    let served = ServedTo::default();
    request.extensions_mut().insert(served.clone());
    let response = next.run(request).await;
    let seconds = started.elapsed();
    let status = response.status();
    let client = served.name().unwrap_or_default().to_owned();
    state.metrics.record(|| {
        let code = status.as_u16().to_string();
        let labels = [
            ("route", route.clone()),
            ("client", client),
            ("status", code),
        ];
        counter!("sid_cds_calls_total", &labels).increment(1);
        histogram!("sid_cds_call_seconds", "route" => route).record(seconds);
        if let Some(Refused { denial, .. }) = response.extensions().get() {
            counter!("sid_cds_not_trusted_total", "cause" => denial.code()).increment(1);
        }
        if let Some(limit) = response.extensions().get::<Limit>() {
            counter!("sid_cds_limited_total", "limit" => limit.code()).increment(1);
        }
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            counter!("sid_cds_faults_total").increment(1);
        }
    });
    response
}
