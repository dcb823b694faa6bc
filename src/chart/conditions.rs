//! Diagnoses (F-05), and what a Condition says about its own status.

use r4::resources::Condition;

use super::{
    Source,
    codes::Codes,
    date::{self, Dated},
    record::{Record, note, reject},
    source::Entry,
    terminology::{ValueSetId, sets},
};
use crate::guideline::{
    date::When,
    facts::{
        ClinicalStatus, Diagnosis, DiagnosisKind, Facts, MProtein, MProteinFinding, OrganFocus,
    },
    problem::{Problem, Touches},
};

/// Elements of a Condition that decide and are read typed.
const DECISIVE: [&str; 5] = [
    "verificationStatus",
    "clinicalStatus",
    "code",
    "subject",
    "severity",
];
/// System of `Condition.verificationStatus`.
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
/// System of `Condition.clinicalStatus`.
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
/// Extension of dk-core: the day from which a Condition is not followed any more.
const NOT_FOLLOWED: &str = "http://hl7.dk/fhir/core/StructureDefinition/NotFollowedAnymore";

/// Which sets make which kinds of diagnosis.
const KINDS: [(&[ValueSetId], DiagnosisKind); 6] = [
    (
        &[
            sets::DX_HAEM_MALIGNANCY,
            sets::DX_B_CELL_OR_PLASMA_CELL,
            sets::DX_MULTIPLE_MYELOMA,
            sets::DX_IGG_MONOCLONAL,
            sets::DX_WALDENSTROM,
        ],
        DiagnosisKind::HaematologicalMalignancy,
    ),
    (
        &[sets::DX_MULTIPLE_MYELOMA, sets::DX_IGG_MONOCLONAL],
        DiagnosisKind::Myeloma,
    ),
    (&[sets::DX_MGUS], DiagnosisKind::Mgus),
    (
        &[sets::DX_NON_MALIGNANT_HAEM, sets::DX_MGUS],
        DiagnosisKind::NonMalignantHaematological,
    ),
    (
        &[sets::DX_HYPOGAMMAGLOBULINAEMIA],
        DiagnosisKind::Hypogammaglobulinaemia,
    ),
    (
        &[sets::DX_PRIMARY_IMMUNODEFICIENCY],
        DiagnosisKind::PrimaryImmunodeficiency,
    ),
];
/// Sets by which a Condition tells a treatment, not a disease.
const TREATMENTS: [ValueSetId; 4] = [
    sets::PROC_CAR_T,
    sets::PROC_HSCT_ALLOGENEIC,
    sets::PROC_HSCT_AUTOLOGOUS,
    sets::PROC_HSCT_UNSPECIFIED,
];

/// One Condition that holds: not refuted, not entered in error, no differential diagnosis.
#[derive(Debug)]
pub struct Stated<'r, 'a> {
    /// Where it stands.
    pub entry: &'r Entry<'a>,
    /// The typed resource.
    pub condition: Condition,
    /// Its code.
    pub codes: Codes,
    /// verificationStatus, if it is stated.
    pub verification: Option<Verification>,
}

/// What verificationStatus says, as far as it lets a Condition stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// `confirmed`
    Confirmed,
    /// `unconfirmed`, `provisional`, or a status that is not FHIR's.
    Unconfirmed,
}

/// Every Condition that holds. Those that cannot be read become problems, and where one could have
/// been decisive the source counts as not searched (F-10).
pub fn stated<'r, 'a>(record: &'r Record<'a>, facts: &mut Facts) -> Vec<Stated<'r, 'a>> {
    let mut all = Vec::new();
    for entry in record.entries(Source::Condition) {
        let resource = match record.typed(entry, &DECISIVE, facts) {
            Ok(r4::Resource::Condition(condition)) => condition,
            Ok(_) => continue,
            Err(why) => {
                if is_irrelevant(record, entry) {
                    note(
                        facts,
                        &entry.reference,
                        Problem::Unreadable,
                        Touches::Nothing,
                        &why,
                    );
                } else {
                    reject(facts, Source::Condition, entry, &why);
                }
                continue;
            }
        };
        let status = resource.verification_status.as_ref().map(Codes::of);
        let is = |code| {
            status
                .as_ref()
                .is_some_and(|status| status.has(VERIFICATION, code))
        };
        if is("refuted") || is("entered-in-error") || is("differential") {
            continue;
        }
        let verification = status.as_ref().map(|_| {
            if is("confirmed") {
                Verification::Confirmed
            } else {
                Verification::Unconfirmed
            }
        });
        let codes = resource.code.as_ref().map(Codes::of).unwrap_or_default();
        record.note_missing_system(&codes, entry, facts);
        all.push(Stated {
            entry,
            condition: resource,
            codes,
            verification,
        });
    }
    all
}

/// Is the code readable, and of no set that decides anything?
fn is_irrelevant(record: &Record<'_>, entry: &Entry<'_>) -> bool {
    let codes = entry.object.get("code").and_then(Codes::peek);
    codes.is_some_and(|codes| {
        !codes.is_uncoded()
            && kinds(&codes, record).is_empty()
            && !codes.is_in(&TREATMENTS, record.terminology)
            && codes
                .codings()
                .all(|coding| record.terminology.infection(coding).is_none())
    })
}

fn kinds(codes: &Codes, record: &Record<'_>) -> Vec<DiagnosisKind> {
    KINDS
        .iter()
        .filter(|(sets, _)| codes.is_in(sets, record.terminology))
        .map(|(_, kind)| *kind)
        .collect()
}

/// The date of a Condition: onset, else recorded.
pub fn onset(record: &Record<'_>, entry: &Entry<'_>) -> Dated {
    stated_onset(record, entry).or_else(|| record.date(entry, "recordedDate"))
}

/// Its onset only.
pub fn stated_onset(record: &Record<'_>, entry: &Entry<'_>) -> Dated {
    record
        .date(entry, "onsetDateTime")
        .or_else(|| record.period(entry, "onsetPeriod", "start"))
}

/// Reads the diagnoses. `is_infection` says which Conditions are read as infections instead.
pub fn read(
    record: &Record<'_>,
    stated: &[Stated<'_, '_>],
    is_infection: impl Fn(&Codes) -> bool,
    facts: &mut Facts,
) {
    for one in stated {
        read_one(record, one, &is_infection, facts);
    }
}

fn read_one(
    record: &Record<'_>,
    one: &Stated<'_, '_>,
    is_infection: &impl Fn(&Codes) -> bool,
    facts: &mut Facts,
) {
    let reference = &one.entry.reference;
    let mut kinds = kinds(&one.codes, record);
    let other = !is_infection(&one.codes) && !one.codes.is_in(&TREATMENTS, record.terminology);
    if kinds.is_empty() && other {
        kinds.push(DiagnosisKind::Other);
    }
    if kinds.is_empty() {
        return;
    }
    let onset = match onset(record, one.entry) {
        Dated::Missing => None,
        Dated::Invalid => {
            let why = "onset or recordedDate: not a FHIR date";
            note(
                facts,
                reference,
                Problem::DateInvalid,
                Touches::Nothing,
                why,
            );
            None
        }
        Dated::On(when) => match when.not_after(record.as_of) {
            Some(when) => Some(when),
            None => {
                let why = "onset or recordedDate: after today";
                note(
                    facts,
                    reference,
                    Problem::DateInFuture,
                    Touches::Nothing,
                    why,
                );
                return;
            }
        },
    };
    if one
        .codes
        .is_in(&[sets::DX_IGG_MONOCLONAL], record.terminology)
    {
        facts.m_proteins.push(MProtein {
            drawn: onset,
            finding: MProteinFinding::Igg,
            evidence: reference.clone(),
        });
    }
    for kind in kinds {
        facts.diagnoses.push(Diagnosis {
            kind,
            status: status(record, one),
            confirmed: one.verification != Some(Verification::Unconfirmed),
            onset,
            text: one.codes.words(),
            evidence: reference.clone(),
        });
    }
}

/// Reads the chronic foci of infection on the problem list (F-12); one that has resolved is none.
pub fn organ_foci(record: &Record<'_>, stated: &[Stated<'_, '_>], facts: &mut Facts) {
    const FOCI: [ValueSetId; 2] = [sets::DX_BRONCHIECTASIS, sets::DX_CHRONIC_LUNG_FOCUS];
    let foci = stated.iter().filter(|one| {
        one.codes.is_in(&FOCI, record.terminology)
            && matches!(status(record, one), None | Some(ClinicalStatus::Active))
    });
    facts.organ_foci.extend(foci.map(|one| OrganFocus {
        text: one.codes.words(),
        evidence: one.entry.reference.clone(),
    }));
}

/// `clinicalStatus`; a Condition that dk-core says is not followed any more is not active.
fn status(record: &Record<'_>, one: &Stated<'_, '_>) -> Option<ClinicalStatus> {
    let stated = one.condition.clinical_status.as_ref().map(Codes::of);
    let is = |code| {
        stated
            .as_ref()
            .is_some_and(|status| status.has(CLINICAL, code))
    };
    if is("resolved") {
        Some(ClinicalStatus::Resolved)
    } else if is("remission") || is("inactive") || is_not_followed(record, one.entry) {
        Some(ClinicalStatus::Remission)
    } else if is("active") || is("recurrence") || is("relapse") {
        Some(ClinicalStatus::Active)
    } else {
        None
    }
}

/// Does the extension of dk-core say so, on or before E?
fn is_not_followed(record: &Record<'_>, entry: &Entry<'_>) -> bool {
    let extensions = entry.object.objects("extension");
    extensions
        .iter()
        .filter(|extension| extension.text("url").as_deref() == Some(NOT_FOLLOWED))
        .any(|extension| {
            let since = date::of(extension, "valueDateTime", record.zone).when();
            since.is_some_and(|since| since.latest() <= record.as_of)
        })
}

/// When it ended.
pub fn abatement(record: &Record<'_>, entry: &Entry<'_>) -> Option<When> {
    let ended = record
        .date(entry, "abatementDateTime")
        .or_else(|| record.period(entry, "abatementPeriod", "end"))
        .or_else(|| record.period(entry, "onsetPeriod", "end"));
    ended.when()
}
