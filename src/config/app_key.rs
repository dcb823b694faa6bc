//! The secret that the instances of a service share for the sessions of the app.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error as _};

/// The fewest characters of it.
const FEWEST: usize = 32;

/// A secret of at least 32 characters, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AppKey(String);

impl AppKey {
    /// A secret; `None` where it is too short to be one.
    pub fn new(secret: &str) -> Option<Self> {
        (secret.chars().count() >= FEWEST).then(|| Self(secret.to_owned()))
    }

    /// The secret.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey(…)")
    }
}

/// An empty text is none.
pub(super) fn key_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<AppKey>, D::Error> {
    let secret = String::deserialize(deserializer)?;
    if secret.is_empty() {
        return Ok(None);
    }
    AppKey::new(&secret)
        .map(Some)
        .ok_or_else(|| D::Error::custom("expected at least 32 characters, or none"))
}
