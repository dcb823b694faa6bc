//! The pictures of the report: bars and columns that read in print and without colour.
//!
//! A part is told by its filling and its word. What is hidden is drawn as one dashed part: as long as what
//! is left of a total that is printed, and of a fixed size where there is no such total.

use super::view::{self, Named};
use crate::{
    cards::Language,
    guideline::date::{days_between, plus_days},
    report::{CardReport, Cell, SMALLEST, Week, WeekCount},
    server::pages::words::report as words,
    timeline::svg::{Anchor, Canvas, HAIR, INK, LABEL, NAME, Pen, SMALL, SOFT_INK},
};

const WIDTH: f64 = 960.0;
const EDGE: f64 = 10.0;
/// The height of a bar.
const BAR: f64 = 24.0;
/// Where the bars of reasons begin: to the left stand their words.
const REASONS_LEFT: f64 = 400.0;
/// The most letters of a reason's words.
const REASON_LETTERS: usize = 54;
/// The most letters of a card's name.
const NAME_LETTERS: usize = 90;
/// The height of the columns.
const COLUMNS: f64 = 120.0;
/// Where the weeks begin: to the left stand the counts.
const WEEKS_LEFT: f64 = 44.0;
/// The widest that a week is drawn.
const WIDEST_WEEK: f64 = 46.0;
/// The fewest weeks that are drawn, so that one week does not fill the picture.
const FEWEST_WEEKS: i32 = 12;

const PAPER: &str = "#ffffff";
const ACCEPTED: &str = "#9cc6da";
const UNANSWERED: &str = "#eef1f4";

const EDGE_LINE: Pen = Pen {
    colour: INK,
    width: 1.0,
    dashes: "",
};
const DASHED: Pen = Pen {
    colour: INK,
    width: 1.2,
    dashes: "4 3",
};

/// A part of a bar or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Accepted,
    Overridden,
    Unanswered,
    Hidden,
}

impl Part {
    const ALL: [Self; 4] = [
        Self::Accepted,
        Self::Overridden,
        Self::Unanswered,
        Self::Hidden,
    ];

    fn word(self, language: Language) -> &'static str {
        match self {
            Self::Accepted => words::ACCEPTED,
            Self::Overridden => words::OVERRIDDEN,
            Self::Unanswered => words::UNANSWERED,
            Self::Hidden => words::HIDDEN,
        }
        .say(language)
    }
}

/// A picture that is being drawn from the top down.
struct Picture<'a> {
    id: &'a str,
    language: Language,
    canvas: Canvas,
    /// The bottom of what is drawn.
    y: f64,
}

/// Each card's shares: one bar as long for every card, divided by what was done.
pub fn outcomes(cards: &[Named<'_>], language: Language) -> String {
    let mut picture = Picture::new("outcomes", language);
    picture.legend(&Part::ALL);
    for card in cards {
        picture.outcome(card);
    }
    picture.y += 12.0;
    picture.document(
        words::OUTCOMES.say(language),
        words::OUTCOMES_PICTURE.say(language),
    )
}

/// The weeks of a report that are drawn: the first, and how many.
#[derive(Debug, Clone, Copy)]
pub struct Weeks {
    first: Week,
    count: i32,
}

impl Weeks {
    /// Those of the report, which all cards have, and some before them where they are few.
    pub fn of(card: &CardReport) -> Option<Self> {
        let (first, last) = (card.by_week.first()?.week, card.by_week.last()?.week);
        let count = between(first, last)? + 1;
        let before = (FEWEST_WEEKS - count).max(0);
        Some(Self {
            first: Week::of(plus_days(first.monday()?, -7 * before)),
            count: count + before,
        })
    }
}

/// How many weeks lie between two.
fn between(from: Week, to: Week) -> Option<i32> {
    Some(days_between(from.monday()?, to.monday()?) / 7)
}

/// What was done with a card, week by week.
pub fn weeks(id: &str, card: &Named<'_>, weeks: Weeks, language: Language) -> String {
    let mut picture = Picture::new(id, language);
    picture.legend(&Part::ALL);
    picture.weeks(card.report, weeks);
    let title = format!("{}: {}", card.title(), words::BY_WEEK.say(language));
    picture.document(&title, words::WEEKS_PICTURE.say(language))
}

/// Why a card was set aside.
pub fn reasons(id: &str, card: &Named<'_>, language: Language) -> String {
    let mut picture = Picture::new(id, language);
    picture.y = 8.0;
    let counts = || card.report.by_reason.iter().map(|by| by.count);
    let most = counts().flatten().max().unwrap_or(1).max(1);
    for by in &card.report.by_reason {
        let words = view::reason(&by.why, language).words;
        picture.reason(&words, by.count, most);
    }
    picture.y += 8.0;
    let title = format!("{}: {}", card.title(), words::REASONS.say(language));
    picture.document(&title, words::REASONS_PICTURE.say(language))
}

impl<'a> Picture<'a> {
    fn new(id: &'a str, language: Language) -> Self {
        Self {
            id,
            language,
            canvas: Canvas::default(),
            y: 0.0,
        }
    }

    fn document(self, title: &str, description: &str) -> String {
        let id = self.id;
        let size = (WIDTH, self.y);
        let mut whole = Canvas::default();
        whole.area((0.0, 0.0), size, PAPER);
        whole.append(self.canvas);
        // Stripes and dots are told apart in print.
        let definitions = format!(
            r##"<pattern id="{id}-stripes" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="#ffffff"/><path d="M0 0V7" stroke="#7a3e00" stroke-width="4"/></pattern>
<pattern id="{id}-dots" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" fill="{UNANSWERED}"/><circle cx="2" cy="2" r="0.8" fill="{SOFT_INK}"/></pattern>
"##
        );
        let tag = self.language.tag();
        whole.document(id, size, (title, description), tag, &definitions)
    }

    /// A filled part with its edge.
    fn part(&mut self, part: Part, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let (fill, pen) = match part {
            Part::Accepted => (ACCEPTED.to_owned(), EDGE_LINE),
            Part::Overridden => (format!("url(#{}-stripes)", self.id), EDGE_LINE),
            Part::Unanswered => (format!("url(#{}-dots)", self.id), EDGE_LINE),
            Part::Hidden => (PAPER.to_owned(), DASHED),
        };
        let (right, bottom) = (x + width.max(0.5), y + height.max(0.5));
        let path = format!("M{x:.1} {y:.1}H{right:.1}V{bottom:.1}H{x:.1}Z");
        self.canvas.path(&path, &fill, pen);
    }

    fn legend(&mut self, parts: &[Part]) {
        let mut x = EDGE;
        for part in parts {
            self.part(*part, (x, 10.0), (22.0, 13.0));
            let word = part.word(self.language);
            self.canvas.text((x + 28.0, 21.0), LABEL, word);
            x += 28.0 + LABEL.width(word) + 22.0;
        }
        self.y = 30.0;
    }

    fn outcome(&mut self, card: &Named<'_>) {
        let language = self.language;
        self.y += 22.0;
        let full = WIDTH - 2.0 * EDGE;
        let title = shortened(&card.title(), NAME_LETTERS);
        let shown = format!(
            "{} {}",
            words::SHOWN.say(language),
            card.report
                .shown
                .map_or_else(|| words::few(language), |count| count.to_string())
        );
        self.canvas.text((EDGE, self.y), NAME, &title);
        let end = LABEL.at(Anchor::End);
        self.canvas.text((WIDTH - EDGE, self.y), end, &shown);
        self.y += 7.0;
        let (top, middle) = (self.y, self.y + BAR / 2.0 + 4.0);
        self.y += BAR + 4.0;
        let Some(whole) = card.report.shown else {
            self.part(Part::Hidden, (EDGE, top), (full, BAR));
            let words = words::HIDDEN_SPREAD.say(language);
            self.canvas.text((EDGE + 8.0, middle), LABEL, words);
            return;
        };
        let mut x = EDGE;
        for (part, count) in segments(card.report, whole) {
            let width = full * size(count) / size(whole.max(1));
            self.part(part, (x, top), (width, BAR));
            let word = part.word(language);
            let share = words::percent(percent(count, whole), language);
            // How many are hidden is nowhere else in print.
            let labels = match part {
                Part::Hidden => [word.to_owned(), "*".to_owned()],
                _ => [format!("{word} {count} ({share})"), count.to_string()],
            };
            let label = labels
                .iter()
                .find(|label| LABEL.width(label) + 8.0 <= width);
            if let Some(label) = label {
                if part != Part::Accepted {
                    let plate = (LABEL.width(label) + 2.0, BAR - 8.0);
                    self.canvas.area((x + 4.0, top + 4.0), plate, PAPER);
                }
                self.canvas.text((x + 6.0, middle), LABEL, label);
            }
            x += width;
        }
    }

    fn weeks(&mut self, card: &CardReport, weeks: Weeks) {
        let language = self.language;
        let slot = ((WIDTH - WEEKS_LEFT - EDGE) / f64::from(weeks.count)).min(WIDEST_WEEK);
        let right = WEEKS_LEFT + slot * f64::from(weeks.count);
        let bottom = self.y + 26.0 + COLUMNS;
        let stack = |by: &WeekCount| {
            [
                (Part::Accepted, by.accepted),
                (Part::Overridden, by.overridden),
                (Part::Unanswered, by.unanswered),
            ]
        };
        let sum = |by: &WeekCount| {
            stack(by)
                .iter()
                .filter_map(|(_, count)| *count)
                .sum::<u64>()
        };
        let most = card.by_week.iter().map(sum).max().unwrap_or(0);
        let most = round_up(most.max(SMALLEST));
        for count in [0, most / 2, most] {
            let y = bottom - COLUMNS * size(count) / size(most);
            self.canvas.line((WEEKS_LEFT, y), (right, y), HAIR);
            let kind = SMALL.at(Anchor::End);
            self.canvas
                .text((WEEKS_LEFT - 6.0, y + 4.0), kind, &count.to_string());
        }
        for by in &card.by_week {
            let Some(at) = between(weeks.first, by.week) else {
                continue;
            };
            let x = WEEKS_LEFT + slot * f64::from(at);
            let (x, width) = (x + slot * 0.12, slot * 0.76);
            let counts = stack(by);
            let said: Vec<String> = counts
                .iter()
                .map(|(part, count)| format!("{} {}", part.word(language), text(*count)))
                .collect();
            let title = format!("{}: {}", words::week(by.week, language), said.join(", "));
            let group = self.nested(|picture| {
                let mut y = bottom;
                for (part, count) in counts {
                    let Some(count) = count.filter(|count| *count > 0) else {
                        continue;
                    };
                    let height = COLUMNS * size(count) / size(most);
                    y -= height;
                    picture.part(part, (x, y), (width, height));
                    let label = count.to_string();
                    let wide = LABEL.width(&label);
                    if height >= 15.0 && wide + 2.0 <= width {
                        let (middle, centre) = (x + width / 2.0, y + height / 2.0);
                        if part != Part::Accepted {
                            let plate = (middle - wide / 2.0, centre - 7.0);
                            picture.canvas.area(plate, (wide, 14.0), PAPER);
                        }
                        picture.centred((middle, centre + 4.0), &label);
                    }
                }
                if counts.iter().any(|(_, count)| count.is_none()) {
                    y -= 16.0;
                    picture.part(Part::Hidden, (x, y), (width, 16.0));
                    if width >= 7.0 {
                        picture.centred((x + width / 2.0, y + 14.0), "*");
                    }
                }
            });
            self.canvas.group(&title, |canvas| canvas.append(group));
        }
        self.canvas
            .line((WEEKS_LEFT, bottom), (right, bottom), EDGE_LINE);
        self.week_names(weeks, slot, bottom);
        self.y = bottom + 40.0;
    }

    /// Numbers of weeks as far apart as they can be read, and the year where one begins.
    fn week_names(&mut self, weeks: Weeks, slot: f64, bottom: f64) {
        let Some(monday) = weeks.first.monday() else {
            return;
        };
        let mut free = WEEKS_LEFT;
        let mut year = None;
        let mut day = monday;
        for at in 0..weeks.count {
            let week = Week::of(day);
            let middle = WEEKS_LEFT + slot * (f64::from(at) + 0.5);
            if middle - 8.0 >= free {
                self.canvas.text(
                    (middle, bottom + 15.0),
                    SMALL.at(Anchor::Middle),
                    &week.number().to_string(),
                );
                free = middle + 12.0;
            }
            if year != Some(week.year()) {
                let begins = format!("{} {}", words::WEEK.say(self.language), week.year());
                let begins = match year {
                    None => begins,
                    Some(_) => week.year().to_string(),
                };
                year = Some(week.year());
                self.canvas
                    .text((middle - 8.0, bottom + 30.0), SMALL, &begins);
            }
            day = plus_days(day, 7);
        }
    }

    fn reason(&mut self, words: &str, count: Cell, most: u64) {
        let middle = self.y + BAR / 2.0 + 4.0;
        let end = LABEL.at(Anchor::End);
        let words = shortened(words, REASON_LETTERS);
        self.canvas.text((REASONS_LEFT - 8.0, middle), end, &words);
        let full = WIDTH - EDGE - REASONS_LEFT - 60.0;
        let (part, width) = match count {
            Some(count) => (Part::Overridden, full * size(count) / size(most)),
            None => (Part::Hidden, 40.0),
        };
        self.part(part, (REASONS_LEFT, self.y + 2.0), (width, BAR - 4.0));
        let place = (REASONS_LEFT + width + 8.0, middle);
        let label = count.map_or_else(
            || format!("* {}", words::HIDDEN.say(self.language).to_lowercase()),
            |count| count.to_string(),
        );
        self.canvas.text(place, LABEL, &label);
        self.y += BAR + 4.0;
    }

    fn centred(&mut self, place: (f64, f64), words: &str) {
        let kind = LABEL.at(Anchor::Middle);
        self.canvas.text(place, kind, words);
    }

    /// What `draw` draws, apart.
    fn nested(&mut self, draw: impl FnOnce(&mut Self)) -> Canvas {
        let before = std::mem::take(&mut self.canvas);
        draw(self);
        std::mem::replace(&mut self.canvas, before)
    }
}

/// The parts of a total, and last what is left of it, which is hidden.
fn segments(card: &CardReport, whole: u64) -> Vec<(Part, u64)> {
    let mut segments: Vec<(Part, u64)> = [
        (Part::Accepted, card.accepted),
        (Part::Overridden, card.overridden),
        (Part::Unanswered, card.unanswered),
    ]
    .into_iter()
    .filter_map(|(part, count)| Some((part, count.filter(|count| *count > 0)?)))
    .collect();
    let known: u64 = segments.iter().map(|(_, count)| count).sum();
    if whole > known {
        segments.push((Part::Hidden, whole - known));
    }
    segments
}

/// A share in whole percent, rounded.
pub fn percent(part: u64, whole: u64) -> u64 {
    let whole = whole.max(1);
    (part * 200 + whole) / (whole * 2)
}

fn text(count: Cell) -> String {
    count.map_or_else(|| "*".to_owned(), |count| count.to_string())
}

/// A count as a length: no store holds so many that it would not be exact.
fn size(count: u64) -> f64 {
    count as f64
}

/// The next of 2, 4, 10, 20, 40, 100…, whose half is a whole number too.
fn round_up(most: u64) -> u64 {
    let mut step: u64 = 1;
    loop {
        for head in [2, 4, 10] {
            let bound = step.saturating_mul(head);
            if bound >= most || bound == u64::MAX {
                return bound;
            }
        }
        step = step.saturating_mul(10);
    }
}

fn shortened(words: &str, letters: usize) -> String {
    if words.chars().count() <= letters {
        return words.to_owned();
    }
    let head: String = words.chars().take(letters - 1).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_shares_are_rounded() {
        for (most, bound) in [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (250, 400)] {
            assert_eq!(round_up(most), bound, "{most}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
        for (part, whole, share) in [(0, 0, 0), (1, 3, 33), (2, 3, 67), (5, 5, 100)] {
            assert_eq!(percent(part, whole), share);
        }
    }
}
