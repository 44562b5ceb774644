//! The answer of a witness to `add-checkpoint` (c2sp.org/tlog-witness): verified, or an error with a code.

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{CosignatureError, CosignerKey};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::ledger::text::decimal_value;
use crate::ledger::verify::attestation::Cosignature;

/// Longest answer in bytes. A cosignature takes 150; ML-DSA lines take 3,200.
pub const ANSWER_MAX: usize = 64 * 1024;
/// Most lines of an answer that are parsed.
const LINES_MAX: usize = 100;
/// Longest code of an error that is shown, in characters of a witness's text.
const DETAIL_MAX: usize = 200;

/// Why a witness has not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// No connection, or it broke.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// No complete answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// Longer than [`ANSWER_MAX`].
    #[error("the answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
    /// The answer is not what the protocol requires.
    #[error("malformed answer: {0}")]
    Malformed(String),
    /// No line of the answer is of the witness's key.
    #[error("the answer has no cosignature of the witness's key")]
    OtherKey,
    /// The line in the witness's name does not verify.
    #[error(transparent)]
    Cosignature(#[from] CosignatureError),
    /// 409: its last cosigned checkpoint is another one than the request named.
    #[error("it has a checkpoint of {0} leaves")]
    Conflict(TreeSize),
    /// 422, or 409 without a size: the checkpoint does not continue the one that the witness has.
    #[error("it says that the checkpoint does not continue the one that it has: {0}")]
    Inconsistent(String),
    /// It has cosigned a later checkpoint of this ledger already.
    #[error("it has cosigned a later checkpoint of {0} leaves already")]
    Ahead(TreeSize),
    /// Any other status.
    #[error("answered with HTTP {status}: {detail}")]
    Refused {
        /// The status.
        status: u16,
        /// The beginning of the body.
        detail: String,
    },
}

impl WitnessError {
    /// The stable code, for metrics and the state of the witness.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timeout",
            Self::TooLong => "answer_too_long",
            Self::Malformed(_) => "malformed_answer",
            Self::OtherKey => "other_key",
            Self::Cosignature(_) => "bad_cosignature",
            Self::Conflict(_) => "conflict",
            Self::Inconsistent(_) => "inconsistent",
            Self::Ahead(_) => "ahead",
            Self::Refused { status: 400, .. } => "request_rejected",
            Self::Refused { status: 403, .. } => "signature_rejected",
            Self::Refused { status: 404, .. } => "ledger_unknown",
            Self::Refused { status: 429, .. } => "throttled",
            Self::Refused { status: 500..=599, .. } => "unavailable",
            Self::Refused { .. } => "unexpected_status",
        }
    }
}

/// Reads the answer with `status` and `body` of the witness with `key` about `checkpoint`: its cosignature, verified.
///
/// # Errors
///
/// [`WitnessError`].
pub fn read_answer(
    status: u16,
    body: &[u8],
    key: &CosignerKey,
    checkpoint: &SignedCheckpoint,
) -> Result<(NoteSignature, Cosignature), WitnessError> {
    match status {
        200 => read_lines(body, key, checkpoint),
        409 => Err(match read_size(body) {
            Some(size) => WitnessError::Conflict(size),
            // transparency-dev/witness answers so for the same size with another root.
            None => WitnessError::Inconsistent(excerpt(body)),
        }),
        422 => Err(WitnessError::Inconsistent(excerpt(body))),
        status => Err(WitnessError::Refused { status, detail: excerpt(body) }),
    }
}

/// Lines of other keys are ignored; a line in the witness's own name must verify.
fn read_lines(
    body: &[u8],
    key: &CosignerKey,
    checkpoint: &SignedCheckpoint,
) -> Result<(NoteSignature, Cosignature), WitnessError> {
    let malformed = |reason: &str| WitnessError::Malformed(reason.into());
    let text = std::str::from_utf8(body).map_err(|_| malformed("not UTF-8"))?;
    let lines = text.strip_suffix('\n').ok_or_else(|| malformed("the last line does not end"))?;
    let mut found: Option<(NoteSignature, Cosignature)> = None;
    for (number, line) in lines.split('\n').enumerate() {
        if number == LINES_MAX {
            return Err(malformed("too many lines"));
        }
        let line = NoteSignature::parse(line).ok_or_else(|| malformed("not a signature line"))?;
        if !key.is_named_by(&line) {
            continue;
        }
        let cosignature = key.verify(&line, checkpoint.note().text())?;
        if found.as_ref().is_none_or(|(_, known)| known.time < cosignature.time) {
            found = Some((line, cosignature));
        }
    }
    found.ok_or(WitnessError::OtherKey)
}

/// The body of a 409: a size, and LF.
fn read_size(body: &[u8]) -> Option<TreeSize> {
    let text = std::str::from_utf8(body).ok()?;
    decimal_value("size", text.strip_suffix('\n').unwrap_or(text)).ok().map(TreeSize)
}

/// The beginning of a text of the witness, on one line without control characters.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .trim_end()
        .chars()
        .take(DETAIL_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::Name;
    use crate::ledger::testing::{ledger_key, origin};
    use crate::ledger::time::Timestamp;

    fn cosigner(name: &str) -> Cosigner {
        Cosigner::new(Name::parse(name).unwrap(), &[9; 32]).unwrap()
    }

    fn checkpoint(size: u64) -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: origin(), size: TreeSize(size), root: Digest([1; 32]) };
        checkpoint.sign(&ledger_key()).unwrap()
    }

    fn line(name: &str, size: u64, second: u64) -> String {
        let time = Timestamp::from_millis(second * 1000).unwrap();
        format!("{}\n", cosigner(name).cosign(checkpoint(size).checkpoint(), time))
    }

    fn code(status: u16, body: &str) -> &'static str {
        let read = read_answer(status, body.as_bytes(), cosigner("w").key(), &checkpoint(7));
        read.map_or_else(|error| error.code(), |_| "good")
    }

    #[test]
    fn only_a_verified_cosignature_of_the_witness_on_this_checkpoint_is_taken() {
        assert_eq!(code(200, &line("w", 7, 5)), "good");
        assert_eq!(code(200, &format!("{}{}", line("other", 8, 5), line("w", 7, 5))), "good");
        assert_eq!(code(200, &line("other", 7, 5)), "other_key");
        assert_eq!(code(200, &line("w", 8, 5)), "bad_cosignature", "on another checkpoint");
        assert_eq!(code(200, &format!("{}{}", line("w", 7, 5), line("w", 8, 5))), "bad_cosignature");
        for garbage in ["", "\n", "garbage\n", "— w AAAA\n", line("w", 7, 5).trim_end()] {
            assert_eq!(code(200, garbage), "malformed_answer", "{garbage:?}");
        }
        assert_eq!(code(200, &line("other", 7, 5).repeat(101)), "malformed_answer");
        let two = format!("{}{}", line("w", 7, 5), line("w", 7, 9));
        let (_, latest) = read_answer(200, two.as_bytes(), cosigner("w").key(), &checkpoint(7)).unwrap();
        assert_eq!(latest.time.as_millis(), 9_000);
    }

    #[test]
    fn every_status_has_its_code() {
        assert_eq!(code(409, "12\n"), "conflict");
        for odd in ["", "12 \n", "+12\n", "012\n", "99999999999999999999\n"] {
            assert_eq!(code(409, odd), "inconsistent", "{odd:?}");
        }
        let codes = [400, 403, 404, 422, 429, 503, 302].map(|status| code(status, "why\r\nmore"));
        assert_eq!(
            codes,
            [
                "request_rejected",
                "signature_rejected",
                "ledger_unknown",
                "inconsistent",
                "throttled",
                "unavailable",
                "unexpected_status"
            ]
        );
        let Err(error) = read_answer(400, b"a\nb\x1b[2J", cosigner("w").key(), &checkpoint(7)) else { panic!() };
        assert_eq!(error.to_string(), "answered with HTTP 400: a b [2J");
    }
}
