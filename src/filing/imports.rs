//! Import of evidence by deposit number (导入存证平台证据), with a snapshot of the chain facts at that time.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Import};
use crate::court::calendar::Calendar;
use crate::court::case::mediation_material::{confidential_papers, is_consented};
use crate::court::case::state::{CaseFile, Item, Text};
use crate::court::ids::{AccountId, CaseId, ItemNumber, PartyNumber};
use crate::court::labels;
use crate::court::registry::Registry;
use crate::court::values::{Capacity, FirstImport, HandedIn, ItemPurpose};
use crate::court::words::{CaseKind, Collected, Depositor, ItemForm};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::ActOutcome;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::{cases_labelled, text};
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::{Facts, Receipt};
use crate::ledger::verify::report::{Conclusion, Obstacle, Report};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Question, verify};
use crate::query::records;
use crate::sequencer::handle::DepositError;
use crate::store::traits::{LedgerReader, ReadError};
use crate::wire::receipt;

/// A request to import a deposit into a case.
#[derive(Debug, Clone)]
pub struct ImportCommand {
    /// 存证编号.
    pub deposit: DepositNumber,
    /// 证据名称.
    pub name: String,
    /// 证据内容.
    pub content: String,
    /// 来源.
    pub source: Option<String>,
    /// 证明对象.
    pub proves: Option<String>,
    /// Original or copy.
    pub form: Option<ItemForm>,
    /// 份数, 页数.
    pub copies_and_pages: (Option<u32>, Option<u32>),
    /// For which party, if the importer does not represent one.
    pub party: Option<PartyNumber>,
    /// The item that this one replaces.
    pub replaces: Option<ItemNumber>,
    /// What it is for, if it rebuts, cures or reinforces an item.
    pub purpose: Option<ItemPurpose>,
    /// Posted or handed in earlier, if the court enters it.
    pub handed_in: Option<HandedIn>,
    /// Whether the court collected it.
    pub collected: Option<Collected>,
    /// Why it was not offered earlier.
    pub reason: Option<String>,
    /// The receipt, for a deposit of another ledger.
    pub receipt: Option<Box<Receipt>>,
}

/// The chain facts of a deposit, and on whose behalf it was made.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The seven facts.
    pub facts: Facts,
    /// The account in its `on-behalf` line, which anybody can write: it is confirmed only if the platform signed.
    pub on_behalf: Option<Digest>,
    /// The keys that signed it.
    pub keys: Vec<VerifierKey>,
    /// For a deposit of another ledger: SHA-256 of the receipt, and the listed key that signed its checkpoint.
    pub foreign: Option<(Digest, VerifierKey)>,
}

/// The snapshot of a deposit of this ledger; `None` if there is no such deposit.
///
/// # Errors
///
/// [`ReadError`].
pub fn snapshot(store: &dyn LedgerReader, number: DepositNumber) -> Result<Option<Snapshot>, ReadError> {
    let Some((place, entry)) = records::find_entry(store, number)? else { return Ok(None) };
    let facts = Facts::of(&entry, &records::header_of(store, place)?);
    let statement = entry.statement.statement();
    let (on_behalf, keys) = (statement.on_behalf, statement.keys.clone());
    Ok(Some(Snapshot { facts, on_behalf, keys, foreign: None }))
}

/// The snapshot of a deposit of another ledger, whose receipt must be signed by a listed key.
fn foreign_snapshot(registry: &Registry, own: &Name, receipt: &Receipt) -> Result<Snapshot, FilingError> {
    let entry = Entry::parse(receipt.entry.as_bytes()).map_err(|e| FilingError::BrokenReceipt(e.to_string()))?;
    let origin = &entry.statement.statement().ledger;
    if origin == own {
        return Err(FilingError::LedgerNotListed(origin.to_string()));
    }
    let keys: BTreeSet<String> = registry.trusted.values().flatten().map(ToString::to_string).collect();
    let keys: Vec<VerifierKey> = keys.iter().filter_map(|key| VerifierKey::parse(key).ok()).collect();
    let mut broken = false;
    for key in keys.into_iter().filter(|key| key.name() == origin) {
        let trust = Trust::new(vec![key.clone()]);
        match verify(&Question::about(receipt, &trust)) {
            Report { conclusion: Conclusion::RecordOnly, facts: Some(facts), .. } => {
                let text = format!("{}{}", receipt.entry, receipt.header);
                let keys = entry.statement.statement().keys.clone();
                // Accounts of another ledger are not accounts of this one.
                return Ok(Snapshot { facts, on_behalf: None, keys, foreign: Some((sha256(text.as_bytes()), key)) });
            }
            // Otherwise another key of the same name signed it.
            report => broken |= report.obstacle == Some(Obstacle::BrokenReceipt),
        }
    }
    let origin = origin.to_string();
    Err(if broken { FilingError::BrokenReceipt(origin) } else { FilingError::LedgerNotListed(origin) })
}

/// The party's active item with the same deposit, unless the import replaces it.
fn existing_item(file: &CaseFile, party: PartyNumber, import: &ImportCommand) -> Option<ItemNumber> {
    // A replacement of a missing item is rejected later, for that reason.
    if import.replaces.is_some_and(|replaced| !file.items.contains_key(&replaced)) {
        return None;
    }
    let is_same = |item: &Item| {
        let known = &item.import;
        let same_ledger = known.receipt.is_some() == import.receipt.is_some();
        known.deposit == import.deposit && known.party == party && same_ledger && item.is_active()
    };
    let mut items = file.items.iter().filter(|(number, item)| is_same(item) && import.replaces != Some(**number));
    items.next().map(|(number, _)| *number)
}

/// The parties of `file` that these accounts are or represent.
fn own_parties(file: &CaseFile, accounts: &[AccountId]) -> BTreeSet<PartyNumber> {
    let capacities = accounts.iter().flat_map(|account| file.capacities_of(*account));
    capacities.filter_map(|capacity| file.party_of(capacity)).collect()
}

impl FilingService {
    /// The snapshot of the deposit that is to be imported.
    async fn import_snapshot(&self, import: &ImportCommand) -> Result<Snapshot, FilingError> {
        if let Some(receipt) = &import.receipt {
            let found = foreign_snapshot(&self.registry(), &self.ledger, receipt)?;
            if found.facts.number != import.deposit {
                return Err(FilingError::BrokenReceipt(format!("it is for {}", found.facts.number)));
            }
            return Ok(found);
        }
        let number = import.deposit;
        let found = self.read(move |store| Ok(snapshot(store, number)?)).await?;
        found.ok_or_else(|| FilingError::NoSuchDeposit(number.to_string()))
    }

    fn depositor(&self, file: &CaseFile, importer: AccountId, party: PartyNumber, snapshot: &Snapshot) -> Depositor {
        let by_platform = snapshot.keys.contains(self.platform.verifier());
        let Some(account) = snapshot.on_behalf.filter(|_| by_platform) else { return Depositor::Unknown };
        let account = AccountId(account);
        // A party that others named and that was never identified does not count.
        let principal = file.parties.get(&party).filter(|party| party.identity.is_some());
        let principal = principal.and_then(|party| party.account);
        if account == importer || Some(account) == principal { Depositor::Same } else { Depositor::Different }
    }

    /// The stored receipt of an item of another ledger; `None` for an item of this ledger, and once it is erased.
    pub(in crate::filing) async fn stored_receipt(&self, item: &Item) -> Result<Option<String>, FilingError> {
        let Some(annex) = item.import.receipt_annex else { return Ok(None) };
        let stored = Text { annex, index: item.position.index };
        self.read(move |store| Ok(text(store, &stored)?)).await
    }

    /// The mediations, except `case`, that have this deposit as an item and any of these accounts as a participant.
    pub(in crate::filing) async fn mediations_with(
        &self,
        deposit: DepositNumber,
        case: CaseId,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> Result<Vec<Arc<CaseFile>>, FilingError> {
        let lists: Vec<Digest> = accounts.into_iter().map(|account| labels::offered_to(account, deposit)).collect();
        let found = self.read(move |store| {
            let mut found = BTreeSet::new();
            for list in &lists {
                found.extend(cases_labelled(store, list)?);
            }
            Ok(found)
        });
        let found = found.await?;
        let mut files = Vec::new();
        for other in found.into_iter().filter(|other| *other != case) {
            // A draft that was never submitted was shown to nobody.
            files.extend(self.case_file(other).await?.filter(|file| file.submitted.is_some()));
        }
        Ok(files)
    }

    /// Whether the file of an item was offered by another party in a mediation of these accounts, under another number. The import is
    /// not refused: the same file may have come from elsewhere.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn was_offered_in_mediation(
        &self,
        file: &CaseFile,
        item: &Item,
        importer: AccountId,
    ) -> Result<bool, FilingError> {
        if file.kind == CaseKind::Mediation {
            return Ok(false);
        }
        let principal = file.parties.get(&item.import.party).and_then(|party| party.account);
        let accounts: BTreeSet<AccountId> = principal.into_iter().chain([importer]).collect();
        let digests: Vec<Digest> = item.import.data_hash.iter().map(|(_, digest)| *digest).collect();
        let of_account = |account: &AccountId| {
            let account = *account;
            digests.iter().map(move |digest| labels::offered_digest_to(account, *digest))
        };
        let lists: Vec<Digest> = accounts.iter().flat_map(of_account).collect();
        let found = self.read(move |store| {
            let mut found = BTreeSet::new();
            for list in &lists {
                found.extend(cases_labelled(store, list)?);
            }
            Ok(found)
        });
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        for case in found.await?.into_iter().filter(|case| *case != file.id) {
            let Some(mediation) = self.case_file(case).await?.filter(|file| file.submitted.is_some()) else { continue };
            let own = own_parties(&mediation, &accounts);
            let is_same = |other: &Item| {
                other.import.deposit != item.import.deposit
                    && other.import.data_hash.iter().any(|(_, digest)| digests.contains(digest))
                    && !own.contains(&other.import.party)
                    && !is_consented(&mediation, other)
            };
            if mediation.items.values().any(is_same) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The party for which a deposit is imported, if its ledger is listed and the party does not have it yet.
    fn importing_party(
        &self,
        file: &CaseFile,
        capacity: Capacity,
        import: &ImportCommand,
        snapshot: &Snapshot,
    ) -> Result<PartyNumber, FilingError> {
        if let Some((_, key)) = &snapshot.foreign {
            let listed = self.registry().trusted.get(&file.court).is_some_and(|keys| keys.contains(key));
            if !listed {
                return Err(FilingError::LedgerNotListed(key.name().to_string()));
            }
        }
        let party = file.party_of(capacity).or(import.party);
        let party = party.ok_or_else(|| {
            FilingError::bad("party", "name the party for which it is imported", "请选择为哪一方当事人导入")
        })?;
        if import.party.is_some_and(|named| named != party) {
            return Err(FilingError::Refused(crate::court::case::refusal::Refusal::NotYours));
        }
        if let Some(item) = existing_item(file, party, import) {
            return Err(FilingError::AlreadyImported { deposit: import.deposit, item });
        }
        Ok(party)
    }

    /// Imports a deposit into a case.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoSuchDeposit`], [`FilingError::LedgerNotListed`], [`FilingError::BrokenReceipt`],
    /// [`FilingError::MediationMaterial`], [`FilingError::AlreadyImported`], and those of [`Self::act`].
    pub async fn import(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        import: &ImportCommand,
    ) -> Result<ActOutcome, FilingError> {
        // Before any look-up: an account without access to the case learns nothing about the deposit either.
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let _deposit_lock = self.locks.lock(labels::imports_of(import.deposit)).await;
        let snapshot = self.import_snapshot(import).await?;
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        let mut concerned = file.accounts();
        concerned.insert(actor.id);
        let mediations = self.mediations_with(import.deposit, case, concerned.iter().copied()).await?;
        // Stored, so that the case can be verified without the other ledger.
        let receipt = import.receipt.as_deref().map(receipt::print_line);
        let make = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| {
            let party = self.importing_party(file, capacity, import, &snapshot)?;
            let depositor = self.depositor(file, actor.id, party, &snapshot);
            if file.kind != CaseKind::Mediation && depositor != Depositor::Same {
                let accounts: Vec<AccountId> =
                    file.parties.get(&party).and_then(|party| party.account).into_iter().chain([actor.id]).collect();
                if !accounts.iter().all(|account| concerned.contains(account)) {
                    // An account joined the case after the mediations were looked up.
                    return Err(FilingError::Deposit(DepositError::Busy { retry_after_ms: 500 }));
                }
                require_no_mediation_material(&mediations, import.deposit, &accounts)?;
            }
            let facts = &snapshot.facts;
            Ok(Act::Import(Import {
                item: file.next_item(),
                party,
                phase: file.phase(),
                deposit: facts.number,
                name: annexes.add("name", &import.name)?,
                content: annexes.add("content", &import.content)?,
                source: annexes.add_some("source", import.source.as_deref())?,
                proves: annexes.add_some("proves", import.proves.as_deref())?,
                form: import.form,
                copies: import.copies_and_pages.0,
                pages: import.copies_and_pages.1,
                replaces: import.replaces,
                carried: None,
                depositor,
                identity: actor.identity(),
                ledger: facts.ledger.clone(),
                tx_id: facts.tx_id,
                block_hash: facts.block_hash,
                block_height: facts.block_height,
                prev_block_hash: facts.prev_block_hash,
                data_hash: facts.data_hash.clone(),
                tx_submitted_at: facts.tx_submitted_at,
                block_generated_at: facts.block_generated_at,
                receipt: snapshot.foreign.as_ref().map(|(digest, _)| *digest),
                receipt_annex: annexes.add_some("receipt", receipt.as_deref())?,
                purpose: import.purpose,
                handed_in: import.handed_in,
                collected: import.collected,
                reason: annexes.add_some("reason", import.reason.as_deref())?,
            }))
        };
        self.act_with_access(actor, case, context, ActKind::Import, make).await
    }
}

/// 在线调解规则 art. 18: a participant of a mediation may use what another party offered there only with the consent of all parties,
/// and its transcripts and unsigned drafts not at all.
/// Accounts that took no part in the mediation are not bound, and learn nothing of it.
pub(in crate::filing) fn require_no_mediation_material(
    mediations: &[Arc<CaseFile>],
    deposit: DepositNumber,
    accounts: &[AccountId],
) -> Result<(), FilingError> {
    for file in mediations {
        if !accounts.iter().any(|account| file.concerns(None, Some(*account))) {
            continue;
        }
        let own = own_parties(file, accounts);
        let offered = file.items.values().filter(|item| item.import.deposit == deposit);
        let mut bound = offered.filter(|item| !is_consented(file, item) && !own.contains(&item.import.party));
        if bound.next().is_some() {
            return Err(FilingError::MediationMaterial);
        }
        if confidential_papers(file).any(|paper| paper == deposit) {
            return Err(FilingError::MediationMaterial);
        }
    }
    Ok(())
}

/// The import by which an item of another case is copied into `file`.
#[must_use]
pub(in crate::filing) fn transferred_import(
    from: &CaseFile,
    number: ItemNumber,
    file: &CaseFile,
    calendar: &Calendar,
) -> Option<Import> {
    let item = from.items.get(&number)?;
    let at = item.first_imported_at;
    Some(Import {
        item: file.next_item(),
        phase: file.phase(),
        replaces: None,
        carried: Some(FirstImport { case: from.id, item: number, at, late: from.lateness(item, calendar).is_late() }),
        // Items of the earlier case have other numbers here, and the day of its first import is copied.
        purpose: None,
        handed_in: None,
        // As last stated. Their texts are annexes of the new case, which the caller adds.
        source: None,
        proves: None,
        form: item.details.form,
        copies: item.details.copies,
        pages: item.details.pages,
        ..item.import.clone()
    })
}
