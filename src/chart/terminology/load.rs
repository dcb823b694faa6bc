//! Reading the FHIR files of `terminology/`, and those that a site adds, into lookup tables.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{Coding, Concept, Focus, Normalised, Terminology, products, sets};

/// Which concepts a code stands for.
const MATCH: &str = "urn:sid-cds:match";
/// How well a code is attested.
const EVIDENCE: &str = "urn:sid-cds:evidence";
/// Factor from a code's own unit to g/L.
const FACTOR: &str = "urn:sid-cds:grams-per-litre-factor";
/// ConceptMap of the units that codes imply.
const UNITS_URL: &str = "urn:sid-cds:conceptmap:npu-units";
/// ConceptMap of infection codes to foci.
const FOCUS_URL: &str = "urn:sid-cds:conceptmap:infection-focus";
/// What comes before a set's id in its url.
const VALUE_SET_URL: &str = "urn:sid-cds:valueset:";

/// `terminology/conceptmaps`, read before the sets that take their units from them.
const CONCEPT_MAPS: &[(&str, &str)] = &[
    (
        "npu-units.json",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/terminology/conceptmaps/npu-units.json"
        )),
    ),
    (
        "infection-focus.json",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/terminology/conceptmaps/infection-focus.json"
        )),
    ),
];

/// Why a terminology file cannot be used. Names the file and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not JSON, or not a ValueSet or ConceptMap of the shape that is read.
    #[error("{file}: not a FHIR ValueSet or ConceptMap that can be read: {source}")]
    Json {
        /// The file.
        file: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The url names none of the artefacts that the program uses.
    #[error(
        "{file}: url {url:?} is none that the program uses (urn:sid-cds:valueset:<id>, urn:sid-cds:conceptmap:npu-units or :infection-focus)"
    )]
    UnknownUrl {
        /// The file.
        file: String,
        /// Its url.
        url: String,
    },
    /// A concept that could never match.
    #[error("{file}: {system} {code:?}: {reason}")]
    Concept {
        /// The file.
        file: String,
        /// Its system.
        system: String,
        /// Its code.
        code: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Terminology {
    /// The value sets, maps and products compiled into the program.
    ///
    /// # Errors
    /// When one of the files is not what it should be; a unit test loads them all.
    pub fn built_in() -> Result<Self, LoadError> {
        let mut terminology = Self::default();
        for (file, json) in CONCEPT_MAPS {
            terminology.extend(file, json)?;
        }
        for (set, json) in sets::EMBEDDED {
            terminology.extend(set.as_str(), json)?;
        }
        let file = "immunoglobulin-products.json";
        terminology.products = parse::<products::Products>(file, products::EMBEDDED)?.products;
        Ok(terminology)
    }

    /// Adds the concepts of one file to what is loaded: a ValueSet whose url is that of a set of
    /// the program, or one of its `ConceptMap`s, with a site's own codes and systems.
    ///
    /// Units are attached to concepts as these are read, so a map of units comes before its sets.
    ///
    /// # Errors
    /// When `json` is not such a file; `file` is the name to show.
    pub fn extend(&mut self, file: &str, json: &str) -> Result<(), LoadError> {
        match parse::<Artefact>(file, json)? {
            Artefact::ValueSet(set) => self.add_set(file, set),
            Artefact::ConceptMap(map) => self.add_map(file, map),
        }
    }

    fn add_set(&mut self, file: &str, set: ValueSet) -> Result<(), LoadError> {
        let known = set.url.strip_prefix(VALUE_SET_URL).and_then(|id| {
            sets::EMBEDDED
                .iter()
                .map(|(known, _)| *known)
                .find(|known| known.as_str() == id)
        });
        let Some(id) = known else {
            return Err(unknown_url(file, set.url));
        };
        for Include { system, concepts } in set.compose.include {
            for concept in concepts {
                if concept.extension(EVIDENCE) == Some("unverified") {
                    continue;
                }
                let fault = |reason| fault(file, &system, &concept.code, reason);
                let key = normalised(&system, &concept.code)
                    .ok_or_else(|| fault("no code of this system"))?;
                let by_prefix = match concept.extension(MATCH) {
                    None | Some("exact") => false,
                    Some("prefix") if key.system == super::SNOMED => {
                        return Err(fault("SNOMED CT codes match exactly"));
                    }
                    Some("prefix") => true,
                    Some(_) => return Err(fault("urn:sid-cds:match is neither exact nor prefix")),
                };
                let unit = self.units.exact(&key);
                let loaded = Concept {
                    system: system.clone(),
                    code: concept.code.clone(),
                    display: concept.display.clone(),
                    implied_unit: unit.map(|unit| unit.ucum.clone()),
                    grams_per_litre_factor: unit.and_then(|unit| unit.grams_per_litre_factor),
                };
                let set = self.sets.entry(id.as_str()).or_default();
                if by_prefix {
                    &mut set.prefix
                } else {
                    &mut set.exact
                }
                .insert(key, loaded);
            }
        }
        Ok(())
    }

    fn add_map(&mut self, file: &str, map: ConceptMap) -> Result<(), LoadError> {
        let is_units = match map.url.as_str() {
            UNITS_URL => true,
            FOCUS_URL => false,
            _ => return Err(unknown_url(file, map.url)),
        };
        for Group { source, elements } in map.group {
            for Element { code, targets } in elements {
                let fault = |reason| fault(file, &source, &code, reason);
                let key =
                    normalised(&source, &code).ok_or_else(|| fault("no code of this system"))?;
                let [target] = targets.as_slice() else {
                    return Err(fault("needs exactly one target"));
                };
                if is_units {
                    self.units.insert(key, target.unit().map_err(fault)?);
                } else {
                    self.foci.insert(key, target.focus().map_err(fault)?);
                }
            }
        }
        Ok(())
    }
}

/// The unit that a code implies.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    ucum: String,
    grams_per_litre_factor: Option<Decimal>,
}

fn parse<'j, T: Deserialize<'j>>(file: &str, json: &'j str) -> Result<T, LoadError> {
    serde_json::from_str(json).map_err(|source| LoadError::Json {
        file: file.to_owned(),
        source,
    })
}

fn normalised<'a>(system: &'a str, code: &'a str) -> Option<Normalised<'a>> {
    Normalised::of(Coding {
        system: Some(system),
        code,
    })
}

fn unknown_url(file: &str, url: String) -> LoadError {
    LoadError::UnknownUrl {
        file: file.to_owned(),
        url,
    }
}

fn fault(file: &str, system: &str, code: &str, reason: &'static str) -> LoadError {
    LoadError::Concept {
        file: file.to_owned(),
        system: system.to_owned(),
        code: code.to_owned(),
        reason,
    }
}

// What is read of the two resource types; everything else in them is for people.

#[derive(Deserialize)]
#[serde(tag = "resourceType")]
enum Artefact {
    ValueSet(ValueSet),
    ConceptMap(ConceptMap),
}

#[derive(Deserialize)]
struct ValueSet {
    url: String,
    compose: Compose,
}

#[derive(Deserialize)]
struct Compose {
    include: Vec<Include>,
}

#[derive(Deserialize)]
struct Include {
    system: String,
    #[serde(rename = "concept")]
    concepts: Vec<SetConcept>,
}

#[derive(Deserialize)]
struct SetConcept {
    #[serde(default, rename = "extension")]
    extensions: Vec<HashMap<String, Value>>,
    code: String,
    display: Option<String>,
}

impl SetConcept {
    fn extension(&self, url: &str) -> Option<&str> {
        let extension = self
            .extensions
            .iter()
            .find(|extension| extension.get("url").and_then(Value::as_str) == Some(url))?;
        extension.get("valueCode").and_then(Value::as_str)
    }
}

#[derive(Deserialize)]
struct ConceptMap {
    url: String,
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    source: String,
    #[serde(rename = "element")]
    elements: Vec<Element>,
}

#[derive(Deserialize)]
struct Element {
    code: String,
    #[serde(rename = "target")]
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    code: String,
    #[serde(default, rename = "extension")]
    extensions: Vec<HashMap<String, Value>>,
}

impl Target {
    fn unit(&self) -> Result<Unit, &'static str> {
        let factor = self
            .extensions
            .iter()
            .find(|extension| extension.get("url").and_then(Value::as_str) == Some(FACTOR));
        let grams_per_litre_factor = factor
            .map(|factor| {
                // The number's own text: a factor is an exact decimal.
                let text = factor
                    .get("valueDecimal")
                    .map(Value::to_string)
                    .unwrap_or_default();
                text.parse::<Decimal>()
                    .map_err(|_| "factor without a valueDecimal")
            })
            .transpose()?;
        Ok(Unit {
            ucum: self.code.clone(),
            grams_per_litre_factor,
        })
    }

    fn focus(&self) -> Result<Focus, &'static str> {
        Ok(match self.code.as_str() {
            "lung" => Focus::Lung,
            "urinary" => Focus::Urinary,
            "skin" => Focus::Skin,
            "ent" => Focus::Ent,
            "blood" => Focus::Blood,
            _ => return Err("the target is none of lung, urinary, skin, ent, blood"),
        })
    }
}
