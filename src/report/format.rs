//! A report as a table for a terminal, and as CSV.

use std::fmt::Write as _;

use super::{Cell, Report, SMALLEST};

/// What is printed for a count that is not.
const HIDDEN: &str = "*";

impl Report {
    /// For people.
    pub fn table(&self) -> String {
        let mut out = format!(
            "Cards shown from {} to {}. {HIDDEN}: fewer than {SMALLEST}, or a count that would tell one.\n\n",
            self.from, self.to
        );
        // A String takes whatever is written to it.
        let _ = writeln!(
            out,
            "{:<6}{:<9}{:>8}{:>10}{:>12}{:>12}",
            "Card", "Version", "Shown", "Accepted", "Overridden", "Unanswered"
        );
        for card in &self.cards {
            let _ = writeln!(
                out,
                "{:<6}{:<9}{:>8}{:>10}{:>12}{:>12}",
                card.card,
                card.guideline,
                text(card.shown),
                text(card.accepted),
                text(card.overridden),
                text(card.unanswered),
            );
            for by in &card.by_suggestion {
                let _ = writeln!(out, "  accepted {:<30}{:>6}", by.suggestion, text(by.count));
            }
            for by in &card.by_reason {
                let _ = writeln!(out, "  overridden {:<28}{:>6}", by.reason, text(by.count));
            }
            for week in &card.by_week {
                let _ = writeln!(
                    out,
                    "  {:<21}{:>10}{:>12}{:>12}",
                    week.week.to_string(),
                    text(week.accepted),
                    text(week.overridden),
                    text(week.unanswered),
                );
            }
        }
        let _ = writeln!(
            out,
            "\nCards with feedback that are not known: {}",
            text(self.unknown_cards)
        );
        out
    }

    /// One line for each count; an empty count is one that is not printed.
    pub fn csv(&self) -> String {
        let mut out = "card,guideline,week,measure,detail,count\n".to_owned();
        let mut line =
            |card: &str, guideline: &str, week: &str, measure: &str, detail: &str, count: Cell| {
                let count = count.map_or(String::new(), |count| count.to_string());
                let fields = [card, guideline, week, measure, detail, &count].map(quoted);
                let _ = writeln!(out, "{}", fields.join(","));
            };
        for card in &self.cards {
            let mut of_card = |week: &str, measure: &str, detail: &str, count: Cell| {
                line(&card.card, &card.guideline, week, measure, detail, count);
            };
            of_card("", "shown", "", card.shown);
            of_card("", "accepted", "", card.accepted);
            of_card("", "overridden", "", card.overridden);
            of_card("", "unanswered", "", card.unanswered);
            for by in &card.by_suggestion {
                of_card("", "accepted", &by.suggestion, by.count);
            }
            for by in &card.by_reason {
                of_card("", "overridden", &by.reason, by.count);
            }
            for week in &card.by_week {
                let name = week.week.to_string();
                of_card(&name, "accepted", "", week.accepted);
                of_card(&name, "overridden", "", week.overridden);
                of_card(&name, "unanswered", "", week.unanswered);
            }
        }
        line("", "", "", "unknown-cards", "", self.unknown_cards);
        out
    }
}

fn text(cell: Cell) -> String {
    cell.map_or_else(|| HIDDEN.to_owned(), |count| count.to_string())
}

/// RFC 4180; a client's own code that a spreadsheet would take for a formula is made text.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@']);
    let field = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}
