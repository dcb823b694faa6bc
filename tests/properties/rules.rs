//! Properties of the rules: evidence taken away, dates moved, codes that come out.

use std::collections::BTreeSet;

use serde_json::Value;
use sid_cds::guideline::assessment::CriterionId;

use super::*;

/// Days in 400 years, after which the calendar repeats to the day.
const CYCLE: i32 = 146_097;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Taking evidence away never turns an unknown criterion into a met one.
    ///
    /// Left out is what makes a criterion unknown by being there, for taking it away takes the doubt
    /// away: a result that cannot be read, is dated imprecisely or contradicts another of its day;
    /// immunoglobulin that a result was drawn on; an infection during which a sample was drawn, or
    /// that joins two others into one episode (K12).
    #[test]
    fn taking_evidence_away_never_meets_a_criterion(facts in patient(), which in any::<prop::sample::Index>()) {
        let cases = taken_away(&facts);
        let (less, about) = &cases[which.index(cases.len())];
        let (before, after) = (assess(&facts, AS_OF), assess(less, AS_OF));
        for criterion in &before.start.criteria {
            if criterion.verdict.is_unknown() && about(criterion.id) {
                let now = after.start.criteria.iter().find(|other| other.id == criterion.id);
                prop_assert!(!now.is_some_and(|now| now.verdict.is_met()), "{:?}", criterion);
            }
        }
    }

    /// Moving every date and the evaluation date by 400 years moves every date that is said by 400
    /// years, and changes nothing else.
    #[test]
    fn only_the_distance_to_the_evaluation_date_counts(facts in patient()) {
        let now = serde_json::to_value(assess(&facts, AS_OF)).expect("JSON");
        let later = redated(&facts, |day| plus_days(day, CYCLE));
        let mut then = serde_json::to_value(assess(&later, plus_days(AS_OF, CYCLE))).expect("JSON");
        move_back(&mut then);
        prop_assert_eq!(now, then);
    }

    /// No day of the calendar, however far, makes the guideline panic: facts and evaluation at its ends.
    #[test]
    fn no_day_makes_it_panic(facts in patient(), spread in 0..4_i32, at in 0..5_usize) {
        let ends = [Date::MIN, date(0, 2, 29), AS_OF, date(9999, 1, 1), Date::MAX];
        let far = plus_days(ends[at], -spread);
        let mut facts = facts;
        for result in &mut facts.igg {
            result.drawn = result.drawn.map(|drawn| When::between(drawn.earliest(), far));
        }
        for infusion in &mut facts.car_t {
            infusion.when = Some(When::day(far));
        }
        for infection in &mut facts.infections {
            infection.abatement = Some(When::between(infection.onset.latest(), far));
        }
        for exposure in &mut facts.immunoglobulin {
            exposure.start = exposure.start.map(|start| When::between(start.earliest(), far));
        }
        for statement in &mut facts.statements {
            statement.from = Some(far);
        }
        for as_of in [far, AS_OF, ends[at]] {
            let assessment = assess(&facts, as_of);
            prop_assert_eq!(assessment.as_of, as_of);
            for hook in [Hook::PatientView, Hook::OrderSign] {
                prop_assert!(shown(&assessment, hook, Subject::ImmunoglobulinOrder).len() <= MOST_CARDS);
            }
        }
    }

    /// Every code that comes out is one of decision-spec §1.
    #[test]
    fn every_code_is_in_the_specification(facts in patient()) {
        let assessment = assess(&facts, AS_OF);
        let known = codes_of_the_specification();
        for code in codes(&assessment) {
            prop_assert!(known.contains(&code), "{}", code);
        }
    }
}

/// Facts with something less, and the criteria that it is evidence of.
type Less = (Facts, fn(CriterionId) -> bool);

fn taken_away(facts: &Facts) -> Vec<Less> {
    fn any(_: CriterionId) -> bool {
        true
    }
    fn of_infections(id: CriterionId) -> bool {
        matches!(
            id,
            CriterionId::SevereOrRecurrentInfections | CriterionId::Infections6Months
        )
    }
    fn of_igg(id: CriterionId) -> bool {
        id == CriterionId::IggBelow4
    }
    let mut cases: Vec<Less> = Vec::new();
    let mut without = |about, take: &dyn Fn(&mut Facts)| {
        let mut less = facts.clone();
        take(&mut less);
        cases.push((less, about));
    };
    for index in 0..facts.diagnoses.len() {
        without(any, &|less| drop(less.diagnoses.remove(index)));
    }
    for index in 0..facts.car_t.len() {
        without(any, &|less| drop(less.car_t.remove(index)));
    }
    for index in 0..facts.bispecifics.len() {
        without(any, &|less| drop(less.bispecifics.remove(index)));
    }
    for index in 0..facts.transplants.len() {
        without(any, &|less| drop(less.transplants.remove(index)));
    }
    for focus in [Focus::Lung, Focus::Urinary, Focus::Blood] {
        without(of_infections, &|less| {
            less.infections.retain(|infection| infection.focus != focus);
        });
    }
    for (index, result) in facts.igg.iter().enumerate() {
        let alone = facts
            .igg
            .iter()
            .filter(|other| other.drawn == result.drawn)
            .count()
            == 1;
        let exact = matches!(result.value, Measured::Exactly(_))
            && result.drawn.and_then(When::exact).is_some();
        if alone && exact {
            without(of_igg, &|less| drop(less.igg.remove(index)));
        }
    }
    without(any, &|less| less.searched.observations = false);
    without(any, &|less| less.searched.conditions = false);
    without(any, &|less| less.searched.procedures = false);
    without(any, &|less| less.searched.medication_requests = false);
    without(any, &|less| {
        less.searched.medication_administrations = false
    });
    without(any, &|less| less.searched.encounters = false);
    cases
}

/// Every date in a JSON value 400 years earlier.
fn move_back(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(date) = text.parse::<Date>() {
                *text = plus_days(date, -CYCLE).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_back),
        Value::Object(members) => members.values_mut().for_each(move_back),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The codes that §1 of the decision specification sets between backticks, and the cards C01 to C32.
fn codes_of_the_specification() -> BTreeSet<String> {
    let text = include_str!("../../docs/guideline/decision-spec.md");
    let (_, section) = text.split_once("## 1. Codes and terms").expect("§1");
    let (section, _) = section.split_once("\n## ").expect("§2");
    let codes = section.split('`').skip(1).step_by(2).map(str::to_owned);
    codes
        .chain((1..=32).map(|card| format!("C{card:02}")))
        .collect()
}

/// Every code of an assessment that §1 is to name.
fn codes(assessment: &Assessment) -> Vec<String> {
    let json = serde_json::to_value(assessment).expect("JSON");
    let mut found = vec![
        &json["population"]["code"],
        &json["population"]["index"]["kind"],
        &json["start"]["conclusion"],
        &json["course"]["rule"],
        &json["dose"]["conclusion"],
        &json["order"]["conclusion"],
    ];
    let lists = [
        &json["population"]["alternatives"],
        &json["course"]["conclusions"],
        &json["cards"],
    ];
    found.extend(lists.into_iter().flat_map(|list| list.as_array()).flatten());
    for report in json["comparators"].as_array().into_iter().flatten() {
        found.extend([&report["start"], &report["stop"]]);
        let rules = report["rules"].as_array();
        for rule in rules.into_iter().flatten() {
            found.extend(["verdict", "reason"].map(|member| &rule[member]));
        }
    }
    for criterion in json["start"]["criteria"].as_array().into_iter().flatten() {
        found.extend(["id", "verdict", "reason"].map(|member| &criterion[member]));
    }
    found
        .into_iter()
        .filter_map(|code| code.as_str().map(str::to_owned))
        .collect()
}
