//! The vignettes of `tests/vignettes/table.md`: a patient in words, and what the guideline says.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "vignettes/record.rs"]
mod record;
#[path = "support/suggestions.rs"]
mod suggestions;
#[path = "support/chart.rs"]
mod support;
#[path = "vignettes/table.rs"]
mod table;

use jiff::civil::Date;
use record::Record;
use serde_json::{Value, json};
use sid_cds::{
    cards::{self, Language, Writing, card::Action},
    chart::{Chart, DraftKind},
    guideline::{
        assess,
        assessment::{Assessment, StartConclusion},
        counterfactual::Counterfactual,
        hooks::{Hook, Subject, shown},
        switch::Comparison,
    },
};
use table::{Vignette, not_covered, vignettes};

/// Every expectation that does not hold, in words.
fn faults(vignette: &Vignette<'_>) -> Vec<String> {
    let chart = vignette.chart();
    let assessment = assess(&chart.facts, vignette.as_of);
    let json = serde_json::to_value(&assessment).expect("JSON");
    let mut faults = Vec::new();
    let (population, alternatives) = vignette
        .population
        .split_once(' ')
        .unwrap_or((vignette.population, ""));
    if json["population"]["code"] != population {
        faults.push(format!(
            "population {} is not {population}",
            json["population"]["code"]
        ));
    }
    let between: Vec<&str> = alternatives
        .split('/')
        .filter(|code| !code.is_empty())
        .collect();
    if !between.is_empty() && json["population"]["alternatives"] != json!(between) {
        faults.push(format!(
            "alternatives {}",
            json["population"]["alternatives"]
        ));
    }
    for expectation in &vignette.expected {
        if !holds(expectation, &assessment, &json, &chart) {
            faults.push(format!("not so: {expectation}"));
        }
    }
    if !faults.is_empty() {
        faults.push(format!("assessment: {json:#}"));
    }
    faults
}

fn holds(expectation: &str, assessment: &Assessment, json: &Value, chart: &Chart) -> bool {
    let list = |value: &Value, item: &str| {
        value
            .as_array()
            .is_some_and(|list| list.iter().any(|value| value == item))
    };
    let words: Vec<&str> = expectation.split_whitespace().collect();
    match *words.as_slice() {
        [word @ ("MET" | "CONS" | "NOT" | "NS" | "UNK" | "NA")] => {
            json["start"]["conclusion"] == word
        }
        [word] if word.starts_with("O-") => json["order"]["conclusion"] == word,
        [word] if word.starts_with("D-") => json["dose"]["conclusion"] == word,
        [grams, "g", "per", "28", "days"] => {
            json["dose"]["gramsPer28Days"].as_f64() == grams.parse().ok()
        }
        [short, "to", long, "g/kg"] => {
            // Cut off, as on the cards, so that a dose stays on its side of a limit.
            let cut = |number: &Value| {
                number
                    .as_f64()
                    .map(|number| format!("{:.2}", (number * 100.0 + 1e-9).floor() / 100.0))
            };
            let dose = &json["dose"]["gPerKgPerMonth"];
            cut(&dose["per28Days"]).as_deref() == Some(short)
                && cut(&dose["perMonth"]).as_deref() == Some(long)
        }
        ["switch", "from", old, "g", "to", new, "g"] => {
            let grams = |text: &str| text.parse::<i64>().expect("grams") * 1000;
            let expected = Comparison::Differ {
                old: grams(old),
                new: grams(new),
            };
            let switch = assessment.order.switch.as_ref();
            switch.is_some_and(|switch| switch.grams == expected)
        }
        ["advice", advice] => {
            let switch = assessment.order.switch.as_ref();
            let found = switch.and_then(|switch| switch.advice);
            found.map(|found| format!("{found:?}")).as_deref() == Some(advice)
        }
        ["silent"] => {
            let subject = match chart.draft {
                DraftKind::NothingChosen => Subject::Patient,
                DraftKind::Immunoglobulin => Subject::ImmunoglobulinOrder,
                DraftKind::Other => Subject::OtherOrder,
            };
            [Hook::PatientView, Hook::OrderSelect, Hook::OrderSign]
                .iter()
                .all(|hook| shown(assessment, *hook, subject).is_empty())
        }
        ["not", "missing", item] => !list(&json["start"]["missing"], item),
        ["missing", "only", item] => json["start"]["missing"] == json!([item]),
        ["missing", item] => list(&json["start"]["missing"], item),
        ["IgG", value, "g/L"] => assessment
            .start
            .igg
            .as_ref()
            .is_some_and(|igg| igg.value == value),
        ["stop", "due", date] => json["course"]["stopDue"] == date,
        ["winter", "days", days] => json["course"]["winterDays"].as_i64() == days.parse().ok(),
        ["on", "immunoglobulin"] => json["course"]["onImmunoglobulin"] == true,
        ["off", "immunoglobulin"] => json["course"]["onImmunoglobulin"] == false,
        [rule @ ("STD" | "CART6" | "INDIVIDUAL"), conclusion] => {
            json["course"]["rule"] == rule && list(&json["course"]["conclusions"], conclusion)
        }
        ["not" | "no", "RECOVERED"] => !list(&json["course"]["conclusions"], "RECOVERED"),
        ["no", "PAUSE"] => !list(&json["course"]["conclusions"], "PAUSE"),
        ["no", card] if card.starts_with('C') => !list(&json["cards"], card),
        ["only", ref cards @ ..] => json["cards"] == json!(cards),
        ["RECOVERED"] => list(&json["course"]["conclusions"], "RECOVERED"),
        ["patient-view", ref cards @ ..] => {
            let shown = shown(assessment, Hook::PatientView, Subject::Patient);
            json!(shown) == json!(cards)
        }
        ["order-select", ref cards @ ..] => {
            let shown = shown(assessment, Hook::OrderSelect, Subject::ImmunoglobulinOrder);
            json!(shown) == json!(cards)
        }
        ["order-sign", ref cards @ ..] => {
            let shown = shown(assessment, Hook::OrderSign, Subject::ImmunoglobulinOrder);
            json!(shown) == json!(cards)
        }
        ["not", "suggested", test] => !suggested(assessment, chart, test),
        [card] if card.starts_with('C') => list(&json["cards"], card),
        ["trough", "not", "judged"] => assessment.course.trough.is_none(),
        ["trough", value] => assessment
            .course
            .trough
            .as_ref()
            .is_some_and(|trough| trough.igg.value == value),
        [report, answer] if report.ends_with(|end: char| end.is_ascii_digit() || end == 'r') => {
            reported(json, report)["start"] == answer
        }
        [report, "stop", answer] => reported(json, report)["stop"] == answer,
        [report, "outside", why] => {
            let found = reported(json, report);
            found["start"] == "NA" && found["outside"] == why
        }
        ["nothing", "alone", "decides"] => assessment.counterfactual.is_none(),
        _ if expectation.contains(" alone decides") => {
            decides_alone(&assessment.counterfactual) == Some(expectation.to_owned())
        }
        _ => panic!("`{expectation}` is no expectation that this test knows"),
    }
}

/// Some card of order-select suggests the test.
fn suggested(assessment: &Assessment, chart: &Chart, test: &str) -> bool {
    let writing = Writing {
        language: Language::En,
        service: "sid-order-select",
        hook: Some(Hook::OrderSelect),
    };
    cards::write(assessment, chart, writing)
        .iter()
        .flat_map(|card| &card.suggestions)
        .flat_map(|suggestion| &suggestion.actions)
        .any(|action| match action {
            Action::Create { resource, .. } => {
                let created: Value = serde_json::from_str(resource.json()).expect("JSON");
                created["code"]["text"] == test
            }
            Action::Update { .. } | Action::Delete { .. } => false,
        })
}

/// A consensus report's answer.
fn reported<'a>(json: &'a Value, id: &str) -> &'a Value {
    json["comparators"]
        .as_array()
        .and_then(|reports| reports.iter().find(|report| report["id"] == id))
        .unwrap_or_else(|| panic!("{id} is no report"))
}

/// A counterfactual in the words of the table.
fn decides_alone(counterfactual: &Option<Counterfactual>) -> Option<String> {
    let code = |conclusion: &StartConclusion| {
        let json = serde_json::to_value(conclusion).expect("JSON");
        json.as_str().expect("a code").to_owned()
    };
    Some(match counterfactual.as_ref()? {
        Counterfactual::SecondSample { from, below, then } => {
            let then = code(then);
            format!("IgG from {from} alone decides: below {below} {then}")
        }
        Counterfactual::InfectionHistory { present, none } => {
            let (present, none) = (code(present), code(none));
            format!("history alone decides: {present}, {none}")
        }
        Counterfactual::BirthDate {
            adult_until,
            adult,
            child,
        } => {
            let (adult, child) = (code(adult), code(child));
            format!("birth date until {adult_until} alone decides: {adult}, {child}")
        }
        Counterfactual::IndexDay {
            from,
            within,
            before,
        } => {
            let (within, before) = (code(within), code(before));
            format!("index day from {from} alone decides: {within}, {before}")
        }
        Counterfactual::LowerIgg { before: Some(day) } => {
            format!("IgG below 4 before {day} alone decides")
        }
        Counterfactual::LowerIgg { before: None } => "IgG below 4 alone decides".to_owned(),
    })
}

#[test]
fn every_covered_vignette_holds() {
    let not_covered = not_covered();
    let mut report = String::new();
    let mut covered = 0;
    for vignette in vignettes()
        .iter()
        .filter(|vignette| !not_covered.contains(&vignette.id))
    {
        covered += 1;
        for fault in faults(vignette) {
            report.push_str(&format!("{}: {fault}\n", vignette.id));
        }
    }
    assert!(covered > 60, "only {covered} vignettes were read");
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn what_the_cards_suggest_is_valid_and_about_the_patient() {
    let mut suggested = 0;
    for vignette in vignettes() {
        let chart = vignette.chart();
        let assessment = assess(&chart.facts, vignette.as_of);
        for language in [Language::Da, Language::En] {
            let writing = Writing {
                language,
                service: "sid-order-select",
                hook: None,
            };
            for card in cards::write(&assessment, &chart, writing) {
                suggested += card.suggestions.len();
                assert_eq!(suggestions::fault(&card, &chart), None, "{}", vignette.id);
            }
        }
    }
    assert!(suggested > 200, "{suggested}");
}

/// Nothing that is said hangs on the order of the resources, on one that is there twice, or on resources
/// that the guideline does not ask for.
#[test]
fn order_duplicates_and_unrelated_resources_change_nothing() {
    let subject = json!({"reference": "Patient/v"});
    for vignette in vignettes() {
        let record = Record::parse(vignette.record, &vignette.as_of.to_string());
        let said = |resources: &[Value]| {
            let chart = support::read(resources, &record.gaps, &record.drafts, "v", vignette.as_of);
            let json = serde_json::to_value(assess(&chart.facts, vignette.as_of)).expect("JSON");
            let members = ["population", "start", "course"].map(|member| json[member].clone());
            let mut evidence_aside = json!([members, json["order"], json["dose"], json["cards"]]);
            without_evidence(&mut evidence_aside);
            evidence_aside
        };
        let day = vignette.as_of.to_string();
        let mut other = record.resources.clone();
        other.extend([
            json!({"resourceType": "Observation", "id": "u1", "status": "final", "subject": subject,
                "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]},
                "effectiveDateTime": day,
                "valueQuantity": {"value": 5.4, "unit": "mmol/L"}}),
            json!({"resourceType": "MedicationStatement", "id": "u2", "status": "active",
                "subject": subject, "effectivePeriod": {"start": day},
                "medicationCodeableConcept": {"text": "Paracetamol"}}),
            json!({"resourceType": "Procedure", "id": "u3", "status": "completed",
                "subject": subject, "performedDateTime": day,
                "code": {"text": "Røntgen af thorax"}}),
        ]);
        let copies = record.resources.iter().skip(1).cloned();
        other.extend(copies);
        other[1..].reverse();
        assert_eq!(said(&record.resources), said(&other), "{}", vignette.id);
    }
}

/// References say where a fact was found first; which of two equal ones, is no matter.
fn without_evidence(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(name.as_str(), "evidence" | "runningOrders"));
            members.values_mut().for_each(without_evidence);
        }
        Value::Array(items) => items.iter_mut().for_each(without_evidence),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One card a question: of those that a hook shows, one answers whether to start and one whether to stop.
#[test]
fn one_card_answers_the_start_and_one_the_stop() {
    use sid_cds::guideline::assessment::CardCode::{
        C01, C02, C03, C04, C05, C06, C07, C08, C14, C15, C24, C25, C32,
    };
    let questions: [&[_]; 3] = [
        &[C01, C02, C03, C04, C05, C06, C07, C08, C32],
        &[C14, C15],
        &[C24, C25],
    ];
    let mut answered = [0; 3];
    for vignette in vignettes() {
        let assessment = assess(&vignette.chart().facts, vignette.as_of);
        for hook in [Hook::PatientView, Hook::OrderSelect, Hook::OrderSign] {
            for subject in [Subject::Patient, Subject::ImmunoglobulinOrder] {
                let cards = shown(&assessment, hook, subject);
                for (question, count) in questions.iter().zip(&mut answered) {
                    let answers = cards.iter().filter(|card| question.contains(card)).count();
                    assert!(answers <= 1, "{}: {cards:?}", vignette.id);
                    *count += answers;
                }
            }
        }
    }
    assert!(answered.iter().all(|count| *count > 10), "{answered:?}");
}

/// What accepting something creates, told apart: kind, code and, for a statement, its value.
type Made = (String, String, String);

fn made(resource: &Value) -> Made {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let code = ["code", "medicationCodeableConcept"]
        .iter()
        .map(|member| &resource[*member]["coding"][0]["code"])
        .find(|code| code.is_string())
        .map_or_else(String::new, text);
    let value = ["valueBoolean", "valueCodeableConcept", "valueDateTime"]
        .iter()
        .map(|member| &resource[*member])
        .find(|value| !value.is_null())
        .map_or_else(String::new, Value::to_string);
    (text(&resource["resourceType"]), code, value)
}

fn all_made(cards: &[cards::card::Card]) -> Vec<Made> {
    cards
        .iter()
        .flat_map(|card| &card.suggestions)
        .flat_map(|suggestion| &suggestion.actions)
        .filter_map(|action| match action {
            Action::Create { resource, .. } => serde_json::from_str(resource.json()).ok(),
            Action::Update { .. } | Action::Delete { .. } => None,
        })
        .map(|resource: Value| made(&resource))
        // A task is for the client's list of tasks, which is no part of the prefetch.
        .filter(|(kind, ..)| kind != "Task")
        .collect()
}

/// What was accepted when the chart was opened is not asked again: a statement neither there nor in the
/// order, a draft not in the order that holds it.
#[test]
fn what_was_accepted_is_not_asked_twice() {
    let not_covered = not_covered();
    let mut report = String::new();
    let mut accepted = 0;
    for vignette in vignettes() {
        let record = Record::parse(vignette.record, &vignette.as_of.to_string());
        // On the last day of the calendar no statement reaches further.
        let last = vignette.as_of == Date::MAX;
        if last || not_covered.contains(&vignette.id) || !record.drafts.is_empty() {
            continue;
        }
        let write = |resources: &[Value], drafts: &[Value], hook| {
            let chart = support::read(resources, &record.gaps, drafts, "v", vignette.as_of);
            let assessment = assess(&chart.facts, vignette.as_of);
            let writing = Writing {
                language: Language::En,
                service: "sid-patient-view",
                hook: Some(hook),
            };
            cards::write(&assessment, &chart, writing)
        };
        for card in write(&record.resources, &[], Hook::PatientView) {
            for suggestion in &card.suggestions {
                let (mut resources, mut drafts) = (record.resources.clone(), Vec::new());
                let mut done = Vec::new();
                for (index, action) in suggestion.actions.iter().enumerate() {
                    match action {
                        Action::Create { resource, .. } => {
                            let mut new: Value =
                                serde_json::from_str(resource.json()).expect("JSON");
                            done.push(made(&new));
                            new["id"] = json!(format!("new{index}"));
                            if new["status"] == "draft" {
                                drafts.push(new);
                            } else {
                                resources.push(new);
                            }
                        }
                        Action::Update { resource, .. } => {
                            let new: Value = serde_json::from_str(resource.json()).expect("JSON");
                            resources.retain(|old| old["id"] != new["id"]);
                            resources.push(new);
                        }
                        Action::Delete { .. } => {}
                    }
                }
                accepted += 1;
                drafts.push(json!({"resourceType": "MedicationRequest", "id": "ig",
                    "status": "draft", "intent": "order", "subject": {"reference": "Patient/v"},
                    "medicationCodeableConcept": {"coding":
                        [{"system": "http://www.whocc.no/atc", "code": "J06BA01"}]},
                    "reasonCode": [{"coding":
                        [{"system": "http://snomed.info/sct", "code": "33286000"}]}]}));
                let opened = all_made(&write(&resources, &[], Hook::PatientView));
                let ordered = all_made(&write(&resources, &drafts, Hook::OrderSign));
                for thing in &done {
                    let statement = thing.0 == "Observation";
                    if ordered.contains(thing) || (statement && opened.contains(thing)) {
                        report.push_str(&format!(
                            "{} {:?} {}: {thing:?}\n",
                            vignette.id, card.code, suggestion.label
                        ));
                    }
                }
            }
        }
    }
    assert!(accepted > 200, "{accepted}");
    assert!(report.is_empty(), "\n{report}");
}

/// The statements of decision-spec §5 that hold for a time: a vignette on their last day, and one on the
/// day after, where the population, start, course or cards differ.
#[test]
fn every_statement_ends_after_its_last_day() {
    const LAST_DAYS: [(&str, &str, &str); 7] = [
        ("infection-history-reviewed, none", "S01a", "S01b"),
        ("infection-history-reviewed, present", "S01e", "S01f"),
        ("igg-decisive-factor", "R11a", "R11b"),
        ("vaccination-adequate", "R08g", "R08h"),
        ("antibiotic-prophylaxis-considered", "R09f", "R09g"),
        ("ig-review", "S03a", "S03b"),
        ("ig-extension", "S02a", "S02b"),
    ];
    let vignettes = vignettes();
    let assessed = |id: &str| {
        let vignette = vignettes
            .iter()
            .find(|vignette| vignette.id == id)
            .unwrap_or_else(|| panic!("{id}"));
        let assessment = assess(&vignette.chart().facts, vignette.as_of);
        let json = serde_json::to_value(&assessment).expect("JSON");
        let gist = json!([
            json["start"]["conclusion"],
            json["course"]["conclusions"],
            json["cards"],
        ]);
        (vignette.record, gist)
    };
    for (statement, last, after) in LAST_DAYS {
        let ((record, holds), (other, ended)) = (assessed(last), assessed(after));
        assert_ne!(holds, ended, "{statement}");
        // Nothing but a day tells the two apart: the statement's own, or the evaluation's.
        let digits = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "0");
        assert_eq!(digits(record), digits(other), "{statement}");
    }
}

/// Every vignette of decision-spec §7 is in the table, and at least 60 others are.
#[test]
fn the_table_holds_every_vignette_of_the_specification() {
    let spec = include_str!("../docs/guideline/decision-spec.md");
    let (_, section) = spec.split_once("## 7. Vignettes").expect("§7");
    let mut named = Vec::new();
    for line in section.lines().filter(|line| line.starts_with("|V")) {
        let cell = line.split('|').nth(1).expect("an id");
        // `V13/14` is V13 and V14.
        for (index, id) in cell.split('/').enumerate() {
            named.push(if index == 0 {
                id.to_owned()
            } else {
                format!("V{id}")
            });
        }
    }
    assert!(named.len() > 60, "{named:?}");
    let vignettes = vignettes();
    let is = |id: &str, named: &str| {
        // Cases of one row are told apart by a letter: V23a, V23b.
        id.strip_prefix(named)
            .is_some_and(|rest| rest.is_empty() || rest.chars().all(|c| c.is_ascii_lowercase()))
    };
    for id in &named {
        assert!(
            vignettes.iter().any(|vignette| is(vignette.id, id)),
            "{id} is not in the table"
        );
    }
    let others = vignettes
        .iter()
        .filter(|vignette| !named.iter().any(|id| is(vignette.id, id)))
        .count();
    assert!(others >= 60, "{others}");
    let mut ids: Vec<&str> = vignettes.iter().map(|vignette| vignette.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id is there twice");
}

#[test]
fn a_vignette_that_starts_to_pass_leaves_the_list() {
    let vignettes = vignettes();
    for id in not_covered() {
        let vignette = vignettes
            .iter()
            .find(|vignette| vignette.id == id)
            .unwrap_or_else(|| panic!("{id}"));
        assert!(
            !faults(vignette).is_empty(),
            "{id} holds now: take it off the list of vignettes that are not covered"
        );
    }
}
