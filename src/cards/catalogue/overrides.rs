//! The codings of override reasons: HL7's where the ConceptMap has an equivalent, ours otherwise.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::entry::OverrideReason;
use crate::cards::{Language, card::Coding};

/// Code system of the reasons that HL7 has no code for.
pub(in crate::cards) const OURS: &str = "urn:sid-cds:override";
const MAP: &str = include_str!("../../../terminology/conceptmaps/override-reasons.json");

/// System and code of HL7 for each of our codes that has an equivalent. A test reads the file too, so
/// it cannot be one that is not read here.
static EQUIVALENT: LazyLock<BTreeMap<String, (String, String)>> =
    LazyLock::new(|| serde_json::from_str(MAP).map_or_else(|_| BTreeMap::new(), equivalents));

#[derive(Deserialize)]
struct ConceptMap {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    target: String,
    element: Vec<Element>,
}

#[derive(Deserialize)]
struct Element {
    code: String,
    target: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    code: Option<String>,
    equivalence: String,
}

/// The coding of a reason, with its words in a language (CARD-11, COD-01).
pub fn coding(reason: OverrideReason, language: Language) -> Coding {
    let ours = reason.code();
    let (system, code) = match EQUIVALENT.get(ours) {
        Some((system, code)) => (system.as_str(), code.as_str()),
        None => (OURS, ours),
    };
    Coding {
        system: system.to_owned(),
        code: code.to_owned(),
        display: reason.display().say(language).to_owned(),
    }
}

/// The words of a reason that came back, `None` for a code of the client's own. One that came without
/// its system is known by its code.
pub fn display(system: Option<&str>, code: &str, language: Language) -> Option<&'static str> {
    let known = OverrideReason::ALL.into_iter().find(|reason| {
        let carried = coding(*reason, language);
        [
            (OURS, reason.code()),
            (carried.system.as_str(), carried.code.as_str()),
        ]
        .into_iter()
        .any(|(of, known)| known == code && system.is_none_or(|system| system == of))
    })?;
    Some(known.display().say(language))
}

fn equivalents(map: ConceptMap) -> BTreeMap<String, (String, String)> {
    let mut equivalents = BTreeMap::new();
    for group in map.group {
        for element in group.element {
            let equal = element
                .target
                .into_iter()
                .find(|target| target.equivalence == "equivalent");
            if let Some(code) = equal.and_then(|target| target.code) {
                equivalents.insert(element.code, (group.target.clone(), code));
            }
        }
    }
    equivalents
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const CODES: &str = include_str!("../../../terminology/codesystems/override.json");

    /// Every reason has its row in the ConceptMap and in the code system, with the words of the cards.
    #[test]
    fn every_reason_has_a_coding_in_the_terminology() {
        let map: Value = serde_json::from_str(MAP).unwrap();
        let codes: Value = serde_json::from_str(CODES).unwrap();
        let hl7 = map["group"][0]["target"].as_str().unwrap();
        let elements = map["group"][0]["element"].as_array().unwrap();
        let concepts = codes["concept"].as_array().unwrap();
        assert_eq!(elements.len(), OverrideReason::ALL.len());
        assert_eq!(concepts.len(), OverrideReason::ALL.len());
        let mut carried = Vec::new();
        for (at, reason) in OverrideReason::ALL.into_iter().enumerate() {
            let (concept, element) = (&concepts[at], &elements[at]);
            assert_eq!(concept["code"], reason.code());
            assert_eq!(element["code"], reason.code());
            let (da, en) = (coding(reason, Language::Da), coding(reason, Language::En));
            assert_eq!(concept["display"], en.display);
            assert_eq!(concept["designation"][0]["value"], da.display);
            assert_eq!((&da.system, &da.code), (&en.system, &en.code));
            let target = &element["target"][0];
            if target["equivalence"] == "equivalent" {
                assert_eq!(
                    (da.system.as_str(), &target["code"]),
                    (hl7, &da.code.as_str().into())
                );
            } else {
                assert_eq!(
                    (da.system.as_str(), da.code.as_str()),
                    (OURS, reason.code())
                );
            }
            let named = |system: Option<&str>, code: &str| display(system, code, Language::En);
            assert_eq!(named(Some(&da.system), &da.code), Some(&*en.display));
            assert_eq!(named(Some(OURS), reason.code()), Some(&*en.display));
            assert_eq!(named(None, &da.code), Some(&*en.display));
            assert_eq!(named(Some("urn:other"), &da.code), None);
            assert!(
                !carried.contains(&da.code),
                "{} stands for one reason",
                da.code
            );
            carried.push(da.code);
        }
    }
}
