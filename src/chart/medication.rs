//! Medication records of four resource types as one shape: what, how far, when, why.

use super::{
    Source,
    codes::Codes,
    date::{self, Dated},
    json::Object,
    prescription,
    record::{Record, contained, note, reject},
    source::Entry,
    terminology::{ValueSetId, sets},
};
use crate::guideline::{
    date::When,
    facts::{Facts, IgIndication, IgRoute, Indication, MedicationSource, Reference},
    problem::{Problem, Touches},
};

/// The codes that decide; any other medication is passed over unread.
const WANTED: [ValueSetId; 6] = [
    sets::MED_IG_ANY,
    sets::MED_IG_SC,
    sets::MED_IG_IV,
    sets::MED_CAR_T,
    sets::MED_BISPECIFIC,
    sets::MED_ANTIBIOTIC,
];
/// Elements that decide and are read typed.
const DECISIVE: [&str; 8] = [
    "status",
    "intent",
    "doNotPerform",
    "subject",
    "medicationCodeableConcept",
    "medicationReference",
    "reasonCode",
    "reasonReference",
];
/// The resource types, best first.
const TYPES: [(Source, MedicationSource); 4] = [
    (
        Source::MedicationAdministration,
        MedicationSource::Administration,
    ),
    (Source::MedicationDispense, MedicationSource::Dispense),
    (Source::MedicationStatement, MedicationSource::Statement),
    (Source::MedicationRequest, MedicationSource::Order),
];

/// How far a medication record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Planned, proposed, drafted or intended: not an exposure.
    Planned,
    /// An order or statement that is active.
    Active,
    /// An order or statement that is completed or stopped.
    Ended,
    /// An order or statement on hold.
    OnHold,
    /// A dose that was given or handed out.
    Given,
}

/// One medication record of a wanted code.
#[derive(Debug)]
pub struct Medication<'r, 'a> {
    /// Where it stands.
    pub entry: &'r Entry<'a>,
    /// Which kind of record.
    pub source: MedicationSource,
    /// What was given.
    pub codes: Codes,
    /// How far.
    pub stage: Stage,
    /// First day, as the text has it.
    pub start: Dated,
    /// Last day, given or planned.
    pub end: Dated,
    /// For an order: until when the prescription is valid.
    pub valid_until: Dated,
    /// What for.
    pub reasons: Codes,
}

/// Every medication record that decides anything.
pub fn read<'r, 'a>(record: &'r Record<'a>, facts: &mut Facts) -> Vec<Medication<'r, 'a>> {
    let mut all = Vec::new();
    for (source, kind) in TYPES {
        for entry in record.entries(source) {
            all.extend(read_one(record, source, kind, entry, facts));
        }
    }
    all
}

fn read_one<'r, 'a>(
    record: &Record<'a>,
    source: Source,
    kind: MedicationSource,
    entry: &'r Entry<'a>,
    facts: &mut Facts,
) -> Option<Medication<'r, 'a>> {
    let status = entry.object.text("status");
    // Nothing is hidden in a record that says that it does not hold.
    if status
        .as_deref()
        .is_some_and(|status| stage(kind, status, None) == Ok(None))
    {
        return None;
    }
    let codes = match codes(record, entry) {
        Ok(codes) => codes,
        Err(problem) => {
            reject(facts, source, entry, "the medication cannot be told");
            if problem == Problem::ReferenceUnresolved {
                let why = "medicationReference leads to nothing that was obtained";
                note(facts, &entry.reference, problem, Touches::Medication, why);
            }
            return None;
        }
    };
    record.note_missing_system(&codes, entry, facts);
    if !codes.is_in(&WANTED, record.terminology) {
        return None;
    }
    let resource = match record.typed(entry, &DECISIVE, facts) {
        Ok(resource) => resource,
        Err(why) => {
            reject(facts, source, entry, &why);
            return None;
        }
    };
    let (status, intent, reasons) = match &resource {
        r4::Resource::MedicationRequest(order) => {
            if order.do_not_perform == Some(true) {
                return None;
            }
            let reasons = record.reasons(&order.reason_code, &order.reason_reference, entry, facts);
            (&order.status, Some(order.intent.as_str()), reasons)
        }
        r4::Resource::MedicationAdministration(given) => {
            let reasons = record.reasons(&given.reason_code, &given.reason_reference, entry, facts);
            (&given.status, None, reasons)
        }
        r4::Resource::MedicationStatement(taken) => {
            let reasons = record.reasons(&taken.reason_code, &taken.reason_reference, entry, facts);
            (&taken.status, None, reasons)
        }
        r4::Resource::MedicationDispense(dispensed) => (&dispensed.status, None, Codes::default()),
        _ => return None,
    };
    let stage = match stage(kind, status, intent) {
        Ok(stage) => stage?,
        Err(why) => {
            reject(facts, source, entry, why);
            return None;
        }
    };
    let (start, end) = dates(record, kind, entry);
    let valid_until = entry
        .object
        .object("dispenseRequest")
        .map_or(Dated::Missing, |request| {
            date::of_period(&request, "validityPeriod", "end", record.zone)
        });
    Some(Medication {
        entry,
        source: kind,
        codes,
        stage,
        start,
        end,
        valid_until,
        reasons,
    })
}

/// The codes of the medication: its concept, or those of the Medication that it refers to.
fn codes(record: &Record<'_>, entry: &Entry<'_>) -> Result<Codes, Problem> {
    if let Some(concept) = entry.object.get("medicationCodeableConcept") {
        return Codes::peek(concept).ok_or(Problem::Unreadable);
    }
    let reference = entry.object.object("medicationReference");
    let reference = reference.ok_or(Problem::Unreadable)?;
    let reference = reference
        .text("reference")
        .ok_or(Problem::ReferenceUnresolved)?;
    let medication = match reference.strip_prefix('#') {
        Some(id) => contained(entry, id),
        None => record
            .obtained
            .follow(&reference)
            .map(|entry| entry.object.clone()),
    };
    let medication = medication.ok_or(Problem::ReferenceUnresolved)?;
    // A Medication may lack a code: it is then readable, and of no set.
    match medication.get("code") {
        None => Ok(Codes::default()),
        Some(code) => Codes::peek(code).ok_or(Problem::Unreadable),
    }
}

/// What a status (and an order's intent) means; `None` where the record says that it does not hold.
fn stage(
    source: MedicationSource,
    status: &str,
    intent: Option<&str>,
) -> Result<Option<Stage>, &'static str> {
    use MedicationSource::{Administration, Dispense, Order, Statement};
    let stage = match (source, status) {
        (
            _,
            "entered-in-error" | "unknown" | "cancelled" | "not-done" | "not-taken" | "declined",
        ) => None,
        (Order, "draft") | (Statement, "intended") => Some(Stage::Planned),
        (Order | Statement, "active") => Some(Stage::Active),
        (Order | Statement, "completed" | "stopped") => Some(Stage::Ended),
        (Order | Statement, "on-hold") => Some(Stage::OnHold),
        // A stopped administration was begun: some of it is in the blood.
        (Administration, "completed" | "in-progress" | "stopped") => Some(Stage::Given),
        (Dispense, "completed") => Some(Stage::Given),
        (Administration, "on-hold")
        | (Dispense, "preparation" | "in-progress" | "on-hold" | "stopped") => None,
        _ => return Err("status: unknown code"),
    };
    Ok(match (stage, intent) {
        (None, _) => None,
        (Some(_), Some("proposal" | "plan" | "option")) => Some(Stage::Planned),
        (stage, None) => stage,
        (
            stage,
            Some("order" | "original-order" | "reflex-order" | "filler-order" | "instance-order"),
        ) => stage,
        (Some(_), Some(_)) => return Err("intent: unknown code"),
    })
}

/// First and last day of a record.
fn dates(record: &Record<'_>, source: MedicationSource, entry: &Entry<'_>) -> (Dated, Dated) {
    match source {
        MedicationSource::Order => {
            let (start, end) = bounds(record, &entry.object);
            (start.or_else(|| record.date(entry, "authoredOn")), end)
        }
        MedicationSource::Dispense => {
            let handed = record.date(entry, "whenHandedOver");
            (
                handed.or_else(|| record.date(entry, "whenPrepared")),
                Dated::Missing,
            )
        }
        MedicationSource::Administration | MedicationSource::Statement => {
            let day = record.date(entry, "effectiveDateTime");
            let start = day.or_else(|| record.period(entry, "effectivePeriod", "start"));
            (start, record.period(entry, "effectivePeriod", "end"))
        }
    }
}

/// The `boundsPeriod` of an order: the earliest start and the latest end of its instructions. One that
/// begins and has no end goes on, whatever came before it.
pub fn bounds(record: &Record<'_>, order: &Object<'_>) -> (Dated, Dated) {
    let (mut first, mut last) = (Dated::Missing, Dated::Missing);
    let mut goes_on = false;
    for instruction in order.objects("dosageInstruction") {
        let Some(timing) = instruction.object("timing") else {
            continue;
        };
        let Some(repeat) = timing.object("repeat") else {
            continue;
        };
        let start = date::of_period(&repeat, "boundsPeriod", "start", record.zone);
        let end = date::of_period(&repeat, "boundsPeriod", "end", record.zone);
        goes_on |= start != Dated::Missing && end == Dated::Missing;
        first = match (first, start) {
            (Dated::On(a), Dated::On(b)) => Dated::On(a.min(b)),
            (Dated::Invalid, _) | (_, Dated::Missing) => first,
            (_, start) => start,
        };
        last = match (last, end) {
            (Dated::On(a), Dated::On(b)) => {
                let key = |end: When| (end.latest(), end.earliest());
                Dated::On(if key(b) > key(a) { b } else { a })
            }
            (Dated::Invalid, _) | (_, Dated::Missing) => last,
            (_, end) => end,
        };
    }
    match last {
        Dated::On(_) if goes_on => (first, Dated::Missing),
        last => (first, last),
    }
}

/// Route: of the brand that a site's code stands for or that is named, else of the code.
pub fn route(codes: &Codes, record: &Record<'_>) -> IgRoute {
    let terminology = record.terminology;
    if let Some(product) = prescription::product(codes, record) {
        return product.route;
    }
    let (sc, iv) = (
        codes.is_in(&[sets::MED_IG_SC], terminology),
        codes.is_in(&[sets::MED_IG_IV], terminology),
    );
    match (sc, iv) {
        (true, false) => IgRoute::Sc,
        (false, true) => IgRoute::Iv,
        _ => IgRoute::Unknown,
    }
}

/// What a reason says of a CAR-T or bispecific antibody (B-32).
pub fn cell_therapy_indication(reasons: &Codes, record: &Record<'_>) -> Indication {
    if reasons.is_in(&MALIGNANCY, record.terminology) {
        Indication::HaematologicalMalignancy
    } else if reasons.is_uncoded() {
        Indication::NotStated
    } else {
        Indication::Other
    }
}

/// What a reason says of an order of immunoglobulin (F-08).
///
/// Immunomodulation goes first, for ITP and autoimmune haemolysis are haematological diseases too,
/// and haematological malignancy stands beside many a use; a code that names the deficiency itself
/// outweighs it.
pub fn immunoglobulin_indication(reasons: &Codes, record: &Record<'_>) -> IgIndication {
    let is = |sets: &[ValueSetId]| reasons.is_in(sets, record.terminology);
    if is(&[sets::DX_HYPOGAMMAGLOBULINAEMIA]) {
        IgIndication::SecondaryImmunodeficiency
    } else if is(&[sets::DX_IMMUNOMODULATION]) {
        IgIndication::Immunomodulation
    } else if is(&[sets::DX_PRIMARY_IMMUNODEFICIENCY]) {
        IgIndication::PrimaryImmunodeficiency
    } else if is(&MALIGNANCY) || is(&OTHER_SID_REASONS) {
        IgIndication::SecondaryImmunodeficiency
    } else {
        IgIndication::NotStated
    }
}

/// Haematological malignancy.
pub const MALIGNANCY: [ValueSetId; 5] = [
    sets::DX_HAEM_MALIGNANCY,
    sets::DX_B_CELL_OR_PLASMA_CELL,
    sets::DX_MULTIPLE_MYELOMA,
    sets::DX_IGG_MONOCLONAL,
    sets::DX_WALDENSTROM,
];
/// Other reasons of secondary immune deficiency (F-08).
const OTHER_SID_REASONS: [ValueSetId; 6] = [
    sets::DX_NON_MALIGNANT_HAEM,
    sets::DX_MGUS,
    sets::PROC_CAR_T,
    sets::PROC_HSCT_ALLOGENEIC,
    sets::PROC_HSCT_AUTOLOGOUS,
    sets::PROC_HSCT_UNSPECIFIED,
];

impl Medication<'_, '_> {
    /// The resource.
    pub fn reference(&self) -> &Reference {
        &self.entry.reference
    }

    /// The source that it was searched in.
    pub fn resource_type(&self) -> Source {
        match self.source {
            MedicationSource::Administration => Source::MedicationAdministration,
            MedicationSource::Dispense => Source::MedicationDispense,
            MedicationSource::Statement => Source::MedicationStatement,
            MedicationSource::Order => Source::MedicationRequest,
        }
    }

    /// Is it in one of `sets`?
    pub fn is_in(&self, sets: &[ValueSetId], record: &Record<'_>) -> bool {
        self.codes.is_in(sets, record.terminology)
    }
}
