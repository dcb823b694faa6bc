//! An EHR with a login that launches the SMART app, and a browser that goes its way.

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
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sid_cds::{
    config::{BaseUrl, Client, Config, SmartApp},
    server::State,
};
use tokio::net::TcpListener;
use url::{Host, Url};

use super::harness::{Answer, BASE, call, demonstration, get as get_from, service_with};

pub const APP: &str = "https://cds.example";

/// An EHR: the demonstration's records behind a token, and a login.
#[derive(Clone)]
pub struct Ehr {
    pub base: String,
    pub inner: Arc<Inner>,
}

pub struct Inner {
    pub records: Router,
    pub base: Mutex<String>,
    pub behaviour: Mutex<Behaviour>,
    /// The challenge of the launch under way.
    pub challenge: Mutex<String>,
    pub created: Mutex<Vec<(HeaderMap, Value)>>,
}

/// What the EHR does.
#[derive(Clone)]
pub struct Behaviour {
    pub token: String,
    /// Members of the answer of the token endpoint besides the usual ones.
    pub besides: Value,
    pub scope: Value,
    /// The answer to a create.
    pub create: Create,
    /// What stands in for the patient's own resource.
    pub patient: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Create {
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
    pub async fn start(behaviour: Behaviour) -> Self {
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

    pub fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.inner.behaviour.lock().unwrap());
    }

    pub fn created(&self) -> Vec<(HeaderMap, Value)> {
        self.inner.created.lock().unwrap().clone()
    }

    /// A service where the app is registered with this EHR.
    pub fn service(&self) -> (Router, Arc<State>) {
        self.service_with(|_| {})
    }

    pub fn service_with(&self, change: impl FnOnce(&mut Config)) -> (Router, Arc<State>) {
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

pub async fn describe(Shared(ehr): Shared<Arc<Inner>>) -> Json<Value> {
    let base = ehr.base.lock().unwrap().clone();
    Json(json!({
        "authorization_endpoint": format!("{base}/login/authorize"),
        "token_endpoint": format!("{base}/login/token"),
        "code_challenge_methods_supported": ["S256"],
    }))
}

pub async fn token(Shared(ehr): Shared<Arc<Inner>>, body: String) -> Response {
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

pub fn has_token(ehr: &Inner, headers: &HeaderMap) -> bool {
    let expected = format!("Bearer {}", ehr.behaviour.lock().unwrap().token);
    headers
        .get("authorization")
        .is_some_and(|value| *value == expected)
}

pub async fn search(Shared(ehr): Shared<Arc<Inner>>, request: Request) -> Response {
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

pub async fn create(
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
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub async fn get(&mut self, service: &Router, path: &str) -> Answer {
        self.send(service, "GET", path, String::new()).await
    }

    pub async fn send(
        &mut self,
        service: &Router,
        method: &str,
        path: &str,
        body: String,
    ) -> Answer {
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

    /// From the EHR to its login: the address at which the browser comes back.
    pub async fn begin(&mut self, service: &Router, ehr: &Ehr) -> String {
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
        format!("/app/callback?code=c&state={}", asked["state"])
    }

    /// From the EHR to the callback, whose answer it is.
    pub async fn launch(&mut self, service: &Router, ehr: &Ehr) -> Answer {
        let back = self.begin(service, ehr).await;
        self.get(service, &back).await
    }

    /// The page of the app.
    pub async fn open(&mut self, service: &Router, ehr: &Ehr) -> Answer {
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
    pub async fn state(&mut self, service: &Router, page: &Answer, present: bool) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for name in ["lang", "form", "entry", "from", "to"] {
            form.append_pair(name, field(&page.text, name));
        }
        let body = form.append_pair("present", &present.to_string()).finish();
        self.send(service, "POST", "/app/history", body).await
    }
}

/// The value of a field of a page.
pub fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, after) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    after.split('"').next().unwrap()
}

/// The line of the banner as text.
pub fn banner(page: &str) -> String {
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

pub fn title(page: &str) -> &str {
    let (_, after) = page.split_once("<h2 id=\"written-title\">").unwrap();
    after.split('<').next().unwrap()
}
