//! The report of a verification: named steps, their outcomes, one conclusion.
//!
//! The steps and codes are those of the verification report (核验报告) and are stable: machines read
//! [`Step::code`], [`Outcome::code`], [`Conclusion::code`]; people read `wording`.

use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
pub use crate::ledger::verify::reasons::{ComparisonKind, SkipReason};

/// The steps, in their order. The number is the step's number on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Step {
    /// 编号校验: the check characters fit.
    NumberCheck = 1,
    /// 记录存在: there is a record, and it is of this number.
    RecordExists = 2,
    /// 算法与长度: the digests are of named algorithms and right lengths.
    Algorithms = 3,
    /// 原文摘要比对: file → digest.
    OriginalDigest = 4,
    /// 交易id复算.
    TxId = 5,
    /// 交易属于该区块.
    InBlock = 6,
    /// 区块哈希复算.
    BlockHash = 7,
    /// 前一区块哈希衔接.
    PreviousBlock = 8,
    /// 节点签名达到要求数.
    Signatures = 9,
    /// 与见证检查点一致.
    Witnesses = 10,
    /// 时间次序.
    TimeOrder = 11,
    /// 可信时间戳.
    TimeToken = 12,
    /// 存证人签名.
    DepositorSignature = 13,
    /// 更正/撤回/补充.
    LaterLinks = 14,
    /// 同一摘要的更早存证.
    EarlierDeposits = 15,
    /// 导入记录比对.
    ImportSnapshot = 16,
    /// 来源说明、平台情况说明.
    Sheets = 17,
}

impl Step {
    /// All, in their order.
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

    /// The step's number on paper, 1 to 17.
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

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// 通过: two things were compared and agree.
    Passed,
    /// 不通过: two things were compared and differ.
    Failed,
    /// 已查: it was looked up. What was found stands in the values; it is neither good nor bad by itself.
    Checked,
    /// 未执行.
    NotPerformed(SkipReason),
    /// 不适用.
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

    /// Passed or failed.
    #[must_use]
    pub const fn of(good: bool) -> Self {
        if good { Self::Passed } else { Self::Failed }
    }

    /// Why it was not performed or does not apply.
    #[must_use]
    pub const fn reason(self) -> Option<SkipReason> {
        match self {
            Self::NotPerformed(why) | Self::NotApplicable(why) => Some(why),
            Self::Passed | Self::Failed | Self::Checked => None,
        }
    }
}

/// Name of the value that says that a history was not read completely.
pub const HISTORY: &str = "history";
/// Its value.
pub const INCOMPLETE: &str = "incomplete";

/// One step of a report, with the values that were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// Which step.
    pub step: Step,
    /// How it came out.
    pub outcome: Outcome,
    /// What was compared with what; `None` where nothing was.
    pub compared: Option<ComparisonKind>,
    /// What was compared, one `name: value` each; hashes in hex.
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

/// Why a file that agrees is not simply `consistent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reservation {
    /// Only the operator's own key stands behind the time and the order.
    SingleOperator,
    /// No independent time.
    NoIndependentTime,
    /// The depositor withdrew it.
    Withdrawn,
    /// The depositor corrected or replaced it.
    Superseded,
    /// A test ledger: its numbers prove nothing to anybody.
    TestLedger,
    /// Whether the depositor withdrew or corrected it later was not checked, or not completely.
    LaterHistoryNotChecked,
    /// The platform signed for an account, as the statement says: the depositor did not sign.
    SignedOnBehalf,
}

impl Reservation {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::SingleOperator,
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
    /// The ledger's key is not pinned.
    UnknownKey,
    /// The record is salted and the salt was not given.
    NoSalt,
    /// The record is of another number than asked for.
    OtherNumber,
    /// The file could not be read.
    NoFile,
    /// The receipt at hand does not hold: damaged or changed, or not of the pinned ledger at all.
    BrokenReceipt,
    /// The record bears a manifest and no digest of its own.
    ManifestOnly,
}

impl Obstacle {
    /// All.
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

/// How the ledger that a node shows contradicts a receipt that the ledger's key signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LedgerFault {
    /// Two signed checkpoints of one size have different roots.
    Forked,
    /// The checkpoint that the node shows is smaller than the one in the receipt.
    RolledBack,
    /// The node gave no valid proof that its checkpoint continues the one in the receipt.
    NotContinued,
    /// The node's ledger continues the receipt's and so contains the deposit, and the node says it does not know it.
    Denied,
    /// The node has another record under the number.
    OtherRecord,
}

impl LedgerFault {
    /// All.
    pub const ALL: [Self; 5] = [Self::Forked, Self::RolledBack, Self::NotContinued, Self::Denied, Self::OtherRecord];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Forked => "ledger_forked",
            Self::RolledBack => "ledger_rolled_back",
            Self::NotContinued => "ledger_not_continued",
            Self::Denied => "deposit_denied",
            Self::OtherRecord => "other_record",
        }
    }
}

/// The conclusion. There are no others anywhere; `pending` is absent since nothing is acknowledged before it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// The file agrees and nothing is lacking.
    Consistent,
    /// The file agrees; see the reservations.
    ConsistentWithReservation,
    /// The file does not agree.
    Mismatch,
    /// No such deposit.
    NotFound,
    /// Looked up, no original compared.
    RecordOnly,
    /// The chain's own data does not hold.
    ChainFault,
    /// The record contradicts itself: some of its digests agree with the file, some do not.
    Contradictory,
    /// Could not look.
    Unable,
}

impl Conclusion {
    /// All.
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

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The number asked for or found.
    pub number: Option<DepositNumber>,
    /// All steps, in their order.
    pub steps: Vec<StepResult>,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// Why a file that agrees is not simply consistent.
    pub reservations: Vec<Reservation>,
    /// Why it could not be carried out; only with [`Conclusion::Unable`].
    pub obstacle: Option<Obstacle>,
    /// How the ledger that a node shows contradicts the receipt; only with [`Conclusion::ChainFault`].
    pub fault: Option<LedgerFault>,
    /// What the chain says, as far as a record could be read.
    pub facts: Option<Facts>,
}

impl Report {
    /// The outcome of `step`.
    #[must_use]
    pub fn outcome(&self, step: Step) -> Option<Outcome> {
        self.steps.iter().find(|result| result.step == step).map(|result| result.outcome)
    }

    /// Replaces the result of a step.
    pub fn set(&mut self, result: &StepResult) {
        for own in self.steps.iter_mut().filter(|own| own.step == result.step) {
            *own = result.clone();
        }
    }

    /// The first value of `step` that bears this name.
    #[must_use]
    pub fn value(&self, step: Step, name: &str) -> Option<&str> {
        let result = self.steps.iter().find(|result| result.step == step)?;
        result.values.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// Nothing was found under `number`.
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
            facts: None,
        }
    }
}
