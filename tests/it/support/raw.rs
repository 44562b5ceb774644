//! A client that speaks HTTP over a plain socket and sends its whole request before it reads.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// The answer.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// Head and body.
    pub(crate) text: String,
}

impl RawAnswer {
    /// The code of a problem; empty for anything else.
    pub(crate) fn code(&self) -> &str {
        self.text.split("/problems/").nth(1).map_or("", |rest| rest.split('"').next().unwrap())
    }
}

/// Sends all of `head` and `body`, and only then reads, until the answer is complete.
pub(crate) fn send_then_read(address: SocketAddr, head: &str, body: &[u8]) -> std::io::Result<RawAnswer> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let answer = read_answer(&mut stream);
    let _ = stream.shutdown(Shutdown::Both);
    answer
}

/// Reads one answer whose length its head announces.
pub(crate) fn read_answer(stream: &mut TcpStream) -> std::io::Result<RawAnswer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Ok(RawAnswer { status, text: String::from_utf8(bytes).unwrap() });
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
