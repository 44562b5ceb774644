//! Events: acts upon the cases of a court as its systems receive them, without private texts.

use crate::court::acts::{Act, ActKind};
use crate::court::case::state::ActPosition;
use crate::court::case_number::CourtCode;
use crate::court::document::Document;
use crate::court::ids::{AccountId, CaseId, ItemNumber};
use crate::ledger::number::DepositNumber;

/// An act upon a case, by ids, numbers and codes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The cursor of the next event: the index after this act.
    pub cursor: u64,
    /// The court.
    pub court: CourtCode,
    /// The case.
    pub case: CaseId,
    /// Position of the act.
    pub position: ActPosition,
    /// The kind of act.
    pub act: ActKind,
    /// The account that acted.
    pub by: AccountId,
    /// The item that the act is about.
    pub item: Option<ItemNumber>,
    /// The deposit that the act is about.
    pub deposit: Option<DepositNumber>,
    /// The conclusion of a verification, or the kind of a divergence.
    pub finding: Option<String>,
}

impl Event {
    /// The event of the act in `document`.
    #[must_use]
    pub fn of(court: &CourtCode, case: CaseId, document: &Document, position: ActPosition) -> Self {
        let (item, deposit, finding) = match &document.act {
            Act::Import(act) => (Some(act.item), Some(act.deposit), None),
            Act::Verify(act) => (Some(act.item), Some(act.deposit), Some(act.conclusion.0.clone())),
            Act::Diverge(act) => (Some(act.item), None, Some(act.what.word().to_owned())),
            Act::WithdrawItem(act) => (Some(act.item), None, None),
            Act::Restate(act) => (Some(act.item), None, None),
            Act::Reply(act) => (Some(act.item), None, None),
            Act::Consent(act) => (Some(act.item), None, None),
            Act::Judge(act) => (None, act.document, None),
            _ => (None, None, None),
        };
        let (court, act) = (court.clone(), document.act.kind());
        Self { cursor: position.index.0 + 1, court, case, position, act, by: document.by, item, deposit, finding }
    }
}
