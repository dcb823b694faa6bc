//! Retention: what is old goes, and what a report of a later period rests on stays.

use jiff::{Timestamp, civil::Date};
use sqlx::{Connection, Executor};
use std::time::Duration;

use super::{Store, StoreError, record};
use crate::config::StorePlace;

/// How long deleting may take.
const PRUNE_WAIT: Duration = Duration::from_secs(600);

/// Feedback received before `$1` on a card that was not shown on `$2` or later.
const OLD_FEEDBACK: &str = "received_at < $1 AND NOT EXISTS \
    (SELECT 1 FROM shown WHERE shown.card = feedback.card AND shown.day >= $2)";
/// What was shown before `$1`: where the card was shown later too, or no feedback on it is left, which
/// would be on a card that is not known.
const OLD_SHOWN: &str = "day < $1 AND (\
    EXISTS (SELECT 1 FROM shown later WHERE later.card = shown.card AND later.day >= $1) \
    OR NOT EXISTS (SELECT 1 FROM feedback WHERE feedback.card = shown.card))";

/// How many rows were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Entries of feedback.
    pub feedback: u64,
    /// Cards on a day.
    pub shown: u64,
    /// Suggestions of cards of which nothing is left.
    pub suggestions: u64,
}

impl Store {
    /// Deletes what is older than `before`, which begins at `midnight`: feedback by the time at which it
    /// was received, cards by the day on which they were shown. What a report of a period from `before`
    /// on counts stays as it is. With `rehearse` nothing is deleted, and the numbers are those that
    /// would be.
    ///
    /// # Errors
    ///
    /// The store cannot be written; nothing was deleted.
    pub async fn prune(
        &self,
        (before, midnight): (Date, Timestamp),
        rehearse: bool,
    ) -> Result<Pruned, StoreError> {
        let (day, instant) = (before.to_string(), record::instant(midnight));
        self.within(PRUNE_WAIT, async {
            let mut held = self.hold().await?;
            let mut transaction = held.connection.begin().await?;
            let chosen = format!(
                "DELETE FROM accepted_suggestion WHERE feedback IN \
                 (SELECT id FROM feedback WHERE {OLD_FEEDBACK})"
            );
            sqlx::query(sqlx::AssertSqlSafe(chosen))
                .bind(instant.clone())
                .bind(day.clone())
                .execute(&mut *transaction)
                .await?;
            let feedback = format!("DELETE FROM feedback WHERE {OLD_FEEDBACK}");
            let feedback = sqlx::query(sqlx::AssertSqlSafe(feedback))
                .bind(instant)
                .bind(day.clone())
                .execute(&mut *transaction)
                .await?;
            let shown = format!("DELETE FROM shown WHERE {OLD_SHOWN}");
            let shown = sqlx::query(sqlx::AssertSqlSafe(shown))
                .bind(day)
                .execute(&mut *transaction)
                .await?;
            let suggestions = sqlx::query(
                "DELETE FROM suggestion WHERE NOT EXISTS \
                 (SELECT 1 FROM shown WHERE shown.card = suggestion.card)",
            )
            .execute(&mut *transaction)
            .await?;
            let pruned = Pruned {
                feedback: feedback.rows_affected(),
                shown: shown.rows_affected(),
                suggestions: suggestions.rows_affected(),
            };
            if rehearse {
                transaction.rollback().await?;
            } else {
                transaction.commit().await?;
            }
            held.committed = true;
            Ok(pruned)
        })
        .await
    }

    /// Makes a `SQLite` file as small as what it holds, so that nothing of what was deleted is left in
    /// it. It takes as much room again, and holds up whoever writes at the time. `PostgreSQL` does this
    /// by itself.
    ///
    /// # Errors
    ///
    /// There is no room, or another program is using the file.
    pub async fn compact(&self) -> Result<(), StoreError> {
        if matches!(self.place(), StorePlace::Postgres(_)) {
            return Ok(());
        }
        self.within(PRUNE_WAIT, async {
            let mut connection = self.ready().await?.acquire().await?;
            connection.execute("VACUUM").await?;
            connection
                .execute("PRAGMA wal_checkpoint(TRUNCATE)")
                .await?;
            Ok(())
        })
        .await
    }
}
