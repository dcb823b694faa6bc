//! Invented patients of any size: what bears on the guideline, and what a real chart has besides.
//!
//! Entries are as long and as full of metadata as laboratories and EHRs send them. The codes of what does
//! not bear on anything are no one's: no code of NPU, ATC or SKS looks like them.

#![allow(dead_code, reason = "each program uses a part")]

use std::fmt::Write as _;

use jiff::{ToSpan, civil::Date};

/// A resource, and the prefetch key under which a client sends it.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The key of our services' templates.
    pub key: &'static str,
    /// FHIR JSON.
    pub json: String,
}

/// The keys of our services' templates.
const KEYS: [&str; 10] = [
    "patient",
    "observations",
    "conditions",
    "procedures",
    "medicationRequests",
    "medicationAdministrations",
    "medicationStatements",
    "medicationDispenses",
    "encounters",
    "immunizations",
];

/// An invented patient on a day.
#[derive(Debug, Clone)]
pub struct Patient {
    /// Its id.
    pub id: String,
    /// The day of the evaluation: everything lies before it.
    pub today: Date,
}

impl Patient {
    /// The Patient.
    pub fn resource(&self) -> Resource {
        let id = &self.id;
        let json = format!(
            r#"{{"resourceType":"Patient","id":"{id}","meta":{{"profile":["http://hl7.dk/fhir/core/StructureDefinition/dk-core-patient"]}},"active":true,"name":[{{"use":"official","family":"Eksempelsen","given":["Bo"]}}],"gender":"male","birthDate":"1957-04-02"}}"#
        );
        Resource {
            key: "patient",
            json,
        }
    }

    /// The day so many days ago.
    fn day(&self, ago: usize) -> Date {
        let days = i64::try_from(ago).unwrap_or_default();
        self.today.checked_sub(days.days()).unwrap_or(self.today)
    }

    /// One that bears on the guideline: of ten in a row four results of immunoglobulins, two infections,
    /// a diagnosis, an admission, an order of immunoglobulin and one of an antibiotic.
    pub fn relevant(&self, number: usize) -> Resource {
        let day = self.day(1 + number * 3 % 3500);
        let igg = ("NPU19814", "P—Immunglobulin G; massek. = ? g/L");
        let iga = ("NPU19795", "P—Immunglobulin A; massek. = ? g/L");
        let igm = ("NPU19825", "P—Immunglobulin M; massek. = ? g/L");
        let value = format!("{}.{}", 2 + number % 3, number % 10);
        match number % 10 {
            0 => self.condition(
                number,
                ("DC911", "Kronisk lymfatisk leukæmi af B-celle type"),
                day,
            ),
            1 | 4 => self.result(number, igg, &value, day),
            2 => self.result(number, iga, "0.4", day),
            3 => self.condition(number, ("DJ139", "Pneumokokpneumoni UNS"), day),
            5 => self.result(number, igm, "0.2", day),
            6 => self.condition(number, ("DJ189", "Pneumoni UNS"), day),
            7 => self.order(
                number,
                ("J06BA02", "immunglobulin, normalt humant, i.v."),
                day,
            ),
            8 => self.order(number, ("J01CE02", "phenoxymethylpenicillin"), day),
            _ => self.admission(number, day),
        }
    }

    /// One that does not: of nine in a row four results, two orders, and an administration, a procedure
    /// and a vaccination.
    pub fn irrelevant(&self, number: usize) -> Resource {
        let day = self.day(1 + number % 3500);
        let name = format!("Prøvesvar {}", number % 200);
        let analysis = format!("NPU99{:03}", number % 200);
        let drug = (
            format!("Z99ZZ{:02}", number % 50),
            format!("Lægemiddel {}", number % 50),
        );
        let drug = (drug.0.as_str(), drug.1.as_str());
        match number % 9 {
            0 | 2 | 5 | 7 => self.result(number, (&analysis, &name), "12.5", day),
            1 | 6 => self.order(number, drug, day),
            3 => self.administration(number, drug, day),
            4 => self.procedure(number, ("KZZZ07", "Undersøgelse"), day),
            _ => self.vaccination(number, ("Z07ZZ01", "Vaccine"), day),
        }
    }

    fn result(
        &self,
        number: usize,
        (code, display): (&str, &str),
        value: &str,
        day: Date,
    ) -> Resource {
        let id = &self.id;
        let json = format!(
            r#"{{"resourceType":"Observation","id":"{id}-o{number}","meta":{{"versionId":"1","lastUpdated":"{day}T11:02:31Z","profile":["http://hl7.dk/fhir/core/StructureDefinition/dk-core-observation"]}},"identifier":[{{"system":"https://laboratory.example/results","value":"{id}-{number}"}}],"status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"Laboratory"}}]}}],"code":{{"coding":[{{"system":"http://npu-terminology.org","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{id}"}},"effectiveDateTime":"{day}T08:15:00+01:00","issued":"{day}T10:58:00.000+01:00","performer":[{{"reference":"Organization/laboratory","display":"Klinisk Biokemisk Afdeling"}}],"valueQuantity":{{"value":{value},"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}},"referenceRange":[{{"low":{{"value":6.1,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}},"high":{{"value":14.9,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}}}}]}}"#
        );
        Resource {
            key: "observations",
            json,
        }
    }

    fn condition(&self, number: usize, (code, display): (&str, &str), day: Date) -> Resource {
        let id = &self.id;
        let json = format!(
            r#"{{"resourceType":"Condition","id":"{id}-c{number}","meta":{{"versionId":"2","lastUpdated":"{day}T12:00:00Z","profile":["http://hl7.dk/fhir/core/StructureDefinition/dk-core-condition"]}},"clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}}]}},"verificationStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}}]}},"category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"encounter-diagnosis"}}]}}],"code":{{"coding":[{{"system":"urn:oid:1.2.208.176.2.4.12","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{id}"}},"onsetDateTime":"{day}","recordedDate":"{day}","recorder":{{"reference":"Practitioner/1"}}}}"#
        );
        Resource {
            key: "conditions",
            json,
        }
    }

    fn order(&self, number: usize, (code, display): (&str, &str), day: Date) -> Resource {
        let id = &self.id;
        let end = day.checked_add(9.days()).unwrap_or(day);
        let json = format!(
            r#"{{"resourceType":"MedicationRequest","id":"{id}-m{number}","meta":{{"versionId":"1","lastUpdated":"{day}T09:30:00Z"}},"identifier":[{{"system":"https://medication.example/orders","value":"{id}-{number}"}}],"status":"completed","intent":"order","medicationCodeableConcept":{{"coding":[{{"system":"http://www.whocc.no/atc","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{id}"}},"authoredOn":"{day}","requester":{{"reference":"Practitioner/1","display":"Afdelingslæge"}},"dosageInstruction":[{{"text":"1 dosis","timing":{{"repeat":{{"boundsPeriod":{{"start":"{day}","end":"{end}"}},"frequency":1,"period":1,"periodUnit":"d"}}}},"route":{{"coding":[{{"system":"http://snomed.info/sct","code":"47625008","display":"Intravenous route"}}]}},"doseAndRate":[{{"doseQuantity":{{"value":25,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}}}]}}]}}"#
        );
        Resource {
            key: "medicationRequests",
            json,
        }
    }

    fn administration(&self, number: usize, (code, display): (&str, &str), day: Date) -> Resource {
        let id = &self.id;
        let json = format!(
            r#"{{"resourceType":"MedicationAdministration","id":"{id}-a{number}","meta":{{"versionId":"1","lastUpdated":"{day}T09:30:00Z"}},"status":"completed","medicationCodeableConcept":{{"coding":[{{"system":"http://www.whocc.no/atc","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{id}"}},"effectiveDateTime":"{day}T08:00:00+01:00","performer":[{{"actor":{{"reference":"Practitioner/2","display":"Sygeplejerske"}}}}],"request":{{"reference":"MedicationRequest/{id}-m{number}"}},"dosage":{{"text":"1 dosis","dose":{{"value":1,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}}}}}"#
        );
        Resource {
            key: "medicationAdministrations",
            json,
        }
    }

    fn procedure(&self, number: usize, (code, display): (&str, &str), day: Date) -> Resource {
        let id = &self.id;
        let json = format!(
            r#"{{"resourceType":"Procedure","id":"{id}-p{number}","meta":{{"versionId":"1","lastUpdated":"{day}T15:00:00Z"}},"status":"completed","code":{{"coding":[{{"system":"urn:oid:1.2.208.176.2.4","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{id}"}},"encounter":{{"reference":"Encounter/{id}-e{number}"}},"performedPeriod":{{"start":"{day}T13:00:00+01:00","end":"{day}T14:00:00+01:00"}},"performer":[{{"actor":{{"reference":"Practitioner/1","display":"Afdelingslæge"}}}}],"location":{{"reference":"Location/1","display":"Ambulatorium"}}}}"#
        );
        Resource {
            key: "procedures",
            json,
        }
    }

    fn vaccination(&self, number: usize, (code, display): (&str, &str), day: Date) -> Resource {
        let id = &self.id;
        let json = format!(
            r#"{{"resourceType":"Immunization","id":"{id}-i{number}","meta":{{"versionId":"1","lastUpdated":"{day}T15:00:00Z"}},"status":"completed","vaccineCode":{{"coding":[{{"system":"http://www.whocc.no/atc","code":"{code}","display":"{display}"}}],"text":"{display}"}},"patient":{{"reference":"Patient/{id}"}},"occurrenceDateTime":"{day}","primarySource":true,"lotNumber":"A{number}","performer":[{{"actor":{{"reference":"Practitioner/3","display":"Praktiserende læge"}}}}]}}"#
        );
        Resource {
            key: "immunizations",
            json,
        }
    }

    fn admission(&self, number: usize, day: Date) -> Resource {
        let id = &self.id;
        let end = day.checked_add(4.days()).unwrap_or(day);
        let json = format!(
            r#"{{"resourceType":"Encounter","id":"{id}-e{number}","meta":{{"versionId":"3","lastUpdated":"{end}T15:00:00Z"}},"identifier":[{{"system":"https://ehr.example/encounters","value":"{id}-{number}"}}],"status":"finished","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP","display":"inpatient encounter"}},"subject":{{"reference":"Patient/{id}"}},"participant":[{{"individual":{{"reference":"Practitioner/1","display":"Afdelingslæge"}}}}],"period":{{"start":"{day}T09:00:00+01:00","end":"{end}T12:00:00+01:00"}},"location":[{{"location":{{"reference":"Location/2","display":"Sengeafsnit"}}}}],"serviceProvider":{{"reference":"Organization/hospital","display":"Hospital"}}}}"#
        );
        Resource {
            key: "encounters",
            json,
        }
    }

    /// A patient-view request with this patient and these resources, a search answered for each key.
    pub fn request(&self, instance: &str, resources: &[Resource]) -> String {
        let mut body = format!(
            r#"{{"hook":"patient-view","hookInstance":"{instance}","context":{{"userId":"Practitioner/1","patientId":"{}"}},"prefetch":{{"patient":{}"#,
            self.id,
            self.resource().json
        );
        for key in KEYS.iter().skip(1) {
            let mut of_key = resources
                .iter()
                .filter(|resource| resource.key == *key)
                .peekable();
            if of_key.peek().is_none() {
                let _ = write!(body, r#","{key}":null"#);
                continue;
            }
            let _ = write!(
                body,
                r#","{key}":{{"resourceType":"Bundle","type":"searchset","link":[{{"relation":"self","url":"https://fhir.example/{key}"}}],"entry":["#
            );
            for (index, resource) in of_key.enumerate() {
                if index > 0 {
                    body.push(',');
                }
                let _ = write!(
                    body,
                    r#"{{"fullUrl":"https://fhir.example/{key}/{index}","resource":{},"search":{{"mode":"match"}}}}"#,
                    resource.json
                );
            }
            body.push_str("]}");
        }
        body.push_str("}}");
        body
    }

    /// A request of about this many bytes. `relevant_in_ten` of ten entries bear on the guideline.
    pub fn request_of(&self, bytes: usize, relevant_in_ten: usize, instance: &str) -> String {
        let mut resources = Vec::new();
        let mut length = self.request(instance, &resources).len();
        // What an entry has around its resource, about.
        const AROUND: usize = 90;
        let mut number = 1;
        while length < bytes {
            let resource = if number % 10 < relevant_in_ten {
                let nth = number / 10 * relevant_in_ten + number % 10;
                self.relevant(nth)
            } else {
                self.irrelevant(number)
            };
            length += resource.json.len() + AROUND;
            resources.push(resource);
            number += 1;
        }
        self.request(instance, &resources)
    }
}
