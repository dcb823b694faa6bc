//! The program as a process of its own.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    tokens::{ISSUER, KEYS},
    wire::Connection,
};

/// Longer than any stop takes; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program, killed when it goes.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    folder: TempDir,
}

impl Program {
    /// `serve` for a client with tokens, with further lines of the configuration: at the top, of the
    /// client, of its tokens.
    pub fn serve(top: &str, client: &str, jwt: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = env!("CARGO_MANIFEST_DIR");
        let at = folder.path().display();
        let config = format!(
            "listen = \"127.0.0.1:0\"\nstore = \"sqlite:{at}/store.sqlite\"\n\
             audit = \"file:{at}/audit.ndjson\"\nrequired-data-missing = \"card\"\n{top}\n\
             [[clients]]\nname = \"ehr\"\n{client}\n\
             [clients.jwt]\nissuer = \"{ISSUER}\"\njwks-file = \"{root}/{KEYS}\"\n{jwt}\n"
        );
        let file = folder.path().join("config.toml");
        fs::write(&file, config).unwrap();
        let mut command = command();
        command.args(["serve", "--config"]).arg(file);
        Self::start(command, folder)
    }

    /// A call as a client makes it for a demonstration patient who gets cards, with everything that it
    /// may bring.
    pub async fn request() -> Value {
        let mut command = command();
        command.args(["demo", "--port", "0"]);
        let demo = Self::start(command, tempfile::tempdir().unwrap());
        let mut connection = Connection::open(demo.address).await.unwrap();
        let head = "GET /demo/requests/p05/patient-view HTTP/1.1\r\nhost: x\r\n\r\n";
        let answer = connection.ask(head.as_bytes()).await.unwrap();
        let mut request: Value = serde_json::from_slice(&answer.body).unwrap();
        request.as_object_mut().unwrap().remove("fhirServer");
        request
    }

    fn start(mut command: Command, folder: TempDir) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let from = said.len();
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "stopped: {said}");
            if let Some((_, address)) = said[from..].trim().split_once("listening address=") {
                break address.parse().unwrap();
            }
        };
        let mut file = fs::File::create(folder.path().join("log")).unwrap();
        thread::spawn(move || io::copy(&mut log, &mut file));
        Self {
            child,
            address,
            folder,
        }
    }

    /// The URL of a path, as tokens name it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A file that it wrote.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Resident memory in KiB: now, and the most there was.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let digits = line.unwrap().chars().filter(char::is_ascii_digit);
            digits.collect::<String>().parse().unwrap()
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// Seconds of processor time so far.
    pub fn processor(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, after) = stat.rsplit_once(')').unwrap();
        let fields = after.split_whitespace().skip(11).take(2);
        let ticks: u32 = fields.map(|ticks| ticks.parse::<u32>().unwrap()).sum();
        f64::from(ticks) / 100.0
    }

    /// Tells it to stop.
    pub fn terminate(&self) {
        let process = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.unwrap().success());
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program of this build, or the one that `PROGRAM` names.
fn command() -> Command {
    let program = std::env::var_os("PROGRAM");
    let mut command = Command::new(program.unwrap_or(env!("CARGO_BIN_EXE_sid-cds").into()));
    command
        .env_clear()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}
