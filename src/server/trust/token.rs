//! A bearer token taken apart: header and claims, each member once, nothing trusted yet.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::Value;

use super::denial::Denial;
use crate::config::{Algorithm, Jwt};

/// The longest token that is looked at, in bytes. Real ones have less than 2,000.
const LONGEST: usize = 16_384;
/// The longest `kid` and `jti`, in bytes: they are kept and compared.
const LONGEST_ID: usize = 512;
/// The mark of a member that stands twice, in the words of serde.
const TWICE: &str = "a member stands twice";

/// A token, not yet believed.
#[derive(Debug)]
pub struct Token<'a> {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`: opaque (JWT-02).
    pub key_id: String,
    /// `jku`.
    pub key_address: Option<String>,
    /// `iss`.
    pub issuer: String,
    /// `aud`, one or several.
    pub audiences: Vec<String>,
    /// `exp`, in seconds since 1970.
    pub expires: i64,
    /// `iat`, in seconds since 1970.
    pub issued: i64,
    /// `nbf`, in seconds since 1970.
    pub not_before: Option<i64>,
    /// `jti`.
    pub id: String,
    /// `tenant`.
    pub tenant: Option<String>,
    /// What is signed: header and claims as they were sent.
    pub message: &'a str,
    /// The signature, in base64url.
    pub signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes the token of an `Authorization` header's value apart.
    ///
    /// # Errors
    ///
    /// It is not a signed token with the members of JWT-01…JWT-07.
    pub fn read(authorization: &'a [u8]) -> Result<Self, Denial> {
        if authorization.len() > LONGEST {
            return Err(Denial::TooLong);
        }
        let text = std::str::from_utf8(authorization).map_err(|_| Denial::NotBearer)?;
        let (scheme, token) = text.split_once(' ').ok_or(Denial::NotBearer)?;
        let token = token.trim_matches(' ');
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Err(Denial::NotBearer);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Denial::Form)?;
        let (header, claims) = message.split_once('.').ok_or(Denial::Form)?;
        let header = Object::decode(header, Denial::Header)?;
        let claims = Object::decode(claims, Denial::Claims)?;
        // An empty signature is what `none` comes with; the algorithm says so first.
        let algorithm = header.algorithm()?;
        if signature.is_empty() || URL_SAFE_NO_PAD.decode(signature).is_err() {
            return Err(Denial::Form);
        }
        if ["crit", "b64", "zip", "enc"]
            .iter()
            .any(|name| header.get(name).is_some())
        {
            return Err(Denial::Critical);
        }
        // RFC 7519 §5.1: compared without regard to case, as media types are.
        let typed = header.text("typ", Denial::Type)?;
        if !typed.is_some_and(|typed| typed.eq_ignore_ascii_case("JWT")) {
            return Err(Denial::Type);
        }
        let id = |text: Option<String>, fault| match text {
            Some(text) if !text.is_empty() && text.len() <= LONGEST_ID => Ok(text),
            _ => Err(fault),
        };
        let no_claim = Denial::Claims;
        Ok(Self {
            algorithm,
            key_id: id(header.text("kid", Denial::Header)?, Denial::Header)?,
            key_address: header.text("jku", Denial::Header)?,
            issuer: claims.text("iss", no_claim)?.ok_or(no_claim)?,
            audiences: claims.audiences()?,
            expires: claims.time("exp")?.ok_or(no_claim)?,
            issued: claims.time("iat")?.ok_or(no_claim)?,
            not_before: claims.time("nbf")?,
            id: id(claims.text("jti", no_claim)?, no_claim)?,
            tenant: claims.text("tenant", no_claim)?,
            message,
            signature,
        })
    }

    /// Whether what the token says of itself lets it through to the check of its signature, at the
    /// address that ends in one of `audiences`, `now` in seconds since 1970 (JWT-13).
    ///
    /// # Errors
    ///
    /// The first thing that does not.
    pub fn check(&self, client: &Jwt, audiences: &[String], now: i64) -> Result<(), Denial> {
        if self.issuer != client.issuer {
            return Err(Denial::Issuer);
        }
        if !client.algorithms.contains(&self.algorithm) {
            return Err(Denial::Algorithm);
        }
        if let (Some(named), crate::config::Keys::Url(address)) = (&self.key_address, &client.keys)
            && named != address.as_str()
        {
            return Err(Denial::KeyAddress);
        }
        let mut accepted = audiences.iter().chain(&client.audiences);
        if !accepted.any(|accepted| self.audiences.iter().any(|named| same(named, accepted))) {
            return Err(Denial::Audience);
        }
        let skew = i64::from(client.clock_skew_seconds);
        if self.expires.saturating_add(skew) <= now {
            return Err(Denial::Expired);
        }
        let earliest = self.issued.max(self.not_before.unwrap_or(self.issued));
        if earliest > now.saturating_add(skew) {
            return Err(Denial::NotYet);
        }
        let life = self.expires.saturating_sub(self.issued);
        if life <= 0 || life > i64::from(client.token_life_seconds) {
            return Err(Denial::LivesTooLong);
        }
        let tenant = || self.tenant.as_ref();
        if !client.tenants.is_empty() && !tenant().is_some_and(|t| client.tenants.contains(t)) {
            return Err(Denial::Tenant);
        }
        Ok(())
    }
}

/// Whether two addresses are the same, a slash at the end aside (JWT-06).
fn same(one: &str, other: &str) -> bool {
    one.strip_suffix('/').unwrap_or(one) == other.strip_suffix('/').unwrap_or(other)
}

/// A JSON object in which no member stands twice.
struct Object(Vec<(String, Value)>);

impl Object {
    fn decode(part: &str, fault: Denial) -> Result<Self, Denial> {
        let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Denial::Form)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            if error.to_string().starts_with(TWICE) {
                Denial::Duplicate
            } else {
                fault
            }
        })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let mut members = self.0.iter();
        members
            .find(|(member, _)| member == name)
            .map(|(_, value)| value)
    }

    fn text(&self, name: &str, fault: Denial) -> Result<Option<String>, Denial> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(fault),
        }
    }

    fn algorithm(&self) -> Result<Algorithm, Denial> {
        let named = self.get("alg").ok_or(Denial::Header)?;
        Algorithm::deserialize(named).map_err(|_| Denial::Algorithm)
    }

    fn audiences(&self) -> Result<Vec<String>, Denial> {
        match self.get("aud") {
            Some(Value::String(one)) => Ok(vec![one.clone()]),
            Some(several) => Vec::deserialize(several).map_err(|_| Denial::Claims),
            None => Err(Denial::Claims),
        }
    }

    /// A `NumericDate` (RFC 7519 §2), to the second.
    fn time(&self, name: &str) -> Result<Option<i64>, Denial> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => number
                .as_i64()
                .or_else(|| whole(number.as_f64()?))
                .map(Some)
                .ok_or(Denial::Claims),
            Some(_) => Err(Denial::Claims),
        }
    }
}

/// The whole seconds of a time that a date can have.
fn whole(seconds: f64) -> Option<i64> {
    /// Beyond the year 9999.
    const FAR: f64 = 1e12;
    #[allow(clippy::cast_possible_truncation, reason = "within ±1e12")]
    (seconds.abs() < FAR).then(|| seconds.floor() as i64)
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, Value)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Self::Value = Vec::new();
                while let Some(member) = map.next_entry::<String, Value>()? {
                    if members.iter().any(|(name, _)| *name == member.0) {
                        return Err(A::Error::custom(TWICE));
                    }
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Members).map(Self)
    }
}
