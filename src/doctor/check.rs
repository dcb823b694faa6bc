//! What the doctor checks: the rule, what was looked at, and how to mend what is not so.

use serde::Serialize;

/// How binding a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Force {
    /// The specification requires it.
    #[serde(rename = "SHALL")]
    Shall,
    /// The specification recommends it.
    #[serde(rename = "SHOULD")]
    Should,
    /// The specification is silent; clients are better off with it.
    #[serde(rename = "advice")]
    Advice,
}

impl Force {
    /// As the table prints it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shall => "SHALL",
            Self::Should => "SHOULD",
            Self::Advice => "advice",
        }
    }
}

/// What is known of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The id of the rule in `docs/conformance.md`.
    pub rule: &'static str,
    /// How binding it is.
    pub force: Force,
    /// What is so when the check passes.
    pub what: &'static str,
    /// What to do when it is not.
    pub mend: &'static str,
}

macro_rules! checks {
    ($($name:ident: $rule:literal $force:ident $what:literal $mend:literal)*) => {
        /// One check, in the order of the report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $(#[doc = $what] $name,)*
        }

        impl Check {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What is known of it.
            pub fn about(self) -> About {
                match self {
                    $(Self::$name => About {
                        rule: $rule,
                        force: Force::$force,
                        what: $what,
                        mend: $mend,
                    },)*
                }
            }
        }
    };
}

checks! {
    Encrypted: "GEN-01" Shall
        "the base URL is https, or on this machine"
        "Serve over TLS; plain http is for this machine only."
    DiscoveryAnswers: "DISC-01" Shall
        "discovery answers with 200"
        "Serve GET {base}/cds-services with status 200. Where it asks for a token, give --key."
    DiscoveryShape: "DISC-02" Shall
        "discovery is an object with an array `services`"
        "Answer {\"services\": [...]}, an empty array where there is none."
    DiscoveryFilled: "GEN-04" Shall
        "nothing in discovery is null or empty"
        "Leave out a member that has no value."
    ServiceHook: "DISC-07" Shall
        "each service names its hook"
        "Give each entry a string `hook`."
    ServiceTitle: "DISC-08" Should
        "each service has a title"
        "Give each entry a string `title`."
    ServiceDescription: "DISC-09" Shall
        "each service has a description"
        "Give each entry a string `description`."
    ServiceId: "DISC-10" Shall
        "each id can stand in a path, and is not `feedback`"
        "Use letters, digits and . _ ~ - only."
    PrefetchShape: "DISC-11" Shall
        "prefetch is an object whose values are strings"
        "Write each template as a string, a relative FHIR URL."
    UsageRequirements: "DISC-12" Shall
        "usageRequirements, where it is there, is a string"
        "Write it as a sentence for people."
    Version: "DISC-13" Shall
        "version, where it is there, is a string"
        "Write it as \"2.0.1\"."
    ServicePair: "DISC-16" Shall
        "no two entries have the same id and hook"
        "Give each service of a hook an id of its own."
    DiscoveryExtension: "EXT-02" Shall
        "an extension in discovery is an object"
        "Write {\"reversed.domain.name\": ...}."
    TokenClosed: "TOK-01" Shall
        "each token of a template is closed and says something"
        "Write {{context.patientId}}."
    TokenKnown: "TOK-02" Shall
        "each token is a member of the context, a user id, or `today()`"
        "Spell a context token context.<field>; the user ids are userPractitionerId, \
         userPractitionerRoleId, userPatientId and userRelatedPersonId."
    TokenRoot: "TOK-03" Should
        "context tokens are members at the root of the context"
        "A 2.x client resolves nothing deeper: take the data from the context itself."
    TokenDays: "TOK-04" Should
        "`today()` counts in days"
        "Write {{today() - 365 days}}; clients resolve no other unit."
    TemplateRelative: "TOK-10" Shall
        "each template is a read or a search, relative to the FHIR server"
        "Write Patient/{{context.patientId}} or Condition?patient={{context.patientId}}."
    TemplateModifier: "TOK-14" Should
        "no search parameter has a modifier other than :in"
        "Clients need not support other modifiers."
    TemplateRepeats: "TOK-15" Advice
        "no search parameter is repeated"
        "Some clients merge two bounds of one parameter into an OR: keep one."
    CallAnswers: "ST-01" Shall
        "a call with its whole prefetch answers 200"
        "Answer 200 with cards, or with none; the prefetch was built from your templates."
    CallRepeats: "REQ-11" Advice
        "the same call again has the same answer"
        "A client may send a call twice: keep no state between calls."
    UnknownMembers: "CTX-33" Shall
        "members that are not known are ignored"
        "Hooks gain optional members over time: do not refuse what you do not know."
    NoPrefetch: "PF-10" Shall
        "a call without prefetch answers 200, or 412 where data are required"
        "Answer 412 when required data cannot be had, never another error."
    NullPrefetch: "PF-11" Shall
        "a search that found nothing, sent as null, is answered"
        "null says that there is no data; it is no reason for 412."
    EmptyPrefetch: "PF-06" Shall
        "a search that found nothing, sent as an empty Bundle, is answered"
        "An empty searchset says that there is no data; it is no reason for 412."
    FailedPrefetch: "PF-08" Should
        "a search that failed, sent as an OperationOutcome, is answered with 200 or 412"
        "Look for an OperationOutcome in each prefetched value, and treat it as not available."
    AnswerIsJson: "GEN-07" Shall
        "an answer is application/json"
        "Set Content-Type: application/json."
    AnswerShape: "RESP-01" Shall
        "an answer is an object with an array `cards`"
        "Answer {\"cards\": [...]}, an empty array where there is nothing to say."
    AnswerFilled: "GEN-04" Shall
        "nothing in an answer is null or empty"
        "Leave out a member that has no value."
    AnswerOrder: "UX-05" Advice
        "the most urgent card comes first"
        "Send critical, then warning, then info."
    CardUuid: "CARD-01" Advice
        "each card has a uuid, lower case, without a prefix, and no other card's"
        "Without it a client sends no feedback and offers no way to dismiss the card."
    CardSummary: "CARD-02" Shall
        "a summary has fewer than 140 characters, and at least one"
        "Shorten it; the rest belongs in `detail`."
    CardDetail: "CARD-03" Shall
        "detail, where it is there, is a string"
        "Write it as GitHub-flavoured Markdown."
    CardHtml: "CARD-04" Should
        "detail holds no raw HTML"
        "Escape < in data: some clients render HTML."
    CardIndicator: "CARD-05" Shall
        "indicator is info, warning or critical"
        "Use one of the three."
    CardSource: "CARD-06" Shall
        "each card has a source, an object"
        "Name the primary source of the guidance."
    SourceLabel: "SRC-01" Shall
        "a source has a label"
        "Give the source a short string `label`."
    SourceUrl: "SRC-02" Shall
        "the url of a source, where it is there, is absolute"
        "Write https://..."
    SourceIcon: "SRC-03" Shall
        "the icon of a source, where it is there, is an absolute URL"
        "Write https://..."
    CardSelection: "CARD-08" Shall
        "selectionBehavior is there where there are suggestions"
        "Add selectionBehavior: at-most-one."
    CardSelectionValue: "CARD-09" Shall
        "selectionBehavior is at-most-one or any"
        "A client must treat a card with another value as an error."
    OverrideDisplay: "CARD-11" Shall
        "each override reason has a display"
        "Give each a string `display`: it is what the client shows."
    CodingWhole: "COD-01" Shall
        "each coding has a code and a system"
        "Give topics and override reasons both."
    SuggestionLabel: "SUG-01" Shall
        "each suggestion has a label"
        "Give each a string `label`: it is the text of the button."
    SuggestionUuid: "SUG-02" Advice
        "each suggestion has a uuid"
        "Without it a client sends no feedback when it is accepted."
    Recommended: "SUG-03" Shall
        "isRecommended is a boolean, true once at most where one may be chosen"
        "Recommend one suggestion, or use selectionBehavior any."
    ActionSelection: "DISC-19" Shall
        "actionSelectionBehavior is not used"
        "Use it only with clients that are known to support it."
    ActionType: "ACT-01" Shall
        "each action is create, update or delete"
        "Use one of the three, in lower case."
    ActionDescription: "ACT-02" Shall
        "each action has a description"
        "Say in a sentence what it does."
    ActionCreate: "ACT-03" Shall
        "a create has its whole resource"
        "Put the FHIR resource into `resource`, with its resourceType."
    ActionUpdate: "ACT-04" Shall
        "an update has the whole resource with its id"
        "Send the updated resource as a whole, never a patch."
    ActionDelete: "ACT-05" Should
        "a delete names what it deletes in resourceId, and holds no resource"
        "Write resourceId: \"Type/id\"; a string in `resource` is the form of 1.0."
    SystemActions: "SYS-01" Shall
        "systemActions, where they are there, are actions"
        "Send an array of actions, each with type and description."
    LinkLabel: "LINK-01" Shall
        "each link has a label and an absolute url"
        "Give each both."
    LinkType: "LINK-02" Shall
        "each link is absolute or smart"
        "Use one of the two."
    LinkContext: "LINK-03" Shall
        "appContext, where it is there, is a string"
        "Write JSON in it as an escaped string."
    LinkContextSmart: "LINK-04" Should
        "appContext is on smart links only"
        "Put it into the URL of an absolute link."
    LinkAutolaunch: "LINK-05" Shall
        "autolaunchable, where it is there, is a boolean"
        "Write true or false."
    AnswerExtension: "EXT-02" Shall
        "an extension in an answer is an object"
        "Write {\"reversed.domain.name\": ...}, not a FHIR extension array."
    RefusesBrokenJson: "ST-05" Advice
        "a body that is not JSON is refused with 400"
        "Answer 400: a client learns nothing from 500, and 200 hides the fault."
    RefusesUnknownService: "ST-05" Advice
        "a service that is not in discovery is 404"
        "Answer 404."
    RefusesMethod: "ST-05" Advice
        "GET of a service is 405"
        "Answer 405 with Allow: POST."
    RefusesMediaType: "GEN-07" Advice
        "a body that says it is text/plain is refused with 415"
        "Answer 415; accept application/json and application/fhir+json."
    RefusesOtherHook: "REQ-02" Advice
        "a call whose hook is not the service's is refused with 400"
        "Compare `hook` with the hook of the service."
    RefusesNoInstance: "REQ-03" Advice
        "a call without hookInstance is refused with 400"
        "hookInstance is required, and a UUID."
    RefusesNoServer: "REQ-05" Advice
        "a token without fhirServer is refused with 400"
        "fhirServer is required where fhirAuthorization is sent."
    RefusesNoContext: "REQ-08" Advice
        "a call without context is refused with 400"
        "context is required, and an object."
    RefusesNoPatient: "CTX-02" Advice
        "a context without patientId is refused with 400"
        "An answer about no patient is worse than none."
    SurvivesSize: "ST-05" Advice
        "a body of 32 MiB is answered or refused, and the service goes on"
        "Limit bodies, and answer 413."
    TakesSize: "ST-05" Advice
        "a body of 3 MiB is read"
        "A client sends the whole result of each search: raise the limit."
    RefusalOutcome: "ST-04" Should
        "a refusal is an OperationOutcome"
        "Answer with issue[].severity, issue[].code and details.text."
    RefusalSilence: "ST-07" Advice
        "a refusal repeats no value of the request"
        "Name places and rules: values may be about a patient."
    PreflightAnswers: "CORS-01" Shall
        "a preflight is answered with 2xx, without a token"
        "Answer OPTIONS before anything else; a browser sends no token with it."
    PreflightAllows: "CORS-02" Advice
        "a preflight allows the origin, POST, and the headers authorization and content-type by name"
        "List both headers: * does not cover authorization."
    ErrorsCrossOrigin: "CORS-02" Advice
        "an error carries the CORS headers too"
        "Without them a page cannot read what was wrong."
    FeedbackAccepted: "FB-06" Shall
        "feedback: an accepted suggestion is taken"
        "Answer 200 to {\"feedback\": [{card, outcome: accepted, acceptedSuggestions, outcomeTimestamp}]}."
    FeedbackOverridden: "FB-07" Shall
        "feedback: an overridden card with a reason is taken"
        "Answer 200; a reason may lack its display, and need not be one of yours."
    FeedbackNoReason: "FB-08" Shall
        "feedback: an overridden card without a reason is taken"
        "overrideReason is optional."
    FeedbackAgain: "FB-10" Shall
        "feedback: the same again, and several at once, are taken"
        "Keep each; never answer 409."
    FeedbackUnknown: "FB-13" Advice
        "feedback: a card that is not known is taken"
        "Answer 200: a client may report late, or what another instance answered."
    FeedbackShape: "FB-03" Advice
        "feedback: a body without the array is refused with 400"
        "The body is an object with an array `feedback`."
    FeedbackOutcome: "FB-05" Advice
        "feedback: an outcome other than accepted and overridden is refused with 400"
        "There are two outcomes."
    FeedbackTime: "FB-09" Advice
        "feedback: an entry without outcomeTimestamp is refused with 400"
        "outcomeTimestamp is required."
    TokenNeeded: "SEC-05" Should
        "a call without a token is 401"
        "Ask for a token on each call, discovery included."
    TokenSignature: "JWT-12" Shall
        "a token whose signature is not its key's is 401"
        "Verify the signature with the key of the JWKS."
    TokenNone: "JWT-10" Shall
        "a token with alg none is 401"
        "Never accept none."
    TokenSymmetric: "JWT-11" Shall
        "a token with a symmetric algorithm is 401"
        "Never accept HS256 and its kin."
    TokenAudience: "JWT-06" Shall
        "a token for another address is 401"
        "Compare aud with the address that was called."
    TokenExpired: "JWT-07" Shall
        "a token that has expired is 401"
        "Compare exp with the clock."
    TokenIssuer: "JWT-08" Should
        "a token of another issuer is 401"
        "Keep a list of issuers."
    TokenKeyId: "JWT-02" Shall
        "a token with a key id that is not the client's is 401"
        "Find the key by kid."
    TokenSilence: "ST-06" Advice
        "each 401 says the same"
        "Give no reason: it would help someone who guesses."
}
