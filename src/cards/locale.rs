//! Dates, numbers and lists as a Danish or an English reader expects them.

use jiff::civil::Date;

use super::Language;
use crate::guideline::{date::When, quantity::Mass};

const MONTHS_DA: [&str; 12] = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day with its month spelt out, so that day and month cannot be mixed up: `1. juni 2026`,
/// `1 June 2026`. The one form of a date on a card.
pub fn date(day: Date, language: Language) -> String {
    let index = usize::from(day.month().unsigned_abs()).saturating_sub(1);
    match language {
        Language::Da => {
            format!(
                "{}. {} {}",
                day.day(),
                MONTHS_DA.get(index).unwrap_or(&""),
                day.year()
            )
        }
        Language::En => {
            format!(
                "{} {} {}",
                day.day(),
                MONTHS_EN.get(index).unwrap_or(&""),
                day.year()
            )
        }
    }
}

const SHORT_MONTHS_DA: [&str; 12] = [
    "jan.", "feb.", "mar.", "apr.", "maj", "jun.", "jul.", "aug.", "sep.", "okt.", "nov.", "dec.",
];
const SHORT_MONTHS_EN: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A month in few letters, for a picture: `okt.`, `Oct`.
pub fn short_month(month: i8, language: Language) -> &'static str {
    let index = usize::from(month.unsigned_abs()).saturating_sub(1);
    let months = match language {
        Language::Da => &SHORT_MONTHS_DA,
        Language::En => &SHORT_MONTHS_EN,
    };
    months.get(index).unwrap_or(&"")
}

/// A day in few letters, for a picture: `1. jun. 2026`, `1 Jun 2026`.
pub fn short_date(day: Date, language: Language) -> String {
    let month = short_month(day.month(), language);
    match language {
        Language::Da => format!("{}. {month} {}", day.day(), day.year()),
        Language::En => format!("{} {month} {}", day.day(), day.year()),
    }
}

/// A recorded date; an incomplete one as the days that it may stand for.
pub fn when(when: When, language: Language) -> String {
    match when.exact() {
        Some(day) => date(day, language),
        None => format!(
            "{} – {}",
            date(when.earliest(), language),
            date(when.latest(), language)
        ),
    }
}

/// A number of days: `1 dag`, `30 dage`.
pub fn days(count: i32, language: Language) -> String {
    match (language, count) {
        (Language::Da, 1) => "1 dag".to_owned(),
        (Language::Da, _) => format!("{count} dage"),
        (Language::En, 1) => "1 day".to_owned(),
        (Language::En, _) => format!("{count} days"),
    }
}

/// A plain decimal text with the language's decimal sign: `3.2 g/L` is `3,2 g/L` in Danish.
pub fn number(text: &str, language: Language) -> String {
    if language == Language::En {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let digit = |index: Option<usize>| {
        index
            .and_then(|index| chars.get(index))
            .is_some_and(char::is_ascii_digit)
    };
    chars
        .iter()
        .enumerate()
        .map(|(index, &char)| {
            let decimal = char == '.' && digit(index.checked_sub(1)) && digit(Some(index + 1));
            if decimal { ',' } else { char }
        })
        .collect()
}

/// A decimal with at most three decimals, for a summary. The rest is cut off, not rounded, so that
/// it stays on its side of a whole limit (3.9996 is 3.999).
pub fn short_number(text: &str, language: Language) -> String {
    let short = match text.split_once('.') {
        Some((whole, decimals)) => {
            let kept: String = decimals.chars().take(3).collect();
            match kept.trim_end_matches('0') {
                "" => whole.to_owned(),
                kept => format!("{whole}.{kept}"),
            }
        }
        None => text.to_owned(),
    };
    number(&short, language)
}

/// A number of `scale` parts, with at most `decimals` decimals, rounded and without trailing zeros.
fn parts(number: i64, scale: i64, decimals: u32) -> String {
    let kept = 10_i64.pow(decimals);
    let scaled =
        (i128::from(number) * i128::from(kept) * 2 + i128::from(scale)) / (i128::from(scale) * 2);
    let (whole, rest) = (scaled / i128::from(kept), scaled % i128::from(kept));
    let rest = format!("{rest:0width$}", width = decimals as usize);
    match rest.trim_end_matches('0') {
        "" => whole.to_string(),
        rest => format!("{whole}.{rest}"),
    }
}

/// Grams, to the hundredth: `28`, `6,25`.
pub fn grams(mass: Mass, language: Language) -> String {
    number(&parts(mass.micrograms(), 1_000_000, 2), language)
}

/// Grams as a plain decimal, to the milligram: for a resource.
pub fn plain_grams(mass: Mass) -> String {
    parts(mass.micrograms(), 1_000_000, 3)
}

/// Kilograms, to the hundredth.
pub fn kilograms(mass: Mass, language: Language) -> String {
    number(&parts(mass.micrograms(), 1_000_000_000, 2), language)
}

/// The millilitres of so many milligrams at a strength in mg/mL, to the tenth.
pub fn millilitres(milligrams: i64, strength: u32, language: Language) -> String {
    number(&parts(milligrams, i64::from(strength.max(1)), 1), language)
}

/// Ten-thousandths of g/kg with two decimals. They are cut off, not rounded, so that a dose stays on its
/// side of a limit; all four are shown where two would say the limit itself.
pub fn ten_thousandths(number: i64, language: Language) -> String {
    const LIMITS: [i64; 3] = [40, 80, 160];
    let (whole, rest) = (number / 10_000, number % 10_000);
    let at_limit = LIMITS.contains(&(number / 100)) && number % 100 != 0;
    let text = if at_limit {
        format!("{whole}.{rest:04}")
    } else {
        format!("{whole}.{:02}", rest / 100)
    };
    self::number(&text, language)
}

/// g/kg by the shorter and the longer month: `0,34–0,37`.
pub fn per_kilogram(least: i64, most: i64, language: Language) -> String {
    format!(
        "{}–{}",
        ten_thousandths(least, language),
        ten_thousandths(most, language)
    )
}

/// `a`, `a og b`, `a, b og c`.
pub fn list<T: AsRef<str>>(items: &[T], language: Language) -> String {
    let and = match language {
        Language::Da => "og",
        Language::En => "and",
    };
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} {and} {}", head.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;
    use Language::{Da, En};

    #[test]
    fn dates_spell_the_month() {
        assert_eq!(date(day(2026, 6, 1), Da), "1. juni 2026");
        assert_eq!(date(day(2026, 12, 31), En), "31 December 2026");
        assert_eq!(short_date(day(2026, 6, 1), Da), "1. jun. 2026");
        assert_eq!(short_date(day(2026, 12, 31), En), "31 Dec 2026");
        let march = When::between(day(2026, 3, 1), day(2026, 3, 31));
        assert_eq!(when(march, Da), "1. marts 2026 – 31. marts 2026");
    }

    #[test]
    fn numbers_take_the_decimal_sign_of_the_language() {
        for (text, da) in [
            ("3.2 g/L", "3,2 g/L"),
            ("<5", "<5"),
            ("<5.0 g/L", "<5,0 g/L"),
            ("3.99", "3,99"),
            ("mdr.", "mdr."),
            ("2.", "2."),
        ] {
            assert_eq!(number(text, Da), da);
            assert_eq!(number(text, En), text);
        }
    }

    #[test]
    fn a_shortened_number_stays_on_its_side_of_a_limit() {
        for (text, short) in [
            ("3.999999", "3.999"),
            ("4.0001", "4"),
            ("5.7146377", "5.714"),
            ("<4.5", "<4.5"),
            ("7", "7"),
        ] {
            assert_eq!(short_number(text, En), short);
        }
    }

    #[test]
    fn lists() {
        assert_eq!(list::<&str>(&[], Da), "");
        assert_eq!(list(&["a"], Da), "a");
        assert_eq!(list(&["a", "b", "c"], Da), "a, b og c");
        assert_eq!(list(&["a", "b"], En), "a and b");
    }
}
