//! What a cohort comes to: populations and starts, stops and reviews that are due, data problems, codes
//! that are not mapped.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};

use parquet::{file::reader::FileReader, file::serialized_reader::SerializedFileReader};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{
    CohortError,
    row::Row,
    write::{self, Format},
};

/// Counts over the rows of a cohort.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Patients.
    pub patients: u64,
    /// Patients by population and start conclusion.
    pub starts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Patients on immunoglobulin: yes, no, not known.
    pub on_immunoglobulin: BTreeMap<String, u64>,
    /// Patients by course conclusion.
    pub courses: BTreeMap<String, u64>,
    /// Patients by card.
    pub cards: BTreeMap<String, u64>,
    /// Patients by what is missing.
    pub missing: BTreeMap<String, u64>,
    /// Patients by kind of data problem.
    pub problems: BTreeMap<String, u64>,
    /// The codes that look like what decides and are in no value set, those of most patients first.
    #[serde(serialize_with = "most_first")]
    pub unmapped: BTreeMap<UnmappedCode, Uses>,
}

/// A code that nobody has mapped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnmappedCode {
    /// What it looks like.
    pub looks_like: Vec<String>,
    /// The element.
    pub element: String,
    /// Its system.
    pub system: Option<String>,
    /// The code; `None` for text only.
    pub code: Option<String>,
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Uses {
    /// Patients who have it.
    pub patients: u64,
    /// How often they have it.
    pub uses: u64,
}

impl Uses {
    fn add(&mut self, other: Self) {
        self.patients += other.patients;
        self.uses += other.uses;
    }
}

fn sorted(unmapped: &BTreeMap<UnmappedCode, Uses>) -> Vec<(&UnmappedCode, Uses)> {
    let mut codes: Vec<_> = unmapped.iter().map(|(code, uses)| (code, *uses)).collect();
    codes.sort_by_key(|(_, uses)| std::cmp::Reverse((uses.patients, uses.uses)));
    codes
}

fn most_first<S: Serializer>(
    unmapped: &BTreeMap<UnmappedCode, Uses>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        code: &'a UnmappedCode,
        #[serde(flatten)]
        uses: Uses,
    }
    let lines = sorted(unmapped);
    serializer.collect_seq(lines.iter().map(|(code, uses)| Line { code, uses: *uses }))
}

/// Course conclusions that ask somebody to do something.
const DUE: [&str; 7] = [
    "STOP-DUE",
    "STOP-OVERDUE",
    "STOP-REVIEW",
    "STOP-WINDOW",
    "REVIEW3",
    "REVIEW6",
    "REVIEW6M",
];

impl Summary {
    /// Counts the rows of a file that [`write::write`] wrote.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no such file.
    pub fn of(path: &Path) -> Result<Self, CohortError> {
        let mut summary = Self::default();
        match Format::of(path) {
            Some(Format::Ndjson) => write::each(&[path.to_owned()], 1, |rows| {
                rows.iter().for_each(|row| summary.add(row));
                Ok(())
            })?,
            Some(Format::Csv) => csv_rows(path, |row| summary.add(&row))?,
            Some(Format::Parquet) => parquet_rows(path, |row| summary.add(&row))?,
            None => return Err(CohortError::Kind(path.to_owned())),
        }
        Ok(summary)
    }

    fn add(&mut self, row: &Row) {
        self.patients += 1;
        let start = row.start.clone().unwrap_or_default();
        let population = row.population.clone().unwrap_or_default();
        let starts = self.starts.entry(population).or_default();
        *starts.entry(start).or_default() += 1;
        let on = match row.on_immunoglobulin {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        *self.on_immunoglobulin.entry(on.to_owned()).or_default() += 1;
        for (counts, codes) in [
            (&mut self.courses, &row.course),
            (&mut self.cards, &row.cards),
            (&mut self.missing, &row.missing),
            (&mut self.problems, &row.problems),
        ] {
            for code in codes {
                *counts.entry(code.clone()).or_default() += 1;
            }
        }
        for one in &row.unmapped {
            let code = UnmappedCode {
                looks_like: one.looks_like.clone(),
                element: one.element.clone(),
                system: one.system.clone(),
                code: one.code.clone(),
            };
            let uses = Uses {
                patients: 1,
                uses: one.count,
            };
            self.unmapped.entry(code).or_default().add(uses);
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("Patients: {}\n", self.patients);
        let mut table = |title: &str, counts: &mut dyn Iterator<Item = (String, u64)>| {
            let mut counts = counts.peekable();
            if counts.peek().is_some() {
                let _ = write!(text, "\n{title}\n");
            }
            for (name, count) in counts {
                let _ = writeln!(text, "  {name:<32}{count:>12}");
            }
        };
        let mut starts = self.starts.iter().flat_map(|(population, starts)| {
            starts
                .iter()
                .map(move |(start, count)| (format!("{population}  {start}"), *count))
        });
        table("Population and start", &mut starts);
        let all = |counts: &BTreeMap<String, u64>| -> Vec<(String, u64)> {
            counts.iter().map(|(name, n)| (name.clone(), *n)).collect()
        };
        table(
            "On immunoglobulin",
            &mut all(&self.on_immunoglobulin).into_iter(),
        );
        let (due, other): (Vec<_>, Vec<_>) = all(&self.courses)
            .into_iter()
            .partition(|(name, _)| DUE.contains(&name.as_str()));
        table("Due now", &mut due.into_iter());
        table("Other course conclusions", &mut other.into_iter());
        table("Cards", &mut all(&self.cards).into_iter());
        table("Missing", &mut all(&self.missing).into_iter());
        table("Data problems", &mut all(&self.problems).into_iter());
        if !self.unmapped.is_empty() {
            text.push_str(
                "\nCodes that are not mapped (patients, uses, what it looks like, element, code)\n",
            );
        }
        for (code, Uses { patients, uses }) in sorted(&self.unmapped) {
            let looks_like = code.looks_like.join(",");
            let system = code.system.as_deref().unwrap_or("(no system)");
            let element = &code.element;
            let code = code.code.as_deref().unwrap_or("(text only)");
            let _ = writeln!(
                text,
                "  {patients:>10}{uses:>10}  {looks_like:<16}{element}  {system}|{code}"
            );
        }
        f.write_str(&text)
    }
}

fn damaged(path: &Path) -> CohortError {
    CohortError::Damaged(path.to_owned())
}

fn csv_rows(path: &Path, mut take: impl FnMut(Row)) -> Result<(), CohortError> {
    let mut reader = csv::Reader::from_path(path).map_err(|_| damaged(path))?;
    let names = reader.headers().map_err(|_| damaged(path))?.clone();
    for record in reader.records() {
        let record = record.map_err(|_| damaged(path))?;
        let cells = names.iter().zip(record.iter());
        let cells = cells.map(|(name, cell)| (name.to_owned(), Value::from(cell)));
        take(unflatten(cells.collect()).ok_or_else(|| damaged(path))?);
    }
    Ok(())
}

fn parquet_rows(path: &Path, mut take: impl FnMut(Row)) -> Result<(), CohortError> {
    let file = std::fs::File::open(path).map_err(CohortError::io(path))?;
    let reader = SerializedFileReader::new(file).map_err(|_| damaged(path))?;
    for row in reader.get_row_iter(None).map_err(|_| damaged(path))? {
        let row = row.map_err(|_| damaged(path))?;
        let Value::Object(cells) = row.to_json_value() else {
            return Err(damaged(path));
        };
        take(unflatten(cells).ok_or_else(|| damaged(path))?);
    }
    Ok(())
}

/// A row from its cells: lists are joined by `;`, and an empty cell holds nothing.
fn unflatten(cells: Map<String, Value>) -> Option<Row> {
    const LISTS: [&str; 6] = [
        "alternatives",
        "recommendations",
        "missing",
        "course",
        "cards",
        "problems",
    ];
    let mut members = Map::new();
    for (name, cell) in cells {
        let cell = match cell {
            Value::Null => continue,
            Value::String(text) if text.is_empty() => continue,
            Value::String(text) if LISTS.contains(&name.as_str()) => {
                text.split(';').map(Value::from).collect()
            }
            Value::String(text) if name == "unmapped" => serde_json::from_str(&text).ok()?,
            Value::String(text) if name == "winterDays" => Value::from(text.parse::<i32>().ok()?),
            Value::String(text) if name == "onImmunoglobulin" => {
                Value::from(text.parse::<bool>().ok()?)
            }
            cell => cell,
        };
        members.insert(name, cell);
    }
    serde_json::from_value(Value::Object(members)).ok()
}

/// Where the rows of several shards lie.
pub fn of_all(paths: &[PathBuf]) -> Result<Summary, CohortError> {
    let mut all = Summary::default();
    for path in paths {
        all.merge(Summary::of(path)?);
    }
    Ok(all)
}

impl Summary {
    fn merge(&mut self, other: Self) {
        self.patients += other.patients;
        for (population, starts) in other.starts {
            let own = self.starts.entry(population).or_default();
            for (start, count) in starts {
                *own.entry(start).or_default() += count;
            }
        }
        for (own, others) in [
            (&mut self.on_immunoglobulin, other.on_immunoglobulin),
            (&mut self.courses, other.courses),
            (&mut self.cards, other.cards),
            (&mut self.missing, other.missing),
            (&mut self.problems, other.problems),
        ] {
            for (code, count) in others {
                *own.entry(code).or_default() += count;
            }
        }
        for (code, uses) in other.unmapped {
            self.unmapped.entry(code).or_default().add(uses);
        }
    }
}
