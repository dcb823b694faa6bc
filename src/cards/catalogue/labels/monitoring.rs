//! The buttons of what is checked before a start and followed during and after it.

use jiff::civil::Date;

use super::{super::say, Words, words};
use crate::{
    cards::{Language, locale},
    guideline::facts::VaccinationTarget,
};

/// The vaccine of a draft.
pub fn vaccine(against: VaccinationTarget, language: Language) -> String {
    match against {
        VaccinationTarget::Influenza => say!(
            language,
            "Influenzavaccine, inaktiveret (præparat vælges)",
            "Influenza vaccine, inactivated (product to be chosen)"
        ),
        VaccinationTarget::Pneumococci => say!(
            language,
            "Pneumokokvaccine (præparat vælges)",
            "Pneumococcal vaccine (product to be chosen)"
        ),
    }
}

/// The button that drafts the vaccinations.
pub fn vaccinations(language: Language) -> String {
    say!(language, "Udkast: vaccination", "Draft vaccination")
}

/// The draft of one vaccination.
pub fn vaccination(against: VaccinationTarget, language: Language) -> String {
    let vaccine = vaccine(against, language);
    say!(
        language,
        "Opret ordinationsudkast: {vaccine}",
        "Create a draft order: {vaccine}"
    )
}

/// The statement that vaccination is adequate.
pub fn vaccinated(language: Language) -> Words {
    words(
        say!(
            language,
            "Registrér: vaccination er dækkende",
            "Record: vaccination is adequate"
        ),
        say!(
            language,
            "Registrér, at influenza- og pneumokokvaccination er gennemgået og dækkende",
            "Record that influenza and pneumococcal vaccination were reviewed and are adequate"
        ),
    )
}

/// The statement that antibiotic prophylaxis was considered.
pub fn considered(language: Language) -> Words {
    words(
        say!(
            language,
            "Registrér: antibiotikaprofylakse er overvejet",
            "Record: antibiotic prophylaxis considered"
        ),
        say!(
            language,
            "Registrér, at antibiotikaprofylakse er overvejet; ingen ordination oprettes heraf",
            "Record that antibiotic prophylaxis was considered; no order is created by this"
        ),
    )
}

/// A summer pause.
pub fn summer_pause(until: Date, language: Language) -> String {
    let day = locale::date(until, language);
    say!(
        language,
        "Sommerpause; ny vurdering {day}",
        "Summer pause; reassess on {day}"
    )
}

/// The task at the end of a summer pause.
pub fn resume_task(until: Date, language: Language) -> String {
    let day = locale::date(until, language);
    say!(
        language,
        "Opgave: ny vurdering af immunglobulin efter sommerpausen, {day}",
        "Task: reassess immunoglobulin after the summer pause, {day}"
    )
}
