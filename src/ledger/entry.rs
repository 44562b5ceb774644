//! The entry: the record of one deposit. Its leaf hash is the transaction id (交易id).
//!
//! ```text
//! tiezheng entry v1
//! number 20261122-0K7M-X9QT-3D5W-C3
//! received 2026-11-22T01:04:11.123Z          交易提交时间, stamped by the sequencer
//! (blank line)
//! <the statement note, byte for byte>
//! ```
//!
//! The *first* blank line separates the two head lines from the note, which may itself contain blank lines.
//!
//! Not here: verifying the statement's signatures ([`StatementNote::verify`]).

use std::fmt;

use crate::ledger::keyword::{NUMBER, RECEIVED};
use crate::ledger::note::Note;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::statement::signed::{StatementError, StatementNote};
use crate::ledger::text::{Fault, Fields, TextError, first_blank_line, plain_text};
use crate::ledger::time::Timestamp;

/// The first line.
pub const FIRST_LINE: &str = "tiezheng entry v1";
const ORDER: &[&str] = &[NUMBER, RECEIVED];

/// One deposit on the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 存证编号.
    pub number: DepositNumber,
    /// 交易提交时间.
    pub received: Timestamp,
    /// The depositor's statement with its signatures.
    pub statement: StatementNote,
}

impl Entry {
    /// Parses an entry.
    ///
    /// # Errors
    ///
    /// [`StatementError`]. In a ledger that means a damaged or forged record.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        Self::parse_with(bytes, &mut KeyCache::none())
    }

    /// Parses an entry, with a cache of keys for callers that parse many.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn parse_with(bytes: &[u8], keys: &mut KeyCache) -> Result<Self, StatementError> {
        let text = plain_text(bytes)?;
        let cut = first_blank_line(text).unwrap_or(text.len());
        let (head, note) = text.split_at(cut);
        let mut fields = Fields::open(head, FIRST_LINE, ORDER)?;
        let number = fields.required(NUMBER)?;
        let number =
            DepositNumber::parse_exact(number).ok_or_else(|| fields.fault(Fault::MistypedNumber { name: NUMBER }))?;
        let received = read_time(&mut fields, RECEIVED)?;
        fields.finish()?;
        let note = Note::read(note.strip_prefix('\n').unwrap_or(note))?;
        let statement = StatementNote::read(note, keys)?;
        Ok(Self { number, received, statement })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, received, statement } = self;
        write!(f, "{FIRST_LINE}\n{NUMBER} {number}\n{RECEIVED} {received}\n\n{statement}")
    }
}

/// Parses the line `name` as a time.
pub(in crate::ledger) fn read_time(fields: &mut Fields<'_>, name: &'static str) -> Result<Timestamp, TextError> {
    let value = fields.required(name)?;
    Timestamp::parse(value)
        .ok_or_else(|| fields.fault(Fault::BadValue { name, expected: "a time as 2026-11-22T01:04:11.123Z" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::{Name, Signer};
    use crate::ledger::statement::content::{Content, Form};
    use crate::ledger::statement::signed::SignedStatement;
    use crate::ledger::statement::text::Statement;

    fn entry() -> Entry {
        let signer = Signer::of_depositor(&[1; 32]).unwrap();
        let statement = Statement {
            ledger: Name::parse("example.org/ledger").unwrap(),
            content: Some(Content { form: Form::Salted, sha256: Some(Digest([1; 32])), sm3: None }),
            manifest: None,
            media_type: None,
            meta: None,
            subject: None,
            links: vec![],
            on_behalf: None,
            nonce: [7; 16],
            keys: vec![signer.verifier().clone()],
        };
        Entry {
            number: DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap(),
            received: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(),
            statement: SignedStatement::sign(statement, &[signer]).unwrap().note().clone(),
        }
    }

    #[test]
    fn an_entry_reads_back_byte_for_byte() {
        let text = entry().to_string();
        assert!(text.starts_with(
            "tiezheng entry v1\nnumber 20261122-0K7M-X9QT-3D5W-C3\nreceived 2026-11-22T01:04:11.123Z\n\ntiezheng statement v1\n"
        ));
        assert_eq!(Entry::parse(text.as_bytes()).unwrap(), entry());
    }

    #[test]
    fn each_violation_has_its_code() {
        let text = entry().to_string();
        let code =
            |from: &str, to: &str| Entry::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().code().as_str();
        assert_eq!(code("entry v1", "entry v2"), "unknown_version");
        assert_eq!(code("C3\n", "C4\n"), "mistyped_number");
        assert_eq!(code("number 20261122-0K7M", "number 202611220K7M"), "mistyped_number");
        assert_eq!(code(".123Z", "Z"), "bad_value");
        assert_eq!(code("\n\n", "\nextra line\n\n"), "unknown_line");
        assert_eq!(code("\n\n", "\n"), "unknown_line");
        assert_eq!(code("\n\n", "\n\n\n"), "unknown_version");
        assert_eq!(Entry::parse(b"").unwrap_err().code().as_str(), "missing_final_newline");
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_printed_back(at: proptest::sample::Index, byte: u8) {
            let mut bytes = entry().to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(entry) = Entry::parse(&bytes) {
                proptest::prop_assert_eq!(entry.to_string().into_bytes(), bytes);
            }
        }
    }
}
