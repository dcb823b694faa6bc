//! Where the store is: a `SQLite` file, a `PostgreSQL` database, or memory.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};
use url::Url;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// In memory, lost when the program stops.
    Memory,
    /// A `SQLite` file, created where it is not there.
    Sqlite(PathBuf),
    /// A `PostgreSQL` database; the URL may hold a password.
    Postgres(Url),
}

/// Without user and password.
impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(url) => {
                let host = url.host_str().unwrap_or_default();
                let port = url.port().map_or(String::new(), |port| format!(":{port}"));
                write!(f, "postgres://{host}{port}{}", url.path())
            }
        }
    }
}

impl fmt::Debug for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<'de> Deserialize<'de> for StorePlace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Some(file) = text.strip_prefix("sqlite:").filter(|file| !file.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(file)));
        }
        let postgres = Url::parse(&text).ok().filter(|url| {
            matches!(url.scheme(), "postgres" | "postgresql")
                && url.has_host()
                && url.path().len() > 1
        });
        postgres.map(Self::Postgres).ok_or_else(|| {
            D::Error::custom(
                "expected \"sqlite:FILE\", \"postgres://USER:PASSWORD@HOST/DATABASE\" or \"memory\"",
            )
        })
    }
}
