//! The report of `backup` and `restore`: which files a copy has besides the database, and the results of their checks.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::cli::backups::walk::NEXT_KEY;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service::ORIGINALS;
use crate::cli::folder_checks::{account_files_missing, missing_account_files};
use crate::cli::node_keys::{self, KeyReport, KeyState};
use crate::cli::originals_check::{OriginalsReport, sizes_of_originals};
use crate::cli::screen::{BAD, GOOD, Screen, WARNING};
use crate::store::factory::FolderReader;

/// The report on a copy.
#[derive(Debug)]
pub struct CopyReport {
    keys: Vec<KeyReport>,
    originals: OriginalsReport,
    accounts: Option<CliError>,
}

impl CopyReport {
    /// Compares keys, account files and originals in `folder` with the ledger that `store` reads there.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the ledger or the account files cannot be read.
    pub fn of(folder: &Path, store: &FolderReader) -> Result<Self, CliError> {
        Self::with_originals(folder, &folder.join(ORIGINALS), store)
    }

    /// As [`Self::of`], with originals in a folder of their own.
    ///
    /// # Errors
    ///
    /// As [`Self::of`].
    pub fn with_originals(folder: &Path, originals: &Path, store: &FolderReader) -> Result<Self, CliError> {
        let keys = node_keys::report(folder, store)?;
        let originals = sizes_of_originals(store, originals)?;
        let accounts = account_files_missing(folder, &missing_account_files(folder)?);
        Ok(Self { keys, originals, accounts })
    }

    /// The same for a copy that leaves out the successor's key.
    #[must_use]
    pub fn without_successor(mut self) -> Self {
        self.keys.iter_mut().filter(|key| key.name == NEXT_KEY).for_each(|key| key.state = KeyState::Missing);
        self
    }

    /// The first key that is wrong or unreadable.
    #[must_use]
    pub fn wrong_key(&self) -> Option<&CliError> {
        let wrong = |key: &&KeyReport| matches!(key.state, KeyState::Differs | KeyState::Unreadable);
        self.keys.iter().find(wrong).and_then(|key| key.error.as_ref())
    }

    /// A missing key is reported and is not an error: it may be stored elsewhere.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        let is_good = self.wrong_key().is_none() && self.originals.faults.is_empty() && self.accounts.is_none();
        if is_good { ExitStatus::Good } else { ExitStatus::Finding }
    }

    /// The fields of the JSON document.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let keys: Map<_, _> = self.keys.iter().map(|key| (key.name.to_owned(), json!(key.state.word()))).collect();
        let faults: Vec<_> = self.originals.faults.iter().map(ToString::to_string).collect();
        let mut fields = Map::new();
        fields.insert("keys".into(), keys.into());
        fields.insert("originals".into(), json!(self.originals.kept));
        fields.insert("originals_faults".into(), json!(faults));
        fields.insert("originals_decrypted".into(), json!(false));
        fields.insert("account_files_complete".into(), json!(self.accounts.is_none()));
        fields
    }

    /// Prints the report.
    ///
    /// # Errors
    ///
    /// The screen.
    pub fn show(&self, screen: &Screen) -> anyhow::Result<()> {
        let is_zh = screen.pick("zh", "en") == "zh";
        for key in &self.keys {
            let (zh, en) = key.label;
            let label = format!("{} {}", screen.pick(zh, en), key.name);
            if key.name == NEXT_KEY && key.state == KeyState::Missing {
                let text = screen.pick("：未含，须另行保管", " is not in it: it is kept apart");
                screen.line(format!("{label}{text}"))?;
                continue;
            }
            let (tone, word) = match key.state {
                KeyState::Matches => (GOOD, screen.pick("已含，与账本相符", "is in it and is this ledger's")),
                KeyState::NotNeeded => continue,
                KeyState::Missing => (WARNING, screen.pick("未含", "is not in it")),
                KeyState::Differs => (BAD, screen.pick("与账本不符", "is not this ledger's")),
                KeyState::Unreadable => (BAD, screen.pick("无法读取", "cannot be read")),
            };
            screen.line(screen.paint(tone, &format!("{label}{}{word}", screen.pick("：", " "))))?;
            if let Some(CliError { zh, en, .. }) = &key.error {
                screen.line(format!("  {}", screen.pick(zh, en)))?;
            }
        }
        if let Some(CliError { zh, en, .. }) = &self.accounts {
            screen.line(screen.paint(BAD, screen.pick(zh, en)))?;
        }
        for fault in &self.originals.faults {
            let word = screen.pick("托管原文有问题", "an original in custody");
            let text = if is_zh { fault.chinese() } else { fault.to_string() };
            screen.line(format!("{}  {text}", screen.paint(BAD, word)))?;
        }
        self.show_originals(screen)
    }

    fn show_originals(&self, screen: &Screen) -> anyhow::Result<()> {
        let kept = self.originals.kept;
        let good = kept - self.originals.faults.len() as u64;
        let zh = format!(
            "托管原文：{kept} 件中 {good} 件存在且大小相符；未解密，内容未经核对（请对该文件夹运行 tiezheng audit）"
        );
        let en = format!(
            "originals in custody: {good} of {kept} are there in their size; they were not decrypted, so their content \
             was not checked (run `tiezheng audit` on the folder)"
        );
        Ok(screen.line(screen.pick(&zh, &en))?)
    }

    /// The private parts of the folder, as a list in the screen's language.
    #[must_use]
    pub fn private_parts(&self, screen: &Screen) -> String {
        let there =
            |key: &&KeyReport| matches!(key.state, KeyState::Matches | KeyState::Differs | KeyState::Unreadable);
        let keys = self.keys.iter().filter(there).map(|key| key.name.to_owned());
        let mut parts: Vec<String> = keys.collect();
        parts.push(screen.pick("存证的非公开信息", "the private content of deposits").into());
        let objects = self.originals.kept - self.originals.faults.len() as u64;
        if objects > 0 {
            let (zh, en) =
                (format!("{objects} 件原文及其密钥"), format!("{objects} originals with the keys that open them"));
            parts.push(screen.pick(&zh, &en).into());
        }
        parts.join(screen.pick("、", ", "))
    }
}
