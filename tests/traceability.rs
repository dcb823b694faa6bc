//! Every recommendation, hazard, parameter and protocol rule leads to code and to a test, and
//! `docs/traceability.md` and `docs/conformance.md` say where. What it says is measured: the files are searched, the vignettes and fixtures assessed.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "traceability/conformance.rs"]
mod conformance;
#[path = "support/expected.rs"]
mod expected;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "vignettes/record.rs"]
mod record;
#[path = "traceability/registry.rs"]
mod registry;
#[path = "support/chart.rs"]
mod support;
#[path = "vignettes/table.rs"]
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use registry::{Kind, NOT_YET, RECOMMENDATIONS};
use serde_json::Value;
use sid_cds::{
    cards::{self, Language, Writing},
    chart::Chart,
    guideline::{assess, assessment::Assessment, parameters},
};

/// Most vignettes that a row names; the number of the others follows.
const NAMED: usize = 6;

/// What was found of one recommendation.
#[derive(Default)]
struct Found {
    /// Files of `src` that name it, tests aside.
    files: BTreeSet<String>,
    cards: BTreeSet<String>,
    /// Where a conclusion names it.
    decisive: Places,
    /// Where a card rests on it or says it.
    said: Places,
}

/// Vignettes and fixtures, in their order.
#[derive(Default)]
struct Places {
    vignettes: Vec<String>,
    fixtures: Vec<String>,
}

impl Found {
    /// The places that count: a rule must decide, words must be said.
    fn places(&self, kind: Kind) -> &Places {
        match kind {
            Kind::Rule => &self.decisive,
            Kind::Words | Kind::Choice(_) | Kind::Outside(_) => &self.said,
        }
    }
}

#[test]
fn every_recommendation_has_code_and_a_test() {
    let found = found();
    let tests = tests();
    let mut faults = String::new();
    let mut rows = String::new();
    for (index, (id, subject, kind)) in RECOMMENDATIONS.iter().enumerate() {
        assert_eq!(*id, format!("REC-{:02}", index + 1));
        let nothing = Found::default();
        let of_it = found.get(*id).unwrap_or(&nothing);
        let lacks = lacking(*kind, of_it, &tests);
        if NOT_YET.contains(id) {
            if lacks.is_none() {
                let _ = writeln!(faults, "{id} is covered now: take it off NOT_YET");
            }
        } else if let Some(lacks) = lacks {
            let _ = writeln!(faults, "{id} ({subject}): {lacks}");
        }
        rows.push_str(&row(id, subject, *kind, of_it));
    }
    for id in found.keys() {
        let known = RECOMMENDATIONS.iter().any(|(known, ..)| known == id);
        assert!(known, "{id} is no recommendation");
    }
    assert!(faults.is_empty(), "\n{faults}");
    expected::check("docs/traceability.md", &format!("{}{rows}", head()));
}

/// Every cell of parts and faults has an answer and a test, as `docs/faults.md` says.
#[test]
fn every_fault_has_an_answer_and_a_test() {
    let text = fs::read_to_string(root().join("docs/faults.md")).expect("docs/faults.md");
    let tests = tests();
    let mut rows = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [part, fault, answer, held_by] = cells[..] else {
            panic!("four cells: {line}");
        };
        assert!(!answer.is_empty(), "{line}");
        let named: Vec<&str> = held_by.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {line}");
        for name in named {
            assert!(tests.contains(name), "there is no test {name}: {line}");
        }
        assert!(
            rows.insert((part.to_owned(), fault.to_owned())),
            "twice: {line}"
        );
    }
    for part in ["FHIR server", "source of keys", "store"] {
        for fault in ["slow", "down", "lying", "restarting"] {
            let row = (part.to_owned(), fault.to_owned());
            assert!(rows.contains(&row), "{part}, {fault}");
        }
    }
    for what in [
        "tokens",
        "used tokens",
        "answers",
        "canaries",
        "share of a card",
        "audit trail",
    ] {
        let row = ("clock".to_owned(), format!("jumps, {what}"));
        assert!(rows.contains(&row), "clock, {what}");
    }
}

fn head() -> String {
    format!(
        "# Traceability\n\nWhich rule, card and test each recommendation of \
         [recommendations.md](guideline/recommendations.md) has. Written by `tests/traceability.rs`, which \
         fails when it is out of date or when a recommendation has no code or no test: the files are those \
         that name the recommendation, and a card, a vignette of \
         [table.md](../tests/vignettes/table.md) or a demonstration patient of \
         [fixtures](../fixtures/README.md) is listed when the recommendation is decisive there: a \
         conclusion of its assessment names it (for a rule), or a card says it (for words). To write it anew: `{}`.\n\n\
         |REC|Subject|Taken as|Code (`src/`)|Cards|Vignettes|Fixtures|\n|-|-|-|-|-|-|-|\n",
        expected::COMMAND
    )
}

fn row(id: &str, subject: &str, kind: Kind, found: &Found) -> String {
    let taken = if NOT_YET.contains(&id) {
        "**not yet**".to_owned()
    } else {
        match kind {
            Kind::Rule => "rule".to_owned(),
            Kind::Words => "words on a card".to_owned(),
            Kind::Choice(tests) => format!("choice of design, held by `{}`", tests.join("` `")),
            Kind::Outside(why) => format!("outside: {why}"),
        }
    };
    let join = |items: &BTreeSet<String>| items.iter().cloned().collect::<Vec<_>>().join(" ");
    let files: Vec<String> = found.files.iter().map(|file| format!("`{file}`")).collect();
    let places = found.places(kind);
    let mut vignettes: Vec<String> = places.vignettes.iter().take(NAMED).cloned().collect();
    if let Some(more) = places
        .vignettes
        .len()
        .checked_sub(NAMED)
        .filter(|more| *more > 0)
    {
        vignettes.push(format!("+{more}"));
    }
    format!(
        "|{id}|{subject}|{taken}|{}|{}|{}|{}|\n",
        files.join(" "),
        join(&found.cards),
        vignettes.join(" "),
        places.fixtures.join(" "),
    )
}

/// What a recommendation lacks for its kind.
fn lacking(kind: Kind, found: &Found, tests: &BTreeSet<String>) -> Option<String> {
    let decides = found
        .files
        .iter()
        .any(|file| file.starts_with("guideline/") || file.starts_with("chart/"));
    match kind {
        Kind::Rule if !decides => Some("no file of guideline or chart names it".to_owned()),
        Kind::Words if found.files.is_empty() => Some("no file names it".to_owned()),
        Kind::Rule if found.decisive.vignettes.is_empty() => {
            Some("it is decisive in no vignette".to_owned())
        }
        Kind::Words if found.said.vignettes.is_empty() => {
            Some("no vignette leads to a card that says it".to_owned())
        }
        Kind::Choice(names) => names
            .iter()
            .find(|name| !tests.contains(**name))
            .map(|name| format!("there is no test {name}")),
        Kind::Rule | Kind::Words | Kind::Outside(_) => None,
    }
}

/// Searches the source, and writes the cards of every vignette that is covered and every fixture.
fn found() -> BTreeMap<String, Found> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for (file, text) in program() {
        for (at, _) in text.match_indices("REC-") {
            // A range or a letter (`REC-11a`) counts for its number.
            let Some(id) = text.get(at..at + "REC-00".len()) else {
                continue;
            };
            if id.ends_with(|last: char| last.is_ascii_digit()) {
                found
                    .entry(id.to_owned())
                    .or_default()
                    .files
                    .insert(file.clone());
            }
        }
    }
    let not_covered = table::not_covered();
    for vignette in table::vignettes() {
        if not_covered.contains(&vignette.id) {
            continue;
        }
        note(&mut found, &vignette.chart(), vignette.as_of, |places| {
            (&mut places.vignettes, vignette.id)
        });
    }
    for fixture in fixture::fixtures() {
        let number = fixture.name.split('-').next().unwrap_or_default();
        note(&mut found, &fixture.chart, fixture.as_of, |places| {
            (&mut places.fixtures, number)
        });
    }
    found
}

/// Notes of one patient which recommendations decide and which are said, under the id that `list` gives.
fn note<'a>(
    found: &mut BTreeMap<String, Found>,
    chart: &Chart,
    as_of: Date,
    list: impl Fn(&mut Places) -> (&mut Vec<String>, &'a str),
) {
    let add = |places: &mut Places| {
        let (names, name) = list(places);
        if names.last().map(String::as_str) != Some(name) {
            names.push(name.to_owned());
        }
    };
    let assessment = assess(&chart.facts, as_of);
    for id in decisive(&assessment) {
        add(&mut found.entry(id).or_default().decisive);
    }
    for (id, card) in rests_on(&assessment, chart) {
        let found = found.entry(id).or_default();
        add(&mut found.said);
        if DECIDED_ON_CARDS.contains(&card.as_str()) {
            add(&mut found.decisive);
        }
        found.cards.insert(card);
    }
}

/// Cards of dose, product and switch: each is there exactly when its rule has decided.
const DECIDED_ON_CARDS: [&str; 6] = ["C20", "C21", "C22", "C23", "C27", "C28"];

/// The recommendations that the conclusions of an assessment name: population, preparation, start,
/// course and order.
fn decisive(assessment: &Assessment) -> BTreeSet<String> {
    let trace = &assessment.trace;
    [
        &assessment.start.recommendations,
        &trace.population.recommendations,
        &trace.preconditions.recommendations,
        &trace.course.recommendations,
        &trace.order.recommendations,
    ]
    .into_iter()
    .flatten()
    .map(|id| (*id).to_owned())
    .collect()
}

/// The recommendations that the cards of a patient rest on, each with its card.
fn rests_on(assessment: &Assessment, chart: &Chart) -> Vec<(String, String)> {
    let writing = Writing {
        language: Language::En,
        service: "sid-patient-view",
        hook: None,
    };
    cards::write(assessment, chart, writing)
        .iter()
        .flat_map(|card| {
            let trace = &card.extension.trace;
            let code = card.source.topic.code.clone();
            trace
                .recommendations
                .iter()
                .chain(
                    trace
                        .criteria
                        .iter()
                        .flat_map(|found| found.recommendations),
                )
                .map(move |id| ((*id).to_owned(), code.clone()))
        })
        .collect()
}

/// The source below `src` without its tests, by path from there.
fn program() -> Vec<(String, String)> {
    let root = root().join("src");
    files(&root, "rs")
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
            let text = fs::read_to_string(&path).ok()?;
            let text = text.split("#[cfg(test)]\nmod tests {").next()?.to_owned();
            let tests = name.contains("/tests/") || name.ends_with("tests.rs");
            (!tests).then_some((name, text))
        })
        .collect()
}

/// Names of the test functions, and ids of the vignettes that are covered.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["src", "tests", "crates"] {
        for path in files(&root().join(folder), "rs") {
            let text = fs::read_to_string(path).expect("a source file");
            // In a proptest! block and under #[tokio::test(…)] too.
            let marks = ["#[test]", "#[tokio::test"];
            for after in marks.iter().flat_map(|mark| text.split(mark).skip(1)) {
                let name = after
                    .split_once("fn ")
                    .and_then(|(_, rest)| rest.split_once('('));
                names.extend(name.map(|(name, _)| name.to_owned()));
            }
        }
    }
    let not_covered = table::not_covered();
    names.extend(
        table::vignettes()
            .iter()
            .map(|vignette| vignette.id.to_owned())
            .filter(|id| !not_covered.contains(&id.as_str())),
    );
    names
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Hazards whose mitigation waits for rules that are still to come.
const HAZARDS_NOT_YET: &[&str] = &[];

#[test]
fn every_hazard_has_a_mitigation_that_a_test_holds() {
    let tests = tests();
    let log = fs::read_to_string(root().join("docs/hazards.md")).expect("the hazard log");
    let rows: Vec<Vec<&str>> = log
        .lines()
        .filter(|line| line.starts_with("|H-"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let ids: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let expected: Vec<String> = (1..=25).map(|number| format!("H-{number:02}")).collect();
    assert_eq!(ids, expected);
    for row in rows {
        let [id, hazard, mitigation, held] = row[..] else {
            panic!("{row:?}: four cells")
        };
        assert!(!hazard.is_empty() && !mitigation.is_empty(), "{id}");
        let named: Vec<&str> = held.split('`').skip(1).step_by(2).collect();
        for name in &named {
            assert!(tests.contains(*name), "{id}: there is no test {name}");
        }
        assert_eq!(named.is_empty(), HAZARDS_NOT_YET.contains(&id), "{id}");
    }
}

#[test]
fn every_parameter_is_listed() {
    let text = fs::read_to_string(root().join("src/guideline/parameters.rs")).expect("parameters");
    let constants: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once([':', '_']))
        .map(|(id, _)| id)
        .collect();
    assert!(constants.len() > 25, "{constants:?}");
    let listed: Vec<&str> = parameters::ALL
        .iter()
        .map(|parameter| parameter.id)
        .collect();
    for id in constants {
        assert!(listed.contains(&id), "{id} is not listed");
    }
    for number in 1..=18 {
        assert!(listed.contains(&format!("K{number}").as_str()), "K{number}");
    }
    let once: BTreeSet<&&str> = listed.iter().collect();
    assert_eq!(once.len(), listed.len(), "an id is listed twice");
}

/// Population, preparation, start, course and order each say what they rest on.
#[test]
fn every_conclusion_names_its_grounds_and_recommendations() {
    let mut concluded = BTreeMap::new();
    for vignette in table::vignettes() {
        let id = vignette.id;
        let assessment = assess(&vignette.chart().facts, vignette.as_of);
        let json = serde_json::to_value(&assessment).expect("JSON");
        let trace = &json["trace"];
        let step = |name: &str, recommended: bool| {
            let grounds = trace[name]["grounds"].as_array();
            assert!(grounds.is_some_and(|all| !all.is_empty()), "{id}: {name}");
            let named = trace[name]["recommendations"].as_array();
            assert!(
                !recommended || named.is_some_and(|all| !all.is_empty()),
                "{id}: {name}"
            );
            for ground in grounds.into_iter().flatten() {
                assert_eq!(
                    ground["verdict"] == "unknown",
                    ground["reason"].is_string(),
                    "{id}"
                );
            }
        };
        let code = json["population"]["code"].as_str().expect("a code");
        // Of someone who has died nothing is concluded.
        if id != "R01" {
            step("population", code.starts_with('P') && code != "PU");
        }
        let start = json["start"]["conclusion"].as_str().expect("a code");
        if matches!(start, "MET" | "CONS" | "NOT" | "NS") {
            let named = json["start"]["recommendations"].as_array();
            assert!(named.is_some_and(|all| !all.is_empty()), "{id}: start");
            assert_ne!(json["start"]["criteria"], serde_json::json!([]), "{id}");
        }
        if matches!(start, "MET" | "CONS") {
            step("preconditions", false);
        }
        if !json["course"]["rule"].is_null() {
            step("course", true);
        }
        if !json["order"]["conclusion"].is_null() {
            step("order", json["order"]["conclusion"] == "O-WARN");
        }
        *concluded.entry(start.to_owned()).or_insert(0) += 1;
    }
    assert!(concluded.values().all(|count| *count > 5), "{concluded:?}");
    assert_eq!(concluded.len(), 6, "{concluded:?}");
}

/// EXT-01…EXT-03: the trace is an object under a reversed domain name, whose criteria each name a recommendation.
#[test]
fn every_card_carries_its_trace() {
    let writing = Writing {
        language: Language::Da,
        service: "sid-patient-view",
        hook: None,
    };
    let mut criteria = 0;
    for fixture in fixture::fixtures() {
        let assessment = assess(&fixture.chart.facts, fixture.as_of);
        for card in cards::write(&assessment, &fixture.chart, writing) {
            let sent: Value = serde_json::to_value(&card).expect("JSON");
            let extension = sent["extension"].as_object().expect("an object");
            assert_eq!(extension.len(), 1, "{}", fixture.name);
            let trace = &extension["dk.sid-cds.trace"];
            assert_eq!(trace["guideline"]["id"], "medicinraadet-sid");
            assert_eq!(trace["guideline"]["version"], "1.1");
            assert_eq!(trace["asOf"], fixture.as_of.to_string());
            for criterion in trace["criteria"].as_array().into_iter().flatten() {
                criteria += 1;
                for member in ["id", "verdict"] {
                    assert!(criterion[member].is_string(), "{}: {member}", fixture.name);
                }
                let named = criterion["recommendations"].as_array().expect("a list");
                assert!(!named.is_empty(), "{}", fixture.name);
            }
        }
    }
    assert!(criteria > 20, "{criteria}");
}
