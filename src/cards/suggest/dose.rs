//! What may be accepted on a card about dose, product or switch.

use serde_json::{Value, json, value::RawValue};

use super::{
    Action, Case, Members, Offer, create, drafting,
    drafts::{self, Effective, Said, Test, grams, ivig_reason_code, scig, switch_reason_code},
    literal, medication_request, remove_draft, review, statement, tests,
};
use crate::{
    cards::catalogue::labels,
    guideline::{
        dose::{DoseConclusion, RANGE_DECIGRAMS},
        facts::{
            DoseGap, DoseRole, IgRoute, IvigReason, Order, Pace, PlannedDose, ReviewOutcome,
            SwitchReason,
        },
        parameters::{E49_ROUNDING_DECIGRAMS, K14_MONTH_DAYS},
        quantity::Mass,
        safety::SafetyFault,
        switch::{Comparison, SwitchAdvice},
    },
};

const WEEK: i64 = 7 * 86_400;
const MONTH: i64 = K14_MONTH_DAYS as i64 * 86_400;
/// Micrograms in a tenth of a gram.
const DECIGRAM: i64 = Mass::PER_GRAM / 10;

/// C20: SCIG with the same grams, or the reason for IVIG.
pub fn scig_preferred(case: &Case<'_>) -> Vec<Option<Offer>> {
    let mut offers = vec![replace_with_scig(case)];
    offers.extend(
        [
            (IvigReason::ShortDuration, "ivig-short-duration"),
            (IvigReason::VeryHighDose, "ivig-very-high-dose"),
            (IvigReason::Skin, "ivig-skin"),
            (IvigReason::SelfInjection, "ivig-self-injection"),
        ]
        .map(|(reason, kind)| {
            let words = labels::record_ivig_reason(reason, case.language);
            statement(case, kind, words, |draft| {
                let said = Said::Coded(ivig_reason_code(reason));
                draft.statement("ivig-reason", &said, Effective::On(draft.as_of), None)
            })
        }),
    );
    offers
}

/// C21: ordinary SCIG with the same grams.
pub fn small_child(case: &Case<'_>) -> Vec<Option<Offer>> {
    vec![replace_with_scig(case)]
}

/// C22: the nearest dose within the range; of a running order the decision on it.
pub fn monthly(case: &Case<'_>) -> Vec<Option<Offer>> {
    if case.assessment.dose.is_draft {
        return vec![within_range(case)];
    }
    vec![
        review(case, ReviewOutcome::Adjust),
        review(case, ReviewOutcome::Continue),
        tests(case, &[Test::Igg], None, false),
    ]
}

/// C23: what was probably meant, or no draft.
pub fn check(case: &Case<'_>) -> Vec<Option<Offer>> {
    let mut offers: Vec<Option<Offer>> = case
        .assessment
        .order
        .faults
        .iter()
        .map(|fault| match fault {
            SafetyFault::Route { made_for } => set_route(case, *made_for),
            SafetyFault::Dose {
                if_millilitres: meant,
                ..
            }
            | SafetyFault::VolumeAsMass { grams: meant, .. } => {
                meant.and_then(|meant| set_dose(case, meant))
            }
            SafetyFault::Weight { .. } => None,
        })
        .collect();
    offers.push(remove_draft(case, false));
    offers
}

/// C27: the same grams over the same time, and why the product is changed.
pub fn gram_for_gram(case: &Case<'_>) -> Vec<Option<Offer>> {
    let Some(switch) = &case.assessment.order.switch else {
        return Vec::new();
    };
    let mut offers = Vec::new();
    if let Comparison::Differ { old, .. } | Comparison::NotWritten { old } = switch.grams {
        let each = interval(case)
            .and_then(|pace| at_pace(old.checked_mul(1000)?, pace))
            .and_then(|each| set_dose(case, each));
        offers.push(each);
    }
    if switch.reason.is_none() && switch.advice.is_none() {
        offers.extend(reasons(case));
    }
    offers
}

/// C28: the reason, or what comes before a switch.
pub fn reason_for_switch(case: &Case<'_>) -> Vec<Option<Offer>> {
    let advice = case
        .assessment
        .order
        .switch
        .as_ref()
        .and_then(|switch| switch.advice);
    match advice {
        Some(SwitchAdvice::Ask) => reasons(case).into(),
        Some(SwitchAdvice::RiseUnknown) => vec![
            tests(case, &[Test::Igg], None, false),
            remove_draft(case, false),
        ],
        Some(SwitchAdvice::DoseFirst | SwitchAdvice::ClassEffect) => vec![
            review(case, ReviewOutcome::Adjust),
            remove_draft(case, false),
        ],
        Some(SwitchAdvice::WeighSaving) | None => vec![remove_draft(case, false)],
    }
}

fn reasons(case: &Case<'_>) -> [Option<Offer>; 4] {
    [
        (SwitchReason::LackOfEffect, "switch-lack-of-effect"),
        (SwitchReason::AdverseEffect, "switch-adverse-effect"),
        (SwitchReason::Economic, "switch-economic"),
        (SwitchReason::Other, "switch-other"),
    ]
    .map(|(reason, kind)| {
        let words = labels::record_switch_reason(reason, case.language);
        statement(case, kind, words, |draft| {
            let said = Said::Coded(switch_reason_code(reason));
            draft.statement("switch-reason", &said, Effective::On(draft.as_of), None)
        })
    })
}

/// The draft deleted, and one of SCIG with the same grams in its place.
fn replace_with_scig(case: &Case<'_>) -> Option<Offer> {
    let order = case.chart.facts.order.as_ref()?;
    if !literal(&order.evidence) {
        return None;
    }
    let drafting = drafting(case)?;
    let weekly = case
        .assessment
        .dose
        .milligrams_per28_days
        .filter(|(least, most)| least == most)
        .and_then(|(milligrams, _)| {
            at_pace(
                milligrams.checked_mul(1000)?,
                Pace {
                    times: 1,
                    seconds: WEEK,
                },
            )
        });
    let draft = scig(
        &drafting,
        weekly,
        order.planned_end,
        reasons_of(case, order),
    );
    let words = labels::replace_with_scig(weekly, case.language);
    let removal = Action::Delete {
        description: labels::remove_draft(case.language).description,
        resource_id: order.evidence.as_str().to_owned(),
        resource: None,
    };
    Some(Offer {
        kind: "replace-with-scig",
        label: words.label,
        recommended: false,
        actions: vec![removal, create(words.description, &draft)?],
    })
}

/// The reasons of the draft as it was sent.
fn reasons_of(case: &Case<'_>, order: &Order) -> Option<Value> {
    let members = Members::read(case.chart.orders.get(&order.evidence)?)?;
    let reasons = members.elements("reasonCode");
    (!reasons.is_empty())
        .then(|| serde_json::to_value(reasons).ok())
        .flatten()
}

/// The dose each time of so many micrograms in 28 days.
fn at_pace(micrograms: i64, pace: Pace) -> Option<Mass> {
    let each = i128::from(micrograms)
        .checked_mul(pace.seconds.into())?
        .checked_div(i128::from(MONTH).checked_mul(pace.times.into())?)?;
    i64::try_from(each).ok().map(Mass::from_micrograms)
}

fn only_dose(order: &Order) -> Option<&PlannedDose> {
    let mut going_on = order
        .prescription
        .doses
        .iter()
        .filter(|dose| dose.role == DoseRole::Maintenance);
    going_on.next().filter(|_| going_on.next().is_none())
}

/// The interval of the draft, or where nothing is written the usual one of its route.
fn interval(case: &Case<'_>) -> Option<Pace> {
    let order = case.chart.facts.order.as_ref()?;
    if order.prescription.gap == Some(DoseGap::NotWritten) {
        let seconds = match order.route {
            IgRoute::Sc => WEEK,
            IgRoute::Iv | IgRoute::FacilitatedSc => MONTH,
            IgRoute::Unknown => return None,
        };
        return Some(Pace { times: 1, seconds });
    }
    let interval = only_dose(order)?.interval?;
    (interval.least == interval.most).then_some(interval.least)
}

/// The dose nearest to the one that is written and within 0.4–0.8 g/kg in 28 days.
fn within_range(case: &Case<'_>) -> Option<Offer> {
    let dose = &case.assessment.dose;
    let weight = dose.weight.as_ref()?.value.micrograms();
    let pace = interval(case)?;
    let (least, most) = RANGE_DECIGRAMS;
    let limit = |decigrams: i32| {
        // Tenths of a gram for each kilogram are ten-thousandths of the weight.
        let micrograms = weight.checked_mul(decigrams.into())?.checked_div(10_000)?;
        Some(at_pace(micrograms, pace)?.micrograms())
    };
    let (least, most) = (limit(least)?, limit(most)?);
    let step = |step: i64| {
        let each = match dose.conclusion? {
            DoseConclusion::Low => least.checked_add(step - 1)?.checked_div(step)?,
            DoseConclusion::High => most.checked_div(step)?,
            DoseConclusion::Ok | DoseConclusion::Unknown => return None,
        }
        .checked_mul(step)?;
        (least..=most).contains(&each).then_some(each)
    };
    let each = step(E49_ROUNDING_DECIGRAMS.checked_mul(DECIGRAM)?).or_else(|| step(DECIGRAM))?;
    set_dose(case, Mass::from_micrograms(each))
}

/// The draft with its one dose set to so much each time; only where it has one dose, or none yet.
fn set_dose(case: &Case<'_>, each: Mass) -> Option<Offer> {
    let order = case.chart.facts.order.as_ref()?;
    let mut members = medication_request(case.chart.orders.get(&order.evidence)?)?;
    let pace = interval(case)?;
    let strength = order
        .prescription
        .product
        .as_ref()
        .and_then(|product| product.milligrams_per_millilitre);
    let text = labels::dose(each, strength, (pace.times, pace.seconds), case.language);
    let mut instructions = members.elements("dosageInstruction");
    let instruction = match (instructions.as_slice(), order.prescription.gap) {
        ([], Some(DoseGap::NotWritten)) => serde_json::value::to_raw_value(&json!({
            "text": text,
            "timing": timing(pace),
            "doseAndRate": [{ "doseQuantity": grams(each)? }],
        }))
        .ok()?,
        ([only], Some(DoseGap::NotWritten)) => with_dose(only, each, &text, Some(timing(pace)))?,
        ([only], _) => with_dose(only, each, &text, None)?,
        _ => return None,
    };
    instructions = vec![instruction];
    members.set("dosageInstruction", &instructions)?;
    update(members, "set-dose", labels::set_dose(&text, case.language))
}

/// An instruction with its dose, and the words of it, replaced.
fn with_dose(
    instruction: &RawValue,
    each: Mass,
    text: &str,
    timing: Option<Value>,
) -> Option<Box<RawValue>> {
    let mut members = Members::read(instruction)?;
    // The dose of an earlier FHIR version stands elsewhere.
    if members.get("doseQuantity").is_some() || members.get("doseRange").is_some() {
        return None;
    }
    let doses = members.elements("doseAndRate");
    let dose = match doses.as_slice() {
        [] => serde_json::value::to_raw_value(&json!({ "doseQuantity": grams(each)? })).ok()?,
        [only] => {
            let mut dose = Members::read(only)?;
            if dose.get("doseRange").is_some() {
                return None;
            }
            dose.set("doseQuantity", &grams(each)?)?;
            serde_json::value::to_raw_value(&dose).ok()?
        }
        _ => return None,
    };
    members.set("doseAndRate", &[dose])?;
    members.set("text", &text)?;
    if let Some(timing) = timing {
        // Bounds that are there stay.
        if members.get("timing").is_some() {
            return None;
        }
        members.set("timing", &timing)?;
    }
    serde_json::value::to_raw_value(&members).ok()
}

fn timing(pace: Pace) -> Value {
    json!({ "repeat": {
        "frequency": pace.times,
        "period": pace.seconds / WEEK,
        "periodUnit": "wk",
    } })
}

/// The draft with the route of its instructions set to that of its product.
fn set_route(case: &Case<'_>, made_for: IgRoute) -> Option<Offer> {
    let order = case.chart.facts.order.as_ref()?;
    let mut members = medication_request(case.chart.orders.get(&order.evidence)?)?;
    let route = drafts::route(&case.chart.order_codes, made_for, case.language)?;
    let mut instructions = Vec::new();
    for instruction in members.elements("dosageInstruction") {
        let mut instruction = Members::read(&instruction)?;
        if instruction.get("route").is_some() {
            instruction.set("route", &route)?;
        }
        instructions.push(serde_json::value::to_raw_value(&instruction).ok()?);
    }
    members.set("dosageInstruction", &instructions)?;
    let text = route["text"].as_str()?.to_owned();
    update(
        members,
        "set-route",
        labels::set_route(&text, case.language),
    )
}

fn update(mut members: Members, kind: &'static str, words: labels::Words) -> Option<Offer> {
    // Lone objects where R4 has arrays are put right, as for the reason.
    for name in ["reasonCode", "category"] {
        let elements = members.elements(name);
        if !elements.is_empty() {
            members.set(name, &elements)?;
        }
    }
    let actions = vec![Action::Update {
        description: words.description,
        resource: members.resource()?,
    }];
    Some(Offer {
        kind,
        label: words.label,
        recommended: false,
        actions,
    })
}
