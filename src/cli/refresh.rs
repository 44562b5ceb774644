//! `receipt --refresh`: replaces a receipt file by the current receipt of its deposit, which may prove more.
//!
//! # Invariants
//!
//! The file is replaced atomically, and only by a receipt that verifies, is of the same record, has a checkpoint of the same
//! history, and is attested by no fewer organisations. Otherwise the file is not touched, and the command prints the reason. A
//! smaller checkpoint is accepted only if it is attested by more organisations: a node returns the smallest checkpoint that
//! proves most. The old receipt is then kept under another name, since the larger checkpoint may be the only evidence of a
//! rollback.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::attesting::ReceiptAttestations;
use crate::cli::config::Config;
use crate::cli::connect::{DEFAULT_SERVER, require_known_ledger};
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::output::{self, Replace};
use crate::cli::receipt_files::{ReceiptFiles, with_mark_of};
use crate::cli::record::{Record, read_record};
use crate::cli::screen::Screen;
use crate::cli::user_trust::UserTrust;
use crate::client::comparison::{Comparison, compare};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::manifest::claim::ItemReceipt;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::verify::attestation::{Quorum, TimeCheck, WitnessCheck};
use crate::ledger::verify::report::{Conclusion, LedgerFault, Obstacle, Report, SkipReason};
use crate::ledger::verify::verifier::{Question, RecordSource, verify};
use crate::ledger::verify::wording::{self, Language};
use crate::wire::item_receipt;
use crate::wire::receipt::print;

/// How far a receipt is proven, as the user's own policy counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ProofLevel {
    size: u64,
    /// Valid cosignatures; without a policy, signature lines that are not the ledger's.
    cosignatures: usize,
    /// How many witnesses can count; 0 without a policy.
    witnesses: usize,
    /// Whether the policy is satisfied.
    is_witnessed: bool,
    /// Whether a trusted authority stamped it.
    is_stamped: bool,
    /// How many timestamp tokens it contains.
    tokens: usize,
}

impl ProofLevel {
    fn of(receipt: &Receipt, attested: &ReceiptAttestations) -> Option<Self> {
        let signed = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).ok()?;
        let origin = &signed.checkpoint().origin;
        let others = || signed.note().signatures().iter().filter(|line| line.name != *origin).count();
        let (cosignatures, witnesses, is_witnessed) = match attested.witnesses() {
            WitnessCheck::Counted(quorum) if quorum.witnesses > 0 => {
                let Quorum { cosignatures, witnesses, .. } = quorum;
                (cosignatures.len(), *witnesses, quorum.is_witnessed())
            }
            _ => (others(), 0, false),
        };
        let is_stamped = matches!(attested.time(), TimeCheck::Verified(_));
        let (size, tokens) = (signed.checkpoint().size.0, receipt.time_tokens.len());
        Some(Self { size, cosignatures, witnesses, is_witnessed, is_stamped, tokens })
    }

    /// Whether more organisations attest it than `old`.
    const fn exceeds(&self, old: &Self) -> bool {
        let witnessed = if self.witnesses > 0 { self.is_witnessed } else { self.cosignatures > old.cosignatures };
        let stamped = self.is_stamped || self.tokens > old.tokens;
        (witnessed && !old.is_witnessed) || (stamped && !old.is_stamped)
    }

    /// Whether it proves at least as much as `old`.
    const fn covers(&self, old: &Self) -> bool {
        let witnessed = if old.is_witnessed {
            self.is_witnessed
        } else {
            self.is_witnessed || self.cosignatures >= old.cosignatures
        };
        let stamped = if old.is_stamped { self.is_stamped } else { self.is_stamped || self.tokens >= old.tokens };
        witnessed && stamped
    }

    fn document(&self) -> Value {
        json!({
            "size": self.size,
            "cosignatures": self.cosignatures,
            "witnesses": self.witnesses,
            "quorum_reached": self.is_witnessed,
            "time_tokens": self.tokens,
            "trusted_time": self.is_stamped,
        })
    }

    fn text(&self, screen: &Screen) -> String {
        let of = if self.witnesses > 0 { format!("/{}", self.witnesses) } else { String::new() };
        let zh = format!("检查点大小 {}，见证签名 {}{of}，时间戳 {}", self.size, self.cosignatures, self.tokens);
        let en = format!(
            "checkpoint of {} records, {}{of} signatures of witnesses, {} timestamps",
            self.size, self.cosignatures, self.tokens
        );
        screen.pick(&zh, &en).to_owned()
    }
}

/// The receipt file that is meant: the one beside an evidence file, or the file itself.
fn receipt_path(path: &Path) -> PathBuf {
    let beside = ReceiptFiles::of(path, None).map(|files| files.receipt);
    beside.ok().filter(|beside| beside.is_file()).unwrap_or_else(|| path.to_owned())
}

/// Refreshes the receipt `path`, or the one beside the evidence file `path`, from the node at `server`, else from the one pinned
/// for its ledger.
///
/// # Errors
///
/// [`CliError`]: the old receipt or the new one does not verify, the new one is not of the same history or proves less, or the
/// node did not answer.
pub async fn run(
    path: &Path,
    server: Option<&str>,
    user: &UserTrust,
    config: &Config,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let path = receipt_path(path);
    let old = read_record(&path)?;
    let before = ReceiptAttestations::in_receipt(&old.receipt, user, SkipReason::Offline);
    let number = require_old(&path, &old, user, &before)?;
    let origin = SignedCheckpoint::parse(old.receipt.checkpoint.as_bytes())
        .map(|signed| signed.checkpoint().origin.to_string())
        .unwrap_or_default();
    let client =
        LedgerClient::new(server.or_else(|| user.url_of(&origin)).unwrap_or(DEFAULT_SERVER)).map_err(CliError::from)?;
    let answered = client.receipt(&number).await;
    if matches!(&answered, Err(ClientError::Problem { status: 404, .. })) {
        require_known_ledger(&client, user, config, screen).await?;
        return Err(untouched(&path, LedgerFault::Denied.code(), |language| {
            wording::ledger_fault(LedgerFault::Denied, language).to_owned()
        })
        .into());
    }
    let new = Record { receipt: answered.map_err(CliError::from)?, ..old.clone() };
    let after = ReceiptAttestations::in_receipt(&new.receipt, user, SkipReason::Offline);
    let report = judged(&new, Some(number), user, &after, RecordSource::Node);
    if report.conclusion != Conclusion::RecordOnly {
        return Err(untouched(&path, "receipt_does_not_hold", |language| wording::conclusion(&report, language)).into());
    }
    require_continued(&path, &old, &new, &client).await?;
    let levels = ProofLevel::of(&old.receipt, &before).zip(ProofLevel::of(&new.receipt, &after));
    let Some((before, after)) = levels.filter(|(before, after)| after.covers(before)) else {
        return Err(untouched(&path, "receipt_proves_less", |language| match language {
            Language::Chinese => "节点现在给出的回执，其见证签名或时间戳少于原回执".into(),
            Language::English => {
                "the receipt that the node gives now has fewer signatures of witnesses or timestamps than the old one"
                    .into()
            }
        })
        .into());
    };
    let is_smaller = after.size < before.size;
    if is_smaller && !after.exceeds(&before) {
        return Err(smaller(&path, &before, &after).into());
    }
    let changed = new.receipt != old.receipt;
    let kept = is_smaller.then(|| keep(&path, &old.receipt)).transpose()?;
    if changed {
        replace(&path, &new)?;
    }
    screen.document(&json!({
        "deposit_number": number.to_string(),
        "file": path.to_string_lossy(),
        "changed": changed,
        "before": before.document(),
        "after": after.document(),
        "kept": kept.as_ref().map(|kept| kept.to_string_lossy()),
    }))?;
    let word =
        if changed { screen.pick("已更新", "refreshed") } else { screen.pick("已是最新", "already current") };
    screen.line(format!("{word}  {number}  {}", path.display()))?;
    screen.line(format!("  {}", after.text(screen)))?;
    if let Some(kept) = kept {
        let zh = format!("原回执的检查点较大，另存为 {}，请一并保留", kept.display());
        let en = format!("the old receipt has a larger checkpoint and was kept as {}: keep both", kept.display());
        screen.line(format!("  {}", screen.pick(&zh, &en)))?;
    }
    Ok(ExitStatus::Good)
}

fn judged(
    record: &Record,
    number: Option<DepositNumber>,
    user: &UserTrust,
    attested: &ReceiptAttestations,
    source: RecordSource,
) -> Report {
    let trust = user.trust();
    let (item, attestations) = (record.item.as_ref(), attested.attestations());
    verify(&Question { number, source, item, attestations, ..Question::about(&record.receipt, &trust) })
}

/// The number of the old receipt, which must verify: otherwise it is unknown what it proved.
fn require_old(
    path: &Path,
    old: &Record,
    user: &UserTrust,
    attested: &ReceiptAttestations,
) -> Result<DepositNumber, CliError> {
    let report = judged(old, None, user, attested, RecordSource::Receipt);
    let number = Entry::parse(old.receipt.entry.as_bytes()).map(|entry| entry.number);
    if let (Conclusion::RecordOnly, Ok(number)) = (report.conclusion, number) {
        return Ok(number);
    }
    let code = match &report.obstacle {
        Some(Obstacle::UnknownKey) => "unknown_key",
        _ => "receipt_does_not_hold",
    };
    let error = untouched(path, code, |language| wording::conclusion(&report, language));
    Err(CliError { status: ExitStatus::Unable, ..error })
}

/// The new receipt must be of the same record, and its checkpoint must continue the old one.
async fn require_continued(path: &Path, old: &Record, new: &Record, client: &LedgerClient) -> Result<(), CliError> {
    let fault = |fault: LedgerFault| {
        untouched(path, fault.code(), |language| wording::ledger_fault(fault, language).to_owned())
    };
    let parts =
        |receipt: &Receipt| (receipt.entry.clone(), receipt.index, receipt.header.clone(), receipt.entry_path.clone());
    if parts(&old.receipt) != parts(&new.receipt) {
        return Err(fault(LedgerFault::OtherRecord));
    }
    let parse = |receipt: &Receipt| SignedCheckpoint::parse(receipt.checkpoint.as_bytes());
    let (Ok(held), Ok(shown)) = (parse(&old.receipt), parse(&new.receipt)) else {
        return Err(fault(LedgerFault::NotContinued));
    };
    match compare(client, &held, &shown).await? {
        Comparison::Consistent => Ok(()),
        Comparison::Contradiction(_) => Err(fault(LedgerFault::Forked)),
        Comparison::NotProven => Err(fault(LedgerFault::NotContinued)),
    }
}

/// A smaller checkpoint that proves no more.
fn smaller(path: &Path, before: &ProofLevel, after: &ProofLevel) -> CliError {
    untouched(path, "receipt_smaller", |language| match language {
        Language::Chinese => format!(
            "节点现在给出的回执，其检查点（{}）小于原回执的检查点（{}），证明程度亦不更高；原回执可能是账本被回退的证据",
            after.size, before.size
        ),
        Language::English => format!(
            "the checkpoint of the receipt that the node gives now ({} records) is smaller than the old one ({}) and proves no more; \
             the old receipt may be evidence of a rollback",
            after.size, before.size
        ),
    })
}

/// Keeps the old receipt, with its larger checkpoint, beside the new one.
fn keep(path: &Path, old: &Receipt) -> Result<PathBuf, CliError> {
    let kept = with_mark_of(path, old.checkpoint.as_bytes());
    let text = input::text(path, input::DOCUMENT)?;
    output::write(&kept, text.as_bytes(), 0o644, Replace::If(&|found| found == text))?;
    Ok(kept)
}

/// The error for an unchanged file, with this reason.
fn untouched(path: &Path, code: &'static str, reason: impl Fn(Language) -> String) -> CliError {
    let (zh, en) = (reason(Language::Chinese), reason(Language::English));
    let path = path.display();
    CliError::finding(code, format!("{path} 未改动：{zh}"), format!("{path} was not changed: {en}"))
        .with_line(
            "请保留该回执，并向运营者和审计人员核实；比对两个检查点：tiezheng consistency 回执",
            "Keep this receipt and ask the operator and the auditors; to compare the checkpoints: tiezheng consistency RECEIPT",
        )
}

/// Replaces the file, whose mode stays.
fn replace(path: &Path, new: &Record) -> Result<(), CliError> {
    let io = |error: std::io::Error| CliError::io(path, &error);
    // A symbolic link stays one.
    let place = fs::canonicalize(path).map_err(io)?;
    let mode = fs::metadata(&place).map_err(io)?.permissions().mode() & 0o777;
    let text = match &new.item {
        Some(claim) => item_receipt::print(&ItemReceipt { receipt: new.receipt.clone(), claim: claim.clone() }),
        None => print(&new.receipt),
    };
    durable::replace(&place, text.as_bytes(), mode).map_err(io)
}
