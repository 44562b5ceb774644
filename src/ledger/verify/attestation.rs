//! Attestations of third parties about the checkpoint of a receipt: cosignatures of witnesses, the checkpoint that a
//! witness has stored, and timestamp tokens.
//!
//! They are input of the verifier. The caller verifies each of them against the user's own policy and timestamp
//! authorities ([`witnesses`](crate::ledger::verify::witnesses)). Without attestations, time and order depend on the
//! operator's key alone, and the report states this ([`Reservation`](crate::ledger::verify::report::Reservation)).
//!
//! # Invariants
//!
//! The organisation behind a witness comes from the verifier's own file, never from the witness or the receipt.

use crate::ledger::key::Name;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::reasons::{LedgerFault, SkipReason};

/// The kind of an organisation.
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

    /// The word in files and options.
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

/// The organisation that holds a key, according to the verifier's own file.
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

/// Comparison of the cosignatures on the checkpoint with the verifier's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The verified cosignatures of witnesses that count, at most one by each: k of "witnessed k of n".
    pub cosignatures: Vec<MemberCosignature>,
    /// Number of witnesses that can count: n.
    pub witnesses: usize,
    /// The smallest sufficient number of cosignatures; 0 if the policy requires none.
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

/// A checkpoint that a witness has stored, cosigned by it and signed by the ledger key.
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

/// The receipt's checkpoint, compared with the checkpoints of witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberCheck {
    /// Nothing was compared.
    NotPerformed(SkipReason),
    /// The receipt's checkpoint is consistent with each of these; at least one.
    Agrees(Vec<MemberCheckpoint>),
    /// No proof shows that the receipt's checkpoint and this one belong to one history.
    Contradicted {
        /// The checkpoint of the witness.
        by: MemberCheckpoint,
        /// The kind of contradiction.
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

/// The attestation of a deposit by trusted timestamp authorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedTime {
    /// The verified tokens over the receipt's checkpoint, the earliest first; at least one.
    pub tokens: Vec<TimeToken>,
    /// The deposit existed no later than this time: the earliest token's time with its accuracy.
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
    /// There are tokens, but none of a trusted authority.
    Untrusted,
    /// A token is not for this checkpoint, or was altered, and no other token verifies.
    Invalid {
        /// The stable code of the first fault.
        code: &'static str,
    },
    /// At least one token verified.
    Verified(TrustedTime),
}

/// All verified attestations of one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestations<'a> {
    /// The cosignatures on it.
    pub witnesses: &'a WitnessCheck,
    /// The comparison with checkpoints of witnesses.
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

    /// Whether enough witnesses cosigned for the policy.
    #[must_use]
    pub const fn have_quorum(&self) -> bool {
        matches!(self.witnesses, WitnessCheck::Counted(quorum) if quorum.is_witnessed())
    }

    /// Whether witnesses cosigned, but fewer than required.
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
