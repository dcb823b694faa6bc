//! Reading the FHIR files of `terminology/`, and those that a site adds, into lookup tables.
//!
//! What a site adds is held against what is there: see `site.rs`.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Coding, Concept, Focus, Normalised, Terminology, ValueSetId, look, orders::Ordered, products,
    sets, site,
};

/// Which concepts a code stands for.
const MATCH: &str = "urn:sid-cds:match";
/// What a suggestion orders with a code.
const ORDER: &str = "urn:sid-cds:order";
/// How well a code is attested.
const EVIDENCE: &str = "urn:sid-cds:evidence";
/// Factor from a code's own unit to g/L.
const FACTOR: &str = "urn:sid-cds:grams-per-litre-factor";
/// ConceptMap of the units that codes imply.
const UNITS_URL: &str = "urn:sid-cds:conceptmap:npu-units";
/// ConceptMap of infection codes to foci.
const FOCUS_URL: &str = "urn:sid-cds:conceptmap:infection-focus";
/// ConceptMap of a site's codes to brands of immunoglobulin.
const PRODUCTS_URL: &str = "urn:sid-cds:conceptmap:immunoglobulin-products";
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
        "{file}: url {url:?} is none that the program uses (urn:sid-cds:valueset:<id> of a set that it reads, urn:sid-cds:conceptmap:npu-units, :infection-focus or :immunoglobulin-products)"
    )]
    UnknownUrl {
        /// The file.
        file: String,
        /// Its url.
        url: String,
    },
    /// A concept that could never match, or that contradicts what is there.
    #[error("{file}: {system} {code:?}: {reason}")]
    Concept {
        /// The file.
        file: String,
        /// Its system.
        system: String,
        /// Its code.
        code: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A set that is not a list of concepts.
    #[error("{file}: only concepts that are listed one by one are read, no {element}")]
    NotAList {
        /// The file.
        file: String,
        /// What it has.
        element: &'static str,
    },
    /// A brand that is there already and is said to be something else.
    #[error("{file}: {brand}: another route, ATC code or strength than the program knows for it")]
    Brand {
        /// The file.
        file: String,
        /// Its name.
        brand: String,
    },
}

/// Who says what a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The program.
    BuiltIn,
    /// A site: nothing that is there may be contradicted.
    Site,
}

impl Terminology {
    /// The value sets, maps and products compiled into the program.
    ///
    /// # Errors
    /// When one of the files is not what it should be; a unit test loads them all.
    pub fn built_in() -> Result<Self, LoadError> {
        let mut terminology = Self::default();
        for (file, json) in CONCEPT_MAPS {
            terminology.load(file, parse(file, json)?, Origin::BuiltIn)?;
        }
        for (set, json) in sets::EMBEDDED {
            let file = set.as_str();
            terminology.load(file, parse(file, json)?, Origin::BuiltIn)?;
        }
        let file = "immunoglobulin-products.json";
        terminology.products = parse::<products::Products>(file, products::EMBEDDED)?.products;
        Ok(terminology)
    }

    /// Adds one artefact to what is loaded.
    ///
    /// Units are attached to concepts as these are read, so a map of units comes before its sets.
    pub(super) fn load(
        &mut self,
        file: &str,
        artefact: Artefact,
        origin: Origin,
    ) -> Result<(), LoadError> {
        match artefact {
            Artefact::ValueSet(set) => self.add_set(file, set, origin),
            Artefact::ConceptMap(map) => self.add_map(file, map, origin),
        }
    }

    fn add_set(&mut self, file: &str, set: ValueSet, origin: Origin) -> Result<(), LoadError> {
        let known = set.url.strip_prefix(VALUE_SET_URL).and_then(|id| {
            sets::EMBEDDED
                .iter()
                .map(|(known, _)| *known)
                .find(|known| known.as_str() == id)
        });
        let Some(id) = known else {
            return Err(unknown_url(file, set.url));
        };
        let not_a_list = |element| LoadError::NotAList {
            file: file.to_owned(),
            element,
        };
        if !set.compose.exclude.is_empty() {
            return Err(not_a_list("exclude"));
        }
        for include in set.compose.include {
            if !include.filter.is_empty() {
                return Err(not_a_list("filter"));
            }
            if !include.value_set.is_empty() {
                return Err(not_a_list("valueSet"));
            }
            if include.concepts.is_empty() {
                return Err(not_a_list("include without concept"));
            }
            for concept in include.concepts {
                if concept.extension(EVIDENCE) != Some("unverified") {
                    self.add_concept(file, id, &include.system, &concept, origin)?;
                }
            }
        }
        Ok(())
    }

    fn add_concept(
        &mut self,
        file: &str,
        id: ValueSetId,
        system: &str,
        concept: &SetConcept,
        origin: Origin,
    ) -> Result<(), LoadError> {
        let fault = |reason: &str| fault(file, system, &concept.code, reason);
        let key =
            normalised(system, &concept.code).ok_or_else(|| fault("no code of this system"))?;
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
            system: system.to_owned(),
            code: concept.code.clone(),
            display: concept.display.clone(),
            implied_unit: unit.map(|unit| unit.ucum.clone()),
            grams_per_litre_factor: unit.and_then(|unit| unit.grams_per_litre_factor),
        };
        if let Some(code) = concept.extension(ORDER) {
            let ordered = Ordered::ALL.into_iter().find(|one| one.code() == code);
            let ordered =
                ordered.ok_or_else(|| fault("urn:sid-cds:order is none that is known"))?;
            self.order_codes.add(ordered, loaded.clone());
        }
        if origin == Origin::Site {
            if self.lookup(id, &key).is_some() {
                // It is there already.
                return Ok(());
            }
            site::check(self, id, &key, by_prefix, &loaded).map_err(|reason| fault(&reason))?;
            self.site_codes.push((id, concept.code.clone()));
        }
        self.insert(id, key, by_prefix, loaded);
        Ok(())
    }

    fn insert(&mut self, id: ValueSetId, key: Normalised<'_>, by_prefix: bool, concept: Concept) {
        self.index.insert(id, &key, by_prefix);
        if let Some(display) = &concept.display {
            let names = look::drug_names(id, display);
            self.drugs.entry(id).or_default().extend(names);
        }
        let set = self.sets.entry(id.as_str()).or_default();
        let codes = if by_prefix {
            &mut set.prefix
        } else {
            &mut set.exact
        };
        codes.insert(key, concept);
    }

    fn add_map(&mut self, file: &str, map: ConceptMap, origin: Origin) -> Result<(), LoadError> {
        let add = match map.url.as_str() {
            UNITS_URL => Self::add_unit,
            FOCUS_URL => Self::add_focus,
            PRODUCTS_URL => Self::add_product_code,
            _ => return Err(unknown_url(file, map.url)),
        };
        for Group { source, elements } in map.group {
            for element in elements {
                let fault = |reason: &str| fault(file, &source, &element.code, reason);
                let key = normalised(&source, &element.code)
                    .ok_or_else(|| fault("no code of this system"))?;
                let [target] = element.targets.as_slice() else {
                    return Err(fault("needs exactly one target"));
                };
                add(self, key, target, &element, origin).map_err(|reason| fault(&reason))?;
            }
        }
        Ok(())
    }

    fn add_unit(
        &mut self,
        key: Normalised<'_>,
        target: &Target,
        _: &Element,
        origin: Origin,
    ) -> Result<(), String> {
        let unit = target.unit()?;
        if origin == Origin::Site {
            if let Some(known) = self.units.exact(&key).filter(|known| **known != unit) {
                return Err(format!("its unit is {} already", known.ucum));
            }
            let loaded = self
                .sets
                .values()
                .any(|set| set.exact.exact(&key).is_some());
            if loaded && self.units.exact(&key).is_none() {
                return Err("is a code of the program that implies no unit".to_owned());
            }
        }
        self.units.insert(key, unit);
        Ok(())
    }

    fn add_focus(
        &mut self,
        key: Normalised<'_>,
        target: &Target,
        _: &Element,
        origin: Origin,
    ) -> Result<(), String> {
        let focus = target.focus()?;
        let known = self.foci.exact(&key);
        if origin == Origin::Site && known.is_some_and(|known| *known != focus) {
            return Err("has another focus already".to_owned());
        }
        self.foci.insert(key, focus);
        Ok(())
    }

    /// A site's code of a product is one of human normal immunoglobulin, by the route of its brand.
    fn add_product_code(
        &mut self,
        key: Normalised<'_>,
        target: &Target,
        element: &Element,
        origin: Origin,
    ) -> Result<(), String> {
        let brand = target.code.to_lowercase();
        let product = self
            .products
            .iter()
            .find(|product| product.brand.to_lowercase() == brand)
            .ok_or_else(|| format!("{:?} is no brand that is known", target.code))?
            .clone();
        let concept = Concept {
            system: key.system.to_owned(),
            code: element.code.clone(),
            display: Some(product.brand.clone()),
            implied_unit: None,
            grams_per_litre_factor: None,
        };
        for set in [sets::MED_IG_ANY, product.route_set()] {
            if origin == Origin::Site {
                site::check(self, set, &key, false, &concept)?;
            }
            self.insert(set, key.clone(), false, concept.clone());
        }
        self.product_codes.insert(key, product);
        Ok(())
    }
}

/// The unit that a code implies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    ucum: String,
    grams_per_litre_factor: Option<Decimal>,
}

pub(super) fn parse<'j, T: Deserialize<'j>>(file: &str, json: &'j str) -> Result<T, LoadError> {
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

fn fault(file: &str, system: &str, code: &str, reason: &str) -> LoadError {
    LoadError::Concept {
        file: file.to_owned(),
        system: system.to_owned(),
        code: code.to_owned(),
        reason: reason.to_owned(),
    }
}

// What is read of the two resource types; everything else in them is for people.

#[derive(Deserialize)]
#[serde(tag = "resourceType")]
pub(super) enum Artefact {
    ValueSet(ValueSet),
    ConceptMap(ConceptMap),
}

#[derive(Deserialize)]
pub(super) struct ValueSet {
    url: String,
    compose: Compose,
}

#[derive(Deserialize)]
struct Compose {
    include: Vec<Include>,
    #[serde(default)]
    exclude: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Include {
    #[serde(default)]
    system: String,
    #[serde(default, rename = "concept")]
    concepts: Vec<SetConcept>,
    #[serde(default)]
    filter: Vec<Value>,
    #[serde(default)]
    value_set: Vec<Value>,
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
pub(super) struct ConceptMap {
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
    fn unit(&self) -> Result<Unit, String> {
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
                    .map_err(|_| "factor without a valueDecimal".to_owned())
            })
            .transpose()?;
        Ok(Unit {
            ucum: self.code.clone(),
            grams_per_litre_factor,
        })
    }

    fn focus(&self) -> Result<Focus, String> {
        Ok(match self.code.as_str() {
            "lung" => Focus::Lung,
            "urinary" => Focus::Urinary,
            "skin" => Focus::Skin,
            "ent" => Focus::Ent,
            "blood" => Focus::Blood,
            _ => return Err("the target is none of lung, urinary, skin, ent, blood".to_owned()),
        })
    }
}
