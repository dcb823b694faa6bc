//! What the guideline says of one patient on one day: the assessment, and its JSON (decision-spec §6).

mod course;

use jiff::civil::Date;
use serde::{Serialize, Serializer, ser::SerializeStruct};

pub use course::{
    Course, CourseConclusion, CourseRule, MeasuredIgg, Recurrence, Trough, TroughLevel, Window,
};

use super::{
    comparator::{AskedRule, Outside, reports::ReportId},
    counterfactual::Counterfactual,
    dose::Dose,
    facts::{Drafted, IgIndication, Reference},
    problem::DataProblem,
    product::ProductFinding,
    quantity::GramsPerLitre,
    safety::SafetyFault,
    switch::Switch,
    trace::Trace,
    verdict::Verdict,
};

/// The whole assessment of one patient on one day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// The evaluation date E.
    pub as_of: Date,
    /// Which guideline.
    pub guideline: Guideline,
    /// Which population the patient belongs to.
    pub population: PopulationFinding,
    /// Whether immunoglobulin can be started.
    pub start: Start,
    /// The running course.
    pub course: Course,
    /// The dose.
    pub dose: Dose,
    /// The draft order.
    pub order: OrderFinding,
    /// Every card that applies, most urgent first.
    pub cards: Vec<CardCode>,
    /// Other guidelines' answers, beside the national one.
    pub comparators: Vec<Comparator>,
    /// What could not be read or used.
    pub data_problems: Vec<DataProblem>,
    /// What one more fact would decide.
    pub counterfactual: Option<Counterfactual>,
    /// What the drafts of the hook hold already.
    #[serde(skip)]
    pub drafted: Drafted,
    /// What the conclusions rest on, the start's criteria aside.
    pub trace: Trace,
}

/// The guideline's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Guideline {
    /// Stable id.
    pub id: &'static str,
    /// Version.
    pub version: &'static str,
    /// The day on which the version was approved.
    #[serde(skip)]
    pub approved: Date,
    /// The publisher's document number.
    #[serde(skip)]
    pub document: &'static str,
    /// The last day on which the version is shown without asking to check it (G1, REC-59, H-16).
    #[serde(skip)]
    pub review_by: Date,
}

/// Populations of decision-spec §1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Population {
    /// Haematological disease.
    P1,
    /// Non-malignant haematological disease.
    #[serde(rename = "P1n")]
    P1n,
    /// Adult, less than 6 months after the index event.
    P2A,
    /// Adult, 6 months or more after the index event.
    P2B,
    /// Child with CAR-T or a bispecific antibody.
    P2C,
    /// Allogeneic HSCT.
    P3,
    /// Hypogammaglobulinaemia with neither haematological disease nor HSCT.
    P4,
    /// Primary immune deficiency: out of scope.
    #[serde(rename = "OOS-PID")]
    OosPid,
    /// Immunomodulation or another indication: out of scope.
    #[serde(rename = "OOS-IMM")]
    OosImm,
    /// Two populations fit.
    #[serde(rename = "AMB")]
    Ambiguous,
    /// Cannot be assigned.
    #[serde(rename = "PU")]
    Unassigned,
    /// None.
    #[serde(rename = "NONE")]
    None,
}

/// The population with what decided it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationFinding {
    /// The population.
    pub code: Population,
    /// The populations between which it is not decided.
    pub alternatives: Vec<Population>,
    /// The index event T0, if any.
    pub index: Option<IndexEvent>,
    /// Resources that decided it, the index event's own aside.
    #[serde(skip)]
    pub evidence: Vec<Reference>,
    /// An allogeneic HSCT is in the record too (note in P2A, P2C).
    #[serde(skip)]
    pub also_transplanted: bool,
}

/// The index event T0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexEvent {
    /// CAR-T or bispecific.
    pub kind: IndexKind,
    /// Its day, the latest possible one when the record's date is incomplete.
    pub date: Date,
    /// The resources.
    pub evidence: Vec<Reference>,
    /// The day on which the window of K2 ends: T0 + 6 months.
    #[serde(skip)]
    pub window_end: Date,
}

/// Kind of an index event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexKind {
    /// CAR-T infusion.
    CarT,
    /// Start of a bispecific antibody.
    Bispecific,
}

/// Start conclusions of decision-spec §1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StartConclusion {
    /// Criteria met.
    Met,
    /// May be considered; clinical judgement needed.
    Cons,
    /// A decisive input is known to be false.
    Not,
    /// Not supported by the record: the decisive input is none-recorded.
    Ns,
    /// Something decisive is missing.
    Unk,
    /// Not applicable.
    Na,
}

/// The start decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Start {
    /// The conclusion.
    pub conclusion: StartConclusion,
    /// Ids of the recommendations that decided it (`REC-17`).
    pub recommendations: Vec<&'static str>,
    /// The criteria with their verdicts.
    pub criteria: Vec<Criterion>,
    /// What is missing.
    pub missing: Vec<MissingItem>,
    /// A second sample on or after this day decides (K4).
    #[serde(rename = "repeatFrom")]
    pub repeat_from: Option<Date>,
    /// The IgG that decided, if one is usable.
    #[serde(skip)]
    pub igg: Option<DecisiveIgg>,
    /// Its C04 or C06 is not worth a card when the chart opens, only when immunoglobulin is ordered
    /// (§3.5).
    #[serde(skip)]
    pub waits_for_order: bool,
}

/// The usable IgG.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisiveIgg {
    /// As text without unit: `3.2`, `<5`.
    pub value: String,
    /// The number, when it is one.
    pub exact: Option<GramsPerLitre>,
    /// Its reference limit, where the results of its day agree on one.
    pub reference_low: Option<GramsPerLitre>,
    /// When it was drawn (latest possible day).
    pub drawn: Date,
    /// The Observation.
    pub evidence: Reference,
}

/// One criterion with its verdict, evidence and reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Which criterion.
    pub id: CriterionId,
    /// Verdict, with its reason when unknown.
    pub verdict: Verdict,
    /// The value that decided, with its unit, in plain decimal form: `3.2 g/L`.
    pub value: Option<String>,
    /// The date that decided.
    pub date: Option<Date>,
    /// The resources that decided.
    pub evidence: Vec<Reference>,
}

impl Serialize for Criterion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Criterion", 6)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("verdict", self.verdict.code())?;
        out.serialize_field("reason", &self.verdict.reason())?;
        out.serialize_field("value", &self.value)?;
        out.serialize_field("date", &self.date)?;
        out.serialize_field("evidence", &self.evidence)?;
        out.end()
    }
}

/// The criteria, listed by `sid-cds parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriterionId {
    /// IgG < 4 g/L (REC-10, REC-17, REC-23).
    #[serde(rename = "igg-below-4")]
    IggBelow4,
    /// IgG < 6 g/L, in a child below the reference limit (REC-11).
    #[serde(rename = "igg-below-6")]
    IggBelow6,
    /// Low in two samples at least 3 weeks apart (REC-28).
    IggPersistent,
    /// Severe or recurrent verified bacterial infections within K5 (REC-10).
    SevereOrRecurrentInfections,
    /// The infections of REC-11 a, b or c within K6.
    #[serde(rename = "infections-6-months")]
    Infections6Months,
    /// An IgG M-component may make total IgG misleading (REC-16).
    MComponent,
}

impl CriterionId {
    /// Every criterion.
    pub const ALL: [Self; 6] = [
        Self::IggBelow4,
        Self::IggBelow6,
        Self::IggPersistent,
        Self::SevereOrRecurrentInfections,
        Self::Infections6Months,
        Self::MComponent,
    ];

    /// The recommendations that ask for the criterion in a population.
    pub const fn recommendations(self, population: Population) -> &'static [&'static str] {
        use Population::{P1, P1n, P2A, P2B, P2C, P3, P4};
        match (self, population) {
            (Self::IggBelow4, P1 | P1n) => &["REC-10"],
            (Self::IggBelow4, P2A) => &["REC-17"],
            (Self::IggBelow4, P2B) => &["REC-19"],
            (Self::IggBelow4, P3) => &["REC-23"],
            (Self::IggBelow4, P4) => &["REC-10", "REC-26"],
            (Self::IggBelow4 | Self::IggBelow6, P2C) => &["REC-21"],
            (Self::IggBelow4, _) => &["REC-10", "REC-17", "REC-19", "REC-23"],
            (Self::IggBelow6, P2A | P2B) => &["REC-11", "REC-20"],
            (Self::IggBelow6, P4) => &["REC-11", "REC-26"],
            (Self::IggBelow6, _) => &["REC-11"],
            (Self::IggPersistent, _) => &["REC-28"],
            (Self::SevereOrRecurrentInfections, P2B) => &["REC-13", "REC-15", "REC-19", "REC-30"],
            (Self::SevereOrRecurrentInfections, P4) => {
                &["REC-10", "REC-13", "REC-15", "REC-26", "REC-30"]
            }
            (Self::SevereOrRecurrentInfections, _) => &["REC-10", "REC-13", "REC-15", "REC-30"],
            (Self::Infections6Months, P2A | P2B) => &["REC-11", "REC-20", "REC-30"],
            (Self::Infections6Months, P4) => &["REC-11", "REC-26", "REC-30"],
            (Self::Infections6Months, _) => &["REC-11", "REC-30"],
            (Self::MComponent, _) => &["REC-16"],
        }
    }
}

/// What is missing, listed by `sid-cds parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingItem {
    /// A current IgG.
    Igg,
    /// A second IgG at least 3 weeks after the first.
    IggSecondSample,
    /// An IgG drawn without active infection.
    IggUninfectedSample,
    /// The child's reference limit of IgG.
    IggReferenceLimit,
    /// The infection history.
    InfectionHistory,
    /// Confirmation of recorded infections (verified? bacterial? severe?).
    InfectionDetails,
    /// M-protein or its type.
    MProtein,
    /// IgA and IgM.
    IgaIgm,
    /// Date of birth.
    BirthDate,
    /// The day of the CAR-T infusion.
    CarTInfusionDate,
    /// The exact day of the index event.
    IndexEventDate,
    /// Confirmation that a restart or change of bispecific antibody is (not) a new start.
    IndexEventConfirmation,
    /// Donor of the transplant.
    DonorType,
    /// Confirmation that an old transplant is still what governs (K16).
    HsctRelevance,
    /// Which diagnosis governs: primary immune deficiency or malignancy.
    GoverningDiagnosis,
    /// Specialised work-up with clinical immunology (REC-25).
    ImmunologyWorkUp,
    /// Indication of the order.
    OrderIndication,
    /// A vaccination against influenza this season (REC-08).
    VaccinationInfluenza,
    /// A vaccination against pneumococci (REC-08).
    VaccinationPneumococcal,
    /// Antibiotic prophylaxis, where there is a known organ focus (REC-09).
    AntibioticProphylaxis,
    /// Observation was not searched.
    SourceObservation,
    /// Condition was not searched.
    SourceCondition,
    /// Procedure was not searched.
    SourceProcedure,
    /// MedicationRequest was not searched.
    SourceMedicationRequest,
    /// MedicationAdministration was not searched.
    SourceMedicationAdministration,
    /// Patient was not obtained.
    SourcePatient,
    /// Immunization was not searched.
    SourceImmunization,
}

impl MissingItem {
    /// Every missing item.
    pub const ALL: [Self; 27] = [
        Self::Igg,
        Self::IggSecondSample,
        Self::IggUninfectedSample,
        Self::IggReferenceLimit,
        Self::InfectionHistory,
        Self::InfectionDetails,
        Self::MProtein,
        Self::IgaIgm,
        Self::BirthDate,
        Self::CarTInfusionDate,
        Self::IndexEventDate,
        Self::IndexEventConfirmation,
        Self::DonorType,
        Self::HsctRelevance,
        Self::GoverningDiagnosis,
        Self::ImmunologyWorkUp,
        Self::OrderIndication,
        Self::VaccinationInfluenza,
        Self::VaccinationPneumococcal,
        Self::AntibioticProphylaxis,
        Self::SourceObservation,
        Self::SourceCondition,
        Self::SourceProcedure,
        Self::SourceMedicationRequest,
        Self::SourceMedicationAdministration,
        Self::SourcePatient,
        Self::SourceImmunization,
    ];

    /// It names a source that was not obtained.
    pub fn is_source(self) -> bool {
        self >= Self::SourceObservation
    }
}

/// What is said of the draft order.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct OrderFinding {
    /// The conclusion; none without an order.
    pub conclusion: Option<OrderConclusion>,
    /// The order.
    pub reference: Option<Reference>,
    /// The day on which the draft itself ends.
    #[serde(skip)]
    pub planned_end: Option<Date>,
    /// Its indication.
    pub indication: Option<IgIndication>,
    /// It is for SID, so that product, dose and switch are judged.
    #[serde(skip)]
    pub in_scope: bool,
    /// What in it is to be checked first.
    #[serde(skip)]
    pub faults: Vec<SafetyFault>,
    /// Its product.
    #[serde(skip)]
    pub product: ProductFinding,
    /// The change of product that it makes.
    #[serde(skip)]
    pub switch: Option<Switch>,
}

/// Order conclusions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum OrderConclusion {
    /// Nothing to say of the order.
    #[serde(rename = "O-SILENT")]
    Silent,
    /// Information.
    #[serde(rename = "O-INFO")]
    Info,
    /// Warning.
    #[serde(rename = "O-WARN")]
    Warn,
    /// Critical.
    #[serde(rename = "O-CRIT")]
    Crit,
}

/// A consensus report's answer, beside the national one and without weight in it (H-18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparator {
    /// Which report.
    pub id: ReportId,
    /// Whether it would start: `NA` where it does not apply, null for a patient on immunoglobulin.
    pub start: Option<StartConclusion>,
    /// Whether its criterion for a stop is met; null for a patient off immunoglobulin.
    pub stop: Option<StartConclusion>,
    /// Why it does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
    /// The rules that were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<AskedRule>,
}

/// Cards of the catalogue (`recommendations.md` §1b).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum CardCode {
    /// IgG < 4 within 6 months of CAR-T or bispecific: may be started.
    C01,
    /// IgG < 4 with infections: start criterion met.
    C02,
    /// IgG < 6 with infections: may be considered.
    C03,
    /// Start criteria cannot be assessed.
    C04,
    /// Start criteria not met: infections fail.
    C05,
    /// IgG M-component.
    C06,
    /// Child with CAR-T or bispecific.
    C07,
    /// Allogeneic HSCT and IgG < 4.
    C08,
    /// Hypogammaglobulinaemia without haematological disease.
    C09,
    /// Vaccination or antibiotic prophylaxis not documented before a start.
    C10,
    /// Baseline before a start.
    C11,
    /// Review due.
    C12,
    /// Stop attempt due, CART6.
    C14,
    /// Stop attempt, STD.
    C15,
    /// IgG under substitution does not tell B-cell function.
    C16,
    /// Summer pause.
    C17,
    /// Infection after a stop or pause.
    C18,
    /// SCIG is preferred to IVIG.
    C20,
    /// Facilitated SCIG in a small child.
    C21,
    /// Dose outside 0.4–0.8 g/kg and month.
    C22,
    /// Check unit, route or weight.
    C23,
    /// Trough outside its aim.
    C24,
    /// Dose reduction can be tried.
    C25,
    /// Outside this guideline.
    C26,
    /// Switch gram for gram.
    C27,
    /// Reason for a switch.
    C28,
    /// State the indication.
    C29,
    /// Two populations fit.
    C30,
    /// Data cannot be used.
    C31,
    /// Start criteria not met: IgG fails.
    C32,
}

impl CardCode {
    /// Every card.
    pub const ALL: [Self; 30] = [
        Self::C01,
        Self::C02,
        Self::C03,
        Self::C04,
        Self::C05,
        Self::C06,
        Self::C07,
        Self::C08,
        Self::C09,
        Self::C10,
        Self::C11,
        Self::C12,
        Self::C14,
        Self::C15,
        Self::C16,
        Self::C17,
        Self::C18,
        Self::C20,
        Self::C21,
        Self::C22,
        Self::C23,
        Self::C24,
        Self::C25,
        Self::C26,
        Self::C27,
        Self::C28,
        Self::C29,
        Self::C30,
        Self::C31,
        Self::C32,
    ];
}
