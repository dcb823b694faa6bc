//! The table of awkward inputs, `tests/awkward.md`: what is sent, and every fact and data problem that
//! comes of it.

use std::{collections::BTreeMap, fmt::Write as _};

use super::*;
use crate::guideline::facts::{CarTStage, LabResult};

const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/awkward.md"));

/// The cells of the rows of the table under a heading, its two header lines aside.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let section = TABLE
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .expect("the heading");
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// `name {changes} + name {changes}`, each a resource of the first table with members replaced, as the
/// entries of a Bundle. A null removes; `fullUrl` is the entry's.
fn entries(input: &str, bases: &BTreeMap<&str, Value>) -> Vec<Value> {
    let parts = input.trim_matches('`').split(" + ");
    parts
        .map(|part| {
            let (name, changes) = part.split_once(' ').unwrap_or((part, "{}"));
            let base = bases.get(name).unwrap_or_else(|| panic!("no base {name}"));
            let changes =
                serde_json::from_str(changes).unwrap_or_else(|e| panic!("{changes}: {e}"));
            let mut resource = changed(base, &changes);
            let full_url = resource
                .as_object_mut()
                .and_then(|members| members.remove("fullUrl"));
            let mut entry = json!({"resource": resource});
            if let Some(full_url) = full_url {
                entry["fullUrl"] = full_url;
            }
            entry
        })
        .collect()
}

fn when(when: Option<When>) -> String {
    match when {
        None => "undated".to_owned(),
        Some(when) if when.earliest() == when.latest() => when.earliest().to_string(),
        Some(when) => format!("{}..{}", when.earliest(), when.latest()),
    }
}

/// An enum as its name in lower case.
fn word(value: &impl std::fmt::Debug) -> String {
    let name = format!("{value:?}");
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() && !word.ends_with([' ', '(']) {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

fn result(name: &str, result: &LabResult) -> String {
    let value = match result.value {
        Measured::Exactly(value) => format!("{value}"),
        Measured::Below { bound, inclusive } => {
            format!("<{} {bound}", if inclusive { "=" } else { "" })
        }
        Measured::Above { bound, inclusive } => {
            format!(">{} {bound}", if inclusive { "=" } else { "" })
        }
        Measured::Unusable => "unusable".to_owned(),
    };
    let low = result
        .reference_low
        .map_or_else(String::new, |low| format!(", normal from {low}"));
    format!("{name} {value}{low}, {}", when(result.drawn))
}

/// Everything that a chart says, in a fixed order.
fn told(chart: &Chart) -> String {
    let facts = &chart.facts;
    let mut all: Vec<String> = Vec::new();
    if facts.patient.born != day("1960-05-17") {
        all.push(format!("born {}", when(facts.patient.born)));
    }
    if facts.patient.deceased.is_some() {
        all.push("deceased".to_owned());
    }
    if facts.patient.entered_in_error {
        all.push("entered in error".to_owned());
    }
    for (name, results) in [
        ("IgG", &facts.igg),
        ("IgA", &facts.iga),
        ("IgM", &facts.igm),
    ] {
        all.extend(results.iter().map(|one| result(name, one)));
    }
    for one in &facts.b_cells {
        all.push(format!(
            "B cells {}/mL, {}",
            one.per_millilitre,
            when(Some(one.drawn))
        ));
    }
    for one in &facts.m_proteins {
        all.push(format!(
            "M-protein {}, {}",
            word(&one.finding),
            when(one.drawn)
        ));
    }
    for one in &facts.diagnoses {
        let mut text = word(&one.kind);
        if let Some(status) = one.status {
            let _ = write!(text, ", {}", word(&status));
        }
        if !one.confirmed {
            text.push_str(", unconfirmed");
        }
        let _ = write!(text, ", {}", when(one.onset));
        all.push(text);
    }
    for one in &facts.organ_foci {
        all.push(format!("organ focus {}", one.evidence));
    }
    for one in &facts.infections {
        let mut text = format!("infection, bacterial {}", word(&one.bacterial));
        for (is, words) in [
            (one.confirmed, "confirmed"),
            (one.positive_culture, "culture"),
            (one.admitted.is_met(), "admitted"),
            (one.life_threatening, "life-threatening"),
            (one.treated.is_met(), "treated"),
        ] {
            if is {
                let _ = write!(text, ", {words}");
            }
        }
        let _ = write!(text, ", {}", when(Some(one.onset)));
        if let Some(end) = one.abatement {
            let _ = write!(text, " to {}", when(Some(end)));
        }
        all.push(text);
    }
    for one in &facts.car_t {
        let stage = match one.stage {
            CarTStage::Infused => "infused",
            CarTStage::Ordered => "ordered",
            CarTStage::Planned => "planned",
        };
        all.push(format!("CAR-T {stage}, {}", when(one.when)));
    }
    for one in &facts.bispecifics {
        let end = one
            .end
            .map_or_else(String::new, |end| format!(" to {}", when(Some(end))));
        all.push(format!(
            "{} {}, {}{end}",
            one.drug,
            word(&one.source),
            when(one.start)
        ));
    }
    for one in &facts.transplants {
        all.push(format!(
            "transplant {}, {}",
            word(&one.donor),
            when(one.when)
        ));
    }
    for one in &facts.immunoglobulin {
        let state = match (one.active, one.stopped) {
            (true, _) => ", active",
            (false, true) => ", stopped",
            (false, false) => "",
        };
        let end = one
            .end
            .map_or_else(String::new, |end| format!(" to {}", when(Some(end))));
        all.push(format!(
            "immunoglobulin {} {}, {}, {}{end}{state}",
            word(&one.source),
            word(&one.route),
            word(&one.indication),
            when(one.start)
        ));
    }
    for one in &facts.vaccinations {
        all.push(format!(
            "vaccinated against {}, {}",
            word(&one.against),
            when(one.when)
        ));
    }
    for one in &facts.statements {
        all.push(format!("stated {}, {}", word(&one.kind), one.date));
    }
    for one in &facts.running_antibiotics {
        let prophylaxis = if one.marked_prophylactic {
            ", prophylactic"
        } else {
            ""
        };
        all.push(format!(
            "antibiotic running{prophylaxis}, {}",
            when(one.start)
        ));
    }
    let mut searched = facts.searched;
    let not: Vec<&str> = Source::ALL
        .into_iter()
        .filter(|source| !*source.flag(&mut searched))
        .map(Source::resource_type)
        .collect();
    if !not.is_empty() {
        all.push(format!("not searched: {}", not.join(", ")));
    }
    for (reference, problem) in problems(chart) {
        all.push(format!("problem {} at {reference}", word(&problem)));
    }
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join("; ")
    }
}

#[test]
fn awkward_inputs() {
    let bases: BTreeMap<&str, Value> = rows("Resources")
        .into_iter()
        .map(|row| {
            let json = row[1].trim_matches('`');
            let value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{json}: {e}"));
            (row[0], value)
        })
        .collect();
    let table = rows("Inputs");
    assert!(table.len() >= 40, "{}", table.len());
    let mut wrong = String::new();
    for row in table {
        let [what, input, expected] = row[..] else {
            panic!("three cells: {row:?}");
        };
        let mut all = entries(input, &bases);
        if !all
            .iter()
            .any(|entry| entry["resource"]["resourceType"] == "Patient")
        {
            all.insert(0, json!({"resource": bases["patient"]}));
        }
        let found = told(&read_bundle(
            &json!({"resourceType": "Bundle", "type": "collection", "entry": all}),
        ));
        if found != expected {
            let _ = writeln!(wrong, "|{what}|{input}|{found}|");
        }
    }
    assert!(wrong.is_empty(), "read otherwise:\n{wrong}");
}
