//! Identifiers: opaque ids of accounts, cases and tokens, and small numbers of the parts of a case.
//!
//! An id reveals nothing about a person. The name of an account is in an annex, which can be erased.

use std::fmt;

use crate::court::line_value::LineValue;
use crate::ledger::hash::Digest;

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident $($more:item)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Digest);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl LineValue for $name {
            const EXPECTED: &'static str = Digest::EXPECTED;

            fn expected_in_chinese() -> Option<String> {
                Some("应为 64 位小写十六进制数".into())
            }

            fn print(&self) -> String {
                self.0.print()
            }

            fn parse(text: &str) -> Option<Self> {
                <Digest as LineValue>::parse(text).map(Self)
            }

            $($more)*
        }
    };
}

macro_rules! counted {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl LineValue for $name {
            const EXPECTED: &'static str = "a number from 1";

            fn expected_in_chinese() -> Option<String> {
                Some("应为从 1 起的序号".into())
            }

            fn print(&self) -> String {
                self.0.print()
            }

            fn parse(text: &str) -> Option<Self> {
                u32::parse(text).filter(|number| *number > 0).map(Self)
            }
        }
    };
}

opaque! {
    /// An account: a person, an organisation, or a court's system. Also the `on-behalf` line of what it deposits.
    AccountId
}
opaque! {
    /// A case: the subject of its stream of acts.
    CaseId
}
opaque! {
    /// A token, by the first half of what its holder presents. The other half is known as a digest only.
    TokenId
}
opaque! {
    /// What the sender of a request called it, hashed with the sender: the same request twice is one act.
    RequestId
}
opaque! {
    /// Commitment to an annex: a text with a salt of its own, kept off the chain, erasable.
    AnnexId

    fn annex(&self) -> Option<Digest> {
        Some(self.0)
    }
}

counted! {
    /// A party of a case, counted from 1 as they were named.
    PartyNumber
}
counted! {
    /// An agent of a case, counted from 1.
    AgentNumber
}
counted! {
    /// An item of evidence of a case, counted from 1 as they were imported.
    ItemNumber
}
counted! {
    /// An association code of a case, counted from 1.
    CodeNumber
}
counted! {
    /// An address for service in a case, counted from 1.
    AddressNumber
}
counted! {
    /// A service record of a case, one recipient and one document, counted from 1.
    ServiceNumber
}
counted! {
    /// An attempt of a service record, counted from 1.
    AttemptNumber
}
counted! {
    /// A hearing session of a case: from 开庭 to 休庭 or 结束庭审.
    HearingNumber
}
counted! {
    /// A transcript of a case.
    TranscriptNumber
}
counted! {
    /// A request for the correction of a transcript, counted within the transcript.
    CorrectionNumber
}
counted! {
    /// A mediation agreement of a case, or its record of undisputed facts.
    AgreementNumber
}
counted! {
    /// A confirmation round of a case.
    RoundNumber
}
counted! {
    /// A document of a case's dossier, counted from 1.
    DocumentNumber
}
counted! {
    /// An appeal in a case, counted from 1.
    AppealNumber
}
counted! {
    /// A hand-over of a case's dossier, counted from 1.
    HandOverNumber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_begins_at_one() {
        assert_eq!(ItemNumber::parse("1"), Some(ItemNumber(1)));
        for bad in ["0", "01", "", "-1", "4294967296"] {
            assert_eq!(ItemNumber::parse(bad), None, "{bad}");
        }
    }
}
