//! The operator of a platform, as its node states it: part of a verification report, and not verified.

use crate::client::ledger_client::LedgerClient;
use crate::wire::report_contents::InstitutionJson;

/// The operator that a node names; nothing is known without a node that answers.
pub async fn institution(client: Option<&LedgerClient>) -> InstitutionJson {
    let Some(client) = client else { return InstitutionJson::default() };
    let Ok(ledger) = client.ledger().await else { return InstitutionJson::default() };
    InstitutionJson {
        operator: ledger.operator,
        nature: ledger.nature,
        record_filing: ledger.record_filing,
        clock_source: ledger.clock_source,
    }
}
