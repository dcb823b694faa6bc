//! The lanes of a picture: treatment, IgG, IgA and IgM, infections, reviews.

use jiff::civil::Date;

use super::{
    DASHED, HAIR, IGA, IGG, IGM, INK, LABEL, LEFT, LIMIT, Picture, RIGHT, Rows, SMALL, SOFT_INK,
    THIN, WIDTH,
    marks::{Shape, of_event, of_milestone, of_severity},
    results::{Series, highest},
};
use crate::{
    cards::{catalogue::timeline as words, locale},
    guideline::history::{MilestoneState, Severity},
    timeline::{
        axis::Values,
        svg::{Anchor, Pen, Type},
    },
};

/// Height of the chart of IgG.
const IGG_HEIGHT: f64 = 176.0;
/// Height of the chart of IgA and IgM.
const IGA_HEIGHT: f64 = 64.0;
/// Height of a row of labels.
pub(super) const ROW: f64 = 20.0;
/// The most letters of an infection beside its mark.
const INFECTION_LETTERS: usize = 26;

pub(super) fn rows(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A text of the record in so many letters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most).collect();
    format!("{}…", head.trim_end())
}

impl Picture<'_> {
    /// CAR-T, bispecific antibodies and transplants, and the six months after the index event.
    pub(super) fn events(&mut self) {
        let timeline = self.timeline;
        let top = self.lane(words::EVENTS);
        let searched = timeline.searched.procedures && timeline.searched.medication_administrations;
        if timeline.events.is_empty() {
            self.empty(top, searched);
            return;
        }
        let mut placed = Rows::default();
        for event in &timeline.events {
            let day = event.when.latest();
            let x = self.days.x(day);
            let name = event.name.say(self.language);
            let date = match event.when.exact() {
                Some(day) => locale::short_date(day, self.language),
                None => locale::when(event.when, self.language),
            };
            let before = if day < self.days.from { "◀ " } else { "" };
            let label = format!("{before}{name} {date}");
            let (at, anchor, from, to) = Self::beside(x, 11.0, LABEL, &label);
            let y = top + 15.0 + ROW * rows(placed.place(from, to));
            self.uncertain(event.when, y);
            self.canvas.group(&label, |canvas| {
                if event.certain {
                    canvas.filled(of_event(event.kind), (x, y), 6.5, INK);
                } else {
                    canvas.hollow(of_event(event.kind), (x, y), 6.0, INK);
                }
                canvas.text((at, y + 4.0), LABEL.at(anchor), &label);
            });
        }
        self.y = top + 8.0 + ROW * rows(placed.count());
        if let Some(index) = &timeline.index {
            self.six_months(index.when.latest(), index.window_end);
        }
    }

    /// The bracket of the six months.
    fn six_months(&mut self, from: Date, end: Date) {
        if end < self.days.from {
            return;
        }
        let y = self.y + 18.0;
        let (left, right) = (self.days.x(from), self.days.x(end));
        let label = words::six_months(end, self.language);
        let half = LABEL.width(&label) / 2.0;
        let middle = f64::midpoint(left, right).clamp(LEFT + half, WIDTH - half - 6.0);
        self.canvas.group(&label, |canvas| {
            canvas.line((left, y), (right, y), THIN);
            canvas.line((left, y - 4.0), (left, y + 4.0), THIN);
            canvas.line((right, y - 4.0), (right, y + 4.0), THIN);
            canvas.text((middle, y - 6.0), LABEL.at(Anchor::Middle), &label);
        });
        self.y = y + 8.0;
    }

    /// The chart of IgG with the limits of 4 and 6 g/L, and the aim of 6–8 g/L under treatment.
    pub(super) fn igg(&mut self) {
        let timeline = self.timeline;
        let top = self.lane(words::IGG);
        if timeline.igg.is_empty() {
            self.empty(top, timeline.searched.observations);
            return;
        }
        let most = highest(timeline.igg.iter()) + 1.0;
        let values = Values::new(most, (10.0, 30.0), (top + 16.0, IGG_HEIGHT));
        let bottom = values.y(0.0);
        self.aim(&values);
        let steps: &[f64] = if values.most > 16.0 {
            &[0.0, 10.0, 20.0, 30.0]
        } else {
            &[0.0, 2.0, 8.0, 10.0, 12.0, 14.0, 16.0]
        };
        for step in steps.iter().filter(|step| **step <= values.most) {
            let y = values.y(*step);
            self.canvas.line((LEFT, y), (RIGHT, y), HAIR);
            self.canvas.text(
                (LEFT - 8.0, y + 4.0),
                SMALL.at(Anchor::End),
                &format!("{step:.0}"),
            );
        }
        let limits = [(4.0, "4 g/L", ""), (6.0, "6 g/L", "8 4")];
        for (limit, name, dashes) in limits {
            let y = values.y(limit);
            let pen = Pen {
                colour: LIMIT,
                width: 1.6,
                dashes,
            };
            self.canvas.line((LEFT, y), (RIGHT, y), pen);
            let bold = Type {
                bold: true,
                ..LABEL
            };
            self.canvas
                .text((RIGHT + 6.0, y + 4.0), bold.coloured(LIMIT), name);
        }
        if let Some(index) = &timeline.index
            && self.days.shows(index.window_end)
        {
            let x = self.days.x(index.window_end);
            self.canvas.line((x, top), (x, bottom), DASHED);
        }
        let series = Series {
            samples: &timeline.igg,
            shape: Shape::Circle,
            colour: IGG,
            dashes: "",
            name: None,
            below: false,
        };
        self.results(&[series], &values, (top + 10.0, bottom));
        self.y = bottom + 8.0;
    }

    /// The aim of 6–8 g/L over the days of each course.
    fn aim(&mut self, values: &Values) {
        let timeline = self.timeline;
        let courses = timeline
            .courses
            .iter()
            .filter(|course| !course.immunomodulation);
        let mut shown = false;
        for course in courses {
            let Some((left, right)) = self.span(course) else {
                continue;
            };
            let (top, bottom) = (values.y(8.0), values.y(6.0));
            let title = words::AIM.say(self.language);
            self.canvas.group(title, |canvas| {
                canvas.area(
                    (left, top),
                    (right - left, bottom - top),
                    "url(#timeline-aim)",
                );
            });
            shown = true;
        }
        if shown {
            let y = f64::midpoint(values.y(8.0), values.y(6.0));
            let words = self.say(words::AIM_SHORT);
            self.canvas
                .text((RIGHT + 6.0, y + 4.0), SMALL.coloured("#2c5f40"), words);
        }
    }

    /// The chart of IgA and IgM.
    pub(super) fn iga_igm(&mut self) {
        let timeline = self.timeline;
        if timeline.iga.is_empty() && timeline.igm.is_empty() {
            return;
        }
        let top = self.lane(words::IGA_IGM);
        let most = highest(timeline.iga.iter().chain(&timeline.igm)) + 0.3;
        let values = Values::new(most, (2.0, 30.0), (top + 18.0, IGA_HEIGHT));
        let bottom = values.y(0.0);
        for step in [0.0, values.most / 2.0, values.most] {
            let y = values.y(step);
            self.canvas.line((LEFT, y), (RIGHT, y), HAIR);
            self.canvas.text(
                (LEFT - 8.0, y + 4.0),
                SMALL.at(Anchor::End),
                &format!("{step:.0}"),
            );
        }
        let iga = Series {
            samples: &timeline.iga,
            shape: Shape::Diamond,
            colour: IGA,
            dashes: "",
            name: Some(self.say(words::TEST_IGA)),
            below: false,
        };
        let igm = Series {
            samples: &timeline.igm,
            shape: Shape::Up,
            colour: IGM,
            dashes: "3 3",
            name: Some(self.say(words::TEST_IGM)),
            below: true,
        };
        self.results(&[iga, igm], &values, (top + 14.0, bottom + 16.0));
        // Values below a point near zero reach under the chart.
        self.y = bottom + 16.0;
    }

    /// Episodes of infection, a row for each severity that occurs.
    pub(super) fn infections(&mut self) {
        let timeline = self.timeline;
        let top = self.lane(words::INFECTIONS);
        if timeline.infections.is_empty() {
            self.empty(top, timeline.searched.conditions);
            return;
        }
        let mut y = top + 36.0;
        for severity in Severity::ALL {
            let row: Vec<_> = timeline
                .infections
                .iter()
                .filter(|infection| infection.severity == severity)
                .collect();
            if row.is_empty() {
                continue;
            }
            let name = words::severity(severity).say(self.language);
            self.canvas
                .text((LEFT - 8.0, y + 4.0), SMALL.at(Anchor::End), name);
            self.canvas.line((LEFT, y), (RIGHT, y), HAIR);
            let shown: Vec<_> = row
                .iter()
                .filter(|infection| self.days.shows(infection.onset.latest()))
                .collect();
            for (index, infection) in shown.iter().enumerate() {
                let x = self.days.x(infection.onset.latest());
                let when = locale::when(infection.onset, self.language);
                let title = format!("{} ({name}), {when}", infection.text);
                let short = shortened(&infection.text, INFECTION_LETTERS);
                let (at, anchor, from, to) = Self::beside(x, 9.0, SMALL, &short);
                let previous = index.checked_sub(1).and_then(|index| shown.get(index));
                let free_left =
                    previous.is_none_or(|other| self.days.x(other.onset.latest()) + 8.0 < from);
                let free_right = shown
                    .get(index + 1)
                    .is_none_or(|other| self.days.x(other.onset.latest()) - 8.0 > to);
                self.uncertain(infection.onset, y);
                let (shape, filled) = of_severity(severity);
                self.canvas.group(&title, |canvas| {
                    if filled {
                        canvas.filled(shape, (x, y), 5.5, LIMIT);
                    } else {
                        canvas.hollow(shape, (x, y), 5.0, SOFT_INK);
                    }
                    if free_left && free_right {
                        canvas.text((at, y - 3.0), SMALL.at(anchor), &short);
                    }
                });
            }
            y += ROW + 4.0;
        }
        self.y = y - 8.0;
    }

    /// Reviews done, due and ahead.
    pub(super) fn reviews(&mut self) {
        let timeline = self.timeline;
        if timeline.reviews.is_empty() && timeline.milestones.is_empty() {
            return;
        }
        let top = self.lane(words::REVIEWS);
        let mut marks: Vec<(Date, String, Option<MilestoneState>)> = timeline
            .reviews
            .iter()
            .map(|review| (review.day, self.say(review.outcome).to_owned(), None))
            .collect();
        marks.extend(timeline.open_milestones().map(|milestone| {
            let words = words::milestone(milestone.state).say(self.language);
            (milestone.day, words.to_owned(), Some(milestone.state))
        }));
        marks.sort_by_key(|(day, _, _)| *day);
        let mut placed = Rows::default();
        for (day, words, state) in marks {
            if !self.days.shows(day) {
                continue;
            }
            let x = self.days.x(day);
            let label = format!("{words} {}", locale::short_date(day, self.language));
            let (at, anchor, from, to) = Self::beside(x, 11.0, LABEL, &label);
            let y = top + 15.0 + ROW * rows(placed.place(from, to));
            self.canvas.group(&label, |canvas| {
                match state {
                    None => canvas.tick((x, y), "#2c5f40"),
                    Some(state) => match of_milestone(state) {
                        (shape, true) => canvas.filled(shape, (x, y), 5.5, LIMIT),
                        (shape, false) => canvas.hollow(shape, (x, y), 5.0, SOFT_INK),
                    },
                }
                canvas.text((at, y + 4.0), LABEL.at(anchor), &label);
            });
        }
        self.y = top + 8.0 + ROW * rows(placed.count().max(1));
    }
}
