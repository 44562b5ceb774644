//! Views of a case: its private texts, and each item compared with the chain as it is now.
//!
//! # Invariants
//!
//! No text is returned before the access record is on the chain. If the chain differs from an item's snapshot, the divergence is
//! recorded as an act of the case when it is first found.

use std::collections::HashMap;
use std::sync::Arc;

use crate::court::acts::{Act, Diverge, Import, TakeCustody};
use crate::court::case::state::{CaseFile, Item, Text};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, AnnexId, CaseId, ItemNumber};
use crate::court::labels;
use crate::court::values::Capacity;
use crate::court::words::{AccessedContent, Divergence};
use crate::filing::access::AccessTarget;
use crate::filing::actor::Actor;
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::imports::{Snapshot, snapshot};
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::{ActPage, last_labelled, text};
use crate::ledger::entry::Entry;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::history::History;
use crate::query::{history, records};
use crate::store::traits::{LedgerReader, PrivatePiece, ReadError};
use crate::wire::receipt;

/// The present data of an item on the ledger.
#[derive(Debug, Clone)]
pub struct ItemView {
    /// How the chain differs from the imported snapshot, if it does.
    pub divergence: Option<Divergence>,
    /// The original in custody, if any: the custody act, its time, and whether it is erased.
    pub custody: Option<(TakeCustody, Timestamp, bool)>,
    /// Earlier deposits of the digest, later corrections and withdrawals; `None` for a deposit of another ledger, and if this
    /// ledger cannot be read.
    pub history: Option<History>,
    /// Whether the deposit's digests are salted.
    pub salted: bool,
    /// The deposit's manifest. An import records the digests alone, and its transaction id commits to the manifest.
    pub manifest: Option<ManifestRoot>,
}

impl ItemView {
    /// The view of an item for which the ledger was not queried.
    #[must_use]
    pub const fn unqueried() -> Self {
        Self { divergence: None, custody: None, history: None, salted: false, manifest: None }
    }
}

/// A case as an actor sees it.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case.
    pub file: Arc<CaseFile>,
    /// Its texts; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// The present data of its items.
    pub items: HashMap<ItemNumber, ItemView>,
    /// The capacities in which the actor may act.
    pub capacities: Vec<Capacity>,
    /// The access record.
    pub access: RecordedAct,
}

/// The items of a case that a view covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewScope {
    /// A page of the items, and all else of the case.
    Page {
        /// The number after which the page begins.
        after: u32,
        /// Most items of the page; each is compared with the chain.
        limit: usize,
    },
    /// One item.
    Item(ItemNumber),
}

impl ViewScope {
    /// The items in this scope, without visiting the others.
    fn items(self, file: &CaseFile) -> impl Iterator<Item = (&ItemNumber, &Item)> {
        let (first, last) = match self {
            Self::Page { after, limit } => {
                (after.saturating_add(1), after.saturating_add(u32::try_from(limit).unwrap_or(u32::MAX)))
            }
            Self::Item(one) => (one.0, one.0),
        };
        file.items.range(ItemNumber(first)..=ItemNumber(last))
    }
}

/// The private texts in a scope.
fn texts_of(file: &CaseFile, scope: ViewScope) -> Vec<Text> {
    let mut texts = Vec::new();
    if let ViewScope::Page { .. } = scope {
        texts.extend([file.title, file.claims, file.reason].into_iter().flatten());
        texts.extend(file.parties.values().map(|party| party.name));
        texts.extend(file.parties.values().filter_map(|party| party.service_address));
        texts.extend(file.holds.values().map(|hold| hold.reason));
        texts.extend(file.deferrals.iter().map(|deferral| deferral.reason));
        texts.extend(file.course.objections.iter().map(|objection| objection.reason));
        texts.extend(file.claim_changes.iter().map(|change| change.claims));
        texts.extend(file.agents.values().flat_map(|agent| [agent.name, agent.power, agent.relationship]).flatten());
    }
    for (_, item) in scope.items(file) {
        texts.extend([item.name, item.content]);
        texts.extend(item.decisions.texts());
        texts.extend([item.details.source, item.details.proves].into_iter().flatten());
        texts.extend(item.replies.values().flatten().flat_map(|reply| [reply.probative_value, reply.reason]).flatten());
    }
    texts
}

/// Whether a snapshot has these facts.
pub(in crate::filing) fn facts_match(import: &Import, facts: &Facts) -> bool {
    import.ledger == facts.ledger
        && import.tx_id == facts.tx_id
        && import.block_hash == facts.block_hash
        && import.block_height == facts.block_height
        && import.prev_block_hash == facts.prev_block_hash
        && import.data_hash == facts.data_hash
        && import.tx_submitted_at == facts.tx_submitted_at
        && import.block_generated_at == facts.block_generated_at
}

/// Compares an item with the chain.
fn view_of_item(store: &dyn LedgerReader, item: &Item) -> Result<ItemView, ReadError> {
    let import = &item.import;
    if import.receipt.is_some() {
        // An item of another ledger, which this node cannot query. Its receipt was verified at the import.
        let (salted, manifest) = stated_in_receipt(store, item)?;
        return Ok(ItemView { salted, manifest, ..ItemView::unqueried() });
    }
    let unreadable = ItemView { divergence: Some(Divergence::Unreadable), ..ItemView::unqueried() };
    let (divergence, salted, manifest) = match snapshot(store, import.deposit) {
        Ok(None) => (Some(Divergence::NotFound), false, None),
        Ok(Some(Snapshot { facts, .. })) => {
            let divergence = (!facts_match(import, &facts)).then_some(Divergence::Facts);
            // Another entry under the number says nothing of the one that was imported.
            (divergence, facts.salted, facts.manifest.filter(|_| facts.tx_id == import.tx_id))
        }
        Err(ReadError::Damaged { .. }) => return Ok(unreadable),
        Err(error) => return Err(error),
    };
    let history = match records::find_entry(store, import.deposit)? {
        Some((place, entry)) => match history::history(store, place, &entry) {
            Ok(history) => Some(history),
            Err(ReadError::Damaged { .. }) => return Ok(unreadable),
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(ItemView { divergence, custody: custody_state(store, import.deposit)?, history, salted, manifest })
}

/// Whether the digests of an item of another ledger are salted, and its manifest, by the receipt that was stored at the import. Neither
/// once that receipt is erased.
fn stated_in_receipt(store: &dyn LedgerReader, item: &Item) -> Result<(bool, Option<ManifestRoot>), ReadError> {
    let Some(annex) = item.import.receipt_annex else { return Ok((false, None)) };
    let stored = text(store, &Text { annex, index: item.position.index })?;
    let receipt = stored.and_then(|stored| receipt::parse(stored.as_bytes()).ok());
    let entry = receipt.and_then(|receipt| Entry::parse(receipt.entry.as_bytes()).ok());
    Ok(entry.map_or((false, None), |entry| {
        let statement = entry.statement.statement();
        (statement.content.is_some_and(|content| content.is_salted()), statement.manifest)
    }))
}

/// The last original of a deposit that was given into custody.
fn custody_state(
    store: &dyn LedgerReader,
    deposit: DepositNumber,
) -> Result<Option<(TakeCustody, Timestamp, bool)>, ReadError> {
    let Some(stored) = last_labelled(store, &labels::custody_of(deposit))? else { return Ok(None) };
    let Act::TakeCustody(act) = stored.document.act else { return Ok(None) };
    let erased = matches!(store.annex(stored.position.index, &act.key.0)?, PrivatePiece::Erased(_));
    Ok(Some((act, stored.position.at, erased)))
}

impl FilingService {
    /// A case with at most `limit` of its items after a number. Records the access.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such case, or no access to it. Those of [`Self::record_access`]; then nothing is shown.
    pub async fn view_case(
        &self,
        actor: &Actor,
        case: CaseId,
        after: u32,
        limit: usize,
    ) -> Result<CaseView, FilingError> {
        self.view(actor, case, ViewScope::Page { after, limit }).await
    }

    /// One item of a case. Records the access.
    ///
    /// # Errors
    ///
    /// As [`Self::view_case`]; [`FilingError::NoSuchItem`].
    pub async fn view_item(&self, actor: &Actor, case: CaseId, item: ItemNumber) -> Result<CaseView, FilingError> {
        self.view(actor, case, ViewScope::Item(item)).await
    }

    async fn view(&self, actor: &Actor, case: CaseId, scope: ViewScope) -> Result<CaseView, FilingError> {
        let file = self.case_for(actor, case).await?;
        let only = match scope {
            ViewScope::Item(item) if !file.items.contains_key(&item) => {
                return Err(FilingError::NoSuchItem(item));
            }
            ViewScope::Item(item) => Some(item),
            ViewScope::Page { .. } => None,
        };
        let capacities = actor.capacities(&file);
        let capacity = capacities.first().copied().ok_or(FilingError::NotFound)?;
        let access =
            self.record_access(actor, capacity, AccessTarget::Case(case, AccessedContent::CaseFile, only)).await?;
        let (file, items) = self.compare_items(file, scope).await?;
        let query = Arc::clone(&file);
        let staff = self.staff_names(&file, scope);
        let texts = self
            .read(move |store| {
                let mut texts = HashMap::new();
                for one in texts_of(&query, scope) {
                    texts.insert(one.annex, text(store, &one)?);
                }
                for (account, name) in staff {
                    texts.insert(AnnexId(account.0), text(store, &name)?);
                }
                Ok(texts)
            })
            .await?;
        Ok(CaseView { file, texts, items, capacities, access })
    }

    /// The names of the accounts that acted for the court on the items of a scope, and of the judge. They are public officers, and
    /// their names are part of what the record of the case shows.
    pub(in crate::filing) fn staff_names(&self, file: &CaseFile, scope: ViewScope) -> Vec<(AccountId, Text)> {
        let mut acted: Vec<AccountId> = file.judge.into_iter().collect();
        let mut add = |by: AccountId, capacity: Capacity| {
            if matches!(capacity, Capacity::Holding(_)) {
                acted.push(by);
            }
        };
        for (_, item) in scope.items(file) {
            add(item.by, item.capacity);
            item.verifications.iter().for_each(|one| add(one.by, one.capacity));
            item.receipt.iter().for_each(|one| add(one.by, one.capacity));
        }
        file.holds.values().for_each(|hold| add(hold.by, hold.capacity));
        self.names_of_staff(acted)
    }

    /// The texts with the names of these accounts, each once.
    pub(in crate::filing) fn names_of_staff(&self, mut accounts: Vec<AccountId>) -> Vec<(AccountId, Text)> {
        accounts.sort_unstable();
        accounts.dedup();
        let registry = self.registry();
        let name = |account: AccountId| Some((account, registry.accounts.get(&account)?.name?));
        accounts.into_iter().filter_map(name).collect()
    }

    /// Compares the items of a scope with the chain, and records each new divergence.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`], and those of appending an act.
    pub async fn compare_items(
        &self,
        file: Arc<CaseFile>,
        scope: ViewScope,
    ) -> Result<(Arc<CaseFile>, HashMap<ItemNumber, ItemView>), FilingError> {
        let query = Arc::clone(&file);
        let items = self
            .read(move |store| {
                let mut items = HashMap::new();
                for (number, item) in scope.items(&query) {
                    items.insert(*number, view_of_item(store, item)?);
                }
                Ok(items)
            })
            .await?;
        let mut file = file;
        for (number, view) in &items {
            let known = |item: &Item| item.divergences.iter().any(|(_, what)| Some(*what) == view.divergence);
            if let Some(what) = view.divergence
                && !file.items.get(number).is_some_and(known)
            {
                file = self.record_divergence(file.id, *number, what).await?;
            }
        }
        Ok((file, items))
    }

    /// Records that the chain differs from a snapshot, once per kind of divergence.
    async fn record_divergence(
        &self,
        case: CaseId,
        item: ItemNumber,
        what: Divergence,
    ) -> Result<Arc<CaseFile>, FilingError> {
        let _case_lock = self.locks.lock(case.0).await;
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        if file.items.get(&item).is_some_and(|item| item.divergences.iter().any(|(_, known)| *known == what)) {
            return Ok(file);
        }
        tracing::error!(%case, %item, what = what.word(), "an imported item differs from the chain");
        let document = Document {
            stream: Stream::Case,
            by: self.platform_account(),
            capacity: Capacity::Platform,
            request: None,
            body: None,
            act: Act::Diverge(Diverge { item, what }),
        };
        Ok(self.decide_and_append(&file, document, Annexes::new()).await?.file)
    }

    /// A page of the acts of a case. Their documents contain no private texts, so the access is not recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such case, or no access to it.
    pub async fn case_acts(
        &self,
        actor: &Actor,
        case: CaseId,
        after: u64,
        limit: usize,
    ) -> Result<(Arc<CaseFile>, ActPage), FilingError> {
        let file = self.case_for(actor, case).await?;
        let page = self.log_page(case.0, after, limit).await?;
        Ok((file, page))
    }
}
