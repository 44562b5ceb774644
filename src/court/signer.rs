//! The people on the list of a confirmation round, as the round's opening act names them.

use crate::court::ids::{AccountId, AgentNumber, AnnexId, PartyNumber};
use crate::court::line_value::LineValue;
use crate::court::session_words::ParticipantKind;
use crate::court::words::Role;
use crate::ledger::hash::Digest;

/// Somebody who must confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signer {
    /// A party: itself, or its agent for it.
    Party(PartyNumber),
    /// An agent, for itself.
    Agent(AgentNumber),
    /// The holder of a role: judge, clerk, mediator, ….
    Holder(Role, AccountId),
    /// Somebody without an account in the case, whose name is an annex.
    Other(ParticipantKind, AnnexId),
}

impl Signer {
    /// Whether it is an official of the court or of the mediation, who signs by office. Experts and appraisal institutions hold a role as
    /// well, but take part as others do: their identity is checked, and they may refuse.
    #[must_use]
    pub const fn signs_by_office(&self) -> bool {
        matches!(self, Self::Holder(role, _) if !matches!(role, Role::Expert | Role::AppraisalInstitution))
    }
}

impl LineValue for Signer {
    const EXPECTED: &'static str = "party N, agent N, a role and an account, or a kind of participant and an annex";

    fn expected_in_chinese() -> Option<String> {
        Some("应为“当事人 1”“代理人 1”“法官 账号”“书记员 账号”“证人 姓名”等，中间空一格".into())
    }

    fn print(&self) -> String {
        match self {
            Self::Party(number) => format!("party {number}"),
            Self::Agent(number) => format!("agent {number}"),
            Self::Holder(role, account) => format!("{role} {account}"),
            Self::Other(kind, name) => format!("{kind} {name}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (word, value) = text.split_once(' ')?;
        match word {
            "party" => PartyNumber::parse(value).map(Self::Party),
            "agent" => AgentNumber::parse(value).map(Self::Agent),
            _ => match (Role::parse(word), ParticipantKind::parse(word)) {
                (Some(role), _) => AccountId::parse(value).map(|account| Self::Holder(role, account)),
                (None, Some(kind)) => AnnexId::parse(value).map(|name| Self::Other(kind, name)),
                (None, None) => None,
            },
        }
    }

    fn parse_typed(text: &str) -> Option<Self> {
        let typed = || match text.trim().split_once(' ')? {
            ("当事人", number) => PartyNumber::parse(number).map(Self::Party),
            ("代理人", number) => AgentNumber::parse(number).map(Self::Agent),
            (word, account) => Some(Self::Holder(Role::from_typed(word)?, AccountId::parse(account)?)),
        };
        Self::parse(text).or_else(typed)
    }

    fn annex(&self) -> Option<Digest> {
        match self {
            Self::Other(_, name) => Some(name.0),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signer_has_one_spelling_and_only_names_are_annexes() {
        let hex = "ab".repeat(32);
        for good in ["party 1".to_owned(), "agent 2".into(), format!("judge {hex}"), format!("witness {hex}")] {
            let signer = Signer::parse(&good).unwrap();
            assert_eq!(signer.print(), good);
            assert_eq!(signer.annex().is_some(), good.starts_with("witness"), "{good}");
        }
        for bad in ["party 0", "judge", "party", "stranger 1", "judge 1", "witness 1", ""] {
            assert_eq!(Signer::parse(bad), None, "{bad}");
        }
        // In requests, words may be in Chinese; records have one spelling.
        for (typed, word) in [("当事人 1", "party 1"), ("代理人 2", "agent 2"), ("法官 ", "judge ")] {
            let typed = if typed.ends_with(' ') { format!("{typed}{hex}") } else { typed.to_owned() };
            let read = Signer::parse_typed(&typed).unwrap();
            assert!(read.print().starts_with(word), "{typed}");
            assert_eq!(Signer::parse(&typed), None);
        }
    }
}
