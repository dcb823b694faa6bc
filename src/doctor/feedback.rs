//! Feedback: what became of the cards, as an EHR reports it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    calls::{self, Answer},
    check::Check,
    discovery::Offered,
    ehr::{Call, Ehr},
    report::Report,
};

/// Every check of this module.
const ALL: [Check; 8] = [
    Check::FeedbackAccepted,
    Check::FeedbackOverridden,
    Check::FeedbackNoReason,
    Check::FeedbackAgain,
    Check::FeedbackUnknown,
    Check::FeedbackShape,
    Check::FeedbackOutcome,
    Check::FeedbackTime,
];

/// Reports on a card that was answered.
pub async fn examine(ehr: &mut Ehr, offered: &[Offered], answers: &[Answer], report: &mut Report) {
    let Some((service, card, suggestion)) = subject(offered, answers) else {
        for check in ALL {
            report.skip(
                check,
                "no answer held a card with a suggestion to report on",
            );
        }
        return;
    };
    let path = format!("{}/feedback", calls::path(service));
    let at = jiff::Timestamp::now().to_string();
    let entry = |rest: Value| {
        let mut entry = json!({ "card": card, "outcomeTimestamp": at });
        if let (Some(entry), Value::Object(rest)) = (entry.as_object_mut(), rest) {
            entry.extend(rest);
        }
        entry
    };
    let accepted = entry(json!({
        "outcome": "accepted",
        "acceptedSuggestions": [{ "id": suggestion }],
    }));
    let overridden = entry(json!({
        "outcome": "overridden",
        "overrideReason": { "reason": { "code": "patient-refused", "system": "urn:sid-cds:doctor" } },
    }));
    let no_reason = entry(json!({ "outcome": "overridden" }));
    let mut unknown = no_reason.clone();
    unknown["card"] = json!(Uuid::new_v4());
    let mut timeless = no_reason.clone();
    timeless["outcomeTimestamp"] = Value::Null;
    let taken: &[u16] = &[200, 201, 202, 204];
    let refused: &[u16] = &[400, 422];
    for (check, body, wanted) in [
        (Check::FeedbackAccepted, json!([accepted]), taken),
        (Check::FeedbackOverridden, json!([overridden]), taken),
        (Check::FeedbackNoReason, json!([no_reason]), taken),
        (
            Check::FeedbackAgain,
            json!([accepted, accepted, overridden, no_reason]),
            taken,
        ),
        (Check::FeedbackUnknown, json!([unknown]), taken),
        (
            Check::FeedbackOutcome,
            json!([entry(json!({ "outcome": "ignored" }))]),
            refused,
        ),
        (Check::FeedbackTime, json!([timeless]), refused),
        (Check::FeedbackShape, Value::Null, refused),
    ] {
        // The last is a bare entry, as early clients sent it.
        let body = match body {
            Value::Null => no_reason.clone(),
            list => json!({ "feedback": list }),
        };
        let answer = ehr.call(Call::post(&path, &body)).await;
        if answer
            .as_ref()
            .is_ok_and(|reply| [404, 405].contains(&reply.status))
        {
            for check in ALL {
                report.skip(check, "the service offers no feedback");
            }
            return;
        }
        report.judge_status(check, &path, &answer, wanted);
    }
}

/// A service, a card of it with a uuid, and one of its suggestions.
fn subject<'a>(
    offered: &'a [Offered],
    answers: &'a [Answer],
) -> Option<(&'a Offered, &'a str, &'a str)> {
    answers.iter().find_map(|answer| {
        let (id, _) = answer.to.split_once(' ')?;
        let service = offered.iter().find(|service| service.id == id)?;
        let cards = answer.body["cards"].as_array()?;
        cards.iter().find_map(|card| {
            let suggestion = card["suggestions"][0]["uuid"].as_str()?;
            Some((service, card["uuid"].as_str()?, suggestion))
        })
    })
}
