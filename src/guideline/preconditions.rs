//! What should be in place before immunoglobulin is begun: vaccination, antibiotic prophylaxis with a
//! known organ focus, and the baseline (REC-08, REC-09, REC-27…REC-30, REC-49).

use jiff::civil::{Date, date};

use super::{
    assessment::{CardCode, MissingItem, StartConclusion},
    date::{plus_days, plus_months},
    facts::{Facts, LabResult, Statement, StatementKind, VaccinationTarget},
    infections,
    parameters::{
        E20_SEASON_FROM, E21_VACCINATION_MONTHS, E22_PROPHYLAXIS_DAYS, E23_CONSIDERED_MONTHS,
        E27_BASELINE_DAYS,
    },
    verdict::{Reason, Verdict},
};

/// What is missing before a start, and the cards that say so. It never changes the conclusion.
#[derive(Debug, Clone, Default)]
pub(super) struct Preconditions {
    pub missing: Vec<MissingItem>,
    pub cards: Vec<CardCode>,
    /// There is a known organ focus of infection (F-12).
    pub focus: bool,
}

/// Decides them for a start that is MET or CONS; any other needs no preparation.
///
/// `history` is the verdict on the infection history. The baseline is asked for when immunoglobulin
/// is ordered: until then the cards of the start offer the tests themselves.
pub(super) fn decide(
    start: StartConclusion,
    history: Verdict,
    facts: &Facts,
    as_of: Date,
) -> Preconditions {
    let mut found = Preconditions {
        focus: focus(facts, as_of),
        ..Preconditions::default()
    };
    if !matches!(start, StartConclusion::Met | StartConclusion::Cons) {
        return found;
    }
    found.missing.extend(vaccinations(facts, as_of));
    found.missing.extend(prophylaxis(facts, as_of));
    if !found.missing.is_empty() {
        found.cards.push(CardCode::C10);
    }
    if facts.order.is_some() {
        let baseline = baseline(history, facts, as_of);
        if !baseline.is_empty() {
            found.cards.push(CardCode::C11);
        }
        found.missing.extend(baseline);
    }
    found
}

/// The vaccinations that are not documented (F-11). Not searched is another item than not documented.
fn vaccinations(facts: &Facts, as_of: Date) -> Vec<MissingItem> {
    let adequate = StatementKind::VaccinationAdequate(true);
    let refuted = StatementKind::VaccinationAdequate(false);
    if stated(&adequate, &refuted, E21_VACCINATION_MONTHS, facts, as_of) {
        return Vec::new();
    }
    let season = season(as_of);
    let documented = |target| {
        facts.vaccinations.iter().any(|given| {
            given.against == target
                && match (target, given.when) {
                    (VaccinationTarget::Influenza, Some(when)) => {
                        when.within(season, as_of).is_met()
                    }
                    (VaccinationTarget::Influenza, None) => false,
                    (VaccinationTarget::Pneumococci, when) => {
                        when.is_none_or(|when| when.not_after(as_of).is_some())
                    }
                }
        })
    };
    let missing = [
        (
            VaccinationTarget::Influenza,
            MissingItem::VaccinationInfluenza,
        ),
        (
            VaccinationTarget::Pneumococci,
            MissingItem::VaccinationPneumococcal,
        ),
    ]
    .into_iter()
    .filter(|(target, _)| !documented(*target));
    if facts.searched.immunizations {
        missing.map(|(_, item)| item).collect()
    } else {
        missing
            .take(1)
            .map(|_| MissingItem::SourceImmunization)
            .collect()
    }
}

/// The day on which the influenza season that holds `as_of` began.
fn season(as_of: Date) -> Date {
    let (month, day) = E20_SEASON_FROM;
    let this_year = date(as_of.year(), month, day);
    if as_of >= this_year {
        this_year
    } else {
        plus_months(this_year, -12)
    }
}

/// A chronic organ focus, or repeated infections of one (F-12).
fn focus(facts: &Facts, as_of: Date) -> bool {
    !facts.organ_foci.is_empty() || infections::repeated_focus(facts, as_of)
}

/// Antibiotic prophylaxis, where there is a known organ focus and none is documented (F-12).
fn prophylaxis(facts: &Facts, as_of: Date) -> Option<MissingItem> {
    if !focus(facts, as_of) || on_prophylaxis(facts, as_of) || considered(facts, as_of).is_some() {
        None
    } else if facts.searched.medication_requests {
        Some(MissingItem::AntibioticProphylaxis)
    } else {
        Some(MissingItem::SourceMedicationRequest)
    }
}

/// An antibiotic runs that is marked as prophylaxis, or has run for E22.
pub(super) fn on_prophylaxis(facts: &Facts, as_of: Date) -> bool {
    let latest_start = plus_days(as_of, 1 - E22_PROPHYLAXIS_DAYS);
    facts.running_antibiotics.iter().any(|antibiotic| {
        antibiotic.marked_prophylactic
            || antibiotic
                .start
                .is_some_and(|start| start.before(latest_start).is_met())
    })
}

/// The day of the latest statement, which still holds, that antibiotic prophylaxis was considered.
pub(super) fn considered(facts: &Facts, as_of: Date) -> Option<Date> {
    holding(E23_CONSIDERED_MONTHS, facts, as_of)
        .filter(|statement| statement.kind == StatementKind::AntibioticProphylaxisConsidered(true))
        .map(|statement| statement.date)
        .max()
}

/// The latest statement of the two is `yes`, and it holds.
fn stated(
    yes: &StatementKind,
    no: &StatementKind,
    months: i32,
    facts: &Facts,
    as_of: Date,
) -> bool {
    let latest = |kind: &StatementKind| {
        holding(months, facts, as_of)
            .filter(|statement| statement.kind == *kind)
            .map(|statement| statement.date)
            .max()
    };
    latest(yes) > latest(no)
}

/// The statements of the last `months`.
fn holding(months: i32, facts: &Facts, as_of: Date) -> impl Iterator<Item = &Statement> {
    facts.statements.iter().filter(move |statement| {
        statement.date <= as_of && as_of <= plus_months(statement.date, months)
    })
}

/// What the baseline lacks: IgA, IgM, and an infection history that somebody has documented. IgG is
/// there, or the start were not MET or CONS.
fn baseline(history: Verdict, facts: &Facts, as_of: Date) -> Vec<MissingItem> {
    let from = plus_days(as_of, -E27_BASELINE_DAYS);
    let measured = |results: &[LabResult]| {
        results.iter().any(|result| {
            result
                .drawn
                .is_some_and(|drawn| drawn.within(from, as_of).is_met())
        })
    };
    let mut missing = Vec::new();
    if !(measured(&facts.iga) && measured(&facts.igm)) {
        missing.push(MissingItem::IgaIgm);
    }
    if matches!(
        history,
        Verdict::Unknown(Reason::NotSearched | Reason::NoneRecorded)
    ) {
        missing.push(MissingItem::InfectionHistory);
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_begins_in_july() {
        for (day, began) in [
            (date(2026, 3, 16), date(2025, 7, 1)),
            (date(2026, 6, 30), date(2025, 7, 1)),
            (date(2026, 7, 1), date(2026, 7, 1)),
            (date(2026, 12, 31), date(2026, 7, 1)),
        ] {
            assert_eq!(season(day), began, "{day}");
        }
    }
}
