//! The document of an act: a text in the private store, whose salted digests are on the chain.
//!
//! ```text
//! tiezheng act v1
//! stream case | registry | access | custody
//! by <account>
//! capacity party N | agent N | <role> | oneself | platform
//! request <64 hex>              optional: the idempotency key of the request, hashed with the account
//! body <64 hex>                 optional: digest of the request, to detect another request under the same key
//! act <kind>
//! <the act's own lines>
//! ```
//!
//! Time and position are in the entry, assigned by the sequencer.

use crate::court::acts::{Act, ActKind};
use crate::court::ids::{AccountId, RequestId};
use crate::court::line_value::{optional, required, write};
use crate::court::values::Capacity;
use crate::court::words::words;
use crate::ledger::hash::Digest;
use crate::ledger::text::{Fault, Fields, TextError, plain_text};

/// The first line.
pub const FIRST_LINE: &str = "tiezheng act v1";

words! {
    /// The kind of stream of an act.
    Stream {
        Case = "case" / "案件" / "a case",
        Registry = "registry" / "账号与权限" / "accounts and rights",
        Access = "access" / "访问日志" / "an access log",
        Custody = "custody" / "原文保管" / "custody of an original",
    }
}

/// An act with its actor and request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The kind of stream.
    pub stream: Stream,
    /// The account that acts.
    pub by: AccountId,
    /// The capacity in which it acts.
    pub capacity: Capacity,
    /// The idempotency key of the request, hashed with the account.
    pub request: Option<RequestId>,
    /// Digest of the request.
    pub body: Option<Digest>,
    /// The act.
    pub act: Act,
}

impl Document {
    /// The document as text, in canonical form.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        write(&mut text, "stream", &self.stream);
        write(&mut text, "by", &self.by);
        write(&mut text, "capacity", &self.capacity);
        if let Some(request) = &self.request {
            write(&mut text, "request", request);
        }
        if let Some(body) = &self.body {
            write(&mut text, "body", body);
        }
        write(&mut text, "act", &self.act.kind());
        self.act.print(&mut text);
        text
    }

    /// Parses a document.
    ///
    /// # Errors
    ///
    /// [`TextError`]: on a chain, an act of a later version, or damage.
    pub fn parse(bytes: &[u8]) -> Result<Self, TextError> {
        let text = plain_text(bytes)?;
        // The order of the lines depends on the kind, which is one of them.
        let named = text.lines().find_map(|line| line.strip_prefix("act "));
        let kind = named.and_then(ActKind::from_word);
        let mut fields = Fields::open(text, FIRST_LINE, kind.map_or(&["act"], ActKind::lines))?;
        let Some(kind) = kind else {
            return Err(fields.fault(Fault::BadValue { name: "act", expected: "a kind of act" }));
        };
        let stream = required(&mut fields, "stream")?;
        let by = required(&mut fields, "by")?;
        let capacity = required(&mut fields, "capacity")?;
        let request = optional(&mut fields, "request")?;
        let body = optional(&mut fields, "body")?;
        let _: ActKind = required(&mut fields, "act")?;
        let act = Act::parse(kind, &mut fields)?;
        fields.finish()?;
        Ok(Self { stream, by, capacity, request, body, act })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::acts::{Import, Submit};
    use crate::court::ids::{AnnexId, ItemNumber, PartyNumber};
    use crate::court::words::{Depositor, Phase};
    use crate::ledger::block::Height;
    use crate::ledger::key::Name;
    use crate::ledger::number::DepositNumber;
    use crate::ledger::statement::content::HashAlgorithm;
    use crate::ledger::time::Timestamp;

    fn import() -> Document {
        let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        let import = Import {
            item: ItemNumber(1),
            party: PartyNumber(1),
            phase: Phase::Filing,
            deposit: DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap(),
            name: AnnexId(Digest([1; 32])),
            content: AnnexId(Digest([2; 32])),
            source: None,
            proves: None,
            form: None,
            copies: None,
            pages: None,
            replaces: None,
            carried: None,
            depositor: Depositor::Same,
            identity: None,
            ledger: Name::parse("example.org/ledger").unwrap(),
            tx_id: Digest([3; 32]),
            block_hash: Digest([4; 32]),
            block_height: Height(7),
            prev_block_hash: Digest([5; 32]),
            data_hash: vec![(HashAlgorithm::Sm3, Digest([6; 32])), (HashAlgorithm::Sha256, Digest([7; 32]))],
            tx_submitted_at: time,
            block_generated_at: time,
            receipt: None,
            receipt_annex: None,
            purpose: None,
            handed_in: None,
            collected: None,
            reason: None,
        };
        Document {
            stream: Stream::Case,
            by: AccountId(Digest([9; 32])),
            capacity: Capacity::Party(PartyNumber(1)),
            request: None,
            body: None,
            act: Act::Import(import),
        }
    }

    #[test]
    fn an_act_reads_as_a_judge_would_read_it() {
        let text = import().to_text();
        assert!(text.starts_with("tiezheng act v1\nstream case\nby 0909"), "{text}");
        assert!(text.contains("\ncapacity party 1\nact import\nitem 1\nparty 1\nphase filing\n"), "{text}");
        assert!(text.contains("\ndepositor same\nledger example.org/ledger\n"), "{text}");
        assert_eq!(Document::parse(text.as_bytes()), Ok(import()));
        let bare = Document { act: Act::Submit(Submit {}), ..import() };
        assert_eq!(Document::parse(bare.to_text().as_bytes()), Ok(bare));
    }

    #[test]
    fn departures_are_refused_by_name() {
        let text = import().to_text();
        let code = |from: &str, to: &str| {
            Document::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().fault.code().as_str()
        };
        assert_eq!(code("act v1", "act v2"), "unknown_version");
        assert_eq!(code("act import", "act imports"), "bad_value");
        assert_eq!(code("item 1", "item 01"), "bad_value");
        assert_eq!(code("item 1\n", ""), "missing_line");
        assert_eq!(code("party 1\nphase", "party 1\nparty 1\nphase"), "repeated_line");
        assert_eq!(code("depositor same", "depositor sane"), "bad_value");
    }
}
