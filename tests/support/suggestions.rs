//! What accepting a card's suggestions would do to the record.

use serde_json::Value;
use sid_cds::{
    cards::card::{Action, Card},
    chart::Chart,
    guideline::facts::Reference,
};

/// What is wrong with the first action that is wrong: what it would store is valid R4 without loss and
/// about this patient, and what it would change or delete is an order that the client sent.
pub fn fault(card: &Card, chart: &Chart) -> Option<String> {
    card.suggestions
        .iter()
        .flat_map(|suggestion| &suggestion.actions)
        .find_map(|action| of_action(action, chart))
        .map(|fault| format!("{:?}: {fault}", card.code))
}

fn of_action(action: &Action, chart: &Chart) -> Option<String> {
    let sent = |order: &Reference| chart.orders.contains_key(order);
    let resource = match action {
        Action::Delete { resource_id, .. } => {
            return (!sent(&Reference::new(resource_id))).then(|| format!("deletes {resource_id}"));
        }
        Action::Create { resource, .. } | Action::Update { resource, .. } => resource.json(),
    };
    let value: Value = serde_json::from_str(resource).expect("JSON");
    if let Action::Update { .. } = action {
        let text = |member: &str| value[member].as_str().unwrap_or_default();
        let order = Reference::new(format!("{}/{}", text("resourceType"), text("id")));
        if !sent(&order) {
            return Some(format!("updates {order}"));
        }
    }
    match r4::read(resource) {
        Err(error) => return Some(format!("{error}: {resource}")),
        Ok(read) if !read.lost.is_empty() => {
            return Some(format!("{:?} lost of {resource}", read.lost));
        }
        Ok(_) => {}
    }
    let about = ["subject", "for", "patient"]
        .iter()
        .find_map(|member| value[member]["reference"].as_str());
    let patient = chart.patient.as_ref().map(Reference::as_str);
    (about != patient).then(|| format!("about {about:?}: {resource}"))
}
