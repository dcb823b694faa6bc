//! Nothing of a patient, and no token, is in the log, the metrics, a trace, or an error:
//! `docs/LOGGING.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

#[allow(dead_code, reason = "what other tests use")]
#[path = "support/collector.rs"]
mod collector;

use collector::Collector;

/// A word that is in no program: what carries it comes from a call.
const MARK: &str = "Qvistgaardsen";
/// A token that could be one.
const TOKEN: &str = "eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJRdmlzdGdhYXJkc2VuIn0.UXZpc3RnYWFyZHNlbg";
/// The token of a FHIR server.
const ACCESS_TOKEN: &str = "access-Qvistgaardsen-0101701234";

/// A running program, with the most talkative log there is.
struct Program {
    child: Child,
    log: tempfile::NamedTempFile,
    address: SocketAddr,
    metrics: SocketAddr,
}

impl Program {
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_sid-cds"))
            .env_clear()
            .args(arguments)
            .envs(environment.iter().copied())
            .env("SID_CDS_LOG", "trace")
            .env("SID_CDS_METRICS_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::null())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut program = Self {
            child,
            log,
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            metrics: SocketAddr::from(([0, 0, 0, 0], 0)),
        };
        program.address = program.said(" listening address=");
        program.metrics = program.said(" metrics address=");
        program
    }

    /// An address that the log names.
    fn said(&mut self, before: &str) -> SocketAddr {
        loop {
            let log = self.log();
            if let Some((_, after)) = log.split_once(before) {
                let address = after.split_whitespace().next().unwrap();
                return address.parse().unwrap();
            }
            assert!(self.child.try_wait().unwrap().is_none(), "stopped: {log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        let text = fs::read_to_string(self.log.path()).unwrap();
        // Colours are for terminals; this is none, but a setting may change.
        assert!(!text.contains('\u{1b}'));
        text
    }

    /// Status and body of a call.
    fn call(&self, head: &str, body: &[u8]) -> (u16, String) {
        call(self.address, head, body)
    }

    fn metrics(&self) -> String {
        call(self.metrics, "GET /metrics HTTP/1.1", b"").1
    }
}

impl Program {
    /// Stops it as a service is stopped, so that what waits is sent.
    fn stop(&mut self) {
        let signal = format!("kill -TERM {}", self.child.id());
        let told = Command::new("sh").args(["-c", &signal]).status().unwrap();
        assert!(told.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn call(address: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head =
        format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    // Who is refused early may be told before everything was sent.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
    let mut status = String::new();
    let mut answer = BufReader::new(stream);
    let _ = answer.read_line(&mut status);
    let mut rest = Vec::new();
    let _ = answer.read_to_end(&mut rest);
    let status = status
        .split(' ')
        .nth(1)
        .map_or(0, |code| code.parse().unwrap());
    (status, String::from_utf8_lossy(&rest).into_owned())
}

/// Every text of a record that says something of the patient or names a part of the record.
fn texts(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    /// Members whose text is of the patient.
    const OF_THE_PATIENT: [&str; 20] = [
        "id",
        "family",
        "given",
        "text",
        "div",
        "display",
        "reference",
        "birthDate",
        "value",
        "valueString",
        "line",
        "city",
        "postalCode",
        "authorString",
        "comment",
        "description",
        "patientInstruction",
        "note",
        "fullUrl",
        "title",
    ];
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| texts(value, name, found)),
        Value::Array(items) => items.iter().for_each(|item| texts(item, name, found)),
        // A short one would be found in anything.
        Value::String(text) if OF_THE_PATIENT.contains(&name) && text.len() >= 5 => {
            found.insert(text.clone());
        }
        _ => {}
    }
}

/// The same record with the mark in each text that a person could have written.
fn mark(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            if members.contains_key("resourceType") {
                members.insert("language".to_owned(), json!("da"));
                members.insert("implicitRules".to_owned(), json!(format!("urn:{MARK}")));
            }
            members
                .iter_mut()
                .for_each(|(name, value)| mark(value, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mark(item, name)),
        Value::String(text) if ["text", "display", "family", "div", "unit"].contains(&name) => {
            text.push_str(MARK);
        }
        _ => {}
    }
}

/// What must not be found: the texts of the patients, their ids and CPR numbers, and what stands for
/// a token.
fn forbidden() -> BTreeSet<String> {
    let mut found = BTreeSet::from([MARK, TOKEN, ACCESS_TOKEN, "0101701234"].map(str::to_owned));
    found.extend(TOKEN.split('.').map(str::to_owned));
    for folder in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")).unwrap() {
        let Ok(text) = fs::read_to_string(folder.unwrap().path().join("bundle.json")) else {
            continue;
        };
        texts(&serde_json::from_str(&text).unwrap(), "", &mut found);
    }
    assert!(found.len() > 300, "{}", found.len());
    // The display of a code, as a card of the program says it too, is no patient's: these would be
    // found in names of the program.
    found.retain(|text| !["Patient", "Observation", "Condition"].contains(&text.as_str()));
    found
}

fn clean(what: &str, text: &str, forbidden: &BTreeSet<String>) {
    for word in forbidden {
        if let Some(place) = text.find(word.as_str()) {
            let line = text[..place].rfind('\n').map_or(0, |start| start + 1);
            let line: String = text[line..].chars().take(400).collect();
            panic!("{what} holds {word:?}: {line}");
        }
    }
}

const JSON: &str = "\r\ncontent-type: application/json";

#[test]
fn nothing_of_a_patient_leaves_but_in_an_answer() {
    let forbidden = forbidden();
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.ndjson");
    let sink = format!("file:{}", audit.display());
    let collector = Collector::start();
    let mut program = Program::start(
        &["demo", "--port", "0"],
        &[
            ("SID_CDS_AUDIT", &sink),
            ("SID_CDS_TRACES_ENDPOINT", &collector.endpoint()),
            ("SID_CDS_BODY_LIMIT_BYTES", "300000"),
            ("SID_CDS_JSON_DEPTH_LIMIT", "32"),
            ("SID_CDS_ENTRY_LIMIT", "200"),
            ("SID_CDS_RESOURCE_LIMIT", "400"),
        ],
    );
    let base = format!("http://{}/fhir", program.address);
    let mut answered = 0;
    let mut errors = Vec::new();
    let mut post = |hook: &str, body: &[u8]| {
        let head = format!(
            "POST /cds-services/sid-{hook} HTTP/1.1{JSON}\r\nauthorization: Bearer {TOKEN}\r\ncookie: \
             a={MARK}\r\nreferer: https://ehr.example/{MARK}\r\ntraceparent: \
             00-00000000000000000000000101701234-0000000101701234-01\r\ntracestate: ehr={MARK}\r\nbaggage: \
             patient={MARK}"
        );
        let (status, text) = program.call(&head, body);
        if status == 200 {
            answered += 1;
        } else {
            errors.push((status, text));
        }
    };
    // Every patient at every hook: as sent, marked, fetched, and broken.
    for folder in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let Some(number) = name.get(..2).filter(|number| number.parse::<u32>().is_ok()) else {
            continue;
        };
        for hook in ["patient-view", "order-select", "order-sign"] {
            let get = format!("GET /demo/requests/p{number}/{hook} HTTP/1.1");
            let (_, text) = program.call(&get, b"");
            let request = text.split_once("\r\n\r\n").unwrap().1;
            let mut request: Value = serde_json::from_str(request).unwrap();
            request["fhirAuthorization"] = json!({
                "access_token": ACCESS_TOKEN,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.rs",
                "subject": MARK,
            });
            post(hook, request.to_string().as_bytes());
            let mut marked = request.clone();
            mark(&mut marked["prefetch"], "");
            mark(&mut marked["context"], "");
            post(hook, marked.to_string().as_bytes());
            request["prefetch"] = json!({});
            post(hook, request.to_string().as_bytes());
            request["fhirServer"] = json!(format!("{base}/{MARK}"));
            post(hook, request.to_string().as_bytes());
            let mut broken = marked.to_string();
            broken.truncate(broken.len() - 20);
            post(hook, broken.as_bytes());
            marked["context"]["patientId"] = json!({ MARK: MARK });
            marked["hook"] = json!(MARK);
            post(hook, marked.to_string().as_bytes());
        }
    }
    // The app, which shows whose chart it is.
    for (patient, status) in [("p05", 200), ("p15", 200), (MARK, 400)] {
        let (found, page) = program.call(&format!("GET /app?patient={patient} HTTP/1.1"), b"");
        assert_eq!(found, status, "{page}");
        assert_eq!(page.contains("CPR "), status == 200, "{page}");
    }
    let form =
        format!("patient=p05&present=false&from=2026-01-01&to=2026-01-02&form={MARK}&entry={MARK}");
    let head = "POST /app/history HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded";
    assert_eq!(program.call(head, form.as_bytes()).0, 200);
    for path in [
        format!("/launch?iss=https://ehr.example/{MARK}&launch={MARK}"),
        format!("/app/callback?code={MARK}&state={TOKEN}"),
    ] {
        let head = format!("GET {path} HTTP/1.1\r\ncookie: sid-session={TOKEN}; sid-launch={MARK}");
        assert_eq!(program.call(&head, b"").0, 400, "{path}");
    }
    // Every other way to be refused.
    let wrong: Vec<(String, Vec<u8>)> = vec![
        (format!("GET /cds-services/{MARK} HTTP/1.1"), Vec::new()),
        (
            format!("POST /cds-services/{MARK} HTTP/1.1{JSON}"),
            b"{}".to_vec(),
        ),
        (
            format!("GET /{MARK}?patient=0101701234 HTTP/1.1"),
            Vec::new(),
        ),
        (
            format!("DELETE /cds-services/sid-patient-view?{MARK} HTTP/1.1"),
            Vec::new(),
        ),
        (
            format!("{MARK} /cds-services/sid-patient-view HTTP/1.1"),
            Vec::new(),
        ),
        (
            format!("POST /cds-services/sid-patient-view HTTP/1.1\r\ncontent-type: text/{MARK}"),
            MARK.into(),
        ),
        (
            format!(
                "POST /cds-services/sid-patient-view HTTP/1.1{JSON}\r\ncontent-encoding: {MARK}"
            ),
            MARK.into(),
        ),
        (
            format!(
                "POST /cds-services/sid-patient-view HTTP/1.1{JSON}\r\nx-long: {}",
                MARK.repeat(3000)
            ),
            b"{}".to_vec(),
        ),
        (
            format!("POST /cds-services/sid-patient-view HTTP/1.1{JSON}"),
            format!("{{\"{MARK}\":\"{}\"}}", MARK.repeat(30_000)).into_bytes(),
        ),
        (
            format!("POST /cds-services/sid-patient-view HTTP/1.1{JSON}"),
            format!("{}\"{MARK}\"", "[".repeat(100)).into_bytes(),
        ),
        (
            format!("POST /cds-services/sid-patient-view HTTP/1.1{JSON}"),
            format!("[{}0]", format!("\"{MARK}\",").repeat(300)).into_bytes(),
        ),
        (
            format!("POST /cds-services/sid-patient-view HTTP/1.1{JSON}"),
            [MARK.as_bytes(), &[0xff, 0xfe]].concat(),
        ),
        (
            format!("GET /demo/requests/{MARK}/patient-view HTTP/1.1"),
            Vec::new(),
        ),
        (format!("GET /fhir/Patient/{MARK} HTTP/1.1"), Vec::new()),
        (
            format!("GET /fhir/Observation?patient={MARK}&code=0101701234 HTTP/1.1"),
            Vec::new(),
        ),
        (format!("GET / HTTP/9.9\r\n{MARK}"), Vec::new()),
        (format!("{MARK}\0\u{1}"), MARK.into()),
    ];
    for (head, body) in wrong {
        let (status, text) = program.call(&head, &body);
        if status != 200 {
            errors.push((status, text));
        }
    }
    assert!(answered >= 120, "{answered} answered");
    let statuses: BTreeSet<u16> = errors.iter().map(|(status, _)| *status).collect();
    for status in [400, 404, 405, 413, 415, 431] {
        assert!(
            statuses.contains(&status),
            "{status} is not among {statuses:?}"
        );
    }
    assert!(!statuses.contains(&500), "{statuses:?}");
    for (status, text) in &errors {
        clean(&format!("an error ({status})"), text, &forbidden);
    }
    clean("the metrics", &program.metrics(), &forbidden);
    let log = program.log();
    assert!(log.contains("TRACE"), "the log is at trace");
    assert!(log.lines().count() > 500, "{}", log.lines().count());
    clean("the log", &log, &forbidden);
    let audit = fs::read_to_string(audit).unwrap();
    assert!(
        audit.lines().count() >= answered,
        "{}",
        audit.lines().count()
    );
    clean("the audit trail", &audit, &forbidden);
    program.stop();
    let spans = collector.spans();
    for name in ["read", "fetch", "query", "chart", "guideline", "cards"] {
        let count = spans.iter().filter(|span| span.name == name).count();
        assert!(count >= 10, "{count} of {name}");
    }
    clean("the traces", &collector.text(), &forbidden);
}

/// What is stored of cards and of feedback, free text included, names no patient.
#[test]
fn nothing_of_a_patient_is_stored() {
    let forbidden = forbidden();
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("store.sqlite").display());
    let config = folder.path().join("config.toml");
    fs::write(
        &config,
        "listen = \"127.0.0.1:0\"\nclient-trust = \"none\"\n",
    )
    .unwrap();
    let demo = Program::start(&["demo", "--port", "0"], &[]);
    let mut program = Program::start(
        &["serve", "--config", config.to_str().unwrap()],
        &[("SID_CDS_STORE", &store)],
    );
    let mut cards = 0;
    for patient in ["p01", "p02", "p05", "p08"] {
        let get = format!("GET /demo/requests/{patient}/patient-view HTTP/1.1");
        let (_, text) = demo.call(&get, b"");
        let request = text.split_once("\r\n\r\n").unwrap().1;
        let head = format!("POST /cds-services/sid-patient-view HTTP/1.1{JSON}");
        let (status, answer) = program.call(&head, request.as_bytes());
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        for card in answer["cards"].as_array().unwrap() {
            let feedback = json!({ "feedback": [{
                "card": card["uuid"],
                "outcome": "overridden",
                "overrideReason": { "userComment": format!("{MARK} 0101701234") },
                "outcomeTimestamp": "2026-11-27T10:00:00Z",
            }] });
            let head = format!("POST /cds-services/sid-patient-view/feedback HTTP/1.1{JSON}");
            let (status, text) = program.call(&head, feedback.to_string().as_bytes());
            assert_eq!(status, 200, "{text}");
            cards += 1;
        }
    }
    assert!(cards >= 3, "{cards} cards");
    // Everything that is still to be written is written at the end.
    let asked = Command::new("kill")
        .arg(program.child.id().to_string())
        .status();
    assert!(asked.unwrap().success());
    program.child.wait().unwrap();
    let mut bytes = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap().path();
        let stored = fs::read(&file).unwrap();
        if file != config {
            bytes += stored.len();
        }
        clean("the store", &String::from_utf8_lossy(&stored), &forbidden);
    }
    assert!(bytes > 10_000, "{bytes} bytes");
}

/// The same for calls that are not trusted, whatever is wrong with them.
#[test]
fn nothing_of_a_token_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.json");
    fs::write(
        &keys,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    )
    .unwrap();
    let configuration = folder.path().join("serve.toml");
    fs::write(
        &configuration,
        format!(
            "listen = \"127.0.0.1:0\"\n[[clients]]\nname = \"ehr\"\njwt = {{ issuer = \
             \"https://ehr.example\", jwks-file = \"{}\", algorithms = [\"EdDSA\"] }}\n",
            keys.display()
        ),
    )
    .unwrap();
    let audit = folder.path().join("audit.ndjson");
    let sink = format!("file:{}", audit.display());
    let program = Program::start(
        &["serve", "--config", configuration.to_str().unwrap()],
        &[("SID_CDS_AUDIT", &sink)],
    );
    let address = program.address;
    let part = |json: &str| {
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, json)
    };
    // Known issuer, everything in place, and a signature that is not its.
    let forged = format!(
        "{}.{}.{}",
        part(r#"{"alg":"EdDSA","typ":"JWT","kid":"1"}"#),
        part(&format!(
            "{{\"iss\":\"https://ehr.example\",\"aud\":\"http://{address}/cds-services\",\"exp\":9999999999,\
             \"iat\":1,\"jti\":\"{MARK}\",\"tenant\":\"{MARK}\"}}"
        )),
        part(&"x".repeat(64))
    );
    let mut forbidden = forbidden();
    forbidden.extend(forged.split('.').map(str::to_owned));
    for authorization in [
        TOKEN,
        &forged,
        MARK,
        &format!("{TOKEN}.{MARK}"),
        &MARK.repeat(3000),
    ] {
        for scheme in ["Bearer", "Basic", MARK] {
            let head =
                format!("GET /cds-services HTTP/1.1\r\nauthorization: {scheme} {authorization}");
            let (status, text) = program.call(&head, b"");
            assert_eq!(status, 401, "{text}");
            clean("an error", &text, &forbidden);
        }
    }
    let metrics = program.metrics();
    assert!(metrics.contains("sid_cds_not_trusted_total"), "{metrics}");
    clean("the metrics", &metrics, &forbidden);
    let log = program.log();
    assert!(
        log.contains("cause=\"lives-too-long\"") && log.contains("client=\"ehr\""),
        "{log}"
    );
    clean("the log", &log, &forbidden);
    let audit = fs::read_to_string(audit).unwrap();
    assert!(audit.contains("\"status\":401"), "{audit}");
    clean("the audit trail", &audit, &forbidden);
}
