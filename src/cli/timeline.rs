//! `sid-cds timeline`: one patient's course as a picture, or as the table that says the same.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::{Failure, LanguageArg, charts::Charts, print};
use crate::{cards::Language, guideline, timeline};

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
    let charts = Charts::new(arguments.as_of, &arguments.terminology_files)?;
    let chart = charts.read(&arguments.file).map_err(Failure)?;
    let assessment = guideline::assess(&chart.facts, charts.as_of);
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
