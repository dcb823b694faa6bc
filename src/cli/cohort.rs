//! `sid-cds cohort`: every patient of an export, a row each; and what the rows come to.

use std::{fs, num::NonZeroUsize, path::PathBuf, thread};

use clap::{Args, Subcommand, ValueEnum};
use figment::value::magic::RelativePathBuf;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use uuid::Uuid;

use super::{Failure, print};
use crate::{
    chart::Reading,
    cohort::{
        self, Plan, Shard, Tally, summary,
        write::{self, Format},
    },
    config::Config,
    server::{clock::Clock, terminology},
};

/// The arguments of `cohort`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Cohort {
    #[command(subcommand)]
    command: Option<CohortCommand>,
    /// The day of the evaluation, YYYY-MM-DD; today without it.
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Where the rows go; .ndjson, .csv or .parquet says in which format.
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
    /// The format, where the name of the file does not say it.
    #[arg(long)]
    format: Option<FormatArg>,
    /// Only one of n equal parts of the patients, i/n with i from 0: the other parts run elsewhere.
    #[arg(long, default_value_t = Shard::ALL, value_name = "I/N")]
    shard: Shard,
    /// The export is the whole record: a type without a resource in it is "none", not "not exported".
    #[arg(long)]
    complete: bool,
    /// A file with the site's own codes, as in the configuration; may be repeated.
    #[arg(long = "terminology", value_name = "FILE")]
    terminology_files: Vec<PathBuf>,
    /// The folder for the sorted export, as large as what can bear on a decision; beside the rows
    /// without it. A run that was interrupted goes on in it. It is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    work: Option<PathBuf>,
    /// Threads; as many as the machine has cores without it.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// FHIR NDJSON files (.ndjson, .ndjson.gz), Bundles (.json, .json.gz), or folders of them.
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum CohortCommand {
    /// What the rows come to: populations and starts, stops and reviews that are due, data problems, codes
    /// that are not mapped.
    Summary(Summary),
}

#[derive(Debug, Args)]
struct Summary {
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    /// The rows, one file or one for each shard.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// A JSON object a line.
    Ndjson,
    /// A header and a line a patient.
    Csv,
    /// Columns, compressed.
    Parquet,
}

impl From<FormatArg> for Format {
    fn from(argument: FormatArg) -> Self {
        match argument {
            FormatArg::Ndjson => Self::Ndjson,
            FormatArg::Csv => Self::Csv,
            FormatArg::Parquet => Self::Parquet,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Cohort) -> Result<(), Failure> {
    match &arguments.command {
        Some(CohortCommand::Summary(summary)) => summarise(summary),
        None => assess(arguments),
    }
}

fn summarise(arguments: &Summary) -> Result<(), Failure> {
    let summary = summary::of_all(&arguments.files)?;
    if arguments.json {
        return print(&(serde_json::to_string_pretty(&summary)? + "\n"));
    }
    print(&summary.to_string())
}

fn assess(arguments: &Cohort) -> Result<(), Failure> {
    let out = arguments.out.clone().ok_or("--out is missing")?;
    let format = match (arguments.format, Format::of(&out)) {
        (Some(format), _) => format.into(),
        (None, Some(format)) => format,
        (None, None) => {
            return Err(Failure::from(
                "--out: expected a name that ends in .ndjson, .csv or .parquet, or --format",
            ));
        }
    };
    let config = Config::load(None)?;
    let configured = config.terminology_files.iter();
    let files: Vec<PathBuf> = configured
        .map(RelativePathBuf::relative)
        .chain(arguments.terminology_files.clone())
        .collect();
    let terminology = terminology::load(&files)?;
    let mut site_codes = Vec::new();
    for file in &files {
        site_codes.extend(fs::read(file)?);
    }
    let site_codes = Uuid::new_v5(&Uuid::NAMESPACE_OID, &site_codes).to_string();
    let zone = &config.time_zone.0;
    let work = arguments
        .work
        .clone()
        .unwrap_or_else(|| out.with_added_extension("work"));
    let progress = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed}  {eta} left")
    {
        progress.set_style(style);
    }
    let plan = Plan {
        inputs: &arguments.inputs,
        reading: Reading {
            as_of: arguments.as_of.unwrap_or_else(|| Clock::System.today(zone)),
            zone,
            terminology: &terminology,
        },
        site_codes: &site_codes,
        shard: arguments.shard,
        complete: arguments.complete,
        work: &work,
        jobs: arguments
            .jobs
            .unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)),
        progress: &progress,
    };
    let (work, tally) = cohort::run(&plan)?;
    let rows = write::write(&work.all_rows(), &out, format)?;
    progress.finish_and_clear();
    work.remove()?;
    report(rows, &tally)
}

/// What was lost is said, and makes the command fail: the rows are there, but not of everything.
fn report(rows: u64, tally: &Tally) -> Result<(), Failure> {
    print(&format!("{rows} patients, {} resources\n", tally.items))?;
    if tally.lost() == 0 {
        return Ok(());
    }
    let mut text = format!(
        "not used: {} unreadable, {} without a patient, {} Bundles of several patients, such as",
        tally.unreadable, tally.without_patient, tally.several_patients
    );
    for place in &tally.places {
        text += "\n  ";
        text += place;
    }
    Err(Failure(text))
}
