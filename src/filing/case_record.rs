//! The record of a case with the names of those who acted, and lists of cases with their parties. Both show private texts, so the access
//! is recorded first.

use std::collections::HashMap;
use std::sync::Arc;

use crate::court::acts::Act;
use crate::court::case::state::{CaseFile, Text};
use crate::court::ids::{AccountId, AnnexId, CaseId};
use crate::court::values::Capacity;
use crate::court::words::AccessedContent;
use crate::filing::access::AccessTarget;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::{ActPage, StoredAct, text};

/// A page of the record of a case.
#[derive(Debug, Clone)]
pub struct CaseRecord {
    /// The case.
    pub file: Arc<CaseFile>,
    /// The acts.
    pub page: ActPage,
    /// The names of parties, agents and staff; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// The access record.
    pub access: RecordedAct,
}

/// The names of the parties and agents of a case.
fn names(file: &CaseFile) -> Vec<Text> {
    let parties = file.parties.values().map(|party| party.name);
    parties.chain(file.agents.values().filter_map(|agent| agent.name)).collect()
}

/// The name of a party that an act stated. It may have been corrected since.
fn stated_name(act: &StoredAct) -> Option<Text> {
    let annex = match &act.document.act {
        Act::AddParty(stated) => Some(stated.name),
        Act::RestateParty(stated) => stated.name,
        _ => None,
    };
    annex.map(|annex| Text { annex, index: act.position.index })
}

impl FilingService {
    /// A page of the record of a case: at most `limit` acts after sequence `after`. Records the access.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such case, or no access to it. Those of [`Self::record_access`]; then nothing is shown.
    pub async fn case_record(
        &self,
        actor: &Actor,
        case: CaseId,
        after: u64,
        limit: usize,
    ) -> Result<CaseRecord, FilingError> {
        let file = self.case_for(actor, case).await?;
        let access = self.record_look(actor, &file).await?;
        let page = self.log_page(case.0, after, limit).await?;
        let staff = page.acts.iter().filter(|act| matches!(act.document.capacity, Capacity::Holding(_)));
        let staff: Vec<AccountId> = staff.map(|act| act.document.by).chain(file.judge).collect();
        let mut wanted = names(&file);
        wanted.extend(page.acts.iter().filter_map(stated_name));
        let texts = self.read_names(wanted, self.names_of_staff(staff)).await?;
        Ok(CaseRecord { file, page, texts, access })
    }

    /// 案由 and the names of the parties of a case in a list. Records the access.
    ///
    /// # Errors
    ///
    /// As [`Self::case_record`].
    pub async fn brief_texts(
        &self,
        actor: &Actor,
        file: &CaseFile,
    ) -> Result<HashMap<AnnexId, Option<String>>, FilingError> {
        self.record_look(actor, file).await?;
        self.read_names(names(file).into_iter().chain(file.title).collect(), Vec::new()).await
    }

    async fn record_look(&self, actor: &Actor, file: &CaseFile) -> Result<RecordedAct, FilingError> {
        let capacity = actor.capacities(file).first().copied().ok_or(FilingError::NotFound)?;
        self.record_access(actor, capacity, AccessTarget::Case(file.id, AccessedContent::CaseFile, None)).await
    }

    async fn read_names(
        &self,
        wanted: Vec<Text>,
        staff: Vec<(AccountId, Text)>,
    ) -> Result<HashMap<AnnexId, Option<String>>, FilingError> {
        self.read(move |store| {
            let mut texts = HashMap::new();
            for one in &wanted {
                texts.insert(one.annex, text(store, one)?);
            }
            for (account, name) in &staff {
                texts.insert(AnnexId(account.0), text(store, name)?);
            }
            Ok(texts)
        })
        .await
    }
}
