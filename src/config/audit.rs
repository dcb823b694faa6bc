//! Where the audit trail goes, and in which form.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error as _};

/// Where the audit trail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditSink {
    /// Nowhere.
    Off,
    /// Into the log, with the line that every call has.
    Log,
    /// To the end of a file, one line for each call.
    File(PathBuf),
}

/// How a line of an audit file looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditFormat {
    /// A flat JSON object.
    Json,
    /// A FHIR R4 `AuditEvent`.
    Fhir,
}

impl<'de> Deserialize<'de> for AuditSink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match (text.as_str(), text.strip_prefix("file:")) {
            ("off", _) => Ok(Self::Off),
            ("log", _) => Ok(Self::Log),
            (_, Some(file)) if !file.is_empty() => Ok(Self::File(PathBuf::from(file))),
            _ => Err(D::Error::custom(
                "expected \"off\", \"log\" or \"file:FILE\"",
            )),
        }
    }
}
