//! `sid-cds artefacts`: the guideline as FHIR artefacts.

use std::{fs, path::PathBuf};

use clap::Args;

use super::{Failure, print};
use crate::artefacts;

/// The arguments of `artefacts`.
#[derive(Debug, Args)]
pub struct Artefacts {
    /// Write each to a file of this folder, `Type-id.json`, instead of printing them as one Bundle.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Artefacts) -> Result<(), Failure> {
    let Some(folder) = &arguments.out else {
        return print(&(serde_json::to_string_pretty(&artefacts::bundle(None))? + "\n"));
    };
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for artefact in artefacts::ALL.iter() {
        let file = folder.join(format!("{}-{}.json", artefact.resource_type, artefact.id));
        let text = serde_json::to_string_pretty(&artefact.resource)? + "\n";
        fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    print(&format!("{} artefacts\n", artefacts::ALL.len()))
}
