//! A site's own codes: added to the value sets, never against them.
//!
//! A code that is put into the wrong set, or under the wrong unit, would turn every result of a
//! hospital into another one without a trace. So what contradicts the program's own sets is refused.

use serde::{Deserialize, de::IgnoredAny};

use super::{
    Concept, Normalised, Terminology, ValueSetId,
    load::{Artefact, LoadError, Origin, parse},
    products::Products,
    sets::*,
};
use crate::chart::unit;

/// One file of a site.
#[derive(Debug, Clone, Copy)]
pub struct SiteFile<'f> {
    /// Its name, to show.
    pub name: &'f str,
    /// Its text.
    pub json: &'f str,
}

/// Sets that may have codes in common. Two that stand in no row together exclude each other, the order
/// sets aside: what is ordered is also measured.
const TOGETHER: [&[ValueSetId]; 11] = [
    &[
        DX_HAEM_MALIGNANCY,
        DX_B_CELL_OR_PLASMA_CELL,
        DX_MULTIPLE_MYELOMA,
        DX_IGG_MONOCLONAL,
        DX_WALDENSTROM,
    ],
    &[DX_NON_MALIGNANT_HAEM, DX_IMMUNOMODULATION],
    &[DX_CHRONIC_LUNG_FOCUS, INF_BACTERIAL_POSSIBLE],
    &[DX_CHRONIC_LUNG_FOCUS, INF_MUCOSAL_MILD],
    &[
        INF_BACTERIAL_CERTAIN,
        INF_LIFE_THREATENING,
        INF_SEPSIS,
        INF_SEPTIC_SHOCK,
    ],
    &[
        INF_BACTERIAL_POSSIBLE,
        INF_LIFE_THREATENING,
        INF_LIFE_THREATENING_WHO_R65,
        INF_SEPSIS,
        INF_SEPTIC_SHOCK,
    ],
    &[INF_MUCOSAL_MILD, INF_MILD_BACTERIAL],
    &[M_PROTEIN, M_PROTEIN_IGG],
    &[MED_ANTIBIOTIC, MED_ANTIBIOTIC_PROPHYLAXIS],
    &[MED_IG_ANY, MED_IG_SC],
    &[MED_IG_ANY, MED_IG_IV],
];

/// Sets whose results are mass concentrations.
const MASS: [ValueSetId; 3] = [IGG_MASS, IGA_MASS, IGM_MASS];
/// Sets whose results are substance concentrations.
const SUBSTANCE: [ValueSetId; 3] = [IGG_SUBSTANCE, IGA_SUBSTANCE, IGM_SUBSTANCE];

/// Every fault of a site's files, one a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SiteError(pub Vec<LoadError>);

/// Enough of a file to know whether it is FHIR, or a list of brands.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(default)]
    resource_type: Option<IgnoredAny>,
    #[serde(default)]
    products: Option<IgnoredAny>,
}

impl Kind {
    fn is_brands(&self) -> bool {
        self.resource_type.is_none() && self.products.is_some()
    }
}

impl Terminology {
    /// Adds a site's own codes, maps and brands: brands first, then maps, then sets, whatever the order
    /// of the files.
    ///
    /// # Errors
    ///
    /// Every fault of every file, with the file, the code and the reason; nothing may be used then.
    pub fn add_site(&mut self, files: &[SiteFile<'_>]) -> Result<(), SiteError> {
        let mut faults = Vec::new();
        let (mut maps, mut value_sets) = (Vec::new(), Vec::new());
        for SiteFile { name, json } in files {
            if parse::<Kind>(name, json).is_ok_and(|kind| kind.is_brands()) {
                let added = parse(name, json).and_then(|brands| self.add_products(name, brands));
                faults.extend(added.err());
                continue;
            }
            match parse::<Artefact>(name, json) {
                Ok(map @ Artefact::ConceptMap(_)) => maps.push((name, map)),
                Ok(set @ Artefact::ValueSet(_)) => value_sets.push((name, set)),
                Err(fault) => faults.push(fault),
            }
        }
        for (name, artefact) in maps.into_iter().chain(value_sets) {
            faults.extend(self.load(name, artefact, Origin::Site).err());
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(SiteError(faults))
        }
    }

    fn add_products(&mut self, file: &str, added: Products) -> Result<(), LoadError> {
        for product in added.products {
            let same = |known: &&super::Product| {
                known.brand.to_lowercase() == product.brand.to_lowercase()
            };
            match self.products.iter().find(same) {
                Some(known) if !known.is_alike(&product) => {
                    return Err(LoadError::Brand {
                        file: file.to_owned(),
                        brand: product.brand,
                    });
                }
                Some(_) => {}
                None => self.products.push(product),
            }
        }
        Ok(())
    }
}

/// May a code of a site stand in this set, under this unit?
///
/// # Errors
///
/// What it contradicts.
pub(super) fn check(
    terminology: &Terminology,
    set: ValueSetId,
    key: &Normalised<'_>,
    by_prefix: bool,
    concept: &Concept,
) -> Result<(), String> {
    let mut others: Vec<ValueSetId> = EMBEDDED
        .iter()
        .map(|(other, _)| *other)
        .filter(|other| !may_share(set, *other))
        .collect();
    others.sort_unstable();
    if let Some(other) = others
        .into_iter()
        .find(|other| terminology.touches(*other, key, by_prefix))
    {
        return Err(format!(
            "is in {} already, so it cannot be in {}",
            other.as_str(),
            set.as_str()
        ));
    }
    let unit = concept.implied_unit.as_deref();
    let factor = concept.grams_per_litre_factor;
    let wrong = |unit: &str| format!("the unit {unit} is none of {}", set.as_str());
    match unit {
        Some(unit) if MASS.contains(&set) && !unit::is_mass_concentration(unit) => Err(wrong(unit)),
        Some(unit) if set == B_CELLS_ABSOLUTE && !unit::is_cell_count(unit) => Err(wrong(unit)),
        Some(_) if MASS.contains(&set) && factor.is_some() => {
            Err("a mass concentration needs no factor".to_owned())
        }
        _ if SUBSTANCE.contains(&set) => {
            let known = terminology.substance_factor(set);
            if unit.is_some_and(unit::is_substance_concentration) && factor == known {
                Ok(())
            } else {
                let known = known.map_or_else(String::new, |factor| factor.to_string());
                Err(format!(
                    "a code of {} needs the unit umol/L with the factor {known} in a map of units",
                    set.as_str()
                ))
            }
        }
        _ => Ok(()),
    }
}

/// May two sets have a code in common?
pub(super) fn may_share(one: ValueSetId, other: ValueSetId) -> bool {
    let is_order = |set: ValueSetId| set.as_str().starts_with("order-");
    one == other
        || is_order(one)
        || is_order(other)
        || TOGETHER
            .iter()
            .any(|row| row.contains(&one) && row.contains(&other))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::chart::terminology::Coding;

    const LOCAL: &str = "urn:example:laboratory";
    const NPU: &str = "http://npu-terminology.org";
    const LOINC: &str = "http://loinc.org";
    const SKS_D: &str = "urn:oid:1.2.208.176.2.4.12";
    const ATC: &str = "http://www.whocc.no/atc";

    fn set(id: &str, system: &str, code: &str, how: &str) -> String {
        json!({"resourceType": "ValueSet", "url": format!("urn:sid-cds:valueset:{id}"),
            "compose": {"include": [{"system": system, "concept": [{"code": code,
                "extension": [{"url": "urn:sid-cds:match", "valueCode": how}]}]}]}})
        .to_string()
    }

    fn map(id: &str, system: &str, code: &str, target: &str, factor: Option<f64>) -> String {
        let mut target = json!({"code": target, "equivalence": "equivalent"});
        if let Some(factor) = factor {
            target["extension"] =
                json!([{"url": "urn:sid-cds:grams-per-litre-factor", "valueDecimal": factor}]);
        }
        json!({"resourceType": "ConceptMap", "url": format!("urn:sid-cds:conceptmap:{id}"),
            "group": [{"source": system, "element": [{"code": code, "target": [target]}]}]})
        .to_string()
    }

    fn brand(name: &str, milligrams: u32) -> String {
        let product = json!({"brand": name, "route": "iv", "atc": "J06BA02",
            "milligramsPerMillilitre": milligrams});
        json!({"products": [product]}).to_string()
    }

    fn with(files: &[String]) -> Result<Terminology, String> {
        let mut terminology = Terminology::built_in().expect("the embedded value sets");
        let named: Vec<String> = (0..files.len()).map(|n| format!("site-{n}.json")).collect();
        let files: Vec<SiteFile<'_>> = files
            .iter()
            .zip(&named)
            .map(|(json, name)| SiteFile { name, json })
            .collect();
        let added = terminology.add_site(&files);
        added
            .map(|()| terminology)
            .map_err(|error| error.to_string())
    }

    fn found(
        terminology: &Terminology,
        set: ValueSetId,
        system: &str,
        code: &str,
    ) -> Option<Concept> {
        let coding = Coding {
            system: Some(system),
            code,
        };
        terminology.find(set, coding).cloned()
    }

    /// The rule by which a site's code is refused holds for the program's own codes.
    #[test]
    fn no_code_is_in_two_sets_that_exclude_each_other() {
        let terminology = Terminology::built_in().expect("the embedded value sets");
        for (one, _) in EMBEDDED {
            for (other, _) in EMBEDDED {
                if may_share(*one, *other) {
                    continue;
                }
                let own = &terminology.sets[one.as_str()];
                let exact = own.exact.all().map(|row| (row, false));
                for ((system, code, _), by_prefix) in
                    exact.chain(own.prefix.all().map(|row| (row, true)))
                {
                    let key = Normalised {
                        system,
                        code: code.into(),
                    };
                    let sets = format!("{} and {}", one.as_str(), other.as_str());
                    assert!(
                        !terminology.touches(*other, &key, by_prefix),
                        "{key:?} in {sets}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_a_site_may_add() {
        let terminology = with(&[
            // The set comes before its map of units: their order does not matter.
            set("lab-igg-mass", LOCAL, "IgG1", "exact"),
            map("npu-units", LOCAL, "igg1", "g/L", None),
            set("lab-igg-substance", LOCAL, "IGGMOL", "exact"),
            map("npu-units", LOCAL, "IGGMOL", "umol/L", Some(0.1499)),
            set("proc-cart", "urn:oid:1.2.208.176.2.4", "ZZCART", "prefix"),
            set("dx-hypogamma", SKS_D, "DD899Z", "exact"),
            brand("Lokalglobin", 50),
            map(
                "immunoglobulin-products",
                "urn:example:drugs",
                "28107",
                "lokalglobin",
                None,
            ),
            // Again what the program has: nothing happens.
            set("lab-igg-mass", NPU, "NPU19814", "exact"),
        ])
        .expect("allowed");
        let igg = found(&terminology, IGG_MASS, LOCAL, "IGG1").expect("added");
        assert_eq!(igg.implied_unit.as_deref(), Some("g/L"));
        assert!(found(&terminology, IGG_SUBSTANCE, LOCAL, "iggmol").is_some());
        assert!(
            found(
                &terminology,
                PROC_CAR_T,
                "urn:oid:1.2.208.176.2.4",
                "ZZCART01"
            )
            .is_some()
        );
        assert!(found(&terminology, DX_HYPOGAMMAGLOBULINAEMIA, SKS_D, "DD899Z").is_some());
        let own = found(&terminology, IGG_MASS, NPU, "NPU19814").expect("not replaced");
        assert!(own.display.is_some());
        for set in [MED_IG_ANY, MED_IG_IV] {
            assert!(found(&terminology, set, "urn:example:drugs", "28107").is_some());
        }
        let coding = Coding {
            system: Some("urn:example:drugs"),
            code: "28107",
        };
        let product = terminology.product_by_code(coding).expect("mapped");
        assert_eq!(
            (product.brand.as_str(), product.milligrams_per_millilitre),
            ("Lokalglobin", 50)
        );
        assert!(terminology.knows_system(Coding {
            system: Some(LOCAL),
            code: "anything"
        }));
    }

    #[test]
    fn what_contradicts_the_program_is_refused() {
        let filter = json!({"resourceType": "ValueSet", "url": "urn:sid-cds:valueset:dx-mgus",
            "compose": {"include": [{"system": "http://snomed.info/sct",
                "filter": [{"property": "concept", "op": "is-a", "value": "277577000"}]}]}});
        let rows: Vec<(&str, Vec<String>, &str)> = vec![
            (
                "never total IgG, as IgG",
                vec![set("lab-igg-mass", NPU, "NPU19817", "exact")],
                "is in lab-igg-NEVER-total already, so it cannot be in lab-igg-mass",
            ),
            (
                "IgG in cerebrospinal fluid, as IgG",
                vec![set("lab-igg-mass", LOINC, "2464-6", "exact")],
                "lab-igg-NEVER-total",
            ),
            (
                "IgM, as IgG",
                vec![set("lab-igg-mass", NPU, "NPU19825", "exact")],
                "is in lab-igm-mass already",
            ),
            (
                "substance, as mass",
                vec![set("lab-igg-mass", NPU, "NPU02481", "exact")],
                "is in lab-igg-substance already",
            ),
            (
                "the site against itself",
                vec![
                    set("lab-iga-mass", LOCAL, "X1", "exact"),
                    set("lab-igg-mass", LOCAL, "X1", "exact"),
                ],
                "site-1.json: urn:example:laboratory \"X1\": is in lab-iga-mass already",
            ),
            (
                "autologous, as allogeneic",
                vec![set(
                    "proc-hsct-allo",
                    "http://snomed.info/sct",
                    "58776007",
                    "exact",
                )],
                "is in proc-hsct-auto already",
            ),
            (
                "a chapter that holds other sets",
                vec![set("dx-mgus", SKS_D, "DD", "prefix")],
                "so it cannot be in dx-mgus",
            ),
            (
                "an antibiotic, as CAR-T",
                vec![set("med-cart", ATC, "J01CR02", "exact")],
                "is in med-antibiotic-any already",
            ),
            (
                "another unit than the code implies",
                vec![map("npu-units", NPU, "NPU19814", "mg/dL", None)],
                "its unit is g/L already",
            ),
            (
                "a unit for a code that implies none",
                vec![map("npu-units", LOINC, "2465-3", "g/L", None)],
                "implies no unit",
            ),
            (
                "micromoles under mass",
                vec![
                    map("npu-units", LOCAL, "X2", "umol/L", None),
                    set("lab-igg-mass", LOCAL, "X2", "exact"),
                ],
                "the unit umol/L is none of lab-igg-mass",
            ),
            (
                "a unit that is none",
                vec![
                    map("npu-units", LOCAL, "X3", "gram pr. liter", None),
                    set("lab-igg-mass", LOCAL, "X3", "exact"),
                ],
                "the unit gram pr. liter",
            ),
            (
                "the factor of IgM, for IgG",
                vec![
                    map("npu-units", LOCAL, "X4", "umol/L", Some(0.971)),
                    set("lab-igg-substance", LOCAL, "X4", "exact"),
                ],
                "the factor 0.1499",
            ),
            (
                "substance without a factor",
                vec![set("lab-igg-substance", LOCAL, "X5", "exact")],
                "needs the unit umol/L with the factor 0.1499",
            ),
            (
                "cells in grams",
                vec![
                    map("npu-units", LOCAL, "X6", "g/L", None),
                    set("lab-bcell-abs", LOCAL, "X6", "exact"),
                ],
                "is none of lab-bcell-abs",
            ),
            (
                "another strength of a brand",
                vec![brand("privigen", 50)],
                "privigen: another route, ATC code or strength",
            ),
            (
                "a code of an unknown brand",
                vec![map("immunoglobulin-products", LOCAL, "1", "Nemo", None)],
                "\"Nemo\" is no brand that is known",
            ),
            (
                "a product code of something else",
                vec![map(
                    "immunoglobulin-products",
                    ATC,
                    "J01CR02",
                    "Privigen",
                    None,
                )],
                "is in med-antibiotic-any already",
            ),
            (
                "another focus",
                vec![map("infection-focus", SKS_D, "DJ13", "skin", None)],
                "has another focus already",
            ),
            (
                "a set by rule",
                vec![filter.to_string()],
                "listed one by one are read, no filter",
            ),
            (
                "a whole system",
                vec![
                    json!({"resourceType": "ValueSet", "url": "urn:sid-cds:valueset:dx-mgus",
                    "compose": {"include": [{"system": LOCAL}]}})
                    .to_string(),
                ],
                "no include without concept",
            ),
            (
                "an exception",
                vec![
                    json!({"resourceType": "ValueSet", "url": "urn:sid-cds:valueset:dx-mgus",
                    "compose": {"include": [], "exclude": [{"system": LOCAL}]}})
                    .to_string(),
                ],
                "no exclude",
            ),
            (
                "another resource",
                vec![r#"{"resourceType":"Patient"}"#.to_owned()],
                "not a FHIR ValueSet or ConceptMap",
            ),
            (
                "not JSON",
                vec!["{".to_owned()],
                "not a FHIR ValueSet or ConceptMap",
            ),
        ];
        for (what, files, expected) in rows {
            let error = with(&files)
                .err()
                .unwrap_or_else(|| panic!("{what}: allowed"));
            assert!(error.starts_with("site-"), "{what}: {error}");
            assert!(error.contains(expected), "{what}: {error}");
        }
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let error = with(&[
            set("lab-igg-mass", NPU, "NPU19817", "exact"),
            set("lab-igg-mass", LOINC, "2464-6", "exact"),
            Value::Null.to_string(),
        ])
        .expect_err("three faults");
        assert_eq!(error.lines().count(), 3, "{error}");
    }
}
