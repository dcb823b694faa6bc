//! Every rule of CDS Hooks that binds a service has a test that names it, and `docs/conformance.md`
//! says which. What it says is measured: the sources of the tests are searched for the ids.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use sid_cds::doctor::Check;

use super::{expected, files, root};

const RULES: &str = include_str!("../conformance/rules.md");
/// Most tests that a row names; the number of the others follows.
const NAMED: usize = 4;
/// Whom a rule binds.
const BINDS: [&str; 6] = ["service", "client", "operator", "unused", "note", "open"];

/// One rule of `tests/conformance/rules.md`.
struct Rule {
    section: &'static str,
    id: &'static str,
    word: &'static str,
    text: &'static str,
    binds: &'static str,
    why: &'static str,
}

fn rules() -> Vec<Rule> {
    let mut section = "";
    let mut rules = Vec::new();
    for line in RULES.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let cells = cells(line);
        if let [id, word, text, binds, why] = cells[..]
            && id.split_once('-').is_some_and(|(_, number)| {
                number.len() == 2 && number.chars().all(|c| c.is_ascii_digit())
            })
        {
            rules.push(Rule {
                section,
                id,
                word,
                text,
                binds,
                why,
            });
        }
    }
    rules
}

/// The cells of a row of a table, at bars that are not escaped.
fn cells(line: &'static str) -> Vec<&'static str> {
    let Some(row) = line.strip_prefix('|') else {
        return Vec::new();
    };
    let mut cells = Vec::new();
    let mut start = 0;
    for (at, _) in row.match_indices('|') {
        if !row[..at].ends_with('\\') {
            cells.push(row[start..at].trim());
            start = at + 1;
        }
    }
    cells
}

/// A test: its name, and the ids that its name, its doc comment or its body hold.
struct Test {
    name: String,
    ids: BTreeSet<String>,
}

fn tests(families: &BTreeSet<&str>) -> Vec<Test> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "crates"] {
        for path in files(&root().join(folder), "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            found.extend(tests_of(&text, families));
        }
    }
    found
}

fn tests_of(text: &str, families: &BTreeSet<&str>) -> Vec<Test> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let attribute = line.trim_start();
        if !(attribute == "#[test]" || attribute.starts_with("#[tokio::test")) {
            continue;
        }
        let indent = &line[..line.len() - attribute.len()];
        let comment = lines[..at]
            .iter()
            .rev()
            .take_while(|line| {
                let line = line.trim_start();
                line.starts_with("///") || line.starts_with("#[")
            })
            .count();
        let closing = format!("{indent}}}");
        let end = lines[at..]
            .iter()
            .position(|line| **line == closing)
            .unwrap_or(0);
        let own = &lines[at - comment..=at + end];
        let Some(name) = own
            .iter()
            .find_map(|line| line.split_once("fn "))
            .and_then(|(_, rest)| rest.split_once('('))
        else {
            continue;
        };
        let mut ids = ids(&own.join("\n"), families);
        ids.extend(ids_of_name(name.0, families));
        found.push(Test {
            name: name.0.to_owned(),
            ids,
        });
    }
    found
}

/// `ST-05`, and every id of `TOK-10…18` and `PF-04…PF-08`.
fn ids(text: &str, families: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('-') {
        let family = text[..at]
            .rsplit(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        let Some(first) = families.contains(family).then(|| number(&text[at + 1..])) else {
            continue;
        };
        let Some(first) = first else { continue };
        let last = text[at + 3..]
            .strip_prefix('…')
            .map(|rest| rest.strip_prefix(&format!("{family}-")).unwrap_or(rest))
            .and_then(number)
            .unwrap_or(first);
        found.extend((first..=last).map(|number| format!("{family}-{number:02}")));
    }
    found
}

/// `card_02_…`, and every id of `act_01_to_05_…`.
fn ids_of_name(name: &str, families: &BTreeSet<&str>) -> BTreeSet<String> {
    let words: Vec<&str> = name.split('_').collect();
    let mut found = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let family = word.to_uppercase();
        let Some(first) = words.get(at + 1).and_then(|word| number(word)) else {
            continue;
        };
        if !families.contains(family.as_str()) {
            continue;
        }
        let last = match words.get(at + 2) {
            Some(&"to") => words.get(at + 3).and_then(|word| number(word)),
            _ => None,
        };
        found.extend((first..=last.unwrap_or(first)).map(|number| format!("{family}-{number:02}")));
    }
    found
}

/// The two digits at the beginning, where a third does not follow.
fn number(text: &str) -> Option<u32> {
    let digits = text.get(..2)?;
    let more = text[2..].starts_with(|c: char| c.is_ascii_alphanumeric());
    (digits.chars().all(|c| c.is_ascii_digit()) && !more)
        .then(|| digits.parse().ok())
        .flatten()
}

#[test]
fn every_rule_of_cds_hooks_has_a_test_or_a_reason() {
    let rules = rules();
    let mut faults = String::new();
    let mut known = BTreeSet::new();
    for rule in &rules {
        if !known.insert(rule.id) {
            let _ = writeln!(faults, "{}: listed twice", rule.id);
        }
    }
    let families: BTreeSet<&str> = known
        .iter()
        .filter_map(|id| Some(id.split_once('-')?.0))
        .collect();
    assert!(known.len() > 250 && families.len() > 20, "{families:?}");
    let tests = tests(&families);
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for test in &tests {
        for id in &test.ids {
            if !known.contains(id.as_str()) {
                let _ = writeln!(faults, "{}: {id} is no rule", test.name);
            }
            named.entry(id).or_default().insert(&test.name);
        }
    }
    let examined: BTreeSet<&str> = Check::ALL.iter().map(|check| check.about().rule).collect();
    for rule in examined.difference(&known) {
        let _ = writeln!(faults, "the doctor: {rule} is no rule");
    }
    let names: BTreeSet<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    let none = BTreeSet::new();
    let mut report = String::new();
    let mut section = "";
    for rule in &rules {
        if section != rule.section {
            section = rule.section;
            let _ = write!(
                report,
                "\n## {section}\n\n|Id|Word|Rule|Held by, or why not|\n|-|-|-|-|\n"
            );
        }
        let held = named.get(rule.id).unwrap_or(&none);
        for fault in faults_of(rule, held, &names) {
            let _ = writeln!(faults, "{}: {fault}", rule.id);
        }
        report.push_str(&row(rule, held, examined.contains(rule.id)));
    }
    assert!(faults.is_empty(), "\n{faults}");
    let report = format!("{}{report}", head(&rules));
    expected::check("docs/conformance.md", &report);
}

fn faults_of(rule: &Rule, held: &BTreeSet<&str>, names: &BTreeSet<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    if !BINDS.contains(&rule.binds) {
        faults.push(format!("`{}` is not one of {BINDS:?}", rule.binds));
    }
    if rule.binds == "service" && held.is_empty() {
        faults.push("binds the service, and no test names it".to_owned());
    }
    if rule.binds != "service" && rule.why.is_empty() {
        faults.push("has no reason".to_owned());
    }
    // A word with an underscore between backticks is a test.
    for name in rule.why.split('`').skip(1).step_by(2) {
        if name.contains('_') && !names.contains(name) {
            faults.push(format!("there is no test {name}"));
        }
    }
    faults
}

fn row(rule: &Rule, held: &BTreeSet<&str>, examined: bool) -> String {
    let mut parts = Vec::new();
    if rule.binds != "service" {
        parts.push(format!("**{}**: {}", rule.binds, rule.why));
    } else if !rule.why.is_empty() {
        parts.push(rule.why.to_owned());
    }
    let tests: Vec<String> = held
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    parts.extend((!tests.is_empty()).then(|| tests.join(" ")));
    if held.len() > NAMED {
        parts.push(format!("+{}", held.len() - NAMED));
    }
    parts.extend(examined.then(|| "*doctor*".to_owned()));
    format!(
        "|{}|{}|{}|{}|\n",
        rule.id,
        rule.word,
        rule.text,
        parts.join(" ")
    )
}

fn head(rules: &[Rule]) -> String {
    let counts: Vec<String> = BINDS
        .iter()
        .map(|binds| {
            let count = rules.iter().filter(|rule| rule.binds == *binds).count();
            format!("|{binds}|{count}|\n")
        })
        .collect();
    format!(
        "# Conformance\n\nEach rule of CDS Hooks, by its id in \
         [rules.md](../tests/conformance/rules.md), with the tests that name it, or the reason why none \
         does. Base: 2.0.1, with those additions of 3.0 that do no harm to its clients. Written by \
         `tests/traceability/conformance.rs`, which fails when this is out of date, or when a rule that \
         binds the service has no test, or another no reason. *doctor* marks what `sid-cds doctor` checks on a \
         running service. To write it anew: `{}`.\n\n\
         |Binds|Rules|\n|-|-|\n{}",
        expected::COMMAND,
        counts.concat()
    )
}

#[test]
fn ids_are_found_in_comments_names_and_tables() {
    let families = BTreeSet::from(["SX", "TX", "CX", "AX"]);
    let text = "/// TX-01, TX-10…12.\n#[test]\nfn cx_02_and_ax_01_to_03_are() {\n    \
                check(\"SX-05\", \"NSX-06\", \"SX-123\", \"REC-01\");\n}\n\nfn other() {\n    \
                \"SX-07\"\n}\n";
    let tests = tests_of(text, &families);
    assert_eq!(tests.len(), 1);
    assert_eq!(tests[0].name, "cx_02_and_ax_01_to_03_are");
    let found: Vec<&str> = tests[0].ids.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        [
            "AX-01", "AX-02", "AX-03", "CX-02", "SX-05", "TX-01", "TX-10", "TX-11", "TX-12"
        ]
    );
}
