//! The file of the audit trail: lines are added to its end by a thread of its own.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    iter,
    path::Path,
    sync::mpsc::{Receiver, SyncSender},
    thread,
    time::Duration,
};

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Line {
    /// A line, to be added.
    Text(String),
    /// Everything before this is written.
    Written(SyncSender<()>),
}

/// Appends: a file that another program has rotated by copying and truncating stays right.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// How long lines are gathered before they are written: under load, to wake a thread for each of them costs
/// more than to write it.
const GATHER: Duration = Duration::from_millis(5);

/// Writes until nobody can send a line any more.
pub(super) fn write(mut file: File, lines: &Receiver<Line>) {
    let mut torn = false;
    while let Ok(first) = lines.recv() {
        if matches!(first, Line::Text(_)) {
            thread::sleep(GATHER);
        }
        for line in iter::once(first).chain(lines.try_iter()) {
            match line {
                Line::Text(text) => {
                    if let Err(error) = add(&mut file, &text, &mut torn) {
                        metrics::counter!("sid_cds_audit_lost_total").increment(1);
                        tracing::error!(%error, "a line of the audit trail is lost");
                    }
                }
                Line::Written(sender) => {
                    let _ = sender.send(());
                }
            }
        }
    }
}

/// Adds a line in one write, so that lines of several instances do not mix. A disk that is full may take
/// a part of it: the next line then begins anew.
fn add(file: &mut impl Write, text: &str, torn: &mut bool) -> io::Result<()> {
    let line = format!("{}{text}\n", if *torn { "\n" } else { "" });
    match file.write(line.as_bytes())? {
        all if all == line.len() => {
            *torn = false;
            Ok(())
        }
        part => {
            *torn |= part > 0;
            Err(io::ErrorKind::StorageFull.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, from: &[u8]) -> io::Result<usize> {
            let fits = from.len().min(self.room - self.bytes.len());
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.extend_from_slice(&from[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_a_full_disk_tears_spoils_no_other() {
        let mut disk = Disk {
            bytes: Vec::new(),
            room: 13,
        };
        let mut torn = false;
        let mut kept = Vec::new();
        for (room, line) in [
            (13, "first line"),
            (13, "torn"),
            (13, "lost"),
            (100, "next"),
            (100, "last"),
        ] {
            disk.room = room;
            if add(&mut disk, line, &mut torn).is_ok() {
                kept.push(line);
            }
        }
        assert_eq!(kept, ["first line", "next", "last"]);
        let text = String::from_utf8(disk.bytes).unwrap();
        assert_eq!(text, "first line\nto\nnext\nlast\n");
    }
}
