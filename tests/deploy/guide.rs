//! What the pages for integrators tell people to type and to write: every command runs, every file is
//! taken.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use sid_cds::config::Config;

use super::read;

/// A fenced block of a page.
struct Block {
    language: String,
    /// What follows the language: the name of a file, or `exit=3`.
    about: String,
    text: String,
    /// Where it begins.
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let (language, about) = info.split_once(' ').unwrap_or((info, ""));
                open = Some(Block {
                    language: language.to_owned(),
                    about: about.to_owned(),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// A server that a block starts, stopped when it goes.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    /// Waits until it says where it listens.
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "stopped: {said}");
            said += &line;
            if line.contains("listening") {
                break;
            }
        }
        let address = said.rsplit("address=").next().unwrap().trim();
        let base = format!("http://{address}");
        // What it logs later is read away, so that it is not held up.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, base }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, in a folder.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sid-cds"));
    command.env_clear().current_dir(folder);
    command
}

/// A hospital's data: an export by type in which IgG has a local code, and one record.
fn data(folder: &Path) {
    let bundle = read("fixtures/02-car-t-stop-due/bundle.json");
    fs::write(folder.join("record.json"), &bundle).unwrap();
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let export = folder.join("export");
    fs::create_dir(&export).unwrap();
    for entry in bundle["entry"].as_array().unwrap() {
        let mut resource = entry["resource"].clone();
        let kind = resource["resourceType"].as_str().unwrap().to_owned();
        let igg = resource["code"]["coding"][0]["code"] == "NPU19814";
        if igg {
            resource["code"] = json!({ "coding": [{ "system": "urn:oid:1.2.208.999.1", "code": "IGG1",
                "display": "P-Immunglobulin G" }] });
        }
        let file = export.join(format!("{kind}.ndjson"));
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, format!("{before}{resource}\n")).unwrap();
    }
    let observations = fs::read_to_string(export.join("Observation.ndjson")).unwrap();
    assert!(observations.contains("IGG1"));
    let made = rcgen::generate_simple_self_signed(vec!["cds.hospital.example".to_owned()]).unwrap();
    fs::write(folder.join("cds.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("cds.key"), made.signing_key.serialize_pem()).unwrap();
}

#[test]
fn every_command_and_file_of_the_guide_runs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    data(folder);
    let page = read("docs/integrate.md");
    let blocks = blocks(&page);
    let mut demo: Option<Server> = None;
    let mut serve: Option<Server> = None;
    let mut configurations: Vec<PathBuf> = Vec::new();
    let mut commands = 0;
    for block in &blocks {
        let place = format!("docs/integrate.md:{}", block.line);
        match block.language.as_str() {
            "toml" | "json" | "csv" => {
                assert!(block.about.contains('.'), "{place}: without a name");
                let file = folder.join(&block.about);
                fs::write(&file, &block.text).unwrap();
                if block.language == "toml" {
                    configurations.push(file);
                }
            }
            "sh" if block.text.starts_with("sid-cds demo") => {
                let arguments = block.text.split_whitespace().skip(1);
                let mut command = program(folder);
                command.args(arguments).args(["--port", "0"]);
                demo = Some(Server::start(&mut command));
                commands += 1;
            }
            "sh" if block.text.starts_with("sid-cds serve") => {
                let arguments = block.text.split_whitespace().skip(1);
                let mut command = program(folder);
                // At a free port, called by the address that it has there.
                command
                    .args(arguments)
                    .env("SID_CDS_LISTEN", "127.0.0.1:0")
                    .env("SID_CDS_PUBLIC_URLS", "[]");
                serve = Some(Server::start(&mut command));
                commands += 1;
            }
            "sh" => {
                let mut text = block.text.clone();
                if let Some(demo) = &demo {
                    text = text.replace("http://127.0.0.1:8080", &demo.base);
                    let fhir = format!("{}/fhir", demo.base);
                    text = text.replace("https://fhir.hospital.example/r4", &fhir);
                }
                if let Some(serve) = &serve {
                    text = text.replace("https://cds.hospital.example", &serve.base);
                }
                assert!(!text.contains(".hospital.example/"), "{place}: {text}");
                let expected = block.about.strip_prefix("exit=").unwrap_or("0");
                let bin = Path::new(env!("CARGO_BIN_EXE_sid-cds")).parent().unwrap();
                let path = std::env::var("PATH").unwrap();
                let output = Command::new("bash")
                    .args(["-euo", "pipefail", "-c", &text])
                    .env_clear()
                    .env("PATH", format!("{}:{path}", bin.display()))
                    .current_dir(folder)
                    .output()
                    .unwrap();
                assert_eq!(
                    output.status.code(),
                    Some(expected.parse().unwrap()),
                    "{place}: {text}{}{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                );
                commands += 1;
            }
            other => panic!("{place}: nobody runs {other:?}"),
        }
    }
    assert!(commands >= 11, "{commands}");
    assert!(configurations.len() >= 7, "{configurations:?}");
    for file in configurations {
        let config = Config::load(Some(&file)).unwrap_or_else(|e| panic!("{e}"));
        config
            .check_exposure()
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        drop(Server::start(
            program(folder)
                .args(["serve", "--config", file.to_str().unwrap()])
                .env("SID_CDS_LISTEN", "127.0.0.1:0")
                .env("SID_CDS_METRICS_LISTEN", "127.0.0.1:0"),
        ));
    }
    let summary = program(folder)
        .args(["cohort", "summary", "rows.csv"])
        .output()
        .unwrap();
    let summary = String::from_utf8(summary.stdout).unwrap();
    assert!(summary.contains("Patients: 1\n"), "{summary}");
}

/// The scopes of the guide are those that the app asks for.
#[test]
fn the_guide_names_the_scopes_and_addresses_of_the_app() {
    let page = read("docs/integrate.md");
    let launch = read("src/server/smart/launch.rs");
    let (_, after) = launch.split_once("const SCOPES: &str = \"").unwrap();
    let scopes = after.split('"').next().unwrap();
    let scopes: Vec<&str> = scopes
        .split(['\\', '\n', ' '])
        .filter(|s| !s.is_empty())
        .collect();
    assert!(scopes.len() > 10);
    assert!(
        page.contains(&format!("`{}`", scopes.join(" "))),
        "{scopes:?}"
    );
    let routes = read("src/server/smart.rs");
    for path in ["/launch", "/app/callback"] {
        assert!(routes.contains(&format!("\"{path}\"")), "{path}");
        assert!(
            page.contains(&format!("https://cds.hospital.example{path}`")),
            "{path}"
        );
    }
}

/// The arguments of the Kubernetes Job of docs/scale.md, as one pod of it would run them.
#[test]
fn the_job_of_the_scale_page_runs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    data(folder);
    fs::create_dir(folder.join("out")).unwrap();
    let page = read("docs/scale.md");
    let (_, after) = page.split_once("          args:\n").unwrap();
    let arguments: Vec<String> = after
        .lines()
        .map_while(|line| line.trim().strip_prefix("- "))
        .map(|argument| argument.replace("$(JOB_COMPLETION_INDEX)", "0"))
        .map(|argument| argument.replace("0/16", "0/1"))
        .map(|argument| {
            ["/export", "/out/", "/scratch/"]
                .iter()
                .fold(argument, |argument, place| {
                    argument.replace(place, &format!("{}{place}", folder.display()))
                })
        })
        .collect();
    assert_eq!(
        arguments.first().map(String::as_str),
        Some("cohort"),
        "{arguments:?}"
    );
    fs::create_dir(folder.join("scratch")).unwrap();
    let output = program(folder).args(&arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?} {output:?}");
    assert!(folder.join("out/rows-0.parquet").exists());
}
