//! Numbers with units, and routes, in the words of an order.

use rust_decimal::Decimal;

use crate::guideline::facts::OrderedRoute;

/// Every number of `text` with the unit that follows it, in lower case: `Hizentra 200 mg/ml, 20 ml` has
/// 200 `mg/ml` and 20 `ml`. Comma and point are both decimal signs.
pub fn in_words(text: &str) -> Vec<(Decimal, String)> {
    let text = text.to_lowercase();
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|char: char| !char.is_ascii_digit() && char != '.' && char != ',')
            .unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        let after = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        let unit_end = after
            .find(|char: char| !char.is_alphabetic() && char != '/' && char != '%')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let number = number.trim_end_matches(['.', ',']).replace(',', ".");
        // A digit inside a word (`IgG1`) is no measure.
        let inside_word = before.ends_with(char::is_alphabetic);
        if let (Ok(number), false) = (number.parse::<Decimal>(), inside_word) {
            found.push((number, unit.trim_end_matches('/').to_owned()));
        }
        rest = after;
    }
    found
}

/// The routes that words name, in Danish and English, written out or short.
pub fn routes_in_words(text: &str) -> Vec<OrderedRoute> {
    let plain = text
        .to_lowercase()
        .replace("i.v", "iv")
        .replace("s.c", "sc");
    plain
        .split(|char: char| !char.is_alphanumeric())
        .filter_map(|word| match word {
            "iv" => Some(OrderedRoute::Intravenous),
            "sc" | "subq" => Some(OrderedRoute::Subcutaneous),
            word if word.starts_with("intraven") => Some(OrderedRoute::Intravenous),
            word if word.starts_with("subkutan") || word.starts_with("subcutan") => {
                Some(OrderedRoute::Subcutaneous)
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_their_units() {
        let rows: [(&str, &[(&str, &str)]); 7] = [
            (
                "Hizentra 200 mg/ml, 20 ml",
                &[("200", "mg/ml"), ("20", "ml")],
            ),
            ("Privigen 10 g/100 ml", &[("10", "g"), ("100", "ml")]),
            ("Octagam 5 %", &[("5", "%")]),
            ("12,5 g hver 4. uge", &[("12.5", "g"), ("4", "uge")]),
            ("140\u{a0}ml", &[("140", "ml")]),
            ("IgG1", &[]),
            ("", &[]),
        ];
        for (text, expected) in rows {
            let found: Vec<(String, String)> = in_words(text)
                .into_iter()
                .map(|(number, unit)| (number.to_string(), unit))
                .collect();
            let expected: Vec<(String, String)> = expected
                .iter()
                .map(|(number, unit)| ((*number).to_owned(), (*unit).to_owned()))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn routes() {
        use OrderedRoute::{Intravenous, Subcutaneous};
        for (text, expected) in [
            ("i.v.", vec![Intravenous]),
            ("IV", vec![Intravenous]),
            ("intravenøs infusion", vec![Intravenous]),
            ("Subcutaneous route", vec![Subcutaneous]),
            (
                "til subkutan anvendelse (s.c.)",
                vec![Subcutaneous, Subcutaneous],
            ),
            ("i.v. eller s.c.", vec![Intravenous, Subcutaneous]),
            ("oral", vec![]),
            ("private", vec![]),
        ] {
            assert_eq!(routes_in_words(text), expected, "{text}");
        }
    }
}
