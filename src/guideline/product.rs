//! Which product is preferred: SCIG before IVIG, ordinary before facilitated SCIG in small children
//! (decision-spec §3.4, REC-01, REC-02, REC-04, REC-05, REC-06, REC-55).

use jiff::civil::Date;
use serde::Serialize;

use super::{
    date::{plus_days, plus_months},
    facts::{Facts, IgRoute, IvigReason, Order, OrderedRoute, RunningOrder, StatementKind},
    immunoglobulin::{IgCourse, IgHistory},
    parameters::{E45_SMALL_CHILD_YEARS, E46_IVIG_REASON_DAYS, E48_MAINTENANCE_MONTHS},
};

/// What is said of the product of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ProductFinding {
    /// The order is of IVIG without a stated reason: SCIG is preferred.
    pub scig_preferred: Option<ScigPreferred>,
    /// The reason for IVIG that holds.
    pub ivig_reason: Option<IvigReason>,
    /// Facilitated SCIG for a small child.
    pub small_child: bool,
}

/// When SCIG is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ScigPreferred {
    /// At a start, or at a change to IVIG (REC-01).
    Start,
    /// As maintenance after a start on IVIG (REC-55).
    Maintenance,
}

/// What is said of the product of an order.
pub(super) fn decide(
    order: &Order,
    facts: &Facts,
    ig: &IgHistory,
    running: &[&RunningOrder],
    as_of: Date,
) -> ProductFinding {
    let ivig_reason = ivig_reason(facts, ig, as_of);
    ProductFinding {
        scig_preferred: (is_ivig(order) && ivig_reason.is_none())
            .then(|| when_preferred(ig.running(), running, as_of))
            .flatten(),
        ivig_reason,
        small_child: order.route == IgRoute::FacilitatedSc && is_small_child(facts, as_of),
    }
}

/// By its product, else by the route that it states.
fn is_ivig(order: &Order) -> bool {
    match order.route {
        IgRoute::Iv => order.prescription.ordered_route != Some(OrderedRoute::Subcutaneous),
        IgRoute::Unknown => order.prescription.ordered_route == Some(OrderedRoute::Intravenous),
        IgRoute::Sc | IgRoute::FacilitatedSc => false,
    }
}

/// A renewal of IVIG in the first months says nothing new.
fn when_preferred(
    course: Option<&IgCourse>,
    running: &[&RunningOrder],
    as_of: Date,
) -> Option<ScigPreferred> {
    let renewal = !running.is_empty() && running.iter().all(|order| order.route == IgRoute::Iv);
    let Some(course) = course.filter(|_| renewal) else {
        return Some(ScigPreferred::Start);
    };
    let established = course
        .start
        .is_some_and(|start| plus_months(start, E48_MAINTENANCE_MONTHS) <= as_of);
    established.then_some(ScigPreferred::Maintenance)
}

/// The latest reason for IVIG that holds: stated for this course, or shortly before it began.
fn ivig_reason(facts: &Facts, ig: &IgHistory, as_of: Date) -> Option<IvigReason> {
    let begins = ig.running().map_or(Some(as_of), |course| course.start);
    let from = begins.map(|begins| plus_days(begins, -E46_IVIG_REASON_DAYS));
    // What was stated for a course that has ended does not hold for the next.
    let ended = match ig.running() {
        Some(_) => None,
        None => ig.courses.iter().filter_map(|course| course.ended).max(),
    };
    facts
        .statements
        .iter()
        .filter(|statement| statement.date <= as_of)
        .filter(|statement| from.is_none_or(|from| statement.date >= from))
        .filter(|statement| ended.is_none_or(|ended| statement.date > ended))
        .filter_map(|statement| match statement.kind {
            StatementKind::IvigReason(reason) => Some((statement.date, reason)),
            _ => None,
        })
        .max()
        .map(|(_, reason)| reason)
}

/// Certainly under E45.
fn is_small_child(facts: &Facts, as_of: Date) -> bool {
    facts
        .patient
        .born
        .is_some_and(|born| born.plus_months(12 * E45_SMALL_CHILD_YEARS).earliest() > as_of)
}
