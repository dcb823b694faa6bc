//! The address of a client's keys: asked at most once a minute, by one call at a time, and what it
//! last said is kept while it is down.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use tokio::sync::Mutex;
use url::Url;

use super::{denial::Denial, keys::KeySet};
use crate::server::outbound::{Budget, CallError, Outbound, Wanted};

/// The source is not asked again before this many seconds have passed.
const SHORTEST_PAUSE: i64 = 60;
/// A set is renewed after this many seconds, so that a key that was withdrawn goes.
const OLD: i64 = 600;
/// How long the source may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest set that is read, in bytes.
const LARGEST_SET: usize = 65_536;

/// The keys at one address.
#[derive(Debug)]
pub struct KeySource {
    client: String,
    url: Url,
    outbound: Outbound,
    known: RwLock<Arc<KeySet>>,
    /// When the set that is known came.
    obtained: AtomicI64,
    /// When the source was last asked; held while it is being asked.
    asked: Mutex<Option<i64>>,
}

impl KeySource {
    /// A source that has not been asked yet.
    pub fn new(client: String, url: Url, outbound: Outbound) -> Arc<Self> {
        Arc::new(Self {
            client,
            url,
            outbound,
            known: RwLock::default(),
            obtained: AtomicI64::new(i64::MIN),
            asked: Mutex::default(),
        })
    }

    /// The keys, one of which has this id. `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// No key has it, or none has been obtained yet.
    pub async fn with(self: &Arc<Self>, key_id: &str, now: i64) -> Result<Arc<KeySet>, Denial> {
        let known = self.known();
        if known.has(key_id) {
            if is_past(self.obtained.load(Ordering::Relaxed), OLD, now) {
                // Nobody waits for this: the key is good until the source says otherwise.
                tokio::spawn(Arc::clone(self).renew(now));
            }
            return Ok(known);
        }
        // A task of its own: a caller that goes away must not take the answer with it.
        let _ = tokio::spawn(Arc::clone(self).renew(now)).await;
        let known = self.known();
        if known.has(key_id) {
            return Ok(known);
        }
        let never = self.obtained.load(Ordering::Relaxed) == i64::MIN;
        Err(if never { Denial::NoKeys } else { Denial::Key })
    }

    /// Asks the source, unless that was done within the last minute.
    pub async fn renew(self: Arc<Self>, now: i64) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|asked| !is_past(asked, SHORTEST_PAUSE, now)) {
            return;
        }
        *asked = Some(now);
        let client = &self.client;
        let answer = self.get().await;
        let read = answer
            .and_then(|bytes| KeySet::read(&bytes).map_err(|e| format!("what was received {e}")));
        match read {
            Ok(keys) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                self.obtained.store(now, Ordering::Relaxed);
                tracing::debug!(client, "the keys of a client were renewed");
            }
            Err(reason) => {
                tracing::warn!(client, reason, "the keys of a client could not be renewed");
            }
        }
    }

    async fn get(&self) -> Result<Bytes, String> {
        let wanted = Wanted {
            accept: "application/json, application/jwk-set+json",
            media_types: &["application/json", "application/jwk-set+json"],
            authorization: None,
        };
        let budget = Budget::new(LARGEST_SET);
        let answer = self.outbound.get(&self.url, wanted, &budget);
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => Ok(answer.body),
            Ok(Err(error)) => Err(CallError::to_string(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    fn known(&self) -> Arc<KeySet> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }
}

/// Whether `seconds` have passed since `then`, or the clock was set back in between.
fn is_past(then: i64, seconds: i64, now: i64) -> bool {
    now < then || now.saturating_sub(then) >= seconds
}
