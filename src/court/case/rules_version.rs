//! The version of the rules by which a case is replayed.
//!
//! # Invariants
//!
//! The version is recorded in the opening act of a case and never changes. So a correction of a rule applies to cases opened after it,
//! and the state of an older case stays as users and courts have seen it.

use crate::court::line_value::LineValue;

/// A case follows older rules than an act needs: it was opened before the act existed, and goes on with the acts that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the act needs version {needed} of the rules, and the case was opened under version {found}")]
pub struct OlderRules {
    /// The version that the act needs.
    pub needed: u32,
    /// The version of the case.
    pub found: u32,
}

/// The version of the rules of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RulesVersion {
    /// The first rules: one evidence period a case, which begins when the case is filed. The opening act has no line `rules`.
    V1,
    /// Periods begin with service; with confirmation rounds, hand-overs and the court's decisions on admission.
    V2,
}

impl RulesVersion {
    /// The version of new cases.
    pub const CURRENT: Self = Self::V2;

    /// Fails if a case follows older rules than an act needs.
    ///
    /// # Errors
    ///
    /// [`OlderRules`].
    pub fn require(self, needed: Self) -> Result<(), OlderRules> {
        if self >= needed { Ok(()) } else { Err(OlderRules { needed: needed.number(), found: self.number() }) }
    }

    /// Its number on the line `rules`.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

impl LineValue for RulesVersion {
    const EXPECTED: &'static str = "a version of the rules of a case, from 2; a case of version 1 has no such line";

    fn print(&self) -> String {
        self.number().to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        // Version 1 has one spelling: no line at all.
        (text == "2").then_some(Self::V2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_version_has_no_line_and_later_ones_have_one_spelling() {
        assert_eq!(RulesVersion::parse("2"), Some(RulesVersion::V2));
        for bad in ["1", "3", "02", ""] {
            assert_eq!(RulesVersion::parse(bad), None, "{bad:?}");
        }
        assert_eq!(RulesVersion::V2.require(RulesVersion::V2), Ok(()));
        assert_eq!(RulesVersion::V1.require(RulesVersion::V2), Err(OlderRules { needed: 2, found: 1 }));
    }
}
