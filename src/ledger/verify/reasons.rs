//! Codes for the reasons why a step was not performed, the comparisons of performed steps, and contradictions between a
//! ledger and a receipt.
//!
//! Not here: their texts (`wording`, `findings`).

/// Why a step was not performed, or does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// No file was given.
    NoFile,
    /// A digest was given, not the file itself.
    DigestOnly,
    /// The record is salted, and no salt was given.
    NoSalt,
    /// The ledger's key is not among the pinned ones.
    UnknownKey,
    /// The step needs a node, and the user asked for offline verification.
    Offline,
    /// The step needs a node, and the node did not answer.
    Unreachable,
    /// The step needs the deposit's own ledger, and the node serves another one.
    OtherLedger,
    /// The deposit is on another ledger, which this platform cannot query.
    ForeignLedger,
    /// The verifier's policy requires no witness, or there is no policy.
    NoWitnesses,
    /// The node verifies with its own records, and requests nothing from witnesses.
    WitnessesNotAsked,
    /// The verifier's policy has no address of a witness.
    NoWitnessAddress,
    /// No witness returned a checkpoint of this ledger that it cosigned.
    NoWitnessCheckpoint,
    /// No node could prove the consistency with the checkpoint of a witness, since it does not have that checkpoint yet.
    NoConsistencyProof,
    /// The receipt has no timestamp token.
    NoTimeToken,
    /// The receipt has timestamp tokens, but the verifier trusts no timestamp authority.
    UnreadTimeToken,
    /// The receipt has timestamp tokens, but none of an authority that the verifier trusts.
    UntrustedTimeToken,
    /// The record commits to no private content, so there is no provenance sheet.
    NoSheets,
    /// The record commits to private content, which may contain a provenance sheet, and it was not presented.
    SheetsNotPresented,
    /// The record has a manifest, but no digest of its own.
    ManifestOnly,
    /// There is no record.
    NoRecord,
    /// The part of the receipt that this step needs cannot be parsed.
    DamagedReceipt,
    /// The user entered no number.
    NoNumberEntered,
    /// The number comes from the case file; the user did not enter it.
    NumberFromCase,
    /// No transaction id was stated elsewhere.
    NoStatedTxId,
    /// The verification is not about an item of a case.
    NotACaseItem,
}

/// The comparison or look-up of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComparisonKind {
    /// The check characters of the entered number, with the recomputed ones.
    EnteredNumber,
    /// The requested number, with the number in the record.
    NumberWithRecord,
    /// Whether the given receipt contains a record.
    ReceiptHoldsRecord,
    /// Whether the node has a record of the requested digest.
    NodeHoldsRecord,
    /// Algorithms and digest lengths of the record, with those allowed.
    AlgorithmsWithAllowed,
    /// Digests and size of the file, with those in the record.
    FileWithRecord,
    /// Digests and size of the file, with those of the manifest's item.
    FileWithItem,
    /// The item, with the manifest in the record.
    ItemWithManifest,
    /// A digest that was presented, with the one in the record.
    DigestWithRecord,
    /// The recomputed transaction id, with the one frozen at the import.
    TxIdWithImport,
    /// The recomputed transaction id, along its path, with the root in the block header.
    EntryWithBlock,
    /// The recomputed block hash, along its path, with the root in the checkpoint.
    BlockWithCheckpoint,
    /// The previous block hash in the header, along its path, with the root in the checkpoint.
    PreviousWithCheckpoint,
    /// The checkpoint's signature, with a ledger key that the verifier pinned.
    CheckpointWithPinnedKey,
    /// The checkpoint's signature, with the ledger key of the node that verifies.
    CheckpointWithNodeKey,
    /// The checkpoint's signature, with a ledger key on the court's list.
    CheckpointWithCourtKey,
    /// The checkpoint, with the checkpoint of a witness in the verifier's policy.
    CheckpointWithWitness,
    /// The checkpoint, with timestamp tokens of authorities that the verifier trusts.
    CheckpointWithTimeTokens,
    /// Submission time, with block time.
    SubmissionWithBlockTime,
    /// The statement's signatures, with the keys that it names; the ledger's name in statement, header and checkpoint.
    StatementWithItsKeys,
    /// Later links as a node lists them, each with its own receipt.
    LinksOfNode,
    /// Later links in the ledger of the node that verifies.
    LinksOfOwnLedger,
    /// Earlier deposits as a node lists them, each with its own receipt.
    EarlierOfNode,
    /// Earlier deposits in the ledger of the node that verifies.
    EarlierOfOwnLedger,
    /// The facts frozen at the import, with the current facts of this ledger.
    ImportWithLedger,
    /// The facts frozen at the import, with the receipt.
    ImportWithReceipt,
}

/// How a node's ledger contradicts a receipt that the ledger key signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LedgerFault {
    /// Two signed checkpoints of one size have different roots.
    Forked,
    /// The node's checkpoint is smaller than the one in the receipt.
    RolledBack,
    /// The node returned no valid consistency proof from the receipt's checkpoint to its own.
    NotContinued,
    /// A consistency proof shows that the node's ledger contains the deposit, but the node answers that it does not exist.
    Denied,
    /// The node has another record with this number.
    OtherRecord,
    /// The node returned no valid proof that its ledger is consistent with the checkpoint that a witness cosigned.
    WitnessDisagrees,
}

impl LedgerFault {
    /// All variants.
    pub const ALL: [Self; 6] =
        [Self::Forked, Self::RolledBack, Self::NotContinued, Self::Denied, Self::OtherRecord, Self::WitnessDisagrees];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Forked => "ledger_forked",
            Self::RolledBack => "ledger_rolled_back",
            Self::NotContinued => "ledger_not_continued",
            Self::Denied => "deposit_denied",
            Self::OtherRecord => "other_record",
            Self::WitnessDisagrees => "witness_disagrees",
        }
    }
}
