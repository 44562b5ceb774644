//! Alarms: what a monitor reports, with codes, texts and evidence.

use crate::audit::report::Fault;

/// The kinds of alarms. Codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AlarmKind {
    /// The ledger's key signed two histories.
    Fork,
    /// The operator shows a smaller checkpoint than before.
    Rollback,
    /// A checkpoint that the ledger's key did not sign.
    BadSignature,
    /// A signature line in a witness's name that does not verify.
    ForgedCosignature,
    /// The quorum of witnesses is not reached in time.
    QuorumLate,
    /// A leaf or tile is missing, or is not what was signed.
    AlteredLeaf,
    /// A record that breaks a rule of the chain.
    ChainRule,
    /// Times decrease along the chain.
    TimeRegression,
    /// No new checkpoint for a long time.
    StaleCheckpoint,
    /// The operator does not answer.
    OperatorUnreachable,
    /// A witness shows an old checkpoint.
    WitnessBehind,
    /// A witness does not answer.
    WitnessUnreachable,
    /// A witness shows another history than the operator.
    WitnessContradicts,
    /// A new deposit has a watched value.
    Watch,
}

/// How serious an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For information.
    Notice,
    /// Something may be broken. It is no evidence against the ledger or a witness.
    Warning,
    /// The ledger or a witness does not do what it promises.
    Alarm,
}

impl Severity {
    /// The word in JSON and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }
}

impl AlarmKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Fork,
        Self::Rollback,
        Self::BadSignature,
        Self::ForgedCosignature,
        Self::QuorumLate,
        Self::AlteredLeaf,
        Self::ChainRule,
        Self::TimeRegression,
        Self::StaleCheckpoint,
        Self::OperatorUnreachable,
        Self::WitnessBehind,
        Self::WitnessUnreachable,
        Self::WitnessContradicts,
        Self::Watch,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
            Self::BadSignature => "bad_signature",
            Self::ForgedCosignature => "forged_cosignature",
            Self::QuorumLate => "quorum_late",
            Self::AlteredLeaf => "altered_leaf",
            Self::ChainRule => "chain_rule",
            Self::TimeRegression => "time_regression",
            Self::StaleCheckpoint => "stale_checkpoint",
            Self::OperatorUnreachable => "operator_unreachable",
            Self::WitnessBehind => "witness_behind",
            Self::WitnessUnreachable => "witness_unreachable",
            Self::WitnessContradicts => "witness_contradicts",
            Self::Watch => "watch",
        }
    }

    /// The kind of this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What it means, in Chinese and English.
    #[must_use]
    pub const fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Fork => ("账本密钥签署了两段互相矛盾的历史", "the ledger's key signed two histories"),
            Self::Rollback => ("运营者出示的检查点小于先前所见", "the operator shows a smaller checkpoint than before"),
            Self::BadSignature => ("检查点签名验证未通过", "the checkpoint is not signed by the ledger's key"),
            Self::ForgedCosignature => {
                ("以见证节点名义的签名验证未通过", "a signature in the name of a witness does not verify")
            }
            Self::QuorumLate => ("见证数逾期未达到策略要求", "the quorum of witnesses is not reached in time"),
            Self::AlteredLeaf => ("记录缺失或与已签名的哈希不符", "a record is missing, or is not what was signed"),
            Self::ChainRule => ("记录违反链上规则", "a record breaks a rule of the chain"),
            Self::TimeRegression => ("时间次序颠倒", "times run back"),
            Self::StaleCheckpoint => ("长时间没有新的检查点", "no new checkpoint for a long time"),
            Self::OperatorUnreachable => ("运营者的节点未应答", "the operator's node does not answer"),
            Self::WitnessBehind => ("见证节点出示的检查点已过时", "a witness shows an old checkpoint"),
            Self::WitnessUnreachable => ("见证节点未应答", "a witness does not answer"),
            Self::WitnessContradicts => {
                ("见证节点与运营者出示的历史互相矛盾", "a witness shows another history than the operator")
            }
            Self::Watch => ("新存证含有关注的内容", "a new deposit has a watched value"),
        }
    }

    /// How serious it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Watch => Severity::Notice,
            Self::QuorumLate
            | Self::StaleCheckpoint
            | Self::OperatorUnreachable
            | Self::WitnessBehind
            | Self::WitnessUnreachable => Severity::Warning,
            Self::Fork
            | Self::Rollback
            | Self::BadSignature
            | Self::ForgedCosignature
            | Self::AlteredLeaf
            | Self::ChainRule
            | Self::TimeRegression
            | Self::WitnessContradicts => Severity::Alarm,
        }
    }

    /// Whether it reports a single event instead of a lasting condition: it is raised once.
    #[must_use]
    pub const fn is_event(self) -> bool {
        matches!(self, Self::Watch | Self::ChainRule | Self::TimeRegression)
    }

    /// The kind of alarm for a finding of an audit.
    #[must_use]
    pub const fn of_fault(fault: Fault) -> Self {
        match fault {
            Fault::Damaged | Fault::Tile | Fault::TreeRoot => Self::AlteredLeaf,
            Fault::Checkpoint => Self::BadSignature,
            Fault::TimeOrder => Self::TimeRegression,
            _ => Self::ChainRule,
        }
    }
}

/// A file of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Evidence {
    /// A file.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// A condition that a round has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The kind.
    pub kind: AlarmKind,
    /// The subject among alarms of this kind: a witness, a leaf. Empty if there can be only one.
    pub subject: String,
    /// Identifies the state of the condition: the alarm is raised again when this changes.
    pub state: String,
    /// Details, in English.
    pub detail: String,
    /// The evidence.
    pub evidence: Vec<Evidence>,
}

impl Alarm {
    /// An alarm whose state is its detail.
    pub fn new(kind: AlarmKind, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, subject: subject.into(), state: detail.clone(), detail, evidence: Vec::new() }
    }

    /// With another state than its detail, for details that change all the time.
    #[must_use]
    pub fn with_state(self, state: impl Into<String>) -> Self {
        Self { state: state.into(), ..self }
    }

    /// With this file.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.evidence.push(Evidence::new(name, bytes));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_code() {
        for kind in AlarmKind::ALL {
            assert_eq!(AlarmKind::parse(kind.code()), Some(kind));
            assert!(!kind.text().0.is_ascii() && kind.text().1.is_ascii(), "{kind:?}");
        }
    }
}
