//! How a client shows who it is: the token that it signs, where its keys are, what a token may be.

use std::{net::IpAddr, path::PathBuf};

use serde::Deserialize;
use url::{Host, Url};

/// What is known of the tokens of one client (JWT-01…JWT-17).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Jwt {
    /// The `iss` of its tokens, exactly.
    pub issuer: String,
    /// Where its public keys are.
    pub keys: Keys,
    /// The algorithms with which it may sign.
    pub algorithms: Vec<Algorithm>,
    /// Further values of `aud` that are taken for any address (AMB-18).
    pub audiences: Vec<String>,
    /// The values of `tenant` that may call; empty where any may, or none need be named.
    pub tenants: Vec<String>,
    /// What happens to a token that is sent a second time.
    pub replay: Replay,
    /// The longest time, in seconds, from `iat` to `exp`.
    pub token_life_seconds: u32,
    /// How far the clocks may differ, in seconds.
    pub clock_skew_seconds: u32,
}

/// Where the public keys of a client are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// At this address, and only there: the only `jku` that its tokens may name (JWT-08).
    Url(Url),
    /// In this file, exchanged beforehand (JWT-04); a `jku` is not read.
    File(PathBuf),
}

/// A signature algorithm (RFC 7518 §3.1, RFC 8037). `none` and the symmetric ones cannot be named
/// (JWT-10, JWT-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(clippy::upper_case_acronyms, reason = "their names")]
pub enum Algorithm {
    /// ECDSA, P-256, SHA-256.
    ES256,
    /// ECDSA, P-384, SHA-384.
    ES384,
    /// RSASSA-PKCS1-v1_5, SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5, SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5, SHA-512.
    RS512,
    /// RSASSA-PSS, SHA-256.
    PS256,
    /// RSASSA-PSS, SHA-384.
    PS384,
    /// RSASSA-PSS, SHA-512.
    PS512,
    /// Ed25519.
    EdDSA,
}

/// What happens to a token that is sent a second time (JWT-17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replay {
    /// It is refused.
    Reject,
    /// It is taken until it expires.
    Allow,
}

/// As it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    issuer: String,
    jwks_url: Option<String>,
    jwks_file: Option<PathBuf>,
    #[serde(default = "recommended")]
    algorithms: Vec<Algorithm>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    tenants: Vec<String>,
    #[serde(default = "reject")]
    replay: Replay,
    #[serde(default = "hour")]
    token_life_seconds: u32,
    #[serde(default = "minute")]
    clock_skew_seconds: u32,
}

/// JWT-12.
fn recommended() -> Vec<Algorithm> {
    vec![Algorithm::ES384, Algorithm::RS384]
}

fn reject() -> Replay {
    Replay::Reject
}

fn hour() -> u32 {
    3600
}

fn minute() -> u32 {
    60
}

impl TryFrom<Written> for Jwt {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let keys = match (written.jwks_url, written.jwks_file) {
            (Some(url), None) => Keys::Url(key_address(&url)?),
            (None, Some(file)) => Keys::File(file),
            _ => return Err("expected either jwks-url or jwks-file".to_owned()),
        };
        if written.issuer.is_empty() {
            return Err("expected an issuer that is not empty".to_owned());
        }
        if written.algorithms.is_empty() {
            return Err("expected at least one of algorithms".to_owned());
        }
        if written.clock_skew_seconds > 300 {
            return Err("expected clock-skew-seconds from 0 to 300".to_owned());
        }
        Ok(Self {
            issuer: written.issuer,
            keys,
            algorithms: written.algorithms,
            audiences: written.audiences,
            tenants: written.tenants,
            replay: written.replay,
            token_life_seconds: written.token_life_seconds,
            clock_skew_seconds: written.clock_skew_seconds,
        })
    }
}

/// Keys come over TLS; without it only from this machine.
fn key_address(text: &str) -> Result<Url, String> {
    let expected = || {
        "expected jwks-url as \"https://ehr.example/.well-known/jwks.json\" (http only from a \
         loopback address)"
            .to_owned()
    };
    let url = Url::parse(text).map_err(|_| expected())?;
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    let secret = !url.username().is_empty() || url.password().is_some();
    match url.scheme() {
        "https" if !secret => Ok(url),
        "http" if loopback && !secret => Ok(url),
        _ => Err(expected()),
    }
}
