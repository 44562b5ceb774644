//! The report of an audit: coverage and findings, with stable codes and texts.

use std::fmt;

use crate::audit::periods::PeriodSummary;
use crate::court::acts::TakeCustody;
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::Mode;
use crate::ledger::number::DepositNumber;

/// Maximum number of findings that a report lists; it counts the others.
pub const FINDINGS_MAX: usize = 1_000;

/// The kinds of faults. Codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The record cannot be read, or does not have the leaf hash of the tree.
    Damaged,
    /// The record is of no known kind or not in canonical form.
    Malformed,
    /// The block header does not match the leaves before it: root, first leaf or count.
    BlockRoot,
    /// The block header is not linked to the previous header: height or 前一区块哈希.
    BlockLink,
    /// The record names another ledger.
    OtherLedger,
    /// A time before that of the previous record.
    TimeOrder,
    /// A depositor's signature does not verify.
    DepositorSignature,
    /// A notice is not signed by its key, or does not follow the previous notice.
    NoticeSignature,
    /// The number has another date or mode than the record.
    Number,
    /// The number or statement occurs in another record.
    Twice,
    /// A subject's sequence skips, or the stream is not the depositor's.
    Subject,
    /// A link to no earlier deposit, or to one of another owner.
    Link,
    /// A stored tile does not contain the hashes of its leaves.
    Tile,
    /// The root over the stored leaves is not the root of the checkpoint.
    TreeRoot,
    /// The checkpoint is not signed by the ledger's key, or the key is not the pinned one.
    Checkpoint,
    /// An index row is missing or wrong.
    Index,
    /// Private content does not match the commitment of the statement.
    Private,
    /// A tombstone and the `erased` notices do not agree.
    Erasure,
    /// The text of an act is not in canonical form, or is not an act where one is required.
    ActMalformed,
    /// The text of an act does not have the statement's digests or account.
    ActStatement,
    /// An act does not belong to its stream, or cannot begin it.
    ActStream,
    /// The account did not hold the role in which it acted.
    ActRole,
    /// A hand-over does not match the cases of both courts.
    HandOver,
    /// An annex that an act names is missing without a tombstone, or does not match its commitment.
    ActAnnex,
    /// The text of an act of a case or of the registry was erased; only annexes may be erased.
    ActErased,
    /// A service record names a document that is not on the ledger, or states other digests.
    ServiceDocument,
    /// A document that an act names is not on the ledger with the digests that the act states.
    ActDocument,
    /// A confirmation round does not follow from its acts: its digests, its time of signing or an identity check.
    Round,
    /// An original in custody is missing, damaged, or does not match its record.
    Original,
    /// A node's account files are missing or damaged. They are not part of the chain.
    AccountFiles,
    /// Fewer witnesses cosigned the checkpoint than the policy requires.
    Quorum,
    /// A signature line in the name of a witness does not verify.
    Cosignature,
    /// Two nodes show contradicting checkpoints, both signed by the ledger's key.
    Fork,
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Malformed => "malformed",
            Self::BlockRoot => "block_root",
            Self::BlockLink => "block_link",
            Self::OtherLedger => "other_ledger",
            Self::TimeOrder => "time_order",
            Self::DepositorSignature => "depositor_signature",
            Self::NoticeSignature => "notice_signature",
            Self::Number => "number",
            Self::Twice => "twice",
            Self::Subject => "subject",
            Self::Link => "link",
            Self::Tile => "tile",
            Self::TreeRoot => "tree_root",
            Self::Checkpoint => "checkpoint",
            Self::Index => "index",
            Self::Private => "private",
            Self::Erasure => "erasure",
            Self::ActMalformed => "act_malformed",
            Self::ActStatement => "act_statement",
            Self::ActStream => "act_stream",
            Self::ActRole => "act_role",
            Self::HandOver => "hand_over",
            Self::ActAnnex => "act_annex",
            Self::ActErased => "act_erased",
            Self::ServiceDocument => "service_document",
            Self::ActDocument => "act_document",
            Self::Round => "round",
            Self::Original => "original",
            Self::AccountFiles => "account_files",
            Self::Quorum => "quorum",
            Self::Cosignature => "cosignature",
            Self::Fork => "fork",
        }
    }

    /// The text of the fault, in Chinese and English.
    #[must_use]
    pub const fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Damaged => ("记录损坏或缺失", "the record is damaged or missing"),
            Self::Malformed => ("记录格式不符", "the record is malformed"),
            Self::BlockRoot => ("区块与其所载交易不符", "the block header does not seal its leaves"),
            Self::BlockLink => ("区块衔接中断", "the block is not linked to the previous block"),
            Self::OtherLedger => ("记录属于另一账本", "the record belongs to another ledger"),
            Self::TimeOrder => ("时间次序颠倒", "times run back"),
            Self::DepositorSignature => ("存证人签名验证未通过", "a depositor's signature does not verify"),
            Self::NoticeSignature => ("运营者公告签名验证未通过", "a notice's signature does not verify"),
            Self::Number => ("存证编号与记录不符", "the number does not fit the record"),
            Self::Twice => ("编号或声明重复", "a number or statement occurs twice"),
            Self::Subject => ("主题序列不连续或归属不符", "a subject's stream is broken"),
            Self::Link => ("关联存证不成立", "a link is invalid"),
            Self::Tile => ("哈希分片与记录不符", "a stored tile does not match its leaves"),
            Self::TreeRoot => ("默克尔根与检查点不符", "the tree's root is not the checkpoint's"),
            Self::Checkpoint => ("检查点签名验证未通过", "the checkpoint is not signed by the trusted key"),
            Self::Index => ("索引缺失或指向错误", "an index row is missing or refers to another record"),
            Self::Private => ("非公开内容与承诺不符", "private content does not match its commitment"),
            Self::Erasure => ("非公开内容的删除与公告不符", "an erasure and its notice do not agree"),
            Self::ActMalformed => ("操作文书格式不符", "the text of an act is malformed"),
            Self::ActStatement => ("操作文书与链上声明不符", "the text of an act does not match its statement"),
            Self::ActStream => ("操作与其所在序列不符", "an act does not belong to its stream"),
            Self::ActRole => ("操作人当时不具备所用角色", "the actor did not have the role used for an act"),
            Self::HandOver => ("移交接收与案件记录不符", "a hand-over does not match the cases of both courts"),
            Self::ActAnnex => {
                ("操作的附件缺失或不符", "an annex of an act is missing or does not match its commitment")
            }
            Self::ActErased => ("操作文书被删除", "the text of an act was erased"),
            Self::ServiceDocument => {
                ("送达记录所载文书与链上存证不符", "a served document is not the one on the ledger")
            }
            Self::ActDocument => {
                ("操作所指文书与账本不符", "a document named by an act is not on the ledger as stated")
            }
            Self::Round => ("确认轮与其操作记录不符", "a confirmation round does not follow from its acts"),
            Self::Original => ("托管原文缺失或损坏", "an original in custody is missing or damaged"),
            Self::AccountFiles => ("账号文件缺失或损坏", "account files are missing or damaged"),
            Self::Quorum => ("见证数未达到策略要求", "the quorum of witnesses is not reached"),
            Self::Cosignature => ("以见证节点名义的签名验证未通过", "a cosignature does not verify"),
            Self::Fork => ("账本密钥签署了两段互相矛盾的历史", "the ledger's key signed two histories"),
        }
    }
}

/// A fault and its location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of fault.
    pub fault: Fault,
    /// The leaf, if the fault concerns one leaf.
    pub index: Option<LeafIndex>,
    /// The block that the leaf belongs to.
    pub height: Option<Height>,
    /// The deposit number, if the leaf could be read as a deposit.
    pub number: Option<DepositNumber>,
    /// Details of the fault.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault.code())?;
        if let Some(height) = self.height {
            write!(f, ", block {height}")?;
        }
        if let Some(index) = self.index {
            write!(f, ", entry {index}")?;
        }
        if let Some(number) = self.number {
            write!(f, ", number {number}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Faults of one leaf with details.
pub(in crate::audit) type Findings = Vec<(Fault, String)>;

/// An act on the chain without effect, which is not a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IneffectiveActFinding {
    /// The leaf.
    pub index: LeafIndex,
    /// The deposit number.
    pub number: DepositNumber,
    /// The code of the reason.
    pub code: &'static str,
}

/// The text about cosignatures in an audit without a policy.
pub const WITNESSES_NOT_CHECKED: (&str, &str) =
    ("见证签名（审计网址并给出 --policy 时核对）", "cosignatures of witnesses (checked with an address and --policy)");
/// The text about timestamp tokens.
pub const TIMESTAMPS_NOT_CHECKED: (&str, &str) =
    ("可信时间戳（由 verify 逐份回执核对）", "trusted timestamps (`verify` checks those of a receipt)");

/// The text about originals in an audit without their folder.
pub const ORIGINALS_NOT_CHECKED: (&str, &str) =
    ("托管原文的文件", "the files of originals in custody: only their records and keys were checked");

/// The text of an audit that could not compute the labels of all acts: some had no effect, or cannot be read.
pub const LABELS_NOT_COUNTED: (&str, &str) = (
    "检索标签是否有多余（部分行为未生效或无法读取）",
    "whether there are additional labels: some acts had no effect or cannot be read",
);

/// An original that was taken into custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalRecord {
    /// The act's leaf.
    pub index: LeafIndex,
    /// The act's number.
    pub number: DepositNumber,
    /// The act.
    pub act: TakeCustody,
}

/// The coverage of service of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceCoverage {
    /// Service records.
    pub records: u64,
    /// Effective service records by the recomputed steps.
    pub effective: u64,
    /// Recomputed periods that service started.
    pub periods: u64,
    /// Certificates.
    pub certificates: u64,
    /// Certificates that are due and missing: the node stopped between the two acts, and creates them with the next
    /// act.
    pub gaps: Vec<String>,
    /// Number of all gaps.
    pub gaps_total: u64,
}

/// The coverage of an audit of cases, accounts and access logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourtReport {
    /// Cases replayed.
    pub cases: u64,
    /// Acts read, in all streams.
    pub acts: u64,
    /// Acts that record an access to private content.
    pub accesses: u64,
    /// Annexes compared with their commitments.
    pub annexes: u64,
    /// Labels looked up.
    pub labels: u64,
    /// Hand-overs whose manifest was recomputed.
    pub hand_overs: u64,
    /// Hand-overs that were neither accepted nor returned.
    pub hand_overs_open: u64,
    /// Hand-overs that were accepted, but not yet taken over by the receiving court.
    pub hand_overs_incomplete: u64,
    /// Acts with an erased text, in streams where that is not a fault.
    pub unread: u64,
    /// Confirmation rounds recomputed.
    pub rounds: u64,
    /// Completed rounds.
    pub rounds_completed: u64,
    /// Confirmations that count.
    pub confirmations: u64,
    /// People in completed rounds who did not confirm: they refused on record, or did not respond.
    pub not_confirmed: u64,
    /// Acts without effect.
    pub void: u64,
    /// The first ineffective acts in the order of the chain, at most [`FINDINGS_MAX`].
    pub void_acts: Vec<IneffectiveActFinding>,
    /// The periods of all cases, and their gaps.
    pub periods: PeriodSummary,
    /// The coverage of service of documents.
    pub service: ServiceCoverage,
    /// All originals that were taken into custody, including erased originals.
    pub originals: Vec<OriginalRecord>,
}

impl CourtReport {
    pub(in crate::audit) fn void(&mut self, act: IneffectiveActFinding) {
        self.void += 1;
        if self.void_acts.len() < FINDINGS_MAX {
            self.void_acts.push(act);
        }
    }
}

/// Coverage and findings of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// The ledger's origin.
    pub origin: String,
    /// Live or test, if the genesis notice could be read.
    pub mode: Option<Mode>,
    /// Leaves covered.
    pub size: TreeSize,
    /// Height of the last block.
    pub height: Height,
    /// The recomputed root.
    pub root: Digest,
    /// The checkpoint that the root was compared with.
    pub checkpoint: String,
    /// The ledger keys since genesis, each with the index of its notice; empty without a valid genesis notice.
    pub keys: Vec<(VerifierKey, LeafIndex)>,
    /// Deposits read.
    pub entries: u64,
    /// Notices read.
    pub notices: u64,
    /// Block headers read.
    pub blocks: u64,
    /// Depositors' signatures checked.
    pub signatures: u64,
    /// Tiles compared.
    pub tiles: u64,
    /// Index rows looked up.
    pub index_rows: u64,
    /// The coverage of cases, acts and accesses.
    pub court: CourtReport,
    /// The first findings in the order of the chain, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// The number of all findings.
    pub findings_total: u64,
    /// Display texts of what this audit did not check, in Chinese and English.
    pub not_checked: Vec<(&'static str, &'static str)>,
}

impl AuditReport {
    /// Whether there are no findings.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.findings_total == 0
    }

    /// Adds a finding.
    pub fn find(&mut self, finding: Finding) {
        self.findings_total += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}
