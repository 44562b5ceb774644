//! Deposits that the platform signs on behalf of an account (代为存证), and the private content of deposits.
//!
//! # Invariants
//!
//! The statement names the account (`on-behalf`) and the signing key (`key`, the platform's), so the account never appears as
//! the signer. The same request always makes the same statement, also after its client has disconnected.
//!
//! Deposit numbers are public, so an import gives no access to private content: a case shows only that of deposits which a
//! party itself has made and imported.

use serde_json::{Map, Value, json};

use crate::court::ids::{AccountId, CaseId};
use crate::court::labels;
use crate::court::personal_numbers::{PersonalNumber, find_personal_numbers};
use crate::court::values::Capacity;
use crate::court::words::{AccessedContent, Role, Scope};
use crate::filing::access::AccessTarget;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::custody_records::custody_in_cases;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::derive;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::ActPage;
use crate::ledger::entry::Entry;
use crate::ledger::key::VerifierKey;
use crate::ledger::media::MediaType;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::Content;
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{Link, Statement};
use crate::ledger::time::Timestamp;
use crate::query::receipts;
use crate::query::records;
use crate::store::traits::{LedgerReader, PrivateContent, PrivatePiece, ReadError};
use crate::wire::metadata::canonical;

/// A request to deposit on behalf of an account.
#[derive(Debug, Clone)]
pub struct OnBehalfCommand {
    /// The digests of the original.
    pub content: Content,
    /// The media type of the original.
    pub media_type: Option<MediaType>,
    /// Links to earlier deposits.
    pub links: Vec<Link>,
    /// The private metadata; the depositor's identity is added here.
    pub metadata: Map<String, Value>,
    /// The free texts of the metadata, which are searched for personal numbers.
    pub texts: Vec<String>,
}

/// A deposit that the platform made on behalf of an account.
#[derive(Debug, Clone)]
pub struct DepositOnBehalf {
    /// 存证编号.
    pub number: DepositNumber,
    /// Its receipt.
    pub receipt: Receipt,
    /// False if an earlier request with the same idempotency key made it.
    pub fresh: bool,
    /// The kinds of personal numbers that its texts seem to contain.
    pub personal_numbers: Vec<PersonalNumber>,
}

/// A deposit in the list of an account's own deposits.
#[derive(Debug, Clone)]
pub struct OwnDeposit {
    /// Index of the entry.
    pub index: LeafIndex,
    /// 存证编号.
    pub number: DepositNumber,
    /// 交易提交时间.
    pub at: Timestamp,
    /// The private metadata; `None` once it is erased.
    pub metadata: Option<String>,
}

/// A page of an account's own deposits.
#[derive(Debug, Clone)]
pub struct OwnDeposits {
    /// The latest first.
    pub deposits: Vec<OwnDeposit>,
    /// The index before which the next page begins; `None` on the last page.
    pub next: Option<u64>,
    /// The access record; `None` if there was nothing to show.
    pub access: Option<RecordedAct>,
}

/// Private content of a deposit.
#[derive(Debug, Clone)]
pub struct PrivateView {
    /// The content with its salt; `None` once it is erased.
    pub held: Option<PrivateMetadata>,
    /// The access record; `None` if there was nothing to show.
    pub access: Option<RecordedAct>,
}

impl FilingService {
    /// The account on whose behalf the platform made this deposit. Depositors may write any account into a statement of their
    /// own; only the platform's signature confirms it.
    #[must_use]
    pub fn account_of_deposit(&self, entry: &Entry) -> Option<AccountId> {
        account_signed_for(entry, self.platform.verifier())
    }

    /// Whether the actor disposes of the private content of a deposit: erases it, and reads its access log. That is the account on whose
    /// behalf it was made; without one, the account that gave all its originals into custody for cases.
    ///
    /// For all other accounts the reads depend on the request alone.
    pub(in crate::filing) async fn disposes_of(
        &self,
        actor: &Actor,
        number: DepositNumber,
    ) -> Result<bool, FilingError> {
        let (platform, stream) = (self.platform.verifier().clone(), self.custody_stream(number));
        let id = actor.id;
        self.read(move |store| {
            let entry = records::find_entry(store, number)?;
            let gave = !store.labelled(&labels::custody_in_cases_by(id, number), LeafIndex(0), 1)?.is_empty();
            match entry.and_then(|(_, entry)| account_signed_for(&entry, &platform)) {
                Some(account) => Ok(account == id),
                None if gave => Ok(custody_in_cases(store, &stream, number)?.iter().all(|one| one.by == id)),
                None => Ok(false),
            }
        })
        .await
    }

    /// Whether a deposit can have private content on this platform: it was made on behalf of an account, or its original was given into
    /// custody for a case.
    pub(in crate::filing) async fn can_have_private_content(&self, number: DepositNumber) -> Result<bool, FilingError> {
        let platform = self.platform.verifier().clone();
        self.read(move |store| {
            let entry = records::find_entry(store, number)?;
            let is_on_behalf = entry.is_some_and(|(_, entry)| account_signed_for(&entry, &platform).is_some());
            Ok(is_on_behalf || !store.labelled(&labels::custody_in_cases(number), LeafIndex(0), 1)?.is_empty())
        })
        .await
    }

    /// Deposits on behalf of the actor's account.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::RequestReused`], [`FilingError::BadValue`], and those of the sequencer:
    /// `link_not_yours` for a link that only the depositor may make.
    pub async fn deposit_on_behalf(
        &self,
        actor: &Actor,
        context: &RequestContext,
        command: &OnBehalfCommand,
    ) -> Result<DepositOnBehalf, FilingError> {
        actor.require_scope(Scope::Deposit)?;
        let mut personal_numbers: Vec<PersonalNumber> =
            command.texts.iter().flat_map(|text| find_personal_numbers(text)).collect();
        personal_numbers.sort_unstable();
        personal_numbers.dedup();
        let _request_lock = self.locks.lock(labels::deposit_request(context.request)).await;
        if let Some(receipt) = self.deposit_of_request(context).await? {
            return Ok(DepositOnBehalf { number: number_of(&receipt)?, receipt, fresh: false, personal_numbers });
        }
        let piece = self.private_metadata(actor, context, command)?;
        let random = derive(&self.platform, context.request, "nonce").0;
        let statement = Statement {
            ledger: self.ledger.clone(),
            content: Some(command.content),
            manifest: None,
            media_type: command.media_type,
            meta: Some(piece.commitment()),
            subject: None,
            links: command.links.clone(),
            on_behalf: Some(actor.id.0),
            nonce: std::array::from_fn(|at| random.get(at).copied().unwrap_or_default()),
            keys: vec![self.platform.verifier().clone()],
        };
        let signed = SignedStatement::sign(statement, std::slice::from_ref(&self.platform));
        let signed = signed.map_err(|error| FilingError::Deposit(error.into()))?;
        let labels = vec![
            labels::deposits_of(actor.id),
            labels::deposit_request(context.request),
            labels::deposit_request_with_body(context.request, context.body),
        ];
        let private = PrivateContent { metadata: Some(piece), annexes: Vec::new(), labels };
        let deposited = self.sequencer.deposit_with(signed.note().clone(), private).await?;
        let number = number_of(&deposited.receipt)?;
        Ok(DepositOnBehalf { number, receipt: deposited.receipt, fresh: deposited.fresh, personal_numbers })
    }

    /// The receipt of the deposit that an earlier request with the same idempotency key made.
    async fn deposit_of_request(&self, context: &RequestContext) -> Result<Option<Receipt>, FilingError> {
        let (any, same) = (
            labels::deposit_request(context.request),
            labels::deposit_request_with_body(context.request, context.body),
        );
        self.read(move |store| {
            let Some(index) = store.last_labelled(&any, 1)?.into_iter().next() else { return Ok(None) };
            if store.last_labelled(&same, 1)?.is_empty() {
                return Err(FilingError::RequestReused);
            }
            Ok(Some(receipts::receipt(store, index)?))
        })
        .await
    }

    fn private_metadata(
        &self,
        actor: &Actor,
        context: &RequestContext,
        command: &OnBehalfCommand,
    ) -> Result<PrivateMetadata, FilingError> {
        let mut metadata = command.metadata.clone();
        if let Some(check) = actor.identity() {
            let identity = json!({
                "method": check.method.word(),
                "level": check.level.word(),
                "at": check.at.to_string(),
            });
            metadata.insert("identity".into(), identity);
        }
        let json = canonical(&Value::Object(metadata)).map_err(|error| FilingError::BadValue {
            field: "name",
            reason_zh: None,
            reason: error.to_string(),
            code: error.code(),
        })?;
        Ok(PrivateMetadata { salt: derive(&self.platform, context.request, "salt").0, json })
    }

    /// A page of the deposits on behalf of the actor's account, the latest first: at most `limit`, below index `before`. Their names
    /// are private content of the account, so the access is recorded there.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::Read`], and those of [`Self::record_access`].
    pub async fn own_deposits(
        &self,
        actor: &Actor,
        before: Option<u64>,
        limit: usize,
    ) -> Result<OwnDeposits, FilingError> {
        actor.require_scope(Scope::Deposit).or_else(|_| actor.require_read_scope())?;
        let label = labels::deposits_of(actor.id);
        let before = LeafIndex(before.unwrap_or(u64::MAX));
        // One more than the page, to know whether there is a next one.
        let mut found =
            self.read(move |store| Ok(store.labelled_before(&label, before, limit.saturating_add(1))?)).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        if found.is_empty() {
            return Ok(OwnDeposits { deposits: Vec::new(), next: None, access: None });
        }
        let next = found.last().filter(|_| more).map(|index| index.0);
        let access = self.record_access(actor, Capacity::Oneself, AccessTarget::Account(actor.id)).await?;
        let deposits = self
            .read(move |store| {
                let own = found.into_iter().map(|index| own_deposit(store, index));
                Ok(own.collect::<Result<Vec<_>, _>>()?)
            })
            .await?;
        Ok(OwnDeposits { deposits, next, access: Some(access) })
    }

    /// The capacity in which the actor may see the private content of a deposit: as the account on whose behalf it was made, or in
    /// the named `case`, if a party of it made and imported the deposit.
    ///
    /// For an account without access the reads depend on the request alone, not on whether or how often the deposit is used in
    /// cases.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such deposit, or no access to it.
    pub(in crate::filing) async fn viewing_capacity(
        &self,
        actor: &Actor,
        number: DepositNumber,
        case: Option<CaseId>,
    ) -> Result<(LeafIndex, Capacity), FilingError> {
        actor.require_read_scope().or_else(|_| actor.require_scope(Scope::Deposit))?;
        let found = self.read(move |store| Ok(records::find_entry(store, number)?)).await?;
        let entered = match case {
            Some(case) => self.has_access(actor, case).await?,
            None => false,
        };
        let (place, entry) = found.ok_or(FilingError::NotFound)?;
        let owner = self.account_of_deposit(&entry).ok_or(FilingError::NotFound)?;
        if owner == actor.id {
            return Ok((place.index, Capacity::Oneself));
        }
        let case = case.filter(|_| entered).ok_or(FilingError::NotFound)?;
        actor.require_read_scope()?;
        let file = self.case_file(case).await?.filter(|file| actor.can_see(file)).ok_or(FilingError::NotFound)?;
        let holds = file.items.values().any(|item| {
            let import = &item.import;
            let party = file.parties.get(&import.party).filter(|party| party.identity.is_some());
            let by_owner = item.by == owner || party.is_some_and(|party| party.account == Some(owner));
            // Numbers and accounts are public: only an import by the depositor itself shows the deposit to the case.
            let own = import.receipt.is_none() && by_owner;
            own && import.deposit == number && item.is_active()
        });
        let capacity = actor.capacities(&file).first().copied().filter(|_| holds);
        capacity.map(|capacity| (place.index, capacity)).ok_or(FilingError::NotFound)
    }

    /// The private content of a deposit. Records the access first.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`], and those of [`Self::record_access`]; then nothing is shown.
    pub async fn view_private_content(
        &self,
        actor: &Actor,
        number: DepositNumber,
        case: Option<CaseId>,
    ) -> Result<PrivateView, FilingError> {
        let (index, capacity) = self.viewing_capacity(actor, number, case).await?;
        let private = self.read(move |store| Ok(store.private(index)?)).await?;
        let PrivatePiece::Held(piece) = private else { return Ok(PrivateView { held: None, access: None }) };
        let access =
            self.record_access(actor, capacity, AccessTarget::Deposit(number, AccessedContent::Deposit)).await?;
        Ok(PrivateView { held: Some(piece), access: Some(access) })
    }

    /// A page of the access and custody log of a deposit: at most `limit` acts after sequence `after`. For the account that disposes of
    /// its private content, the operator and auditors.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such deposit, or no access to it.
    pub async fn deposit_log(
        &self,
        actor: &Actor,
        number: DepositNumber,
        after: u64,
        limit: usize,
    ) -> Result<ActPage, FilingError> {
        actor.require_read_scope().or_else(|_| actor.require_scope(Scope::Deposit))?;
        let watches = [Role::Auditor, Role::Operator].iter().any(|role| actor.account.holds(*role, None));
        let disposes = self.disposes_of(actor, number).await?;
        let is_allowed = disposes || watches && self.can_have_private_content(number).await?;
        if !is_allowed {
            return Err(FilingError::NotFound);
        }
        self.log_page(self.custody_stream(number), after, limit).await
    }
}

/// The account on whose behalf the platform, with this key, made a deposit.
pub(in crate::filing) fn account_signed_for(entry: &Entry, platform: &VerifierKey) -> Option<AccountId> {
    let statement = entry.statement.statement();
    let signed = matches!(statement.keys.as_slice(), [key] if key == platform);
    statement.on_behalf.filter(|_| signed).map(AccountId)
}

/// The deposit at `index` with its private metadata.
///
/// # Errors
///
/// [`ReadError`].
pub(in crate::filing) fn own_deposit(store: &dyn LedgerReader, index: LeafIndex) -> Result<OwnDeposit, ReadError> {
    let entry = records::entry(store, index)?;
    let metadata = match store.private(index)? {
        PrivatePiece::Held(piece) => Some(piece.json),
        PrivatePiece::Erased(_) | PrivatePiece::None => None,
    };
    Ok(OwnDeposit { index, number: entry.number, at: entry.received, metadata })
}

/// The deposit number of a receipt.
fn number_of(receipt: &Receipt) -> Result<DepositNumber, FilingError> {
    let entry = Entry::parse(receipt.entry.as_bytes()).map_err(|error| ReadError::Damaged {
        what: "receipt",
        at: receipt.index.to_string(),
        reason: error.to_string(),
    })?;
    Ok(entry.number)
}
