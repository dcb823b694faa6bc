//! What is missing or unusable, in words: for a summary and for a detail.

use jiff::civil::Date;

use super::{Text, say, text};
use crate::{
    cards::{Language, locale},
    guideline::{assessment::MissingItem, problem::Problem},
};

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
        (MissingItem::VaccinationInfluenza, _) => {
            text("influenzavaccination", "influenza vaccination")
        }
        (MissingItem::VaccinationPneumococcal, _) => {
            text("pneumokokvaccination", "pneumococcal vaccination")
        }
        (MissingItem::AntibioticProphylaxis, _) => {
            text("antibiotikaprofylakse", "antibiotic prophylaxis")
        }
        (MissingItem::SourceObservation, _) => text("laboratoriesvar", "laboratory results"),
        (MissingItem::SourceCondition, _) => text("diagnoser", "diagnoses"),
        (MissingItem::SourceProcedure, _) => text("procedurer", "procedures"),
        (MissingItem::SourceMedicationRequest, _) => text("ordinationer", "prescriptions"),
        (MissingItem::SourceMedicationAdministration, _) => {
            text("medicinadministrationer", "administrations")
        }
        (MissingItem::SourcePatient, _) => text("patientdata", "patient data"),
        (MissingItem::SourceImmunization, _) => text("vaccinationer", "vaccinations"),
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
        MissingItem::VaccinationInfluenza => text(
            "Influenzavaccination i denne sæson er ikke dokumenteret",
            "Influenza vaccination this season is not documented",
        ),
        MissingItem::VaccinationPneumococcal => text(
            "Pneumokokvaccination er ikke dokumenteret",
            "Pneumococcal vaccination is not documented",
        ),
        MissingItem::AntibioticProphylaxis => text(
            "Antibiotikaprofylakse ved kendt organfokus er ikke dokumenteret",
            "Antibiotic prophylaxis with a known organ focus is not documented",
        ),
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
        MissingItem::SourceImmunization => text(
            "Vaccinationer kunne ikke hentes (Immunization)",
            "Vaccinations were not obtained (Immunization)",
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
        Problem::DoseUnclear => text(
            "dosis kan ikke omregnes til gram pr. 28 dage",
            "the dose cannot be turned into grams in 28 days",
        ),
    }
}
