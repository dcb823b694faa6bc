//! Ten times what the program can answer, for a while: what is over is turned away at once, what was taken
//! in is answered as ever, memory is bounded, and afterwards everything is as before.
//!
//! Calls come at a fixed rate, whatever becomes of those before them (open loop). What can be answered is
//! measured first, by clients that call again when they are answered (closed loop).

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    program::Program,
    tokens::Signer,
    wire::{Answer, Broken, Connection},
};

const SERVICE: &str = "/cds-services/sid-patient-view";
/// Connections over which the load comes.
const CONNECTIONS: usize = 512;
/// Clients in the closed loop.
const CLIENTS: usize = 16;
/// How much more than can be answered comes.
const TIMES: f64 = 10.0;
/// The program may not grow by more, in KiB.
const MOST_MEMORY: u64 = 400_000;
/// Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A call of which there are many: its bytes, each with another token.
struct Call(Vec<Vec<u8>>);

impl Call {
    fn number(&self, number: u64) -> &[u8] {
        &self.0[usize::try_from(number).unwrap() % self.0.len()]
    }
}

/// What became of a call.
struct Seen {
    status: u16,
    /// From when it was sent.
    took: Duration,
    /// From when it was due.
    since_due: Duration,
}

/// Calls at a rate, in calls per second, for a time.
async fn open_loop(address: SocketAddr, call: &Arc<Call>, rate: f64, time: Duration) -> Vec<Seen> {
    let (start, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (call, next) = (Arc::clone(call), Arc::clone(&next));
            tokio::spawn(async move {
                let mut seen = Vec::new();
                let mut connection = Connection::open(address).await.unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
                    let due = Duration::from_secs_f64(number as f64 / rate);
                    if due > time {
                        return seen;
                    }
                    let due = start + due;
                    tokio::time::sleep_until(due.into()).await;
                    let sent = Instant::now();
                    let answer = whole(connection.ask(call.number(number)).await);
                    seen.push(Seen {
                        status: answer.status,
                        took: sent.elapsed(),
                        since_due: due.elapsed(),
                    });
                    if answer.closes {
                        connection = Connection::open(address).await.unwrap();
                    }
                }
            })
        })
        .collect();
    let mut seen = Vec::new();
    for client in clients {
        seen.extend(client.await.unwrap());
    }
    seen
}

/// Answers per second to so many clients that call without pause.
async fn closed_loop(address: SocketAddr, call: &Arc<Call>, clients: usize, time: Duration) -> f64 {
    let (ends, answered) = (Instant::now() + time, Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (call, answered) = (Arc::clone(call), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await.unwrap();
                while Instant::now() < ends {
                    let answer = whole(connection.ask(call.number(0)).await);
                    if answer.status == 200 {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    f64::from(u32::try_from(answered.load(Ordering::Relaxed)).unwrap()) / time.as_secs_f64()
}

/// Every call is answered with cards, or turned away and told when to come again.
fn whole(answer: Result<Answer, Broken>) -> Answer {
    let answer = answer.unwrap_or_else(|broken| panic!("{broken:?}"));
    match answer.status {
        200 => assert!(answer.body.starts_with(b"{\"cards\":[{")),
        429 | 503 => assert!(answer.head.contains("retry-after: "), "{}", answer.head),
        status => panic!("{status}"),
    }
    answer
}

/// The middle, and that below which 99 of 100 are.
fn middle_and_99(times: impl Iterator<Item = Duration>) -> (Duration, Duration) {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let of = |share: usize| {
        let last = times.len().saturating_sub(1);
        times.get(last * share / 100).copied().unwrap_or_default()
    };
    (of(50), of(99))
}

async fn runs(what: &str, configuration: &str, time: Duration, capacity: Option<f64>) {
    let program = Program::serve(configuration, "", "replay = \"allow\"");
    let address = program.address;
    let body = Program::request().await.to_string();
    let url = program.url(SERVICE);
    let (signer, length) = (Signer::new(), body.len());
    let bytes = |_| {
        let token = signer.token(&url);
        let call = format!(
            "POST {SERVICE} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        call.into_bytes()
    };
    let call = Arc::new(Call((0..200).map(bytes).collect()));
    let short = time.min(Duration::from_secs(10)) / 4;
    closed_loop(address, &call, 1, short).await;
    let mut alone = Vec::new();
    let mut connection = Connection::open(address).await.unwrap();
    while alone.len() < 100 {
        let started = Instant::now();
        if whole(connection.ask(call.number(0)).await).status == 200 {
            alone.push(started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let capacity = match capacity {
        Some(capacity) => capacity,
        None => closed_loop(address, &call, CLIENTS, short).await,
    };
    let (before, _) = program.memory();
    let (worked, started) = (program.processor(), Instant::now());
    let seen = open_loop(address, &call, capacity * TIMES, time).await;
    let (took, worked) = (started.elapsed(), program.processor() - worked);
    // Recovery: the first answer after the load.
    let started = Instant::now();
    let mut connection = Connection::open(address).await.unwrap();
    while whole(connection.ask(call.number(0)).await).status != 200 {
        assert!(started.elapsed() < PATIENCE, "it does not recover");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let recovered = started.elapsed();
    let (after, peak) = program.memory();
    let with = |status: u16| seen.iter().filter(move |seen| seen.status == status);
    let turned_away = || seen.iter().filter(|seen| seen.status != 200);
    println!(
        "{what}: {length} bytes a call; alone {:?}; {capacity:.0} answered per second at most\n  \
         {:.0} calls per second for {took:?} over {CONNECTIONS} connections: {} answered, {} with 429, {} \
         with 503; {worked:.1} s of processor time\n  \
         answered: {:?} from sending, {:?} from when due\n  \
         turned away: {:?} from sending, {:?} from when due\n  \
         memory {before} KiB before, {peak} KiB at most, {after} KiB after; answered again after \
         {recovered:?}\n  (each time: the middle, and that of 99 of 100)",
        middle_and_99(alone.iter().copied()),
        capacity * TIMES,
        with(200).count(),
        with(429).count(),
        with(503).count(),
        middle_and_99(with(200).map(|seen| seen.took)),
        middle_and_99(with(200).map(|seen| seen.since_due)),
        middle_and_99(turned_away().map(|seen| seen.took)),
        middle_and_99(turned_away().map(|seen| seen.since_due)),
    );
    assert!(with(200).count() > 0);
    assert!(turned_away().count() > 0);
    assert!(peak < before + MOST_MEMORY, "{before} KiB, then {peak} KiB");
}

const MANY: &str = "client-calls-per-second = 1000000\nclient-calls-at-once = 1000000\n";

fn time() -> Duration {
    let seconds = std::env::var("LOAD_SECONDS").map_or(1, |text| text.parse().unwrap());
    Duration::from_secs(seconds)
}

/// As configured by default: one client may call 200 times a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_by_one_client() {
    runs(
        "one client, by default",
        "client-calls-at-once = 200",
        time(),
        Some(200.0),
    )
    .await;
}

/// As many as the processors can answer, and ten times that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_of_the_processors() {
    runs("without a limit for each client", MANY, time(), None).await;
}
