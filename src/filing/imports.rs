//! 导入存证平台证据: by number, with what the chain says at that moment, frozen.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Import};
use crate::court::case::state::{CaseFile, Item, Text};
use crate::court::ids::{AccountId, CaseId, ItemNumber, PartyNumber};
use crate::court::labels;
use crate::court::registry::Registry;
use crate::court::values::{Capacity, FirstImport};
use crate::court::words::{CaseKind, Depositor};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::ActOutcome;
use crate::filing::error::FilingError;
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
use crate::sequencer::handle::DepositError;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading;
use crate::wire::json;
use crate::wire::receipt::ReceiptJson;

/// What the importer says.
#[derive(Debug, Clone)]
pub struct ImportCommand {
    /// 存证编号.
    pub deposit: DepositNumber,
    /// 证据名称.
    pub name: String,
    /// 证据内容.
    pub content: String,
    /// For which party, where the importer does not speak for one.
    pub party: Option<PartyNumber>,
    /// The item that this one replaces.
    pub replaces: Option<ItemNumber>,
    /// Receipt of a deposit of another ledger.
    pub receipt: Option<Box<Receipt>>,
}

/// What the chain says of a deposit, and in whose name it was made.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The seven facts.
    pub facts: Facts,
    /// The account it says it was made for. Anybody can say so: it holds where the platform signed.
    pub on_behalf: Option<Digest>,
    /// The keys that signed it.
    pub keys: Vec<VerifierKey>,
    /// SHA-256 of the receipt, for another ledger's deposit; and the key that vouches for it.
    pub foreign: Option<(Digest, VerifierKey)>,
}

/// What this ledger's chain says of a deposit.
///
/// # Errors
///
/// [`ReadError`].
pub fn snapshot(store: &dyn ReadLedger, number: DepositNumber) -> Result<Option<Snapshot>, ReadError> {
    let Some((index, entry)) = reading::find_entry(store, number)? else { return Ok(None) };
    let facts = reading::facts(store, index)?;
    let statement = entry.statement.statement();
    let (on_behalf, keys) = (statement.on_behalf, statement.keys.clone());
    Ok(Some(Snapshot { facts, on_behalf, keys, foreign: None }))
}

/// What another ledger's receipt says, if a listed key stands behind it.
fn foreign(registry: &Registry, own: &Name, receipt: &Receipt) -> Result<Snapshot, FilingError> {
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
                // Its accounts are others than ours.
                return Ok(Snapshot { facts, on_behalf: None, keys, foreign: Some((sha256(text.as_bytes()), key)) });
            }
            // Otherwise it is signed by another key of that name.
            report => broken |= report.obstacle == Some(Obstacle::BrokenReceipt),
        }
    }
    let origin = origin.to_string();
    Err(if broken { FilingError::BrokenReceipt(origin) } else { FilingError::LedgerNotListed(origin) })
}

/// The item by which the party offers the same deposit already, unless the import replaces it.
fn existing_item(file: &CaseFile, party: PartyNumber, import: &ImportCommand) -> Option<ItemNumber> {
    // An import that replaces an item that is not there is refused for that.
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

/// Parties of `file` that this account is or speaks for.
fn own_parties(file: &CaseFile, accounts: &[AccountId]) -> BTreeSet<PartyNumber> {
    let capacities = accounts.iter().flat_map(|account| file.capacities_of(*account));
    capacities.filter_map(|capacity| file.party_of(capacity)).collect()
}

impl FilingService {
    /// What the chain says of the deposit that is to be imported.
    async fn look_up(&self, asked: &ImportCommand) -> Result<Snapshot, FilingError> {
        if let Some(receipt) = &context.receipt {
            let found = foreign(&self.registry(), &self.ledger, receipt)?;
            if found.facts.number != context.deposit {
                return Err(FilingError::BrokenReceipt(format!("it is for {}", found.facts.number)));
            }
            return Ok(found);
        }
        let number = context.deposit;
        let found = self.read(move |store| Ok(snapshot(store, number)?)).await?;
        found.ok_or_else(|| FilingError::NoSuchDeposit(number.to_string()))
    }

    fn depositor(&self, file: &CaseFile, importer: AccountId, party: PartyNumber, snapshot: &Snapshot) -> Depositor {
        let by_the_platform = snapshot.keys.contains(self.platform.verifier());
        let Some(account) = snapshot.on_behalf.filter(|_| by_the_platform) else { return Depositor::Unknown };
        let account = AccountId(account);
        // Whoever was only named by others has not come himself.
        let principal = file.parties.get(&party).filter(|party| party.identity.is_some());
        let principal = principal.and_then(|party| party.account);
        if account == importer || Some(account) == principal { Depositor::Same } else { Depositor::Different }
    }

    /// The receipt that came with another ledger's deposit, as text; `None` for our own, and once it was erased.
    pub(in crate::filing) async fn stored_receipt(&self, item: &Item) -> Result<Option<String>, FilingError> {
        let Some(annex) = item.import.receipt_annex else { return Ok(None) };
        let stored = Text { annex, index: item.position.index };
        self.read(move |store| Ok(text(store, &stored)?)).await
    }

    /// Cases of mediation, other than `case`, in which this deposit stands and any of these accounts takes part.
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
            // What nobody was shown yet binds nobody.
            files.extend(self.case_file(other).await?.filter(|file| file.submitted.is_some()));
        }
        Ok(files)
    }

    /// Imports a deposit into a case.
    ///
    /// # Errors
    ///
    /// [`FilingError::NoSuchDeposit`], [`FilingError::LedgerNotListed`], [`FilingError::BrokenReceipt`],
    /// [`FilingError::MediationMaterial`], [`FilingError::AlreadyImported`], and those of acting.
    pub async fn import(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        import: &ImportCommand,
    ) -> Result<ActOutcome, FilingError> {
        // The door first: whoever may not come in learns nothing of deposits either.
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let _imports = self.locks.lock(labels::imports_of(import.deposit)).await;
        let snapshot = self.look_up(import).await?;
        let file = self.case_file(case).await?.ok_or(FilingError::NotFound)?;
        let mut concerned = file.accounts();
        concerned.insert(actor.id);
        let mediations = self.mediations_with(import.deposit, case, concerned.iter().copied()).await?;
        // Kept, so that the file alone verifies later.
        let receipt = import.receipt.as_ref().map(|receipt| json::line(&ReceiptJson::from(&**receipt)));
        let make = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| {
            if let Some((_, key)) = &snapshot.foreign {
                let listed = self.registry().trusted.get(&file.court).is_some_and(|keys| keys.contains(key));
                if !listed {
                    return Err(FilingError::LedgerNotListed(key.name().to_string()));
                }
            }
            let party = file.party_of(capacity).or(import.party);
            let party = party.ok_or_else(|| FilingError::bad("party", "say for which party it is imported"))?;
            if import.party.is_some_and(|asked| asked != party) {
                return Err(FilingError::Refused(crate::court::case::refusal::Refusal::NotYours));
            }
            if let Some(item) = existing_item(file, party, import) {
                return Err(FilingError::AlreadyImported { deposit: import.deposit, item });
            }
            let depositor = self.depositor(file, actor.id, party, &snapshot);
            if file.kind != CaseKind::Mediation && depositor != Depositor::Same {
                let accounts: Vec<AccountId> =
                    file.parties.get(&party).and_then(|party| party.account).into_iter().chain([actor.id]).collect();
                if !accounts.iter().all(|account| concerned.contains(account)) {
                    // Somebody joined the case after the mediations were looked up.
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
            }))
        };
        self.act_with_access(actor, case, context, ActKind::Import, make).await
    }
}

/// 调解规则 art. 18: what somebody offered in a mediation is used elsewhere by others who took part in it only with their
/// consent. Whoever had no part in it is not bound by it, and is not told of it.
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
        let mut bound = offered.filter(|item| !item.consented && !own.contains(&item.import.party));
        if bound.next().is_some() {
            return Err(FilingError::MediationMaterial);
        }
    }
    Ok(())
}

/// The import that carries an item of another case on.
#[must_use]
pub(in crate::filing) fn carried(from: &CaseFile, number: ItemNumber, file: &CaseFile) -> Option<Import> {
    let item = from.items.get(&number)?;
    let at = item.first_imported_at;
    Some(Import {
        item: file.next_item(),
        phase: file.phase(),
        replaces: None,
        carried: Some(FirstImport { case: from.id, item: number, at, late: item.late }),
        ..item.import.clone()
    })
}
