//! The service on a real socket: clients that are slow, half gone or never read, TLS, and a stop.

use std::{io, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use sid_cds::{
    config::{ClientTrust, Config, RequiredDataMissing},
    server::{self, ServerError, State, clock::Clock, metrics::Metrics},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

use super::harness::{TODAY, request};

/// Longer than any of these tests takes; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running service.
struct Running {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServerError>>,
}

impl Running {
    async fn start(set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::load(None).unwrap();
        config.client_trust = ClientTrust::None;
        config.required_data_missing = RequiredDataMissing::Card;
        set(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State::new(config, Clock::Fixed(TODAY)).unwrap();
        let metrics = Arc::clone(&state.metrics);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server::run(listener, state, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            metrics,
            stop,
            ended,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Whether a new client is answered.
    async fn answers(&self) -> bool {
        let mut stream = self.connect().await;
        let _ = stream.write_all(&call("close")).await;
        read_all(&mut stream).await.starts_with("HTTP/1.1 200 OK")
    }

    /// The open connections, as the metrics say.
    fn connections(&self) -> String {
        let text = self.metrics.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("sid_cds_connections "));
        line.unwrap_or_default().to_owned()
    }

    /// Waits until no connection is open.
    async fn emptied(&self) {
        let emptied = async {
            while self.connections() != "0" {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, emptied).await.unwrap();
    }
}

/// A call as its bytes.
fn call(connection: &str) -> Vec<u8> {
    let body = request("patient-view").to_string();
    format!(
        "POST /cds-services/sid-patient-view HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Everything until the other side closes.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    match read.unwrap() {
        Ok(_) => {}
        // Closed while there was something unread on the other side.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Slowloris: heads and bodies that do not end. The connections are closed, and others are answered
/// meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_send_slowly() {
    let service = Running::start(|config| {
        config.head_time = Duration::from_millis(300);
        config.receive_time = Duration::from_millis(300);
    })
    .await;
    let mut slow = Vec::new();
    for sent in [
        &b""[..],
        b"POST /cds-services/sid-patient-view HT",
        b"POST /cds-services/sid-patient-view HTTP/1.1\r\nhost: x\r\nx-a: b\r\n",
        b"POST /cds-services/sid-patient-view HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
          content-length: 1000\r\n\r\n{",
        b"POST /cds-services/sid-patient-view HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
          transfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    ] {
        for _ in 0..20 {
            let mut stream = service.connect().await;
            stream.write_all(sent).await.unwrap();
            slow.push(stream);
        }
    }
    assert!(service.answers().await, "others are answered");
    let held: usize = service.connections().parse().unwrap();
    assert!(held <= slow.len() + 1, "{held} held");
    for mut stream in slow {
        let answer = read_all(&mut stream).await;
        let told = answer.is_empty() || answer.starts_with("HTTP/1.1 408");
        assert!(told, "{answer}");
    }
    service.emptied().await;
    assert!(service.answers().await);
}

/// A client that drips, one byte after another, is not given more time for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_drips() {
    let service = Running::start(|config| config.head_time = Duration::from_millis(300)).await;
    let (mut read, mut write) = service.connect().await.into_split();
    let drip = tokio::spawn(async move {
        loop {
            if write.write_all(b"x-a: b\r\n").await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut bytes = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, read.read_to_end(&mut bytes)).await;
    assert!(closed.is_ok(), "the connection stays open");
    drip.abort();
}

/// A client that has said everything and closed its side is still answered.
#[tokio::test]
async fn a_client_that_is_half_gone() {
    let service = Running::start(|_| {}).await;
    let mut stream = service.connect().await;
    stream.write_all(&call("keep-alive")).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    // One that closes in the middle of what it says is not, and is forgotten.
    let mut stream = service.connect().await;
    let call = call("keep-alive");
    stream.write_all(&call[..call.len() - 1]).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
        "{answer}"
    );
    service.emptied().await;
}

/// Clients that ask and ask and never read fill their own connections only, which are closed; others are
/// answered meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_never_read() {
    let service = Running::start(|config| {
        config.send_time = Duration::from_millis(300);
        // All of them are one client here, whose rate is not what is asked about.
        config.client_calls_per_second = NonZeroU32::new(1_000_000).unwrap();
        config.client_calls_at_once = NonZeroU32::new(1_000_000).unwrap();
    })
    .await;
    let asked = Arc::new(b"GET /cds-services HTTP/1.1\r\nhost: x\r\n\r\n".repeat(500_000));
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        let (mut stream, asked) = (service.connect().await, Arc::clone(&asked));
        // It ends when the service closes: nobody takes what it would send on.
        clients.spawn(async move { stream.write_all(&asked).await });
    }
    while !clients.is_empty() {
        assert!(service.answers().await, "others are answered");
        let ended = tokio::time::timeout(PATIENCE, clients.join_next()).await;
        assert!(ended.unwrap().unwrap().unwrap().is_err());
    }
    assert!(service.answers().await);
    service.emptied().await;
}

/// As many connections as there may be; one more is closed at once, and one less makes room.
#[tokio::test]
async fn connections() {
    let service = Running::start(|config| config.connections = 2).await;
    let mut first = service.connect().await;
    let mut second = service.connect().await;
    for stream in [&mut first, &mut second] {
        stream.write_all(&call("keep-alive")).await.unwrap();
        let mut start = [0; 15];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
    }
    let mut third = service.connect().await;
    assert_eq!(read_all(&mut third).await, "");
    let name = "sid_cds_limited_total{limit=\"connections\"} 1";
    assert!(service.metrics.text().contains(name));
    drop(first);
    let room = async {
        while !service.answers().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, room).await.unwrap();
}

/// A head beyond what is read.
#[tokio::test]
async fn a_head_of_a_megabyte() {
    let service = Running::start(|_| {}).await;
    let mut stream = service.connect().await;
    let head = format!(
        "GET /cds-services HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        "x".repeat(1_000_000)
    );
    // It may be told before it has said everything.
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = read_all(&mut stream).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer:.100}"
    );
    assert!(service.answers().await);
}

/// The body of a call that is refused is received all the same: the client reads why, on a connection
/// that it can go on with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_call_with_a_body() {
    let service = Running::start(|_| {}).await;
    let mut stream = service.connect().await;
    let body = "x".repeat(1_000_000);
    let refused = format!(
        "POST /cds-services/sid-patient-view HTTP/1.1\r\nhost: x\r\nx-long: {}\r\ncontent-type: \
         application/json\r\ncontent-length: {}\r\n\r\n{body}",
        "x".repeat(40_000),
        body.len()
    );
    for _ in 0..2 {
        stream.write_all(refused.as_bytes()).await.unwrap();
    }
    stream.write_all(&call("close")).await.unwrap();
    let answers = read_all(&mut stream).await;
    assert_eq!(answers.matches("HTTP/1.1 431 ").count(), 2, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 1, "{answers}");
}

/// Told to stop, the service says so to whoever asks whether it is ready, finishes what is under way,
/// and ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_under_way() {
    let service = Running::start(|config| config.stop_delay = Duration::from_millis(500)).await;
    let mut under_way = Vec::new();
    let call = call("keep-alive");
    for _ in 0..20 {
        let mut stream = service.connect().await;
        stream.write_all(&call[..call.len() - 1]).await.unwrap();
        under_way.push(stream);
    }
    // All of them have been taken in.
    while service.connections() != "20" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service.stop.send(()).unwrap();
    let ready = async {
        loop {
            let mut stream = TcpStream::connect(service.address).await.unwrap();
            let asked = b"GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            stream.write_all(asked).await.unwrap();
            let answer = read_all(&mut stream).await;
            if answer.starts_with("HTTP/1.1 503") {
                assert!(answer.contains("stopping"), "{answer}");
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
    for mut stream in under_way {
        stream.write_all(&call[call.len() - 1..]).await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let ended = tokio::time::timeout(PATIENCE, service.ended).await.unwrap();
    ended.unwrap().unwrap();
    assert!(TcpStream::connect(service.address).await.is_err());
}

/// A client that never finishes does not keep the service from stopping.
#[tokio::test]
async fn a_stop_has_an_end() {
    let service = Running::start(|config| config.stop_grace = Duration::from_millis(100)).await;
    let mut stream = service.connect().await;
    let call = call("keep-alive");
    stream.write_all(&call[..call.len() - 1]).await.unwrap();
    while service.connections() != "1" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service.stop.send(()).unwrap();
    let ended = tokio::time::timeout(PATIENCE, service.ended).await.unwrap();
    ended.unwrap().unwrap();
}

/// A certificate that is made for a test, and its files.
struct Certificate {
    folder: tempfile::TempDir,
    pem: String,
}

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = made.cert.pem();
        std::fs::write(folder.path().join("certificate.pem"), &pem).unwrap();
        let key = made.signing_key.serialize_pem();
        std::fs::write(folder.path().join("key.pem"), key).unwrap();
        Self { folder, pem }
    }

    fn serve(&self, config: &mut Config) {
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        config.tls_certificate = path("certificate.pem");
        config.tls_key = path("key.pem");
    }

    /// A client that trusts it.
    fn client(&self) -> reqwest::Client {
        let certificate = reqwest::Certificate::from_pem(self.pem.as_bytes()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .build()
            .unwrap()
    }
}

/// SEC-01: TLS in the process.
#[tokio::test]
async fn encrypted() {
    let certificate = Certificate::new();
    let service = Running::start(|config| certificate.serve(config)).await;
    let client = certificate.client();
    let url = format!(
        "https://localhost:{}/cds-services/sid-patient-view",
        service.address.port()
    );
    let answer = client
        .post(&url)
        .header("content-type", "application/json")
        .body(request("patient-view").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    assert!(answer.text().await.unwrap().contains("\"cards\""));
    // Plain HTTP to the same port is no way in.
    let mut stream = service.connect().await;
    stream.write_all(&call("close")).await.unwrap();
    assert!(!read_all(&mut stream).await.contains("200 OK"));
    let strict = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(
        strict.get(&url).send().await.is_err(),
        "nobody vouches for this certificate"
    );
    service.stop.send(()).unwrap();
}

/// Clients that begin to encrypt and do not go on: their connections are closed, and others are answered
/// meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_that_do_not_end() {
    let certificate = Certificate::new();
    let service = Running::start(|config| {
        certificate.serve(config);
        config.head_time = Duration::from_secs(2);
    })
    .await;
    let mut slow = Vec::new();
    // Nothing; the start of a record; a record that says it is longer.
    for sent in [
        &b""[..],
        b"\x16\x03",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        for _ in 0..20 {
            let mut stream = service.connect().await;
            stream.write_all(sent).await.unwrap();
            slow.push(stream);
        }
    }
    let url = format!("https://localhost:{}/cds-services", service.address.port());
    // A client of its own each time: a connection that is kept alive is closed after the same time.
    let asked = async || certificate.client().get(&url).send().await.unwrap();
    assert_eq!(asked().await.status(), 200);
    let held: usize = service.connections().parse().unwrap();
    assert!(held <= slow.len() + 1, "{held} held");
    for mut stream in slow {
        // An alert at most.
        assert!(read_all(&mut stream).await.len() < 50);
    }
    assert_eq!(asked().await.status(), 200);
    service.emptied().await;
}

/// A certificate that cannot be used stops the start and is named.
#[tokio::test]
async fn a_certificate_that_is_none() {
    let service = Running::start(|config| {
        config.tls_certificate = "Cargo.toml".to_owned();
        config.tls_key = "nowhere.pem".to_owned();
    })
    .await;
    let error = service.ended.await.unwrap().unwrap_err().to_string();
    assert!(
        error.contains("Cargo.toml") && error.contains("nowhere.pem"),
        "{error}"
    );
}
