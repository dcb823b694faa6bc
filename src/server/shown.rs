//! The queue between answers and the store: which cards were shown, written without a call waiting.
//!
//! What was shown is of use for reports only, so an answer never waits for it and never fails by it.
//! While the store is down the queue holds what it can, and what does not fit is dropped and counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, civil::Date};
use tokio::sync::{mpsc, oneshot};

use super::telemetry::Span;
use crate::{
    cards::card::Card,
    store::{Shown, ShownSuggestion, Store},
};

/// Answers that wait to be written: some minutes of a hospital, a few megabytes.
const QUEUE: usize = 4096;
/// Answers that are written in one transaction.
const BATCH: usize = 256;
/// How long the first of them waits for others: one transaction for several answers takes less of the processors,
/// which the answers want, than one for each.
const GATHERING: Duration = Duration::from_millis(10);
/// How long until the store is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long a stop waits for the queue.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// The queue.
#[derive(Debug)]
pub struct ShownQueue {
    sender: mpsc::Sender<Message>,
    /// The last answer did not fit.
    full: AtomicBool,
}

#[derive(Debug)]
enum Message {
    /// The cards of one answer, and the span of the call.
    Shown(Vec<Shown>, Span),
    /// Everything before this is written.
    Written(oneshot::Sender<()>),
}

/// The cards of an answer, with whom and when they were shown.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// The cards.
    pub cards: &'a [Card],
    /// The version of the guideline.
    pub guideline: &'static str,
    /// When.
    pub at: Timestamp,
    /// The day of the evaluation.
    pub day: Date,
    /// The service.
    pub service: &'a str,
    /// The client's name.
    pub client: &'a str,
    /// The span of the call.
    pub call: &'a Span,
}

impl ShownQueue {
    /// Starts the task that writes to `store`; there must be a runtime.
    pub fn start(store: Arc<Store>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(write(store, receiver));
        Self {
            sender,
            full: AtomicBool::new(false),
        }
    }

    /// Queues the cards of an answer; never waits.
    pub fn add(&self, showing: Showing<'_>) {
        if showing.cards.is_empty() {
            return;
        }
        let at = showing.at;
        let shown = showing.cards.iter().map(|card| Shown {
            card: card.uuid,
            client: showing.client.to_owned(),
            day: showing.day,
            service: showing.service.to_owned(),
            code: card.source.topic.code.clone(),
            guideline: showing.guideline,
            at,
            suggestions: card
                .suggestions
                .iter()
                .map(|suggestion| ShownSuggestion {
                    uuid: suggestion.uuid,
                    kind: suggestion.kind,
                })
                .collect(),
        });
        let dropped = self
            .sender
            .try_send(Message::Shown(shown.collect(), showing.call.clone()))
            .is_err();
        if dropped {
            metrics::counter!("sid_cds_shown_dropped_total").increment(1);
        }
        if dropped && !self.full.swap(dropped, Ordering::Relaxed) {
            tracing::warn!("the store is down or slow: which cards are shown is not kept");
        } else if !dropped {
            self.full.store(false, Ordering::Relaxed);
        }
    }

    /// Waits until everything that was queued is written, or gives up after some seconds.
    pub async fn flush(&self) {
        let (sender, written) = oneshot::channel();
        let flushed = tokio::time::timeout(LAST_WAIT, async {
            self.sender.send(Message::Written(sender)).await.is_ok() && written.await.is_ok()
        });
        if !matches!(flushed.await, Ok(true)) {
            tracing::warn!("which cards were shown last was not kept");
        }
    }
}

async fn write(store: Arc<Store>, mut receiver: mpsc::Receiver<Message>) {
    let mut messages = Vec::new();
    while receiver.recv_many(&mut messages, BATCH).await > 0 {
        if messages.len() < BATCH {
            tokio::time::sleep(GATHERING).await;
            let more = std::iter::from_fn(|| receiver.try_recv().ok());
            messages.extend(more.take(BATCH - messages.len()));
        }
        let mut shown = Vec::new();
        let mut spans = Vec::new();
        let mut waiting = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Shown(cards, call) => {
                    shown.extend(cards);
                    spans.push(call.child("store"));
                }
                Message::Written(sender) => waiting.push(sender),
            }
        }
        let mut failed = false;
        while !shown.is_empty() {
            match store.add_shown(&shown).await {
                Ok(()) => break,
                Err(error) => {
                    if !failed {
                        tracing::warn!(%error, "which cards were shown waits to be kept");
                    }
                    failed = true;
                    metrics::counter!("sid_cds_shown_retries_total").increment(1);
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
        spans.iter().for_each(Span::end);
        for sender in waiting {
            // Whoever asked may have given up.
            let _ = sender.send(());
        }
    }
}
