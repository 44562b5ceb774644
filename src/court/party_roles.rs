//! The roles (诉讼地位) that a party can have in a case, by the kind of proceeding and so by its instance.
//!
//! Sources: 民诉法 arts. 51, 59 (suit), 解释 arts. 315, 317, 325 (second instance, unconfirmed), 民诉法 arts. 210, 218 (retrial). The words
//! are those of `PartyRole`; a proceeding upon an application has 申请人 and 被申请人.
//!
//! # Invariants
//!
//! A third party is admitted everywhere: one of a mediation goes with it into any proceeding, and in second instance a third party that
//! did not take part before can join (解释 art. 325).

use crate::court::words::{CaseKind, PartyRole};

const SUIT: &[PartyRole] = &[PartyRole::Plaintiff, PartyRole::Defendant, PartyRole::ThirdParty];
const SECOND_INSTANCE: &[PartyRole] = &[
    PartyRole::Appellant,
    PartyRole::Appellee,
    PartyRole::OriginalPlaintiff,
    PartyRole::OriginalDefendant,
    PartyRole::OriginalThirdParty,
    PartyRole::ThirdParty,
];
const RETRIAL: &[PartyRole] = &[
    PartyRole::RetrialApplicant,
    PartyRole::Respondent,
    PartyRole::OriginalPlaintiff,
    PartyRole::OriginalDefendant,
    PartyRole::OriginalThirdParty,
    PartyRole::ThirdParty,
];
const APPLICATION: &[PartyRole] = &[PartyRole::Applicant, PartyRole::Respondent, PartyRole::ThirdParty];

/// The roles of the parties in a case of this kind, in the order in which forms offer them.
#[must_use]
pub const fn roles_in(kind: CaseKind) -> &'static [PartyRole] {
    match kind {
        CaseKind::CivilFirst | CaseKind::AdministrativeFirst | CaseKind::PrivateProsecution => SUIT,
        CaseKind::CivilSecond | CaseKind::AdministrativeSecond => SECOND_INSTANCE,
        CaseKind::Retrial => RETRIAL,
        CaseKind::Mediation
        | CaseKind::JudicialConfirmation
        | CaseKind::Preservation
        | CaseKind::AdministrativeEnforcement
        | CaseKind::StateCompensation
        | CaseKind::Enforcement
        | CaseKind::Bankruptcy
        | CaseKind::Petition => APPLICATION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind has a role that brings the case and one that answers it, and none of another instance.
    #[test]
    fn every_kind_has_both_sides_and_a_third_party() {
        for kind in CaseKind::ALL {
            let roles = roles_in(*kind);
            assert!(roles.iter().any(|role| role.brings_the_case()), "{kind}");
            let answering = [PartyRole::Defendant, PartyRole::Appellee, PartyRole::Respondent];
            assert_eq!(roles.iter().filter(|role| answering.contains(role)).count(), 1, "{kind}");
            assert!(roles.contains(&PartyRole::ThirdParty), "{kind}");
        }
        let used = |role: &PartyRole| CaseKind::ALL.iter().any(|kind| roles_in(*kind).contains(role));
        assert!(PartyRole::ALL.iter().all(used), "each role is one of some case");
        assert!(!roles_in(CaseKind::CivilFirst).contains(&PartyRole::Appellant));
        assert!(!roles_in(CaseKind::CivilSecond).contains(&PartyRole::Plaintiff));
    }
}
