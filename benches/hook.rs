//! A hook over HTTP against a floor: a service that only parses the same body and answers a fixed card.
//!
//! `cargo bench --workspace --bench hook`, about three minutes; `-- quick` takes one round of each. Both are
//! processes of their own, called in turns by one client with the same bytes, and a ratio is the middle one
//! of the rounds. Left of the bars: calls in a second; between them: p99; right: what a call takes of the
//! server's processor time, which another load on the machine moves least.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

#[path = "support"]
mod support {
    pub mod client;
    pub mod patients;
    pub mod service;
}

use std::{
    cell::RefCell,
    env,
    process::Command,
    rc::Rc,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, http::StatusCode, routing::post};
use jiff::Zoned;
use serde_json::{Value, json};
use support::{
    client::{Call, Connection, Load, Outcome},
    patients::Patient,
    service::{PATH, Server, Signer, machine},
};

/// How long one load lasts.
const LASTS: Duration = Duration::from_millis(600);
/// Rounds of each load.
const ROUNDS: usize = 5;
/// Different patients of one kind, so that no answer is of the one before.
const PATIENTS: usize = 8;
/// The share of the slower one's closed-loop rate at which calls become due in the open loop.
const OPEN: f64 = 0.5;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let multi = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    if arguments.iter().any(|argument| argument == "floor") {
        return multi.expect("a runtime").block_on(floor());
    }
    let rounds = if arguments.iter().any(|argument| argument == "quick") {
        1
    } else {
        ROUNDS
    };
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    single.expect("a runtime").block_on(measure(rounds));
}

/// The floor: any service that looks at its request has to do this much.
async fn floor() {
    let card = json!({ "cards": [{
        "summary": "A card", "indicator": "info", "source": { "label": "The floor" },
    }] });
    let card = card.to_string();
    let answer = move |body: Bytes| async move {
        match serde_json::from_slice::<Value>(&body) {
            Ok(_) => (
                StatusCode::OK,
                [("content-type", "application/json")],
                card.clone(),
            ),
            Err(error) => (
                StatusCode::BAD_REQUEST,
                [("content-type", "text/plain")],
                error.to_string(),
            ),
        }
    };
    let routes = Router::new()
        .route(PATH, post(answer))
        .layer(DefaultBodyLimit::max(16 << 20));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("an address");
    let address = listener.local_addr().expect("an address");
    eprintln!(r#"{{"floor":"","address":"{address}"}}"#);
    axum::serve(listener, routes).await.expect("it serves");
}

/// A kind of body.
struct Kind {
    name: &'static str,
    bytes: usize,
    relevant_in_ten: usize,
    /// The least ratio of calls in a second, where there is a target.
    target: Option<f64>,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "1 kB, all relevant",
        bytes: 900,
        relevant_in_ten: 10,
        target: None,
    },
    Kind {
        name: "1 kB, none relevant",
        bytes: 900,
        relevant_in_ten: 0,
        target: None,
    },
    Kind {
        name: "50 kB, all relevant",
        bytes: 50_000,
        relevant_in_ten: 10,
        target: Some(0.6),
    },
    Kind {
        name: "50 kB, one in ten",
        bytes: 50_000,
        relevant_in_ten: 1,
        target: Some(1.0),
    },
    Kind {
        name: "1 MB, all relevant",
        bytes: 1_000_000,
        relevant_in_ten: 10,
        target: Some(0.5),
    },
    Kind {
        name: "1 MB, one in ten",
        bytes: 1_000_000,
        relevant_in_ten: 1,
        target: Some(1.0),
    },
];

async fn measure(rounds: usize) {
    println!("{}", machine());
    let folders = [
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    ];
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.arg("floor");
    let floor = Server::start(command, folders[0].path(), "floor");
    let signer = Rc::new(RefCell::new(Signer::new()));
    let ours = Server::sid_cds(folders[1].path(), &signer.borrow(), "");
    let first = first_answer(&ours, &signer).await;
    println!(
        "ours: first answer {:.0} ms after the process started, {} KiB resident",
        milliseconds(first),
        ours.memory().0
    );
    println!(
        "\n{:<20} {:>4} {:<6} | {:>7} {:>7} {:>5} {:>6} | {:>8} {:>8} {:>5} | {:>8} {:>8} {:>5}",
        "body",
        "conn",
        "loop",
        "floor",
        "ours",
        "ratio",
        "target",
        "floor ms",
        "ours ms",
        "ratio",
        "floor µs",
        "ours µs",
        "ratio"
    );
    for kind in &KINDS {
        let bodies = bodies(kind);
        for connections in [1, 64] {
            let both = Both {
                floor: &floor,
                ours: &ours,
                signer: &signer,
                bodies: &bodies,
                connections,
            };
            let closed = both.rounds(rounds, None).await;
            closed.print(kind, connections, "closed");
            let rate = closed.floor.rate().min(closed.ours.rate()) * OPEN;
            let open = both.rounds(rounds, Some(rate)).await;
            open.print(kind, connections, "open");
        }
        println!(
            "{:<20} resident at most so far: floor {} KiB, ours {} KiB",
            kind.name,
            floor.memory().1,
            ours.memory().1
        );
    }
}

/// Bodies of a kind, each a patient.
fn bodies(kind: &Kind) -> Vec<Rc<[u8]>> {
    let today = Zoned::now().date();
    (0..PATIENTS)
        .map(|number| {
            let patient = Patient {
                id: format!("patient-{number}"),
                today,
            };
            let instance = format!("d1577c69-dfbe-44ad-ba6d-3e05e953b{number:03}");
            let body = patient.request_of(kind.bytes, kind.relevant_in_ten, &instance);
            Rc::from(body.into_bytes())
        })
        .collect()
}

/// From the start of the process to its first answer.
async fn first_answer(ours: &Server, signer: &RefCell<Signer>) -> Duration {
    let bodies = bodies(&KINDS[2]);
    let body = bodies.first().expect("a body");
    let call = Call::post(PATH, &signer.borrow_mut().authorization(), Rc::clone(body));
    loop {
        if let Ok(mut connection) = Connection::open(ours.address).await {
            let answer = connection.call(&call).await.expect("an answer");
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, 200, "{text}");
            assert!(text.contains("\"cards\""), "{text}");
            return ours.started.elapsed();
        }
    }
}

/// The floor and ours, called with the same bodies.
struct Both<'a> {
    floor: &'a Server,
    ours: &'a Server,
    signer: &'a Rc<RefCell<Signer>>,
    bodies: &'a [Rc<[u8]>],
    connections: usize,
}

/// What came of the rounds of one load.
#[derive(Default)]
struct Compared {
    floor: Outcome,
    ours: Outcome,
    /// Of each round, calls in a second: ours to the floor's.
    rates: Vec<f64>,
    /// Of each round, p99: ours to the floor's.
    tails: Vec<f64>,
    /// Processor time of the servers, in seconds.
    floor_processor: f64,
    ours_processor: f64,
}

impl Both<'_> {
    async fn rounds(&self, rounds: usize, rate: Option<f64>) -> Compared {
        let mut compared = Compared::default();
        let mut tokens = 500;
        for round in 0..rounds {
            let calls = self.calls(tokens);
            let (floor, ours) = if round % 2 == 0 {
                let floor = self.load(self.floor, rate, &calls).await;
                (floor, self.load(self.ours, rate, &calls).await)
            } else {
                let ours = self.load(self.ours, rate, &calls).await;
                (self.load(self.floor, rate, &calls).await, ours)
            };
            // As many tokens as calls are made, and some more, for the next round.
            tokens = ours.0.times.len() * 3 / 2 + 200;
            compared.rates.push(ours.0.rate() / floor.0.rate());
            let tail = |outcome: &Outcome| outcome.within(0.99).as_secs_f64();
            compared.tails.push(tail(&ours.0) / tail(&floor.0));
            compared.floor.add(floor.0);
            compared.floor_processor += floor.1;
            compared.ours.add(ours.0);
            compared.ours_processor += ours.1;
        }
        compared
    }

    /// Calls with a token each.
    fn calls(&self, count: usize) -> Rc<Vec<Call>> {
        let mut signer = self.signer.borrow_mut();
        let bodies = self.bodies.iter().cycle().take(count);
        Rc::new(
            bodies
                .map(|body| Call::post(PATH, &signer.authorization(), Rc::clone(body)))
                .collect(),
        )
    }

    /// One load, and the processor time that the server took. Only ours takes a token once.
    async fn load(
        &self,
        server: &Server,
        rate: Option<f64>,
        calls: &Rc<Vec<Call>>,
    ) -> (Outcome, f64) {
        let load = Load {
            address: server.address,
            connections: self.connections,
            rate,
            lasts: LASTS,
        };
        let once = server.address == self.ours.address;
        let (calls, mut sent) = (Rc::clone(calls), 0);
        let next = move || {
            let place = if once { sent } else { sent % calls.len() };
            sent += 1;
            calls.get(place).cloned()
        };
        let before = server.processor();
        let begun = Instant::now();
        let outcome = load.run(next).await;
        assert!(
            begun.elapsed() < LASTS + Duration::from_secs(10),
            "it hangs"
        );
        let other = outcome.others.first();
        assert!(other.is_none(), "not answered: {other:?}");
        (outcome, server.processor() - before)
    }
}

impl Compared {
    fn print(&self, kind: &Kind, connections: usize, name: &str) {
        let target = match (kind.target, name) {
            (Some(target), "closed") => format!("{target:.1}"),
            _ => String::new(),
        };
        let per_call = |processor: f64, outcome: &Outcome| {
            #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
            let calls = outcome.times.len() as f64;
            processor / calls * 1e6
        };
        let (floor, ours) = (
            per_call(self.floor_processor, &self.floor),
            per_call(self.ours_processor, &self.ours),
        );
        println!(
            "{:<20} {connections:>4} {name:<6} | {:>7.0} {:>7.0} {:>5.2} {target:>6} | {:>8.2} {:>8.2} {:>5.2} | {floor:>8.0} {ours:>8.0} {:>5.2}",
            kind.name,
            self.floor.rate(),
            self.ours.rate(),
            middle(&self.rates),
            milliseconds(self.floor.within(0.99)),
            milliseconds(self.ours.within(0.99)),
            middle(&self.tails),
            floor / ours,
        );
    }
}

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
