//! The grounds of a card about dose, product or switch: products, grams, millilitres, weight.

use super::{Case, escape, locale, say, words};
use crate::{
    cards::catalogue::{choices, conclusion},
    guideline::{
        assessment::CardCode,
        dose::DoseUnknown,
        facts::{Prescription, RunningOrder},
        quantity::Mass,
        switch::Comparison,
    },
};

/// The lines; none on a card about something else.
pub(super) fn lines(card: CardCode, case: &Case<'_>) -> Vec<String> {
    if !Case::is_dose_card(card) {
        return Vec::new();
    }
    let facts = &case.chart.facts;
    let running: Vec<&RunningOrder> = facts
        .running_orders
        .iter()
        .filter(|order| {
            case.assessment
                .course
                .running_orders
                .contains(&order.evidence)
        })
        .collect();
    let mut lines = Vec::new();
    let dose = &case.assessment.dose;
    if let Some(order) = &facts.order {
        let about = say!(case.language, "Ordinationsudkast", "Draft order");
        let milligrams = dose.milligrams_per28_days;
        lines.push(order_line(&about, &order.prescription, milligrams, case));
    }
    if matches!(
        card,
        CardCode::C20 | CardCode::C22 | CardCode::C27 | CardCode::C28
    ) {
        let old = match &case.assessment.order.switch {
            Some(switch) => match switch.grams {
                Comparison::Same { old, .. }
                | Comparison::Differ { old, .. }
                | Comparison::NotWritten { old } => Some((old, old)),
                Comparison::OldUnknown | Comparison::Unknown => None,
            },
            None if dose.is_draft => None,
            None => dose.milligrams_per28_days,
        };
        // Of several orders the sum is not one order's.
        let old = old.filter(|_| running.len() == 1);
        for order in running {
            let about = say!(case.language, "Løbende ordination", "Running order");
            lines.push(order_line(&about, &order.prescription, old, case));
        }
    }
    lines.extend(per_kilogram(card, case));
    lines
}

/// `Ordinationsudkast: Hizentra 200 mg/mL (Tabel 1: »anvend«), 28 g pr. 28 dage = 140 mL`.
fn order_line(
    about: &str,
    order: &Prescription,
    milligrams: Option<(i64, i64)>,
    case: &Case<'_>,
) -> String {
    let language = case.language;
    let product = order.product.as_ref();
    let name = match product {
        Some(product) => {
            let brand = escape(&product.brand);
            let place = conclusion::placement(product.placement, case);
            match product.milligrams_per_millilitre {
                Some(strength) => format!("{brand} {strength} mg/mL ({place})"),
                None => say!(
                    language,
                    "{brand}, styrken er uklar ({place})",
                    "{brand}, its strength is unclear ({place})"
                ),
            }
        }
        None => say!(language, "præparat ikke angivet", "product not stated"),
    };
    let mut line = format!("{about}: {name}");
    if let Some((least, most)) = milligrams {
        let grams = range(least, most, |milligrams| {
            locale::grams(Mass::from_milligrams(milligrams), language)
        });
        line.push_str(&say!(
            language,
            ", {grams} g pr. 28 dage",
            ", {grams} g per 28 days"
        ));
        if let Some(strength) = product.and_then(|product| product.milligrams_per_millilitre) {
            let millilitres = range(least, most, |milligrams| {
                locale::millilitres(milligrams, strength, language)
            });
            line.push_str(&format!(" = {millilitres} mL"));
        }
    }
    if has_loading(order) {
        line.push_str(&say!(
            language,
            "; en startdosis er angivet særskilt og indgår ikke",
            "; a loading dose is stated separately and not counted"
        ));
    }
    line
}

fn has_loading(order: &Prescription) -> bool {
    use crate::guideline::facts::DoseRole::Loading;
    order.doses.iter().any(|dose| dose.role == Loading)
}

fn range(least: i64, most: i64, words: impl Fn(i64) -> String) -> String {
    if least == most {
        words(most)
    } else {
        format!("{}–{}", words(least), words(most))
    }
}

/// g/kg by both months, with the weight, or why it is not known.
fn per_kilogram(card: CardCode, case: &Case<'_>) -> Vec<String> {
    let language = case.language;
    let dose = &case.assessment.dose;
    if !matches!(card, CardCode::C22 | CardCode::C27 | CardCode::C28) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if let Some((least, most)) = dose.per_kilogram {
        let (least, most) = (
            locale::ten_thousandths(least, language),
            locale::ten_thousandths(most, language),
        );
        lines.push(say!(
            language,
            "Pr. kg og måned: {least} g (28 dage) – {most} g (30,44 dage)",
            "Per kg and month: {least} g (28 days) – {most} g (30.44 days)"
        ));
    }
    if let Some(weight) = &dose.weight {
        let (kilograms, day) = (
            locale::kilograms(weight.value, language),
            case.date(weight.measured),
        );
        lines.push(say!(
            language,
            "Vægt: {kilograms} kg ({day})",
            "Weight: {kilograms} kg ({day})"
        ));
    }
    // A draft without a dose is no gap yet.
    if let Some(unknown) = dose.unknown
        && unknown != DoseUnknown::Written(crate::guideline::facts::DoseGap::NotWritten)
    {
        let why = words::dose_unknown(unknown).say(language);
        lines.push(say!(
            language,
            "Dosis pr. kg kendes ikke: {why}",
            "The dose per kg is not known: {why}"
        ));
    }
    lines
}

/// The choices that only some wordings of a card depend on.
pub(super) fn choices(card: CardCode, case: &Case<'_>) -> Vec<choices::Choice> {
    use crate::guideline::safety::SafetyFault;
    use choices::Choice::{E40, E41, E42, E43, E44, E49, E50};
    if card == CardCode::C22 && case.assessment.dose.is_draft {
        return vec![E49];
    }
    if card != CardCode::C23 {
        return Vec::new();
    }
    case.assessment
        .order
        .faults
        .iter()
        .flat_map(|fault| match fault {
            SafetyFault::Dose { .. } => &[E40, E43][..],
            SafetyFault::Weight { .. } => &[E41, E42, E43][..],
            SafetyFault::VolumeAsMass { .. } => &[E44, E50][..],
            SafetyFault::Route { .. } => &[],
        })
        .copied()
        .collect()
}
