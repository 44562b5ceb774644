//! Values of several words on one line of an act: capacities, identity checks, the origin of transferred items.

use crate::court::calendar::Day;
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::ids::{AgentNumber, CaseId, ItemNumber, PartyNumber};
use crate::court::line_value::LineValue;
use crate::court::period::basis::Basis;
use crate::court::short_forms;
use crate::court::window::Subject;
use crate::court::words::{HandedInBy, IdentityLevel, IdentityMethod, Purpose, Role, words};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// The capacity in which an account acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capacity {
    /// As a party of the case.
    Party(PartyNumber),
    /// As a party's agent.
    Agent(AgentNumber),
    /// In a role held outside the case.
    Holding(Role),
    /// In a role held at the court to which the case's dossier is handed over.
    Receiving(Role),
    /// The account itself, outside any case.
    Oneself,
    /// The platform itself, which records divergences.
    Platform,
}

impl LineValue for Capacity {
    const EXPECTED: &'static str = "party N, agent N, a role, receiving and a role, oneself or platform";

    fn expected_in_chinese() -> Option<String> {
        Some("应为“当事人 1”“代理人 1”（空一格后写序号），或者“法官”“书记员”等角色".into())
    }

    fn print(&self) -> String {
        match self {
            Self::Party(number) => format!("party {number}"),
            Self::Agent(number) => format!("agent {number}"),
            Self::Holding(role) => role.print(),
            Self::Receiving(role) => format!("receiving {role}"),
            Self::Oneself => "oneself".into(),
            Self::Platform => "platform".into(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("party", number)) => PartyNumber::parse(number).map(Self::Party),
            Some(("agent", number)) => AgentNumber::parse(number).map(Self::Agent),
            Some(("receiving", role)) => Role::parse(role).filter(|role| role.acts_in_cases()).map(Self::Receiving),
            Some(_) => None,
            None if text == "oneself" => Some(Self::Oneself),
            None if text == "platform" => Some(Self::Platform),
            None => Role::parse(text).map(Self::Holding),
        }
    }

    fn parse_typed(text: &str) -> Option<Self> {
        let text = text.trim();
        let typed = || match text.split_once(' ') {
            Some(("当事人", number)) => PartyNumber::parse(number).map(Self::Party),
            Some(("代理人", number)) => AgentNumber::parse(number).map(Self::Agent),
            Some(_) => None,
            None => Role::from_typed(text).map(Self::Holding),
        };
        Self::parse(text).or_else(typed)
    }
}

/// An identity check made elsewhere. The reference to it is an annex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityCheck {
    /// How.
    pub method: IdentityMethod,
    /// How far it goes.
    pub level: IdentityLevel,
    /// When.
    pub at: Timestamp,
}

impl LineValue for IdentityCheck {
    const EXPECTED: &'static str = "a method, a level and a time";

    fn print(&self) -> String {
        format!("{} {} {}", self.method, self.level, self.at)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let method = IdentityMethod::parse(words.next()?)?;
        let level = IdentityLevel::parse(words.next()?)?;
        let at = Timestamp::parse(words.next()?)?;
        words.next().is_none().then_some(Self { method, level, at })
    }
}

/// The first import of an item that was transferred from another case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstImport {
    /// The case.
    pub case: CaseId,
    /// The item there.
    pub item: ItemNumber,
    /// The time of its first import.
    pub at: Timestamp,
    /// Whether it was late there.
    pub late: bool,
}

impl LineValue for FirstImport {
    const EXPECTED: &'static str = "a case, an item, a time, and `late` where it was";

    fn print(&self) -> String {
        let late = if self.late { " late" } else { "" };
        format!("{} {} {}{late}", self.case, self.item, self.at)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let case = CaseId::parse(words.next()?)?;
        let item = ItemNumber::parse(words.next()?)?;
        let at = Timestamp::parse(words.next()?)?;
        let late = match words.next() {
            None => false,
            Some("late") => true,
            Some(_) => return None,
        };
        words.next().is_none().then_some(Self { case, item, at, late })
    }
}

/// When a document came to the court, where the court entered it later (民诉法 art. 85 (4)): that day decides whether it is in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedIn {
    /// How.
    pub by: HandedInBy,
    /// 交邮日 or 递交日.
    pub on: Day,
}

impl LineValue for HandedIn {
    const EXPECTED: &'static str = "`posted` or `delivered`, and a day";

    fn expected_in_chinese() -> Option<String> {
        Some("应为“交邮”或者“递交”，空一格后写日期，如“交邮 2026-12-08”".into())
    }

    fn print(&self) -> String {
        format!("{} {}", self.by, self.on)
    }

    fn parse(text: &str) -> Option<Self> {
        let (by, on) = text.split_once(' ')?;
        Some(Self { by: HandedInBy::parse(by)?, on: Day::parse(on)? })
    }

    fn parse_typed(text: &str) -> Option<Self> {
        let (by, on) = text.trim().split_once(' ')?;
        Some(Self { by: HandedInBy::from_typed(by)?, on: Day::parse(on.trim())? })
    }
}

/// What an item of evidence is for: it rebuts, cures or reinforces another item (证据规定 art. 51 (3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPurpose {
    /// What it does.
    pub purpose: Purpose,
    /// To which item.
    pub item: ItemNumber,
}

impl LineValue for ItemPurpose {
    const EXPECTED: &'static str = "`rebuts`, `cures` or `reinforces`, and an item";

    fn expected_in_chinese() -> Option<String> {
        Some("应为“反驳”“补正”“补强”之一，空一格后写证据序号，如“反驳 2”".into())
    }

    fn print(&self) -> String {
        format!("{} {}", self.purpose, self.item)
    }

    fn parse(text: &str) -> Option<Self> {
        let (purpose, item) = text.split_once(' ')?;
        Some(Self { purpose: Purpose::parse(purpose)?, item: ItemNumber::parse(item)? })
    }

    fn parse_typed(text: &str) -> Option<Self> {
        let (purpose, item) = text.trim().split_once(' ')?;
        Some(Self { purpose: Purpose::from_typed(purpose)?, item: ItemNumber::parse(item.trim())? })
    }
}

/// A step of a verification and its outcome, by their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// The step's code.
    pub step: String,
    /// The outcome's code.
    pub outcome: String,
}

impl LineValue for StepOutcome {
    const EXPECTED: &'static str = "a step and its outcome";

    fn print(&self) -> String {
        format!("{} {}", self.step, self.outcome)
    }

    fn parse(text: &str) -> Option<Self> {
        let (step, outcome) = text.split_once(' ')?;
        let code = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (code(step) && code(outcome)).then(|| Self { step: step.into(), outcome: outcome.into() })
    }
}

/// A code of the verification report: lower-case letters and underscores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(pub String);

impl LineValue for Code {
    const EXPECTED: &'static str = "a code";

    fn print(&self) -> String {
        self.0.clone()
    }

    fn parse(text: &str) -> Option<Self> {
        let code = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        code.then(|| Self(text.into()))
    }
}

impl LineValue for Day {
    const EXPECTED: &'static str = "a day like 2026-11-22";

    fn expected_in_chinese() -> Option<String> {
        Some("应为形如 2026-11-22 的日期".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

/// What a period is about: `item 3`, `document <deposit number>` or `act 12`.
impl LineValue for Subject {
    const EXPECTED: &'static str =
        "`item` and an item, `document` and a deposit number, or `act` and the number of an act, as the case shows it";

    fn expected_in_chinese() -> Option<String> {
        Some("应为“证据”及其序号、“文书”及其存证编号、“操作”及其序号之一，中间空一格，如“证据 2”".into())
    }

    fn print(&self) -> String {
        match self {
            Self::Item(item) => format!("item {item}"),
            Self::Document(number) => format!("document {number}"),
            Self::Act(sequence) => format!("act {sequence}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (what, which) = text.split_once(' ')?;
        Some(match what {
            "item" => Self::Item(ItemNumber::parse(which)?),
            "document" => Self::Document(<DepositNumber as LineValue>::parse(which)?),
            "act" => Self::Act(<u64 as LineValue>::parse(which)?),
            _ => return None,
        })
    }

    fn parse_typed(text: &str) -> Option<Self> {
        let (what, which) = text.trim().split_once(' ')?;
        let what = match what {
            "证据" => "item",
            "文书" => "document",
            "操作" => "act",
            what => what,
        };
        Self::parse(&format!("{what} {}", which.trim()))
    }
}

impl LineValue for CaseNumber {
    const EXPECTED: &'static str = "a case number like （2026）粤0192民初113号";

    fn expected_in_chinese() -> Option<String> {
        Some("格式不正确，应如（2026）粤0192民初113号".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl LineValue for CourtCode {
    const EXPECTED: &'static str = "a court's code like 粤0192";

    fn expected_in_chinese() -> Option<String> {
        Some("应为法院代字，形如 粤0192".into())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl LineValue for Basis {
    const EXPECTED: &'static str = "a basis of the evidence period";

    fn expected_in_chinese() -> Option<String> {
        Some(short_forms::one_of::<Self>(&[]))
    }

    fn print(&self) -> String {
        self.word().to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn parse_typed(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| short_forms::short_form(text.trim()))
    }
}

words! {
    /// The filer: 【我是原告】, 【我是代理人】, the statutory agent of a person without capacity to litigate, or the court for a party who
    /// came in person.
    Filer {
        Principal = "principal" / "本人" / "the party itself",
        Agent = "agent" / "代理人" / "its agent",
        StatutoryAgent = "statutory-agent" / "法定代理人" / "its statutory agent",
        Court = "court" / "法院代为录入" / "the court for it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_one_spelling() {
        let identity = IdentityCheck::parse("face high 2026-11-22T01:04:11.123Z").unwrap();
        assert_eq!(identity.print(), "face high 2026-11-22T01:04:11.123Z");
        for bad in ["face high", "face  high 2026-11-22T01:04:11.123Z", "nose high 2026-11-22T01:04:11.123Z"] {
            assert_eq!(IdentityCheck::parse(bad), None, "{bad}");
        }
        for good in ["item 3", "document 20261122-0K7M-X9QT-3D5W-C3", "act 12"] {
            assert_eq!(Subject::parse(good).map(|subject| subject.print()).as_deref(), Some(good));
        }
        for bad in ["item", "item 0", "document 7", "act -1", "act", "party 1", "Item 1"] {
            assert_eq!(Subject::parse(bad), None, "{bad}");
        }
        assert_eq!(Subject::parse_typed(" 证据 3 "), Some(Subject::Item(ItemNumber(3))));
        for good in ["party 1", "agent 2", "judge", "receiving clerk", "oneself", "platform"] {
            assert_eq!(Capacity::parse(good).map(|capacity| capacity.print()).as_deref(), Some(good));
        }
        for bad in ["party 0", "party", "party  1", "stranger", "judge 1", "receiving", "receiving lawyer"] {
            assert_eq!(Capacity::parse(bad), None, "{bad}");
        }
    }
}
