//! The program as a person runs it: start, stop, exit codes, messages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sid-cds"));
    command
        .env_clear()
        .env("SID_CDS_STORE", "memory")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A file that this test made, and that goes with it.
struct Made(PathBuf);

impl Made {
    fn new(name: &str, content: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("sid-cds-{process}-{count}-{name}"));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A running `demo`, stopped when it goes.
struct Demo {
    child: Child,
    greeting: String,
    log: Made,
}

impl Demo {
    /// With the most talkative log there is.
    fn start() -> Self {
        Self::with_log("trace", "text")
    }

    fn with_log(level: &str, format: &str) -> Self {
        let log = Made::new("demo.log", "");
        let mut child = program()
            .args(["demo", "--port", "0"])
            .env("SID_CDS_LOG", level)
            .env("SID_CDS_LOG_FORMAT", format)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log.0).unwrap())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
        while !greeting.contains("Stop with") {
            assert_ne!(
                lines.read_line(&mut greeting).unwrap(),
                0,
                "stopped: {greeting}"
            );
        }
        Self {
            child,
            greeting,
            log,
        }
    }
}

impl Demo {
    /// The commands that it prints.
    fn commands(&self) -> Vec<&str> {
        let lines = self.greeting.lines().map(str::trim);
        lines.filter(|line| line.starts_with("curl ")).collect()
    }

    /// Stops it by a signal; gives its log.
    fn stop(mut self) -> String {
        let killed = Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.child.id())])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        fs::read_to_string(&self.log.0).unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The log at its most talkative holds no body, name or id (PHI-03).
#[test]
fn the_printed_commands_work_and_a_signal_stops_it() {
    let demo = Demo::start();
    let commands = demo.commands();
    assert_eq!(commands.len(), 3, "{}", demo.greeting);
    for (command, member) in commands.iter().zip(["services", "cards", "cards"]) {
        let output = Command::new("sh").args(["-c", command]).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{command}: {e}: {}", text(&output.stdout)));
        let answered = answer[member]
            .as_array()
            .is_some_and(|list| !list.is_empty());
        assert!(answered, "{command}: {answer}");
    }
    let log = demo.stop();
    for said in [
        "listening",
        "answered service=\"sid-patient-view\" client=\"demo\" status=200",
        "client=\"demo\"",
        "cards=",
        "stopping",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
    for unsaid in ["p01", "Testesen", "CAR-T", "Practitioner"] {
        assert!(!log.contains(unsaid), "{unsaid}: {log}");
    }
}

/// `log-format = "json"`: an object a line, with the fields of docs/LOGGING.md as they are.
#[test]
fn the_log_for_machines_is_an_object_a_line() {
    let demo = Demo::with_log("info", "json");
    for command in demo.commands() {
        let output = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{command}");
    }
    let log = demo.stop();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    for line in &lines {
        for member in ["timestamp", "level", "target"] {
            assert!(line[member].is_string(), "{member}: {line}");
        }
        assert!(line["fields"]["message"].is_string(), "{line}");
    }
    let of_a_service = |line: &&Value| {
        line["fields"]["message"] == "answered" && line["fields"]["service"] == "sid-patient-view"
    };
    let answered = lines.iter().find(of_a_service).unwrap();
    let fields = &answered["fields"];
    assert_eq!(fields["client"], "demo");
    assert_eq!(fields["status"], 200);
    assert!(fields["ms"].is_number(), "{answered}");
    assert!(fields["cards"].is_string(), "{answered}");
}

#[test]
fn called_wrongly_is_2_and_help_is_0() {
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["assess", "--help"], 0),
        (&[], 2),
        (&["nonsense"], 2),
        (&["assess"], 2),
        (&["assess", "--as-of", "yesterday", "-"], 2),
        (&["assess", "--hook", "order-dispatch", "-"], 2),
        (&["serve"], 2),
        (&["demo", "--port", "99999"], 2),
    ] {
        assert_eq!(run(arguments).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_stops_the_start_and_says_where() {
    for (content, expected) in [
        (
            "listen = \"localhost\"",
            "listen = \"localhost\": expected an address and a port",
        ),
        ("listen = 8080", "listen = 8080: expected a string"),
        (
            "client-trust = \"all\"",
            "client-trust = \"all\": expected one of \"jwt\", \"certificate\", \"none\"",
        ),
        (
            "cors-origins = [\"https://ehr.example/\"]",
            "expected origins as",
        ),
        (
            "cors-origins = [\"*\", \"https://ehr.example\"]",
            "expected origins as",
        ),
        ("cors-origins = \"*\"", "cors-origins = \"*\": expected"),
        (
            "body-limit-bytes = 10",
            "body-limit-bytes = 10: expected a number of bytes from 65536",
        ),
        ("body-limit-bytes = -1", "body-limit-bytes = -1: expected"),
        (
            "language = \"sv\"",
            "language = \"sv\": expected one of \"auto\", \"da\", \"en\"",
        ),
        (
            "time-zone = \"Copenhagen\"",
            "time-zone = \"Copenhagen\": expected an IANA time zone",
        ),
        (
            "card-key = \"short secret\"",
            "card-key: expected at least 32",
        ),
        (
            "app-key = \"short secret\"",
            "app-key: expected at least 32",
        ),
        ("audit = \"file:\"", "audit = \"file:\": expected \"off\""),
        (
            "audit-format = \"xml\"",
            "audit-format = \"xml\": expected one of \"json\", \"fhir\"",
        ),
        ("log = \"a=b=c\"", "log = \"a=b=c\": expected error, warn"),
        (
            "log-format = \"xml\"",
            "log-format = \"xml\": expected one of \"text\", \"json\"",
        ),
        (
            "lisen = \"127.0.0.1:1\"",
            "lisen: there is no such key; the keys are listen, ",
        ),
        (
            "[server]\nlisten = \"127.0.0.1:1\"",
            "server: there is no such key",
        ),
        ("clients = [{}]", "clients.0.name: is missing"),
        (
            "default-client = \"ehr\"",
            "default-client: \"ehr\" is not the name of one of the clients",
        ),
        (
            "[[clients]]\nname = \"ehr\"\n[[clients]]\nname = \"ehr\"",
            "clients: \"ehr\" is there twice",
        ),
        (
            "[[clients]]\nname = \"A b\"",
            "clients.0.name = \"A b\": expected 1 to 64 of the letters",
        ),
        (
            "[[clients]]\nname = \"a\"\nfhir-servers = [\"https://a.example\", \"http://b.example\"]",
            "clients.0.fhir-servers.1 = \"http://b.example\": expected the base URL of a FHIR server",
        ),
        (
            "[[clients]]\nname = \"a\"\nprivate-network-hosts = [\"https://a.example\"]",
            "clients.0.private-network-hosts = [\"https://a.example\"]: expected hosts as",
        ),
        (
            "[[clients]]\nname = \"a\"\nfhir-server = \"https://a.example\"",
            "clients.0.fhir-server: there is no such key; the keys are name, ",
        ),
        (
            "[[clients]]\nname = \"a\"\njwt = { issuer = \"x\" }",
            "clients.0.jwt = {\"issuer\":\"x\"}: expected either jwks-url or jwks-file",
        ),
        (
            "[[clients]]\nname = \"a\"\njwt = { issuer = \"x\", jwks-url = \"http://ehr.example\" }",
            "expected jwks-url as \"https://",
        ),
        (
            "[[clients]]\nname = \"a\"\njwt = { issuer = \"x\", jwks-file = \"k\", algorithms = [\"none\"] }",
            "expected one of \"ES256\", \"ES384\"",
        ),
        (
            "[[clients]]\nname = \"a\"\njwt = { issuer = \"x\", jwks-file = \"k\", algorithms = [\"HS256\"] }",
            "expected one of \"ES256\", \"ES384\"",
        ),
        (
            "public-urls = [\"cds.example\"]",
            "public-urls = [\"cds.example\"]: expected base addresses",
        ),
        (
            "fetch-deadline-ms = 5",
            "fetch-deadline-ms = 5: expected a number of milliseconds from 10 to 10000",
        ),
        (
            "fetch-limit-pages = 0",
            "expected a number of pages from 1 to 1000",
        ),
        (
            "required-data-missing = \"500\"",
            "required-data-missing = \"500\": expected one of \"412\", \"card\"",
        ),
        (
            "traces-endpoint = \"collector:4318\"",
            "traces-endpoint = \"collector:4318\": expected a base address",
        ),
        (
            "traces-percent = 0",
            "traces-percent = 0: expected a number of percent from 1 to 100",
        ),
        ("listen = ", "line 1"),
    ] {
        let file = Made::new("wrong.toml", content);
        let output = run(&["serve", "--config", file.path()]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{content}: {message}");
        assert!(message.contains(expected), "{content}: {message}");
        assert!(!message.contains("secret"), "{message}");
        assert!(
            message.contains(file.path()),
            "{content} names its file: {message}"
        );
    }
    let output = run(&["serve", "--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("nowhere.toml: "));
}

#[test]
fn a_wrong_variable_stops_the_start_and_is_named() {
    for (name, value, expected) in [
        (
            "SID_CDS_LANGUAGE",
            "sv",
            "SID_CDS_LANGUAGE: language = \"sv\": expected one of",
        ),
        (
            "SID_CDS_BODY_LIMIT_BYTES",
            "1",
            "SID_CDS_BODY_LIMIT_BYTES: body-limit-bytes = 1: expected",
        ),
        (
            "SID_CDS_STORE",
            "mysql://sid:secret@db/sid",
            "SID_CDS_STORE: store: expected \"sqlite:FILE\"",
        ),
        (
            "SID_CDS_LANGAUGE",
            "da",
            "SID_CDS_LANGAUGE: langauge: there is no such key",
        ),
        (
            "SID_CDS_CLIENTS",
            "[{name=ehr, fhir-servers=[\"http://a.example\"]}]",
            "SID_CDS_CLIENTS: clients.0.fhir-servers.0 = \"http://a.example\": expected the base URL",
        ),
    ] {
        let output = program()
            .args(["demo", "--port", "0"])
            .env(name, value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        let message = text(&output.stderr);
        assert!(message.contains(expected), "{name}: {message}");
        assert!(!message.contains("secret"), "{message}");
    }
}

/// The first line of the log of `serve` with this configuration, or what it says when it refuses.
fn first_words(configuration: &str) -> (bool, String) {
    let file = Made::new("serve.toml", configuration);
    let mut child = program()
        .args(["serve", "--config", file.path()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut words = String::new();
    stderr.read_line(&mut words).unwrap();
    let listening = words.contains("listening");
    if listening {
        child.kill().unwrap();
    } else {
        stderr.read_to_string(&mut words).unwrap();
    }
    child.wait().unwrap();
    (listening, words)
}

const OPEN: &str = "client-trust = \"none\"\nlisten = ";
const CLIENT: &str = "[[clients]]\nname = \"ehr\"\njwt = { issuer = \"https://ehr.example\", \
                      jwks-url = \"https://ehr.example/keys\" }\n";

/// SEC-01, SEC-04: nobody is let in by leaving something out of the configuration.
#[test]
fn serve_says_what_is_missing_before_anyone_can_call() {
    let keys = Made::new(
        "keys.json",
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    );
    let pinned = |file: &str| {
        format!(
            "listen = \"127.0.0.1:0\"\n[[clients]]\nname = \"ehr\"\njwt = {{ issuer = \
             \"https://ehr.example\", jwks-file = \"{file}\" }}\n"
        )
    };
    let proxy = "listen = \"0.0.0.0:0\"\npublic-urls = [\"https://cds.example/\"]\n";
    for (configuration, refused) in [
        (
            format!("{OPEN}\"0.0.0.0:0\""),
            Some("client-trust = \"none\""),
        ),
        (format!("{OPEN}\"[::]:0\""), Some("client-trust = \"none\"")),
        (format!("{OPEN}\"192.0.2.1:0\""), Some("reverse proxy")),
        (format!("{OPEN}\"127.0.0.1:0\""), None),
        ("listen = \"127.0.0.1:0\"".to_owned(), Some("[[clients]]")),
        (pinned(keys.path()), None),
        (
            pinned("nowhere.json"),
            Some("ehr: jwks-file nowhere.json: "),
        ),
        (
            pinned("fixtures/immunoglobulin-draft.json"),
            Some("is not a JWK Set"),
        ),
        (
            format!("listen = \"0.0.0.0:0\"\nplain-http-on-network = true\n{CLIENT}"),
            Some("public-urls is empty"),
        ),
        (format!("{proxy}{CLIENT}"), Some("unencrypted")),
        (
            format!("tls-key = \"key.pem\"\n{CLIENT}"),
            Some("tls-certificate and tls-key: expected both"),
        ),
        (
            format!("{CLIENT}[[clients]]\nname = \"b\""),
            Some("\"b\" has no jwt"),
        ),
        (
            format!("{CLIENT}{}", CLIENT.replace("\"ehr\"", "\"b\"")),
            Some("\"b\" has the issuer"),
        ),
        (
            format!("{CLIENT}certificate = \"CN=ehr\""),
            Some("proxy-certificate-header is not set"),
        ),
        (
            "client-trust = \"certificate\"\nlisten = \"0.0.0.0:0\"\n[[clients]]\nname = \
             \"ehr\"\ncertificate = \"CN=ehr\""
                .to_owned(),
            Some("anyone could write the header"),
        ),
        (
            format!("metrics-listen = \"0.0.0.0:0\"\n{CLIENT}"),
            Some("metrics are given to every caller"),
        ),
        (
            format!("report-listen = \"0.0.0.0:0\"\n{CLIENT}"),
            Some("the report is shown to every caller"),
        ),
    ] {
        let (listening, words) = first_words(&configuration);
        match refused {
            None => assert!(listening, "{configuration}: {words}"),
            Some(said) => assert!(
                !listening && words.contains(said),
                "{configuration}: {words}"
            ),
        }
    }
}

#[test]
fn the_manual_is_a_configuration() {
    let manual = run(&["serve", "--defaults"]);
    assert_eq!(manual.status.code(), Some(0));
    let manual = text(&manual.stdout).replace(":8080", ":0");
    let (listening, words) = first_words(&manual);
    assert!(!listening && words.contains("[[clients]]"), "{words}");
    let trusting = manual.replace("client-trust = \"jwt\"", "client-trust = \"none\"");
    let (listening, words) = first_words(&trusting);
    assert!(listening, "{words}");
}

const FIXTURE: &str = "fixtures/01-car-t-3-months/bundle.json";
const REQUEST: &str = "tests/sandbox/order-select-full-form.json";

#[test]
fn assess_prints_the_assessment() {
    let day = ["assess", "--as-of", "2026-03-16"];
    for (arguments, lines) in [(&[FIXTURE][..], None), (&[FIXTURE, REQUEST], Some(2))] {
        let output = run(&[&day[..], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let out = text(&output.stdout);
        if let Some(lines) = lines {
            assert_eq!(out.lines().count(), lines, "one object a line");
        }
        for assessment in serde_json::Deserializer::from_str(&out).into_iter::<Value>() {
            let assessment = assessment.unwrap();
            assert_eq!(assessment["asOf"], "2026-03-16");
            let members: Vec<&String> = assessment.as_object().unwrap().keys().collect();
            assert_eq!(
                members,
                [
                    "asOf",
                    "guideline",
                    "population",
                    "start",
                    "course",
                    "dose",
                    "order",
                    "cards",
                    "comparators",
                    "dataProblems",
                    "counterfactual",
                    "trace"
                ]
            );
        }
    }
    for language in ["da", "en"] {
        let output = run(&[&day[..], &["--text", "--lang", language, FIXTURE]].concat());
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn assess_reads_standard_input() {
    let mut child = program()
        .args(["assess", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bundle = fs::read(FIXTURE).unwrap();
    child.stdin.take().unwrap().write_all(&bundle).unwrap();
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(serde_json::from_str::<Value>(&out).unwrap()["population"]["code"].is_string());
}

#[test]
fn assess_says_which_file_it_cannot_read() {
    for (content, expected) in [
        ("{\n\"resourceType\": Nancy", "not JSON: line 2"),
        ("[]", "neither a FHIR Bundle nor a CDS Hooks request"),
        (
            "{\"resourceType\": \"Patient\"}",
            "neither a FHIR Bundle nor a CDS Hooks request",
        ),
        (
            "{\"hook\": \"encounter-start\"}",
            "a request of a hook that no service answers",
        ),
        ("{\"hook\": \"patient-view\"}", "hookInstance: Missing."),
    ] {
        let file = Made::new("unreadable.json", content);
        let output = run(&["assess", file.path(), FIXTURE]);
        assert_eq!(output.status.code(), Some(1), "{content}");
        let message = text(&output.stderr);
        assert!(
            message.starts_with(file.path()) && message.contains(expected),
            "{message}"
        );
        assert!(!message.contains("Nancy"));
        assert!(!output.stdout.is_empty(), "the other file is assessed");
    }
}

#[test]
fn doctor_examines_a_running_service() {
    let demo = Demo::start();
    let (_, rest) = demo.greeting.split_once("Open ").unwrap();
    let (base, _) = rest.split_once("/ ").unwrap();
    let output = run(&["doctor", "--base", base, "--patients", "2"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(table.contains(" passed, 0 failed,"), "{table}");
    // The demonstration asks for no token: the doctor says so when it has one.
    let key = "tests/doctor/keys/ec.jwk.json";
    let with_key = ["--key", key, "--issuer", "https://ehr.example"];
    let arguments = [
        &[
            "doctor",
            "--base",
            base,
            "--patients",
            "1",
            "--format",
            "json",
        ][..],
        &with_key,
    ];
    let output = run(&arguments.concat());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["result"] == "failed")
        .map(|row| row["rule"].as_str().unwrap())
        .collect();
    assert!(failed.contains(&"SEC-05"), "{failed:?}");
    assert!(
        failed
            .iter()
            .all(|rule| rule.starts_with("JWT") || *rule == "SEC-05"),
        "{failed:?}"
    );
}

#[test]
fn doctor_says_why_it_cannot_begin() {
    let base = ["doctor", "--base", "http://127.0.0.1:1"];
    for (arguments, code, said) in [
        (
            vec!["--key", "nowhere.pem", "--issuer", "x"],
            1,
            "nowhere.pem: ",
        ),
        (
            vec!["--key", "tests/doctor/keys/ec.pem", "--issuer", "x"],
            1,
            "ec.pem: no key id",
        ),
        (vec!["--key", "Cargo.toml"], 2, "--issuer"),
        (vec!["--issuer", "x"], 2, "--key"),
        (vec![], 1, "not every check passed"),
    ] {
        let output = run(&[&base[..], &arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(said), "{said}: {message}");
    }
    assert_eq!(
        run(&["doctor", "--base", "cds.example"]).status.code(),
        Some(2)
    );
}

#[test]
fn comparators_and_evidence_are_listed_in_both_languages() {
    for (command, of, count) in [("comparators", None, 8), ("evidence", Some("studies"), 10)] {
        let printed = |arguments: &[&str]| {
            let output = run(&[&[command], arguments].concat());
            assert!(output.status.success(), "{command} {arguments:?}");
            text(&output.stdout)
        };
        let json: Value = serde_json::from_str(&printed(&["--format", "json"])).unwrap();
        let list = of.map_or(&json, |member| &json[member]);
        assert_eq!(list.as_array().unwrap().len(), count);
        let (da, en) = (printed(&[]), printed(&["--lang", "en"]));
        assert_ne!(da, en);
        for one in list.as_array().unwrap() {
            let citation = one["citation"].as_str().unwrap();
            assert!(da.contains(citation) && en.contains(citation), "{citation}");
        }
    }
    let evidence = text(&run(&["evidence", "--format", "json"]).stdout);
    let evidence: Value = serde_json::from_str(&evidence).unwrap();
    assert_eq!(evidence["judgement"]["certainty"], "very-low");
    for study in evidence["studies"].as_array().unwrap() {
        assert_eq!(study["certainty"], "very-low");
        assert_eq!(study["randomised"], false);
    }
}

#[test]
fn parameters_lists_every_code() {
    let table = run(&["parameters"]);
    assert_eq!(table.status.code(), Some(0));
    let table = text(&table.stdout);
    let json = run(&["parameters", "--format", "json"]);
    let listing: Value = serde_json::from_slice(&json.stdout).unwrap();
    for row in listing["parameters"].as_array().unwrap() {
        for member in ["id", "meaning", "value", "origin"] {
            assert!(table.contains(row[member].as_str().unwrap()), "{row}");
        }
    }
    for (member, value) in [
        ("id", "medicinraadet-sid"),
        ("version", "1.1"),
        ("approved", "2026-02-18"),
        ("document", "233094"),
        ("reviewBy", "2027-02-18"),
    ] {
        assert_eq!(listing["guideline"][member], value);
        assert!(table.contains(value), "{value}");
    }
    for (list, code) in [
        ("criteria", "igg-below-4"),
        ("missing", "igg-second-sample"),
        ("dataProblems", "unit-missing"),
        ("cards", "C01"),
    ] {
        let codes = listing[list].as_array().unwrap();
        assert!(codes.iter().any(|listed| listed == code), "{list}");
        assert!(
            codes
                .iter()
                .all(|code| table.contains(code.as_str().unwrap())),
            "{list}"
        );
    }
}

#[test]
fn timeline_draws_and_lists() {
    let bundle = "fixtures/02-car-t-stop-due/bundle.json";
    let drawn = run(&["timeline", bundle, "--as-of", "2026-03-16", "--lang", "en"]);
    assert!(drawn.status.success());
    let svg = text(&drawn.stdout);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("Assessed 16 Mar 2026"));
    let listed = run(&["timeline", bundle, "--as-of", "2026-03-16", "--table"]);
    let table = text(&listed.stdout);
    assert!(table.starts_with("Dato\tHvad\tFund\tKilde i journalen\n"));
    assert!(table.contains("Seponeringsforsøg 6. mar. 2026"));
    let refused = run(&["timeline", "fixtures/README.md"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).starts_with("fixtures/README.md: not JSON"));
}

/// A local code of IgG, under which a patient's results are else not found.
#[test]
fn a_sites_own_codes() {
    let local = "urn:example:laboratory";
    let codes = Made::new(
        "site-igg.json",
        &format!(
            r#"{{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:lab-igg-mass","compose":{{
                "include":[{{"system":"{local}","concept":[{{"code":"IGG1"}}]}}]}}}}"#
        ),
    );
    let bundle = fs::read_to_string("fixtures/01-car-t-3-months/bundle.json").unwrap();
    let recoded = bundle
        .replace("http://npu-terminology.org", local)
        .replace("NPU19814", "IGG1");
    assert_ne!(recoded, bundle);
    let record = Made::new("recoded.json", &recoded);
    let assess = |more: &[&str]| -> Value {
        let arguments = [&["assess", "--as-of", "2026-03-16"], more, &[record.path()]].concat();
        let output = run(&arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(assess(&[])["start"]["conclusion"], "UNK");
    let with_codes = assess(&["--terminology", codes.path()]);
    assert_eq!(with_codes["start"]["conclusion"], "MET");

    // The same file in the configuration, by a path from where that is.
    let name = codes.0.file_name().unwrap().to_str().unwrap();
    let config = Made::new(
        "site.toml",
        &format!("{OPEN}\"127.0.0.1:0\"\nterminology-files = [\"{name}\"]"),
    );
    let output = program()
        .args(["assess", "--as-of", "2026-03-16", record.path()])
        .env(
            "SID_CDS_TERMINOLOGY_FILES",
            format!("[\"{}\"]", codes.path()),
        )
        .output()
        .unwrap();
    let assessment: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(assessment["start"]["conclusion"], "MET");
    let mut serve = program()
        .args(["serve", "--config", config.path()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(serve.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let _ = serve.kill();
    let _ = serve.wait();
    assert!(line.contains("listening"), "{line}");

    for (content, expected) in [
        (
            r#"{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:lab-igg-mass","compose":{
                "include":[{"system":"http://loinc.org","concept":[{"code":"2464-6"}]}]}}"#,
            "\"2464-6\": is in lab-igg-NEVER-total already, so it cannot be in lab-igg-mass",
        ),
        ("{", "not a FHIR ValueSet or ConceptMap"),
    ] {
        let wrong = Made::new("site-wrong.json", content);
        let config = Made::new(
            "site-wrong.toml",
            &format!(
                "{OPEN}\"127.0.0.1:0\"\nterminology-files = [\"{}\"]",
                wrong.path()
            ),
        );
        for arguments in [
            &["serve", "--config", config.path()][..],
            &["assess", "--terminology", wrong.path(), record.path()],
        ] {
            let output = run(arguments);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            let error = text(&output.stderr);
            assert!(error.contains(wrong.path()), "{error}");
            assert!(error.contains(expected), "{error}");
        }
    }
    let output = run(&["assess", "--terminology", "nowhere.json", record.path()]);
    assert!(text(&output.stderr).starts_with("terminology file nowhere.json: "));
}

#[test]
fn a_record_of_an_earlier_fhir_version_is_refused() {
    let record = Made::new(
        "stu3.json",
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":
            {"resourceType":"Condition","clinicalStatus":"active","assertedDate":"2026-01-01"}}]}"#,
    );
    let output = run(&["assess", record.path()]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("entry[0].resource.assertedDate: Of FHIR STU3. This service reads FHIR R4"),
        "{error}"
    );
}

/// What an integrator learns of the codes of files; nothing of a patient.
#[test]
fn codes_check_of_files() {
    let check = |arguments: &[&str]| run(&[&["codes", "check"], arguments].concat());
    let known = check(&[FIXTURE]);
    assert_eq!(known.status.code(), Some(0), "{}", text(&known.stderr));
    for said in ["codes are known", "lab-igg-mass", "NPU19814", "med-cart"] {
        assert!(text(&known.stdout).contains(said), "{said}");
    }
    let list = Made::new(
        "codes.csv",
        "\u{feff}code;display;System\r\nIGG1;\"P-Immunglobulin G; \"\"total\"\"\";urn:example:lab\r\n\r\nALB;P-Albumin;urn:example:lab\r\n",
    );
    let output = check(&["--json", list.path()]);
    assert_eq!(output.status.code(), Some(3), "one looks like IgG");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["known"], &report["unknown"], &report["notMapped"]),
        (&0.into(), &2.into(), &1.into())
    );
    assert_eq!(report["codes"][0]["code"], "IGG1");
    assert_eq!(
        report["codes"][0]["display"],
        "P-Immunglobulin G; \"total\""
    );
    assert_eq!(report["codes"][0]["looksLike"][0], "igg");

    // Mapped by the site, it is known.
    let site = Made::new(
        "codes-site.json",
        r#"{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:lab-igg-mass","compose":{
            "include":[{"system":"urn:example:lab","concept":[{"code":"IGG1"}]}]}}"#,
    );
    let output = check(&["--terminology", site.path(), list.path()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));

    let lines = Made::new(
        "codes.ndjson",
        concat!(
            r#"{"resourceType":"Patient","id":"nancy","name":[{"family":"Testesen"}],"birthDate":"1958-02-29"}"#,
            "\n\n",
            r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/nancy"},"code":{"text":"CAR-T given to Testesen, 290258-4010"},"onsetDateTime":"2026-01-17"}"#,
            "\n",
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"urn:example:lab","code":"X","display":"Testesen 290258-4010"}]}}"#,
        ),
    );
    for form in [&[lines.path()][..], &["--json", lines.path()]] {
        let output = check(form);
        assert_eq!(output.status.code(), Some(3), "text that looks like CAR-T");
        let said = text(&output.stdout);
        assert!(said.contains("withheld"), "{said}");
        for hidden in ["nancy", "Testesen", "290258", "1958", "2026-01", "given"] {
            assert!(!said.contains(hidden), "{hidden}: {said}");
        }
    }

    for (content, expected) in [
        (
            "{\"resourceType\":\"Patient\"}\n{broken Nancy",
            "not JSON: line 2",
        ),
        ("[1]", "neither a FHIR resource nor a CDS Hooks request"),
        ("name,number\nNancy,1", "no column \"code\""),
        ("code\nA", "name the system with --system"),
        ("system,code\nurn:x,", "row 2: no code"),
        ("system,code\nurn:x,\"A", "a quote is not closed"),
    ] {
        let file = Made::new("codes-wrong", content);
        let output = check(&[file.path(), FIXTURE]);
        assert_eq!(output.status.code(), Some(1), "{content}");
        let error = text(&output.stderr);
        assert!(
            error.starts_with(file.path()) && error.contains(expected),
            "{error}"
        );
        assert!(!error.contains("Nancy"), "{error}");
        assert!(
            text(&output.stdout).contains("NPU19814"),
            "the other file is read"
        );
    }
    assert_eq!(check(&[]).status.code(), Some(2));
}

/// The same of a FHIR server: every page of every type that it has.
#[test]
fn codes_check_of_a_server() {
    let demo = Demo::start();
    let at = demo.greeting.find("http://127.0.0.1:").unwrap();
    let base = demo.greeting[at..]
        .split('/')
        .take(3)
        .collect::<Vec<_>>()
        .join("/");
    let output = run(&["codes", "check", "--json", &format!("{base}/fhir/")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let elements: Vec<&str> = report["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["element"].as_str().unwrap())
        .collect();
    for element in [
        "Observation.code",
        "Condition.code",
        "Procedure.code",
        "MedicationRequest.medicationCodeableConcept",
        "Encounter.class",
        "Immunization.vaccineCode",
    ] {
        assert!(elements.contains(&element), "{element}");
    }
    let output = run(&[
        "codes",
        "check",
        "--header",
        "no header",
        &format!("{base}/fhir"),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("a header is \"Name: value\""));
    drop(demo);
    let output = run(&["codes", "check", &format!("{base}/fhir")]);
    assert_eq!(output.status.code(), Some(1), "the server is gone");
    assert!(text(&output.stderr).contains("Observation: "));
}
