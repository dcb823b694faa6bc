//! The marks of a picture: shapes that are told apart without their colour.

use super::{NONE, OPEN, Pen};
use crate::{
    guideline::history::{MilestoneState, Severity},
    timeline::{EventKind, svg::Canvas},
};

/// A shape about a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Diamond,
    Up,
    Down,
    Cross,
    Octagon,
}

/// The path of a shape of a size.
fn path(shape: Shape, (x, y): (f64, f64), r: f64) -> String {
    let points: &[(f64, f64)] = match shape {
        Shape::Circle => {
            return format!(
                "M{:.1} {y:.1}a{r} {r} 0 1 0 {:.1} 0a{r} {r} 0 1 0 -{:.1} 0z",
                x - r,
                2.0 * r,
                2.0 * r
            );
        }
        Shape::Cross => {
            return format!(
                "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}",
                x - r,
                y - r,
                x + r,
                y + r,
                x - r,
                y + r,
                x + r,
                y - r
            );
        }
        Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        Shape::Diamond => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
        Shape::Up => &[(0.0, -1.1), (1.1, 0.9), (-1.1, 0.9)],
        Shape::Down => &[(0.0, 1.1), (1.1, -0.9), (-1.1, -0.9)],
        Shape::Octagon => &[
            (-0.45, -1.1),
            (0.45, -1.1),
            (1.1, -0.45),
            (1.1, 0.45),
            (0.45, 1.1),
            (-0.45, 1.1),
            (-1.1, 0.45),
            (-1.1, -0.45),
        ],
    };
    let mut path = String::new();
    for (index, (dx, dy)) in points.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        path.push_str(&format!("{letter}{:.1} {:.1}", x + dx * r, y + dy * r));
    }
    path.push('z');
    path
}

impl Canvas {
    /// A filled shape.
    pub(super) fn filled(&mut self, shape: Shape, at: (f64, f64), r: f64, colour: &'static str) {
        let edge = match shape {
            Shape::Cross => Pen {
                colour,
                width: 2.0,
                dashes: "",
            },
            _ => NONE,
        };
        self.path(&path(shape, at, r), colour, edge);
    }

    /// A shape with an edge only.
    pub(super) fn hollow(&mut self, shape: Shape, at: (f64, f64), r: f64, colour: &'static str) {
        let edge = Pen {
            colour,
            width: 1.8,
            dashes: "",
        };
        self.path(&path(shape, at, r), OPEN, edge);
    }

    /// A tick, as of something done.
    pub(super) fn tick(&mut self, (x, y): (f64, f64), colour: &'static str) {
        let pen = Pen {
            colour,
            width: 2.4,
            dashes: "",
        };
        let path = format!(
            "M{:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}",
            x - 5.0,
            x - 1.0,
            y + 4.0,
            x + 6.0,
            y - 5.0
        );
        self.path(&path, "none", pen);
    }
}

/// The shape of an event.
pub(super) fn of_event(kind: EventKind) -> Shape {
    match kind {
        EventKind::CarT => Shape::Up,
        EventKind::Bispecific => Shape::Diamond,
        EventKind::Transplant => Shape::Square,
    }
}

/// The shape of an episode, and whether it is filled.
pub(super) fn of_severity(severity: Severity) -> (Shape, bool) {
    match severity {
        Severity::LifeThreatening => (Shape::Diamond, true),
        Severity::Admitted => (Shape::Square, true),
        Severity::Verified => (Shape::Circle, true),
        Severity::Candidate => (Shape::Circle, false),
        Severity::Minor => (Shape::Down, false),
    }
}

/// The shape of a review that is not done.
pub(super) fn of_milestone(state: MilestoneState) -> (Shape, bool) {
    match state {
        MilestoneState::Done | MilestoneState::Ahead => (Shape::Circle, false),
        MilestoneState::Due => (Shape::Up, true),
        MilestoneState::Passed => (Shape::Cross, true),
    }
}
