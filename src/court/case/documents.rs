//! The documents of a case: versions of transcripts and of mediation agreements, mediation documents, served documents, decisions. Who
//! reads their files, and who gives them into custody.
//!
//! # Invariants
//!
//! A deposit can be several documents at once, such as a judgment that is also served. One use that gives access is enough, but a
//! transcript of a deliberation or a paper of a mediation stays hidden from everybody who may not see it, whatever else names its
//! deposit.

use std::collections::BTreeMap;

use crate::court::case::course::DecisionKind;
use crate::court::case::session_records::Paper;
use crate::court::case::state::CaseFile;
use crate::court::ids::{AccountId, AgreementNumber, PartyNumber, ServiceNumber, TranscriptNumber};
use crate::court::permission::{
    CaseRelation, keeps_documents, keeps_mediation_papers, sees_mediation, sees_papers_of_the_court,
};
use crate::court::service_words::DocumentKind;
use crate::court::session_words::TranscriptKind;
use crate::court::values::Capacity;
use crate::ledger::number::DepositNumber;

/// What a deposit is in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentUse {
    /// A version of a transcript.
    Transcript(TranscriptNumber, TranscriptKind, u32),
    /// A version of a mediation agreement, or of a record of undisputed facts.
    Agreement(AgreementNumber, u32),
    /// 调解书.
    MediationDocument(AgreementNumber),
    /// A document served on a party.
    Served(ServiceNumber, DocumentKind, PartyNumber),
    /// A judgment or a ruling.
    Decision(DecisionKind),
}

impl DocumentUse {
    /// The paper whose rules of access hold for it.
    #[must_use]
    pub const fn paper(self) -> Option<Paper> {
        match self {
            Self::Transcript(number, ..) => Some(Paper::Transcript(number)),
            Self::Agreement(number, _) | Self::MediationDocument(number) => Some(Paper::Agreement(number)),
            Self::Served(..) | Self::Decision(_) => None,
        }
    }
}

/// A document of a case: what it is, and the account that recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedDocument {
    /// What it is.
    pub used_as: DocumentUse,
    /// The account whose act named the deposit.
    pub by: AccountId,
}

/// Somebody who sees a case: the account, its relations to the case, and the parties that it is or represents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    account: AccountId,
    relations: Vec<CaseRelation>,
    parties: Vec<PartyNumber>,
}

impl Viewer {
    /// The account, in these capacities.
    #[must_use]
    pub fn of(file: &CaseFile, account: AccountId, capacities: &[Capacity]) -> Self {
        Self {
            account,
            relations: capacities.iter().filter_map(|capacity| file.relation(account, *capacity)).collect(),
            parties: capacities.iter().filter_map(|capacity| file.party_of(*capacity)).collect(),
        }
    }

    fn has(&self, rule: fn(CaseRelation) -> bool) -> bool {
        self.relations.iter().any(|relation| rule(*relation))
    }

    /// Whether papers of a mediation are shown to it.
    #[must_use]
    pub fn sees_mediation(&self) -> bool {
        self.has(sees_mediation)
    }
}

impl CaseFile {
    /// All documents, by deposit number.
    #[must_use]
    pub fn documents(&self) -> BTreeMap<DepositNumber, Vec<RecordedDocument>> {
        let mut all: BTreeMap<DepositNumber, Vec<RecordedDocument>> = BTreeMap::new();
        let mut add = |number: DepositNumber, used_as: DocumentUse, by: AccountId| {
            all.entry(number).or_default().push(RecordedDocument { used_as, by });
        };
        for (number, transcript) in &self.records.transcripts {
            for (version, one) in (1..).zip(&transcript.versions) {
                add(one.document.number, DocumentUse::Transcript(*number, transcript.kind, version), one.added.by);
            }
        }
        for (number, agreement) in &self.records.agreements {
            for (version, one) in (1..).zip(&agreement.versions) {
                add(one.document.number, DocumentUse::Agreement(*number, version), one.added.by);
            }
            if let Some((issued, document)) = &agreement.document {
                add(*document, DocumentUse::MediationDocument(*number), issued.by);
            }
        }
        for one in &self.course.decisions {
            add(one.document, DocumentUse::Decision(one.kind), one.by);
        }
        for (number, record) in &self.service.records {
            add(record.document(), DocumentUse::Served(*number, record.kind(), record.party()), record.begun.by);
        }
        all
    }

    /// What a deposit is in this case; nothing if it is no document of it.
    #[must_use]
    pub fn uses_of(&self, number: DepositNumber) -> Vec<RecordedDocument> {
        self.documents().remove(&number).unwrap_or_default()
    }

    /// Whether a viewer may see a transcript or an agreement: of a deliberation the panel only, of a mediation the parties, the court
    /// and the mediators.
    #[must_use]
    pub fn may_see_paper(&self, viewer: &Viewer, paper: Paper) -> bool {
        let of_mediation = match paper {
            Paper::Agreement(_) => true,
            Paper::Transcript(number) => {
                self.records.transcripts.get(&number).is_some_and(|found| found.kind == TranscriptKind::Mediation)
            }
        };
        self.records.may_see(paper, viewer.account) && (!of_mediation || viewer.sees_mediation())
    }

    /// Whether a viewer may read the file of a deposit with these uses.
    #[must_use]
    pub fn may_read_document(&self, viewer: &Viewer, uses: &[RecordedDocument]) -> bool {
        let mut papers = uses.iter().filter_map(|one| one.used_as.paper());
        if papers.any(|paper| !self.may_see_paper(viewer, paper)) {
            return false;
        }
        let of_the_court = viewer.has(sees_papers_of_the_court);
        uses.iter().any(|one| match one.used_as {
            DocumentUse::Transcript(..) | DocumentUse::Agreement(..) | DocumentUse::MediationDocument(_) => true,
            DocumentUse::Served(_, _, party) => of_the_court || viewer.parties.contains(&party),
            DocumentUse::Decision(_) => of_the_court || !viewer.parties.is_empty(),
        })
    }

    /// Whether a viewer may give the file of a deposit with these uses into custody: its depositor, the account that recorded it, the court,
    /// and for the papers of a mediation its mediators.
    #[must_use]
    pub fn may_keep_document(&self, viewer: &Viewer, uses: &[RecordedDocument], depositor: Option<AccountId>) -> bool {
        if !uses.is_empty() && depositor == Some(viewer.account) {
            return true;
        }
        let is_of_mediation = |one: &RecordedDocument| {
            matches!(
                one.used_as,
                DocumentUse::Agreement(..)
                    | DocumentUse::MediationDocument(_)
                    | DocumentUse::Transcript(_, TranscriptKind::Mediation, _)
            )
        };
        self.may_read_document(viewer, uses)
            && (uses.iter().any(|one| one.by == viewer.account)
                || viewer.has(keeps_documents)
                || (viewer.has(keeps_mediation_papers) && uses.iter().any(is_of_mediation)))
    }
}
