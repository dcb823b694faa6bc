//! The other side of our own calls: a FHIR server and a source of keys that answer as they should, or,
//! in a case, with damaged answers. What it does depends on the case and on what is asked, never on the
//! order in which it is asked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::Router;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    super::harness::{BASE, demonstration, get},
    chance::Chance,
    change::{Pool, changed, damaged},
    document::{Cut, Document},
};

const FHIR: &str = "application/fhir+json;charset=utf-8";
/// Targets whose answers are kept; damaged requests ask for many others.
const KEPT: usize = 5_000;

/// What is answered.
#[derive(Debug, Clone, Copy)]
pub enum Now {
    /// What is right.
    Right,
    /// What this case says.
    Case { seed: u64, case: u64 },
}

/// The server. It ends with the runtime of its test.
#[derive(Clone)]
pub struct OtherSide {
    /// `http://127.0.0.1:…`
    pub origin: String,
    inner: Arc<Inner>,
}

struct Inner {
    records: Router,
    keys: Document,
    pool: Arc<Pool>,
    now: Mutex<Now>,
    answers: Mutex<BTreeMap<String, Arc<Recorded>>>,
}

/// What is right.
struct Recorded {
    status: u16,
    document: Document,
}

/// An answer as its bytes, and whether the connection ends with it.
struct Said {
    bytes: Vec<u8>,
    closes: bool,
}

impl OtherSide {
    pub async fn start(keys: Document, pool: Arc<Pool>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            inner: Arc::new(Inner {
                records: demonstration(),
                keys,
                pool,
                now: Mutex::new(Now::Right),
                answers: Mutex::default(),
            }),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                // The other side goes away as it likes.
                tokio::spawn(async move {
                    let _ = server.serve(stream).await;
                });
            }
        });
        server
    }

    pub fn does(&self, now: Now) {
        *self.inner.now.lock().unwrap() = now;
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut read = Vec::with_capacity(2_048);
        loop {
            let end = loop {
                if let Some(end) = read.windows(4).position(|end| end == b"\r\n\r\n") {
                    break end + 4;
                }
                if stream.read_buf(&mut read).await? == 0 {
                    return Ok(());
                }
            };
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            read.drain(..end);
            let target = head.split(' ').nth(1).unwrap_or_default();
            let said = self.say(target).await;
            stream.write_all(&said.bytes).await?;
            if said.closes {
                return stream.shutdown().await;
            }
        }
    }

    async fn say(&self, target: &str) -> Said {
        let now = *self.inner.now.lock().unwrap();
        let Some(target) = target.strip_prefix("/fhir/") else {
            let keys = &self.inner.keys;
            return match now {
                Now::Right => whole(200, "application/json", keys.text.as_bytes()),
                Now::Case { seed, case } => {
                    let mut chance = Chance::of(seed, case, "keys");
                    self.damage(keys, 200, "application/json", &mut chance)
                }
            };
        };
        // Pages that a damaged answer leads to, without end.
        let page = target
            .strip_prefix("page/")
            .and_then(|page| page.parse::<u32>().ok());
        let asked = page.map_or(target, |_| "Condition?patient=p05");
        let recorded = self.recorded(asked).await;
        let (status, document) = (recorded.status, &recorded.document);
        if let Some(page) = page {
            let next = format!("{}/fhir/page/{}", self.origin, page.saturating_add(1));
            return whole(status, FHIR, linked(document, &next).as_bytes());
        }
        match now {
            Now::Right => whole(status, FHIR, document.text.as_bytes()),
            Now::Case { seed, case } => {
                let mut chance = Chance::of(seed, case, target);
                self.damage(document, status, FHIR, &mut chance)
            }
        }
    }

    /// What the demonstration's endpoint answers, with this server's address.
    async fn recorded(&self, target: &str) -> Arc<Recorded> {
        if let Some(known) = self.inner.answers.lock().unwrap().get(target) {
            return Arc::clone(known);
        }
        // A target that is no URI has no record.
        let found = match format!("/fhir/{target}").parse::<axum::http::Uri>() {
            Ok(uri) => get(&self.inner.records, &uri.to_string()).await,
            Err(_) => get(&self.inner.records, "/fhir/nothing").await,
        };
        let text = found
            .text
            .replace(&format!("{BASE}/fhir"), &format!("{}/fhir", self.origin));
        let value = serde_json::from_str(&text).unwrap();
        let recorded = Arc::new(Recorded {
            status: found.status.as_u16(),
            document: Document::of(&value),
        });
        let mut answers = self.inner.answers.lock().unwrap();
        if answers.len() < KEPT {
            answers.insert(target.to_owned(), Arc::clone(&recorded));
        }
        recorded
    }

    /// One answer with something wrong, or, now and then, with nothing.
    fn damage(&self, document: &Document, status: u16, kind: &str, chance: &mut Chance) -> Said {
        let text = &document.text;
        match chance.below(24) {
            0..=11 => {
                let body = changed(document, &self.inner.pool, chance);
                whole(status, kind, body.as_bytes())
            }
            12 | 13 => whole(status, kind, &damaged(text.clone(), chance)),
            14 | 15 => {
                let body = linked(document, &self.link(chance));
                whole(status, kind, body.as_bytes())
            }
            16 => {
                let status = *chance.of_these(&[
                    100, 101, 103, 201, 202, 204, 206, 226, 300, 301, 302, 304, 307, 308, 400, 401,
                    403, 404, 405, 410, 412, 418, 422, 429, 500, 501, 503, 504, 599, 600, 999, 0,
                    1000,
                ]);
                let location = format!("location: {}\r\nretry-after: x\r\n", self.link(chance));
                with_head(status, kind, &location, text.as_bytes())
            }
            17 => {
                let kind = *chance.of_these(&[
                    "",
                    "text/html",
                    "application/fhir+xml",
                    "application/json",
                    "application/fhir+json; fhirVersion=5.0",
                    "application/fhir+json; fhirVersion=\"",
                    "application/fhir+json;charset=utf-16",
                    "multipart/mixed; boundary=x",
                    "\u{e6}/\u{f8}",
                    ";;;",
                ]);
                whole(status, kind, text.as_bytes())
            }
            18 => {
                let body = chance.of_these(&[
                    "",
                    "null",
                    "7",
                    "[]",
                    "{}",
                    "\"x\"",
                    "<html>",
                    "{\"keys\":[]}",
                    "{\"keys\":{}}",
                    "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"fatal\",\"code\":\"exception\"}]}",
                    "{\"resourceType\":\"OperationOutcome\"}",
                    "{\"resourceType\":\"Bundle\"}",
                    "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{\"search\":{\"mode\":\"outcome\"},\"resource\":{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"incomplete\"}]}}]}",
                    "{\"resourceType\":\"Bundle\",\"total\":-1,\"entry\":null,\"link\":[{}]}",
                ]);
                whole(status, kind, body.as_bytes())
            }
            19 => {
                // The head announces more than comes.
                let kept = chance.below(text.len());
                let mut said = whole(status, kind, text.as_bytes());
                let length = said.bytes.len() - text.len() + kept;
                said.bytes.truncate(length);
                said.closes = true;
                said
            }
            20 => {
                let whole = whole(status, kind, text.as_bytes());
                let head = String::from_utf8_lossy(&whole.bytes[..whole.bytes.len() - text.len()]);
                let head = head.replace("content-length", "x-length");
                let size = format!("{:x}", text.len());
                let size = *chance.of_these(&[&*size, &*size, "-1", "ffffffffffffffff", "g", ""]);
                let end = *chance.of_these(&["\r\n0\r\n\r\n", "\r\n", "0\r\n"]);
                let head = head.replacen("\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n", 1);
                Said {
                    bytes: format!("{head}{size}\r\n{text}{end}").into_bytes(),
                    closes: true,
                }
            }
            21 => {
                let bytes = damaged(
                    String::from_utf8_lossy(&whole(status, kind, b"{}").bytes).into_owned(),
                    chance,
                );
                Said {
                    bytes,
                    closes: true,
                }
            }
            22 => {
                let filled = if chance.once_in(50) { 300_000 } else { 0 };
                let body = format!("{text}{}", " ".repeat(filled));
                let mut said = whole(status, kind, body.as_bytes());
                if filled == 0 {
                    said.bytes.clear();
                    said.closes = true;
                }
                said
            }
            _ => whole(status, kind, text.as_bytes()),
        }
    }

    fn link(&self, chance: &mut Chance) -> String {
        let origin = &self.origin;
        match chance.below(12) {
            0..=2 => format!("{origin}/fhir/Condition?patient=p05"),
            3 => format!(
                "{origin}/fhir/Observation?patient=p05&_count={}",
                chance.below(9)
            ),
            4 => format!("{origin}/fhir/page/{}", chance.below(30)),
            5 => "Condition?patient=p01".to_owned(),
            6 => format!("{origin}/fhir/../keys"),
            7 => format!("{origin}@example.org/fhir/Patient/p05"),
            8 => "http://169.254.169.254/latest".to_owned(),
            9 => format!("{origin}/fhir/Patient/p05?{}", "x".repeat(20_000)),
            10 => "file:///etc/passwd".to_owned(),
            _ => (*chance.of_these(&["", "?", "//", "http://[", "\u{0}", "javascript:x", "#"]))
                .to_owned(),
        }
    }
}

/// A page with a next link.
fn linked(page: &Document, next: &str) -> String {
    let links = json!([{ "relation": "next", "url": next }]);
    let cut = Cut {
        at: 1..1,
        put: format!("\"link\":{links},"),
    };
    page.with(vec![cut])
}

fn whole(status: u16, kind: &str, body: &[u8]) -> Said {
    with_head(status, kind, "", body)
}

fn with_head(status: u16, kind: &str, lines: &str, body: &[u8]) -> Said {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\n{lines}content-length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Said {
        bytes,
        // No client waits for a body after these, and what comes would be taken for the next answer.
        closes: matches!(status, 100..200 | 204 | 304) || !(100..1000).contains(&status),
    }
}
