//! The records of originals in custody, read from their acts: for a depositor, and for a case in which the deposit is a document.
//!
//! # Invariants
//!
//! The original that a depositor gives and those that are given for cases are separate objects, each with a key and an act of its own.
//! So a case shows only what was given for it, and an erasure of the deposit covers all of them.

use crate::court::acts::{Act, TakeCustody};
use crate::court::case::state::ActPosition;
use crate::court::ids::{AccountId, CaseId};
use crate::court::labels;
use crate::custody::object::ObjectId;
use crate::custody::space::Owner;
use crate::filing::streams::{StoredAct, act_at, last_labelled};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::store::traits::{LedgerReader, PrivatePiece, ReadError};

/// Custody acts per read.
const PAGE: usize = 1_000;

/// The state of a deposit's original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The custody act.
    pub act: TakeCustody,
    /// Position of that act.
    pub position: ActPosition,
    /// Deposit number of that act.
    pub number: DepositNumber,
    /// The account that gave it.
    pub by: AccountId,
    /// Whether the original is erased.
    pub erased: bool,
}

impl Original {
    /// The object that holds it.
    pub(in crate::filing) const fn object(&self) -> ObjectId {
        ObjectId::from_bytes(self.act.object.0)
    }

    /// When it was received.
    #[must_use]
    pub const fn received_at(&self) -> Timestamp {
        self.position.at
    }
}

/// The last original of a deposit that was given into custody: by its depositor or, with `case`, as a document of that case. Its act
/// is looked up by label, so the number of reads does not depend on the length of the access log.
pub(in crate::filing) fn custody(
    store: &dyn LedgerReader,
    stream: &Digest,
    deposit: DepositNumber,
    case: Option<CaseId>,
) -> Result<Option<Original>, ReadError> {
    let label = case.map_or_else(|| labels::custody_of(deposit), |case| labels::custody_in_case(case, deposit));
    let stored = last_labelled(store, &label)?;
    stored.map(|stored| original_of_act(store, stream, (deposit, case), stored)).transpose()
}

/// All originals of a deposit that were given into custody as a document of a case, erased ones too.
pub(in crate::filing) fn custody_in_cases(
    store: &dyn LedgerReader,
    stream: &Digest,
    deposit: DepositNumber,
) -> Result<Vec<Original>, ReadError> {
    let (mut found, mut from) = (Vec::new(), LeafIndex(0));
    loop {
        let page = store.labelled(&labels::custody_in_cases(deposit), from, PAGE)?;
        for index in &page {
            let stored = act_at(store, *index)?;
            let case = match &stored.document.act {
                Act::TakeCustody(act) => act.case,
                _ => None,
            };
            found.push(original_of_act(store, stream, (deposit, case), stored)?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = LeafIndex(last.0 + 1),
            _ => return Ok(found),
        }
    }
}

/// The original that an act took into custody.
fn original_of_act(
    store: &dyn LedgerReader,
    stream: &Digest,
    (deposit, case): (DepositNumber, Option<CaseId>),
    stored: StoredAct,
) -> Result<Original, ReadError> {
    let position = stored.position;
    match stored.document.act {
        Act::TakeCustody(act) if act.deposit == deposit && act.case == case && stored.stream == *stream => {
            let erased = matches!(store.annex(position.index, &act.key.0)?, PrivatePiece::Erased(_));
            Ok(Original { act, position, number: stored.entry.number, by: stored.document.by, erased })
        }
        _ => Err(ReadError::Damaged {
            what: "label",
            at: position.index.to_string(),
            reason: format!("the labelled act is not a custody act of {deposit}"),
        }),
    }
}

/// The custody act of an original.
#[derive(Debug, Clone)]
pub struct CustodyRecord {
    /// Index of the act.
    pub index: LeafIndex,
    /// The account that uploaded it.
    pub owner: AccountId,
    /// The act.
    pub act: TakeCustody,
}

impl CustodyRecord {
    /// The object that holds it.
    #[must_use]
    pub const fn object(&self) -> ObjectId {
        ObjectId::from_bytes(self.act.object.0)
    }

    /// Its entry in the count of used space: object, owner, bytes.
    pub(in crate::filing) const fn space_entry(&self) -> (ObjectId, Owner, u64) {
        (self.object(), self.owner.0, self.act.size)
    }
}

/// The originals that are in custody and not erased, in the order of their acts.
///
/// # Errors
///
/// [`ReadError`].
pub fn originals_in_custody(store: &dyn LedgerReader) -> Result<Vec<CustodyRecord>, ReadError> {
    let (mut kept, mut from) = (Vec::new(), LeafIndex(0));
    loop {
        let page = store.labelled(&labels::custody_of_all(), from, PAGE)?;
        for index in &page {
            let document = act_at(store, *index)?.document;
            if let Act::TakeCustody(act) = document.act
                && !matches!(store.annex(*index, &act.key.0)?, PrivatePiece::Erased(_))
            {
                kept.push(CustodyRecord { index: *index, owner: document.by, act });
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = LeafIndex(last.0 + 1),
            _ => return Ok(kept),
        }
    }
}
