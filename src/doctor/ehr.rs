//! The calls that an EHR makes, with its token, and what comes back.

use std::time::{Duration, Instant};

use reqwest::{
    Client, Method,
    header::{self, HeaderMap},
    redirect::Policy,
};
use serde_json::Value;

use super::key::Signer;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back, or why nothing did.
pub type Answered = Result<Reply, String>;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; what is not UTF-8 is replaced.
    pub text: String,
}

impl Reply {
    /// The body, where it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }

    /// A header in lower case, empty where it is not there.
    pub fn header(&self, name: &str) -> String {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase()
    }
}

/// Which token goes with a call.
#[derive(Debug, Clone)]
pub enum Token {
    /// A fresh one of the key that was given; none where no key was.
    Own,
    /// None.
    None,
    /// This one.
    This(String),
}

/// An EHR that calls one service.
#[derive(Debug)]
pub struct Ehr {
    http: Client,
    base: String,
    origin: String,
    signer: Option<Signer>,
    times: Vec<Duration>,
}

/// A call.
#[derive(Debug)]
pub struct Call<'a> {
    method: Method,
    path: &'a str,
    token: Token,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    /// A GET of a path below the base URL.
    pub fn get(path: &'a str) -> Self {
        Self {
            method: Method::GET,
            path,
            token: Token::Own,
            headers: Vec::new(),
            body: None,
        }
    }

    /// A POST of JSON.
    pub fn post(path: &'a str, body: &Value) -> Self {
        Self::post_bytes(path, "application/json", body.to_string().into_bytes())
    }

    /// A POST of anything.
    pub fn post_bytes(path: &'a str, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            body: Some(body),
            headers: vec![("content-type", content_type.to_owned())],
            ..Self::get(path)
        }
    }

    /// A browser's question before a POST.
    pub fn preflight(path: &'a str) -> Self {
        Self {
            method: Method::OPTIONS,
            token: Token::None,
            headers: vec![
                ("access-control-request-method", "POST".to_owned()),
                (
                    "access-control-request-headers",
                    "authorization,content-type".to_owned(),
                ),
            ],
            ..Self::get(path)
        }
    }

    /// With another token than its own.
    pub fn with(mut self, token: Token) -> Self {
        self.token = token;
        self
    }
}

impl Ehr {
    /// An EHR for the service at `base`, whose pages come from `origin`.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up on this machine.
    pub fn new(base: &str, origin: &str, signer: Option<Signer>) -> Result<Self, String> {
        let http = Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            http,
            base: base.to_owned(),
            origin: origin.to_owned(),
            signer,
            times: Vec::new(),
        })
    }

    /// The key, where one was given.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// How long each answer took.
    pub fn times(&mut self) -> Vec<Duration> {
        std::mem::take(&mut self.times)
    }

    /// Makes a call, with the origin of a browser client.
    pub async fn call(&mut self, call: Call<'_>) -> Answered {
        let url = self.url(call.path);
        let token = match (call.token, &self.signer) {
            (Token::This(token), _) => Some(token),
            (Token::Own, Some(signer)) => Some(signer.token(&url)?),
            (Token::Own, None) | (Token::None, _) => None,
        };
        let mut request = self
            .http
            .request(call.method, &url)
            .header(header::ORIGIN, &self.origin);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.body(body);
        }
        let started = Instant::now();
        let answer = request.send().await.map_err(|error| why(&error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| why(&error))?;
        self.times.push(started.elapsed());
        Ok(Reply {
            status,
            headers,
            text: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

/// The innermost reason: reqwest's own words repeat the address.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("none came within {} s", PATIENCE.as_secs());
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
