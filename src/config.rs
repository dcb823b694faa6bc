//! The configuration: defaults that are the manual, a file, the environment, and what is wrong in them.

use std::{fmt, net::SocketAddr, path::Path};

use figment::{
    Figment,
    error::{Error as FigmentError, Kind},
    providers::{Env, Format, Toml},
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::cards::Language;

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
    /// Browser origins that may call.
    pub cors_origins: Origins,
    /// Largest body, in bytes.
    #[serde(deserialize_with = "body_limit")]
    pub body_limit_bytes: usize,
    /// Language of the cards.
    pub language: LanguageChoice,
    /// Zone of "today".
    pub time_zone: Zone,
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
    /// Every caller is trusted: on loopback only.
    None,
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
        figment.extract().map_err(|error| {
            ConfigError(
                error
                    .into_iter()
                    .map(|fault| explain(&figment, &fault))
                    .collect(),
            )
        })
    }

    /// Whether `serve` may listen where the configuration says.
    ///
    /// # Errors
    ///
    /// The address is open to a network and no caller is checked; says what to do.
    pub fn check_exposure(&self) -> Result<(), ConfigError> {
        match self.client_trust {
            ClientTrust::None if !self.listen.ip().is_loopback() => {
                Err(ConfigError(vec![format!(
                    "listen = \"{}\" is open to a network, and client-trust = \"none\" would answer \
                 every caller. Set listen to a loopback address (127.0.0.1:8080) and let an \
                 authenticating reverse proxy on this machine receive the calls.",
                    self.listen
                )]))
            }
            ClientTrust::None => Ok(()),
        }
    }
}

/// Why the configuration is refused, one line for each fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Where, key, value, what was expected.
fn explain(figment: &Figment, fault: &FigmentError) -> String {
    let (key, problem) = match &fault.kind {
        Kind::UnknownField(key, known) => (
            key.clone(),
            format!("there is no such key; the keys are {}", known.join(", ")),
        ),
        Kind::MissingField(key) => (key.to_string(), "is missing".to_owned()),
        kind => {
            let key = fault.path.join(".");
            let value = figment
                .find_value(&key)
                .ok()
                .and_then(|value| serde_json::to_string(&value).ok());
            let value = value.map_or(String::new(), |value| format!(" = {value}"));
            let expected = match kind {
                Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
                    format!("expected {expected}")
                }
                Kind::UnknownVariant(_, known) => {
                    format!("expected one of \"{}\"", known.join("\", \""))
                }
                other => other.to_string(),
            };
            return format!("{}: {key}{value}: {expected}", place(figment, fault, &key));
        }
    };
    format!("{}: {key}: {problem}", place(figment, fault, &key))
}

/// The file, or the environment variable.
fn place(figment: &Figment, fault: &FigmentError, key: &str) -> String {
    let metadata = figment.find_metadata(key).or(fault.metadata.as_ref());
    match metadata {
        Some(metadata) if metadata.name.contains("environment") => {
            format!(
                "{ENVIRONMENT_PREFIX}{}",
                key.replace('-', "_").to_uppercase()
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

fn body_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let bytes = usize::deserialize(deserializer)?;
    if !(65_536..=268_435_456).contains(&bytes) {
        return Err(D::Error::custom(
            "expected a number of bytes from 65536 to 268435456",
        ));
    }
    Ok(bytes)
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
