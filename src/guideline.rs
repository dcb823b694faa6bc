//! The guideline: typed facts and a date in, an assessment out.
//!
//! Pure: no JSON values, no clock, no I/O, no async, and it cannot fail. What is missing comes back
//! as gaps (`missing`, `unknown` with a reason), never as an error. The tables are those of
//! `docs/guideline/decision-spec.md`, whose section numbers the code cites.

// Nothing here may panic; tests may, to fail.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

pub mod assessment;
pub mod comparator;
pub mod counterfactual;
mod course;
pub mod date;
pub mod dose;
pub mod evidence;
pub mod facts;
pub mod history;
pub mod hooks;
mod igg;
mod immunoglobulin;
mod index_event;
mod infections;
mod order;
pub mod parameters;
mod population;
mod preconditions;
pub mod problem;
pub mod product;
pub mod quantity;
mod recurrence;
pub mod safety;
mod start;
mod substitution;
pub mod switch;
pub mod trace;
pub mod verdict;

use std::cmp::Reverse;

use jiff::civil::{Date, date};

use assessment::{
    Assessment, CardCode, Course, CourseConclusion, Guideline, OrderConclusion, OrderFinding,
    Population, TroughLevel,
};
use dose::{Dose, DoseConclusion};
use facts::{Facts, IgIndication, Order};
use parameters::G1_REVIEW_BY;
use safety::SafetyFault;
use switch::Comparison;
use trace::Trace;

/// The guideline that the rules implement.
pub const GUIDELINE: Guideline = Guideline {
    id: "medicinraadet-sid",
    version: "1.1",
    approved: date(2026, 2, 18),
    document: "233094",
    review_by: G1_REVIEW_BY,
};

/// Applies the guideline to one patient on one day. In which order the facts are given, and how often
/// each, changes nothing.
pub fn assess(facts: &Facts, as_of: Date) -> Assessment {
    let facts = facts.clone().in_order();
    let mut assessment = conclude(&facts, as_of);
    assessment.counterfactual = counterfactual::find(&facts, &assessment);
    assessment
}

/// Of several draft orders the one of which most is to be said: of those with the gravest conclusion
/// the one with the most urgent card, then the one with most cards. What a harmless draft would say must
/// not hide what another calls for.
pub fn gravest_order<'a>(facts: &Facts, orders: &'a [Order], as_of: Date) -> Option<&'a Order> {
    if let [only] = orders {
        return Some(only);
    }
    let gravity = |order: &&Order| {
        let facts = Facts {
            order: Some((*order).clone()),
            ..facts.clone()
        };
        let assessment = conclude(&facts, as_of);
        let conclusion = match assessment.order.conclusion {
            Some(OrderConclusion::Crit) => 0,
            Some(OrderConclusion::Warn) => 1,
            Some(OrderConclusion::Info) => 2,
            Some(OrderConclusion::Silent) | None => 3,
        };
        let most_urgent = assessment.cards.first().map(|card| priority(*card));
        let most_urgent = (most_urgent.is_none(), most_urgent);
        let cards = Reverse(assessment.cards.len());
        (conclusion, most_urgent, cards, (*order).clone())
    };
    orders.iter().min_by_key(gravity)
}

/// The assessment without its counterfactual, which is found by concluding again.
fn conclude(facts: &Facts, as_of: Date) -> Assessment {
    let ig = immunoglobulin::IgHistory::new(facts, as_of);
    let igg = igg::Igg::new(facts, &ig, as_of);
    let events = index_event::IndexEvents::new(facts, as_of);
    let assigned = population::assign(facts, &igg, &events, as_of);
    let table = start::Table::new(facts, &igg, as_of);
    let decided = table.decide(&assigned, &ig, &events);
    let mut start = decided.start;
    let before = preconditions::decide(start.conclusion, table.infection_history(), facts, as_of);
    start.missing.extend(before.missing);
    start.missing.sort_unstable();
    start.missing.dedup();
    let population = assigned.finding;
    let mut trace = Trace {
        population: trace::population(facts, &population, as_of),
        preconditions: trace::preconditions(facts, &start, before.focus, table.infection_history()),
        ..Trace::default()
    };
    let comparators = comparator::decide(&comparator::Inputs {
        facts,
        population: &population,
        ig: &ig,
        igg: &igg,
        events: &events,
        as_of,
    });
    let timeline = course::decide(
        facts,
        &population,
        start.conclusion,
        &ig,
        &igg,
        &events,
        as_of,
    );
    let course = timeline.course;
    trace.course = timeline.trace;
    let weight = dose::known(facts, as_of);
    let dose = dose::decide(facts, population.code, ig.running(), &weight);
    let order = order::decide(
        facts,
        population.code,
        start.conclusion,
        &course,
        &ig,
        &weight,
        as_of,
    );
    trace.order = trace::order(
        &order,
        &start,
        course.on_immunoglobulin,
        &course.conclusions,
    );

    let mut cards = decided.cards;
    if course.conclusions.contains(&CourseConclusion::Recovered) {
        // Recovery is an answer of its own: a gap in the start criteria is nothing to chase.
        cards.retain(|card| *card != CardCode::C04);
    }
    cards.extend(before.cards);
    cards.extend(course_cards(&course));
    if timeline.two_readings {
        cards.push(CardCode::C30);
    }
    let indicate = order_cards(
        order.conclusion,
        order.indication,
        &mut cards,
        population.code,
    );
    cards.extend(indicate);
    cards.extend(dose_cards(&dose, &order));
    if population::is_void(facts, as_of) {
        cards.clear();
    }
    cards.sort_by_key(|card| priority(*card));
    cards.dedup();
    Assessment {
        as_of,
        guideline: GUIDELINE,
        population,
        start,
        course,
        dose,
        order,
        cards,
        comparators,
        data_problems: facts
            .problems
            .iter()
            .chain(&igg.conflicts)
            .cloned()
            .collect(),
        counterfactual: None,
        drafted: facts.drafted.clone(),
        trace,
    }
}

/// C12, C14…C18, C24 and C25.
fn course_cards(course: &Course) -> Vec<CardCode> {
    let mut cards = Vec::new();
    for conclusion in &course.conclusions {
        match conclusion {
            CourseConclusion::StopSoon
            | CourseConclusion::StopDue
            | CourseConclusion::StopReview => cards.push(CardCode::C14),
            CourseConclusion::StopWindow | CourseConclusion::StopOverdue => {
                cards.push(CardCode::C15);
            }
            CourseConclusion::Review3
            | CourseConclusion::Review6
            | CourseConclusion::Review6Monthly => cards.push(CardCode::C12),
            CourseConclusion::Pause => cards.push(CardCode::C17),
            CourseConclusion::SupportsStop => cards.push(CardCode::C16),
            CourseConclusion::Extend | CourseConclusion::Recovered => {}
        }
    }
    if course.igg_under_substitution.is_some() {
        cards.push(CardCode::C16);
    }
    if course.recurrence.is_some() {
        cards.push(CardCode::C18);
    }
    match course.trough.as_ref().map(|trough| trough.level) {
        Some(TroughLevel::Low | TroughLevel::High) => cards.push(CardCode::C24),
        Some(TroughLevel::Reducible) => cards.push(CardCode::C25),
        Some(TroughLevel::Aimed) | None => {}
    }
    cards
}

/// C26 and C29; and without a warning on the order, no card that says "not met".
fn order_cards(
    conclusion: Option<OrderConclusion>,
    indication: Option<IgIndication>,
    cards: &mut Vec<CardCode>,
    population: Population,
) -> Option<CardCode> {
    let not_stated = indication == Some(IgIndication::NotStated)
        || (indication.is_some() && population == Population::None);
    match conclusion {
        Some(OrderConclusion::Info) if not_stated => {
            cards.retain(|card| !matches!(card, CardCode::C05 | CardCode::C32));
            Some(CardCode::C29)
        }
        _ => None,
    }
}

/// C20–C23, C27 and C28. Of an order that is warned of for another reason only what is itself a
/// warning is said, and what a safety check has said is not said twice.
fn dose_cards(dose: &Dose, order: &OrderFinding) -> Vec<CardCode> {
    let mut cards = Vec::new();
    let warned = order.conclusion == Some(OrderConclusion::Warn);
    let of_dose = |fault: &SafetyFault| !matches!(fault, SafetyFault::Route { .. });
    let dose_doubted = order.faults.iter().any(of_dose);
    if !order.faults.is_empty() {
        cards.push(CardCode::C23);
    }
    let applies = if dose.is_draft {
        order.in_scope && !dose_doubted
    } else {
        true
    };
    match dose.conclusion {
        Some(DoseConclusion::High) if applies => cards.push(CardCode::C22),
        Some(DoseConclusion::Low) if applies && !warned => cards.push(CardCode::C22),
        _ => {}
    }
    if !warned && order.product.scig_preferred.is_some() {
        cards.push(CardCode::C20);
    }
    if !warned && order.product.small_child {
        cards.push(CardCode::C21);
    }
    if let Some(switch) = order.switch.as_ref().filter(|_| !dose_doubted) {
        match switch.grams {
            Comparison::Differ { .. } => cards.push(CardCode::C27),
            Comparison::OldUnknown | Comparison::NotWritten { .. } if !warned => {
                cards.push(CardCode::C27);
            }
            Comparison::Same { .. } if switch.volume_changes && !warned => {
                cards.push(CardCode::C27);
            }
            Comparison::Same { .. }
            | Comparison::OldUnknown
            | Comparison::NotWritten { .. }
            | Comparison::Unknown => {}
        }
        if !warned && switch.advice.is_some() {
            cards.push(CardCode::C28);
        }
    }
    cards
}

/// §3.5: C23 > C31 > C05/C32/C14 > C30 > C12/C15 > the rest, of which C18 comes before a start, and
/// the dose and the switch before what is only preferred.
fn priority(card: CardCode) -> (u8, CardCode) {
    let urgency = match card {
        CardCode::C23 => 0,
        CardCode::C31 => 1,
        CardCode::C05 | CardCode::C32 | CardCode::C14 => 2,
        CardCode::C30 => 3,
        CardCode::C12 | CardCode::C15 => 4,
        CardCode::C18 | CardCode::C22 | CardCode::C27 => 5,
        CardCode::C01
        | CardCode::C02
        | CardCode::C03
        | CardCode::C04
        | CardCode::C06
        | CardCode::C07
        | CardCode::C08
        | CardCode::C09
        | CardCode::C10
        | CardCode::C11
        | CardCode::C16
        | CardCode::C17
        | CardCode::C20
        | CardCode::C21
        | CardCode::C24
        | CardCode::C25
        | CardCode::C26
        | CardCode::C28
        | CardCode::C29 => 6,
    };
    (urgency, card)
}
