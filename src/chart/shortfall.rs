//! Why something that was asked for did not come, or not all of it.

/// Why a FHIR server did not give what it was asked for, or not to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shortfall {
    /// The server is not one that may be asked for this client.
    NotListed,
    /// The server is at an address that may not be called.
    AddressRefused,
    /// No connection, or it broke off.
    Connection,
    /// Not before the deadline.
    Deadline,
    /// Status 401 or 403.
    Denied,
    /// Status 429.
    Busy,
    /// Another status that is no success.
    Status(u16),
    /// Not FHIR as JSON, or cut off.
    NotFhir,
    /// Another FHIR version than R4.
    NotR4,
    /// More pages than the limit.
    TooManyPages,
    /// More bytes than the limit.
    TooManyBytes,
    /// More resources than the limit.
    TooManyResources,
    /// A next link that leads to a page that has been seen.
    Loop,
    /// A next link, or the id of the patient, that leads away from the server.
    Elsewhere,
}

impl Shortfall {
    /// In a few words, for a data problem and an `OperationOutcome`.
    pub fn words(self) -> String {
        match self {
            Self::NotListed => "the FHIR server is not one that may be asked for this client",
            Self::AddressRefused => "the FHIR server is at an address that may not be called",
            Self::Connection => "the FHIR server cannot be reached, or broke off",
            Self::Deadline => "the FHIR server did not answer before the deadline",
            Self::Denied => "the FHIR server denied access",
            Self::Busy => "the FHIR server is busy",
            Self::Status(status) => {
                return format!("the FHIR server answered with status {status}");
            }
            Self::NotFhir => "the FHIR server answered with something else than FHIR JSON",
            Self::NotR4 => "the FHIR server answered in another version than R4",
            Self::TooManyPages => "more pages than the limit",
            Self::TooManyBytes => "more bytes than the limit",
            Self::TooManyResources => "more resources than the limit",
            Self::Loop => "a next link leads back to a page that was read",
            Self::Elsewhere => "a link leads away from the FHIR server",
        }
        .to_owned()
    }

    /// A code for a log line.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotListed => "not-listed",
            Self::AddressRefused => "address-refused",
            Self::Connection => "connection",
            Self::Deadline => "deadline",
            Self::Denied => "denied",
            Self::Busy => "busy",
            Self::Status(_) => "status",
            Self::NotFhir => "not-fhir",
            Self::NotR4 => "not-r4",
            Self::TooManyPages => "too-many-pages",
            Self::TooManyBytes => "too-many-bytes",
            Self::TooManyResources => "too-many-resources",
            Self::Loop => "loop",
            Self::Elsewhere => "elsewhere",
        }
    }
}
