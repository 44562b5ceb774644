//! Search among the deposits that the platform made on behalf of an account, by name, number and date.
//!
//! Names are private content, which no index contains: a search reads the account's deposits one by one, the latest first, and at most
//! [`SCAN_MAX`] of them. The next search goes on where this one ended. Deposits that an account signed with a key of its own are not
//! found here: the chain does not name their account.

use serde_json::Value;

use crate::court::labels;
use crate::court::values::Capacity;
use crate::court::words::Scope;
use crate::filing::access::AccessTarget;
use crate::filing::actor::Actor;
use crate::filing::deposits::{OwnDeposit, OwnDeposits, own_deposit};
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;

/// Most deposits that one search reads.
pub const SCAN_MAX: usize = 2_000;

/// Which of the own deposits are wanted. By default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnDepositFilter {
    /// A part of the name or the description in any case, or a deposit number; empty for all.
    pub text: String,
    /// The first Beijing date, `20261122`.
    pub from: Option<u32>,
    /// The last Beijing date.
    pub until: Option<u32>,
}

impl OwnDepositFilter {
    fn accepts(&self, deposit: &OwnDeposit) -> bool {
        let date = deposit.number.date();
        let in_time = self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until);
        in_time && self.text_accepts(deposit)
    }

    fn text_accepts(&self, deposit: &OwnDeposit) -> bool {
        let wanted = self.text.trim().to_lowercase();
        if wanted.is_empty() || DepositNumber::parse(&self.text) == Ok(deposit.number) {
            return true;
        }
        let metadata = deposit.metadata.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let contains = |field: &str| {
            let text = metadata.as_ref().and_then(|metadata| metadata.get(field)).and_then(Value::as_str);
            text.is_some_and(|text| text.to_lowercase().contains(&wanted))
        };
        contains("name") || contains("description")
    }
}

impl FilingService {
    /// A page of the deposits on behalf of the actor's account that `filter` accepts, the latest first: at most `limit`, below index
    /// `before`. The access is recorded as for the list of all.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`], [`FilingError::Read`], and those of [`Self::record_access`].
    pub async fn find_own_deposits(
        &self,
        actor: &Actor,
        filter: &OwnDepositFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<OwnDeposits, FilingError> {
        if *filter == OwnDepositFilter::default() {
            return self.own_deposits(actor, before, limit).await;
        }
        actor.require_scope(Scope::Deposit).or_else(|_| actor.require_read_scope())?;
        let (label, before) = (labels::deposits_of(actor.id), LeafIndex(before.unwrap_or(u64::MAX)));
        let found = self.read(move |store| Ok(store.labelled_before(&label, before, SCAN_MAX)?)).await?;
        if found.is_empty() {
            return Ok(OwnDeposits { deposits: Vec::new(), next: None, access: None });
        }
        let access = self.record_access(actor, Capacity::Oneself, AccessTarget::Account(actor.id)).await?;
        let filter = filter.clone();
        let (deposits, next) = self
            .read(move |store| {
                let (mut deposits, mut last) = (Vec::new(), None);
                let is_complete = found.len() < SCAN_MAX;
                for index in found {
                    let deposit = own_deposit(store, index)?;
                    // Numbers begin with a date, and all later ones of the list are older.
                    if filter.from.is_some_and(|from| deposit.number.date() < from) {
                        return Ok((deposits, None));
                    }
                    if filter.accepts(&deposit) {
                        if deposits.len() == limit {
                            return Ok((deposits, last));
                        }
                        deposits.push(deposit);
                    }
                    last = Some(index.0);
                }
                Ok((deposits, last.filter(|_| !is_complete)))
            })
            .await?;
        Ok(OwnDeposits { deposits, next, access: Some(access) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::time::Timestamp;

    fn deposit(name: &str) -> OwnDeposit {
        let metadata = serde_json::json!({ "name": name, "description": "第二页", "provenance": { "source": "手机" } });
        OwnDeposit {
            index: LeafIndex(1),
            number: DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap(),
            at: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(),
            metadata: Some(metadata.to_string()),
        }
    }

    #[test]
    fn a_filter_looks_at_name_description_number_and_date() {
        let text = |text: &str| OwnDepositFilter { text: text.into(), ..OwnDepositFilter::default() };
        let contract = deposit("Contract 合同.PDF");
        for good in [
            "",
            "  ",
            "合同",
            "contract",
            "pdf",
            "第二页",
            "20261122ok7mx9qt3d5wc3",
            "编号：20261122-0K7M-X9QT-3D5W-C3",
        ] {
            assert!(text(good).accepts(&contract), "{good}");
        }
        for bad in ["协议", "手机", "20261122", "name"] {
            assert!(!text(bad).accepts(&contract), "{bad}");
        }
        let dates = |from, until| OwnDepositFilter { from, until, ..OwnDepositFilter::default() }.accepts(&contract);
        assert!(dates(Some(20_261_122), Some(20_261_122)) && dates(Some(20_261_121), None) && dates(None, None));
        assert!(!dates(Some(20_261_123), None) && !dates(None, Some(20_261_121)));
        let erased = OwnDeposit { metadata: None, ..contract };
        assert!(text("").accepts(&erased) && !text("合同").accepts(&erased));
    }
}
