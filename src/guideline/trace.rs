//! What the conclusions rest on besides the start criteria: population, preparation, course and order.
//!
//! Each step names the recommendations that decided it and lists its grounds, with verdict, reason,
//! value, date and evidence. A trace decides nothing: it is written from what was decided.

use jiff::civil::Date;
use serde::Serialize;

use super::{
    assessment::{
        CourseConclusion, MissingItem, OrderConclusion, OrderFinding, Population,
        PopulationFinding, Start, StartConclusion,
    },
    facts::{DiagnosisKind, Donor, Facts, IgIndication, Reference, VaccinationTarget},
    population::{is_child, is_void},
    verdict::{Reason, Verdict},
};

/// The trace of an assessment; the start's criteria are in the start itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Trace {
    /// Why this population.
    pub population: Step,
    /// What should be in place before a start that is MET or CONS.
    pub preconditions: Step,
    /// Why these conclusions on the course.
    pub course: Step,
    /// Why this conclusion on the draft order.
    pub order: Step,
}

/// One conclusion's grounds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Step {
    /// The recommendations that decided it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<&'static str>,
    /// What it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<Ground>,
}

impl Step {
    /// Nothing was concluded.
    pub fn is_empty(&self) -> bool {
        self.recommendations.is_empty() && self.grounds.is_empty()
    }

    pub(super) fn of(grounds: Vec<Ground>, mut recommendations: Vec<&'static str>) -> Self {
        recommendations.sort_unstable();
        recommendations.dedup();
        Self {
            recommendations,
            grounds,
        }
    }
}

/// One thing that a conclusion rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ground {
    /// Which.
    pub id: GroundId,
    /// Met, not met or unknown.
    #[serde(serialize_with = "code")]
    pub verdict: Verdict,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The value that decided, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The date that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The resources that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Reference>,
    /// The recommendations that ask for it.
    #[serde(skip_serializing_if = "no_recommendation")]
    pub recommendations: &'static [&'static str],
}

fn code<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.code())
}

fn no_recommendation(recommendations: &&'static [&'static str]) -> bool {
    recommendations.is_empty()
}

impl Ground {
    pub(super) fn new(id: GroundId, verdict: Verdict) -> Self {
        Self {
            id,
            verdict,
            reason: verdict.reason(),
            value: None,
            date: None,
            evidence: Vec::new(),
            recommendations: id.recommendations(),
        }
    }

    pub(super) fn on(mut self, date: Date) -> Self {
        self.date = Some(date);
        self
    }

    pub(super) fn value(mut self, value: String) -> Self {
        self.value = Some(value);
        self
    }

    pub(super) fn by<'a>(mut self, evidence: impl IntoIterator<Item = &'a Reference>) -> Self {
        self.evidence.extend(evidence.into_iter().cloned());
        self
    }
}

/// The grounds, listed by `sid-cds parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroundId {
    /// The order is for secondary immune deficiency (F-08).
    OrderForSid,
    /// A specific primary immune deficiency is confirmed (B-35).
    PrimaryImmunodeficiency,
    /// Adult at the evaluation date (K1).
    Adult,
    /// CAR-T, or the start of a bispecific antibody.
    IndexEvent,
    /// Less than 6 months after it (K2).
    #[serde(rename = "within-6-months")]
    Within6Months,
    /// Allogeneic HSCT.
    AllogeneicHsct,
    /// Haematological malignancy.
    HaematologicalMalignancy,
    /// Non-malignant haematological disease.
    NonMalignantHaematological,
    /// Hypogammaglobulinaemia is diagnosed.
    Hypogammaglobulinaemia,
    /// Vaccinated against influenza this season.
    VaccinationInfluenza,
    /// Vaccinated against pneumococci.
    VaccinationPneumococcal,
    /// Antibiotic prophylaxis is in place or considered, with an organ focus.
    AntibioticProphylaxis,
    /// IgA and IgM are measured.
    BaselineIgaIgm,
    /// The infection history is known.
    BaselineInfectionHistory,
    /// On immunoglobulin.
    OnImmunoglobulin,
    /// Immunoglobulin was begun before CAR-T or the bispecific antibody.
    BegunBeforeIndexEvent,
    /// It was begun in the 6 months after it.
    #[serde(rename = "begun-within-6-months")]
    BegunWithin6Months,
    /// Severe or recurrent bacterial infections before the start.
    QualifyingHistory,
    /// The stop date has come.
    StopDateReached,
    /// A stated extension runs.
    Extended,
    /// A review on or after the stop date decided to go on.
    ContinuedAfterStopDate,
    /// The window of the stop attempt has begun.
    StopWindowReached,
    /// Winter is included (K11).
    WinterIncluded,
    /// The review that is due is recorded.
    ReviewRecorded,
    /// It is summer (K10).
    Summer,
    /// IgA, IgM or B cells rise.
    BCellsRecovering,
    /// IgG was measured under treatment.
    IggUnderTreatment,
    /// The trough lies in 6–8 g/L.
    TroughInAim,
    /// Infections since treatment was stopped or paused.
    InfectionSinceStop,
    /// Own IgG above 4 g/L off treatment.
    #[serde(rename = "own-igg-above-4")]
    OwnIggAbove4,
    /// An indication is stated in the order.
    IndicationStated,
    /// The start criteria are met, or may be.
    StartSupported,
}

impl GroundId {
    /// Every ground.
    pub const ALL: [Self; 32] = [
        Self::OrderForSid,
        Self::PrimaryImmunodeficiency,
        Self::Adult,
        Self::IndexEvent,
        Self::Within6Months,
        Self::AllogeneicHsct,
        Self::HaematologicalMalignancy,
        Self::NonMalignantHaematological,
        Self::Hypogammaglobulinaemia,
        Self::VaccinationInfluenza,
        Self::VaccinationPneumococcal,
        Self::AntibioticProphylaxis,
        Self::BaselineIgaIgm,
        Self::BaselineInfectionHistory,
        Self::OnImmunoglobulin,
        Self::BegunBeforeIndexEvent,
        Self::BegunWithin6Months,
        Self::QualifyingHistory,
        Self::StopDateReached,
        Self::Extended,
        Self::ContinuedAfterStopDate,
        Self::StopWindowReached,
        Self::WinterIncluded,
        Self::ReviewRecorded,
        Self::Summer,
        Self::BCellsRecovering,
        Self::IggUnderTreatment,
        Self::TroughInAim,
        Self::InfectionSinceStop,
        Self::OwnIggAbove4,
        Self::IndicationStated,
        Self::StartSupported,
    ];

    /// The recommendations that ask for it.
    pub const fn recommendations(self) -> &'static [&'static str] {
        match self {
            Self::OrderForSid
            | Self::PrimaryImmunodeficiency
            | Self::OnImmunoglobulin
            | Self::IndicationStated
            | Self::StartSupported => &[],
            Self::Adult => &["REC-21"],
            Self::IndexEvent => &["REC-17", "REC-19", "REC-58"],
            Self::Within6Months => &["REC-17", "REC-19"],
            Self::AllogeneicHsct => &["REC-23"],
            Self::HaematologicalMalignancy | Self::NonMalignantHaematological => &["REC-10"],
            Self::Hypogammaglobulinaemia => &["REC-24"],
            Self::VaccinationInfluenza | Self::VaccinationPneumococcal => &["REC-08", "REC-49"],
            Self::AntibioticProphylaxis => &["REC-09", "REC-49"],
            Self::BaselineIgaIgm => &["REC-29"],
            Self::BaselineInfectionHistory => &["REC-27", "REC-30"],
            Self::BegunBeforeIndexEvent => &["REC-45"],
            Self::BegunWithin6Months => &["REC-43", "REC-46"],
            Self::QualifyingHistory => &["REC-43"],
            Self::StopDateReached => &["REC-18", "REC-43"],
            Self::Extended => &["REC-44"],
            Self::ContinuedAfterStopDate => &["REC-43", "REC-48"],
            Self::StopWindowReached => &["REC-39"],
            Self::WinterIncluded => &["REC-40"],
            Self::ReviewRecorded => &["REC-31", "REC-32"],
            Self::Summer => &["REC-37"],
            Self::BCellsRecovering | Self::IggUnderTreatment => &["REC-42"],
            Self::TroughInAim => &["REC-33", "REC-34", "REC-35"],
            Self::InfectionSinceStop => &["REC-38", "REC-41", "REC-48"],
            Self::OwnIggAbove4 => &["REC-47"],
        }
    }
}

/// Nothing was found: none recorded where it was searched.
pub(super) fn nothing_found(searched: bool) -> Verdict {
    Verdict::Unknown(if searched {
        Reason::NoneRecorded
    } else {
        Reason::NotSearched
    })
}

/// Why this population (§3.1).
pub(super) fn population(facts: &Facts, found: &PopulationFinding, as_of: Date) -> Step {
    use Population::{P1, P1n, P2A, P2B, P2C, P3, P4};
    if is_void(facts, as_of) {
        return Step::default();
    }
    let searched = &facts.searched;
    let mut grounds = Vec::new();
    if let Some(order) = &facts.order {
        let for_sid = match order.indication {
            IgIndication::SecondaryImmunodeficiency => Verdict::Met,
            IgIndication::PrimaryImmunodeficiency | IgIndication::Immunomodulation => {
                Verdict::NotMet
            }
            IgIndication::NotStated => Verdict::Unknown(Reason::NoneRecorded),
        };
        grounds.push(Ground::new(GroundId::OrderForSid, for_sid).by([&order.evidence]));
    }
    let diagnosed = |id, kind| {
        let evidence: Vec<&Reference> = facts
            .diagnoses
            .iter()
            .filter(|diagnosis| {
                diagnosis.kind == kind
                    && (diagnosis.confirmed || kind != DiagnosisKind::PrimaryImmunodeficiency)
            })
            .map(|diagnosis| &diagnosis.evidence)
            .collect();
        let verdict = if evidence.is_empty() {
            nothing_found(searched.conditions)
        } else {
            Verdict::Met
        };
        Ground::new(id, verdict).by(evidence)
    };
    grounds.push(diagnosed(
        GroundId::PrimaryImmunodeficiency,
        DiagnosisKind::PrimaryImmunodeficiency,
    ));
    grounds.push(Ground::new(
        GroundId::Adult,
        is_child(facts, as_of).negate(),
    ));
    match &found.index {
        Some(index) => {
            grounds.push(
                Ground::new(GroundId::IndexEvent, Verdict::Met)
                    .on(index.date)
                    .by(&index.evidence),
            );
            let open = found.alternatives == [P2A, P2B];
            let within = if open {
                Verdict::Unknown(Reason::Insufficient)
            } else {
                Verdict::known(as_of < index.window_end)
            };
            grounds.push(Ground::new(GroundId::Within6Months, within).on(index.window_end));
        }
        None => grounds.push(Ground::new(
            GroundId::IndexEvent,
            nothing_found(
                searched.procedures
                    && searched.conditions
                    && searched.medication_requests
                    && searched.medication_administrations,
            ),
        )),
    }
    grounds.push(transplant(facts, as_of));
    grounds.extend([
        diagnosed(
            GroundId::HaematologicalMalignancy,
            DiagnosisKind::HaematologicalMalignancy,
        ),
        diagnosed(
            GroundId::NonMalignantHaematological,
            DiagnosisKind::NonMalignantHaematological,
        ),
        diagnosed(
            GroundId::Hypogammaglobulinaemia,
            DiagnosisKind::Hypogammaglobulinaemia,
        ),
    ]);
    let recommendations: &[&str] = match found.code {
        P1 | P1n => &["REC-10"],
        P2A => &["REC-17", "REC-58"],
        P2B => &["REC-19", "REC-58"],
        P2C => &["REC-21", "REC-22"],
        P3 => &["REC-23"],
        P4 => &["REC-24", "REC-25"],
        Population::OosPid
        | Population::OosImm
        | Population::Ambiguous
        | Population::Unassigned
        | Population::None => &[],
    };
    Step::of(grounds, recommendations.to_vec())
}

fn transplant(facts: &Facts, as_of: Date) -> Ground {
    let up_to_now: Vec<_> = facts
        .transplants
        .iter()
        .filter(|transplant| {
            transplant
                .when
                .is_none_or(|when| when.not_after(as_of).is_some())
        })
        .collect();
    let of = |donor| -> Vec<&Reference> {
        up_to_now
            .iter()
            .filter(|transplant| transplant.donor == donor)
            .map(|transplant| &transplant.evidence)
            .collect()
    };
    let (allogeneic, unknown) = (of(Donor::Allogeneic), of(Donor::Unknown));
    let id = GroundId::AllogeneicHsct;
    if !allogeneic.is_empty() {
        Ground::new(id, Verdict::Met).by(allogeneic)
    } else if !unknown.is_empty() {
        Ground::new(id, Verdict::Unknown(Reason::Insufficient)).by(unknown)
    } else {
        let searched = facts.searched.procedures && facts.searched.conditions;
        Ground::new(id, nothing_found(searched))
    }
}

/// What should be in place before a start (REC-08, REC-09, REC-27 to REC-30); empty for any other
/// conclusion than MET and CONS.
pub(super) fn preconditions(
    facts: &Facts,
    start: &Start,
    focus: bool,
    infections: Verdict,
) -> Step {
    if !matches!(
        start.conclusion,
        StartConclusion::Met | StartConclusion::Cons
    ) {
        return Step::default();
    }
    let lacks = |item| start.missing.contains(&item);
    let in_place = |id, missing: MissingItem, source: MissingItem| {
        let verdict = if lacks(missing) {
            Verdict::Unknown(Reason::NoneRecorded)
        } else if lacks(source) {
            Verdict::Unknown(Reason::NotSearched)
        } else {
            Verdict::Met
        };
        Ground::new(id, verdict)
    };
    let given = |against| {
        facts
            .vaccinations
            .iter()
            .filter(move |given| given.against == against)
            .map(|given| &given.evidence)
    };
    let mut grounds = vec![
        in_place(
            GroundId::VaccinationInfluenza,
            MissingItem::VaccinationInfluenza,
            MissingItem::SourceImmunization,
        )
        .by(given(VaccinationTarget::Influenza)),
        in_place(
            GroundId::VaccinationPneumococcal,
            MissingItem::VaccinationPneumococcal,
            MissingItem::SourceImmunization,
        )
        .by(given(VaccinationTarget::Pneumococci)),
    ];
    if focus {
        grounds.push(
            in_place(
                GroundId::AntibioticProphylaxis,
                MissingItem::AntibioticProphylaxis,
                MissingItem::SourceMedicationRequest,
            )
            .by(facts.organ_foci.iter().map(|focus| &focus.evidence)),
        );
    }
    if facts.order.is_some() {
        grounds.push(
            in_place(
                GroundId::BaselineIgaIgm,
                MissingItem::IgaIgm,
                MissingItem::SourceObservation,
            )
            .by(facts
                .iga
                .iter()
                .chain(&facts.igm)
                .map(|result| &result.evidence)),
        );
        let history = if infections.is_unknown() {
            infections
        } else {
            Verdict::Met
        };
        grounds.push(Ground::new(GroundId::BaselineInfectionHistory, history));
    }
    let recommendations = grounds
        .iter()
        .filter(|ground| !ground.verdict.is_met())
        .flat_map(|ground| ground.recommendations)
        .copied()
        .collect();
    Step::of(grounds, recommendations)
}

/// Why this conclusion on the draft order (§3.4).
pub(super) fn order(
    finding: &OrderFinding,
    start: &Start,
    on_immunoglobulin: Option<bool>,
    conclusions: &[CourseConclusion],
) -> Step {
    let (Some(conclusion), Some(reference)) = (finding.conclusion, &finding.reference) else {
        return Step::default();
    };
    let stated = match finding.indication {
        Some(IgIndication::NotStated) | None => Verdict::Unknown(Reason::NoneRecorded),
        Some(_) => Verdict::Met,
    };
    let mut grounds = vec![Ground::new(GroundId::IndicationStated, stated).by([reference])];
    let mut recommendations = Vec::new();
    if on_immunoglobulin == Some(true) {
        let due = conclusions.iter().any(|conclusion| {
            matches!(
                conclusion,
                CourseConclusion::StopDue | CourseConclusion::StopReview
            )
        });
        grounds.push(Ground::new(GroundId::StopDateReached, Verdict::known(due)));
        if conclusion == OrderConclusion::Warn {
            recommendations.extend(["REC-18", "REC-43"]);
        }
    } else {
        let supported = match start.conclusion {
            StartConclusion::Met => Verdict::Met,
            StartConclusion::Cons => Verdict::Unknown(Reason::NeedsJudgement),
            StartConclusion::Not => Verdict::NotMet,
            StartConclusion::Ns => Verdict::Unknown(Reason::NoneRecorded),
            StartConclusion::Unk | StartConclusion::Na => Verdict::Unknown(Reason::Insufficient),
        };
        grounds.push(Ground::new(GroundId::StartSupported, supported));
        if conclusion == OrderConclusion::Warn {
            recommendations.extend(&start.recommendations);
        }
    }
    Step::of(grounds, recommendations)
}
