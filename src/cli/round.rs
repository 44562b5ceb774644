//! One round of deposits: many files, one ledger, one key.
//!
//! ```text
//! statement there?  no: hash ─▶ sign ─▶ write the statement, fsync file and folder ─┐
//!                  yes: hash ─▶ the file is unchanged, the statement what is asked ─┴▶ send ─▶ verify ─▶ write the receipt
//! ```
//!
//! A crash anywhere leaves either no statement or a whole one; the next run goes on from there.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::compose::Details;
use crate::cli::digest::content;
use crate::cli::durable::{self, Whole};
use crate::cli::ending::Complaint;
use crate::cli::papers::{Papers, StatementPaper};
use crate::cli::progress::Progress;
use crate::cli::record::read_receipt;
use crate::client::batch::Answered;
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::entry::Entry;
use crate::ledger::key::{Name, Signer};
use crate::ledger::manifest::item::WantedDigests;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::receipt::{Facts, Receipt};
use crate::ledger::statement::content::Content;
use crate::ledger::verify::report::Conclusion;
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Presented, Question, verify};
use crate::ledger::verify::wording::{self, Language};
use crate::wire::json;
use crate::wire::receipt::print;

/// Mode of the statement's file, which holds salts and names.
pub const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// What all deposits of one command share.
#[derive(Debug)]
pub struct Round {
    client: LedgerClient,
    trust: Trust,
    /// The ledger that the statements are for.
    pub ledger: Name,
    /// Who signs them.
    pub signer: Signer,
    /// What they are to say beside the digests.
    pub details: Details,
    /// Where the papers go, unless beside the files.
    pub receipts: Option<PathBuf>,
    /// Whether what is deposited already is to be deposited once more.
    pub again: bool,
    /// Told of every byte hashed.
    pub progress: Progress,
}

/// A deposit that was made, now or earlier.
#[derive(Debug)]
pub struct Done {
    /// What the chain says of it, from the verified receipt.
    pub facts: Facts,
    /// Whether it was made just now.
    pub fresh: bool,
    /// Where its papers lie.
    pub papers: Papers,
}

/// A statement that is durably kept and ready to send.
#[derive(Debug)]
pub struct Ready {
    /// Where it is kept.
    pub papers: Papers,
    /// The statement.
    pub paper: StatementPaper,
}

impl Round {
    /// Of `details`, signed by `signer`, to the `ledger` that `client` reaches.
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

    /// Sends a statement that is kept, and takes its receipt home.
    ///
    /// # Errors
    ///
    /// [`Complaint`]. Whatever it is, the same command may be repeated.
    pub async fn send(self: &Arc<Self>, ready: Ready) -> Result<Done, Complaint> {
        let request = json::line(&ready.paper.request());
        let answered = self.client.deposit(request.as_bytes()).await;
        let round = Arc::clone(self);
        let taking = tokio::task::spawn_blocking(move || {
            let (done, receipt) = round.hold(ready, answered)?;
            durable::replace(&receipt.path, &receipt.bytes, receipt.mode)
                .map_err(|error| cannot_keep(&receipt.path, &error))?;
            Ok(done)
        });
        taking.await.map_err(|_| interrupted())?
    }

    /// Sends the requests of statements that are kept; what the node answered to each, in their order.
    pub async fn ask_all(&self, ready: &[Ready]) -> Vec<Answered> {
        let requests: Vec<String> = ready.iter().map(|ready| json::line(&ready.paper.request())).collect();
        match requests.as_slice() {
            [request] => vec![self.client.deposit(request.as_bytes()).await],
            requests => self.client.deposit_many(requests).await,
        }
    }

    /// Holds what the node answered against the statement; the receipt that is to be kept before anybody is told.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn hold(&self, ready: Ready, answered: Answered) -> Result<(Done, Whole), Complaint> {
        let (receipt, fresh) = answered.map_err(|error| withdraw_refused(&ready.papers, error))?;
        let facts = self.check(&receipt, &ready)?;
        keeps_its_word(&ready.papers, &receipt)?;
        let kept = Whole { path: ready.papers.receipt.clone(), bytes: print(&receipt).into_bytes(), mode: PUBLIC };
        Ok((Done { facts, fresh, papers: ready.papers }, kept))
    }

    /// The statement on the file at `path`: the one that is kept, or a new one that is to be kept before it is sent.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn state(&self, path: &Path) -> Result<(Ready, Option<Whole>), Complaint> {
        let papers = Papers::of(path, self.receipts.as_deref()).map_err(|error| Complaint::io(path, &error))?;
        let earlier = StatementPaper::load(&papers.statement)?;
        match earlier {
            Some(paper) if !self.again => Ok((self.repeat(path, papers, paper)?, None)),
            _ => self.make(path, papers, earlier),
        }
    }

    fn make(
        &self,
        path: &Path,
        papers: Papers,
        earlier: Option<StatementPaper>,
    ) -> Result<(Ready, Option<Whole>), Complaint> {
        // Before minutes of hashing, not after.
        durable::probe(&papers.statement).map_err(|error| cannot_keep(&papers.statement, &error))?;
        let salt = self.details.salt()?;
        let content = self.hash(path, salt.as_ref(), self.details.digests())?;
        let paper = self.details.compose(&self.ledger, path, content, salt.as_ref(), &self.signer)?;
        if let Some(note) = earlier.and_then(|earlier| earlier.note()) {
            let kept = papers.earlier(&note);
            for (from, to) in [(&papers.receipt, &kept.receipt), (&papers.statement, &kept.statement)] {
                match durable::rename(from, to) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot_keep(to, &error)),
                    _ => {}
                }
            }
        }
        let new = Whole { path: papers.statement.clone(), bytes: paper.to_text().into_bytes(), mode: PRIVATE };
        Ok((Ready { papers, paper }, Some(new)))
    }

    fn repeat(&self, path: &Path, papers: Papers, paper: StatementPaper) -> Result<Ready, Complaint> {
        self.as_stated(&papers, &paper)?;
        let unchanged = match paper.note().and_then(|note| note.statement().content) {
            Some(stated) => {
                let borne = WantedDigests { sha256: stated.sha256.is_some(), sm3: stated.sm3.is_some() };
                self.hash(path, paper.salt().as_ref(), borne)? == stated
            }
            None => false,
        };
        if !unchanged {
            let file = papers.statement.display();
            let zh = format!("文件在上次声明之后已改变（{file}）。如确需对现在的内容存证，请加 --again");
            let en = format!(
                "the file has changed since its statement was made ({file}); to deposit what it is now, add --again"
            );
            return Err(Complaint::unable("changed_since", zh, en));
        }
        Ok(Ready { papers, paper })
    }

    /// Whether the statement that is kept says what is asked for now.
    ///
    /// # Errors
    ///
    /// [`Complaint`] that names what differs.
    pub fn as_stated(&self, papers: &Papers, paper: &StatementPaper) -> Result<(), Complaint> {
        match self.details.departure(paper, &self.ledger, self.signer.verifier()) {
            Some(option) => Err(stated_otherwise(&papers.statement, option)),
            None => Ok(()),
        }
    }

    fn hash(&self, path: &Path, salt: Option<&[u8; SALT_LEN]>, wanted: WantedDigests) -> Result<Content, Complaint> {
        let hashed = content(path, salt, wanted, &|bytes| self.progress.add(bytes))?;
        if hashed.size == 0 {
            let en = format!("{}: an empty file; the digest of nothing proves nothing", path.display());
            return Err(Complaint::unable("empty_file", format!("{}：空文件", path.display()), en));
        }
        Ok(hashed.content)
    }

    /// Whether the receipt proves the deposit of this very statement.
    fn check(&self, receipt: &Receipt, ready: &Ready) -> Result<Facts, Complaint> {
        // The file was held against the statement before it was sent; here the statement is held against the record.
        let presented = Presented::Nothing;
        let question = Question { number: None, receipt, item: None, presented, history: None, trust: &self.trust };
        let report = verify(&question);
        let own = Entry::parse(receipt.entry.as_bytes()).ok().map(|entry| entry.statement.to_string());
        let is_own = own.is_some() && own == ready.paper.note().map(|note| note.to_string());
        let holds = report.conclusion == Conclusion::RecordOnly;
        match report.facts.clone() {
            Some(facts) if holds && is_own => Ok(facts),
            _ => {
                let why = |language| if is_own { wording::conclusion(&report, language) } else { String::new() };
                let zh = format!("节点返回的回执未通过核验，不视为已存证。{}", why(Language::Chinese));
                let en = format!(
                    "the receipt that the node answered does not hold, so this counts as not deposited. {}",
                    why(Language::English)
                );
                Err(Complaint::finding("receipt_does_not_hold", zh, en))
            }
        }
    }
}

/// A statement is kept already, and `option` asks for another.
#[must_use]
pub fn stated_otherwise(statement: &Path, option: &str) -> Complaint {
    let file = statement.display();
    let zh = format!("此文件已有声明（{file}），与现在的 {option} 不符。如需以新编号再次存证，请加 --again");
    let en = format!(
        "there is a statement on this file already ({file}), and it is not what {option} says now; to deposit it once \
         more, under a new number, add --again"
    );
    Complaint::unable("stated_otherwise", zh, en)
}

/// A statement that the ledger's rules refuse was never deposited and never will be: kept, it would stand in the way of
/// the right one. A receipt beside it says otherwise, so then nothing is touched.
fn withdraw_refused(papers: &Papers, error: ClientError) -> Complaint {
    let refused = match &error {
        ClientError::Problem { status, code, .. } => {
            matches!(status, 400 | 403 | 409 | 413 | 422) && code != "not_local"
        }
        _ => false,
    };
    if refused && !papers.receipt.exists() {
        // Should this fail, the next run says that a statement stands there.
        let _ = std::fs::remove_file(&papers.statement).and_then(|()| durable::sync_folder_of(&papers.statement));
    }
    error.into()
}

/// A receipt that is already there must say the same for ever: entry, place, block. If not, the ledger has lost the
/// deposit or rewritten its history, and the old receipt is the proof: it is never replaced.
fn keeps_its_word(papers: &Papers, receipt: &Receipt) -> Result<(), Complaint> {
    if !papers.receipt.exists() {
        return Ok(());
    }
    let held = read_receipt(&papers.receipt)?;
    let lasting = |r: &Receipt| (r.entry.clone(), r.index, r.header.clone(), r.entry_path.clone());
    if lasting(&held) == lasting(receipt) {
        return Ok(());
    }
    let path = papers.receipt.display();
    let zh = format!(
        "账本未守诺：同一声明早先已取得回执（{path}），现在的回执却是另一条记录。账本丢失了原存证或改写了历史。原回执未被覆盖，请妥善保存并通知审计人员"
    );
    let en = format!(
        "the ledger has broken its word: this statement has a receipt already ({path}), and the one it answers now is of \
         another record. It has lost the deposit or rewritten its history. The old receipt was not touched: keep it, and \
         inform the auditors"
    );
    Err(Complaint::finding("history_rewritten", zh, en))
}

/// A task is gone.
#[must_use]
pub fn interrupted() -> Complaint {
    Complaint::unable("interrupted", "操作被中断，请重复执行", "interrupted; repeat the command")
}

/// A paper could not be written.
#[must_use]
pub fn cannot_keep(path: &Path, error: &io::Error) -> Complaint {
    let complaint = Complaint::io(path, error);
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Complaint {
            code: "read_only_folder".into(),
            zh: format!("{}。无法在文件旁写入，请加 --receipts 文件夹", complaint.zh),
            en: format!("{}. Nothing can be written beside the file: add --receipts DIR", complaint.en),
            ..complaint
        },
        _ => complaint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_folder_is_answered_with_what_to_do() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            let complaint = cannot_keep(Path::new("/media/cd/a.tiezheng-statement"), &kind.into());
            assert_eq!(complaint.code, "read_only_folder");
            assert!(complaint.en.contains("--receipts") && complaint.zh.contains("--receipts"));
        }
        assert_eq!(cannot_keep(Path::new("a"), &io::ErrorKind::StorageFull.into()).code, "io");
    }
}
