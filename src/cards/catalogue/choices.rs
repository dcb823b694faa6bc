//! The engineering choices that a card depends on, in words; each value is the parameter itself.

use super::say;
use crate::{
    cards::{Language, locale},
    guideline::{
        assessment::{CardCode, CriterionId, IndexKind, MissingItem},
        parameters as k,
    },
};

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

    /// What was chosen.
    pub fn words(self, language: Language) -> String {
        match self {
            Self::K1 => {
                let n = k::K1_ADULT_YEARS;
                say!(language, "voksen fra {n} år", "adult from {n} years")
            }
            Self::K3 => {
                let n = k::K3_IGG_MAX_AGE_DAYS;
                say!(
                    language,
                    "IgG er højst {n} dage gammel",
                    "IgG is at most {n} days old"
                )
            }
            Self::K5 => {
                let n = k::K5_INFECTION_MONTHS;
                say!(
                    language,
                    "4 g/L-reglens infektioner tæller i {n} måneder",
                    "infections of the 4 g/L rule count for {n} months"
                )
            }
            Self::K7 => {
                let n = k::K7_OFF_IG_DAYS;
                say!(
                    language,
                    "IgG regnes for patientens egen fra {n} dage efter sidste immunglobulin",
                    "IgG counts as the patient's own from {n} days after the last immunoglobulin"
                )
            }
            Self::K8 => {
                let (iv, sc) = (k::K8_GRACE_IV_DAYS, k::K8_GRACE_SC_DAYS);
                say!(
                    language,
                    "i behandling indtil {iv} dage efter sidste dosis IVIG/fSCIG, {sc} dage efter SCIG",
                    "on treatment until {iv} days after the last IVIG/fSCIG dose, {sc} days after SCIG"
                )
            }
            Self::K9 => {
                let n = k::K9_EXTENSION_DAYS;
                say!(
                    language,
                    "en kort forlængelse er højst {n} dage",
                    "a short extension is at most {n} days"
                )
            }
            Self::K11 => {
                let n = k::K11_WINTER_DAYS;
                say!(
                    language,
                    "vinteren er dækket ved {n} behandlingsdage mellem 1. oktober og 30. april",
                    "winter is covered by {n} treated days between 1 October and 30 April"
                )
            }
            Self::K12 => {
                let n = k::K12_EPISODE_DAYS;
                say!(
                    language,
                    "infektioner med samme fokus inden for {n} dage er én episode",
                    "infections of one focus within {n} days are one episode"
                )
            }
            Self::K15 => {
                let n = k::K15_GAP_MONTHS;
                say!(
                    language,
                    "over {n} måneders pause eller skift af bispecifikt antistof kan være en ny start",
                    "a gap over {n} months or another bispecific antibody may be a new start"
                )
            }
            Self::K16 => {
                let n = k::K16_HSCT_MONTHS;
                say!(
                    language,
                    "HSCT over {n} måneder gammel skal bekræftes som styrende",
                    "HSCT over {n} months old is to be confirmed as governing"
                )
            }
            Self::K17 => {
                let n = k::K17_LEAD_DAYS;
                say!(
                    language,
                    "seponeringskort vises fra {n} dage før",
                    "the stop card shows from {n} days before"
                )
            }
            Self::K18 => {
                let n = k::K18_TROUGH_DAYS;
                say!(
                    language,
                    "en dalværdi er taget højst {n} dage før næste dosis",
                    "a trough is drawn at most {n} days before the next dose"
                )
            }
            Self::E1 => {
                let n = k::E1_EARLIER_SAMPLE_MONTHS;
                say!(
                    language,
                    "den første af to IgG-prøver er højst {n} måneder gammel",
                    "the earlier of two IgG samples is at most {n} months old"
                )
            }
            Self::E2 => {
                let n = k::E2_ACTIVE_INFECTION_DAYS;
                say!(
                    language,
                    "en infektion uden slutdato er aktiv i {n} dage",
                    "an infection without an end is active for {n} days"
                )
            }
            Self::E3 => {
                let n = k::E3_RECURRENT;
                say!(
                    language,
                    "tilbagevendende betyder mindst {n} adskilte kvalificerende episoder",
                    "recurrent means at least {n} separate qualifying episodes"
                )
            }
            Self::E4 => {
                let n = k::E4_CAR_T_ORDER_MONTHS;
                say!(
                    language,
                    "en CAR-T-bestilling på højst {n} måneder kan være givet",
                    "a CAR-T order of at most {n} months may have been given"
                )
            }
            Self::E5 => {
                let (before, after) = (k::E5_CULTURE_BEFORE_DAYS, k::E5_CULTURE_AFTER_DAYS);
                say!(
                    language,
                    "en dyrkning hører til infektionen fra {before} dage før til {after} dage efter debut",
                    "a culture belongs to the infection from {before} days before to {after} days after onset"
                )
            }
            Self::E6 => {
                let (before, after) = (k::E6_ANTIBIOTIC_BEFORE_DAYS, k::E6_ANTIBIOTIC_AFTER_DAYS);
                say!(
                    language,
                    "et antibiotikum hører til infektionen fra {before} dage før til {after} dage efter debut",
                    "an antibiotic belongs to the infection from {before} days before to {after} days after onset"
                )
            }
            Self::E7 => {
                let n = k::E7_COURSE_GAP_DAYS;
                say!(
                    language,
                    "over {n} dage uden immunglobulin begynder et nyt forløb",
                    "over {n} days without immunoglobulin begin a new course"
                )
            }
            Self::E8 => {
                let n = k::E8_SPLIT_INFUSION_DAYS;
                say!(
                    language,
                    "delte CAR-T-infusioner inden for {n} dage er én",
                    "CAR-T infusions in parts within {n} days are one"
                )
            }
            Self::E9 => {
                let n = k::E9_HISTORY_DAYS;
                say!(
                    language,
                    "»ingen kvalificerende infektioner« gælder i {n} dage",
                    "'no qualifying infections' holds for {n} days"
                )
            }
            Self::E10 => {
                let n = k::E10_REVIEW_EARLY_DAYS;
                say!(
                    language,
                    "en opfølgning tæller fra {n} dage før sin dato",
                    "a review counts from {n} days before its day"
                )
            }
            Self::E11 => {
                let n = k::E11_REVIEW_LATE_DAYS;
                say!(
                    language,
                    "en opfølgning er forsinket efter {n} dage",
                    "a review is late after {n} days"
                )
            }
            Self::E12 => {
                let n = k::E12_RENEWAL_DAYS;
                say!(
                    language,
                    "en ordination, der begynder højst {n} dage efter den forrige, fortsætter forløbet",
                    "an order that begins at most {n} days after the previous one continues the course"
                )
            }
            Self::E13 => {
                let n = k::E13_DECISIVE_FACTOR_DAYS;
                say!(
                    language,
                    "et skøn om lav IgG som afgørende faktor gælder i {n} dage",
                    "a judgement on low IgG as the decisive factor holds for {n} days"
                )
            }
            Self::E30 => {
                let n = k::E30_OPEN_ORDER_MONTHS;
                say!(
                    language,
                    "en afsluttet ordination uden slutdato kan have varet i {n} måneder",
                    "an ended order without an end date may have run for {n} months"
                )
            }
            Self::E20 => {
                let (month, day) = k::E20_SEASON_FROM;
                say!(
                    language,
                    "en influenzavaccination gælder sæsonen fra {day}/{month}",
                    "an influenza vaccination counts for the season from {day}/{month} (day/month)"
                )
            }
            Self::E21 => {
                let n = k::E21_VACCINATION_MONTHS;
                say!(
                    language,
                    "»vaccination er dækkende« gælder i {n} måneder",
                    "'vaccination adequate' holds for {n} months"
                )
            }
            Self::E22 => {
                let n = k::E22_PROPHYLAXIS_DAYS;
                say!(
                    language,
                    "et antibiotikum, der har været givet i {n} dage, regnes for profylakse",
                    "an antibiotic that has run for {n} days counts as prophylaxis"
                )
            }
            Self::E23 => {
                let n = k::E23_CONSIDERED_MONTHS;
                say!(
                    language,
                    "»antibiotikaprofylakse er overvejet« gælder i {n} måneder",
                    "'antibiotic prophylaxis considered' holds for {n} months"
                )
            }
            Self::E24 => {
                let (n, months) = (k::E24_FOCUS_EPISODES, k::K5_INFECTION_MONTHS);
                say!(
                    language,
                    "mindst {n} lunge- eller urinvejsinfektioner inden for {months} måneder er et kendt organfokus",
                    "at least {n} lung or urinary infections within {months} months are a known organ focus"
                )
            }
            Self::E25 => {
                let n = k::E25_TROUGH_MONTHS;
                say!(
                    language,
                    "dalværdien er højst {n} måneder gammel",
                    "the trough is at most {n} months old"
                )
            }
            Self::E26 => {
                let n = k::E26_REDUCTION_ABOVE;
                say!(
                    language,
                    "»høj« dalværdi er over {n} g/L",
                    "a 'high' trough is above {n} g/L"
                )
            }
            Self::E27 => {
                let n = k::E27_BASELINE_DAYS;
                say!(
                    language,
                    "IgA og IgM er højst {n} dage gamle",
                    "IgA and IgM are at most {n} days old"
                )
            }
            Self::E28 => {
                let n = k::E28_EARLY_TROUGH_MONTHS;
                say!(
                    language,
                    "i de første {n} måneder kan dalværdien stadig stige",
                    "in the first {n} months the trough may still rise"
                )
            }
            Self::K13 => {
                let (adult, child) = (k::K13_WEIGHT_ADULT_DAYS, k::K13_WEIGHT_CHILD_DAYS);
                say!(
                    language,
                    "en vægt gælder i {adult} dage hos voksne, {child} dage hos børn",
                    "a weight holds for {adult} days in adults, {child} days in children"
                )
            }
            Self::K14 => {
                let days = k::K14_MONTH_DAYS;
                say!(
                    language,
                    "dosis er kun uden for 0,4-0,8 g/kg, hvis den er det både over {days} og over 30,44 dage",
                    "a dose is outside 0.4-0.8 g/kg only if so over both {days} and 30.44 days"
                )
            }
            Self::E40 => {
                let limit = decimal(k::E40_SAFETY_DECIGRAMS, language);
                say!(
                    language,
                    "enhed og vej kontrolleres fra {limit} g/kg på 28 dage (det dobbelte af øvre grænse)",
                    "unit and route are checked from {limit} g/kg in 28 days (twice the upper limit)"
                )
            }
            Self::E41 => {
                let (least, most) = k::E41_WEIGHT_GRAMS;
                let (least, most) = (decimal(least / 100, language), most / 1000);
                say!(
                    language,
                    "en vægt er troværdig fra {least} til {most} kg",
                    "a weight is believed from {least} to {most} kg"
                )
            }
            Self::E42 => {
                let n = k::E42_WEIGHT_FACTOR;
                say!(
                    language,
                    "en vægt, der afviger {n} gange fra den forrige, er ikke troværdig",
                    "a weight that differs {n} times from the one before is not believed"
                )
            }
            Self::E43 => {
                let n = k::E43_OLD_WEIGHT_MONTHS;
                say!(
                    language,
                    "ældre vægte bruges til kontrol i {n} måneder",
                    "older weights serve for checking for {n} months"
                )
            }
            Self::E44 => {
                let n = k::E44_DIFFERENCE_PERCENT;
                say!(
                    language,
                    "over {n} % forskel i gram er en anden dosis",
                    "over {n} % difference in grams is another dose"
                )
            }
            Self::E45 => {
                let n = k::E45_SMALL_CHILD_YEARS;
                say!(
                    language,
                    "et lille barn er under {n} år",
                    "a small child is under {n} years"
                )
            }
            Self::E46 => {
                let n = k::E46_IVIG_REASON_DAYS;
                say!(
                    language,
                    "en årsag til IVIG må være registreret {n} dage før forløbet",
                    "a reason for IVIG may be recorded {n} days before the course"
                )
            }
            Self::E47 => {
                let n = k::E47_SWITCH_REASON_DAYS;
                say!(
                    language,
                    "en årsag til skift gælder i {n} dage",
                    "a reason for a switch holds for {n} days"
                )
            }
            Self::E48 => {
                let n = k::E48_MAINTENANCE_MONTHS;
                say!(
                    language,
                    "SCIG som vedligeholdelse nævnes efter {n} måneder med IVIG",
                    "SCIG maintenance is mentioned after {n} months of IVIG"
                )
            }
            Self::E50 => {
                let n = k::E50_VOLUME_FACTOR;
                say!(
                    language,
                    "gram, der svarer til den løbende ordinations mL, betvivles fra {n} gange dens gram",
                    "grams that match the running order's mL are doubted from {n} times its grams"
                )
            }
            Self::E49 => {
                let step = decimal(
                    i32::try_from(k::E49_ROUNDING_DECIGRAMS).unwrap_or(0),
                    language,
                );
                say!(
                    language,
                    "en foreslået dosis afrundes til {step} g",
                    "a suggested dose is rounded to {step} g"
                )
            }
        }
    }
}

/// A number of tenths.
fn decimal(tenths: i32, language: Language) -> String {
    locale::number(&format!("{}.{}", tenths / 10, tenths % 10), language)
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
    use crate::guideline::parameters::{ALL, Origin};

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
