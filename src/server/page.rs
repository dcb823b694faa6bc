//! The page at the root in demonstration mode: what this is, the patients, what to try.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::State as Shared,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use url::form_urlencoded;

use super::{State, demonstration::Demonstration, error::Refusal, language};
use crate::cards::Language;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
/// Nothing but the page's own style sheet is loaded, and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// The public sandbox, and a screen of it for each hook (both parameters are needed).
const SANDBOX: &str = "https://sandbox.cds-hooks.org/";
const SCREENS: [(&str, &str); 3] = [
    ("patient-view", "patient-view"),
    ("order-select", "rx-view"),
    ("order-sign", "rx-sign"),
];

/// `GET /`.
pub async fn root(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let demonstration = state
        .demonstration
        .as_ref()
        .ok_or_else(|| Refusal::not_found("There is no demonstration here."))?;
    let language = language::of(state.config.language, &headers);
    Ok((
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ],
        html(demonstration, language),
    )
        .into_response())
}

/// `GET /page.css`.
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

fn html(demonstration: &Demonstration, language: Language) -> String {
    let base = demonstration.base();
    let mut rows = String::new();
    for patient in demonstration.patients() {
        let id = escape(&patient.id);
        let mut links = String::new();
        for (hook, screen) in SCREENS {
            let url = escape(&sandbox_url(base, &patient.id, hook, screen));
            // A String takes whatever is written to it.
            let _ = write!(
                links,
                "<a href=\"{url}\" aria-label=\"{id}, {hook}\">{hook}</a> "
            );
        }
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\"><a href=\"/fhir/Patient/{id}\">{id}</a></th>\
             <td><strong>{}</strong><br><span lang=\"{}\">{}</span></td><td>{links}</td></tr>",
            escape(&patient.title),
            language::tag(language),
            escape(patient.story.in_language(language)),
        );
    }
    let commands = curl_lines(demonstration).join("\n");
    PAGE.replace("{rows}", &rows)
        .replace("{commands}", &escape(&commands))
        .replace("{base}", &escape(base))
}

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

fn sandbox_url(base: &str, patient_id: &str, hook: &str, screen: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("fhirServiceUrl", &format!("{base}/fhir"))
        .append_pair("patientId", patient_id)
        .append_pair("serviceDiscoveryURL", &format!("{base}/cds-services"))
        .append_pair("hook", hook)
        .append_pair("screen", screen)
        .finish();
    format!("{SANDBOX}?{query}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
