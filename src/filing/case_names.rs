//! Finds a case by what people call it: its id, its reference, or its case number (案号).
//!
//! # Invariants
//!
//! A name is resolved only among the cases of the actor and of its courts. A reference of another's case gets the same answer, after
//! the same number of reads, as one that does not exist.

use std::collections::BTreeSet;

use crate::court::case::reference::{CaseReference, ReferenceError};
use crate::court::case_number::CaseNumber;
use crate::court::ids::CaseId;
use crate::court::labels;
use crate::court::line_value::LineValue as _;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::act_at;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;

/// Most cases under one case number that are looked at: a number names one case, and its continuation at most.
const NUMBERED_MAX: usize = 16;

/// A case as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseName {
    /// Its id.
    Id(CaseId),
    /// Its reference.
    Reference(CaseReference),
    /// 案号.
    Number(CaseNumber),
}

impl CaseName {
    /// What names a case, for error messages.
    pub const EXPECTED: &'static str =
        "a case: its reference like 7K2M9X-QT3D5W, its case number, or its id of 64 hex digits";

    /// Parses a name as people type it.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`], if the text is neither an id nor a case number nor a reference.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if let Some(id) = CaseId::parse(text) {
            return Ok(Self::Id(id));
        }
        if let Ok(number) = CaseNumber::parse(text) {
            return Ok(Self::Number(number));
        }
        CaseReference::parse(text).map(Self::Reference)
    }
}

impl FilingService {
    /// The id of the case that the actor means.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no case of the actor or of its courts has this name. [`FilingError::SeveralCases`]: several
    /// have it. An id is returned as it is.
    pub async fn find_case(&self, actor: &Actor, name: &CaseName) -> Result<CaseId, FilingError> {
        actor.require_read_scope()?;
        let mut found: Vec<CaseId> = match name {
            CaseName::Id(case) => return Ok(*case),
            CaseName::Reference(reference) => self.referred_to(actor, *reference).await?.into_iter().collect(),
            CaseName::Number(number) => {
                let page = self.cases_numbered(actor, number, None, NUMBERED_MAX).await?;
                page.files.iter().map(|file| file.id).collect()
            }
        };
        match (found.pop(), found.pop()) {
            (Some(case), None) => Ok(case),
            (None, _) => Err(FilingError::NotFound),
            (Some(_), Some(_)) => Err(FilingError::SeveralCases),
        }
    }

    /// The cases of the actor and of its courts that have this reference: one, as long as no two references are equal by chance.
    async fn referred_to(&self, actor: &Actor, reference: CaseReference) -> Result<BTreeSet<CaseId>, FilingError> {
        let mut lists: Vec<Digest> = vec![labels::reference_of_account(actor.id, reference)];
        lists.extend(actor.courts().into_iter().map(|court| labels::reference_at_court(court, reference)));
        self.read(move |store| {
            let mut found = BTreeSet::new();
            for list in &lists {
                for index in store.labelled(list, LeafIndex(0), NUMBERED_MAX)? {
                    found.insert(CaseId(act_at(store, index)?.stream));
                }
            }
            Ok(found)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_has_three_names() {
        let id = CaseId(Digest([7; 32]));
        assert_eq!(CaseName::parse(&format!(" {id} ")), Ok(CaseName::Id(id)));
        let reference = CaseReference::of(id);
        assert_eq!(CaseName::parse(&reference.to_string().to_lowercase()), Ok(CaseName::Reference(reference)));
        let number = CaseNumber::parse("（2024）粤0192民初113号").unwrap();
        assert_eq!(CaseName::parse("(2024)粤0192民初113号"), Ok(CaseName::Number(number)));
        assert!(CaseName::parse("案件").is_err());
    }
}
