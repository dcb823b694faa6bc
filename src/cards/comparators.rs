//! Other reports' answers on a card: one line for each answer, below everything national (H-18).

use super::{
    case::Case,
    catalogue::{reports, say},
};
use crate::guideline::assessment::{CardCode, Comparator, StartConclusion};

/// The answers that `card` shows: on the cards that begin, refuse or end treatment after CAR-T or a
/// bispecific antibody, and nowhere where no report is about the patient.
pub(super) fn shown<'a>(card: CardCode, case: &Case<'a>) -> &'a [Comparator] {
    let about = matches!(
        card,
        CardCode::C01
            | CardCode::C03
            | CardCode::C05
            | CardCode::C07
            | CardCode::C14
            | CardCode::C15
            | CardCode::C32
    );
    let comparators = &case.assessment.comparators;
    if about && comparators.iter().any(|report| report.outside.is_none()) {
        comparators
    } else {
        &[]
    }
}

/// The title of the section.
pub(super) fn title(case: &Case<'_>) -> String {
    say!(
        case.language,
        "Andre konsensusrapporter (til orientering; ikke den nationale vejledning)",
        "Other consensus reports (for information; not the national guideline)"
    )
}

/// The reports by their answer.
pub(super) fn lines(card: CardCode, case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let shown = shown(card, case);
    if shown.is_empty() {
        return Vec::new();
    }
    let names = |wanted: StartConclusion| {
        let names: Vec<&str> = shown
            .iter()
            .filter(|report| report.stop.or(report.start) == Some(wanted))
            .map(|report| reports::report(report.id).name)
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let stop = shown.iter().any(|report| report.stop.is_some());
    let mut lines: Vec<String> = [
        StartConclusion::Met,
        StartConclusion::Cons,
        StartConclusion::Not,
        StartConclusion::Ns,
        StartConclusion::Unk,
        StartConclusion::Na,
    ]
    .into_iter()
    .filter_map(|answer| {
        let names = names(answer)?;
        Some(match (answer, stop) {
            (StartConclusion::Met, false) => say!(
                language,
                "Anbefaler opstart: {names}",
                "Recommend a start: {names}"
            ),
            (StartConclusion::Cons, false) => say!(
                language,
                "Opstart kan overvejes: {names}",
                "A start may be considered: {names}"
            ),
            (StartConclusion::Not, false) => say!(
                language,
                "Opstartskriterium ikke opfyldt: {names}",
                "Start criterion not met: {names}"
            ),
            (StartConclusion::Met, true) => say!(
                language,
                "Stopkriterium opfyldt: {names}",
                "Stop criterion met: {names}"
            ),
            (StartConclusion::Cons, true) => say!(
                language,
                "Stop kan overvejes: {names}",
                "A stop may be considered: {names}"
            ),
            (StartConclusion::Not, true) => say!(
                language,
                "Stopkriterium ikke opfyldt: {names}",
                "Stop criterion not met: {names}"
            ),
            (StartConclusion::Ns, false) => say!(
                language,
                "Kræver infektioner, og ingen er registreret: {names}",
                "Ask for infections, and none are recorded: {names}"
            ),
            (StartConclusion::Ns, true) => say!(
                language,
                "Afhænger af infektioner, og ingen er registreret eller gennemgået: {names}",
                "Hang on infections, and none are recorded or reviewed: {names}"
            ),
            (StartConclusion::Unk, _) => say!(
                language,
                "Kan ikke afgøres: {names}",
                "Cannot be decided: {names}"
            ),
            (StartConclusion::Na, _) => say!(
                language,
                "Gælder ikke patienten: {names}",
                "Do not apply to the patient: {names}"
            ),
        })
    })
    .collect();
    lines.push(say!(
        language,
        "Som gengivet i tillægget, tabel 8-5 til 8-7",
        "As the addendum reports them, tables 8-5 to 8-7"
    ));
    lines
}
