//! The consensus reports beside the national guideline: what each would answer for one patient.
//!
//! The addendum compares eight reports (its tables 8-5 to 8-7). They decide nothing here (H-18): each
//! is asked in its own words and in its own scope, and its answer stands beside the national one.

pub mod reports;

use jiff::civil::Date;
use serde::Serialize;

use super::{
    assessment::{Comparator, Population, PopulationFinding, StartConclusion},
    date::{When, days_between, plus_days},
    facts::{DiagnosisKind, Facts, LabResult, Measured},
    igg::{self, Igg},
    immunoglobulin::{IgCourse, IgHistory},
    index_event::IndexEvents,
    infections::{self, Question},
    parameters::{E60_BISPECIFIC_RUNNING_DAYS, K3_IGG_MAX_AGE_DAYS, K5_INFECTION_MONTHS},
    population, substitution,
    verdict::{Reason, Verdict},
};
use reports::{Condition, Disease, REPORTS, Report, Rule, Strength};

/// Why a report says nothing of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// Neither CAR-T nor a bispecific antibody.
    NoIndexEvent,
    /// It is about the other of the two.
    OtherTreatment,
    /// It is about another disease.
    OtherDisease,
    /// It says nothing of children.
    Child,
    /// Primary immune deficiency, immunomodulation.
    OtherIndication,
}

/// One rule of a report with its verdict for the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AskedRule {
    /// Which rule.
    pub rule: &'static str,
    /// Whether the report recommends or only considers.
    pub strength: Strength,
    /// Met, not met or unknown.
    #[serde(serialize_with = "code")]
    pub verdict: Verdict,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

fn code<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.code())
}

/// What the reports are asked with, each fact decided once.
pub(super) struct Inputs<'a> {
    pub facts: &'a Facts,
    pub population: &'a PopulationFinding,
    pub ig: &'a IgHistory,
    pub igg: &'a Igg,
    pub events: &'a IndexEvents,
    pub as_of: Date,
}

/// Every report's answer, in the order of the addendum; none for someone who is no patient.
pub(super) fn decide(inputs: &Inputs<'_>) -> Vec<Comparator> {
    if population::is_void(inputs.facts, inputs.as_of) {
        return Vec::new();
    }
    let asked = Asked::new(inputs);
    REPORTS.iter().map(|report| asked.answer(report)).collect()
}

struct Asked<'a> {
    facts: &'a Facts,
    population: &'a PopulationFinding,
    running: Option<&'a IgCourse>,
    on_immunoglobulin: bool,
    igg: &'a Igg,
    /// The days that the index event may have had.
    t0: Option<When>,
    child: Verdict,
    /// Severe or recurrent verified bacterial infections within K5.
    infections: Verdict,
    life_threatening: Verdict,
    m_component: bool,
    as_of: Date,
}

impl<'a> Asked<'a> {
    fn new(inputs: &Inputs<'a>) -> Self {
        let Inputs {
            facts,
            population,
            ig,
            igg,
            events,
            as_of,
        } = *inputs;
        let history =
            |question| infections::up_to_now(question, K5_INFECTION_MONTHS, facts, as_of).verdict;
        let t0 = population.index.as_ref().map(|index| {
            events
                .certain
                .iter()
                .chain(&events.candidate)
                .find(|event| event.evidence == index.evidence)
                .map_or(When::day(index.date), |event| event.when)
        });
        Self {
            facts,
            population,
            running: ig.running(),
            on_immunoglobulin: ig.on_immunoglobulin() == Some(true),
            igg,
            t0,
            child: population::is_child(facts, as_of),
            infections: history(Question::SevereOrRecurrent),
            life_threatening: history(Question::LifeThreatening),
            m_component: igg::m_component(facts, as_of).0,
            as_of,
        }
    }

    fn answer(&self, report: &Report) -> Comparator {
        if let Some(outside) = self.outside(report) {
            return Comparator {
                id: report.id,
                start: Some(StartConclusion::Na),
                stop: None,
                outside: Some(outside),
                rules: Vec::new(),
            };
        }
        let rules = match (self.on_immunoglobulin, self.child) {
            (true, _) => report.stop,
            (false, Verdict::Met) => report.children,
            (false, _) => report.start,
        };
        let kind = self.population.index.as_ref().map(|index| index.kind);
        let asked: Vec<AskedRule> = rules
            .iter()
            .filter(|rule| rule.only.is_none() || rule.only == kind)
            .map(|rule| self.ask(report, rule))
            .collect();
        let igg_known = if self.on_immunoglobulin {
            !self.course_results().is_empty()
        } else {
            self.igg.usable.is_ok()
        };
        let conclusion = match conclude(&asked) {
            // As for the national rules: infections can be "none recorded", IgG is only missing.
            StartConclusion::Ns if !igg_known => StartConclusion::Unk,
            concluded => concluded,
        };
        let (start, stop) = if self.on_immunoglobulin {
            (None, Some(conclusion))
        } else {
            (Some(conclusion), None)
        };
        Comparator {
            id: report.id,
            start,
            stop,
            outside: None,
            rules: asked,
        }
    }

    fn outside(&self, report: &Report) -> Option<Outside> {
        if matches!(
            self.population.code,
            Population::OosPid | Population::OosImm
        ) {
            return Some(Outside::OtherIndication);
        }
        let Some(index) = &self.population.index else {
            return Some(Outside::NoIndexEvent);
        };
        if !report.treatments.contains(&index.kind) {
            return Some(Outside::OtherTreatment);
        }
        if self.disease(report.disease).is_not_met() {
            return Some(Outside::OtherDisease);
        }
        (self.child.is_met() && report.children.is_empty()).then_some(Outside::Child)
    }

    /// The patient has a disease of the report's scope. A known malignancy that is no myeloma is
    /// another disease; without a diagnosis nothing can be said.
    fn disease(&self, disease: Disease) -> Verdict {
        let has = |kind| self.facts.diagnoses.iter().any(|found| found.kind == kind);
        match disease {
            Disease::BCellMalignancy => Verdict::Met,
            Disease::Myeloma if has(DiagnosisKind::Myeloma) => Verdict::Met,
            Disease::Myeloma if has(DiagnosisKind::HaematologicalMalignancy) => Verdict::NotMet,
            Disease::Myeloma if self.facts.searched.conditions => {
                Verdict::Unknown(Reason::NoneRecorded)
            }
            Disease::Myeloma => Verdict::Unknown(Reason::NotSearched),
        }
    }

    /// A rule holds where the report's scope and all its conditions hold.
    fn ask(&self, report: &Report, rule: &Rule) -> AskedRule {
        // Of a patient whose age is not known it cannot be said which of its rules apply.
        let adult = match self.child {
            Verdict::Unknown(_) => Verdict::Unknown(Reason::Insufficient),
            Verdict::Met | Verdict::NotMet => Verdict::Met,
        };
        // An unrecorded disease may be the report's own: nothing is answered by it alone.
        let scope = match self.disease(report.disease) {
            Verdict::Unknown(_) => Verdict::Unknown(Reason::Insufficient),
            known => known,
        };
        let verdict = rule.when.iter().fold(adult.and(scope), |all, condition| {
            all.and(self.holds(*condition))
        });
        AskedRule {
            rule: rule.id,
            strength: rule.strength,
            verdict,
            reason: verdict.reason(),
        }
    }

    fn holds(&self, condition: Condition) -> Verdict {
        match condition {
            Condition::IggBelow(limit) => self.own(|value| igg::below(value, limit), false),
            Condition::IggAtMost(limit) => self.own(|value| igg::at_most(value, limit), false),
            Condition::IggAbove(limit) => {
                self.own(|value| igg::at_most(value, limit).negate(), true)
            }
            Condition::SevereOrRecurrent => self.infections,
            Condition::Encapsulated | Condition::AntibioticsFailed => {
                // Neither the capsule nor the failure is in the facts: recorded ones are for a
                // clinician to judge.
                self.infections
                    .and(Verdict::Unknown(Reason::NeedsJudgement))
            }
            Condition::LifeThreatening => self.life_threatening,
            Condition::NoInfections => self.infections.negate(),
            Condition::NoLifeThreatening => self.life_threatening.negate(),
            Condition::MonthsFrom(months) => self.since_t0(|t0| t0.plus_months(months)),
            Condition::DaysFrom(days) => self.since_t0(|t0| {
                When::between(plus_days(t0.earliest(), days), plus_days(t0.latest(), days))
            }),
            Condition::MonthsBefore(months) => self.since_t0(|t0| t0.plus_months(months)).negate(),
            Condition::OnBispecific => self.on_bispecific(),
            Condition::BispecificEnded => self.on_bispecific().negate(),
            Condition::TreatedMonths(months) => {
                let start = self.running.and_then(|course| course.start);
                start.map_or(Verdict::Unknown(Reason::NoneRecorded), |start| {
                    Verdict::known(super::date::plus_months(start, months) <= self.as_of)
                })
            }
            Condition::CourseAtMost(limit) => match self.latest(|value| igg::at_most(value, limit))
            {
                // Treatment keeps it up: above the limit it says nothing of the patient's own.
                Verdict::NotMet => Verdict::Unknown(Reason::Insufficient),
                found => found,
            },
            Condition::CourseNotBelow(limit) => {
                self.latest(|value| igg::below(value, limit).negate())
            }
            Condition::CourseAbove(limit) => {
                self.latest(|value| igg::at_most(value, limit).negate())
            }
            Condition::CourseSustainedAbove(limit) => {
                self.latest_two(|result| igg::at_most(result.value, limit).negate())
            }
            Condition::CourseSustainedNormal => {
                self.latest_two(|result| match result.reference_low {
                    Some(low) => igg::below(result.value, low).negate(),
                    None => Verdict::Unknown(Reason::Insufficient),
                })
            }
            Condition::Judgement => Verdict::Unknown(Reason::NeedsJudgement),
        }
    }

    /// A question to the patient's own usable IgG. An IgG M-component may hide behind a value that is
    /// not below the limit (the reports subtract it, which the record seldom allows).
    fn own(&self, question: impl Fn(Measured) -> Verdict, high: bool) -> Verdict {
        let sample = match &self.igg.usable {
            Ok(sample) => sample,
            Err(reason) => return Verdict::Unknown(*reason),
        };
        self.unless_m_component(question(sample.value), high)
    }

    fn unless_m_component(&self, found: Verdict, high: bool) -> Verdict {
        let misleading = if high { Verdict::Met } else { Verdict::NotMet };
        if self.m_component && found == misleading {
            Verdict::Unknown(Reason::Insufficient)
        } else {
            found
        }
    }

    /// The IgG results of the running course, oldest first.
    fn course_results(&self) -> Vec<(Date, &'a LabResult)> {
        self.running.map_or_else(Vec::new, |course| {
            substitution::results(self.facts, course, self.as_of)
        })
    }

    /// What they say, day by day.
    fn course_days(&self, question: impl Fn(&LabResult) -> Verdict) -> Vec<(Date, Verdict)> {
        self.course_results()
            .chunk_by(|one, other| one.0 == other.0)
            .filter_map(|day| {
                let verdicts = day.iter().map(|(_, result)| question(result));
                Some((day.first()?.0, Verdict::of_one_day(verdicts)))
            })
            .collect()
    }

    fn latest(&self, question: impl Fn(Measured) -> Verdict) -> Verdict {
        match self.course_days(|result| question(result.value)).last() {
            Some((drawn, verdict)) if self.recent(*drawn) => {
                self.unless_m_component(*verdict, true)
            }
            Some(_) => Verdict::Unknown(Reason::Insufficient),
            None => self.none_recorded(),
        }
    }

    /// The results of the two latest days of the course: "sustained".
    fn latest_two(&self, question: impl Fn(&LabResult) -> Verdict) -> Verdict {
        match self.course_days(question).as_slice() {
            [.., (_, before), (drawn, last)] if self.recent(*drawn) => {
                self.unless_m_component(last.and(*before), true)
            }
            [] => self.none_recorded(),
            [.., (drawn, last)] if self.recent(*drawn) && last.is_not_met() => Verdict::NotMet,
            _ => Verdict::Unknown(Reason::Insufficient),
        }
    }

    fn recent(&self, drawn: Date) -> bool {
        days_between(drawn, self.as_of) <= K3_IGG_MAX_AGE_DAYS
    }

    fn none_recorded(&self) -> Verdict {
        Verdict::Unknown(if self.facts.searched.observations {
            Reason::NoneRecorded
        } else {
            Reason::NotSearched
        })
    }

    /// E has reached the day that `from` makes of the index event.
    fn since_t0(&self, from: impl Fn(When) -> When) -> Verdict {
        let Some(t0) = self.t0 else {
            return Verdict::Unknown(Reason::NoneRecorded);
        };
        let day = from(t0);
        match (day.latest() <= self.as_of, day.earliest() <= self.as_of) {
            (true, _) => Verdict::Met,
            (false, true) => Verdict::Unknown(Reason::Insufficient),
            (false, false) => Verdict::NotMet,
        }
    }

    /// Treatment with a bispecific antibody goes on: the record says so, or its last recorded day is
    /// at most E60 back and no end is recorded.
    fn on_bispecific(&self) -> Verdict {
        let past = |when: Option<When>| when.and_then(|when| when.not_after(self.as_of));
        let mut last: Option<Date> = None;
        let mut ended = false;
        for exposure in &self.facts.bispecifics {
            if exposure.ongoing {
                return Verdict::Met;
            }
            let until = past(exposure.end).or(past(exposure.start));
            let Some(until) = until.map(When::latest) else {
                continue;
            };
            let later = last.is_none_or(|last| until > last);
            if later || last == Some(until) {
                // Of records with one last day one that says that it ended is enough.
                ended = exposure.end.is_some() || (ended && !later);
                last = Some(until);
            }
        }
        match last {
            Some(_) if ended => Verdict::NotMet,
            Some(last) if days_between(last, self.as_of) <= E60_BISPECIFIC_RUNNING_DAYS => {
                Verdict::Met
            }
            Some(_) | None => Verdict::Unknown(Reason::Insufficient),
        }
    }
}

/// MET where a recommendation holds, CONS where at least a consideration does; else NOT, NS or UNK as
/// for the national rules: NS only where nothing but an empty record stands in the way.
fn conclude(rules: &[AskedRule]) -> StartConclusion {
    let holds = |strength| {
        rules
            .iter()
            .any(|rule| rule.strength == strength && rule.verdict.is_met())
    };
    if holds(Strength::Recommended) {
        return StartConclusion::Met;
    }
    if holds(Strength::Considered) {
        return StartConclusion::Cons;
    }
    let mut open = rules.iter().filter_map(|rule| rule.reason).peekable();
    if open.peek().is_none() {
        StartConclusion::Not
    } else if open.all(|reason| reason == Reason::NoneRecorded) {
        StartConclusion::Ns
    } else {
        StartConclusion::Unk
    }
}
