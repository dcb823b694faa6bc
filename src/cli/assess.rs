//! `sid-cds assess`: the assessment of patients from files, as JSON or as a clinician would read it.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use figment::value::magic::RelativePathBuf;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Failure, LanguageArg, print};
use crate::{
    cards::{self, Language, Writing, card::Card},
    cds_hooks::{request::Request, service::Services},
    chart::{self, Chart, Input, Reading, fhir_version},
    config::Config,
    guideline::{self, assessment::Assessment, hooks::Hook},
    server::{clock::Clock, terminology},
};

/// The arguments of `assess`.
#[derive(Debug, Args)]
pub struct Assess {
    /// The day of the evaluation, YYYY-MM-DD; today without it.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Only the cards that this hook would show; every card of the state without it.
    #[arg(long, value_name = "HOOK")]
    hook: Option<HookArg>,
    /// Print the cards as a clinician would read them, instead of the assessment as JSON.
    #[arg(long)]
    text: bool,
    /// Language of `--text`; Danish without it.
    #[arg(long)]
    lang: Option<LanguageArg>,
    /// A file with the site's own codes, as in the configuration; may be repeated.
    #[arg(long = "terminology", value_name = "FILE")]
    terminology_files: Vec<PathBuf>,
    /// A FHIR Bundle with a patient's whole record, or a CDS Hooks request; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HookArg {
    /// A chart is opened.
    PatientView,
    /// An order is picked.
    OrderSelect,
    /// An order is signed.
    OrderSign,
}

impl From<HookArg> for Hook {
    fn from(argument: HookArg) -> Self {
        match argument {
            HookArg::PatientView => Self::PatientView,
            HookArg::OrderSelect => Self::OrderSelect,
            HookArg::OrderSign => Self::OrderSign,
        }
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

/// Assesses each file. One that cannot be read does not keep the others from being assessed, and
/// makes the command fail.
pub fn run(arguments: &Assess) -> Result<(), Failure> {
    let config = Config::load(None)?;
    let services = Services::built_in()?;
    let configured = config.terminology_files.iter();
    let configured = configured.map(RelativePathBuf::relative);
    let terminology = terminology::load(configured.chain(arguments.terminology_files.clone()))?;
    let zone = &config.time_zone.0;
    let as_of = arguments.as_of.unwrap_or_else(|| Clock::System.today(zone));
    let reading = Reading {
        as_of,
        zone,
        terminology: &terminology,
    };
    let mut failures = Vec::new();
    for file in &arguments.files {
        let name = file.display();
        match read(file).and_then(|text| chart_of(&text, &services, reading)) {
            Ok(chart) => print(&report(&chart, as_of, &services, arguments, file)?)?,
            Err(reason) => failures.push(format!("{name}: {reason}")),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Failure(failures.join("\n")))
    }
}

pub(super) fn read(file: &Path) -> Result<String, String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| e.to_string())?;
        return Ok(text);
    }
    fs::read_to_string(file).map_err(|e| e.to_string())
}

pub(super) fn chart_of(
    text: &str,
    services: &Services,
    reading: Reading<'_>,
) -> Result<Chart, String> {
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

fn report(
    chart: &Chart,
    as_of: Date,
    services: &Services,
    arguments: &Assess,
    file: &Path,
) -> Result<String, Failure> {
    let hook = arguments.hook.map(Hook::from);
    let mut assessment = guideline::assess(&chart.facts, as_of);
    if arguments.text {
        let language = arguments
            .lang
            .map_or_else(Language::default, Language::from);
        let text = as_text(&assessment, chart, language, hook, services);
        return Ok(if arguments.files.len() > 1 {
            format!("== {} ==\n{text}\n", file.display())
        } else {
            format!("{text}\n")
        });
    }
    if hook.is_some() {
        let shown = written(&assessment, chart, Language::default(), hook, services);
        assessment.cards = shown.iter().map(|card| card.code).collect();
    }
    let json = if arguments.files.len() > 1 {
        serde_json::to_string(&assessment)?
    } else {
        serde_json::to_string_pretty(&assessment)?
    };
    Ok(json + "\n")
}

fn as_text(
    assessment: &Assessment,
    chart: &Chart,
    language: Language,
    hook: Option<Hook>,
    services: &Services,
) -> String {
    let cards = written(assessment, chart, language, hook, services);
    if cards.is_empty() {
        return match language {
            Language::Da => "Retningslinjen har intet at sige.",
            Language::En => "The guideline has nothing to say.",
        }
        .to_owned();
    }
    cards::as_text(&cards, language)
}

fn written(
    assessment: &Assessment,
    chart: &Chart,
    language: Language,
    hook: Option<Hook>,
    services: &Services,
) -> Vec<Card> {
    let service = services.answering(hook.unwrap_or(Hook::PatientView));
    let service = service.map_or("", |service| service.id());
    cards::write(
        assessment,
        chart,
        Writing {
            language,
            service,
            hook,
        },
    )
}
