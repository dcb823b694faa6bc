//! What a request did not bring: what is to be fetched, and what came (PF-04…PF-14).

use std::{collections::BTreeSet, fmt};

use serde_json::value::RawValue;

use crate::chart::Shortfall;

/// The client's FHIR server, and the token for it (REQ-05, REQ-07).
#[derive(Debug)]
pub struct Access {
    /// `fhirServer`, as sent.
    pub server: String,
    /// `fhirAuthorization.access_token`.
    pub token: Option<Token>,
}

/// A bearer token. It lives as long as the request that brought it, and is not printed (AUTHZ-11,
/// AUTHZ-13).
pub struct Token(String);

impl Token {
    /// A token.
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// The token, for the header that carries it.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What is to be fetched for a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The prefetch keys that lack something.
    pub keys: Vec<WantedKey>,
    /// The references that lead to nothing that was sent, as they are written.
    pub medications: BTreeSet<String>,
}

impl Wanted {
    /// Whether the request brought everything.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.medications.is_empty()
    }
}

/// A prefetch key that lacks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedKey {
    /// Which of the service's templates it is.
    pub template: usize,
    /// The key.
    pub key: String,
    /// Where the fetching starts.
    pub start: Start,
}

/// Where the fetching of a key starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The key was not sent: its template, filled, relative to the server.
    Template(String),
    /// The key was sent with a next link.
    Next(String),
}

/// What was fetched.
#[derive(Debug, Default)]
pub struct Fetched {
    /// By key, in any order.
    pub keys: Vec<FetchedKey>,
    /// The resources to which references led.
    pub referenced: Vec<Box<RawValue>>,
}

/// What was fetched for one key.
#[derive(Debug)]
pub struct FetchedKey {
    /// Which of the service's templates it is.
    pub template: usize,
    /// The key.
    pub key: String,
    /// The pages, or the one resource of a read.
    pub pages: Vec<Box<RawValue>>,
    /// Why there are not all of them.
    pub shortfall: Option<Shortfall>,
}

impl Fetched {
    /// Nothing of what is wanted, for one reason.
    pub fn nothing(wanted: &Wanted, shortfall: Shortfall) -> Self {
        let keys = wanted.keys.iter().map(|key| FetchedKey {
            template: key.template,
            key: key.key.clone(),
            pages: Vec::new(),
            shortfall: Some(shortfall),
        });
        Self {
            keys: keys.collect(),
            referenced: Vec::new(),
        }
    }

    /// The keys that were not fetched, or not to their end.
    pub fn shortfalls(&self) -> impl Iterator<Item = (&str, Shortfall)> {
        let keys = self.keys.iter();
        keys.filter_map(|key| Some((key.key.as_str(), key.shortfall?)))
    }

    /// What was fetched for a template.
    pub fn of(&self, template: usize) -> Option<&FetchedKey> {
        self.keys.iter().find(|key| key.template == template)
    }
}
