//! `sid-cds evidence` and `sid-cds comparators`: the studies and the consensus reports, with words.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Failure, LanguageArg, print};
use crate::cards::{
    Language,
    evidence::{self, JudgementView, ReportView, StudyView},
};

/// The arguments of both commands.
#[derive(Debug, Args)]
pub struct Listing {
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Language; Danish without it.
    #[arg(long)]
    lang: Option<LanguageArg>,
}

impl Listing {
    fn language(&self) -> Language {
        self.lang.map_or_else(Language::default, Language::from)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// As a reader would have it.
    Text,
    /// JSON.
    Json,
}

#[derive(Serialize)]
struct Evidence {
    judgement: JudgementView,
    studies: Vec<StudyView>,
}

/// Prints the studies.
pub fn studies(arguments: &Listing) -> Result<(), Failure> {
    let language = arguments.language();
    let evidence = Evidence {
        judgement: evidence::judgement(language),
        studies: evidence::studies(language),
    };
    if let Format::Json = arguments.format {
        return print(&(serde_json::to_string_pretty(&evidence)? + "\n"));
    }
    let mut out = format!("{}\n", evidence.judgement.text);
    for view in &evidence.studies {
        let StudyView {
            study,
            design_text,
            population,
            findings,
            limits,
            ..
        } = view;
        let (citation, reference, patients) = (study.citation, study.reference, study.patients);
        out.push_str(&format!(
            "\n{citation} [{reference}], n = {patients}, {design_text}\n  {population}\n  {findings}\n  {limits}\n"
        ));
    }
    print(&out)
}

/// Prints the reports.
pub fn reports(arguments: &Listing) -> Result<(), Failure> {
    let reports = evidence::reports(arguments.language());
    if let Format::Json = arguments.format {
        return print(&(serde_json::to_string_pretty(&reports)? + "\n"));
    }
    let labels = match arguments.language() {
        Language::Da => ["Start", "Stop", "Dosis", "Børn", "Bemærk"],
        Language::En => ["Start", "Stop", "Dose", "Children", "Note"],
    };
    let mut out = String::new();
    for view in &reports {
        let ReportView {
            id: _,
            name,
            citation,
            reference,
            table,
            quality_text,
            scope,
            ..
        } = view;
        out.push_str(&format!(
            "{name}: {citation} [{reference}], {table}, AGREE II {quality_text}\n  {scope}\n"
        ));
        let [start, stop, dose, children, note] = labels;
        for (label, words) in [
            (start, view.start),
            (stop, view.stop),
            (dose, view.dose),
            (children, view.children),
        ] {
            out.push_str(&format!("  {label}: {words}\n"));
        }
        for words in &view.notes {
            out.push_str(&format!("  {note}: {words}\n"));
        }
        out.push('\n');
    }
    print(&out)
}
