//! A store that cannot be used: refused at the start with what to do, or 503 while hooks go on.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use sid_cds::{
    config::StorePlace,
    store::{Store, StoreError},
};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

use super::{
    disk::{seen_from_outside, small_disk},
    durability::kept,
    folder::Folder,
    postgres::{Postgres, other_user},
    program::{Program, body, serve},
    suite::{received, set_aside, shown},
};

async fn refusal(place: &StorePlace) -> String {
    let store = Store::new(place.clone()).unwrap();
    let error = store.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains(&place.to_string()),
        "names the place: {message}"
    );
    message
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let whole = folder.file("whole.sqlite");
    let store = Store::new(StorePlace::Sqlite(whole.clone())).unwrap();
    let cards: Vec<_> = (0..200)
        .map(|n| shown(Uuid::from_u128(n), "ehr", 16))
        .collect();
    store.add_shown(&cards).await.unwrap();
    store.close().await;
    let whole = fs::read(whole).unwrap();
    let with_garbage_at = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at..at + 2000].fill(0xa5);
        bytes
    };
    for (name, content) in [
        (
            "text",
            b"this is no database, and long enough to be read as one".repeat(100),
        ),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("schema", with_garbage_at(1000)),
        ("page", with_garbage_at(whole.len() - 3000)),
    ] {
        let file = folder.file(name);
        fs::write(&file, &content).unwrap();
        let message = refusal(&StorePlace::Sqlite(file.clone())).await;
        assert!(message.contains("damaged"), "{name}: {message}");
        assert!(message.contains(".recover"), "{name}: {message}");
        assert_eq!(fs::read(&file).unwrap(), content, "{name}: left as it was");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_is_refused_with_what_to_do() {
    let folder = Folder::new();
    for (file, expected) in [
        (
            folder.file("nowhere/store.sqlite"),
            "Check that the folder is there",
        ),
        (folder.path().to_owned(), "Check that the folder is there"),
    ] {
        let message = refusal(&StorePlace::Sqlite(file)).await;
        assert!(message.contains(expected), "{message}");
    }
    // A later version's tables.
    let file = folder.file("later.sqlite");
    let place = StorePlace::Sqlite(file.clone());
    let store = Store::new(place.clone()).unwrap();
    store.open().await.unwrap();
    store.close().await;
    let url = format!("sqlite:{}", file.display());
    let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET version = 9999")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let message = refusal(&place).await;
    assert!(message.contains("another version"), "{message}");
}

/// The program says so on standard error, and ends with 1.
#[test]
fn the_program_does_not_start_on_a_damaged_file() {
    let folder = Folder::new();
    let file = folder.file("store.sqlite");
    fs::write(&file, "no database".repeat(1000)).unwrap();
    let (mut command, _config) = serve(&format!("sqlite:{}", file.display()));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("damaged") && message.contains("move it away"),
        "{message}"
    );
}

/// As a user who may read the file and its folder, and not write.
#[tokio::test]
async fn a_read_only_file_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let file = folder.file("store.sqlite");
    let store = Store::new(StorePlace::Sqlite(file.clone())).unwrap();
    store.open().await.unwrap();
    store.close().await;
    let (command, config) = serve(&format!("sqlite:{}", file.display()));
    // The program's own folder may be closed to others.
    let program = config.file("sid-cds");
    fs::copy(command.get_program(), &program).unwrap();
    let mut as_other = Command::new(&program);
    as_other
        .args(
            command
                .get_args()
                .map(ToOwned::to_owned)
                .collect::<Vec<_>>(),
        )
        .env_clear()
        .current_dir(config.path())
        .stdin(Stdio::null());
    if let Some((user, group)) = other_user() {
        as_other.uid(user).gid(group);
    }
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    let output = as_other.output().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("cannot be written") && message.contains("the right to write"),
        "{message}"
    );
}

/// `serve` with its store on a small file system, of which a file `ballast` takes up to so many bytes.
fn serve_on_small_disk(disk: &Path, ballast: u32) -> (Command, Folder) {
    let store = format!("sqlite:{}", disk.join("store.sqlite").display());
    let (command, config) = serve(&store);
    let script = format!("head -c {ballast} /dev/zero >\"$0/ballast\"; exec \"$@\"");
    let mut there = small_disk(disk, 4_000_000, None);
    there
        .args(["sh", "-c", &script])
        .arg(disk)
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(config.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    (there, config)
}

/// Sends feedback until the disk is full, and then: feedback gets 503, hooks are answered, and readiness
/// says so. Gives the cards that were acknowledged.
async fn goes_on_without_room(program: &Program) -> Vec<String> {
    let mut acknowledged = Vec::new();
    // A database finds room a few times more, in pages that it has.
    let (refused, status, ready) = loop {
        let card = Uuid::new_v4();
        let response = program.feedback(card).await.unwrap();
        if response.status() == 200 {
            acknowledged.push(card.to_string());
            assert!(acknowledged.len() < 10_000, "the disk is small");
            continue;
        }
        let (status, ready) = program.ready().await;
        if ready["store"] == "down" {
            break (response, status, ready);
        }
    };
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    let outcome = body(refused).await;
    assert_eq!(outcome["issue"][0]["code"], "transient");
    assert_eq!((status, &ready["status"]), (200, &"ready".into()));
    let answered = program.hook().await.unwrap();
    assert_eq!(answered.status(), 200);
    assert!(body(answered).await["cards"].is_array());
    assert!(!acknowledged.is_empty());
    acknowledged
}

/// There is room again: without a restart readiness says so, and feedback is kept.
async fn goes_on_with_room(program: &Program, acknowledged: &mut Vec<String>) {
    let (status, ready) = program.ready().await;
    assert_eq!((status, &ready["store"]), (200, &"up".into()));
    for _ in 0..10 {
        let card = Uuid::new_v4();
        let response = program.feedback(card).await.unwrap();
        assert_eq!(response.status(), 200);
        acknowledged.push(card.to_string());
    }
}

async fn is_kept(acknowledged: &[String], url: &str) {
    let kept = kept(url).await;
    for card in acknowledged {
        assert!(kept.contains(card), "{card} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_for_feedback_until_there_is_room() {
    let folder = Folder::new();
    let disk = folder.file("disk");
    let (command, config) = serve_on_small_disk(&disk, 1_000_000);
    let program = Program::run(command, config);
    let mut acknowledged = goes_on_without_room(&program).await;
    let outside = |name: &str| seen_from_outside(program.child.id(), &disk.join(name));
    fs::remove_file(outside("ballast")).unwrap();
    goes_on_with_room(&program, &mut acknowledged).await;
    // Nobody writes now, and SQLite takes no path that leads through another process.
    for name in ["store.sqlite", "store.sqlite-wal"] {
        fs::copy(outside(name), folder.file(name)).unwrap();
    }
    let url = format!("sqlite:{}", folder.file("store.sqlite").display());
    is_kept(&acknowledged, &url).await;
}

#[test]
fn the_program_does_not_start_on_a_full_disk() {
    let folder = Folder::new();
    let (mut command, _config) = serve_on_small_disk(&folder.file("disk"), 10_000_000);
    let output = command.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("the disk is full. Make room"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_postgresql_is_503_for_feedback_until_there_is_room() {
    let postgres = Postgres::start_on_small_disk().await;
    let url = postgres.url("postgres");
    let program = Program::start(&url);
    let card = Uuid::new_v4();
    assert_eq!(program.feedback(card).await.unwrap().status(), 200);
    postgres.fill().await;
    let mut acknowledged = goes_on_without_room(&program).await;
    acknowledged.push(card.to_string());
    postgres.run("postgres", "DROP TABLE ballast").await;
    goes_on_with_room(&program, &mut acknowledged).await;
    is_kept(&acknowledged, &url).await;
}

/// A database that does not answer is one that is down: the call is not held up longer than some
/// seconds, others are not held up at all, and what was refused is not kept after all.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_that_hangs_is_503_for_feedback_while_hooks_are_answered() {
    let postgres = Postgres::start().await;
    let url = postgres.url("postgres");
    let program = Program::start(&url);
    let first = Uuid::new_v4();
    assert_eq!(program.feedback(first).await.unwrap().status(), 200);
    let mut holder = PgConnection::connect(&url).await.unwrap();
    let lock = "BEGIN; LOCK TABLE feedback IN ACCESS EXCLUSIVE MODE";
    holder.execute(lock).await.unwrap();
    let refused = program.feedback(Uuid::new_v4()).await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "30");
    assert_eq!(program.hook().await.unwrap().status(), 200);
    holder.execute("COMMIT").await.unwrap();
    holder.close().await.unwrap();
    let second = Uuid::new_v4();
    assert_eq!(program.feedback(second).await.unwrap().status(), 200);
    let expected = [first, second].map(|card| card.to_string());
    assert_eq!(kept(&url).await, expected.into());
}

#[tokio::test]
async fn postgresql_that_takes_no_writes_is_told_from_one_that_is_down() {
    let mut postgres = Postgres::start().await;
    postgres.run("postgres", "CREATE DATABASE replica").await;
    postgres
        .run(
            "postgres",
            "ALTER DATABASE replica SET default_transaction_read_only = on",
        )
        .await;
    for (database, expected) in [
        ("replica", "name the primary"),
        ("nowhere", "Create the database"),
    ] {
        let message = refusal(&postgres.place(database)).await;
        assert!(message.contains(expected), "{message}");
    }

    let store = Store::new(postgres.place("postgres")).unwrap();
    let feedback = [received(
        Uuid::from_u128(1),
        set_aside(None),
        "2026-03-16T10:00:00Z",
    )];
    store.add_feedback(&feedback).await.unwrap();
    postgres.stop();
    let down = store.add_feedback(&feedback).await.unwrap_err();
    assert!(matches!(down, StoreError::Unavailable(_)), "{down}");
    let unopened = Store::new(postgres.place("postgres")).unwrap();
    let down = unopened.open().await.unwrap_err();
    assert!(matches!(down, StoreError::Unavailable(_)), "{down}");
}
