//! Attestations of third parties about the checkpoint of a receipt: cosignatures of witnesses, the checkpoint that a witness
//! holds, and timestamp tokens.
//!
//! They are input of the verifier. The caller verifies each of them against the user's own policy and timestamp authorities
//! ([`witnesses`](crate::ledger::verify::witnesses)). Without any, time and order depend on the operator's key alone, and the
//! report says so ([`Reservation`](crate::ledger::verify::report::Reservation)).
//!
//! # Invariants
//!
//! The organisation behind a witness comes from the verifier's own file, never from the witness or the receipt.

use crate::ledger::key::Name;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::reasons::{LedgerFault, SkipReason};

/// What kind of organisation a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// 法院.
    Court,
    /// 公证机构.
    Notary,
    /// 鉴定机构.
    Appraisal,
    /// 其他机构.
    Other,
}

impl MemberKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Court, Self::Notary, Self::Appraisal, Self::Other];

    /// Its word in files and options.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Court => "court",
            Self::Notary => "notary",
            Self::Appraisal => "appraisal",
            Self::Other => "other",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The organisation that holds a key, as the verifier's own file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub organisation: String,
    /// Its kind.
    pub kind: MemberKind,
}

/// A verified cosignature of a witness (C2SP tlog-cosignature) on the receipt's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Name of the witness's key.
    pub witness: Name,
    /// When the witness cosigned, by its own clock.
    pub time: Timestamp,
}

/// A verified cosignature and the organisation behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberCosignature {
    /// The cosignature.
    pub cosignature: Cosignature,
    /// The organisation, if the verifier's file names it.
    pub member: Option<Member>,
}

/// How far the cosignatures on the checkpoint satisfy the verifier's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The verified cosignatures of witnesses that count, at most one by each: k of "witnessed k of n".
    pub cosignatures: Vec<MemberCosignature>,
    /// How many witnesses can count: n.
    pub witnesses: usize,
    /// The smallest number of cosignatures that is enough; 0 if the policy requires none.
    pub required: usize,
    /// Whether the policy is satisfied.
    pub reached: bool,
}

impl Quorum {
    /// Whether witnesses are required, and enough of them cosigned.
    #[must_use]
    pub const fn is_witnessed(&self) -> bool {
        self.reached && self.required > 0 && !self.cosignatures.is_empty()
    }
}

/// The cosignatures on the receipt's checkpoint, compared with the verifier's policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WitnessCheck {
    /// The verifier has no policy for this ledger.
    #[default]
    NoPolicy,
    /// A signature line in the name of a witness of the policy does not verify.
    Forged {
        /// The witness.
        witness: Name,
    },
    /// All lines in the names of witnesses verify.
    Counted(Quorum),
}

/// A checkpoint that a witness holds, cosigned by it and signed by the ledger key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberCheckpoint {
    /// Name of the witness's key.
    pub witness: Name,
    /// The organisation, if the verifier's file names it.
    pub member: Option<Member>,
    /// Its size.
    pub size: TreeSize,
    /// When the witness cosigned it, by its own clock.
    pub time: Timestamp,
}

/// The receipt's checkpoint, compared with those that witnesses hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberCheck {
    /// Nothing was compared.
    NotPerformed(SkipReason),
    /// The receipt's checkpoint is consistent with each of these; at least one.
    Agrees(Vec<MemberCheckpoint>),
    /// The receipt's checkpoint and this one are not shown to be of one history.
    Contradicted {
        /// The checkpoint of the witness.
        by: MemberCheckpoint,
        /// How.
        fault: LedgerFault,
    },
}

/// A verified timestamp token (RFC 3161) over the receipt's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeToken {
    /// The timestamp authority, as its certificate names it.
    pub authority: String,
    /// The time that it attests.
    pub time: Timestamp,
}

/// What trusted timestamp authorities attest of a deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedTime {
    /// The verified tokens over the receipt's checkpoint, the earliest first; at least one.
    pub tokens: Vec<TimeToken>,
    /// The deposit existed no later than this: the earliest token's time with its accuracy.
    pub not_later_than: Timestamp,
    /// The token of the newest stamped checkpoint that does not contain the deposit, if it is known.
    pub not_contained_at: Option<TimeToken>,
}

/// The timestamp tokens of the receipt, compared with the authorities that the verifier trusts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TimeCheck {
    /// No authority is trusted, so no token was verified.
    #[default]
    NotChecked,
    /// There are tokens, and none is of a trusted authority.
    Untrusted,
    /// A token is not for this checkpoint, or was altered, and no other token verifies.
    Invalid {
        /// The stable code of the first fault.
        code: &'static str,
    },
    /// Verified.
    Verified(TrustedTime),
}

/// All verified attestations of one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestations<'a> {
    /// The cosignatures on it.
    pub witnesses: &'a WitnessCheck,
    /// The comparison with a checkpoint that a witness holds.
    pub member: &'a MemberCheck,
    /// The timestamp tokens over it.
    pub time: &'a TimeCheck,
}

impl Attestations<'_> {
    /// No attestations.
    pub const NONE: Self = Self {
        witnesses: &WitnessCheck::NoPolicy,
        member: &MemberCheck::NotPerformed(SkipReason::NoWitnesses),
        time: &TimeCheck::NotChecked,
    };

    /// Whether as many witnesses cosigned as the policy requires.
    #[must_use]
    pub const fn have_quorum(&self) -> bool {
        matches!(self.witnesses, WitnessCheck::Counted(quorum) if quorum.is_witnessed())
    }

    /// Whether witnesses cosigned, and too few.
    #[must_use]
    pub const fn have_too_few(&self) -> bool {
        matches!(self.witnesses, WitnessCheck::Counted(quorum) if !quorum.reached && !quorum.cosignatures.is_empty())
    }

    /// Whether a timestamp authority attests the time.
    #[must_use]
    pub const fn have_time(&self) -> bool {
        matches!(self.time, TimeCheck::Verified(_))
    }
}
