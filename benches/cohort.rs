//! The cohort command against reading and JSON-parsing the same export, and its memory as the export grows.
//!
//! `cargo bench --workspace --bench cohort`, about two minutes and 2 GB of disk in the folder for temporary
//! files; `-- quick` takes the smallest export only. Both are processes of their own with one thread, so
//! that a figure is one for a core.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

#[path = "support"]
mod support {
    pub mod patients;
    pub mod service;
}

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use jiff::civil::date;
use serde_json::Value;
use support::{
    patients::Patient,
    service::{machine, memory, processor},
};

/// Patients of each export, resources of each patient that no rule asks for, and how often both are run. The
/// last is of whole records, as a hospital has them.
const EXPORTS: [(usize, usize, usize); 4] = [
    (10_000, 3, 3),
    (100_000, 3, 1),
    (300_000, 3, 1),
    (1_000, 500, 3),
];

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "parse") {
        return parse(Path::new(&arguments[place + 1]));
    }
    let quick = arguments.iter().any(|argument| argument == "quick");
    println!("{}", machine());
    println!(
        "\n{:>9} {:>8} {:>7} {:>12} {:>12} {:>7} {:>7} {:>12} {:>12}",
        "patients",
        "passed",
        "MB",
        "parse MB/s",
        "cohort MB/s",
        "ratio",
        "target",
        "cohort MiB",
        "patients/s"
    );
    for (patients, passed, rounds) in EXPORTS.into_iter().take(if quick { 1 } else { usize::MAX }) {
        let folder = tempfile::tempdir().expect("a folder");
        let export = folder.path().join("export");
        let bytes = write(&export, patients, passed);
        let mut ratios = Vec::new();
        let (mut floor, mut ours) = (Run::default(), Run::default());
        for _ in 0..rounds {
            let mut command = Command::new(env::current_exe().expect("this program"));
            command.arg("parse").arg(&export);
            let parsed = run(command);
            let mut command = Command::new(env!("CARGO_BIN_EXE_sid-cds"));
            let out = folder.path().join("rows.ndjson");
            command
                .args(["cohort", "--as-of", "2026-03-16", "--jobs", "1", "--out"])
                .args([&out, &export]);
            let assessed = run(command);
            assert_eq!(lines(&out), patients, "a row a patient");
            ratios.push(parsed.processor / assessed.processor);
            floor.add(&parsed);
            ours.add(&assessed);
        }
        ratios.sort_by(f64::total_cmp);
        let all = megabytes(bytes) * count(rounds);
        println!(
            "{patients:>9} {passed:>8} {:>7.0} {:>12.0} {:>12.0} {:>7.2} {:>7} {:>12.1} {:>12.0}",
            megabytes(bytes),
            all / floor.processor,
            all / ours.processor,
            ratios[rounds / 2],
            "0.5",
            count(ours.memory) / 1024.0,
            count(patients * rounds) / ours.wall.as_secs_f64(),
        );
    }
}

/// The floor: every line read and parsed.
fn parse(export: &Path) {
    let mut line = Vec::new();
    for entry in fs::read_dir(export).expect("the export") {
        let file = fs::File::open(entry.expect("a file").path()).expect("a file");
        let mut file = BufReader::with_capacity(1 << 20, file);
        while file.read_until(b'\n', &mut line).expect("a line") > 0 {
            let value: Value = serde_json::from_slice(&line).expect("JSON");
            drop(std::hint::black_box(value));
            line.clear();
        }
    }
}

/// Writes an export of a file for each type. One patient in twenty has a haematological disease and what
/// comes with it; all have `passed` resources that no rule asks for.
fn write(export: &Path, patients: usize, passed: usize) -> usize {
    fs::create_dir_all(export).expect("a folder");
    let mut files: BTreeMap<&str, BufWriter<fs::File>> = BTreeMap::new();
    let mut bytes = 0;
    for number in 0..patients {
        let patient = Patient {
            id: format!("p{number}"),
            today: date(2026, 3, 16),
        };
        let mut resources = vec![patient.resource(), patient.relevant(9 + number * 10)];
        resources.extend((0..passed).map(|nth| patient.irrelevant(number * 4 + nth)));
        if number % 20 == 0 {
            resources.extend((0..9).map(|nth| patient.relevant(nth)));
        }
        for resource in resources {
            let file = files.entry(resource.key).or_insert_with(|| {
                let path = export.join(resource.key).with_extension("ndjson");
                BufWriter::with_capacity(1 << 20, fs::File::create(path).expect("a file"))
            });
            writeln!(file, "{}", resource.json).expect("room on the disk");
            bytes += resource.json.len() + 1;
        }
    }
    for file in files.values_mut() {
        file.flush().expect("room on the disk");
    }
    bytes
}

/// What a process took.
#[derive(Debug, Default)]
struct Run {
    wall: Duration,
    /// Seconds.
    processor: f64,
    /// Most KiB.
    memory: usize,
}

impl Run {
    fn add(&mut self, other: &Self) {
        self.wall += other.wall;
        self.processor += other.processor;
        self.memory = self.memory.max(other.memory);
    }
}

/// Runs a program, and looks every few milliseconds at what it has taken so far.
fn run(mut command: Command) -> Run {
    let begun = Instant::now();
    let mut process = command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut run = Run::default();
    loop {
        if let Some(status) = process.try_wait().expect("the program") {
            assert!(status.success(), "{status}");
            run.wall = begun.elapsed();
            return run;
        }
        // Both are gone from one moment to the next when it ends.
        run.processor = run.processor.max(processor(process.id()));
        let most = usize::try_from(memory(process.id()).1).unwrap_or_default();
        run.memory = run.memory.max(most);
        thread::sleep(Duration::from_millis(5));
    }
}

fn lines(path: &Path) -> usize {
    let file = BufReader::new(fs::File::open(path).expect("the rows"));
    file.lines().count()
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

fn megabytes(bytes: usize) -> f64 {
    count(bytes) / 1e6
}
