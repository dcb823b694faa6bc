//! The services and their discovery document, read from `hooks/` (DISC-01…DISC-22).

use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use super::{
    schema::{RequestSchema, SchemaError},
    template::{self, Template, TemplateError, Tokens},
};
use crate::{chart::terminology::Terminology, guideline::hooks::Hook};

/// One service: an id, the hook it answers, what it asks for and what it accepts.
#[derive(Debug)]
pub struct Service {
    id: String,
    hook: Hook,
    templates: Vec<Template>,
    schema: RequestSchema,
}

impl Service {
    /// The id, a path segment of its address.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The hook that it answers.
    pub fn hook(&self) -> Hook {
        self.hook
    }

    /// Its prefetch templates, in the order of the discovery document.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The schema of its requests.
    pub fn schema(&self) -> &RequestSchema {
        &self.schema
    }
}

/// Every service, with the discovery document.
#[derive(Debug)]
pub struct Services {
    services: Vec<Service>,
    feedback: RequestSchema,
    discovery: String,
    etag: String,
}

/// A file of `hooks/` that the program was built with cannot be used.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The entry is not JSON of the right shape.
    #[error("hooks/{id}.json: {reason}")]
    Entry {
        /// Service id.
        id: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A prefetch template.
    #[error("hooks/{id}.json: {source}")]
    Template {
        /// Service id.
        id: &'static str,
        /// What is wrong.
        source: TemplateError,
    },
    /// A schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl Services {
    /// The services that the program is built with.
    ///
    /// # Errors
    ///
    /// A file of `hooks/` is not what it must be; the program does not start.
    pub fn built_in() -> Result<Self, ServiceError> {
        Self::asking_for(&[], Tokens::Today)
    }

    /// The same, asking for what a site codes in its own way too: its codes of results and of
    /// admissions join those that the searches name, or no client would send what they code. And in
    /// templates with these `tokens`.
    ///
    /// # Errors
    ///
    /// As for [`Services::built_in`].
    pub fn with_codes_of(terminology: &Terminology, tokens: Tokens) -> Result<Self, ServiceError> {
        let mut observations = terminology.site_codes("lab-");
        observations.extend(terminology.site_codes("obs-"));
        let admissions = terminology.site_codes("enc-admission");
        Self::asking_for(&[("code=", &observations), ("class=", &admissions)], tokens)
    }

    fn asking_for(more: &[(&str, &[&str])], tokens: Tokens) -> Result<Self, ServiceError> {
        let mut services = Vec::new();
        let mut entries = Vec::new();
        for (id, entry, schema) in [
            (
                "sid-patient-view",
                include_str!("../../hooks/sid-patient-view.json"),
                include_str!("../../hooks/sid-patient-view.request.schema.json"),
            ),
            (
                "sid-order-select",
                include_str!("../../hooks/sid-order-select.json"),
                include_str!("../../hooks/sid-order-select.request.schema.json"),
            ),
            (
                "sid-order-sign",
                include_str!("../../hooks/sid-order-sign.json"),
                include_str!("../../hooks/sid-order-sign.request.schema.json"),
            ),
        ] {
            let fail = |reason: String| ServiceError::Entry { id, reason };
            let mut entry: Value = serde_json::from_str(entry).map_err(|e| fail(e.to_string()))?;
            if entry["id"] != id {
                return Err(fail("the id is not the file's name".to_owned()));
            }
            let hook: Hook = serde_json::from_value(entry["hook"].clone())
                .map_err(|e| fail(format!("hook: {e}")))?;
            let prefetch = entry["prefetch"]
                .as_object_mut()
                .ok_or_else(|| fail("prefetch is not an object".to_owned()))?;
            for template in prefetch.values_mut() {
                if let Some(text) = template.as_str() {
                    let text = template::naming(text, more);
                    *template = Value::String(match tokens {
                        Tokens::Today => text,
                        Tokens::Context => template::unbounded(&text),
                    });
                }
            }
            let templates = prefetch
                .iter()
                .map(|(key, text)| {
                    let text = text
                        .as_str()
                        .ok_or_else(|| fail(format!("prefetch `{key}` is not a string")))?;
                    Template::parse(key, text)
                        .map_err(|source| ServiceError::Template { id, source })
                })
                .collect::<Result<_, _>>()?;
            let schema = RequestSchema::compile(&format!("{id}.request.schema.json"), schema)?;
            services.push(Service {
                id: id.to_owned(),
                hook,
                templates,
                schema,
            });
            entries.push(entry);
        }
        let feedback = RequestSchema::compile(
            "feedback.schema.json",
            include_str!("../../hooks/feedback.schema.json"),
        )?;
        let discovery = json!({ "services": entries }).to_string();
        let etag = format!(
            "\"{}\"",
            Uuid::new_v5(&Uuid::NAMESPACE_OID, discovery.as_bytes())
        );
        Ok(Self {
            services,
            feedback,
            discovery,
            etag,
        })
    }

    /// The service with this id.
    pub fn get(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.id == id)
    }

    /// The service that answers this hook.
    pub fn answering(&self, hook: Hook) -> Option<&Service> {
        self.services.iter().find(|service| service.hook == hook)
    }

    /// Every service.
    pub fn iter(&self) -> impl Iterator<Item = &Service> {
        self.services.iter()
    }

    /// The schema of the feedback to every service (FB-03…FB-09).
    pub fn feedback_schema(&self) -> &RequestSchema {
        &self.feedback
    }

    /// The discovery document, members in the order of the files (DISC-18).
    pub fn discovery(&self) -> &str {
        &self.discovery
    }

    /// An entity tag that changes exactly when the discovery document does (DISC-22).
    pub fn etag(&self) -> &str {
        &self.etag
    }
}
