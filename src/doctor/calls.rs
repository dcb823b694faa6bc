//! Calls of each service, with each kind of prefetch, as an EHR makes them.

use serde_json::{Value, json};

use super::{
    check::Check,
    discovery::Offered,
    ehr::{Call, Ehr},
    patients::{Patients, Prefetch},
    report::Report,
};

/// An answer with cards, and what it is to.
#[derive(Debug)]
pub struct Answer {
    /// Service and patient.
    pub to: String,
    /// The body.
    pub body: Value,
}

/// Calls each service for each patient, and in the other ways for the first; the answers.
pub async fn examine(
    ehr: &mut Ehr,
    offered: &[Offered],
    patients: &Patients,
    report: &mut Report,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for service in offered {
        let path = path(service);
        for patient in patients.ids() {
            let Some(request) = patients.request(service, &patient, Prefetch::Whole) else {
                report.skip(
                    Check::CallAnswers,
                    "the doctor has no context for these hooks",
                );
                break;
            };
            let to = format!("{} {patient}", service.id);
            answers.extend(answered(ehr, &path, to, &request, report).await);
        }
        for patient in patients.ids().iter().take(1) {
            otherwise(ehr, service, patient, patients, report).await;
        }
    }
    answers
}

/// The address of a service.
pub fn path(service: &Offered) -> String {
    format!("/cds-services/{}", service.id)
}

async fn answered(
    ehr: &mut Ehr,
    path: &str,
    to: String,
    request: &Value,
    report: &mut Report,
) -> Option<Answer> {
    let answer = ehr.call(Call::post(path, request)).await;
    // A record of which a part could not be had is sent with the error: the answer may be 412 then.
    let expected: &[u16] = if has_failed_search(request) {
        &[200, 412]
    } else {
        &[200]
    };
    report.judge_status(Check::CallAnswers, &to, &answer, expected);
    let reply = answer.ok().filter(|reply| reply.status == 200)?;
    let media_type = reply.header("content-type");
    let json = media_type.split(';').next() == Some("application/json");
    report.judge(Check::AnswerIsJson, json, || format!("{to}: {media_type}"));
    let body = reply.json();
    let cards = body.as_ref().is_some_and(|body| body["cards"].is_array());
    report.judge(Check::AnswerShape, cards, || {
        format!("{to}: no array `cards`")
    });
    body.filter(|_| cards).map(|body| Answer { to, body })
}

/// Does a Bundle of the prefetch hold an error?
fn has_failed_search(request: &Value) -> bool {
    let keys = request["prefetch"].as_object().into_iter().flatten();
    let mut entries = keys.flat_map(|(_, bundle)| bundle["entry"].as_array().into_iter().flatten());
    entries.any(|entry| {
        let outcome = &entry["resource"];
        outcome["resourceType"] == "OperationOutcome" && outcome["issue"][0]["severity"] == "error"
    })
}

/// The ways of calling that are no fault, beside the whole prefetch.
async fn otherwise(
    ehr: &mut Ehr,
    service: &Offered,
    patient: &str,
    patients: &Patients,
    report: &mut Report,
) {
    let path = path(service);
    let to = service.id.as_str();
    let Some(whole) = patients.request(service, patient, Prefetch::Whole) else {
        return;
    };
    let first = ehr.call(Call::post(&path, &whole)).await;
    let again = ehr.call(Call::post(&path, &whole)).await;
    let same = matches!((&first, &again), (Ok(first), Ok(again))
        if first.status == again.status && first.text == again.text);
    report.judge(Check::CallRepeats, same, || to.to_owned());

    let mut more = whole.clone();
    more["unknown"] = json!({ "member": 1 });
    more["context"]["unknown"] = json!("member");
    let answer = ehr.call(Call::post(&path, &more)).await;
    report.judge_status(Check::UnknownMembers, to, &answer, &[200]);

    let searched = service.prefetch.iter().any(|(_, text)| text.contains('?'));
    for (check, prefetch, wanted) in [
        (Check::NoPrefetch, Prefetch::Absent, &[200, 412][..]),
        (Check::NullPrefetch, Prefetch::Null, &[200]),
        (Check::EmptyPrefetch, Prefetch::Empty, &[200]),
        (Check::FailedPrefetch, Prefetch::Failed, &[200, 412]),
    ] {
        if prefetch != Prefetch::Absent && !searched {
            report.skip(check, "no template is a search");
            continue;
        }
        if let Some(request) = patients.request(service, patient, prefetch) {
            let answer = ehr.call(Call::post(&path, &request)).await;
            report.judge_status(check, to, &answer, wanted);
        }
    }
    // A client forwards whole Bundles: longer than the 2 MB that many servers take by default.
    let mut long = whole;
    long["extension"] = json!({ "dk.sid-cds.doctor": "x".repeat(3 << 20) });
    let answer = ehr.call(Call::post(&path, &long)).await;
    report.judge_status(Check::TakesSize, to, &answer, &[200]);
}
