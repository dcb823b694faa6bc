//! Charts from files, for `assess` and `timeline`: a FHIR Bundle or a CDS Hooks request each.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use figment::value::magic::RelativePathBuf;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Failure;
use crate::{
    cds_hooks::{request::Request, service::Services},
    chart::{self, Chart, Input, Reading, fhir_version, terminology::Terminology},
    config::Config,
    server::{clock::Clock, terminology},
};

/// With what files are read: configuration, services, codes, and the day of the evaluation.
pub struct Charts {
    config: Config,
    pub services: Services,
    terminology: Terminology,
    pub as_of: Date,
}

impl Charts {
    /// On a day, today without one, with a site's own codes beside those of the configuration.
    pub fn new(as_of: Option<Date>, terminology_files: &[PathBuf]) -> Result<Self, Failure> {
        let config = Config::load(None)?;
        let configured = config.terminology_files.iter();
        let configured = configured.map(RelativePathBuf::relative);
        let terminology = terminology::load(configured.chain(terminology_files.to_vec()))?;
        let as_of = as_of.unwrap_or_else(|| Clock::System.today(&config.time_zone.0));
        Ok(Self {
            config,
            services: Services::built_in()?,
            terminology,
            as_of,
        })
    }

    /// The chart of one file; `-` is standard input. What is wrong with the file names it.
    pub fn read(&self, file: &Path) -> Result<Chart, String> {
        let reading = Reading {
            as_of: self.as_of,
            zone: &self.config.time_zone.0,
            terminology: &self.terminology,
        };
        text(file)
            .and_then(|text| chart_of(&text, &self.services, reading))
            .map_err(|reason| format!("{}: {reason}", file.display()))
    }
}

/// Enough of a file to know what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind<'a> {
    #[serde(borrow, default)]
    resource_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    hook: Option<&'a RawValue>,
}

pub(super) fn text(file: &Path) -> Result<String, String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| e.to_string())?;
        return Ok(text);
    }
    fs::read_to_string(file).map_err(|e| e.to_string())
}

fn chart_of(text: &str, services: &Services, reading: Reading<'_>) -> Result<Chart, String> {
    // serde_json's own words may hold a part of the file: only the place goes out.
    let record: &RawValue = serde_json::from_str(text)
        .map_err(|e| format!("not JSON: line {}, column {}", e.line(), e.column()))?;
    let expected = "neither a FHIR Bundle nor a CDS Hooks request";
    let kind: Kind<'_> = serde_json::from_str(text).map_err(|_| expected.to_owned())?;
    let word = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    if kind.resource_type.and_then(word).as_deref() == Some("Bundle") {
        if let Some(earlier) = fhir_version::earlier(record) {
            return Err(format!("{}: {earlier}", earlier.path));
        }
        return Ok(chart::read(&Input::Record(record), None, None, reading));
    }
    let hook = kind.hook.and_then(word).ok_or(expected)?;
    let service = services
        .iter()
        .find(|service| service.id() == format!("sid-{hook}"))
        .ok_or("a request of a hook that no service answers")?;
    let request = Request::read(service, text.as_bytes()).map_err(|outcome| {
        let faults = outcome.issues().iter().map(|issue| {
            format!(
                "\n  {}: {}",
                issue.expression().unwrap_or("request"),
                issue.text()
            )
        });
        format!(
            "not a request that {} accepts:{}",
            service.id(),
            faults.collect::<String>()
        )
    })?;
    Ok(request.chart(reading))
}
