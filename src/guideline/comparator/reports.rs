//! The eight consensus reports and reviews of the addendum's appendix C, as data.
//!
//! Where the addendum's prose and its tables differ, the detailed tables 8-5 to 8-7 count (B-43); the
//! notes say what differs. No national rule depends on any of them.

use serde::Serialize;

use super::super::{assessment::IndexKind, quantity::GramsPerLitre};
use Condition::{
    AntibioticsFailed, BispecificEnded, CourseAbove, CourseAtMost, CourseNotBelow,
    CourseSustainedAbove, CourseSustainedNormal, DaysFrom, Encapsulated, IggAbove, IggAtMost,
    IggBelow, Judgement, LifeThreatening, MonthsBefore, MonthsFrom, NoInfections,
    NoLifeThreatening, OnBispecific, SevereOrRecurrent, TreatedMonths,
};
use IndexKind::{Bispecific, CarT};

/// A report by its short id (`comparators-and-evidence.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReportId {
    /// American Society for Transplantation and Cellular Therapy, Shahid 2024.
    Astct24,
    /// EBMT, JACIE and EHA, Hayden 2022.
    Ebmt22,
    /// Hill 2019, the review; the study of the same name is another reference.
    #[serde(rename = "HILL19r")]
    Hill19r,
    /// Banerjee 2025.
    Ban25,
    /// International Myeloma Working Group Immunotherapy Committee, Rodriguez-Otero 2024.
    Imwg24,
    /// International Myeloma Working Group, Raje 2023.
    Imwg23,
    /// COMMIT, Mohan 2023; the study of the same first author is another reference.
    Commit23,
    /// European Myeloma Network, Ludwig 2023.
    Emn23,
}

/// One report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// First author and year.
    pub citation: &'static str,
    /// Its number in the addendum's list of references.
    pub reference: u8,
    /// The addendum's table that describes it.
    pub table: &'static str,
    /// The treatments that it is about.
    pub treatments: &'static [IndexKind],
    /// The disease that it is about.
    pub disease: Disease,
    /// The Council's overall AGREE II judgement.
    pub quality: Quality,
    /// When an adult is to begin.
    pub start: &'static [Rule],
    /// When a child is to begin; empty where it says nothing of children.
    pub children: &'static [Rule],
    /// When treatment can end.
    pub stop: &'static [Rule],
}

/// The diseases of a report. The record tells myeloma from other malignancies, not their subtypes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disease {
    /// B-cell malignancies, myeloma included.
    BCellMalignancy,
    /// Multiple myeloma.
    Myeloma,
}

/// Overall AGREE II judgement as the addendum gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Moderate.
    Moderate,
    /// Moderate to high.
    ModerateToHigh,
    /// High.
    High,
}

/// How firmly a report says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// It recommends.
    Recommended,
    /// It may be considered.
    Considered,
}

/// One rule: it holds where all its conditions do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Its id in the trace.
    pub id: &'static str,
    /// How firmly the report says it.
    pub strength: Strength,
    /// Only after this treatment.
    pub only: Option<IndexKind>,
    /// The conditions.
    pub when: &'static [Condition],
}

/// What a rule asks of the patient. Reports print no period for infections: K5 is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    /// The patient's own IgG is below.
    IggBelow(GramsPerLitre),
    /// The patient's own IgG is at or below.
    IggAtMost(GramsPerLitre),
    /// The patient's own IgG is above.
    IggAbove(GramsPerLitre),
    /// Severe or recurrent verified bacterial infections.
    SevereOrRecurrent,
    /// Such infections with encapsulated bacteria.
    Encapsulated,
    /// Such infections that antibiotics did not clear.
    AntibioticsFailed,
    /// A life-threatening bacterial infection.
    LifeThreatening,
    /// No severe or recurrent bacterial infections.
    NoInfections,
    /// No life-threatening bacterial infection.
    NoLifeThreatening,
    /// At least so many months after the index event.
    MonthsFrom(i32),
    /// Less than so many months after the index event.
    MonthsBefore(i32),
    /// At least so many days after the index event.
    DaysFrom(i32),
    /// Treatment with the bispecific antibody goes on.
    OnBispecific,
    /// Treatment with the bispecific antibody has ended.
    BispecificEnded,
    /// On immunoglobulin for so many months.
    TreatedMonths(i32),
    /// The latest IgG under treatment is at or below, and so is the patient's own.
    CourseAtMost(GramsPerLitre),
    /// The latest IgG under treatment is at or above.
    CourseNotBelow(GramsPerLitre),
    /// The latest IgG under treatment is above.
    CourseAbove(GramsPerLitre),
    /// The two latest IgG under treatment are above.
    CourseSustainedAbove(GramsPerLitre),
    /// The two latest IgG under treatment are not below the laboratory's lower limit.
    CourseSustainedNormal,
    /// Something that only a clinician can judge, such as restored function of B cells.
    Judgement,
}

const TWO: GramsPerLitre = GramsPerLitre::whole(2);
const FOUR: GramsPerLitre = GramsPerLitre::FOUR;
const SIX: GramsPerLitre = GramsPerLitre::SIX;

const fn recommends(id: &'static str, when: &'static [Condition]) -> Rule {
    Rule {
        id,
        strength: Strength::Recommended,
        only: None,
        when,
    }
}

const fn considers(id: &'static str, when: &'static [Condition]) -> Rule {
    Rule {
        strength: Strength::Considered,
        ..recommends(id, when)
    }
}

const fn only(kind: IndexKind, rule: Rule) -> Rule {
    Rule {
        only: Some(kind),
        ..rule
    }
}

/// The reports, in the order of the addendum's tables.
pub const REPORTS: [Report; 8] = [
    Report {
        id: ReportId::Astct24,
        citation: "Shahid 2024",
        reference: 15,
        table: "8-5",
        treatments: &[CarT],
        disease: Disease::BCellMalignancy,
        quality: Quality::ModerateToHigh,
        start: &[
            recommends(
                "igg-at-most-4-with-infections",
                &[IggAtMost(FOUR), SevereOrRecurrent],
            ),
            considers(
                "igg-4-to-6-with-infections",
                &[IggAbove(FOUR), IggAtMost(SIX), SevereOrRecurrent],
            ),
            considers("igg-below-2", &[IggBelow(TWO)]),
        ],
        children: &[recommends("every-child", &[])],
        stop: &[considers(
            "from-3-months-igg-at-most-4-without-infections",
            &[MonthsFrom(3), NoInfections, CourseAtMost(FOUR)],
        )],
    },
    Report {
        id: ReportId::Ebmt22,
        citation: "Hayden 2022",
        reference: 29,
        table: "8-5",
        treatments: &[CarT],
        disease: Disease::BCellMalignancy,
        quality: Quality::High,
        start: &[recommends(
            "igg-below-4-with-infections-by-encapsulated-bacteria",
            &[IggBelow(FOUR), Encapsulated],
        )],
        children: &[recommends("every-child", &[])],
        stop: &[considers("functional-b-cells-restored", &[Judgement])],
    },
    Report {
        id: ReportId::Hill19r,
        citation: "Hill 2019",
        reference: 27,
        table: "8-5",
        treatments: &[CarT],
        disease: Disease::BCellMalignancy,
        quality: Quality::Moderate,
        start: &[
            considers(
                "igg-at-most-4-in-3-months",
                &[IggAtMost(FOUR), MonthsBefore(3)],
            ),
            considers(
                "igg-at-most-6-with-infections",
                &[IggAtMost(SIX), SevereOrRecurrent],
            ),
            considers(
                "igg-above-6-with-functional-defect",
                &[IggAbove(SIX), Judgement],
            ),
        ],
        children: &[],
        stop: &[considers(
            "immune-parameters-normal-without-infections",
            &[NoInfections, Judgement],
        )],
    },
    Report {
        id: ReportId::Ban25,
        citation: "Banerjee 2025",
        reference: 28,
        table: "8-6",
        treatments: &[Bispecific],
        disease: Disease::Myeloma,
        quality: Quality::Moderate,
        start: &[recommends("every-patient-on-treatment", &[OnBispecific])],
        children: &[],
        stop: &[
            considers("trough-stable-above-4", &[CourseSustainedAbove(FOUR)]),
            considers("antibody-given-less-often", &[Judgement]),
            considers("fixed-6-months", &[TreatedMonths(6)]),
        ],
    },
    Report {
        id: ReportId::Imwg24,
        citation: "Rodriguez-Otero 2024",
        reference: 31,
        table: "8-6",
        treatments: &[Bispecific],
        disease: Disease::Myeloma,
        quality: Quality::High,
        start: &[recommends("igg-below-4", &[IggBelow(FOUR)])],
        children: &[],
        // It names no criterion for a stop, only that treatment goes on while IgG is below 4 g/L.
        stop: &[considers(
            "igg-not-below-4",
            &[CourseNotBelow(FOUR), Judgement],
        )],
    },
    Report {
        id: ReportId::Imwg23,
        citation: "Raje 2023",
        reference: 33,
        table: "8-6",
        treatments: &[Bispecific],
        disease: Disease::Myeloma,
        quality: Quality::High,
        start: &[
            recommends("igg-below-4", &[IggBelow(FOUR)]),
            recommends(
                "serious-infections-by-encapsulated-bacteria",
                &[Encapsulated],
            ),
            recommends("life-threatening-infection", &[LifeThreatening]),
            recommends("antibiotics-failed", &[AntibioticsFailed]),
        ],
        children: &[],
        stop: &[considers(
            "igg-sustained-above-4-without-life-threatening-infection",
            &[CourseSustainedAbove(FOUR), NoLifeThreatening],
        )],
    },
    Report {
        id: ReportId::Commit23,
        citation: "Mohan 2023",
        reference: 17,
        table: "8-7",
        treatments: &[CarT, Bispecific],
        disease: Disease::Myeloma,
        quality: Quality::High,
        start: &[
            only(
                CarT,
                recommends(
                    "every-patient-from-day-30",
                    &[DaysFrom(30), MonthsBefore(12)],
                ),
            ),
            only(
                Bispecific,
                recommends(
                    "every-patient-from-second-month",
                    &[MonthsFrom(1), OnBispecific],
                ),
            ),
        ],
        children: &[],
        stop: &[
            recommends("igg-above-4", &[CourseAbove(FOUR)]),
            only(
                CarT,
                recommends("12-months-after-infusion", &[MonthsFrom(12)]),
            ),
            only(Bispecific, recommends("antibody-ended", &[BispecificEnded])),
        ],
    },
    Report {
        id: ReportId::Emn23,
        citation: "Ludwig 2023",
        reference: 32,
        table: "8-7",
        treatments: &[CarT, Bispecific],
        disease: Disease::Myeloma,
        quality: Quality::High,
        start: &[
            recommends("igg-at-most-4", &[IggAtMost(FOUR)]),
            recommends("antibiotics-failed", &[AntibioticsFailed]),
        ],
        children: &[],
        stop: &[considers(
            "igg-sustained-normal-without-infections",
            &[CourseSustainedNormal, NoInfections],
        )],
    },
];
