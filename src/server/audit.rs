//! The audit trail: who called which service when, and what was concluded, without patient data.
//!
//! The hook instance is the client's own id of the moment: with it a line is found in the client's
//! records, where the patient is.

mod event;

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    cds_hooks::{Answer, Concluded},
    config::{AuditFormat, AuditSink, Config},
};

/// Lines that wait for the disk, some megabytes: a disk that hangs holds no call up.
const QUEUE: usize = 16_384;
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(5);

/// What is known of a call to a service; travels with the response.
#[derive(Debug, Clone)]
pub struct Called {
    service: String,
    client: String,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// A hook that was refused.
    Refused,
    /// A hook that was answered: what was concluded, and the codes of the cards.
    Answered(Concluded, Vec<String>),
    /// Feedback: the number of its entries, where it was kept.
    Feedback(Option<usize>),
}

/// One line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(serialize_with = "milliseconds")]
    at: Timestamp,
    /// `hook` or `feedback`.
    call: &'static str,
    client: &'a str,
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    population: Option<String>,
    /// Start, course and order.
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_problems: Option<Vec<String>>,
    /// Of feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<usize>,
    milliseconds: f64,
    status: u16,
}

/// Where the lines go.
#[derive(Debug)]
pub struct Audit {
    sink: Sink,
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

#[derive(Debug)]
enum Line {
    Text(String),
    /// Everything before this is written.
    Written(SyncSender<()>),
}

impl Called {
    /// A hook that was answered, or refused.
    pub fn hook<E>(service: &str, client: &str, answer: &Result<Answer, E>) -> Self {
        let what = match answer {
            Ok(answer) => What::Answered(
                answer.concluded.clone(),
                answer.cards.iter().map(|card| code(&card.code)).collect(),
            ),
            Err(_) => What::Refused,
        };
        Self::new(service, client, what)
    }

    /// Feedback, with the number of entries that were kept, or `None` where it was refused.
    pub fn feedback(service: &str, client: &str, kept: Option<usize>) -> Self {
        Self::new(service, client, What::Feedback(kept))
    }

    fn new(service: &str, client: &str, what: What) -> Self {
        Self {
            service: service.to_owned(),
            client: client.to_owned(),
            what,
        }
    }

    fn entry(&self, status: u16, milliseconds: f64) -> Entry<'_> {
        let mut entry = Entry {
            at: Timestamp::now(),
            call: "hook",
            client: &self.client,
            service: &self.service,
            hook_instance: None,
            population: None,
            conclusions: None,
            cards: None,
            data_problems: None,
            entries: None,
            milliseconds,
            status,
        };
        match &self.what {
            What::Refused => {}
            What::Answered(concluded, cards) => {
                let start = std::iter::once(code(&concluded.start));
                let course = concluded.course.iter().map(code);
                let order = concluded.order.iter().map(code);
                entry.hook_instance = Some(&concluded.hook_instance);
                entry.population = Some(code(&concluded.population));
                entry.conclusions = Some(start.chain(course).chain(order).collect());
                entry.cards = Some(cards);
                entry.data_problems = Some(concluded.problems.iter().map(code).collect());
            }
            What::Feedback(kept) => {
                entry.call = "feedback";
                entry.entries = *kept;
            }
        }
        entry
    }
}

impl Audit {
    /// Opens the sink that the configuration names.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn start(config: &Config) -> io::Result<Self> {
        let sink = match &config.audit {
            AuditSink::Off => Sink::Off,
            AuditSink::Log => Sink::Log,
            AuditSink::File(path) => {
                let file = open(path)?;
                let (lines, receiver) = sync_channel(QUEUE);
                thread::Builder::new()
                    .name("audit".to_owned())
                    .spawn(move || write(file, &receiver))?;
                Sink::File {
                    format: config.audit_format,
                    lines,
                }
            }
        };
        Ok(Self { sink })
    }

    /// The line of one call: in the log always, with what was concluded where the log is the sink.
    pub fn call(&self, called: &Called, status: u16, ms: f64) {
        let entry = called.entry(status, ms);
        self.log(&entry, called);
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

    fn log(&self, entry: &Entry<'_>, called: &Called) {
        let Entry {
            call,
            client,
            service,
            status,
            milliseconds: ms,
            ..
        } = entry;
        let (true, Some(cards)) = (matches!(self.sink, Sink::Log), entry.cards) else {
            let said = match called.what {
                What::Refused | What::Feedback(None) => "refused",
                What::Answered(..) | What::Feedback(Some(_)) => "answered",
            };
            tracing::info!(service, client, status, ms, call, said);
            return;
        };
        let joined = |codes: &Option<Vec<String>>| {
            codes
                .iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        tracing::info!(
            service,
            client,
            status,
            ms,
            call,
            hook_instance = entry.hook_instance,
            population = entry.population,
            conclusions = joined(&entry.conclusions),
            cards = cards.join(" "),
            data_problems = joined(&entry.data_problems),
            "answered"
        );
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

/// Appends: a file that another program has rotated by copying and truncating stays right.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Writes what has come in one go: under load a write for each line, and a thread that is woken for it,
/// would cost as much as the rest of the line.
fn write(mut file: File, lines: &Receiver<Line>) {
    let (mut text, mut waiting) = (String::new(), Vec::new());
    while let Ok(first) = lines.recv() {
        if matches!(first, Line::Text(_)) {
            thread::sleep(GATHER);
        }
        let mut count = 0;
        for line in std::iter::once(first).chain(lines.try_iter()) {
            match line {
                Line::Text(line) => {
                    text.push_str(&line);
                    text.push('\n');
                    count += 1;
                }
                Line::Written(sender) => waiting.push(sender),
            }
        }
        // Whole lines in one write, so that lines of several instances do not mix.
        if let Err(error) = file.write_all(text.as_bytes()) {
            metrics::counter!("sid_cds_audit_lost_total").increment(count);
            tracing::error!(%error, lines = count, "lines of the audit trail are lost");
        }
        text.clear();
        for sender in waiting.drain(..) {
            // Whoever asked may have given up.
            let _ = sender.send(());
        }
    }
}

/// The code as the assessment's JSON spells it.
fn code(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

fn milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{at:.3}"))
}
