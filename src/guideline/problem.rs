//! What in the record could not be read or used.

use serde::Serialize;

use super::facts::Reference;

/// A resource, or a value in one, that could not be read or used, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DataProblem {
    /// The resource; for one without an id, where it was found (`prefetch.igg.entry[3]`).
    pub reference: Reference,
    /// What is wrong.
    pub problem: Problem,
    /// What this resource would have been about, so that the criterion becomes unknown (F-10).
    #[serde(skip)]
    pub touches: Touches,
    /// Where and what, for a person: a path and a rule, never the value of a name or an id.
    #[serde(skip)]
    pub note: String,
}

/// Which input a problem makes uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touches {
    /// IgG: the result is unusable, and if recent enough IgG is unknown (C31).
    Igg,
    /// A diagnosis or infection: the Condition source is incomplete.
    Conditions,
    /// A procedure: CAR-T or a transplant may be hidden in it.
    Procedures,
    /// A medication record.
    Medication,
    /// The patient's age or vital status.
    Patient,
    /// Nothing that decides.
    Nothing,
}

/// The kinds of data problem, listed by `sid-cds parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// A quantity without a unit.
    UnitMissing,
    /// A unit that is not listed.
    UnitUnknown,
    /// A unit that contradicts the code's own.
    UnitContradictsCode,
    /// A value outside what can be true.
    ValueImplausible,
    /// Text where a number was needed.
    ValueNotNumeric,
    /// No value.
    ValueMissing,
    /// A value was there and is not readable.
    ValueUnreadable,
    /// No date.
    DateMissing,
    /// A date was there and is not a date.
    DateInvalid,
    /// Completed, but dated after the evaluation date.
    DateInFuture,
    /// Two different values on one day.
    ValuesConflict,
    /// Two facts contradict each other.
    Conflict,
    /// The resource cannot be read.
    Unreadable,
    /// The code has no known system.
    CodeSystemUnknown,
    /// A search result had more pages, or a part of it could not be had.
    Incomplete,
    /// The server answered with an error instead of data.
    SourceError,
    /// The resource belongs to another patient.
    OtherPatient,
    /// A draft was not valid R4 and was repaired.
    Repaired,
    /// A reference (medication, encounter …) leads nowhere.
    ReferenceUnresolved,
    /// A dose that was written cannot be turned into grams in 28 days.
    DoseUnclear,
}

impl Problem {
    /// Every kind, in order of declaration.
    pub const ALL: [Self; 20] = [
        Self::UnitMissing,
        Self::UnitUnknown,
        Self::UnitContradictsCode,
        Self::ValueImplausible,
        Self::ValueNotNumeric,
        Self::ValueMissing,
        Self::ValueUnreadable,
        Self::DateMissing,
        Self::DateInvalid,
        Self::DateInFuture,
        Self::ValuesConflict,
        Self::Conflict,
        Self::Unreadable,
        Self::CodeSystemUnknown,
        Self::Incomplete,
        Self::SourceError,
        Self::OtherPatient,
        Self::Repaired,
        Self::ReferenceUnresolved,
        Self::DoseUnclear,
    ];
}
