//! The `OperationOutcome` that says what is wrong, by path and rule, never by value (ST-04, ST-07).

use serde::Serialize;

/// A FHIR `OperationOutcome` with at least one issue, all of severity error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "resourceType")]
pub struct OperationOutcome {
    issue: Vec<Issue>,
}

impl OperationOutcome {
    /// One issue.
    pub fn new(issue: Issue) -> Self {
        Self { issue: vec![issue] }
    }

    /// The issues, or `None` when there are none.
    pub fn from_issues(issues: Vec<Issue>) -> Option<Self> {
        (!issues.is_empty()).then_some(Self { issue: issues })
    }

    /// The issues.
    pub fn issues(&self) -> &[Issue] {
        &self.issue
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    severity: Severity,
    code: IssueCode,
    details: Details,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expression: Vec<String>,
}

impl Issue {
    /// A fault of the whole request. `text` is for the developer at the other end and must hold no
    /// value of the request.
    pub fn new(code: IssueCode, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            details: Details { text: text.into() },
            expression: Vec::new(),
        }
    }

    /// The same fault, at one place of the request, as `context.selections[0]`.
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = vec![expression.into()];
        self
    }

    /// Where, if it is at one place.
    pub fn expression(&self) -> Option<&str> {
        self.expression.first().map(String::as_str)
    }

    /// What is wrong.
    pub fn text(&self) -> &str {
        &self.details.text
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Details {
    text: String,
}

/// FHIR's issue types, as far as they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueCode {
    /// Not JSON, or a member of the wrong JSON type.
    Structure,
    /// A member is missing.
    Required,
    /// A member has a value that is not allowed.
    Value,
    /// The caller is not known.
    Login,
    /// No such resource, service or address.
    NotFound,
    /// A method, media type or encoding that is not served.
    NotSupported,
    /// The body is over the limit.
    TooLong,
    /// Not now; the same call may be answered later.
    Transient,
    /// Access was denied.
    Forbidden,
    /// No answer in time.
    Timeout,
    /// Too many calls.
    Throttled,
    /// Data could not be obtained.
    Incomplete,
    /// An error of the service.
    Exception,
}
