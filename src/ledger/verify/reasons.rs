//! Why a step of a report was not performed, and what a step that was performed compared with what.
//!
//! Not here: the words for them (`wording`, `findings`).

/// Why a step was not performed, or does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// No file was given.
    NoFile,
    /// A digest was given, not the file itself.
    DigestOnly,
    /// The record is salted and the salt was not given.
    NoSalt,
    /// The ledger's key is not among the pinned ones.
    UnknownKey,
    /// Only a ledger can tell, and none was to be asked.
    Offline,
    /// Only a ledger can tell, and its node did not answer.
    Unreachable,
    /// Only the deposit's own ledger can tell, and the node that was asked serves another one.
    OtherLedger,
    /// The deposit is another ledger's, which this platform cannot ask.
    ForeignLedger,
    /// No witnesses cosign this checkpoint.
    NoWitnesses,
    /// The receipt holds no time token.
    NoTimeToken,
    /// The receipt holds time tokens, which this version cannot verify.
    UnreadTimeToken,
    /// The record names no sheets.
    NoSheets,
    /// The record commits to private content, which may hold a provenance sheet, and it was not presented.
    SheetsNotPresented,
    /// The record bears a manifest and no digest of its own.
    ManifestOnly,
    /// Nothing to look at, since there is no record.
    NoRecord,
    /// The receipt is damaged: the part that this step is about cannot be read.
    DamagedReceipt,
    /// Nobody entered a number.
    NoNumberEntered,
    /// The number comes from the record of the case: nobody entered it for this verification.
    NumberFromCase,
    /// No transaction id was stated elsewhere.
    NoStatedTxId,
    /// It is not the verification of an item of a case.
    NotACaseItem,
}

/// What a step compared with what, or where it looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComparisonKind {
    /// The check characters of the number as entered, with those recomputed.
    EnteredNumber,
    /// The number asked for, with the number in the record.
    NumberWithRecord,
    /// A receipt was given: whether it holds a record.
    ReceiptHoldsRecord,
    /// A node was asked for a digest: whether it has a record.
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
    /// The checkpoint's signature, with the ledger key of the very node that verifies.
    CheckpointWithNodeKey,
    /// The checkpoint's signature, with a ledger key on the court's list.
    CheckpointWithCourtKey,
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
    /// The facts frozen at the import, with what this ledger holds now.
    ImportWithLedger,
    /// The facts frozen at the import, with the receipt.
    ImportWithReceipt,
}
