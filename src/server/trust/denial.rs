//! Why a call is not trusted: a code for the log and the metrics. The caller is told nothing.

/// Why a call is not trusted. The caller gets the same bare 401 for each (JWT-14, ST-06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denial {
    /// There is no `Authorization` header.
    NoToken,
    /// More than one `Authorization` header.
    SeveralTokens,
    /// Not `Bearer` and one token.
    NotBearer,
    /// Longer than any token has to be.
    TooLong,
    /// Not three parts in base64url.
    Form,
    /// The header is no JSON object with the members of JWT-01…JWT-04.
    Header,
    /// The claims are no JSON object with the members of JWT-05…JWT-07.
    Claims,
    /// A member stands twice.
    Duplicate,
    /// The algorithm is none, symmetric, unknown, or not one of this client's.
    Algorithm,
    /// `typ` is not `JWT`.
    Type,
    /// `crit`, `b64`, `zip` or `enc`: something that must be understood and is not.
    Critical,
    /// `iss` is of no client.
    Issuer,
    /// `jku` is not where this client's keys are.
    KeyAddress,
    /// `aud` is not the address that was called.
    Audience,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` lies ahead.
    NotYet,
    /// From `iat` to `exp` is longer than this client's tokens live.
    LivesTooLong,
    /// `tenant` is not one of this client's.
    Tenant,
    /// The client's keys could not be obtained.
    NoKeys,
    /// No key has this `kid`.
    Key,
    /// The key cannot be used with the algorithm.
    KeyUse,
    /// The signature is wrong.
    Signature,
    /// The token was used before.
    Replayed,
    /// The client has used more tokens than can be remembered until they expire.
    TooManyTokens,
    /// The proxy names no certificate, several, or another one than this client's.
    Certificate,
}

impl Denial {
    /// The code, as it stands in the log and as a label of the metric.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::SeveralTokens => "several-tokens",
            Self::NotBearer => "not-bearer",
            Self::TooLong => "too-long",
            Self::Form => "form",
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Duplicate => "duplicate",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Critical => "critical",
            Self::Issuer => "issuer",
            Self::KeyAddress => "key-address",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::LivesTooLong => "lives-too-long",
            Self::Tenant => "tenant",
            Self::NoKeys => "no-keys",
            Self::Key => "key",
            Self::KeyUse => "key-use",
            Self::Signature => "signature",
            Self::Replayed => "replayed",
            Self::TooManyTokens => "too-many-tokens",
            Self::Certificate => "certificate",
        }
    }
}
