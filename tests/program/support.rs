//! The program as a child process, and files for it that go with the test.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A whole record.
pub const FIXTURE: &str = "fixtures/01-car-t-3-months/bundle.json";
/// The beginning of a configuration that trusts whoever can reach its address.
pub const OPEN: &str = "client-trust = \"none\"\nlisten = ";

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sid-cds"));
    command
        .env_clear()
        .env("SID_CDS_STORE", "memory")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

pub fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A file that this test made, and that goes with it.
pub struct Made(PathBuf);

impl Made {
    pub fn new(name: &str, content: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("sid-cds-{process}-{count}-{name}"));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A running `demo`, stopped when it goes.
pub struct Demo {
    pub child: Child,
    pub greeting: String,
    log: Made,
}

impl Demo {
    /// With the most talkative log there is.
    pub fn start() -> Self {
        Self::with_log("trace", "text")
    }

    pub fn with_log(level: &str, format: &str) -> Self {
        let log = Made::new("demo.log", "");
        let mut child = program()
            .args(["demo", "--port", "0"])
            .env("SID_CDS_LOG", level)
            .env("SID_CDS_LOG_FORMAT", format)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log.0).unwrap())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
        while !greeting.contains("Stop with") {
            assert_ne!(
                lines.read_line(&mut greeting).unwrap(),
                0,
                "stopped: {greeting}"
            );
        }
        Self {
            child,
            greeting,
            log,
        }
    }

    /// The commands that it prints.
    pub fn commands(&self) -> Vec<&str> {
        let lines = self.greeting.lines().map(str::trim);
        lines.filter(|line| line.starts_with("curl ")).collect()
    }

    /// Stops it by a signal; gives its log.
    pub fn stop(mut self) -> String {
        let killed = Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.child.id())])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        fs::read_to_string(&self.log.0).unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line of the log of `serve` with this configuration, or what it says when it refuses.
pub fn first_words(configuration: &str) -> (bool, String) {
    let file = Made::new("serve.toml", configuration);
    let mut child = program()
        .args(["serve", "--config", file.path()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut words = String::new();
    stderr.read_line(&mut words).unwrap();
    let listening = words.contains("listening");
    if listening {
        child.kill().unwrap();
    } else {
        stderr.read_to_string(&mut words).unwrap();
    }
    child.wait().unwrap();
    (listening, words)
}
