//! The ten studies that the Council weighed for CAR-T and bispecific antibodies, as data.
//!
//! From the addendum's section 3.2 and its tables 8-1 to 8-4. The Council holds the certainty of all of
//! them to be very low, so no rule rests on them: the recommendations rest on consensus.

use jiff::civil::{Date, date};
use serde::Serialize;

use super::assessment::IndexKind;

/// One study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Study {
    /// Stable id: first author and year, in lower case.
    pub id: StudyId,
    /// First author and year, as the addendum cites it.
    pub citation: &'static str,
    /// Its number in the addendum's list of references.
    pub reference: u8,
    /// The addendum's tables that describe it: design and results.
    pub tables: [&'static str; 2],
    /// How it was made.
    pub design: Design,
    /// How many centres or trials the patients come from.
    pub setting: Setting,
    /// Patients.
    pub patients: u16,
    /// Which kind of treatment.
    pub treatment: IndexKind,
    /// What the treatment is directed against.
    pub target: Target,
    /// Given by discretion, never by lot.
    pub randomised: bool,
    /// The Council's certainty.
    pub certainty: Certainty,
}

/// The studies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StudyId {
    /// Dima 2025.
    Dima2025,
    /// Hill 2019, the study; the review is a consensus report.
    Hill2019,
    /// Josyula 2022.
    Josyula2022,
    /// Mokhtari 2025.
    Mokhtari2025,
    /// Sutherland 2025.
    Sutherland2025,
    /// Thiruvengadam 2022.
    Thiruvengadam2022,
    /// Uy 2020.
    Uy2020,
    /// Frerichs 2023.
    Frerichs2023,
    /// Lancman 2023.
    Lancman2023,
    /// Mohan 2025, the study; COMMIT has the same first author.
    Mohan2025,
}

/// How a study was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// A retrospective cohort.
    RetrospectiveCohort,
    /// A subgroup followed prospectively.
    ProspectiveSubgroup,
    /// Retrospective, each patient compared with themselves.
    SelfControlledCaseSeries,
}

/// Where the patients come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// One centre.
    OneCentre,
    /// Several centres.
    SeveralCentres,
    /// Patients of clinical trials.
    Trials,
    /// Not stated.
    NotStated,
}

/// What the treatment is directed against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Target {
    /// B-cell maturation antigen, in myeloma.
    #[serde(rename = "BCMA")]
    Bcma,
    /// CD19, in leukaemia and lymphoma.
    #[serde(rename = "CD19")]
    Cd19,
}

/// Certainty of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Very low.
    VeryLow,
}

/// The last day of the literature searches (addendum, section 3.1).
pub const SEARCHED_UNTIL: Date = date(2025, 8, 3);
/// The Council's certainty of the primary literature as a whole (addendum, section 3.2).
pub const CERTAINTY: Certainty = Certainty::VeryLow;

const CAR_T_TABLES: [&str; 2] = ["8-1", "8-2"];
const BISPECIFIC_TABLES: [&str; 2] = ["8-3", "8-4"];

const fn study(
    id: StudyId,
    (citation, reference): (&'static str, u8),
    design: Design,
    setting: Setting,
    patients: u16,
    treatment: IndexKind,
    target: Target,
) -> Study {
    Study {
        id,
        citation,
        reference,
        tables: match treatment {
            IndexKind::CarT => CAR_T_TABLES,
            IndexKind::Bispecific => BISPECIFIC_TABLES,
        },
        design,
        setting,
        patients,
        treatment,
        target,
        randomised: false,
        certainty: CERTAINTY,
    }
}

/// The studies, in the order of the addendum's tables.
pub const STUDIES: [Study; 10] = {
    use Design::{ProspectiveSubgroup, RetrospectiveCohort, SelfControlledCaseSeries};
    use IndexKind::{Bispecific, CarT};
    use Setting::{NotStated, OneCentre, SeveralCentres, Trials};
    use StudyId::{
        Dima2025, Frerichs2023, Hill2019, Josyula2022, Lancman2023, Mohan2025, Mokhtari2025,
        Sutherland2025, Thiruvengadam2022, Uy2020,
    };
    use Target::{Bcma, Cd19};
    let cohort = RetrospectiveCohort;
    [
        study(
            Dima2025,
            ("Dima 2025", 21),
            cohort,
            SeveralCentres,
            105,
            CarT,
            Bcma,
        ),
        study(
            Hill2019,
            ("Hill 2019", 20),
            cohort,
            NotStated,
            39,
            CarT,
            Cd19,
        ),
        study(
            Josyula2022,
            ("Josyula 2022", 23),
            cohort,
            Trials,
            32,
            CarT,
            Bcma,
        ),
        study(
            Mokhtari2025,
            ("Mokhtari 2025", 22),
            cohort,
            OneCentre,
            19,
            CarT,
            Cd19,
        ),
        study(
            Sutherland2025,
            ("Sutherland 2025", 24),
            cohort,
            SeveralCentres,
            579,
            CarT,
            Cd19,
        ),
        study(
            Thiruvengadam2022,
            ("Thiruvengadam 2022", 9),
            cohort,
            OneCentre,
            55,
            CarT,
            Bcma,
        ),
        study(Uy2020, ("Uy 2020", 19), cohort, Trials, 71, CarT, Cd19),
        study(
            Frerichs2023,
            ("Frerichs 2023", 3),
            ProspectiveSubgroup,
            OneCentre,
            52,
            Bispecific,
            Bcma,
        ),
        study(
            Lancman2023,
            ("Lancman 2023", 26),
            SelfControlledCaseSeries,
            OneCentre,
            37,
            Bispecific,
            Bcma,
        ),
        study(
            Mohan2025,
            ("Mohan 2025", 25),
            cohort,
            SeveralCentres,
            225,
            Bispecific,
            Bcma,
        ),
    ]
};
