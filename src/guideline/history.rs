//! The history of a patient as the rules read it: index events, courses, episodes and reviews, for a
//! picture of them.

mod dose;

use jiff::civil::Date;

use super::{
    assessment::IndexKind,
    course,
    date::When,
    facts::{Facts, Reference, ReviewOutcome},
    immunoglobulin::IgHistory,
    index_event::{Event, IndexEvents},
    infections,
    parameters::K2_WINDOW_MONTHS,
    verdict::Verdict,
};

use dose::Doses;
pub use dose::{CourseAmount, CourseDose};

/// Everything up to the evaluation date.
#[derive(Debug, Clone)]
pub struct History {
    /// Certain index events, in order of time.
    pub index_events: Vec<PastIndexEvent>,
    /// A later restart or change of a bispecific antibody that may be one, and that nobody has
    /// confirmed (B-14).
    pub candidate: Option<PastIndexEvent>,
    /// Courses of immunoglobulin, in order of time.
    pub courses: Vec<PastCourse>,
    /// Episodes of infection (K12), in order of onset.
    pub episodes: Vec<PastEpisode>,
    /// Reviews that a clinician recorded, in order of time.
    pub reviews: Vec<(Date, ReviewOutcome)>,
    /// The reviews that the running course asks for (REC-31, REC-32), the next one ahead included.
    pub milestones: Vec<Milestone>,
    immunoglobulin: IgHistory,
}

/// A CAR-T infusion or the start of a bispecific antibody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastIndexEvent {
    /// Which.
    pub kind: IndexKind,
    /// When.
    pub when: When,
    /// T0 + 6 months (K2), the latest possible one.
    pub window_end: Date,
    /// The resources.
    pub evidence: Vec<Reference>,
}

/// A course of immunoglobulin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCourse {
    /// First day; `None` when the record does not say.
    pub start: Option<Date>,
    /// Last day, recorded or by its last record.
    pub end: Option<Date>,
    /// The patient is on it at E.
    pub running: bool,
    /// Given for immunomodulation, which is outside the guideline.
    pub immunomodulation: bool,
    /// Its doses, in order of time; none where the record says none.
    pub doses: Vec<CourseDose>,
    /// The resources.
    pub evidence: Vec<Reference>,
}

/// An episode of infection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastEpisode {
    /// Onset of its first record.
    pub onset: When,
    /// What it counts for.
    pub severity: Severity,
    /// The Conditions.
    pub evidence: Vec<Reference>,
}

/// What an episode counts for (F-06, B-25), most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Verified, bacterial, and shock, intensive care or a severity code.
    LifeThreatening,
    /// Verified, bacterial, and led to admission.
    Admitted,
    /// Verified and bacterial.
    Verified,
    /// May be a verified bacterial one: for a clinician to confirm.
    Candidate,
    /// Mild, or not bacterial.
    Minor,
}

impl Severity {
    /// Every one, most severe first.
    pub const ALL: [Self; 5] = [
        Self::LifeThreatening,
        Self::Admitted,
        Self::Verified,
        Self::Candidate,
        Self::Minor,
    ];
}

/// A review that a course asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// Its day.
    pub day: Date,
    /// What has come of it.
    pub state: MilestoneState,
}

/// What has come of a review that a course asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MilestoneState {
    /// A review is recorded.
    Done,
    /// Due: the latest one that has come, and no review is recorded.
    Due,
    /// A later one has come since, and no review was recorded.
    Passed,
    /// Not due yet.
    Ahead,
}

impl From<Event> for PastIndexEvent {
    fn from(event: Event) -> Self {
        Self {
            kind: event.kind,
            when: event.when,
            window_end: event.when.plus_months(K2_WINDOW_MONTHS).latest(),
            evidence: event.evidence,
        }
    }
}

impl History {
    /// The history up to E.
    pub fn new(facts: &Facts, as_of: Date) -> Self {
        let immunoglobulin = IgHistory::new(facts, as_of);
        let events = IndexEvents::new(facts, as_of);
        let episodes = infections::episodes(facts, as_of);
        let reviews = course::reviews(facts, as_of);
        let doses = Doses::new(facts);
        let start = immunoglobulin.running().and_then(|course| course.start);
        Self {
            index_events: events.certain.into_iter().map(Into::into).collect(),
            candidate: events.candidate.map(Into::into),
            courses: immunoglobulin
                .courses
                .iter()
                .map(|course| PastCourse {
                    start: course.start,
                    end: course.ended,
                    running: course.running,
                    immunomodulation: course.immunomodulation,
                    doses: doses.of(course),
                    evidence: course.evidence.clone(),
                })
                .collect(),
            episodes: episodes
                .into_iter()
                .map(|episode| PastEpisode {
                    onset: episode.onset,
                    severity: episode.severity(),
                    evidence: episode.evidence,
                })
                .collect(),
            milestones: start
                .map_or_else(Vec::new, |start| course::milestones(start, &reviews, as_of)),
            reviews,
            immunoglobulin,
        }
    }

    /// Is a sample drawn then the patient's own IgG, and not that of a product (K7)?
    pub fn own(&self, drawn: When) -> Verdict {
        self.immunoglobulin.endogenous(drawn)
    }
}
