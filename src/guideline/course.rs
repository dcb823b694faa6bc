//! Continuing, stopping and pausing a running course (decision-spec §3.3).

mod trace;

use jiff::{
    Span,
    civil::{Date, date},
};

use super::{
    assessment::{
        Course, CourseConclusion, CourseRule, Population, PopulationFinding, StartConclusion,
        Window,
    },
    date::{When, days_between, plus_days, plus_months},
    facts::{Donor, Facts, LabResult, Measured, ReviewOutcome, StatementKind},
    history::{Milestone, MilestoneState},
    igg::{self, Igg},
    immunoglobulin::{IgCourse, IgHistory},
    index_event::IndexEvents,
    infections::{self, History},
    parameters::{
        E10_REVIEW_EARLY_DAYS, K2_WINDOW_MONTHS, K7_OFF_IG_DAYS, K9_EXTENSION_DAYS,
        K10_SUMMER_FROM, K10_SUMMER_TO, K11_WINTER_DAYS, K17_LEAD_DAYS,
    },
    quantity::GramsPerLitre,
    recurrence, substitution,
    trace::Step,
    verdict::{Reason, Verdict},
};

/// Months after the start at which the stop window of STD opens and closes (REC-39).
const STD_WINDOW_MONTHS: (i32, i32) = (6, 12);
/// Months after the start of the first and the second review, and between the later ones (REC-31, REC-32).
const REVIEW_MONTHS: (i32, i32, i32) = (3, 6, 6);

/// A course with the readings that it leaves open.
#[derive(Debug, Clone, Default)]
pub(super) struct DecidedCourse {
    pub course: Course,
    /// Two readings of which rule governs (§3.3 row 2): C30.
    pub two_readings: bool,
    /// What the conclusions rest on.
    pub trace: Step,
}

/// Which rule governs, and from when a stop is due or to be reviewed.
struct Governing {
    rule: CourseRule,
    /// T0 + K2 of the index event that governs.
    index_end: Option<Date>,
    /// `STOP-REVIEW` from `index_end` until a review dated on or after it.
    stop_review: bool,
    history_unknown: bool,
    two_readings: bool,
    /// T0 + K2 of the index event that the course began under, where that chose the rule.
    under_end: Option<Date>,
    /// Infections before the start, where the rule hangs on them.
    history: Option<History>,
    /// The recommendations that make it the rule.
    recommendations: &'static [&'static str],
}

impl Governing {
    fn std() -> Self {
        Self {
            rule: CourseRule::Std,
            index_end: None,
            stop_review: false,
            history_unknown: false,
            two_readings: false,
            under_end: None,
            history: None,
            recommendations: &["REC-39"],
        }
    }
}

/// Decides the course of a patient.
pub(super) fn decide(
    facts: &Facts,
    population: &PopulationFinding,
    start: StartConclusion,
    ig: &IgHistory,
    igg: &Igg,
    events: &IndexEvents,
    as_of: Date,
) -> DecidedCourse {
    let mut course = Course {
        on_immunoglobulin: ig.on_immunoglobulin(),
        ..Course::default()
    };
    if matches!(population.code, Population::None) && super::population::is_void(facts, as_of) {
        return DecidedCourse {
            course,
            ..DecidedCourse::default()
        };
    }
    let Some(running) = ig.running() else {
        course.last_exposure = ig.last_exposure();
        course.recurrence = recurrence::decide(facts, population.code, ig, as_of);
        if start == StartConclusion::Met && population.code == Population::P2A {
            course.stop_due = population.index.as_ref().map(|index| index.window_end);
        }
        if recovered(facts, ig, igg, as_of) {
            course.conclusions.push(CourseConclusion::Recovered);
        }
        let in_p2 = matches!(population.code, Population::P2A | Population::P2B);
        let own = igg.latest.as_ref().map(|latest| latest.evidence.clone());
        let trace = trace::off(facts, &course, in_p2, own.as_ref());
        return DecidedCourse {
            course,
            trace,
            ..DecidedCourse::default()
        };
    };
    course.start = running.start;
    course.evidence.clone_from(&running.evidence);
    course.running_orders.clone_from(&running.running_orders);
    let Some(governing) = govern(facts, population, running, events, as_of) else {
        return DecidedCourse {
            course,
            ..DecidedCourse::default()
        };
    };
    course.igg_under_substitution = substitution::latest_igg(facts, running, as_of);
    course.trough = substitution::trough(facts, running, as_of);
    let reviews = Reviews::new(facts, as_of);
    Timeline {
        facts,
        running,
        reviews: &reviews,
        as_of,
    }
    .fill(&mut course, &governing);
    let trace = trace::running(facts, &course, &governing, running, events, as_of);
    DecidedCourse {
        course,
        two_readings: governing.two_readings,
        trace,
    }
}

/// Reviews up to E, in order of time.
struct Reviews(Vec<(Date, ReviewOutcome)>);

/// Reviews up to E, in order of time.
pub(super) fn reviews(facts: &Facts, as_of: Date) -> Vec<(Date, ReviewOutcome)> {
    let mut reviews: Vec<_> = facts
        .statements
        .iter()
        .filter(|statement| statement.date <= as_of)
        .filter_map(|statement| match statement.kind {
            StatementKind::IgReview(outcome) => Some((statement.date, outcome)),
            _ => None,
        })
        .collect();
    reviews.sort_unstable();
    reviews
}

/// The reviews that a course asks for (REC-31, REC-32) up to the first one ahead of E.
pub(super) fn milestones(
    start: Date,
    reviews: &[(Date, ReviewOutcome)],
    as_of: Date,
) -> Vec<Milestone> {
    let (first, second, later) = REVIEW_MONTHS;
    let opens = |day: Date| plus_days(day, -E10_REVIEW_EARLY_DAYS);
    let mut days = vec![plus_months(start, first)];
    let mut months = second;
    while days.last().is_some_and(|day| opens(*day) <= as_of) {
        // None beyond the calendar.
        let Ok(day) = start.checked_add(Span::new().months(months)) else {
            break;
        };
        days.push(day);
        months = months.saturating_add(later);
    }
    days.iter()
        .enumerate()
        .map(|(index, &day)| {
            let next = days.get(index.saturating_add(1)).map(|next| opens(*next));
            let done = reviews
                .iter()
                .any(|(review, _)| *review >= opens(day) && next.is_none_or(|next| *review < next));
            let state = if done {
                MilestoneState::Done
            } else if opens(day) > as_of {
                MilestoneState::Ahead
            } else if next.is_none_or(|next| next > as_of) {
                MilestoneState::Due
            } else {
                MilestoneState::Passed
            };
            Milestone { day, state }
        })
        .collect()
}

impl Reviews {
    fn new(facts: &Facts, as_of: Date) -> Self {
        Self(reviews(facts, as_of))
    }

    fn any_since(&self, day: Date) -> bool {
        self.0.iter().any(|(date, _)| *date >= day)
    }

    /// The latest decision to continue on or after `day`.
    fn continued_since(&self, day: Date) -> Option<Date> {
        self.0
            .iter()
            .filter(|(date, outcome)| *date >= day && *outcome == ReviewOutcome::Continue)
            .map(|(date, _)| *date)
            .max()
    }
}

/// The rule, first match (§3.3).
fn govern(
    facts: &Facts,
    population: &PopulationFinding,
    running: &IgCourse,
    events: &IndexEvents,
    as_of: Date,
) -> Option<Governing> {
    use Population::{None as NoPopulation, OosImm, OosPid, P2C, Unassigned};
    match population.code {
        P2C => {
            return Some(Governing {
                rule: CourseRule::Individual,
                recommendations: &["REC-21"],
                ..Governing::std()
            });
        }
        OosPid | OosImm | NoPopulation => return None,
        Unassigned if events.t0().is_none() && population.alternatives.is_empty() => return None,
        _ => {}
    }
    let (Some(start), Some(first)) = (running.start, events.certain.first()) else {
        return Some(Governing::std());
    };
    if start < first.when.earliest() {
        return Some(Governing {
            recommendations: &["REC-39", "REC-45"],
            ..Governing::std()
        });
    }
    // The latest index event on or before the start: the course began under it.
    let under = events
        .certain
        .iter()
        .rev()
        .find(|event| event.when.earliest() <= start)?;
    let index_end = under.when.plus_months(K2_WINDOW_MONTHS).latest();
    let later_event = events
        .certain
        .iter()
        .any(|event| event.when.earliest() > start);
    let later_transplant = facts.transplants.iter().any(|transplant| {
        transplant.donor != Donor::Autologous
            && transplant
                .when
                .and_then(|when| when.not_after(as_of))
                .is_some_and(|when| when.latest() > start)
    });
    if later_event || later_transplant {
        return Some(Governing {
            index_end: Some(index_end),
            stop_review: true,
            two_readings: true,
            ..Governing::std()
        });
    }
    // A transplant between the index event and the start: the course began in P3 (B-29).
    let transplanted_before_start = facts.transplants.iter().any(|transplant| {
        transplant.donor == Donor::Allogeneic
            && transplant
                .when
                .is_some_and(|when| when.latest() > under.when.latest() && when.latest() <= start)
    });
    if transplanted_before_start {
        return Some(Governing::std());
    }
    if start >= index_end {
        return Some(Governing {
            under_end: Some(index_end),
            recommendations: &["REC-39", "REC-46"],
            ..Governing::std()
        });
    }
    let history = infections::before_start(start, facts, as_of);
    let index_end = Some(index_end);
    Some(match history.verdict {
        Verdict::Met => Governing {
            index_end,
            stop_review: true,
            under_end: index_end,
            history: Some(history),
            ..Governing::std()
        },
        Verdict::NotMet | Verdict::Unknown(Reason::NoneRecorded) => Governing {
            rule: CourseRule::Cart6,
            index_end,
            under_end: index_end,
            history: Some(history),
            recommendations: &["REC-43"],
            ..Governing::std()
        },
        Verdict::Unknown(_) => Governing {
            rule: CourseRule::Cart6,
            index_end,
            history_unknown: true,
            under_end: index_end,
            history: Some(history),
            recommendations: &["REC-43"],
            ..Governing::std()
        },
    })
}

struct Timeline<'a> {
    facts: &'a Facts,
    running: &'a IgCourse,
    reviews: &'a Reviews,
    as_of: Date,
}

impl Timeline<'_> {
    fn fill(&self, course: &mut Course, governing: &Governing) {
        course.rule = Some(governing.rule);
        course.index_window_end = governing.index_end;
        course.history_unknown = governing.history_unknown;
        match (governing.rule, governing.index_end) {
            (CourseRule::Cart6, Some(due)) if self.reviews.continued_since(due).is_some() => {
                // The clinician has weighed the stop: from then on as other haematology patients.
                course.rule = Some(CourseRule::Std);
                course.continued_after_due = true;
                self.std(course);
            }
            (CourseRule::Cart6, Some(due)) => self.cart6(course, due, governing.history_unknown),
            (CourseRule::Std, end) => {
                let review_from = end.filter(|_| governing.stop_review);
                if review_from
                    .is_some_and(|from| self.as_of >= from && !self.reviews.any_since(from))
                {
                    course.conclusions.push(CourseConclusion::StopReview);
                }
                self.std(course);
            }
            (CourseRule::Individual | CourseRule::Cart6, _) => {}
        }
        self.review(course);
        if governing.rule != CourseRule::Individual {
            self.pause(course);
        }
        if self.supports_stop() {
            course.conclusions.push(CourseConclusion::SupportsStop);
        }
    }

    fn cart6(&self, course: &mut Course, due: Date, history_unknown: bool) {
        course.stop_due = Some(due);
        if self.as_of >= due {
            let latest = plus_days(due, K9_EXTENSION_DAYS);
            let extended = self
                .facts
                .statements
                .iter()
                .filter(|statement| statement.date <= self.as_of)
                .filter_map(|statement| match statement.kind {
                    StatementKind::IgExtension(end) => Some(end.min(latest)),
                    _ => None,
                })
                .max()
                .filter(|end| self.as_of <= *end);
            course.extended_to = extended;
            course.conclusions.push(match (extended, history_unknown) {
                (Some(_), _) => CourseConclusion::Extend,
                (None, true) => CourseConclusion::StopReview,
                (None, false) => CourseConclusion::StopDue,
            });
        } else if !history_unknown && self.as_of >= plus_days(due, -K17_LEAD_DAYS) {
            course.conclusions.push(CourseConclusion::StopSoon);
        }
    }

    fn std(&self, course: &mut Course) {
        let Some(start) = self.running.start else {
            return;
        };
        let window = Window {
            start: plus_months(start, STD_WINDOW_MONTHS.0),
            end: plus_months(start, STD_WINDOW_MONTHS.1),
        };
        course.window = Some(window);
        course.winter_days = Some(winter_days(start, self.as_of));
        if winter_days(start, window.start) < K11_WINTER_DAYS {
            course.winter_reached = winter_reached(start, window);
        }
        let silenced = self
            .reviews
            .continued_since(plus_days(window.start, -E10_REVIEW_EARLY_DAYS))
            .is_some_and(|review| self.as_of < plus_months(review, REVIEW_MONTHS.2));
        if self.as_of < window.start || silenced {
            return;
        }
        course.conclusions.push(if self.as_of <= window.end {
            CourseConclusion::StopWindow
        } else {
            CourseConclusion::StopOverdue
        });
    }

    /// The latest review milestone that is due and not done; only that one.
    fn review(&self, course: &mut Course) {
        let Some(start) = self.running.start else {
            return;
        };
        let reached = |months: i32| {
            // None beyond the calendar.
            let milestone = start.checked_add(Span::new().months(months)).ok()?;
            (self.as_of >= plus_days(milestone, -E10_REVIEW_EARLY_DAYS)).then_some(milestone)
        };
        let (first, second, later) = REVIEW_MONTHS;
        let mut due = None;
        if let Some(milestone) = reached(first) {
            due = Some((milestone, CourseConclusion::Review3));
        }
        let mut months = second;
        while let Some(milestone) = reached(months) {
            let kind = if months == second {
                CourseConclusion::Review6
            } else {
                CourseConclusion::Review6Monthly
            };
            due = Some((milestone, kind));
            months = months.saturating_add(later);
        }
        if let Some((milestone, kind)) = due
            && !self
                .reviews
                .any_since(plus_days(milestone, -E10_REVIEW_EARLY_DAYS))
        {
            course.review_due = Some(milestone);
            course.conclusions.push(kind);
        }
    }

    fn pause(&self, course: &mut Course) {
        if let Some(season) = summer(self.as_of)
            && !self.reviews.any_since(season)
        {
            course.conclusions.push(CourseConclusion::Pause);
        }
    }

    /// IgA or IgM rises over the results of at least two days of the course, or B cells recover
    /// (REC-42).
    fn supports_stop(&self) -> bool {
        let Some(start) = self.running.start else {
            return false;
        };
        let rises = |results: &[LabResult]| {
            let mut values: Vec<(Date, GramsPerLitre)> = results
                .iter()
                .filter_map(|result| match (result.drawn?, result.value) {
                    (drawn, Measured::Exactly(value)) => self.in_course(drawn, start, value),
                    _ => None,
                })
                .collect();
            values.sort_unstable();
            rising(&values)
        };
        let mut cells: Vec<(Date, i64)> = self
            .facts
            .b_cells
            .iter()
            .filter_map(|count| self.in_course(count.drawn, start, count.per_millilitre))
            .collect();
        cells.sort_unstable();
        rises(&self.facts.iga) || rises(&self.facts.igm) || rising(&cells)
    }

    fn in_course<T>(&self, drawn: When, start: Date, value: T) -> Option<(Date, T)> {
        let drawn = drawn.not_after(self.as_of)?;
        (drawn.earliest() >= start).then(|| (drawn.latest(), value))
    }
}

/// The last value, of values in order, is above that of the first day and not below that of the day
/// before it. Of several values of one day each has to say so: a stop is not supported by doubtful ones.
fn rising<T: PartialOrd>(values: &[(Date, T)]) -> bool {
    let days: Vec<(&T, &T)> = values
        .chunk_by(|one, other| one.0 == other.0)
        .filter_map(|day| Some((&day.first()?.1, &day.last()?.1)))
        .collect();
    let [(_, first), .., (last, _)] = days.as_slice() else {
        return false;
    };
    let falls = days
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|(_, previous)| previous > last);
    last > first && !falls
}

/// The first day of the summer window that holds `day` (K10).
fn summer(day: Date) -> Option<Date> {
    let from = date(day.year(), K10_SUMMER_FROM.0, K10_SUMMER_FROM.1);
    let to = date(day.year(), K10_SUMMER_TO.0, K10_SUMMER_TO.1);
    (from <= day && day < to).then_some(from)
}

/// Days d with `from <= d < to` that lie in 1 October – 30 April (K11, REC-40).
fn winter_days(from: Date, to: Date) -> i32 {
    (from.year()..=to.year())
        .map(|year| {
            // The winter days of a calendar year are those outside its summer window.
            let (spring, autumn) = (
                date(year, K10_SUMMER_FROM.0, K10_SUMMER_FROM.1),
                date(year, K10_SUMMER_TO.0, K10_SUMMER_TO.1),
            );
            let clip = |a: Date, b: Date| days_between(a.max(from), b.min(to)).max(0);
            clip(date(year, 1, 1), spring)
                .saturating_add(clip(autumn, plus_years(date(year, 1, 1), 1)))
        })
        .sum()
}

fn plus_years(day: Date, years: i32) -> Date {
    plus_months(day, years.saturating_mul(12))
}

/// The day on which K11 is reached, at the latest the end of the window (B-18).
fn winter_reached(start: Date, window: Window) -> Option<Date> {
    let mut day = window.start;
    while day < window.end && winter_days(start, day) < K11_WINTER_DAYS {
        day = plus_days(day, 1);
    }
    Some(day)
}

/// Off immunoglobulin, and the latest IgG, drawn K7 after the last dose, is above 4 g/L (REC-47, B-02).
fn recovered(facts: &Facts, ig: &IgHistory, igg: &Igg, as_of: Date) -> bool {
    if ig.on_immunoglobulin() != Some(false) {
        return false;
    }
    let (Some(last), Some(latest)) = (ig.last_exposure(), &igg.latest) else {
        return false;
    };
    if matches!(igg.usable, Err(Reason::Invalid | Reason::Conflicting)) {
        // The latest result is one that nobody can read.
        return false;
    }
    let own = latest
        .drawn
        .on_or_after(plus_days(last, K7_OFF_IG_DAYS))
        .is_met();
    // "Above 4", not "4 or above": 4.0 itself is neither (B-02).
    let above = match latest.value {
        Measured::Exactly(value) => value > GramsPerLitre::FOUR,
        Measured::Above { bound, .. } => bound >= GramsPerLitre::FOUR,
        Measured::Below { .. } | Measured::Unusable => false,
    };
    own && above && !igg::m_component(facts, as_of).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winter_days_of_v89() {
        assert_eq!(winter_days(date(2025, 10, 1), date(2026, 5, 10)), 212);
        assert_eq!(winter_days(date(2026, 5, 1), date(2026, 10, 1)), 0);
        assert_eq!(winter_days(date(2026, 9, 30), date(2026, 10, 2)), 1);
    }

    #[test]
    fn summer_is_may_to_september() {
        for (day, inside) in [
            (date(2026, 4, 30), false),
            (date(2026, 5, 1), true),
            (date(2026, 9, 30), true),
            (date(2026, 10, 1), false),
        ] {
            assert_eq!(summer(day).is_some(), inside, "{day}");
        }
    }
}
