//! What is answered 200 stays: the program is killed under load, and `PostgreSQL` restarted.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{AnyConnection, Connection, any::install_default_drivers};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{folder::Folder, postgres::Postgres, program::Program};

/// Clients that send at the same time.
const CLIENTS: usize = 8;
/// Acknowledged feedback after which something happens.
const ENOUGH: usize = 200;

/// The cards of every row of `feedback`.
pub async fn kept(url: &str) -> BTreeSet<String> {
    install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let rows: Vec<(String,)> = sqlx::query_as("SELECT card FROM feedback")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    rows.into_iter().map(|(card,)| card).collect()
}

/// Sends feedback from many clients, until told to stop or nobody answers.
struct Load {
    acknowledged: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<u16>>>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Load {
    fn start(program: &Arc<Program>) -> Self {
        let mut load = Self {
            acknowledged: Arc::default(),
            refused: Arc::default(),
            stop: Arc::default(),
            tasks: JoinSet::new(),
        };
        for _ in 0..CLIENTS {
            let program = Arc::clone(program);
            let acknowledged = Arc::clone(&load.acknowledged);
            let refused = Arc::clone(&load.refused);
            let stop = Arc::clone(&load.stop);
            load.tasks.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let card = Uuid::new_v4();
                    let Some(response) = program.feedback(card).await else {
                        return;
                    };
                    if response.status() == 200 {
                        acknowledged.lock().unwrap().push(card.to_string());
                    } else {
                        assert!(response.headers().contains_key("retry-after"));
                        refused.lock().unwrap().push(response.status().as_u16());
                    }
                }
            });
        }
        load
    }

    async fn until_acknowledged(&mut self, number: usize) {
        while self.acknowledged.lock().unwrap().len() < number {
            self.goes_on().await;
        }
    }

    async fn until_refused(&mut self) {
        while self.refused.lock().unwrap().is_empty() {
            self.goes_on().await;
        }
    }

    /// A moment; fails where a client has ended, since nothing would ever come then.
    async fn goes_on(&mut self) {
        tokio::time::sleep(Duration::from_millis(2)).await;
        if let Some(ended) = self.tasks.try_join_next() {
            panic!("a client ended: {ended:?}");
        }
    }

    /// Waits until the clients have stopped, and gives what was acknowledged.
    async fn end(mut self) -> Vec<String> {
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.acknowledged.lock().unwrap().clone()
    }
}

async fn nothing_is_lost_when_killed(store: &str, url: &str) {
    let program = Arc::new(Program::start(store));
    let mut load = Load::start(&program);
    load.until_acknowledged(ENOUGH).await;
    let process = program.child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &process])
        .status();
    assert!(killed.unwrap().success());
    let acknowledged = load.end().await;
    assert!(acknowledged.len() >= ENOUGH);

    // It starts again on what is there, and goes on.
    let again = Program::start(store);
    let card = Uuid::new_v4();
    assert_eq!(again.feedback(card).await.unwrap().status(), 200);
    let kept = kept(url).await;
    for acknowledged in acknowledged.iter().chain([&card.to_string()]) {
        assert!(
            kept.contains(acknowledged),
            "{acknowledged} was acknowledged"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_under_load_loses_nothing_that_was_acknowledged_in_sqlite() {
    let folder = Folder::new();
    let store = format!("sqlite:{}", folder.file("store.sqlite").display());
    nothing_is_lost_when_killed(&store, &store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_under_load_loses_nothing_that_was_acknowledged_in_postgresql() {
    let postgres = Postgres::start().await;
    let url = postgres.url("postgres");
    nothing_is_lost_when_killed(&url, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_postgresql_in_mid_load_stops_no_hook_and_loses_no_feedback() {
    let mut postgres = Postgres::start().await;
    let url = postgres.url("postgres");
    let program = Arc::new(Program::start(&url));
    let mut load = Load::start(&program);
    load.until_acknowledged(ENOUGH).await;
    assert_eq!(program.hook().await.unwrap().status(), 200);

    postgres.stop();
    load.until_refused().await;
    assert_eq!(program.hook().await.unwrap().status(), 200);
    let (status, ready) = program.ready().await;
    assert_eq!((status, &ready["store"]), (200, &"down".into()));

    postgres.start_again().await;
    let before = load.acknowledged.lock().unwrap().len();
    load.until_acknowledged(before + ENOUGH).await;
    load.stop.store(true, Ordering::Relaxed);
    let refused = Arc::clone(&load.refused);
    let acknowledged = load.end().await;
    let (status, ready) = program.ready().await;
    assert_eq!((status, &ready["store"]), (200, &"up".into()));
    assert!(refused.lock().unwrap().iter().all(|status| *status == 503));
    let kept = kept(&url).await;
    for acknowledged in &acknowledged {
        assert!(
            kept.contains(acknowledged),
            "{acknowledged} was acknowledged"
        );
    }
}

/// A program that starts while `PostgreSQL` is down answers hooks, and keeps feedback once it is up.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_postgresql_answers_hooks_and_waits_for_it() {
    let mut postgres = Postgres::start().await;
    postgres.stop();
    let url = postgres.url("postgres");
    let program = Program::start(&url);
    assert_eq!(program.hook().await.unwrap().status(), 200);
    assert_eq!(
        program.feedback(Uuid::new_v4()).await.unwrap().status(),
        503
    );
    postgres.start_again().await;
    let card = Uuid::new_v4();
    assert_eq!(program.feedback(card).await.unwrap().status(), 200);
    assert!(kept(&url).await.contains(&card.to_string()));
}
