//! Trust policies (c2sp.org/tlog-policy): which logs are trusted, and which witnesses must have cosigned a checkpoint.
//!
//! ```text
//! # comment
//! log <vkey> [url]                        key of type 0x01
//! witness <name> <vkey> [url]             key of type 0x04; the url is where it accepts checkpoints
//! group <name> all|any|<k> <member>…      members are witnesses or groups defined above
//! quorum <name>|none                      exactly once
//! ```
//!
//! Fields are separated by spaces and tabs. Names are those of the file only, not of keys; `none` is reserved. Each witness and
//! group is a member of at most one group, so that the groups form a tree and a cosignature counts once.
//!
//! # Invariants
//!
//! A policy has one quorum, and every name in it is defined. No key occurs twice, and no two keys of witnesses have the same
//! name. So a cosignature is of at most one witness.

use std::collections::BTreeSet;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{CosignatureError, CosignerKey, cosignatures};
use crate::ledger::key::{KeyTextError, Name, VerifierKey};
use crate::ledger::verify::attestation::Cosignature;

/// Maximum length of a policy in bytes.
pub const POLICY_MAX: usize = 1 << 20;
/// Maximum number of members of a policy, groups included: more than any consortium has, and few enough for quadratic
/// checks.
const MEMBERS_MAX: usize = 1024;
/// The name that means "no witness is required".
const NONE: &str = "none";

/// A log of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key. The key's name is the log's origin.
    pub key: VerifierKey,
    /// Its address.
    pub url: Option<String>,
}

/// A witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in the file.
    pub name: String,
    /// Its key.
    pub key: CosignerKey,
    /// The address at which it accepts checkpoints, without `/add-checkpoint`.
    pub url: Option<String>,
}

/// A group: a threshold of its members must have cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: usize,
    members: Vec<Member>,
}

/// A witness or a group, by its position in the policy's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// A trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

/// How far the cosignatures on a checkpoint satisfy a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumState {
    /// The verified cosignatures of witnesses that count towards the quorum, in the policy's order: k of "witnessed k of n".
    pub cosignatures: Vec<Cosignature>,
    /// Number of witnesses that can count towards the quorum: n.
    pub witnesses: usize,
    /// The smallest number of cosignatures with which the quorum can be reached; 0 for the quorum `none`.
    pub required: usize,
    /// Whether the quorum is reached. Always true for the quorum `none`.
    pub reached: bool,
}

/// An invalid line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct PolicyError {
    /// Line number, from 1; after the last line for a missing one.
    pub line: usize,
    /// What is wrong.
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFault {
    /// The first word is not one of the four keywords.
    #[error("expected `log`, `witness`, `group`, `quorum` or a comment")]
    UnknownWord,
    /// A line with too few or too many fields; contains the required form.
    #[error("expected `{0}`")]
    Form(&'static str),
    /// Not a key.
    #[error(transparent)]
    Key(#[from] KeyTextError),
    /// A repeated key, or a second witness key with the same name.
    #[error("the key occurs twice")]
    KeyTwice,
    /// A name that is already defined, or `none`.
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    /// A name that is not defined above.
    #[error("no witness or group `{0}` is defined above")]
    UnknownName(String),
    /// A member of two groups, or twice of one.
    #[error("`{0}` is a member of two groups")]
    MemberTwice(String),
    /// Not `all`, `any`, or a number from 1 to the number of members.
    #[error("expected `all`, `any` or a number from 1 to the number of members")]
    Threshold,
    /// A second quorum line.
    #[error("there is more than one quorum line")]
    QuorumTwice,
    /// No quorum line.
    #[error("the quorum line is missing: the file may have been cut off")]
    NoQuorum,
    /// Too long, or more than 1,024 lines that define something.
    #[error("the policy is too large")]
    TooLarge,
}

impl Policy {
    /// A policy that trusts `key` and requires no witness.
    #[must_use]
    pub fn of_log(key: VerifierKey, url: Option<String>) -> Self {
        Self { logs: vec![PolicyLog { key, url }], witnesses: Vec::new(), groups: Vec::new(), quorum: None }
    }

    /// Parses a policy file.
    ///
    /// # Errors
    ///
    /// [`PolicyError`]: the first invalid line.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut parser = Parser::default();
        let mut lines = 0;
        for (line, content) in (1..).zip(text.lines()) {
            lines = line;
            parser.line(content).map_err(|fault| PolicyError { line, fault })?;
        }
        if text.len() > POLICY_MAX {
            return Err(PolicyError { line: lines, fault: PolicyFault::TooLarge });
        }
        if parser.has_quorum {
            Ok(parser.policy)
        } else {
            Err(PolicyError { line: lines + 1, fault: PolicyFault::NoQuorum })
        }
    }

    /// The trusted logs.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The keys that are trusted for the ledger `origin`.
    #[must_use]
    pub fn keys_of(&self, origin: &Name) -> Vec<VerifierKey> {
        let of_origin = self.logs.iter().filter(|log| log.key.name() == origin);
        of_origin.map(|log| log.key.clone()).collect()
    }

    /// All witnesses, including witnesses that cannot count towards the quorum.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// The witnesses that can count towards the quorum, in the order of the file.
    pub fn counted_witnesses(&self) -> impl Iterator<Item = &PolicyWitness> {
        let mut counted = BTreeSet::new();
        if let Some(quorum) = self.quorum {
            self.collect_witnesses(quorum, &mut counted);
        }
        (0..).zip(&self.witnesses).filter(move |(at, _)| counted.contains(at)).map(|(_, witness)| witness)
    }

    /// Whether a quorum of witnesses is required.
    #[must_use]
    pub const fn requires_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// The smallest number of cosignatures with which the quorum can be reached; 0 for the quorum `none`.
    #[must_use]
    pub fn required(&self) -> usize {
        self.quorum.map_or(0, |quorum| self.smallest(quorum))
    }

    /// The quorum with its groups, in the policy's names: `court`, or `2/3 (court, notary, 1/2 (a, b))` for two of
    /// three members, one of them a group. Empty for the quorum `none`.
    #[must_use]
    pub fn quorum_text(&self) -> String {
        self.quorum.map_or_else(String::new, |quorum| self.member_text(quorum))
    }

    fn member_text(&self, member: Member) -> String {
        match member {
            Member::Witness(at) => self.witnesses.get(at).map_or_else(String::new, |witness| witness.name.clone()),
            Member::Group(at) => {
                let (threshold, members) = self.group(at);
                let names: Vec<String> = members.iter().map(|one| self.member_text(*one)).collect();
                format!("{threshold}/{} ({})", members.len(), names.join(", "))
            }
        }
    }

    /// Whether the cosignatures of `has_cosigned` are a quorum.
    #[must_use]
    pub fn is_reached(&self, has_cosigned: &dyn Fn(&CosignerKey) -> bool) -> bool {
        self.quorum.is_none_or(|quorum| self.is_satisfied(quorum, has_cosigned))
    }

    /// Verifies the cosignatures on `checkpoint` by this policy's witnesses. Does not verify the log's own signature:
    /// [`SignedCheckpoint::verified_by`] does.
    ///
    /// # Errors
    ///
    /// [`CosignatureError`] for a line in the name of a witness of the policy that does not verify.
    pub fn evaluate(&self, checkpoint: &SignedCheckpoint) -> Result<QuorumState, CosignatureError> {
        // Lines of witnesses that do not count are verified too, so that a forged line is not ignored.
        cosignatures(checkpoint, self.witnesses.iter().map(|witness| &witness.key))?;
        let found = cosignatures(checkpoint, self.counted_witnesses().map(|witness| &witness.key))?;
        let reached = self.is_reached(&|key| found.iter().any(|(cosigner, _)| *cosigner == key));
        Ok(QuorumState {
            witnesses: self.counted_witnesses().count(),
            required: self.required(),
            reached,
            cosignatures: found.into_iter().map(|(_, cosignature)| cosignature).collect(),
        })
    }

    fn group(&self, at: usize) -> (usize, &[Member]) {
        // A parsed policy contains every group that it names. A missing group counts as not satisfied.
        self.groups.get(at).map_or((usize::MAX, &[]), |group| (group.threshold, &group.members))
    }

    fn is_satisfied(&self, member: Member, has_cosigned: &dyn Fn(&CosignerKey) -> bool) -> bool {
        match member {
            Member::Witness(at) => self.witnesses.get(at).is_some_and(|witness| has_cosigned(&witness.key)),
            Member::Group(at) => {
                let (threshold, members) = self.group(at);
                members.iter().filter(|member| self.is_satisfied(**member, has_cosigned)).count() >= threshold
            }
        }
    }

    fn smallest(&self, member: Member) -> usize {
        match member {
            Member::Witness(_) => 1,
            Member::Group(at) => {
                let (threshold, members) = self.group(at);
                let mut smallest: Vec<usize> = members.iter().map(|member| self.smallest(*member)).collect();
                smallest.sort_unstable();
                smallest.iter().take(threshold).sum()
            }
        }
    }

    fn collect_witnesses(&self, member: Member, into: &mut BTreeSet<usize>) {
        match member {
            Member::Witness(at) => drop(into.insert(at)),
            Member::Group(at) => self.group(at).1.iter().for_each(|member| self.collect_witnesses(*member, into)),
        }
    }
}

/// Parses line by line.
struct Parser {
    policy: Policy,
    has_quorum: bool,
    /// Names of witnesses and groups that are members of a group.
    grouped: BTreeSet<String>,
}

impl Default for Parser {
    fn default() -> Self {
        let policy = Policy { logs: Vec::new(), witnesses: Vec::new(), groups: Vec::new(), quorum: None };
        Self { policy, has_quorum: false, grouped: BTreeSet::new() }
    }
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<(), PolicyFault> {
        let content = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = content.split([' ', '\t', '\r']).filter(|word| !word.is_empty()).collect();
        let policy = &self.policy;
        if policy.logs.len() + policy.witnesses.len() + policy.groups.len() > MEMBERS_MAX {
            return Err(PolicyFault::TooLarge);
        }
        match words.as_slice() {
            [] => Ok(()),
            ["log", vkey, url @ ..] if url.len() < 2 => self.log(vkey, url.first()),
            ["log", ..] => Err(PolicyFault::Form("log <vkey> [url]")),
            ["witness", name, vkey, url @ ..] if url.len() < 2 => self.witness(name, vkey, url.first()),
            ["witness", ..] => Err(PolicyFault::Form("witness <name> <vkey> [url]")),
            ["group", name, threshold, members @ ..] if !members.is_empty() => self.group(name, threshold, members),
            ["group", ..] => Err(PolicyFault::Form("group <name> all|any|<k> <member>…")),
            ["quorum", name] => self.quorum(name),
            ["quorum", ..] => Err(PolicyFault::Form("quorum <name>|none")),
            _ => Err(PolicyFault::UnknownWord),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&&str>) -> Result<(), PolicyFault> {
        let key = VerifierKey::parse(vkey)?;
        if self.policy.logs.iter().any(|log| log.key.public() == key.public()) {
            return Err(PolicyFault::KeyTwice);
        }
        self.policy.logs.push(PolicyLog { key, url: url.map(|url| (*url).to_owned()) });
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&&str>) -> Result<(), PolicyFault> {
        self.check_free(name)?;
        let key = CosignerKey::parse(vkey)?;
        let same = |witness: &PolicyWitness| witness.key.public() == key.public() || witness.key.name() == key.name();
        if self.policy.witnesses.iter().any(same) {
            return Err(PolicyFault::KeyTwice);
        }
        self.policy.witnesses.push(PolicyWitness { name: name.to_owned(), key, url: url.map(|url| (*url).to_owned()) });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), PolicyFault> {
        self.check_free(name)?;
        let threshold = match threshold {
            "all" => members.len(),
            "any" => 1,
            number => {
                let canonical = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
                let number = number.parse().ok().filter(|_| canonical).ok_or(PolicyFault::Threshold)?;
                if number > members.len() {
                    return Err(PolicyFault::Threshold);
                }
                number
            }
        };
        let mut found = Vec::with_capacity(members.len());
        for member in members {
            found.push(self.find(member)?);
            if !self.grouped.insert((*member).to_owned()) {
                return Err(PolicyFault::MemberTwice((*member).to_owned()));
            }
        }
        self.policy.groups.push(Group { name: name.to_owned(), threshold, members: found });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), PolicyFault> {
        if std::mem::replace(&mut self.has_quorum, true) {
            return Err(PolicyFault::QuorumTwice);
        }
        self.policy.quorum = if name == NONE { None } else { Some(self.find(name)?) };
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Member, PolicyFault> {
        let witness = self.policy.witnesses.iter().position(|witness| witness.name == name).map(Member::Witness);
        let group = || self.policy.groups.iter().position(|group| group.name == name).map(Member::Group);
        witness.or_else(group).ok_or_else(|| PolicyFault::UnknownName(name.to_owned()))
    }

    fn check_free(&self, name: &str) -> Result<(), PolicyFault> {
        if name == NONE || self.find(name).is_ok() { Err(PolicyFault::NameTaken(name.to_owned())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
