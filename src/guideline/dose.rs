//! The dose of an order: grams in a month for each kilogram of body weight (decision-spec §3.4, REC-33,
//! K13, K14).
//!
//! Grams only: the guideline's millilitres for each kilogram hold for a product of 200 mg/mL alone
//! (B-37, H-09).

mod rate;
mod weight;

use std::cmp::Ordering;

use serde::Serialize;

use super::{
    assessment::Population,
    facts::{
        DoseGap, DoseRole, Facts, IgIndication, Pace, PlannedDose, Prescription, Reference,
        RunningOrder, StatementKind,
    },
    immunoglobulin::IgCourse,
    quantity::Mass,
};
pub(super) use rate::{LONG_MONTH, Rate, SHORT_MONTH};
pub use weight::UsedWeight;
pub(super) use weight::{KnownWeight, differ, for_safety, known};

/// The range of REC-33, in tenths of a gram for each kilogram and month.
pub const RANGE_DECIGRAMS: (i32, i32) = (4, 8);

/// The dose of the draft, else of the orders that run.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dose {
    /// The conclusion; none without an order, outside the guideline, or for an order without a reason.
    pub conclusion: Option<DoseConclusion>,
    /// Grams per 28 days, to the milligram; none for a range.
    pub grams_per28_days: Option<f64>,
    /// Grams per kg and month; none for a range.
    pub g_per_kg_per_month: Option<PerKilogram>,
    /// Milligrams per 28 days, least and most.
    #[serde(skip)]
    pub milligrams_per28_days: Option<(i64, i64)>,
    /// Ten-thousandths of a gram per kg, least in 28 and most in 30.44 days.
    #[serde(skip)]
    pub per_kilogram: Option<(i64, i64)>,
    /// Why it is not known.
    #[serde(skip)]
    pub unknown: Option<DoseUnknown>,
    /// The weight that it is judged by.
    #[serde(skip)]
    pub weight: Option<UsedWeight>,
    /// Whose dose: the draft, else the orders that run.
    #[serde(skip)]
    pub orders: Vec<Reference>,
    /// The order is the draft.
    #[serde(skip)]
    pub is_draft: bool,
    /// A review of the course is recorded that is not older than the orders that run: who decided
    /// then knew the dose.
    #[serde(skip)]
    pub reviewed: bool,
}

/// Grams per kg, by the two months of K14.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PerKilogram {
    /// In 28 days.
    pub per28_days: f64,
    /// In 30.44 days.
    pub per_month: f64,
}

/// Dose conclusions of decision-spec §1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum DoseConclusion {
    /// Below 0.4 g/kg under both months.
    #[serde(rename = "D-LOW")]
    Low,
    /// Within 0.4–0.8 g/kg under either.
    #[serde(rename = "D-OK")]
    Ok,
    /// Above 0.8 g/kg under both.
    #[serde(rename = "D-HIGH")]
    High,
    /// Not known.
    #[serde(rename = "D-UNK")]
    Unknown,
}

/// Why a dose is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoseUnknown {
    /// The order does not say grams in a month.
    Written(DoseGap),
    /// There is no order to read.
    NoOrder,
    /// No usable weight is recorded.
    WeightMissing,
    /// The weight is older than K13.
    WeightOld,
    /// Weights of one day contradict each other.
    WeightConflicting,
    /// The latest weight cannot be true.
    WeightImplausible,
    /// A range of doses whose ends differ in what they lead to.
    Range,
}

/// What a month of some orders holds, least and most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Monthly {
    low: Rate,
    high: Rate,
    /// Micrograms are for each kilogram: no weight is needed for g/kg.
    per_kilogram: bool,
}

impl Monthly {
    /// Milligrams in 28 days, when least and most are the same.
    pub fn milligrams(&self) -> Option<i64> {
        let single = !self.per_kilogram && self.low == self.high;
        single
            .then(|| self.high.milligrams_in(SHORT_MONTH))
            .flatten()
    }
}

/// What orders come to in 28 days, least and most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per28Days {
    /// Milligrams.
    Milligrams(i64, i64),
    /// Ten-thousandths of a gram for each kilogram of body weight, as the order has it.
    PerKilogram(i64, i64),
}

/// What orders come to by themselves: without a weight, which may have changed since.
pub(super) fn per_28_days(orders: &[&Prescription]) -> Result<Per28Days, DoseUnknown> {
    let Monthly {
        low,
        high,
        per_kilogram,
    } = monthly(orders, None)?;
    let kilogram = Mass::grams(1000);
    let ends = [low, high].map(|rate| {
        if per_kilogram {
            rate.per_kilogram(kilogram, SHORT_MONTH)
        } else {
            rate.milligrams_in(SHORT_MONTH)
        }
    });
    match ends {
        [Some(low), Some(high)] if per_kilogram => Ok(Per28Days::PerKilogram(low, high)),
        [Some(low), Some(high)] => Ok(Per28Days::Milligrams(low, high)),
        _ => Err(DoseUnknown::Written(DoseGap::Unusable)),
    }
}

/// The dose of the draft, else of the running orders.
pub(super) fn decide(
    facts: &Facts,
    population: Population,
    running: Option<&IgCourse>,
    weight: &KnownWeight,
) -> Dose {
    if matches!(
        population,
        Population::OosImm | Population::OosPid | Population::None
    ) {
        return Dose::default();
    }
    let order = facts.order.as_ref();
    let orders = running.map_or(Vec::new(), |running| orders(facts, running));
    let written: Vec<&Prescription> = match (order, running) {
        (Some(order), _) => vec![&order.prescription],
        (None, Some(_)) => orders.iter().map(|order| &order.prescription).collect(),
        (None, None) => return Dose::default(),
    };
    let mut dose = Dose {
        orders: match order {
            Some(order) => vec![order.evidence.clone()],
            None => orders.iter().map(|order| order.evidence.clone()).collect(),
        },
        is_draft: order.is_some(),
        reviewed: order.is_none() && reviewed(facts, &orders),
        ..Dose::default()
    };
    let concluded = conclude(&mut dose, &written, weight);
    dose.conclusion = match concluded {
        // Without a reason it may be for something else (B-36): numbers, and no word on them.
        _ if order.is_some_and(|order| order.indication == IgIndication::NotStated) => None,
        Ok(conclusion) => Some(conclusion),
        Err(why) => {
            dose.unknown = Some(why);
            Some(DoseConclusion::Unknown)
        }
    };
    dose
}

/// A review on or after the day on which the latest of the orders began.
fn reviewed(facts: &Facts, orders: &[&RunningOrder]) -> bool {
    let began = facts
        .immunoglobulin
        .iter()
        .filter(|exposure| {
            orders
                .iter()
                .any(|order| order.evidence == exposure.evidence)
        })
        .filter_map(|exposure| Some(exposure.start?.latest()))
        .max();
    facts.statements.iter().any(|statement| {
        matches!(statement.kind, StatementKind::IgReview(_))
            && began.is_none_or(|began| statement.date >= began)
    })
}

fn conclude(
    dose: &mut Dose,
    written: &[&Prescription],
    weight: &KnownWeight,
) -> Result<DoseConclusion, DoseUnknown> {
    let valid = match weight {
        KnownWeight::Valid(weight) => Ok(weight),
        KnownWeight::Missing => Err(DoseUnknown::WeightMissing),
        KnownWeight::Old(_) => Err(DoseUnknown::WeightOld),
        KnownWeight::Conflicting => Err(DoseUnknown::WeightConflicting),
        KnownWeight::Implausible { .. } => Err(DoseUnknown::WeightImplausible),
    };
    let used = valid.as_ref().ok().copied();
    let monthly = monthly(written, used.map(|weight| weight.value))?;
    if !monthly.per_kilogram {
        let ends = [monthly.low, monthly.high].map(|rate| rate.milligrams_in(SHORT_MONTH));
        if let [Some(low), Some(high)] = ends {
            dose.milligrams_per28_days = Some((low, high));
            dose.grams_per28_days = (low == high).then(|| thousandths(high));
        }
    }
    let kilogram = Mass::grams(1000);
    let weight = match (monthly.per_kilogram, valid) {
        (true, _) => kilogram,
        (false, Ok(weight)) => {
            dose.weight = Some(weight.clone());
            weight.value
        }
        (false, Err(why)) => return Err(why),
    };
    let number = |rate: Rate, month| rate.per_kilogram(weight, month);
    let [low_short, low_long, high_short, high_long] = [
        number(monthly.low, SHORT_MONTH),
        number(monthly.low, LONG_MONTH),
        number(monthly.high, SHORT_MONTH),
        number(monthly.high, LONG_MONTH),
    ];
    dose.per_kilogram = low_short.zip(high_long);
    if let (Some(per28_days), Some(per_month)) = (high_short, high_long)
        && (low_short, low_long) == (high_short, high_long)
    {
        dose.g_per_kg_per_month = Some(PerKilogram {
            per28_days: ten_thousandths(per28_days),
            per_month: ten_thousandths(per_month),
        });
    }
    let ends = [monthly.low, monthly.high].map(|rate| level(rate, weight));
    match ends {
        [Some(low), Some(high)] if low == high => Ok(low),
        [Some(_), Some(_)] => Err(DoseUnknown::Range),
        _ => Err(DoseUnknown::Written(DoseGap::Unusable)),
    }
}

/// The conclusion on some orders; `None` where the dose is not known.
pub(super) fn concluded(written: &[&Prescription], weight: &KnownWeight) -> Option<DoseConclusion> {
    conclude(&mut Dose::default(), written, weight).ok()
}

/// Outside the range only if so under both months (K14).
fn level(rate: Rate, weight: Mass) -> Option<DoseConclusion> {
    let (least, most) = RANGE_DECIGRAMS;
    let at = |decigrams, month| rate.against(decigrams, weight, month);
    // The longer month holds more: below in it is below in both, and above in the shorter one above.
    Some(if at(least, LONG_MONTH)? == Ordering::Less {
        DoseConclusion::Low
    } else if at(most, SHORT_MONTH)? == Ordering::Greater {
        DoseConclusion::High
    } else {
        DoseConclusion::Ok
    })
}

/// The running orders of a course, each once.
pub(super) fn orders<'a>(facts: &'a Facts, running: &IgCourse) -> Vec<&'a RunningOrder> {
    let mut orders: Vec<&RunningOrder> = facts
        .running_orders
        .iter()
        .filter(|order| running.running_orders.contains(&order.evidence))
        .collect();
    orders.sort_by(|one, other| one.evidence.cmp(&other.evidence));
    orders.dedup_by(|one, other| one.evidence == other.evidence);
    orders
}

/// What a month of these orders holds. Loading doses are not in it.
pub(super) fn monthly(
    written: &[&Prescription],
    weight: Option<Mass>,
) -> Result<Monthly, DoseUnknown> {
    if written.is_empty() {
        return Err(DoseUnknown::NoOrder);
    }
    if let Some(gap) = written.iter().filter_map(|order| order.gap).min() {
        return Err(DoseUnknown::Written(gap));
    }
    let doses: Vec<&PlannedDose> = written
        .iter()
        .flat_map(|order| &order.doses)
        .filter(|dose| dose.role == DoseRole::Maintenance)
        .collect();
    let unusable = DoseUnknown::Written(DoseGap::Unusable);
    // A cap in grams limits a dose for each kilogram only once the weight is known.
    let per_kilogram = doses
        .iter()
        .all(|dose| dose.amount.per_kilogram && dose.cap.is_none())
        && weight.is_none();
    if doses.iter().any(|dose| dose.interval.is_none()) {
        return Err(DoseUnknown::Written(DoseGap::IntervalMissing));
    }
    let needs_weight = doses.iter().any(|dose| dose.amount.per_kilogram) && !per_kilogram;
    if needs_weight && weight.is_none() {
        return Err(DoseUnknown::WeightMissing);
    }
    let mut sum: Option<(Rate, Rate)> = None;
    for (dose, interval) in doses.iter().filter_map(|dose| Some((dose, dose.interval?))) {
        let factor = weight.filter(|_| dose.amount.per_kilogram && !per_kilogram);
        let rate = |amount, pace| Rate::of(amount, pace, factor)?.capped(dose.cap);
        let low = rate(dose.amount.low, interval.least).ok_or(unusable)?;
        let high = rate(dose.amount.high, interval.most).ok_or(unusable)?;
        sum = Some(match sum {
            None => (low, high),
            Some((all_low, all_high)) => (
                all_low.plus(low).ok_or(unusable)?,
                all_high.plus(high).ok_or(unusable)?,
            ),
        });
    }
    let (low, high) = sum.ok_or(DoseUnknown::Written(DoseGap::NotWritten))?;
    Ok(Monthly {
        low,
        high,
        per_kilogram,
    })
}

/// The check of E40: in 28 days, on average or in a single dose, at least so much for each kilogram.
/// The ten-thousandths of a gram that it comes to.
pub(super) fn reaches(order: &Prescription, weight: Option<Mass>, decigrams: i32) -> Option<i64> {
    let once = Pace {
        times: 1,
        seconds: i64::try_from(SHORT_MONTH).ok()?,
    };
    let kilogram = Mass::grams(1000);
    let single = order.doses.iter().filter_map(|dose| {
        let weight = if dose.amount.per_kilogram {
            Some(kilogram)
        } else {
            weight
        };
        Some((Rate::of(dose.amount.high, once, None)?, weight?))
    });
    let average = monthly(&[order], weight).ok().and_then(|monthly| {
        let weight = if monthly.per_kilogram {
            Some(kilogram)
        } else {
            weight
        };
        Some((monthly.high, weight?))
    });
    single
        .chain(average)
        .filter(|(rate, weight)| {
            rate.against(decigrams, *weight, SHORT_MONTH)
                .is_some_and(|order| order != Ordering::Less)
        })
        .filter_map(|(rate, weight)| rate.per_kilogram(weight, SHORT_MONTH))
        .max()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milligrams of a dose are far below 2^52"
)]
fn thousandths(number: i64) -> f64 {
    number as f64 / 1000.0
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ten-thousandths of a dose are far below 2^52"
)]
fn ten_thousandths(number: i64) -> f64 {
    number as f64 / 10_000.0
}
