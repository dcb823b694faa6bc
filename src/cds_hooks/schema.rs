//! The JSON Schema of a service's requests: every fault by its path, in the schema's own words.

use jsonschema::{
    Registry, ValidationError, Validator, error::ValidationErrorKind, paths::LocationSegment,
};
use serde_json::Value;
use thiserror::Error;

use super::outcome::{Issue, IssueCode};

/// The address under which the schemas of `hooks/` refer to each other; nothing is fetched from it.
const BASE: &str = "https://sid-cds.invalid/hooks/";
const SHARED_NAME: &str = "request.schema.json";
const SHARED: &str = include_str!("../../hooks/request.schema.json");

/// A schema that the program was built with cannot be used.
#[derive(Debug, Error)]
#[error("hooks/{name}: {reason}")]
pub struct SchemaError {
    name: String,
    reason: String,
}

/// The compiled schema of one service's requests.
#[derive(Debug)]
pub struct RequestSchema {
    validator: Validator,
    shared: Value,
    own: Value,
}

impl RequestSchema {
    /// Compiles the schema `text` of the file `hooks/<name>`.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or not a schema.
    pub fn compile(name: &str, text: &str) -> Result<Self, SchemaError> {
        let fail = |reason: &dyn ToString| SchemaError {
            name: name.to_owned(),
            reason: reason.to_string(),
        };
        let shared: Value = serde_json::from_str(SHARED).map_err(|e| fail(&e))?;
        let own: Value = serde_json::from_str(text).map_err(|e| fail(&e))?;
        let registry = Registry::new()
            .add(format!("{BASE}{SHARED_NAME}"), &shared)
            .map_err(|e| fail(&e))?
            .prepare()
            .map_err(|e| fail(&e))?;
        let validator = jsonschema::options()
            .with_registry(&registry)
            .build(&own)
            .map_err(|e| fail(&e))?;
        drop(registry);
        Ok(Self {
            validator,
            shared,
            own,
        })
    }

    /// Every fault of a request, at most one for each path.
    pub fn faults(&self, request: &Value) -> Vec<Issue> {
        let mut issues: Vec<Issue> = Vec::new();
        for error in self.validator.iter_errors(request) {
            let issue = self.issue(&error);
            if !issues
                .iter()
                .any(|known| known.expression() == issue.expression())
            {
                issues.push(issue);
            }
        }
        issues
    }

    fn issue(&self, error: &ValidationError<'_>) -> Issue {
        let mut expression = expression(error);
        let mut expected = self.schema_of(error);
        let (code, verb) = match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                expected = expected.and_then(|schema| self.property(schema, name));
                if !expression.is_empty() {
                    expression.push('.');
                }
                expression.push_str(name);
                (IssueCode::Required, "Missing")
            }
            ValidationErrorKind::Type { .. } => (IssueCode::Structure, "Of the wrong type"),
            _ => (IssueCode::Value, "Not allowed"),
        };
        let description = expected
            .and_then(|schema| schema.get("description"))
            .and_then(Value::as_str);
        let text = match description {
            Some(description) => format!("{verb}. Expected: {description}"),
            None => format!("{verb}."),
        };
        Issue::new(code, text).at(if expression.is_empty() {
            "$this".to_owned()
        } else {
            expression
        })
    }

    /// The schema object whose keyword failed.
    fn schema_of(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let location = error
            .absolute_keyword_location()?
            .as_str()
            .strip_prefix(BASE)?;
        let (file, pointer) = location.split_once('#')?;
        let (object, _keyword) = pointer.rsplit_once('/')?;
        self.file(file).pointer(object)
    }

    /// The schema of a property, through one `$ref`.
    fn property<'s>(&'s self, schema: &'s Value, name: &str) -> Option<&'s Value> {
        let property = schema.get("properties")?.get(name)?;
        let Some(reference) = property.get("$ref").and_then(Value::as_str) else {
            return Some(property);
        };
        let (file, pointer) = reference.split_once('#')?;
        self.file(file).pointer(pointer)
    }

    fn file(&self, name: &str) -> &Value {
        if name == SHARED_NAME {
            &self.shared
        } else {
            &self.own
        }
    }
}

/// The path of the instance as FHIRPath writes it: `context.draftOrders.entry[0].resource`.
///
/// Only names that a schema spells can occur in it: no schema of ours descends into a member that it
/// does not name.
fn expression(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for segment in error.instance_path() {
        match segment {
            LocationSegment::Property(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
            LocationSegment::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}
