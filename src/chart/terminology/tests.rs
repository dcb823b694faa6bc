//! The matching rules by example.

use crate::guideline::parameters;
use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::guideline::facts::IgRoute;

const WHO: &str = "http://hl7.org/fhir/sid/icd-10";
const CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const SKS_D: &str = "urn:oid:1.2.208.176.2.4.12";
const SKS: &str = "urn:oid:1.2.208.176.2.4";
const DK_EXT: &str = "http://hl7.dk/fhir/core/CodeSystem/icd10-danish-extensions";
const NPU: &str = "http://npu-terminology.org";
const LOINC: &str = "http://loinc.org";
const ATC: &str = "http://www.whocc.no/atc";
const SCT: &str = "http://snomed.info/sct";

/// The project's own codes, for those who read what it writes.
const OWN: &[&str] = &[
    "card",
    "override-reason",
    "statement",
    "statement-donor-type",
    "statement-ig-review",
    "statement-ivig-reason",
    "statement-switch-reason",
];

/// Sets of which no rule of the program reads anything: finer diagnoses, context, and orders that
/// no card suggests.
const NOT_READ: &[&str] = &[
    "dx-all",
    "dx-cll",
    "dx-dlbcl",
    "dx-follicular",
    "dx-hodgkin",
    "dx-mcl",
    "dx-nhl",
    "enc-other-class",
    "inf-neutropenia",
    "lab-bcell-pct",
    "lab-flc-kappa",
    "lab-flc-lambda",
    "lab-flc-ratio",
    "lab-ig-panel-order",
    "lab-lymphocytes",
    "lab-neutrophils",
    "lab-vaccine-diphtheria",
    "lab-vaccine-hib",
    "lab-vaccine-pneumo",
    "lab-vaccine-tetanus",
    "med-antibiotic-iv-typical",
    "med-bcell-depleting-other",
    "obs-body-height",
    "order-pneumo-vaccination",
    "proc-cart-complication",
    "vac-live-contraindicated",
    "vac-other",
    "vac-pcv",
    "vac-ppv23",
];

fn terminology() -> Terminology {
    Terminology::built_in().unwrap_or_else(|error| panic!("{error}"))
}

fn coding<'a>(system: &'a str, code: &'a str) -> Coding<'a> {
    Coding {
        system: Some(system),
        code,
    }
}

#[test]
fn each_file_is_a_set_that_is_read_or_one_that_is_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("terminology/valuesets");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let listed: BTreeSet<String> = sets::EMBEDDED
        .iter()
        .map(|(set, _)| set.as_str())
        .chain(NOT_READ.iter().copied())
        .chain(OWN.iter().copied())
        .map(str::to_owned)
        .collect();
    assert_eq!(files, listed);
    assert_eq!(
        listed.len(),
        sets::EMBEDDED.len() + NOT_READ.len() + OWN.len(),
        "none is listed twice"
    );
}

#[test]
fn every_embedded_set_has_concepts_and_its_own_url() {
    let terminology = terminology();
    for (set, json) in sets::EMBEDDED {
        assert!(
            terminology.sets.contains_key(set.as_str()),
            "{} is empty",
            set.as_str()
        );
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["id"], set.as_str());
        assert_eq!(
            value["url"],
            format!("urn:sid-cds:valueset:{}", set.as_str())
        );
    }
}

#[test]
fn files_that_are_not_read_are_sound_too() {
    for id in NOT_READ.iter().chain(OWN) {
        let path = format!(
            "{}/terminology/valuesets/{id}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let value: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(value["resourceType"], "ValueSet");
        assert_eq!(value["id"], *id);
    }
}

/// Provenance: what each concept of every file stands for, how well it is attested, and where it was
/// read. What is `unverified` is kept for the record and loaded nowhere.
#[test]
fn every_concept_says_where_it_was_read() {
    const EVIDENCE: [&str; 5] = [
        "official-copy",
        "multi-source",
        "single-source",
        "derived",
        "unverified",
    ];
    let terminology = terminology();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("terminology/valuesets");
    let (mut concepts, mut unverified) = (0, 0);
    for file in fs::read_dir(folder).unwrap() {
        let value: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        let id = value["id"].as_str().unwrap();
        let mut seen = BTreeSet::new();
        for include in value["compose"]["include"].as_array().unwrap() {
            let system = include["system"].as_str().unwrap();
            // The project's own codes were read nowhere.
            if system.starts_with("urn:sid-cds:") {
                continue;
            }
            for concept in include["concept"].as_array().unwrap() {
                let code = concept["code"].as_str().unwrap();
                let place = format!("{id} {system} {code}");
                concepts += 1;
                let extension = |url: &str, kind: &str| {
                    let all = concept["extension"].as_array().unwrap();
                    let found = all.iter().find(|one| one["url"] == url);
                    let found = found.unwrap_or_else(|| panic!("{place}: no {url}"));
                    found[kind].as_str().unwrap().to_owned()
                };
                let evidence = extension("urn:sid-cds:evidence", "valueCode");
                assert!(EVIDENCE.contains(&evidence.as_str()), "{place}: {evidence}");
                let how = extension("urn:sid-cds:match", "valueCode");
                assert!(
                    ["exact", "prefix"].contains(&how.as_str()),
                    "{place}: {how}"
                );
                let source = extension("urn:sid-cds:source", "valueString");
                assert!(!source.trim().is_empty(), "{place}");
                assert!(
                    seen.insert((system.to_owned(), code.to_owned())),
                    "{place}: twice"
                );
                if evidence == "unverified" {
                    unverified += 1;
                    let found = terminology.sets_of(coding(system, code));
                    assert!(
                        !found.iter().any(|set| set.as_str() == id),
                        "{place}: loaded"
                    );
                }
            }
        }
    }
    assert!(
        concepts > 1000 && unverified >= 10,
        "{concepts}, {unverified}"
    );
}

/// Everything that a suggestion orders has a code, the same in every run.
#[test]
fn everything_that_is_ordered_is_coded() {
    use orders::Ordered;
    let terminology = terminology();
    for ordered in Ordered::ALL {
        let codes = terminology.order_codes().of(ordered);
        assert!(!codes.is_empty(), "{ordered:?}");
        assert!(
            codes.iter().all(|code| code.display.is_some()),
            "{ordered:?}"
        );
    }
    // Danish first, as dk-core asks.
    for test in [Ordered::Igg, Ordered::Iga, Ordered::Igm, Ordered::BCells] {
        let systems: Vec<&str> = terminology
            .order_codes()
            .of(test)
            .iter()
            .map(|code| code.system.as_str())
            .collect();
        assert_eq!(systems, [NPU, LOINC], "{test:?}");
    }
}

/// SNOMED CT codes match exactly, so a wider set must repeat the codes of the narrower ones: a
/// patient whose leukaemia is coded finely has a haematological malignancy all the same.
#[test]
fn every_malignancy_is_a_haematological_malignancy() {
    const NARROWER: [&str; 11] = [
        "dx-all",
        "dx-bcell-plasma-malignancy",
        "dx-cll",
        "dx-dlbcl",
        "dx-follicular",
        "dx-hodgkin",
        "dx-igg-monoclonal",
        "dx-mcl",
        "dx-multiple-myeloma",
        "dx-nhl",
        "dx-waldenstrom",
    ];
    let terminology = terminology();
    for id in NARROWER {
        let path = format!(
            "{}/terminology/valuesets/{id}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let value: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for include in value["compose"]["include"].as_array().unwrap() {
            for concept in include["concept"].as_array().unwrap() {
                let (system, code) = (
                    include["system"].as_str(),
                    concept["code"].as_str().unwrap(),
                );
                let found = terminology.find(sets::DX_HAEM_MALIGNANCY, Coding { system, code });
                assert!(found.is_some(), "{id} {code}");
            }
        }
    }
    let igg_myeloma = coding(SCT, "285421005");
    assert!(
        terminology
            .find(sets::DX_MULTIPLE_MYELOMA, igg_myeloma)
            .is_some()
    );
}

#[test]
fn a_coding_matches_by_system_and_code() {
    use sets::*;
    let rows: &[(ValueSetId, &str, &str, Option<&str>)] = &[
        // SKS diagnoses: D and the ICD-10 code without dot; below the category too.
        (DX_HYPOGAMMAGLOBULINAEMIA, SKS_D, "DD801", Some("DD801")),
        (DX_HYPOGAMMAGLOBULINAEMIA, SKS_D, "DD801A", Some("DD801")),
        (DX_HYPOGAMMAGLOBULINAEMIA, SKS_D, " dd801 ", Some("DD801")),
        (DX_HYPOGAMMAGLOBULINAEMIA, SKS_D, "DD80.1", Some("DD801")),
        (DX_HYPOGAMMAGLOBULINAEMIA, WHO, "D80.1", Some("D80.1")),
        (DX_HYPOGAMMAGLOBULINAEMIA, WHO, "d801", Some("D80.1")),
        // The system is never guessed from the code.
        (DX_HYPOGAMMAGLOBULINAEMIA, WHO, "DD801", None),
        (DX_HYPOGAMMAGLOBULINAEMIA, SKS_D, "D80.1", None),
        (DX_MGUS, SKS_D, "DD472", Some("DD472")),
        (DX_MGUS, WHO, "D47.2", Some("D47.2")),
        (DX_MGUS, WHO, "DD472", None),
        (DX_MGUS, SKS_D, "D472", None),
        (DX_HAEM_MALIGNANCY, SKS_D, "C911", None),
        // What is added after + is not part of the diagnosis.
        (DX_HAEM_MALIGNANCY, SKS_D, "DC911+TUL1", Some("DC91")),
        (DX_HAEM_MALIGNANCY, SKS_D, "DS721+TUL1", None),
        (DX_HAEM_MALIGNANCY, SKS_D, "DS721+DC911", None),
        // SKS root: D is the diagnoses; other groups are their own.
        (DX_HAEM_MALIGNANCY, SKS, "DC911", Some("DC91")),
        (DX_HAEM_MALIGNANCY, DK_EXT, "C83.0B", Some("DC83")),
        (DX_HAEM_MALIGNANCY, DK_EXT, "DC830B", None),
        (PROC_HSCT_ALLOGENEIC, SKS, "BOQF11", Some("BOQF1")),
        (PROC_HSCT_ALLOGENEIC, SKS, "BOQF0", None),
        (PROC_HSCT_ALLOGENEIC, SKS_D, "BOQF11", None),
        (PROC_HSCT_AUTOLOGOUS, SKS, "boqf01", Some("BOQF0")),
        (PROC_HSCT_UNSPECIFIED, SKS, "BOQF", Some("BOQF")),
        (PROC_HSCT_UNSPECIFIED, SKS, "BOQF1", None),
        (PROC_HSCT_AUTOLOGOUS, SCT, "58776007", Some("58776007")),
        (PROC_HSCT_ALLOGENEIC, SCT, "58776007", None),
        (PROC_CAR_T, SKS, "BOQX1", Some("BOQX1")),
        (PROC_CAR_T, SKS, "BOQX12", None),
        // R65 is inverted between WHO and ICD-10-CM; T86.0 and R57.2 differ too.
        (INF_LIFE_THREATENING_WHO_R65, WHO, "R65.1", Some("R65.1")),
        (INF_LIFE_THREATENING_WHO_R65, CM, "R65.1", None),
        (INF_SEPTIC_SHOCK, WHO, "R65.1", Some("R65.1")),
        (INF_SEPTIC_SHOCK, CM, "R65.10", None),
        (INF_SEPTIC_SHOCK, CM, "R65.11", None),
        (INF_SEPTIC_SHOCK, WHO, "R65.2", None),
        (INF_SEPTIC_SHOCK, CM, "R65.21", Some("R65.21")),
        (INF_SEPTIC_SHOCK, SKS_D, "DR572", Some("DR572")),
        (INF_SEPTIC_SHOCK, CM, "R57.2", None),
        (INF_SEPTIC_SHOCK, SKS_D, "DA419", None),
        (INF_SEPSIS, SKS_D, "DA419", Some("DA41")),
        // NPU under its own URI and its aliases; IgG by mass and by substance are apart.
        (IGG_MASS, NPU, "NPU19814", Some("NPU19814")),
        (
            IGG_MASS,
            "urn:oid:1.2.208.176.2.1",
            "npu19814",
            Some("NPU19814"),
        ),
        (
            IGG_MASS,
            "urn:oid:1.2.208.176.9.1",
            "NPU19814",
            Some("NPU19814"),
        ),
        (IGG_MASS, NPU, "NPU02481", None),
        (IGG_SUBSTANCE, NPU, "NPU02481", Some("NPU02481")),
        (IGG_MASS, LOINC, "2465-3", Some("2465-3")),
        (IGG_MASS, LOINC, "2464-6", None),
        (IGG_NEVER_TOTAL, LOINC, "2464-6", Some("2464-6")),
        (IGG_MASS, NPU, "NPU19817", None),
        (IGG_MASS, LOINC, "NPU19814", None),
        // Unverified concepts are not loaded.
        (M_PROTEIN, LOINC, "27018-1", None),
        (MED_IG_ANY, SKS, "BOHJ10", None),
        (MED_IG_ANY, SKS, "BOHJ10B", Some("BOHJ10B")),
        // ATC: exact lists where neighbours mean something else.
        (MED_CAR_T, ATC, "L01XL03", Some("L01XL03")),
        (MED_CAR_T, ATC, "L01XL09", None),
        (MED_CAR_T, ATC, "L01XL11", None),
        (MED_BISPECIFIC, ATC, "L01FX24", Some("L01FX24")),
        (MED_BISPECIFIC, ATC, "L01FX14", None),
        (MED_IG_ANY, ATC, "J06BA02", Some("J06BA02")),
        (MED_IG_SC, ATC, "J06BA02", None),
        (MED_IG_ANY, ATC, "J06BB01", None),
        (MED_IG_ANY, ATC, "J06BA", None),
        (MED_ANTIBIOTIC, ATC, "J01CR02", Some("J01")),
        (MED_ANTIBIOTIC, ATC, "J02AC01", None),
        // SNOMED CT is exact.
        (DX_HAEM_MALIGNANCY, SCT, "109989006", Some("109989006")),
        (DX_HAEM_MALIGNANCY, SCT, "1099890061", None),
        // No system, an unknown one, another one.
        (IGG_MASS, "", "NPU19814", None),
        (IGG_MASS, "urn:example:local", "NPU19814", None),
        (
            DX_HAEM_MALIGNANCY,
            "http://hl7.org/fhir/sid/icd-9-cm",
            "C91.1",
            None,
        ),
        (DX_HAEM_MALIGNANCY, WHO, "", None),
        (DX_HAEM_MALIGNANCY, WHO, "C", None),
        (DX_HAEM_MALIGNANCY, SKS_D, "D", None),
        (DX_HAEM_MALIGNANCY, SKS_D, "+", None),
        (DX_HAEM_MALIGNANCY, WHO, "C91æ", Some("C91")),
    ];
    let terminology = terminology();
    for (set, system, code, expected) in rows {
        let found = terminology.find(*set, coding(system, code));
        assert_eq!(
            found.map(|concept| concept.code.as_str()),
            *expected,
            "{} {system} {code:?}",
            set.as_str()
        );
    }
    assert_eq!(
        terminology.find(
            IGG_MASS,
            Coding {
                system: None,
                code: "NPU19814"
            }
        ),
        None
    );
}

#[test]
fn units_that_npu_codes_imply_come_with_the_concept() {
    let rows = [
        (sets::IGG_MASS, NPU, "NPU19814", Some("g/L"), None),
        (sets::IGG_MASS, LOINC, "2465-3", None, None),
        (
            sets::IGG_SUBSTANCE,
            NPU,
            "NPU02481",
            Some("umol/L"),
            Some("0.1499"),
        ),
        (
            sets::IGA_SUBSTANCE,
            NPU,
            "NPU02476",
            Some("umol/L"),
            Some("0.16"),
        ),
        (
            sets::IGM_SUBSTANCE,
            NPU,
            "NPU02488",
            Some("umol/L"),
            Some("0.971"),
        ),
        (
            sets::B_CELLS_ABSOLUTE,
            NPU,
            "NPU21819",
            Some("10*9/L"),
            None,
        ),
        (sets::BODY_WEIGHT, NPU, "NPU03804", Some("kg"), None),
    ];
    let listed = parameters::ALL.iter().find(|row| row.id == "U1").unwrap();
    let factors: Vec<&str> = rows.iter().filter_map(|row| row.4).collect();
    assert_eq!(listed.value, factors.join(", "));
    let terminology = terminology();
    for (set, system, code, unit, factor) in rows {
        let concept = terminology.find(set, coding(system, code)).unwrap();
        assert_eq!(concept.implied_unit.as_deref(), unit, "{code}");
        let found = concept
            .grams_per_litre_factor
            .map(|factor| factor.to_string());
        assert_eq!(found.as_deref(), factor, "{code}");
    }
}

#[test]
fn one_coding_that_is_never_total_igg_silences_the_others() {
    let terminology = terminology();
    let total = [coding(LOINC, "2465-3"), coding(NPU, "NPU19814")];
    let found = terminology.find_any(sets::IGG_MASS, &total);
    assert_eq!(
        found.map(|concept| concept.code.as_str()),
        Some("NPU19814"),
        "NPU comes first"
    );
    let csf = [coding(NPU, "NPU19814"), coding(LOINC, "2464-6")];
    assert_eq!(terminology.find_any(sets::IGG_MASS, &csf), None);
    assert!(terminology.find_any(sets::IGG_NEVER_TOTAL, &csf).is_some());
    assert_eq!(terminology.find_any(sets::IGG_MASS, &[]), None);
}

#[test]
fn infection_codes() {
    use Bacterial::{Certain, No, Possible};
    let other = |category: &str| Focus::Other(category.to_owned());
    // system, code, bacterial, mild, sepsis, life-threatening, focus
    let rows = [
        (SKS_D, "DJ139", Certain, false, false, false, Focus::Lung),
        (SKS_D, "DJ189", Possible, false, false, false, Focus::Lung),
        (SCT, "233607000", Certain, false, false, false, Focus::Lung),
        (WHO, "A48.1", Certain, false, false, false, Focus::Lung),
        (WHO, "A48.0", Certain, false, false, false, other("A48")),
        (SKS_D, "DA419", Certain, false, true, false, Focus::Blood),
        (WHO, "R57.2", Possible, false, true, true, Focus::Blood),
        (WHO, "R65.1", Possible, false, true, true, Focus::Blood),
        (CM, "R65.21", Possible, false, true, true, Focus::Blood),
        (SCT, "76571007", Possible, false, true, true, Focus::Blood),
        (SCT, "91302008", Possible, false, true, false, Focus::Blood),
        (SKS_D, "DG001", Certain, false, false, false, other("G00")),
        (WHO, "G00.1", Certain, false, false, false, other("G00")),
        (
            SCT,
            "95883001",
            Certain,
            false,
            false,
            false,
            other("95883001"),
        ),
        (
            SKS_D,
            "DN109",
            Possible,
            false,
            false,
            false,
            Focus::Urinary,
        ),
        (SKS_D, "DN300", Possible, true, false, false, Focus::Urinary),
        (SKS_D, "DA469", Certain, false, false, false, Focus::Skin),
        (SKS_D, "DJ019", Possible, true, false, false, Focus::Ent),
        (SKS_D, "DJ020", Certain, true, false, false, Focus::Ent),
        (SKS_D, "DJ109", No, false, false, false, other("J10")),
        (WHO, "U07.1", No, false, false, false, other("U07")),
    ];
    let terminology = terminology();
    for (system, code, bacterial, mild, sepsis, life_threatening, focus) in rows {
        let expected = InfectionCode {
            bacterial,
            mild,
            sepsis,
            life_threatening,
            focus,
        };
        assert_eq!(
            terminology.infection(coding(system, code)),
            Some(expected),
            "{system} {code}"
        );
    }
    for (system, code) in [
        (SKS_D, "DI109"),
        (CM, "R65.10"),
        (WHO, "DJ189"),
        (SKS_D, "DD700"),
    ] {
        assert_eq!(
            terminology.infection(coding(system, code)),
            None,
            "{system} {code}"
        );
    }
}

#[test]
fn what_the_sandbox_makes_of_immunoglobulin() {
    let rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm";
    let rows = [
        (rxnorm, "J06BA01", Some("J06BA01")),
        (rxnorm, "J06BA02", Some("J06BA02")),
        (rxnorm, "J06BB01", None),
        (rxnorm, "j06ba02", None),
        (rxnorm, "1426680", None),
        (ATC, "J06BA02", None),
    ];
    let terminology = terminology();
    for (system, code, expected) in rows {
        let found = terminology.find_rewritten_immunoglobulin(coding(system, code));
        assert_eq!(
            found.map(|concept| concept.code.as_str()),
            expected,
            "{system} {code}"
        );
    }
    let in_a_record = terminology.find(sets::MED_IG_ANY, coding(rxnorm, "J06BA02"));
    assert_eq!(in_a_record, None, "only drafts are read that way");
}

#[test]
fn products_by_brand() {
    let rows = [
        (
            "HyQvia 100 mg/ml",
            Some(("HyQvia", IgRoute::FacilitatedSc, 100)),
        ),
        ("inf. PRIVIGEN, 30 g", Some(("Privigen", IgRoute::Iv, 100))),
        ("Hizentra® 200 mg/ml", Some(("Hizentra", IgRoute::Sc, 200))),
        ("cutaquig", Some(("Cutaquig", IgRoute::Sc, 165))),
        ("Gamunex-C", Some(("Gamunex", IgRoute::Iv, 100))),
        ("Hizentrax", None),
        ("Immunoglobulin normal human (IV)", None),
        ("", None),
    ];
    let terminology = terminology();
    for (text, expected) in rows {
        let found = terminology.products_named(text).next().map(|product| {
            (
                product.brand.as_str(),
                product.route,
                product.milligrams_per_millilitre,
            )
        });
        assert_eq!(found, expected, "{text}");
    }
    for product in &terminology.products {
        let set = match product.route {
            IgRoute::Iv => sets::MED_IG_IV,
            _ => sets::MED_IG_SC,
        };
        assert!(
            terminology.find(set, coding(ATC, &product.atc)).is_some(),
            "{}",
            product.brand
        );
    }
}

#[test]
fn statements_are_those_of_the_code_system() {
    let path = format!(
        "{}/terminology/codesystems/statement.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let system: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(system["url"], statement::SYSTEM);
    let codes: Vec<&str> = system["concept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|concept| concept["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, statement::ALL);
}

#[test]
fn a_bad_file_is_refused_by_name() {
    let concept = |extension: &str, system: &str, code: &str| {
        format!(
            r#"{{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:dx-mgus","compose":{{"include":[
                {{"system":"{system}","concept":[{{"extension":[{extension}],"code":"{code}"}}]}}]}}}}"#
        )
    };
    let prefix = r#"{"url":"urn:sid-cds:match","valueCode":"prefix"}"#;
    let rows = [
        ("{".to_owned(), "not a FHIR ValueSet or ConceptMap"),
        (r#"{"resourceType":"Patient"}"#.to_owned(), "not a FHIR ValueSet or ConceptMap"),
        (
            r#"{"resourceType":"ValueSet","url":"urn:x","compose":{"include":[]}}"#.to_owned(),
            "\"urn:x\"",
        ),
        (
            r#"{"resourceType":"ConceptMap","url":"urn:y","group":[]}"#.to_owned(),
            "\"urn:y\"",
        ),
        (concept(prefix, SCT, "277577000"), "match exactly"),
        (concept("", SKS_D, "C911"), "no code of this system"),
        (concept(r#"{"url":"urn:sid-cds:match","valueCode":"fuzzy"}"#, WHO, "D47.2"), "neither"),
        (
            r#"{"resourceType":"ConceptMap","url":"urn:sid-cds:conceptmap:infection-focus","group":[{
                "source":"http://snomed.info/sct","element":[{"code":"1","target":[{"code":"knee"}]}]}]}"#
                .to_owned(),
            "lung, urinary",
        ),
        (
            r#"{"resourceType":"ConceptMap","url":"urn:sid-cds:conceptmap:npu-units","group":[{
                "source":"http://snomed.info/sct","element":[{"code":"1","target":[]}]}]}"#
                .to_owned(),
            "exactly one target",
        ),
    ];
    for (json, expected) in rows {
        let file = SiteFile {
            name: "site.json",
            json: &json,
        };
        let error = terminology().add_site(&[file]).unwrap_err().to_string();
        assert!(error.starts_with("site.json: "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
