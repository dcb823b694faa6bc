//! A change of product: gram for gram, and when it is no answer (decision-spec §3.4, REC-51 to REC-57).

use jiff::civil::Date;
use serde::Serialize;

use super::{
    assessment::{Trough, TroughLevel},
    date::{plus_days, plus_months},
    dose::{self, DoseConclusion, DoseUnknown, KnownWeight},
    facts::{
        DoseGap, Facts, IgRoute, Order, Prescription, RunningOrder, StatementKind, SwitchReason,
    },
    immunoglobulin::IgCourse,
    infections,
    parameters::{E47_SWITCH_REASON_DAYS, K6_INFECTION_MONTHS},
    quantity::Mass,
    substitution,
};

/// A change of product that an order makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// How the grams compare.
    pub grams: Comparison,
    /// Home treatment: another volume, rate or pump, which the patient has to learn (REC-56).
    pub volume_changes: bool,
    /// The reason that is stated.
    pub reason: Option<SwitchReason>,
    /// What is said of the reason.
    pub advice: Option<SwitchAdvice>,
    /// The trough that it rests on.
    #[serde(skip)]
    pub trough: Option<Trough>,
}

/// How the grams of two orders compare, in milligrams per 28 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Comparison {
    /// Within E44.
    Same {
        /// Of the running order.
        old: i64,
        /// Of the draft.
        new: i64,
    },
    /// More than E44 apart (REC-51).
    Differ {
        /// Of the running order.
        old: i64,
        /// Of the draft.
        new: i64,
    },
    /// The draft has a dose, and the running order's is not known.
    OldUnknown,
    /// The draft has no dose yet.
    NotWritten {
        /// Of the running order.
        old: i64,
    },
    /// Nothing can be compared.
    Unknown,
}

/// What is said of the reason for a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum SwitchAdvice {
    /// No reason is stated, and an infection of the last months may be one (REC-52).
    Ask,
    /// Lack of effect, though IgG rises as it should: a class effect (REC-52).
    ClassEffect,
    /// Lack of effect, and whether IgG rises as it should is not known.
    RiseUnknown,
    /// Lack of effect, IgG low, and the dose is not known to be right: the dose comes first.
    DoseFirst,
    /// Price alone: the saving is to be weighed against the burden (REC-57).
    WeighSaving,
}

/// The switch that an order makes; `None` where it is none, or that cannot be told.
pub(super) fn decide(
    order: &Order,
    facts: &Facts,
    course: Option<&IgCourse>,
    running: &[&RunningOrder],
    weight: &KnownWeight,
    as_of: Date,
) -> Option<Switch> {
    let course = course?;
    // Two different products beside each other: which one is replaced, nobody says.
    let several_products = running.iter().any(|one| {
        running
            .iter()
            .any(|other| is_other(one, other.route, &other.prescription))
    });
    let changes = |one: &&RunningOrder| is_other(one, order.route, &order.prescription);
    if several_products || !running.iter().any(changes) {
        return None;
    }
    let used = match weight {
        KnownWeight::Valid(weight) => Some(weight.value),
        _ => None,
    };
    let old: Vec<&Prescription> = running.iter().map(|order| &order.prescription).collect();
    let reason = reason(facts, as_of);
    let trough = substitution::latest_trough(facts, course, as_of);
    let advice = advice(reason, trough.as_ref(), &old, facts, course, weight, as_of);
    Some(Switch {
        grams: compare(&old, &order.prescription, used),
        volume_changes: running.iter().any(|one| volume_changes(one, order)),
        reason,
        advice,
        trough,
    })
}

/// Another brand where both are known, else another route.
fn is_other(running: &RunningOrder, route: IgRoute, new: &Prescription) -> bool {
    match (&running.prescription.product, &new.product) {
        (Some(old), Some(new)) => old.brand != new.brand,
        // Without a brand facilitated and ordinary SCIG have one code.
        _ => {
            let intravenous = |route| match route {
                IgRoute::Iv => Some(true),
                IgRoute::Sc | IgRoute::FacilitatedSc => Some(false),
                IgRoute::Unknown => None,
            };
            match (intravenous(running.route), intravenous(route)) {
                (Some(old), Some(new)) => old != new,
                _ => false,
            }
        }
    }
}

fn compare(old: &[&Prescription], new: &Prescription, weight: Option<Mass>) -> Comparison {
    let milligrams = |orders: &[&Prescription]| {
        dose::monthly(orders, weight).map(|monthly| monthly.milligrams())
    };
    match (milligrams(old), milligrams(&[new])) {
        (Ok(Some(old)), Ok(Some(new))) if dose::differ(old, new) => Comparison::Differ { old, new },
        (Ok(Some(old)), Ok(Some(new))) => Comparison::Same { old, new },
        (Ok(Some(old)), Err(DoseUnknown::Written(DoseGap::NotWritten))) => {
            Comparison::NotWritten { old }
        }
        (_, Ok(Some(_))) => Comparison::OldUnknown,
        _ => Comparison::Unknown,
    }
}

/// Between two subcutaneous products of other strength, or to and from facilitated SCIG.
fn volume_changes(running: &RunningOrder, order: &Order) -> bool {
    let home = |route| matches!(route, IgRoute::Sc | IgRoute::FacilitatedSc);
    let strength = |order: &Prescription| {
        order
            .product
            .as_ref()
            .and_then(|product| product.milligrams_per_millilitre)
    };
    home(running.route)
        && home(order.route)
        && (running.route != order.route
            || strength(&running.prescription) != strength(&order.prescription))
}

/// The latest reason that is stated; of several of one day the one of which most is to be said.
fn reason(facts: &Facts, as_of: Date) -> Option<SwitchReason> {
    let oldest = plus_days(as_of, -E47_SWITCH_REASON_DAYS);
    facts
        .statements
        .iter()
        .filter(|statement| statement.date >= oldest && statement.date <= as_of)
        .filter_map(|statement| match statement.kind {
            StatementKind::SwitchReason(reason) => Some((statement.date, reason)),
            _ => None,
        })
        .max_by_key(|(date, reason)| {
            let said = match reason {
                SwitchReason::LackOfEffect => 3,
                SwitchReason::Economic => 2,
                SwitchReason::AdverseEffect => 1,
                SwitchReason::Other => 0,
            };
            (*date, said)
        })
        .map(|(_, reason)| reason)
}

fn advice(
    reason: Option<SwitchReason>,
    trough: Option<&Trough>,
    old: &[&Prescription],
    facts: &Facts,
    course: &IgCourse,
    weight: &KnownWeight,
    as_of: Date,
) -> Option<SwitchAdvice> {
    match reason {
        // Adverse effects may justify a change of route (REC-53).
        Some(SwitchReason::AdverseEffect | SwitchReason::Other) => None,
        Some(SwitchReason::Economic) => Some(SwitchAdvice::WeighSaving),
        Some(SwitchReason::LackOfEffect) => match trough.map(|trough| trough.level) {
            None => Some(SwitchAdvice::RiseUnknown),
            // The one case in which another product can help: IgG does not rise on a right dose.
            Some(TroughLevel::Low) if dose::concluded(old, weight) == Some(DoseConclusion::Ok) => {
                None
            }
            Some(TroughLevel::Low) => Some(SwitchAdvice::DoseFirst),
            Some(TroughLevel::Aimed | TroughLevel::Reducible | TroughLevel::High) => {
                Some(SwitchAdvice::ClassEffect)
            }
        },
        None => {
            let from = plus_months(as_of, -K6_INFECTION_MONTHS);
            let from = course.start.map_or(from, |start| start.max(from));
            (!infections::serious_since(from, facts, as_of).is_empty()).then_some(SwitchAdvice::Ask)
        }
    }
}
