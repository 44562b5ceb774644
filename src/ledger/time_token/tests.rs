//! Tests with the frozen tokens in `tests/fixtures/time_tokens`; its README describes each token.

use std::path::PathBuf;

use proptest::prelude::*;

use super::algorithm::ImprintAlgorithm;
use super::certificate::KeyKind;
use super::embedding::{for_storage, with_revocation_lists};
use super::path::Revocation;
use super::renewal::{attestations, imprinted_by_renewal, verify_all};
use super::request::TimeStampRequest;
use super::signed_data::{SignedToken, TOKEN_MAX};
use super::trust::{TrustError, TsaTrust};
use super::tst_info::{Nonce, TstInfo};
use super::verification::{AnswerError, Stamped, TOKENS_MAX, TimeTokenError, VerifiedToken, verify, verify_answer};
use crate::ledger::time::Timestamp;

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/time_tokens").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn token(name: &str) -> Vec<u8> {
    fixture(&format!("{name}.tst"))
}

fn text() -> Vec<u8> {
    fixture("checkpoint.txt")
}

/// Trusts the root of the fixtures, and has no revocation list.
fn trust() -> TsaTrust {
    TsaTrust::from_pem(&fixture("ca.pem")).unwrap()
}

fn trust_with_list() -> TsaTrust {
    let mut trust = trust();
    assert_eq!(trust.add_revocation_lists(&fixture("crl.pem")), Ok(1));
    trust
}

fn verify_fixture(name: &str) -> Result<VerifiedToken, TimeTokenError> {
    verify(&token(name), &text(), &trust())
}

fn code(name: &str) -> &'static str {
    verify_fixture(name).err().map_or("accepted", |error| error.code())
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn a_token_of_openssl_says_who_stamped_when() {
    let verified = verify_fixture("rsa").unwrap();
    assert_eq!(verified.authority, "Test TSA rsa, 测试时间戳机构");
    assert_eq!(verified.policy, "1.3.6.1.4.1.32473.3161");
    assert_eq!(verified.imprint, ImprintAlgorithm::Sha256);
    assert_eq!(verified.accuracy.unwrap().micros, 1_500_100);
    assert_eq!(verified.latest.as_millis() - verified.time.as_millis(), 1_501);
    assert_eq!(verified.key, KeyKind::Rsa { bits: 2048 });
    assert_eq!(verified.valid_until, at("2049-12-31T23:59:59.000Z"));
    assert_eq!(verified.revocation, Revocation::NotChecked);
    assert_eq!(verified.stamped, Stamped::Content);
    assert!(verified.time > at("2026-11-30T00:00:00.000Z"), "{}", verified.time);
}

#[test]
fn all_kinds_of_keys_and_digests_are_accepted() {
    for (name, key) in [
        ("ecdsa", KeyKind::P256),
        ("sm3", KeyKind::Rsa { bits: 2048 }),
        ("p384", KeyKind::P384),
        ("ed25519", KeyKind::Ed25519),
        ("pss", KeyKind::Rsa { bits: 2048 }),
        ("sha512", KeyKind::Rsa { bits: 2048 }),
        ("key_id", KeyKind::P384),
        ("attributes_unsorted", KeyKind::Ed25519),
        ("certificate_v1", KeyKind::Ed25519),
        ("certificate_both", KeyKind::Ed25519),
    ] {
        let verified = verify_fixture(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verified.key, key, "{name}");
        let imprint = if name == "sm3" { ImprintAlgorithm::Sm3 } else { ImprintAlgorithm::Sha256 };
        assert_eq!(verified.imprint, imprint, "{name}");
    }
}

#[test]
fn decimals_of_a_time_are_kept_and_rounded_to_the_safe_side() {
    let verified = verify_fixture("fraction").unwrap();
    assert_eq!(verified.time, at("2026-06-01T01:02:03.456Z"));
    // 456.7 ms and 1 ms 500 µs are 458.2 ms; 456.7 is counted as up to 457.
    assert_eq!(verified.latest, at("2026-06-01T01:02:03.458Z"));
}

#[test]
fn every_violation_has_its_code() {
    for (name, expected) in [
        ("other_digest", "time_token_imprint_mismatch"),
        ("renewal", "time_token_imprint_mismatch"),
        ("untrusted", "time_token_authority_unknown"),
        ("without_certificates", "time_token_certificate_missing"),
        ("no_purpose", "time_token_certificate_purpose"),
        ("lax_purpose", "time_token_certificate_purpose"),
        ("two_purposes", "time_token_certificate_purpose"),
        ("no_signing", "time_token_certificate_purpose"),
        ("other_name", "time_token_authority_mismatch"),
        ("version_2", "time_token_version_unknown"),
        ("critical_extension", "time_token_extension_unknown"),
        ("two_signers", "time_token_signers"),
        ("sha_1", "time_token_algorithm_weak"),
        ("rsa1024", "time_token_algorithm_weak"),
        ("p521", "time_token_algorithm_unsupported"),
        ("no_attributes", "time_token_attributes"),
        ("no_certificate_attribute", "time_token_attributes"),
        ("certificate_v1_wrong", "time_token_certificate_mismatch"),
        ("certificate_v2_wrong", "time_token_certificate_mismatch"),
        ("certificate_other_serial", "time_token_certificate_mismatch"),
        ("certificate_other_issuer", "time_token_certificate_mismatch"),
        ("certificate_twice", "time_token_attributes"),
        ("content_type_missing", "time_token_attributes"),
        ("content_type_other", "time_token_attributes"),
        ("digest_missing", "time_token_attributes"),
        ("digest_twice", "time_token_attributes"),
        ("digest_other", "time_token_altered"),
        ("expired", "time_token_certificate_expired"),
    ] {
        assert_eq!(code(name), expected, "{name}");
        let chinese = verify_fixture(name).unwrap_err().chinese();
        assert!(chinese.contains(expected) && !chinese.starts_with("时间戳机构的证书链无效"), "{name}: {chinese}");
    }
}

#[test]
fn a_certificate_that_has_expired_since_is_valid() {
    let verified = verify_fixture("expired_since").unwrap();
    assert_eq!(verified.time, at("2024-06-01T00:00:00.000Z"));
    assert_eq!(verified.valid_until, at("2025-01-01T00:00:00.000Z"));
}

#[test]
fn an_authority_that_was_not_valid_then_is_named_as_such() {
    let mut trust = trust();
    for authority in &mut trust.authorities {
        authority.not_after = at("2024-01-01T00:00:00.000Z");
    }
    let error = verify(&token("expired_since"), &text(), &trust).unwrap_err();
    assert_eq!(error.code(), "time_token_certificate_expired");
    // A certificate that no authority in the file issued stays unknown.
    assert_eq!(verify(&token("untrusted"), &text(), &trust).unwrap_err().code(), "time_token_authority_unknown");
}

#[test]
fn nobody_is_trusted_by_default() {
    let error = verify(&token("rsa"), &text(), &TsaTrust::default()).unwrap_err();
    assert_eq!(error.code(), "time_token_authority_unknown");
}

#[test]
fn the_reason_decides_what_a_revocation_means_for_earlier_tokens() {
    let trust = trust_with_list();
    let code = |name: &str| verify(&token(name), &text(), &trust).err().map(|error| error.code());
    assert_eq!(code("revoked"), Some("time_token_certificate_revoked"));
    assert_eq!(code("no_reason"), Some("time_token_certificate_revoked"));
    assert_eq!(code("superseded"), None);
    assert_eq!(code("superseded_after"), Some("time_token_certificate_revoked"));
    let as_of = match verify(&token("superseded"), &text(), &trust).unwrap().revocation {
        Revocation::Checked { as_of } => as_of,
        Revocation::NotChecked => panic!("the list covers the certificate"),
    };
    assert_eq!(verify(&token("rsa"), &text(), &trust).unwrap().revocation, Revocation::Checked { as_of });
    assert!(as_of > at("2026-11-30T00:00:00.000Z"));
    let error = verify(&token("revoked"), &text(), &trust).unwrap_err().to_string();
    assert!(error.contains("2025-06-01T00:00:00.000Z") && error.contains("keyCompromise"), "{error}");
}

#[test]
fn a_list_of_the_user_that_does_not_verify_is_an_error_and_one_in_a_token_is_ignored() {
    let mut der = SignedToken::parse(&with_list("rsa")).unwrap().lists[0].to_vec();
    let last = der.len() - 1;
    der[last] ^= 1;
    let mut trust = trust();
    trust.add_revocation_lists(&der).unwrap();
    let error = verify(&token("rsa"), &text(), &trust).unwrap_err();
    assert_eq!(error.code(), "time_token_revocation_list_invalid");
    let stored = with_revocation_lists(&token("rsa"), [der.as_slice()]).unwrap();
    assert_eq!(verify(&stored, &text(), &self::trust()).unwrap().revocation, Revocation::NotChecked);
    // One list that covers the certificate is enough.
    trust.add_revocation_lists(&fixture("crl.pem")).unwrap();
    assert!(verify(&token("rsa"), &text(), &trust).is_ok());
}

/// A token with the revocation list of the fixtures in it.
fn with_list(name: &str) -> Vec<u8> {
    for_storage(&token(name), &trust_with_list()).unwrap()
}

#[test]
fn a_token_with_its_revocation_list_verifies_without_other_files() {
    for name in ["rsa", "ecdsa", "sm3", "superseded"] {
        let (stored, plain) = (with_list(name), token(name));
        let verified = verify(&stored, &text(), &trust()).unwrap();
        assert!(matches!(verified.revocation, Revocation::Checked { .. }), "{name}");
        assert_eq!(VerifiedToken { revocation: Revocation::NotChecked, ..verified }, verify_fixture(name).unwrap());
        assert!(stored.len() > plain.len());
        assert_eq!(for_storage(&stored, &trust_with_list()).unwrap(), stored, "{name}");
    }
    assert_eq!(verify(&with_list("revoked"), &text(), &trust()).unwrap_err().code(), "time_token_certificate_revoked");
}

#[test]
fn certificates_are_stored_in_the_order_of_der() {
    for name in ["rsa", "ecdsa", "sm3", "p384", "ed25519", "renewal", "history"] {
        let (plain, stored) = (token(name), for_storage(&token(name), &trust()).unwrap());
        let certificates = SignedToken::parse(&stored).unwrap().certificates;
        assert!(certificates.len() == 2 && certificates.is_sorted(), "{name}");
        assert_eq!(stored.len(), plain.len(), "{name}");
        assert_eq!(for_storage(&stored, &trust()).unwrap(), stored, "{name}");
        // Most fixtures are sorted already; the others change.
        let was_sorted = SignedToken::parse(&plain).unwrap().certificates.is_sorted();
        assert_eq!(stored == plain, was_sorted, "{name}");
    }
}

#[test]
fn what_is_no_list_or_too_large_is_not_stored() {
    let plain = token("rsa");
    let large = [&[0x30, 0x83, 0x02, 0x00, 0x00][..], &vec![0; 0x02_0000]].concat();
    let stored = for_storage(&plain, &trust()).unwrap();
    assert_eq!(with_revocation_lists(&plain, [&b"no list"[..], &large]).unwrap(), stored);
    assert!(for_storage(b"no token", &trust()).is_err());
    // A list of an authority that issued none of the certificates.
    assert_eq!(for_storage(&token("untrusted"), &trust_with_list()).unwrap().len(), token("untrusted").len());
}

#[test]
fn a_list_of_tokens_is_judged_one_by_one() {
    let tokens = ["rsa", "renewal", "history", "other_digest", "ecdsa"].map(token);
    let results = verify_all(&tokens, &text(), &trust());
    let stamped: Vec<_> = results.iter().map(|one| one.as_ref().map(|verified| verified.stamped).ok()).collect();
    let expected = [Stamped::Content, Stamped::PreviousToken, Stamped::History];
    assert_eq!(stamped[..3], expected.map(Some));
    assert_eq!((stamped[3], stamped[4]), (None, Some(Stamped::Content)));
    let attested = attestations(&results);
    assert_eq!(attested.len(), 4);
    assert!(attested.is_sorted_by_key(|token| token.time));
}

#[test]
fn a_renewal_counts_only_for_what_leads_to_the_checkpoint() {
    let code =
        |tokens: &[Vec<u8>]| verify_all(tokens, &text(), &trust()).pop().unwrap().err().map(|error| error.code());
    let (other, renewal) = (token("other_digest"), token("renewal"));
    assert_eq!(code(&[token("rsa"), renewal.clone()]), None);
    // The renewed token is not directly before it.
    assert_eq!(code(&[token("rsa"), other, renewal.clone()]), Some("time_token_imprint_mismatch"));
    assert_eq!(code(std::slice::from_ref(&renewal)), Some("time_token_imprint_mismatch"));
    // The renewed token is for other data.
    let results = verify_all(&[token("rsa"), renewal], b"another checkpoint", &trust());
    let codes: Vec<_> = results.into_iter().map(|one| one.unwrap_err().code()).collect();
    assert_eq!(codes, ["time_token_imprint_mismatch", "time_token_renews_other"]);
}

#[test]
fn a_renewed_token_outlives_a_later_revocation() {
    let trust = trust_with_list();
    let alone = verify_all(&[token("revoked")], &text(), &trust);
    assert_eq!(alone[0].as_ref().unwrap_err().code(), "time_token_certificate_revoked");
    let renewed = verify_all(&[token("revoked"), token("renewal_of_revoked")], &text(), &trust);
    assert_eq!(renewed[0].as_ref().unwrap().time, at("2025-01-01T00:00:00.000Z"));
    assert_eq!(renewed[1].as_ref().unwrap().time, at("2025-03-01T00:00:00.000Z"));
}

#[test]
fn a_renewal_proves_its_own_time_though_the_renewed_token_is_not_accepted() {
    for (earlier, renewal, expected) in [
        ("untrusted", "renewal_of_untrusted", "time_token_authority_unknown"),
        // Renewed after the certificate was revoked for keyCompromise.
        ("revoked", "late_renewal_of_revoked", "time_token_certificate_revoked"),
    ] {
        let results = verify_all(&[token(earlier), token(renewal)], &text(), &trust_with_list());
        assert_eq!(results[0].as_ref().unwrap_err().code(), expected);
        assert_eq!(results[1].as_ref().unwrap().stamped, Stamped::PreviousToken);
        assert_eq!(attestations(&results).len(), 1);
    }
}

#[test]
fn a_changed_token_is_not_the_one_that_was_renewed() {
    let mut changed = token("rsa");
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let results = verify_all(&[changed, token("renewal")], &text(), &trust());
    let codes: Vec<_> = results.into_iter().map(|one| one.unwrap_err().code()).collect();
    assert_eq!(codes, ["time_token_signature_invalid", "time_token_imprint_mismatch"]);
}

#[test]
fn the_bytes_of_a_renewal_are_those_that_are_verified() {
    let (text, rsa, renewal) = (text(), token("rsa"), token("renewal"));
    let sha = ImprintAlgorithm::Sha256;
    assert_eq!(imprinted_by_renewal(&[], &text, None, sha), text);
    assert_eq!(imprinted_by_renewal(std::slice::from_ref(&rsa), &text, Some(sha), sha), rsa);
    let tokens = [rsa.clone(), renewal.clone()];
    let all = imprinted_by_renewal(&tokens, &text, Some(sha), ImprintAlgorithm::Sm3);
    assert_eq!(all, [text, rsa, renewal].concat());
    assert!(verify(&token("history"), &all, &trust()).is_ok());
}

#[test]
fn the_tokens_of_a_receipt_are_base64() {
    use base64::Engine as _;
    let encoded = base64::prelude::BASE64_STANDARD.encode(token("rsa"));
    let results = super::renewal::verify_receipt_tokens(&[encoded, "no base64".into()], &text(), &trust());
    assert_eq!(results[0], verify_fixture("rsa"));
    assert_eq!(results[1].as_ref().unwrap_err().code(), "time_token_malformed");
}

#[test]
fn a_token_cannot_be_older_than_what_it_stamps() {
    let verified = verify_fixture("fraction").unwrap();
    assert!(!verified.is_older_than(at("2026-06-01T01:03:03.458Z")));
    assert!(verified.is_older_than(at("2026-06-01T01:03:03.459Z")));
}

#[test]
fn more_tokens_than_a_receipt_has_are_not_verified() {
    let tokens = vec![token("ecdsa"); TOKENS_MAX + 2];
    let results = verify_all(&tokens, &text(), &trust());
    assert_eq!(results.len(), tokens.len());
    assert!(results[..TOKENS_MAX].iter().all(Result::is_ok));
    assert!(results[TOKENS_MAX..].iter().all(|one| one.as_ref().unwrap_err().code() == "time_tokens_too_many"));
}

fn answer(token: &[u8]) -> Vec<u8> {
    let content = [&[0x30, 3, 2, 1, 0][..], token].concat();
    [&[0x30, 0x82][..], &u16::try_from(content.len()).unwrap().to_be_bytes(), &content].concat()
}

#[test]
fn an_answer_must_repeat_digest_algorithm_and_nonce() {
    let token = token("rsa");
    let info = TstInfo::parse(SignedToken::parse(&token).unwrap().content).unwrap();
    let Some(Nonce::Number(nonce)) = info.nonce else { panic!("the request had a nonce") };
    let request = TimeStampRequest::new(ImprintAlgorithm::Sha256, &text(), nonce);
    let stamped = verify_answer(&answer(&token), &request, &trust()).unwrap();
    assert_eq!(stamped.verified, verify_fixture("rsa").unwrap());
    assert_eq!(stamped.der, for_storage(&token, &trust()).unwrap());
    let code = |request: &TimeStampRequest| match verify_answer(&answer(&token), request, &trust()) {
        Err(AnswerError::Token(error)) => error.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&TimeStampRequest { nonce: nonce ^ 1, ..request.clone() }), "time_token_nonce_mismatch");
    assert_eq!(code(&TimeStampRequest { digest: [0; 32], ..request.clone() }), "time_token_imprint_mismatch");
    let other = TimeStampRequest { algorithm: ImprintAlgorithm::Sm3, ..request.clone() };
    assert_eq!(code(&other), "time_token_imprint_mismatch");
    assert!(matches!(verify_answer(b"", &request, &trust()), Err(AnswerError::Response(_))));
}

#[test]
fn files_of_authorities_and_lists_are_checked() {
    let code = |pem: &[u8]| TsaTrust::from_pem(pem).unwrap_err().code();
    assert_eq!(code(b""), "tsa_ca_without_certificate");
    assert_eq!(code(&fixture("crl.pem")), "tsa_ca_without_certificate");
    assert_eq!(code(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "tsa_ca_malformed");
    // The certificate of a timestamp authority itself.
    let rsa = token("rsa");
    let leaf = base64_lines(SignedToken::parse(&rsa).unwrap().certificates.iter().find(|der| is_leaf(der)).unwrap());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{leaf}-----END CERTIFICATE-----\n");
    assert_eq!(code(pem.as_bytes()), "tsa_ca_not_an_authority");
    let code = |file: &[u8]| trust().add_revocation_lists(file).unwrap_err().code();
    assert_eq!(code(b""), "tsa_crl_without_list");
    assert_eq!(code(&fixture("ca.pem")), "tsa_crl_without_list");
    assert_eq!(code(&[0x30, 0]), "tsa_crl_malformed");
    assert!(!TrustError::TooLarge.chinese().is_empty());
    assert_eq!(trust().authorities().collect::<Vec<_>>(), ["O=Tiezheng Test,CN=Test Root"]);
}

fn is_leaf(der: &[u8]) -> bool {
    der.windows(12).any(|part| part == b"Test TSA rsa")
}

fn base64_lines(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n") + "\n"
}

/// A changed bit is an error, or is in an unprotected byte: then the result is the same.
#[test]
fn no_changed_bit_changes_what_a_token_says() {
    for name in ["ecdsa", "ed25519"] {
        let (token, text, trust) = (token(name), text(), trust());
        let verified = verify(&token, &text, &trust).unwrap();
        let mut unprotected = 0;
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1 << (at % 8);
            if let Ok(other) = verify(&changed, &text, &trust) {
                assert_eq!(other, verified, "{name}: byte {at}");
                unprotected += 1;
            }
        }
        assert!(unprotected < 40, "{name}: {unprotected} bytes are unprotected");
    }
}

#[test]
fn a_shortened_token_is_malformed() {
    let token = token("rsa");
    for length in 0..token.len() {
        let error = verify(&token[..length], &text(), &trust()).unwrap_err();
        assert_eq!(error.code(), "time_token_malformed", "{length}");
    }
    assert_eq!(verify(&vec![0x30; TOKEN_MAX + 1], &text(), &trust()).unwrap_err().code(), "time_token_too_large");
    let longer = [&token[..], &[0]].concat();
    assert_eq!(verify(&longer, &text(), &trust()).unwrap_err().code(), "time_token_malformed");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        prop_assert!(verify(&bytes, b"", &trust()).is_err());
        let mut trust = TsaTrust::default();
        let _ = trust.add_authorities(&bytes);
        let _ = trust.add_revocation_lists(&bytes);
    }

    #[test]
    fn no_changed_token_panics(at: prop::sample::Index, bytes in prop::collection::vec(any::<u8>(), 1..8), cut: prop::sample::Index) {
        let mut changed = with_list("rsa");
        let at = at.index(changed.len());
        let until = (at + cut.index(16)).min(changed.len());
        changed.splice(at..until, bytes);
        let _ = verify_all(&[changed], &text(), &trust());
    }
}
