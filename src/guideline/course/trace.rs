//! What the conclusions on a course rest on, and the recommendations that decided them.

use jiff::civil::Date;

use super::{
    super::{
        assessment::{Course, CourseConclusion, CourseRule, TroughLevel},
        date::plus_months,
        facts::{Facts, Reference, ReviewOutcome, StatementKind},
        immunoglobulin::IgCourse,
        index_event::IndexEvents,
        parameters::K11_WINTER_DAYS,
        trace::{Ground, GroundId, Step, nothing_found},
        verdict::{Reason, Verdict},
    },
    Governing, REVIEW_MONTHS, summer,
};

/// The grounds of a running course.
pub(super) fn running(
    facts: &Facts,
    course: &Course,
    governing: &Governing,
    running: &IgCourse,
    events: &IndexEvents,
    as_of: Date,
) -> Step {
    let mut grounds = vec![on_immunoglobulin(course, running.start)];
    grounds.extend(rule(governing, running, events));
    if let Some(due) = course.stop_due {
        let reached = as_of >= due;
        grounds.push(Ground::new(GroundId::StopDateReached, Verdict::known(reached)).on(due));
        if reached {
            grounds.push(extension(facts, course));
        }
    }
    if course.continued_after_due {
        let decided = stated(facts, as_of, |kind| {
            *kind == StatementKind::IgReview(ReviewOutcome::Continue)
        });
        let mut ground = Ground::new(GroundId::ContinuedAfterStopDate, Verdict::Met);
        if let Some((date, evidence)) = decided {
            ground = ground.on(date).by([evidence]);
        }
        grounds.push(ground);
    }
    if let (Some(window), Some(days)) = (course.window, course.winter_days) {
        let reached = Verdict::known(as_of >= window.start);
        grounds.push(Ground::new(GroundId::StopWindowReached, reached).on(window.start));
        let included = Verdict::known(days >= K11_WINTER_DAYS);
        grounds.push(Ground::new(GroundId::WinterIncluded, included).value(format!("{days} days")));
    }
    grounds.extend(review(facts, course, running, as_of));
    if governing.rule != CourseRule::Individual {
        let season = summer(as_of);
        let ground = Ground::new(GroundId::Summer, Verdict::known(season.is_some()));
        grounds.push(match season {
            Some(season) => ground.on(season),
            None => ground,
        });
    }
    grounds.push(b_cells(facts, course));
    if let Some(igg) = &course.igg_under_substitution {
        grounds.push(
            Ground::new(GroundId::IggUnderTreatment, Verdict::Met)
                .value(format!("{} g/L", igg.value))
                .on(igg.drawn)
                .by([&igg.evidence]),
        );
    }
    if let Some(trough) = &course.trough {
        let aimed = matches!(trough.level, TroughLevel::Aimed | TroughLevel::Reducible);
        grounds.push(
            Ground::new(GroundId::TroughInAim, Verdict::known(aimed))
                .value(format!("{} g/L", trough.igg.value))
                .on(trough.igg.drawn)
                .by([&trough.igg.evidence]),
        );
    }
    let mut decided = governing.recommendations.to_vec();
    decided.extend(recommendations(course));
    Step::of(grounds, decided)
}

/// The grounds where nothing is running.
pub(super) fn off(
    facts: &Facts,
    course: &Course,
    in_p2: bool,
    own_igg: Option<&Reference>,
) -> Step {
    let mut grounds = vec![on_immunoglobulin(course, None)];
    let mut decided = recommendations(course);
    if let Some(due) = course.stop_due {
        // Immunoglobulin is not begun: the day on which it would have to end (REC-18).
        grounds.push(Ground::new(GroundId::StopDateReached, Verdict::NotMet).on(due));
        decided.push("REC-18");
    }
    if course.last_exposure.is_some() {
        let recovered = course.conclusions.contains(&CourseConclusion::Recovered);
        let verdict = match (recovered, own_igg.is_some()) {
            (true, _) => Verdict::Met,
            (false, true) => Verdict::Unknown(Reason::Insufficient),
            (false, false) => nothing_found(facts.searched.observations),
        };
        grounds.push(Ground::new(GroundId::OwnIggAbove4, verdict).by(own_igg));
    }
    if let Some(recurrence) = &course.recurrence {
        grounds.push(
            Ground::new(GroundId::InfectionSinceStop, Verdict::Met)
                .on(recurrence.ended)
                .by(&recurrence.infections),
        );
        // How treatment may be taken up again differs after CAR-T and bispecific antibodies.
        decided.extend(["REC-38", if in_p2 { "REC-48" } else { "REC-41" }]);
    }
    Step::of(grounds, decided)
}

fn on_immunoglobulin(course: &Course, start: Option<Date>) -> Ground {
    let verdict = match course.on_immunoglobulin {
        Some(on) => Verdict::known(on),
        None => Verdict::Unknown(Reason::NotSearched),
    };
    let ground = Ground::new(GroundId::OnImmunoglobulin, verdict).by(&course.evidence);
    match start {
        Some(start) => ground.on(start),
        None => ground,
    }
}

/// What chose the rule (§3.3 rows 1 to 8).
fn rule(governing: &Governing, running: &IgCourse, events: &IndexEvents) -> Vec<Ground> {
    let mut grounds = Vec::new();
    if let (Some(start), Some(first)) = (running.start, events.certain.first()) {
        let before = Verdict::known(start < first.when.earliest());
        grounds.push(
            Ground::new(GroundId::BegunBeforeIndexEvent, before)
                .on(first.when.latest())
                .by(&first.evidence),
        );
        if let Some(end) = governing.under_end {
            let within = Verdict::known(start < end);
            grounds.push(Ground::new(GroundId::BegunWithin6Months, within).on(end));
        }
    }
    if let Some(history) = &governing.history {
        grounds
            .push(Ground::new(GroundId::QualifyingHistory, history.verdict).by(&history.evidence));
    }
    grounds
}

/// The latest statement up to E of a kind.
fn stated(
    facts: &Facts,
    as_of: Date,
    wanted: impl Fn(&StatementKind) -> bool,
) -> Option<(Date, &Reference)> {
    facts
        .statements
        .iter()
        .filter(|statement| statement.date <= as_of && wanted(&statement.kind))
        .map(|statement| (statement.date, &statement.evidence))
        .max()
}

fn extension(facts: &Facts, course: &Course) -> Ground {
    let verdict = match course.extended_to {
        Some(_) => Verdict::Met,
        None => Verdict::Unknown(Reason::NoneRecorded),
    };
    let evidence = facts
        .statements
        .iter()
        .filter(|statement| {
            course.extended_to.is_some() && matches!(statement.kind, StatementKind::IgExtension(_))
        })
        .map(|statement| &statement.evidence);
    let ground = Ground::new(GroundId::Extended, verdict).by(evidence);
    match course.extended_to {
        Some(end) => ground.on(end),
        None => ground,
    }
}

/// The review that is due, or the latest that was done; none before the first.
fn review(facts: &Facts, course: &Course, running: &IgCourse, as_of: Date) -> Option<Ground> {
    let id = GroundId::ReviewRecorded;
    if let Some(due) = course.review_due {
        return Some(Ground::new(id, Verdict::Unknown(Reason::NoneRecorded)).on(due));
    }
    let first = plus_months(running.start?, REVIEW_MONTHS.0);
    let (date, evidence) = stated(facts, as_of, |kind| {
        matches!(kind, StatementKind::IgReview(_))
    })?;
    (as_of >= first || date >= running.start?)
        .then(|| Ground::new(id, Verdict::Met).on(date).by([evidence]))
}

fn b_cells(facts: &Facts, course: &Course) -> Ground {
    let results: Vec<&Reference> = facts
        .iga
        .iter()
        .chain(&facts.igm)
        .map(|result| &result.evidence)
        .chain(facts.b_cells.iter().map(|count| &count.evidence))
        .collect();
    let verdict = if course.conclusions.contains(&CourseConclusion::SupportsStop) {
        Verdict::Met
    } else if results.is_empty() {
        nothing_found(facts.searched.observations)
    } else {
        Verdict::Unknown(Reason::Insufficient)
    };
    Ground::new(GroundId::BCellsRecovering, verdict).by(results)
}

/// The recommendations behind each conclusion.
fn recommendations(course: &Course) -> Vec<&'static str> {
    let mut decided: Vec<&'static str> = Vec::new();
    for conclusion in &course.conclusions {
        let behind: &[&str] = match conclusion {
            CourseConclusion::StopSoon
            | CourseConclusion::StopDue
            | CourseConclusion::StopReview => &["REC-18", "REC-43"],
            CourseConclusion::StopWindow | CourseConclusion::StopOverdue => &["REC-39", "REC-40"],
            CourseConclusion::SupportsStop => &["REC-42"],
            CourseConclusion::Extend => &["REC-44"],
            CourseConclusion::Pause => &["REC-37"],
            CourseConclusion::Review3 | CourseConclusion::Review6 => &["REC-31"],
            CourseConclusion::Review6Monthly => &["REC-32"],
            CourseConclusion::Recovered => &["REC-47"],
        };
        decided.extend(behind);
    }
    if course.continued_after_due {
        decided.extend(["REC-43", "REC-48"]);
    }
    if course.igg_under_substitution.is_some() {
        decided.push("REC-42");
    }
    if let Some(trough) = &course.trough {
        let behind: &[&str] = match trough.level {
            TroughLevel::Low => &["REC-33", "REC-34", "REC-35"],
            TroughLevel::High => &["REC-34", "REC-35"],
            TroughLevel::Aimed => &["REC-34"],
            TroughLevel::Reducible => &["REC-34", "REC-36"],
        };
        decided.extend(behind);
    }
    decided
}
