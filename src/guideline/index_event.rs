//! Index events: CAR-T infusions and starts of bispecific antibodies (decision-spec §1 *T0*, F-02, F-03, B-13…B-15, B-32).

use jiff::civil::Date;

use super::{
    assessment::IndexKind,
    date::{When, days_between, plus_months},
    facts::{
        BispecificExposure, CarT, CarTStage, DiagnosisKind, Facts, Indication, MedicationSource,
        Reference, StatementKind,
    },
    parameters::{E4_CAR_T_ORDER_MONTHS, E8_SPLIT_INFUSION_DAYS, K15_GAP_MONTHS},
};

/// An index event, or a restart or change that may be one.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub kind: IndexKind,
    pub when: When,
    pub evidence: Vec<Reference>,
}

/// What is known of the index events up to E.
#[derive(Debug, Clone, Default)]
pub(super) struct IndexEvents {
    /// Certain ones, in order of time.
    pub certain: Vec<Event>,
    /// The latest restart or change of a bispecific antibody that no statement settles (B-14).
    pub candidate: Option<Event>,
    /// A CAR-T was ordered, and nobody says whether it was given; the order is recent and later than
    /// every certain event.
    pub ordered: Vec<Reference>,
    /// A CAR-T is planned or ordered, or was given on a day that is not recorded.
    pub date_missing: bool,
    /// The only index event known has no day: it may lie within K2.
    pub undated: bool,
    /// A CAR-T whose disease is not recorded was left out, for other diagnoses are (B-32).
    pub indication_missing: bool,
}

impl IndexEvents {
    /// T0: the latest certain event.
    pub fn t0(&self) -> Option<&Event> {
        self.certain.last()
    }

    /// Collects the events up to E.
    pub fn new(facts: &Facts, as_of: Date) -> Self {
        let mut events = Self::default();
        events.infusions(facts, as_of);
        events.bispecifics(facts, as_of);
        events
            .certain
            .sort_by_key(|event| (event.when.latest(), event.when.earliest()));
        events.undated &= events.certain.is_empty();
        let after_t0 = |when: When| {
            events
                .certain
                .last()
                .is_none_or(|t0| when.latest() > t0.when.latest())
        };
        if events
            .candidate
            .as_ref()
            .is_some_and(|candidate| !after_t0(candidate.when))
        {
            events.candidate = None;
        }
        let oldest = plus_months(as_of, -E4_CAR_T_ORDER_MONTHS);
        events.ordered = facts
            .car_t
            .iter()
            .filter(|car_t| car_t.stage == CarTStage::Ordered)
            .filter(|car_t| {
                car_t.when.is_none_or(|when| {
                    when.latest() >= oldest && when.earliest() <= as_of && after_t0(when)
                })
            })
            .map(|car_t| car_t.evidence.clone())
            .collect();
        let planned_later = facts.car_t.iter().any(|car_t| {
            car_t.stage == CarTStage::Planned
                && car_t
                    .when
                    .is_none_or(|when| when.latest() >= oldest && after_t0(when))
        });
        events.date_missing |= planned_later || !events.ordered.is_empty();
        events
    }

    fn infusions(&mut self, facts: &Facts, as_of: Date) {
        let mut infused: Vec<(When, &CarT)> = Vec::new();
        for car_t in facts
            .car_t
            .iter()
            .filter(|car_t| car_t.stage == CarTStage::Infused)
        {
            if !self.qualifies(car_t, facts) {
                continue;
            }
            match car_t.when {
                None => {
                    self.date_missing = true;
                    self.undated = true;
                }
                Some(when) => infused.extend(when.not_after(as_of).map(|when| (when, car_t))),
            }
        }
        infused.sort_by_key(|(when, _)| (when.latest(), when.earliest()));
        for (when, car_t) in infused {
            match self.certain.last_mut() {
                // B-13: parts within E8 are one infusion, dated by the last. Two records of one
                // infusion, one of them less exact, are one as well.
                Some(previous)
                    if days_between(previous.when.earliest(), when.latest())
                        <= E8_SPLIT_INFUSION_DAYS
                        || overlaps(previous.when, when) =>
                {
                    previous.when = if overlaps(previous.when, when) {
                        sharper(previous.when, when)
                    } else {
                        when
                    };
                    previous.evidence.push(car_t.evidence.clone());
                }
                _ => self.certain.push(Event {
                    kind: IndexKind::CarT,
                    when,
                    evidence: vec![car_t.evidence.clone()],
                }),
            }
        }
    }

    /// Given for haematological malignancy (B-32)?
    fn qualifies(&mut self, car_t: &CarT, facts: &Facts) -> bool {
        match car_t.indication {
            Indication::HaematologicalMalignancy => true,
            Indication::Other => false,
            Indication::NotStated => {
                let has = |kind| {
                    facts
                        .diagnoses
                        .iter()
                        .any(|diagnosis| diagnosis.kind == kind)
                };
                // A product is licensed for nothing else; a bare procedure code beside other
                // diagnoses only may be a trial in, say, lupus.
                let qualifies = car_t.product
                    || has(DiagnosisKind::HaematologicalMalignancy)
                    || !facts.searched.conditions
                    || !(has(DiagnosisKind::Other)
                        || has(DiagnosisKind::NonMalignantHaematological));
                self.indication_missing |= !qualifies;
                qualifies
            }
        }
    }

    fn bispecifics(&mut self, facts: &Facts, as_of: Date) {
        self.undated |= facts
            .bispecifics
            .iter()
            .any(|exposure| exposure.start.is_none() && exposure.indication != Indication::Other);
        let mut starts = courses(facts, as_of);
        starts.sort_by_key(|event| (event.when.latest(), event.when.earliest()));
        let mut candidates = Vec::new();
        for (nth, event) in starts.into_iter().enumerate() {
            // The first course is a start; a later one (after a gap, or of another drug) may be a
            // mere continuation, which only a clinician can say.
            match settled(&event, facts) {
                Some(true) => self.certain.push(event),
                Some(false) => {}
                None if nth == 0 => self.certain.push(event),
                None => candidates.push(event),
            }
        }
        self.candidate = candidates.pop();
    }
}

fn overlaps(a: When, b: When) -> bool {
    a.earliest() <= b.latest() && b.earliest() <= a.latest()
}

/// Of two overlapping dates the more exact one.
fn sharper(a: When, b: When) -> When {
    let width = |when: When| days_between(when.earliest(), when.latest());
    if width(b) < width(a) { b } else { a }
}

/// What the latest statement says of this event: a new start, not one, or nothing. Statements of one
/// day that contradict each other settle nothing.
fn settled(event: &Event, facts: &Facts) -> Option<bool> {
    let stated: Vec<(Date, bool)> = facts
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::IndexEventConfirmed {
                event: about,
                confirmed,
            } if event.evidence.contains(about) => Some((statement.date, *confirmed)),
            _ => None,
        })
        .collect();
    let (latest, confirmed) = stated.iter().max()?;
    (!stated.contains(&(*latest, !confirmed))).then_some(*confirmed)
}

/// Starts of courses of bispecific antibodies: a gap over K15, or another drug, begins a new one.
fn courses(facts: &Facts, as_of: Date) -> Vec<Event> {
    let mut drugs: Vec<&str> = facts.bispecifics.iter().map(|e| e.drug.as_str()).collect();
    drugs.sort_unstable();
    drugs.dedup();
    drugs
        .iter()
        .flat_map(|drug| courses_of(drug, facts, as_of))
        .collect()
}

fn courses_of(drug: &str, facts: &Facts, as_of: Date) -> Vec<Event> {
    let mut records: Vec<(When, Date, &BispecificExposure)> = facts
        .bispecifics
        .iter()
        .filter(|exposure| exposure.drug == drug && exposure.indication != Indication::Other)
        .filter_map(|exposure| {
            let start = exposure.start?.not_after(as_of)?;
            let last = if exposure.ongoing {
                as_of
            } else {
                exposure
                    .end
                    .map_or(start.latest(), |end| end.latest().min(as_of))
            };
            Some((start, last.max(start.latest()), exposure))
        })
        .collect();
    // Of dates with one latest day the less exact one goes first: the first dose may be that early.
    records.sort_by_key(|(start, last, exposure)| {
        (start.latest(), start.earliest(), *last, exposure.source)
    });
    let mut groups: Vec<Vec<(When, Date, &BispecificExposure)>> = Vec::new();
    for record in records {
        let continues = groups.last().is_some_and(|group| {
            group
                .iter()
                .map(|(_, last, _)| *last)
                .max()
                .is_some_and(|last| record.0.earliest() <= plus_months(last, K15_GAP_MONTHS))
        });
        match groups.last_mut() {
            Some(group) if continues => group.push(record),
            _ => groups.push(vec![record]),
        }
    }
    groups
        .iter()
        .filter_map(|group| first_dose(group))
        .collect()
}

/// The start of a course: its earliest administration; else a statement's start; else an order's (F-03).
fn first_dose(group: &[(When, Date, &BispecificExposure)]) -> Option<Event> {
    let rank = |source| match source {
        MedicationSource::Administration => 0,
        MedicationSource::Statement => 1,
        MedicationSource::Dispense | MedicationSource::Order => 2,
    };
    let best = group
        .iter()
        .map(|(_, _, exposure)| rank(exposure.source))
        .min()?;
    let (when, _, _) = group
        .iter()
        .find(|(_, _, exposure)| rank(exposure.source) == best)?;
    let mut evidence: Vec<Reference> = group
        .iter()
        .filter(|(start, _, exposure)| start == when && rank(exposure.source) == best)
        .map(|(_, _, exposure)| exposure.evidence.clone())
        .collect();
    evidence.sort_unstable();
    evidence.dedup();
    Some(Event {
        kind: IndexKind::Bispecific,
        when: *when,
        evidence,
    })
}
