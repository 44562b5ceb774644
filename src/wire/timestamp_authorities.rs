//! The timestamp authorities that the operator of a node has chosen: `GET /v1/ledger/timestamp-authorities`.

use std::collections::BTreeSet;

use der::pem::{LineEnding, encode_string};
use serde::{Deserialize, Serialize};

use crate::ledger::hash::sha256;
use crate::ledger::time_token::trust::TsaTrust;

/// The timestamp authorities that the operator has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimestampAuthoritiesJson {
    /// The certificates to which the certificate of an authority must lead; none on a node that asks no authority and on a mirror.
    pub items: Vec<TimestampAuthorityJson>,
    /// The revocation lists that the operator has, in PEM form.
    pub revocation_lists: Vec<String>,
}

/// The certificate of a certification authority that issues those of timestamp authorities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimestampAuthorityJson {
    /// Its subject (RFC 4514).
    #[schema(example = "O=Example Time Stamping,CN=Example Root")]
    pub subject: String,
    /// SHA-256 of the certificate in DER: its fingerprint.
    pub certificate_sha256: String,
    /// The certificate in PEM form.
    pub certificate: String,
}

impl TimestampAuthoritiesJson {
    /// The authorities of `trust`; one that several files have is listed once.
    #[must_use]
    pub fn of(trust: &TsaTrust) -> Self {
        let mut seen = BTreeSet::new();
        let certificates = trust.certificates().filter(|(_, der)| seen.insert(*der));
        let items = certificates.map(|(subject, der)| TimestampAuthorityJson {
            subject: subject.to_owned(),
            certificate_sha256: sha256(der).to_string(),
            certificate: pem("CERTIFICATE", der),
        });
        let items = items.collect();
        let lists: BTreeSet<&[u8]> = trust.revocation_lists().collect();
        Self { items, revocation_lists: lists.into_iter().map(|der| pem("X509 CRL", der)).collect() }
    }
}

/// RFC 7468. The library rejects labels with other characters than these have, and nothing else.
fn pem(label: &str, der: &[u8]) -> String {
    encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/fixtures/time_tokens/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn what_is_published_is_read_back_as_the_same_trust() {
        let mut trust = TsaTrust::from_pem(&fixture("ca.pem")).unwrap();
        trust.add_revocation_lists(&fixture("crl.pem")).unwrap();
        // The same file for two authorities.
        trust.extend(&trust.clone());
        let published = TimestampAuthoritiesJson::of(&trust);
        let [only] = &published.items[..] else { panic!("{published:?}") };
        assert_eq!(only.subject, "O=Tiezheng Test,CN=Test Root");
        let certificate = TsaTrust::from_pem(only.certificate.as_bytes()).unwrap();
        assert_eq!(certificate.certificates().next(), trust.certificates().next());
        let [list] = &published.revocation_lists[..] else { panic!("{published:?}") };
        let mut lists = TsaTrust::default();
        lists.add_revocation_lists(list.as_bytes()).unwrap();
        assert_eq!(lists.revocation_lists().next(), trust.revocation_lists().next());
        let nobody = TimestampAuthoritiesJson::of(&TsaTrust::default());
        assert!(nobody.items.is_empty() && nobody.revocation_lists.is_empty());
    }
}
