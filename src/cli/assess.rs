//! `sid-cds assess`: the assessment of patients from files, as JSON or as a clinician would read it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{Failure, LanguageArg, charts::Charts, print};
use crate::{
    cards::{self, Language, Writing, card::Card},
    cds_hooks::service::Services,
    chart::Chart,
    guideline::{self, assessment::Assessment, hooks::Hook},
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

/// Assesses each file. One that cannot be read does not keep the others from being assessed, and
/// makes the command fail.
pub fn run(arguments: &Assess) -> Result<(), Failure> {
    let charts = Charts::new(arguments.as_of, &arguments.terminology_files)?;
    let mut failures = Vec::new();
    for file in &arguments.files {
        match charts.read(file) {
            Ok(chart) => print(&report(&chart, &charts, arguments, file)?)?,
            Err(reason) => failures.push(reason),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Failure(failures.join("\n")))
    }
}

fn report(
    chart: &Chart,
    charts: &Charts,
    arguments: &Assess,
    file: &Path,
) -> Result<String, Failure> {
    let hook = arguments.hook.map(Hook::from);
    let services = &charts.services;
    let mut assessment = guideline::assess(&chart.facts, charts.as_of);
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
