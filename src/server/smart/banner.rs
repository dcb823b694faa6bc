//! The line that says whose chart the page shows.

use jiff::civil::Date;

use crate::{
    cards::{Language, locale},
    cds_hooks::Evaluation,
    chart::identity::Identity,
    guideline::{date::When, facts::Deceased},
    server::pages::words,
};

/// Who the patient is, in words. It goes into the page and nowhere else: it cannot be printed into a log.
pub struct Banner {
    pub name: String,
    /// What kind of number, and the number.
    pub number: Option<(&'static str, String)>,
    /// Born when, and how old.
    pub born: Option<String>,
    pub died: Option<String>,
}

impl Banner {
    /// The line for a patient on the evaluation date.
    pub fn new(identity: Option<&Identity>, evaluation: &Evaluation, language: Language) -> Self {
        let patient = &evaluation.chart.facts.patient;
        let as_of = evaluation.assessment.as_of;
        let name = identity.and_then(|identity| identity.name.clone());
        let number = identity.and_then(|identity| identity.number.clone());
        let died = patient.deceased.as_ref().map(|deceased| match deceased {
            Deceased::On(when) => words::died(Some(*when), language),
            Deceased::Undated => words::died(None, language),
        });
        Self {
            name: name.unwrap_or_else(|| words::NO_NAME.say(language).to_owned()),
            number: number.map(|number| {
                let kind = if number.is_cpr {
                    words::CPR
                } else {
                    words::NUMBER
                };
                (kind.say(language), number.value)
            }),
            born: patient.born.map(|born| {
                let day = locale::when(born, language);
                // Of one who has died the age today says nothing.
                let age = died.is_none().then(|| age(born, as_of, language));
                words::born(&day, age.as_deref(), language)
            }),
            died,
        }
    }
}

/// `74 years`, `73–74 years` by an incomplete date, `14 months` of a small child.
fn age(born: When, as_of: Date, language: Language) -> String {
    let (least, most) = (months(born.latest(), as_of), months(born.earliest(), as_of));
    if most < 24 {
        words::age_in_months(least, most, language)
    } else {
        words::age_in_years(least / 12, most / 12, language)
    }
}

/// Whole months of life.
fn months(born: Date, as_of: Date) -> i32 {
    let years = i32::from(as_of.year()) - i32::from(born.year());
    let begun = i32::from(as_of.month()) - i32::from(born.month());
    let whole = i32::from(as_of.day() < born.day());
    (years * 12 + begun - whole).max(0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ages() {
        let as_of = date(2026, 3, 16);
        for (from, to, said) in [
            (date(1951, 9, 2), date(1951, 9, 2), "74 years"),
            (date(1952, 3, 16), date(1952, 3, 16), "74 years"),
            (date(1952, 3, 17), date(1952, 3, 17), "73 years"),
            (date(1952, 1, 1), date(1952, 12, 31), "73–74 years"),
            (date(2025, 1, 16), date(2025, 1, 16), "14 months"),
            (date(2026, 2, 16), date(2026, 2, 16), "1 month"),
            (date(2026, 3, 16), date(2026, 3, 16), "0 months"),
            (date(2024, 3, 16), date(2024, 3, 16), "2 years"),
        ] {
            assert_eq!(
                age(When::between(from, to), as_of, Language::En),
                said,
                "{from}"
            );
        }
    }
}
