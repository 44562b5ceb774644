//! A deposit run: the shared settings of all deposits of one command, and the steps of each deposit.
//!
//! ```text
//! no statement: hash ─▶ sign ─▶ write and fsync the statement ──────────────────────┐
//! a statement:  hash ─▶ check that file and options are those of the statement ────┴▶ send ─▶ verify ─▶ write the receipt
//! ```
//!
//! A crash leaves either no statement or a complete one, which the next run sends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::compose::Details;
use crate::cli::digest::content;
use crate::cli::durable::{self, FileToWrite};
use crate::cli::exit::CliError;
use crate::cli::progress::Progress;
use crate::cli::receipt_files::{ReceiptFiles, StatementFile};
use crate::cli::record::{not_a_receipt, read_receipt};
use crate::cli::renamed::FileRename;
use crate::cli::storage_errors::{
    cannot_write, interrupted, receipt_not_written, statement_differs, statement_missing,
};
use crate::client::batch::DepositResult;
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::error_code::ErrorCode;
use crate::ledger::entry::Entry;
use crate::ledger::key::{Name, Signer};
use crate::ledger::manifest::item::WantedDigests;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::receipt::{Facts, Receipt};
use crate::ledger::statement::content::Content;
use crate::ledger::statement::signed::StatementNote;
use crate::ledger::verify::report::Conclusion;
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{PresentedEvidence, Question, verify};
use crate::ledger::verify::wording::{self, Language};
use crate::wire::json;
use crate::wire::receipt::print;

/// Mode of a statement file, which contains salts and names.
pub const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// The shared settings of all deposits of one command.
#[derive(Debug)]
pub struct DepositRun {
    client: LedgerClient,
    trust: Trust,
    /// The ledger that the statements are for.
    pub ledger: Name,
    /// The key that signs them.
    pub signer: Signer,
    /// The content of the statements besides the digests.
    pub details: Details,
    /// The folder for statement and receipt files; by default beside the evidence.
    pub receipts: Option<PathBuf>,
    /// Whether files that are already deposited are deposited again.
    pub again: bool,
    /// The progress of hashing.
    pub progress: Progress,
}

/// A deposit that was made, now or earlier.
#[derive(Debug)]
pub struct DepositOutcome {
    /// Its facts from the verified receipt.
    pub facts: Facts,
    /// Whether it is new.
    pub fresh: bool,
    /// Its statement and receipt files.
    pub files: ReceiptFiles,
    /// Renamed files of an earlier deposit of the same file.
    pub renamed: Vec<FileRename>,
}

/// A deposit whose statement is stored durably and ready to send.
#[derive(Debug)]
pub struct PendingDeposit {
    /// Its statement and receipt files.
    pub files: ReceiptFiles,
    /// The statement.
    pub statement_file: StatementFile,
    /// Renamed files of an earlier deposit of the same file.
    pub renamed: Vec<FileRename>,
}

impl DepositRun {
    /// A run to `ledger` through `client`, with statements of `details` signed by `signer`.
    #[expect(clippy::too_many_arguments, reason = "each is given by another line of the command")]
    #[must_use]
    pub fn new(
        client: LedgerClient,
        trust: Trust,
        ledger: Name,
        signer: Signer,
        details: Details,
        receipts: Option<PathBuf>,
        again: bool,
        progress: Progress,
    ) -> Self {
        Self { client, trust, ledger, signer, details, receipts, again, progress }
    }

    /// Sends a stored statement, and stores its receipt.
    ///
    /// # Errors
    ///
    /// [`CliError`]. The same command may be repeated after any of them.
    pub async fn send(self: &Arc<Self>, ready: PendingDeposit) -> Result<DepositOutcome, CliError> {
        let request = json::line(&ready.statement_file.request());
        let answered = self.client.deposit(request.as_bytes()).await;
        let run = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let (done, receipt) = run.check_answer(ready, answered)?;
            if let Some(receipt) = receipt {
                durable::replace(&receipt.path, &receipt.bytes, receipt.mode)
                    .map_err(|error| receipt_not_written(done.facts.number, &receipt.path, &error))?;
            }
            Ok(done)
        });
        task.await.map_err(|_| interrupted())?
    }

    /// Sends the requests of stored statements. Returns the answers in order.
    pub async fn submit_all(&self, ready: &[PendingDeposit]) -> Vec<DepositResult> {
        let requests: Vec<String> = ready.iter().map(|ready| json::line(&ready.statement_file.request())).collect();
        match requests.as_slice() {
            [request] => vec![self.client.deposit(request.as_bytes()).await],
            requests => self.client.deposit_many(requests).await,
        }
    }

    /// Checks an answer against the statement. Also returns the receipt file to write before the result is reported, unless an equivalent
    /// one is stored.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn check_answer(
        &self,
        ready: PendingDeposit,
        answered: DepositResult,
    ) -> Result<(DepositOutcome, Option<FileToWrite>), CliError> {
        let (receipt, fresh) = answered.map_err(|error| discard_refused_statement(&ready.files, error))?;
        let facts = self.check(&receipt, &ready)?;
        let held = check_earlier_receipt(&ready.files, &receipt)?;
        let proves = held.is_some_and(|held| self.check(&held, &ready).is_ok());
        let new =
            || FileToWrite { path: ready.files.receipt.clone(), bytes: print(&receipt).into_bytes(), mode: PUBLIC };
        let kept = (!proves).then(new);
        Ok((DepositOutcome { facts, fresh, files: ready.files, renamed: ready.renamed }, kept))
    }

    /// The statement on the file at `path`: the stored one, or a new one with the file to write before it is sent.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn prepare(&self, path: &Path) -> Result<(PendingDeposit, Option<FileToWrite>), CliError> {
        let at = |receipts| ReceiptFiles::of(path, receipts).map_err(|error| CliError::io(path, &error));
        let (files, earlier) = self.existing_statement(at(self.receipts.as_deref())?, || at(None))?;
        match earlier {
            Some(statement_file) if !self.again => Ok((self.reuse(path, files, statement_file)?, None)),
            _ => self.make(path, files, earlier),
        }
    }

    /// The stored statement at `files`, and its files. If there is none in another folder, a statement beside the evidence with the same
    /// options is used, since a new statement would be a second deposit.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a damaged statement file.
    pub fn existing_statement(
        &self,
        files: ReceiptFiles,
        beside: impl FnOnce() -> Result<ReceiptFiles, CliError>,
    ) -> Result<(ReceiptFiles, Option<StatementFile>), CliError> {
        let earlier = StatementFile::load(&files.statement)?;
        if earlier.is_some() || self.again || self.receipts.is_none() {
            return Ok((files, earlier));
        }
        let beside = beside()?;
        let statement_file = StatementFile::load(&beside.statement).ok().flatten();
        let same = |statement_file: &StatementFile| {
            self.details.differing_option(statement_file, &self.ledger, self.signer.verifier()).is_none()
        };
        Ok(match statement_file.filter(same) {
            Some(statement_file) => {
                let receipt = if beside.receipt.exists() { beside.receipt } else { files.receipt };
                (ReceiptFiles { statement: beside.statement, receipt }, Some(statement_file))
            }
            None => (files, None),
        })
    }

    fn make(
        &self,
        path: &Path,
        files: ReceiptFiles,
        earlier: Option<StatementFile>,
    ) -> Result<(PendingDeposit, Option<FileToWrite>), CliError> {
        let earlier = match earlier.and_then(|earlier| earlier.note()) {
            None if files.receipt.exists() && !self.again => return Err(statement_missing(&files)),
            None if files.receipt.exists() => Some(statement_in(&files.receipt)?),
            earlier => earlier,
        };
        // Checked before minutes of hashing.
        durable::probe(&files.statement).map_err(|error| cannot_write(&files.statement, &error))?;
        let salt = self.details.salt()?;
        let content = self.hash(path, salt.as_ref(), self.details.digests())?;
        let statement_file = self.details.compose(&self.ledger, path, content, salt.as_ref(), &self.signer)?;
        let mut renamed = Vec::new();
        if let Some(note) = earlier {
            let kept = files.earlier(&note);
            for (from, to) in [(&files.receipt, &kept.receipt), (&files.statement, &kept.statement)] {
                renamed.extend(FileRename::rename(from, to).map_err(|error| cannot_write(to, &error))?);
            }
        }
        let new =
            FileToWrite { path: files.statement.clone(), bytes: statement_file.to_text().into_bytes(), mode: PRIVATE };
        Ok((PendingDeposit { files, statement_file, renamed }, Some(new)))
    }

    fn reuse(
        &self,
        path: &Path,
        files: ReceiptFiles,
        statement_file: StatementFile,
    ) -> Result<PendingDeposit, CliError> {
        self.require_same_options(&files, &statement_file)?;
        let unchanged = match statement_file.note().and_then(|note| note.statement().content) {
            Some(stated) => {
                let wanted = WantedDigests { sha256: stated.sha256.is_some(), sm3: stated.sm3.is_some() };
                self.hash(path, statement_file.salt().as_ref(), wanted)? == stated
            }
            None => false,
        };
        if !unchanged {
            let file = files.statement.display();
            let zh = format!("文件在上次声明之后已改变（{file}）。如确需对现在的内容存证，请加 --again");
            let en = format!(
                "the file has changed since its statement was made ({file}); to deposit what it is now, add --again"
            );
            return Err(CliError::unable("changed_since", zh, en));
        }
        Ok(PendingDeposit { files, statement_file, renamed: Vec::new() })
    }

    /// Checks that the stored statement has the requested options.
    ///
    /// # Errors
    ///
    /// [`CliError`] that names the differing option.
    pub fn require_same_options(&self, files: &ReceiptFiles, statement_file: &StatementFile) -> Result<(), CliError> {
        match self.details.differing_option(statement_file, &self.ledger, self.signer.verifier()) {
            Some(option) => Err(statement_differs(&files.statement, option)),
            None => Ok(()),
        }
    }

    fn hash(&self, path: &Path, salt: Option<&[u8; SALT_LEN]>, wanted: WantedDigests) -> Result<Content, CliError> {
        let hashed = content(path, salt, wanted, &|bytes| self.progress.add(bytes))?;
        if hashed.size == 0 {
            let en = format!("{}: an empty file; the digest of nothing proves nothing", path.display());
            return Err(CliError::unable(
                "empty_file",
                format!("{}：空文件，空内容的摘要不能证明任何事", path.display()),
                en,
            ));
        }
        Ok(hashed.content)
    }

    /// Checks that the receipt proves the deposit of this statement.
    fn check(&self, receipt: &Receipt, ready: &PendingDeposit) -> Result<Facts, CliError> {
        // The file was compared with the statement before; here the statement is compared with the record.
        let presented = PresentedEvidence::Nothing;
        let question = Question { presented, ..Question::about(receipt, &self.trust) };
        let report = verify(&question);
        let own = Entry::parse(receipt.entry.as_bytes()).ok().map(|entry| entry.statement.to_string());
        let is_own = own.is_some() && own == ready.statement_file.note().map(|note| note.to_string());
        let holds = report.conclusion == Conclusion::RecordOnly;
        match report.facts.clone() {
            Some(facts) if holds && is_own => Ok(facts),
            _ => {
                let why = |language| if is_own { wording::conclusion(&report, language) } else { String::new() };
                let zh = format!("节点返回的回执未通过核验，不视为已存证。{}", why(Language::Chinese));
                let en = format!(
                    "the receipt that the node returned does not verify, so this counts as not deposited. {}",
                    why(Language::English)
                );
                Err(CliError::finding("receipt_does_not_hold", zh, en))
            }
        }
    }
}

/// The statement in a receipt file.
fn statement_in(receipt: &Path) -> Result<StatementNote, CliError> {
    let entry = Entry::parse(read_receipt(receipt)?.entry.as_bytes());
    entry
        .map(|entry| StatementNote::clone(&entry.statement))
        .map_err(|error| not_a_receipt(receipt, "所载记录无法识别", &error))
}

/// Removes a statement that the ledger's rules rejected permanently, since it would block a corrected one. A statement with a
/// receipt stays, and so does one that the deposit policy rejected, which may accept it later.
fn discard_refused_statement(files: &ReceiptFiles, error: ClientError) -> CliError {
    let refused = match &error {
        ClientError::Problem { status, code, .. } => {
            let by_policy = code.is_one_of(&[ErrorCode::KeyNotEnrolled, ErrorCode::DepositByTokenOnly]);
            matches!(status, 400 | 403 | 409 | 413 | 422) && !by_policy
        }
        _ => false,
    };
    if refused && !files.receipt.exists() {
        // If this fails, the next run reports the statement.
        let _ = std::fs::remove_file(&files.statement).and_then(|()| durable::sync_folder_of(&files.statement));
    }
    error.into()
}

/// Compares a stored receipt with a new one: entry, index and block must be the same. Otherwise the ledger has lost the deposit or
/// rewritten its history, and the stored receipt is the proof, so it is never replaced.
fn check_earlier_receipt(files: &ReceiptFiles, receipt: &Receipt) -> Result<Option<Receipt>, CliError> {
    if !files.receipt.exists() {
        return Ok(None);
    }
    let held = read_receipt(&files.receipt)?;
    let lasting = |r: &Receipt| (r.entry.clone(), r.index, r.header.clone(), r.entry_path.clone());
    if lasting(&held) == lasting(receipt) {
        return Ok(Some(held));
    }
    let path = files.receipt.display();
    let zh = format!(
        "账本与早先的回执矛盾：同一声明已有回执（{path}），现在返回的回执却是另一条记录。账本丢失了原存证或改写了历史。原回执未被覆盖，请妥善保存并通知审计人员"
    );
    let en = format!(
        "the ledger contradicts an earlier receipt: this statement has a receipt already ({path}), but the one returned now is of \
         another record. The ledger has lost the deposit or rewritten its history. The earlier receipt was not changed: keep it, \
         and inform the auditors"
    );
    Err(CliError::finding("history_rewritten", zh, en))
}
