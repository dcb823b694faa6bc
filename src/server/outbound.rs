//! The one way out of the process: listed addresses only, no redirects, limits of size.
//!
//! A name is resolved where the connection is made, every address of the answer is checked, and the
//! connection goes to one of those addresses: there is no second look-up that could answer otherwise.
//! Time is the caller's to limit: dropping the future ends the call.

mod address;

use std::{
    error::Error as StdError,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
};
use reqwest::{
    Certificate,
    dns::{Addrs, Name, Resolve, Resolving},
};
use thiserror::Error;
use url::{Host, Url};

use crate::config::{BaseUrl, Client};
use address::{Reach, reach};

/// How long a connection may take to be made, whatever the deadline of the call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection is kept for the next call.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const USER_AGENT: &str = concat!("sid-cds/", env!("CARGO_PKG_VERSION"));

/// A way out to the addresses of one list.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// None where the list is empty: there is then nothing to call with.
    http: Option<reqwest::Client>,
    listed: Arc<[BaseUrl]>,
    private: Arc<[Host]>,
}

/// Why there is no way out.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// The trust store of the machine, most likely.
    #[error("calls to other servers cannot be made ready: {0}")]
    Tls(reqwest::Error),
    /// The file of a client.
    #[error("clients: {client}: ca-file {}: {reason}", file.display())]
    Authorities {
        /// Its name.
        client: String,
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Why a call brought nothing. None holds an address or a value: these may go into a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CallError {
    /// The address is not listed.
    #[error("the address is not listed")]
    NotListed,
    /// The name stands for an address that may not be called.
    #[error("the host is at an address that may not be called")]
    AddressRefused,
    /// No connection, or it broke off.
    #[error("no connection, or it broke off")]
    Connection,
    /// Another status than 200, redirects included.
    #[error("status {0}")]
    Status(StatusCode),
    /// Not one of the media types that were asked for.
    #[error("another media type than was asked for")]
    MediaType,
    /// More bytes than the budget has left.
    #[error("more bytes than the limit")]
    TooLarge,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The value of `Accept`.
    pub accept: &'static str,
    /// The media types that are taken for it, without parameters.
    pub media_types: &'static [&'static str],
    /// The value of `Authorization`, marked as sensitive.
    pub authorization: Option<&'a HeaderValue>,
}

/// FHIR R4 as JSON.
pub const FHIR_JSON: &str = "application/fhir+json";
/// What servers call FHIR JSON.
pub const FHIR_JSON_TYPES: &[&str] = &[FHIR_JSON, "application/json", "application/json+fhir"];

/// An answer with status 200.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `Content-Type` with its parameters, in lower case.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// The bytes that one or several calls may bring together.
#[derive(Debug)]
pub struct Budget(AtomicUsize);

impl Budget {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    /// Takes what has come; false where it is more than is left.
    fn take(&self, bytes: usize) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .is_ok()
    }

    fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Outbound {
    /// A way out to `listed` on behalf of a client: with its consent to private addresses, and with the
    /// certificates that it names.
    ///
    /// # Errors
    ///
    /// The file of the certificates cannot be used; or the machine has no trust store, and a listed
    /// address needs one.
    pub fn for_client(client: &Client, listed: &[BaseUrl]) -> Result<Self, OutboundError> {
        let authorities = match &client.ca_file {
            None => Vec::new(),
            Some(file) => authorities(file).map_err(|reason| OutboundError::Authorities {
                client: client.name.clone(),
                file: file.clone(),
                reason,
            })?,
        };
        Self::new(listed, &client.private_network_hosts, authorities)
    }

    /// A way out to `listed`; the hosts of `private` may stand at a private address, and `authorities`
    /// may vouch for a server as those may that the machine trusts.
    ///
    /// # Errors
    ///
    /// The machine has no trust store, and a listed address needs one.
    pub fn new(
        listed: &[BaseUrl],
        private: &[Host],
        authorities: Vec<Certificate>,
    ) -> Result<Self, OutboundError> {
        let private: Arc<[Host]> = private.into();
        let http = if listed.is_empty() {
            None
        } else {
            let mut builder = reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(IDLE_TIMEOUT)
                .dns_resolver(Checked {
                    private: private.clone(),
                });
            if !listed.iter().any(BaseUrl::is_encrypted) {
                // The demonstration runs on machines that have no certificates.
                builder = builder.tls_certs_only([]);
            } else {
                builder = builder.tls_certs_merge(authorities);
            }
            Some(builder.build().map_err(OutboundError::Tls)?)
        };
        Ok(Self {
            http,
            listed: listed.into(),
            private,
        })
    }

    /// A GET; its body is read as far as the budget allows.
    ///
    /// # Errors
    ///
    /// Anything but a whole answer with status 200 and a media type that was asked for.
    pub async fn get(
        &self,
        url: &Url,
        wanted: Wanted<'_>,
        budget: &Budget,
    ) -> Result<Answer, CallError> {
        self.get_traced(url, wanted, None, budget).await
    }

    /// As [`Self::get`], as a part of a trace.
    ///
    /// # Errors
    ///
    /// As [`Self::get`].
    pub async fn get_traced(
        &self,
        url: &Url,
        wanted: Wanted<'_>,
        traceparent: Option<HeaderValue>,
        budget: &Budget,
    ) -> Result<Answer, CallError> {
        let mut request = self.listed(url)?.get(url.clone());
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        receive(request, wanted, budget, &[StatusCode::OK]).await
    }

    /// A POST of a body with its media type.
    ///
    /// # Errors
    ///
    /// Anything but a whole answer with status 200 or 201 and a media type that was asked for.
    pub async fn post(
        &self,
        url: &Url,
        (content_type, body): (&'static str, Bytes),
        wanted: Wanted<'_>,
        budget: &Budget,
    ) -> Result<Answer, CallError> {
        let request = self
            .listed(url)?
            .post(url.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
            .body(body);
        let done = [StatusCode::OK, StatusCode::CREATED];
        receive(request, wanted, budget, &done).await
    }

    /// A POST that counts by its status alone: FHIR lets a server answer a create without a body. With a
    /// value for `If-None-Exist` a server that heeds it creates nothing twice.
    ///
    /// # Errors
    ///
    /// Anything but status 200 or 201.
    pub async fn create(
        &self,
        url: &Url,
        resource: Bytes,
        authorization: &HeaderValue,
        if_none_exist: &HeaderValue,
    ) -> Result<(), CallError> {
        let request = self
            .listed(url)?
            .post(url.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON))
            .header(header::ACCEPT, HeaderValue::from_static(FHIR_JSON))
            .header(header::AUTHORIZATION, authorization)
            .header("if-none-exist", if_none_exist)
            .body(resource);
        let response = request.send().await.map_err(|error| cause(&error))?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED => Ok(()),
            other => Err(CallError::Status(other)),
        }
    }

    /// What calls a listed address.
    fn listed(&self, url: &Url) -> Result<&reqwest::Client, CallError> {
        let http = self.http.as_ref().ok_or(CallError::NotListed)?;
        if !self.listed.iter().any(|base| base.covers(url)) {
            return Err(CallError::NotListed);
        }
        // A host that is an address is not resolved, so that the resolver would not see it.
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check(url, ip.into())?,
            Some(Host::Ipv6(ip)) => self.check(url, ip.into())?,
            Some(Host::Domain(_)) => {}
            None => return Err(CallError::NotListed),
        }
        Ok(http)
    }

    fn check(&self, url: &Url, address: IpAddr) -> Result<(), CallError> {
        let host = url.host().map(|host| host.to_owned());
        let consent = host.is_some_and(|host| self.private.contains(&host));
        permitted(address, consent)
            .then_some(())
            .ok_or(CallError::AddressRefused)
    }
}

/// The certificates of a file.
fn authorities(file: &Path) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    let found = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if found.is_empty() {
        return Err("holds no certificate in PEM".to_owned());
    }
    // One that is no certificate would be left out without a word.
    for certificate in &found {
        let only = reqwest::Client::builder().tls_certs_only([certificate.clone()]);
        only.build()
            .map_err(|_| "holds a certificate that cannot be read".to_owned())?;
    }
    Ok(found)
}

/// Sends a request and reads its answer as far as the budget allows.
async fn receive(
    request: reqwest::RequestBuilder,
    wanted: Wanted<'_>,
    budget: &Budget,
    done: &[StatusCode],
) -> Result<Answer, CallError> {
    let mut request = request.header(header::ACCEPT, HeaderValue::from_static(wanted.accept));
    if let Some(authorization) = wanted.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let mut response = request.send().await.map_err(|error| cause(&error))?;
    if !done.contains(&response.status()) {
        return Err(CallError::Status(response.status()));
    }
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !wanted.media_types.contains(&media_type) {
        return Err(CallError::MediaType);
    }
    if response
        .content_length()
        .is_some_and(|length| length > budget.left() as u64)
    {
        return Err(CallError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
        if !budget.take(chunk.len()) {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        content_type,
        body: body.into(),
    })
}

fn permitted(address: IpAddr, consent: bool) -> bool {
    match reach(address) {
        Reach::Public => true,
        Reach::Private => consent,
        Reach::Never => false,
    }
}

/// What went wrong, without the URL that reqwest's own words hold.
fn cause(error: &reqwest::Error) -> CallError {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<Refused>() {
            return CallError::AddressRefused;
        }
        source = inner.source();
    }
    CallError::Connection
}

/// Resolves a name and refuses it where any of its addresses may not be called.
#[derive(Debug)]
struct Checked {
    private: Arc<[Host]>,
}

/// A name stands for an address that may not be called.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host is at an address that may not be called")
    }
}

impl StdError for Refused {}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let consent = self
            .private
            .contains(&Host::Domain(name.as_str().to_owned()));
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !found.iter().all(|found| permitted(found.ip(), consent)) {
                return Err(Box::new(Refused) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
