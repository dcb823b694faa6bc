//! A FHIR server on a socket: the demonstration's records, and every way in which a server fails.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
};

use super::harness::{BASE, demonstration, get};

/// What is done with a request instead of answering it as it should be.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Answer.
    Answer,
    /// Answer with this resource.
    Say(Value),
    /// Answer with a status and an OperationOutcome.
    Status(u16),
    /// Answer with a status, a header line and a body.
    Raw(u16, String, String),
    /// Announce the whole body and send half of it.
    Half,
    /// Close without a word.
    Close,
    /// Never answer.
    Hang,
    /// A byte now and then, without end.
    Drip,
    /// A page whose next link is this; `{self}` stands for the page itself, `{base}` for
    /// the server.
    NextLink(String),
    /// A valid Bundle of more than so many bytes.
    Huge(usize),
    /// Wait until so many requests wait, then answer.
    Together(usize),
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Path and query below the base, `Patient/p01`.
    pub target: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Seen {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

type Decide = dyn Fn(&str) -> Deed + Send + Sync;

/// The server. It ends with the runtime of its test.
#[derive(Clone)]
pub struct Upstream {
    /// Its base URL.
    pub base: String,
    inner: Arc<Inner>,
}

struct Inner {
    records: Router,
    decide: Box<Decide>,
    page_size: usize,
    /// What was answered, by target: the records do not change.
    answers: Mutex<BTreeMap<String, (u16, String)>>,
    seen: Mutex<Vec<Seen>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    gate: Semaphore,
    hanging: AtomicUsize,
    hangs: Notify,
    left: Notify,
}

impl Upstream {
    /// A server with pages of at most `page_size`, that does with each request what `decide` says.
    pub async fn start(
        page_size: usize,
        decide: impl Fn(&str) -> Deed + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            base: format!("http://{}/fhir", listener.local_addr().unwrap()),
            inner: Arc::new(Inner {
                records: demonstration(),
                decide: Box::new(decide),
                page_size,
                answers: Mutex::default(),
                seen: Mutex::default(),
                in_flight: AtomicUsize::new(0),
                most_in_flight: AtomicUsize::new(0),
                gate: Semaphore::new(0),
                hanging: AtomicUsize::new(0),
                hangs: Notify::new(),
                left: Notify::new(),
            }),
        };
        let server = upstream.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        upstream
    }

    /// A server that answers as it should.
    pub async fn healthy() -> Self {
        Self::start(1000, |_| Deed::Answer).await
    }

    /// What was asked, in the order in which it came.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// The targets that were asked for, sorted, without their queries.
    pub fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self
            .seen()
            .iter()
            .map(|seen| seen.target.split('?').next().unwrap().to_owned())
            .collect();
        asked.sort();
        asked
    }

    /// Most requests that were under way at one time.
    pub fn most_in_flight(&self) -> usize {
        self.inner.most_in_flight.load(Ordering::SeqCst)
    }

    /// Waits until so many requests hang or drip.
    pub async fn hangs(&self, count: usize) {
        while self.inner.hanging.load(Ordering::SeqCst) < count {
            self.inner.hangs.notified().await;
        }
    }

    /// Waits until the caller of a hanging request has gone.
    pub async fn is_left(&self) {
        self.inner.left.notified().await;
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&mut stream).await else {
            return;
        };
        let inner = &self.inner;
        inner.seen.lock().unwrap().push(request.clone());
        let now = inner.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_in_flight.fetch_max(now, Ordering::SeqCst);
        self.answer(&mut stream, &request.target, now).await;
        inner.in_flight.fetch_sub(1, Ordering::SeqCst);
    }

    async fn answer(&self, stream: &mut TcpStream, target: &str, now: usize) {
        let inner = &self.inner;
        match (inner.decide)(target) {
            Deed::Answer => {
                let (status, body) = self.record(target).await;
                send(stream, status, FHIR, &body).await;
            }
            Deed::Together(count) => {
                if now >= count {
                    inner.gate.close();
                }
                let _ = inner.gate.acquire().await;
                let (status, body) = self.record(target).await;
                send(stream, status, FHIR, &body).await;
            }
            Deed::Say(value) => send(stream, 200, FHIR, &value.to_string()).await,
            Deed::Status(status) => {
                let issue =
                    json!({ "severity": "error", "code": "exception", "diagnostics": "Nancy" });
                let outcome = json!({ "resourceType": "OperationOutcome", "issue": [issue] });
                send(stream, status, FHIR, &outcome.to_string()).await;
            }
            Deed::Raw(status, header, body) => send(stream, status, &header, &body).await,
            Deed::Half => {
                let (_, body) = self.record(target).await;
                let head = head(200, FHIR, body.len());
                let half = &body[..body.len() / 2];
                let _ = stream.write_all(format!("{head}{half}").as_bytes()).await;
            }
            Deed::Close => {}
            Deed::Hang => {
                self.hang(stream, false).await;
            }
            Deed::Drip => {
                let _ = stream
                    .write_all(head(200, FHIR, 1_000_000).as_bytes())
                    .await;
                self.hang(stream, true).await;
            }
            Deed::NextLink(link) => {
                let (_, body) = self.record(target).await;
                let mut page: Value = serde_json::from_str(&body).unwrap();
                let link = link.replace("{self}", &format!("{}/{target}", self.base));
                let link = link.replace("{base}", &self.base);
                page["link"] = json!([{ "relation": "next", "url": link }]);
                send(stream, 200, FHIR, &page.to_string()).await;
            }
            Deed::Huge(bytes) => {
                let (_, body) = self.record(target).await;
                let mut page: Value = serde_json::from_str(&body).unwrap();
                page["id"] = json!("x".repeat(bytes));
                send(stream, 200, FHIR, &page.to_string()).await;
            }
        }
    }

    /// What the demonstration's endpoint answers, with this server's address and page size.
    async fn record(&self, target: &str) -> (u16, String) {
        if let Some(known) = self.inner.answers.lock().unwrap().get(target) {
            return known.clone();
        }
        let asked = target.to_owned();
        let size = format!("_count={}", self.inner.page_size);
        let target = target.replace("_count=1000", &size);
        let answer = get(&self.inner.records, &format!("/fhir/{target}")).await;
        let own = format!("{BASE}/fhir");
        let text = answer.text.replace(&own, &self.base);
        let answer = (answer.status.as_u16(), text);
        let mut known = self.inner.answers.lock().unwrap();
        known.insert(asked, answer.clone());
        answer
    }

    async fn hang(&self, stream: &mut TcpStream, drips: bool) {
        self.inner.hanging.fetch_add(1, Ordering::SeqCst);
        self.inner.hangs.notify_one();
        let mut byte = [0];
        loop {
            tokio::select! {
                read = stream.read(&mut byte) => if matches!(read, Ok(0) | Err(_)) { break },
                () = tokio::time::sleep(Duration::from_millis(5)), if drips => {
                    let _ = stream.write_all(b" ").await;
                }
            }
        }
        self.inner.left.notify_one();
    }
}

const FHIR: &str = "content-type: application/fhir+json;charset=utf-8";

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => text.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
    let text = String::from_utf8(text).unwrap();
    let mut lines = text.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(Seen {
        target: target.trim_start_matches("/fhir/").to_owned(),
        headers: headers.collect(),
    })
}

fn head(status: u16, header: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} Said\r\n{header}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )
}

async fn send(stream: &mut TcpStream, status: u16, header: &str, body: &str) {
    let head = head(status, header, body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}
