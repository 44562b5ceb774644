//! Timestamp tokens from `openssl ts` over HTTP: what is accepted, what is refused, and what other programs say to our tokens.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tiezheng::ledger::time::Timestamp;
use tiezheng::ledger::time_token::algorithm::ImprintAlgorithm;
use tiezheng::ledger::time_token::path::Revocation;
use tiezheng::ledger::time_token::renewal::verify_all;
use tiezheng::ledger::time_token::trust::TsaTrust;
use tiezheng::ledger::time_token::verification::{Stamped, StampedToken, verify};
use tiezheng::sequencer::clock::{Clock as _, SystemClock};
use tiezheng::timestamp::renewal::bytes_to_renew;
use tiezheng::timestamp::tsa_client::{TimestampError, TsaClient};

use crate::support::python::python_with;
use crate::support::tsa::TestAuthority;

const TEXT: &[u8] = b"example.com/log\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n";

fn now() -> Timestamp {
    SystemClock::new().read().wall
}

async fn stamp(url: &str, algorithm: ImprintAlgorithm, trust: &TsaTrust) -> Result<StampedToken, TimestampError> {
    TsaClient::new(url).unwrap().stamp(TEXT, algorithm, trust, &now).await
}

#[tokio::test]
async fn tokens_are_requested_verified_and_accepted_by_openssl() {
    let authority = TestAuthority::start();
    for (mode, algorithm) in [
        ("honest", ImprintAlgorithm::Sha256),
        ("honest", ImprintAlgorithm::Sm3),
        ("ecdsa", ImprintAlgorithm::Sha256),
        ("ecdsa", ImprintAlgorithm::Sm3),
    ] {
        let stamped = stamp(&authority.url_of(mode), algorithm, &authority.trust_with_list()).await.unwrap();
        assert_eq!(stamped.verified.imprint, algorithm);
        assert!(matches!(stamped.verified.revocation, Revocation::Checked { .. }));
        assert_eq!(verify(&stamped.der, TEXT, &authority.trust_with_list()).unwrap(), stamped.verified);
        // The revocation list is stored with it.
        assert_eq!(verify(&stamped.der, TEXT, &authority.trust()).unwrap(), stamped.verified);
        let output = authority.openssl_verifies(&stamped.der, TEXT, &[]);
        assert!(output.status.success(), "{mode} {algorithm}: {}", String::from_utf8_lossy(&output.stderr));
        let at_time = (stamped.verified.time.as_millis() / 1000).to_string();
        assert!(authority.openssl_verifies(&stamped.der, TEXT, &["-attime", &at_time]).status.success());
        assert!(!authority.openssl_verifies(&stamped.der, b"other", &[]).status.success());
    }
}

#[tokio::test]
async fn an_authority_that_misbehaves_is_refused_with_the_reason() {
    let authority = TestAuthority::start();
    let trust = authority.trust_with_list();
    for (mode, code) in [
        ("garbage", "timestamp_response_malformed"),
        ("empty", "timestamp_response_malformed"),
        ("truncated", "timestamp_response_malformed"),
        ("huge", "timestamp_response_too_large"),
        ("html", "timestamp_content_type"),
        ("fails", "timestamp_http_status"),
        ("busy", "timestamp_http_status"),
        ("moved", "timestamp_http_status"),
        ("refuses", "timestamp_rejected"),
        ("other_digest", "time_token_imprint_mismatch"),
        ("wrong_nonce", "time_token_nonce_mismatch"),
        ("without_certificates", "time_token_certificate_missing"),
        ("expired", "time_token_certificate_expired"),
        ("revoked", "time_token_certificate_revoked"),
        ("untrusted", "time_token_authority_unknown"),
        ("wrong_purpose", "time_token_certificate_purpose"),
        ("lies_about_time", "timestamp_time_implausible"),
        ("lies_ahead", "timestamp_time_implausible"),
    ] {
        let error = stamp(&authority.url_of(mode), ImprintAlgorithm::Sha256, &trust).await.unwrap_err();
        assert_eq!(error.code(), code, "{mode}: {error}");
        assert!(error.to_string().contains(&authority.url()), "{error}");
        assert!(error.chinese().contains(&authority.url()), "{}", error.chinese());
        let retry_after = (mode == "busy").then_some(Duration::from_mins(2));
        assert_eq!(error.retry_after(), retry_after);
    }
    let error = stamp(&authority.url_of("refuses"), ImprintAlgorithm::Sha256, &trust).await.unwrap_err();
    assert!(error.to_string().ends_with("systemFailure: the authority failed; 今日已满 quota"), "{error}");
    // Without the revocation list, the revoked one cannot be told from an honest one.
    let unchecked = stamp(&authority.url_of("revoked"), ImprintAlgorithm::Sha256, &authority.trust()).await.unwrap();
    assert_eq!(unchecked.verified.revocation, Revocation::NotChecked);
}

#[tokio::test]
async fn a_silent_or_absent_authority_is_not_waited_for() {
    let authority = TestAuthority::start();
    let stamp = async |url: &str| {
        let client = TsaClient::with_timeout(url, Duration::from_millis(300)).unwrap();
        client.stamp(TEXT, ImprintAlgorithm::Sha256, &authority.trust(), &now).await.unwrap_err().code()
    };
    assert_eq!(stamp(&authority.url_of("slow")).await, "timestamp_timeout");
    let gone = TestAuthority::start().url();
    assert_eq!(stamp(&gone).await, "timestamp_unreachable");
    for bad in ["", "ftp://127.0.0.1/", "127.0.0.1", "http://user:secret@127.0.0.1/"] {
        assert_eq!(TsaClient::new(bad).unwrap_err().code(), "timestamp_address_malformed", "{bad}");
    }
}

/// The token is of now; a clock that jumps while the authority is asked shows another time afterwards.
#[tokio::test]
async fn the_time_of_a_token_lies_between_request_and_answer() {
    let authority = TestAuthority::start();
    let (trust, client) = (authority.trust(), TsaClient::new(&authority.url()).unwrap());
    let stamp = async |sent: i64, received: i64| {
        let (reads, start) = (AtomicU64::new(0), now().as_millis());
        let clock = || {
            let shift = if reads.fetch_add(1, Ordering::Relaxed) == 0 { sent } else { received };
            Timestamp::from_millis(start.saturating_add_signed(shift * 1000)).unwrap()
        };
        let stamped = client.stamp(TEXT, ImprintAlgorithm::Sha256, &trust, &clock).await;
        stamped.map_or_else(|error| error.code(), |_| "accepted")
    };
    assert_eq!(stamp(0, 0).await, "accepted");
    assert_eq!(stamp(-3600, 3600).await, "accepted");
    assert_eq!(stamp(3600, 3600).await, "timestamp_time_implausible");
    assert_eq!(stamp(-3600, -3600).await, "timestamp_time_implausible");
}

#[test]
fn openssl_agrees_about_a_certificate_that_has_expired_since() {
    let authority = TestAuthority::start();
    let token = authority.sign("expired", TEXT, &["time=20240601000000Z"]);
    let verified = verify(&token, TEXT, &authority.trust_with_list()).unwrap();
    assert_eq!(verified.time.to_string(), "2024-06-01T00:00:00.000Z");
    // openssl checks certificates now, unless it is told when.
    assert!(!authority.openssl_verifies(&token, TEXT, &[]).status.success());
    assert!(authority.openssl_verifies(&token, TEXT, &["-attime", "1717200000"]).status.success());
}

#[tokio::test]
async fn a_list_grows_by_renewals_that_openssl_accepts_too() {
    let authority = TestAuthority::start();
    let (trust, url) = (authority.trust(), authority.url_of("ecdsa"));
    let client = TsaClient::new(&url).unwrap();
    let (mut tokens, mut stamped) = (Vec::new(), Vec::new());
    for algorithm in [ImprintAlgorithm::Sha256, ImprintAlgorithm::Sha256, ImprintAlgorithm::Sm3, ImprintAlgorithm::Sm3]
    {
        let bytes = bytes_to_renew(&tokens, &verify_all(&tokens, TEXT, &trust), TEXT, algorithm);
        let token = client.stamp(&bytes, algorithm, &trust, &now).await.unwrap().der;
        assert!(authority.openssl_verifies(&token, &bytes, &[]).status.success());
        tokens.push(token);
        stamped = verify_all(&tokens, TEXT, &trust).into_iter().map(|token| token.unwrap().stamped).collect();
    }
    assert_eq!(stamped, [Stamped::Content, Stamped::PreviousToken, Stamped::History, Stamped::PreviousToken]);
}

/// `PyPI`'s rfc3161-client takes an answer, not a token, so the token is put into one.
const RFC3161_CLIENT: &str = r"
import sys
from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response
token, ca, text, other = (open(path, 'rb').read() for path in sys.argv[1:])
def tlv(tag, content):
    size = len(content).to_bytes(2, 'big')
    return bytes([tag, 0x82]) + size + content
answer = decode_timestamp_response(tlv(0x30, bytes.fromhex('3003020100') + token))
verifier = VerifierBuilder().add_root_certificate(x509.load_pem_x509_certificate(ca)).build()
verifier.verify_message(answer, text)
try:
    verifier.verify_message(answer, other)
except Exception as error:
    print('refused')
print(answer.tst_info.gen_time.strftime('%Y-%m-%dT%H:%M:%S'))
";

#[tokio::test]
async fn rfc3161_client_of_pypi_accepts_our_tokens() {
    let python = python_with(&["rfc3161-client==1.0.9", "cryptography==50.0.2"]);
    let authority = TestAuthority::start();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // With a revocation list and without.
    for (mode, trust) in [("honest", authority.trust()), ("ecdsa", authority.trust_with_list())] {
        let stamped = stamp(&authority.url_of(mode), ImprintAlgorithm::Sha256, &trust).await.unwrap();
        fs::write(path("token"), &stamped.der).unwrap();
        fs::write(path("text"), TEXT).unwrap();
        fs::write(path("other"), b"other").unwrap();
        let mut command = Command::new(&python);
        command.args(["-c", RFC3161_CLIENT]).arg(path("token")).arg(authority.ca_file());
        let output = command.arg(path("text")).arg(path("other")).output().unwrap();
        assert!(output.status.success(), "{mode}: {}", String::from_utf8_lossy(&output.stderr));
        let time = stamped.verified.time.to_string();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("refused\n{}\n", &time[..19]), "{mode}");
    }
}
