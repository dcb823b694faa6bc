//! What the name of a code that no set has looks like: total IgG, CAR-T, immunoglobulin and others that
//! decide.
//!
//! It maps nothing. It tells an integrator, and the reader of a data problem, where a map is missing.

use serde::Serialize;

use super::{Terminology, ValueSetId, sets};

/// What a code that is in no set looks like by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// Total IgG.
    Igg,
    /// Total IgA.
    Iga,
    /// Total IgM.
    Igm,
    /// CAR-T.
    CarT,
    /// A bispecific antibody.
    Bispecific,
    /// A stem-cell transplant.
    Transplant,
    /// Human normal immunoglobulin.
    Immunoglobulin,
}

impl Look {
    /// For a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Igg => "IgG",
            Self::Iga => "IgA",
            Self::Igm => "IgM",
            Self::CarT => "CAR-T",
            Self::Bispecific => "bispecific antibody",
            Self::Transplant => "stem-cell transplant",
            Self::Immunoglobulin => "immunoglobulin",
        }
    }
}

/// What a name looks like. Words that hide nothing else: generic ones in Danish and English, and
/// the names that the value sets themselves have for drugs.
pub fn looks(terminology: &Terminology, element: &str, name: &str) -> Vec<Look> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let word = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let follows = |first: &[&str], second: &str| {
        words
            .windows(2)
            .any(|pair| first.contains(&pair[0]) && pair[1] == second)
    };
    let mut looks = Vec::new();
    if !has(&PART_OF_CLASS) {
        for (look, class, letter) in [
            (Look::Igg, "igg", "g"),
            (Look::Iga, "iga", "a"),
            (Look::Igm, "igm", "m"),
        ] {
            if word(&[class]) || follows(&["immunglobulin", "immunoglobulin"], letter) {
                looks.push(look);
            }
        }
    }
    if follows(&["car"], "t")
        || has(&["chimeric antigen", "kimær antigen", "kimærisk antigen"])
        || words.iter().any(|word| word.ends_with("leucel"))
        || is_named_in(terminology, sets::MED_CAR_T, &words)
    {
        looks.push(Look::CarT);
    }
    if has(&["bispecifi"]) || is_named_in(terminology, sets::MED_BISPECIFIC, &words) {
        looks.push(Look::Bispecific);
    }
    let marrow = has(&[
        "stamcelle",
        "stem cell",
        "knoglemarv",
        "bone marrow",
        "haematopoietic",
        "hematopoietic",
        "hemopoietic",
        "hæmatopoietisk",
    ]);
    if word(&["hsct"]) || marrow && has(&["transpl"]) {
        looks.push(Look::Transplant);
    }
    let is_result = element.starts_with("Observation");
    let of_immunoglobulin = has(&["immunglobulin", "immunoglobulin", "gammaglobulin"])
        || word(&["ivig", "scig"])
        || terminology.products_named(&name).next().is_some();
    if !is_result && of_immunoglobulin && looks.is_empty() && !has(&HYPERIMMUNE) {
        looks.push(Look::Immunoglobulin);
    }
    looks
}

/// Is one of `words` the name of a drug of the set?
fn is_named_in(terminology: &Terminology, set: ValueSetId, words: &[&str]) -> bool {
    let names = terminology.drugs.get(&set);
    names.is_some_and(|names| words.iter().any(|word| names.contains(*word)))
}

/// The long words of a concept's name, where its set is of drugs that are told by their names.
pub(super) fn drug_names(set: ValueSetId, display: &str) -> Vec<String> {
    /// Shorter words are not names of drugs.
    const LONG: usize = 9;
    if ![sets::MED_CAR_T, sets::MED_BISPECIFIC].contains(&set) {
        return Vec::new();
    }
    display
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|name| name.len() >= LONG)
        .map(str::to_owned)
        .collect()
}

/// Names with one of these tell no total concentration: antibodies, subclasses, other fluids.
const PART_OF_CLASS: [&str; 12] = [
    "antistof",
    "antibod",
    "anti-",
    "subkl",
    "subcl",
    "spinal",
    "cerebrosp",
    "csf",
    "virus",
    "toxin",
    "kappa",
    "lambda",
];
/// Immunoglobulins against one thing, which are not normal immunoglobulin.
const HYPERIMMUNE: [&str; 9] = [
    "anti-d",
    "anti-rh",
    "hepatitis",
    "tetanus",
    "rabies",
    "varicella",
    "cytomegalo",
    "antithymo",
    "anti-thymo",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What one name of a local code looks like.
    #[test]
    fn names() {
        use Look::*;
        let rows: [(&str, &str, &[Look]); 34] = [
            ("Observation.code", "P-Immunglobulin G", &[Igg]),
            ("Observation.code", "IgG;P", &[Igg]),
            ("Observation.code", "S-IgG (total)", &[Igg]),
            ("Observation.code", "Immunoglobulin A [g/L]", &[Iga]),
            ("Observation.code", "P-IgM", &[Igm]),
            ("Observation.code", "IgG, IgA og IgM", &[Igg, Iga, Igm]),
            ("Observation.code", "Borrelia-antistof (IgG)", &[]),
            ("Observation.code", "IgG subklasse 2", &[]),
            ("Observation.code", "IgG1", &[]),
            ("Observation.code", "Csf-IgG", &[]),
            ("Observation.code", "Rubellavirus IgG", &[]),
            ("Observation.code", "Immunoglobuliner; gruppe", &[]),
            ("Observation.code", "P-Albumin", &[]),
            ("Procedure.code", "CAR-T-celleinfusion", &[CarT]),
            (
                "Procedure.code",
                "Chimeric antigen receptor T-cell therapy",
                &[CarT],
            ),
            ("Procedure.code", "Reinfusion efter biluheld (car)", &[]),
            ("Medication.code", "Kymriah, tisagenlecleucel", &[CarT]),
            ("Medication.code", "Testleucel", &[CarT]),
            (
                "Medication.code",
                "Tecvayli (teclistamab) 10 mg/ml",
                &[Bispecific],
            ),
            ("Medication.code", "bispecifikt antistof", &[Bispecific]),
            ("Medication.code", "Rituximab", &[]),
            (
                "Procedure.code",
                "Allogen stamcelletransplantation",
                &[Transplant],
            ),
            (
                "Condition.code",
                "History of peripheral stem cell transplant",
                &[Transplant],
            ),
            ("Procedure.code", "HSCT", &[Transplant]),
            ("Procedure.code", "Knoglemarvsundersøgelse", &[]),
            ("Procedure.code", "Nyretransplantation", &[]),
            ("Medication.code", "Privigen 100 mg/ml", &[Immunoglobulin]),
            (
                "Medication.code",
                "Humant normalt immunglobulin i.v.",
                &[Immunoglobulin],
            ),
            ("Medication.code", "IVIG", &[Immunoglobulin]),
            ("Medication.code", "Anti-D immunglobulin", &[]),
            ("Medication.code", "Hepatitis B-immunglobulin", &[]),
            ("Medication.code", "Paracetamol", &[]),
            ("CodeSystem", "Immunglobulin G;P", &[Igg]),
            ("CSV", "P—Immunglobulin G; massek.", &[Igg]),
        ];
        let terminology = Terminology::built_in().expect("the embedded value sets");
        for (element, name, expected) in rows {
            assert_eq!(
                looks(&terminology, element, name),
                expected,
                "{element} {name}"
            );
        }
    }
}
