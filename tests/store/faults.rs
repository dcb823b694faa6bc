//! A store that cannot be used: refused at the start with what to do, or 503 while hooks go on.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Stdio},
};

use sid_cds::{
    config::StorePlace,
    store::{Store, StoreError},
};
use uuid::Uuid;

use super::{
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

/// The files may not grow beyond some pages, as on a full disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_for_feedback_while_hooks_are_answered() {
    let folder = Folder::new();
    let store = format!("sqlite:{}", folder.file("store.sqlite").display());
    let (command, config) = serve(&store);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 500; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(
            command
                .get_args()
                .map(ToOwned::to_owned)
                .collect::<Vec<_>>(),
        )
        .env_clear()
        .current_dir(config.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let program = Program::run(limited, config);
    let mut acknowledged = Vec::new();
    // SQLite finds room a few times more, by moving its log into the file.
    let (refused, status, ready) = loop {
        let card = Uuid::new_v4();
        let response = program.feedback(card).await.unwrap();
        if response.status() == 200 {
            acknowledged.push(card.to_string());
            assert!(acknowledged.len() < 10_000, "the limit holds");
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
    drop(program);
    let kept = kept(&store).await;
    assert!(!acknowledged.is_empty());
    for card in &acknowledged {
        assert!(kept.contains(card), "{card} was acknowledged");
    }
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

    // PostgreSQL's own code for a full disk.
    let store = Store::new(postgres.place("postgres")).unwrap();
    store.open().await.unwrap();
    postgres
        .run(
            "postgres",
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON feedback \
             FOR EACH ROW EXECUTE FUNCTION full_disk(); \
             CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON probe \
             FOR EACH ROW EXECUTE FUNCTION full_disk()",
        )
        .await;
    let feedback = [received(
        Uuid::from_u128(1),
        set_aside(None),
        "2026-03-16T10:00:00Z",
    )];
    let full = store.add_feedback(&feedback).await.unwrap_err();
    assert!(
        matches!(&full, StoreError::Unavailable(why) if why.contains("53100")),
        "{full}"
    );
    assert!(store.check().await.is_err(), "found out by writing");
    postgres
        .run(
            "postgres",
            "DROP TRIGGER full_disk ON feedback; DROP TRIGGER full_disk ON probe",
        )
        .await;
    store.check().await.unwrap();
    store.add_feedback(&feedback).await.unwrap();

    postgres.stop();
    let down = store.add_feedback(&feedback).await.unwrap_err();
    assert!(matches!(down, StoreError::Unavailable(_)), "{down}");
    let unopened = Store::new(postgres.place("postgres")).unwrap();
    let down = unopened.open().await.unwrap_err();
    assert!(matches!(down, StoreError::Unavailable(_)), "{down}");
}
