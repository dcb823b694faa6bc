//! A real `PostgreSQL` server on loopback, in a folder of its own, stopped when it goes.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sid_cds::config::StorePlace;
use sqlx::{Connection, Executor, PgConnection};

use super::folder::Folder;

/// The server.
#[derive(Debug)]
pub struct Postgres {
    folder: Folder,
    port: u16,
    /// Not there while it is stopped.
    child: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub async fn start() -> Self {
        let folder = Folder::new();
        if let Some((user, group)) = other_user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let made = command("initdb", &folder)
            .args(["--username=sid", "--auth=trust", "--no-sync", "--pgdata"])
            .arg(folder.file("data"))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        // Port 0 is not for PostgreSQL: a port that was free a moment ago.
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Some(serve(&folder, port));
        let server = Self {
            folder,
            port,
            child,
        };
        server.answers().await;
        server
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://sid@127.0.0.1:{}/{database}", self.port)
    }

    /// The place of one of its databases.
    pub fn place(&self, database: &str) -> StorePlace {
        StorePlace::Postgres(self.url(database).parse().unwrap())
    }

    /// Runs statements in a database.
    pub async fn run(&self, database: &str, sql: &'static str) {
        let mut connection = PgConnection::connect(&self.url(database)).await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Ends every session at once and stops.
    pub fn stop(&mut self) {
        // SIGINT: fast shutdown.
        if let Some(child) = self.child.take() {
            end(child, "-INT");
        }
    }

    /// Starts again after [`stop`](Self::stop).
    pub async fn start_again(&mut self) {
        self.child = Some(serve(&self.folder, self.port));
        self.answers().await;
    }

    async fn answers(&self) {
        for _ in 0..600 {
            if PgConnection::connect(&self.url("postgres")).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let log = fs::read_to_string(self.folder.file("log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {log}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT: at once; its own children go with it.
        if let Some(child) = self.child.take() {
            end(child, "-QUIT");
        }
    }
}

fn end(mut child: Child, signal: &str) {
    let process = child.id().to_string();
    let _ = Command::new("kill").args([signal, &process]).status();
    let _ = child.wait();
}

fn serve(folder: &Folder, port: u16) -> Child {
    let log = fs::File::create(folder.file("log")).unwrap();
    command("postgres", folder)
        .args(["-D", folder.file("data").to_str().unwrap()])
        .args(["-p", &port.to_string()])
        .args(["-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "unix_socket_directories="])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// One of `PostgreSQL`'s programs, as a user that it runs as.
fn command(program: &str, folder: &Folder) -> Command {
    let mut command = Command::new(programs().join(program));
    command.current_dir(folder.path()).stdin(Stdio::null());
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command
}

/// The newest installed version's programs.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    versions
        .pop()
        .expect("PostgreSQL is not installed: tests/run installs Debian's package `postgresql`")
}

/// `PostgreSQL` does not run as root: the user `postgres` where this is root.
pub fn other_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string(Path::new("/etc/passwd")).unwrap();
    let user = users
        .lines()
        .find_map(|line| line.strip_prefix("postgres:"))
        .expect("there is no user `postgres`: tests/run installs the package that makes it");
    let mut fields = user.split(':').skip(1);
    let mut number = || fields.next().unwrap().parse().unwrap();
    Some((number(), number()))
}
