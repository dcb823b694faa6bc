//! Drawing a timeline: lanes one below the other over one axis of days.

mod courses;
mod lanes;
mod marks;
mod results;

use super::{
    Timeline,
    axis::Days,
    svg::{Anchor, Canvas, HAIR, INK, LABEL, NAME, Pen, SMALL, SOFT_INK, Type},
};
use crate::{
    cards::{Language, catalogue::timeline as words},
    guideline::date::When,
};

/// Width of the picture; its height follows from what there is to draw.
const WIDTH: f64 = 960.0;
/// Where the days begin: to the left stand the lanes' names.
const LEFT: f64 = 138.0;
/// Where they end: to the right stand the limits' names.
const RIGHT: f64 = 888.0;

const WINTER: &str = "#edf2f7";
const IGG: &str = "#0b4f6c";
const IGA: &str = "#7a3e00";
const IGM: &str = "#5b2a86";
const LIMIT: &str = "#a3123a";
const OPEN: &str = "#ffffff";

/// Hatching that is told apart in print: courses, and the aim of 6–8 g/L.
const DEFINITIONS: &str = r##"<pattern id="timeline-course" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#d3e5ee"/><path d="M0 0V6" stroke="#7fb0c6" stroke-width="2"/></pattern>
<pattern id="timeline-aim" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="#e6f2ea"/><circle cx="1.5" cy="1.5" r="0.9" fill="#3c7a54"/></pattern>
"##;

const THIN: Pen = Pen {
    colour: INK,
    width: 1.2,
    dashes: "",
};
const DASHED: Pen = Pen {
    colour: SOFT_INK,
    width: 1.2,
    dashes: "5 4",
};
const NONE: Pen = Pen {
    colour: "none",
    width: 0.0,
    dashes: "",
};

/// A picture that is being drawn from the top down.
struct Picture<'a> {
    timeline: &'a Timeline,
    language: Language,
    days: Days,
    canvas: Canvas,
    /// The bottom of what is drawn.
    y: f64,
}

/// Rows of labels: each goes to the first row in which it does not run into another.
#[derive(Default)]
struct Rows(Vec<Vec<(f64, f64)>>);

impl Rows {
    /// Space between two labels of a row.
    const GAP: f64 = 8.0;

    fn place(&mut self, from: f64, to: f64) -> usize {
        let free = |row: &Vec<(f64, f64)>| {
            row.iter()
                .all(|(left, right)| right + Self::GAP <= from || to + Self::GAP <= *left)
        };
        let index = self.0.iter().position(free).unwrap_or(self.0.len());
        match self.0.get_mut(index) {
            Some(row) => row.push((from, to)),
            None => self.0.push(vec![(from, to)]),
        }
        index
    }

    /// The same where there is room in the first rows; a mark without room has its words in the table.
    fn place_within(&mut self, from: f64, to: f64, most: usize) -> Option<usize> {
        let kept = self.0.clone();
        let row = self.place(from, to);
        if row < most {
            return Some(row);
        }
        self.0 = kept;
        None
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// The whole document.
pub(super) fn picture(timeline: &Timeline, language: Language) -> String {
    let ahead = [
        timeline.stop,
        timeline.extended_to,
        timeline.stop_window.map(|window| window.end),
        timeline.index.as_ref().map(|index| index.window_end),
    ]
    .into_iter()
    .flatten()
    .chain(timeline.milestones.iter().map(|milestone| milestone.day));
    let days = Days::new(
        timeline.as_of,
        timeline.findings.days(),
        ahead,
        (LEFT, RIGHT - LEFT),
    );
    let mut picture = Picture {
        timeline,
        language,
        days,
        canvas: Canvas::default(),
        y: 0.0,
    };
    let strip = picture.head();
    picture.events();
    picture.igg();
    picture.iga_igm();
    picture.courses();
    picture.infections();
    picture.reviews();
    let bottom = picture.axis();
    picture.foot();
    let mut canvas = Canvas::default();
    canvas.area((0.0, 0.0), (WIDTH, picture.y), OPEN);
    canvas.winters(&picture, strip, bottom);
    canvas.evaluation(&picture, strip, bottom);
    canvas.append(picture.canvas);
    let latest = timeline.latest_igg(language);
    let description = words::description(
        timeline.as_of,
        latest.as_ref().map(|(value, when)| (value.as_str(), *when)),
        timeline.findings.count(),
        language,
    );
    canvas.document(
        "timeline",
        (WIDTH, picture.y),
        (words::TITLE.say(language), &description),
        language.tag(),
        DEFINITIONS,
    )
}

impl Canvas {
    /// The shading of winters, behind everything.
    fn winters(&mut self, picture: &Picture<'_>, top: f64, bottom: f64) {
        for (from, to, winter) in picture.days.seasons() {
            let (left, right) = (picture.days.x(from), picture.days.x(to));
            if winter {
                self.area((left, top), (right - left, bottom - top), WINTER);
            }
        }
    }

    /// The line of the evaluation date, behind what is found.
    fn evaluation(&mut self, picture: &Picture<'_>, top: f64, bottom: f64) {
        let x = picture.days.x(picture.timeline.as_of);
        let pen = Pen {
            colour: INK,
            width: 1.6,
            dashes: "",
        };
        self.line((x, top - 6.0), (x, bottom), pen);
        let words = words::assessed(picture.timeline.as_of, picture.language);
        let bold = Type {
            bold: true,
            ..LABEL
        };
        let half = bold.width(&words) / 2.0;
        let middle = x.clamp(LEFT + half, WIDTH - half - 6.0);
        self.text((middle, top - 10.0), bold.at(Anchor::Middle), &words);
    }
}

impl Picture<'_> {
    fn say(&self, text: crate::cards::catalogue::Text) -> &'static str {
        text.say(self.language)
    }

    /// Title, evaluation date and the strip of seasons; the top of the strip.
    fn head(&mut self) -> f64 {
        let title = Type { size: 16.0, ..NAME };
        let words = self.say(words::TITLE);
        self.canvas.text((10.0, 24.0), title, words);
        let top = 58.0;
        for (from, to, winter) in self.days.seasons() {
            let (left, right) = (self.days.x(from), self.days.x(to));
            let name = self.say(if winter { words::WINTER } else { words::SUMMER });
            if right - left > SMALL.width(name) + 6.0 {
                let middle = f64::midpoint(left, right);
                self.canvas
                    .text((middle, top + 13.0), SMALL.at(Anchor::Middle), name);
            }
            if from > self.days.from {
                self.canvas.line((left, top), (left, top + 18.0), HAIR);
            }
        }
        self.y = top + 18.0;
        top
    }

    /// Begins a lane: a line above it and its name.
    fn lane(&mut self, name: crate::cards::catalogue::Text) -> f64 {
        let top = self.y + 4.0;
        self.canvas.line((0.0, top), (WIDTH, top), HAIR);
        let name = self.say(name);
        self.canvas.text((10.0, top + 19.0), NAME, name);
        top
    }

    /// That a lane is empty, and whether that says anything.
    fn empty(&mut self, top: f64, searched: bool) {
        let words = self.say(if searched {
            words::NONE_RECORDED
        } else {
            words::NOT_OBTAINED
        });
        self.canvas
            .text((LEFT + 6.0, top + 19.0), LABEL.coloured(SOFT_INK), words);
        self.y = top + 28.0;
    }

    /// A label right of a mark, or left of it where the picture ends; its ends.
    fn beside(x: f64, gap: f64, kind: Type, text: &str) -> (f64, Anchor, f64, f64) {
        let width = kind.width(text);
        if x + gap + width <= RIGHT + 60.0 {
            (x + gap, Anchor::Start, x - gap, x + gap + width)
        } else {
            (x - gap, Anchor::End, x - gap - width, x + gap)
        }
    }

    /// An incomplete date as a line over the days that it may stand for.
    fn uncertain(&mut self, when: When, y: f64) {
        if when.exact().is_none() {
            let (from, to) = (self.days.x(when.earliest()), self.days.x(when.latest()));
            self.canvas.line((from, y), (to, y), DASHED);
        }
    }

    /// The axis; its y.
    fn axis(&mut self) -> f64 {
        let y = self.y + 8.0;
        self.canvas.line((LEFT, y), (RIGHT, y), THIN);
        let months = self.days.months();
        let apart = (RIGHT - LEFT) / f64::from(u32::try_from(months.len().max(1)).unwrap_or(1));
        let mut year_shown = None;
        for month in months {
            let x = self.days.x(month);
            self.canvas.line((x, y), (x, y + 5.0), THIN);
            let named = apart > 30.0 || month.month() % 3 == 1;
            if !named || x > RIGHT - 4.0 {
                continue;
            }
            let name = words::month(month.month(), self.language);
            self.canvas
                .text((x, y + 18.0), SMALL.at(Anchor::Middle), name);
            if year_shown != Some(month.year()) {
                year_shown = Some(month.year());
                let year = month.year().to_string();
                let bold = Type {
                    bold: true,
                    ..SMALL
                };
                self.canvas
                    .text((x, y + 32.0), bold.at(Anchor::Middle), &year);
            }
        }
        self.y = y + 40.0;
        y
    }

    /// What the points mean, and what is not drawn.
    fn foot(&mut self) {
        self.y += 12.0;
        let words = self.say(words::KEY);
        self.canvas.text((10.0, self.y), SMALL, words);
        let earlier = self.timeline.findings.before(self.days.from);
        if earlier > 0 {
            self.y += 17.0;
            let words = words::earlier(earlier, self.days.from, self.language);
            self.canvas.text((10.0, self.y), SMALL, &words);
        }
        self.y += 12.0;
    }
}
