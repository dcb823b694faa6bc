//! A stop (SIGTERM) in the middle of calls.
//!
//! What is promised: a call that the program takes in is answered whole. A call is taken in when the
//! program has read its head; one of which nothing was read when its connection closed is not, and its
//! client, who got no byte of an answer, may send it again elsewhere (RFC 9110 §9.2.2, RFC 9112 §9.5). So
//! each call either has a whole answer, or not a byte of one and no trace in the audit trail and the store;
//! and feedback is in the store exactly where it was acknowledged.

use std::{
    collections::BTreeSet,
    fs, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _, any::install_default_drivers};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use uuid::Uuid;

use super::{
    program::Program,
    tokens::Signer,
    wire::{Broken, Connection},
};

const SERVICE: &str = "/cds-services/sid-patient-view";
const FEEDBACK: &str = "/cds-services/sid-patient-view/feedback";
/// Connections on which one call follows the other.
const CLIENTS: usize = 12;
/// Whole answers after which the stop comes.
const ENOUGH: usize = 150;
/// Calls that wait for a FHIR server when the stop comes.
const WAITING: usize = 8;
/// How a client sees that nobody is there any more.
const GONE: [io::ErrorKind; 3] = [
    io::ErrorKind::UnexpectedEof,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::BrokenPipe,
];
/// A stop takes no longer than the calls that are under way and `stop-grace-ms`.
const LONGEST: Duration = Duration::from_secs(30);

/// What became of the calls, by the id that each has.
#[derive(Debug, Default)]
struct Seen {
    hooks: Mutex<BTreeSet<String>>,
    feedback: Mutex<BTreeSet<String>>,
    /// Without a byte of an answer.
    nothing: AtomicUsize,
    answered: AtomicUsize,
}

#[derive(Clone)]
struct Client {
    address: SocketAddr,
    signer: Signer,
    request: Arc<Value>,
    seen: Arc<Seen>,
}

impl Client {
    /// A call as its bytes, and its id.
    fn call(&self, is_feedback: bool) -> (Vec<u8>, String) {
        let id = Uuid::new_v4().to_string();
        let (path, body) = if is_feedback {
            let entry = json!({ "card": id, "outcome": "overridden",
                "outcomeTimestamp": "2026-03-16T10:05:31Z" });
            (FEEDBACK, json!({ "feedback": [entry] }))
        } else {
            let mut request = Value::clone(&self.request);
            request["hookInstance"] = json!(id);
            (SERVICE, request)
        };
        let token = self.signer.token(&format!("http://{}{path}", self.address));
        let body = body.to_string();
        let call = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        (call.into_bytes(), id)
    }

    /// Calls until nobody is there any more; keeps its connection, or opens one for each call.
    async fn calls(self, keeps: bool) {
        'connections: while let Ok(mut connection) = Connection::open(self.address).await {
            for number in 0.. {
                let is_feedback =
                    number % 3 == 2 || (!keeps && Uuid::new_v4().as_u128().is_multiple_of(3));
                let (call, id) = self.call(is_feedback);
                match connection.ask(&call).await {
                    Ok(answer) => {
                        assert_eq!(answer.status, 200, "{}", answer.head);
                        let of = if is_feedback {
                            &self.seen.feedback
                        } else {
                            &self.seen.hooks
                        };
                        of.lock().unwrap().insert(id);
                        self.seen.answered.fetch_add(1, Ordering::Relaxed);
                        if answer.closes || !keeps {
                            continue 'connections;
                        }
                    }
                    Err(Broken::Nothing(error)) => {
                        assert!(GONE.contains(&error.kind()), "{error}");
                        self.seen.nothing.fetch_add(1, Ordering::Relaxed);
                        continue 'connections;
                    }
                    Err(Broken::Part(error)) => panic!("a part of an answer: {error}"),
                }
            }
        }
    }
}

/// The hook instances and the number of feedback calls in the audit trail.
fn audited(program: &Program) -> (BTreeSet<String>, usize) {
    let trail = fs::read_to_string(program.file("audit.ndjson")).unwrap();
    let lines: Vec<Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let instances = lines
        .iter()
        .filter_map(|line| line["hookInstance"].as_str());
    let feedback = lines.iter().filter(|line| line["call"] == "feedback");
    (instances.map(str::to_owned).collect(), feedback.count())
}

/// The cards of every row of `feedback`.
async fn kept(program: &Program) -> BTreeSet<String> {
    install_default_drivers();
    let url = format!("sqlite:{}", program.file("store.sqlite").display());
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    let rows: Vec<(String,)> = sqlx::query_as("SELECT card FROM feedback")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows.into_iter().map(|(card,)| card).collect()
}

/// How often; the moment differs each time.
fn stops() -> usize {
    std::env::var("STOPS").map_or(2, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_under_load() {
    let request = Arc::new(Program::request().await);
    for stop in 0..stops() {
        // With and without a time in which it says that it stops and still takes calls.
        let delay = if stop % 2 == 0 { 0 } else { 100 };
        let configuration = format!(
            "stop-delay-ms = {delay}\nclient-calls-per-second = 100000\nclient-calls-at-once = 100000"
        );
        let mut program = Program::serve(&configuration, "", "");
        let client = Client {
            address: program.address,
            signer: Signer::new(),
            request: Arc::clone(&request),
            seen: Arc::default(),
        };
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            clients.spawn(client.clone().calls(number % 4 > 0));
        }
        while client.seen.answered.load(Ordering::Relaxed) < ENOUGH + 7 * stop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(clients.try_join_next().is_none(), "a client ended");
        }
        program.terminate();
        let (told, answered) = (Instant::now(), client.seen.answered.load(Ordering::Relaxed));
        let status = program.ended().await;
        let took = told.elapsed();
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        assert_eq!(status.code(), Some(0));
        assert!(took < LONGEST, "{took:?}");
        let seen = client.seen;
        let taken = |of: &Mutex<BTreeSet<String>>| std::mem::take(&mut *of.lock().unwrap());
        let (hooks, feedback) = (taken(&seen.hooks), taken(&seen.feedback));
        let (instances, count) = audited(&program);
        assert!(
            instances == hooks,
            "audited and answered differ: {instances:?} {hooks:?}"
        );
        assert_eq!(count, feedback.len());
        let kept = kept(&program).await;
        assert!(
            kept == feedback,
            "kept and acknowledged differ: {kept:?} {feedback:?}"
        );
        println!(
            "stop {stop}, with a delay of {delay} ms: ended after {took:?}; {} hooks and {} feedback \
             answered, {} of them after the signal; {} without a byte",
            hooks.len(),
            feedback.len(),
            seen.answered.load(Ordering::Relaxed) - answered,
            seen.nothing.load(Ordering::Relaxed),
        );
    }
}

/// A FHIR server that finds nothing, once its gate is open.
async fn fhir_server(gate: Arc<Semaphore>, asked: Arc<AtomicUsize>) -> SocketAddr {
    async fn answer(
        mut stream: TcpStream,
        gate: Arc<Semaphore>,
        asked: Arc<AtomicUsize>,
    ) -> io::Result<()> {
        let mut read = Vec::new();
        while !read.windows(4).any(|end| end == b"\r\n\r\n") {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        asked.fetch_add(1, Ordering::Relaxed);
        drop(gate.acquire().await);
        let found = r#"{"resourceType":"Bundle","type":"searchset","entry":[]}"#;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{found}",
            found.len()
        );
        stream.write_all(head.as_bytes()).await
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&gate), Arc::clone(&asked)));
        }
    });
    address
}

/// Calls that wait for a FHIR server when the stop comes are answered with what it then says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_while_fetching() {
    let request = Program::request().await;
    for _ in 0..stops() {
        let (gate, asked) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let fhir = fhir_server(Arc::clone(&gate), Arc::clone(&asked)).await;
        let mut program = Program::serve(
            // Longer than the test takes: what ends the waiting is the gate.
            "fetch-deadline-ms = 10000",
            &format!(
                "fhir-servers = [\"http://{fhir}/fhir\"]\nprivate-network-hosts = [\"127.0.0.1\"]"
            ),
            "",
        );
        let mut request = request.clone();
        request["fhirServer"] = json!(format!("http://{fhir}/fhir"));
        request["prefetch"]
            .as_object_mut()
            .unwrap()
            .remove("encounters")
            .unwrap();
        let client = Client {
            address: program.address,
            signer: Signer::new(),
            request: Arc::new(request),
            seen: Arc::default(),
        };
        let mut calls = JoinSet::new();
        for _ in 0..WAITING {
            let client = client.clone();
            calls.spawn(async move {
                let mut connection = Connection::open(client.address).await.unwrap();
                let (call, id) = client.call(false);
                (connection.ask(&call).await, id)
            });
        }
        while asked.load(Ordering::Relaxed) < WAITING {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        program.terminate();
        // It stops: nobody is taken in any more.
        while TcpStream::connect(client.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        gate.close();
        let mut answered = BTreeSet::new();
        while let Some(call) = calls.join_next().await {
            let (answer, id) = call.unwrap();
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200);
            assert!(answer.closes);
            assert!(answer.body.starts_with(b"{\"cards\":[{"));
            answered.insert(id);
        }
        assert_eq!(program.ended().await.code(), Some(0));
        assert_eq!(audited(&program).0, answered);
    }
}
