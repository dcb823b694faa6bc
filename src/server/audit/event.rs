//! A line of the audit trail as a FHIR R4 `AuditEvent`.
//!
//! The codes are those of HL7's and DICOM's code systems that R4 binds the elements to;
//! `tests/audit/validate.mjs` holds events against both.

use serde_json::{Value, json};

use super::entry::{Entry, Kind};

/// The event. Who called is known by the name that the configuration gives the client; what the call
/// was about, by the hook instance.
pub(super) fn event(entry: &Entry<'_>) -> Value {
    let mut details = Vec::new();
    let one = |kind: &str, value: Option<&str>| value.map(|value| detail(kind, value));
    let number = |number: u64| Some(number.to_string());
    details.extend(one("service", entry.service));
    details.extend(one("status", number(entry.status.into()).as_deref()));
    let milliseconds = entry.milliseconds.to_string();
    details.extend(one("milliseconds", Some(&milliseconds)));
    details.extend(one("claimed-client", entry.claimed_client));
    details.extend(one("population", entry.population.as_deref()));
    let lists = [
        ("conclusion", entry.conclusions.as_deref()),
        ("card", entry.cards),
        ("data-problem", entry.data_problems.as_deref()),
    ];
    for (kind, codes) in lists {
        details.extend(codes.into_iter().flatten().map(|code| detail(kind, code)));
    }
    let counts = [
        ("entries", entry.entries.map(|count| count as u64)),
        ("withheld", entry.withheld),
    ];
    for (kind, count) in counts {
        details.extend(one(kind, count.and_then(number).as_deref()));
    }
    let (name, action, subtype) = match entry.call {
        Kind::Discovery => ("discovery", "R", "capabilities"),
        Kind::Hook => ("hook", "E", "operation"),
        Kind::Feedback => ("feedback", "E", "operation"),
    };
    let mut what = json!({
        "type": coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object"),
        "name": name,
        "detail": details,
    });
    if let Some(instance) = entry.hook_instance {
        what["what"] = json!({ "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": format!("urn:uuid:{instance}"),
        } });
    }
    let role = coding(
        "http://dicom.nema.org/resources/ontology/DCM",
        "110153",
        "Source Role ID",
    );
    let mut agent = json!({ "type": { "coding": [role] }, "requestor": true });
    if let Some(client) = entry.client {
        agent["who"] = json!({ "display": client });
    }
    let mut event = json!({
        "resourceType": "AuditEvent",
        "type": coding(
            "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "rest",
            "RESTful Operation",
        ),
        "subtype": [coding("http://hl7.org/fhir/restful-interaction", subtype, subtype)],
        "action": action,
        "recorded": format!("{:.3}", entry.at),
        "outcome": outcome(entry.status),
        "agent": [agent],
        "source": {
            "observer": { "display": "sid-cds" },
            "type": [coding(
                "http://terminology.hl7.org/CodeSystem/security-source-type",
                "4",
                "Application Server",
            )],
        },
        "entity": [what],
    });
    if let Some(cause) = entry.cause {
        event["outcomeDesc"] = json!(cause);
    }
    event
}

/// Success, minor failure (the client's), serious failure (ours).
fn outcome(status: u16) -> &'static str {
    match status {
        0..=399 => "0",
        400..=499 => "4",
        _ => "8",
    }
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

fn detail(kind: &str, value: &str) -> Value {
    json!({ "type": kind, "valueString": value })
}
