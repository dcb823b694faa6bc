//! An order of immunoglobulin as it is written: product, route, doses and intervals.

use super::{IgRoute, Reference, When};
use crate::guideline::quantity::Mass;

/// A body weight (F-01).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight {
    /// When it was measured; `None` when the date is missing or unreadable.
    pub measured: Option<When>,
    /// The weight, plausible or not.
    pub value: Mass,
    /// The Observation.
    pub evidence: Reference,
}

/// What an order of immunoglobulin says, running or draft.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Prescription {
    /// The product, where the order names one.
    pub product: Option<Product>,
    /// The route that the instructions state.
    pub ordered_route: Option<OrderedRoute>,
    /// The doses, as far as they are masses.
    pub doses: Vec<PlannedDose>,
    /// Why the doses that go on are not, or not all, masses at an interval.
    pub gap: Option<DoseGap>,
    /// The instructions in the record's own words: to be shown as they are, never read as a dose.
    pub words: Option<String>,
}

/// An order that runs at E.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunningOrder {
    /// Route, of the product or the code.
    pub route: IgRoute,
    /// What it says.
    pub prescription: Prescription,
    /// The MedicationRequest.
    pub evidence: Reference,
}

/// What a record other than a running order says of the dose. It is shown in the patient's course, and no
/// rule reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PastDose {
    /// What it says.
    pub dose: WrittenDose,
    /// The resource.
    pub evidence: Reference,
}

/// A dose as a record has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrittenDose {
    /// Ordered, or stated to be taken.
    Ordered(Prescription),
    /// Given, once.
    Given(Mass),
}

/// A product of `terminology/immunoglobulin-products.json` (REC-02).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    /// Its brand.
    pub brand: String,
    /// Route for which it is made.
    pub route: IgRoute,
    /// Strength in mg/mL; `None` where the order states another one than the brand has.
    pub milligrams_per_millilitre: Option<u32>,
    /// Its place in Table 1; `None` for one that the table does not list.
    pub placement: Option<Placement>,
}

/// Placement in Table 1 of the summary (REC-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placement {
    /// »Anvend«.
    Use,
    /// »Overvej«.
    Consider,
}

/// A route that an order states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderedRoute {
    /// Intravenous.
    Intravenous,
    /// Subcutaneous, facilitated or not.
    Subcutaneous,
}

/// One dose of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedDose {
    /// Goes on, or comes before.
    pub role: DoseRole,
    /// How much, each time.
    pub amount: Amount,
    /// How often; `None` for one that is given once, or whose interval is not stated.
    pub interval: Option<Interval>,
    /// The most that is allowed, whatever the interval gives.
    pub cap: Option<Cap>,
}

/// What a dose is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoseRole {
    /// It goes on; several are given beside each other.
    Maintenance,
    /// It is given once or for a time before the one that goes on.
    Loading,
}

/// How much is given each time: a range, whose ends are mostly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// The least.
    pub low: Mass,
    /// The most.
    pub high: Mass,
    /// For each kilogram of body weight.
    pub per_kilogram: bool,
    /// How it is written.
    pub written: WrittenAs,
}

/// How an amount is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WrittenAs {
    /// A mass.
    Mass,
    /// A mass, beside words of the same instruction that give the same number in millilitres.
    MassBesideMillilitres,
    /// A volume of a product whose strength is known.
    Volume,
    /// Vials whose content is known.
    Vials,
}

/// How often, exact: so many times in so many seconds. A month counts as 30.44 days (K14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The least often.
    pub least: Pace,
    /// The most often.
    pub most: Pace,
}

/// So many times in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pace {
    /// Times, at least 1.
    pub times: i64,
    /// Seconds, at least 1.
    pub seconds: i64,
}

/// At most this mass in so many seconds (`maxDosePerPeriod`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cap {
    /// The mass.
    pub amount: Mass,
    /// Seconds, at least 1.
    pub seconds: i64,
}

/// Why doses are not grams in 28 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoseGap {
    /// No dose is written; as is normal while an order is being written.
    NotWritten,
    /// A dose without an interval.
    IntervalMissing,
    /// The interval cannot be told: contradicting, tied to meals, or of single days.
    IntervalUnclear,
    /// One dose, given once.
    Once,
    /// As needed.
    AsNeeded,
    /// A volume of a product whose strength is not known.
    StrengthUnknown,
    /// Vials whose content is not known.
    VialUnknown,
    /// A dose whose number or unit cannot be used.
    Unusable,
    /// Several doses that are not told apart.
    Ambiguous,
    /// Only a maximum is stated.
    OnlyMaximum,
}
