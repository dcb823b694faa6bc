//! What was chosen for each engineering parameter, in words around its own value.

use super::Choice;
use crate::{
    cards::{Language, catalogue::say, locale},
    guideline::parameters as k,
};

impl Choice {
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
