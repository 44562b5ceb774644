//! Fuzz targets for timestamp tokens of RFC 3161, the answers of authorities, and the files of certificates and revocation lists.

use std::sync::LazyLock;

use tiezheng::ledger::time_token::algorithm::ImprintAlgorithm;
use tiezheng::ledger::time_token::embedding::for_storage;
use tiezheng::ledger::time_token::renewal::{attestations, verify_all};
use tiezheng::ledger::time_token::request::TimeStampRequest;
use tiezheng::ledger::time_token::response::token_of;
use tiezheng::ledger::time_token::trust::TsaTrust;
use tiezheng::ledger::time_token::verification::{VerifiedToken, verify, verify_answer};

macro_rules! tokens {
    ($($name:literal)+) => {
        &[$(include_bytes!(concat!("../../tests/fixtures/time_tokens/", $name, ".tst"))),+]
    };
}

/// Tokens of the fixtures, those that verify and some that do not.
pub const TOKENS: &[&[u8]] = tokens![
    "attributes_unsorted" "certificate_both" "certificate_v1" "ecdsa" "ed25519" "expired_since" "fraction" "history" "key_id"
    "no_attributes" "p384" "p521" "pss" "renewal" "revoked" "rsa" "sha512" "sm3" "superseded" "two_signers" "untrusted"
    "without_certificates"
];
/// The certificate of the fixtures' authority.
pub const CERTIFICATE: &[u8] = include_bytes!("../../tests/fixtures/time_tokens/ca.pem");
/// Its revocation list.
pub const LIST: &[u8] = include_bytes!("../../tests/fixtures/time_tokens/crl.pem");
/// The text that most tokens stamp.
pub const TEXT: &[u8] = include_bytes!("../../tests/fixtures/time_tokens/checkpoint.txt");

static TRUST: LazyLock<TsaTrust> = LazyLock::new(|| {
    let mut trust = TsaTrust::from_pem(CERTIFICATE).unwrap();
    trust.add_revocation_lists(LIST).unwrap();
    trust
});

/// The statements of the fixtures that verify.
static GENUINE: LazyLock<Vec<VerifiedToken>> =
    LazyLock::new(|| TOKENS.iter().filter_map(|token| verify(token, TEXT, &TRUST).ok()).collect());

/// Whether a fixture states the same. Certificates and revocation lists beside the signature may differ.
fn is_genuine(token: &VerifiedToken) -> bool {
    let said = |one: &VerifiedToken| {
        (one.time, one.latest, one.serial.clone(), one.policy.clone(), one.imprint, one.key.clone())
    };
    GENUINE.iter().any(|one| said(one) == said(token) && one.authority == token.authority)
}

/// A token. One that verifies states what a fixture states.
pub fn time_token(data: &[u8]) -> bool {
    let checked = verify(data, TEXT, &TRUST);
    assert_eq!(verify_all(&[data.to_vec()], TEXT, &TRUST), std::slice::from_ref(&checked));
    if let (Ok(stored), Ok(_)) = (for_storage(data, &TRUST), &checked) {
        assert!(verify(&stored, TEXT, &TRUST).is_ok(), "the stored form verifies as well");
    }
    // As the renewal of a token, and of all before it.
    let renewed: Vec<Vec<u8>> = vec![TOKENS[3].to_vec(), data.to_vec(), data.to_vec()];
    let results = verify_all(&renewed, TEXT, &TRUST);
    assert_eq!((results.len(), results[0].is_ok()), (3, true));
    drop(attestations(&results));
    match checked {
        Ok(token) => {
            assert!(is_genuine(&token), "a forged token: {token:?}");
            true
        }
        Err(error) => {
            drop((error.code(), error.to_string(), error.chinese()));
            false
        }
    }
}

/// The answer of an authority.
pub fn time_token_answer(data: &[u8]) -> bool {
    let request = TimeStampRequest::new(ImprintAlgorithm::Sha256, TEXT, 1);
    if let Ok(answer) = verify_answer(data, &request, &TRUST) {
        assert!(is_genuine(&answer.verified), "a forged token");
    }
    match token_of(data) {
        Ok(token) => {
            assert!(data.windows(token.len()).any(|part| part == token));
            time_token(token)
        }
        Err(error) => {
            drop((error.code(), error.to_string()));
            false
        }
    }
}

/// The answer that contains a token.
pub fn answer_with(token: &[u8]) -> Vec<u8> {
    let status = [0x30, 3, 2, 1, 0];
    let [high, low] = u16::try_from(status.len() + token.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82, high, low], status.as_slice(), token].concat()
}

/// A file of certificates or of revocation lists.
pub fn time_token_trust(data: &[u8]) -> bool {
    let trusted = TsaTrust::from_pem(data);
    match &trusted {
        Ok(trust) => {
            assert!(!trust.is_empty() && trust.authorities().count() > 0);
            drop(verify(TOKENS[3], TEXT, trust));
        }
        Err(error) => drop((error.to_string(), error.chinese())),
    }
    let mut trust = TRUST.clone();
    let before = trust.revocation_lists().count();
    let added = trust.add_revocation_lists(data);
    assert_eq!(trust.revocation_lists().count(), before + added.as_ref().copied().unwrap_or(0));
    drop(verify(TOKENS[3], TEXT, &trust));
    trusted.is_ok() || added.is_ok()
}
