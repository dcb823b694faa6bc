//! Which hook shows which cards (decision-spec §3.5).

use serde::{Deserialize, Serialize};

use super::{
    assessment::{
        Assessment, CardCode, CourseConclusion, MissingItem, OrderConclusion, Population,
        StartConclusion,
    },
    dose::DoseConclusion,
    facts::{LabTest, VaccinationTarget},
};

/// The hooks that the service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// A chart is opened.
    PatientView,
    /// An order is picked.
    OrderSelect,
    /// An order is signed.
    OrderSign,
}

/// What an order hook is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// No order, or nothing chosen in it yet: as when the chart is opened.
    Patient,
    /// An order of human normal immunoglobulin.
    ImmunoglobulinOrder,
    /// Another order: silence, unless data could not be obtained.
    OtherOrder,
}

/// Most cards in one answer.
pub const MOST_CARDS: usize = 3;

/// The cards that `hook` shows of an assessment, at most three, most urgent first.
pub fn shown(assessment: &Assessment, hook: Hook, subject: Subject) -> Vec<CardCode> {
    let subject = if hook == Hook::PatientView {
        Subject::Patient
    } else {
        subject
    };
    let shows = |card: &CardCode| match subject {
        Subject::Patient => on_patient_view(assessment, *card),
        Subject::ImmunoglobulinOrder => on_order(assessment, *card),
        Subject::OtherOrder => {
            *card == CardCode::C04 && assessment.start.missing.iter().any(|item| item.is_source())
        }
    };
    let wanted: Vec<CardCode> = assessment
        .cards
        .iter()
        .copied()
        .filter(shows)
        .filter(|card| !is_drafted(assessment, *card))
        .collect();
    // Whether to go on, pause or stop is what a review decides: it is asked once.
    let asks = asks_to_go_on(assessment, &wanted);
    wanted
        .into_iter()
        .filter(|card| !(asks && *card == CardCode::C12))
        .take(MOST_CARDS)
        .collect()
}

/// C15 asks it, and C14 once the stop is due or to be reviewed. Before that C14 only announces it.
fn asks_to_go_on(assessment: &Assessment, cards: &[CardCode]) -> bool {
    let due = [CourseConclusion::StopDue, CourseConclusion::StopReview]
        .iter()
        .any(|conclusion| assessment.course.conclusions.contains(conclusion));
    cards.contains(&CardCode::C15) || (due && cards.contains(&CardCode::C14))
}

/// The drafts do already all that the card would suggest.
fn is_drafted(assessment: &Assessment, card: CardCode) -> bool {
    use MissingItem::{
        AntibioticProphylaxis, IgaIgm, InfectionHistory, SourceImmunization,
        SourceMedicationRequest, VaccinationInfluenza, VaccinationPneumococcal,
    };
    let lacks = |items: &[MissingItem]| {
        let missing = &assessment.start.missing;
        items.iter().any(|item| missing.contains(item))
    };
    let tests = |tests: &[LabTest]| {
        tests
            .iter()
            .all(|test| assessment.drafted.tests.contains(test))
    };
    let vaccine =
        |item, against| !lacks(&[item]) || assessment.drafted.vaccinations.contains(&against);
    match card {
        CardCode::C10 => {
            let other = [
                AntibioticProphylaxis,
                SourceImmunization,
                SourceMedicationRequest,
            ];
            !lacks(&other)
                && vaccine(VaccinationInfluenza, VaccinationTarget::Influenza)
                && vaccine(VaccinationPneumococcal, VaccinationTarget::Pneumococci)
        }
        CardCode::C11 => {
            !lacks(&[InfectionHistory])
                && (!lacks(&[IgaIgm]) || tests(&[LabTest::Iga, LabTest::Igm]))
        }
        // The draft ends on the stop date or before it.
        CardCode::C14 => {
            let course = &assessment.course;
            let soon = course.conclusions.contains(&CourseConclusion::StopSoon);
            let ends = assessment.order.planned_end.zip(course.stop_due);
            soon && ends.is_some_and(|(end, due)| end <= due)
        }
        _ => false,
    }
}

/// Only where there is something to do.
fn on_patient_view(assessment: &Assessment, card: CardCode) -> bool {
    use CardCode::{
        C01, C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, C12, C14, C15, C16, C17, C18, C20,
        C21, C22, C23, C24, C25, C26, C27, C28, C29, C30, C31, C32,
    };
    match card {
        C05 | C32 | C26 | C29 | C20 | C21 | C23 | C27 | C28 => false,
        // The dose of the orders that run: only where it is too high, and nobody has decided so.
        C22 => {
            assessment.dose.conclusion == Some(DoseConclusion::High)
                && !assessment.dose.is_draft
                && !assessment.dose.reviewed
        }
        C04 | C06 => !assessment.start.waits_for_order,
        // The adult criteria do not apply: worth saying where they would have spoken.
        C07 => {
            assessment.course.on_immunoglobulin == Some(true)
                || assessment
                    .start
                    .criteria
                    .iter()
                    .any(|criterion| criterion.verdict.is_met())
        }
        C09 => assessment.start.conclusion == StartConclusion::Cons,
        // The baseline is asked for when immunoglobulin is ordered.
        C11 => false,
        // Only where a decision is near that IgG could mislead.
        C16 => decision_is_near(assessment),
        // C14 asks about the stop already.
        C15 => !assessment.cards.contains(&C14),
        // The cards of a review or a stop ask about a pause too.
        C17 => ![C12, C14, C15]
            .iter()
            .any(|card| assessment.cards.contains(card)),
        C01 | C02 | C03 | C08 | C10 | C12 | C14 | C18 | C24 | C25 | C30 | C31 => true,
    }
}

/// A stop or pause is being decided.
fn decision_is_near(assessment: &Assessment) -> bool {
    use CourseConclusion::{
        Extend, Pause, Recovered, Review3, Review6, Review6Monthly, StopDue, StopOverdue,
        StopReview, StopSoon, StopWindow, SupportsStop,
    };
    assessment
        .course
        .conclusions
        .iter()
        .any(|conclusion| match conclusion {
            StopSoon | StopDue | StopWindow | StopOverdue | StopReview | SupportsStop | Pause => {
                true
            }
            Extend | Review3 | Review6 | Review6Monthly | Recovered => false,
        })
}

/// What an order of immunoglobulin calls for (decision-spec §3.4, order conclusions).
fn on_order(assessment: &Assessment, card: CardCode) -> bool {
    use CardCode::{
        C01, C02, C03, C04, C05, C06, C07, C08, C09, C10, C11, C12, C14, C15, C16, C17, C18, C20,
        C21, C22, C23, C24, C25, C26, C27, C28, C29, C30, C31, C32,
    };
    let indication_missing = assessment.cards.contains(&C29);
    match card {
        // The draft already does what these would suggest.
        C01 | C02 | C03 | C08 => false,
        C05 | C32 => {
            assessment.order.conclusion == Some(OrderConclusion::Warn)
                || matches!(
                    assessment.population.code,
                    Population::Ambiguous | Population::Unassigned
                )
        }
        C04 | C06 | C07 | C09 | C10 | C11 | C18 | C30 => !indication_missing,
        // For the chart: they are no answer to an order.
        C16 | C17 => false,
        // Renewing an order is the moment for a stop that is due, not for one that is merely near.
        C15 => {
            let overdue = CourseConclusion::StopOverdue;
            assessment.course.conclusions.contains(&overdue) && !assessment.cards.contains(&C14)
        }
        C20 | C21 | C22 | C27 | C28 => !indication_missing,
        C12 | C14 | C23 | C24 | C25 | C26 | C29 | C31 => true,
    }
}
