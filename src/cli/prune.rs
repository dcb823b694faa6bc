//! `sid-cds prune`: deletes what the store holds from before a day.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::{Failure, print, report};
use crate::{config::Config, server::clock::Clock};

/// The arguments of `prune`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The first day that is kept, YYYY-MM-DD. Reports of periods from this day on stay as they are.
    #[arg(long, value_name = "DATE")]
    before: Date,
    /// Say what would be deleted, and delete nothing.
    #[arg(long)]
    dry_run: bool,
    /// Configuration file of the service, for its store and time zone.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Deletes, and says how much.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = Config::load(arguments.config.as_deref())?;
    let zone = &config.time_zone.0;
    let before = arguments.before;
    if before > Clock::System.today(zone) {
        return Err("--before is after today".into());
    }
    let midnight = before.to_zoned(zone.clone())?.timestamp();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let store = report::existing_store(&config)?;
            store.open().await?;
            let pruned = store.prune((before, midnight), arguments.dry_run).await?;
            let said = if arguments.dry_run {
                "Would be deleted"
            } else {
                "Deleted"
            };
            print(&format!(
                "{said}: {} entries of feedback, {} cards on a day, {} suggestions.\n",
                pruned.feedback, pruned.shown, pruned.suggestions
            ))?;
            if !arguments.dry_run
                && let Err(error) = store.compact().await
            {
                print(&format!(
                    "The file keeps its size, and traces of what was deleted: {error}.\n"
                ))?;
            }
            store.close().await;
            Ok(())
        })
}
