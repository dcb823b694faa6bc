//! Which body weight a dose is judged by (K13, E41–E44).

use jiff::civil::Date;
use serde::Serialize;

use crate::guideline::{
    date::{days_between, plus_months},
    facts::{Facts, Reference, Weight},
    parameters::{
        E41_WEIGHT_GRAMS, E42_WEIGHT_FACTOR, E43_OLD_WEIGHT_MONTHS, E44_DIFFERENCE_PERCENT,
        K13_WEIGHT_ADULT_DAYS, K13_WEIGHT_CHILD_DAYS,
    },
    population::is_child,
    quantity::Mass,
    verdict::Verdict,
};

/// A weight that a dose is judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedWeight {
    /// The weight.
    pub value: Mass,
    /// When it was measured, the earliest possible day.
    pub measured: Date,
    /// The Observation.
    pub evidence: Reference,
}

/// What is known of the weight at E.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::guideline) enum KnownWeight {
    /// Measured within K13.
    Valid(UsedWeight),
    /// None is recorded that can be used.
    Missing,
    /// The latest one is older than K13.
    Old(UsedWeight),
    /// Those of the latest day contradict each other.
    Conflicting,
    /// The latest one cannot be true (E41, E42).
    Implausible {
        latest: UsedWeight,
        before: Option<UsedWeight>,
    },
}

/// What is known of the weight.
pub(in crate::guideline) fn known(facts: &Facts, as_of: Date) -> KnownWeight {
    let mut dated: Vec<(Date, UsedWeight)> = facts
        .weights
        .iter()
        .filter_map(|weight| on_day(weight, as_of))
        .collect();
    dated.sort_by_key(|(day, weight)| {
        let evidence = weight.evidence.clone();
        (*day, weight.value, weight.measured, evidence)
    });
    let mut plausible: Option<UsedWeight> = None;
    let mut state = KnownWeight::Missing;
    for of_day in dated.chunk_by(|one, other| one.0 == other.0) {
        let (Some((_, least)), Some((_, most))) = (of_day.first(), of_day.last()) else {
            continue;
        };
        state = if let Some(doubted) = [least, most]
            .into_iter()
            .find(|weight| !is_plausible(weight, plausible.as_ref()))
        {
            KnownWeight::Implausible {
                latest: doubted.clone(),
                before: plausible.clone(),
            }
        } else if differ(least.value.micrograms(), most.value.micrograms()) {
            KnownWeight::Conflicting
        } else {
            // The lower one: a dose that is too high shows by it sooner.
            plausible = Some(least.clone());
            KnownWeight::Valid(least.clone())
        };
    }
    match state {
        KnownWeight::Valid(weight) if !is_current(&weight, facts, as_of) => {
            KnownWeight::Old(weight)
        }
        state => state,
    }
}

/// The weight for the check of E40: a valid one, else an adult's of the last E43 months. A dose that
/// is wrong by a factor shows by an older weight too.
pub(in crate::guideline) fn for_safety(
    known: &KnownWeight,
    facts: &Facts,
    as_of: Date,
) -> Option<UsedWeight> {
    match known {
        KnownWeight::Valid(weight) => Some(weight.clone()),
        KnownWeight::Old(weight) => {
            let adult = is_child(facts, as_of) == Verdict::NotMet;
            let recent = weight.measured >= plus_months(as_of, -E43_OLD_WEIGHT_MONTHS);
            (adult && recent).then(|| weight.clone())
        }
        KnownWeight::Missing | KnownWeight::Conflicting | KnownWeight::Implausible { .. } => None,
    }
}

fn on_day(weight: &Weight, as_of: Date) -> Option<(Date, UsedWeight)> {
    let measured = weight.measured?.not_after(as_of)?;
    let used = UsedWeight {
        value: weight.value,
        measured: measured.earliest(),
        evidence: weight.evidence.clone(),
    };
    Some((measured.latest(), used))
}

fn is_current(weight: &UsedWeight, facts: &Facts, as_of: Date) -> bool {
    let days = match is_child(facts, as_of) {
        Verdict::NotMet => K13_WEIGHT_ADULT_DAYS,
        Verdict::Met | Verdict::Unknown(_) => K13_WEIGHT_CHILD_DAYS,
    };
    days_between(weight.measured, as_of) <= days
}

fn is_plausible(weight: &UsedWeight, before: Option<&UsedWeight>) -> bool {
    let (least, most) = E41_WEIGHT_GRAMS;
    let value = weight.value;
    if value < Mass::grams(least) || value > Mass::grams(most) {
        return false;
    }
    let recent = plus_months(weight.measured, -E43_OLD_WEIGHT_MONTHS);
    before
        .filter(|before| before.measured >= recent)
        .is_none_or(|before| {
            let (one, other) = (value.micrograms(), before.value.micrograms());
            one < other.saturating_mul(E42_WEIGHT_FACTOR)
                && other < one.saturating_mul(E42_WEIGHT_FACTOR)
        })
}

/// The two differ by more than E44, of the smaller one.
pub(in crate::guideline) fn differ(one: i64, other: i64) -> bool {
    let difference = i128::from(one).abs_diff(i128::from(other));
    let smaller = i128::from(one.min(other)).unsigned_abs();
    difference.saturating_mul(100)
        > smaller.saturating_mul(u128::from(E44_DIFFERENCE_PERCENT.unsigned_abs()))
}
