//! A patient's record from the words of a vignette: each phrase becomes FHIR resources.

use serde_json::{Value, json};

use crate::support::Gap;

const SKS: &str = "urn:oid:1.2.208.176.2.4.12";
const SKS_PROCEDURE: &str = "urn:oid:1.2.208.176.2.4";
const NPU: &str = "http://npu-terminology.org";
const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const ATC: &str = "http://www.whocc.no/atc";
const UCUM: &str = "http://unitsofmeasure.org";

/// What a vignette's words amount to.
pub struct Record {
    pub resources: Vec<Value>,
    pub drafts: Vec<Value>,
    /// Sources that were not, or not wholly, searched.
    pub gaps: Vec<(&'static str, Gap)>,
}

impl Record {
    /// From the phrases of a row, separated by semicolons. Panics on a phrase it does not know.
    pub fn parse(words: &str, as_of: &str) -> Self {
        let mut record = Self {
            resources: vec![patient()],
            drafts: Vec::new(),
            gaps: Vec::new(),
        };
        for phrase in words
            .split(';')
            .map(str::trim)
            .filter(|phrase| !phrase.is_empty())
        {
            record.add(phrase, as_of);
        }
        for (index, resource) in record.resources.iter_mut().enumerate().skip(1) {
            resource["id"] = json!(format!("r{index}"));
            let subject = if resource["resourceType"] == "Immunization" {
                "patient"
            } else {
                "subject"
            };
            resource[subject] = json!({"reference": "Patient/v"});
        }
        record.link_encounters();
        record
    }

    fn add(&mut self, phrase: &str, as_of: &str) {
        let words: Vec<&str> = phrase.split_whitespace().collect();
        let last = words.last().copied().unwrap_or_default();
        if let Some(condition) = diagnosis(phrase) {
            self.resources.push(condition);
        } else if let Some(date) = phrase.strip_prefix("born ") {
            self.resources[0]["birthDate"] = json!(date);
        } else if let Some(date) = phrase.strip_prefix("died ") {
            self.resources[0]["deceasedDateTime"] = json!(date);
        } else if phrase == "no birth date" {
            self.resources[0]
                .as_object_mut()
                .expect("a patient")
                .remove("birthDate");
        } else if phrase == "infections not searched" {
            self.gaps.push(("Condition", Gap::Incomplete));
        } else if let Some(source) = phrase.strip_suffix(" search failed") {
            let source = ["Condition", "Immunization", "MedicationAdministration"]
                .into_iter()
                .find(|known| *known == source)
                .unwrap_or_else(|| panic!("`{source}` is no source"));
            self.gaps.push((source, Gap::Failed));
        } else if let Some(start) = phrase.strip_prefix("admission finished, begun ") {
            self.resources.push(json!({
                "resourceType": "Encounter", "status": "finished",
                "class": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP"),
                "period": {"start": start},
            }));
        } else if phrase == "no qualifying infections stated" {
            self.statement(
                "infection-history-reviewed",
                as_of,
                json!({"valueBoolean": false}),
            );
        } else if let Some(date) = phrase.strip_prefix("no qualifying infections stated ") {
            let value = json!({"valueBoolean": false});
            self.statement("infection-history-reviewed", date, value);
        } else if let Some(date) = phrase.strip_prefix("qualifying infections stated ") {
            let value = json!({"valueBoolean": true});
            self.statement("infection-history-reviewed", date, value);
        } else if let Some(rest) = phrase.strip_prefix("donor stated ") {
            let (donor, date) = split(rest, " ");
            let value = json!({"coding": [coding("urn:sid-cds:statement", donor)]});
            self.statement("donor-type", date, json!({"valueCodeableConcept": value}));
        } else if let Some(rest) = phrase.strip_prefix("that start ") {
            let (said, date) = split(rest, " ");
            let is_event = |resource: &Value| resource["resourceType"] != "Observation";
            let before = self.resources.iter().rposition(is_event);
            let before = before.expect("an event before it");
            let kind = self.resources[before]["resourceType"].as_str();
            let event = format!("{}/r{before}", kind.expect("a type"));
            let value =
                json!({"valueBoolean": said == "confirmed", "focus": [{"reference": event}]});
            self.statement("index-event-confirmed", date, value);
        } else if let Some(date) =
            phrase.strip_prefix("no immunoglobulin outside the record, stated ")
        {
            let value = json!({"valueBoolean": false});
            self.statement("ig-outside-record", date, value);
        } else if let Some(date) = phrase.strip_prefix("low IgG not decisive, stated ") {
            self.statement("igg-decisive-factor", date, json!({"valueBoolean": false}));
        } else if let Some(date) = phrase.strip_prefix("low IgG decisive, stated ") {
            self.statement("igg-decisive-factor", date, json!({"valueBoolean": true}));
        } else if let Some(rest) = phrase.strip_prefix("vaccination stated ") {
            let (said, date) = split(rest, " ");
            let value = json!({"valueBoolean": said == "adequate"});
            self.statement("vaccination-adequate", date, value);
        } else if let Some(date) = phrase.strip_prefix("prophylaxis considered ") {
            let value = json!({"valueBoolean": true});
            self.statement("antibiotic-prophylaxis-considered", date, value);
        } else if let Some(given) = vaccination(phrase) {
            self.resources.push(given);
        } else if let Some(order) = antibiotic(phrase) {
            self.resources.push(order);
        } else if let Some(rest) = phrase.strip_prefix("extension stated ") {
            let (stated, end) = split(rest, " to ");
            self.statement("ig-extension", stated, json!({"valueDateTime": end}));
        } else if let Some(start) = phrase.strip_prefix("immunoglobulin outside the record since ")
        {
            let period = json!({"valueBoolean": true, "effectivePeriod": {"start": start}});
            self.statement("ig-outside-record", start, period);
            if let Some(statement) = self.resources.last_mut().and_then(Value::as_object_mut) {
                statement.remove("effectiveDateTime");
            }
        } else if let Some(rest) = phrase.strip_prefix("review ") {
            let (outcome, date) = split(rest, " ");
            let value = json!({"coding": [coding("urn:sid-cds:statement", outcome)]});
            self.statement("ig-review", date, json!({"valueCodeableConcept": value}));
        } else if let Some(what) = phrase.strip_prefix("drafted already: ") {
            self.drafts.push(other_draft(what));
        } else if let Some(rest) = phrase.strip_prefix("IVIG reason ") {
            let (reason, date) = split(rest, ", stated ");
            let value = json!({"coding": [coding("urn:sid-cds:statement", reason)]});
            self.statement("ivig-reason", date, json!({"valueCodeableConcept": value}));
        } else if let Some(rest) = phrase.strip_prefix("switch reason ") {
            let (reason, date) = split(rest, ", stated ");
            let value = json!({"coding": [coding("urn:sid-cds:statement", reason)]});
            self.statement(
                "switch-reason",
                date,
                json!({"valueCodeableConcept": value}),
            );
        } else if phrase.starts_with("on ") {
            self.resources.push(running(phrase));
        } else if phrase.contains("order of ") || phrase == "anti-D order" {
            let mut draft = draft(phrase);
            if !self.drafts.is_empty() {
                draft["id"] = json!(format!("draft-{}", self.drafts.len() + 1));
            }
            self.drafts.push(draft);
        } else if let Some(result) = laboratory(phrase) {
            self.resources.extend(result);
        } else if let Some(treatment) = cell_therapy(phrase) {
            self.resources.push(treatment);
        } else if phrase == "CAR-T procedure, undated" {
            self.resources
                .push(json!({"resourceType": "Procedure", "status": "completed",
                "code": {"coding": [coding(SKS_PROCEDURE, "BOQX1")]}}));
        } else if let Some((name, atc)) = antibody(words[0]) {
            self.resources.push(antibody_course(phrase, name, atc));
        } else if matches!(words[0], "IVIG" | "SCIG") {
            self.resources.extend(immunoglobulin(phrase, words[0]));
        } else if let Some(infection) = infection(phrase, last) {
            self.resources.extend(infection);
        } else {
            panic!("a vignette says `{phrase}`, which no rule of record.rs reads");
        }
    }

    fn statement(&mut self, code: &str, date: &str, value: Value) {
        let mut statement = json!({
            "resourceType": "Observation", "status": "final",
            "code": {"coding": [coding("urn:sid-cds:statement", code)]},
            "effectiveDateTime": date,
        });
        merge(&mut statement, value);
        self.resources.push(statement);
    }

    /// An admission's diagnosis points at the condition that follows it.
    fn link_encounters(&mut self) {
        for index in 1..self.resources.len() {
            if self.resources[index]["resourceType"] == "Encounter" {
                let condition = format!(
                    "Condition/{}",
                    self.resources[index - 1]["id"].as_str().expect("an id")
                );
                self.resources[index]["diagnosis"] =
                    json!([{"condition": {"reference": condition}}]);
            }
        }
    }
}

fn patient() -> Value {
    json!({"resourceType": "Patient", "id": "v", "birthDate": "1960-05-05", "gender": "female"})
}

fn split<'a>(text: &'a str, at: &str) -> (&'a str, &'a str) {
    text.split_once(at)
        .unwrap_or_else(|| panic!("`{text}` has no `{at}`"))
}

fn coding(system: &str, code: &str) -> Value {
    json!({"system": system, "code": code})
}

fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        panic!("objects")
    };
    into.extend(from);
}

fn reason(name: &str) -> Value {
    match name {
        "CIDP" => json!({"coding": [coding(SKS, "DG618")], "text": "CIDP"}),
        _ => diagnosis(name).unwrap_or_else(|| panic!("no diagnosis `{name}`"))["code"].take(),
    }
}

fn diagnosis(name: &str) -> Option<Value> {
    let code = match name {
        "DLBCL" => json!({"coding": [coding(SKS, "DC833")]}),
        "CLL" => json!({"coding": [coding(SKS, "DC911")]}),
        "MM" => json!({"coding": [coding(SKS, "DC900")]}),
        "IgG myeloma" => json!({"coding": [coding(SNOMED, "285421005")]}),
        "B-ALL" => json!({"coding": [coding(SKS, "DC910")]}),
        "AML" => json!({"coding": [coding(SKS, "DC920")]}),
        "AIHA" => json!({"coding": [coding(SKS, "DD591")]}),
        "ITP" => json!({"coding": [coding(SKS, "DD693")]}),
        "haemophilia A" => json!({"coding": [coding(SKS, "DD66")]}),
        "CVID" => json!({"coding": [coding(SKS, "DD839")]}),
        "hypogammaglobulinaemia" => json!({"coding": [coding(SKS, "DD801")]}),
        "bronchiectasis" => json!({"coding": [coding(SKS, "DJ47")]}),
        "COPD" => json!({"coding": [coding(SKS, "DJ44")]}),
        "hypertension" => json!({"text": "Hypertensio arterialis"}),
        "SLE" => json!({"text": "Systemisk lupus erythematosus"}),
        "NSCLC" => json!({"text": "Ikke-småcellet lungekræft"}),
        _ => return None,
    };
    Some(condition(code, "2020-01-01"))
}

fn condition(code: Value, onset: &str) -> Value {
    json!({
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [coding("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")]},
        "verificationStatus": {"coding": [coding("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed")]},
        "code": code,
        "onsetDateTime": onset,
    })
}

fn observation(system: &str, code: &str, date: &str, value: Value) -> Value {
    let mut observation = json!({
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [coding(system, code)]},
        "effectiveDateTime": date,
    });
    merge(&mut observation, value);
    observation
}

/// A value as it is written, with its comparator if it has one.
fn quantity(value: &str, unit: Option<&str>) -> Value {
    let digits = value.trim_start_matches(['<', '>']);
    let number: Value = serde_json::from_str(digits).expect("a number");
    let mut quantity = json!({"value": number});
    if digits != value {
        quantity["comparator"] = json!(value[..1]);
    }
    if let Some(unit) = unit {
        merge(
            &mut quantity,
            json!({"unit": unit, "system": UCUM, "code": unit}),
        );
    }
    json!({"valueQuantity": quantity})
}

fn laboratory(phrase: &str) -> Option<Vec<Value>> {
    let (what, date) = phrase.split_once(" on ")?;
    if let Some(text) = what.strip_prefix("IgG as text ") {
        let text = text.trim_matches('"');
        return Some(vec![observation(
            NPU,
            "NPU19814",
            date,
            json!({"valueString": text}),
        )]);
    }
    let words: Vec<&str> = what.split_whitespace().collect();
    Some(match *words.as_slice() {
        ["IgG", value] => vec![observation(
            NPU,
            "NPU19814",
            date,
            quantity(value, Some("g/L")),
        )],
        ["IgG", value, "(reference", "from", low] => {
            let mut result = observation(NPU, "NPU19814", date, quantity(value, Some("g/L")));
            let low = quantity(low.trim_end_matches(')'), Some("g/L"));
            result["referenceRange"] = json!([{"low": low["valueQuantity"]}]);
            vec![result]
        }
        ["IgG", value, "without", "unit"] => {
            vec![observation(LOINC, "2465-3", date, quantity(value, None))]
        }
        ["IgG", value, unit] => vec![observation(
            LOINC,
            "2465-3",
            date,
            quantity(value, Some(unit)),
        )],
        ["IgG", "(NPU02481)", value, unit] => {
            vec![observation(
                NPU,
                "NPU02481",
                date,
                quantity(value, Some(unit)),
            )]
        }
        ["IgG1", "subclass", value] => {
            vec![observation(
                NPU,
                "NPU19817",
                date,
                quantity(value, Some("g/L")),
            )]
        }
        ["IgG", "in", "CSF", value] => {
            vec![observation(
                LOINC,
                "2464-6",
                date,
                quantity(value, Some("g/L")),
            )]
        }
        ["M-protein", "absent"] => {
            vec![observation(
                NPU,
                "NPU17675",
                date,
                json!({"valueInteger": 0}),
            )]
        }
        ["M-protein", value] => vec![observation(
            NPU,
            "NPU19844",
            date,
            quantity(value, Some("g/L")),
        )],
        ["low", "IgA", "and", "IgM"] => [("NPU19795", "0.3", "0.8"), ("NPU19825", "0.1", "0.4")]
            .map(|(code, value, low)| {
                let mut result = observation(NPU, code, date, quantity(value, Some("g/L")));
                result["referenceRange"] =
                    json!([{"low": quantity(low, Some("g/L"))["valueQuantity"]}]);
                result
            })
            .to_vec(),
        [class @ ("IgA" | "IgM"), value, "(reference", "from", low] => {
            let code = if class == "IgA" {
                "NPU19795"
            } else {
                "NPU19825"
            };
            let mut result = observation(NPU, code, date, quantity(value, Some("g/L")));
            let low = quantity(low.trim_end_matches(')'), Some("g/L"));
            result["referenceRange"] = json!([{"low": low["valueQuantity"]}]);
            vec![result]
        }
        ["IgA", value] => vec![observation(
            NPU,
            "NPU19795",
            date,
            quantity(value, Some("g/L")),
        )],
        ["IgM", value] => vec![observation(
            NPU,
            "NPU19825",
            date,
            quantity(value, Some("g/L")),
        )],
        ["B", "cells", value] => vec![observation(
            NPU,
            "NPU21819",
            date,
            quantity(value, Some("10*9/L")),
        )],
        ["weight", value, unit] => {
            vec![observation(
                LOINC,
                "29463-7",
                date,
                quantity(value, Some(unit)),
            )]
        }
        _ => return None,
    })
}

/// `influenza vaccination 2025-10-20`, perhaps `not done`.
fn vaccination(phrase: &str) -> Option<Value> {
    let (what, date) = phrase.rsplit_once(' ')?;
    let (what, status) = match what.strip_suffix(" not done") {
        Some(what) => (what, "not-done"),
        None => (what, "completed"),
    };
    let atc = match what {
        "influenza vaccination" => "J07BB02",
        "pneumococcal vaccination" => "J07AL02",
        _ => return None,
    };
    Some(json!({"resourceType": "Immunization", "status": status,
        "vaccineCode": {"coding": [coding(ATC, atc)]}, "occurrenceDateTime": date}))
}

/// `antibiotic since 2026-01-10`, perhaps marked: `prophylactic antibiotic since …`.
fn antibiotic(phrase: &str) -> Option<Value> {
    let (what, date) = phrase.split_once(" since ")?;
    let mut order = json!({"resourceType": "MedicationRequest", "status": "active",
        "intent": "order", "medicationCodeableConcept": {"coding": [coding(ATC, "J01EE01")]},
        "authoredOn": date});
    match what {
        "antibiotic" => {}
        "prophylactic antibiotic" => {
            order["reasonCode"] = json!([{"text": "Antibiotikaprofylakse"}]);
        }
        _ => return None,
    }
    Some(order)
}

fn cell_therapy(phrase: &str) -> Option<Value> {
    let (what, date) = phrase.rsplit_once(' ')?;
    let axi_cel = json!({"coding": [coding(ATC, "L01XL03")], "text": "Yescarta"});
    let product = |atc: &str| json!({"coding": [coding(ATC, atc)]});
    let administration = |status: &str, medication: Value| {
        json!({"resourceType": "MedicationAdministration", "status": status,
               "medicationCodeableConcept": medication, "effectiveDateTime": date})
    };
    let procedure = |code: &str, status: &str| {
        json!({"resourceType": "Procedure", "status": status,
               "code": {"coding": [coding(SKS_PROCEDURE, code)]}, "performedDateTime": date})
    };
    Some(match what {
        "axi-cel" => administration("completed", axi_cel),
        "tisa-cel" => administration("completed", product("L01XL04")),
        "axi-cel in preparation" => procedure("BOQX1", "preparation"),
        "axi-cel entered in error" => procedure("BOQX1", "entered-in-error"),
        "axi-cel ordered" => json!({"resourceType": "MedicationRequest", "status": "active",
            "intent": "order", "medicationCodeableConcept": axi_cel, "authoredOn": date}),
        "CAR-T procedure" => procedure("BOQX1", "completed"),
        "CAR-T for SLE" => {
            let mut procedure = procedure("BOQX1", "completed");
            procedure["reasonCode"] = json!([reason("SLE")]);
            procedure
        }
        "allogeneic HSCT" => procedure("BOQF1", "completed"),
        "autologous HSCT" => procedure("BOQF0", "completed"),
        "HSCT, donor not stated," => procedure("BOQF", "completed"),
        _ => return None,
    })
}

fn antibody(name: &str) -> Option<(&str, Option<&'static str>)> {
    Some(match name {
        "teclistamab" => (name, Some("L01FX24")),
        "talquetamab" => (name, Some("L01FX29")),
        // Outside every value set: text only.
        "emicizumab" | "amivantamab" => (name, None),
        _ => return None,
    })
}

fn antibody_course(phrase: &str, name: &str, atc: Option<&str>) -> Value {
    let medication = match atc {
        Some(atc) => json!({"coding": [coding(ATC, atc)], "text": name}),
        None => json!({"text": name}),
    };
    let rest = phrase[name.len()..].trim();
    if rest == "undated" {
        return json!({"resourceType": "MedicationStatement", "status": "active",
                      "medicationCodeableConcept": medication});
    }
    let (status, period) = match rest.strip_prefix("since ") {
        Some(start) => ("active", json!({"start": start})),
        None => {
            let (start, end) = split(rest, " to ");
            ("completed", json!({"start": start, "end": end}))
        }
    };
    json!({"resourceType": "MedicationStatement", "status": status,
           "medicationCodeableConcept": medication, "effectivePeriod": period})
}

fn immunoglobulin(phrase: &str, kind: &str) -> Vec<Value> {
    let atc = if kind == "IVIG" { "J06BA02" } else { "J06BA01" };
    let medication = json!({"coding": [coding(ATC, atc)]});
    let order = |status: &str, start: &str, end: Option<&str>| {
        let mut bounds = json!({"start": start});
        if let Some(end) = end {
            bounds["end"] = json!(end);
        }
        json!({"resourceType": "MedicationRequest", "status": status, "intent": "order",
               "medicationCodeableConcept": medication, "authoredOn": start,
               "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": bounds}}}]})
    };
    let dose = |date: &str| {
        json!({"resourceType": "MedicationAdministration", "status": "completed",
               "medicationCodeableConcept": medication, "effectiveDateTime": date})
    };
    let rest = phrase[kind.len()..].trim();
    if let Some(start) = rest.strip_prefix("since ") {
        vec![order("active", start, None)]
    } else if let Some(rest) = rest.strip_prefix("ordered ") {
        let (start, end) = split(rest, ", stopped");
        let end = end.trim();
        vec![order("stopped", start, (!end.is_empty()).then_some(end))]
    } else if let Some(dates) = rest.strip_prefix("given ") {
        dates.split(", ").map(dose).collect()
    } else {
        panic!("`{phrase}`: since, ordered or given?")
    }
}

fn infection(phrase: &str, date: &str) -> Option<Vec<Value>> {
    let what = phrase.strip_suffix(date)?.trim().trim_end_matches(',');
    let (code, class) = match what {
        "severe pneumococcal pneumonia" => ("DJ13", Some("IMP")),
        "pneumococcal pneumonia" => ("DJ13", Some("EMER")),
        "severe erysipelas" => ("DA46", Some("IMP")),
        "septic shock in intensive care" => ("DA419", Some("ICU")),
        "sepsis" => ("DA419", None),
        "sinusitis" => ("DJ01", None),
        "urinary tract infection" => ("DN390", None),
        "influenza, admitted" => ("DJ10", Some("IMP")),
        _ => return None,
    };
    let mut resources = vec![condition(json!({"coding": [coding(SKS, code)]}), date)];
    if what.starts_with("septic shock") {
        resources[0]["code"] = json!({"coding": [coding(SKS, code), coding(SKS, "DR572")]});
    }
    if let Some(class) = class {
        let ward = if class == "ICU" { "IMP" } else { class };
        resources.push(json!({
            "resourceType": "Encounter", "status": "finished",
            "class": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", ward),
            "period": {"start": date, "end": date},
        }));
    }
    Some(resources)
}

/// A draft of a test or a vaccine: `IgG test`, `influenza vaccine`.
fn other_draft(what: &str) -> Value {
    let (kind, member, code) = match what {
        "IgG test" => ("ServiceRequest", "code", coding(NPU, "NPU19814")),
        "IgA test" => ("ServiceRequest", "code", coding(NPU, "NPU19795")),
        "IgM test" => ("ServiceRequest", "code", coding(NPU, "NPU19825")),
        "influenza vaccine" => (
            "MedicationRequest",
            "medicationCodeableConcept",
            coding(ATC, "J07BB02"),
        ),
        "pneumococcal vaccine" => (
            "MedicationRequest",
            "medicationCodeableConcept",
            coding(ATC, "J07AL02"),
        ),
        other => panic!("no draft `{other}`"),
    };
    json!({"resourceType": kind, "id": what.replace(' ', "-"), "status": "draft", "intent": "order",
        "subject": {"reference": "Patient/v"}, member: {"coding": [code]}})
}

fn draft(phrase: &str) -> Value {
    let mut draft = json!({
        "resourceType": "MedicationRequest", "id": "draft", "status": "draft", "intent": "order",
        "subject": {"reference": "Patient/v"},
    });
    if phrase == "anti-D order" {
        draft["medicationCodeableConcept"] = json!({"coding": [coding(ATC, "J06BB01")]});
        return draft;
    }
    let (phrase, end) = match phrase.split_once(", until ") {
        Some((phrase, end)) => (phrase, Some(end)),
        None => (phrase, None),
    };
    if let Some(end) = end {
        draft["dosageInstruction"] =
            json!([{"timing": {"repeat": {"boundsPeriod": {"end": end}}}}]);
    }
    let (order, indication) = match phrase.rsplit_once(" for ") {
        Some((order, indication)) => (order, Some(indication)),
        None => (phrase, None),
    };
    let order = order.trim_start_matches("order of ");
    let (product, rest) = order.split_once([' ', ',']).unwrap_or((order, ""));
    draft["medicationCodeableConcept"] = product_of(product);
    if let Some(indication) = indication {
        draft["reasonCode"] = json!([reason(indication)]);
    }
    if let Some(instructions) = instructions(rest) {
        draft["dosageInstruction"] = instructions;
    }
    draft
}

/// A product by its brand, or by its route alone.
fn product_of(name: &str) -> Value {
    let atc = match name {
        "IVIG" | "Kiovig" | "Octagam" | "Privigen" | "Gamunex" => "J06BA02",
        "SCIG" | "Hizentra" | "Cutaquig" | "HyQvia" | "Xembify" => "J06BA01",
        other => panic!("no product `{other}`"),
    };
    let name = name.replace("Octagam", "Octagam 100 mg/ml");
    json!({"coding": [coding(ATC, atc)], "text": name})
}

/// `28 g every 4 weeks, intravenous`; `40 g once, then 28 g every 4 weeks`.
fn instructions(words: &str) -> Option<Value> {
    let mut instructions = Vec::new();
    for part in words
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if let "intravenous" | "subcutaneous" = part {
            if instructions.is_empty() {
                instructions.push(json!({}));
            }
            for instruction in &mut instructions {
                instruction["route"] = json!({"text": part});
            }
            continue;
        }
        let mut instruction = instruction(part.trim_start_matches("then "));
        if part.starts_with("then ") {
            instructions[0]["sequence"] = json!(1);
            instruction["sequence"] = json!(2);
        }
        instructions.push(instruction);
    }
    (!instructions.is_empty()).then(|| json!(instructions))
}

/// A dose and its interval: `7 g weekly`, `2 mL/kg every 4 weeks`, `20-30 g monthly`, `140 g`.
fn instruction(words: &str) -> Value {
    let (number, rest) = split(words, " ");
    let (unit, interval) = rest.split_once(' ').unwrap_or((rest, ""));
    let quantity = |number: &str| quantity(number, Some(unit))["valueQuantity"].take();
    let dose = match number.split_once('-') {
        Some((low, high)) => json!({"doseRange": {"low": quantity(low), "high": quantity(high)}}),
        None => json!({"doseQuantity": quantity(number)}),
    };
    let mut instruction = json!({"doseAndRate": [dose]});
    let repeat = match interval {
        "" => return instruction,
        "once" => json!({"count": 1}),
        "weekly" => json!({"frequency": 1, "period": 1, "periodUnit": "wk"}),
        "monthly" => json!({"frequency": 1, "period": 1, "periodUnit": "mo"}),
        other => {
            let weeks = other
                .strip_prefix("every ")
                .and_then(|rest| rest.strip_suffix(" weeks"))
                .unwrap_or_else(|| panic!("`{words}`: no interval"));
            let weeks: u32 = weeks.parse().expect("weeks");
            json!({"frequency": 1, "period": weeks, "periodUnit": "wk"})
        }
    };
    instruction["timing"] = json!({ "repeat": repeat });
    instruction
}

/// `on Privigen 28 g every 4 weeks since 2025-10-01`: an order that runs.
fn running(phrase: &str) -> Value {
    let (order, since) = split(phrase.trim_start_matches("on "), " since ");
    let (product, rest) = order.split_once(' ').unwrap_or((order, ""));
    let mut order = json!({"resourceType": "MedicationRequest", "status": "active",
        "intent": "order", "medicationCodeableConcept": product_of(product), "authoredOn": since});
    if let Some(instructions) = instructions(rest) {
        order["dosageInstruction"] = instructions;
    }
    order
}
