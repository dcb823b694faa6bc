//! A report as a table, as CSV and as JSON.

use std::fmt::Write as _;

use jiff::civil::Date;
use serde::Serialize;

use super::{
    suppress::{Cell, SMALLEST, cell, parts},
    tally::{Row, Tally, Why},
};

/// What is printed for a count that is not.
const HIDDEN: &str = "*";

/// A report; a count that is not printed is null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    from: Date,
    to: Date,
    /// Counts from 1 to one less than this are not printed, nor what would reveal them.
    smallest_count: u64,
    cards: Vec<CardReport>,
    /// Cards with feedback in the period that were never shown as far as the store knows.
    unknown_cards: Cell,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CardReport {
    card: String,
    guideline: String,
    shown: Cell,
    accepted: Cell,
    overridden: Cell,
    unanswered: Cell,
    by_suggestion: Vec<SuggestionCount>,
    by_reason: Vec<ReasonCount>,
    by_week: Vec<WeekCount>,
}

#[derive(Debug, Serialize)]
struct SuggestionCount {
    suggestion: String,
    count: Cell,
}

#[derive(Debug, Serialize)]
struct ReasonCount {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    reason: String,
    count: Cell,
}

/// Without the number that was shown: with it, the counts of one outcome could be calculated from those
/// of the others.
#[derive(Debug, Serialize)]
struct WeekCount {
    week: String,
    accepted: Cell,
    overridden: Cell,
    unanswered: Cell,
}

impl Report {
    /// What may be printed of the counts of a period.
    pub fn new(from: Date, to: Date, tally: &Tally, unknown_cards: u64) -> Self {
        Self {
            from,
            to,
            smallest_count: SMALLEST,
            cards: tally
                .iter()
                .map(|((card, guideline), row)| CardReport::new(card, guideline, row))
                .collect(),
            unknown_cards: cell(unknown_cards),
        }
    }

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
                    week.week,
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
                of_card(&week.week, "accepted", "", week.accepted);
                of_card(&week.week, "overridden", "", week.overridden);
                of_card(&week.week, "unanswered", "", week.unanswered);
            }
        }
        line("", "", "", "unknown-cards", "", self.unknown_cards);
        out
    }
}

impl CardReport {
    fn new(card: &str, guideline: &str, row: &Row) -> Self {
        let shown = cell(row.done.shown());
        let done = row.done;
        let done = parts(&[done.accepted, done.overridden, done.unanswered], shown);
        let part = |at: usize| done.get(at).copied().flatten();
        let (accepted, overridden, unanswered) = (part(0), part(1), part(2));
        let column = |count: fn(&super::tally::Done) -> u64, total: Cell| {
            parts(&row.weeks.values().map(count).collect::<Vec<_>>(), total)
        };
        let weeks = column(|week| week.accepted, accepted)
            .into_iter()
            .zip(column(|week| week.overridden, overridden))
            .zip(column(|week| week.unanswered, unanswered));
        Self {
            card: card.to_owned(),
            guideline: guideline.to_owned(),
            shown,
            accepted,
            overridden,
            unanswered,
            by_suggestion: row
                .suggestions
                .keys()
                .zip(parts(&values(row.suggestions.values()), accepted))
                .map(|(kind, count)| SuggestionCount {
                    suggestion: kind.clone().unwrap_or_else(|| "unknown".to_owned()),
                    count,
                })
                .collect(),
            by_reason: row
                .reasons
                .keys()
                .zip(parts(&values(row.reasons.values()), overridden))
                .map(|(why, count)| ReasonCount::new(why, count))
                .collect(),
            by_week: row
                .weeks
                .keys()
                .zip(weeks)
                .map(|(week, ((accepted, overridden), unanswered))| WeekCount {
                    week: week.clone(),
                    accepted,
                    overridden,
                    unanswered,
                })
                .collect(),
        }
    }
}

impl ReasonCount {
    fn new(why: &Why, count: Cell) -> Self {
        let (system, reason) = match why {
            Why::Coded(reason) => (reason.system.clone(), reason.code.as_str()),
            Why::Words => (None, "in words"),
            Why::NotSaid => (None, "not said"),
        };
        Self {
            system,
            reason: reason.to_owned(),
            count,
        }
    }
}

fn values<'a>(counts: impl Iterator<Item = &'a u64>) -> Vec<u64> {
    counts.copied().collect()
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
