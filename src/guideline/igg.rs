//! The patient's own IgG: which result is usable, whether low IgG persists, and the M-component.

use jiff::civil::Date;

use super::{
    date::{When, days_between, plus_days, plus_months},
    facts::{DiagnosisKind, Facts, LabResult, MProteinFinding, Measured, Reference},
    immunoglobulin::IgHistory,
    parameters::{
        E1_EARLIER_SAMPLE_MONTHS, E2_ACTIVE_INFECTION_DAYS, K3_IGG_MAX_AGE_DAYS,
        K4_SAMPLE_INTERVAL_DAYS,
    },
    problem::{DataProblem, Problem, Touches},
    quantity::GramsPerLitre,
    verdict::{Reason, Verdict},
};

/// One endogenous IgG sample.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub drawn: When,
    pub value: Measured,
    pub reference_low: Option<GramsPerLitre>,
    pub evidence: Reference,
    /// Another value of the same day contradicts it.
    conflicting: bool,
}

impl Sample {
    /// Is the value below `limit`? Unknown where a comparator leaves it open (B-46).
    pub fn below(&self, limit: GramsPerLitre) -> Verdict {
        below(self.value, limit)
    }

    /// The value as text: `3.2`, `<5`.
    pub fn text(&self) -> String {
        text(self.value)
    }
}

/// A measured value as text without unit: `3.2`, `<5`.
pub(super) fn text(value: Measured) -> String {
    match value {
        Measured::Exactly(value) => value.to_string(),
        Measured::Below { bound, inclusive } => {
            format!("<{}{bound}", if inclusive { "=" } else { "" })
        }
        Measured::Above { bound, inclusive } => {
            format!(">{}{bound}", if inclusive { "=" } else { "" })
        }
        Measured::Unusable => String::new(),
    }
}

/// Is a measured value below `limit`?
pub(super) fn below(value: Measured, limit: GramsPerLitre) -> Verdict {
    match value {
        Measured::Exactly(value) => Verdict::known(value < limit),
        Measured::Below { bound, inclusive } => {
            if bound < limit || (bound == limit && !inclusive) {
                Verdict::Met
            } else {
                Verdict::Unknown(Reason::Insufficient)
            }
        }
        Measured::Above { bound, .. } => {
            if bound >= limit {
                Verdict::NotMet
            } else {
                Verdict::Unknown(Reason::Insufficient)
            }
        }
        Measured::Unusable => Verdict::Unknown(Reason::Invalid),
    }
}

/// Is a measured value at or below `limit`?
pub(super) fn at_most(value: Measured, limit: GramsPerLitre) -> Verdict {
    match value {
        Measured::Exactly(value) => Verdict::known(value <= limit),
        Measured::Below { bound, .. } if bound <= limit => Verdict::Met,
        Measured::Above { bound, inclusive } if bound > limit || (bound == limit && !inclusive) => {
            Verdict::NotMet
        }
        Measured::Below { .. } | Measured::Above { .. } => Verdict::Unknown(Reason::Insufficient),
        Measured::Unusable => Verdict::Unknown(Reason::Invalid),
    }
}

/// What is known of the patient's own IgG.
#[derive(Debug, Clone)]
pub(super) struct Igg {
    /// Endogenous samples in order of time.
    samples: Vec<Sample>,
    /// Latest possible days of the results that cannot be used.
    unusable: Vec<Date>,
    /// The latest endogenous sample, however old.
    pub latest: Option<Sample>,
    /// The usable one, or why there is none.
    pub usable: Result<Sample, Reason>,
    /// Results of one day that contradict each other.
    pub conflicts: Vec<DataProblem>,
}

impl Igg {
    /// Sorts the results of a patient into usable and not (decision-spec §1).
    pub fn new(facts: &Facts, history: &IgHistory, as_of: Date) -> Self {
        let mut samples = Vec::new();
        let mut unusable = Vec::new();
        for result in &facts.igg {
            let Some(drawn) = result.drawn else {
                unusable.push(as_of);
                continue;
            };
            let Some(drawn) = drawn.not_after(as_of) else {
                continue;
            };
            if !history.endogenous(drawn).is_met() {
                continue;
            }
            if result.value == Measured::Unusable {
                unusable.push(drawn.latest());
            } else {
                samples.push(sample(result, drawn));
            }
        }
        samples.sort_by_key(|sample| {
            let drawn = (sample.drawn.latest(), sample.drawn.earliest());
            (
                drawn,
                magnitude(sample.value),
                sample.value,
                sample.reference_low,
                sample.evidence.clone(),
            )
        });
        let samples = one_a_day(&samples);
        let latest = samples.last().cloned();
        let usable = usable(&samples, &unusable, facts, as_of);
        let conflicts = samples
            .iter()
            .filter(|sample| sample.conflicting)
            .map(conflict)
            .collect();
        Self {
            conflicts,
            samples,
            unusable,
            latest,
            usable,
        }
    }

    /// Low IgG persists below `limit` (decision-spec §1, REC-28), seen from the usable sample.
    ///
    /// Evidence: the two samples that decide.
    pub fn persistent(&self, limit: GramsPerLitre, facts: &Facts, as_of: Date) -> Persistence {
        let Ok(latest) = &self.usable else {
            return Persistence::open(Reason::Insufficient);
        };
        let below_now = latest.below(limit);
        if !below_now.is_met() {
            return Persistence {
                verdict: below_now,
                evidence: vec![latest.evidence.clone()],
                uninfected_missing: false,
            };
        }
        let oldest = plus_months(as_of, -E1_EARLIER_SAMPLE_MONTHS);
        let needed = plus_days(latest.drawn.earliest(), -K4_SAMPLE_INTERVAL_DAYS);
        let uninfected_now = uninfected(latest.drawn, facts);
        let mut best: Option<Persistence> = None;
        let mut reason = Reason::Insufficient;
        for earlier in self.samples.iter().rev().skip(1) {
            if self
                .unusable
                .iter()
                .any(|day| *day >= earlier.drawn.earliest())
            {
                // A result that cannot be read lies in between: it may have ended the run.
                reason = Reason::Invalid;
                break;
            }
            if earlier.conflicting {
                reason = Reason::Conflicting;
                break;
            }
            match earlier.below(limit) {
                Verdict::Met => {}
                Verdict::NotMet => {
                    return best.unwrap_or_else(|| Persistence {
                        verdict: Verdict::NotMet,
                        evidence: vec![latest.evidence.clone(), earlier.evidence.clone()],
                        uninfected_missing: false,
                    });
                }
                Verdict::Unknown(_) => break,
            }
            if earlier.drawn.latest() > needed || earlier.drawn.earliest() < oldest {
                continue;
            }
            let uninfected = uninfected_now.or(uninfected(earlier.drawn, facts));
            let evidence = vec![latest.evidence.clone(), earlier.evidence.clone()];
            match uninfected {
                Verdict::Met => {
                    return Persistence {
                        verdict: Verdict::Met,
                        evidence,
                        uninfected_missing: false,
                    };
                }
                Verdict::NotMet | Verdict::Unknown(_) => {
                    best.get_or_insert(Persistence {
                        verdict: Verdict::Unknown(
                            uninfected.reason().unwrap_or(Reason::Insufficient),
                        ),
                        evidence,
                        uninfected_missing: true,
                    });
                }
            }
        }
        best.unwrap_or_else(|| Persistence {
            verdict: Verdict::Unknown(reason),
            evidence: vec![latest.evidence.clone()],
            uninfected_missing: false,
        })
    }
}

/// Whether low IgG persists.
#[derive(Debug, Clone)]
pub(super) struct Persistence {
    pub verdict: Verdict,
    pub evidence: Vec<Reference>,
    /// Two samples are there, but neither is known to be drawn without active infection.
    pub uninfected_missing: bool,
}

impl Persistence {
    fn open(reason: Reason) -> Self {
        Self {
            verdict: Verdict::Unknown(reason),
            evidence: Vec::new(),
            uninfected_missing: false,
        }
    }
}

fn sample(result: &LabResult, drawn: When) -> Sample {
    Sample {
        drawn,
        value: result.value,
        reference_low: result.reference_low,
        evidence: result.evidence.clone(),
        conflicting: false,
    }
}

/// Of several values of one local day, lowest first, the highest, if all lie on the same side of 4 and
/// of 6. Of values that conflict the lowest stands: what is low does not go unseen.
fn one_a_day(samples: &[Sample]) -> Vec<Sample> {
    let same_day =
        |one: &Sample, other: &Sample| one.drawn == other.drawn && one.drawn.exact().is_some();
    let of_day = |day: &[Sample]| {
        let (lowest, highest) = (day.first()?, day.last()?);
        let conflicting = day.iter().any(|sample| sides(sample) != sides(lowest));
        let stands = if conflicting { lowest } else { highest };
        Some(Sample {
            conflicting,
            reference_low: common_limit(day.iter().map(|sample| sample.reference_low)),
            ..stands.clone()
        })
    };
    samples.chunk_by(same_day).filter_map(of_day).collect()
}

/// The one limit that the results of a day have; `None` where they have several, for nothing tells
/// which of them holds.
fn common_limit(limits: impl Iterator<Item = Option<GramsPerLitre>>) -> Option<GramsPerLitre> {
    let mut limits = limits.flatten();
    let first = limits.next()?;
    limits.all(|other| other == first).then_some(first)
}

/// On which side of 4 and of 6 g/L a value lies.
fn sides(sample: &Sample) -> (Verdict, Verdict) {
    (
        sample.below(GramsPerLitre::FOUR),
        sample.below(GramsPerLitre::SIX),
    )
}

fn conflict(sample: &Sample) -> DataProblem {
    DataProblem {
        reference: sample.evidence.clone(),
        problem: Problem::ValuesConflict,
        touches: Touches::Igg,
        note: "another total IgG of the same day lies on the other side of a limit".to_owned(),
    }
}

pub(super) fn magnitude(value: Measured) -> Option<GramsPerLitre> {
    match value {
        Measured::Exactly(value) => Some(value),
        Measured::Below { bound, .. } | Measured::Above { bound, .. } => Some(bound),
        Measured::Unusable => None,
    }
}

fn usable(
    samples: &[Sample],
    unusable: &[Date],
    facts: &Facts,
    as_of: Date,
) -> Result<Sample, Reason> {
    if !facts.searched.observations {
        return Err(Reason::NotSearched);
    }
    let recent = |day: Date| days_between(day, as_of) <= K3_IGG_MAX_AGE_DAYS;
    let unusable = unusable.iter().copied().max().filter(|day| recent(*day));
    let Some((latest, earlier)) = samples.split_last() else {
        return Err(match (unusable, facts.igg.is_empty()) {
            (Some(_), _) => Reason::Invalid,
            (None, true) => Reason::NoneRecorded,
            (None, false) => Reason::Insufficient,
        });
    };
    if unusable.is_some_and(|day| day >= latest.drawn.earliest()) {
        return Err(Reason::Invalid);
    }
    if !recent(latest.drawn.earliest()) {
        return Err(Reason::Insufficient);
    }
    if latest.conflicting {
        return Err(Reason::Conflicting);
    }
    // A partial date may leave open which result is the latest.
    let may_be_later = |other: &Sample| other.drawn.latest() >= latest.drawn.earliest();
    if earlier
        .iter()
        .any(|other| may_be_later(other) && sides(other) != sides(latest))
    {
        return Err(Reason::Insufficient);
    }
    Ok(latest.clone())
}

/// Was a sample drawn without active infection (decision-spec §1)?
fn uninfected(drawn: When, facts: &Facts) -> Verdict {
    if !facts.searched.conditions {
        return Verdict::Unknown(Reason::NotSearched);
    }
    facts
        .infections
        .iter()
        .fold(Verdict::Met, |clear, infection| {
            let end = infection.abatement.map_or(
                plus_days(infection.onset.latest(), E2_ACTIVE_INFECTION_DAYS),
                When::latest,
            );
            let before = drawn.before(infection.onset.earliest());
            clear.and(before.or(drawn.on_or_after(plus_days(end, 1))))
        })
}

/// Whether an IgG M-component may make total IgG misleading (decision-spec §1, REC-16, B-21).
pub(super) fn m_component(facts: &Facts, as_of: Date) -> (bool, Vec<Reference>) {
    let mut found: Vec<_> = facts
        .m_proteins
        .iter()
        .filter(|protein| {
            protein
                .drawn
                .is_none_or(|drawn| drawn.not_after(as_of).is_some())
        })
        .collect();
    // What was found may be as late as the latest result that found nothing: of one day it stands.
    found.sort_by_key(|protein| {
        let latest = match protein.finding {
            MProteinFinding::Absent => protein.drawn.map(When::earliest),
            _ => protein.drawn.map(When::latest),
        };
        (latest, protein.finding != MProteinFinding::Absent)
    });
    let evidence = |finding| {
        found
            .iter()
            .filter(|p| p.finding == finding)
            .map(|p| p.evidence.clone())
            .collect()
    };
    let has = |finding| found.iter().any(|protein| protein.finding == finding);
    match found.last().map(|protein| protein.finding) {
        Some(MProteinFinding::Absent) => (false, evidence(MProteinFinding::Absent)),
        Some(_) if has(MProteinFinding::Igg) => (true, evidence(MProteinFinding::Igg)),
        Some(_) if has(MProteinFinding::OtherClass) => {
            (false, evidence(MProteinFinding::OtherClass))
        }
        Some(_) => (true, evidence(MProteinFinding::ClassUnknown)),
        None => {
            let gammopathies: Vec<Reference> = facts
                .diagnoses
                .iter()
                .filter(|d| matches!(d.kind, DiagnosisKind::Myeloma | DiagnosisKind::Mgus))
                .map(|diagnosis| diagnosis.evidence.clone())
                .collect();
            (!gammopathies.is_empty(), gammopathies)
        }
    }
}

/// Are IgA and IgM both below their reference limits, which can stand in for low IgG (REC-16)?
///
/// Results of the latest day of which one is below its limit and another is not say neither.
pub(super) fn iga_and_igm_low(facts: &Facts, as_of: Date) -> (Verdict, Vec<Reference>) {
    let mut evidence = Vec::new();
    let mut low = |results: &[LabResult]| {
        let dated: Vec<(Date, &LabResult)> = results
            .iter()
            .filter_map(|result| Some((result.drawn?.not_after(as_of)?.latest(), result)))
            .collect();
        let Some(latest) = dated.iter().map(|(drawn, _)| *drawn).max() else {
            let reason = if facts.searched.observations {
                Reason::NoneRecorded
            } else {
                Reason::NotSearched
            };
            return Verdict::Unknown(reason);
        };
        let of_day: Vec<&LabResult> = dated
            .into_iter()
            .filter_map(|(drawn, result)| (drawn == latest).then_some(result))
            .collect();
        evidence.extend(of_day.iter().map(|result| result.evidence.clone()));
        let others = common_limit(of_day.iter().map(|result| result.reference_low));
        let verdicts = of_day
            .iter()
            .map(|result| match result.reference_low.or(others) {
                Some(limit) => below(result.value, limit),
                None => Verdict::Unknown(Reason::Insufficient),
            });
        Verdict::of_one_day(verdicts)
    };
    let (iga, igm) = (low(&facts.iga), low(&facts.igm));
    (iga.and(igm), evidence)
}
