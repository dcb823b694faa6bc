//! Fetching what a request did not bring: everything at once, until it is there or time is up.
//!
//! One loop owns what was fetched and what is still to be asked for; the questions themselves run at
//! the same time. Whatever has come when time is up is kept, and the rest is dropped: nothing runs on
//! after the answer (AUTHZ-12).

use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    sync::Arc,
};

use axum::http::{HeaderValue, StatusCode};
use serde_json::value::RawValue;
use tokio::task::JoinSet;
use url::Url;

use super::{
    caller::Caller,
    outbound::{Answer, Budget, CallError, FHIR_JSON, FHIR_JSON_TYPES, Outbound, Wanted as Ask},
    telemetry::{Query, Span},
};
use crate::{
    cds_hooks::completion::{Access, Fetched, FetchedKey, Start, Token, Wanted, WantedKey},
    chart::{self, Input, Obtained, Page, Shortfall, Source, fhir_version},
    config::{BaseUrl, Config},
};

/// Most questions to one server at the same time.
const AT_ONCE: usize = 16;

/// How much a call may fetch.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Pages of one search.
    pub pages: usize,
    /// Bytes of all answers.
    pub bytes: usize,
    /// Resources in all.
    pub resources: usize,
}

impl From<&Config> for Limits {
    fn from(config: &Config) -> Self {
        Self {
            pages: config.fetch_limit_pages,
            bytes: config.fetch_limit_bytes,
            resources: config.fetch_limit_resources,
        }
    }
}

/// Fetches what is wanted from the server that the request names, until `time_is_up`; the questions are
/// spans below `span`.
pub async fn fetch(
    wanted: Wanted,
    access: Option<&Access>,
    caller: &Caller,
    limits: Limits,
    time_is_up: impl Future<Output = ()>,
    span: Span,
) -> Fetched {
    let Some(access) = access.filter(|_| !wanted.is_empty()) else {
        return Fetched::default();
    };
    let fetched = match caller.client().fhir_server(&access.server) {
        None => Fetched::nothing(&wanted, Shortfall::NotListed),
        Some(base) => {
            let way = Way {
                outbound: caller.outbound().clone(),
                authorization: access.token.as_ref().and_then(authorization),
                budget: Arc::new(Budget::new(limits.bytes)),
                span,
            };
            Fetching::new(way, base.clone(), limits)
                .run(wanted, time_is_up)
                .await
        }
    };
    for (key, shortfall) in fetched.shortfalls() {
        let shortfall = shortfall.code();
        tracing::warn!(client = caller.name(), key, shortfall, "not fetched");
    }
    fetched
}

/// `Authorization` with the token (AUTHZ-09), marked so that no log shows it.
fn authorization(token: &Token) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// How a question is asked.
#[derive(Debug, Clone)]
struct Way {
    outbound: Outbound,
    authorization: Option<HeaderValue>,
    budget: Arc<Budget>,
    span: Span,
}

/// A question.
#[derive(Debug, Clone)]
struct Question {
    url: Url,
    about: About,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The next page of a key: its place in `keys`.
    Key(usize),
    /// A resource that a reference names.
    Reference,
}

/// The state of one request's fetching.
struct Fetching {
    way: Way,
    base: BaseUrl,
    limits: Limits,
    waiting: VecDeque<Question>,
    running: JoinSet<(About, Result<Box<RawValue>, Shortfall>)>,
    keys: Vec<Progress>,
    referenced: Vec<Box<RawValue>>,
    /// The references that were asked for.
    references: BTreeSet<String>,
    resources: usize,
}

/// How far a key has come.
struct Progress {
    key: WantedKey,
    pages: Vec<Box<RawValue>>,
    seen: BTreeSet<String>,
    /// Whether a page is still to come; else what is missing, if anything.
    end: Option<Option<Shortfall>>,
}

impl Fetching {
    fn new(way: Way, base: BaseUrl, limits: Limits) -> Self {
        Self {
            way,
            base,
            limits,
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            keys: Vec::new(),
            referenced: Vec::new(),
            references: BTreeSet::new(),
            resources: 0,
        }
    }

    async fn run(mut self, wanted: Wanted, time_is_up: impl Future<Output = ()>) -> Fetched {
        for key in wanted.keys {
            let index = self.keys.len();
            let start = key.start.clone();
            self.keys.push(Progress {
                key,
                pages: Vec::new(),
                seen: BTreeSet::new(),
                end: None,
            });
            match start {
                Start::Template(relative) => match self.base.join(&relative) {
                    Some(url) => self.ask(url, index),
                    None => self.end(index, Some(Shortfall::Elsewhere)),
                },
                Start::Next(link) => self.follow(index, &link),
            }
        }
        self.refer(wanted.medications);
        tokio::pin!(time_is_up);
        loop {
            while self.running.len() < AT_ONCE
                && let Some(question) = self.waiting.pop_front()
            {
                let way = self.way.clone();
                let query = self.query(question.about);
                self.running.spawn(async move {
                    let answer = way.get(&question.url, &query).await;
                    query.done(answer.as_ref().err().copied());
                    (question.about, answer)
                });
            }
            tokio::select! {
                biased;
                done = self.running.join_next() => match done {
                    Some(Ok((about, answer))) => self.take(about, answer),
                    // Only a panic ends a question otherwise: its key stays open, and is closed below.
                    Some(Err(_)) => {}
                    None => break,
                },
                () = &mut time_is_up => break,
            }
        }
        self.finish()
    }

    /// The span of a question: its key and page, and no part of its URL.
    fn query(&self, about: About) -> Query {
        let progress = match about {
            About::Key(key) => self.keys.get(key),
            About::Reference => None,
        };
        let key = progress.map_or("reference", |progress| &progress.key.key);
        let page = progress.map_or(1, |progress| progress.pages.len() + 1);
        self.way.span.query(key, page)
    }

    /// What has come; a key that is still open was not answered in time.
    fn finish(self) -> Fetched {
        let keys = self.keys.into_iter().map(|progress| FetchedKey {
            template: progress.key.template,
            key: progress.key.key,
            pages: progress.pages,
            shortfall: progress.end.unwrap_or(Some(Shortfall::Deadline)),
        });
        Fetched {
            keys: keys.collect(),
            referenced: self.referenced,
        }
    }

    fn take(&mut self, about: About, answer: Result<Box<RawValue>, Shortfall>) {
        match (about, answer) {
            (About::Key(key), Ok(page)) => self.page(key, page),
            (About::Key(key), Err(shortfall)) => self.end(key, Some(shortfall)),
            (About::Reference, Ok(resource)) => self.resource(resource),
            // The reference stays open, and the record that holds it says so.
            (About::Reference, Err(_)) => {}
        }
    }

    fn resource(&mut self, resource: Box<RawValue>) {
        self.resources += 1;
        if self.resources <= self.limits.resources {
            self.referenced.push(resource);
        }
    }

    /// Keeps a page, and asks for what it leads to.
    fn page(&mut self, key: usize, page: Box<RawValue>) {
        let split = Page::of(&page);
        self.resources = self.resources.saturating_add(split.resources());
        if self.resources > self.limits.resources {
            self.end(key, Some(Shortfall::TooManyResources));
            return;
        }
        let alone = (Source::MedicationRequest, "", Obtained::Split(&split));
        let medications = chart::open_medications(&Input::Prefetch(vec![alone]));
        let next = split.next_link();
        if let Some(progress) = self.keys.get_mut(key) {
            progress.pages.push(page);
        }
        self.refer(medications);
        match next {
            Some(link) => self.follow(key, &link),
            None => self.end(key, None),
        }
    }

    /// Asks for the page that a next link leads to (PF-13, PF-14).
    fn follow(&mut self, key: usize, link: &str) {
        let Some(progress) = self.keys.get_mut(key) else {
            return;
        };
        let url = self.base.resolve(link);
        match url {
            None => self.end(key, Some(Shortfall::Elsewhere)),
            Some(url) if progress.seen.contains(url.as_str()) => {
                self.end(key, Some(Shortfall::Loop));
            }
            Some(_) if progress.seen.len() >= self.limits.pages => {
                self.end(key, Some(Shortfall::TooManyPages));
            }
            Some(url) => self.ask(url, key),
        }
    }

    fn ask(&mut self, url: Url, key: usize) {
        if let Some(progress) = self.keys.get_mut(key) {
            progress.seen.insert(url.to_string());
        }
        self.waiting.push_back(Question {
            url,
            about: About::Key(key),
        });
    }

    /// Asks for resources that are only referred to, each once; one of another server is left alone.
    fn refer(&mut self, references: BTreeSet<String>) {
        for reference in references {
            let current = reference
                .split_once("/_history/")
                .map_or(&*reference, |(current, _)| current);
            if let Some(url) = self.base.resolve(current)
                && self.references.insert(url.to_string())
            {
                self.waiting.push_back(Question {
                    url,
                    about: About::Reference,
                });
            }
        }
    }

    fn end(&mut self, key: usize, shortfall: Option<Shortfall>) {
        if let Some(progress) = self.keys.get_mut(key) {
            progress.end = Some(shortfall);
        }
    }
}

impl Way {
    /// One resource or Bundle of R4.
    async fn get(&self, url: &Url, query: &Query) -> Result<Box<RawValue>, Shortfall> {
        let ask = Ask {
            accept: FHIR_JSON,
            media_types: FHIR_JSON_TYPES,
            authorization: self.authorization.as_ref(),
        };
        let traceparent = query.traceparent();
        let outbound = &self.outbound;
        let answer = outbound
            .get_traced(url, ask, traceparent, &self.budget)
            .await;
        let Answer { content_type, body } = answer.map_err(|error| match error {
            CallError::NotListed => Shortfall::NotListed,
            CallError::AddressRefused => Shortfall::AddressRefused,
            CallError::Connection => Shortfall::Connection,
            CallError::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Shortfall::Denied
            }
            CallError::Status(StatusCode::TOO_MANY_REQUESTS) => Shortfall::Busy,
            CallError::Status(status) => Shortfall::Status(status.as_u16()),
            CallError::MediaType => Shortfall::NotFhir,
            CallError::TooLarge => Shortfall::TooManyBytes,
        })?;
        let mut parameters = content_type.split(';').map(str::trim);
        let version = parameters.find_map(|parameter| parameter.strip_prefix("fhirversion="));
        if version.is_some_and(|version| !version.trim_matches('"').starts_with("4.0")) {
            return Err(Shortfall::NotR4);
        }
        let page: Box<RawValue> = serde_json::from_slice(&body).map_err(|_| Shortfall::NotFhir)?;
        match fhir_version::earlier(&page) {
            Some(_) => Err(Shortfall::NotR4),
            None => Ok(page),
        }
    }
}

#[cfg(test)]
mod tests;
