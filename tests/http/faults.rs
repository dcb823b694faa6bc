//! What else may fail around the service: a FHIR server that restarts, a clock that jumps (docs/faults.md).

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use axum_server::Handle;
use serde_json::json;
use sid_cds::{
    config::{ClientTrust, Config, RequiredDataMissing, StorePlace},
    server::{Demonstration, State, canary, clock::Clock, router},
};
use tokio::task::JoinHandle;

use super::{
    fetching_harness::{HOOKS, Setting, ask, bare, refusals, whole},
    harness::{TODAY, post},
    tokens::{ES384, NOW, claims},
    trust_harness::{DISCOVERY, SERVICE, keys_at_source, send_token, service_with},
};

/// The demonstration's FHIR server, which keeps connections open as real ones do.
struct Server {
    handle: Handle<SocketAddr>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    fn start(listener: TcpListener) -> Self {
        listener.set_nonblocking(true).unwrap();
        let mut config = Config::load(None).unwrap();
        config.store = StorePlace::Memory;
        let mut state = State::new(config, Clock::Fixed(TODAY)).unwrap();
        let zone = state.config.time_zone.clone();
        let base = format!("http://{}", listener.local_addr().unwrap());
        state.demonstration = Some(Demonstration::built_in(zone, base).unwrap());
        let handle = Handle::new();
        let server = axum_server::from_tcp(listener)
            .unwrap()
            .handle(handle.clone());
        Self {
            handle,
            task: tokio::spawn(server.serve(router(state).into_make_service())),
        }
    }

    /// Ends every connection at once.
    async fn stop(self) {
        self.handle.shutdown();
        self.task.await.unwrap().unwrap();
    }
}

/// Connections to a server that has restarted are dead: the next call does not pay for them.
#[tokio::test]
async fn a_fhir_server_that_restarts_is_missed_while_it_is_away_only() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let base = format!("http://{address}/fhir");
    let mut setting = Setting::for_base(&base);
    setting.patience = sid_cds::server::clock::Patience::For(Duration::from_secs(60));
    let service = setting.service();
    let whole = whole("p05", "patient-view").await;
    let expected = ask(&service, "patient-view", &whole).await.json();
    let mut listener = Some(listener);
    for _ in 0..3 {
        let again = || TcpListener::bind(address).unwrap();
        let server = Server::start(listener.take().unwrap_or_else(again));
        for _ in 0..2 {
            let answer = ask(&service, "patient-view", &bare(&whole, &base)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
            assert_eq!(answer.json(), expected);
        }
        server.stop().await;
        let answer = ask(&service, "patient-view", &bare(&whole, &base)).await;
        for (_, code, text) in refusals(&answer) {
            assert_eq!(code, "incomplete");
            assert!(text.contains("cannot be reached, or broke off"), "{text}");
        }
    }
}

/// A token is for its time, whichever way the clock jumps, and is let in once.
#[tokio::test]
async fn a_clock_that_jumps_lets_no_token_in_out_of_its_time_or_twice() {
    let source = keys_at_source().await;
    let (now, service) = service_with(&source, &[]).await;
    let token = ES384.sign(&claims(SERVICE));
    let unused = ES384.sign(&claims(DISCOVERY));
    for (seconds, cause) in [
        (3600, Some("expired")),
        (-3600, Some("not-yet")),
        (0, None),
        (0, Some("replayed")),
        (3600, Some("expired")),
        (0, Some("replayed")),
        (-30, Some("replayed")),
        (-3600, Some("not-yet")),
        (0, Some("replayed")),
    ] {
        now.store(NOW + seconds, Ordering::Relaxed);
        let sent = send_token(&service, SERVICE, &token).await;
        assert_eq!(sent.cause, cause, "{seconds}");
    }
    // And one that was not used is as good as before.
    assert_eq!(send_token(&service, DISCOVERY, &unused).await.cause, None);
}

/// Wherever the clock stands every call is answered, and what lies ahead of it is said to.
#[tokio::test]
async fn a_clock_that_jumps_stops_no_answer_and_no_canary() {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.store = StorePlace::Memory;
    config.required_data_missing = RequiredDataMissing::Card;
    let now = Arc::new(AtomicI64::new(NOW));
    let state = Arc::new(State::new(config, Clock::Set(Arc::clone(&now))).unwrap());
    let service = router(Arc::clone(&state));
    const YEAR: i64 = 365 * 86_400;
    let ahead = "sid_cds_data_problems_total{problem=\"date-in-future\"} ";
    let counted = || {
        let text = state.metrics.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(ahead).map(str::to_owned));
        line.unwrap().parse::<u64>().unwrap()
    };
    for (at, results_lie_ahead) in [
        (NOW, false),
        (NOW + YEAR, false),
        (NOW + 100 * YEAR, false),
        (253_402_207_200, false),
        (i64::MAX, true),
        (NOW - YEAR, true),
        (0, true),
        (-5 * YEAR, true),
        (i64::MIN, true),
        (NOW, false),
    ] {
        now.store(at, Ordering::Relaxed);
        let before = counted();
        for hook in HOOKS {
            let whole = whole("p05", hook).await;
            let answer = ask(&service, hook, &whole).await;
            assert_eq!(answer.status, StatusCode::OK, "{at}: {}", answer.text);
        }
        assert_eq!(counted() > before, results_lie_ahead, "{at}");
        let entry = json!({ "card": "x", "outcome": "overridden",
            "outcomeTimestamp": "2026-03-16T10:05:31Z" });
        let feedback = json!({ "feedback": [entry] });
        let kept = post(&service, &format!("{SERVICE}/feedback"), &feedback).await;
        assert_eq!(kept.status, StatusCode::OK, "{at}: {}", kept.text);
        canary::assess(&state).await;
        assert!(state.readiness.reasons().is_empty(), "{at}");
    }
}
