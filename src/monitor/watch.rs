//! Values to watch for in new deposits. The monitor searches the leaves itself: no request goes to the operator, who does not
//! learn what is watched.

use std::fmt;

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::statement::content::Content;

/// A watched value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// A digest of evidence, SHA-256 or SM3.
    Digest(Digest),
    /// A subject.
    Subject(Digest),
    /// A depositor's key.
    Key(VerifierKey),
}

/// Why a watched value is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{kind} {value}`: expected `digest <64 hex digits>`, `subject <64 hex digits>` or `key <vkey>`")]
pub struct WatchError {
    /// The kind given.
    pub kind: String,
    /// The value given.
    pub value: String,
}

impl Watched {
    /// Parses a kind and a value.
    ///
    /// # Errors
    ///
    /// [`WatchError`].
    pub fn parse(kind: &str, value: &str) -> Result<Self, WatchError> {
        let digest = || Digest::from_hex(&value.to_ascii_lowercase());
        let parsed = match kind {
            "digest" => digest().map(Self::Digest),
            "subject" => digest().map(Self::Subject),
            "key" => VerifierKey::parse(value).ok().map(Self::Key),
            _ => None,
        };
        parsed.ok_or_else(|| WatchError { kind: kind.to_owned(), value: value.to_owned() })
    }

    /// Whether a deposit has this value.
    #[must_use]
    pub fn is_in(&self, entry: &Entry) -> bool {
        let statement = entry.statement.statement();
        match self {
            Self::Digest(wanted) => {
                statement.content.iter().flat_map(Content::digests).any(|(_, digest)| digest == *wanted)
            }
            Self::Subject(wanted) => statement.subject.is_some_and(|subject| subject.id == *wanted),
            Self::Key(wanted) => statement.keys.iter().any(|key| key.public() == wanted.public()),
        }
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => write!(f, "digest {digest}"),
            Self::Subject(digest) => write!(f, "subject {digest}"),
            Self::Key(key) => write!(f, "key {key}"),
        }
    }
}

/// Parses a file of watched values: one a line, `#` begins a comment.
///
/// # Errors
///
/// [`WatchError`] of the first malformed line.
pub fn parse_file(text: &str) -> Result<Vec<Watched>, WatchError> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let values = lines.filter(|line| !line.is_empty()).map(|line| {
        let (kind, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Watched::parse(kind, value.trim())
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_from_lines() {
        let hex = "AB".repeat(32);
        let text = format!("# ours\ndigest {hex}\n\nsubject\t{hex}  # the case\n");
        let digest = Digest([0xab; 32]);
        assert_eq!(parse_file(&text).unwrap(), [Watched::Digest(digest), Watched::Subject(digest)]);
        for bad in ["digest", "digest ab", "md5 00", "key x"] {
            assert!(parse_file(bad).is_err(), "{bad}");
        }
    }
}
