//! The files of an export, and the resources in them.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use super::CohortError;

/// A plain NDJSON file is read in pieces of this size, so that one large file keeps every thread busy.
const PIECE_BYTES: u64 = 128 << 20;
/// How much is read from a file at once.
pub(super) const READ_BYTES: usize = 1 << 20;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Kind {
    /// A resource or Bundle a line.
    Lines,
    /// One resource or Bundle.
    Whole,
}

/// A file, or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Unit {
    pub path: PathBuf,
    kind: Kind,
    gzip: bool,
    /// The bytes of the piece: lines that begin in it belong to it.
    start: u64,
    end: u64,
    /// When the file was changed, so that a run does not go on with another file of the name.
    changed: Option<u128>,
}

impl Unit {
    /// How many bytes of the file it is.
    pub fn bytes(&self) -> u64 {
        self.end - self.start
    }

    /// Is it compressed?
    pub fn is_compressed(&self) -> bool {
        self.gzip
    }

    /// Hands each line (or the whole file) to `take`, with the byte at which it begins.
    pub fn read(
        &self,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), CohortError>,
    ) -> Result<(), CohortError> {
        let error = |source| CohortError::Io {
            path: self.path.clone(),
            source,
        };
        let mut file = File::open(&self.path).map_err(error)?;
        if self.kind == Kind::Lines && !self.gzip {
            return self.piece(file, take);
        }
        let mut decoder;
        let reader: &mut dyn Read = if self.gzip {
            decoder = MultiGzDecoder::new(BufReader::with_capacity(READ_BYTES, file));
            &mut decoder
        } else {
            &mut file
        };
        if self.kind == Kind::Whole {
            let mut text = Vec::new();
            reader.read_to_end(&mut text).map_err(error)?;
            return take(0, &text);
        }
        let mut lines = BufReader::with_capacity(READ_BYTES, reader);
        let (mut at, mut line) = (0, Vec::new());
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line).map_err(error)?;
            if read == 0 {
                return Ok(());
            }
            take(at, trimmed(&line))?;
            at += read as u64;
        }
    }

    fn piece(
        &self,
        mut file: File,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), CohortError>,
    ) -> Result<(), CohortError> {
        let error = |source| CohortError::Io {
            path: self.path.clone(),
            source,
        };
        // The byte before says whether a line begins here.
        let mut at = self.start.saturating_sub(1);
        file.seek(SeekFrom::Start(at)).map_err(error)?;
        let mut lines = BufReader::with_capacity(READ_BYTES, file);
        let mut line = Vec::new();
        if self.start > 0 {
            at += lines.read_until(b'\n', &mut line).map_err(error)? as u64;
        }
        while at < self.end {
            line.clear();
            let read = lines.read_until(b'\n', &mut line).map_err(error)?;
            if read == 0 {
                break;
            }
            take(at, trimmed(&line))?;
            at += read as u64;
        }
        Ok(())
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}

/// Every file of the inputs, in order of their names; a folder is searched to the bottom.
pub(super) fn units(inputs: &[PathBuf]) -> Result<Vec<Unit>, CohortError> {
    let mut units = Vec::new();
    for input in inputs {
        if input.is_dir() {
            folder(input, &mut units)?;
        } else if !file(input, &mut units)? {
            return Err(CohortError::Kind(input.clone()));
        }
    }
    if units.is_empty() {
        return Err(CohortError::NoInput);
    }
    Ok(units)
}

fn folder(folder: &Path, units: &mut Vec<Unit>) -> Result<(), CohortError> {
    let error = || CohortError::io(folder);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(error())? {
        paths.push(entry.map_err(error())?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            self::folder(&path, units)?;
        } else {
            file(&path, units)?;
        }
    }
    Ok(())
}

/// Adds a file; false when it is of no kind that is read.
fn file(path: &Path, units: &mut Vec<Unit>) -> Result<bool, CohortError> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let (name, gzip) = match name.strip_suffix(".gz") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let kind = if name.ends_with(".ndjson") {
        Kind::Lines
    } else if name.ends_with(".json") {
        Kind::Whole
    } else {
        return Ok(false);
    };
    let about = fs::metadata(path).map_err(CohortError::io(path))?;
    let changed = about
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .map(|since| since.as_nanos());
    let piece = if kind == Kind::Lines && !gzip {
        PIECE_BYTES
    } else {
        about.len().max(1)
    };
    let mut start = 0;
    loop {
        let end = (start + piece).min(about.len());
        units.push(Unit {
            path: path.to_owned(),
            kind,
            gzip,
            start,
            end,
            changed,
        });
        start = end;
        if start >= about.len() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_file_hold_each_line_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.ndjson");
        fs::write(&path, "aa\nb\n\ncccc\ndd").unwrap();
        let length = fs::metadata(&path).unwrap().len();
        for cut in 0..=length {
            let mut seen = Vec::new();
            for (start, end) in [(0, cut), (cut, length)] {
                let unit = Unit {
                    path: path.clone(),
                    kind: Kind::Lines,
                    gzip: false,
                    start,
                    end,
                    changed: None,
                };
                unit.read(|at, line| {
                    seen.push((at, String::from_utf8_lossy(line).into_owned()));
                    Ok(())
                })
                .unwrap();
            }
            let expected = [(0, "aa"), (3, "b"), (5, ""), (6, "cccc"), (11, "dd")];
            let expected = expected.map(|(at, line)| (at, line.to_owned()));
            assert_eq!(seen, expected, "cut at {cut}");
        }
    }
}
