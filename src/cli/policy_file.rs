//! A file of c2sp.org/tlog-policy as the user's folder stores it: one ledger, edited line by line.
//!
//! ```text
//! # comment
//! log <vkey> [url]
//! witness <name> <vkey> [url]
//! group <name> all|any|<k> <member>…
//! quorum <name>|none               the last line apart from comments
//! ```
//!
//! # Invariants
//!
//! The quorum is the last line apart from comments. So a truncated file is not read as a policy that trusts less: it lacks the
//! quorum. Lines that an edit does not concern are kept as they are, comments included.
//!
//! Not here: what the lines mean (`ledger::policy`), and where the files are (`trust_store`).

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;
use crate::cli::input;
use crate::ledger::hash::{lower_hex, sha256};
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::policy::{POLICY_MAX, Policy, PolicyError, PolicyFault, PolicyLog};
use crate::wire::chinese;

const HEADER: &str = "# A ledger that tiezheng trusts (c2sp.org/tlog-policy). Edit with `tiezheng trust`.\n\
                      # 本机信任的账本；请用 tiezheng trust 修改。\n";
const NO_QUORUM: &str = "quorum none";
/// Digits of a policy's file name.
const ID_DIGITS: usize = 16;
/// The end of a policy's file name.
pub const EXTENSION: &str = ".policy";

/// The lines of a policy and what they mean.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    lines: Vec<Line>,
    policy: Policy,
}

#[derive(Debug, Clone)]
enum Line {
    Log { key: Box<VerifierKey>, text: String },
    Quorum(String),
    Other(String),
}

/// An invalid line of a policy.
#[derive(Debug)]
pub struct BadLine {
    /// Line number, from 1.
    pub number: usize,
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<PolicyError> for BadLine {
    fn from(PolicyError { line, fault }: PolicyError) -> Self {
        let zh = chinese::policy(&fault);
        match fault {
            PolicyFault::NoQuorum => Self::without_quorum(line),
            fault => Self { number: line, zh, en: fault.to_string() },
        }
    }
}

impl BadLine {
    fn without_quorum(number: usize) -> Self {
        Self {
            number,
            zh: "缺少最后的 quorum 行，文件可能被截断，所信任的账本密钥可能已丢失".to_owned(),
            en: "the last line, `quorum`, is missing: the file may have been cut off, and ledger keys that you trust may be lost"
                .to_owned(),
        }
    }
}

/// The name of a ledger's policy file, without extension.
#[must_use]
pub fn policy_id(origin: &Name) -> String {
    sha256(origin.as_str().as_bytes()).to_string().chars().take(ID_DIGITS).collect()
}

/// The policy file of a ledger in the folder of policies.
#[must_use]
pub fn policy_path(policies: &Path, origin: &Name) -> PathBuf {
    policies.join(format!("{}{EXTENSION}", policy_id(origin)))
}

/// The error for an invalid line of a policy.
#[must_use]
pub fn bad_policy(path: &Path, BadLine { number, zh, en }: &BadLine) -> CliError {
    let path = path.display();
    let zh = format!("{path} 第 {number} 行：{zh}。请从备份恢复该文件，或改正该行；确需重新开始，请删除该文件");
    let en = format!(
        "{path} line {number}: {en}. Restore the file from a backup, or correct the line; delete it only to start over"
    );
    CliError::unable("bad_policy", zh, en)
}

/// The name of a policy file without extension; `None` if this is no name of one.
#[must_use]
pub fn id_of(name: &OsStr) -> Option<&str> {
    name.to_str()?.strip_suffix(EXTENSION).filter(|id| lower_hex::<{ ID_DIGITS / 2 }>(id).is_some())
}

/// Reads a policy that the user gives, with the quorum anywhere.
///
/// # Errors
///
/// [`CliError`]: the file cannot be read, or has an invalid line.
pub fn read_given_policy(path: &Path) -> Result<PolicyFile, CliError> {
    let text = input::text(path, POLICY_MAX)?;
    PolicyFile::given(&text).map_err(|BadLine { number, zh, en }| {
        let path = path.display();
        let zh = format!("{path} 第 {number} 行不符合策略文件格式（C2SP tlog-policy）：{zh}。请改正该行");
        let en = format!("{path} line {number}: {en}. Correct the line (c2sp.org/tlog-policy)");
        CliError::unable("bad_policy", zh, en)
    })
}

/// Reads a policy of the user's folder.
///
/// # Errors
///
/// As [`parse_policy`]; or the file cannot be read.
pub fn read_policy(path: &Path) -> Result<PolicyFile, CliError> {
    parse_policy(path, &input::text(path, input::SMALL)?)
}

/// Parses the text of a policy of the user's folder.
///
/// # Errors
///
/// [`CliError`]: it is empty, or has an invalid line.
pub fn parse_policy(path: &Path, text: &str) -> Result<PolicyFile, CliError> {
    if text.trim().is_empty() {
        let zh =
            format!("{} 是空文件，所信任的账本密钥已丢失。请从备份恢复；确需重新开始，请删除该文件", path.display());
        let en = format!(
            "{} is empty: the ledger keys that you trust are lost. Restore it from a backup; delete it only to start over",
            path.display()
        );
        return Err(CliError::unable("bad_policy", zh, en));
    }
    PolicyFile::parse(text).map_err(|bad| bad_policy(path, &bad))
}

fn words(line: &str) -> Vec<&str> {
    line.split('#').next().unwrap_or_default().split_ascii_whitespace().collect()
}

impl PolicyFile {
    /// The policy that trusts this ledger and requires no witness.
    #[must_use]
    pub fn of_log(log: &PolicyLog) -> Self {
        let mut lines: Vec<Line> = HEADER.lines().map(|line| Line::Other(line.to_owned())).collect();
        lines.push(line_of(log));
        lines.push(Line::Quorum(NO_QUORUM.to_owned()));
        let policy = Policy::of_log(log.key.clone(), log.url.clone());
        Self { lines, policy }
    }

    /// Parses a file of the user's folder.
    ///
    /// # Errors
    ///
    /// [`BadLine`]: the first invalid line; also one after the quorum.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let file = Self::given(text)?;
        let quorum = text.lines().position(|line| words(line).first() == Some(&"quorum"));
        let after = text.lines().enumerate().skip(quorum.map_or(usize::MAX, |at| at + 1));
        match after.into_iter().find(|(_, line)| !words(line).is_empty()) {
            None => Ok(file),
            Some((at, _)) => Err(BadLine {
                number: at + 1,
                zh: "quorum 须为最后一行，其后只可有注释".to_owned(),
                en: "nothing but comments may follow the quorum, the last line".to_owned(),
            }),
        }
    }

    /// Parses a policy that the user gives, with the quorum anywhere.
    ///
    /// # Errors
    ///
    /// [`BadLine`]: the first invalid line.
    pub fn given(text: &str) -> Result<Self, BadLine> {
        let policy = Policy::parse(text)?;
        let parsed = |line: &str| match words(line).as_slice() {
            ["log", vkey, ..] => VerifierKey::parse(vkey).map_or_else(
                |_| Line::Other(line.to_owned()),
                |key| Line::Log { key: Box::new(key), text: line.to_owned() },
            ),
            ["quorum", ..] => Line::Quorum(line.to_owned()),
            _ => Line::Other(line.to_owned()),
        };
        Ok(Self { lines: text.lines().map(parsed).collect(), policy })
    }

    /// What the lines mean.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The origins of its ledgers, each once.
    #[must_use]
    pub fn origins(&self) -> Vec<Name> {
        let mut origins: Vec<Name> = Vec::new();
        for log in self.policy.logs() {
            if !origins.contains(log.key.name()) {
                origins.push(log.key.name().clone());
            }
        }
        origins
    }

    /// The same policy for one of its ledgers.
    #[must_use]
    pub fn for_ledger(&self, origin: &Name) -> Self {
        self.without_logs(|key| key.name() != origin)
    }

    /// Adds a ledger.
    pub fn add(&mut self, log: &PolicyLog) {
        let at = self.lines.iter().rposition(|line| matches!(line, Line::Log { .. })).map_or_else(
            || self.lines.iter().position(|line| matches!(line, Line::Quorum(_))).unwrap_or_default(),
            |at| at + 1,
        );
        self.lines.insert(at, line_of(log));
        self.reparse();
    }

    /// The same policy without the ledgers whose keys are meant.
    #[must_use]
    pub fn without_logs(&self, is_meant: impl Fn(&VerifierKey) -> bool) -> Self {
        let mut file = self.clone();
        file.lines.retain(|line| !matches!(line, Line::Log { key, .. } if is_meant(key)));
        file.reparse();
        file
    }

    /// Whether it says nothing but comments and that no witness is required.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.policy.logs().is_empty() && self.policy.witnesses().is_empty()
    }

    /// The text of the file: the lines unchanged, the quorum last.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let is_quorum = |line: &&Line| matches!(line, Line::Quorum(_));
        // Writing to a String cannot fail.
        for line in self.lines.iter().filter(|line| !is_quorum(line)).chain(self.lines.iter().filter(is_quorum)) {
            let (Line::Log { text: line, .. } | Line::Quorum(line) | Line::Other(line)) = line;
            let _ = writeln!(text, "{line}");
        }
        text
    }

    fn reparse(&mut self) {
        // Only log lines change, which define no name that another line uses.
        if let Ok(policy) = Policy::parse(&self.to_text()) {
            self.policy = policy;
        }
    }
}

fn line_of(PolicyLog { key, url }: &PolicyLog) -> Line {
    let text = match url {
        Some(url) => format!("log {key} {url}"),
        None => format!("log {key}"),
    };
    Line::Log { key: Box::new(key.clone()), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::key::Signer;

    fn key(name: &str, seed: u8) -> VerifierKey {
        Signer::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap().verifier().clone()
    }

    fn witness(name: &str, seed: u8) -> String {
        let cosigner = Cosigner::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap();
        format!("witness {name} {} http://{name}", cosigner.key())
    }

    #[test]
    fn lines_that_an_edit_does_not_concern_are_kept() {
        let (a, b) = (key("a/1", 1), key("a/1", 2));
        let text = format!("# mine\n{} # court\nlog {a} http://a # ours\n\nquorum w # all\n# end\n", witness("w", 7));
        let mut file = PolicyFile::parse(&text).unwrap();
        file.add(&PolicyLog { key: b.clone(), url: None });
        let expected = text.replace("# ours\n", &format!("# ours\nlog {b}\n"));
        let expected = expected.replace("quorum w # all\n# end\n", "# end\nquorum w # all\n");
        assert_eq!(file.to_text(), expected);
        assert_eq!(file.policy().logs().len(), 2);
        assert_eq!(file.policy().required(), 1);
        let without = file.without_logs(|key| *key == a || *key == b);
        assert!(without.policy().logs().is_empty() && !without.says_nothing());
        assert!(without.to_text().contains(" # court\n"));
        assert_eq!(PolicyFile::parse(&file.to_text()).unwrap().to_text(), file.to_text());
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
            ("quorum none\n# ok\nquorum none\n", 3),
            ("# only\n", 2),
        ] {
            assert_eq!(PolicyFile::parse(bad).unwrap_err().number, line, "{bad}");
        }
        let behind = format!("quorum none\n# x\nlog {}\n", key("a/1", 1));
        assert_eq!(PolicyFile::parse(&behind).unwrap_err().number, 3);
        assert!(PolicyFile::given(&behind).is_ok(), "a policy from elsewhere has its lines in any order");
        assert!(PolicyFile::given(&behind).unwrap().to_text().ends_with("quorum none\n"));
    }

    #[test]
    fn a_policy_of_several_ledgers_is_split() {
        let text = format!("log {}\n{}\nlog {} http://b\nquorum w\n", key("a/1", 1), witness("w", 7), key("b/1", 2));
        let file = PolicyFile::given(&text).unwrap();
        assert_eq!(file.origins().len(), 2);
        for origin in file.origins() {
            let own = file.for_ledger(&origin);
            assert_eq!((own.origins(), own.policy().required()), (vec![origin], 1));
        }
    }
}
