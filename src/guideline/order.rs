//! What is said of a draft order of human normal immunoglobulin (decision-spec §3.4, last table).

use super::{
    assessment::{
        CourseConclusion, CourseRule, OrderConclusion, OrderFinding, Population, StartConclusion,
    },
    facts::{IgIndication, Order},
};

/// The conclusion, first match.
pub(super) fn decide(
    order: Option<&Order>,
    population: Population,
    start: StartConclusion,
    course: &super::assessment::Course,
) -> OrderFinding {
    let Some(order) = order else {
        return OrderFinding::default();
    };
    let stop_due = course.conclusions.contains(&CourseConclusion::StopDue)
        || (course.rule == Some(CourseRule::Cart6)
            && course.conclusions.contains(&CourseConclusion::StopReview));
    let conclusion = match (population, order.indication) {
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
    };
    OrderFinding {
        conclusion: Some(conclusion),
        reference: Some(order.evidence.clone()),
        planned_end: order.planned_end,
        indication: Some(order.indication),
    }
}
