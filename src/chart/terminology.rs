//! Which codes mean what: the value sets of `terminology/`, and the rules by which a coding matches.

/// The value sets that the chart reads facts with; each is a FHIR ValueSet in `terminology/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueSetId(&'static str);

impl ValueSetId {
    /// The id of the ValueSet, `lab-igg-mass`.
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    /// As text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// One coding of a resource, as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coding<'a> {
    /// `Coding.system`.
    pub system: Option<&'a str>,
    /// `Coding.code`.
    pub code: &'a str,
}

/// A concept of a value set that a coding matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// System URI, as in the ValueSet.
    pub system: String,
    /// Code, as in the ValueSet (a category when matched by prefix).
    pub code: String,
    /// The unit that the code itself implies (NPU), in UCUM.
    pub implied_unit: Option<String>,
}

/// Every value set that is loaded.
#[derive(Debug, Clone, Default)]
pub struct Terminology {}

impl Terminology {
    /// The value sets compiled into the program.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// The concept of `set` that `coding` matches, if any.
    pub fn find(&self, _set: ValueSetId, _coding: Coding<'_>) -> Option<&Concept> {
        None
    }
}
