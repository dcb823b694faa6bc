//! What a start decision rests on: its criteria, and what is missing to decide it.

use super::{
    super::{
        assessment::{CardCode, Criterion, CriterionId, MissingItem, Population},
        facts::Reference,
        infections, population,
        population::Assigned,
        quantity::GramsPerLitre,
        verdict::{Reason, Verdict},
    },
    Band, Row, Table, limit,
};
use CardCode::{C04, C06};
use Population::{P2A, P2C, P3};

impl Table<'_> {
    /// The criteria that the table reads for this population and IgG, in its order.
    pub(super) fn criteria(&self, population: Population) -> Vec<Criterion> {
        let igg = |id, verdict: Verdict| match &self.igg.usable {
            Ok(sample) => Criterion {
                id,
                verdict,
                value: Some(format!("{} g/L", sample.text())),
                date: Some(sample.drawn.latest()),
                evidence: vec![sample.evidence.clone()],
            },
            Err(reason) => Criterion {
                id,
                verdict: Verdict::Unknown(*reason),
                value: None,
                date: None,
                evidence: Vec::new(),
            },
        };
        let plain = |id, verdict, evidence: &[Reference]| Criterion {
            id,
            verdict,
            value: None,
            date: None,
            evidence: evidence.to_vec(),
        };
        let (below_4, below_limit, limit) = match &self.igg.usable {
            Ok(sample) => {
                let below_4 = sample.below(GramsPerLitre::FOUR);
                let limit = limit(sample, self.child);
                let below_limit = limit.map_or(Verdict::Unknown(Reason::NoneRecorded), |limit| {
                    sample.below(limit)
                });
                (below_4, below_limit, limit)
            }
            Err(reason) => (Verdict::Unknown(*reason), Verdict::Unknown(*reason), None),
        };
        let persistent = match limit {
            _ if below_4.is_met() => &self.persistent_4,
            _ => &self.persistent_limit,
        };
        let persistent = || {
            plain(
                CriterionId::IggPersistent,
                persistent.verdict,
                &persistent.evidence,
            )
        };
        let severe = || {
            let id = CriterionId::SevereOrRecurrentInfections;
            plain(id, self.severe.verdict, &self.severe.evidence)
        };
        let rec_11 = || {
            plain(
                CriterionId::Infections6Months,
                self.rec_11.verdict,
                &self.rec_11.evidence,
            )
        };
        let mut criteria = vec![igg(CriterionId::IggBelow4, below_4)];
        if below_4.is_met() && matches!(population, P2A | P3) {
            // IgG alone decides (REC-17, REC-23).
            return criteria;
        }
        if population == P2C {
            criteria.push(igg(CriterionId::IggBelow6, below_limit));
            return criteria;
        }
        if population != P3 {
            criteria.extend([igg(CriterionId::IggBelow6, below_limit), persistent()]);
            if population != P2A {
                criteria.push(severe());
            }
            criteria.push(rec_11());
        }
        if !below_4.is_met() && (self.m_component.0 || !self.m_component.1.is_empty()) {
            let verdict = match (self.m_component.0, self.facts.m_proteins.is_empty()) {
                (false, _) => Verdict::NotMet,
                (true, true) => Verdict::Unknown(Reason::NoneRecorded),
                (true, false) => Verdict::Met,
            };
            criteria.push(plain(CriterionId::MComponent, verdict, &self.m_component.1));
        }
        criteria
    }

    /// Decisive sources that were not searched.
    pub(super) fn missing_sources(&self, population: Population) -> Vec<MissingItem> {
        let searched = &self.facts.searched;
        [
            (searched.observations, MissingItem::SourceObservation),
            (searched.conditions, MissingItem::SourceCondition),
            (searched.procedures, MissingItem::SourceProcedure),
            (
                searched.medication_requests,
                MissingItem::SourceMedicationRequest,
            ),
            (
                searched.medication_administrations,
                MissingItem::SourceMedicationAdministration,
            ),
            (searched.patient, MissingItem::SourcePatient),
        ]
        .into_iter()
        .filter(|(obtained, _)| !obtained && population != P2C)
        .map(|(_, source)| source)
        .collect()
    }

    /// What would decide an UNK.
    pub(super) fn missing_inputs(&self, population: Population) -> Vec<MissingItem> {
        let mut missing = Vec::new();
        let Ok(sample) = &self.igg.usable else {
            if self.facts.searched.observations {
                missing.push(MissingItem::Igg);
            }
            return missing;
        };
        let bands = self.bands(sample);
        let below_4 = bands.iter().any(|band| matches!(band, Band::Below4 { .. }));
        let from_4 = bands
            .iter()
            .any(|band| !matches!(band, Band::Below4 { .. }));
        if sample.below(GramsPerLitre::FOUR).is_unknown() {
            missing.push(MissingItem::Igg);
        }
        if self.child.is_met() && sample.reference_low.is_none() && from_4 {
            missing.push(MissingItem::IggReferenceLimit);
        }
        if self.child.is_unknown() && bands.contains(&Band::From4BelowLimit) {
            missing.push(MissingItem::BirthDate);
        }
        if from_4 && self.m_component.0 {
            if !self.iga_igm_low.0.is_met() {
                missing.push(MissingItem::IgaIgm);
            }
            if self.facts.m_proteins.is_empty() {
                missing.push(MissingItem::MProtein);
            }
        }
        let mut histories = Vec::new();
        if population != P3 {
            histories.push(&self.rec_11);
            if population != P2A && below_4 {
                histories.push(&self.severe);
            }
        }
        for history in histories {
            match history.verdict {
                Verdict::Unknown(Reason::NotSearched) => {
                    missing.push(MissingItem::InfectionHistory);
                }
                Verdict::Unknown(Reason::NeedsJudgement | Reason::Conflicting) => {
                    missing.push(MissingItem::InfectionDetails);
                }
                _ => {}
            }
        }
        // Severe or recurrent infections count for nothing in P2A (§3.2).
        let severe = population != P2A && self.severe.verdict.is_met();
        let persistence = if severe && below_4 {
            &self.persistent_4
        } else {
            &self.persistent_limit
        };
        let infections_suffice = severe || self.rec_11.verdict.is_met();
        if infections_suffice && !persistence.verdict.is_met() && population != P3 {
            missing.push(if persistence.uninfected_missing {
                MissingItem::IggUninfectedSample
            } else {
                MissingItem::IggSecondSample
            });
        }
        missing
    }

    /// C04 for an IgG that is none-recorded or stale, and C06, wait for an order unless the patient
    /// is at risk (§3.5).
    pub(super) fn waits_for_order(&self, assigned: &Assigned, row: Row) -> bool {
        let gap = match row.card {
            Some(C04) => {
                matches!(
                    self.igg.usable,
                    Err(Reason::NoneRecorded | Reason::Insufficient)
                ) && self.missing_sources(assigned.finding.code).is_empty()
            }
            Some(C06) => true,
            _ => false,
        };
        let at_risk = matches!(assigned.finding.code, P2A | P3)
            || assigned
                .finding
                .alternatives
                .iter()
                .any(|other| matches!(other, P2A | P3))
            || population::hypogammaglobulinaemia_diagnosed(self.facts)
            || infections::verified_severe_within_k5(self.facts, self.as_of);
        gap && !at_risk
    }
}
