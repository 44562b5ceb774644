//! Audit of service of documents: compares the served documents with the ledger, recomputes effect and periods from the
//! steps, and lists missing certificates that are due as gaps.
//!
//! A certificate that contradicts its record has no effect in the replay, so `cases` lists it.

use std::collections::BTreeSet;

use crate::audit::report::{Fault, Findings, ServiceCoverage};
use crate::court::acts::Serve;
use crate::court::calendar::Calendar;
use crate::court::case::service::certificate::all_due;
use crate::court::case::state::CaseFile;
use crate::ledger::receipt::Facts;
use crate::query::records;
use crate::store::traits::LedgerReader;

/// Maximum number of gaps that a report lists.
const GAPS_MAX: usize = 100;

/// Compares the digests in a service record with the deposit of the document.
pub(in crate::audit) fn document<R: LedgerReader + ?Sized>(store: &R, act: &Serve, findings: &mut Findings) {
    let found = records::find_entry(store, act.document).and_then(|found| {
        let Some((place, entry)) = found else { return Ok(None) };
        Ok(Some(Facts::of(&entry, &records::header_of(store, place)?)))
    });
    let detail = match found {
        Ok(Some(facts)) => {
            let stated: BTreeSet<String> = act.data_hash.iter().map(|(name, one)| format!("{name} {one}")).collect();
            let recorded: BTreeSet<String> =
                facts.data_hash.iter().map(|(name, one)| format!("{name} {one}")).collect();
            if stated == recorded {
                return;
            }
            format!("service {}: {} has other digests than the record states", act.service, act.document)
        }
        Ok(None) => format!("service {}: {} is not on the ledger", act.service, act.document),
        Err(error) => error.to_string(),
    };
    findings.push((Fault::ServiceDocument, detail));
}

/// Recomputes the effect of all service records, and the periods that they start.
pub(in crate::audit) fn coverage<'a>(
    cases: impl Iterator<Item = &'a CaseFile>,
    calendar: &Calendar,
) -> ServiceCoverage {
    let mut coverage = ServiceCoverage::default();
    let mut gaps = Vec::new();
    for file in cases {
        let service = &file.service;
        for record in service.records.values() {
            coverage.records += 1;
            coverage.certificates += record.certificates.len() as u64;
            coverage.effective += u64::from(service.effect(record, calendar).is_some());
        }
        coverage.periods += file.service_windows(calendar).len() as u64;
        for certificate in all_due(service, calendar) {
            gaps.push(format!("case {} service {}: the certificate is missing", file.id, certificate.service));
        }
    }
    gaps.sort_unstable();
    coverage.gaps_total = gaps.len() as u64;
    gaps.truncate(GAPS_MAX);
    coverage.gaps = gaps;
    coverage
}
