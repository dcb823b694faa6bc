//! What the conclusions rest on besides the start criteria, in words.

use super::{Text, text};
use crate::guideline::trace::GroundId;

/// The ground's name.
pub fn ground(id: GroundId) -> Text {
    match id {
        GroundId::OrderForSid => text(
            "Ordinationen gælder sekundær immundefekt",
            "The order is for secondary immune deficiency",
        ),
        GroundId::PrimaryImmunodeficiency => {
            text("Primær immundefekt", "Primary immune deficiency")
        }
        GroundId::Adult => text("Voksen", "Adult"),
        GroundId::IndexEvent => text(
            "CAR-T eller bispecifikt antistof",
            "CAR-T or a bispecific antibody",
        ),
        GroundId::Within6Months => text(
            "Mindre end 6 måneder siden indekshændelsen",
            "Less than 6 months since the index event",
        ),
        GroundId::AllogeneicHsct => text("Allogen HSCT", "Allogeneic HSCT"),
        GroundId::HaematologicalMalignancy => {
            text("Malign hæmatologisk sygdom", "Haematological malignancy")
        }
        GroundId::NonMalignantHaematological => text(
            "Ikke-malign hæmatologisk sygdom",
            "Non-malignant haematological disease",
        ),
        GroundId::Hypogammaglobulinaemia => text(
            "Diagnosticeret hypogammaglobulinæmi",
            "Hypogammaglobulinaemia is diagnosed",
        ),
        GroundId::VaccinationInfluenza => text(
            "Influenzavaccination i denne sæson",
            "Influenza vaccination this season",
        ),
        GroundId::VaccinationPneumococcal => {
            text("Pneumokokvaccination", "Pneumococcal vaccination")
        }
        GroundId::AntibioticProphylaxis => text(
            "Antibiotikaprofylakse ved organfokus givet eller overvejet",
            "Antibiotic prophylaxis given or considered with an organ focus",
        ),
        GroundId::BaselineIgaIgm => text("IgA og IgM målt", "IgA and IgM measured"),
        GroundId::BaselineInfectionHistory => text(
            "Infektionshistorikken er kendt",
            "The infection history is known",
        ),
        GroundId::OnImmunoglobulin => text("I immunglobulinbehandling", "On immunoglobulin"),
        GroundId::BegunBeforeIndexEvent => text(
            "Immunglobulin begyndt før indekshændelsen",
            "Immunoglobulin begun before the index event",
        ),
        GroundId::BegunWithin6Months => text(
            "Immunglobulin begyndt inden for 6 måneder efter den",
            "Immunoglobulin begun within 6 months after it",
        ),
        GroundId::QualifyingHistory => text(
            "Svære eller tilbagevendende bakterielle infektioner før opstart",
            "Severe or recurrent bacterial infections before the start",
        ),
        GroundId::StopDateReached => text("Stopdatoen er nået", "The stop date has come"),
        GroundId::Extended => text("Forlængelse registreret", "An extension is recorded"),
        GroundId::ContinuedAfterStopDate => text(
            "Besluttet at fortsætte efter stopdatoen",
            "Decided to continue after the stop date",
        ),
        GroundId::StopWindowReached => text(
            "Perioden for seponeringsforsøg er begyndt",
            "The period of the stop attempt has begun",
        ),
        GroundId::WinterIncluded => text("Vintermåneder er med", "Winter months are included"),
        GroundId::ReviewRecorded => text("Opfølgning registreret", "A review is recorded"),
        GroundId::Summer => text("Sommerperiode", "Summer"),
        GroundId::BCellsRecovering => text(
            "IgA, IgM eller B-celler stiger",
            "IgA, IgM or B cells are rising",
        ),
        GroundId::IggUnderTreatment => {
            text("IgG målt under behandling", "IgG measured under treatment")
        }
        GroundId::TroughInAim => text("Dalværdi 6–8 g/L", "Trough 6–8 g/L"),
        GroundId::InfectionSinceStop => text(
            "Infektion efter pause eller stop",
            "Infection after a pause or stop",
        ),
        GroundId::OwnIggAbove4 => text(
            "Egen IgG over 4 g/L uden behandling",
            "Own IgG above 4 g/L off treatment",
        ),
        GroundId::IndicationStated => text("Indikation angivet", "An indication is stated"),
        GroundId::StartSupported => text(
            "Opstartskriterierne er opfyldt eller kan være det",
            "The start criteria are met or may be",
        ),
    }
}
