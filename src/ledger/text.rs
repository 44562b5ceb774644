//! The grammar that all records share, and the parser of their lines.
//!
//! ```text
//! tiezheng <kind> v1 LF          the first line names the kind and the version
//! <name> <value> LF              one space; names in exactly the order the kind lists; no blank line
//! ```
//!
//! UTF-8, LF after every line, no control characters. Decimals are `0|[1-9][0-9]*` below 2^63, hashes are lower-case hex.
//! Every record has one canonical form: printing a parsed record gives the same bytes.
//!
//! Each error has a stable code ([`Fault::code`]) and the number of the line.
//!
//! Not here: which lines each kind has (`statement`, `entry`, `notice`, `block`), signatures (`note`).

use std::fmt;

use crate::error_code::ErrorCode;
use crate::ledger::hash::lower_hex;

/// Why a line was rejected. Each variant has a stable code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    InvalidUtf8,
    /// A byte below 0x20 other than LF, or 0x7f.
    #[error("control character U+{code_point:04X}")]
    ControlCharacter {
        /// The character's code point.
        code_point: u32,
    },
    /// The last line does not end with LF.
    #[error("the last line does not end with a line feed")]
    MissingFinalNewline,
    /// The first line is not the expected kind and version.
    #[error("expected the first line `{expected}`")]
    UnknownVersion {
        /// The expected first line.
        expected: &'static str,
    },
    /// A line whose name the kind does not have, or without a name.
    #[error("unknown line `{name}`")]
    UnknownLine {
        /// The name of the line; its first 40 characters.
        name: String,
    },
    /// A line that may occur once occurs again.
    #[error("repeated line `{name}`")]
    RepeatedLine {
        /// The line's name.
        name: &'static str,
    },
    /// A line that is after a line that must follow it, or together with a line that excludes it.
    #[error("line `{name}` is out of order")]
    MisorderedLine {
        /// The line's name.
        name: &'static str,
    },
    /// A required line is missing.
    #[error("missing line `{name}`")]
    MissingLine {
        /// The line's name.
        name: &'static str,
    },
    /// Hex of the wrong length, or a text that is too long.
    #[error("wrong length of `{name}`")]
    WrongLength {
        /// The line's name.
        name: &'static str,
    },
    /// Hex with upper-case digits.
    #[error("upper-case hex in `{name}`")]
    UpperCaseHex {
        /// The line's name.
        name: &'static str,
    },
    /// A value of the wrong form.
    #[error("bad value of `{name}`: {expected}")]
    BadValue {
        /// The line's name.
        name: &'static str,
        /// The expected form.
        expected: &'static str,
    },
    /// MD5, SHA-1, or the digest of the empty input.
    #[error("weak digest in `{name}`: {reason}")]
    WeakDigest {
        /// The line's name.
        name: &'static str,
        /// Why it is weak.
        reason: &'static str,
    },
    /// An Ed25519 key of small order or not canonically encoded.
    #[error("weak or malformed public key in `{name}`")]
    WeakKey {
        /// The line's name.
        name: &'static str,
    },
    /// The values of repeated lines are not sorted, or one is repeated.
    #[error("values of `{name}` are not sorted or repeat")]
    NotSorted {
        /// The line's name.
        name: &'static str,
    },
    /// More lines of a name than are allowed.
    #[error("too many lines `{name}`: at most {limit}")]
    TooMany {
        /// The line's name.
        name: &'static str,
        /// Maximum number of lines.
        limit: usize,
    },
    /// The check characters of a deposit number are wrong.
    #[error("mistyped deposit number in `{name}`")]
    MistypedNumber {
        /// The line's name.
        name: &'static str,
    },
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidUtf8 => ErrorCode::InvalidUtf8,
            Self::ControlCharacter { .. } => ErrorCode::ControlCharacter,
            Self::MissingFinalNewline => ErrorCode::MissingFinalNewline,
            Self::UnknownVersion { .. } => ErrorCode::UnknownVersion,
            Self::UnknownLine { .. } => ErrorCode::UnknownLine,
            Self::RepeatedLine { .. } => ErrorCode::RepeatedLine,
            Self::MisorderedLine { .. } => ErrorCode::MisorderedLine,
            Self::MissingLine { .. } => ErrorCode::MissingLine,
            Self::WrongLength { .. } => ErrorCode::WrongLength,
            Self::UpperCaseHex { .. } => ErrorCode::UpperCaseHex,
            Self::BadValue { .. } => ErrorCode::BadValue,
            Self::WeakDigest { .. } => ErrorCode::WeakDigest,
            Self::WeakKey { .. } => ErrorCode::WeakKey,
            Self::NotSorted { .. } => ErrorCode::NotSorted,
            Self::TooMany { .. } => ErrorCode::TooManyLines,
            Self::MistypedNumber { .. } => ErrorCode::MistypedNumber,
        }
    }
}

/// Why a record was rejected, and at which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong with the line.
    pub fault: Fault,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl std::error::Error for TextError {}

/// `bytes` as UTF-8 text without control characters other than LF.
///
/// # Errors
///
/// [`Fault::InvalidUtf8`] or [`Fault::ControlCharacter`], with the line.
pub fn plain_text(bytes: &[u8]) -> Result<&str, TextError> {
    let line_at = |end: usize| bytes.iter().take(end).filter(|b| **b == b'\n').count() + 1;
    let text = std::str::from_utf8(bytes)
        .map_err(|e| TextError { line: line_at(e.valid_up_to()), fault: Fault::InvalidUtf8 })?;
    // Without branches, since an audit reads every byte of the ledger. Control characters are these, and U+0080 to U+009F,
    // whose UTF-8 encoding begins with 0xc2.
    let doubtful = |b: u8| u8::from(b < 0x20) & u8::from(b != b'\n') | u8::from(b == 0x7f) | u8::from(b == 0xc2);
    if bytes.iter().fold(0, |doubt, b| doubt | doubtful(*b)) == 0 {
        return Ok(text);
    }
    match text.char_indices().find(|(_, c)| c.is_control() && *c != '\n') {
        None => Ok(text),
        Some((at, c)) => {
            Err(TextError { line: line_at(at), fault: Fault::ControlCharacter { code_point: u32::from(c) } })
        }
    }
}

/// The ASCII character that a full-width form (U+FF01 to U+FF5E, as Chinese input methods type them) stands for; every
/// other character as it is. Used wherever typed numbers and codes are compared.
#[must_use]
pub const fn half_width(c: char) -> char {
    match c {
        // The two blocks have the same order, 0xFEE0 apart, so every result is a character.
        '\u{FF01}'..='\u{FF5E}' => match char::from_u32(c as u32 - 0xFEE0) {
            Some(ascii) => ascii,
            None => c,
        },
        _ => c,
    }
}

/// Whether a free text may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One line: a name, a title, a reference.
    One,
    /// Several lines, with line feeds and tabs: a description, a reason.
    Several,
}

/// The first forbidden character of a free text: a control character (U+0000 to U+001F, U+007F to U+009F), and in a text of one
/// line also U+2028 and U+2029, which begin a new line. `None` if there is none.
///
/// Characters that reorder or hide text are allowed here, and escaped where the text is shown.
#[must_use]
pub fn forbidden_character(text: &str, lines: Lines) -> Option<char> {
    text.chars().find(|c| match (lines, c) {
        (Lines::Several, '\n' | '\t') => false,
        (Lines::One, '\u{2028}' | '\u{2029}') => true,
        (_, c) => c.is_control(),
    })
}

/// Parser of the lines of one record, in the order that its kind prescribes.
#[derive(Debug)]
pub struct Fields<'a> {
    /// The lines that are not parsed yet, without the last LF; `None` after the last line.
    rest: Option<&'a str>,
    order: &'static [&'static str],
    /// Name of the line parsed last.
    last: Option<&'static str>,
    line: usize,
}

impl<'a> Fields<'a> {
    /// Begins to parse `text`, whose first line must be `first_line`; `order` lists the names of the lines that may follow.
    ///
    /// # Errors
    ///
    /// [`Fault::MissingFinalNewline`], [`Fault::UnknownVersion`].
    pub fn open(text: &'a str, first_line: &'static str, order: &'static [&'static str]) -> Result<Self, TextError> {
        let Some(body) = text.strip_suffix('\n') else {
            return Err(TextError { line: text.matches('\n').count() + 1, fault: Fault::MissingFinalNewline });
        };
        match body.strip_prefix(first_line) {
            Some("") => Ok(Self { rest: None, order, last: None, line: 1 }),
            Some(rest) if rest.starts_with('\n') => Ok(Self { rest: rest.get(1..), order, last: None, line: 1 }),
            _ => Err(TextError { line: 1, fault: Fault::UnknownVersion { expected: first_line } }),
        }
    }

    /// An error at the line parsed last.
    #[must_use]
    pub const fn fault(&self, fault: Fault) -> TextError {
        TextError { line: self.line, fault }
    }

    /// The value of the next line, if its name is `name`.
    pub fn optional(&mut self, name: &'static str) -> Option<&'a str> {
        // Names contain no space, so a line that begins with `name` and a space has that name.
        let (value, rest) = first_line(self.rest?.strip_prefix(name)?.strip_prefix(' ')?);
        if !is_value(value) {
            return None;
        }
        self.rest = rest;
        self.line += 1;
        self.last = Some(name);
        Some(value)
    }

    /// The value of the next line, whose name must be `name`.
    ///
    /// # Errors
    ///
    /// [`Fault::UnknownLine`], [`Fault::RepeatedLine`], [`Fault::MisorderedLine`] or [`Fault::MissingLine`].
    pub fn required(&mut self, name: &'static str) -> Result<&'a str, TextError> {
        match self.optional(name) {
            Some(value) => Ok(value),
            None => Err(self.unexpected(Some(name))),
        }
    }

    /// Checks that the record ends here.
    ///
    /// # Errors
    ///
    /// As [`Self::required`].
    pub fn finish(self) -> Result<(), TextError> {
        if self.rest.is_none() { Ok(()) } else { Err(self.unexpected(None)) }
    }

    fn unexpected(&self, wanted: Option<&'static str>) -> TextError {
        let missing = |name| Fault::MissingLine { name };
        let place = |name: &str| self.order.iter().position(|known| *known == name);
        let fault = match (self.rest, wanted) {
            (None, wanted) => missing(wanted.unwrap_or("end")),
            (Some(rest), wanted) => {
                let (line, _) = first_line(rest);
                let name = split_line(line).map_or(line, |(name, _)| name);
                match (place(name), self.last.and_then(place)) {
                    (None, _) if matches!(name, "md5" | "sha-1" | "sha1") => {
                        Fault::WeakDigest { name: "sha-256", reason: "MD5 and SHA-1 are broken; use sha-256 or sm3" }
                    }
                    (None, _) => Fault::UnknownLine { name: name.chars().take(40).collect() },
                    (Some(at), Some(last)) if at == last => Fault::RepeatedLine { name: self.name_at(at) },
                    (Some(at), Some(last)) if at < last => Fault::MisorderedLine { name: self.name_at(at) },
                    (Some(at), _) => wanted.map_or(Fault::MisorderedLine { name: self.name_at(at) }, missing),
                }
            }
        };
        TextError { line: self.line + 1, fault }
    }

    fn name_at(&self, at: usize) -> &'static str {
        self.order.get(at).copied().unwrap_or("?")
    }
}

fn split_line(line: &str) -> Option<(&str, &str)> {
    line.split_once(' ').filter(|(_, value)| is_value(value))
}

fn is_value(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ')
}

/// The first line without its LF, and the rest; `None` for the rest after the last line, which has no LF here.
fn first_line(text: &str) -> (&str, Option<&str>) {
    // Lines are short: eight bytes at a time are faster here than `memchr`. A byte that is LF sets its high bit.
    let (chunks, tail) = text.as_bytes().as_chunks::<8>();
    let marks = |chunk: &[u8; 8]| {
        let zeros_at_feeds = u64::from_le_bytes(*chunk) ^ 0x0a0a_0a0a_0a0a_0a0a;
        zeros_at_feeds.wrapping_sub(0x0101_0101_0101_0101) & !zeros_at_feeds & 0x8080_8080_8080_8080
    };
    let found = (0..).step_by(8).zip(chunks).find_map(|(at, chunk)| match marks(chunk) {
        0 => None,
        marks => Some(at + marks.trailing_zeros() as usize / 8),
    });
    let end = found.or_else(|| Some(8 * chunks.len() + tail.iter().position(|b| *b == b'\n')?));
    match end.and_then(|end| Some((text.get(..end)?, text.get(end + 1..)?))) {
        Some((line, rest)) => (line, Some(rest)),
        None => (text, None),
    }
}

/// Parses `2 * N` lower-case hex digits.
///
/// # Errors
///
/// [`Fault::WrongLength`], [`Fault::UpperCaseHex`], [`Fault::BadValue`].
pub fn hex_value<const N: usize>(name: &'static str, value: &str) -> Result<[u8; N], Fault> {
    if let Some(bytes) = lower_hex(value) {
        return Ok(bytes);
    }
    if !value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Fault::BadValue { name, expected: "lower-case hex digits" });
    }
    if value.len() == 2 * N { Err(Fault::UpperCaseHex { name }) } else { Err(Fault::WrongLength { name }) }
}

/// Largest decimal of any record: 2^63 - 1, so that every reader's signed 64-bit integer holds it.
pub const DECIMAL_MAX: u64 = (1 << 63) - 1;

/// Parses `0|[1-9][0-9]*`, at most [`DECIMAL_MAX`].
///
/// # Errors
///
/// [`Fault::BadValue`].
pub fn decimal_value(name: &'static str, value: &str) -> Result<u64, Fault> {
    let canonical = value.bytes().all(|b| b.is_ascii_digit()) && (value == "0" || !value.starts_with('0'));
    canonical
        .then(|| value.parse().ok())
        .flatten()
        .filter(|n| *n <= DECIMAL_MAX)
        .ok_or(Fault::BadValue { name, expected: "a decimal below 2^63 without leading zeros" })
}

/// Offset of the first blank line: the text before it ends with LF.
pub(in crate::ledger) fn first_blank_line(text: &str) -> Option<usize> {
    let mut rest = text;
    loop {
        let (_, after) = first_line(rest);
        rest = after?;
        if rest.starts_with('\n') {
            return Some(text.len() - rest.len());
        }
    }
}

/// Offset of the last blank line: the text before it ends with LF.
pub(in crate::ledger) fn last_blank_line(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).rposition(|pair| pair == b"\n\n").map(|at| at + 1)
}

#[cfg(test)]
mod tests;
