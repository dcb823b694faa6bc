//! Why the store cannot be used, and what to do about it.

use sqlx::migrate::MigrateError;
use thiserror::Error;

use crate::config::StorePlace;

/// The store cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Not before someone has done something about it: the program does not start.
    #[error("store = \"{place}\": {reason}. {remedy}")]
    Refused {
        /// Where the store is.
        place: String,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Not now.
    #[error("the store cannot be used now: {0}")]
    Unavailable(String),
}

const DAMAGED: &str = "Stop every program that uses the file and keep a copy of it with its -wal and \
                       -shm files. Then put back a backup, or recover what can be read (sqlite3 FILE \
                       .recover), or move it away: a new one is made at the next start, and reports \
                       lack what the old one held.";

impl StoreError {
    /// The file is there and is not, or no longer, a database.
    pub(super) fn damaged(place: &StorePlace) -> Self {
        Self::Refused {
            place: place.to_string(),
            reason: "the file is damaged, or is not a SQLite database".to_owned(),
            remedy: DAMAGED,
        }
    }

    /// The place is no place.
    pub(super) fn refused(place: &StorePlace, error: &sqlx::Error) -> Self {
        Self::Refused {
            place: place.to_string(),
            reason: said(error),
            remedy: "Correct the key.",
        }
    }

    /// What opening the store came to: a file must open, a database that does not answer may later.
    pub(super) fn at_start(place: &StorePlace, error: &sqlx::Error) -> Self {
        let (reason, remedy) = match (place, error) {
            (_, sqlx::Error::Migrate(error)) if newer(error) => (
                "its tables are not those of this version of the program".to_owned(),
                "It was made by another version: start that one, or name another store.",
            ),
            (StorePlace::Postgres(_), error) => match postgres_remedy(error) {
                Some(remedy) => (said(error), remedy),
                None => return Self::Unavailable(said(error)),
            },
            (StorePlace::Memory | StorePlace::Sqlite(_), error) => match sqlite_code(error) {
                Some(11 | 26) => return Self::damaged(place),
                Some(8) => (
                    "the file cannot be written".to_owned(),
                    "Give the user that runs the program the right to write the file and its \
                     folder, or name another file.",
                ),
                Some(13) => (
                    "the disk is full".to_owned(),
                    "Make room, or name a file on another disk.",
                ),
                Some(5 | 6) => (
                    "another program holds the file".to_owned(),
                    "Stop that program. A file on a network share does not work.",
                ),
                _ => (
                    said(error),
                    "Check that the folder is there, and that the user that runs the program may \
                     write in it.",
                ),
            },
        };
        Self::Refused {
            place: place.to_string(),
            reason,
            remedy,
        }
    }

    /// It did not answer in time.
    pub(super) fn slow() -> Self {
        Self::Unavailable("no answer in time".to_owned())
    }

    /// A column holds what the program never writes.
    pub(super) fn unreadable(column: &str) -> Self {
        Self::Unavailable(format!("{column} holds a value that cannot be read"))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(said(&error))
    }
}

/// The database's code where it has one: its messages may quote a value.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match database.code() {
            Some(code) => format!("the database answers with code {code}"),
            None => "the database answers with an error".to_owned(),
        },
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        sqlx::Error::Migrate(error) => match &**error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => said(error),
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

/// The tables were made by a program that this one does not know.
fn newer(error: &MigrateError) -> bool {
    matches!(
        error,
        MigrateError::VersionMissing(_)
            | MigrateError::VersionMismatch(_)
            | MigrateError::VersionTooNew(..)
            | MigrateError::Dirty(_)
    )
}

/// `SQLite`'s primary result code.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    match error {
        sqlx::Error::Database(database) => database
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .map(|code| code & 0xff),
        sqlx::Error::Migrate(error) => match &**error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                sqlite_code(error)
            }
            _ => None,
        },
        _ => None,
    }
}

/// What to do about an answer of `PostgreSQL` that will not change by itself.
fn postgres_remedy(error: &sqlx::Error) -> Option<&'static str> {
    let code = match error {
        sqlx::Error::Configuration(_) => return Some("Correct the URL."),
        sqlx::Error::Database(database) => database.code()?,
        sqlx::Error::Migrate(error) => match &**error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                return postgres_remedy(error);
            }
            _ => return None,
        },
        _ => return None,
    };
    match code.get(..2)? {
        "28" => Some("Check user and password."),
        "3D" => Some("Create the database; the program creates its tables."),
        "25" => Some("The server takes no writes: name the primary, not a replica."),
        "42" => Some("Give the user the right to create and use tables in the database."),
        _ => None,
    }
}
