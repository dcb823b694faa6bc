//! The suggestions of a card: drafts, updates, deletions and statements that a clinician may accept.
//!
//! A suggestion whose data are not there (no patient, no order, no event) is left out. Several
//! suggestions of a card exclude each other, so what belongs together is one suggestion.

mod dose;
mod drafts;
mod monitoring;

use jiff::civil::Date;
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use self::drafts::{Draft, Effective, Said, Test, donor_code, outcome_code, sid_reason};
use super::{
    Language,
    card::{Action, Suggestion},
    case::{Case, StopCase},
    catalogue::labels::{self, Words},
    identity::suggestion_uuid,
    resource::{Members, Resource},
};
use crate::chart::terminology::OrderCodes;
use crate::guideline::{
    assessment::{CardCode, CourseRule, MissingItem, Population, StartConclusion},
    date::{plus_days, plus_months},
    facts::{Donor, Reference, ReviewOutcome},
    parameters::{K5_INFECTION_MONTHS, K9_EXTENSION_DAYS},
};

/// A suggestion before it has its uuid.
struct Offer {
    /// What tells it apart from the card's others.
    kind: &'static str,
    label: String,
    recommended: bool,
    actions: Vec<Action>,
}

/// The suggestions of a card.
pub(super) fn suggestions(card: CardCode, case: &Case<'_>, uuid: Uuid) -> Vec<Suggestion> {
    offers(card, case)
        .into_iter()
        .flatten()
        .filter(|offer| !offer.actions.is_empty())
        .map(|offer| Suggestion {
            label: offer.label,
            uuid: suggestion_uuid(uuid, offer.kind),
            kind: offer.kind,
            is_recommended: offer.recommended,
            actions: offer.actions,
        })
        .collect()
}

fn offers(card: CardCode, case: &Case<'_>) -> Vec<Option<Offer>> {
    let assessment = case.assessment;
    let conclusion = assessment.start.conclusion;
    match card {
        CardCode::C01 => vec![draft_with_stop(case), tests(case, &Test::ALL, None, false)],
        CardCode::C02 => vec![draft_with_reviews(case)],
        // Once it is judged, what is left is to begin.
        CardCode::C03 if case.judged_decisive().is_some() => vec![draft_with_reviews(case)],
        CardCode::C03 => vec![decisive(case, true), decisive(case, false)],
        CardCode::C04 => missing_inputs(case),
        CardCode::C05 if conclusion == StartConclusion::Ns => {
            let mut offers = vec![remove_draft(case, false)];
            offers.extend(history(case, assessment.as_of));
            offers.push(vaccine_response(case));
            offers
        }
        CardCode::C05 => vec![remove_draft(case, true), vaccine_response(case)],
        CardCode::C06 => vec![tests(case, &Test::BESIDE_M_COMPONENT, None, false)],
        CardCode::C08 => vec![
            draft_with_reviews(case),
            tests(case, &Test::ALL, None, false),
        ],
        CardCode::C09 => vec![
            referral(case),
            vaccine_response(case),
            tests(case, &Test::ALL, None, false),
        ],
        CardCode::C10 => monitoring::preconditions(case),
        CardCode::C11 => monitoring::baseline(case),
        CardCode::C12 => vec![
            review(case, ReviewOutcome::Continue),
            review(case, ReviewOutcome::Adjust),
            review(case, ReviewOutcome::Pause),
            review(case, ReviewOutcome::Stop),
            tests(case, &Test::ALL, None, false),
        ],
        CardCode::C14 => stop_after_index(case),
        CardCode::C15 => vec![
            review(case, ReviewOutcome::Stop),
            review(case, ReviewOutcome::Pause),
            review(case, ReviewOutcome::Continue),
            adjustment(case),
            tests(case, &[Test::Iga, Test::Igm], None, false),
        ],
        CardCode::C16 => vec![tests(
            case,
            &[Test::Iga, Test::Igm, Test::BCells],
            None,
            false,
        )],
        CardCode::C17 => monitoring::summer_pause(case),
        CardCode::C18 => monitoring::recurrence(case),
        CardCode::C20 => dose::scig_preferred(case),
        CardCode::C21 => dose::small_child(case),
        CardCode::C22 => dose::monthly(case),
        CardCode::C23 => dose::check(case),
        CardCode::C24 | CardCode::C25 => monitoring::dose(case),
        CardCode::C27 => dose::gram_for_gram(case),
        CardCode::C28 => dose::reason_for_switch(case),
        CardCode::C29 => vec![add_reason(case)],
        CardCode::C30 => vec![index_event(case, true), index_event(case, false)],
        CardCode::C31 => vec![tests(case, &[Test::Igg], None, true)],
        CardCode::C32 => vec![
            remove_draft(case, conclusion == StartConclusion::Not),
            tests(case, &[Test::Igg], None, false),
            outside_record(case),
        ],
        CardCode::C07 | CardCode::C26 => Vec::new(),
    }
}

fn drafting<'a>(case: &'a Case<'_>) -> Option<Draft<'a>> {
    let patient = case.chart.patient.as_ref()?.as_str();
    Some(Draft {
        patient,
        as_of: case.assessment.as_of,
        language: case.language,
        codes: &case.chart.order_codes,
    })
}

fn create(description: String, resource: &Value) -> Option<Action> {
    Some(Action::Create {
        description,
        resource: Resource::new(resource)?,
    })
}

/// The draft of immunoglobulin with the stop date built in and the task for the stop review, so that
/// the one is not accepted without the other (H-08). Not beside a draft that is already there.
fn draft_with_stop(case: &Case<'_>) -> Option<Offer> {
    if case.assessment.order.reference.is_some() {
        return None;
    }
    let drafting = drafting(case)?;
    let stop = case
        .assessment
        .course
        .stop_due
        .filter(|stop| *stop >= drafting.as_of);
    let words = labels::draft(stop, case.language);
    let mut actions = vec![create(words.description, &drafting.immunoglobulin(stop))?];
    if let Some(stop) = stop {
        let task = labels::stop_task(stop, case.language).description;
        actions.push(create(task.clone(), &drafting.task(&task, stop))?);
    }
    Some(Offer {
        kind: "draft",
        label: words.label,
        recommended: false,
        actions,
    })
}

/// The draft with the tasks for the reviews at 3 and 6 months (REC-31).
fn draft_with_reviews(case: &Case<'_>) -> Option<Offer> {
    if case.assessment.order.reference.is_some() {
        return None;
    }
    let drafting = drafting(case)?;
    let words = labels::draft(None, case.language);
    let mut actions = vec![create(words.description, &drafting.immunoglobulin(None))?];
    for months in [3, 6] {
        let by = plus_months(drafting.as_of, months);
        let task = labels::review_task(months, by, case.language).description;
        actions.push(create(task.clone(), &drafting.task(&task, by))?);
    }
    Some(Offer {
        kind: "draft",
        label: words.label,
        recommended: false,
        actions,
    })
}

fn tests(case: &Case<'_>, tests: &[Test], from: Option<Date>, recommended: bool) -> Option<Offer> {
    let from = from.filter(|from| *from > case.assessment.as_of);
    let tests = not_drafted(case, tests);
    let names: Vec<&str> = tests.iter().map(|test| test.name(case.language)).collect();
    let label = labels::tests(&names, from, case.language);
    requests(case, ("tests", label), &tests, from, recommended)
}

/// The response to vaccines, which tells what the B cells can do (REC-12, REC-25).
fn vaccine_response(case: &Case<'_>) -> Option<Offer> {
    let label = labels::vaccine_response(case.language).to_owned();
    let tests = not_drafted(case, &Test::VACCINE_RESPONSE);
    requests(case, ("vaccine-response", label), &tests, None, false)
}

/// Work-up with clinical immunology (REC-25).
fn referral(case: &Case<'_>) -> Option<Offer> {
    let label = labels::referral(case.language).to_owned();
    let referral = not_drafted(case, &[Test::Immunology]);
    requests(case, ("refer-immunology", label), &referral, None, false)
}

/// What the drafts do not hold already.
fn not_drafted(case: &Case<'_>, tests: &[Test]) -> Vec<Test> {
    let drafted = &case.assessment.drafted.tests;
    tests
        .iter()
        .copied()
        .filter(|test| !drafted.contains(&test.lab_test()))
        .collect()
}

fn requests(
    case: &Case<'_>,
    (kind, label): (&'static str, String),
    tests: &[Test],
    from: Option<Date>,
    recommended: bool,
) -> Option<Offer> {
    let drafting = drafting(case)?;
    if tests.is_empty() {
        return None;
    }
    let actions = tests
        .iter()
        .map(|&test| {
            create(
                labels::test(test.name(case.language), from, case.language),
                &drafting.test(test, from),
            )
        })
        .collect::<Option<Vec<Action>>>()?;
    Some(Offer {
        kind,
        label,
        recommended,
        actions,
    })
}

fn statement(
    case: &Case<'_>,
    kind: &'static str,
    words: Words,
    build: impl FnOnce(&Draft<'_>) -> Value,
) -> Option<Offer> {
    let resource = build(&drafting(case)?);
    let actions = vec![create(words.description, &resource)?];
    Some(Offer {
        kind,
        label: words.label,
        recommended: false,
        actions,
    })
}

/// What C04 offers for what is missing.
fn missing_inputs(case: &Case<'_>) -> Vec<Option<Offer>> {
    let start = &case.assessment.start;
    let lacks = |items: &[MissingItem]| items.iter().any(|item| start.missing.contains(item));
    let mut offers = Vec::new();
    if lacks(&[
        MissingItem::Igg,
        MissingItem::IggSecondSample,
        MissingItem::IggUninfectedSample,
        MissingItem::IgaIgm,
    ]) {
        offers.push(tests(case, &Test::ALL, start.repeat_from, true));
    }
    if lacks(&[MissingItem::InfectionHistory, MissingItem::InfectionDetails]) {
        offers.extend(history(case, case.assessment.as_of));
    }
    if lacks(&[MissingItem::DonorType]) {
        offers.push(donor(case, Donor::Allogeneic, "donor-allogeneic"));
        offers.push(donor(case, Donor::Autologous, "donor-autologous"));
    }
    offers
}

/// The statement that the infection history of a period was reviewed (decision-spec §5), as the
/// resource to create for `Patient/id`: qualifying infections present, or none.
pub fn infection_history(
    patient: &str,
    present: bool,
    (from, to): (Date, Date),
    language: Language,
) -> Value {
    let draft = Draft {
        patient,
        as_of: to,
        language,
        // A statement orders nothing.
        codes: &OrderCodes::default(),
    };
    let code = "infection-history-reviewed";
    draft.statement(
        code,
        &Said::Flag(present),
        Effective::Period(from, to),
        None,
    )
}

/// The infection history of the K5 months up to `to`: qualifying infections present, or none.
fn history(case: &Case<'_>, to: Date) -> [Option<Offer>; 2] {
    let from = plus_months(to, -K5_INFECTION_MONTHS);
    [(true, "history-present"), (false, "history-none")].map(|(present, kind)| {
        if case.history_stated(present, to) {
            return None;
        }
        let words = labels::history(present, from, to, case.language);
        statement(case, kind, words, |draft| {
            let period = Effective::Period(from, to);
            draft.statement(
                "infection-history-reviewed",
                &Said::Flag(present),
                period,
                None,
            )
        })
    })
}

fn decisive(case: &Case<'_>, yes: bool) -> Option<Offer> {
    let kind = if yes { "decisive" } else { "not-decisive" };
    statement(case, kind, labels::decisive(yes, case.language), |draft| {
        let on = Effective::On(draft.as_of);
        draft.statement("igg-decisive-factor", &Said::Flag(yes), on, None)
    })
}

/// Immunoglobulin that the record does not hold explains an IgG that is not low (H-06): it ran at the
/// latest on the day of the sample.
fn outside_record(case: &Case<'_>) -> Option<Offer> {
    let since = case.assessment.start.igg.as_ref()?.drawn;
    let words = labels::outside_record(since, case.language);
    statement(case, "outside-record", words, |draft| {
        let period = Effective::Period(since, draft.as_of);
        draft.statement("ig-outside-record", &Said::Flag(true), period, None)
    })
}

fn donor(case: &Case<'_>, donor: Donor, kind: &'static str) -> Option<Offer> {
    let code = donor_code(donor)?;
    statement(case, kind, labels::donor(donor, case.language), |draft| {
        draft.statement(
            "donor-type",
            &Said::Coded(code),
            Effective::On(draft.as_of),
            None,
        )
    })
}

/// The outcome of a review, recorded; a pause or stop changes every running order with it. Where
/// one of them cannot be changed none is, and the words say so.
fn review(case: &Case<'_>, outcome: ReviewOutcome) -> Option<Offer> {
    let (kind, status) = match outcome {
        ReviewOutcome::Continue => ("continue", None),
        ReviewOutcome::Adjust => ("adjust", None),
        ReviewOutcome::Pause => ("pause", Some("on-hold")),
        ReviewOutcome::Stop => ("stop", Some("stopped")),
    };
    let mut actions = status.map_or_else(Vec::new, |status| update_orders(case, status));
    let words = labels::review(outcome, !actions.is_empty(), case.language);
    let recorded = drafting(case).and_then(|draft| {
        let said = Said::Coded(outcome_code(outcome));
        let on = Effective::On(draft.as_of);
        create(
            words.description.clone(),
            &draft.statement("ig-review", &said, on, None),
        )
    });
    actions.extend(recorded);
    Some(Offer {
        kind,
        label: words.label,
        recommended: false,
        actions,
    })
}

/// Updates of every running order to `status`; none when one of them is not at hand.
fn update_orders(case: &Case<'_>, status: &str) -> Vec<Action> {
    let description = labels::order_update(status == "stopped", case.language);
    let updates: Option<Vec<Action>> = case
        .assessment
        .course
        .running_orders
        .iter()
        .map(|order| {
            let mut members = medication_request(case.chart.orders.get(order)?)?;
            members.set("status", &status)?;
            Some(Action::Update {
                description: description.clone(),
                resource: members.resource()?,
            })
        })
        .collect();
    updates.unwrap_or_default()
}

/// A `MedicationRequest` with an id, as an update needs it.
fn medication_request(order: &RawValue) -> Option<Members> {
    let members = Members::read(order)?;
    let named = members.text("resourceType").as_deref() == Some("MedicationRequest")
        && members.text("id").is_some_and(|id| !id.is_empty());
    named.then_some(members)
}

/// The stop at T0 + 6 months: stop or pause, a short extension, the decision to continue, and, where
/// the infections before the start are not known, what they were.
fn stop_after_index(case: &Case<'_>) -> Vec<Option<Offer>> {
    let course = &case.assessment.course;
    let as_of = case.assessment.as_of;
    let due = case.stop_date();
    let mut offers = vec![
        review(case, ReviewOutcome::Stop),
        review(case, ReviewOutcome::Pause),
    ];
    if course.history_unknown
        && let Some(start) = course.start
    {
        offers.extend(history(case, start));
    }
    if let (Some(due), Some(CourseRule::Cart6)) = (course.stop_due, course.rule)
        && case.stop_case() != StopCase::Extended
    {
        let end = plus_days(due, K9_EXTENSION_DAYS);
        if as_of <= end && !case.extension_stated(end) {
            let words = labels::extension(end, case.language);
            offers.push(statement(case, "extension", words, |draft| {
                draft.statement("ig-extension", &Said::Day(end), Effective::On(as_of), None)
            }));
        }
    }
    if case.stop_reached() {
        // Before the due date a decision to continue would not settle it (decision-spec §3.3).
        offers.push(review(case, ReviewOutcome::Continue));
        offers.push(adjustment(case));
    } else if let Some(due) = due {
        offers.push(stop_task(case, due));
    }
    offers
}

/// The outcome that only a review has, where one is due as well.
fn adjustment(case: &Case<'_>) -> Option<Offer> {
    case.assessment.course.review_due?;
    review(case, ReviewOutcome::Adjust)
}

fn stop_task(case: &Case<'_>, due: Date) -> Option<Offer> {
    let words = labels::stop_task(due, case.language);
    let task = drafting(case)?.task(&words.description, due);
    let actions = vec![create(words.description, &task)?];
    Some(Offer {
        kind: "task",
        label: words.label,
        recommended: false,
        actions,
    })
}

/// Whether the later event is a new start (B-14). Offered only where the assessment names that
/// event: the one whose six months have not passed.
fn index_event(case: &Case<'_>, confirmed: bool) -> Option<Offer> {
    let (one, other) = case.two_populations()?;
    let both = [one, other];
    if !(both.contains(&Population::P2A) && both.contains(&Population::P2B)) {
        return None;
    }
    let index = case.assessment.population.index.as_ref()?;
    if index.window_end <= case.assessment.as_of {
        return None;
    }
    let event = index.evidence.first().filter(|event| literal(event))?;
    let kind = if confirmed {
        "new-start"
    } else {
        "same-course"
    };
    statement(
        case,
        kind,
        labels::index_event(confirmed, case.language),
        |draft| {
            let on = Effective::On(draft.as_of);
            let said = Said::Flag(confirmed);
            draft.statement("index-event-confirmed", &said, on, Some(event.as_str()))
        },
    )
}

/// Deletion of the draft (ACT-05), where there is one that can be named.
fn remove_draft(case: &Case<'_>, recommended: bool) -> Option<Offer> {
    let order = case
        .assessment
        .order
        .reference
        .as_ref()
        .filter(|order| literal(order))?;
    let words = labels::remove_draft(case.language);
    let actions = vec![Action::Delete {
        description: words.description,
        resource_id: order.as_str().to_owned(),
        resource: None,
    }];
    Some(Offer {
        kind: "remove-draft",
        label: words.label,
        recommended,
        actions,
    })
}

/// The draft with the SID reason added. Drafts of some clients have a lone object where R4 has an
/// array; the two that are known to are put right, the rest stays as it was sent.
fn add_reason(case: &Case<'_>) -> Option<Offer> {
    let order = case.assessment.order.reference.as_ref()?;
    let mut members = medication_request(case.chart.orders.get(order)?)?;
    let mut reasons = members.elements("reasonCode");
    reasons.push(
        serde_json::value::to_raw_value(&sid_reason(&case.chart.order_codes, case.language))
            .ok()?,
    );
    members.set("reasonCode", &reasons)?;
    let categories = members.elements("category");
    if !categories.is_empty() {
        members.set("category", &categories)?;
    }
    let words = labels::add_reason(case.language);
    let actions = vec![Action::Update {
        description: words.description,
        resource: members.resource()?,
    }];
    Some(Offer {
        kind: "add-reason",
        label: words.label,
        recommended: false,
        actions,
    })
}

/// `Type/id`, and not the place of a resource without an id.
fn literal(reference: &Reference) -> bool {
    reference
        .as_str()
        .split_once('/')
        .is_some_and(|(kind, id)| {
            !kind.is_empty()
                && kind.chars().all(|char| char.is_ascii_alphabetic())
                && !id.is_empty()
                && !id.contains(['/', '[', ']'])
        })
}
