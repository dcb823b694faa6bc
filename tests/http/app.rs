//! The SMART app without a browser: sessions of every size, the banner, the statement that is written back.
//!
//! `tests/browser/smart.test.mjs` has the rest of the launch, in Chromium.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State as Shared},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sid_cds::{
    config::{AppKey, BaseUrl, Client, Config, SmartApp},
    server::State,
};
use tokio::net::TcpListener;
use url::{Host, Url};

use super::harness::{Answer, BASE, call, demonstration, get as get_from, service_with};

const APP: &str = "https://cds.example";
const SECRET: &str = "a secret of more than 32 characters";

/// An EHR: the demonstration's records behind a token, and a login.
#[derive(Clone)]
struct Ehr {
    base: String,
    inner: Arc<Inner>,
}

struct Inner {
    records: Router,
    base: Mutex<String>,
    behaviour: Mutex<Behaviour>,
    /// The challenge of the launch under way.
    challenge: Mutex<String>,
    created: Mutex<Vec<(HeaderMap, Value)>>,
}

/// What the EHR does.
#[derive(Clone)]
struct Behaviour {
    token: String,
    /// Members of the answer of the token endpoint besides the usual ones.
    besides: Value,
    scope: Value,
    /// The answer to a create.
    create: Create,
    /// What stands in for the patient's own resource.
    patient: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Create {
    /// This status, and the resource as the body.
    Whole(u16),
    /// This status, without a body.
    Bare(u16),
    /// 500, although it is kept.
    KeptWithFault,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            token: "secret-token".to_owned(),
            besides: json!({}),
            scope: json!("launch patient/*.rs patient/Observation.crs"),
            create: Create::Whole(201),
            patient: None,
        }
    }
}

impl Ehr {
    async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            records: demonstration(),
            base: Mutex::new(base.clone()),
            behaviour: Mutex::new(behaviour),
            challenge: Mutex::default(),
            created: Mutex::default(),
        });
        let routes = Router::new()
            .route("/fhir/.well-known/smart-configuration", get(describe))
            .route("/login/token", post(token))
            .route("/fhir/Observation", get(search).post(create))
            .route("/fhir/{*rest}", get(search))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { base, inner }
    }

    fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.inner.behaviour.lock().unwrap());
    }

    fn created(&self) -> Vec<(HeaderMap, Value)> {
        self.inner.created.lock().unwrap().clone()
    }

    /// A service where the app is registered with this EHR.
    fn service(&self) -> (Router, Arc<State>) {
        self.service_with(|_| {})
    }

    fn service_with(&self, change: impl FnOnce(&mut Config)) -> (Router, Arc<State>) {
        service_with(|config| {
            config.app_url = BaseUrl::parse(APP);
            config.clients = vec![Client {
                name: "hospital".to_owned(),
                fhir_servers: vec![BaseUrl::parse(&format!("{}/fhir", self.base)).unwrap()],
                private_network_hosts: vec![Host::parse("127.0.0.1").unwrap()],
                smart: Some(SmartApp {
                    client_id: "sid-cds".to_owned(),
                    login_servers: vec![BaseUrl::parse(&format!("{}/login", self.base)).unwrap()],
                }),
                ..Client::anonymous()
            }];
            change(config);
        })
    }
}

async fn describe(Shared(ehr): Shared<Arc<Inner>>) -> Json<Value> {
    let base = ehr.base.lock().unwrap().clone();
    Json(json!({
        "authorization_endpoint": format!("{base}/login/authorize"),
        "token_endpoint": format!("{base}/login/token"),
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn token(Shared(ehr): Shared<Arc<Inner>>, body: String) -> Response {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if *ehr.challenge.lock().unwrap() != challenge {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let behaviour = ehr.behaviour.lock().unwrap().clone();
    let mut answer = json!({
        "access_token": behaviour.token,
        "token_type": "bearer",
        "id_token": "x".repeat(3_000),
        "refresh_token": "y".repeat(3_000),
        "expires_in": 3600,
        "patient": "p17",
    });
    if !behaviour.scope.is_null() {
        answer["scope"] = behaviour.scope;
    }
    for (name, value) in behaviour.besides.as_object().unwrap() {
        answer[name] = value.clone();
    }
    Json(answer).into_response()
}

fn has_token(ehr: &Inner, headers: &HeaderMap) -> bool {
    let expected = format!("Bearer {}", ehr.behaviour.lock().unwrap().token);
    headers
        .get("authorization")
        .is_some_and(|value| *value == expected)
}

async fn search(Shared(ehr): Shared<Arc<Inner>>, request: Request) -> Response {
    if !has_token(&ehr, request.headers()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let target = request.uri().path_and_query().unwrap().as_str();
    let stands_in = ehr.behaviour.lock().unwrap().patient.clone();
    if let (Some(patient), true) = (stands_in, target.starts_with("/fhir/Patient/")) {
        return Json(patient).into_response();
    }
    let found = get_from(&ehr.records, target).await;
    let base = ehr.base.lock().unwrap().clone();
    let mut resource: Value = serde_json::from_str(&found.text.replace(BASE, &base)).unwrap();
    if target.starts_with("/fhir/Observation") {
        let created = ehr.created.lock().unwrap();
        let entries = created
            .iter()
            .map(|(_, statement)| json!({ "resource": statement }));
        let mut all = resource["entry"].as_array().cloned().unwrap_or_default();
        all.extend(entries);
        resource["entry"] = json!(all);
    }
    (found.status, Json(resource)).into_response()
}

async fn create(
    Shared(ehr): Shared<Arc<Inner>>,
    headers: HeaderMap,
    Json(mut resource): Json<Value>,
) -> Response {
    if !has_token(&ehr, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let answer = ehr.behaviour.lock().unwrap().create;
    let kept = |mut resource: Value| {
        let mut created = ehr.created.lock().unwrap();
        resource["id"] = json!(format!("created-{}", created.len()));
        created.push((headers.clone(), resource.clone()));
        resource
    };
    let status = |status| StatusCode::from_u16(status).unwrap();
    match answer {
        Create::Whole(code) if code < 300 => {
            resource = kept(resource);
            (status(code), Json(resource)).into_response()
        }
        Create::Bare(code) if code < 300 => {
            kept(resource);
            status(code).into_response()
        }
        Create::KeptWithFault => {
            kept(resource);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Create::Whole(code) => {
            let outcome = json!({ "resourceType": "OperationOutcome", "issue": [] });
            (status(code), Json(outcome)).into_response()
        }
        Create::Bare(code) => status(code).into_response(),
    }
}

/// What a browser does: it keeps cookies and sends them back.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn get(&mut self, service: &Router, path: &str) -> Answer {
        self.send(service, "GET", path, String::new()).await
    }

    async fn send(&mut self, service: &Router, method: &str, path: &str, body: String) -> Answer {
        let mut headers = vec![("accept-language", "en".to_owned())];
        // The path of the cookies.
        if path.starts_with("/app") && !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            headers.push(("cookie", pairs.collect::<Vec<_>>().join("; ")));
        }
        if method == "POST" {
            let form = "application/x-www-form-urlencoded";
            headers.push(("content-type", form.to_owned()));
        }
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = call(service, method, path, &headers, Body::from(body)).await;
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            assert!(name.len() + value.len() <= 4096, "{} bytes", set.len());
            assert!(
                set.contains("HttpOnly") && set.contains("Path=/app"),
                "{name}"
            );
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                assert!(set.contains("Secure"), "{name}");
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// From the EHR to the callback, whose answer it is.
    async fn launch(&mut self, service: &Router, ehr: &Ehr) -> Answer {
        let path = format!("/launch?iss={}/fhir&launch=from-the-ehr", ehr.base);
        // `launch` is outside the path of the cookies, and sets one for the callback.
        let begun = self.get(service, &path).await;
        let target = Url::parse(begun.header("location")).unwrap();
        let asked: BTreeMap<String, String> = target.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge_method"], "S256");
        ehr.inner
            .challenge
            .lock()
            .unwrap()
            .clone_from(&asked["code_challenge"]);
        let back = format!("/app/callback?code=c&state={}", asked["state"]);
        self.get(service, &back).await
    }

    /// The page of the app.
    async fn open(&mut self, service: &Router, ehr: &Ehr) -> Answer {
        let back = self.launch(service, ehr).await;
        assert_eq!(
            (back.status.as_u16(), back.header("location")),
            (303, "/app"),
            "{}",
            back.text
        );
        let page = self.get(service, "/app").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page
    }

    /// Sends the form of a page.
    async fn state(&mut self, service: &Router, page: &Answer, present: bool) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for name in ["lang", "form", "entry", "from", "to"] {
            form.append_pair(name, field(&page.text, name));
        }
        let body = form.append_pair("present", &present.to_string()).finish();
        self.send(service, "POST", "/app/history", body).await
    }
}

/// The value of a field of a page.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, after) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    after.split('"').next().unwrap()
}

/// The line of the banner as text.
fn banner(page: &str) -> String {
    let (_, line) = page.split_once("<p class=\"patient\">").unwrap();
    let mut text = String::new();
    let mut inside = true;
    for letter in line.split("</p>").next().unwrap().chars() {
        match letter {
            '<' => inside = false,
            '>' => inside = true,
            letter if inside => text.push(letter),
            _ => {}
        }
    }
    text
}

fn title(page: &str) -> &str {
    let (_, after) = page.split_once("<h2 id=\"written-title\">").unwrap();
    after.split('<').next().unwrap()
}

#[tokio::test]
async fn a_token_of_any_usual_size_opens_the_chart() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for size in [1_000, 2_800, 3_000, 6_000, 8_000, 12_288] {
        ehr.set(|behaviour| behaviour.token = "t".repeat(size));
        let mut browser = Browser::default();
        let page = browser.open(&service, &ehr).await;
        assert!(page.text.contains("<svg"), "{size}");
        assert!(!page.text.contains("tttt"), "{size}");
        let all: usize = browser
            .cookies
            .iter()
            .map(|(name, value)| name.len() + value.len() + 3)
            .sum();
        assert!(all < 24_576, "{size}: {all}");
        // The clinician's own access is what the chart was read with.
        let again = browser.get(&service, "/app?lang=da").await;
        assert_eq!(again.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_larger_token_gets_a_page_that_says_so() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for size in [12_289, 100_000] {
        ehr.set(|behaviour| behaviour.token = "t".repeat(size));
        let mut browser = Browser::default();
        let page = browser.launch(&service, &ehr).await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY);
        assert!(page.text.contains("larger than the 12 kB"), "{}", page.text);
        assert!(browser.cookies.is_empty());
        assert_eq!(
            browser.get(&service, "/app").await.status,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn instances_with_one_key_share_their_sessions() {
    let ehr = Ehr::start(Behaviour::default()).await;
    ehr.set(|behaviour| behaviour.token = "t".repeat(8_000));
    let keyed = || {
        ehr.service_with(|config| config.app_key = AppKey::new(SECRET))
            .0
    };
    let (here, there, alone) = (keyed(), keyed(), ehr.service().0);
    let mut browser = Browser::default();
    // Launched at one, answered at another.
    let path = format!("/launch?iss={}/fhir&launch=from-the-ehr", ehr.base);
    let begun = browser.get(&here, &path).await;
    let target = Url::parse(begun.header("location")).unwrap();
    let asked: BTreeMap<String, String> = target.query_pairs().into_owned().collect();
    ehr.inner
        .challenge
        .lock()
        .unwrap()
        .clone_from(&asked["code_challenge"]);
    let back = format!("/app/callback?code=c&state={}", asked["state"]);
    assert_eq!(browser.get(&there, &back).await.header("location"), "/app");
    for instance in [&here, &there] {
        assert_eq!(browser.get(instance, "/app").await.status, StatusCode::OK);
    }
    assert_eq!(
        browser.get(&alone, "/app").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_banner_says_whose_chart_it_is_unless_the_ehr_does() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for (besides, shown) in [
        (json!({}), true),
        (json!({ "need_patient_banner": true }), true),
        (json!({ "need_patient_banner": null }), true),
        (json!({ "need_patient_banner": false }), false),
        (json!({ "need_patient_banner": "false" }), false),
    ] {
        let mut besides = besides;
        besides["patient"] = json!("p05");
        ehr.set(|behaviour| behaviour.besides = besides.clone());
        let page = Browser::default().open(&service, &ehr).await;
        let line = banner(&page.text);
        let who = "Else Prøvesen CPR 290251-4052 born 2 September 1951 (74 years) ";
        assert_eq!(
            line,
            format!("{}Patient/p05", if shown { who } else { "" }),
            "{besides}"
        );
    }
}

#[tokio::test]
async fn a_banner_of_any_patient_stays_text() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    let patient = |members: Value| {
        let mut patient = json!({ "resourceType": "Patient", "id": "p17" });
        patient
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        patient
    };
    let hostile = "<script>alert(1)</script>";
    for (resource, said) in [
        (patient(json!({})), "Name not recorded Patient/p17"),
        (
            patient(json!({ "name": [{ "text": hostile }], "identifier": [{ "value": hostile }] })),
            "&#60;script&#62;alert(1)&#60;/script&#62; Patient id &#60;script&#62;alert(1)&#60;/script&#62; Patient/p17",
        ),
        (
            patient(json!({ "birthDate": "1951-09-02", "deceasedDateTime": "2026-01-03" })),
            "Name not recorded born 2 September 1951 died 3 January 2026 Patient/p17",
        ),
        // Another patient than was asked for is nobody's banner.
        (
            json!({ "resourceType": "Patient", "id": "p18", "name": [{ "text": "Another" }] }),
            "Name not recorded Patient/p17",
        ),
    ] {
        ehr.set(|behaviour| behaviour.patient = Some(resource.clone()));
        let page = Browser::default().open(&service, &ehr).await;
        let line = banner(&page.text);
        let line: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(line.join(" "), said, "{resource}");
        assert!(!page.text.contains(hostile));
    }
}

#[tokio::test]
async fn the_page_shows_the_card_from_which_it_was_opened() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    ehr.set(|behaviour| behaviour.besides = json!({ "patient": "p05" }));
    let page = Browser::default().open(&service, &ehr).await;
    let opened = "The app was opened from this card.";
    assert!(!page.text.contains(opened));
    let (_, code) = page.text.split_once("<article class=\"card").unwrap();
    let (_, code) = code.split_once("<span class=\"code\">").unwrap();
    let context = json!({ "card": code.split('<').next().unwrap(), "uuid": "x" }).to_string();
    for (context, count) in [
        (json!(context), 1),
        (json!("{"), 0),
        (json!({ "card": 7 }), 0),
    ] {
        ehr.set(|behaviour| behaviour.besides = json!({ "patient": "p05", "appContext": context }));
        let page = Browser::default().open(&service, &ehr).await;
        assert_eq!(page.text.matches(opened).count(), count, "{context}");
    }
}

#[tokio::test]
async fn what_comes_of_a_statement_is_said() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for (answer, said) in [
        (Create::Whole(201), "Stored in the record"),
        (Create::Whole(200), "Stored in the record"),
        // FHIR allows an answer without a body: it is stored all the same.
        (Create::Bare(201), "Stored in the record"),
        (
            Create::Whole(403),
            "Not stored: copy the text to the record",
        ),
        (
            Create::Whole(422),
            "Not stored: copy the text to the record",
        ),
        (Create::Bare(401), "Not stored: copy the text to the record"),
        (Create::Bare(503), "It is not known whether it was stored"),
        // The chart that is read afterwards holds it.
        (Create::KeptWithFault, "Stored in the record"),
    ] {
        ehr.set(|behaviour| behaviour.create = answer);
        ehr.inner.created.lock().unwrap().clear();
        let mut browser = Browser::default();
        let page = browser.open(&service, &ehr).await;
        let written = browser.state(&service, &page, false).await;
        assert_eq!(written.status, StatusCode::OK);
        assert_eq!(title(&written.text), said, "{answer:?}");
        let stored = said.starts_with("Stored");
        assert_eq!(ehr.created().len(), usize::from(stored), "{answer:?}");
        assert_eq!(written.text.contains("<pre"), !stored, "{answer:?}");
        assert_eq!(
            written.text.contains("Start criteria not met"),
            stored,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_statement_is_created_only_where_the_scopes_allow_it() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    for (scope, stored) in [
        (json!("launch patient/*.rs"), false),
        (json!(""), false),
        (json!("patient/Observation.write"), true),
        // What was asked for was granted (RFC 6749 §5.1).
        (Value::Null, true),
    ] {
        ehr.set(|behaviour| behaviour.scope = scope.clone());
        ehr.inner.created.lock().unwrap().clear();
        let mut browser = Browser::default();
        let page = browser.open(&service, &ehr).await;
        let written = browser.state(&service, &page, true).await;
        assert_eq!(ehr.created().len(), usize::from(stored), "{scope}");
        assert_eq!(
            written.text.contains("does not let the app store"),
            !stored,
            "{scope}"
        );
    }
}

#[tokio::test]
async fn a_double_click_creates_once() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    let mut browser = Browser::default();
    let page = browser.open(&service, &ehr).await;
    let mut twin = Browser {
        cookies: browser.cookies.clone(),
    };
    let (one, other) = tokio::join!(
        browser.state(&service, &page, false),
        twin.state(&service, &page, false)
    );
    for written in [&one, &other] {
        assert_eq!(title(&written.text), "Stored in the record");
    }
    // A reload of the answer sends the form again.
    let again = browser.state(&service, &page, false).await;
    assert_eq!(title(&again.text), "Stored in the record");
    let created = ehr.created();
    assert_eq!(created.len(), 1);
    let (headers, statement) = &created[0];
    let identifier = &statement["identifier"][0];
    let value = identifier["value"].as_str().unwrap();
    assert_eq!(identifier["system"], "urn:ietf:rfc:3986");
    assert!(value.starts_with("urn:uuid:"));
    // A server that heeds it creates nothing twice, whichever instance asks.
    let condition = format!("identifier=urn:ietf:rfc:3986|{value}");
    assert_eq!(headers["if-none-exist"], condition);
    // Another answer of the same page, and the same answer of a new page, are statements of their own.
    browser.state(&service, &page, true).await;
    browser.state(&service, &one, false).await;
    let values: Vec<Value> = ehr
        .created()
        .iter()
        .map(|(_, s)| s["valueBoolean"].clone())
        .collect();
    assert_eq!(values, [json!(false), json!(true), json!(false)]);
}

#[tokio::test]
async fn a_form_that_does_not_fit_stores_nothing() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let (service, _) = ehr.service();
    let mut browser = Browser::default();
    let page = browser.open(&service, &ehr).await;
    let fields =
        ["lang", "form", "entry", "from", "to"].map(|name| (name, field(&page.text, name)));
    for (changed, to) in [
        ("form", "another"),
        ("from", "2026-03-17"),
        ("to", "2026-03-17"),
        ("to", "2020-01-01"),
        ("to", "x"),
        ("present", "perhaps"),
    ] {
        let mut form: Map<String, Value> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        form.insert("present".to_owned(), json!("true"));
        form.insert(changed.to_owned(), json!(to));
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &form {
            body.append_pair(name, value.as_str().unwrap());
        }
        let answer = browser
            .send(&service, "POST", "/app/history", body.finish())
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changed}={to}");
    }
    assert!(ehr.created().is_empty());
}

#[tokio::test]
async fn cards_link_to_the_app_only_where_it_can_be_opened() {
    let ehr = Ehr::start(Behaviour::default()).await;
    let request = get_from(&demonstration(), "/demo/requests/p05/patient-view")
        .await
        .json();
    for (service, linked) in [
        (ehr.service().0, true),
        (ehr.service_with(|config| config.app_url = None).0, false),
        (
            ehr.service_with(|config| config.clients[0].smart = None).0,
            false,
        ),
    ] {
        let answer =
            super::harness::post(&service, "/cds-services/sid-patient-view", &request).await;
        let answer = answer.json();
        let cards = answer["cards"].as_array().unwrap();
        assert!(!cards.is_empty());
        for card in cards {
            assert_eq!(card.get("links").is_some(), linked);
            if linked {
                assert_eq!(card["links"][0]["url"], format!("{APP}/launch"));
            }
        }
    }
}
