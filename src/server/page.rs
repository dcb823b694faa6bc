//! What the demonstration page and the greeting of `demo` offer to try: commands and sandbox links.

use url::form_urlencoded;

use super::demonstration::Demonstration;

/// The public sandbox, and a screen of it for each hook (both parameters are needed).
const SANDBOX: &str = "https://sandbox.cds-hooks.org/";
/// The hooks, each with its screen of the sandbox.
pub const SCREENS: [(&str, &str); 3] = [
    ("patient-view", "patient-view"),
    ("order-select", "rx-view"),
    ("order-sign", "rx-sign"),
];

/// Commands that work when pasted: discovery, and one patient for each of two hooks.
pub fn curl_lines(demonstration: &Demonstration) -> Vec<String> {
    let base = demonstration.base();
    // A chart that is opened, and an order that gets a warning.
    let examples = [("patient-view", "C01"), ("order-select", "C05")];
    let posts = examples.iter().filter_map(|(hook, card)| {
        let patients = demonstration.patients();
        let patient = patients
            .iter()
            .find(|patient| patient.cards.iter().any(|c| c == card))?;
        Some(format!(
            "curl -s {base}/demo/requests/{}/{hook} | curl -s {base}/cds-services/sid-{hook} \
             -H 'content-type: application/json' -d @-",
            patient.id
        ))
    });
    std::iter::once(format!("curl -s {base}/cds-services"))
        .chain(posts)
        .collect()
}

/// The address of a screen of the public sandbox for a patient.
pub fn sandbox_url(base: &str, patient_id: &str, hook: &str, screen: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("fhirServiceUrl", &format!("{base}/fhir"))
        .append_pair("patientId", patient_id)
        .append_pair("serviceDiscoveryURL", &format!("{base}/cds-services"))
        .append_pair("hook", hook)
        .append_pair("screen", screen)
        .finish();
    format!("{SANDBOX}?{query}")
}
