//! What is said of a draft order of human normal immunoglobulin (decision-spec §3.4, last table).

use jiff::civil::Date;

use super::{
    assessment::{
        CourseConclusion, CourseRule, OrderConclusion, OrderFinding, Population, StartConclusion,
    },
    dose::{self, KnownWeight},
    facts::{Facts, IgIndication, Order},
    immunoglobulin::IgHistory,
    population,
    product::{self, ProductFinding},
    safety, switch,
};

/// What is said of the draft: the conclusion, first match, and what it and the product call for.
pub(super) fn decide(
    facts: &Facts,
    population: Population,
    start: StartConclusion,
    course: &super::assessment::Course,
    ig: &IgHistory,
    weight: &KnownWeight,
    as_of: Date,
) -> OrderFinding {
    let Some(order) = facts.order.as_ref() else {
        return OrderFinding::default();
    };
    let running = ig
        .running()
        .map_or(Vec::new(), |course| dose::orders(facts, course));
    let for_safety = dose::for_safety(weight, facts, as_of);
    let faults = if population::is_void(facts, as_of) {
        Vec::new()
    } else {
        safety::faults(order, &running, weight, for_safety.as_ref())
    };
    // Product, dose and switch are for SID: with another reason, or none, nothing is said (B-36).
    let in_scope = order.indication == IgIndication::SecondaryImmunodeficiency
        && !matches!(
            population,
            Population::OosImm | Population::OosPid | Population::None
        );
    OrderFinding {
        conclusion: Some(if faults.is_empty() {
            conclude(order, population, start, course)
        } else {
            OrderConclusion::Crit
        }),
        reference: Some(order.evidence.clone()),
        planned_end: order.planned_end,
        indication: Some(order.indication),
        product: if in_scope {
            product::decide(order, facts, ig, &running, as_of)
        } else {
            ProductFinding::default()
        },
        switch: in_scope
            .then(|| switch::decide(order, facts, ig.running(), &running, weight, as_of))
            .flatten(),
        faults,
        in_scope,
    }
}

/// The conclusion on an order that passes the safety check.
fn conclude(
    order: &Order,
    population: Population,
    start: StartConclusion,
    course: &super::assessment::Course,
) -> OrderConclusion {
    let stop_due = course.conclusions.contains(&CourseConclusion::StopDue)
        || (course.rule == Some(CourseRule::Cart6)
            && course.conclusions.contains(&CourseConclusion::StopReview));
    match (population, order.indication) {
        (Population::OosPid | Population::OosImm, _) => OrderConclusion::Silent,
        (_, IgIndication::NotStated) | (Population::None, _) => OrderConclusion::Info,
        _ if course.on_immunoglobulin == Some(true) => {
            if stop_due {
                OrderConclusion::Warn
            } else {
                OrderConclusion::Silent
            }
        }
        (Population::P2C | Population::Ambiguous | Population::Unassigned, _) => {
            OrderConclusion::Info
        }
        _ => match start {
            StartConclusion::Unk => OrderConclusion::Info,
            StartConclusion::Met | StartConclusion::Cons | StartConclusion::Na => {
                OrderConclusion::Silent
            }
            StartConclusion::Not | StartConclusion::Ns => OrderConclusion::Warn,
        },
    }
}
