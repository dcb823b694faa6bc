//! Canaries: built-in patients that are assessed wrongly turn readiness off, and are counted.

use std::sync::Arc;

use serde_json::json;
use sid_cds::server::{
    State,
    canary::{self, Canaries},
    clock::Clock,
};

use super::harness::TODAY;

fn state() -> State {
    let config = sid_cds::config::Config::load(None).unwrap();
    State::new(config, Clock::Fixed(TODAY)).unwrap()
}

#[tokio::test]
async fn every_canary_is_assessed_as_expected() {
    let state = Arc::new(state());
    assert!(state.canaries.all().len() >= 20);
    canary::assess(&state).await;
    assert!(state.readiness.reasons().is_empty());
    let metrics = state.metrics.text();
    assert!(
        metrics.contains("sid_cds_canaries_failing 0\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("sid_cds_canaries_run_at_seconds 177"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_canary_that_comes_out_wrong_is_seen() {
    let mut wrong = Canaries::built_in().unwrap().into_all();
    wrong[3].expected["start"]["conclusion"] = json!("something-else");
    let mut state = state();
    state.canaries = Canaries::new(wrong);
    let mut state = Arc::new(state);
    canary::assess(&state).await;
    assert_eq!(state.readiness.reasons(), ["canaries-failing"]);
    assert!(
        state
            .metrics
            .text()
            .contains("sid_cds_canaries_failing 1\n")
    );
    // And when it comes out right again, calls may come again.
    Arc::get_mut(&mut state).unwrap().canaries = Canaries::built_in().unwrap();
    canary::assess(&state).await;
    assert!(state.readiness.reasons().is_empty());
    assert!(
        state
            .metrics
            .text()
            .contains("sid_cds_canaries_failing 0\n")
    );
}
