//! Every number of the guideline and every engineering choice, named, in one place (decision-spec §2).
//!
//! `K1`…`K18` are numbered as there; `E1`… are the engineering choices that the specification makes
//! in passing, and the few that it leaves open; `U1` are the factors of `terminology/conceptmaps`, and
//! `G1` is about the guideline's version itself.

use std::sync::LazyLock;

use jiff::civil::{Date, date};
use serde::Serialize;

/// Where a parameter's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Origin {
    /// Printed in the summary.
    #[serde(rename = "S")]
    Summary,
    /// Printed in the addendum.
    #[serde(rename = "A")]
    Addendum,
    /// Printed in both.
    #[serde(rename = "S, A")]
    Both,
    /// An engineering choice that neither document prints; needs clinical sign-off.
    #[serde(rename = "ENG")]
    Engineering,
}

/// One parameter as `sid-cds parameters` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// `K1` … `K18`, `E1` … for the unnumbered engineering choices of the specification, or `G1`.
    pub id: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its value, with the unit.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// G1: the last day on which cards trust the guideline's version unasked, a year after its approval;
/// trials are running that may revise it (REC-59).
pub const G1_REVIEW_BY: Date = date(2027, 2, 18);

/// K1: adult from this age, in years.
pub const K1_ADULT_YEARS: i32 = 18;
/// K2: the window after CAR-T or the start of a bispecific antibody, in calendar months.
pub const K2_WINDOW_MONTHS: i32 = 6;
/// K3: highest age of an IgG that decides a start, in days.
pub const K3_IGG_MAX_AGE_DAYS: i32 = 90;
/// K4: least interval between the two IgG samples, in days.
pub const K4_SAMPLE_INTERVAL_DAYS: i32 = 21;
/// K5: infection window of the IgG < 4 rule, in calendar months.
pub const K5_INFECTION_MONTHS: i32 = 12;
/// K6: infection window of the IgG < 6 rule, in calendar months, both ends included.
pub const K6_INFECTION_MONTHS: i32 = 6;
/// K7: time off immunoglobulin before IgG counts as the patient's own, in days.
pub const K7_OFF_IG_DAYS: i32 = 84;
/// K8: still "on immunoglobulin" this long after the last IVIG or facilitated SCIG dose, in days.
pub const K8_GRACE_IV_DAYS: i32 = 42;
/// K8: still "on immunoglobulin" this long after the last SCIG dose, in days.
pub const K8_GRACE_SC_DAYS: i32 = 14;
/// K9: longest extension past T0 + 6 months, in days.
pub const K9_EXTENSION_DAYS: i32 = 56;
/// K10: the summer window's first month and day.
pub const K10_SUMMER_FROM: (i8, i8) = (5, 1);
/// K10: the first day after the summer window, month and day.
pub const K10_SUMMER_TO: (i8, i8) = (10, 1);
/// K11: winter is included from this many treated days in 1 October – 30 April.
pub const K11_WINTER_DAYS: i32 = 90;
/// K12: infections of one focus within this many days, onset to onset, are one episode.
pub const K12_EPISODE_DAYS: i32 = 30;
/// K13: how long a weight holds, adult, in days.
pub const K13_WEIGHT_ADULT_DAYS: i32 = 90;
/// K13: how long a weight holds, child, in days.
pub const K13_WEIGHT_CHILD_DAYS: i32 = 30;
/// K14: the shorter month of a dose, in days.
pub const K14_MONTH_DAYS: i32 = 28;
/// K14: the longer month of a dose, in hundredths of a day (30.44 days, a twelfth of a year).
pub const K14_MONTH_CENTIDAYS: i32 = 3044;
/// K15: a gap in a bispecific course that suggests a new start, in calendar months.
pub const K15_GAP_MONTHS: i32 = 6;
/// K16: a transplant older than this asks whether it still governs, in calendar months.
pub const K16_HSCT_MONTHS: i32 = 24;
/// K17: lead time of the stop card, in days.
pub const K17_LEAD_DAYS: i32 = 30;
/// K18: a trough is drawn at most this many days before the next IVIG or facilitated SCIG dose.
pub const K18_TROUGH_DAYS: i32 = 7;

/// E1: the earlier sample of a persistent low IgG is at most this old, in calendar months.
pub const E1_EARLIER_SAMPLE_MONTHS: i32 = 12;
/// E2: an infection without an end counts as active this long, in days.
pub const E2_ACTIVE_INFECTION_DAYS: i32 = 14;
/// E3: this many separate qualifying infections that are not non-serious are "recurrent".
pub const E3_RECURRENT: usize = 2;
/// E4: an ordered CAR-T that is at most this old may have been given, in calendar months.
pub const E4_CAR_T_ORDER_MONTHS: i32 = 6;
/// E5: a positive culture belongs to an infection from this many days before its onset …
pub const E5_CULTURE_BEFORE_DAYS: i32 = 2;
/// E5: … to this many days after it.
pub const E5_CULTURE_AFTER_DAYS: i32 = 7;
/// E6: an antibiotic belongs to an infection from this many days before its onset …
pub const E6_ANTIBIOTIC_BEFORE_DAYS: i32 = 3;
/// E6: … to this many days after it.
pub const E6_ANTIBIOTIC_AFTER_DAYS: i32 = 14;
/// E7: a gap between records of immunoglobulin over this many days starts a new course.
pub const E7_COURSE_GAP_DAYS: i32 = 84;
/// E8: CAR-T given in parts within this many days is one event, dated by the last part (B-13).
pub const E8_SPLIT_INFUSION_DAYS: i32 = 30;
/// E9: a statement "no qualifying infections" is usable this long, in days (§5).
pub const E9_HISTORY_DAYS: i32 = 90;
/// E10: a review counts from this many days before its milestone.
pub const E10_REVIEW_EARLY_DAYS: i32 = 14;
/// E11: a review is late this many days after its milestone.
pub const E11_REVIEW_LATE_DAYS: i32 = 30;
/// E12: an order that begins this soon after another ended continues its course, in days.
pub const E12_RENEWAL_DAYS: i32 = 14;
/// E13: a statement on low IgG as the decisive factor is usable this long, in days (§5).
pub const E13_DECISIVE_FACTOR_DAYS: i32 = 90;
/// E30: an order that ended on an unrecorded day may have run this long, in calendar months.
pub const E30_OPEN_ORDER_MONTHS: i32 = 12;
/// E20: an influenza vaccination counts for the season that began on this month and day.
pub const E20_SEASON_FROM: (i8, i8) = (7, 1);
/// E21: a statement that vaccination is adequate holds this long, in calendar months (§5).
pub const E21_VACCINATION_MONTHS: i32 = 12;
/// E22: an antibiotic that has run this long is prophylaxis, in days.
pub const E22_PROPHYLAXIS_DAYS: i32 = 30;
/// E23: a statement that antibiotic prophylaxis was considered holds this long, in calendar months (§5).
pub const E23_CONSIDERED_MONTHS: i32 = 6;
/// E24: this many lung or urinary infections within K5 are a known organ focus.
pub const E24_FOCUS_EPISODES: usize = 2;
/// E25: highest age of a trough that a card is about, in calendar months.
pub const E25_TROUGH_MONTHS: i32 = 6;
/// E26: "high in 6–8" is above this many g/L.
pub const E26_REDUCTION_ABOVE: i32 = 7;
/// E27: highest age of IgA and IgM that are a baseline, in days.
pub const E27_BASELINE_DAYS: i32 = 90;
/// E28: a trough within this many months of the start may still rise, in calendar months.
pub const E28_EARLY_TROUGH_MONTHS: i32 = 3;
/// E40: from this many tenths of a gram per kg in 28 days an order is checked for a wrong unit.
pub const E40_SAFETY_DECIGRAMS: i32 = 16;
/// E41: the least and the greatest body weight that is believed, in grams.
pub const E41_WEIGHT_GRAMS: (i32, i32) = (500, 350_000);
/// E42: a weight that is this many times the last plausible one, or the last this many times it, is
/// not believed.
pub const E42_WEIGHT_FACTOR: i64 = 10;
/// E43: how old a weight is compared with (E42), and how old one of an adult may be for the check of
/// E40, in calendar months.
pub const E43_OLD_WEIGHT_MONTHS: i32 = 12;
/// E44: grams that differ by more than this are different doses, and weights of one day different
/// weights, in percent.
pub const E44_DIFFERENCE_PERCENT: i64 = 5;
/// E45: a small child, in years.
pub const E45_SMALL_CHILD_YEARS: i32 = 5;
/// E46: a reason for IVIG may be stated this long before the course begins, in days.
pub const E46_IVIG_REASON_DAYS: i32 = 30;
/// E47: a reason for a switch holds this long, in days (§5).
pub const E47_SWITCH_REASON_DAYS: i32 = 30;
/// E48: from this age of an IVIG course SCIG maintenance is mentioned, in calendar months.
pub const E48_MAINTENANCE_MONTHS: i32 = 3;
/// E49: a suggested dose is a multiple of this many tenths of a gram, towards 0.4-0.8 g/kg.
pub const E49_ROUNDING_DECIGRAMS: i64 = 5;
/// E50: grams that match the running order's millilitres are doubted from this many times its grams in
/// 28 days.
pub const E50_VOLUME_FACTOR: i64 = 3;

/// E60: for the consensus reports, treatment with a bispecific antibody goes on until this many days
/// after its last recorded dose, twice the usual longest interval.
pub const E60_BISPECIFIC_RUNNING_DAYS: i32 = 56;

use Origin::{Both, Engineering, Summary};

/// Every parameter, in order; the values are written from the constants themselves.
pub static ALL: LazyLock<Vec<Parameter>> = LazyLock::new(|| {
    let day_month = |(month, day): (i8, i8)| format!("{day}/{month}");
    let row = |id, meaning, value: String, origin| Parameter {
        id,
        meaning,
        value,
        origin,
    };
    let days = |days: i32| format!("{days} days");
    let months = |months: i32| format!("{months} calendar months");
    vec![
        row(
            "G1",
            "Last day on which cards do not ask to check the guideline's version",
            G1_REVIEW_BY.to_string(),
            Engineering,
        ),
        row(
            "K1",
            "Adult age at the evaluation date",
            format!("{K1_ADULT_YEARS} years"),
            Engineering,
        ),
        row(
            "K2",
            "Window after CAR-T or start of a bispecific antibody",
            months(K2_WINDOW_MONTHS),
            Both,
        ),
        row(
            "K3",
            "Highest age of an IgG for a start decision",
            days(K3_IGG_MAX_AGE_DAYS),
            Engineering,
        ),
        row(
            "K4",
            "Least interval between two IgG samples",
            days(K4_SAMPLE_INTERVAL_DAYS),
            Summary,
        ),
        row(
            "K5",
            "Infection window of the IgG < 4 g/L rule, ends included",
            months(K5_INFECTION_MONTHS),
            Engineering,
        ),
        row(
            "K6",
            "Infection window of the IgG < 6 g/L rule, ends included",
            months(K6_INFECTION_MONTHS),
            Summary,
        ),
        row(
            "K7",
            "Time off immunoglobulin before IgG counts as endogenous",
            days(K7_OFF_IG_DAYS),
            Engineering,
        ),
        row(
            "K8",
            "On immunoglobulin after the last dose",
            format!(
                "IVIG and facilitated SCIG {K8_GRACE_IV_DAYS} days, SCIG {K8_GRACE_SC_DAYS} days"
            ),
            Engineering,
        ),
        row(
            "K9",
            "Longest extension past T0 + 6 months",
            days(K9_EXTENSION_DAYS),
            Engineering,
        ),
        row(
            "K10",
            "Summer window, day/month, last day excluded",
            format!(
                "{} to {}",
                day_month(K10_SUMMER_FROM),
                day_month(K10_SUMMER_TO)
            ),
            Summary,
        ),
        row(
            "K11",
            "Winter included: treated days in the winter",
            format!("{K11_WINTER_DAYS} days in 1 October to 30 April"),
            Engineering,
        ),
        row(
            "K12",
            "Infections of one focus that are one episode, onset to onset",
            days(K12_EPISODE_DAYS),
            Engineering,
        ),
        row(
            "K13",
            "How long a weight holds",
            format!("{K13_WEIGHT_ADULT_DAYS} days adult, {K13_WEIGHT_CHILD_DAYS} days child"),
            Engineering,
        ),
        row(
            "K14",
            "Month of a dose",
            format!(
                "outside 0.4-0.8 g/kg only if so under both {K14_MONTH_DAYS} days and {}.{} days",
                K14_MONTH_CENTIDAYS / 100,
                K14_MONTH_CENTIDAYS % 100
            ),
            Engineering,
        ),
        row(
            "K15",
            "Gap in a bispecific course, or another bispecific antibody, that suggests a new start",
            format!("over {K15_GAP_MONTHS} calendar months"),
            Engineering,
        ),
        row(
            "K16",
            "Age of a transplant that prompts confirmation",
            format!("over {K16_HSCT_MONTHS} calendar months"),
            Engineering,
        ),
        row(
            "K17",
            "Lead time of the stop card",
            days(K17_LEAD_DAYS),
            Engineering,
        ),
        row(
            "K18",
            "Trough draw, IVIG and facilitated SCIG, before the next dose",
            days(K18_TROUGH_DAYS),
            Engineering,
        ),
        row(
            "E1",
            "Highest age of the earlier sample of a persistent low IgG",
            months(E1_EARLIER_SAMPLE_MONTHS),
            Engineering,
        ),
        row(
            "E2",
            "An infection without an end counts as active from onset",
            days(E2_ACTIVE_INFECTION_DAYS),
            Engineering,
        ),
        row(
            "E3",
            "Separate qualifying episodes, not non-serious, that are recurrent",
            format!("{E3_RECURRENT} episodes"),
            Engineering,
        ),
        row(
            "E4",
            "Age of a CAR-T order that may have been given unrecorded",
            months(E4_CAR_T_ORDER_MONTHS),
            Engineering,
        ),
        row(
            "E5",
            "A positive culture belongs to an infection",
            format!(
                "{E5_CULTURE_BEFORE_DAYS} days before to {E5_CULTURE_AFTER_DAYS} days after onset"
            ),
            Engineering,
        ),
        row(
            "E6",
            "A systemic antibiotic belongs to an infection",
            format!(
                "{E6_ANTIBIOTIC_BEFORE_DAYS} days before to {E6_ANTIBIOTIC_AFTER_DAYS} days after onset"
            ),
            Engineering,
        ),
        row(
            "E7",
            "Gap between records of immunoglobulin that starts a new course",
            format!("over {E7_COURSE_GAP_DAYS} days"),
            Engineering,
        ),
        row(
            "E8",
            "CAR-T given in parts is one event",
            days(E8_SPLIT_INFUSION_DAYS),
            Engineering,
        ),
        row(
            "E9",
            "A statement of no qualifying infections is usable",
            days(E9_HISTORY_DAYS),
            Engineering,
        ),
        row(
            "E10",
            "A review counts before its milestone from",
            days(E10_REVIEW_EARLY_DAYS),
            Engineering,
        ),
        row(
            "E11",
            "A review is late after its milestone by",
            days(E11_REVIEW_LATE_DAYS),
            Engineering,
        ),
        row(
            "E12",
            "A renewal this soon after an order ended continues the course",
            days(E12_RENEWAL_DAYS),
            Engineering,
        ),
        row(
            "E13",
            "A statement on low IgG as the decisive factor is usable",
            days(E13_DECISIVE_FACTOR_DAYS),
            Engineering,
        ),
        row(
            "E20",
            "Season of an influenza vaccination, from day/month",
            day_month(E20_SEASON_FROM),
            Engineering,
        ),
        row(
            "E21",
            "A statement that vaccination is adequate holds",
            months(E21_VACCINATION_MONTHS),
            Engineering,
        ),
        row(
            "E22",
            "An antibiotic counts as prophylaxis, unmarked, once it has run",
            days(E22_PROPHYLAXIS_DAYS),
            Engineering,
        ),
        row(
            "E23",
            "A statement that antibiotic prophylaxis was considered holds",
            months(E23_CONSIDERED_MONTHS),
            Engineering,
        ),
        row(
            "E24",
            "Lung or urinary infections that are a known organ focus",
            format!("{E24_FOCUS_EPISODES} episodes within {K5_INFECTION_MONTHS} calendar months"),
            Engineering,
        ),
        row(
            "E25",
            "Highest age of a trough that a card is about",
            months(E25_TROUGH_MONTHS),
            Engineering,
        ),
        row(
            "E26",
            "Trough from which a dose reduction can be tried",
            format!("above {E26_REDUCTION_ABOVE} g/L"),
            Engineering,
        ),
        row(
            "E27",
            "Highest age of IgA and IgM that are a baseline",
            days(E27_BASELINE_DAYS),
            Engineering,
        ),
        row(
            "E28",
            "A trough may still rise after the start of immunoglobulin for",
            months(E28_EARLY_TROUGH_MONTHS),
            Engineering,
        ),
        row(
            "E30",
            "An order that ended on an unrecorded day may have run, if no dose is recorded under it",
            months(E30_OPEN_ORDER_MONTHS),
            Engineering,
        ),
        row(
            "E40",
            "Dose from which an order is checked for a wrong unit, twice the upper limit",
            format!(
                "{}.{} g/kg in 28 days",
                E40_SAFETY_DECIGRAMS / 10,
                E40_SAFETY_DECIGRAMS % 10
            ),
            Engineering,
        ),
        row(
            "E41",
            "Body weight that is believed",
            format!(
                "{}.{} to {} kg",
                E41_WEIGHT_GRAMS.0 / 1000,
                E41_WEIGHT_GRAMS.0 % 1000 / 100,
                E41_WEIGHT_GRAMS.1 / 1000
            ),
            Engineering,
        ),
        row(
            "E42",
            "A weight is not believed when it differs from the last plausible one",
            format!("{E42_WEIGHT_FACTOR} times, either way"),
            Engineering,
        ),
        row(
            "E43",
            "Age of a weight that E42 compares with, and of an adult's weight that E40 reads",
            months(E43_OLD_WEIGHT_MONTHS),
            Engineering,
        ),
        row(
            "E44",
            "Grams in 28 days that differ at a switch, and weights of one day that contradict",
            format!("over {E44_DIFFERENCE_PERCENT} %"),
            Engineering,
        ),
        row(
            "E45",
            "Small child, for facilitated SCIG",
            format!("under {E45_SMALL_CHILD_YEARS} years"),
            Engineering,
        ),
        row(
            "E46",
            "A reason for IVIG may be stated before the course begins",
            days(E46_IVIG_REASON_DAYS),
            Engineering,
        ),
        row(
            "E47",
            "A reason for a switch holds",
            days(E47_SWITCH_REASON_DAYS),
            Engineering,
        ),
        row(
            "E48",
            "Age of an IVIG course from which SCIG maintenance is mentioned",
            months(E48_MAINTENANCE_MONTHS),
            Engineering,
        ),
        row(
            "E49",
            "A suggested dose is rounded, within 0.4-0.8 g/kg, to",
            format!(
                "{}.{} g",
                E49_ROUNDING_DECIGRAMS / 10,
                E49_ROUNDING_DECIGRAMS % 10
            ),
            Engineering,
        ),
        row(
            "E50",
            "Grams that match the running order's millilitres are doubted from this many times its grams",
            format!("{E50_VOLUME_FACTOR} times"),
            Engineering,
        ),
        row(
            "E60",
            "For other reports: a bispecific antibody goes on after its last recorded dose",
            days(E60_BISPECIFIC_RUNNING_DAYS),
            Engineering,
        ),
        row(
            "U1",
            "IgG, IgA and IgM in g/L for each µmol/L",
            "0.1499, 0.16, 0.971".to_owned(),
            Engineering,
        ),
    ]
});
