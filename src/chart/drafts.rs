//! The drafts of an order hook, which real clients send in shapes that are not R4.
//!
//! What is meant is unambiguous nearly always: an object where R4 has an array, an intent that is
//! missing, elements that are empty. That is repaired and said; nothing is refused here. What is of an
//! earlier FHIR version does not come this far (`fhir_version.rs`).

use serde_json::{Map, Value, json, value::RawValue};

use super::{
    DraftKind, Drafts,
    codes::Codes,
    date::Dated,
    immunizations,
    json::Object,
    medication, prescription,
    record::{Record, contained, note},
    source::Entry,
    terminology::{ValueSetId, orders::Ordered, sets},
    treatments::IMMUNOGLOBULIN,
};
use crate::guideline::{
    date::When,
    facts::{Facts, IgRoute, LabTest, Order, Reference},
    problem::{Problem, Touches},
};

/// The codes of the tests that the cards may suggest, in results and in requests.
const TESTS: [(&[ValueSetId], Ordered, LabTest); 10] = [
    (
        &[sets::IGG_MASS, sets::IGG_SUBSTANCE],
        Ordered::Igg,
        LabTest::Igg,
    ),
    (
        &[sets::IGA_MASS, sets::IGA_SUBSTANCE],
        Ordered::Iga,
        LabTest::Iga,
    ),
    (
        &[sets::IGM_MASS, sets::IGM_SUBSTANCE],
        Ordered::Igm,
        LabTest::Igm,
    ),
    (
        &[sets::B_CELLS_ABSOLUTE, sets::ORDER_B_CELLS],
        Ordered::BCells,
        LabTest::BCells,
    ),
    (&[], Ordered::FreeKappa, LabTest::FreeKappa),
    (&[], Ordered::FreeLambda, LabTest::FreeLambda),
    (
        &[],
        Ordered::PneumococcalAntibodies,
        LabTest::PneumococcalAntibodies,
    ),
    (&[], Ordered::TetanusAntibodies, LabTest::TetanusAntibodies),
    (
        &[],
        Ordered::DiphtheriaAntibodies,
        LabTest::DiphtheriaAntibodies,
    ),
    (
        &[sets::ORDER_IMMUNOLOGY_REFERRAL],
        Ordered::ImmunologyReferral,
        LabTest::Immunology,
    ),
];

/// The most drafts of immunoglobulin that are looked at.
const MOST_DRAFTS: usize = 20;

/// What the drafts hold.
#[derive(Debug, Default)]
pub struct Drafted<'a> {
    /// What they are.
    pub kind: DraftKind,
    /// The orders of immunoglobulin that the hook may be about, each with its text.
    pub immunoglobulin: Vec<(Order, &'a RawValue)>,
}

/// Reads the drafts: which of them are orders of immunoglobulin, and what they say.
pub fn read<'a>(drafts: &Drafts<'a>, record: &Record<'_>, facts: &mut Facts) -> Drafted<'a> {
    let place = "context.draftOrders";
    let Some(bundle) = Object::of(drafts.bundle) else {
        let why = "not a Bundle";
        note(
            facts,
            &Reference::new(place),
            Problem::Unreadable,
            Touches::Nothing,
            why,
        );
        return Drafted::default();
    };
    let mut entries = Vec::new();
    for (index, entry) in bundle.items("entry").into_iter().enumerate() {
        let place = format!("{place}.entry[{index}]");
        let resource = Object::of(entry).and_then(|entry| entry.get("resource"));
        match resource.and_then(|resource| draft(&place, resource)) {
            Some(entry) => entries.push(entry),
            None => {
                let why = "not a resource";
                note(
                    facts,
                    &Reference::new(place),
                    Problem::Unreadable,
                    Touches::Nothing,
                    why,
                );
            }
        }
    }
    among(entries, drafts.selections, record, facts)
}

/// The drafts that a whole record holds among its other resources (a file, not a prefetch).
pub fn of_record<'a>(record: &Record<'a>, facts: &mut Facts) -> Drafted<'a> {
    let entries = record.obtained.entries.iter().filter(|entry| {
        is_medication(entry) && entry.object.text("status").as_deref() == Some("draft")
    });
    among(entries.cloned().collect(), &[], record, facts)
}

/// Which of the drafts are orders of immunoglobulin: the selected ones, else all.
fn among<'a>(
    mut entries: Vec<Entry<'a>>,
    selections: &[String],
    record: &Record<'_>,
    facts: &mut Facts,
) -> Drafted<'a> {
    entries.retain(|entry| {
        let anothers = record.is_anothers(entry);
        if anothers {
            let why = "the subject is another patient";
            note(
                facts,
                &entry.reference,
                Problem::OtherPatient,
                Touches::Nothing,
                why,
            );
        }
        !anothers && !is_withdrawn(entry)
    });
    let chosen: Vec<(&Entry<'_>, Codes)> = entries
        .iter()
        .filter_map(|entry| Some((entry, chosen(entry, &entries, record, facts)?)))
        .collect();
    for (entry, codes) in &chosen {
        let is = |sets: &[ValueSetId]| codes.is_in(sets, record.terminology);
        if entry.resource_type == "ServiceRequest" {
            // A site may order with a code of its own, which no result has.
            let orders = |what: &Ordered| {
                let concepts = record.terminology.order_codes().of(*what);
                codes.codings().any(|coding| {
                    concepts.iter().any(|concept| {
                        coding.system == Some(concept.system.as_str())
                            && coding.code == concept.code
                    })
                })
            };
            let tests = TESTS
                .iter()
                .filter(|(sets, ordered, _)| is(sets) || orders(ordered));
            facts.drafted.tests.extend(tests.map(|(_, _, test)| *test));
        } else if is_medication(entry) {
            let vaccines = immunizations::TARGETS.iter().filter(|(set, _)| is(&[*set]));
            let against = vaccines.map(|(_, against)| *against);
            facts.drafted.vaccinations.extend(against);
        }
    }
    let mut immunoglobulins: Vec<_> = chosen
        .iter()
        .filter(|(entry, codes)| is_medication(entry) && is_immunoglobulin(codes, record))
        .collect();
    if immunoglobulins
        .iter()
        .any(|(entry, _)| is_selected(entry, selections))
    {
        immunoglobulins.retain(|(entry, _)| is_selected(entry, selections));
    }
    immunoglobulins.sort_by_key(|(entry, _)| (entry.reference.clone(), entry.raw.get()));
    immunoglobulins.dedup_by_key(|(entry, _)| (entry.reference.clone(), entry.raw.get()));
    if let Some((beyond, _)) = immunoglobulins.get(MOST_DRAFTS) {
        let why = "more drafts of immunoglobulin than are looked at";
        let reference = beyond.reference.clone();
        note(
            facts,
            &reference,
            Problem::Incomplete,
            Touches::Nothing,
            why,
        );
        immunoglobulins.truncate(MOST_DRAFTS);
    }
    let kind = match (immunoglobulins.is_empty(), chosen.is_empty()) {
        (false, _) => DraftKind::Immunoglobulin,
        (true, true) => DraftKind::NothingChosen,
        (true, false) => DraftKind::Other,
    };
    Drafted {
        kind,
        immunoglobulin: immunoglobulins
            .into_iter()
            .map(|(entry, codes)| (order(entry, codes, record, facts), entry.raw))
            .collect(),
    }
}

fn draft<'a>(place: &str, raw: &'a RawValue) -> Option<Entry<'a>> {
    let object = Object::of(raw)?;
    let resource_type = object.text("resourceType")?;
    let reference = match object.text("id") {
        Some(id) => format!("{resource_type}/{id}"),
        None => place.to_owned(),
    };
    let reference = Reference::new(reference);
    Some(Entry::new(resource_type, reference, raw, object))
}

/// A draft that says itself that it is none.
fn is_withdrawn(entry: &Entry<'_>) -> bool {
    let status = entry.object.text("status");
    matches!(
        status.as_deref(),
        Some("cancelled" | "entered-in-error" | "revoked" | "stopped")
    )
}

fn is_medication(entry: &Entry<'_>) -> bool {
    entry.resource_type == "MedicationRequest"
}

/// The medication or service of a draft; `None` while none is chosen.
fn chosen(
    entry: &Entry<'_>,
    drafts: &[Entry<'_>],
    record: &Record<'_>,
    facts: &mut Facts,
) -> Option<Codes> {
    let object = &entry.object;
    let concept = object
        .get("medicationCodeableConcept")
        .or_else(|| object.get("code"));
    if let Some(codes) = concept.and_then(Codes::peek) {
        return (!codes.is_uncoded() || codes.words().is_some()).then_some(codes);
    }
    let reference = object.object("medicationReference")?.text("reference")?;
    let known = match reference.strip_prefix('#') {
        Some(id) => contained(entry, id),
        None => {
            let target = record.obtained.normalise(&reference);
            let among = drafts.iter().find(|draft| draft.reference == target);
            among
                .or_else(|| record.obtained.follow(&reference))
                .map(|entry| entry.object.clone())
        }
    };
    let codes = known.and_then(|medication| medication.get("code").and_then(Codes::peek));
    if codes.is_none() {
        let why = "medicationReference leads to nothing that was sent";
        let problem = Problem::ReferenceUnresolved;
        note(facts, &entry.reference, problem, Touches::Nothing, why);
    }
    Some(codes.unwrap_or_default())
}

fn is_immunoglobulin(codes: &Codes, record: &Record<'_>) -> bool {
    codes.is_in(&IMMUNOGLOBULIN, record.terminology) || rewritten_route(codes, record).is_some()
}

/// The route of an ATC code whose system the public sandbox has replaced by RxNorm.
fn rewritten_route(codes: &Codes, record: &Record<'_>) -> Option<IgRoute> {
    let concepts = codes
        .codings()
        .filter_map(|coding| record.terminology.find_rewritten_immunoglobulin(coding));
    let original = concepts.map(Codes::of_concept).reduce(|mut all, other| {
        all.extend(other);
        all
    })?;
    Some(medication::route(&original, record))
}

/// Is it one of the selections, which may be bare ids?
fn is_selected(entry: &Entry<'_>, selections: &[String]) -> bool {
    let reference = entry.reference.as_str();
    let id = reference.rsplit('/').next().unwrap_or(reference);
    selections
        .iter()
        .any(|selection| selection == reference || selection == id)
}

fn order(entry: &Entry<'_>, codes: &Codes, record: &Record<'_>, facts: &mut Facts) -> Order {
    let repaired = repair(entry.raw);
    if !repaired.what.is_empty() {
        let what = repaired.what.join("; ");
        note(
            facts,
            &entry.reference,
            Problem::Repaired,
            Touches::Nothing,
            &what,
        );
    }
    let raw = repaired.raw.as_deref().unwrap_or(entry.raw);
    let object = Object::of(raw).unwrap_or_else(|| entry.object.clone());
    match r4::read(raw.get()) {
        Ok(read) if read.lost.is_empty() => {}
        Ok(read) => {
            let why = format!("not read: {}", read.lost.join(", "));
            note(
                facts,
                &entry.reference,
                Problem::ValueUnreadable,
                Touches::Nothing,
                &why,
            );
        }
        Err(error) => {
            let why = error.to_string();
            note(
                facts,
                &entry.reference,
                Problem::Unreadable,
                Touches::Nothing,
                &why,
            );
        }
    }
    let reasons = record.draft_reasons(&object, entry, facts);
    let (_, end) = medication::bounds(record, &object);
    if end == Dated::Invalid {
        let why = "boundsPeriod.end: not a FHIR date";
        note(
            facts,
            &entry.reference,
            Problem::DateInvalid,
            Touches::Nothing,
            why,
        );
    }
    let route = match medication::route(codes, record) {
        IgRoute::Unknown => rewritten_route(codes, record).unwrap_or(IgRoute::Unknown),
        route => route,
    };
    let prescription = prescription::read(codes, &object, &entry.reference, record, facts);
    Order {
        evidence: entry.reference.clone(),
        indication: medication::immunoglobulin_indication(&reasons, record),
        indication_text: reasons.words(),
        route,
        planned_end: end.when().map(When::latest),
        prescription,
    }
}

/// A draft with what was not R4 put right.
struct Repaired {
    /// The text; `None` when nothing had to be changed.
    raw: Option<Box<RawValue>>,
    /// What was changed, for a person.
    what: Vec<String>,
}

/// Elements that R4 has as arrays and that are sent as one object.
const ARRAYS: [&str; 5] = [
    "category",
    "reasonCode",
    "reasonReference",
    "dosageInstruction",
    "identifier",
];

fn repair(raw: &RawValue) -> Repaired {
    let mut what = Vec::new();
    let Ok(Value::Object(mut draft)) = serde_json::from_str::<Value>(raw.get()) else {
        return Repaired { raw: None, what };
    };
    for name in ARRAYS {
        if let Some(value) = draft.get_mut(name).filter(|value| value.is_object()) {
            *value = Value::Array(vec![value.take()]);
            what.push(format!("{name}: an object instead of an array"));
        }
    }
    if !draft.contains_key("intent") {
        draft.insert("intent".to_owned(), json!("order"));
        what.push("intent: missing".to_owned());
    }
    if drop_empty(&mut draft) {
        what.push("empty elements".to_owned());
    }
    if what.is_empty() {
        return Repaired { raw: None, what };
    }
    Repaired {
        raw: serde_json::value::to_raw_value(&draft).ok(),
        what,
    }
}

/// Drops members that are null, `{}` or `[]`, and array items that are; true if there were any.
fn drop_empty(members: &mut Map<String, Value>) -> bool {
    let mut dropped = false;
    members.retain(|_, value| {
        dropped |= drop_empty_within(value);
        let empty = is_empty(value);
        dropped |= empty;
        !empty
    });
    dropped
}

fn drop_empty_within(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => drop_empty(members),
        Value::Array(items) => {
            let mut dropped = false;
            items.retain_mut(|item| {
                dropped |= drop_empty_within(item);
                let empty = is_empty(item);
                dropped |= empty;
                !empty
            });
            dropped
        }
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
