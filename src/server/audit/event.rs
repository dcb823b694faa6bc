//! A line of the audit trail as a FHIR R4 `AuditEvent`.
//!
//! The codes are those of HL7's code systems audit-event-type and audit-event-outcome, and of the
//! required bindings of `AuditEvent` in R4.

use serde_json::{Value, json};

use super::Entry;

/// The event. Who called is known by the name that the configuration gives the client; what the call
/// was about, by the hook instance.
pub(super) fn event(entry: &Entry<'_>) -> Value {
    let mut details = vec![
        detail("service", entry.service),
        detail("status", &entry.status.to_string()),
        detail("milliseconds", &entry.milliseconds.to_string()),
    ];
    if let Some(population) = &entry.population {
        details.push(detail("population", population));
    }
    let lists = [
        ("conclusion", entry.conclusions.as_deref()),
        ("card", entry.cards),
        ("data-problem", entry.data_problems.as_deref()),
    ];
    for (kind, codes) in lists {
        details.extend(codes.into_iter().flatten().map(|code| detail(kind, code)));
    }
    if let Some(entries) = entry.entries {
        details.push(detail("entries", &entries.to_string()));
    }
    let mut what = json!({ "name": entry.call, "detail": details });
    if let Some(instance) = entry.hook_instance {
        what["what"] = json!({ "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": format!("urn:uuid:{instance}"),
        } });
    }
    json!({
        "resourceType": "AuditEvent",
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
            "display": "RESTful Operation",
        },
        "action": "E",
        "recorded": format!("{:.3}", entry.at),
        "outcome": outcome(entry.status),
        "agent": [{ "who": { "display": entry.client }, "requestor": true }],
        "source": { "observer": { "display": "sid-cds" } },
        "entity": [what],
    })
}

/// Success, minor failure (the client's), serious failure (ours).
fn outcome(status: u16) -> &'static str {
    match status {
        0..=399 => "0",
        400..=499 => "4",
        _ => "8",
    }
}

fn detail(kind: &str, value: &str) -> Value {
    json!({ "type": kind, "valueString": value })
}
