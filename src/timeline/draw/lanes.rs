//! The lanes of a picture: treatment, IgG, IgA and IgM, courses, infections, reviews.

use jiff::civil::Date;

use super::{
    DASHED, HAIR, IGA, IGG, IGM, INK, LABEL, LEFT, LIMIT, OPEN, Picture, RIGHT, Rows, SMALL,
    SOFT_INK, THIN, WIDTH,
    marks::{Shape, of_event, of_milestone, of_severity},
};
use crate::{
    cards::{catalogue::timeline as words, locale},
    guideline::{
        facts::Measured,
        history::{MilestoneState, PastCourse, Severity},
        quantity::GramsPerLitre,
    },
    timeline::{
        Sample,
        axis::Values,
        svg::{Anchor, Pen, Type},
        value,
    },
};

/// Height of the chart of IgG.
const IGG_HEIGHT: f64 = 176.0;
/// Height of the chart of IgA and IgM.
const IGA_HEIGHT: f64 = 64.0;
/// Height of a row of labels.
const ROW: f64 = 20.0;
/// The most letters of an infection beside its mark.
const INFECTION_LETTERS: usize = 26;

/// One line of results.
struct Series<'a> {
    samples: &'a [Sample],
    shape: Shape,
    colour: &'static str,
    dashes: &'static str,
    /// Its name, at its last point; none for the only line of a chart.
    name: Option<&'static str>,
    /// Its values stand below its points, since another line's stand above.
    below: bool,
}

fn rows(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A value for drawing only; rules never see it.
fn height_of(value: GramsPerLitre) -> f64 {
    value.to_string().parse().unwrap_or(0.0)
}

fn number(measured: Measured) -> Option<GramsPerLitre> {
    match measured {
        Measured::Exactly(number)
        | Measured::Below { bound: number, .. }
        | Measured::Above { bound: number, .. } => Some(number),
        Measured::Unusable => None,
    }
}

fn highest<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    samples
        .filter_map(|sample| number(sample.value))
        .map(height_of)
        .fold(0.0, f64::max)
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
        self.series(
            &Series {
                samples: &timeline.igg,
                shape: Shape::Circle,
                colour: IGG,
                dashes: "",
                name: None,
                below: false,
            },
            &values,
            (top + 10.0, bottom),
        );
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
        for (samples, shape, colour, dashes, name, below) in [
            (
                &timeline.iga,
                Shape::Diamond,
                IGA,
                "",
                words::TEST_IGA,
                false,
            ),
            (&timeline.igm, Shape::Up, IGM, "3 3", words::TEST_IGM, true),
        ] {
            let series = Series {
                samples,
                shape,
                colour,
                dashes,
                name: Some(name.say(self.language)),
                below,
            };
            self.series(&series, &values, (top + 14.0, bottom));
        }
        // Values below a point near zero reach under the chart.
        self.y = bottom + 16.0;
    }

    /// A line of results with a mark and a value for each.
    fn series(&mut self, series: &Series<'_>, values: &Values, (ceiling, bottom): (f64, f64)) {
        let drawn: Vec<&Sample> = series
            .samples
            .iter()
            .filter(|sample| self.days.shows(sample.drawn.latest()))
            .collect();
        let points: Vec<(f64, f64)> = drawn
            .iter()
            .filter_map(|sample| {
                let height = values.y(height_of(number(sample.value)?));
                Some((self.days.x(sample.drawn.latest()), height))
            })
            .collect();
        let pen = Pen {
            colour: series.colour,
            width: 1.8,
            dashes: series.dashes,
        };
        for pair in points.windows(2) {
            if let [from, to] = pair {
                self.canvas.line(*from, *to, pen);
            }
        }
        let last = drawn.len().saturating_sub(1);
        let mut taken: [f64; 2] = [f64::NEG_INFINITY; 2];
        for (index, sample) in drawn.iter().enumerate() {
            let x = self.days.x(sample.drawn.latest());
            let text = value(sample.value, self.language);
            let when = locale::when(sample.drawn, self.language);
            let name = series.name.unwrap_or_else(|| self.say(words::TEST_IGG));
            let (y, shape) = match number(sample.value) {
                Some(number) => (
                    values.y(height_of(number)),
                    match sample.value {
                        Measured::Below { .. } => Shape::Down,
                        Measured::Above { .. } => Shape::Up,
                        _ if series.name.is_none() && !sample.own => Shape::Square,
                        _ => series.shape,
                    },
                ),
                None => (ceiling, Shape::Cross),
            };
            let shown = text.clone().unwrap_or_else(|| "?".to_owned());
            let title = match &text {
                Some(text) => format!("{name} {text} g/L, {when}"),
                None => format!("{name}: {}, {when}", self.say(words::UNUSABLE)),
            };
            self.uncertain(sample.drawn, y);
            let label = match series.name {
                Some(name) if index == last => format!("{name} {shown}"),
                _ => shown,
            };
            let kind = Type {
                bold: true,
                size: 11.5,
                ..LABEL
            }
            .coloured(series.colour)
            .at(Anchor::Middle);
            let half = kind.width(&label) / 2.0;
            // Above the point, else below it, else in the table only.
            let place = taken.iter().enumerate().position(|(place, end)| {
                let side = series.name.is_none() || (place == 1) == series.below;
                side && *end + 4.0 <= x - half
            });
            let place = place.filter(|place| *place == 0 || series.below || y + 18.0 < bottom);
            if let Some(end) = place.and_then(|place| taken.get_mut(place)) {
                *end = x + half;
            }
            let hollow = shape == Shape::Square || shape == Shape::Down || shape == Shape::Up;
            let hollow = hollow && series.name.is_none();
            self.canvas.group(&title, |canvas| {
                if hollow {
                    canvas.hollow(shape, (x, y), 5.0, series.colour);
                } else {
                    canvas.filled(shape, (x, y), 4.6, series.colour);
                }
                if let Some(place) = place {
                    let y = if place == 0 { y - 9.0 } else { y + 18.0 };
                    canvas.text((x, y), kind, &label);
                }
            });
        }
    }

    /// The days of a course that are drawn.
    fn span(&self, course: &PastCourse) -> Option<(f64, f64)> {
        let end = if course.running {
            self.timeline.as_of
        } else {
            course.end?
        };
        let start = course.start.unwrap_or(end);
        (end >= self.days.from).then(|| {
            (
                self.days.x(start),
                self.days.x(end).max(self.days.x(start) + 3.0),
            )
        })
    }

    /// The courses of immunoglobulin, the stop and its window.
    pub(super) fn courses(&mut self) {
        let timeline = self.timeline;
        let top = self.lane(words::IMMUNOGLOBULIN);
        let searched =
            timeline.searched.medication_requests && timeline.searched.medication_administrations;
        let drawn: Vec<(&PastCourse, f64, f64)> = timeline
            .courses
            .iter()
            .filter_map(|course| {
                let (left, right) = self.span(course)?;
                Some((course, left, right))
            })
            .collect();
        if timeline.courses.is_empty() && timeline.stop.is_none() {
            self.empty(top, searched);
            return;
        }
        let bar = top + 8.0;
        for (course, left, right) in &drawn {
            let (left, right) = (*left, *right);
            let mut label = match (course.running, course.start, course.end) {
                (true, Some(start), _) => words::since(start, self.language),
                (false, _, Some(end)) => words::until(end, self.language),
                _ => self.say(words::START_UNKNOWN).to_owned(),
            };
            if course.immunomodulation {
                label = format!("{label} ({})", self.say(words::IMMUNOMODULATION));
            }
            let fits = right - left > LABEL.width(&label) + 8.0;
            self.canvas.group(&label, |canvas| {
                let path = if course.running {
                    // An open end: it goes on.
                    format!(
                        "M{left:.1} {bar:.1}L{right:.1} {bar:.1}l7 9l-7 9L{left:.1} {:.1}z",
                        bar + 18.0
                    )
                } else {
                    format!(
                        "M{left:.1} {bar:.1}L{right:.1} {bar:.1}v18L{left:.1} {:.1}z",
                        bar + 18.0
                    )
                };
                let edge = Pen {
                    colour: IGG,
                    width: 1.4,
                    dashes: "",
                };
                canvas.path(&path, "url(#timeline-course)", edge);
                if fits {
                    canvas.area(
                        (left + 3.0, bar + 2.0),
                        (LABEL.width(&label) + 4.0, 14.0),
                        OPEN,
                    );
                    canvas.text((left + 5.0, bar + 13.0), LABEL, &label);
                }
            });
            if !fits {
                self.canvas.text((right + 12.0, bar + 13.0), LABEL, &label);
            }
        }
        self.y = bar + if drawn.is_empty() { 0.0 } else { 26.0 };
        self.stops(bar);
    }

    /// What is due of a course: below its bar.
    fn stops(&mut self, bar: f64) {
        let timeline = self.timeline;
        let mut placed = Rows::default();
        let top = self.y;
        if let Some(stop) = timeline.stop.filter(|stop| *stop >= self.days.from) {
            let label = words::stop(stop, self.language);
            let x = self.days.x(stop);
            let (at, anchor, from, to) = Self::beside(x, 12.0, LABEL, &label);
            let y = top + 10.0 + ROW * rows(placed.place(from, to));
            let pen = Pen {
                colour: LIMIT,
                width: 2.2,
                dashes: "",
            };
            self.canvas.group(&label, |canvas| {
                canvas.line((x, bar - 4.0), (x, y), pen);
                canvas.filled(Shape::Octagon, (x, y), 7.0, LIMIT);
                let bold = Type {
                    bold: true,
                    ..LABEL
                };
                canvas.text((at, y + 4.0), bold.at(anchor), &label);
            });
        }
        if let Some(window) = timeline.stop_window
            && window.end >= self.days.from
        {
            let label = self.say(words::STOP_WINDOW);
            let (left, right) = (self.days.x(window.start), self.days.x(window.end));
            let half = LABEL.width(label) / 2.0;
            let middle = f64::midpoint(left, right).clamp(LEFT + half, WIDTH - half - 6.0);
            let row = placed.place(left.min(middle - half), right.max(middle + half));
            let y = top + 18.0 + (ROW + 2.0) * rows(row);
            self.canvas.group(label, |canvas| {
                canvas.line((left, y), (right, y), DASHED);
                canvas.line((left, y - 5.0), (left, y + 3.0), THIN);
                canvas.line((right, y - 5.0), (right, y + 3.0), THIN);
                canvas.text((middle, y - 5.0), LABEL.at(Anchor::Middle), label);
            });
        }
        if let Some(to) = timeline.extended_to {
            let label = words::extended(to, self.language);
            let x = self.days.x(to);
            let (at, anchor, from, end) = Self::beside(x, 10.0, LABEL, &label);
            let y = top + 10.0 + ROW * rows(placed.place(from, end));
            self.canvas.group(&label, |canvas| {
                canvas.line((x, bar), (x, y), DASHED);
                canvas.hollow(Shape::Octagon, (x, y), 5.0, SOFT_INK);
                canvas.text((at, y + 4.0), LABEL.at(anchor), &label);
            });
        }
        self.y = top + 4.0 + (ROW + 2.0) * rows(placed.count());
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
                let short: String = if infection.text.chars().count() > INFECTION_LETTERS {
                    let head: String = infection.text.chars().take(INFECTION_LETTERS).collect();
                    format!("{}…", head.trim_end())
                } else {
                    infection.text.clone()
                };
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
