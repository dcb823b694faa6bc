//! The codes of a hospital's data, held against the value sets: which are known, and which only look it.
//!
//! For the integrator who connects a source. What comes out are codes with their counts; no text of a
//! record, no id, no date.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::json::Object;
use super::remembered::Remembered;
use super::terminology::{
    Coding, Terminology, ValueSetId,
    look::{Look, looks},
    statement,
};

/// The elements whose codes decide something: type and path.
const ELEMENTS: [(&str, &[&str]); 14] = [
    ("Observation", &["code"]),
    ("Observation", &["component", "code"]),
    ("Condition", &["code"]),
    ("Procedure", &["code"]),
    ("ServiceRequest", &["code"]),
    ("Medication", &["code"]),
    ("MedicationRequest", &["medicationCodeableConcept"]),
    ("MedicationRequest", &["reasonCode"]),
    ("MedicationAdministration", &["medicationCodeableConcept"]),
    ("MedicationStatement", &["medicationCodeableConcept"]),
    ("MedicationDispense", &["medicationCodeableConcept"]),
    ("Immunization", &["vaccineCode"]),
    ("Encounter", &["class"]),
    ("Encounter", &["type"]),
];

/// One code, or the concepts without a code, of one element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// `Observation.code`; the type of the file for a list of codes (`CodeSystem`).
    pub element: String,
    /// System; `None` where there is none.
    pub system: Option<String>,
    /// Code; `None` for concepts without one, which are text.
    pub code: Option<String>,
    /// Its name, as it was first sent.
    pub display: Option<String>,
    /// How often it was there.
    pub count: usize,
    /// The sets that it is in.
    pub sets: Vec<&'static str>,
    /// What it looks like; empty where it is in a set.
    pub looks_like: Vec<Look>,
}

/// What was counted.
#[derive(Debug)]
pub struct Survey<'t> {
    terminology: &'t Terminology,
    rows: BTreeMap<Key, Row>,
    /// What names that were met look like, by element: the same few come again and again.
    looked_at: HashMap<(String, String), Vec<Look>>,
}

/// Most names that are remembered.
const REMEMBERED: usize = 20_000;

/// Element, system, code; of text without a code, what it looks like.
type Key = (String, Option<String>, Option<String>, Vec<Look>);

impl<'t> Survey<'t> {
    /// Nothing counted yet.
    pub fn new(terminology: &'t Terminology) -> Self {
        Self {
            terminology,
            rows: BTreeMap::new(),
            looked_at: HashMap::new(),
        }
    }

    fn looks(&mut self, element: &str, name: &str) -> Vec<Look> {
        let key = (element.to_owned(), name.to_owned());
        if let Some(known) = self.looked_at.get(&key) {
            return known.clone();
        }
        let found = looks(self.terminology, element, name);
        if self.looked_at.len() < REMEMBERED {
            self.looked_at.insert(key, found.clone());
        }
        found
    }

    /// Counts the codes of a resource: of a Bundle every entry's, of a ValueSet, CodeSystem or
    /// ConceptMap those that it lists, of a CDS Hooks request those of its prefetch and drafts. False
    /// when it is none of these.
    pub fn add(&mut self, value: &Value) -> bool {
        if value.get("hook").is_some() {
            let prefetch = value.get("prefetch").and_then(Value::as_object);
            for resource in prefetch.into_iter().flat_map(|members| members.values()) {
                self.add(resource);
            }
            if let Some(drafts) = value.pointer("/context/draftOrders") {
                self.add(drafts);
            }
            return true;
        }
        let Some(kind) = value.get("resourceType").and_then(Value::as_str) else {
            return false;
        };
        let kind = kind.to_owned();
        match kind.as_str() {
            "Bundle" => {
                for entry in items(value, "entry") {
                    if let Some(resource) = entry.get("resource") {
                        self.add(resource);
                    }
                }
            }
            "ValueSet" => {
                let compose = value.get("compose").unwrap_or(&Value::Null);
                for include in items(compose, "include") {
                    self.concepts(&kind, text(include, "system"), include);
                }
                self.expansion(value.get("expansion").unwrap_or(&Value::Null));
            }
            "CodeSystem" => self.concepts(&kind, text(value, "url"), value),
            "ConceptMap" => {
                for group in items(value, "group") {
                    for element in items(group, "element") {
                        self.concept(&kind, text(group, "source"), element);
                    }
                }
            }
            _ => self.resource(&kind, value),
        }
        true
    }

    /// Counts one code of a list.
    pub fn add_code(
        &mut self,
        element: &str,
        system: Option<&str>,
        code: &str,
        display: Option<&str>,
    ) {
        let coding = Coding { system, code };
        let found = self.terminology.sets_of(coding).into_iter();
        let mut sets: Vec<&'static str> = found.map(ValueSetId::as_str).collect();
        if system == Some(statement::SYSTEM) {
            sets.push("statement");
        }
        let looks_like = if sets.is_empty() {
            display.map_or_else(Vec::new, |display| self.looks(element, display))
        } else {
            Vec::new()
        };
        let key = (
            element.to_owned(),
            system.map(str::to_owned),
            Some(code.to_owned()),
            Vec::new(),
        );
        let row = self.rows.entry(key).or_insert_with(|| Row {
            element: element.to_owned(),
            system: system.map(str::to_owned),
            code: Some(code.to_owned()),
            display: None,
            count: 0,
            sets,
            looks_like: Vec::new(),
        });
        row.count += 1;
        if row.display.is_none() {
            row.display = display.map(shown);
        }
        for look in looks_like {
            if !row.looks_like.contains(&look) {
                row.looks_like.push(look);
            }
        }
    }

    /// The codes: those that look like what they are not mapped to, then the unknown, then the known,
    /// the most frequent first.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows.values().cloned().collect();
        rows.sort_by_key(|row| {
            let rank = match (row.looks_like.is_empty(), row.sets.is_empty()) {
                (false, _) => 0,
                (true, true) => 1,
                (true, false) => 2,
            };
            (rank, std::cmp::Reverse(row.count))
        });
        rows
    }

    fn resource(&mut self, kind: &str, resource: &Value) {
        for contained in items(resource, "contained") {
            self.add(contained);
        }
        for (_, path) in ELEMENTS.iter().filter(|(name, _)| *name == kind) {
            let element = format!("{kind}.{}", path.join("."));
            for concept in values(resource, path) {
                self.codeable(&element, concept);
            }
        }
    }

    /// A CodeableConcept, or a Coding.
    fn codeable(&mut self, element: &str, concept: &Value) {
        let mut codings: Vec<&Value> = items(concept, "coding").collect();
        if concept.get("code").is_some() {
            codings.push(concept);
        }
        let mut coded = false;
        for coding in &codings {
            if let Some(code) = text(coding, "code") {
                coded = true;
                let display = text(coding, "display");
                self.add_code(element, text(coding, "system"), code, display);
            }
        }
        if coded {
            return;
        }
        // Text only. What it says stays here: it may be about the patient.
        let words = codings
            .iter()
            .find_map(|coding| text(coding, "display"))
            .or_else(|| text(concept, "text"));
        let Some(words) = words else { return };
        let looks_like = self.looks(element, words);
        let key = (element.to_owned(), None, None, looks_like.clone());
        let row = self.rows.entry(key).or_insert_with(|| Row {
            element: element.to_owned(),
            system: None,
            code: None,
            display: None,
            count: 0,
            sets: Vec::new(),
            looks_like,
        });
        row.count += 1;
    }

    fn concepts(&mut self, element: &str, system: Option<&str>, list: &Value) {
        for concept in items(list, "concept") {
            self.concept(element, system, concept);
            self.concepts(element, system, concept);
        }
    }

    fn concept(&mut self, element: &str, system: Option<&str>, concept: &Value) {
        if let Some(code) = text(concept, "code") {
            self.add_code(element, system, code, text(concept, "display"));
        }
    }

    fn expansion(&mut self, list: &Value) {
        for concept in items(list, "contains") {
            self.concept("ValueSet", text(concept, "system"), concept);
            self.expansion(concept);
        }
    }
}

/// The codes of one text after another that look like what they are not mapped to: for many resources, in
/// which the same concepts come again and again.
#[derive(Debug)]
pub struct UnmappedCodes<'t> {
    survey: Survey<'t>,
    /// The texts of concepts with nothing to report, by element.
    unremarkable: HashMap<String, Remembered<()>>,
}

impl<'t> UnmappedCodes<'t> {
    /// Nothing counted yet.
    pub fn new(terminology: &'t Terminology) -> Self {
        Self {
            survey: Survey::new(terminology),
            unremarkable: HashMap::new(),
        }
    }

    /// Counts the codes of a resource or Bundle, of which only the members with codes are parsed. False
    /// when it is none.
    pub fn add(&mut self, text: &str) -> bool {
        #[derive(Deserialize)]
        struct Entry<'a> {
            #[serde(borrow, default)]
            resource: Option<&'a RawValue>,
        }
        let Ok(object) = serde_json::from_str::<Object<'_>>(text) else {
            return false;
        };
        let Some(kind) = object.text("resourceType") else {
            return false;
        };
        if kind == "Bundle" {
            let entries = object.get("entry");
            let entries = entries.and_then(|raw| serde_json::from_str(raw.get()).ok());
            let entries: Vec<Entry<'_>> = entries.unwrap_or_default();
            for resource in entries.iter().filter_map(|entry| entry.resource) {
                self.add(resource.get());
            }
            return true;
        }
        for contained in object.items("contained") {
            self.add(contained.get());
        }
        for (_, path) in ELEMENTS.iter().filter(|(name, _)| *name == kind) {
            let [first, rest @ ..] = path else { continue };
            if let Some(raw) = object.get(first) {
                self.concepts(&format!("{kind}.{}", path.join(".")), raw, rest);
            }
        }
        true
    }

    fn concepts(&mut self, element: &str, raw: &RawValue, rest: &[&str]) {
        let known = self.unremarkable.get(element);
        if known.is_some_and(|texts| texts.of(raw.get()).is_some()) {
            return;
        }
        let Ok(value) = serde_json::from_str::<Value>(raw.get()) else {
            return;
        };
        for concept in values(&value, rest) {
            self.survey.codeable(element, concept);
        }
        let mut rows = self.survey.rows.values();
        if rows.all(|row| row.looks_like.is_empty()) {
            let known = self.unremarkable.entry(element.to_owned()).or_default();
            known.add(raw.get(), ());
        }
    }

    /// What was found; it is forgotten.
    pub fn take(&mut self) -> Vec<Row> {
        let rows = std::mem::take(&mut self.survey.rows).into_values();
        rows.filter(|row| !row.looks_like.is_empty()).collect()
    }
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// The values at a path, through arrays.
fn values<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v Value> {
    let Some((first, rest)) = path.split_first() else {
        return match value {
            Value::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
    };
    let parents = match value {
        Value::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    let children = parents.into_iter().filter_map(|parent| parent.get(first));
    children.flat_map(|child| values(child, rest)).collect()
}

/// A name as it may be shown: short, and not with what may be a person's number.
fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    if name.split(' ').any(is_cpr_like) {
        return "(withheld: like a CPR number)".to_owned();
    }
    name.chars().take(LONGEST).collect()
}

/// Ten digits, a hyphen after the sixth or none, that begin with a day and a month.
fn is_cpr_like(word: &str) -> bool {
    let digits = word.replace('-', "");
    let number = |range| {
        digits
            .get(range)
            .and_then(|part: &str| part.parse::<u8>().ok())
    };
    digits.len() == 10
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && number(0..2).is_some_and(|day| (1..=31).contains(&day))
        && number(2..4).is_some_and(|month| (1..=12).contains(&month))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn survey(values: &[Value]) -> Vec<Row> {
        let terminology = Terminology::built_in().expect("the embedded value sets");
        let mut survey = Survey::new(&terminology);
        for value in values {
            assert!(survey.add(value), "{value}");
        }
        survey.rows()
    }

    #[test]
    fn every_form_is_counted() {
        let coding = |system: &str, code: &str, display: &str| json!({"system": system, "code": code, "display": display});
        let igg = coding("http://npu-terminology.org", "NPU19814", "IgG");
        let local = coding("urn:example:lab", "IGG1", "P-IgG 290258-4010");
        let observation = json!({"resourceType": "Observation", "status": "final",
            "code": {"coding": [igg.clone(), local.clone()], "text": "IgG of Nancy"},
            "category": [{"coding": [coding("urn:x", "laboratory", "IgG")]}],
            "component": [{"code": {"coding": [igg.clone()]}}, {"code": {"text": "IgM of Nancy"}}],
            "contained": [{"resourceType": "Medication", "code": {"coding": [local.clone()]}}]});
        let bundle = json!({"resourceType": "Bundle", "entry": [{"resource": observation}, {}]});
        let request = json!({"hook": "order-sign",
            "context": {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource":
                {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"coding": [igg.clone()]}}}]}},
            "prefetch": {"observations": bundle.clone(), "conditions": null}});
        let value_set = json!({"resourceType": "ValueSet",
            "compose": {"include": [{"system": "urn:example:lab", "concept": [{"code": "IGG1"}]}]},
            "expansion": {"contains": [{"system": "urn:example:lab", "code": "A", "contains": [
                {"system": "urn:example:lab", "code": "B", "display": "IgA"}]}]}});
        let code_system = json!({"resourceType": "CodeSystem", "url": "urn:example:lab",
            "concept": [{"code": "A", "concept": [{"code": "IGM9", "display": "P-IgM"}]}]});
        let map = json!({"resourceType": "ConceptMap", "group": [{"source": "urn:example:lab",
            "element": [{"code": "C", "display": "IVIG"}]}]});
        let stated = json!({"resourceType": "Observation",
            "code": {"coding": [coding("urn:sid-cds:statement", "ig-review", "")]}});
        let encounter = json!({"resourceType": "Encounter", "class": {"code": "IMP",
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}});
        let rows = survey(&[
            bundle.clone(),
            request,
            value_set,
            code_system,
            map,
            stated,
            encounter,
        ]);
        let row = |element: &str, code: Option<&str>| {
            rows.iter()
                .find(|row| row.element == element && row.code.as_deref() == code)
                .unwrap_or_else(|| panic!("{element} {code:?}"))
        };
        let known = row("Observation.code", Some("NPU19814"));
        assert_eq!(
            (known.count, known.sets.as_slice()),
            (2, &["lab-igg-mass", "order-measure-ig"][..])
        );
        assert!(
            known.looks_like.is_empty(),
            "what is known looks like nothing else"
        );
        let unmapped = row("Observation.code", Some("IGG1"));
        assert_eq!(
            (unmapped.count, unmapped.looks_like.as_slice()),
            (2, &[Look::Igg][..])
        );
        assert_eq!(row("Observation.component.code", Some("NPU19814")).count, 2);
        assert_eq!(
            row("Observation.component.code", None).looks_like,
            [Look::Igm]
        );
        assert_eq!(row("Medication.code", Some("IGG1")).count, 2);
        assert!(
            row(
                "MedicationRequest.medicationCodeableConcept",
                Some("NPU19814")
            )
            .sets
            .contains(&"lab-igg-mass")
        );
        assert_eq!(row("ValueSet", Some("B")).looks_like, [Look::Iga]);
        assert_eq!(row("CodeSystem", Some("IGM9")).looks_like, [Look::Igm]);
        assert_eq!(
            row("ConceptMap", Some("C")).looks_like,
            [Look::Immunoglobulin]
        );
        assert_eq!(row("Encounter.class", Some("IMP")).sets, ["enc-admission"]);
        assert_eq!(
            row("Observation.code", Some("ig-review")).sets,
            ["statement"]
        );
        let first_known = rows.iter().position(|row| !row.sets.is_empty());
        let last_look = rows.iter().rposition(|row| !row.looks_like.is_empty());
        assert!(last_look < first_known, "what needs a person comes first");
        let terminology = Terminology::built_in().expect("the embedded value sets");
        let mut by_text = UnmappedCodes::new(&terminology);
        let unmapped = |rows: Vec<Row>| -> Vec<Row> {
            let mut rows: Vec<Row> = rows
                .into_iter()
                .filter(|row| !row.looks_like.is_empty())
                .collect();
            rows.sort_by_key(|row| (row.element.clone(), row.code.clone()));
            rows
        };
        for _ in 0..2 {
            assert!(by_text.add(&bundle.to_string()));
            let found = unmapped(by_text.take());
            assert_eq!(found, unmapped(survey(std::slice::from_ref(&bundle))));
            assert!(found.len() >= 3, "{found:?}");
        }
        assert!(!by_text.add("[]") && !by_text.add("{}"));
        let all = serde_json::to_string(&rows).expect("JSON");
        for hidden in ["Nancy", "290258", "laboratory"] {
            assert!(!all.contains(hidden), "{hidden}");
        }
        assert!(!Survey::new(&terminology).add(&json!([1])), "no resource");
    }
}
