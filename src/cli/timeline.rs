//! `sid-cds timeline`: one patient's course as a picture, or as the table that says the same.

use std::path::PathBuf;

use clap::Args;
use figment::value::magic::RelativePathBuf;
use jiff::civil::Date;

use super::{Failure, LanguageArg, assess, print};
use crate::{
    cards::Language,
    cds_hooks::service::Services,
    chart::Reading,
    config::Config,
    guideline,
    server::{clock::Clock, terminology},
    timeline,
};

/// The arguments of `timeline`.
#[derive(Debug, Args)]
pub struct Timeline {
    /// The day of the evaluation, YYYY-MM-DD; today without it.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Language; Danish without it.
    #[arg(long)]
    lang: Option<LanguageArg>,
    /// Print the table instead of the picture: a line for each finding, tabs between the columns.
    #[arg(long)]
    table: bool,
    /// A file with a site's own codes, as in `terminology-files` of the configuration; may be repeated.
    #[arg(long = "terminology", value_name = "FILE")]
    terminology_files: Vec<PathBuf>,
    /// A FHIR Bundle with a patient's whole record, or a CDS Hooks request; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Prints the timeline.
pub fn run(arguments: &Timeline) -> Result<(), Failure> {
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
    let chart = assess::read(&arguments.file)
        .and_then(|text| assess::chart_of(&text, &services, reading))
        .map_err(|reason| Failure(format!("{}: {reason}", arguments.file.display())))?;
    let assessment = guideline::assess(&chart.facts, as_of);
    let timeline = timeline::Timeline::new(&chart, &assessment);
    let language = arguments
        .lang
        .map_or_else(Language::default, Language::from);
    print(&if arguments.table {
        timeline.text(language)
    } else {
        timeline.svg(language)
    })
}
