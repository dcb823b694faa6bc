//! The service as an operator runs it, in a process of its own, with a client whose tokens it checks.

#![allow(dead_code, reason = "each program uses a part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark stops at the first fault"
)]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::json;

/// The address of the service that is called.
pub const PATH: &str = "/cds-services/sid-patient-view";
/// Where the service says that it is.
const PUBLIC: &str = "https://cds.example";
const ISSUER: &str = "https://ehr.example";

/// The client's key, RS384: one of the two that CDS Hooks recommends.
pub struct Signer {
    key: EncodingKey,
    count: u64,
}

impl Signer {
    /// A new key.
    pub fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("the key as DER");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        Self {
            key: EncodingKey::from_rsa_pem(pem.as_bytes()).expect("the key as PEM"),
            count: 0,
        }
    }

    fn key_set(&self) -> String {
        let jwk = Jwk::from_encoding_key(&self.key, Algorithm::RS384).expect("the public half");
        let mut jwk = serde_json::to_value(jwk).expect("the public half");
        jwk["kid"] = json!("key-1");
        jwk["use"] = json!("sig");
        json!({ "keys": [jwk] }).to_string()
    }

    /// The header of one call: a token of its own, as CDS Hooks wants it.
    pub fn authorization(&mut self) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock that is set")
            .as_secs();
        self.count += 1;
        let header = json!({ "alg": "RS384", "typ": "JWT", "kid": "key-1" }).to_string();
        let claims = json!({
            "iss": ISSUER,
            "aud": format!("{PUBLIC}{PATH}"),
            "iat": now,
            "exp": now + 3000,
            "jti": format!("{now:08x}-5b1e-4a0c-9d3e-{:012x}", self.count),
        });
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature =
            crypto::sign(message.as_bytes(), &self.key, Algorithm::RS384).expect("a signature");
        format!("authorization: Bearer {message}.{signature}\r\n")
    }
}

/// A process that listens, ended when this goes.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// When it was started.
    pub started: Instant,
    log: PathBuf,
}

impl Server {
    /// `sid-cds serve` as in production: tokens checked, the audit trail and the store in files,
    /// the log on. Only the limits of one client and of each processor are lifted. `further` lines of the
    /// configuration belong to the client.
    pub fn sid_cds(folder: &Path, signer: &Signer, further: &str) -> Self {
        fs::write(folder.join("keys.json"), signer.key_set()).expect("the key file");
        let config = folder.join("sid-cds.toml");
        let text = format!(
            r#"
listen = "127.0.0.1:0"
public-urls = ["{PUBLIC}"]
client-calls-per-second = 1000000
client-calls-at-once = 1000000
calls-per-processor = 1000
store = "sqlite:{folder}/store.sqlite"
audit = "file:{folder}/audit.ndjson"
log-format = "json"

[[clients]]
name = "ehr"
{further}

[clients.jwt]
issuer = "{ISSUER}"
jwks-file = "{folder}/keys.json"
"#,
            folder = folder.display()
        );
        fs::write(&config, text).expect("the configuration");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sid-cds"));
        command.arg("serve").arg("--config").arg(&config);
        Self::start(command, folder, "listening")
    }

    /// Starts a program that writes a line with `word` and `address` to standard error, as JSON, once it
    /// listens.
    pub fn start(mut command: Command, folder: &Path, word: &str) -> Self {
        let log = folder.join("log.ndjson");
        let file = fs::File::create(&log).expect("the log");
        let started = Instant::now();
        let process = command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the program starts");
        let mut server = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            started,
            log,
        };
        server.address = server.listening(word);
        server
    }

    fn listening(&mut self, word: &str) -> SocketAddr {
        const PATIENCE: Duration = Duration::from_secs(20);
        while self.started.elapsed() < PATIENCE {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let line = log
                .lines()
                .find(|line| line.contains(&format!("\"{word}\"")) && line.ends_with('}'));
            if let Some(line) = line {
                let address = line.split("\"address\":\"").nth(1);
                let address = address.and_then(|rest| rest.split('"').next());
                return address
                    .and_then(|text| text.parse().ok())
                    .expect("an address in the log");
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!("the program ended: {status}\n{log}");
            }
            thread::sleep(Duration::from_micros(500));
        }
        panic!("the program does not listen");
    }

    /// Resident memory in KiB: now, and at most so far.
    pub fn memory(&self) -> (u64, u64) {
        memory(self.process.id())
    }

    /// Processor time so far, in seconds.
    pub fn processor(&self) -> f64 {
        processor(self.process.id())
    }

    /// The file of its log.
    pub fn log(&self) -> &Path {
        &self.log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Resident memory of a process in KiB: now, and at most so far.
pub fn memory(process: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or_default()
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// Processor time of a process so far, in seconds, of all its threads; 0 when it has ended.
pub fn processor(process: u32) -> f64 {
    // In hundredths of a second on every Linux.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name, which may hold anything, come the state and the numbers.
    let numbers = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = numbers.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|text| text.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

/// A line about the machine, for whoever reads the figures.
pub fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(':').nth(1))
        .map_or("unknown processor", str::trim);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{name}, {cores} cores, load before the run {load}")
}
