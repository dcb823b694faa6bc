//! The terminology that the program runs with: its own codes, and those of the site's files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::chart::terminology::{LoadError, SiteError, SiteFile, Terminology};

/// Why the terminology cannot be used.
#[derive(Debug, Error)]
pub enum TerminologyError {
    /// A value set that the program is built with.
    #[error(transparent)]
    BuiltIn(#[from] LoadError),
    /// A file that is not there, or that may not be read.
    #[error("terminology file {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Files that contradict the program's own codes, or that are none.
    #[error("terminology files:\n{0}")]
    Site(#[from] SiteError),
}

/// The program's own codes with those of `files`.
///
/// # Errors
///
/// A file cannot be read, or contradicts what is there: then none of it may be used.
pub fn load<P: AsRef<Path>>(
    files: impl IntoIterator<Item = P>,
) -> Result<Terminology, TerminologyError> {
    let mut terminology = Terminology::built_in()?;
    let mut read = Vec::new();
    for file in files {
        let file = file.as_ref();
        let json = fs::read_to_string(file).map_err(|source| TerminologyError::Read {
            file: file.to_owned(),
            source,
        })?;
        read.push((file.display().to_string(), json));
    }
    let files: Vec<SiteFile<'_>> = read
        .iter()
        .map(|(name, json)| SiteFile { name, json })
        .collect();
    terminology.add_site(&files)?;
    Ok(terminology)
}
