//! The chart: FHIR R4 resources in, the guideline's facts out (decision-spec §4).

mod codes;
mod conditions;
mod date;
mod drafts;
mod encounters;
pub mod fhir_version;
pub mod identity;
mod immunizations;
mod infections;
pub mod json;
mod laboratory;
mod medication;
mod page;
mod patient;
mod prescription;
mod record;
pub mod relevance;
mod remembered;
mod shortfall;
mod source;
mod statements;
pub mod survey;
pub mod terminology;
mod treatments;
mod unit;
mod weight;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{civil::Date, tz::TimeZone};
use serde_json::value::RawValue;

use crate::guideline::{
    facts::{Facts, MedicationSource, Order, Reference, Searched},
    gravest_order,
    problem::{Problem, Touches},
};
use codes::Codes;
pub use page::{Page, open_medications};
use record::{Record, note};
pub use shortfall::Shortfall;
use source::Obtainment;
use terminology::{OrderCodes, Terminology};

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
    /// The same, split already.
    Split(&'a Page<'a>),
    /// A value as above, and the pages that were fetched after it.
    Fetched {
        /// The value that was sent, or the first page that was fetched.
        first: &'a RawValue,
        /// The pages after it.
        more: &'a [Box<RawValue>],
        /// Why there are not all of them.
        shortfall: Option<Shortfall>,
    },
    /// Nothing, though it was asked for.
    Failed(Shortfall),
    /// Nothing: not searched.
    Nothing,
}

impl<'a> Obtained<'a> {
    /// Whether nothing is known from it: neither a resource nor that there is none. `null` and an
    /// empty Bundle are answers (PF-11).
    pub fn is_without_answer(self, source: Source) -> bool {
        match self {
            Self::Value(raw) if raw.get() == "null" => false,
            Self::Split(page) if page.is_answer(source) => false,
            Self::Value(_) | Self::Split(_) | Self::Fetched { .. } => {
                let alone = Obtainment::of(&Input::Prefetch(vec![(source, "", self)]));
                alone.entries.is_empty() && !alone.problems.is_empty()
            }
            Self::Failed(_) | Self::Nothing => true,
        }
    }
}

/// What the chart is read from.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// A whole record: one Bundle of type collection, transaction, batch or searchset (F-09).
    Record(&'a RawValue),
    /// What a CDS Hooks client sent: one value for each source (several values for one source count
    /// as searched only if each is).
    Prefetch(Vec<(Source, &'a str, Obtained<'a>)>),
    /// The same after the client's FHIR server was asked, with the resources to which references of
    /// the others led.
    Completed(Vec<(Source, &'a str, Obtained<'a>)>, &'a [Box<RawValue>]),
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
    /// The codes with which a suggestion orders.
    pub order_codes: OrderCodes,
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
/// Without `drafts`, the draft orders of a whole record are what an order hook would be about.
pub fn read(
    input: &Input<'_>,
    drafts: Option<Drafts<'_>>,
    patient_id: Option<&str>,
    reading: Reading<'_>,
) -> Chart {
    let mut obtained = Obtainment::of(input);
    let mut facts = Facts {
        searched: obtained.searched,
        ..Facts::default()
    };
    facts.problems.append(&mut obtained.problems);
    let patient = patient_of(&obtained, patient_id, &mut facts);
    let record = Record::new(obtained, patient, reading);
    note_anothers(&record, &mut facts);

    patient::read(&record, &mut facts);
    laboratory::read(&record, &mut facts);
    weight::read(&record, &mut facts);
    statements::read(&record, &mut facts);
    immunizations::read(&record, &mut facts);
    treatments::procedures(&record, &mut facts);
    let medications = medication::read(&record, &mut facts);
    let antibiotics = treatments::medications(&record, &medications, &mut facts);
    let stays = encounters::read(&record, &mut facts);
    // The Conditions come last: what they say of an infection rests on everything above.
    let stated = conditions::stated(&record, &mut facts);
    treatments::statuses(&record, &stated, &mut facts);
    let is_infection = |codes: &Codes| infections::code(codes, &record).is_some();
    conditions::read(&record, &stated, is_infection, &mut facts);
    conditions::organ_foci(&record, &stated, &mut facts);
    infections::read(&record, &stated, &stays, &antibiotics, &mut facts);

    let mut orders = running_orders(&record, &facts);
    let drafted = match (drafts, input) {
        (Some(drafts), _) => drafts::read(&drafts, &record, &mut facts),
        (None, Input::Record(_)) => drafts::of_record(&record, &mut facts),
        (None, Input::Prefetch(_) | Input::Completed(..)) => drafts::Drafted::default(),
    };
    record::settle_problems(&mut facts);
    let mut facts = facts.in_order();
    let (written, raw): (Vec<Order>, Vec<&RawValue>) = drafted.immunoglobulin.into_iter().unzip();
    facts.order = gravest_order(&facts, &written, reading.as_of).cloned();
    for (order, raw) in written.iter().zip(raw) {
        if facts.order.as_ref() == Some(order) {
            orders.insert(order.evidence.clone(), raw.to_owned());
        }
    }
    Chart {
        facts,
        patient: record.patient,
        draft: drafted.kind,
        orders,
        order_codes: reading.terminology.order_codes().clone(),
    }
}

/// `Patient/id` of the context, else of the only Patient of a record.
fn patient_of(
    obtained: &Obtainment<'_>,
    patient_id: Option<&str>,
    facts: &mut Facts,
) -> Option<Reference> {
    if let Some(id) = patient_id {
        let id = id.strip_prefix("Patient/").unwrap_or(id);
        return Some(Reference::new(format!("Patient/{id}")));
    }
    let mut patients = obtained
        .entries
        .iter()
        .filter(|entry| entry.resource_type == "Patient");
    match (patients.next(), patients.next()) {
        (Some(only), None) => Some(only.reference.clone()),
        (None, _) => subject_of_all(obtained, facts),
        // Whose record is it? Nothing in it can be used, so nothing of it counts as searched.
        (Some(one), Some(other)) => {
            facts.searched = Searched::default();
            let why = "several Patients, and none is named";
            let all = patients.map(|patient| &patient.reference);
            let first = all.fold((&one.reference).min(&other.reference), Ord::min);
            note(facts, first, Problem::Conflict, Touches::Patient, why);
            None
        }
    }
}

/// The one subject of a record without a Patient. Several, and nothing of it counts as searched.
fn subject_of_all(obtained: &Obtainment<'_>, facts: &mut Facts) -> Option<Reference> {
    let entries = obtained.entries.iter();
    let subjects: BTreeSet<Reference> = entries
        .filter_map(|entry| record::subject(entry))
        .map(|subject| obtained.normalise(&subject))
        .collect();
    if subjects.len() > 1 {
        facts.searched = Searched::default();
        let why = "several subjects, and no Patient";
        let place = Reference::new("record");
        note(facts, &place, Problem::Conflict, Touches::Patient, why);
        return None;
    }
    subjects.into_iter().next()
}

/// Resources of another patient are not used, and are a problem.
fn note_anothers(record: &Record<'_>, facts: &mut Facts) {
    for entry in record.of_others() {
        let why = "the subject is another patient";
        note(
            facts,
            &entry.reference,
            Problem::OtherPatient,
            Touches::Nothing,
            why,
        );
    }
}

/// The orders of immunoglobulin that run at E, as they were sent.
fn running_orders(record: &Record<'_>, facts: &Facts) -> BTreeMap<Reference, Box<RawValue>> {
    let running = facts
        .immunoglobulin
        .iter()
        .filter(|exposure| exposure.active && exposure.source == MedicationSource::Order);
    running
        .filter_map(|exposure| {
            let reference = &exposure.evidence;
            let entry = record.obtained.follow(reference.as_str())?;
            Some((reference.clone(), entry.raw.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
