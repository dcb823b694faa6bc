//! Results of a laboratory: immunoglobulins, B cells, M-protein (F-01).

use r4::codes::ObservationStatus;

use super::{
    Source,
    codes::Codes,
    date::Dated,
    json::Object,
    record::{Record, note, reject},
    source::Entry,
    terminology::{Concept, Membership, ValueSetId, sets},
    unit::{self, Comparator, Quantity},
};
use crate::guideline::{
    date::When,
    facts::{CellCount, Facts, LabResult, MProtein, MProteinFinding, Measured},
    problem::{Problem, Touches},
    quantity::GramsPerLitre,
};

/// The classes of immunoglobulin, each with the sets of its codes.
const IGG: [ValueSetId; 2] = [sets::IGG_MASS, sets::IGG_SUBSTANCE];
const IGA: [ValueSetId; 2] = [sets::IGA_MASS, sets::IGA_SUBSTANCE];
const IGM: [ValueSetId; 2] = [sets::IGM_MASS, sets::IGM_SUBSTANCE];
const M_PROTEIN: [ValueSetId; 3] = [
    sets::M_PROTEIN,
    sets::M_PROTEIN_NON_IGG,
    sets::M_PROTEIN_QUALITATIVE,
];
/// Elements of an Observation that decide and are read typed; values and dates are read as text.
const DECISIVE: [&str; 3] = ["status", "code", "subject"];

/// Reads every result.
pub fn read(record: &Record<'_>, facts: &mut Facts) {
    for entry in record.entries(Source::Observation) {
        read_one(record, entry, facts);
    }
}

/// One thing that was measured: an Observation's own value, or one of its components.
struct Analyte<'a> {
    codes: Codes,
    members: Object<'a>,
}

fn read_one(record: &Record<'_>, entry: &Entry<'_>, facts: &mut Facts) {
    let terminology = record.terminology;
    let Some(own) = record.code(entry) else {
        // Without a code it may be anything, an IgG included.
        let why = match record.typed(entry, &DECISIVE, facts) {
            Ok(_) => "code: cannot be read".to_owned(),
            Err(why) => why,
        };
        return reject(facts, Source::Observation, entry, &why);
    };
    record.note_missing_system(&own.codes, entry, facts);
    let components = entry.object.objects("component");
    let mut analytes: Vec<Analyte<'_>> = components
        .into_iter()
        .filter_map(|members| {
            let codes = members.get("code").and_then(Codes::peek)?;
            Some(Analyte { codes, members })
        })
        .collect();
    let wanted = [&IGG[..], &IGA, &IGM, &M_PROTEIN, &[sets::B_CELLS_ABSOLUTE]]
        .into_iter()
        .map(Membership::of)
        .fold(Membership::NONE, Membership::or);
    analytes.retain(|analyte| analyte.codes.membership(terminology).meets(wanted));
    // A panel has its values in its components; a result with none at all lacks its value.
    let is_panel = !analytes.is_empty() && !entry.object.has_prefix("value");
    if !is_panel && own.sets.meets(wanted) {
        analytes.push(Analyte {
            codes: own.codes.clone(),
            members: entry.object.clone(),
        });
    }
    let has_igg = analytes
        .iter()
        .any(|analyte| analyte.codes.is_in(&IGG, terminology));
    if analytes.is_empty() {
        return;
    }
    let typed = match record.typed(entry, &DECISIVE, facts) {
        Ok(r4::Resource::Observation(observation)) => observation,
        Ok(_) => return,
        Err(why) => {
            let touches = if has_igg {
                Touches::Igg
            } else {
                Touches::Nothing
            };
            note(facts, &entry.reference, Problem::Unreadable, touches, &why);
            if has_igg {
                let drawn = drawn(record, entry).when();
                unusable(
                    facts,
                    entry,
                    drawn.and_then(|when| when.not_after(record.as_of)),
                );
            }
            return;
        }
    };
    if !is_final(&typed.status) {
        return;
    }
    let touches = if has_igg {
        Touches::Igg
    } else {
        Touches::Nothing
    };
    let Some(drawn) = record.happened(drawn(record, entry), entry, touches, facts) else {
        return;
    };
    for analyte in &analytes {
        read_analyte(record, entry, analyte, drawn, facts);
    }
}

/// final, amended or corrected; a result with another status is not there (decision-spec §1).
pub fn is_final(status: &ObservationStatus) -> bool {
    matches!(
        status,
        ObservationStatus::Final | ObservationStatus::Amended | ObservationStatus::Corrected
    )
}

/// When it was drawn: effectiveDateTime, else the end of effectivePeriod, effectiveInstant, issued.
pub fn drawn(record: &Record<'_>, entry: &Entry<'_>) -> Dated {
    record
        .date(entry, "effectiveDateTime")
        .or_else(|| record.period(entry, "effectivePeriod", "end"))
        .or_else(|| record.date(entry, "effectiveInstant"))
        .or_else(|| record.date(entry, "issued"))
}

fn read_analyte(
    record: &Record<'_>,
    entry: &Entry<'_>,
    analyte: &Analyte<'_>,
    drawn: Option<When>,
    facts: &mut Facts,
) {
    let codings: Vec<_> = analyte.codes.codings().collect();
    let membership = analyte.codes.membership(record.terminology);
    let concepts = |sets: &[ValueSetId]| -> Vec<&Concept> {
        if !membership.meets(Membership::of(sets)) {
            return Vec::new();
        }
        sets.iter()
            .filter_map(|set| record.terminology.find_any(*set, &codings))
            .collect()
    };
    for (class, touches) in [
        (&IGG, Touches::Igg),
        (&IGA, Touches::Nothing),
        (&IGM, Touches::Nothing),
    ] {
        let concepts = concepts(class);
        if concepts.is_empty() {
            continue;
        }
        let value = measured(&analyte.members, &concepts).unwrap_or_else(|problem| {
            note(
                facts,
                &entry.reference,
                problem,
                touches,
                &printed(&analyte.members),
            );
            Measured::Unusable
        });
        let result = LabResult {
            drawn,
            value,
            reference_low: reference_low(&analyte.members, &concepts),
            evidence: entry.reference.clone(),
        };
        match class[0] {
            sets::IGG_MASS => facts.igg.push(result),
            sets::IGA_MASS => facts.iga.push(result),
            _ => facts.igm.push(result),
        }
    }
    if !concepts(&[sets::B_CELLS_ABSOLUTE]).is_empty()
        && let Some(drawn) = drawn
    {
        let count = quantity(&analyte.members).and_then(|count| unit::cells_per_millilitre(&count));
        match count {
            Ok(per_millilitre) => facts.b_cells.push(CellCount {
                drawn,
                per_millilitre,
                evidence: entry.reference.clone(),
            }),
            Err(problem) => {
                let text = printed(&analyte.members);
                note(facts, &entry.reference, problem, Touches::Nothing, &text);
            }
        }
    }
    let in_set = |set| !concepts(&[set]).is_empty();
    if M_PROTEIN.into_iter().any(in_set) {
        let class = if in_set(sets::M_PROTEIN_NON_IGG) {
            MProteinFinding::OtherClass
        } else if in_set(sets::M_PROTEIN_IGG) {
            MProteinFinding::Igg
        } else {
            MProteinFinding::ClassUnknown
        };
        match m_protein(record, &analyte.members, class) {
            Ok(Some(finding)) => {
                facts.m_proteins.push(MProtein {
                    drawn,
                    finding,
                    evidence: entry.reference.clone(),
                });
            }
            Ok(None) => {}
            Err(problem) => {
                let text = printed(&analyte.members);
                note(facts, &entry.reference, problem, Touches::Nothing, &text);
            }
        }
    }
}

/// A result of IgG that is there and cannot be used.
fn unusable(facts: &mut Facts, entry: &Entry<'_>, drawn: Option<When>) {
    facts.igg.push(LabResult {
        drawn,
        value: Measured::Unusable,
        reference_low: None,
        evidence: entry.reference.clone(),
    });
}

/// The one value of a result.
///
/// # Errors
///
/// The [`Problem`] of a value that is not one quantity.
pub fn quantity(members: &Object<'_>) -> Result<Quantity, Problem> {
    match members.get("valueQuantity") {
        // Two values are not FHIR, and nothing tells which one is meant.
        Some(_) if members.count_prefix("value") > 1 => Err(Problem::ValueUnreadable),
        Some(raw) => Quantity::read(raw),
        None if members.get("valueInteger").is_some() => Err(Problem::UnitMissing),
        None if members.has_prefix("value") => Err(Problem::ValueNotNumeric),
        None => Err(Problem::ValueMissing),
    }
}

fn measured(members: &Object<'_>, concepts: &[&Concept]) -> Result<Measured, Problem> {
    let quantity = quantity(members)?;
    let value = unit::grams_per_litre(&quantity, concepts)?;
    if value < GramsPerLitre::whole(0) || value > GramsPerLitre::PLAUSIBLE_MAX {
        return Err(Problem::ValueImplausible);
    }
    let inclusive = matches!(
        quantity.comparator,
        Comparator::LessOrEqual | Comparator::GreaterOrEqual
    );
    Ok(match quantity.comparator {
        Comparator::Exactly => Measured::Exactly(value),
        Comparator::Less | Comparator::LessOrEqual => Measured::Below {
            bound: value,
            inclusive,
        },
        Comparator::Greater | Comparator::GreaterOrEqual => Measured::Above {
            bound: value,
            inclusive,
        },
    })
}

/// The low end of the reference range; `None` where there are several, for nothing tells which holds.
fn reference_low(members: &Object<'_>, concepts: &[&Concept]) -> Option<GramsPerLitre> {
    let ranges = members.objects("referenceRange");
    let mut lows = ranges.iter().filter_map(|range| range.get("low"));
    let low = lows.next().filter(|_| lows.next().is_none())?;
    let value = unit::grams_per_litre(&Quantity::read(low).ok()?, concepts).ok()?;
    (value >= GramsPerLitre::whole(0) && value <= GramsPerLitre::PLAUSIBLE_MAX).then_some(value)
}

/// What a result says about an M-protein of `class`: present above zero, absent at zero. A bound
/// ("below 1") says neither.
fn m_protein(
    record: &Record<'_>,
    members: &Object<'_>,
    class: MProteinFinding,
) -> Result<Option<MProteinFinding>, Problem> {
    let number = match (members.get("valueQuantity"), members.get("valueInteger")) {
        (Some(raw), _) => {
            let quantity = Object::of(raw).ok_or(Problem::ValueUnreadable)?;
            if quantity.get("comparator").is_some() {
                return Ok(None);
            }
            quantity.get("value").ok_or(Problem::ValueMissing)?
        }
        (None, Some(integer)) => integer,
        (None, None) => {
            if let Some(present) = members.get("valueBoolean") {
                let present = present.get() == "true";
                return Ok(Some(if present {
                    class
                } else {
                    MProteinFinding::Absent
                }));
            }
            let typed = members.get("valueCodeableConcept").and_then(Codes::peek);
            return match typed {
                Some(codes) if codes.is_in(&[sets::DX_IGG_MONOCLONAL], record.terminology) => {
                    Ok(Some(MProteinFinding::Igg))
                }
                _ if members.has_prefix("value") => Err(Problem::ValueNotNumeric),
                _ => Err(Problem::ValueMissing),
            };
        }
    };
    let value = unit::decimal(number.get())?;
    if value.is_sign_negative() && !value.is_zero() {
        return Err(Problem::ValueImplausible);
    }
    Ok(match (value.is_zero(), class) {
        (false, class) => Some(class),
        // No IgA or IgM M-protein: one of class IgG may still be there.
        (true, MProteinFinding::OtherClass) => None,
        (true, _) => Some(MProteinFinding::Absent),
    })
}

/// The value as it stands in the record, for a person to look at.
fn printed(members: &Object<'_>) -> String {
    const LONGEST: usize = 60;
    if let Some(text) = members.text("valueString") {
        return format!(
            "valueString \"{}\"",
            text.chars().take(LONGEST).collect::<String>()
        );
    }
    let Some(quantity) = members.object("valueQuantity") else {
        return "no valueQuantity".to_owned();
    };
    let number = quantity.get("value").map_or("no value", |raw| raw.get());
    let unit = quantity.text("unit").or_else(|| quantity.text("code"));
    let text = format!(
        "valueQuantity {number} {}",
        unit.as_deref().unwrap_or("without a unit")
    );
    text.chars().take(LONGEST).collect()
}
