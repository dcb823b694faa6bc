//! Whether immunoglobulin can be started (decision-spec §3.2).

mod trace;

use jiff::civil::Date;

use super::{
    assessment::{CardCode, DecisiveIgg, MissingItem, Population, Start, StartConclusion},
    date::plus_days,
    facts::{Facts, Reference},
    igg::{self, Igg, Persistence, Sample},
    immunoglobulin::IgHistory,
    index_event::IndexEvents,
    infections::{self, History, Question},
    parameters::{K4_SAMPLE_INTERVAL_DAYS, K5_INFECTION_MONTHS, K6_INFECTION_MONTHS},
    population::{self, Assigned},
    quantity::GramsPerLitre,
    verdict::{Reason, Verdict},
};

use CardCode::{C01, C02, C03, C04, C05, C06, C07, C08, C09, C26, C30, C31, C32};
use Population::{
    Ambiguous, None as NoPopulation, OosImm, OosPid, P2A, P2B, P2C, P3, P4, Unassigned,
};
use StartConclusion::{Cons, Met, Na, Not, Ns, Unk};

/// Where an IgG lies between the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Band {
    /// Below 4 g/L; in a child perhaps not below the reference limit.
    Below4 { below_limit: bool },
    /// At least 4 g/L and below 6, in a child below the reference limit.
    From4BelowLimit,
    /// At least 6 g/L, in a child at least the reference limit.
    FromLimit,
}

/// A row of the table: conclusion, card and recommendations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    conclusion: StartConclusion,
    card: Option<CardCode>,
    recommendations: &'static [&'static str],
}

const fn row(
    conclusion: StartConclusion,
    card: CardCode,
    recommendations: &'static [&'static str],
) -> Row {
    Row {
        conclusion,
        card: Some(card),
        recommendations,
    }
}

/// The inputs of the table, each decided once.
pub(super) struct Table<'a> {
    facts: &'a Facts,
    igg: &'a Igg,
    severe: History,
    rec_11: History,
    persistent_4: Persistence,
    persistent_limit: Persistence,
    m_component: (bool, Vec<Reference>),
    iga_igm_low: (Verdict, Vec<Reference>),
    child: Verdict,
    as_of: Date,
}

/// The start decision with its cards.
pub(super) struct Decided {
    pub start: Start,
    pub cards: Vec<CardCode>,
}

impl<'a> Table<'a> {
    /// Decides the inputs for one patient.
    pub fn new(facts: &'a Facts, igg: &'a Igg, as_of: Date) -> Self {
        let child = population::is_child(facts, as_of);
        let limit = igg
            .usable
            .as_ref()
            .ok()
            .and_then(|sample| limit(sample, child))
            .unwrap_or(GramsPerLitre::SIX);
        Self {
            facts,
            igg,
            severe: infections::up_to_now(
                Question::SevereOrRecurrent,
                K5_INFECTION_MONTHS,
                facts,
                as_of,
            ),
            rec_11: infections::rec_11_up_to_now(K6_INFECTION_MONTHS, facts, as_of),
            persistent_4: igg.persistent(GramsPerLitre::FOUR, facts, as_of),
            persistent_limit: igg.persistent(limit, facts, as_of),
            m_component: igg::m_component(facts, as_of),
            iga_igm_low: igg::iga_and_igm_low(facts, as_of),
            child,
            as_of,
        }
    }

    /// What the infection history of K5 amounts to.
    pub fn infection_history(&self) -> Verdict {
        self.severe.verdict
    }

    /// Decides the start for the assigned population.
    pub fn decide(&self, assigned: &Assigned, ig: &IgHistory, events: &IndexEvents) -> Decided {
        let population = assigned.finding.code;
        if population::is_void(self.facts, self.as_of) || population == NoPopulation {
            return self.decided(
                population,
                Row {
                    conclusion: Na,
                    card: None,
                    recommendations: &[],
                },
                vec![],
            );
        }
        if matches!(population, OosPid | OosImm) {
            return self.decided(population, row(Na, C26, &[]), Vec::new());
        }
        if ig.on_immunoglobulin() == Some(true) {
            let mut missing = assigned.missing.clone();
            missing.extend(self.missing_sources(population));
            missing.sort_unstable();
            missing.dedup();
            let card = match population {
                P2C => Some(C07),
                // Which rule governs the course hangs on it (§3.1: PU → C04).
                Unassigned if !missing.is_empty() => Some(C04),
                _ => None,
            };
            let row = Row {
                conclusion: Na,
                card,
                recommendations: &[],
            };
            return self.decided(population, row, missing);
        }
        let mut missing = assigned.missing.clone();
        let mut row = self.conclude_for(assigned);
        let missing_sources = self.missing_sources(population);
        if matches!(row.conclusion, Not | Ns) {
            // A CAR-T that was ordered may have been given (F-02).
            let ordered = !events.ordered.is_empty();
            if ordered || self.hidden_event_could_change(population, row, events) {
                row = Row {
                    conclusion: Unk,
                    card: Some(C04),
                    ..row
                };
            }
        }
        if row.conclusion == Unk {
            missing.extend(self.missing_inputs(population));
        }
        missing.extend(missing_sources);
        if population == P4 && row.conclusion != Na {
            missing.push(MissingItem::ImmunologyWorkUp);
        }
        missing.sort_unstable();
        missing.dedup();
        let mut decided = self.decided(population, row, missing);
        if population == P4 && !decided.cards.contains(&C09) {
            decided.cards.push(C09);
        }
        decided.start.waits_for_order = self.waits_for_order(assigned, row);
        decided
    }

    /// The row for a population, or the common one of its alternatives.
    fn conclude_for(&self, assigned: &Assigned) -> Row {
        let finding = &assigned.finding;
        match (finding.code, finding.alternatives.as_slice()) {
            (Ambiguous | Unassigned, []) => {
                // Row 16 before row 16a: what was not searched comes first.
                let searched = self.missing_sources(finding.code).is_empty();
                let card = if assigned.nothing_known && searched {
                    self.unusable_card()
                } else {
                    C04
                };
                row(Unk, card, &[])
            }
            (Ambiguous | Unassigned, alternatives) => {
                let rows: Vec<Row> = alternatives
                    .iter()
                    .map(|population| self.conclude(*population))
                    .collect();
                let otherwise = if finding.code == Ambiguous {
                    row(Unk, C30, &[])
                } else {
                    row(Unk, C04, &[])
                };
                common(&rows).unwrap_or(otherwise)
            }
            (population, _) => self.conclude(population),
        }
    }

    /// The row for one population, over every band that the IgG may lie in.
    fn conclude(&self, population: Population) -> Row {
        if population == P2C {
            return row(Na, C07, &["REC-21", "REC-22"]);
        }
        let Ok(sample) = &self.igg.usable else {
            return row(Unk, self.unusable_card(), &["REC-27"]);
        };
        let rows: Vec<Row> = self
            .bands(sample)
            .into_iter()
            .map(|band| self.conclude_in(population, band))
            .collect();
        common(&rows).unwrap_or_else(|| row(Unk, C04, &["REC-27"]))
    }

    fn unusable_card(&self) -> CardCode {
        match self.igg.usable {
            Err(Reason::Invalid | Reason::Conflicting) => C31,
            _ => C04,
        }
    }

    /// The bands that the sample may lie in: several for a comparator, or for a child without a
    /// reference limit.
    fn bands(&self, sample: &Sample) -> Vec<Band> {
        let below_4 = sample.below(GramsPerLitre::FOUR);
        let limit = limit(sample, self.child);
        let below_limit = match limit {
            Some(limit) => sample.below(limit),
            // Without a limit of its own, at least 6 g/L is above any child's limit.
            None if sample.below(GramsPerLitre::SIX).is_not_met() => Verdict::NotMet,
            None => Verdict::Unknown(Reason::NoneRecorded),
        };
        let mut bands = Vec::new();
        if !below_4.is_not_met() {
            bands.push(Band::Below4 {
                below_limit: limit.is_none() || !below_limit.is_not_met(),
            });
        }
        if !below_4.is_met() && !below_limit.is_not_met() {
            bands.push(Band::From4BelowLimit);
        }
        if !below_4.is_met() && !below_limit.is_met() {
            bands.push(Band::FromLimit);
        }
        bands
    }

    /// The table itself, read top down.
    fn conclude_in(&self, population: Population, band: Band) -> Row {
        match band {
            Band::Below4 { below_limit } => self.below_4(population, below_limit),
            Band::From4BelowLimit => self.at_least_4(population, true),
            Band::FromLimit => self.at_least_4(population, false),
        }
    }

    fn below_4(&self, population: Population, below_limit: bool) -> Row {
        let (severe, rec_11) = (self.severe.verdict, self.rec_11.verdict);
        match population {
            P2A => return row(Met, C01, &["REC-17", "REC-18"]),
            // An infant's limit may lie below 4 g/L (H-11).
            P3 if !below_limit => return row(Cons, C08, &["REC-23"]),
            P3 => return row(Met, C08, &["REC-23"]),
            _ => {}
        }
        if severe.is_met() && self.persistent_4.verdict.is_met() {
            return match population {
                P4 => row(Cons, C09, &["REC-24", "REC-25", "REC-26", "REC-10"]),
                P2B => row(Met, C02, &["REC-19", "REC-10", "REC-28"]),
                _ => row(Met, C02, &["REC-10", "REC-28", "REC-30"]),
            };
        }
        if below_limit && rec_11.is_met() {
            return self.by_rec_11(population);
        }
        if severe.is_met() {
            return row(Unk, C04, &["REC-10", "REC-28"]);
        }
        if open(severe) || (below_limit && open(rec_11)) {
            return row(Unk, C04, &["REC-10", "REC-30"]);
        }
        let recommendations: &[&str] = match population {
            P2B => &["REC-19", "REC-15", "REC-13"],
            P4 => &["REC-26", "REC-15", "REC-13"],
            _ => &["REC-10", "REC-15", "REC-13"],
        };
        row(not_or_ns(severe), C05, recommendations)
    }

    fn by_rec_11(&self, population: Population) -> Row {
        if self.persistent_limit.verdict.is_met() {
            row(
                Cons,
                C03,
                match population {
                    P2A | P2B => &["REC-11", "REC-12", "REC-20", "REC-28"],
                    P4 => &["REC-11", "REC-12", "REC-24", "REC-26", "REC-28"],
                    _ => &["REC-11", "REC-12", "REC-28"],
                },
            )
        } else {
            row(Unk, C04, &["REC-11", "REC-28"])
        }
    }

    fn at_least_4(&self, population: Population, below_limit: bool) -> Row {
        let rec_11 = self.rec_11.verdict;
        if population != P3 && below_limit && rec_11.is_met() {
            return self.by_rec_11(population);
        }
        if self.m_component.0 {
            return self.with_m_component(population);
        }
        if !below_limit {
            return row(Not, C32, &["REC-10", "REC-11"]);
        }
        match population {
            P3 => row(Not, C32, &["REC-23"]),
            _ if open(rec_11) => row(Unk, C04, &["REC-11", "REC-30"]),
            _ => row(not_or_ns(rec_11), C32, &["REC-11", "REC-10"]),
        }
    }

    /// At least 4 g/L where an IgG M-component is possible (REC-16, B-21).
    fn with_m_component(&self, population: Population) -> Row {
        let (severe, rec_11) = (self.severe.verdict, self.rec_11.verdict);
        let by_immunoparesis = || {
            let conclusion = if self.iga_igm_low.0.is_met() {
                Cons
            } else {
                Unk
            };
            row(conclusion, C06, &["REC-16"])
        };
        match population {
            P2A | P3 => by_immunoparesis(),
            _ if severe.is_met() => by_immunoparesis(),
            _ if open(severe) || open(rec_11) || rec_11.is_met() => row(Unk, C06, &["REC-16"]),
            _ => row(not_or_ns(severe), C05, &["REC-10", "REC-15"]),
        }
    }

    /// A T0 or an allogeneic transplant hidden in a source that was not searched would change NOT
    /// or NS (§3.1, last paragraph); so would a T0 whose day is not recorded.
    fn hidden_event_could_change(
        &self,
        population: Population,
        row: Row,
        events: &IndexEvents,
    ) -> bool {
        let searched = &self.facts.searched;
        let hidden = events.undated
            || !(searched.procedures
                && searched.conditions
                && searched.medication_administrations
                && searched.medication_requests);
        let hidden_populations: &[Population] = match (population, self.child) {
            (P2C, _) => &[],
            (P2A, _) => &[P3],
            (_, Verdict::Met) => &[P2C, P3],
            (_, _) => &[P2A, P3],
        };
        hidden
            && hidden_populations.iter().any(|other| {
                let other = self.conclude(*other).conclusion;
                other != row.conclusion && !(matches!(other, Not | Ns))
            })
    }

    fn decided(&self, population: Population, row: Row, missing: Vec<MissingItem>) -> Decided {
        let needs_repeat = missing.iter().any(|item| {
            matches!(
                item,
                MissingItem::IggSecondSample | MissingItem::IggUninfectedSample
            )
        });
        let igg = self.igg.usable.as_ref().ok();
        let repeat_from = igg
            .filter(|_| needs_repeat)
            .map(|sample| plus_days(sample.drawn.latest(), K4_SAMPLE_INTERVAL_DAYS));
        Decided {
            start: Start {
                conclusion: row.conclusion,
                recommendations: row.recommendations.to_vec(),
                criteria: if row.conclusion == Na && row.card != Some(C07) {
                    Vec::new()
                } else {
                    self.criteria(population)
                },
                missing,
                repeat_from,
                igg: igg.map(|sample| DecisiveIgg {
                    value: sample.text(),
                    exact: match sample.value {
                        super::facts::Measured::Exactly(value) => Some(value),
                        _ => None,
                    },
                    reference_low: sample.reference_low,
                    drawn: sample.drawn.latest(),
                    evidence: sample.evidence.clone(),
                }),
                waits_for_order: false,
            },
            cards: row.card.into_iter().collect(),
        }
    }
}

/// The upper limit of REC-11: 6 g/L, in a child its reference limit; `None` where it is not known.
fn limit(sample: &Sample, child: Verdict) -> Option<GramsPerLitre> {
    match child {
        Verdict::NotMet => Some(GramsPerLitre::SIX),
        Verdict::Met => sample.reference_low,
        Verdict::Unknown(_) => None,
    }
}

/// Undecided, and not for want of a record: someone could still find out.
fn open(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Unknown(reason) if reason != Reason::NoneRecorded)
}

/// A documented "no" gives NOT, an empty record NS.
fn not_or_ns(verdict: Verdict) -> StartConclusion {
    if verdict.is_not_met() { Not } else { Ns }
}

/// The first row, if all reach its conclusion.
fn common(rows: &[Row]) -> Option<Row> {
    let first = *rows.first()?;
    rows.iter()
        .all(|row| row.conclusion == first.conclusion)
        .then_some(first)
}
