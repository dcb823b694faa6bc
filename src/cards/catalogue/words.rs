//! The guideline's terms in words: populations, criteria, verdicts, missing items, data problems.

use super::{Text, say, text};
use crate::{
    cards::{Language, locale},
    guideline::{
        assessment::{CourseConclusion, CriterionId, IndexKind, MissingItem, Population},
        facts::{ClinicalStatus, DiagnosisKind, Donor},
        parameters::{K4_SAMPLE_INTERVAL_DAYS, K5_INFECTION_MONTHS, K6_INFECTION_MONTHS},
        problem::Problem,
        verdict::{Reason, Verdict},
    },
};
use jiff::civil::Date;

/// A population, in full.
pub fn population(population: Population) -> Text {
    match population {
        Population::P1 => text("hæmatologisk sygdom", "haematological disease"),
        Population::P1n => text(
            "ikke-malign hæmatologisk sygdom",
            "non-malignant haematological disease",
        ),
        Population::P2A => text(
            "voksen, under 6 måneder efter CAR-T-infusion eller start af bispecifikt antistof",
            "adult, less than 6 months after CAR-T infusion or start of a bispecific antibody",
        ),
        Population::P2B => text(
            "voksen, 6 måneder eller mere efter CAR-T-infusion eller start af bispecifikt antistof",
            "adult, 6 months or more after CAR-T infusion or start of a bispecific antibody",
        ),
        Population::P2C => text(
            "barn behandlet med CAR-T eller bispecifikt antistof",
            "child treated with CAR-T or a bispecific antibody",
        ),
        Population::P3 => text("allogen HSCT", "allogeneic HSCT"),
        Population::P4 => text(
            "hypogammaglobulinæmi uden hæmatologisk sygdom eller HSCT",
            "hypogammaglobulinaemia with neither haematological disease nor HSCT",
        ),
        Population::OosPid => text(
            "primær immundefekt (uden for vejledningen)",
            "primary immune deficiency (outside the guideline)",
        ),
        Population::OosImm => text(
            "anden indikation end SID (uden for vejledningen)",
            "indication other than SID (outside the guideline)",
        ),
        Population::Ambiguous => text("to populationer passer", "two populations fit"),
        Population::Unassigned => text("kan ikke fastlægges", "cannot be assigned"),
        Population::None => text(
            "ingen af vejledningens populationer",
            "none of the guideline's populations",
        ),
    }
}

/// A population in the few words of a summary.
pub fn population_short(population: Population) -> Text {
    match population {
        Population::P1 => text("hæmatologisk sygdom", "haematological disease"),
        Population::P1n => text(
            "ikke-malign hæmatologisk sygdom",
            "non-malignant haematological disease",
        ),
        Population::P2A => text("CAR-T/bispecifikt <6 mdr.", "CAR-T/bispecific <6 months"),
        Population::P2B => text("CAR-T/bispecifikt ≥6 mdr.", "CAR-T/bispecific ≥6 months"),
        Population::P2C => text("barn med CAR-T/bispecifikt", "child with CAR-T/bispecific"),
        Population::P3 => text("allogen HSCT", "allogeneic HSCT"),
        Population::P4 => text(
            "HGG uden hæmatologisk sygdom",
            "HGG without haematological disease",
        ),
        Population::OosPid => text("primær immundefekt", "primary immune deficiency"),
        Population::OosImm => text("anden indikation end SID", "other indication than SID"),
        Population::Ambiguous => text("de mulige populationer", "the possible populations"),
        Population::Unassigned => text("uafklaret population", "undecided population"),
        Population::None => text("ingen population", "no population"),
    }
}

/// A population's code, by which documentation and tests name it.
pub fn population_code(population: Population) -> &'static str {
    match population {
        Population::P1 => "P1",
        Population::P1n => "P1n",
        Population::P2A => "P2A",
        Population::P2B => "P2B",
        Population::P2C => "P2C",
        Population::P3 => "P3",
        Population::P4 => "P4",
        Population::OosPid => "OOS-PID",
        Population::OosImm => "OOS-IMM",
        Population::Ambiguous => "AMB",
        Population::Unassigned => "PU",
        Population::None => "NONE",
    }
}

/// An index event.
pub fn index_event(kind: IndexKind) -> Text {
    match kind {
        IndexKind::CarT => text("CAR-T-infusion", "CAR-T infusion"),
        IndexKind::Bispecific => text(
            "start af bispecifikt antistof",
            "start of a bispecific antibody",
        ),
    }
}

/// An index event in the few words of a summary.
pub fn index_short(kind: Option<IndexKind>) -> Text {
    match kind {
        Some(IndexKind::CarT) => text("CAR-T", "CAR-T"),
        Some(IndexKind::Bispecific) => text("bispecifikt antistof", "bispecific antibody start"),
        None => text("CAR-T/bispecifikt antistof", "CAR-T/bispecific start"),
    }
}

/// A kind of diagnosis, where the record itself has no text for it.
pub fn diagnosis(kind: DiagnosisKind) -> Text {
    match kind {
        DiagnosisKind::HaematologicalMalignancy => {
            text("hæmatologisk malignitet", "haematological malignancy")
        }
        DiagnosisKind::Myeloma => text("myelomatose", "multiple myeloma"),
        DiagnosisKind::Mgus => text("MGUS", "MGUS"),
        DiagnosisKind::NonMalignantHaematological => text(
            "ikke-malign hæmatologisk sygdom",
            "non-malignant haematological disease",
        ),
        DiagnosisKind::Hypogammaglobulinaemia => {
            text("hypogammaglobulinæmi", "hypogammaglobulinaemia")
        }
        DiagnosisKind::PrimaryImmunodeficiency => {
            text("primær immundefekt", "primary immune deficiency")
        }
        DiagnosisKind::Other => text("anden diagnose", "other diagnosis"),
    }
}

/// A clinical status that the reader must know of; an active disease needs no word (F-05).
pub fn status(status: Option<ClinicalStatus>) -> Option<Text> {
    match status {
        Some(ClinicalStatus::Remission) => Some(text("i remission", "in remission")),
        Some(ClinicalStatus::Resolved) => Some(text("ophørt", "resolved")),
        Some(ClinicalStatus::Active) | None => None,
    }
}

/// A transplant by its donor.
pub fn transplant(donor: Donor) -> Text {
    match donor {
        Donor::Allogeneic => text("allogen HSCT", "allogeneic HSCT"),
        Donor::Autologous => text("autolog HSCT", "autologous HSCT"),
        Donor::Unknown => text("HSCT, donortype ukendt", "HSCT, donor type unknown"),
    }
}

/// A criterion.
pub fn criterion(id: CriterionId, child: bool, language: Language) -> String {
    match id {
        CriterionId::IggBelow4 => say!(language, "IgG under 4 g/L", "IgG below 4 g/L"),
        CriterionId::IggBelow6 if child => say!(
            language,
            "IgG under barnets nedre referencegrænse",
            "IgG below the child's lower reference limit"
        ),
        CriterionId::IggBelow6 => say!(language, "IgG under 6 g/L", "IgG below 6 g/L"),
        CriterionId::IggPersistent => say!(
            language,
            "Lav IgG i to prøver med mindst {K4_SAMPLE_INTERVAL_DAYS} dages mellemrum, mindst én uden aktiv infektion",
            "Low IgG in two samples at least {K4_SAMPLE_INTERVAL_DAYS} days apart, at least one without active infection"
        ),
        CriterionId::SevereOrRecurrentInfections => say!(
            language,
            "Svære eller tilbagevendende verificerede bakterielle infektioner inden for {K5_INFECTION_MONTHS} måneder",
            "Severe or recurrent verified bacterial infections within {K5_INFECTION_MONTHS} months"
        ),
        CriterionId::Infections6Months => say!(
            language,
            "Inden for {K6_INFECTION_MONTHS} måneder: to indlæggelseskrævende bakterielle infektioner, én livstruende bakteriel sepsis eller to verificerede, antibiotikakrævende",
            "Within {K6_INFECTION_MONTHS} months: two bacterial infections with admission, one life-threatening bacterial sepsis, or two verified ones that needed antibiotics"
        ),
        CriterionId::MComponent => say!(
            language,
            "IgG-M-komponent, som kan gøre total-IgG misvisende",
            "IgG M-component that may make total IgG misleading"
        ),
    }
}

/// A verdict on a criterion, an unknown with its reason.
pub fn verdict(id: CriterionId, verdict: Verdict, language: Language) -> String {
    match (verdict, id) {
        // Not a condition to fulfil but a finding, so "met" would mislead.
        (Verdict::Met, CriterionId::MComponent) => say!(language, "mulig", "possible"),
        (Verdict::NotMet, CriterionId::MComponent) => say!(language, "nej", "no"),
        (Verdict::Met, _) => say!(language, "opfyldt", "met"),
        (Verdict::NotMet, _) => say!(language, "ikke opfyldt", "not met"),
        (Verdict::Unknown(why), _) => {
            let why = reason(why).say(language);
            say!(language, "uafklaret ({why})", "not known ({why})")
        }
    }
}

/// Why something cannot be decided.
pub fn reason(reason: Reason) -> Text {
    match reason {
        Reason::NotSearched => text("data er ikke hentet", "the data were not obtained"),
        Reason::NoneRecorded => text(
            "der er søgt, intet er registreret",
            "searched, none recorded",
        ),
        Reason::Insufficient => text(
            "utilstrækkelige eller for gamle data",
            "too few or too old data",
        ),
        Reason::Conflicting => text("modstridende data", "conflicting data"),
        Reason::Invalid => text(
            "ubrugelig enhed, værdi, status eller dato",
            "unusable unit, value, status or date",
        ),
        Reason::NeedsJudgement => text("kræver klinisk vurdering", "needs clinical judgement"),
    }
}

/// A missing item in the few words of a summary, after "missing".
pub fn missing_short(item: MissingItem, repeat_from: Option<Date>, language: Language) -> String {
    let fixed = match (item, repeat_from) {
        (
            MissingItem::Igg | MissingItem::IggSecondSample | MissingItem::IggUninfectedSample,
            Some(from),
        ) => {
            let from = locale::date(from, language);
            return say!(language, "ny IgG fra {from}", "IgG from {from}");
        }
        (MissingItem::Igg, None) => text("aktuel IgG", "a current IgG"),
        (MissingItem::IggSecondSample, None) => text("IgG-prøve nr. 2", "a second IgG"),
        (MissingItem::IggUninfectedSample, None) => {
            text("IgG uden aktiv infektion", "IgG without active infection")
        }
        (MissingItem::IggReferenceLimit, _) => text(
            "barnets referencegrænse for IgG",
            "the child's IgG reference limit",
        ),
        (MissingItem::InfectionHistory, _) => text("infektionshistorik", "infection history"),
        (MissingItem::InfectionDetails, _) => {
            text("bekræftelse af infektioner", "confirmation of infections")
        }
        (MissingItem::MProtein, _) => text("svar på M-komponent", "M-protein result"),
        (MissingItem::IgaIgm, _) => text("IgA og IgM", "IgA and IgM"),
        (MissingItem::BirthDate, _) => text("fødselsdato", "date of birth"),
        (MissingItem::CarTInfusionDate, _) => {
            text("dato for CAR-T-infusion", "date of CAR-T infusion")
        }
        (MissingItem::IndexEventDate, _) => text(
            "præcis dato for CAR-T/bispecifikt",
            "exact date of CAR-T/bispecific",
        ),
        (MissingItem::IndexEventConfirmation, _) => text(
            "afklaring af ny behandlingsstart",
            "confirmation of a new treatment start",
        ),
        (MissingItem::DonorType, _) => text("donortype ved HSCT", "donor type of HSCT"),
        (MissingItem::HsctRelevance, _) => {
            text("vurdering af tidligere HSCT", "relevance of an old HSCT")
        }
        (MissingItem::GoverningDiagnosis, _) => {
            text("styrende diagnose", "the governing diagnosis")
        }
        (MissingItem::ImmunologyWorkUp, _) => text("immunologisk udredning", "immunology work-up"),
        (MissingItem::OrderIndication, _) => text("indikation", "indication"),
        (MissingItem::SourceObservation, _) => text("laboratoriesvar", "laboratory results"),
        (MissingItem::SourceCondition, _) => text("diagnoser", "diagnoses"),
        (MissingItem::SourceProcedure, _) => text("procedurer", "procedures"),
        (MissingItem::SourceMedicationRequest, _) => text("ordinationer", "prescriptions"),
        (MissingItem::SourceMedicationAdministration, _) => {
            text("medicinadministrationer", "administrations")
        }
        (MissingItem::SourcePatient, _) => text("patientdata", "patient data"),
    };
    fixed.say(language).to_owned()
}

/// A missing item in a sentence, for the detail.
pub fn missing(item: MissingItem) -> Text {
    match item {
        MissingItem::Igg => text(
            "En brugbar, aktuel IgG målt uden immunglobulin i kroppen",
            "A usable, current IgG measured off immunoglobulin",
        ),
        MissingItem::IggSecondSample => text(
            "En IgG-prøve nr. 2 mindst 3 uger efter den første",
            "A second IgG at least 3 weeks after the first",
        ),
        MissingItem::IggUninfectedSample => text(
            "Mindst én IgG-prøve taget uden aktiv infektion",
            "At least one IgG drawn without active infection",
        ),
        MissingItem::IggReferenceLimit => text(
            "Nedre referencegrænse for barnets alder på IgG-svaret",
            "The lower reference limit for the child's age on the IgG result",
        ),
        MissingItem::InfectionHistory => text(
            "Infektionshistorik for de seneste 12 måneder: antal, type og sværhedsgrad",
            "Infection history of the last 12 months: number, type and severity",
        ),
        MissingItem::InfectionDetails => text(
            "Bekræftelse af registrerede infektioner: verificeret, bakteriel, svær eller behandlet?",
            "Confirmation of recorded infections: verified, bacterial, severe or treated?",
        ),
        MissingItem::MProtein => text(
            "Svar på M-komponent og dens type",
            "M-protein result and its type",
        ),
        MissingItem::IgaIgm => text("IgA og IgM", "IgA and IgM"),
        MissingItem::BirthDate => text("Fødselsdato", "Date of birth"),
        MissingItem::CarTInfusionDate => text(
            "Dato for CAR-T-infusionen (bestilt, planlagt eller registreret uden dato)",
            "Date of the CAR-T infusion (ordered, planned or recorded without a date)",
        ),
        MissingItem::IndexEventDate => text(
            "Præcis dato for CAR-T-infusion eller start af bispecifikt antistof",
            "The exact date of the CAR-T infusion or start of the bispecific antibody",
        ),
        MissingItem::IndexEventConfirmation => text(
            "Afklaring af, om genoptaget eller skiftet bispecifikt antistof er en ny behandlingsstart",
            "Whether a resumed or changed bispecific antibody is a new treatment start",
        ),
        MissingItem::DonorType => text(
            "Donortype ved HSCT (allogen eller autolog)",
            "Donor type of the HSCT (allogeneic or autologous)",
        ),
        MissingItem::HsctRelevance => text(
            "Vurdering af, om den tidligere allogene HSCT stadig er styrende",
            "Whether the old allogeneic HSCT still governs",
        ),
        MissingItem::GoverningDiagnosis => text(
            "Hvilken diagnose der er styrende: primær immundefekt eller malignitet",
            "Which diagnosis governs: primary immune deficiency or malignancy",
        ),
        MissingItem::ImmunologyWorkUp => text(
            "Udredning med klinisk immunologi, herunder vaccinationsrespons",
            "Work-up with clinical immunology, vaccine response included",
        ),
        MissingItem::OrderIndication => text("Ordinationens indikation", "The order's indication"),
        MissingItem::SourceObservation => text(
            "Laboratoriesvar kunne ikke hentes (Observation)",
            "Laboratory results were not obtained (Observation)",
        ),
        MissingItem::SourceCondition => text(
            "Diagnoser kunne ikke hentes (Condition)",
            "Diagnoses were not obtained (Condition)",
        ),
        MissingItem::SourceProcedure => text(
            "Procedurer kunne ikke hentes (Procedure)",
            "Procedures were not obtained (Procedure)",
        ),
        MissingItem::SourceMedicationRequest => text(
            "Ordinationer kunne ikke hentes (MedicationRequest)",
            "Prescriptions were not obtained (MedicationRequest)",
        ),
        MissingItem::SourceMedicationAdministration => text(
            "Medicinadministrationer kunne ikke hentes (MedicationAdministration)",
            "Administrations were not obtained (MedicationAdministration)",
        ),
        MissingItem::SourcePatient => text(
            "Patientens stamdata kunne ikke hentes (Patient)",
            "The patient's own data were not obtained (Patient)",
        ),
    }
}

/// A data problem.
pub fn problem(problem: Problem) -> Text {
    match problem {
        Problem::UnitMissing => text("enhed mangler", "unit missing"),
        Problem::UnitUnknown => text("ukendt enhed", "unknown unit"),
        Problem::UnitContradictsCode => text(
            "enheden modsiger analysekoden",
            "the unit contradicts the code",
        ),
        Problem::ValueImplausible => text("usandsynlig værdi", "implausible value"),
        Problem::ValueNotNumeric => text("tekst i stedet for tal", "text instead of a number"),
        Problem::ValueMissing => text("værdi mangler", "value missing"),
        Problem::ValueUnreadable => text("ulæselig værdi", "unreadable value"),
        Problem::DateMissing => text("dato mangler", "date missing"),
        Problem::DateInvalid => text("ugyldig dato", "invalid date"),
        Problem::DateInFuture => text("dato i fremtiden", "date in the future"),
        Problem::ValuesConflict => text(
            "forskellige værdier samme dag",
            "different values on one day",
        ),
        Problem::Conflict => text("modstridende oplysninger", "contradicting facts"),
        Problem::Unreadable => text("kan ikke læses", "cannot be read"),
        Problem::CodeSystemUnknown => text("ukendt kodesystem", "unknown code system"),
        Problem::Incomplete => text("ufuldstændigt søgesvar", "incomplete search result"),
        Problem::SourceError => text(
            "serveren svarede med en fejl",
            "the server answered with an error",
        ),
        Problem::OtherPatient => text("tilhører en anden patient", "belongs to another patient"),
        Problem::Repaired => text(
            "ordinationen var ikke gyldig FHIR R4 og er tolket",
            "the draft was not valid FHIR R4 and was interpreted",
        ),
        Problem::ReferenceUnresolved => {
            text("henvisning fører ingen steder", "a reference leads nowhere")
        }
    }
}

/// What a course conclusion says.
pub fn course_conclusion(conclusion: CourseConclusion) -> Text {
    match conclusion {
        CourseConclusion::StopSoon => text("Seponeringsforsøg nærmer sig", "Stop attempt is near"),
        CourseConclusion::StopDue => text("Tid til seponeringsforsøg", "Stop attempt is due"),
        CourseConclusion::StopWindow => text(
            "I vinduet for seponeringsforsøg (6–12 måneder)",
            "In the window for a stop attempt (6–12 months)",
        ),
        CourseConclusion::StopOverdue => text(
            "Over 12 måneder uden registreret stillingtagen",
            "Past 12 months without a recorded decision",
        ),
        CourseConclusion::StopReview => text(
            "Stillingtagen ved 6 måneder mangler",
            "The decision at 6 months is missing",
        ),
        CourseConclusion::SupportsStop => text(
            "Stigende IgA/IgM eller B-celler taler for et seponeringsforsøg",
            "Rising IgA/IgM or B cells support a stop attempt",
        ),
        CourseConclusion::Extend => text(
            "Kort forlængelse er registreret",
            "A short extension is recorded",
        ),
        CourseConclusion::Pause => text(
            "Sommerpausering kan overvejes",
            "A summer pause can be considered",
        ),
        CourseConclusion::Review3 => text("Opfølgning ved 3 måneder", "Review at 3 months"),
        CourseConclusion::Review6 => text("Opfølgning ved 6 måneder", "Review at 6 months"),
        CourseConclusion::Review6Monthly => text("Halvårlig opfølgning", "Six-monthly review"),
        CourseConclusion::Recovered => text(
            "IgG er over 4 g/L målt uden substitution",
            "IgG is above 4 g/L measured off substitution",
        ),
    }
}
