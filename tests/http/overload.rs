//! Ten times the calls that there are places for: what is over is turned away at once, and what was
//! taken in is answered.
//!
//! A short run is part of the tests. A long one, by command, prints what it measured:
//!
//! ```sh
//! SID_CDS_LOAD_SECONDS=60 cargo test --release --workspace --test http overload -- --nocapture
//! ```

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    harness::{demonstration, get},
    sockets::Running,
};

/// Places for calls.
const PLACES: usize = 8;
/// Clients that call without pause.
const CLIENTS: usize = 10 * PLACES;

/// What one client saw.
#[derive(Debug, Default)]
struct Seen {
    answered: Vec<Duration>,
    turned_away: Vec<Duration>,
    other: Vec<String>,
}

/// One answer on a connection that stays open: its head.
async fn ask(stream: &mut TcpStream, call: &[u8]) -> std::io::Result<String> {
    stream.write_all(call).await?;
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|length| length.parse::<usize>().ok())
            .unwrap_or_default();
        while bytes.len() < end + 4 + length {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        return Ok(head);
    }
}

async fn client(address: std::net::SocketAddr, call: Arc<Vec<u8>>, until: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut stream = TcpStream::connect(address).await.unwrap();
    while Instant::now() < until {
        let started = Instant::now();
        match ask(&mut stream, &call).await {
            Ok(head) if head.starts_with("HTTP/1.1 200") => seen.answered.push(started.elapsed()),
            Ok(head) if head.starts_with("HTTP/1.1 503") || head.starts_with("HTTP/1.1 429") => {
                assert!(head.contains("retry-after: "), "{head}");
                seen.turned_away.push(started.elapsed());
                // As a client does that was turned away; without it the load is the clients' own.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(head) => seen.other.push(head),
            Err(error) => {
                seen.other.push(error.to_string());
                stream = TcpStream::connect(address).await.unwrap();
            }
        }
    }
    seen
}

fn of(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * share / 100).copied().unwrap_or_default()
}

/// The memory of the process, in KiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload() {
    let seconds = std::env::var("SID_CDS_LOAD_SECONDS").map_or(1, |text| text.parse().unwrap());
    let mut request = get(&demonstration(), "/demo/requests/p05/patient-view")
        .await
        .json();
    request.as_object_mut().unwrap().remove("fhirServer");
    let body = request.to_string();
    let call = Arc::new(
        format!(
            "POST /cds-services/sid-patient-view HTTP/1.1\r\nhost: x\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    );
    let service = Running::start(|config| {
        config.concurrent_calls = PLACES;
        config.client_calls_per_second = std::num::NonZeroU32::new(100_000).unwrap();
        config.client_calls_at_once = std::num::NonZeroU32::new(100_000).unwrap();
    })
    .await;
    // Alone first, for comparison.
    let mut alone = Vec::new();
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    for _ in 0..50 {
        let started = Instant::now();
        assert!(
            ask(&mut stream, &call)
                .await
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );
        alone.push(started.elapsed());
    }
    let before = memory();
    let until = Instant::now() + Duration::from_secs(seconds);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(client(service.address, Arc::clone(&call), until)))
        .collect();
    let mut seen = Seen::default();
    for client in clients {
        let Seen {
            answered,
            turned_away,
            other,
        } = client.await.unwrap();
        seen.answered.extend(answered);
        seen.turned_away.extend(turned_away);
        seen.other.extend(other);
    }
    let after = memory();
    let started = Instant::now();
    assert!(
        ask(&mut stream, &call)
            .await
            .unwrap()
            .starts_with("HTTP/1.1 200")
    );
    println!(
        "{CLIENTS} clients at {PLACES} places for {seconds} s, {} bytes a call: {} answered ({:?} in the \
         middle, 99 of 100 within {:?}; alone {:?}), {} turned away ({:?} in the middle, 99 of 100 \
         within {:?}); memory {before} KiB before, {after} KiB after; the next call took {:?}",
        call.len(),
        seen.answered.len(),
        of(&mut seen.answered, 50),
        of(&mut seen.answered, 99),
        of(&mut alone, 50),
        seen.turned_away.len(),
        of(&mut seen.turned_away, 50),
        of(&mut seen.turned_away, 99),
        started.elapsed(),
    );
    assert_eq!(seen.other, Vec::<String>::new());
    assert!(!seen.answered.is_empty());
    assert!(!seen.turned_away.is_empty());
    assert!(after < before + 200_000, "{before} KiB, then {after} KiB");
}
