//! Reads a list line by line in bounded memory: with or without byte order mark, LF or CRLF line ends, with or without a final line end.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use crate::cli::input::{EncodingError, bare_line};
use crate::files::{reason, regular};
use crate::ledger::manifest::list::LINE_MAX;

/// Bytes read at once.
const BUFFER: usize = 1 << 20;
/// A byte order mark and a CR, which are no part of a line.
const EXTRA: usize = 4;

/// A list that is being read.
#[derive(Debug)]
pub struct Lines {
    reader: BufReader<File>,
    number: u64,
}

/// Why a line cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not text.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The line is too long.
    #[error("the line has more than {LINE_MAX} bytes")]
    TooLong,
}

impl LineError {
    /// In Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Io(error) => reason::chinese(error),
            Self::Encoding(error) => error.chinese().into(),
            Self::TooLong => format!("该行过长（上限 {LINE_MAX} 字节）"),
        }
    }
}

impl Lines {
    /// Opens the list at `path`.
    ///
    /// # Errors
    ///
    /// As [`regular::open`].
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { reader: BufReader::with_capacity(BUFFER, regular::open(path)?), number: 0 })
    }

    /// The size of the file in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.reader.get_ref().metadata().map_or(0, |metadata| metadata.len())
    }

    /// How many lines were read, and so the number of the last one.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Appends the next line and one LF to `text`. Returns the bytes read, 0 at the end.
    ///
    /// # Errors
    ///
    /// [`LineError`].
    pub fn next(&mut self, text: &mut String) -> Result<usize, LineError> {
        let start = text.len();
        let limit = (LINE_MAX + EXTRA) as u64;
        let count = match (&mut self.reader).take(limit).read_line(text) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(EncodingError::NotUtf8.into()),
            read => read?,
        };
        if count == 0 {
            return Ok(0);
        }
        self.number += 1;
        let line = text.get(start..).unwrap_or_default();
        let bare = bare_line(line, self.number);
        if bare.len() >= LINE_MAX {
            return Err(LineError::TooLong);
        }
        if line.len() != bare.len() + 1 || !line.ends_with('\n') {
            let bare = bare.to_owned();
            text.truncate(start);
            text.push_str(&bare);
            text.push('\n');
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(String, u64), LineError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, bytes).unwrap();
        let (mut lines, mut text, mut total) = (Lines::open(&path)?, String::new(), 0);
        loop {
            match lines.next(&mut text)? {
                0 => break,
                count => total += count as u64,
            }
        }
        assert_eq!(total, lines.total_bytes());
        Ok((text, lines.number()))
    }

    #[test]
    fn whatever_an_editor_makes_of_the_line_ends_the_lines_are_the_same() {
        for bytes in [&b"a\nb\n"[..], b"a\nb", b"\xEF\xBB\xBFa\r\nb\r\n", b"a\r\nb", b"\xEF\xBB\xBFa\nb"] {
            assert_eq!(read(bytes).unwrap(), ("a\nb\n".into(), 2));
        }
        assert_eq!(read(b"").unwrap(), (String::new(), 0));
        assert_eq!(read(b"a\n\n\xEF\xBB\xBFb").unwrap().0, "a\n\n\u{FEFF}b\n");
    }

    #[test]
    fn a_line_that_is_too_long_or_no_text_is_rejected() {
        let longest = "x".repeat(LINE_MAX - 1);
        for fits in [longest.clone(), format!("\u{FEFF}{longest}\r\n")] {
            assert_eq!(read(fits.as_bytes()).unwrap().0.len(), LINE_MAX);
        }
        for long in [format!("{longest}x"), format!("{longest}x\r\n"), format!("{longest}{longest}\n")] {
            assert!(matches!(read(long.as_bytes()), Err(LineError::TooLong)));
        }
        assert!(matches!(read(b"a\n\xff\n"), Err(LineError::Encoding(_))));
    }
}
