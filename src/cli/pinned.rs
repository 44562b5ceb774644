//! The ledger keys that this user trusts: `trust.policy`, a file of c2sp.org/tlog-policy.
//!
//! ```text
//! # comment
//! log <vkey> [url]        one per ledger; the key's name is the ledger's origin
//! quorum none             no witnesses are required; any other quorum is refused, since no witness is checked yet
//! ```
//!
//! A ledger met for the first time is pinned, as ssh does with a host, and said so. From then on a ledger that answers
//! under a pinned origin or address with another key is refused by name. Lines that this program does not know are kept.
//!
//! Whoever controls this file decides what verifies: it lies in the user's own folder and is never taken from a receipt.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::cli::config::make_private_folder;
use crate::cli::durable;
use crate::cli::ending::Complaint;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::verify::trust::Trust;

const HEADER: &str = "# The ledger keys that tiezheng trusts (c2sp.org/tlog-policy). Edit with `tiezheng trust`.\n\
                      # 本机信任的账本密钥；请用 tiezheng trust 修改。\n";

/// A pinned ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedLog {
    /// Its key.
    pub key: VerifierKey,
    /// Where it was met.
    pub url: Option<String>,
}

/// The file's lines, and what they pin.
#[derive(Debug, Clone, Default)]
pub struct Pinned {
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
enum Line {
    Log(Box<PinnedLog>),
    Quorum,
    Other(String),
}

/// How a key stands to the pinned ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is pinned.
    Pinned,
    /// Neither its origin nor the address is known.
    Unknown,
    /// Its origin or the address is pinned with another key.
    Conflicts(Box<PinnedLog>),
}

impl Pinned {
    /// Reads the file; none is pinned where there is no file.
    ///
    /// # Errors
    ///
    /// [`Complaint`]: unreadable, or a line that is none.
    pub fn load(path: &Path) -> Result<Self, Complaint> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|(line, why)| {
                let zh = format!("{} 第 {line} 行：{why}", path.display());
                Complaint::unable("bad_policy", zh, format!("{} line {line}: {why}", path.display()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Complaint::io(path, &error)),
        }
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut pinned = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_ascii_whitespace().collect();
            let parsed = match words.as_slice() {
                ["log", vkey, rest @ ..] if rest.len() < 2 => {
                    let key = VerifierKey::parse(vkey).map_err(|error| (number, error.to_string()))?;
                    if pinned.logs().any(|log| log.key == key) {
                        return Err((number, "the key is there twice".into()));
                    }
                    Line::Log(Box::new(PinnedLog { key, url: rest.first().map(|url| (*url).to_owned()) }))
                }
                ["log", ..] => return Err((number, "expected `log <vkey> [url]`".into())),
                ["quorum", "none"] => Line::Quorum,
                // To ask less than the policy says would be to trust somebody whom the user does not.
                ["quorum", ..] => {
                    return Err((number, "only `quorum none` is supported: no witness is checked yet".into()));
                }
                _ => Line::Other(line.to_owned()),
            };
            pinned.lines.push(parsed);
        }
        Ok(pinned)
    }

    /// The pinned ledgers, in the file's order.
    pub fn logs(&self) -> impl Iterator<Item = &PinnedLog> {
        self.lines.iter().filter_map(|line| if let Line::Log(log) = line { Some(&**log) } else { None })
    }

    /// What the verifier is to trust.
    #[must_use]
    pub fn trust(&self) -> Trust {
        Trust::new(self.logs().map(|log| log.key.clone()).collect())
    }

    /// How `key`, met at `url`, stands to what is pinned.
    #[must_use]
    pub fn standing(&self, key: &VerifierKey, url: Option<&str>) -> Standing {
        if self.logs().any(|log| log.key == *key) {
            return Standing::Pinned;
        }
        let same_place =
            |log: &&PinnedLog| log.key.name() == key.name() || (url.is_some() && log.url.as_deref() == url);
        self.logs().find(same_place).map_or(Standing::Unknown, |log| Standing::Conflicts(Box::new(log.clone())))
    }

    /// Pins a ledger that [`Standing::Unknown`] holds of.
    pub fn add(&mut self, log: PinnedLog) {
        self.lines.push(Line::Log(Box::new(log)));
    }

    /// Takes out the ledgers whose vkey, origin or address is `text`; how many these were.
    pub fn remove(&mut self, text: &str) -> usize {
        let before = self.lines.len();
        let is_meant = |log: &PinnedLog| {
            log.key.to_string() == text || log.key.name().as_str() == text || log.url.as_deref() == Some(text)
        };
        self.lines.retain(|line| !matches!(line, Line::Log(log) if is_meant(log)));
        before - self.lines.len()
    }

    /// The file's text: the lines as they were, the quorum last.
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

/// Changes the file, alone: two programs that pin at once both get their line.
///
/// # Errors
///
/// [`Complaint`]: what `change` complains of, or the file cannot be read or written.
pub fn update<T>(path: &Path, change: impl FnOnce(&mut Pinned) -> Result<T, Complaint>) -> Result<T, Complaint> {
    let io = |error: io::Error| Complaint::io(path, &error);
    make_private_folder(durable::folder_of(path)).map_err(io)?;
    let lock = File::create(path.with_extension("policy.lock")).map_err(io)?;
    lock.lock().map_err(io)?;
    let mut pinned = Pinned::load(path)?;
    let before = pinned.to_text();
    let answer = change(&mut pinned)?;
    if pinned.to_text() != before {
        durable::replace(path, pinned.to_text().as_bytes(), 0o600).map_err(io)?;
    }
    Ok(answer)
}

/// Pins `key`, met at `url`; whether it was unknown until now.
///
/// # Errors
///
/// [`Complaint`] by name when the origin or the address is pinned with another key.
pub fn pin(path: &Path, key: &VerifierKey, url: Option<&str>) -> Result<bool, Complaint> {
    update(path, |pinned| match pinned.standing(key, url) {
        Standing::Pinned => Ok(false),
        Standing::Unknown => {
            pinned.add(PinnedLog { key: key.clone(), url: url.map(str::to_owned) });
            Ok(true)
        }
        Standing::Conflicts(log) => Err(key_changed(&log, key, path)),
    })
}

/// Complains when `key`, met at `url`, is another than is pinned for its origin or that address; pins nothing.
///
/// # Errors
///
/// [`Complaint`], by name; or the file cannot be read.
pub fn unchanged(path: &Path, key: &VerifierKey, url: Option<&str>) -> Result<(), Complaint> {
    match Pinned::load(path)?.standing(key, url) {
        Standing::Conflicts(log) => Err(key_changed(&log, key, path)),
        Standing::Pinned | Standing::Unknown => Ok(()),
    }
}

fn key_changed(pinned: &PinnedLog, met: &VerifierKey, path: &Path) -> Complaint {
    let place = |name: &Name| pinned.url.clone().unwrap_or_else(|| name.to_string());
    let (place, file, known) = (place(pinned.key.name()), path.display(), &pinned.key);
    let (zh, en) = (format!("账本密钥已改变：{place}"), format!("THE KEY OF THE LEDGER HAS CHANGED at {place}."));
    Complaint::finding("ledger_key_changed", zh, en)
        .with_line(format!("  已固定：{known}"), format!("  pinned: {known}"))
        .with_line(format!("  现收到：{met}"), format!("  now:    {met}"))
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
        let mut pinned = Pinned::parse(&text).unwrap();
        assert_eq!(pinned.logs().next().unwrap().url.as_deref(), Some("http://a"));
        pinned.add(PinnedLog { key: key("b/1", 2), url: None });
        let expected =
            format!("# mine\nwitness w key\nlog {} http://a\nlog {}\nquorum none\n", key("a/1", 1), key("b/1", 2));
        assert_eq!(pinned.to_text(), expected);
        assert_eq!(Pinned::parse(&expected).unwrap().trust().keys().len(), 2);
    }

    #[test]
    fn what_is_no_policy_is_refused_by_its_line() {
        let twice = format!("log {0}\nlog {0}\n", key("a/1", 1));
        for (bad, line) in [("log x\n", 1), ("\nlog\n", 2), ("quorum two\n", 1), (&*twice, 2), ("log a b c\n", 1)] {
            assert_eq!(Pinned::parse(bad).unwrap_err().0, line, "{bad}");
        }
    }

    #[test]
    fn a_changed_key_is_refused_by_origin_and_by_address() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/trust.policy");
        assert!(pin(&path, &key("a/1", 1), Some("http://a")).unwrap());
        assert!(!pin(&path, &key("a/1", 1), Some("http://elsewhere")).unwrap());
        for (other, url) in [(key("a/1", 2), "http://b"), (key("b/1", 3), "http://a")] {
            assert_eq!(pin(&path, &other, Some(url)).unwrap_err().code, "ledger_key_changed");
        }
        assert_eq!(unchanged(&path, &key("b/1", 3), Some("http://a")).unwrap_err().code, "ledger_key_changed");
        assert_eq!(unchanged(&path, &key("b/1", 3), Some("http://b")), Ok(()));
        assert_eq!(Pinned::load(&path).unwrap().logs().count(), 1, "nothing is pinned by looking");
        assert!(pin(&path, &key("b/1", 3), Some("http://b")).unwrap());
        assert_eq!(Pinned::load(&path).unwrap().logs().count(), 2);
        assert_eq!(update(&path, |pinned| Ok(pinned.remove("http://a"))).unwrap(), 1);
        assert!(pin(&path, &key("a/1", 2), Some("http://a")).unwrap());
    }
}
