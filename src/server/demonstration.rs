//! The demonstration patients: the fixtures, moved in time so that each story is true today.

mod dates;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
};
use figment::{
    Figment,
    providers::{Format, Toml},
};
use include_dir::{Dir, include_dir};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::{State, error::Refusal, fhir::Store, playground::question};
use crate::{
    cards::Language,
    cds_hooks::service::Service,
    config::Zone,
    guideline::{date::days_between, hooks::Hook},
};

pub(super) static FIXTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures");

/// The demonstration patients with their records as written.
#[derive(Debug)]
pub struct Demonstration {
    patients: Vec<DemonstrationPatient>,
    zone: Zone,
    base: String,
}

/// One demonstration patient.
#[derive(Debug)]
pub struct DemonstrationPatient {
    /// The id of the Patient.
    pub id: String,
    /// What the record shows, in English.
    pub title: String,
    /// The story, in a sentence.
    pub story: Text,
    /// The cards that the story is about, those that only an order brings included.
    pub cards: Vec<String>,
    as_of: Date,
    /// The resource types whose search fails, which is what the story is about.
    not_searched: Vec<String>,
    resources: Vec<Value>,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Text {
    da: String,
    en: String,
}

impl Text {
    /// In one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Da => &self.da,
            Language::En => &self.en,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Story {
    as_of: Date,
    title: String,
    story: Text,
    cards: Vec<String>,
    #[serde(default)]
    not_searched: Vec<String>,
}

/// A fixture that the program was built with cannot be used.
#[derive(Debug, Error)]
#[error("fixtures/{file}: {reason}")]
pub struct DemonstrationError {
    file: String,
    reason: String,
}

impl Demonstration {
    /// The patients of the folder `fixtures` that the program was built with; `base` is the address
    /// of the service, `http://127.0.0.1:8080`.
    ///
    /// # Errors
    ///
    /// A fixture is not what it must be.
    pub fn built_in(zone: Zone, base: String) -> Result<Self, DemonstrationError> {
        let mut patients = FIXTURES
            .dirs()
            .map(|folder| {
                let name = folder.path().display().to_string();
                let text = |file: &str| {
                    let path = format!("{name}/{file}");
                    FIXTURES
                        .get_file(&path)
                        .and_then(|file| file.contents_utf8())
                        .ok_or_else(|| DemonstrationError {
                            file: path.clone(),
                            reason: "is not there".to_owned(),
                        })
                };
                DemonstrationPatient::read(&name, text("bundle.json")?, text("story.toml")?)
            })
            .collect::<Result<Vec<_>, _>>()?;
        patients.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            patients,
            zone,
            base,
        })
    }

    /// The patients, by id.
    pub fn patients(&self) -> &[DemonstrationPatient] {
        &self.patients
    }

    /// The address of the service.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Every record as it stands on `today`.
    pub fn store(&self, today: Date) -> Store {
        let patients = self.patients.iter();
        let resources = patients.flat_map(|patient| self.record(patient, today));
        let failing = self.patients.iter().flat_map(|patient| {
            let types = patient.not_searched.iter();
            types.map(|resource_type| (patient.id.clone(), resource_type.clone()))
        });
        Store::new(
            resources.collect(),
            failing.collect(),
            format!("{}/fhir", self.base),
        )
    }

    /// One patient's record as it stands on the day on which its story is told.
    pub fn record(&self, patient: &DemonstrationPatient, on: Date) -> Vec<Value> {
        let days = days_between(patient.as_of, on);
        patient
            .resources
            .iter()
            .map(|resource| {
                let mut resource = resource.clone();
                dates::shift(&mut resource, days, &self.zone.0);
                resource
            })
            .collect()
    }

    /// A draft order of immunoglobulin for a patient.
    pub fn draft(&self, patient_id: &str, today: Date) -> Value {
        let mut draft = question::order_on_screen();
        draft["subject"] = json!({ "reference": format!("Patient/{patient_id}") });
        draft["authoredOn"] = json!(today.to_string());
        draft
    }

    /// The body with which a client would call `service` for a patient today.
    fn request(&self, patient_id: &str, service: &Service, today: Date) -> Option<Value> {
        let patient = self
            .patients
            .iter()
            .find(|patient| patient.id == patient_id)?;
        let draft = self.draft(&patient.id, today);
        let store = self.store(today);
        Some(question::request(
            &store,
            &patient.id,
            service,
            today,
            vec![draft],
        ))
    }
}

impl DemonstrationPatient {
    /// The resource types whose search fails.
    pub fn not_searched(&self) -> &[String] {
        &self.not_searched
    }

    fn read(folder: &str, bundle: &str, story: &str) -> Result<Self, DemonstrationError> {
        let fail = |file: &str, reason: String| DemonstrationError {
            file: format!("{folder}/{file}"),
            reason,
        };
        let story: Story = Figment::from(Toml::string(story))
            .extract()
            .map_err(|e| fail("story.toml", e.to_string()))?;
        let mut bundle: Value =
            serde_json::from_str(bundle).map_err(|e| fail("bundle.json", e.to_string()))?;
        let resources: Vec<Value> = bundle["entry"]
            .as_array_mut()
            .into_iter()
            .flatten()
            .map(|entry| entry["resource"].take())
            .collect();
        let id = resources
            .iter()
            .find(|resource| resource["resourceType"] == "Patient")
            .and_then(|patient| patient["id"].as_str())
            .ok_or_else(|| fail("bundle.json", "has no Patient with an id".to_owned()))?
            .to_owned();
        let Story {
            as_of,
            title,
            story,
            cards,
            not_searched,
        } = story;
        Ok(Self {
            id,
            title,
            story,
            cards,
            as_of,
            not_searched,
            resources,
        })
    }
}

/// `GET /demo/requests/{patient}/{hook}`: a complete body for `curl`.
pub async fn request(
    Shared(state): Shared<Arc<State>>,
    Path((patient, hook)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let today = state.clock.today(&state.config.time_zone.0);
    serde_json::from_value::<Hook>(Value::String(hook))
        .ok()
        .and_then(|hook| state.services.answering(hook))
        .zip(state.demonstration.as_ref())
        .and_then(|(service, demonstration)| demonstration.request(&patient, service, today))
        .map(|body| Json(body).into_response())
        .ok_or_else(|| {
            Refusal::not_found("There is no such demonstration patient, or no such hook.")
        })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    fn demonstration() -> Demonstration {
        let zone = Zone(jiff::tz::TimeZone::get("Europe/Copenhagen").unwrap());
        Demonstration::built_in(zone, "http://localhost".to_owned()).unwrap()
    }

    #[test]
    fn every_fixture_of_the_folder_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
        let folders = fs::read_dir(folder)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_dir())
            .count();
        assert_eq!(demonstration().patients().len(), folders);
    }

    #[test]
    fn no_two_resources_share_an_id() {
        let demonstration = demonstration();
        let mut seen = BTreeSet::new();
        for patient in demonstration.patients() {
            for resource in &patient.resources {
                let id = (
                    resource["resourceType"].to_string(),
                    resource["id"].to_string(),
                );
                assert!(
                    resource["id"].is_string(),
                    "{}: {} has no id",
                    patient.id,
                    id.0
                );
                assert!(seen.insert(id.clone()), "{}: {id:?} twice", patient.id);
            }
        }
    }
}
