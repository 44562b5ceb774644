//! The ledger keys that this user trusts: `trust.policy`, a file of c2sp.org/tlog-policy.
//!
//! ```text
//! # comment
//! log <vkey> [url]        one per ledger; the key's name is the ledger's origin
//! quorum none             no witnesses are required; any other quorum is refused, since no witness is checked yet
//! ```
//!
//! The quorum is the last line apart from comments. So a truncated file is not read as a policy that trusts less: it lacks the
//! quorum.
//!
//! An unknown ledger is pinned at first contact, as ssh does with a host, and this is reported. From then on a ledger with a
//! pinned origin or address and another key is rejected with an error of its own. Lines about witnesses are kept; any other
//! line is an error, and so is an unreadable file.
//!
//! This file decides what verifies: it is in the user's own folder and is never taken from a receipt.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::key_history_file;
use crate::cli::terminal::escaped_name;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::ledger::verify::trust::Trust;
use crate::wire::chinese;

const HEADER: &str = "# The ledger keys that tiezheng trusts (c2sp.org/tlog-policy). Edit with `tiezheng trust`.\n\
                      # 本机信任的账本密钥；请用 tiezheng trust 修改。\n";

/// A pinned ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedLog {
    /// The ledger's key.
    pub key: VerifierKey,
    /// The address at which it was pinned.
    pub url: Option<String>,
}

/// The lines of the file and the ledgers that they pin.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    lines: Vec<Line>,
    /// Key histories that were followed from a pinned key.
    histories: Vec<KeyHistory>,
}

#[derive(Debug, Clone)]
enum Line {
    Log(Box<PinnedLog>),
    Quorum,
    Other(String),
}

/// An invalid line of a policy.
#[derive(Debug)]
struct BadLine {
    /// Line number, from 1.
    number: usize,
    zh: String,
    en: String,
}

/// A key compared with the pinned keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinState {
    /// The key is pinned.
    Pinned,
    /// Neither its origin nor the address is known.
    Unknown,
    /// Its origin or the address is pinned with another key.
    Conflicts(Box<PinnedLog>),
}

impl TrustStore {
    /// Reads the user's file; nothing is pinned if there is no file, or no folder for one.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn of(config: &Config) -> Result<Self, CliError> {
        let Ok(path) = config.trust_policy() else { return Ok(Self::default()) };
        let mut known = Self::load(&path)?;
        let keys: Vec<_> = known.logs().map(|log| log.key.clone()).collect();
        let origins: BTreeSet<_> = keys.iter().map(|key| key.name().as_str()).collect();
        for origin in origins.into_iter().filter_map(Name::parse) {
            let pinned: Vec<_> = keys.iter().filter(|key| *key.name() == origin).cloned().collect();
            known.histories.extend(key_history_file::stored(config, &origin, &pinned)?);
        }
        Ok(known)
    }

    /// Reads the file; nothing is pinned if there is no file. An unreadable or invalid file is an error, since a ledger with a
    /// changed key would otherwise be taken for an unknown one.
    ///
    /// # Errors
    ///
    /// [`CliError`]: unreadable, empty, or an invalid line.
    pub fn load(path: &Path) -> Result<Self, CliError> {
        let Some(text) = input::text_if_present(path, input::SMALL)? else { return Ok(Self::default()) };
        if text.trim().is_empty() {
            let zh = format!(
                "{} 是空文件，所信任的账本密钥已丢失。请从备份恢复；确需重新开始，请删除该文件",
                path.display()
            );
            let en = format!(
                "{} is empty: the ledger keys that you trust are lost. Restore it from a backup; delete it only to start over",
                path.display()
            );
            return Err(CliError::unable("bad_policy", zh, en));
        }
        Self::parse(&text).map_err(|BadLine { number, zh, en }| {
            let path = path.display();
            let zh = format!("{path} 第 {number} 行：{zh}。请从备份恢复该文件，或改正该行；确需重新开始，请删除该文件");
            let en = format!(
                "{path} line {number}: {en}. Restore the file from a backup, or correct the line; delete it only to start over"
            );
            CliError::unable("bad_policy", zh, en)
        })
    }

    fn parse(text: &str) -> Result<Self, BadLine> {
        let mut pinned = Self::default();
        let mut lines = 0;
        for (number, line) in (1..).zip(text.lines()) {
            lines = number;
            let bad = |zh: &str, en: String| BadLine { number, zh: zh.to_owned(), en };
            let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_ascii_whitespace().collect();
            let is_whole = pinned.lines.iter().any(|line| matches!(line, Line::Quorum));
            let parsed = match words.as_slice() {
                [_, ..] if is_whole => {
                    let en = "nothing but comments may follow `quorum none`, the last line".into();
                    return Err(bad("quorum none 须为最后一行，其后只可有注释", en));
                }
                ["log", vkey, rest @ ..] if rest.len() < 2 => {
                    let key = VerifierKey::parse(vkey).map_err(|error| bad(chinese::key(error), error.to_string()))?;
                    if pinned.logs().any(|log| log.key == key) {
                        return Err(bad("同一密钥出现两次", "the key is there twice".into()));
                    }
                    Line::Log(Box::new(PinnedLog { key, url: rest.first().map(|url| (*url).to_owned()) }))
                }
                ["log", ..] => return Err(bad("应为 log 密钥 [地址]", "expected `log <vkey> [url]`".into())),
                ["quorum", "none"] => Line::Quorum,
                // To require less than the policy states would trust more than the user does.
                ["quorum", ..] => {
                    let en = "only `quorum none` is supported: no witness is checked yet";
                    return Err(bad("只支持 quorum none：尚不核对见证人", en.into()));
                }
                [] | ["witness" | "group", ..] => Line::Other(line.to_owned()),
                [word, ..] => {
                    let word = escaped_name(word);
                    let zh = format!("“{word}”：应为 log、witness、group、quorum 或 # 注释");
                    return Err(bad(&zh, format!("`{word}`: expected log, witness, group, quorum or a # comment")));
                }
            };
            pinned.lines.push(parsed);
        }
        if !pinned.lines.iter().any(|line| matches!(line, Line::Quorum)) {
            return Err(BadLine {
                number: lines + 1,
                zh: "缺少最后一行 quorum none，文件可能被截断，所信任的账本密钥可能已丢失".to_owned(),
                en: "the last line, `quorum none`, is missing: the file may have been cut off, and ledger keys that you trust \
                     may be lost"
                    .to_owned(),
            });
        }
        Ok(pinned)
    }

    /// The pinned ledgers, in the file's order.
    pub fn logs(&self) -> impl Iterator<Item = &PinnedLog> {
        self.lines.iter().filter_map(|line| if let Line::Log(log) = line { Some(&**log) } else { None })
    }

    /// The trusted keys for the verifier.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let trust = Trust::new(self.logs().map(|log| log.key.clone()).collect());
        self.histories.iter().cloned().fold(trust, Trust::with_history)
    }

    /// Replaces the pinned keys of this history by its current key. The history must have been followed from one of them.
    pub fn follow(&mut self, history: &KeyHistory) {
        let current = &history.current().key;
        let mut is_pinned = self.logs().any(|log| log.key == *current);
        let is_older = |key: &VerifierKey| key != current && history.periods().any(|period| period.key == *key);
        self.lines.retain_mut(|line| match line {
            Line::Log(log) if is_older(&log.key) && is_pinned => false,
            Line::Log(log) if is_older(&log.key) => {
                log.key = current.clone();
                is_pinned = true;
                true
            }
            _ => true,
        });
    }

    /// Compares `key`, received from `url`, with the pinned keys.
    #[must_use]
    pub fn pin_state(&self, key: &VerifierKey, url: Option<&str>) -> PinState {
        if self.logs().any(|log| log.key == *key) {
            return PinState::Pinned;
        }
        let same_place =
            |log: &&PinnedLog| log.key.name() == key.name() || (url.is_some() && log.url.as_deref() == url);
        self.logs().find(same_place).map_or(PinState::Unknown, |log| PinState::Conflicts(Box::new(log.clone())))
    }

    /// Pins a ledger that is [`PinState::Unknown`].
    pub fn add(&mut self, log: PinnedLog) {
        self.lines.push(Line::Log(Box::new(log)));
    }

    /// Removes the ledgers whose vkey, origin or address is `text`, and returns their number.
    pub fn remove(&mut self, text: &str) -> usize {
        let before = self.lines.len();
        let is_meant = |log: &PinnedLog| {
            log.key.to_string() == text || log.key.name().as_str() == text || log.url.as_deref() == Some(text)
        };
        self.lines.retain(|line| !matches!(line, Line::Log(log) if is_meant(log)));
        before - self.lines.len()
    }

    /// The text of the file: the lines unchanged, the quorum last.
    fn to_text(&self) -> String {
        let mut text = String::new();
        if !self.lines.iter().any(|line| matches!(line, Line::Other(other) if other.starts_with('#'))) {
            text.push_str(HEADER);
        }
        for line in &self.lines {
            // Writing to a String cannot fail.
            let _ = match line {
                Line::Log(log) => match &log.url {
                    Some(url) => writeln!(text, "log {} {url}", log.key),
                    None => writeln!(text, "log {}", log.key),
                },
                Line::Other(other) => writeln!(text, "{other}"),
                Line::Quorum => Ok(()),
            };
        }
        text.push_str("quorum none\n");
        text
    }
}

/// Changes the file under a lock, so that no concurrent change is lost.
///
/// # Errors
///
/// [`CliError`]: an error of `change`, or the file cannot be read or written.
pub fn update<T>(path: &Path, change: impl FnOnce(&mut TrustStore) -> Result<T, CliError>) -> Result<T, CliError> {
    let io = |error: io::Error| CliError::io(path, &error);
    make_private_folder(durable::folder_of(path)).map_err(io)?;
    let lock_path = path.with_extension("policy.lock");
    let at_lock = |error: io::Error| CliError::io(&lock_path, &error);
    // Opened for reading too: opening a pipe only for writing would wait for a reader.
    let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock_path);
    let lock = lock.map_err(at_lock)?;
    lock.lock().map_err(at_lock)?;
    let mut pinned = TrustStore::load(path)?;
    let before = pinned.to_text();
    let answer = change(&mut pinned)?;
    if pinned.to_text() != before {
        durable::replace(path, pinned.to_text().as_bytes(), 0o600).map_err(io)?;
    }
    Ok(answer)
}

/// Pins `key`, received from `url`; returns whether it was unknown.
///
/// # Errors
///
/// [`CliError`] if the origin or the address is pinned with another key.
pub fn pin(path: &Path, key: &VerifierKey, url: Option<&str>) -> Result<bool, CliError> {
    update(path, |pinned| match pinned.pin_state(key, url) {
        PinState::Pinned => Ok(false),
        PinState::Unknown => {
            pinned.add(PinnedLog { key: key.clone(), url: url.map(str::to_owned) });
            Ok(true)
        }
        PinState::Conflicts(log) => Err(key_changed(&log, key, path)),
    })
}

/// Fails if another key than `key`, received from `url`, is pinned for its origin or that address. Pins nothing.
///
/// # Errors
///
/// [`CliError`]; also if the file cannot be read.
pub fn unchanged(config: &Config, key: &VerifierKey, url: Option<&str>) -> Result<(), CliError> {
    match TrustStore::of(config)?.pin_state(key, url) {
        PinState::Conflicts(log) => Err(key_changed(&log, key, &config.trust_policy()?)),
        PinState::Pinned | PinState::Unknown => Ok(()),
    }
}

fn key_changed(pinned: &PinnedLog, received: &VerifierKey, path: &Path) -> CliError {
    let place = |name: &Name| pinned.url.clone().unwrap_or_else(|| name.to_string());
    let (place, file, known) = (place(pinned.key.name()), path.display(), &pinned.key);
    let (zh, en) = (format!("账本密钥已改变：{place}"), format!("THE KEY OF THE LEDGER HAS CHANGED at {place}."));
    CliError::finding("ledger_key_changed", zh, en)
        .with_line(format!("  已固定：{known}"), format!("  pinned: {known}"))
        .with_line(format!("  现收到：{received}"), format!("  now:    {received}"))
        .with_line(
            format!(
                "可能有人在中间冒充，或者账本已重新建立。没有发送任何内容。请通过其他途径向运营者核对；\
                 确认新密钥无误后才运行：tiezheng trust remove '{known}'（固定的密钥在 {file}）。"
            ),
            format!(
                "Either somebody stands between you and the ledger, or it was set up anew. Nothing was sent. Ask the operator by \
                 another way; only if the new key is right: tiezheng trust remove '{known}' (the pinned keys are in {file})."
            ),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::Signer;

    fn key(name: &str, seed: u8) -> VerifierKey {
        Signer::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap().verifier().clone()
    }

    #[test]
    fn a_policy_keeps_the_lines_it_does_not_know() {
        let text = format!("# mine\nwitness w key\nlog {} http://a # ours\nquorum none\n", key("a/1", 1));
        let mut pinned = TrustStore::parse(&text).unwrap();
        assert_eq!(pinned.logs().next().unwrap().url.as_deref(), Some("http://a"));
        pinned.add(PinnedLog { key: key("b/1", 2), url: None });
        let expected =
            format!("# mine\nwitness w key\nlog {} http://a\nlog {}\nquorum none\n", key("a/1", 1), key("b/1", 2));
        assert_eq!(pinned.to_text(), expected);
        assert_eq!(TrustStore::parse(&expected).unwrap().trust().keys().len(), 2);
    }

    #[test]
    fn what_is_no_policy_is_refused_by_its_line() {
        let twice = format!("log {0}\nlog {0}\n", key("a/1", 1));
        let hidden = format!("\u{200B}log {} http://a\n", key("a/1", 1));
        for (bad, line) in [
            ("Log x\n", 1),
            (&*hidden, 1),
            ("# a\n\0\0\n", 2),
            ("log x\n", 1),
            ("\nlog\n", 2),
            ("quorum two\n", 1),
            (&*twice, 2),
            ("log a b c\n", 1),
        ] {
            assert_eq!(TrustStore::parse(bad).unwrap_err().number, line, "{bad}");
        }
    }

    #[test]
    fn a_policy_that_an_editor_saved_pins_what_it_did_and_a_broken_one_pins_nothing_silently() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path().to_owned());
        let path = config.trust_policy().unwrap();
        let line = format!("log {} http://a\nquorum none", key("a/1", 1));
        let utf16: Vec<u8> = format!("\u{FEFF}{line}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let windows = line.replace('\n', "\r\n");
        let saved = [line.clone(), format!("\u{FEFF}{windows}\r\n"), format!("# mine\r\n{windows} # the end\r\n# end")];
        for bytes in saved.map(String::into_bytes).into_iter().chain([utf16]) {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(unchanged(&config, &key("a/1", 2), Some("http://a")).unwrap_err().code, "ledger_key_changed");
            assert_eq!(pin(&path, &key("b/1", 3), Some("http://a")).unwrap_err().code, "ledger_key_changed");
        }
        let without_quorum = format!("log {} http://a\n", key("a/1", 1));
        let behind_quorum = format!("quorum none\n{without_quorum}");
        let broken = ["", "\n", "\0\0\0", "{}", "PRIVATE", HEADER, "# mine\n", &without_quorum, &behind_quorum];
        for broken in broken {
            std::fs::write(&path, broken).unwrap();
            assert_eq!(TrustStore::load(&path).unwrap_err().code, "bad_policy", "{broken:?}");
            assert_eq!(pin(&path, &key("b/1", 3), None).unwrap_err().code, "bad_policy");
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(TrustStore::load(&path).unwrap_err().code, "io", "a policy should be there");
    }

    #[test]
    fn a_policy_that_was_cut_off_anywhere_is_an_error_or_says_all_that_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.policy");
        assert!(pin(&path, &key("a/1", 1), Some("http://a")).unwrap());
        assert!(pin(&path, &key("b/1", 2), None).unwrap());
        let (whole, pinned) = (std::fs::read(&path).unwrap(), TrustStore::load(&path).unwrap());
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            match TrustStore::load(&path) {
                Ok(cut) => assert!(cut.logs().eq(pinned.logs()), "{length}"),
                Err(error) => {
                    assert!(["bad_policy", "not_utf8"].contains(&error.code.as_ref()), "{length}: {error:?}");
                    assert!(error.en.contains("trust.policy"), "{error:?}");
                }
            }
        }
        // A policy without any key is valid.
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(update(&path, |pinned| Ok(pinned.remove("a/1") + pinned.remove("b/1"))).unwrap(), 2);
        assert_eq!(TrustStore::load(&path).unwrap().logs().count(), 0);
    }

    #[test]
    fn a_changed_key_is_refused_by_origin_and_by_address() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path().join("config"));
        let path = config.trust_policy().unwrap();
        assert!(pin(&path, &key("a/1", 1), Some("http://a")).unwrap());
        assert!(!pin(&path, &key("a/1", 1), Some("http://elsewhere")).unwrap());
        for (other, url) in [(key("a/1", 2), "http://b"), (key("b/1", 3), "http://a")] {
            assert_eq!(pin(&path, &other, Some(url)).unwrap_err().code, "ledger_key_changed");
        }
        assert_eq!(unchanged(&config, &key("b/1", 3), Some("http://a")).unwrap_err().code, "ledger_key_changed");
        assert_eq!(unchanged(&config, &key("b/1", 3), Some("http://b")), Ok(()));
        assert_eq!(TrustStore::load(&path).unwrap().logs().count(), 1, "nothing is pinned by looking");
        assert!(pin(&path, &key("b/1", 3), Some("http://b")).unwrap());
        assert_eq!(TrustStore::load(&path).unwrap().logs().count(), 2);
        assert_eq!(update(&path, |pinned| Ok(pinned.remove("http://a"))).unwrap(), 1);
        assert!(pin(&path, &key("a/1", 2), Some("http://a")).unwrap());
    }
}
