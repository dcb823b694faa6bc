//! The engineering choices that a card depends on, in words; each value is the parameter itself.

mod words;

use crate::guideline::assessment::{CardCode, CriterionId, IndexKind, MissingItem};

/// A parameter of origin [ENG] that some card depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Adult age.
    K1,
    /// Age of an IgG.
    K3,
    /// Infection window of the IgG < 4 rule.
    K5,
    /// Time off immunoglobulin.
    K7,
    /// Still on immunoglobulin.
    K8,
    /// Longest extension.
    K9,
    /// Winter included.
    K11,
    /// One episode.
    K12,
    /// A new start of a bispecific antibody.
    K15,
    /// Age of a transplant.
    K16,
    /// Lead time of the stop card.
    K17,
    /// Trough.
    K18,
    /// Age of the earlier sample.
    E1,
    /// Active infection without an end.
    E2,
    /// Recurrent.
    E3,
    /// Age of a CAR-T order.
    E4,
    /// Culture of an infection.
    E5,
    /// Antibiotic of an infection.
    E6,
    /// Gap between courses.
    E7,
    /// CAR-T in parts.
    E8,
    /// Statement "none" usable.
    E9,
    /// Review before its milestone.
    E10,
    /// Review late.
    E11,
    /// A renewed order.
    E12,
    /// Statement on low IgG as the decisive factor usable.
    E13,
    /// An order that ended on an unrecorded day.
    E30,
    /// Season of an influenza vaccination.
    E20,
    /// Statement "vaccination adequate" holds.
    E21,
    /// Antibiotic counts as prophylaxis.
    E22,
    /// Statement "prophylaxis considered" holds.
    E23,
    /// Repeated infections are a focus.
    E24,
    /// Age of a trough.
    E25,
    /// Trough that allows a reduction.
    E26,
    /// Age of a baseline.
    E27,
    /// A trough that may still rise.
    E28,
    /// How long a weight holds.
    K13,
    /// Month of a dose.
    K14,
    /// Dose that is checked for a wrong unit.
    E40,
    /// Weight that is believed.
    E41,
    /// Weight that differs from the last.
    E42,
    /// Old weights.
    E43,
    /// Grams that differ.
    E44,
    /// Small child.
    E45,
    /// Reason for IVIG before the course.
    E46,
    /// Reason for a switch holds.
    E47,
    /// SCIG maintenance.
    E48,
    /// Rounding of a suggested dose.
    E49,
    /// Grams that match millilitres.
    E50,
}

impl Choice {
    /// Every choice that a card names.
    #[cfg(test)]
    pub const ALL: [Self; 48] = [
        Self::K1,
        Self::K3,
        Self::K5,
        Self::K7,
        Self::K8,
        Self::K9,
        Self::K11,
        Self::K12,
        Self::K15,
        Self::K16,
        Self::K17,
        Self::K18,
        Self::E1,
        Self::E2,
        Self::E3,
        Self::E4,
        Self::E5,
        Self::E6,
        Self::E7,
        Self::E8,
        Self::E9,
        Self::E10,
        Self::E11,
        Self::E12,
        Self::E13,
        Self::E30,
        Self::E20,
        Self::E21,
        Self::E22,
        Self::E23,
        Self::E24,
        Self::E25,
        Self::E26,
        Self::E27,
        Self::E28,
        Self::K13,
        Self::K14,
        Self::E40,
        Self::E41,
        Self::E42,
        Self::E43,
        Self::E44,
        Self::E45,
        Self::E46,
        Self::E47,
        Self::E48,
        Self::E49,
        Self::E50,
    ];

    /// The parameter's id.
    pub fn id(self) -> &'static str {
        match self {
            Self::K1 => "K1",
            Self::K3 => "K3",
            Self::K5 => "K5",
            Self::K7 => "K7",
            Self::K8 => "K8",
            Self::K9 => "K9",
            Self::K11 => "K11",
            Self::K12 => "K12",
            Self::K15 => "K15",
            Self::K16 => "K16",
            Self::K17 => "K17",
            Self::K18 => "K18",
            Self::E1 => "E1",
            Self::E2 => "E2",
            Self::E3 => "E3",
            Self::E4 => "E4",
            Self::E5 => "E5",
            Self::E6 => "E6",
            Self::E7 => "E7",
            Self::E8 => "E8",
            Self::E9 => "E9",
            Self::E10 => "E10",
            Self::E11 => "E11",
            Self::E12 => "E12",
            Self::E13 => "E13",
            Self::E30 => "E30",
            Self::E20 => "E20",
            Self::E21 => "E21",
            Self::E22 => "E22",
            Self::E23 => "E23",
            Self::E24 => "E24",
            Self::E25 => "E25",
            Self::E26 => "E26",
            Self::E27 => "E27",
            Self::E28 => "E28",
            Self::K13 => "K13",
            Self::K14 => "K14",
            Self::E40 => "E40",
            Self::E41 => "E41",
            Self::E42 => "E42",
            Self::E43 => "E43",
            Self::E44 => "E44",
            Self::E45 => "E45",
            Self::E46 => "E46",
            Self::E47 => "E47",
            Self::E48 => "E48",
            Self::E49 => "E49",
            Self::E50 => "E50",
        }
    }
}

/// What a criterion depends on.
pub fn of_criterion(id: CriterionId) -> &'static [Choice] {
    use Choice::{E1, E2, E3, E5, E6, E13, K3, K5, K7, K12};
    match id {
        CriterionId::IggBelow4 | CriterionId::IggBelow6 => &[K3, K7],
        CriterionId::IggPersistent => &[E1, E2],
        CriterionId::SevereOrRecurrentInfections => &[K5, K12, E3, E5],
        CriterionId::Infections6Months => &[K12, E5, E6, E13],
        CriterionId::MComponent => &[],
    }
}

/// What a missing item depends on.
pub fn of_missing(item: MissingItem) -> &'static [Choice] {
    use Choice::{E1, E2, E4, E9, E20, E21, E22, E23, E24, E30, K1, K3, K7, K15, K16};
    match item {
        MissingItem::Igg => &[K3, K7, E30],
        MissingItem::IggSecondSample => &[E1],
        MissingItem::IggUninfectedSample => &[E2],
        MissingItem::InfectionHistory => &[E9],
        MissingItem::BirthDate => &[K1],
        MissingItem::CarTInfusionDate => &[E4],
        MissingItem::IndexEventConfirmation => &[K15],
        MissingItem::HsctRelevance => &[K16],
        MissingItem::VaccinationInfluenza => &[E20, E21],
        MissingItem::VaccinationPneumococcal | MissingItem::SourceImmunization => &[E21],
        MissingItem::AntibioticProphylaxis => &[E22, E23, E24],
        MissingItem::IggReferenceLimit
        | MissingItem::InfectionDetails
        | MissingItem::MProtein
        | MissingItem::IgaIgm
        | MissingItem::IndexEventDate
        | MissingItem::DonorType
        | MissingItem::GoverningDiagnosis
        | MissingItem::ImmunologyWorkUp
        | MissingItem::OrderIndication
        | MissingItem::SourceObservation
        | MissingItem::SourceCondition
        | MissingItem::SourceProcedure
        | MissingItem::SourceMedicationRequest
        | MissingItem::SourceMedicationAdministration
        | MissingItem::SourcePatient => &[],
    }
}

/// What the index event depends on.
pub fn of_index(kind: IndexKind) -> &'static [Choice] {
    match kind {
        IndexKind::CarT => &[Choice::K1, Choice::E8],
        IndexKind::Bispecific => &[Choice::K1, Choice::K15],
    }
}

/// What a card itself depends on, its criteria aside.
pub fn of_card(card: CardCode) -> &'static [Choice] {
    use Choice::{
        E7, E9, E10, E11, E12, E22, E23, E25, E26, E27, E28, E44, E45, E46, E47, E48, K1, K5, K8,
        K9, K11, K13, K14, K15, K17, K18,
    };
    match card {
        CardCode::C07 => &[K1],
        CardCode::C05 => &[E9],
        CardCode::C12 => &[K8, E7, E10, E11, E12],
        CardCode::C14 => &[K5, K8, K9, K17, E7, E12],
        CardCode::C15 => &[K8, K11, E7, E10, E12],
        CardCode::C30 => &[K15],
        CardCode::C11 => &[E27],
        CardCode::C16 | CardCode::C17 => &[K8, E7, E12],
        CardCode::C18 => &[K5, K8, E22, E23],
        CardCode::C20 => &[E46, E48],
        CardCode::C21 => &[E45],
        CardCode::C22 => &[K13, K14, E44],
        CardCode::C27 => &[E44],
        CardCode::C28 => &[K14, K18, E25, E47],
        CardCode::C24 => &[K18, E25, E28],
        CardCode::C25 => &[K18, E25, E26],
        CardCode::C01
        | CardCode::C02
        | CardCode::C03
        | CardCode::C04
        | CardCode::C06
        | CardCode::C08
        | CardCode::C09
        | CardCode::C10
        | CardCode::C23
        | CardCode::C26
        | CardCode::C29
        | CardCode::C31
        | CardCode::C32 => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cards::Language,
        guideline::parameters::{ALL, Origin},
    };

    #[test]
    fn every_choice_is_an_engineering_parameter() {
        for choice in Choice::ALL {
            let parameter = ALL.iter().find(|parameter| parameter.id == choice.id());
            assert_eq!(
                parameter.map(|found| found.origin),
                Some(Origin::Engineering),
                "{choice:?}"
            );
        }
    }

    #[test]
    fn a_choice_states_the_number_of_its_parameter() {
        for choice in Choice::ALL {
            let row = ALL
                .iter()
                .find(|parameter| parameter.id == choice.id())
                .unwrap();
            for language in [Language::Da, Language::En] {
                let words = choice.words(language);
                let numbers = |text: &str| -> Vec<String> {
                    let mut found: Vec<String> = text
                        .split(|char: char| !char.is_ascii_digit())
                        .filter(|run| !run.is_empty())
                        .map(str::to_owned)
                        .collect();
                    found.sort();
                    found
                };
                for number in numbers(&row.value) {
                    assert!(
                        numbers(&words).contains(&number),
                        "{}: {words}",
                        choice.id()
                    );
                }
            }
        }
    }
}
