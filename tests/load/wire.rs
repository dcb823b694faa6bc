//! HTTP/1.1 as bytes: what came, whole or not, is seen without a library in between that tries again.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection that stays open.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case, as the service writes them.
    pub head: String,
    pub body: Vec<u8>,
    /// The service takes no further call on this connection.
    pub closes: bool,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub enum Broken {
    /// Nothing came of it.
    Nothing(io::Error),
    /// A part came.
    Part(io::Error),
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(16_384),
        })
    }

    /// One call and its answer.
    pub async fn ask(&mut self, call: &[u8]) -> Result<Answer, Broken> {
        // Who is refused at once may be told before everything is sent: what came counts.
        let sent = self.stream.write_all(call).await;
        self.answer().await.map_err(|broken| match (broken, sent) {
            (Broken::Nothing(_), Err(error)) => Broken::Nothing(error),
            (broken, _) => broken,
        })
    }

    async fn answer(&mut self) -> Result<Answer, Broken> {
        self.read.clear();
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|end| end == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length: usize = header("content-length: ").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < end + length {
            self.more().await?;
        }
        Ok(Answer {
            status: head[9..12].parse().unwrap(),
            closes: header("connection: ") == Some("close"),
            body: self.read[end..end + length].to_vec(),
            head,
        })
    }

    async fn more(&mut self) -> Result<(), Broken> {
        let error = match self.stream.read_buf(&mut self.read).await {
            Ok(0) => io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        Err(if self.read.is_empty() {
            Broken::Nothing(error)
        } else {
            Broken::Part(error)
        })
    }
}
