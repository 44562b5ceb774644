//! Attestations of third parties about the checkpoint of a receipt: cosignatures of witnesses and timestamp tokens.
//!
//! They are input of the verifier. The caller verifies each of them against the user's own witness policy and timestamp
//! authorities, and passes only those that verify. Without any, time and order depend on the operator's key alone, and the
//! report says so ([`Reservation`](crate::ledger::verify::report::Reservation)).

use crate::ledger::key::Name;
use crate::ledger::time::Timestamp;

/// A verified cosignature of a witness (C2SP tlog-cosignature) on the receipt's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Name of the witness's key.
    pub witness: Name,
    /// When the witness cosigned, by its own clock.
    pub time: Timestamp,
}

/// A verified timestamp token (RFC 3161) over the receipt's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeToken {
    /// The timestamp authority, as its certificate names it.
    pub authority: String,
    /// The time that it attests.
    pub time: Timestamp,
}

/// All verified attestations of one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestations<'a> {
    /// Cosignatures of witnesses in the user's policy, at most one by each.
    pub cosignatures: &'a [Cosignature],
    /// How many cosignatures the policy requires, at least 1.
    pub quorum: usize,
    /// Timestamp tokens of authorities that the user trusts.
    pub time_tokens: &'a [TimeToken],
}

impl Attestations<'_> {
    /// No attestations.
    pub const NONE: Self = Self { cosignatures: &[], quorum: 1, time_tokens: &[] };

    /// Whether as many witnesses cosigned as the policy requires.
    #[must_use]
    pub const fn have_quorum(&self) -> bool {
        !self.cosignatures.is_empty() && self.cosignatures.len() >= self.quorum
    }

    /// Whether a timestamp authority attests the time.
    #[must_use]
    pub const fn have_time(&self) -> bool {
        !self.time_tokens.is_empty()
    }
}
