//! Calls that must be refused: each with its status, an `OperationOutcome`, and nothing of the
//! request in it.

use serde_json::{Value, json};

use super::{
    check::Check,
    cross_origin,
    discovery::Offered,
    ehr::{Answered, Call, Ehr},
    patients::Patients,
    report::{Report, said},
    value::is_text,
};

/// A value that no refusal may repeat; an invented civil registration number.
const SECRET: &str = "0101701234";
/// More than any prefetch.
const HUGE: usize = 32 << 20;

/// Makes each wrong call of the first service that the doctor knows the context of.
///
/// `allowed`: the service answers calls from this origin.
pub async fn examine(
    ehr: &mut Ehr,
    offered: &[Offered],
    patients: &Patients,
    allowed: bool,
    report: &mut Report,
) {
    if !allowed {
        report.skip(Check::ErrorsCrossOrigin, cross_origin::NOT_ALLOWED);
    }
    let Some((path, sound)) = patients.plain(offered) else {
        return;
    };
    let path = path.as_str();
    for (check, change) in CHANGES {
        let mut request = sound.clone();
        request["extension"] = json!({ "dk.sid-cds.doctor": SECRET });
        change(&mut request);
        let answer = ehr.call(Call::post(path, &request)).await;
        refused(check, path, &answer, 400, allowed, report);
    }
    let broken = format!("{{\"hook\": \"{SECRET}");
    for (check, call, wanted) in [
        (
            Check::RefusesBrokenJson,
            Call::post_bytes(path, "application/json", broken.into_bytes()),
            400,
        ),
        (
            Check::RefusesMediaType,
            Call::post_bytes(path, "text/plain", sound.to_string().into_bytes()),
            415,
        ),
        (
            Check::RefusesUnknownService,
            Call::post("/cds-services/sid-cds-doctor-unknown", &sound),
            404,
        ),
        (Check::RefusesMethod, Call::get(path), 405),
    ] {
        let answer = ehr.call(call).await;
        refused(check, path, &answer, wanted, allowed, report);
    }
    survives(ehr, path, report).await;
}

type Change = fn(&mut Value);

/// One fault each.
const CHANGES: [(Check, Change); 5] = [
    (Check::RefusesOtherHook, |request| {
        request["hook"] = json!("dk.sid-cds.another");
    }),
    (Check::RefusesNoInstance, |request| {
        remove(request, "hookInstance");
    }),
    (Check::RefusesNoServer, |request| {
        request["fhirAuthorization"] = json!({
            "access_token": SECRET,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.rs",
            "subject": SECRET,
        });
    }),
    (Check::RefusesNoContext, |request| {
        remove(request, "context");
    }),
    (Check::RefusesNoPatient, |request| {
        if let Some(context) = request.get_mut("context") {
            remove(context, "patientId");
        }
    }),
];

fn remove(object: &mut Value, name: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(name);
    }
}

/// Judges a refusal: its status, and where it is an error, its body and its headers.
fn refused(
    check: Check,
    call: &str,
    answer: &Answered,
    wanted: u16,
    allowed: bool,
    report: &mut Report,
) {
    report.judge_status(check, call, answer, &[wanted]);
    let Ok(reply) = answer else { return };
    if reply.status < 400 {
        return;
    }
    let what = check.about().what;
    let outcome = reply.json().is_some_and(|body| is_outcome(&body));
    report.judge(Check::RefusalOutcome, outcome, || what.to_owned());
    let silent = !reply.text.contains(SECRET);
    report.judge(Check::RefusalSilence, silent, || what.to_owned());
    if allowed {
        let readable = !reply.header("access-control-allow-origin").is_empty();
        report.judge(Check::ErrorsCrossOrigin, readable, || what.to_owned());
    }
}

fn is_outcome(body: &Value) -> bool {
    let issues = body["issue"].as_array();
    body["resourceType"] == "OperationOutcome"
        && issues.is_some_and(|issues| {
            let whole = |issue: &Value| is_text(&issue["severity"]) && is_text(&issue["code"]);
            !issues.is_empty() && issues.iter().all(whole)
        })
}

/// A service may cut off a body that is too long; it must be there for the next call.
async fn survives(ehr: &mut Ehr, path: &str, report: &mut Report) {
    let huge = Call::post_bytes(path, "application/json", vec![b' '; HUGE]);
    let answer = ehr.call(huge).await;
    let failed = answer.as_ref().is_ok_and(|reply| reply.status >= 500);
    let after = ehr.call(Call::get("/cds-services")).await;
    let alive = after.as_ref().is_ok_and(|reply| reply.status == 200);
    report.judge(Check::SurvivesSize, alive && !failed, || {
        format!("{}; discovery after it: {}", said(&answer), said(&after))
    });
}
