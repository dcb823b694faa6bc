//! `sid-cds codes check`: which codes of a hospital the program knows, and which only look it.

mod list;
mod server;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use figment::value::magic::RelativePathBuf;
use serde::Serialize;
use serde_json::Value;

use super::{Failure, charts, print};
use crate::{
    chart::survey::{Row, Survey},
    config::Config,
    server::terminology,
};

/// Exit code when a code looks like one that decides and is not mapped.
const NOT_MAPPED: u8 = 3;

/// The arguments of `codes`.
#[derive(Debug, Args)]
pub struct Codes {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell which codes of files or of a FHIR server the program knows, which it does not, and which of
    /// these look like IgG, IgA, IgM, CAR-T, a bispecific antibody, a transplant or immunoglobulin.
    ///
    /// Exit code 0: none looks so; 3: some do and are not mapped; 1: something could not be read. What is
    /// printed are codes, their names and counts: no text of a record, no id, no date.
    Check(Check),
}

#[derive(Debug, Args)]
struct Check {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// A file with the site's own codes, as in the configuration; may be repeated.
    #[arg(long = "terminology", value_name = "FILE")]
    terminology_files: Vec<PathBuf>,
    /// The system of the codes of a list that has no column for it.
    #[arg(long, value_name = "URI")]
    system: Option<String>,
    /// A header for the FHIR server, `Name: value`; may be repeated. A bearer token is taken from the
    /// environment, `FHIR_TOKEN`.
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// Pages of each search of the FHIR server.
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    pages: usize,
    /// A Bundle, resource, ValueSet, CodeSystem, ConceptMap or CDS Hooks request as JSON; NDJSON; a list
    /// of codes as CSV with a header (system, code, display); `-` for standard input; or the base URL of
    /// a FHIR R4 server.
    #[arg(required = true, value_name = "FILE|FHIR-URL")]
    sources: Vec<PathBuf>,
}

/// The report as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    known: usize,
    unknown: usize,
    not_mapped: usize,
    codes: Vec<Row>,
}

/// Runs a subcommand of `codes`.
pub fn run(arguments: &Codes) -> Result<ExitCode, Failure> {
    let Command::Check(check) = &arguments.command;
    let config = Config::load(None)?;
    let configured = config.terminology_files.iter();
    let configured = configured.map(RelativePathBuf::relative);
    let terminology = terminology::load(configured.chain(check.terminology_files.clone()))?;
    let mut survey = Survey::new(&terminology);
    let mut failures = Vec::new();
    for source in &check.sources {
        let read = match source.to_str().filter(|text| is_url(text)) {
            Some(url) => server::read(url, &check.headers, check.pages, &mut survey),
            None => file(source, check.system.as_deref(), &mut survey),
        };
        if let Err(reason) = read {
            failures.push(format!("{}: {reason}", source.display()));
        }
    }
    let rows = survey.rows();
    let not_mapped = rows.iter().filter(|row| !row.looks_like.is_empty()).count();
    let known = rows.iter().filter(|row| !row.sets.is_empty()).count();
    let report = Report {
        known,
        unknown: rows.len() - known,
        not_mapped,
        codes: rows,
    };
    print(&if check.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        table(&report)
    })?;
    if !failures.is_empty() {
        return Err(Failure(failures.join("\n")));
    }
    Ok(if not_mapped > 0 {
        ExitCode::from(NOT_MAPPED)
    } else {
        ExitCode::SUCCESS
    })
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn file(path: &Path, system: Option<&str>, survey: &mut Survey<'_>) -> Result<(), String> {
    let text = charts::text(path)?;
    let start = text.trim_start();
    if !start.starts_with(['{', '[']) {
        return list::read(&text, system, survey);
    }
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        return add(&value, survey);
    }
    // Not one document: a resource a line, or broken.
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // serde_json's own words may hold a part of the file: only the place goes out.
        let value: Value = serde_json::from_str(line)
            .map_err(|e| format!("not JSON: line {}, column {}", number + 1, e.column()))?;
        add(&value, survey).map_err(|reason| format!("line {}: {reason}", number + 1))?;
    }
    Ok(())
}

fn add(value: &Value, survey: &mut Survey<'_>) -> Result<(), String> {
    let resources = match value {
        Value::Array(resources) => resources.as_slice(),
        one => std::slice::from_ref(one),
    };
    for resource in resources {
        if !survey.add(resource) {
            return Err("neither a FHIR resource nor a CDS Hooks request".to_owned());
        }
    }
    Ok(())
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "{} codes are known, {} are not. Of these, {} look like codes that decide and are not mapped.\n",
        report.known, report.unknown, report.not_mapped
    );
    if report.codes.is_empty() {
        return text;
    }
    let lines: Vec<[String; 6]> = report.codes.iter().map(line).collect();
    let header = ["", "USES", "ELEMENT", "SYSTEM", "CODE", "NAME"].map(str::to_owned);
    let width = |column: usize| {
        let cells = lines.iter().chain([&header]).map(|line| &line[column]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    text.push('\n');
    for line in [&header].into_iter().chain(&lines) {
        let cells = line.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn line(row: &Row) -> [String; 6] {
    let what = if row.sets.is_empty() {
        let looks: Vec<&str> = row.looks_like.iter().map(|look| look.name()).collect();
        match looks.as_slice() {
            [] => "not known".to_owned(),
            looks => format!("NOT MAPPED, looks like {}", looks.join(", ")),
        }
    } else {
        row.sets.join(", ")
    };
    [
        what,
        row.count.to_string(),
        row.element.clone(),
        row.system.clone().unwrap_or_else(|| "(none)".to_owned()),
        row.code.clone().unwrap_or_else(|| "(text only)".to_owned()),
        row.display.clone().unwrap_or_default(),
    ]
}
