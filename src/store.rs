//! The store: which cards were shown and what came back, in `SQLite` or `PostgreSQL`, without patient data.
//!
//! Rows are added and read, never changed, and deleted by `prune` alone. The same SQL runs on both: TEXT and INTEGER
//! only, times as RFC 3339 in UTC with six decimals, so that they sort as text. A file that cannot
//! be used is refused at the start; a database that does not answer is tried again at each use,
//! since cards matter more than what is learnt from them.

mod fault;
mod prune;
mod record;

use std::{
    future::Future,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, civil::Date};
use sqlx::{
    Any, AnyConnection, AnyPool, Connection, Executor, SqlSafeStr, Transaction,
    any::{AnyPoolOptions, install_default_drivers},
    migrate::{Migration, MigrationType, Migrator},
    pool::PoolConnection,
};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::config::StorePlace;
pub use fault::StoreError;
pub use prune::Pruned;
pub use record::{Outcome, Reason, Received, ReceivedOutcome, Shown, ShownCard, ShownSuggestion};

/// The tables, applied in the order of their numbers at the first use.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let feedback = include_str!("store/migrations/0001_feedback.sql");
    Migrator::with_migrations(vec![Migration::new(
        1,
        "feedback".into(),
        MigrationType::Simple,
        feedback.into_sql_str(),
        false,
    )])
});

/// How long a caller waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(2);
/// How long one use of the store may take; a database that hangs is one that is down.
const USE_WAIT: Duration = Duration::from_secs(5);
/// How long a report may read.
const READ_WAIT: Duration = Duration::from_secs(60);
/// Connections to `PostgreSQL`. `SQLite` has one writer, and so one connection.
const POSTGRES_CONNECTIONS: u32 = 8;

/// Size of the row with which it is found out whether there is room: some pages of `SQLite`, more than
/// feedback takes.
const PROBE_BYTES: usize = 65_536;

/// The store.
#[derive(Debug)]
pub struct Store {
    place: StorePlace,
    pool: AnyPool,
    /// Set when the tables are there.
    set_up: OnceCell<()>,
    /// The last write failed.
    failing: AtomicBool,
}

impl Store {
    /// A store that is opened at its first use.
    ///
    /// # Errors
    ///
    /// The place is not one that a database could be at.
    pub fn new(place: StorePlace) -> Result<Self, StoreError> {
        Self::with_connections(place, POSTGRES_CONNECTIONS)
    }

    /// The same store by a connection of its own, so that a report that reads for long holds no
    /// feedback up. A store in memory has one connection only, and is shared.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn apart(self: &Arc<Self>) -> Result<Arc<Self>, StoreError> {
        match self.place {
            StorePlace::Memory => Ok(Arc::clone(self)),
            StorePlace::Sqlite(_) | StorePlace::Postgres(_) => {
                Self::with_connections(self.place.clone(), 1).map(Arc::new)
            }
        }
    }

    fn with_connections(place: StorePlace, postgres: u32) -> Result<Self, StoreError> {
        install_default_drivers();
        let options = AnyPoolOptions::new().acquire_timeout(CONNECTION_WAIT);
        let options = match &place {
            // A memory database lives as long as its one connection.
            StorePlace::Memory | StorePlace::Sqlite(_) => options
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .after_connect(|connection, _| Box::pin(durable(connection))),
            StorePlace::Postgres(_) => options.max_connections(postgres),
        };
        let pool = options
            .connect_lazy(&url(&place))
            .map_err(|error| StoreError::refused(&place, &error))?;
        Ok(Self {
            place,
            pool,
            set_up: OnceCell::new(),
            failing: AtomicBool::new(false),
        })
    }

    /// Where it is, without user and password.
    pub fn place(&self) -> &StorePlace {
        &self.place
    }

    /// Opens the store and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] where a person has to do something before it can be used, which the
    /// error says; [`StoreError::Unavailable`] where the database does not answer now.
    pub async fn open(&self) -> Result<(), StoreError> {
        self.watched(async { self.ready().await.map(|_| ()) }).await
    }

    /// Keeps feedback, all of it or none; durable when this returns. Gives how many of the cards
    /// were not shown as far as the store knows.
    ///
    /// # Errors
    ///
    /// The store cannot be written now; nothing of it was kept, as far as is known.
    pub async fn add_feedback(&self, received: &[Received]) -> Result<usize, StoreError> {
        self.watched(async {
            let mut held = self.hold().await?;
            let mut transaction = held.connection.begin().await?;
            let mut unknown = 0;
            for (place, feedback) in (0_i32..).zip(received) {
                if !is_shown(&mut transaction, feedback.card).await? {
                    unknown += 1;
                }
                insert_feedback(&mut transaction, feedback, place).await?;
            }
            transaction.commit().await?;
            held.committed = true;
            Ok(unknown)
        })
        .await
    }

    /// Keeps which cards were shown, each once for a client and day.
    ///
    /// # Errors
    ///
    /// The store cannot be written now; nothing of it was kept, as far as is known.
    pub async fn add_shown(&self, shown: &[Shown]) -> Result<(), StoreError> {
        self.watched(async {
            let mut held = self.hold().await?;
            let mut transaction = held.connection.begin().await?;
            for shown in shown {
                insert_shown(&mut transaction, shown).await?;
            }
            transaction.commit().await?;
            held.committed = true;
            Ok(())
        })
        .await
    }

    /// Whether the store can be used. Where the last write failed it is found out by writing.
    ///
    /// # Errors
    ///
    /// It cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.watched(async {
            let pool = self.ready().await?;
            if self.failing.load(Ordering::Relaxed) {
                probe(pool).await?;
            } else {
                pool.acquire().await?.ping().await?;
            }
            Ok(())
        })
        .await
    }

    /// Every card that was shown from `from` to `to`, both included, with the first such day.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn shown(&self, from: Date, to: Date) -> Result<Vec<ShownCard>, StoreError> {
        let rows: Vec<(String, String, String, String)> = self
            .within(READ_WAIT, async {
                Ok(sqlx::query_as(
                    "SELECT card, code, guideline, MIN(day) FROM shown \
                     WHERE day >= $1 AND day <= $2 GROUP BY card, code, guideline ORDER BY card",
                )
                .bind(from.to_string())
                .bind(to.to_string())
                .fetch_all(self.ready().await?)
                .await?)
            })
            .await?;
        rows.into_iter().map(ShownCard::from_row).collect()
    }

    /// Every outcome of the cards that were shown from `from` to `to`, in the order in which they
    /// came about, whenever that was.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn outcomes(&self, from: Date, to: Date) -> Result<Vec<ReceivedOutcome>, StoreError> {
        self.within(READ_WAIT, async {
            let pool = self.ready().await?;
            let rows: Vec<record::OutcomeRow> = sqlx::query_as(
                "SELECT id, card, outcome, reason_system, reason_code, commented FROM feedback \
                 WHERE card IN (SELECT card FROM shown WHERE day >= $1 AND day <= $2) \
                 ORDER BY outcome_at, received_at, place, id",
            )
            .bind(from.to_string())
            .bind(to.to_string())
            .fetch_all(pool)
            .await?;
            let accepted: Vec<(String, String)> = sqlx::query_as(
                "SELECT a.feedback, COALESCE(s.kind, '') FROM accepted_suggestion a \
                 JOIN feedback f ON f.id = a.feedback \
                 LEFT JOIN suggestion s ON s.suggestion = a.suggestion \
                 WHERE f.card IN (SELECT card FROM shown WHERE day >= $1 AND day <= $2) \
                 ORDER BY a.feedback, a.suggestion",
            )
            .bind(from.to_string())
            .bind(to.to_string())
            .fetch_all(pool)
            .await?;
            record::outcomes(rows, accepted)
        })
        .await
    }

    /// How many cards have an outcome from `from` up to but not including `to`, and were never
    /// shown as far as the store knows.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn unknown_cards(&self, from: Timestamp, to: Timestamp) -> Result<u64, StoreError> {
        let (count,): (i64,) = self
            .within(READ_WAIT, async {
                Ok(sqlx::query_as(
                    "SELECT COUNT(DISTINCT card) FROM feedback \
                     WHERE outcome_at >= $1 AND outcome_at < $2 \
                     AND NOT EXISTS (SELECT 1 FROM shown WHERE shown.card = feedback.card)",
                )
                .bind(record::instant(from))
                .bind(record::instant(to))
                .fetch_one(self.ready().await?)
                .await?)
            })
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Finishes what is under way and closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The pool, with its tables there.
    async fn ready(&self) -> Result<&AnyPool, StoreError> {
        self.set_up
            .get_or_try_init(|| self.set_up())
            .await
            .map(|()| &self.pool)
    }

    /// A connection for one transaction.
    async fn hold(&self) -> Result<Held, StoreError> {
        Ok(Held {
            connection: self.ready().await?.acquire().await?,
            committed: false,
            only: self.place == StorePlace::Memory,
        })
    }

    async fn set_up(&self) -> Result<(), StoreError> {
        let refused = |error: &sqlx::Error| StoreError::at_start(&self.place, error);
        if let StorePlace::Sqlite(_) = self.place {
            let sound = is_sound(&url(&self.place)).await;
            if !sound.map_err(|error| refused(&error))? {
                return Err(StoreError::damaged(&self.place));
            }
        }
        MIGRATIONS
            .run(&self.pool)
            .await
            .map_err(|error| refused(&error.into()))?;
        // Tables can be there in a file that takes no rows.
        probe(&self.pool).await.map_err(|error| refused(&error))
    }

    /// One use of the store, which remembers whether it failed.
    async fn watched<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let done = self.within(USE_WAIT, work).await;
        self.failing.store(done.is_err(), Ordering::Relaxed);
        done
    }

    async fn within<T>(
        &self,
        wait: Duration,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let done = tokio::time::timeout(wait, work).await;
        done.unwrap_or_else(|_| Err(StoreError::slow()))
    }
}

/// A connection that goes back to the pool only when its transaction was committed.
///
/// After a commit that failed, on a full disk for one, `SQLite`'s transaction may still be open while
/// the pool takes it for ended: the next one would run inside it, and its commit would keep nothing.
#[derive(Debug)]
struct Held {
    connection: PoolConnection<Any>,
    committed: bool,
    /// The database goes with the connection, as one in memory does.
    only: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.committed && !self.only {
            self.connection.close_on_drop();
        }
    }
}

/// The URL that sqlx reads.
fn url(place: &StorePlace) -> String {
    match place {
        StorePlace::Memory => "sqlite::memory:".to_owned(),
        StorePlace::Sqlite(file) => {
            let path = file.to_string_lossy();
            let encoded: String = path
                .bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                        char::from(byte).to_string()
                    }
                    other => format!("%{other:02X}"),
                })
                .collect();
            format!("sqlite:{encoded}?mode=rwc")
        }
        StorePlace::Postgres(url) => url.to_string(),
    }
}

/// What is answered 2xx is on the disk: a commit waits for it (FULL).
async fn durable(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for pragma in [
        "PRAGMA busy_timeout = 2000",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
    ] {
        connection.execute(pragma).await?;
    }
    Ok(())
}

/// Whether every page of a `SQLite` file is as it should be. On a connection of its own: the pool tries
/// a file that cannot be opened again and again, and then says only that it took too long.
async fn is_sound(url: &str) -> Result<bool, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    durable(&mut connection).await?;
    let (found,): (String,) = sqlx::query_as("PRAGMA quick_check(1)")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(found == "ok")
}

async fn is_shown(transaction: &mut Transaction<'_, Any>, card: Uuid) -> Result<bool, sqlx::Error> {
    let found: Option<(String,)> = sqlx::query_as("SELECT card FROM shown WHERE card = $1 LIMIT 1")
        .bind(card.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    Ok(found.is_some())
}

async fn insert_feedback(
    transaction: &mut Transaction<'_, Any>,
    feedback: &Received,
    place: i32,
) -> Result<(), sqlx::Error> {
    let id = Uuid::new_v4().to_string();
    let (outcome, suggestions, reason, commented, comment) = match &feedback.outcome {
        Outcome::Accepted { suggestions } => ("accepted", &suggestions[..], None, false, None),
        Outcome::Overridden {
            reason,
            commented,
            comment,
        } => (
            "overridden",
            &[][..],
            reason.as_ref(),
            *commented,
            comment.clone(),
        ),
    };
    sqlx::query(
        "INSERT INTO feedback (id, card, service, client, outcome, reason_system, reason_code, \
         commented, comment, outcome_at, received_at, place) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(id.clone())
    .bind(feedback.card.to_string())
    .bind(feedback.service.clone())
    .bind(feedback.client.clone())
    .bind(outcome)
    .bind(reason.and_then(|reason| reason.system.clone()))
    .bind(reason.map(|reason| reason.code.clone()))
    .bind(i32::from(commented))
    .bind(comment)
    .bind(record::instant(feedback.outcome_at))
    .bind(record::instant(feedback.received_at))
    .bind(place)
    .execute(&mut **transaction)
    .await?;
    for suggestion in suggestions {
        sqlx::query(
            "INSERT INTO accepted_suggestion (feedback, suggestion) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING",
        )
        .bind(id.clone())
        .bind(suggestion.to_string())
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn insert_shown(
    transaction: &mut Transaction<'_, Any>,
    shown: &Shown,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO shown (card, client, day, service, code, guideline, shown_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(shown.card.to_string())
    .bind(shown.client.clone())
    .bind(shown.day.to_string())
    .bind(shown.service.clone())
    .bind(shown.code.clone())
    .bind(shown.guideline)
    .bind(record::instant(shown.at))
    .execute(&mut **transaction)
    .await?;
    for suggestion in &shown.suggestions {
        sqlx::query(
            "INSERT INTO suggestion (suggestion, card, kind) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(suggestion.uuid.to_string())
        .bind(shown.card.to_string())
        .bind(suggestion.kind)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Text that no database makes shorter, or it would fit where no other row does.
fn padding() -> String {
    let mut padding = String::with_capacity(PROBE_BYTES);
    while padding.len() < PROBE_BYTES {
        padding.push_str(&Uuid::new_v4().simple().to_string());
    }
    padding
}

/// Writes a row: whether data can be read says nothing of a full disk.
async fn probe(pool: &AnyPool) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO probe (id, written_at, padding) \
         VALUES (1, CAST(CURRENT_TIMESTAMP AS TEXT), $1) ON CONFLICT (id) \
         DO UPDATE SET written_at = excluded.written_at, padding = excluded.padding",
    )
    .bind(padding())
    .execute(pool)
    .await
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_is_in_the_list() {
        let mut files: Vec<String> = std::fs::read_dir("src/store/migrations")
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed = MIGRATIONS.iter();
        let listed: Vec<String> = listed
            .map(|one| format!("{:04}_{}.sql", one.version, one.description))
            .collect();
        assert_eq!(files, listed);
    }
}
