//! Start, stop and configuration of the service: what it prints, and what keeps it from starting.

use std::process::Command;

use serde_json::Value;

use super::support::{Demo, Made, OPEN, first_words, program, run, text};

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
