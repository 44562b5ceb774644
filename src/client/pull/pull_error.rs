//! Why a pull of a log ended before its checkpoint was published.

use crate::client::transport::ClientError;
use crate::ledger::chain::reader::BlockError;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::note::NoteError;
use crate::ledger::number::DepositNumber;
use crate::store::traits::{AppendError, ReadError};

/// Why a pull ended. Blocks that were appended before stay, and the next pull continues after them.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The source did not answer, or not with a file of a log.
    #[error(transparent)]
    Source(#[from] ClientError),
    /// The checkpoint is of another ledger.
    #[error("the checkpoint is of the ledger `{found}`, expected `{expected}`")]
    OtherLedger {
        /// The ledger that it names.
        found: Name,
        /// The ledger of the local copy.
        expected: Name,
    },
    /// The checkpoint is not signed by a trusted key, or a signature does not verify.
    #[error("the checkpoint of {size} records: {error}")]
    Checkpoint {
        /// Its size.
        size: TreeSize,
        /// What is wrong with it.
        error: NoteError,
    },
    /// The checkpoint is not signed by the key that is in force at its end.
    #[error("the checkpoint of {size} records is not signed by the ledger key in force there")]
    KeyNotInForce {
        /// Its size.
        size: TreeSize,
    },
    /// The source serves records or hashes that are not in the tree of the checkpoint: it, or a proxy between, altered them.
    #[error(
        "the records from {first} on are not those of the signed tree of {size} records: the source serves altered data"
    )]
    Altered {
        /// Index of the first record that may be altered.
        first: LeafIndex,
        /// Size of the signed tree.
        size: TreeSize,
    },
    /// The local copy is not the beginning of the checkpoint's tree: one operator has signed two histories, or the hashes that the
    /// source serves are altered.
    #[error(
        "the local copy of {local} records is not the beginning of the signed tree of {size} records with the root {root}"
    )]
    Inconsistent {
        /// Size of the local copy.
        local: TreeSize,
        /// Size of the checkpoint.
        size: TreeSize,
        /// Root of the checkpoint.
        root: Digest,
    },
    /// Records of the signed tree are not a valid block.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// A block is too large to be checked in bounded memory.
    #[error("the block from record {first} on has more than {leaves} records or {bytes} bytes")]
    BlockTooLarge {
        /// Index of its first record.
        first: LeafIndex,
        /// Most records.
        leaves: usize,
        /// Most bytes.
        bytes: usize,
    },
    /// The signed tree does not end in a block header.
    #[error("the signed tree of {size} records does not end in a block header")]
    NoHeader {
        /// Its size.
        size: TreeSize,
    },
    /// A notice is not allowed where it is, or not signed by the key in force.
    #[error("record {index}: this notice is not allowed here, or is not signed by the key in force")]
    Notice {
        /// Index of the notice.
        index: LeafIndex,
    },
    /// A depositor's signature does not verify.
    #[error("record {index}: the signature of the depositor's key `{key}` does not verify")]
    DepositorSignature {
        /// Index of the entry.
        index: LeafIndex,
        /// The key's name.
        key: String,
    },
    /// A number of a test ledger in a live one, or the reverse.
    #[error("record {index}: the deposit number {number} is not one of this ledger's mode")]
    Number {
        /// Index of the entry.
        index: LeafIndex,
        /// Its number.
        number: DepositNumber,
    },
    /// The local store rejects a block, or cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The local store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The caller stopped it.
    #[error("interrupted")]
    Interrupted,
}

impl PullError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(_) => "source_unavailable",
            Self::OtherLedger { .. } => "wrong_ledger",
            Self::Checkpoint { .. } => "checkpoint_not_trusted",
            Self::KeyNotInForce { .. } => "key_not_in_force",
            Self::Altered { .. } => "source_altered",
            Self::Inconsistent { .. } => "history_differs",
            Self::Block(_) | Self::NoHeader { .. } => "block_malformed",
            Self::BlockTooLarge { .. } => "block_too_large",
            Self::Notice { .. } => "notice_signature",
            Self::DepositorSignature { .. } => "depositor_signature",
            Self::Number { .. } => "number_malformed",
            Self::Append(AppendError::Refused { .. } | AppendError::Erasure(_)) => "block_refused",
            Self::Append(_) => "unwritable",
            Self::Read(_) => "unreadable",
            Self::Interrupted => "interrupted",
        }
    }

    /// The text in Chinese. Technical details of other formats stay in English.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Source(error) => format!("来源未能提供账本记录：{error}"),
            Self::OtherLedger { found, expected } => format!("检查点属于账本 {found}，而非 {expected}"),
            Self::Checkpoint { size, error } => format!("{size} 条记录的检查点未由可信密钥签名，或签名无效：{error}"),
            Self::KeyNotInForce { size } => format!("{size} 条记录的检查点未由届时有效的账本密钥签名"),
            Self::Altered { first, size } => {
                format!("自第 {first} 条起的记录不在已签名的 {size} 条记录的树中：来源提供的数据已被改动")
            }
            Self::Inconsistent { local, size, root } => format!(
                "本地副本（{local} 条记录）不是已签名的 {size} 条记录（根 {root}）的前段：同一运营者签署了两份历史，或来源提供的哈希已被改动"
            ),
            Self::Block(error) => format!("已签名的记录不构成有效区块：{error}"),
            Self::NoHeader { size } => format!("已签名的 {size} 条记录并非以区块头结尾"),
            Self::BlockTooLarge { first, leaves, bytes } => {
                format!("自第 {first} 条起的区块超过 {leaves} 条记录或 {bytes} 字节")
            }
            Self::Notice { index } => format!("记录 {index}：此处不得有该公告，或未由有效的账本密钥签名"),
            Self::DepositorSignature { index, key } => format!("记录 {index}：存证人密钥 {key} 的签名无效"),
            Self::Number { index, number } => format!("记录 {index}：存证编号 {number} 与账本类型（正式或测试）不符"),
            Self::Append(error) => format!("本地存储未能写入：{error}"),
            Self::Read(error) => format!("本地存储无法读取：{error}"),
            Self::Interrupted => "已中止".into(),
        }
    }

    /// Whether the fault is one of the ledger or the source, rather than of this machine or the connection.
    #[must_use]
    pub const fn is_finding(&self) -> bool {
        !matches!(
            self,
            Self::Source(_)
                | Self::Read(_)
                | Self::Interrupted
                | Self::Append(
                    AppendError::Read(_)
                        | AppendError::Short { .. }
                        | AppendError::Unknown(_)
                        | AppendError::TipMoved { .. }
                )
        )
    }
}
