//! Properties of order: in which order facts come, how often, and what their resources are called.

use std::collections::BTreeMap;

use serde_json::Value;
use sid_cds::guideline::gravest_order;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The order in which facts are given, and giving some of them again, change nothing that is said.
    #[test]
    fn order_and_duplicates_change_nothing(facts in crowded(), seed in any::<u64>()) {
        let shuffled = Shuffle(seed).facts(facts.clone());
        prop_assert_eq!(assess(&facts, AS_OF), assess(&shuffled, AS_OF));
    }

    /// What the resources are called changes nothing but the references: of two facts of one day none
    /// is chosen for the id of its resource.
    #[test]
    fn ids_change_nothing(facts in crowded(), seed in any::<u64>()) {
        let before = as_json(&facts);
        let renamed = renamed(&facts, seed);
        prop_assert_eq!(before, as_json(&renamed));
    }

    /// Which of several drafts is judged does not hang on their order.
    #[test]
    fn the_gravest_draft_is_judged(facts in crowded(), drafts in prop::collection::vec(order(), 1..4), seed in any::<u64>()) {
        let mut shuffled = drafts.clone();
        Shuffle(seed).list(&mut shuffled);
        prop_assert_eq!(gravest_order(&facts, &drafts, AS_OF), gravest_order(&facts, &shuffled, AS_OF));
    }
}

/// Shuffles lists and repeats some of their items; the same seed does the same.
pub struct Shuffle(pub u64);

impl Shuffle {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % limit as u64).expect("below the limit")
    }

    /// Another order.
    pub fn only<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last + 1);
            list.swap(last, other);
        }
    }

    /// Another order, with some items twice or more often.
    pub fn list<T: Clone>(&mut self, list: &mut Vec<T>) {
        for _ in 0..list.len() {
            if self.below(2) == 0 {
                let again = list[self.below(list.len())].clone();
                list.push(again);
            }
        }
        self.only(list);
    }

    /// Every list of the facts.
    fn facts(mut self, mut facts: Facts) -> Facts {
        // A new list has to be shuffled too.
        let Facts {
            patient: _,
            searched: _,
            igg,
            iga,
            igm,
            weights,
            b_cells,
            m_proteins,
            diagnoses,
            car_t,
            bispecifics,
            transplants,
            infections,
            immunoglobulin,
            running_orders,
            past_doses,
            vaccinations,
            organ_foci,
            running_antibiotics,
            statements,
            order: _,
            drafted:
                Drafted {
                    tests,
                    vaccinations: vaccines,
                },
            problems,
        } = &mut facts;
        for results in [igg, iga, igm] {
            self.list(results);
        }
        self.list(weights);
        self.list(b_cells);
        self.list(m_proteins);
        self.list(diagnoses);
        self.list(car_t);
        self.list(bispecifics);
        self.list(transplants);
        self.list(infections);
        self.list(immunoglobulin);
        self.list(running_orders);
        self.list(past_doses);
        self.list(vaccinations);
        self.list(organ_foci);
        self.list(running_antibiotics);
        self.list(statements);
        self.list(tests);
        self.list(vaccines);
        self.list(problems);
        facts
    }
}

/// The assessment with a mark for each reference, and one for a list of them.
fn as_json(facts: &Facts) -> Value {
    let mut json = serde_json::to_value(assess(facts, AS_OF)).expect("JSON");
    mark(&mut json);
    json
}

fn is_reference(text: &str) -> bool {
    let kind = text.split_once('/').map(|(kind, _)| kind);
    kind.is_some_and(|kind| {
        matches!(
            kind,
            "Observation"
                | "Condition"
                | "Procedure"
                | "Immunization"
                | "MedicationStatement"
                | "MedicationRequest"
        )
    })
}

fn mark(value: &mut Value) {
    match value {
        Value::String(text) if is_reference(text) => *text = "a reference".to_owned(),
        Value::Array(items) => {
            items.iter_mut().for_each(mark);
            // Which resources say a thing, and how many, is for the other property.
            if items.iter().all(|item| item == "a reference") {
                items.truncate(1);
            }
        }
        Value::Object(members) => members.values_mut().for_each(mark),
        _ => {}
    }
}

/// The same facts with other ids, in another order of theirs.
fn renamed(facts: &Facts, seed: u64) -> Facts {
    let mut facts = facts.clone();
    let mut all: Vec<Reference> = Vec::new();
    visit(&mut facts, &mut |reference| all.push(reference.clone()));
    all.sort_unstable();
    all.dedup();
    let mut numbers: Vec<usize> = (0..all.len()).collect();
    Shuffle(seed).only(&mut numbers);
    let names: BTreeMap<Reference, Reference> = all
        .into_iter()
        .zip(numbers)
        .map(|(reference, number)| {
            let kind = reference.as_str().split('/').next().expect("a type");
            let name = Reference::new(format!("{kind}/n{number:03}"));
            (reference, name)
        })
        .collect();
    visit(&mut facts, &mut |reference| {
        reference.clone_from(&names[reference]);
    });
    facts
}

/// Every reference of the facts.
fn visit(facts: &mut Facts, to: &mut dyn FnMut(&mut Reference)) {
    let results = [&mut facts.igg, &mut facts.iga, &mut facts.igm];
    for one in results.into_iter().flatten() {
        to(&mut one.evidence);
    }
    facts
        .weights
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .b_cells
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .m_proteins
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .diagnoses
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts.car_t.iter_mut().for_each(|one| to(&mut one.evidence));
    facts
        .bispecifics
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .transplants
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .infections
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .immunoglobulin
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .running_orders
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .vaccinations
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .organ_foci
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts
        .running_antibiotics
        .iter_mut()
        .for_each(|one| to(&mut one.evidence));
    facts.order.iter_mut().for_each(|one| to(&mut one.evidence));
    for statement in &mut facts.statements {
        to(&mut statement.evidence);
        if let StatementKind::IndexEventConfirmed { event, .. } = &mut statement.kind {
            to(event);
        }
    }
}
