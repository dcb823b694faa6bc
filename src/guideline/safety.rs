//! What in an order of immunoglobulin is so unlikely that unit or route are to be checked
//! (decision-spec §3.4, H-09, H-20).

use serde::Serialize;

use super::{
    dose::{self, KnownWeight, UsedWeight},
    facts::{
        Amount, DoseRole, IgIndication, IgRoute, Order, OrderedRoute, PlannedDose, Prescription,
        RunningOrder, WrittenAs,
    },
    parameters::{E40_SAFETY_DECIGRAMS, E50_VOLUME_FACTOR},
    quantity::Mass,
};

/// A fault of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum SafetyFault {
    /// At least 1.6 g/kg in 28 days, on average or in one dose (E40).
    Dose {
        /// g/kg in 28 days, in ten-thousandths.
        per_kilogram: i64,
        /// The weight that says so; none for a dose that is written for each kilogram.
        weight: Option<UsedWeight>,
        /// The grams that the number would be, were it millilitres: within 0.4–0.8 g/kg.
        if_millilitres: Option<Mass>,
    },
    /// The latest weight cannot be true (E41, E42).
    Weight {
        /// It.
        latest: UsedWeight,
        /// The last plausible one.
        before: Option<UsedWeight>,
    },
    /// A volume in millilitres, written as grams: the instruction's own words say so, or the running
    /// order has that many millilitres.
    VolumeAsMass {
        /// The number that is written.
        number: Mass,
        /// The grams that it would be; none where the strength is not known.
        grams: Option<Mass>,
    },
    /// A product for subcutaneous use ordered intravenously, or the other way round.
    Route {
        /// The route for which it is made.
        made_for: IgRoute,
    },
}

/// The faults of an order, the gravest first. Doses are judged where the order is for SID (B-36), the
/// route always.
pub(super) fn faults(
    order: &Order,
    running: &[&RunningOrder],
    weight: &KnownWeight,
    for_safety: Option<&UsedWeight>,
) -> Vec<SafetyFault> {
    let mut faults = Vec::new();
    let written = &order.prescription;
    faults.extend(route(order));
    if order.indication != IgIndication::SecondaryImmunodeficiency {
        return faults;
    }
    let volume = volume_as_mass(written, running);
    let has_dose = !written.doses.is_empty();
    match weight {
        // Without a dose there is nothing yet that the weight could make wrong.
        KnownWeight::Implausible { latest, before } if has_dose => {
            faults.push(SafetyFault::Weight {
                latest: latest.clone(),
                before: before.clone(),
            });
        }
        _ => {}
    }
    let value = for_safety.map(|weight| weight.value);
    if let Some(per_kilogram) = dose::reaches(written, value, E40_SAFETY_DECIGRAMS) {
        faults.push(SafetyFault::Dose {
            per_kilogram,
            weight: for_safety
                .filter(|_| !written.doses.iter().all(|dose| dose.amount.per_kilogram))
                .cloned(),
            if_millilitres: if_millilitres(written, value),
        });
    } else if let Some(fault) = volume {
        faults.push(fault);
    }
    faults
}

fn route(order: &Order) -> Option<SafetyFault> {
    let ordered = order.prescription.ordered_route?;
    let wrong = match (order.route, ordered) {
        (IgRoute::Iv, OrderedRoute::Subcutaneous)
        | (IgRoute::Sc | IgRoute::FacilitatedSc, OrderedRoute::Intravenous) => true,
        (IgRoute::Iv, OrderedRoute::Intravenous)
        | (IgRoute::Sc | IgRoute::FacilitatedSc, OrderedRoute::Subcutaneous)
        | (IgRoute::Unknown, _) => false,
    };
    wrong.then_some(SafetyFault::Route {
        made_for: order.route,
    })
}

/// The one dose that goes on, where there is one and its amount is no range.
pub(super) fn single(order: &Prescription) -> Option<&PlannedDose> {
    let mut going_on = order
        .doses
        .iter()
        .filter(|dose| dose.role == DoseRole::Maintenance);
    let only = going_on.next().filter(|_| going_on.next().is_none())?;
    (only.amount.low == only.amount.high && !only.amount.per_kilogram).then_some(only)
}

/// The amount of the dose, where it is written as a mass for each time.
fn mass(order: &Prescription) -> Option<Amount> {
    let amount = single(order)?.amount;
    matches!(
        amount.written,
        WrittenAs::Mass | WrittenAs::MassBesideMillilitres
    )
    .then_some(amount)
}

/// The grams that a number is when it is read as millilitres of the product.
fn read_as_millilitres(number: Mass, strength: u32) -> Option<Mass> {
    let micrograms = number.micrograms().checked_mul(i64::from(strength))?;
    Some(Mass::from_micrograms(micrograms.checked_div(1000)?))
}

fn strength(order: &Prescription) -> Option<u32> {
    order.product.as_ref()?.milligrams_per_millilitre
}

fn volume_as_mass(order: &Prescription, running: &[&RunningOrder]) -> Option<SafetyFault> {
    let amount = mass(order)?;
    let number = amount.high;
    let of = |strength: Option<u32>| SafetyFault::VolumeAsMass {
        number,
        grams: strength.and_then(|strength| read_as_millilitres(number, strength)),
    };
    if amount.written == WrittenAs::MassBesideMillilitres {
        return Some(of(strength(order)));
    }
    let [running] = running else { return None };
    let before = single(&running.prescription)?.amount.high;
    let strength = strength(order).or_else(|| strength(&running.prescription))?;
    let grams = read_as_millilitres(number, strength)?;
    let same = !dose::differ(grams.micrograms(), before.micrograms());
    // The same number at a longer interval may be a month's grams in one dose, and meant so.
    let milligrams = |order: &Prescription| dose::monthly(&[order], None).ok()?.milligrams();
    let (new, old) = (milligrams(order)?, milligrams(&running.prescription)?);
    let multiple = new >= old.saturating_mul(E50_VOLUME_FACTOR);
    (same && multiple).then(|| of(Some(strength)))
}

/// What the dose would be, were its number millilitres, if that is within 0.4–0.8 g/kg.
fn if_millilitres(order: &Prescription, weight: Option<Mass>) -> Option<Mass> {
    let amount = mass(order)?;
    let grams = read_as_millilitres(amount.high, strength(order)?)?;
    let mut corrected = order.clone();
    for dose in &mut corrected.doses {
        dose.amount.low = grams;
        dose.amount.high = grams;
    }
    if corrected.gap.is_some() {
        return None;
    }
    let (least, most) = dose::RANGE_DECIGRAMS;
    let reaches = |decigrams| dose::reaches(&corrected, weight, decigrams).is_some();
    (reaches(least) && !reaches(most.saturating_add(1))).then_some(grams)
}
