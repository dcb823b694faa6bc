//! Infections after immunoglobulin was stopped or paused (REC-38, REC-41, REC-48).

use jiff::civil::Date;

use super::{
    assessment::{Population, Recurrence},
    facts::Facts,
    immunoglobulin::IgHistory,
    infections, preconditions,
};

/// The infections since the last course, where the patient is off immunoglobulin and antibiotic
/// prophylaxis neither runs nor has been considered since the latest of them.
pub(super) fn decide(
    facts: &Facts,
    population: Population,
    ig: &IgHistory,
    as_of: Date,
) -> Option<Recurrence> {
    use Population::{Ambiguous, P1, P1n, P2A, P2B, P3, P4};
    if !matches!(population, P1 | P1n | P2A | P2B | P3 | P4 | Ambiguous) || ig.running().is_some() {
        return None;
    }
    let ended = ig
        .courses
        .iter()
        .filter(|course| !course.immunomodulation)
        .filter_map(|course| course.ended)
        .max()?;
    let infections = infections::serious_since(ended, facts, as_of);
    let latest = infections.last()?.onset.latest();
    let answered = preconditions::on_prophylaxis(facts, as_of)
        || preconditions::considered(facts, as_of).is_some_and(|stated| stated >= latest);
    (!answered).then(|| Recurrence {
        ended,
        infections: infections
            .into_iter()
            .flat_map(|episode| episode.evidence)
            .collect(),
    })
}
