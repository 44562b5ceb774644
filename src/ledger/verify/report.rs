//! The data types of a verification report (核验报告): seventeen steps, an outcome for each, and one conclusion.
//!
//! # Invariants
//!
//! The codes are stable: clients and printed reports rely on [`Step::code`], [`Outcome::code`] and [`Conclusion::code`].
//!
//! Not here: the checks (`verifier`, `record`) and the texts for people (`wording`, `findings`).

use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::verify::attestation::{MemberCheck, TimeCheck, WitnessCheck};
pub use crate::ledger::verify::reasons::{ComparisonKind, LedgerFault, SkipReason};

/// The steps of a verification, in report order. The discriminant is the step's number in the printed report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Step {
    /// 编号校验: the check characters of the number are right.
    NumberCheck = 1,
    /// 记录存在: a record with this number exists.
    RecordExists = 2,
    /// 算法与长度: the digests have allowed algorithms and lengths.
    Algorithms = 3,
    /// 原文摘要比对: the file has the digests and the size in the record.
    OriginalDigest = 4,
    /// 交易id复算: the recomputed transaction id.
    TxId = 5,
    /// 交易属于该区块: the entry is in the block.
    InBlock = 6,
    /// 区块哈希复算: the recomputed block hash is in the checkpoint's tree.
    BlockHash = 7,
    /// 前一区块哈希衔接: the block follows the previous block.
    PreviousBlock = 8,
    /// 节点签名达到要求数: the checkpoint is signed by the ledger key and by as many witnesses as the verifier requires.
    Signatures = 9,
    /// 与见证检查点一致: the checkpoint is consistent with the checkpoint of a witness.
    Witnesses = 10,
    /// 时间次序: the deposit was submitted before its block was sealed.
    TimeOrder = 11,
    /// 可信时间戳: timestamp tokens over the checkpoint.
    TimeToken = 12,
    /// 存证人签名: the statement is signed by its keys.
    DepositorSignature = 13,
    /// 更正/撤回/补充: later links to the deposit.
    LaterLinks = 14,
    /// 同一摘要的更早存证: earlier deposits of the same digest.
    EarlierDeposits = 15,
    /// 导入记录比对: the record agrees with the one imported into the case.
    ImportSnapshot = 16,
    /// 来源说明、平台情况说明: provenance and platform fact sheets.
    Sheets = 17,
}

impl Step {
    /// All steps, in their order.
    pub const ALL: [Self; 17] = [
        Self::NumberCheck,
        Self::RecordExists,
        Self::Algorithms,
        Self::OriginalDigest,
        Self::TxId,
        Self::InBlock,
        Self::BlockHash,
        Self::PreviousBlock,
        Self::Signatures,
        Self::Witnesses,
        Self::TimeOrder,
        Self::TimeToken,
        Self::DepositorSignature,
        Self::LaterLinks,
        Self::EarlierDeposits,
        Self::ImportSnapshot,
        Self::Sheets,
    ];

    /// The step's number in the printed report, 1 to 17.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NumberCheck => "number_check",
            Self::RecordExists => "record_exists",
            Self::Algorithms => "algorithms",
            Self::OriginalDigest => "original_digest",
            Self::TxId => "tx_id",
            Self::InBlock => "in_block",
            Self::BlockHash => "block_hash",
            Self::PreviousBlock => "previous_block",
            Self::Signatures => "signatures",
            Self::Witnesses => "witnesses",
            Self::TimeOrder => "time_order",
            Self::TimeToken => "time_token",
            Self::DepositorSignature => "depositor_signature",
            Self::LaterLinks => "later_links",
            Self::EarlierDeposits => "earlier_deposits",
            Self::ImportSnapshot => "import_snapshot",
            Self::Sheets => "sheets",
        }
    }
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// 通过: two things were compared and agree.
    Passed,
    /// 不通过: two things were compared and differ.
    Failed,
    /// 已查: something was looked up. The finding is in the values; it is neither good nor bad by itself.
    Checked,
    /// 未执行: not performed, with the reason.
    NotPerformed(SkipReason),
    /// 不适用: not applicable, with the reason.
    NotApplicable(SkipReason),
}

impl Outcome {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Checked => "checked",
            Self::NotPerformed(_) => "not_performed",
            Self::NotApplicable(_) => "not_applicable",
        }
    }

    /// [`Self::Passed`] if `good`, else [`Self::Failed`].
    #[must_use]
    pub const fn of(good: bool) -> Self {
        if good { Self::Passed } else { Self::Failed }
    }

    /// Why the step was not performed or does not apply.
    #[must_use]
    pub const fn reason(self) -> Option<SkipReason> {
        match self {
            Self::NotPerformed(why) | Self::NotApplicable(why) => Some(why),
            Self::Passed | Self::Failed | Self::Checked => None,
        }
    }
}

/// Name of the value that a step carries if the node's list of other deposits was not read completely.
pub const HISTORY: &str = "history";
/// The only value under the name [`HISTORY`].
pub const INCOMPLETE: &str = "incomplete";

/// The result of one step, with the values that were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// The step.
    pub step: Step,
    /// Its outcome.
    pub outcome: Outcome,
    /// The comparison; `None` if nothing was compared.
    pub compared: Option<ComparisonKind>,
    /// The compared values as name and value; hashes in hex.
    pub values: Vec<(&'static str, String)>,
}

impl StepResult {
    /// A step that compared something.
    #[must_use]
    pub const fn of(
        step: Step,
        outcome: Outcome,
        compared: ComparisonKind,
        values: Vec<(&'static str, String)>,
    ) -> Self {
        Self { step, outcome, compared: Some(compared), values }
    }

    /// A step that was not performed.
    #[must_use]
    pub const fn not_performed(step: Step, why: SkipReason) -> Self {
        Self { step, outcome: Outcome::NotPerformed(why), compared: None, values: Vec::new() }
    }

    /// A step that does not apply.
    #[must_use]
    pub const fn not_applicable(step: Step, why: SkipReason) -> Self {
        Self { step, outcome: Outcome::NotApplicable(why), compared: None, values: Vec::new() }
    }
}

/// Why the conclusion about a matching file is `consistent_with_reservation` instead of `consistent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reservation {
    /// Time and order depend on the operator's key alone.
    SingleOperator,
    /// Witnesses cosigned, but fewer than the verifier's policy requires.
    QuorumNotReached,
    /// No timestamp authority attests the time.
    NoIndependentTime,
    /// The depositor withdrew the deposit.
    Withdrawn,
    /// The depositor corrected or replaced the deposit.
    Superseded,
    /// The deposit is on a test ledger, which proves nothing.
    TestLedger,
    /// Later withdrawals and corrections were not checked, or not completely.
    LaterHistoryNotChecked,
    /// The platform signed for an account; the depositor did not sign.
    SignedOnBehalf,
}

impl Reservation {
    /// All variants.
    pub const ALL: [Self; 8] = [
        Self::SingleOperator,
        Self::QuorumNotReached,
        Self::NoIndependentTime,
        Self::Withdrawn,
        Self::Superseded,
        Self::TestLedger,
        Self::LaterHistoryNotChecked,
        Self::SignedOnBehalf,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SingleOperator => "single_operator",
            Self::QuorumNotReached => "quorum_not_reached",
            Self::NoIndependentTime => "no_independent_time",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::TestLedger => "test_ledger",
            Self::LaterHistoryNotChecked => "later_history_not_checked",
            Self::SignedOnBehalf => "signed_on_behalf",
        }
    }
}

/// Why a verification could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Obstacle {
    /// The user has not pinned the ledger's key.
    UnknownKey,
    /// The record is salted, and no salt was given.
    NoSalt,
    /// The record has another number than the requested one.
    OtherNumber,
    /// The file could not be read.
    NoFile,
    /// The receipt does not verify: it is damaged, was altered, or belongs to another ledger than the pinned one.
    BrokenReceipt,
    /// The record has a manifest, but no digest of its own.
    ManifestOnly,
}

impl Obstacle {
    /// All variants.
    pub const ALL: [Self; 6] =
        [Self::UnknownKey, Self::NoSalt, Self::OtherNumber, Self::NoFile, Self::BrokenReceipt, Self::ManifestOnly];

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown_key",
            Self::NoSalt => "no_salt",
            Self::OtherNumber => "other_number",
            Self::NoFile => "no_file",
            Self::BrokenReceipt => "broken_receipt",
            Self::ManifestOnly => "manifest_only",
        }
    }
}

/// The conclusion of a verification. There is no `pending`, since a deposit is acknowledged only after it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// The file agrees with the record, without reservation.
    Consistent,
    /// The file agrees with the record, with reservations.
    ConsistentWithReservation,
    /// The file does not agree with the record.
    Mismatch,
    /// The deposit does not exist.
    NotFound,
    /// The record was looked up; no original was compared.
    RecordOnly,
    /// The ledger's own data does not verify.
    ChainFault,
    /// Some of the record's digests agree with the file, others do not.
    Contradictory,
    /// The verification could not be performed.
    Unable,
}

impl Conclusion {
    /// The conclusion with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Whether it is a finding against the record or the file.
    #[must_use]
    pub const fn is_adverse(self) -> bool {
        matches!(self, Self::Mismatch | Self::Contradictory | Self::ChainFault)
    }

    /// All variants.
    pub const ALL: [Self; 8] = [
        Self::Consistent,
        Self::ConsistentWithReservation,
        Self::Mismatch,
        Self::NotFound,
        Self::RecordOnly,
        Self::ChainFault,
        Self::Contradictory,
        Self::Unable,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::ConsistentWithReservation => "consistent_with_reservation",
            Self::Mismatch => "mismatch",
            Self::NotFound => "not_found",
            Self::RecordOnly => "record_only",
            Self::ChainFault => "chain_fault",
            Self::Contradictory => "contradictory",
            Self::Unable => "unable",
        }
    }
}

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The requested number, or that of the record.
    pub number: Option<DepositNumber>,
    /// All steps, in their order.
    pub steps: Vec<StepResult>,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// The reservations; only with [`Conclusion::ConsistentWithReservation`].
    pub reservations: Vec<Reservation>,
    /// Why the verification could not be performed; only with [`Conclusion::Unable`].
    pub obstacle: Option<Obstacle>,
    /// How the node's ledger contradicts the receipt; only with [`Conclusion::ChainFault`].
    pub fault: Option<LedgerFault>,
    /// Whether another node returned the record. If it does not verify, the response is faulty, which shows nothing
    /// about the ledger: a mirror or a proxy may have altered it.
    pub is_answer: bool,
    /// The chain facts, if the entry and the block header could be parsed.
    pub facts: Option<Facts>,
    /// The cosignatures on the receipt's checkpoint.
    pub witnesses: WitnessCheck,
    /// The comparison with checkpoints of witnesses.
    pub member: MemberCheck,
    /// The timestamp tokens over the receipt's checkpoint.
    pub time: TimeCheck,
}

/// Replaces the entry of `steps` that has the same step as `result`. Changes nothing if there is none.
pub(super) fn replace(steps: &mut [StepResult], result: &StepResult) {
    for own in steps.iter_mut().filter(|own| own.step == result.step) {
        *own = result.clone();
    }
}

impl Report {
    /// The outcome of `step`.
    #[must_use]
    pub fn outcome(&self, step: Step) -> Option<Outcome> {
        self.steps.iter().find(|result| result.step == step).map(|result| result.outcome)
    }

    /// Replaces this report's result of the same step.
    pub fn set(&mut self, result: &StepResult) {
        replace(&mut self.steps, result);
    }

    /// The first value of `step` with this name.
    #[must_use]
    pub fn value(&self, step: Step, name: &str) -> Option<&str> {
        let result = self.steps.iter().find(|result| result.step == step)?;
        result.values.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The report that no deposit with this number, or with the requested digest, exists.
    #[must_use]
    pub fn not_found(number: Option<DepositNumber>) -> Self {
        let result = |step| match (step, number) {
            (Step::NumberCheck, Some(number)) => StepResult::of(
                step,
                Outcome::Passed,
                ComparisonKind::EnteredNumber,
                vec![("deposit_number", number.to_string())],
            ),
            (Step::NumberCheck, None) => StepResult::not_applicable(step, SkipReason::NoNumberEntered),
            (Step::RecordExists, Some(_)) => {
                StepResult::of(step, Outcome::Failed, ComparisonKind::NumberWithRecord, Vec::new())
            }
            (Step::RecordExists, None) => {
                StepResult::of(step, Outcome::Failed, ComparisonKind::NodeHoldsRecord, Vec::new())
            }
            _ => StepResult::not_performed(step, SkipReason::NoRecord),
        };
        Self {
            number,
            steps: Step::ALL.map(result).into(),
            conclusion: Conclusion::NotFound,
            reservations: Vec::new(),
            obstacle: None,
            fault: None,
            is_answer: false,
            facts: None,
            witnesses: WitnessCheck::NoPolicy,
            member: MemberCheck::NotPerformed(SkipReason::NoRecord),
            time: TimeCheck::NotChecked,
        }
    }
}
