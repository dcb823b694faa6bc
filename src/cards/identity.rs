//! The uuids of cards and suggestions: the same facts give the same uuid, other facts another.

use serde::Serialize;
use uuid::Uuid;

use super::{card::Card, case::Case, catalogue::entry::code};
use crate::guideline::{
    assessment::{
        CardCode, CourseConclusion, CourseRule, Criterion, Guideline, MissingItem,
        PopulationFinding, StartConclusion,
    },
    dose::Dose,
    facts::Reference,
    problem::DataProblem,
    product::ProductFinding,
    safety::SafetyFault,
    switch::Switch,
};
use jiff::civil::Date;

/// The project's own namespace for uuids of version 5. Never change it: feedback names cards by it.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2a64_7c0b_5e0e_9a3c_51d0_c0de_0233);

/// What decided a card; the language and the day of the request are no part of it.
#[derive(Serialize)]
struct Deciding<'a> {
    service: &'a str,
    patient: Option<&'a Reference>,
    card: CardCode,
    guideline: Guideline,
    population: &'a PopulationFinding,
    start: Option<StartFacts<'a>>,
    course: Option<CourseFacts<'a>>,
    /// The results or infections that a card of the course is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    about: Vec<&'a Reference>,
    order: Option<&'a Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dose: Option<DoseFacts<'a>>,
    problems: Option<&'a [DataProblem]>,
}

#[derive(Serialize)]
struct DoseFacts<'a> {
    dose: &'a Dose,
    range: Option<(i64, i64)>,
    faults: &'a [SafetyFault],
    product: ProductFinding,
    switch: Option<&'a Switch>,
}

#[derive(Serialize)]
struct StartFacts<'a> {
    conclusion: StartConclusion,
    criteria: Vec<&'a Criterion>,
    missing: Vec<MissingItem>,
    repeat_from: Option<Date>,
    stop_due: Option<Date>,
}

#[derive(Serialize)]
struct CourseFacts<'a> {
    start: Option<Date>,
    rule: Option<CourseRule>,
    conclusions: &'a [CourseConclusion],
    stop_due: Option<Date>,
    index_window_end: Option<Date>,
    review_due: Option<Date>,
    extended_to: Option<Date>,
    winter_reached: Option<Date>,
    history_unknown: bool,
    continued_after_due: bool,
    running_orders: &'a [Reference],
}

/// The uuid of a card (CARD-01).
pub(super) fn card_uuid(card: CardCode, case: &Case<'_>) -> Uuid {
    let assessment = case.assessment;
    let (start, course) = (&assessment.start, &assessment.course);
    let about_order = matches!(
        card,
        CardCode::C05 | CardCode::C26 | CardCode::C29 | CardCode::C32
    ) || Case::is_dose_card(card);
    let about: Vec<&Reference> = match card {
        CardCode::C16 => course
            .igg_under_substitution
            .iter()
            .map(|igg| &igg.evidence)
            .collect(),
        CardCode::C18 => course
            .recurrence
            .iter()
            .flat_map(|recurrence| &recurrence.infections)
            .collect(),
        CardCode::C24 | CardCode::C25 => course
            .trough
            .iter()
            .map(|trough| &trough.igg.evidence)
            .collect(),
        _ => Vec::new(),
    };
    let deciding = Deciding {
        service: case.service,
        patient: case.chart.patient.as_ref(),
        card,
        guideline: assessment.guideline,
        population: &assessment.population,
        start: Case::is_start_card(card).then_some(StartFacts {
            conclusion: start.conclusion,
            criteria: case.deciding(card),
            missing: case.missing(card),
            repeat_from: start.repeat_from,
            stop_due: course.stop_due,
        }),
        // What a result calls for does not change with what else is due.
        course: (case.is_course_card(card) && about.is_empty()).then_some(CourseFacts {
            start: course.start,
            rule: course.rule,
            conclusions: &course.conclusions,
            stop_due: course.stop_due,
            index_window_end: course.index_window_end,
            review_due: course.review_due,
            extended_to: course.extended_to,
            winter_reached: course.winter_reached,
            history_unknown: course.history_unknown,
            continued_after_due: course.continued_after_due,
            running_orders: &course.running_orders,
        }),
        about,
        order: assessment.order.reference.as_ref().filter(|_| about_order),
        dose: Case::is_dose_card(card).then_some(DoseFacts {
            dose: &assessment.dose,
            range: assessment.dose.milligrams_per28_days,
            faults: &assessment.order.faults,
            product: assessment.order.product,
            switch: assessment.order.switch.as_ref(),
        }),
        problems: (card == CardCode::C31).then_some(&assessment.data_problems[..]),
    };
    // Nothing in it can fail to serialise; a card still gets a uuid of its own if something did.
    let name = serde_json::to_string(&deciding).unwrap_or_else(|_| code(card).to_owned());
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// The uuid of a suggestion of a card, told apart by its kind (SUG-02).
pub(super) fn suggestion_uuid(card: Uuid, kind: &str) -> Uuid {
    Uuid::new_v5(&card, kind.as_bytes())
}

/// The key that a secret text stands for.
pub fn key(secret: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, secret.as_bytes())
}

/// Gives cards and suggestions uuids that only the holder of the key can make again: without one,
/// whoever has the patient's record can.
pub fn with_key(cards: &mut [Card], key: Uuid) {
    for card in cards {
        card.uuid = Uuid::new_v5(&key, card.uuid.as_bytes());
        for suggestion in &mut card.suggestions {
            suggestion.uuid = suggestion_uuid(card.uuid, suggestion.kind);
        }
    }
}
