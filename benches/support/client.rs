//! A small HTTP/1.1 client that loads a server: keep-alive connections, bytes prepared beforehand.
//!
//! It runs on one thread and does as little as it can, since on a small machine what it takes the server
//! does not have. Two kinds of load: *closed*, each connection sends when it has its answer; *open*, calls
//! are due at a fixed rate whether the server keeps up or not, and a call that waits for a connection has
//! begun when it was due.

#![allow(dead_code, reason = "each program uses a part")]

use std::{
    cell::{Cell, RefCell},
    io::{self, IoSlice},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
    time::{sleep_until, timeout},
};

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A call as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Call {
    /// Request line and headers, with the blank line.
    pub head: Vec<u8>,
    /// The body.
    pub body: Rc<[u8]>,
}

impl Call {
    /// A POST of JSON, with further headers, each with its line end.
    pub fn post(path: &str, headers: &str, body: Rc<[u8]>) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             accept-language: da\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        Self {
            head: head.into_bytes(),
            body,
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the server closes the connection.
    closes: bool,
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Nobody listens.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(16 << 10),
        })
    }

    /// Sends a call and receives the whole answer.
    ///
    /// # Errors
    ///
    /// The connection breaks, or what comes is no answer with a length.
    pub async fn call(&mut self, call: &Call) -> io::Result<Answer> {
        self.send(&call.head, &call.body).await?;
        self.receive().await
    }

    async fn send(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let mut sent = 0;
        while sent < head.len() {
            let parts = [
                IoSlice::new(head.get(sent..).unwrap_or_default()),
                IoSlice::new(body),
            ];
            let count = self.stream.write_vectored(&parts).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            sent += count;
        }
        let rest = body.get(sent - head.len()..).unwrap_or_default();
        self.stream.write_all(rest).await
    }

    async fn receive(&mut self) -> io::Result<Answer> {
        self.read.clear();
        let head = loop {
            let found = self.read.windows(4).position(|end| end == b"\r\n\r\n");
            if let Some(end) = found {
                break end + 4;
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let (status, length, closes) =
            head_of(self.read.get(..head).unwrap_or_default()).ok_or(io::ErrorKind::InvalidData)?;
        while self.read.len() < head + length {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Answer {
            status,
            body: self.read.split_off(head),
            closes,
        })
    }
}

/// Status, length of the body, and whether the connection ends.
fn head_of(head: &[u8]) -> Option<(u16, usize, bool)> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut closes) = (0, false);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.trim().eq_ignore_ascii_case("close");
        }
    }
    Some((status, length, closes))
}

/// What came of a load.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The time of each call that was answered 200, in order of answer.
    pub times: Vec<Duration>,
    /// The other statuses, and 0 for each call without an answer, with the time that it took.
    pub others: Vec<(u16, Duration)>,
    /// From the first call to the last answer.
    pub elapsed: Duration,
}

impl Outcome {
    /// Calls in a second that were answered 200.
    pub fn rate(&self) -> f64 {
        if self.elapsed.is_zero() {
            return 0.0;
        }
        count(self.times.len()) / self.elapsed.as_secs_f64()
    }

    /// The time within which this share of the answers came, from 0 to 1.
    pub fn within(&self, share: f64) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place among the times"
        )]
        let place = (count(sorted.len()) * share) as usize;
        let last = sorted.len().saturating_sub(1);
        sorted.get(place.min(last)).copied().unwrap_or_default()
    }

    /// Takes what came of another load as well.
    pub fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.others.extend(other.others);
        self.elapsed += other.elapsed;
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

/// How calls are sent.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// To whom.
    pub address: SocketAddr,
    /// Connections.
    pub connections: usize,
    /// Calls that become due in a second; `None` for a closed loop.
    pub rate: Option<f64>,
    /// For how long calls are begun.
    pub lasts: Duration,
}

impl Load {
    /// Sends calls, the next one from `next` each time; ends early when that has no more.
    pub async fn run(self, next: impl FnMut() -> Option<Call> + 'static) -> Outcome {
        let shared = Rc::new(Shared {
            load: self,
            begun: Instant::now(),
            due: Cell::new(0),
            next: RefCell::new(Box::new(next)),
            outcome: RefCell::default(),
        });
        let tasks = LocalSet::new();
        for _ in 0..self.connections {
            let shared = Rc::clone(&shared);
            tasks.spawn_local(async move { shared.connection().await });
        }
        tasks.await;
        let mut outcome = shared.outcome.take();
        outcome.elapsed = shared.begun.elapsed();
        outcome
    }
}

type Next = Box<dyn FnMut() -> Option<Call>>;

/// What the connections of one load share.
struct Shared {
    load: Load,
    begun: Instant,
    due: Cell<u32>,
    next: RefCell<Next>,
    outcome: RefCell<Outcome>,
}

impl Shared {
    async fn connection(&self) {
        let mut open: Option<Connection> = None;
        loop {
            let free = Instant::now();
            let due = match self.load.rate {
                None => free,
                Some(rate) => {
                    let number = self.due.get();
                    self.due.set(number.saturating_add(1));
                    self.begun + Duration::from_secs_f64(f64::from(number) / rate)
                }
            };
            if due.max(free) >= self.begun + self.load.lasts {
                return;
            }
            sleep_until(due.into()).await;
            let Some(call) = (self.next.borrow_mut())() else {
                return;
            };
            // A timer that fires late is not the server's fault; a connection that was not free is.
            let begun = if free > due { due } else { Instant::now() };
            let answer = timeout(PATIENCE, self.one(&mut open, &call)).await;
            let took = begun.elapsed();
            let mut outcome = self.outcome.borrow_mut();
            match answer {
                Ok(Ok(200)) => outcome.times.push(took),
                Ok(Ok(status)) => outcome.others.push((status, took)),
                Ok(Err(_)) | Err(_) => {
                    open = None;
                    outcome.others.push((0, took));
                }
            }
        }
    }

    async fn one(&self, open: &mut Option<Connection>, call: &Call) -> io::Result<u16> {
        let connection = match open {
            Some(connection) => connection,
            None => open.insert(Connection::open(self.load.address).await?),
        };
        let answer = connection.call(call).await?;
        if answer.closes {
            *open = None;
        }
        Ok(answer.status)
    }
}
