//! Code systems: their URIs, the other names that senders use, and how a code of each is compared.

use std::borrow::Cow;

use super::Coding;

/// SNOMED CT.
pub(super) const SNOMED: &str = "http://snomed.info/sct";
/// ATC.
pub(super) const ATC: &str = "http://www.whocc.no/atc";
/// RxNorm.
pub(super) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// NPU.
const NPU: &str = "http://npu-terminology.org";
/// Names under which NPU codes are sent too.
const NPU_ALIASES: [&str; 2] = ["urn:oid:1.2.208.176.2.1", "urn:oid:1.2.208.176.9.1"];
/// SKS diagnoses: `D` and the ICD-10 code without its dot.
const SKS_DIAGNOSES: &str = "urn:oid:1.2.208.176.2.4.12";
/// SKS as a whole. Its first letter is the main group, and `D` is the diagnoses.
const SKS: &str = "urn:oid:1.2.208.176.2.4";
/// Danish subdivisions of ICD-10 in ICD's own form: dotted, without `D`.
const DANISH_EXTENSIONS: &str = "http://hl7.dk/fhir/core/CodeSystem/icd10-danish-extensions";

/// A coding ready to be compared: within one system, equal text is the same code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Normalised<'a> {
    /// The system under its own URI.
    pub system: &'a str,
    /// Upper case, no blanks around it, no dots; SKS diagnoses without `D` and without what `+` adds.
    pub code: Cow<'a, str>,
}

impl<'a> Normalised<'a> {
    /// `None` where there is no system or no code, or an SKS diagnosis does not begin with `D`.
    pub fn of(coding: Coding<'a>) -> Option<Self> {
        let system = coding
            .system
            .map(str::trim)
            .filter(|system| !system.is_empty())?;
        let code = upper_case(coding.code.trim());
        let (system, code) = match system {
            SKS_DIAGNOSES => (SKS_DIAGNOSES, sks_diagnosis(code)?),
            SKS if code.starts_with('D') => (SKS_DIAGNOSES, sks_diagnosis(code)?),
            DANISH_EXTENSIONS => (SKS_DIAGNOSES, code),
            alias if NPU_ALIASES.contains(&alias) => (NPU, code),
            own => (own, code),
        };
        (!code.is_empty()).then_some(Self { system, code })
    }
}

/// In upper case and without dots; most codes are so already.
fn upper_case(code: &str) -> Cow<'_, str> {
    let is_so = |byte: u8| byte.is_ascii() && !byte.is_ascii_lowercase() && byte != b'.';
    if code.bytes().all(is_so) {
        Cow::Borrowed(code)
    } else {
        Cow::Owned(code.to_uppercase().replace('.', ""))
    }
}

/// `DS721+TUL1` → `S721`. The one leading `D` goes because the system says that it is SKS's own.
fn sks_diagnosis(code: Cow<'_, str>) -> Option<Cow<'_, str>> {
    fn of(code: &str) -> Option<&str> {
        let code = code.split('+').next().unwrap_or(code).trim_end();
        code.strip_prefix('D')
    }
    match code {
        Cow::Borrowed(code) => of(code).map(Cow::Borrowed),
        Cow::Owned(code) => of(&code).map(|code| Cow::Owned(code.to_owned())),
    }
}
