//! The chart: FHIR R4 resources in, the guideline's facts out (decision-spec §4).

pub mod terminology;

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use serde_json::value::RawValue;

use crate::guideline::facts::{Facts, Reference};
use terminology::Terminology;

/// The resource types that the chart reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Patient, a read.
    Patient,
    /// Observation.
    Observation,
    /// Condition.
    Condition,
    /// Procedure.
    Procedure,
    /// MedicationRequest.
    MedicationRequest,
    /// MedicationAdministration.
    MedicationAdministration,
    /// MedicationStatement.
    MedicationStatement,
    /// MedicationDispense.
    MedicationDispense,
    /// Encounter.
    Encounter,
    /// Immunization.
    Immunization,
}

/// What was obtained for one source.
#[derive(Debug, Clone, Copy)]
pub enum Obtained<'a> {
    /// A JSON value: a resource, a Bundle, an OperationOutcome, `null` (searched, none), or anything
    /// else that a client may send.
    Value(&'a RawValue),
    /// Nothing: not searched.
    Nothing,
}

/// What the chart is read from.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// A whole record: one Bundle of type collection, transaction, batch or searchset (F-09).
    Record(&'a RawValue),
    /// What a CDS Hooks client sent: one value for each source (several values for one source count
    /// as searched only if each is).
    Prefetch(Vec<(Source, &'a str, Obtained<'a>)>),
}

/// The drafts of an order hook.
#[derive(Debug, Clone, Copy)]
pub struct Drafts<'a> {
    /// `context.draftOrders`, as sent.
    pub bundle: &'a RawValue,
    /// `context.selections`; empty on order-sign.
    pub selections: &'a [String],
}

/// With what the chart is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The evaluation date E.
    pub as_of: Date,
    /// The zone in which an instant becomes a day.
    pub zone: &'a TimeZone,
    /// The value sets.
    pub terminology: &'a Terminology,
}

/// One patient's chart.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// The facts.
    pub facts: Facts,
    /// `Patient/id`, as the context or the record names it.
    pub patient: Option<Reference>,
    /// What the drafts of an order hook hold.
    pub draft: DraftKind,
    /// Raw JSON of the orders that a suggestion may update or delete: running immunoglobulin orders
    /// and the draft, by reference, with every element that the client sent.
    pub orders: BTreeMap<Reference, Box<RawValue>>,
}

/// What the drafts of an order hook hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DraftKind {
    /// No draft at all, or none with a medication or service chosen yet.
    #[default]
    NothingChosen,
    /// Human normal immunoglobulin.
    Immunoglobulin,
    /// Other orders only.
    Other,
}

/// Reads a chart. It does not fail: what cannot be read is in `facts.problems`.
///
/// `patient_id` is the patient of the hook's context; in a record without one, its only Patient.
pub fn read(
    _input: &Input<'_>,
    _drafts: Option<Drafts<'_>>,
    _patient_id: Option<&str>,
    _reading: Reading<'_>,
) -> Chart {
    Chart::default()
}
