//! IgG under substitution: what it cannot tell (REC-42), and the trough (REC-33…REC-36, K18).

use jiff::civil::Date;

use super::{
    assessment::{MeasuredIgg, Trough, TroughLevel},
    date::{days_between, plus_days, plus_months},
    facts::{Facts, LabResult, Measured, MedicationSource, StatementKind},
    igg,
    immunoglobulin::IgCourse,
    infections,
    parameters::{
        E25_TROUGH_MONTHS, E26_REDUCTION_ABOVE, E28_EARLY_TROUGH_MONTHS, K18_TROUGH_DAYS,
    },
    quantity::GramsPerLitre,
};

/// The range that a trough is aimed at, both ends included (REC-33, REC-35).
const AIM: (GramsPerLitre, GramsPerLitre) = (GramsPerLitre::SIX, GramsPerLitre::whole(8));
/// Months without bacterial infection before a reduction can be tried (REC-36: 6–12).
const INFECTION_FREE_MONTHS: i32 = 6;

/// The results of the running course, drawn after its first day; of one day the lowest first.
pub(super) fn results<'a>(
    facts: &'a Facts,
    running: &IgCourse,
    as_of: Date,
) -> Vec<(Date, &'a LabResult)> {
    let Some(start) = running.start else {
        return Vec::new();
    };
    let mut results: Vec<_> = facts
        .igg
        .iter()
        .filter_map(|result| Some((result.drawn?.exact()?, result)))
        .filter(|(drawn, _)| *drawn > start && *drawn <= as_of)
        .collect();
    results.sort_by_key(|(drawn, result)| {
        let value = (igg::magnitude(result.value), result.value);
        (*drawn, value, result.evidence.clone())
    });
    results
}

/// The latest IgG of the course, unless it is below 4 g/L: then nobody takes it for recovery (B-20).
/// Of several results of its day one that can be taken for recovery is enough, the highest of them.
pub(super) fn latest_igg(facts: &Facts, running: &IgCourse, as_of: Date) -> Option<MeasuredIgg> {
    let results = results(facts, running, as_of);
    let &(latest, _) = results.last()?;
    let misleading =
        |value| !igg::below(value, GramsPerLitre::FOUR).is_met() && value != Measured::Unusable;
    let (drawn, result) = results
        .into_iter()
        .rev()
        .find(|(drawn, result)| *drawn == latest && misleading(result.value))?;
    Some(measured(drawn, result))
}

fn measured(drawn: Date, result: &LabResult) -> MeasuredIgg {
    MeasuredIgg {
        value: igg::text(result.value),
        drawn,
        evidence: result.evidence.clone(),
    }
}

/// The latest trough, until a review on or after that day has answered it.
pub(super) fn trough(facts: &Facts, running: &IgCourse, as_of: Date) -> Option<Trough> {
    let trough = latest_trough(facts, running, as_of)?;
    let reviewed = facts.statements.iter().any(|statement| {
        matches!(statement.kind, StatementKind::IgReview(_))
            && statement.date >= trough.igg.drawn
            && statement.date <= as_of
    });
    (!reviewed).then_some(trough)
}

/// The latest trough of the last E25 months. None where the next dose cannot be told, and where two
/// results of the day disagree.
pub(super) fn latest_trough(facts: &Facts, running: &IgCourse, as_of: Date) -> Option<Trough> {
    let doses = doses(facts, running, as_of);
    let oldest = plus_months(as_of, -E25_TROUGH_MONTHS);
    let troughs: Vec<(Date, &LabResult, Date)> = results(facts, running, as_of)
        .into_iter()
        .filter(|(drawn, _)| *drawn >= oldest)
        .filter_map(|(drawn, result)| {
            let next = next_dose(drawn, &doses)?;
            let near = days_between(drawn, next) <= K18_TROUGH_DAYS && drawn <= next;
            near.then_some((drawn, result, next))
        })
        .collect();
    let &(drawn, result, next_dose) = troughs.last()?;
    let level = level(result, facts, as_of)?;
    let disagree = troughs
        .iter()
        .any(|(day, other, _)| *day == drawn && self::level(other, facts, as_of) != Some(level));
    (!disagree).then(|| Trough {
        igg: measured(drawn, result),
        next_dose,
        next_dose_recorded: doses.contains(&next_dose),
        level,
        early: running
            .start
            .is_some_and(|start| drawn < plus_months(start, E28_EARLY_TROUGH_MONTHS)),
    })
}

/// The days of the doses that are recorded one by one.
fn doses(facts: &Facts, running: &IgCourse, as_of: Date) -> Vec<Date> {
    let mut doses: Vec<Date> = facts
        .immunoglobulin
        .iter()
        .filter(|exposure| {
            exposure.source == MedicationSource::Administration
                && running.evidence.contains(&exposure.evidence)
        })
        .filter_map(|exposure| exposure.start?.exact())
        .filter(|day| *day <= as_of)
        .collect();
    doses.sort_unstable();
    doses.dedup();
    doses
}

/// The dose on or after `drawn`: the recorded one, else the last one and the usual interval. `None`
/// before the first dose, and where there is no interval to tell.
fn next_dose(drawn: Date, doses: &[Date]) -> Option<Date> {
    let given = doses.iter().filter(|day| **day < drawn).count();
    let last = doses.get(given.checked_sub(1)?)?;
    if let Some(next) = doses.get(given) {
        return Some(*next);
    }
    let mut intervals: Vec<i32> = doses
        .windows(2)
        .filter_map(|pair| Some(days_between(*pair.first()?, *pair.last()?)))
        .collect();
    intervals.sort_unstable();
    let usual = intervals.get(intervals.len() / 2)?;
    Some(plus_days(*last, *usual))
}

/// `None` where the value leaves it open, or an IgG M-component may hide behind it (REC-16).
fn level(result: &LabResult, facts: &Facts, as_of: Date) -> Option<TroughLevel> {
    let (low, high) = AIM;
    if igg::below(result.value, low).is_met() {
        return Some(TroughLevel::Low);
    }
    if igg::m_component(facts, as_of).0 {
        return None;
    }
    match result.value {
        Measured::Exactly(value) if value > high => Some(TroughLevel::High),
        Measured::Above { bound, inclusive } if bound > high || (bound == high && !inclusive) => {
            Some(TroughLevel::High)
        }
        Measured::Exactly(value) => {
            let free = facts.searched.conditions
                && !infections::perhaps_bacterial_within(
                    facts,
                    plus_months(as_of, -INFECTION_FREE_MONTHS),
                    as_of,
                );
            let in_upper_part = value > GramsPerLitre::whole(E26_REDUCTION_ABOVE);
            Some(if in_upper_part && free {
                TroughLevel::Reducible
            } else {
                TroughLevel::Aimed
            })
        }
        Measured::Above { .. } | Measured::Below { .. } | Measured::Unusable => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::guideline::{
        date::When,
        facts::{IgExposure, IgIndication, IgRoute, Reference, Searched},
        immunoglobulin::IgHistory,
    };

    #[test]
    fn the_next_dose_is_the_recorded_one_else_the_usual_interval() {
        let doses = [date(2026, 1, 5), date(2026, 2, 2), date(2026, 3, 2)];
        for (drawn, next) in [
            (date(2026, 1, 5), None),
            (date(2026, 1, 6), Some(date(2026, 2, 2))),
            (date(2026, 2, 2), Some(date(2026, 2, 2))),
            (date(2026, 3, 25), Some(date(2026, 3, 30))),
        ] {
            assert_eq!(next_dose(drawn, &doses), next, "{drawn}");
        }
        assert_eq!(next_dose(date(2026, 3, 25), &doses[..1]), None);
        assert_eq!(next_dose(date(2026, 3, 25), &[]), None);
    }

    #[test]
    fn of_two_results_of_a_day_the_one_that_misleads_is_taken_in_any_order() {
        let result = |grams| LabResult {
            drawn: Some(When::day(date(2026, 3, 2))),
            value: Measured::Exactly(GramsPerLitre::whole(grams)),
            reference_low: None,
            evidence: Reference::new("Observation/a"),
        };
        let dose = IgExposure {
            source: MedicationSource::Administration,
            start: Some(When::day(date(2026, 2, 9))),
            end: None,
            active: false,
            stopped: false,
            route: IgRoute::Iv,
            indication: IgIndication::NotStated,
            evidence: Reference::new("MedicationAdministration/a"),
        };
        for (grams, taken) in [
            (vec![3], false),
            (vec![5], true),
            (vec![3, 5], true),
            (vec![5, 3], true),
        ] {
            let facts = Facts {
                searched: Searched::ALL,
                igg: grams.iter().copied().map(result).collect(),
                immunoglobulin: vec![dose.clone()],
                ..Facts::default()
            };
            let today = date(2026, 3, 10);
            let history = IgHistory::new(&facts, today);
            let found = latest_igg(&facts, history.running().unwrap(), today);
            assert_eq!(found.is_some(), taken, "{grams:?}");
        }
    }
}
