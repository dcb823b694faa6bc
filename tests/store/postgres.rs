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

use super::{disk::small_disk, folder::Folder};

/// Room for a new cluster and some megabytes more.
const SMALL_DISK: u32 = 40_000_000;

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
        let port = free_port();
        let child = Some(serve(&folder, port));
        let server = Self {
            folder,
            port,
            child,
        };
        server.answers().await;
        server
    }

    /// The same with its tables on a small file system, and its log of changes (WAL) on another: what a
    /// full disk of the latter does is to stop the server.
    pub async fn start_on_small_disk() -> Self {
        let folder = Folder::new();
        if let Some((user, group)) = other_user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let port = free_port();
        let script = "\"$0/initdb\" --username=sid --auth=trust --no-sync --waldir=\"$2\" --pgdata=\"$3\" \
                      >/dev/null && exec \"$0/postgres\" -D \"$3\" -p \"$1\" -c listen_addresses=127.0.0.1 \
                      -c unix_socket_directories= -c autovacuum=off";
        let disk = folder.file("disk");
        let child = small_disk(&disk, SMALL_DISK, other_user())
            .args(["sh", "-c", script])
            .arg(programs())
            .arg(port.to_string())
            .args([folder.file("wal"), disk.join("data")])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.file("log")).unwrap())
            .spawn()
            .unwrap();
        let server = Self {
            folder,
            port,
            child: Some(child),
        };
        server.answers().await;
        server
    }

    /// Takes all the room that there is, to the last page, with a table `ballast`.
    pub async fn fill(&self) {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let table =
            "CREATE TABLE ballast (bytes TEXT); ALTER TABLE ballast ALTER bytes SET STORAGE PLAIN";
        connection.execute(table).await.unwrap();
        // The server takes room by some pages at a time, and then by single ones.
        for rows in [1_000_000, 1] {
            let row = format!(
                "INSERT INTO ballast SELECT repeat('x', 7000) FROM generate_series(1, {rows})"
            );
            let full = loop {
                if let Err(error) = sqlx::query(sqlx::AssertSqlSafe(row.clone()))
                    .execute(&mut connection)
                    .await
                {
                    break error;
                }
            };
            let code = full.as_database_error().and_then(|error| error.code());
            assert_eq!(code.as_deref(), Some("53100"), "disk_full: {full}");
        }
        connection.close().await.unwrap();
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

/// Port 0 is not for `PostgreSQL`: a port that was free a moment ago.
fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    free.local_addr().unwrap().port()
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
