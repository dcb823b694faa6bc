//! The facts about one patient that the guideline reads, each with the resource it came from.
//!
//! `chart` fills them in (decision-spec §4, F-01…F-12); the rules of this module's siblings read
//! them. A fact says what the record says, not what it means: windows, merging and thresholds are
//! applied by the rules.

mod order;
mod prescription;

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::{
    date::When, parameters::K1_ADULT_YEARS, problem::DataProblem, quantity::GramsPerLitre,
};
pub use prescription::{
    Amount, Cap, DoseGap, DoseRole, Interval, OrderedRoute, Pace, PastDose, Placement, PlannedDose,
    Prescription, Product, RunningOrder, Weight, WrittenAs, WrittenDose,
};

/// A literal reference to a resource of the patient's record, `Observation/o1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// From `Type/id`.
    pub fn new(reference: impl Into<String>) -> Self {
        Self(reference.into())
    }

    /// `Type/id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is known about one patient.
///
/// `Default` is a patient of whom nothing is known and for whom nothing was searched.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Age and vital status.
    pub patient: Patient,
    /// Which sources were searched (F-09).
    pub searched: Searched,
    /// Total IgG results (F-01), in no particular order.
    pub igg: Vec<LabResult>,
    /// Total IgA results.
    pub iga: Vec<LabResult>,
    /// Total IgM results.
    pub igm: Vec<LabResult>,
    /// Body weights, in no particular order.
    pub weights: Vec<Weight>,
    /// B-cell counts, in 10⁹/L scaled to thousandths (cells per µL).
    pub b_cells: Vec<CellCount>,
    /// M-protein concentrations and typings.
    pub m_proteins: Vec<MProtein>,
    /// Diagnoses that decide the population (F-05), the PID and hypogammaglobulinaemia sets.
    pub diagnoses: Vec<Diagnosis>,
    /// CAR-T infusions, given or planned (F-02).
    pub car_t: Vec<CarT>,
    /// Exposures to a bispecific antibody of the set (F-03).
    pub bispecifics: Vec<BispecificExposure>,
    /// Stem-cell transplants (F-04).
    pub transplants: Vec<Transplant>,
    /// Infections (F-06), one per Condition; episodes are merged by the rules (K12).
    pub infections: Vec<Infection>,
    /// Exposures to human normal immunoglobulin (F-07); courses are merged by the rules.
    pub immunoglobulin: Vec<IgExposure>,
    /// The orders of it that run at E, as they are written.
    pub running_orders: Vec<RunningOrder>,
    /// The doses of its other records, for the picture of the course.
    pub past_doses: Vec<PastDose>,
    /// Vaccinations against influenza and pneumococci that were given (F-11).
    pub vaccinations: Vec<Vaccination>,
    /// Chronic organ foci of infection on the problem list (F-12).
    pub organ_foci: Vec<OrganFocus>,
    /// Systemic antibiotics that are running at E (F-12).
    pub running_antibiotics: Vec<RunningAntibiotic>,
    /// What clinicians have stated (§5).
    pub statements: Vec<Statement>,
    /// The draft order of human normal immunoglobulin that an order hook is about.
    pub order: Option<Order>,
    /// What the drafts of an order hook hold besides: it is not suggested again.
    pub drafted: Drafted,
    /// What could not be read or used.
    pub problems: Vec<DataProblem>,
}

/// Drafts of tests and vaccinations that a clinician has already made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drafted {
    /// Tests that are requested.
    pub tests: Vec<LabTest>,
    /// Vaccinations that are ordered.
    pub vaccinations: Vec<VaccinationTarget>,
}

/// A test or referral that the cards may suggest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabTest {
    /// Total IgG.
    Igg,
    /// Total IgA.
    Iga,
    /// Total IgM.
    Igm,
    /// B-cell count.
    BCells,
    /// Free kappa light chains.
    FreeKappa,
    /// Free lambda light chains.
    FreeLambda,
    /// Antibodies to pneumococci.
    PneumococcalAntibodies,
    /// Antibodies to tetanus toxin.
    TetanusAntibodies,
    /// Antibodies to diphtheria toxin.
    DiphtheriaAntibodies,
    /// Work-up with clinical immunology, a referral.
    Immunology,
}

/// Age and vital status.
#[derive(Debug, Clone, Default)]
pub struct Patient {
    /// Date of birth.
    pub born: Option<When>,
    /// Deceased: `true` without a date, or with one.
    pub deceased: Option<Deceased>,
    /// The Patient resource itself is entered in error.
    pub entered_in_error: bool,
}

impl Patient {
    /// A child on that day, or by an incomplete date of birth perhaps one (K1).
    pub fn is_child(&self, day: Date) -> bool {
        self.born
            .is_some_and(|born| born.plus_months(12 * K1_ADULT_YEARS).latest() > day)
    }
}

/// How the record says that the patient has died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deceased {
    /// `deceasedBoolean` true.
    Undated,
    /// `deceasedDateTime`.
    On(When),
}

/// Which sources were searched: false means that the data were never obtained, or only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one flag per FHIR resource type"
)]
pub struct Searched {
    /// The Patient itself was obtained.
    pub patient: bool,
    /// Observation.
    pub observations: bool,
    /// Condition.
    pub conditions: bool,
    /// Procedure.
    pub procedures: bool,
    /// MedicationRequest.
    pub medication_requests: bool,
    /// MedicationAdministration.
    pub medication_administrations: bool,
    /// MedicationStatement.
    pub medication_statements: bool,
    /// MedicationDispense.
    pub medication_dispenses: bool,
    /// Encounter.
    pub encounters: bool,
    /// Immunization.
    pub immunizations: bool,
}

impl Searched {
    /// Every source was searched.
    pub const ALL: Self = Self {
        patient: true,
        observations: true,
        conditions: true,
        procedures: true,
        medication_requests: true,
        medication_administrations: true,
        medication_statements: true,
        medication_dispenses: true,
        encounters: true,
        immunizations: true,
    };
}

/// One result of IgG, IgA or IgM (F-01): final, amended or corrected; others are not facts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabResult {
    /// When it was drawn; `None` when the date is missing or unreadable.
    pub drawn: Option<When>,
    /// The value.
    pub value: Measured,
    /// `referenceRange.low` of the same result.
    pub reference_low: Option<GramsPerLitre>,
    /// The Observation.
    pub evidence: Reference,
}

/// A concentration as measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measured {
    /// A number.
    Exactly(GramsPerLitre),
    /// `<` or `<=` the number (`inclusive`).
    Below {
        /// The bound.
        bound: GramsPerLitre,
        /// The bound itself is possible (`<=`).
        inclusive: bool,
    },
    /// `>` or `>=` the number (`inclusive`).
    Above {
        /// The bound.
        bound: GramsPerLitre,
        /// The bound itself is possible (`>=`).
        inclusive: bool,
    },
    /// No usable number: unit missing, unknown or contradicting, free text, implausible. The
    /// problem itself is in [`Facts::problems`].
    Unusable,
}

/// A B-cell count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellCount {
    /// When it was drawn.
    pub drawn: When,
    /// Cells per µL × 1000, so that 0.001 × 10⁹/L is 1000.
    pub per_millilitre: i64,
    /// The Observation.
    pub evidence: Reference,
}

/// A finding about an M-protein.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MProtein {
    /// When it was drawn.
    pub drawn: Option<When>,
    /// What was found.
    pub finding: MProteinFinding,
    /// The Observation or Condition.
    pub evidence: Reference,
}

/// What an M-protein result says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MProteinFinding {
    /// An M-protein of class IgG.
    Igg,
    /// An M-protein of class IgA or IgM: total IgG stays valid.
    OtherClass,
    /// An M-protein whose class is not stated.
    ClassUnknown,
    /// No M-protein.
    Absent,
}

/// A diagnosis of one of the sets that decide the population.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnosis {
    /// Which set.
    pub kind: DiagnosisKind,
    /// Active, in remission or resolved; `None` when not stated.
    pub status: Option<ClinicalStatus>,
    /// verificationStatus `confirmed`, or none stated. Refuted, entered-in-error and differential
    /// diagnoses are not facts.
    pub confirmed: bool,
    /// Onset, else recorded date.
    pub onset: Option<When>,
    /// Its text or display, as the record has it.
    pub text: Option<String>,
    /// The Condition.
    pub evidence: Reference,
}

/// The sets of diagnoses. One Condition may be in several and is then given once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiagnosisKind {
    /// Haematological malignancy, myeloma included.
    HaematologicalMalignancy,
    /// Multiple myeloma (also given as malignancy).
    Myeloma,
    /// Monoclonal gammopathy of undetermined significance (also given as non-malignant).
    Mgus,
    /// Non-malignant haematological disease: MGUS, ITP, AIHA …
    NonMalignantHaematological,
    /// Hypogammaglobulinaemia without a specific primary cause (D80.1, D80.8, D80.9, D84.8 …).
    Hypogammaglobulinaemia,
    /// A specific primary immune deficiency.
    PrimaryImmunodeficiency,
    /// Any other diagnosis, kept only to tell an indication (B-32).
    Other,
}

/// Clinical status of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClinicalStatus {
    /// Active, recurrence or relapse.
    Active,
    /// Remission or inactive.
    Remission,
    /// Resolved.
    Resolved,
}

/// A CAR-T infusion, or a plan of one (F-02).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarT {
    /// Infused or only planned.
    pub stage: CarTStage,
    /// When; for an order, when it was written.
    pub when: Option<When>,
    /// How its own record ties it to a disease.
    pub indication: Indication,
    /// Coded as a product that is licensed for haematological malignancy only (an ATC or RxNorm
    /// code of the CAR-T set), not as a procedure "CAR-T" (B-32).
    pub product: bool,
    /// The Procedure, MedicationAdministration, Condition or MedicationRequest.
    pub evidence: Reference,
}

/// How far a CAR-T treatment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CarTStage {
    /// Completed infusion.
    Infused,
    /// A MedicationRequest or ServiceRequest that is active or completed: perhaps given, nobody
    /// says so.
    Ordered,
    /// A planned or cancelled-before-start procedure, a draft order: not given.
    Planned,
}

/// What the record of a treatment says that it was given for (B-32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indication {
    /// A haematological malignancy.
    HaematologicalMalignancy,
    /// Something else.
    Other,
    /// Nothing stated.
    NotStated,
}

/// One record of a bispecific antibody of the set (F-03).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BispecificExposure {
    /// The drug: its normalised code, the same for every record of one drug.
    pub drug: String,
    /// Which kind of record.
    pub source: MedicationSource,
    /// First day (a single administration: its day).
    pub start: Option<When>,
    /// Last day; `None` when it goes on or the record does not say.
    pub end: Option<When>,
    /// The record says that it goes on (active order, active statement).
    pub ongoing: bool,
    /// What for.
    pub indication: Indication,
    /// The resource.
    pub evidence: Reference,
}

/// Which resource a medication fact comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MedicationSource {
    /// MedicationAdministration completed or in progress.
    Administration,
    /// MedicationDispense completed.
    Dispense,
    /// MedicationStatement.
    Statement,
    /// MedicationRequest with intent order, active, completed or stopped.
    Order,
}

/// A stem-cell transplant (F-04).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transplant {
    /// When; `None` when undated.
    pub when: Option<When>,
    /// Donor.
    pub donor: Donor,
    /// The Procedure or Condition.
    pub evidence: Reference,
}

/// Donor of a stem-cell transplant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Donor {
    /// Another person.
    Allogeneic,
    /// The patient.
    Autologous,
    /// Not stated.
    Unknown,
}

/// One recorded infection (F-06).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent finding of the record"
)]
pub struct Infection {
    /// Onset, else recorded date, else the evaluation date.
    pub onset: When,
    /// When it ended.
    pub abatement: Option<When>,
    /// Bacterial, from the code.
    pub bacterial: Bacterial,
    /// verificationStatus is `confirmed`.
    pub confirmed: bool,
    /// A positive culture belongs to it.
    pub positive_culture: bool,
    /// A code of the mucosal-mild set.
    pub mild: bool,
    /// A sepsis code, with or without organ failure.
    pub sepsis: bool,
    /// Shock, intensive care or a severity code.
    pub life_threatening: bool,
    /// It led to admission: met, not met, or unknown where encounters were not searched.
    pub admitted: super::verdict::Verdict,
    /// A systemic antibiotic is recorded for it; unknown where medication was not searched.
    pub treated: super::verdict::Verdict,
    /// Which focus, for merging into episodes (K12).
    pub focus: Focus,
    /// Its text or display, as the record has it.
    pub text: Option<String>,
    /// The Condition.
    pub evidence: Reference,
}

/// Whether a code says bacterial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bacterial {
    /// Bacterial by definition.
    Certain,
    /// Organism not stated or mixed.
    Possible,
    /// Viral or otherwise not bacterial.
    No,
}

/// Where an infection sits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Focus {
    /// Lung.
    Lung,
    /// Urinary tract.
    Urinary,
    /// Skin and soft tissue.
    Skin,
    /// Ear, nose and throat.
    Ent,
    /// Blood.
    Blood,
    /// Another one: the three-character ICD-10 category, or the code.
    Other(String),
}

/// One completed vaccination (F-11).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vaccination {
    /// Against what.
    pub against: VaccinationTarget,
    /// When; `None` when undated.
    pub when: Option<When>,
    /// The Immunization.
    pub evidence: Reference,
}

/// The vaccinations that the guideline asks for before a start (REC-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VaccinationTarget {
    /// Influenza, yearly.
    Influenza,
    /// Pneumococci.
    Pneumococci,
}

/// A chronic focus of infection, such as bronchiectasis (F-12). Repeated infections are counted from
/// [`Facts::infections`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrganFocus {
    /// Its text or display, as the record has it.
    pub text: Option<String>,
    /// The Condition.
    pub evidence: Reference,
}

/// An order or statement of a systemic antibiotic that is active at E (F-12).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunningAntibiotic {
    /// First day.
    pub start: Option<When>,
    /// Its reason or its instructions say that it is prophylaxis.
    pub marked_prophylactic: bool,
    /// The MedicationRequest or MedicationStatement.
    pub evidence: Reference,
}

/// One record of human normal immunoglobulin (F-07).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IgExposure {
    /// Which kind of record.
    pub source: MedicationSource,
    /// First day (a single dose: its day).
    pub start: Option<When>,
    /// Last day of a period, or of a planned course that has passed.
    pub end: Option<When>,
    /// The record says that it goes on: an order or statement that is active at E and whose
    /// planned end has not passed.
    pub active: bool,
    /// The record itself ends the course: an order stopped or completed, a statement stopped.
    /// Without a date in `end`, the day of the stop is not known.
    pub stopped: bool,
    /// Route.
    pub route: IgRoute,
    /// What for.
    pub indication: IgIndication,
    /// The resource.
    pub evidence: Reference,
}

/// Route of immunoglobulin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum IgRoute {
    /// Intravenous.
    Iv,
    /// Subcutaneous, weekly or so.
    Sc,
    /// Facilitated subcutaneous, monthly.
    FacilitatedSc,
    /// Not known.
    Unknown,
}

/// Indication of an immunoglobulin order (F-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IgIndication {
    /// Secondary immune deficiency: hypogammaglobulinaemia, haematological disease, HSCT, CAR-T.
    SecondaryImmunodeficiency,
    /// Primary immune deficiency.
    PrimaryImmunodeficiency,
    /// Immunomodulation or another use outside the guideline.
    Immunomodulation,
    /// None stated, or one that is in no set.
    NotStated,
}

/// The draft order of human normal immunoglobulin that an order hook is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// `MedicationRequest/id`; drafts may lack an id.
    pub evidence: Reference,
    /// Why it is ordered.
    pub indication: IgIndication,
    /// The reason as it stands in the order.
    pub indication_text: Option<String>,
    /// Route.
    pub route: IgRoute,
    /// `boundsPeriod.end` of the draft, if it has one.
    pub planned_end: Option<Date>,
    /// Product, route, doses and intervals as written.
    pub prescription: Prescription,
}

/// What a clinician has stated (§5), newest facts win as each rule says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// What was stated.
    pub kind: StatementKind,
    /// Its date: `effectivePeriod.end` or `effectiveDateTime`.
    pub date: Date,
    /// `effectivePeriod.start`.
    pub from: Option<Date>,
    /// The Observation.
    pub evidence: Reference,
}

/// The statements of §5 with their values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementKind {
    /// Infection history reviewed: true = qualifying infections present, false = none.
    InfectionHistoryReviewed(bool),
    /// Low IgG was the decisive single factor.
    IggDecisiveFactor(bool),
    /// Vaccination is adequate.
    VaccinationAdequate(bool),
    /// Antibiotic prophylaxis was considered.
    AntibioticProphylaxisConsidered(bool),
    /// Review of an immunoglobulin course.
    IgReview(ReviewOutcome),
    /// A short extension past T0 + 6 months, to this day.
    IgExtension(Date),
    /// This record is (not) an index event of its own.
    IndexEventConfirmed {
        /// The event, `MedicationAdministration/a1`.
        event: Reference,
        /// Confirmed, or denied.
        confirmed: bool,
    },
    /// Donor of the transplant.
    DonorType(Donor),
    /// Immunoglobulin is given outside this record.
    IgOutsideRecord(bool),
    /// Why intravenous immunoglobulin (REC-06).
    IvigReason(IvigReason),
    /// Why another product (REC-52, REC-53, REC-57).
    SwitchReason(SwitchReason),
}

/// The situations in which IVIG may be considered before SCIG (REC-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum IvigReason {
    /// A short treatment is expected.
    ShortDuration,
    /// Very high doses are needed.
    VeryHighDose,
    /// The skin does not allow subcutaneous use.
    Skin,
    /// Self-injection is difficult or frightening.
    SelfInjection,
}

/// Why a product is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum SwitchReason {
    /// It does not work well enough.
    LackOfEffect,
    /// Adverse effects.
    AdverseEffect,
    /// Price.
    Economic,
    /// Another one.
    Other,
}

/// Outcome of a review of an immunoglobulin course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewOutcome {
    /// Continue.
    Continue,
    /// Adjust the dose.
    Adjust,
    /// Pause.
    Pause,
    /// Stop.
    Stop,
}
