//! What a timeline holds: gathered from the chart as the rules read it, and as the rows of its table.

use jiff::civil::Date;

use super::{Event, EventKind, Infection, Review, Row, Sample, Timeline, value};
use crate::{
    cards::{
        Language,
        catalogue::{Text, timeline as words},
        locale,
    },
    chart::Chart,
    guideline::{
        assessment::{Assessment, CourseConclusion},
        date::When,
        facts::{Facts, LabResult, Measured, Reference},
        history::{CourseAmount, History, MilestoneState, PastCourse, PastEpisode},
        verdict::Verdict,
    },
};

/// The longest text of the record that is shown.
const LONGEST_TEXT: usize = 120;

/// Everything that the table lists.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings(Vec<Finding>);

#[derive(Debug, Clone)]
struct Finding {
    when: Option<When>,
    what: Text,
    said: Said,
    evidence: Vec<Reference>,
}

/// What was found, before it is put in words.
#[derive(Debug, Clone)]
enum Said {
    Words(Text),
    Result(Measured, Option<Text>),
    Course(PastCourse),
    Dose(CourseAmount),
    Infection(Text, String),
    Until(Date, fn(Date, Language) -> String),
}

impl Findings {
    /// In order of time; what has no date comes first.
    pub fn rows(&self, language: Language) -> Vec<Row> {
        let mut findings: Vec<&Finding> = self.0.iter().collect();
        findings.sort_by_key(|finding| finding.when.map(When::latest));
        findings
            .into_iter()
            .map(|finding| Row {
                date: finding.when.map_or_else(
                    || words::START_UNKNOWN.say(language).to_owned(),
                    |when| locale::when(when, language),
                ),
                what: finding.what.say(language).to_owned(),
                finding: finding.said.say(language),
                source: finding
                    .evidence
                    .iter()
                    .map(Reference::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
            .collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many lie wholly before a day.
    pub fn before(&self, day: Date) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.when.is_some_and(|when| when.latest() < day))
            .count()
    }

    /// The first days of the findings.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.0
            .iter()
            .filter_map(|finding| finding.when.map(When::earliest))
    }

    fn add(&mut self, when: Option<When>, what: Text, said: Said, evidence: &[Reference]) {
        self.0.push(Finding {
            when,
            what,
            said,
            evidence: evidence.to_vec(),
        });
    }
}

impl Said {
    fn say(&self, language: Language) -> String {
        match self {
            Self::Words(text) => text.say(language).to_owned(),
            Self::Result(measured, note) => {
                let value = value(*measured, language).map_or_else(
                    || words::UNUSABLE.say(language).to_owned(),
                    |value| value + " g/L",
                );
                match note {
                    Some(note) => format!("{value}, {}", note.say(language)),
                    None => value,
                }
            }
            Self::Course(course) => {
                let span = match (course.running, course.end) {
                    (false, Some(end)) => words::until(end, language),
                    _ => course
                        .start
                        .map_or_else(String::new, |start| words::since(start, language)),
                };
                let span = if course.immunomodulation {
                    format!("{span} ({})", words::IMMUNOMODULATION.say(language))
                } else {
                    span
                };
                let dose = match course.doses.as_slice() {
                    [] => return span,
                    [only] => words::dose(&only.amount, language),
                    [.., last] => words::latest(&words::dose(&last.amount, language), language),
                };
                let parts = [span, dose].into_iter().filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join(", ")
            }
            Self::Dose(amount) => words::dose(amount, language),
            Self::Infection(severity, text) => {
                format!("{text} ({})", severity.say(language))
            }
            Self::Until(day, sentence) => sentence(*day, language),
        }
    }
}

/// Gathers the timeline of a patient.
pub(super) fn collect(chart: &Chart, assessment: &Assessment) -> Timeline {
    let (facts, as_of) = (&chart.facts, assessment.as_of);
    let history = History::new(facts, as_of);
    let course = &assessment.course;
    let mut findings = Findings::default();
    let events = events(facts, &history, as_of, &mut findings);
    let index = history
        .index_events
        .last()
        .filter(|event| {
            let governing = assessment.population.index.as_ref();
            governing.is_none_or(|index| index.date == event.when.latest())
        })
        .cloned();
    let (igg, iga, igm) = samples(facts, &history, as_of, &mut findings);
    for past in &history.courses {
        findings.add(
            past.start.or(past.end).map(When::day),
            words::IMMUNOGLOBULIN,
            Said::Course(past.clone()),
            &past.evidence,
        );
        // A single dose stands with its course.
        for dose in past.doses.iter().filter(|_| past.doses.len() > 1) {
            findings.add(
                dose.from.map(When::day),
                words::IMMUNOGLOBULIN,
                Said::Dose(dose.amount.clone()),
                &dose.evidence,
            );
        }
    }
    let infections = infections(facts, &history.episodes, &mut findings);
    let reviews: Vec<Review> = history
        .reviews
        .iter()
        .map(|&(day, outcome)| Review {
            day,
            outcome: words::outcome(outcome),
        })
        .collect();
    for review in &reviews {
        findings.add(
            Some(When::day(review.day)),
            words::REVIEWS,
            Said::Words(review.outcome),
            &[],
        );
    }
    // Outside the guideline's scope nothing is asked for.
    let milestones = if course.rule.is_some() {
        history.milestones
    } else {
        Vec::new()
    };
    for milestone in &milestones {
        if milestone.state != MilestoneState::Done {
            findings.add(
                Some(When::day(milestone.day)),
                words::REVIEWS,
                Said::Words(words::milestone(milestone.state)),
                &[],
            );
        }
    }
    let stop = course.stop_due.or_else(|| {
        course
            .conclusions
            .contains(&CourseConclusion::StopReview)
            .then_some(course.index_window_end)
            .flatten()
    });
    if let Some(stop) = stop {
        findings.add(
            Some(When::day(stop)),
            words::IMMUNOGLOBULIN,
            Said::Until(stop, words::stop),
            &[],
        );
    }
    if let Some(window) = course.window {
        findings.add(
            Some(When::between(window.start, window.end)),
            words::IMMUNOGLOBULIN,
            Said::Words(words::STOP_WINDOW),
            &[],
        );
    }
    if let Some(to) = course.extended_to {
        findings.add(
            Some(When::day(to)),
            words::IMMUNOGLOBULIN,
            Said::Until(to, words::extended),
            &[],
        );
    }
    Timeline {
        as_of,
        searched: facts.searched,
        events,
        index,
        igg,
        iga,
        igm,
        courses: history.courses,
        stop,
        extended_to: course.extended_to,
        stop_window: course.window,
        infections,
        reviews,
        milestones,
        findings,
    }
}

fn events(facts: &Facts, history: &History, as_of: Date, findings: &mut Findings) -> Vec<Event> {
    use crate::guideline::assessment::IndexKind;
    let mut events = Vec::new();
    for event in &history.index_events {
        let name = words::event(event.kind);
        findings.add(
            Some(event.when),
            words::EVENTS,
            Said::Words(name),
            &event.evidence,
        );
        findings.add(
            Some(When::day(event.window_end)),
            words::EVENTS,
            Said::Until(event.window_end, words::six_months),
            &event.evidence,
        );
        events.push(Event {
            kind: match event.kind {
                IndexKind::CarT => EventKind::CarT,
                IndexKind::Bispecific => EventKind::Bispecific,
            },
            name,
            when: event.when,
            certain: true,
        });
    }
    if let Some(candidate) = &history.candidate {
        findings.add(
            Some(candidate.when),
            words::EVENTS,
            Said::Words(words::CANDIDATE),
            &candidate.evidence,
        );
        events.push(Event {
            kind: EventKind::Bispecific,
            name: words::CANDIDATE,
            when: candidate.when,
            certain: false,
        });
    }
    for transplant in &facts.transplants {
        let name = words::transplant(transplant.donor);
        let when = transplant.when.and_then(|when| when.not_after(as_of));
        if transplant.when.is_some() && when.is_none() {
            continue;
        }
        findings.add(
            when,
            words::EVENTS,
            Said::Words(name),
            std::slice::from_ref(&transplant.evidence),
        );
        events.extend(when.map(|when| Event {
            kind: EventKind::Transplant,
            name,
            when,
            certain: true,
        }));
    }
    events.sort_by_key(|event| event.when.latest());
    events
}

type Samples = Vec<Sample>;

fn samples(
    facts: &Facts,
    history: &History,
    as_of: Date,
    findings: &mut Findings,
) -> (Samples, Samples, Samples) {
    let mut read = |results: &[LabResult], what: Text, may_be_substituted: bool| {
        let mut samples: Samples = results
            .iter()
            .filter_map(|result| {
                let drawn = result.drawn?.not_after(as_of)?;
                let own = !may_be_substituted || history.own(drawn) == Verdict::Met;
                let note =
                    may_be_substituted.then_some(if own { words::OWN } else { words::SUBSTITUTED });
                findings.add(
                    Some(drawn),
                    what,
                    Said::Result(result.value, note),
                    std::slice::from_ref(&result.evidence),
                );
                Some(Sample {
                    drawn,
                    value: result.value,
                    own,
                })
            })
            .collect();
        samples.sort_by_key(|sample| sample.drawn.latest());
        samples
    };
    let igg = read(&facts.igg, words::TEST_IGG, true);
    let iga = read(&facts.iga, words::TEST_IGA, false);
    let igm = read(&facts.igm, words::TEST_IGM, false);
    (igg, iga, igm)
}

fn infections(facts: &Facts, episodes: &[PastEpisode], findings: &mut Findings) -> Vec<Infection> {
    episodes
        .iter()
        .map(|episode| {
            let text = episode
                .evidence
                .iter()
                .find_map(|reference| {
                    let infections = facts.infections.iter();
                    let mut found = infections.filter(|known| known.evidence == *reference);
                    found.find_map(|infection| infection.text.clone())
                })
                .unwrap_or_default();
            let text: String = text.chars().take(LONGEST_TEXT).collect();
            findings.add(
                Some(episode.onset),
                words::INFECTIONS,
                Said::Infection(words::severity(episode.severity), text.clone()),
                &episode.evidence,
            );
            Infection {
                onset: episode.onset,
                severity: episode.severity,
                text,
            }
        })
        .collect()
}
