//! The buttons of dose, product and switch.

use super::{super::say, Words, words};
use crate::{
    cards::{Language, locale},
    guideline::{
        facts::{IvigReason, SwitchReason},
        quantity::Mass,
    },
};

/// Why IVIG, in words.
pub fn ivig_reason(reason: IvigReason, language: Language) -> String {
    match reason {
        IvigReason::ShortDuration => say!(
            language,
            "forventet kort behandling",
            "short treatment expected"
        ),
        IvigReason::VeryHighDose => say!(language, "meget høj dosis", "very high dose"),
        IvigReason::Skin => say!(language, "hudproblemer", "skin problems"),
        IvigReason::SelfInjection => say!(
            language,
            "problemer eller utryghed ved selvinjektion",
            "difficulty or unease with self-injection"
        ),
    }
}

/// Why another product, in words.
pub fn switch_reason(reason: SwitchReason, language: Language) -> String {
    match reason {
        SwitchReason::LackOfEffect => say!(language, "manglende effekt", "lack of effect"),
        SwitchReason::AdverseEffect => say!(language, "bivirkninger", "adverse effects"),
        SwitchReason::Economic => say!(language, "økonomi", "economy"),
        SwitchReason::Other => say!(language, "anden årsag", "other reason"),
    }
}

/// A reason for IVIG, recorded.
pub fn record_ivig_reason(reason: IvigReason, language: Language) -> Words {
    let reason = ivig_reason(reason, language);
    words(
        say!(language, "IVIG: {reason}", "IVIG: {reason}"),
        say!(
            language,
            "Registrér årsagen til IVIG: {reason}; gælder for forløbet",
            "Record the reason for IVIG: {reason}; holds for the course"
        ),
    )
}

/// A reason for a switch, recorded.
pub fn record_switch_reason(reason: SwitchReason, language: Language) -> Words {
    let reason = switch_reason(reason, language);
    words(
        say!(
            language,
            "Årsag til skift: {reason}",
            "Reason for switch: {reason}"
        ),
        say!(
            language,
            "Registrér årsagen til skift af præparat: {reason}",
            "Record the reason for the switch of product: {reason}"
        ),
    )
}

/// The draft replaced by ordinary SCIG, with the weekly dose where it is known.
pub fn replace_with_scig(weekly: Option<Mass>, language: Language) -> Words {
    match weekly {
        Some(weekly) => {
            let grams = locale::grams(weekly, language);
            words(
                say!(
                    language,
                    "Erstat med SCIG, {grams} g ugentligt",
                    "Replace with SCIG, {grams} g weekly"
                ),
                say!(
                    language,
                    "Opret ordinationsudkast: subkutant immunglobulin {grams} g ugentligt, samme gram over 4 uger",
                    "Create a draft order: subcutaneous immunoglobulin {grams} g weekly, the same grams over 4 weeks"
                ),
            )
        }
        None => words(
            say!(
                language,
                "Erstat med SCIG (uden dosis)",
                "Replace with SCIG (without a dose)"
            ),
            super::draft(None, language).description,
        ),
    }
}

/// The dose of the draft set to so many grams each time.
pub fn set_dose(dose: &str, language: Language) -> Words {
    words(
        say!(language, "Ret dosis til {dose}", "Set the dose to {dose}"),
        say!(
            language,
            "Ret udkastets dosis til {dose}; alt andet bevares",
            "Set the draft's dose to {dose}; everything else stays"
        ),
    )
}

/// The route of the draft set to that of its product.
pub fn set_route(route: &str, language: Language) -> Words {
    words(
        say!(
            language,
            "Ret administrationsvej til {route}",
            "Set the route to {route}"
        ),
        say!(
            language,
            "Ret udkastets administrationsvej til {route}; alt andet bevares",
            "Set the draft's route to {route}; everything else stays"
        ),
    )
}

/// A dose with its volume and interval: `28 g (140 mL) hver 4. uge`.
pub fn dose(
    grams: Mass,
    strength: Option<u32>,
    interval: (i64, i64),
    language: Language,
) -> String {
    let number = locale::grams(grams, language);
    let volume = strength.map_or(String::new(), |strength| {
        let millilitres = locale::millilitres(grams.micrograms() / 1000, strength, language);
        format!(" ({millilitres} mL)")
    });
    let every = every(interval, language);
    format!("{number} g{volume}{every}")
}

/// So many times in so many seconds; nothing where that has no plain words.
fn every((times, seconds): (i64, i64), language: Language) -> String {
    const DAY: i64 = 86_400;
    const WEEK: i64 = 7 * DAY;
    if times != 1 || seconds % DAY != 0 {
        return String::new();
    }
    match (seconds % WEEK, seconds / WEEK, seconds / DAY) {
        (0, 1, _) => say!(language, " ugentligt", " weekly"),
        (0, weeks, _) => say!(language, " hver {weeks}. uge", " every {weeks} weeks"),
        (_, _, 1) => say!(language, " dagligt", " daily"),
        (_, _, days) => say!(language, " hver {days}. dag", " every {days} days"),
    }
}
