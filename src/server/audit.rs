//! The audit trail: who called which service when, and what came of it, without patient data.
//!
//! The hook instance is the client's own id of the moment: with it a line is found in the client's
//! records, where the patient is.

mod entry;
mod event;
mod file;

use std::{
    io, mem,
    sync::{
        Mutex, PoisonError,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use axum::response::Response;

use super::{clock::Clock, limits::ServedTo};
use crate::config::{AuditFormat, AuditSink, Config};
use entry::Entry;
pub use entry::{Call, Called};
use file::Line;

/// Lines that wait for the disk, some megabytes: a disk that hangs holds no call up.
const QUEUE: usize = 16_384;
/// Lines of calls that are turned away, in one second: whoever is turned away can call without end, and
/// must not fill a disk with it. The others are limited as their clients are.
const TURNED_AWAY_A_SECOND: u32 = 20;

/// Where the lines go.
#[derive(Debug)]
pub struct Audit {
    sink: Sink,
    clock: Clock,
    flood: Mutex<Flood>,
}

#[derive(Debug)]
enum Sink {
    Off,
    Log,
    File {
        format: AuditFormat,
        lines: SyncSender<Line>,
    },
}

/// How many calls were turned away in this second.
#[derive(Debug, Default)]
struct Flood {
    second: i64,
    written: u32,
    withheld: u64,
}

impl Flood {
    /// Whether a line is one too many in its second. A clock that was set back begins another second.
    fn withholds(&mut self, second: i64) -> bool {
        if self.second != second {
            (self.second, self.written) = (second, 0);
        }
        if self.written >= TURNED_AWAY_A_SECOND {
            self.withheld += 1;
            return true;
        }
        self.written += 1;
        false
    }
}

impl Audit {
    /// Opens the sink that the configuration names.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn start(config: &Config, clock: Clock) -> io::Result<Self> {
        let sink = match &config.audit {
            AuditSink::Off => Sink::Off,
            AuditSink::Log => Sink::Log,
            AuditSink::File(path) => {
                let file = file::open(path)?;
                let (lines, receiver) = sync_channel(QUEUE);
                thread::Builder::new()
                    .name("audit".to_owned())
                    .spawn(move || file::write(file, &receiver))?;
                Sink::File {
                    format: config.audit_format,
                    lines,
                }
            }
        };
        Ok(Self {
            sink,
            clock,
            flood: Mutex::default(),
        })
    }

    /// The line of one call: in the log always, and in the file where there is one.
    pub fn call(&self, call: Call<'_>, served: &ServedTo, response: &Response, ms: f64) {
        let mut entry = Entry::new(self.clock.now(), call, served, response, ms);
        {
            let mut flood = self.flood.lock().unwrap_or_else(PoisonError::into_inner);
            if entry.cause.is_some() && flood.withholds(entry.at.as_second()) {
                metrics::counter!("sid_cds_audit_withheld_total").increment(1);
                return;
            }
            entry.withheld = Some(mem::take(&mut flood.withheld)).filter(|count| *count > 0);
        }
        entry.log(matches!(self.sink, Sink::Log));
        let Sink::File { format, lines } = &self.sink else {
            return;
        };
        let line = match format {
            AuditFormat::Json => serde_json::to_string(&entry),
            AuditFormat::Fhir => serde_json::to_string(&event::event(&entry)),
        };
        // Nothing in a line can fail to serialise.
        let sent = lines.try_send(Line::Text(line.unwrap_or_default()));
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = sent {
            metrics::counter!("sid_cds_audit_lost_total").increment(1);
            tracing::error!(
                "a line of the audit trail is lost: the file cannot be written in time"
            );
        }
    }

    /// Waits until every line is written.
    pub fn flush(&self) {
        if let Sink::File { lines, .. } = &self.sink {
            let (sender, written) = sync_channel(1);
            if lines.send(Line::Written(sender)).is_ok() {
                // The thread ends only with the sender, which is here.
                let _ = written.recv();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_written_whichever_way_the_clock_jumps() {
        let mut flood = Flood::default();
        for second in [5, 6, 3, 1_000_000] {
            for number in 0..3 * TURNED_AWAY_A_SECOND {
                let withheld = flood.withholds(second);
                assert_eq!(
                    withheld,
                    number >= TURNED_AWAY_A_SECOND,
                    "{second} {number}"
                );
            }
        }
        assert_eq!(flood.withheld, u64::from(4 * 2 * TURNED_AWAY_A_SECOND));
    }
}
