//! Compares a restored ledger with what was signed before: receipts and checkpoints that were kept.
//!
//! A receipt or checkpoint for `n` records, signed by the ledger key, proves that those records existed. The restored ledger contains them
//! exactly if the root over its first `n` records is the signed one.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::open_errors::unreadable;
use crate::cli::screen::{BAD, GOOD, Screen};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::TreeSize;
use crate::query::{proofs, records};
use crate::store::factory::FolderReader;
use crate::store::traits::LogReader as _;
use crate::wire::receipt;

/// A receipt or checkpoint file.
#[derive(Debug)]
pub struct ExpectedCheckpoint {
    path: PathBuf,
    checkpoint: SignedCheckpoint,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The restored ledger has all records that were signed.
    Contained,
    /// It ends before them.
    Missing { from: TreeSize },
    /// Its records differ.
    Differs,
}

/// A file with the result of its comparison.
#[derive(Debug)]
pub struct Comparison {
    path: PathBuf,
    size: TreeSize,
    outcome: Outcome,
}

/// Reads the files: receipts (JSON) or signed checkpoints (notes).
///
/// # Errors
///
/// [`CliError`]: one is neither, or cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Vec<ExpectedCheckpoint>, CliError> {
    paths.iter().map(|path| Ok(ExpectedCheckpoint { path: path.clone(), checkpoint: read_one(path)? })).collect()
}

fn read_one(path: &Path) -> Result<SignedCheckpoint, CliError> {
    let bytes = input::bytes(path, receipt::RECEIPT_MAX)?;
    let note = match receipt::parse(&bytes) {
        Ok(receipt) => receipt.checkpoint.into_bytes(),
        Err(_) => bytes,
    };
    SignedCheckpoint::parse(&note).map_err(|_| {
        let path = path.display();
        let en = format!("{path} is neither a receipt nor a signed checkpoint: give a receipt file, or what a node answers under /log/checkpoint");
        let zh = format!("{path} 既不是回执，也不是已签名的检查点：请给出回执文件，或节点 /log/checkpoint 的内容");
        CliError::unable("bad_expectation", zh, en)
    })
}

/// Compares the ledger in `store` with each of `expected`. Their signatures must be of one of `trusted`, or of the ledger's first key.
///
/// # Errors
///
/// [`CliError`]: a file is of another ledger or not signed, or the ledger cannot be read.
pub fn compare(
    expected: &[ExpectedCheckpoint],
    store: &FolderReader,
    trusted: &[VerifierKey],
) -> Result<Vec<Comparison>, CliError> {
    let Some(published) = store.published().filter(|_| !expected.is_empty()) else { return Ok(Vec::new()) };
    let genesis = records::genesis(store).map_err(|error| unreadable(&error))?;
    let keys: Vec<VerifierKey> = trusted.iter().chain(genesis.key()).cloned().collect();
    let compare = |ExpectedCheckpoint { path, checkpoint }: &ExpectedCheckpoint| {
        let signed = checkpoint.checkpoint();
        if checkpoint.verified_by(&keys).is_err() || signed.origin != published.checkpoint.checkpoint().origin {
            let (path, origin) = (path.display(), &published.checkpoint.checkpoint().origin);
            let en =
                format!("{path} is not signed by a key of the ledger {origin}: name the key that signed it with --key");
            let zh = format!("{path} 未由账本 {origin} 的密钥签名：请以 --key 指定其签名密钥");
            return Err(CliError::unable("expectation_not_signed", zh, en));
        }
        let outcome = if signed.size > published.size() {
            Outcome::Missing { from: published.size() }
        } else if proofs::root(store, signed.size).map_err(|error| unreadable(&error))? == signed.root {
            Outcome::Contained
        } else {
            Outcome::Differs
        };
        Ok(Comparison { path: path.clone(), size: signed.size, outcome })
    };
    expected.iter().map(compare).collect()
}

impl Comparison {
    /// Whether the ledger has all records that were signed.
    #[must_use]
    pub fn is_contained(&self) -> bool {
        self.outcome == Outcome::Contained
    }

    fn json(&self) -> Value {
        let mut value = json!({ "file": self.path.to_string_lossy(), "size": self.size.0 });
        let (result, missing) = match self.outcome {
            Outcome::Contained => ("contained", None),
            Outcome::Missing { from } => ("missing", Some(json!({ "first": from.0, "count": self.size.0 - from.0 }))),
            Outcome::Differs => ("differs", None),
        };
        if let Some(value) = value.as_object_mut() {
            value.insert("result".into(), result.into());
            value.insert("missing".into(), missing.unwrap_or_default());
        }
        value
    }
}

/// The exit status that the comparisons require.
#[must_use]
pub fn exit_status(comparisons: &[Comparison]) -> ExitStatus {
    if comparisons.iter().all(Comparison::is_contained) { ExitStatus::Good } else { ExitStatus::Finding }
}

/// The JSON of all.
#[must_use]
pub fn document(comparisons: &[Comparison]) -> Value {
    comparisons.iter().map(Comparison::json).collect()
}

/// Prints each comparison.
///
/// # Errors
///
/// The screen.
pub fn show(comparisons: &[Comparison], screen: &Screen) -> anyhow::Result<()> {
    for Comparison { path, size, outcome } in comparisons {
        let path = path.display();
        let (tone, zh, en) = match outcome {
            Outcome::Contained => (
                GOOD,
                format!("与 {path} 一致：其所证明的 {size} 条记录均在"),
                format!("{path}: all {size} records that it proves are there"),
            ),
            Outcome::Missing { from } => {
                let (count, last) = (size.0 - from.0, size.0 - 1);
                (
                    BAD,
                    format!("{path} 证明曾有 {size} 条记录：缺少第 {from} 至 {last} 条，共 {count} 条"),
                    format!("{path} proves that there were {size} records: {count} are missing, from {from} to {last}"),
                )
            }
            Outcome::Differs => (
                BAD,
                format!("{path} 与恢复的账本矛盾：前 {size} 条记录不同。两者均经账本密钥签名，请一并保存作为证据"),
                format!(
                    "{path} contradicts the restored ledger: the first {size} records differ. Both are signed by the ledger key; keep both as evidence"
                ),
            ),
        };
        screen.line(screen.paint(tone, screen.pick(&zh, &en)))?;
    }
    Ok(())
}
