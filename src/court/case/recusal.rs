//! Recusal (回避): nobody acts in the same case for a party and for the court.
//!
//! # Invariants
//!
//! An account is a participant if it brought the suit, joined with a code, acted as a party or agent, or was entered by the court. An entry
//! that a party made for another account counts only after that account has acted in it. Otherwise a party could exclude a judge by
//! naming the judge as its agent. Resigning as agent is no such act. An account that once took part does not act for the court any more, nor in the cases that continue this one. An account that has acted for the court does not act for a party
//! afterwards, unless the court itself enters it as a party or agent: then it is recused. Cases of version 1 have no such rule.
//!
//! Sources: 民诉法 art. 47 (1) 1 (a judge who is a party withdraws) and (4) (so do clerks, interpreters, appraisers, inspectors). For agents and
//! people's assessors 民诉法解释 arts. 43 and 48 (unconfirmed).

use std::collections::BTreeSet;

use crate::court::acts::{Act, ActKind};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::CaseFile;
use crate::court::document::Document;
use crate::court::ids::AccountId;
use crate::court::values::Capacity;

/// Whether this is a capacity of a court.
const fn is_of_a_court(capacity: Capacity) -> bool {
    matches!(capacity, Capacity::Holding(_) | Capacity::Receiving(_))
}

/// Whether an act in this capacity is done for a party.
const fn is_for_a_party(capacity: Capacity, act: ActKind) -> bool {
    match capacity {
        Capacity::Party(_) => true,
        Capacity::Agent(_) => !matches!(act, ActKind::EndAgent),
        // Joining with a code.
        _ => matches!(act, ActKind::Associate),
    }
}

/// The account that an act of the court enters as a party or agent.
const fn entered_account(act: &Act) -> Option<AccountId> {
    match act {
        Act::Open(act) => act.account,
        Act::AddParty(act) => act.account,
        Act::AddAgent(act) => Some(act.account),
        _ => None,
    }
}

impl CaseFile {
    /// Whether the account must not act for a court in this case, because it is or was a party or agent, here or in a case before.
    #[must_use]
    pub fn is_recused(&self, account: AccountId) -> bool {
        let took_part =
            self.course.participants.contains(&account) || self.course.former_participants.contains(&account);
        self.rules >= RulesVersion::V2 && took_part
    }

    /// Everybody who took part as a party or agent, in this case or one before.
    #[must_use]
    pub fn participants_so_far(&self) -> BTreeSet<AccountId> {
        self.course.participants.union(&self.course.former_participants).copied().collect()
    }

    /// Rejects accounts that are or were a party or agent of the case.
    ///
    /// # Errors
    ///
    /// [`CourseRefusal::Recused`].
    pub fn require_not_recused(&self, accounts: impl IntoIterator<Item = AccountId>) -> Result<(), Refusal> {
        let is_recused = accounts.into_iter().any(|account| self.is_recused(account));
        if is_recused { Err(CourseRefusal::Recused.into()) } else { Ok(()) }
    }

    /// Checks that the account does not act for both a party and a court.
    ///
    /// # Errors
    ///
    /// [`CourseRefusal::Recused`], [`CourseRefusal::ActedForCourt`].
    pub fn check_recusal(&self, by: AccountId, capacity: Capacity, act: ActKind) -> Result<(), Refusal> {
        if is_of_a_court(capacity) {
            return self.require_not_recused([by]);
        }
        let acted = self.rules >= RulesVersion::V2 && self.course.acted_for_court.contains(&by);
        if acted && is_for_a_party(capacity, act) && !self.is_recused(by) {
            return Err(CourseRefusal::ActedForCourt.into());
        }
        Ok(())
    }

    /// Records for whom the account of an effective act has acted.
    pub(in crate::court::case) fn record_participation(&mut self, document: &Document) {
        let ends_another = match (document.capacity, &document.act) {
            (Capacity::Agent(own), Act::EndAgent(act)) => act.agent != own,
            _ => false,
        };
        if ends_another || is_for_a_party(document.capacity, document.act.kind()) {
            self.course.participants.insert(document.by);
        } else if is_of_a_court(document.capacity) {
            self.course.acted_for_court.insert(document.by);
            // A case that continues another begins with copies of its parties and agents, which a party may have named there. Who took part
            // there comes with the end of the hand-over.
            let is_copied = self.from.is_some() && self.stage.is_with_the_filer();
            self.course.participants.extend(entered_account(&document.act).filter(|_| !is_copied));
        }
    }
}
