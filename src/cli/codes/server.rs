//! The codes of a FHIR server: the first pages of a search of each type that is read.

use std::time::Duration;

use reqwest::{Client, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::Url;

use crate::chart::survey::Survey;

/// The types whose codes decide, with the element to ask for.
const SEARCHES: [(&str, &str); 11] = [
    ("Observation", "code,component"),
    ("Condition", "code"),
    ("Procedure", "code"),
    ("ServiceRequest", "code"),
    ("Medication", "code"),
    ("MedicationRequest", "medication,reasonCode"),
    ("MedicationAdministration", "medication"),
    ("MedicationStatement", "medication"),
    ("MedicationDispense", "medication"),
    ("Encounter", "class,type"),
    ("Immunization", "vaccineCode"),
];
/// Resources of a page.
const PAGE: usize = 200;
/// Longest wait for one page.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest page, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// The variable with the bearer token.
const TOKEN: &str = "FHIR_TOKEN";

/// Counts the codes of the server at `base`. A type whose search fails is told, and does not keep the
/// others from being searched; one that the server does not have (404) holds no codes.
///
/// # Errors
///
/// A base URL or header that is none, and every search that failed, by type.
pub fn read(
    base: &str,
    headers: &[String],
    pages: usize,
    survey: &mut Survey<'_>,
) -> Result<(), String> {
    let base = Url::parse(&format!("{}/", base.trim_end_matches('/')))
        .map_err(|e| format!("not a URL: {e}"))?;
    let client = client(headers)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let mut failures = Vec::new();
    for (kind, elements) in SEARCHES {
        let searched = runtime.block_on(search(&client, &base, kind, elements, pages, survey));
        if let Err(reason) = searched {
            failures.push(format!("{kind}: {reason}"));
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("; "))
    }
}

fn client(headers: &[String]) -> Result<Client, String> {
    let mut all = header::HeaderMap::new();
    let accepted = header::HeaderValue::from_static("application/fhir+json");
    all.insert(header::ACCEPT, accepted);
    let token = std::env::var(TOKEN).ok();
    let token = token.map(|token| format!("Authorization: Bearer {token}"));
    for line in headers.iter().chain(&token) {
        // A header may be a secret: what is wrong with it is said without it.
        let (name, value) = line.split_once(':').ok_or("a header is \"Name: value\"")?;
        let name: header::HeaderName = name
            .trim()
            .parse()
            .map_err(|_| "a header's name is not one")?;
        let mut value: header::HeaderValue = value
            .trim()
            .parse()
            .map_err(|_| format!("the value of the header {name} is not one"))?;
        value.set_sensitive(true);
        all.insert(name, value);
    }
    Client::builder()
        .default_headers(all)
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .map_err(|e| e.without_url().to_string())
}

async fn search(
    client: &Client,
    base: &Url,
    kind: &str,
    elements: &str,
    pages: usize,
    survey: &mut Survey<'_>,
) -> Result<(), String> {
    let mut next = base
        .join(&format!("{kind}?_count={PAGE}&_elements={elements}"))
        .map_err(|e| e.to_string())?;
    for _ in 0..pages {
        let Some(page) = page(client, next.clone()).await? else {
            return Ok(());
        };
        if page.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
            return Err("the answer is no Bundle".to_owned());
        }
        survey.add(&page);
        let links = page.get("link").and_then(Value::as_array);
        let link = links
            .into_iter()
            .flatten()
            .find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))
            .and_then(|link| link.get("url"))
            .and_then(Value::as_str);
        let Some(link) = link else { return Ok(()) };
        let link = base.join(link).map_err(|e| format!("next link: {e}"))?;
        // The token goes nowhere else.
        if link.origin() != base.origin() || !link.path().starts_with(base.path()) {
            return Err("the next link leads away from the server".to_owned());
        }
        next = link;
    }
    Ok(())
}

async fn page(client: &Client, url: Url) -> Result<Option<Value>, String> {
    let failed = |e: reqwest::Error| e.without_url().to_string();
    let mut answer = client.get(url).send().await.map_err(failed)?;
    if answer.status() == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !answer.status().is_success() {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST {
            return Err("a page is too large".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    let page = serde_json::from_slice(&body).map_err(|_| "the answer is not JSON".to_owned());
    page.map(Some)
}
