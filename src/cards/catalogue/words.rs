//! The guideline's terms in words: populations, criteria, verdicts, missing items, data problems.

use super::{Text, say, text};
use crate::{
    cards::Language,
    guideline::{
        assessment::{CourseConclusion, CriterionId, IndexKind, Population},
        dose::DoseUnknown,
        facts::{ClinicalStatus, DiagnosisKind, Donor, DoseGap, IgRoute},
        parameters::{K4_SAMPLE_INTERVAL_DAYS, K5_INFECTION_MONTHS, K6_INFECTION_MONTHS},
        verdict::{Reason, Verdict},
    },
};

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

/// A route, as an adjective.
pub fn route(route: IgRoute) -> Text {
    match route {
        IgRoute::Iv => text("intravenøs", "intravenous"),
        IgRoute::Sc => text("subkutan", "subcutaneous"),
        IgRoute::FacilitatedSc => text("faciliteret subkutan", "facilitated subcutaneous"),
        IgRoute::Unknown => text("ikke angivet", "unstated"),
    }
}

/// Why a dose is not known.
pub fn dose_unknown(why: DoseUnknown) -> Text {
    match why {
        DoseUnknown::NoOrder => text(
            "der er ingen ordination at læse",
            "there is no order to read",
        ),
        DoseUnknown::WeightMissing => text("vægt mangler", "no weight is recorded"),
        DoseUnknown::WeightOld => text("vægten er for gammel", "the weight is too old"),
        DoseUnknown::WeightConflicting => text(
            "forskellige vægte samme dag",
            "different weights on one day",
        ),
        DoseUnknown::WeightImplausible => {
            text("vægten er usandsynlig", "the weight is implausible")
        }
        DoseUnknown::Range => text(
            "dosisintervallet ligger delvis i rammen",
            "the dose range lies partly within the limits",
        ),
        DoseUnknown::Written(gap) => dose_gap(gap),
    }
}

fn dose_gap(gap: DoseGap) -> Text {
    match gap {
        DoseGap::NotWritten => text("dosis er ikke skrevet", "no dose is written"),
        DoseGap::IntervalMissing => text("intervallet mangler", "the interval is missing"),
        DoseGap::IntervalUnclear => text("intervallet er uklart", "the interval is unclear"),
        DoseGap::Once => text("dosis gives én gang", "the dose is given once"),
        DoseGap::AsNeeded => text("dosis gives efter behov", "the dose is given as needed"),
        DoseGap::StrengthUnknown => text(
            "dosis er i mL, og præparatets styrke kendes ikke",
            "the dose is in mL, and the product's strength is not known",
        ),
        DoseGap::VialUnknown => text(
            "dosis er i hætteglas, og indholdet kendes ikke",
            "the dose is in vials, and their content is not known",
        ),
        DoseGap::Unusable => text(
            "dosis eller enhed kan ikke bruges",
            "dose or unit cannot be used",
        ),
        DoseGap::Ambiguous => text("der er flere mulige doser", "several doses are possible"),
        DoseGap::OnlyMaximum => text(
            "kun en maksimumdosis er angivet",
            "only a maximum is stated",
        ),
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
