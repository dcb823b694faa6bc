//! What the program takes: binary, time from start to first answer, memory at rest and under load.
//!
//! `cargo bench --workspace --bench footprint`, about fifteen seconds.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

#[path = "support"]
mod support {
    pub mod client;
    pub mod patients;
    pub mod service;
}

use std::{fs, rc::Rc, time::Duration};

use jiff::Zoned;
use support::{
    client::{Call, Connection, Load},
    patients::Patient,
    service::{PATH, Server, Signer, machine},
};

/// Fresh processes.
const STARTS: usize = 10;

fn main() {
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    single.expect("a runtime").block_on(measure());
}

async fn measure() {
    println!("{}\n", machine());
    let binary = fs::metadata(env!("CARGO_BIN_EXE_sid-cds")).expect("the program");
    println!("binary: {:.1} MB", mega(binary.len()));
    let mut signer = Signer::new();
    let patient = Patient {
        id: "p".to_owned(),
        today: Zoned::now().date(),
    };
    let body = patient.request_of(50_000, 1, "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea");
    let body: Rc<[u8]> = Rc::from(body.into_bytes());
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::sid_cds(folder.path(), &signer, "");
        let call = Call::post(PATH, &signer.authorization(), Rc::clone(&body));
        let mut connection = Connection::open(server.address).await.expect("the service");
        let answer = connection.call(&call).await.expect("an answer");
        times.push(server.started.elapsed());
        assert_eq!(answer.status, 200);
    }
    times.sort_unstable();
    println!(
        "start to first answer: {:.0} ms in the middle of {STARTS}, at most {:.0} ms; target 150 ms",
        times[STARTS / 2].as_secs_f64() * 1000.0,
        times[STARTS - 1].as_secs_f64() * 1000.0
    );
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::sid_cds(folder.path(), &signer, "");
    println!("resident at rest: {:.1} MiB", mebi(server.memory().0));
    for (connections, count) in [(1, 3_000), (64, 6_000)] {
        let mut calls: Vec<Call> = (0..count)
            .map(|_| Call::post(PATH, &signer.authorization(), Rc::clone(&body)))
            .collect();
        let load = Load {
            address: server.address,
            connections,
            rate: None,
            lasts: Duration::from_secs(30),
        };
        let outcome = load.run(move || calls.pop()).await;
        assert!(outcome.others.is_empty(), "{:?}", outcome.others.first());
        let (now, most) = server.memory();
        println!(
            "after {count} calls of 50 kB on {connections} connections: {:.1} MiB, at most {:.1} MiB; target 60 MiB",
            mebi(now),
            mebi(most)
        );
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mebi(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}
