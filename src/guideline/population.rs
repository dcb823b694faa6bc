//! Which population a patient belongs to (decision-spec §3.1, first match wins).

use std::cmp::Reverse;

use jiff::civil::Date;

use super::{
    assessment::{IndexEvent, MissingItem, Population, PopulationFinding},
    date::{When, plus_months},
    facts::{
        ClinicalStatus, Deceased, DiagnosisKind, Donor, Facts, IgIndication, Reference,
        StatementKind,
    },
    igg::{Igg, below},
    index_event::{Event, IndexEvents},
    parameters::{K1_ADULT_YEARS, K2_WINDOW_MONTHS, K16_HSCT_MONTHS},
    quantity::GramsPerLitre,
    verdict::{Reason, Verdict},
};

/// A population, and what is missing to be sure of it.
#[derive(Debug, Clone)]
pub(super) struct Assigned {
    pub finding: PopulationFinding,
    pub missing: Vec<MissingItem>,
    /// Rows 16 and 16a: nothing is known but an IgG, or not even that.
    pub nothing_known: bool,
}

/// The latest transplant up to E that bears on the population.
#[derive(Debug, Clone)]
struct LatestTransplant {
    when: Option<When>,
    donor: Donor,
    evidence: Reference,
}

/// Age under K1 at E.
pub(super) fn is_child(facts: &Facts, as_of: Date) -> Verdict {
    match facts.patient.born {
        None => Verdict::Unknown(Reason::NoneRecorded),
        Some(born) => {
            // Adult from the birthday on: E >= born + 18 years.
            let came_of_age = born.plus_months(12 * K1_ADULT_YEARS);
            if came_of_age.latest() <= as_of {
                Verdict::NotMet
            } else if came_of_age.earliest() > as_of {
                Verdict::Met
            } else {
                Verdict::Unknown(Reason::Insufficient)
            }
        }
    }
}

/// The patient has died by E, or is not a patient.
pub(super) fn is_void(facts: &Facts, as_of: Date) -> bool {
    facts.patient.entered_in_error
        || match facts.patient.deceased {
            None => false,
            Some(Deceased::Undated) => true,
            Some(Deceased::On(when)) => when.earliest() <= as_of,
        }
}

/// Assigns the population.
pub(super) fn assign(facts: &Facts, igg: &Igg, events: &IndexEvents, as_of: Date) -> Assigned {
    Assigner {
        facts,
        igg,
        events,
        as_of,
    }
    .assign()
}

struct Assigner<'a> {
    facts: &'a Facts,
    igg: &'a Igg,
    events: &'a IndexEvents,
    as_of: Date,
}

use Population::{
    Ambiguous, None as NoPopulation, OosImm, OosPid, P1, P1n, P2A, P2B, P2C, P3, P4, Unassigned,
};

impl Assigner<'_> {
    fn assign(&self) -> Assigned {
        let mut assigned = self.first_match();
        if self.events.date_missing {
            assigned.missing.push(MissingItem::CarTInfusionDate);
        } else if self.events.undated {
            assigned.missing.push(MissingItem::IndexEventDate);
        }
        if self.events.indication_missing {
            assigned.missing.push(MissingItem::GoverningDiagnosis);
        }
        assigned
    }

    fn first_match(&self) -> Assigned {
        if is_void(self.facts, self.as_of) {
            return found(NoPopulation);
        }
        self.out_of_scope()
            .or_else(|| self.after_index_event())
            .unwrap_or_else(|| self.without_index_event())
    }

    /// Rows 2 and 3.
    fn out_of_scope(&self) -> Option<Assigned> {
        let order = self.facts.order.as_ref().map(|order| order.indication);
        if order == Some(IgIndication::Immunomodulation) {
            return Some(found(OosImm));
        }
        let primary: Vec<Reference> = self
            .facts
            .diagnoses
            .iter()
            .filter(|d| d.kind == DiagnosisKind::PrimaryImmunodeficiency && d.confirmed)
            .map(|diagnosis| diagnosis.evidence.clone())
            .collect();
        if primary.is_empty() && order != Some(IgIndication::PrimaryImmunodeficiency) {
            return None;
        }
        let mut assigned = if self.has(DiagnosisKind::HaematologicalMalignancy) {
            found(Unassigned).missing(MissingItem::GoverningDiagnosis)
        } else {
            found(OosPid)
        };
        assigned.finding.evidence = primary;
        Some(assigned)
    }

    /// Rows 4 to 11.
    fn after_index_event(&self) -> Option<Assigned> {
        let t0 = self.events.t0()?;
        let transplant = self.transplant();
        let mut assigned = match is_child(self.facts, self.as_of) {
            Verdict::Unknown(_) => found(Unassigned)
                .between(self.adult_after(t0), P2C)
                .missing(MissingItem::BirthDate),
            Verdict::Met => found(P2C),
            Verdict::NotMet => self.adult(t0, transplant.as_ref()),
        };
        let allogeneic = |t: &LatestTransplant| t.donor == Donor::Allogeneic;
        assigned.finding.also_transplanted = transplant.as_ref().is_some_and(allogeneic);
        if assigned.finding.code == P2C && assigned.finding.also_transplanted {
            assigned.finding.alternatives = vec![P3];
        }
        if let Some(transplant) = transplant.filter(allogeneic) {
            assigned.finding.evidence.push(transplant.evidence);
        }
        assigned
            .finding
            .index
            .get_or_insert_with(|| index_event(t0));
        Some(assigned)
    }

    /// P2A or P2B by the latest possible day of T0; used where both are only alternatives.
    fn adult_after(&self, t0: &Event) -> Population {
        if self.as_of < window_end(t0.when.latest()) {
            P2A
        } else {
            P2B
        }
    }

    /// Rows 6 to 11 for an adult.
    fn adult(&self, t0: &Event, transplant: Option<&LatestTransplant>) -> Assigned {
        let ends = t0.when.plus_months(K2_WINDOW_MONTHS);
        let over = ends.latest() <= self.as_of;
        let running = ends.earliest() > self.as_of;
        if !over && !running {
            return found(Unassigned)
                .between(P2A, P2B)
                .missing(MissingItem::IndexEventDate);
        }
        let later_transplant = transplant.filter(|transplant| {
            transplant
                .when
                .is_some_and(|when| when.latest() > t0.when.latest())
        });
        if let Some(transplant) = later_transplant {
            match transplant.donor {
                Donor::Allogeneic => return self.transplanted(transplant),
                Donor::Unknown => {
                    let without = if over { P2B } else { P2A };
                    return found(Unassigned)
                        .between(without, P3)
                        .missing(MissingItem::DonorType);
                }
                Donor::Autologous => {}
            }
        }
        if let Some(candidate) = &self.events.candidate {
            let candidate_over = window_end(candidate.when.latest()) <= self.as_of;
            if !candidate_over {
                let mut assigned = if over {
                    found(Ambiguous)
                        .between(P2A, P2B)
                        .missing(MissingItem::IndexEventConfirmation)
                } else {
                    found(P2A)
                };
                assigned.finding.index = Some(index_event(candidate));
                return assigned;
            }
        }
        if running {
            return found(P2A);
        }
        match transplant.map(|transplant| transplant.donor) {
            Some(Donor::Allogeneic) => found(Ambiguous).between(P2B, P3),
            Some(Donor::Unknown) => found(Unassigned)
                .between(P2B, P3)
                .missing(MissingItem::DonorType),
            Some(Donor::Autologous) | None => found(P2B),
        }
    }

    /// Rows 7 and 12 to 17.
    fn without_index_event(&self) -> Assigned {
        if let Some(transplant) = self.transplant() {
            match transplant.donor {
                Donor::Allogeneic => return self.transplanted(&transplant),
                Donor::Unknown => {
                    let mut assigned = found(Unassigned)
                        .between(self.by_diagnosis().unwrap_or(P4), P3)
                        .missing(MissingItem::DonorType);
                    assigned.finding.evidence = vec![transplant.evidence];
                    return assigned;
                }
                Donor::Autologous if self.by_diagnosis().is_none() => {
                    let mut assigned = found(Unassigned).missing(MissingItem::GoverningDiagnosis);
                    assigned.finding.evidence = vec![transplant.evidence];
                    return assigned;
                }
                Donor::Autologous => {}
            }
        }
        if let Some(population) = self.by_diagnosis() {
            let kind = if population == P1 {
                DiagnosisKind::HaematologicalMalignancy
            } else {
                DiagnosisKind::NonMalignantHaematological
            };
            let mut assigned = found(population);
            assigned.finding.evidence = self
                .facts
                .diagnoses
                .iter()
                .filter(|diagnosis| diagnosis.kind == kind)
                .map(|diagnosis| diagnosis.evidence.clone())
                .collect();
            return assigned;
        }
        self.nothing_haematological()
    }

    /// Rows 15 to 17.
    fn nothing_haematological(&self) -> Assigned {
        let searched = &self.facts.searched;
        let diseases_searched = searched.conditions
            && searched.procedures
            && searched.medication_administrations
            && searched.medication_requests;
        if diseases_searched && self.hypogammaglobulinaemia_known() {
            let mut assigned = found(P4);
            assigned.finding.evidence = self
                .facts
                .diagnoses
                .iter()
                .filter(|d| d.kind == DiagnosisKind::Hypogammaglobulinaemia)
                .map(|diagnosis| diagnosis.evidence.clone())
                .collect();
            return assigned;
        }
        let unsearched = !diseases_searched || !searched.observations || !searched.patient;
        if unsearched || self.igg_may_be_low() {
            return Assigned {
                nothing_known: true,
                ..found(Unassigned)
            };
        }
        found(NoPopulation)
    }

    /// Row 16a: IgG is unknown because of a result that may be a low one.
    fn igg_may_be_low(&self) -> bool {
        match &self.igg.usable {
            Ok(sample) => sample.below(GramsPerLitre::SIX).is_unknown(),
            Err(Reason::Invalid | Reason::Conflicting) => true,
            Err(Reason::Insufficient) => self
                .igg
                .latest
                .as_ref()
                .is_some_and(|latest| latest.below(GramsPerLitre::SIX).is_met()),
            Err(Reason::NotSearched | Reason::NoneRecorded | Reason::NeedsJudgement) => false,
        }
    }

    /// *HGG known* (decision-spec §1).
    fn hypogammaglobulinaemia_known(&self) -> bool {
        let low = self.igg.usable.as_ref().is_ok_and(|sample| {
            let limit = match is_child(self.facts, self.as_of) {
                Verdict::Met => sample.reference_low,
                Verdict::NotMet | Verdict::Unknown(_) => Some(GramsPerLitre::SIX),
            };
            limit.is_some_and(|limit| below(sample.value, limit).is_met())
        });
        low || hypogammaglobulinaemia_diagnosed(self.facts)
    }

    fn transplanted(&self, transplant: &LatestTransplant) -> Assigned {
        let mut assigned = found(P3);
        assigned.finding.evidence = vec![transplant.evidence.clone()];
        let old = transplant
            .when
            .is_none_or(|when| plus_months(when.earliest(), K16_HSCT_MONTHS) < self.as_of);
        if old {
            assigned.missing(MissingItem::HsctRelevance)
        } else {
            assigned
        }
    }

    /// The latest transplant up to E; donor as the latest statement says, if one does.
    fn transplant(&self) -> Option<LatestTransplant> {
        let mut latest = self
            .facts
            .transplants
            .iter()
            .filter_map(|transplant| {
                let when = match transplant.when {
                    Some(when) => Some(when.not_after(self.as_of)?),
                    None => None,
                };
                Some(LatestTransplant {
                    when,
                    donor: transplant.donor,
                    evidence: transplant.evidence.clone(),
                })
            })
            // An allogeneic one governs; a status code without a type tells nothing beside it.
            .max_by_key(|transplant| {
                let known = match transplant.donor {
                    Donor::Allogeneic => 2,
                    Donor::Unknown => 1,
                    Donor::Autologous => 0,
                };
                // Of dates with one latest day that which may lie furthest back: it asks to confirm.
                let earliest = Reverse(transplant.when.map(When::earliest));
                (known, transplant.when.map(When::latest), earliest)
            })?;
        let has_autologous = self
            .facts
            .transplants
            .iter()
            .any(|t| t.donor == Donor::Autologous && t.when.is_some());
        if latest.donor == Donor::Unknown {
            let stated: Vec<(Date, Donor)> = self
                .facts
                .statements
                .iter()
                .filter(|statement| statement.date <= self.as_of)
                .filter_map(|statement| match statement.kind {
                    StatementKind::DonorType(donor) => Some((statement.date, donor)),
                    _ => None,
                })
                .collect();
            if let Some((day, donor)) = stated.iter().max() {
                // Statements of one day that contradict each other leave the donor unknown.
                let contradicted = |(other, of): &(Date, Donor)| other == day && of != donor;
                if !stated.iter().any(contradicted) {
                    latest.donor = *donor;
                }
            } else if has_autologous && latest.when.is_none() {
                latest.donor = Donor::Autologous;
            }
        }
        Some(latest)
    }

    /// Rows 12 and 13.
    fn by_diagnosis(&self) -> Option<Population> {
        if self.has(DiagnosisKind::HaematologicalMalignancy) {
            Some(P1)
        } else if self.has(DiagnosisKind::NonMalignantHaematological) {
            Some(P1n)
        } else {
            None
        }
    }

    fn has(&self, kind: DiagnosisKind) -> bool {
        self.facts
            .diagnoses
            .iter()
            .any(|diagnosis| diagnosis.kind == kind)
    }
}

/// An active Condition of the hypogammaglobulinaemia set.
pub(super) fn hypogammaglobulinaemia_diagnosed(facts: &Facts) -> bool {
    facts.diagnoses.iter().any(|diagnosis| {
        diagnosis.kind == DiagnosisKind::Hypogammaglobulinaemia
            && matches!(diagnosis.status, None | Some(ClinicalStatus::Active))
    })
}

/// T0 + K2.
pub(super) fn window_end(t0: Date) -> Date {
    plus_months(t0, K2_WINDOW_MONTHS)
}

fn index_event(event: &Event) -> IndexEvent {
    IndexEvent {
        kind: event.kind,
        date: event.when.latest(),
        evidence: event.evidence.clone(),
        window_end: window_end(event.when.latest()),
    }
}

fn found(code: Population) -> Assigned {
    Assigned {
        finding: PopulationFinding {
            code,
            alternatives: Vec::new(),
            index: None,
            evidence: Vec::new(),
            also_transplanted: false,
        },
        missing: Vec::new(),
        nothing_known: false,
    }
}

impl Assigned {
    fn between(mut self, a: Population, b: Population) -> Self {
        self.finding.alternatives = vec![a, b];
        self
    }

    fn missing(mut self, item: MissingItem) -> Self {
        self.missing.push(item);
        self
    }
}
