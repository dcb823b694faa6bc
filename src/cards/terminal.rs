//! Cards as plain text, for a terminal.

use std::fmt::Write as _;

use super::{
    Language,
    card::{Action, Card, Indicator},
    catalogue::{entry::code, say, text},
};

/// The cards as a clinician would read them in a terminal; a sentence when there are none.
pub fn as_text(cards: &[Card], language: Language) -> String {
    if cards.is_empty() {
        return say!(language, "Ingen kort.\n", "No cards.\n");
    }
    let cards: Vec<String> = cards.iter().map(|card| one(card, language)).collect();
    cards.join("\n")
}

fn one(card: &Card, language: Language) -> String {
    let urgency = match card.indicator {
        Indicator::Info => text("INFORMATION", "INFORMATION"),
        Indicator::Warning => text("ADVARSEL", "WARNING"),
        Indicator::Critical => text("KRITISK", "CRITICAL"),
    };
    let urgency = urgency.say(language);
    // Writing to a String cannot fail.
    let mut out = format!(
        "{urgency} {}: {}\n\n{}\n",
        code(card.code),
        card.summary.as_str(),
        card.detail
    );
    if !card.suggestions.is_empty() {
        out.push_str(&say!(
            language,
            "\nForslag (vælg højst ét):\n",
            "\nSuggestions (choose one at most):\n"
        ));
    }
    for suggestion in &card.suggestions {
        let mark = if suggestion.is_recommended {
            say!(language, " (anbefalet)", " (recommended)")
        } else {
            String::new()
        };
        let _ = writeln!(out, "- {}{mark}", suggestion.label);
        for action in &suggestion.actions {
            let (Action::Create { description, .. }
            | Action::Update { description, .. }
            | Action::Delete { description, .. }) = action;
            let _ = writeln!(out, "  - {description}");
        }
    }
    out
}
