//! One fault a row, with the checks that find it.

use axum::http::{HeaderValue, header};
use serde_json::{Value, json};
use sid_cds::doctor::Check;

use super::model::{
    Fault::{self, Answer, Card, Counts, Discovery, Entry, Headers, Refusal, Status},
    Situation,
};

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name).unwrap();
}

/// A template in the place of the model's search.
macro_rules! template {
    ($template:literal) => {
        Entry(|entry| entry["prefetch"]["conditions"] = json!($template))
    };
}

/// The checks that find it, and the fault.
pub const FAULTS: [(&[Check], Fault); 108] = [
    // Discovery.
    (
        &[Check::DiscoveryAnswers],
        Status(Situation::Discovery, 500),
    ),
    (
        &[Check::DiscoveryShape],
        Discovery(|it| *it = json!({ "service": "x" })),
    ),
    (
        &[Check::DiscoveryShape],
        Discovery(|it| *it = json!("services")),
    ),
    (
        &[Check::DiscoveryFilled],
        Entry(|it| it["usageRequirements"] = json!("")),
    ),
    (&[Check::ServiceHook], Entry(|it| remove(it, "hook"))),
    (&[Check::ServiceTitle], Entry(|it| remove(it, "title"))),
    (
        &[Check::ServiceDescription],
        Entry(|it| it["description"] = json!(["x"])),
    ),
    (&[Check::ServiceId], Entry(|it| it["id"] = json!("a/b"))),
    (
        &[Check::ServiceId],
        Entry(|it| it["id"] = json!("feedback")),
    ),
    (
        &[Check::PrefetchShape],
        Entry(|it| it["prefetch"]["more"] = json!({ "query": "x" })),
    ),
    (
        &[Check::UsageRequirements],
        Entry(|it| it["usageRequirements"] = json!(7)),
    ),
    (&[Check::Version], Entry(|it| it["version"] = json!(2))),
    (
        &[Check::ServicePair],
        Discovery(|it| {
            let services = it["services"].as_array_mut().unwrap();
            services.push(services[0].clone());
        }),
    ),
    (
        &[Check::DiscoveryExtension],
        Entry(|it| it["extension"] = json!([{ "url": "x" }])),
    ),
    (
        &[Check::TokenClosed],
        template!("Condition?patient={{context.patientId"),
    ),
    (&[Check::TokenClosed], template!("Condition?patient={{}}")),
    (
        &[Check::TokenClosed],
        template!("Condition?patient=context.patientId}}"),
    ),
    (
        &[Check::TokenKnown],
        template!("Condition?patient={{Patient.id}}"),
    ),
    (
        &[Check::TokenRoot],
        template!("Condition?encounter={{context.draftOrders.entry}}"),
    ),
    (
        &[Check::TokenDays],
        template!("Condition?recorded-date=ge{{today() - 1 year}}"),
    ),
    (
        &[Check::TemplateRelative],
        template!("/Condition?patient={{context.patientId}}"),
    ),
    (
        &[Check::TemplateRelative],
        template!("https://fhir.example/Condition?patient=1"),
    ),
    (
        &[Check::TemplateModifier],
        template!("Condition?patient={{context.patientId}}&code:below=x"),
    ),
    (
        &[Check::TemplateRepeats],
        template!("Condition?recorded-date=ge{{today()}}&recorded-date=le{{today()}}"),
    ),
    // Calls.
    (&[Check::CallAnswers], Status(Situation::Sound, 500)),
    (&[Check::CallRepeats], Counts),
    (
        &[Check::UnknownMembers],
        Status(Situation::UnknownMembers, 400),
    ),
    (&[Check::NoPrefetch], Status(Situation::Absent, 500)),
    (&[Check::NullPrefetch], Status(Situation::Null, 412)),
    (&[Check::EmptyPrefetch], Status(Situation::Empty, 412)),
    (&[Check::FailedPrefetch], Status(Situation::Failed, 500)),
    (&[Check::TakesSize], Status(Situation::Long, 413)),
    (
        &[Check::AnswerIsJson],
        Headers(|headers, situation| {
            if situation == Situation::Sound {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            }
        }),
    ),
    // Answers and cards.
    (&[Check::AnswerShape], Answer(|it| remove(it, "cards"))),
    (
        &[Check::AnswerShape],
        Answer(|it| it["cards"] = Value::Null),
    ),
    (
        &[Check::AnswerFilled],
        Answer(|it| it["extension"] = json!({ "dk.example": {} })),
    ),
    (
        &[Check::AnswerFilled],
        Answer(|it| it["cards"][1]["links"] = json!([])),
    ),
    (
        &[Check::AnswerOrder],
        Answer(|it| it["cards"].as_array_mut().unwrap().reverse()),
    ),
    (
        &[Check::CardUuid],
        Card(|it| it["uuid"] = json!("7D4BB9E7-4F3B-4B7E-8F52-6A2C36D1F5A1")),
    ),
    (
        &[Check::CardUuid],
        Answer(|it| it["cards"][1]["uuid"] = it["cards"][0]["uuid"].clone()),
    ),
    (
        &[Check::CardUuid],
        Answer(|it| remove(&mut it["cards"][1], "uuid")),
    ),
    (
        &[Check::CardSummary],
        Card(|it| it["summary"] = json!("æ".repeat(140))),
    ),
    (&[Check::CardSummary], Card(|it| remove(it, "summary"))),
    (&[Check::CardDetail], Card(|it| it["detail"] = json!(["x"]))),
    (
        &[Check::CardHtml],
        Card(|it| it["detail"] = json!("a <img src=x> b")),
    ),
    (&[Check::CardHtml], Card(|it| it["detail"] = json!("a</p>"))),
    (
        &[Check::CardIndicator],
        Card(|it| it["indicator"] = json!("hard-stop")),
    ),
    (
        &[Check::CardSource, Check::SourceLabel],
        Card(|it| remove(it, "source")),
    ),
    (
        &[Check::SourceLabel],
        Card(|it| remove(&mut it["source"], "label")),
    ),
    (
        &[Check::SourceUrl],
        Card(|it| it["source"]["url"] = json!("example.org")),
    ),
    (
        &[Check::SourceIcon],
        Card(|it| it["source"]["icon"] = json!("icon.png")),
    ),
    (
        &[Check::CardSelection],
        Card(|it| remove(it, "selectionBehavior")),
    ),
    (
        &[Check::CardSelectionValue],
        Card(|it| it["selectionBehavior"] = json!("all")),
    ),
    (
        &[Check::OverrideDisplay],
        Card(|it| remove(&mut it["overrideReasons"][0], "display")),
    ),
    (
        &[Check::CodingWhole],
        Card(|it| remove(&mut it["overrideReasons"][0], "system")),
    ),
    (
        &[Check::CodingWhole],
        Card(|it| remove(&mut it["source"]["topic"], "code")),
    ),
    (
        &[Check::SuggestionLabel],
        Card(|it| remove(&mut it["suggestions"][0], "label")),
    ),
    (
        &[Check::SuggestionUuid],
        Card(|it| remove(&mut it["suggestions"][1], "uuid")),
    ),
    (
        &[Check::Recommended],
        Card(|it| it["suggestions"][1]["isRecommended"] = json!(true)),
    ),
    (
        &[Check::Recommended],
        Card(|it| it["suggestions"][1]["isRecommended"] = json!("no")),
    ),
    (
        &[Check::ActionSelection],
        Card(|it| it["suggestions"][0]["actionSelectionBehavior"] = json!("all")),
    ),
    (
        &[Check::ActionType],
        Card(|it| it["suggestions"][0]["actions"][0]["type"] = json!("CREATE")),
    ),
    (
        &[Check::ActionDescription],
        Card(|it| remove(&mut it["suggestions"][0]["actions"][0], "description")),
    ),
    (
        &[Check::ActionCreate],
        Card(|it| remove(&mut it["suggestions"][0]["actions"][0], "resource")),
    ),
    (
        &[Check::ActionUpdate],
        Card(|it| remove(&mut it["suggestions"][0]["actions"][1]["resource"], "id")),
    ),
    (
        &[Check::ActionDelete],
        Card(|it| it["suggestions"][1]["actions"][0]["resourceId"] = json!("1")),
    ),
    (
        &[Check::ActionDelete],
        Card(|it| it["suggestions"][1]["actions"][0]["resource"] = json!("MedicationRequest/1")),
    ),
    (
        &[Check::SystemActions],
        Answer(|it| it["systemActions"] = json!("x")),
    ),
    (
        &[Check::SystemActions],
        Answer(|it| remove(&mut it["systemActions"][0], "description")),
    ),
    (
        &[Check::LinkLabel],
        Card(|it| it["links"][0]["url"] = json!("page")),
    ),
    (
        &[Check::LinkType],
        Card(|it| it["links"][0]["type"] = json!("page")),
    ),
    (
        &[Check::LinkContext],
        Card(|it| it["links"][1]["appContext"] = json!({ "card": 1 })),
    ),
    (
        &[Check::LinkContextSmart],
        Card(|it| it["links"][0]["appContext"] = json!("x")),
    ),
    (
        &[Check::LinkAutolaunch],
        Card(|it| it["links"][1]["autolaunchable"] = json!("true")),
    ),
    (
        &[Check::AnswerExtension],
        Card(|it| it["extension"] = json!([{ "url": "x" }])),
    ),
    // Refusals.
    (
        &[Check::RefusesBrokenJson],
        Status(Situation::BrokenJson, 500),
    ),
    (
        &[Check::RefusesUnknownService],
        Status(Situation::Address, 200),
    ),
    (&[Check::RefusesMethod], Status(Situation::Method, 500)),
    (
        &[Check::RefusesMediaType],
        Status(Situation::MediaType, 200),
    ),
    (
        &[Check::RefusesOtherHook],
        Status(Situation::OtherHook, 200),
    ),
    (
        &[Check::RefusesNoInstance],
        Status(Situation::NoInstance, 200),
    ),
    (&[Check::RefusesNoServer], Status(Situation::NoServer, 200)),
    (
        &[Check::RefusesNoContext],
        Status(Situation::NoContext, 500),
    ),
    (
        &[Check::RefusesNoPatient],
        Status(Situation::NoPatient, 200),
    ),
    (&[Check::SurvivesSize], Status(Situation::Huge, 500)),
    (
        &[Check::RefusalOutcome],
        Refusal(|it, _, _| *it = json!({ "error": "No." })),
    ),
    (
        &[Check::RefusalOutcome],
        Refusal(|it, _, _| it["issue"] = json!([])),
    ),
    (
        &[Check::RefusalSilence],
        Refusal(|it, situation, asked| {
            if status_is_400(situation) {
                it["issue"][0]["diagnostics"] = json!(asked);
            }
        }),
    ),
    (
        &[Check::PreflightAnswers],
        Status(Situation::Preflight, 401),
    ),
    (
        &[Check::PreflightAllows],
        Headers(|headers, situation| {
            if situation == Situation::Preflight {
                let any = HeaderValue::from_static("*");
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
            }
        }),
    ),
    (
        &[Check::ErrorsCrossOrigin],
        Headers(|headers, situation| {
            if status_is_400(situation) {
                headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            }
        }),
    ),
    // Feedback.
    (&[Check::FeedbackAccepted], Status(Situation::Accepted, 500)),
    (
        &[Check::FeedbackOverridden],
        Status(Situation::Overridden, 400),
    ),
    (&[Check::FeedbackNoReason], Status(Situation::NoReason, 400)),
    (&[Check::FeedbackAgain], Status(Situation::Several, 409)),
    (
        &[Check::FeedbackUnknown],
        Status(Situation::UnknownCard, 500),
    ),
    (&[Check::FeedbackShape], Status(Situation::NoArray, 200)),
    (
        &[Check::FeedbackOutcome],
        Status(Situation::OtherOutcome, 200),
    ),
    (&[Check::FeedbackTime], Status(Situation::NoTime, 200)),
    // Tokens.
    (&[Check::TokenNeeded], Status(Situation::NoToken, 200)),
    (&[Check::TokenSignature], Status(Situation::Signature, 200)),
    (&[Check::TokenNone], Status(Situation::AlgNone, 200)),
    (&[Check::TokenSymmetric], Status(Situation::Symmetric, 200)),
    (&[Check::TokenAudience], Status(Situation::Audience, 200)),
    (&[Check::TokenExpired], Status(Situation::Expired, 200)),
    (&[Check::TokenIssuer], Status(Situation::Issuer, 200)),
    (&[Check::TokenKeyId], Status(Situation::KeyId, 200)),
    (
        &[Check::TokenSilence],
        Refusal(|it, situation, _| {
            it["issue"][0]["diagnostics"] = json!(format!("{situation:?}"));
        }),
    ),
];

fn status_is_400(situation: Situation) -> bool {
    matches!(
        situation,
        Situation::BrokenJson
            | Situation::OtherHook
            | Situation::NoInstance
            | Situation::NoServer
            | Situation::NoContext
            | Situation::NoPatient
    )
}
