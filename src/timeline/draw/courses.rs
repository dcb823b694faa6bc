//! The lane of immunoglobulin: a bar for each course with its doses, the stop and its window.

use super::{
    DASHED, IGG, LABEL, LEFT, LIMIT, OPEN, Picture, Rows, SOFT_INK, THIN, WIDTH,
    lanes::{ROW, rows, shortened},
    marks::Shape,
};
use crate::{
    cards::catalogue::timeline as words,
    guideline::history::PastCourse,
    timeline::svg::{Anchor, Pen, Type},
};

/// The most letters of a dose below its bar.
const DOSE_LETTERS: usize = 40;
/// The most rows of labels below the bars.
const DOSE_ROWS: usize = 4;

impl Picture<'_> {
    /// The days of a course that are drawn.
    pub(super) fn span(&self, course: &PastCourse) -> Option<(f64, f64)> {
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
        let mut below = Vec::new();
        for (course, left, right) in &drawn {
            self.bar(course, (*left, *right), bar, &mut below);
        }
        self.y = bar + if drawn.is_empty() { 0.0 } else { 26.0 };
        self.below(below, bar);
        self.stops(bar);
    }

    /// The bar of a course, with its dates where they fit; what belongs below it.
    fn bar(
        &mut self,
        course: &PastCourse,
        (left, right): (f64, f64),
        bar: f64,
        below: &mut Vec<(f64, bool, String)>,
    ) {
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
            let (foot, end) = (bar + 18.0, if course.running { "l7 9l-7 9" } else { "v18" });
            // An open end goes on.
            let path = format!("M{left:.1} {bar:.1}L{right:.1} {bar:.1}{end}L{left:.1} {foot:.1}z");
            let edge = Pen {
                colour: IGG,
                width: 1.4,
                dashes: "",
            };
            canvas.path(&path, "url(#timeline-course)", edge);
            if fits {
                let size = (LABEL.width(&label) + 4.0, 14.0);
                canvas.area((left + 3.0, bar + 2.0), size, OPEN);
                canvas.text((left + 5.0, bar + 13.0), LABEL, &label);
            }
        });
        if !fits {
            below.push((left, false, label));
        }
        for (index, dose) in course.doses.iter().enumerate() {
            // One that another had followed before the picture begins is in the table.
            let next = course.doses.get(index + 1).and_then(|next| next.from);
            if next.is_some_and(|day| day <= self.days.from) {
                continue;
            }
            let since = dose.from.or(course.start);
            let x = since
                .map_or(left, |day| self.days.x(day))
                .clamp(left, right);
            below.push((x, true, words::dose(&dose.amount, self.language)));
        }
    }

    /// Dates and doses below the bars: the latest first, which is what matters most where there is not room
    /// for all; what has none is in the table.
    fn below(&mut self, mut labels: Vec<(f64, bool, String)>, bar: f64) {
        labels.sort_by(|one, other| other.0.total_cmp(&one.0));
        let top = self.y;
        let mut placed = Rows::default();
        for (x, is_dose, label) in labels {
            let short = shortened(&label, DOSE_LETTERS);
            let (at, anchor, from, to) = Self::beside(x, 5.0, LABEL, &short);
            let row = placed.place_within(from, to, DOSE_ROWS);
            self.canvas.group(&label, |canvas| {
                let y = top + 8.0 + ROW * rows(row.unwrap_or(0));
                if is_dose {
                    let foot = if row.is_some() { y + 3.0 } else { bar + 22.0 };
                    canvas.line((x, bar + 18.0), (x, foot), THIN);
                }
                if row.is_some() {
                    canvas.text((at, y + 3.0), LABEL.at(anchor), &short);
                }
            });
        }
        self.y = top + ROW * rows(placed.count());
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
}
