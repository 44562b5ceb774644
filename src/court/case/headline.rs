//! Determines which of the recorded verifications of an item its headline shows.
//!
//! # Invariants
//!
//! An adverse verification (the file differs, the record is contradictory, the chain is invalid) takes precedence over all favourable
//! ones, before or after it, until one of these follows it:
//!
//! - the court itself verified an original and it agrees, or
//! - the same verifier verified the same original again and it agrees; this does not answer a finding of the court. The
//!   same original is a file of the same size and digests. Of a salted deposit only the size is compared, since digests
//!   under another salt differ although the file is the same: there, a file of the same size answers the finding.
//!
//! So a finding cannot be hidden by verifying another file, nor by another party. Verifying a digest or a receipt does not answer a
//! finding, since no original was presented.

use std::collections::HashSet;

use crate::court::case::state::{Item, Verification};
use crate::court::ids::AccountId;
use crate::court::values::Capacity;
use crate::court::words::{Presented, Role};
use crate::ledger::hash::Digest;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::verify::report::Conclusion;

/// The verification that the headline of an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headline<'a> {
    /// No original was presented.
    NotVerified,
    /// A finding against the item that nothing has answered.
    Adverse(&'a Verification),
    /// An original agreed.
    Verified(&'a Verification),
    /// An original was presented last here, and could not be compared.
    Unable(&'a Verification),
}

/// Who carried out a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifiedBy {
    /// 法院核验: a judge, a judge's assistant or a clerk, for the court.
    Court,
    /// 当事人自行核验: a party or its agent.
    Party,
    /// Anybody else who may verify: an appraisal institution, a notary office, trial support.
    Other,
}

impl Verification {
    /// Who carried it out.
    #[must_use]
    pub const fn verified_by(&self) -> VerifiedBy {
        match self.capacity {
            Capacity::Holding(Role::Judge | Role::JudgeAssistant | Role::Clerk) => VerifiedBy::Court,
            Capacity::Party(_) | Capacity::Agent(_) => VerifiedBy::Party,
            _ => VerifiedBy::Other,
        }
    }

    /// 法院核验.
    #[must_use]
    pub fn is_by_the_court(&self) -> bool {
        self.verified_by() == VerifiedBy::Court
    }

    /// Whether its finding is against the item.
    #[must_use]
    pub fn is_adverse(&self) -> bool {
        Conclusion::from_code(&self.found.conclusion.0).is_some_and(Conclusion::is_adverse)
    }

    /// Whether an original was presented and agreed.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let agreed = matches!(self.found.conclusion.0.as_str(), "consistent" | "consistent_with_reservation");
        agreed && self.found.presented == Presented::File
    }

    /// The original that was presented. Digests made with another salt differ although the file is the same: of salted
    /// deposits only the size can be compared.
    fn original(&self, salted: bool) -> Option<Original<'_>> {
        let hashes = if salted { &[][..] } else { &self.found.presented_hash };
        (self.found.presented == Presented::File).then_some((self.by, self.found.size, hashes))
    }
}

/// Who presented it, its size, its digests.
type Original<'a> = (AccountId, Option<u64>, &'a [(HashAlgorithm, Digest)]);

impl Item {
    /// The verification that its headline is about. `salted`: the deposit holds digests of a salt and the original.
    #[must_use]
    pub fn headline(&self, salted: bool) -> Headline<'_> {
        let all = &self.verifications;
        // From the last to the first, so that each knows what came after it.
        let (mut court_agreed, mut agreed_again) = (false, HashSet::new());
        let mut adverse: Option<&Verification> = None;
        for one in all.iter().rev() {
            if one.agrees() {
                court_agreed |= one.is_by_the_court();
                agreed_again.extend(one.original(salted));
            } else if one.is_adverse() {
                let again = one.original(salted).is_some_and(|original| agreed_again.contains(&original));
                let answered = court_agreed || (again && !one.is_by_the_court());
                // The court's finding first, then the latest.
                let outranked = adverse.is_some_and(|shown| shown.is_by_the_court() || !one.is_by_the_court());
                if !answered && !outranked {
                    adverse = Some(one);
                }
            }
        }
        if let Some(adverse) = adverse {
            return Headline::Adverse(adverse);
        }
        let agreed = all.iter().filter(|one| one.agrees());
        if let Some(verified) = agreed.max_by_key(|one| (one.is_by_the_court(), one.position.sequence)) {
            return Headline::Verified(verified);
        }
        let mut files = all.iter().filter(|one| one.found.presented == Presented::File);
        files.next_back().map_or(Headline::NotVerified, Headline::Unable)
    }
}
