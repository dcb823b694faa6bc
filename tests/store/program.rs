//! The program itself as a process, and calls to it.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use reqwest::{Client, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::folder::Folder;

/// A running `serve`, killed when it goes.
#[derive(Debug)]
pub struct Program {
    pub child: Child,
    address: String,
    http: Client,
    _folder: Folder,
}

/// The command that serves with a store, and the folder of its configuration.
pub fn serve(store: &str) -> (Command, Folder) {
    let folder = Folder::new();
    let config = folder.file("config.toml");
    let content =
        format!("listen = \"127.0.0.1:0\"\nclient-trust = \"none\"\nstore = \"{store}\"\n");
    std::fs::write(&config, content).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sid-cds"));
    command
        .env_clear()
        .current_dir(folder.path())
        .args(["serve", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    (command, folder)
}

impl Program {
    /// Starts it and waits until it listens.
    pub fn start(store: &str) -> Self {
        let (command, folder) = serve(store);
        Self::run(command, folder)
    }

    /// Runs a command that leads to `serve`.
    pub fn run(mut command: Command, folder: Folder) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let from = said.len();
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "stopped: {said}");
            if let Some((_, address)) = said[from..].trim().split_once("listening address=") {
                break address.to_owned();
            }
        };
        // A pipe that nobody reads would hold the process up.
        thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Self {
            child,
            address,
            http: Client::builder().no_proxy().build().unwrap(),
            _folder: folder,
        }
    }

    /// Sends feedback on one card; nothing where no answer came.
    pub async fn feedback(&self, card: Uuid) -> Option<Response> {
        self.post("/cds-services/sid-patient-view/feedback", &overridden(card))
            .await
    }

    /// Calls patient-view with a request in which nothing was obtained.
    pub async fn hook(&self) -> Option<Response> {
        let request = json!({
            "hook": "patient-view",
            "hookInstance": Uuid::new_v4(),
            "context": { "userId": "Practitioner/1", "patientId": "4711" },
            "prefetch": { "patient": null, "observations": null, "conditions": null },
        });
        self.post("/cds-services/sid-patient-view", &request).await
    }

    /// What readiness says: status and body.
    pub async fn ready(&self) -> (u16, Value) {
        let url = format!("http://{}/health/ready", self.address);
        let response = self.http.get(url).send().await.unwrap();
        let status = response.status().as_u16();
        (status, body(response).await)
    }

    async fn post(&self, path: &str, body: &Value) -> Option<Response> {
        self.http
            .post(format!("http://{}{path}", self.address))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .ok()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body as JSON.
pub async fn body(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn overridden(card: Uuid) -> Value {
    json!({ "feedback": [{
        "card": card,
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:05:31Z",
    }] })
}
