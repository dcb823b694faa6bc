//! Client trust: who calls is known before anything of the call is read (SEC-01…SEC-06, JWT-01…JWT-17).
//!
//! A call that is not trusted gets a bare 401, the same for every cause; the cause is a code in the
//! log and in the metrics. Its body is received so that it can read the answer, and nothing of it is kept.

mod denial;
mod keys;
mod seen;
mod source;
mod token;

use std::{path::PathBuf, sync::Arc};

use axum::{
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderName, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use thiserror::Error;

use super::{
    State,
    caller::Caller,
    error::Refusal,
    limits,
    outbound::{Outbound, OutboundError},
    telemetry::Span,
};
use crate::config::{BaseUrl, Client, ClientTrust, Config, Jwt, Keys, Replay};
pub use denial::Denial;
use keys::{KeySet, KeySetError};
use seen::Seen;
use source::KeySource;
use token::Token;

/// How callers are trusted, ready to be asked.
#[derive(Debug)]
pub struct Trust {
    mode: Mode,
    clients: Vec<Known>,
    /// The public addresses of this service, without a slash at the end.
    addresses: Vec<String>,
    certificate: Option<HeaderName>,
}

#[derive(Debug, Clone)]
enum Mode {
    Everyone,
    Token,
    Certificate,
}

/// A client, and what its calls are checked against.
#[derive(Debug)]
struct Known {
    caller: Caller,
    keys: Option<Found>,
    seen: Seen,
}

#[derive(Debug)]
enum Found {
    Pinned(Arc<KeySet>),
    At(Arc<KeySource>),
}

/// A client of the configuration cannot be known.
#[derive(Debug, Error)]
pub enum TrustError {
    /// Its key file.
    #[error("clients: {client}: jwks-file {}: {reason}", file.display())]
    File {
        /// Its name.
        client: String,
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The way to other servers.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

/// Why a call is not trusted, and whose it says to be where that is a client of the configuration.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Why.
    pub denial: Denial,
    /// The client.
    pub client: Option<String>,
}

impl From<Denial> for Refused {
    fn from(denial: Denial) -> Self {
        Self {
            denial,
            client: None,
        }
    }
}

impl Trust {
    /// As the configuration says; reads the key files, asks nobody yet.
    ///
    /// # Errors
    ///
    /// A key file cannot be read.
    pub fn new(config: &Config) -> Result<Self, TrustError> {
        let clients = config.clients.iter().map(|client| {
            let keys = client.jwt.as_ref().map(|jwt| match &jwt.keys {
                Keys::Url(url) => {
                    let listed = BaseUrl::of_origin(url);
                    let outbound = Outbound::for_client(client, &listed)?;
                    let name = client.name.clone();
                    Ok(Found::At(KeySource::new(name, url.clone(), outbound)))
                }
                Keys::File(file) => pinned(client, file),
            });
            Ok(Known {
                caller: Caller::new(client.clone())?,
                keys: keys.transpose()?,
                seen: Seen::default(),
            })
        });
        Ok(Self {
            mode: match config.client_trust {
                ClientTrust::None => Mode::Everyone,
                ClientTrust::Jwt => Mode::Token,
                ClientTrust::Certificate => Mode::Certificate,
            },
            clients: clients.collect::<Result<_, TrustError>>()?,
            addresses: config.addresses(),
            certificate: config.proxy_certificate_header.clone(),
        })
    }

    /// The client of a call to `path`, `None` where every caller is trusted. `now` in seconds since
    /// 1970.
    ///
    /// # Errors
    ///
    /// The call is not trusted.
    pub async fn caller(
        &self,
        headers: &HeaderMap,
        path: &str,
        now: i64,
    ) -> Result<Option<Caller>, Refused> {
        match self.mode {
            Mode::Everyone => Ok(None),
            Mode::Certificate => {
                let subject = self.subject(headers)?.ok_or(Denial::Certificate)?;
                let mut clients = self.clients.iter();
                let known = clients
                    .find(|known| known.caller.client().certificate.as_deref() == Some(subject))
                    .ok_or(Denial::Certificate)?;
                Ok(Some(known.caller.clone()))
            }
            Mode::Token => {
                let token = Token::read(authorization(headers)?)?;
                let named = |known: &&Known| known.issuer() == Some(token.issuer.as_str());
                let known = self.clients.iter().find(named).ok_or(Denial::Issuer)?;
                let refused = |denial| Refused {
                    denial,
                    client: Some(known.caller.name().to_owned()),
                };
                if let Some(expected) = &known.caller.client().certificate
                    && self.subject(headers).map_err(refused)? != Some(expected)
                {
                    return Err(refused(Denial::Certificate));
                }
                let audiences: Vec<String> = self
                    .addresses
                    .iter()
                    .map(|address| format!("{address}{path}"))
                    .collect();
                known.check(token, &audiences, now).await.map_err(refused)?;
                Ok(Some(known.caller.clone()))
            }
        }
    }

    /// The subject of the certificate that the proxy has checked.
    fn subject<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, Denial> {
        let Some(name) = &self.certificate else {
            return Ok(None);
        };
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| Denial::Certificate),
            (Some(_), Some(_)) => Err(Denial::Certificate),
        }
    }

    /// Asks every source of keys, so that the first call need not wait.
    pub async fn prepare(&self, now: i64) {
        for known in &self.clients {
            if let Some(Found::At(source)) = &known.keys {
                Arc::clone(source).renew(now).await;
            }
        }
    }
}

impl Known {
    fn jwt(&self) -> Option<&Jwt> {
        self.caller.client().jwt.as_ref()
    }

    fn issuer(&self) -> Option<&str> {
        self.jwt().map(|jwt| jwt.issuer.as_str())
    }

    /// In the order of JWT-13: nothing is fetched for a token that says the wrong things, and only a
    /// token whose signature is right is remembered.
    async fn check(&self, token: Token<'_>, audiences: &[String], now: i64) -> Result<(), Denial> {
        let (jwt, found) = self.jwt().zip(self.keys.as_ref()).ok_or(Denial::Issuer)?;
        token.check(jwt, audiences, now)?;
        let keys = match found {
            Found::Pinned(keys) => Arc::clone(keys),
            Found::At(source) => source.with(&token.key_id, now).await?,
        };
        keys.verify(
            &token.key_id,
            token.algorithm,
            token.message,
            token.signature,
        )?;
        if jwt.replay == Replay::Reject {
            let until = token.expires.saturating_add(jwt.clock_skew_seconds.into());
            self.seen.enter(token.id, until, now)?;
        }
        Ok(())
    }
}

fn pinned(client: &Client, file: &std::path::Path) -> Result<Found, TrustError> {
    let fail = |reason: String| TrustError::File {
        client: client.name.clone(),
        file: file.to_owned(),
        reason,
    };
    let json = std::fs::read(file).map_err(|e| fail(e.to_string()))?;
    KeySet::read(&json)
        .map(|keys| Found::Pinned(Arc::new(keys)))
        .map_err(|e: KeySetError| fail(e.to_string()))
}

/// The one `Authorization` header.
fn authorization(headers: &HeaderMap) -> Result<&[u8], Denial> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Denial::NoToken),
        (Some(value), None) => Ok(value.as_bytes()),
        (Some(_), Some(_)) => Err(Denial::SeveralTokens),
    }
}

/// Lets a call through whose client is known; stands behind CORS, so that a preflight is answered
/// first (CORS-02), and before everything that reads the call.
pub async fn guard(
    Shared(state): Shared<Arc<State>>,
    mut request: Request,
    next: Next,
) -> Response {
    let now = state.clock.now().as_second();
    let path = request.uri().path();
    let span = request
        .extensions()
        .get()
        .map(|call: &Span| call.child("trust"));
    let caller = state.trust.caller(request.headers(), path, now).await;
    span.unwrap_or_default().end();
    match caller {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(refused) => {
            limits::discard(request, &state).await;
            let mut response = Refusal::not_trusted().into_response();
            response.extensions_mut().insert(refused);
            response
        }
    }
}
