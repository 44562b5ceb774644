//! Looking at a case: its texts, and each item's snapshot held against what the chain says now.
//!
//! # Invariants
//!
//! No text leaves before the act that says who sees it is on the chain. A snapshot that the chain no longer bears out is
//! an alarm, and becomes an act of the case the first time it is met.

use std::collections::HashMap;
use std::sync::Arc;

use crate::court::acts::{Act, Diverge, Import, TakeCustody};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{CaseFile, Item, Text};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AnnexId, CaseId, ItemNumber};
use crate::court::labels;
use crate::court::period::Deadline;
use crate::court::values::Capacity;
use crate::court::words::{Divergence, Shown};
use crate::filing::access::Subject;
use crate::filing::actor::Actor;
use crate::filing::annexes::Annexes;
use crate::filing::error::FilingError;
use crate::filing::imports::snapshot;
use crate::filing::service::{Done, FilingService};
use crate::filing::streams::{ActPage, last_labelled, text};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Facts;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::history::History;
use crate::store::contract::{Private, ReadError, ReadLedger};
use crate::store::reading::history;

/// An item as the chain stands now.
#[derive(Debug, Clone)]
pub struct ItemView {
    /// Whether the chain still says what was imported.
    pub divergence: Option<Divergence>,
    /// The original, where it was given into custody: the act, when, and whether it is erased since.
    pub custody: Option<(TakeCustody, Timestamp, bool)>,
    /// Earlier deposits of the digest, later corrections and withdrawals; `None` where the ledger was not asked: for a
    /// deposit of another ledger, and where this one cannot be read.
    pub history: Option<History>,
    /// Whether the chain holds digests of a salt and the data.
    pub salted: bool,
}

/// A case, for somebody who sees it.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case.
    pub file: Arc<CaseFile>,
    /// Its texts; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// Its items now.
    pub items: HashMap<ItemNumber, ItemView>,
    /// Until when evidence is in time.
    pub deadline: Deadline,
    /// In which capacities whoever looks could act.
    pub capacities: Vec<Capacity>,
    /// The act that recorded this look.
    pub access: Done,
}

/// Which items of a case a look is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The case with a page of its items.
    Page {
        /// The number after which the page begins.
        after: u32,
        /// Most items of the page.
        limit: usize,
    },
    /// One item.
    Item(ItemNumber),
}

impl Part {
    /// The items of this part; the others are not visited.
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

/// The texts of a part of a case.
fn texts_of(file: &CaseFile, part: Part) -> Vec<Text> {
    let mut texts = Vec::new();
    if let Part::Page { .. } = part {
        texts.extend([file.title, file.claims, file.reason].into_iter().flatten());
        texts.extend(file.parties.values().map(|party| party.name));
        texts.extend(file.parties.values().filter_map(|party| party.service_address));
        texts.extend(file.holds.values().map(|hold| hold.reason));
        texts.extend(file.agents.values().flat_map(|agent| [agent.name, agent.power]).flatten());
    }
    for (_, item) in part.items(file) {
        texts.extend([item.name, item.content]);
        texts.extend(item.replies.values().flatten().flat_map(|reply| [reply.probative_value, reply.reason]).flatten());
    }
    texts
}

/// Whether the frozen facts are these.
pub(in crate::filing) fn same(import: &Import, facts: &Facts) -> bool {
    import.ledger == facts.ledger
        && import.tx_id == facts.tx_id
        && import.block_hash == facts.block_hash
        && import.block_height == facts.block_height
        && import.prev_block_hash == facts.prev_block_hash
        && import.data_hash == facts.data_hash
        && import.tx_submitted_at == facts.tx_submitted_at
        && import.block_generated_at == facts.block_generated_at
}

/// An item held against the chain as it stands.
fn look_at(store: &dyn ReadLedger, item: &Item) -> Result<ItemView, ReadError> {
    let import = &item.import;
    if import.receipt.is_some() {
        // Another ledger's: this node cannot ask it, and the receipt was verified when it came.
        return Ok(ItemView { divergence: None, custody: None, history: None, salted: false });
    }
    let unreadable = ItemView { divergence: Some(Divergence::Unreadable), custody: None, history: None, salted: false };
    let (divergence, salted) = match snapshot(store, import.deposit) {
        Ok(None) => (Some(Divergence::NotFound), false),
        Ok(Some(found)) if same(import, &found.facts) => (None, found.facts.salted),
        Ok(Some(found)) => (Some(Divergence::Facts), found.facts.salted),
        Err(ReadError::Damaged { .. }) => return Ok(unreadable),
        Err(error) => return Err(error),
    };
    let history = match store.find_number(&import.deposit)? {
        Some(index) => match history::history(store, index) {
            Ok(history) => Some(history),
            Err(ReadError::Damaged { .. }) => return Ok(unreadable),
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(ItemView { divergence, custody: in_custody(store, import.deposit)?, history, salted })
}

/// The original of a deposit, as it was given into custody last.
fn in_custody(
    store: &dyn ReadLedger,
    deposit: DepositNumber,
) -> Result<Option<(TakeCustody, Timestamp, bool)>, ReadError> {
    let Some(taken) = last_labelled(store, &labels::custody_of(deposit))? else { return Ok(None) };
    let Act::TakeCustody(act) = taken.document.act else { return Ok(None) };
    let erased = matches!(store.annex(taken.placed.index, &act.key.0)?, Private::Erased(_));
    Ok(Some((act, taken.placed.at, erased)))
}

impl FilingService {
    /// Looks at a case and at most `limit` of its items after a number, and records the look.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: not there, or not theirs. Those of writing: then nothing is shown.
    pub async fn look_at_case(
        &self,
        actor: &Actor,
        case: CaseId,
        after: u32,
        limit: usize,
    ) -> Result<CaseView, FilingError> {
        self.look(actor, case, Part::Page { after, limit }).await
    }

    /// Looks at one item of a case, and records the look.
    ///
    /// # Errors
    ///
    /// As [`Self::look_at_case`]; [`FilingError::NoSuchItem`].
    pub async fn look_at_item(&self, actor: &Actor, case: CaseId, item: ItemNumber) -> Result<CaseView, FilingError> {
        self.look(actor, case, Part::Item(item)).await
    }

    async fn look(&self, actor: &Actor, case: CaseId, part: Part) -> Result<CaseView, FilingError> {
        let file = self.case_for(actor, case).await?;
        let only = match part {
            Part::Item(item) if !file.items.contains_key(&item) => {
                return Err(FilingError::NoSuchItem(item));
            }
            Part::Item(item) => Some(item),
            Part::Page { .. } => None,
        };
        let capacities = actor.capacities(&file);
        let capacity = capacities.first().copied().ok_or(FilingError::NotFound)?;
        let access = self.record_access(actor, capacity, Subject::Case(case, Shown::CaseFile, only)).await?;
        let (file, items) = self.compare_items(file, part).await?;
        let looked = Arc::clone(&file);
        let texts = self
            .read(move |store| {
                let mut texts = HashMap::new();
                for one in texts_of(&looked, part) {
                    texts.insert(one.annex, text(store, &one)?);
                }
                Ok(texts)
            })
            .await?;
        let deadline = file.period.state(&self.registry().calendar);
        Ok(CaseView { file, texts, items, deadline, capacities, access })
    }

    /// Holds the items of a part against the chain, and raises an alarm for each divergence that is new.
    ///
    /// # Errors
    ///
    /// Those of reading and writing.
    pub async fn compare_items(
        &self,
        file: Arc<CaseFile>,
        part: Part,
    ) -> Result<(Arc<CaseFile>, HashMap<ItemNumber, ItemView>), FilingError> {
        let looked = Arc::clone(&file);
        let items = self
            .read(move |store| {
                let mut items = HashMap::new();
                for (number, item) in part.items(&looked) {
                    items.insert(*number, look_at(store, item)?);
                }
                Ok(items)
            })
            .await?;
        let mut file = file;
        for (number, look) in &items {
            let known = |item: &Item| item.divergences.iter().any(|(_, what)| Some(*what) == look.divergence);
            if let Some(what) = look.divergence
                && !file.items.get(number).is_some_and(known)
            {
                file = self.raise_alarm(file.id, *number, what).await?;
            }
        }
        Ok((file, items))
    }

    /// The chain differs from what was imported: on record, once a kind.
    async fn raise_alarm(
        &self,
        case: CaseId,
        item: ItemNumber,
        what: Divergence,
    ) -> Result<Arc<CaseFile>, FilingError> {
        let _held = self.locks.hold(case.0).await;
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
        Ok(self.put(&file, document, Annexes::new()).await?.file)
    }

    /// The acts of a case after a sequence, at most `limit`: documents hold no texts, so nothing is recorded.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: not there, or not theirs.
    pub async fn acts_of(
        &self,
        actor: &Actor,
        case: CaseId,
        after: u64,
        limit: usize,
    ) -> Result<(Arc<CaseFile>, ActPage), FilingError> {
        let file = self.case_for(actor, case).await?;
        let page = self.page_of(case.0, after, limit).await?;
        Ok((file, page))
    }
}
