//! Results as lines with a mark each, and values where there is room for them.

use super::{LABEL, LEFT, Picture, RIGHT, WIDTH, marks::Shape};
use crate::{
    cards::{catalogue::timeline as words, locale},
    guideline::{date::When, facts::Measured, quantity::GramsPerLitre},
    timeline::{
        Sample,
        axis::Values,
        svg::{Anchor, Pen, Type},
        value,
    },
};

/// One line of results.
pub(super) struct Series<'a> {
    pub samples: &'a [Sample],
    pub shape: Shape,
    pub colour: &'static str,
    pub dashes: &'static str,
    /// Its name, at its last point; none for the only line of a chart.
    pub name: Option<&'static str>,
    /// Its values stand below its points where they can, since another line's stand above.
    pub below: bool,
}

/// A result as it is drawn.
struct Mark {
    at: (f64, f64),
    shape: Shape,
    hollow: bool,
    title: String,
    label: String,
    drawn: When,
}

/// A part of the picture that is taken.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn about((x, y): (f64, f64), reach: f64) -> Self {
        Self {
            left: x - reach,
            top: y - reach,
            right: x + reach,
            bottom: y + reach,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// A line runs through it.
    fn is_crossed(&self, (from, to): ((f64, f64), (f64, f64))) -> bool {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (step, room) in [
            (-dx, from.0 - self.left),
            (dx, self.right - from.0),
            (-dy, from.1 - self.top),
            (dy, self.bottom - from.1),
        ] {
            if step.abs() < f64::EPSILON {
                if room < 0.0 {
                    return false;
                }
            } else if step < 0.0 {
                enters = enters.max(room / step);
            } else {
                leaves = leaves.min(room / step);
            }
        }
        enters < leaves
    }
}

/// A value for drawing only; rules never see it.
pub(super) fn height_of(value: GramsPerLitre) -> f64 {
    value.to_string().parse().unwrap_or(0.0)
}

pub(super) fn number(measured: Measured) -> Option<GramsPerLitre> {
    match measured {
        Measured::Exactly(number)
        | Measured::Below { bound: number, .. }
        | Measured::Above { bound: number, .. } => Some(number),
        Measured::Unusable => None,
    }
}

pub(super) fn highest<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    samples
        .filter_map(|sample| number(sample.value))
        .map(height_of)
        .fold(0.0, f64::max)
}

/// In which order values get room: the latest, the lowest, the highest, then the others.
fn by_importance(marks: &[Mark]) -> Vec<usize> {
    let height = |index: &usize| marks.get(*index).map_or(0.0, |mark| mark.at.1);
    let all: Vec<usize> = (0..marks.len()).collect();
    let lowest = all
        .iter()
        .copied()
        .max_by(|a, b| height(a).total_cmp(&height(b)));
    let highest = all
        .iter()
        .copied()
        .min_by(|a, b| height(a).total_cmp(&height(b)));
    let mut order: Vec<usize> = [all.last().copied(), lowest, highest]
        .into_iter()
        .flatten()
        .collect();
    order.extend(all);
    let mut seen = vec![false; marks.len()];
    order.retain(|index| match seen.get_mut(*index) {
        Some(seen) => !std::mem::replace(seen, true),
        None => false,
    });
    order
}

impl Picture<'_> {
    /// Lines of results over one scale. Values stand where they cover no mark and no other value; the
    /// others are in the table.
    pub(super) fn results(
        &mut self,
        all: &[Series<'_>],
        values: &Values,
        (ceiling, floor): (f64, f64),
    ) {
        let marks: Vec<Vec<Mark>> = all
            .iter()
            .map(|series| self.marks(series, values, ceiling))
            .collect();
        let mut lines = Vec::new();
        for (series, marks) in all.iter().zip(&marks) {
            let pen = Pen {
                colour: series.colour,
                width: 1.8,
                dashes: series.dashes,
            };
            let points = marks.iter().filter(|mark| mark.shape != Shape::Cross);
            let points: Vec<(f64, f64)> = points.map(|mark| mark.at).collect();
            for pair in points.windows(2) {
                if let [from, to] = pair {
                    self.canvas.line(*from, *to, pen);
                    lines.push((*from, *to));
                }
            }
        }
        let mut taken = Vec::new();
        for (series, marks) in all.iter().zip(&marks) {
            for mark in marks {
                self.uncertain(mark.drawn, mark.at.1);
                self.canvas.group(&mark.title, |canvas| {
                    if mark.hollow {
                        canvas.hollow(mark.shape, mark.at, 5.0, series.colour);
                    } else {
                        canvas.filled(mark.shape, mark.at, 4.6, series.colour);
                    }
                });
                taken.push(Area::about(mark.at, 5.5));
            }
        }
        for (series, marks) in all.iter().zip(&marks) {
            let kind = Type {
                bold: true,
                size: 11.5,
                ..LABEL
            }
            .coloured(series.colour);
            let last = marks.len().saturating_sub(1);
            for index in by_importance(marks) {
                let Some(mark) = marks.get(index) else {
                    continue;
                };
                let label = match series.name {
                    Some(name) if index == last => format!("{name} {}", mark.label),
                    _ => mark.label.clone(),
                };
                let width = kind.width(&label);
                let places = places(mark.at, width, series.below, index == last);
                let free = |area: &Area| {
                    let inside = area.left >= LEFT - 6.0
                        && area.right <= if index == last { RIGHT } else { WIDTH - 6.0 }
                        && area.bottom <= floor;
                    inside && !taken.iter().any(|other| area.meets(other))
                };
                let clear = |area: &Area| !lines.iter().any(|line| area.is_crossed(*line));
                let found = places
                    .iter()
                    .find(|(area, ..)| free(area) && clear(area))
                    .or_else(|| places.iter().find(|(area, ..)| free(area)));
                if let Some((area, at, anchor)) = found.copied() {
                    self.canvas.text(at, kind.at(anchor), &label);
                    taken.push(area);
                }
            }
        }
    }

    fn marks(&self, series: &Series<'_>, values: &Values, ceiling: f64) -> Vec<Mark> {
        let drawn = series
            .samples
            .iter()
            .filter(|sample| self.days.shows(sample.drawn.latest()));
        drawn
            .map(|sample| {
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
                let special = matches!(shape, Shape::Square | Shape::Down | Shape::Up);
                Mark {
                    at: (self.days.x(sample.drawn.latest()), y),
                    shape,
                    hollow: special && series.name.is_none(),
                    title: match &text {
                        Some(text) => format!("{name} {text} g/L, {when}"),
                        None => format!("{name}: {}, {when}", self.say(words::UNUSABLE)),
                    },
                    label: text.unwrap_or_else(|| "?".to_owned()),
                    drawn: sample.drawn,
                }
            })
            .collect()
    }
}

/// Where a value may stand: above or below its point, and right of the last one.
fn places(
    (x, y): (f64, f64),
    width: f64,
    below_first: bool,
    is_last: bool,
) -> Vec<(Area, (f64, f64), Anchor)> {
    let place = |left: f64, baseline: f64, at: f64, anchor| {
        let area = Area {
            left: left - 2.0,
            top: baseline - 9.0,
            right: left + width + 2.0,
            bottom: baseline + 1.0,
        };
        (area, (at, baseline), anchor)
    };
    let half = width / 2.0;
    let mut places = vec![
        place(x - half, y - 8.0, x, Anchor::Middle),
        place(x - half, y + 17.0, x, Anchor::Middle),
    ];
    if below_first {
        places.reverse();
    }
    if is_last {
        places.push(place(x + 10.0, y + 4.0, x + 10.0, Anchor::Start));
    }
    places
}
