//! The sentences of what is checked before a start and followed during and after it: C10, C11,
//! C16–C18, C24 and C25.

use super::{
    super::{gaps, say},
    by_weight, longest_that_fits,
};
use crate::{
    cards::{Language, case::Case, locale},
    guideline::assessment::{CardCode, MissingItem},
};

/// The missing items of these, in the few words of a summary.
fn named(among: &[MissingItem], case: &Case<'_>) -> Vec<String> {
    by_weight(&case.assessment.start.missing)
        .into_iter()
        .filter(|item| among.contains(item))
        .map(|item| gaps::missing_short(item, None, case.language))
        .collect()
}

pub fn preconditions(case: &Case<'_>) -> String {
    use MissingItem::{
        AntibioticProphylaxis, SourceImmunization, SourceMedicationRequest, VaccinationInfluenza,
        VaccinationPneumococcal,
    };
    let language = case.language;
    let undocumented = named(
        &[
            VaccinationInfluenza,
            VaccinationPneumococcal,
            AntibioticProphylaxis,
        ],
        case,
    );
    if !undocumented.is_empty() {
        return longest_that_fits(&undocumented, false, language, |list| {
            say!(
                language,
                "Før opstart: {list} er ikke dokumenteret",
                "Before start: {list} not documented"
            )
        });
    }
    let unobtained = named(&[SourceImmunization, SourceMedicationRequest], case);
    if unobtained.is_empty() {
        return say!(
            language,
            "Før opstart: afklar vaccination og – ved kendt organfokus – antibiotikaprofylakse",
            "Before start: settle vaccination and – with a known organ focus – antibiotic prophylaxis"
        );
    }
    longest_that_fits(&unobtained, false, language, |list| {
        say!(
            language,
            "Før opstart: vaccination og antibiotikaprofylakse kunne ikke vurderes, data er ikke hentet: {list}",
            "Before start: vaccination and antibiotic prophylaxis could not be assessed, data not obtained: {list}"
        )
    })
}

pub fn baseline(case: &Case<'_>) -> String {
    let language = case.language;
    let missing = case.missing(CardCode::C11);
    let history = say!(
        language,
        "infektionshistorik (12 mdr.)",
        "infection history (12 months)"
    );
    let list = match missing[..] {
        [MissingItem::IgaIgm] => say!(language, "IgA og IgM", "IgA and IgM"),
        [MissingItem::InfectionHistory] => history,
        _ => say!(
            language,
            "IgG, IgA, IgM og {history}",
            "IgG, IgA, IgM and {history}"
        ),
    };
    say!(
        language,
        "Baseline før immunglobulin: dokumentér {list}",
        "Baseline before IG: document {list}"
    )
}

pub fn b_cell_function(language: Language) -> String {
    say!(
        language,
        "IgG under substitution afspejler ikke B-celle-funktion – brug IgA/IgM-udvikling og B-celler",
        "IgG under substitution does not reflect B-cell function – use IgA/IgM trend and B cells"
    )
}

pub fn summer_pause(language: Language) -> String {
    say!(
        language,
        "Sommerperiode (1/5-1/10): pausering af immunglobulin kan overvejes",
        "Summer (1 May–1 Oct): pausing immunoglobulin can be considered"
    )
}

pub fn recurrence(language: Language) -> String {
    say!(
        language,
        "Infektion efter pause/stop: overvej antibiotikaprofylakse; genopstart følger hæmatologikriterier",
        "Infection after pause/stop: consider antibiotic prophylaxis; restart follows haematology criteria"
    )
}

/// The trough as `Dal-IgG 5,4 g/L`; without a number where there is none.
fn trough_value(case: &Case<'_>) -> String {
    let language = case.language;
    match &case.assessment.course.trough {
        Some(trough) => {
            let value = locale::short_number(&trough.igg.value, language);
            say!(language, "Dal-IgG {value} g/L", "Trough IgG {value} g/L")
        }
        None => say!(language, "Dal-IgG", "Trough IgG"),
    }
}

pub fn trough(case: &Case<'_>) -> String {
    let language = case.language;
    let value = trough_value(case);
    say!(
        language,
        "{value}: mål 6 (6-8 ved fortsat alvorlige infektioner); over 8 anbefales ikke",
        "{value}: aim 6 (6-8 if serious infections persist); above 8 not recommended"
    )
}

pub fn reduction(case: &Case<'_>) -> String {
    let language = case.language;
    let value = trough_value(case);
    say!(
        language,
        "{value} og ingen bakterielle infektioner registreret i 6 mdr.: dosisreduktion kan forsøges",
        "{value} and no bacterial infection recorded in 6 months: dose reduction can be tried"
    )
}
