//! The language of an answer: the configured one, or the one that the client prefers.

use axum::http::{HeaderMap, header};

use crate::{cards::Language, config::LanguageChoice};

/// The language to answer in (RFC 9110 §12.5.4; Danish where neither is named).
pub fn of(choice: LanguageChoice, headers: &HeaderMap) -> Language {
    match choice {
        LanguageChoice::Da => Language::Da,
        LanguageChoice::En => Language::En,
        LanguageChoice::Auto => headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map_or_else(Language::default, preferred),
    }
}

/// The language of a page: the one that its address names, else as [`of`].
pub fn asked(tag: Option<&str>, choice: LanguageChoice, headers: &HeaderMap) -> Language {
    match tag {
        Some("da") => Language::Da,
        Some("en") => Language::En,
        _ => of(choice, headers),
    }
}

/// The tag of a language.
pub fn tag(language: Language) -> &'static str {
    language.tag()
}

fn preferred(accepted: &str) -> Language {
    let weight = |language| {
        accepted
            .split(',')
            .filter_map(|range| weight_of(range, language))
            .fold(0.0_f32, f32::max)
    };
    if weight(Language::En) > weight(Language::Da) {
        Language::En
    } else {
        Language::Da
    }
}

/// The q-value of one range, when it is of this language.
fn weight_of(range: &str, language: Language) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    let primary = parts.next()?.split('-').next()?;
    if !primary.eq_ignore_ascii_case(tag(language)) {
        return None;
    }
    match parts.find_map(|part| part.strip_prefix("q=")) {
        None => Some(1.0),
        Some(weight) => weight.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_is_chosen() {
        for (accepted, language) in [
            ("da", Language::Da),
            ("en", Language::En),
            ("en-GB,en;q=0.9", Language::En),
            ("da;q=0.8, en;q=0.9", Language::En),
            ("en;q=0.5,da-DK;q=0.6", Language::Da),
            ("en;q=0.5,da;q=0.5", Language::Da),
            ("en;q=0", Language::Da),
            ("de, fr;q=0.5", Language::Da),
            ("*", Language::Da),
            ("", Language::Da),
            (";;q=,,", Language::Da),
        ] {
            assert_eq!(preferred(accepted), language, "{accepted:?}");
        }
    }
}
