//! The configuration: defaults that are the manual, a file, the environment, and what is wrong in them.

mod app_key;
mod audit;
mod client;
mod exposure;
mod jwt;
mod store;

use std::{
    collections::BTreeSet, fmt, net::SocketAddr, num::NonZeroU32, path::Path, time::Duration,
};

use axum::http::HeaderName;
use figment::{
    Figment,
    error::{Error as FigmentError, Kind},
    providers::{Env, Format, Toml},
    value::{Value, magic::RelativePathBuf},
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de::Error as _};
use uuid::Uuid;

use crate::cards::{self, Language};
pub use app_key::AppKey;
pub use audit::{AuditFormat, AuditSink};
pub use client::{BaseUrl, Client, SmartApp, Version};
pub use jwt::{Algorithm, Jwt, Keys, Replay};
pub use store::StorePlace;

/// The manual, compiled in.
pub const DEFAULT: &str = include_str!("config.default.toml");
const ENVIRONMENT_PREFIX: &str = "SID_CDS_";

/// The configuration, valid.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Address and port.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// How callers are trusted.
    pub client_trust: ClientTrust,
    /// The addresses under which clients call, without a slash at the end.
    #[serde(deserialize_with = "exposure::public_urls")]
    pub public_urls: Vec<String>,
    /// The header in which a proxy says whose certificate it has checked.
    #[serde(deserialize_with = "exposure::header_name")]
    pub proxy_certificate_header: Option<HeaderName>,
    /// The file with the certificate chain (PEM); empty where a proxy encrypts.
    pub tls_certificate: String,
    /// The file with its private key (PEM).
    pub tls_key: String,
    /// Whether calls may travel unencrypted over a network.
    pub plain_http_on_network: bool,
    /// Where metrics are served.
    #[serde(deserialize_with = "exposure::optional_address")]
    pub metrics_listen: Option<SocketAddr>,
    /// Whether a network may read the metrics.
    pub metrics_on_network: bool,
    /// Where the report page is served, a loopback address.
    #[serde(deserialize_with = "exposure::optional_address")]
    pub report_listen: Option<SocketAddr>,
    /// Where traces are sent; none without it.
    #[serde(deserialize_with = "exposure::collector")]
    pub traces_endpoint: Option<BaseUrl>,
    /// Of a hundred calls, how many are traced.
    #[serde(deserialize_with = "percent")]
    pub traces_percent: u8,
    /// The clients that may call.
    pub clients: Vec<Client>,
    /// The name of the client that every caller is taken for while none is checked; empty where
    /// there is one client or none.
    pub default_client: String,
    /// How long a call may wait for FHIR servers.
    #[serde(rename = "fetch-deadline-ms", deserialize_with = "deadline")]
    pub fetch_deadline: Duration,
    /// Most pages of one search.
    #[serde(deserialize_with = "page_limit")]
    pub fetch_limit_pages: usize,
    /// Most bytes that one call fetches.
    #[serde(deserialize_with = "fetch_bytes")]
    pub fetch_limit_bytes: usize,
    /// Most resources that one call fetches.
    #[serde(deserialize_with = "fetch_resources")]
    pub fetch_limit_resources: usize,
    /// What a call gets whose required data could not be obtained.
    pub required_data_missing: RequiredDataMissing,
    /// Which tokens the prefetch templates hold.
    pub prefetch_tokens: PrefetchTokens,
    /// Browser origins that may call.
    pub cors_origins: Origins,
    /// Largest body, in bytes.
    #[serde(deserialize_with = "body_limit")]
    pub body_limit_bytes: usize,
    /// Largest head of a call, in bytes.
    #[serde(deserialize_with = "within::<_, 8_192, 1_048_576>")]
    pub header_limit_bytes: usize,
    /// Deepest nesting of a body.
    #[serde(deserialize_with = "within::<_, 16, 120>")]
    pub json_depth_limit: usize,
    /// Most entries of one Bundle.
    #[serde(deserialize_with = "within::<_, 10, 1_000_000>")]
    pub entry_limit: usize,
    /// Most resources of a body.
    #[serde(deserialize_with = "within::<_, 10, 1_000_000>")]
    pub resource_limit: usize,
    /// Bytes of bodies that are held at once.
    #[serde(deserialize_with = "within::<_, 65_536, 17_179_869_184>")]
    pub body_memory_bytes: usize,
    /// Calls that are answered at once.
    #[serde(deserialize_with = "within::<_, 1, 10_000>")]
    pub concurrent_calls: usize,
    /// Calls for each processor that compute or wait for it.
    #[serde(deserialize_with = "within::<_, 1, 1_000>")]
    pub calls_per_processor: usize,
    /// Connections that are open at once.
    #[serde(deserialize_with = "within::<_, 1, 100_000>")]
    pub connections: usize,
    /// Calls of one client in a second.
    pub client_calls_per_second: NonZeroU32,
    /// Calls of one client at once.
    pub client_calls_at_once: NonZeroU32,
    /// How long a client may take to send the head of a call.
    #[serde(rename = "head-time-ms", deserialize_with = "time")]
    pub head_time: Duration,
    /// How long a client may take to send a body.
    #[serde(rename = "receive-time-ms", deserialize_with = "time")]
    pub receive_time: Duration,
    /// How long a client may take over a part of an answer.
    #[serde(rename = "send-time-ms", deserialize_with = "time")]
    pub send_time: Duration,
    /// How long a connection may be silent.
    #[serde(rename = "idle-time-ms", deserialize_with = "time")]
    pub idle_time: Duration,
    /// How long calls are taken after the service was told to stop.
    #[serde(rename = "stop-delay-ms", deserialize_with = "time")]
    pub stop_delay: Duration,
    /// How long calls under way may take after that.
    #[serde(rename = "stop-grace-ms", deserialize_with = "time")]
    pub stop_grace: Duration,
    /// How often the canaries are assessed, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 86_400>")]
    pub canary_interval_seconds: usize,
    /// Where feedback and what was shown are kept.
    pub store: StorePlace,
    /// The key of the uuids of cards and suggestions, `None` without one.
    #[serde(deserialize_with = "card_key")]
    pub card_key: Option<Uuid>,
    /// Words that clinicians write are kept.
    pub feedback_comments: bool,
    /// The service is ready while the store is down.
    pub ready_without_store: bool,
    /// Language of the cards.
    pub language: LanguageChoice,
    /// Zone of "today".
    pub time_zone: Zone,
    /// Where the audit trail goes.
    pub audit: AuditSink,
    /// How a line of an audit file looks.
    pub audit_format: AuditFormat,
    /// The playground is served at `/`.
    pub playground: bool,
    /// Where browsers reach the SMART app; none where there is no app.
    #[serde(deserialize_with = "client::address_or_none")]
    pub app_url: Option<BaseUrl>,
    /// What the cookies of the app are encrypted with; `None` for a key of this process's own.
    #[serde(deserialize_with = "app_key::key_or_none")]
    pub app_key: Option<AppKey>,
    /// Files with a site's own codes.
    pub terminology_files: Vec<RelativePathBuf>,
    /// Log filter.
    #[serde(deserialize_with = "log_filter")]
    pub log: String,
    /// Log format.
    pub log_format: LogFormat,
}

/// How the service knows that it may answer a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientTrust {
    /// By the token that each call carries (JWT-01…JWT-17).
    Jwt,
    /// By the certificate that a proxy on this machine has checked (SEC-03).
    Certificate,
    /// Every caller is trusted: on loopback only.
    None,
}

/// What a call gets whose required data could not be obtained (PF-10, PF-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RequiredDataMissing {
    /// Status 412 with the keys.
    #[serde(rename = "412")]
    Refusal,
    /// Cards from what there is, one of which says what could not be obtained.
    #[serde(rename = "card")]
    Card,
}

/// Which tokens the prefetch templates hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrefetchTokens {
    /// Members of the context, and `today()`.
    Today,
    /// Members of the context only.
    Context,
}

/// How the language of the cards is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LanguageChoice {
    /// By `Accept-Language`, Danish where it names neither.
    Auto,
    /// Danish.
    Da,
    /// English.
    En,
}

impl LanguageChoice {
    /// Always this one.
    pub fn always(language: Language) -> Self {
        match language {
            Language::Da => Self::Da,
            Language::En => Self::En,
        }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Browser origins that may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Any page.
    Any,
    /// These, as a browser sends them.
    Listed(Vec<String>),
}

/// A time zone with its IANA name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(pub TimeZone);

impl Config {
    /// Defaults, then the file, then `SID_CDS_…` of the environment.
    ///
    /// # Errors
    ///
    /// Every key or value that cannot be, with where it stands and what was expected.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULT));
        if let Some(file) = file {
            // figment takes a file that it cannot read for an empty one.
            std::fs::File::open(file)
                .map_err(|e| ConfigError(vec![format!("{}: {e}", file.display())]))?;
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment =
            Env::prefixed(ENVIRONMENT_PREFIX).map(|key| key.as_str().replace('_', "-").into());
        let figment = figment.merge(environment);
        let config: Self = figment.extract().map_err(|error| {
            ConfigError(
                error
                    .into_iter()
                    .map(|fault| explain(&figment, &fault))
                    .collect(),
            )
        })?;
        let (key, problem) = match config.client_fault() {
            None => return Ok(config),
            Some(fault) => fault,
        };
        let place = place(&figment, None, key);
        Err(ConfigError(vec![format!("{place}: {key}: {problem}")]))
    }

    /// What is wrong with the clients taken together: the key, and the problem.
    fn client_fault(&self) -> Option<(&'static str, String)> {
        let mut names = BTreeSet::new();
        let twice = self
            .clients
            .iter()
            .find(|client| !names.insert(&client.name));
        if let Some(client) = twice {
            return Some(("clients", format!("\"{}\" is there twice", client.name)));
        }
        let default = &self.default_client;
        if !default.is_empty() && !names.contains(default) {
            let problem = format!("\"{default}\" is not the name of one of the clients");
            return Some(("default-client", problem));
        }
        None
    }

    /// The client that every caller is taken for while none is checked: the default, else the only
    /// one, else one on whose behalf nothing is fetched.
    pub fn assumed_client(&self) -> Client {
        let named = |client: &&Client| client.name == self.default_client;
        match (self.clients.iter().find(named), &self.clients[..]) {
            (Some(client), _) | (None, [client]) => client.clone(),
            (None, _) => Client::anonymous(),
        }
    }
}

/// Why the configuration is refused, one line for each fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    fn from_faults(faults: Vec<String>) -> Result<(), Self> {
        if faults.is_empty() {
            return Ok(());
        }
        Err(Self(faults))
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Where, key, value, what was expected.
fn explain(figment: &Figment, fault: &FigmentError) -> String {
    // figment's path ends in the name of a member that is not known, and before one that is missing.
    let path = |name: &str| {
        let above = fault.path.iter().map(String::as_str);
        let last = (fault.path.last().map(String::as_str) != Some(name)).then_some(name);
        above.chain(last).collect::<Vec<_>>().join(".")
    };
    let (key, problem) = match &fault.kind {
        Kind::UnknownField(key, known) => (
            path(key),
            format!("there is no such key; the keys are {}", known.join(", ")),
        ),
        Kind::MissingField(key) => (path(key), "is missing".to_owned()),
        kind => {
            let key = fault.path.join(".");
            let value =
                value_at(figment, &fault.path).and_then(|value| serde_json::to_string(&value).ok());
            // The URL of a store may hold a password.
            let value = value
                .filter(|_| !["store", "card-key", "app-key"].contains(&key.as_str()))
                .map_or(String::new(), |value| format!(" = {value}"));
            let expected = match kind {
                Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
                    format!("expected {expected}")
                }
                Kind::UnknownVariant(_, known) => {
                    format!("expected one of \"{}\"", known.join("\", \""))
                }
                other => other.to_string(),
            };
            let place = place(figment, Some(fault), &key);
            return format!("{place}: {key}{value}: {expected}");
        }
    };
    format!("{}: {key}: {problem}", place(figment, Some(fault), &key))
}

/// The value at a path, which may lead into lists (`clients.0.name`).
fn value_at(figment: &Figment, path: &[String]) -> Option<Value> {
    let (key, below) = path.split_first()?;
    let mut value = figment.find_value(key).ok()?;
    for step in below {
        value = match value {
            Value::Dict(_, mut members) => members.remove(step)?,
            Value::Array(_, items) => items.into_iter().nth(step.parse().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// The file, or the environment variable.
fn place(figment: &Figment, fault: Option<&FigmentError>, key: &str) -> String {
    let top = key.split('.').next().unwrap_or_default();
    let metadata = figment
        .find_metadata(top)
        .or_else(|| fault?.metadata.as_ref());
    match metadata {
        Some(metadata) if metadata.name.contains("environment") => {
            format!(
                "{ENVIRONMENT_PREFIX}{}",
                top.replace('-', "_").to_uppercase()
            )
        }
        Some(metadata) => metadata
            .source
            .as_ref()
            .and_then(|source| source.file_path())
            .map_or_else(|| "defaults".to_owned(), |path| path.display().to_string()),
        None => "configuration".to_owned(),
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom("expected an address and a port, as \"127.0.0.1:8080\""))
}

/// A whole number within its range, both ends included.
fn number<'de, D: Deserializer<'de>>(
    deserializer: D,
    what: &str,
    least: usize,
    most: usize,
) -> Result<usize, D::Error> {
    let number = usize::deserialize(deserializer)?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    let expected = format!("expected a number of {what} from {least} to {most}");
    Err(D::Error::custom(expected))
}

/// A whole number within its range, both ends included.
fn within<'de, D: Deserializer<'de>, const LEAST: usize, const MOST: usize>(
    deserializer: D,
) -> Result<usize, D::Error> {
    let number = usize::deserialize(deserializer)?;
    if (LEAST..=MOST).contains(&number) {
        return Ok(number);
    }
    let expected = format!("expected a number from {LEAST} to {MOST}");
    Err(D::Error::custom(expected))
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = number(deserializer, "percent", 1, 100)?;
    Ok(u8::try_from(number).unwrap_or(100))
}

/// A time of up to ten minutes.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let ms = number(deserializer, "milliseconds", 0, 600_000)?;
    Ok(Duration::from_millis(ms as u64))
}

fn card_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let secret = String::deserialize(deserializer)?;
    match secret.chars().count() {
        0 => Ok(None),
        32.. => Ok(Some(cards::key(&secret))),
        _ => Err(D::Error::custom("expected at least 32 characters, or none")),
    }
}

fn body_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "bytes", 65_536, 268_435_456)
}

fn deadline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let ms = number(deserializer, "milliseconds", 10, 10_000)?;
    Ok(Duration::from_millis(ms as u64))
}

fn page_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "pages", 1, 1_000)
}

fn fetch_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "bytes", 65_536, 268_435_456)
}

fn fetch_resources<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "resources", 1, 1_000_000)
}

fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(text),
        Err(_) => Err(D::Error::custom(
            "expected error, warn, info, debug or trace, or a filter as \"warn,sid_cds=info\"",
        )),
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let listed = Vec::<String>::deserialize(deserializer)?;
        if listed == ["*"] {
            return Ok(Self::Any);
        }
        if listed.iter().all(|origin| is_origin(origin)) {
            return Ok(Self::Listed(listed));
        }
        Err(D::Error::custom(
            "expected origins as \"https://ehr.example:8443\", without a path, or [\"*\"] alone",
        ))
    }
}

fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::get(&name)
            .map(Self)
            .map_err(|_| D::Error::custom("expected an IANA time zone, as \"Europe/Copenhagen\""))
    }
}
