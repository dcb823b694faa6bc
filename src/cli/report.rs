//! `sid-cds report`: how often each card was shown, and what clinicians did with it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{Failure, print};
use crate::{
    config::{Config, StorePlace},
    report::Report,
    store::Store,
};

/// The arguments of `report`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The first day on which cards were shown, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The last day, included.
    #[arg(long, value_name = "DATE")]
    to: Date,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Configuration file of the service, for its store and time zone.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One line for each count.
    Csv,
    /// One object.
    Json,
}

/// Reads the store and prints what it holds of the period.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (from, to) = (arguments.from, arguments.to);
    if from > to {
        return Err("--from is after --to".into());
    }
    let config = Config::load(arguments.config.as_deref())?;
    let report = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(read(&config, from, to))?;
    print(&match arguments.format {
        Format::Table => report.table(),
        Format::Csv => report.csv(),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })
}

/// The store of a service, where it is one that another program can look into; not opened yet. There must
/// be a runtime.
pub(super) fn existing_store(config: &Config) -> Result<Store, Failure> {
    match &config.store {
        StorePlace::Memory => {
            return Err("store = \"memory\": what it holds ends with the service".into());
        }
        // Opening it would make one.
        StorePlace::Sqlite(file) if !file.is_file() => {
            return Err(format!("store = \"{}\": there is no such file", config.store).into());
        }
        StorePlace::Sqlite(_) | StorePlace::Postgres(_) => {}
    }
    Ok(Store::new(config.store.clone())?)
}

async fn read(config: &Config, from: Date, to: Date) -> Result<Report, Failure> {
    let store = existing_store(config)?;
    store.open().await?;
    let report = Report::read(&store, &config.time_zone, from, to).await?;
    store.close().await;
    Ok(report)
}
