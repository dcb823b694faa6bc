//! Courses of immunoglobulin, merged from single records (F-07), and what they do to an IgG result.

use jiff::civil::Date;

use super::{
    date::{When, days_between, plus_days, plus_months},
    facts::{
        Facts, IgExposure, IgIndication, IgRoute, MedicationSource, Reference, ReviewOutcome,
        Statement, StatementKind,
    },
    parameters::{
        E7_COURSE_GAP_DAYS, E12_RENEWAL_DAYS, E30_OPEN_ORDER_MONTHS, K5_INFECTION_MONTHS,
        K7_OFF_IG_DAYS, K8_GRACE_IV_DAYS, K8_GRACE_SC_DAYS,
    },
    verdict::Verdict,
};

/// One course: records of human normal immunoglobulin without a long gap or a stop between them.
#[derive(Debug, Clone)]
pub(super) struct IgCourse {
    /// First day; `None` when the record does not say.
    pub start: Option<Date>,
    /// Its last day, recorded or by its last record.
    pub ended: Option<Date>,
    /// The patient is on it at E.
    pub running: bool,
    /// Its reason is immunomodulation: not a course of this guideline, though it contaminates IgG.
    pub immunomodulation: bool,
    /// Its resources.
    pub evidence: Vec<Reference>,
    /// Its orders that are active at E.
    pub running_orders: Vec<Reference>,
}

/// Every course of a patient.
#[derive(Debug, Clone)]
pub(super) struct IgHistory {
    /// In order of time.
    pub courses: Vec<IgCourse>,
    /// Days on which immunoglobulin was, or may have been, in the blood: first to last day of each
    /// record, before K7 is added.
    exposed: Vec<(Date, Date)>,
    /// Requests and administrations were both searched, so that absence means something.
    searched: bool,
}

/// One record with its days worked out.
struct Span<'a> {
    exposure: &'a IgExposure,
    start: Option<Date>,
    last: Date,
    active: bool,
}

impl IgHistory {
    /// Works out the courses up to E.
    pub fn new(facts: &Facts, as_of: Date) -> Self {
        let outside = outside_record(facts, as_of);
        let mut spans: Vec<Span<'_>> = facts
            .immunoglobulin
            .iter()
            .chain(&outside)
            .filter_map(|exposure| span(exposure, as_of))
            .collect();
        spans.sort_by_key(|span| (span.start, span.last));
        let stops = stops(facts, as_of);
        let exposed = spans
            .iter()
            .map(|span| {
                let last = exposed_until(span, &spans, as_of);
                (span.start.unwrap_or(span.last), last)
            })
            .collect();
        Self {
            courses: merge(&spans, &stops, as_of),
            exposed,
            searched: facts.searched.medication_requests
                && facts.searched.medication_administrations,
        }
    }

    /// The course of this guideline that runs at E.
    pub fn running(&self) -> Option<&IgCourse> {
        self.courses
            .iter()
            .rev()
            .find(|course| course.running && !course.immunomodulation)
    }

    /// On immunoglobulin for this guideline's purpose; `None` where medication was not searched and
    /// nothing that was found says yes.
    pub fn on_immunoglobulin(&self) -> Option<bool> {
        match (self.running(), self.searched) {
            (Some(_), _) => Some(true),
            (None, true) => Some(false),
            (None, false) => None,
        }
    }

    /// The last day of exposure to any immunoglobulin up to E.
    pub fn last_exposure(&self) -> Option<Date> {
        self.exposed.iter().map(|&(_, last)| last).max()
    }

    /// Is a sample drawn then the patient's own IgG: K7 after the last dose of any immunoglobulin?
    ///
    /// A sample of the first day of a course counts as drawn before the dose.
    pub fn endogenous(&self, drawn: When) -> Verdict {
        self.exposed
            .iter()
            .fold(Verdict::Met, |own, &(start, last)| {
                let clear = plus_days(last, K7_OFF_IG_DAYS);
                let before = drawn.before(plus_days(start, 1));
                own.and(before.or(drawn.on_or_after(clear)))
            })
    }
}

/// A statement that immunoglobulin is given outside this record, as a record of its own (H-06).
fn outside_record(facts: &Facts, as_of: Date) -> Vec<IgExposure> {
    let mut statements: Vec<_> = facts
        .statements
        .iter()
        .filter(|statement| statement.date <= as_of)
        .filter_map(|statement| match statement.kind {
            StatementKind::IgOutsideRecord(given) => Some((statement, given)),
            _ => None,
        })
        .collect();
    // Of one day "given" stands, since the earliest day that is stated: IgG is then not the patient's own.
    let from = |statement: &Statement| statement.from.unwrap_or(statement.date);
    statements.sort_by_key(|(statement, given)| (statement.date, *given, from(statement)));
    let mut exposures: Vec<IgExposure> = Vec::new();
    for (statement, given) in statements {
        match (given, exposures.last_mut()) {
            (true, Some(open)) if open.active => {}
            (true, _) => exposures.push(IgExposure {
                source: MedicationSource::Statement,
                start: Some(When::day(from(statement))),
                end: None,
                active: true,
                stopped: false,
                route: IgRoute::Unknown,
                indication: IgIndication::NotStated,
                evidence: statement.evidence.clone(),
            }),
            (false, Some(open)) if open.active => {
                open.active = false;
                open.stopped = true;
                open.end = Some(When::day(statement.date));
            }
            (false, _) => {}
        }
    }
    exposures
}

/// The days of one record up to E; `None` when it lies after E.
fn span(exposure: &IgExposure, as_of: Date) -> Option<Span<'_>> {
    let start = match exposure.start {
        Some(start) => Some(start.not_after(as_of)?),
        None => None,
    };
    let last = if exposure.active {
        as_of
    } else {
        exposure
            .end
            .or(start)
            .map_or(as_of, |end| end.latest().min(as_of))
    };
    Some(Span {
        exposure,
        start: start.map(When::earliest),
        last: last.max(start.map_or(last, When::earliest)),
        active: exposure.active,
    })
}

/// The last day on which a record may have brought immunoglobulin.
///
/// An order that was stopped or completed on a day that nobody recorded, and under which no dose is
/// recorded, may have run for as long as an order does (E30): an IgG of that time is not trusted.
fn exposed_until(span: &Span<'_>, spans: &[Span<'_>], as_of: Date) -> Date {
    let exposure = span.exposure;
    let (true, None, Some(start)) = (exposure.stopped, exposure.end, span.start) else {
        return span.last;
    };
    let longest = plus_months(start, E30_OPEN_ORDER_MONTHS).min(as_of);
    let dosed = spans.iter().any(|other| {
        let dose = matches!(
            other.exposure.source,
            MedicationSource::Administration | MedicationSource::Dispense
        );
        dose && other.last >= start && other.last <= longest
    });
    if dosed { span.last } else { longest }
}

/// Days on which a review paused or stopped immunoglobulin.
fn stops(facts: &Facts, as_of: Date) -> Vec<Date> {
    let mut stops: Vec<Date> = facts
        .statements
        .iter()
        .filter(|statement| {
            statement.date <= as_of
                && matches!(
                    statement.kind,
                    StatementKind::IgReview(ReviewOutcome::Pause | ReviewOutcome::Stop)
                )
        })
        .map(|statement| statement.date)
        .collect();
    stops.sort_unstable();
    stops
}

/// Merges records, in order of their first day, into courses.
fn merge(spans: &[Span<'_>], stops: &[Date], as_of: Date) -> Vec<IgCourse> {
    let mut groups: Vec<Vec<&Span<'_>>> = Vec::new();
    for span in spans {
        match groups.last_mut() {
            Some(group) if continues(group, span, stops) => group.push(span),
            _ => groups.push(vec![span]),
        }
    }
    groups
        .iter()
        .map(|group| course(group, stops, as_of))
        .collect()
}

/// The day on which a course of records ended, when the record says that it did.
fn recorded_stop(group: &[&Span<'_>], stops: &[Date]) -> Option<Date> {
    let first = group.iter().filter_map(|span| span.start).min();
    let by_review = stops
        .iter()
        .copied()
        .filter(|stop| first.is_none_or(|first| *stop >= first))
        .min();
    if by_review.is_some() {
        return by_review;
    }
    // An old order that is completed when its renewal is written does not end the course: only a
    // stop that no other record outlasts does.
    let last_stop = group
        .iter()
        .filter(|span| span.exposure.stopped)
        .map(|span| span.last)
        .max()?;
    let outlasted = group.iter().any(|span| {
        !span.exposure.stopped
            && (span.active || span.last > last_stop)
            && span.exposure.source != MedicationSource::Dispense
    });
    let dated = group
        .iter()
        .any(|span| span.exposure.stopped && span.last == last_stop && span.exposure.end.is_some());
    match (outlasted, dated) {
        (false, _) => Some(last_stop),
        // The order is stopped, nobody says when: the doses after its first day belong to it.
        (true, false) if !group.iter().any(|span| span.active) => {
            group.iter().map(|span| span.last).max()
        }
        (true, _) => None,
    }
}

fn continues(group: &[&Span<'_>], next: &Span<'_>, stops: &[Date]) -> bool {
    let Some(start) = next.start else { return true };
    let Some(last) = group.iter().map(|span| span.last).max() else {
        return false;
    };
    if let Some(stop) = recorded_stop(group, stops) {
        let by_review = stops.contains(&stop);
        // A renewal may be written a few days after the old order ended.
        return if by_review {
            start <= stop
        } else {
            days_between(stop, start) <= E12_RENEWAL_DAYS
        };
    }
    days_between(last, start) <= E7_COURSE_GAP_DAYS
}

fn course(group: &[&Span<'_>], stops: &[Date], as_of: Date) -> IgCourse {
    let stopped = recorded_stop(group, stops);
    let active = stopped.is_none() && group.iter().any(|span| span.active);
    // The longer time counts where the last day has records of several routes.
    let latest = group
        .iter()
        .map(|span| (span.last, grace(span.exposure.route)))
        .max();
    let recent =
        stopped.is_none() && latest.is_some_and(|(last, grace)| days_between(last, as_of) <= grace);
    let has = |indication| {
        group
            .iter()
            .any(|span| span.exposure.indication == indication)
    };
    IgCourse {
        start: group.iter().filter_map(|span| span.start).min(),
        ended: stopped.or(latest.map(|(last, _)| last)),
        running: active || recent,
        immunomodulation: has(IgIndication::Immunomodulation)
            && !has(IgIndication::SecondaryImmunodeficiency),
        evidence: group
            .iter()
            .map(|span| span.exposure.evidence.clone())
            .collect(),
        running_orders: group
            .iter()
            .filter(|span| span.active && span.exposure.source == MedicationSource::Order)
            .map(|span| span.exposure.evidence.clone())
            .collect(),
    }
}

/// Days after the last dose by which a course still counts as running (K8).
fn grace(route: IgRoute) -> i32 {
    match route {
        IgRoute::Sc => K8_GRACE_SC_DAYS,
        IgRoute::Iv | IgRoute::FacilitatedSc | IgRoute::Unknown => K8_GRACE_IV_DAYS,
    }
}

/// The period of the infection history before a course: K5 back from its first day.
pub(super) fn history_window(start: Date) -> (Date, Date) {
    (plus_months(start, -K5_INFECTION_MONTHS), start)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::guideline::facts::Searched;

    #[test]
    fn doses_of_one_day_by_two_routes_run_as_long_as_the_longer_in_any_order() {
        let dose = |route| IgExposure {
            source: MedicationSource::Administration,
            start: Some(When::day(date(2026, 2, 9))),
            end: None,
            active: false,
            stopped: false,
            route,
            indication: IgIndication::NotStated,
            evidence: Reference::new("MedicationAdministration/a"),
        };
        for (routes, last) in [
            (vec![IgRoute::Sc], date(2026, 2, 23)),
            (vec![IgRoute::Iv, IgRoute::Sc], date(2026, 3, 23)),
            (vec![IgRoute::Sc, IgRoute::Iv], date(2026, 3, 23)),
        ] {
            let facts = Facts {
                searched: Searched::ALL,
                immunoglobulin: routes.iter().copied().map(dose).collect(),
                ..Facts::default()
            };
            let runs = |day| IgHistory::new(&facts, day).running().is_some();
            assert!(runs(last), "{routes:?}");
            assert!(!runs(plus_days(last, 1)), "{routes:?}");
        }
    }
}
