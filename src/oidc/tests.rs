//! What attackers send instead of a provider's tokens, and the logins that wait for an answer.

mod flow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::vec;
use proptest::prelude::*;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::court::case_number::CourtCode;
use crate::court::subject::Subject;
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::time::Timestamp;
use crate::oidc::id_token::{AGE_MAX, ClaimError, ExpectedClaims, Identity, MAX_AGE, SKEW, check};
use crate::oidc::jwk::{Key, parse_set};
use crate::oidc::jws::{TokenError, verified_payload};
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::{
    LIFETIME, LoginPurpose, LoginRequest, PENDING_MAX, PENDING_OF_CLIENT, PendingLogins, challenge_of,
};

const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000).unwrap()
}

fn court() -> CourtCode {
    CourtCode::parse("粤0192").unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An Ed25519 and a P-256 key of a provider.
struct Keys {
    ed25519: Ed25519KeyPair,
    p256: EcdsaKeyPair,
}

impl Keys {
    fn new(seed: u8) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self {
            ed25519: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap(),
            p256: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap(),
        }
    }

    fn published(&self) -> Value {
        let point = self.p256.public_key().as_ref();
        json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "use": "sig", "x": encoded(self.ed25519.public_key()) },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) },
        ] })
    }

    fn set(&self) -> Vec<Key> {
        parse_set(self.published().to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = if header["alg"] == "ES256" {
            self.p256.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
        } else {
            self.ed25519.sign(signed.as_bytes()).as_ref().to_vec()
        };
        format!("{signed}.{}", encoded(signature))
    }
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "ed" })
}

fn claims(nonce: &str) -> Value {
    json!({
        "iss": "https://id.example", "sub": "zhang.san", "aud": "tiezheng", "nonce": nonce,
        "iat": NOW, "exp": NOW + 300, "auth_time": NOW,
    })
}

fn expected() -> ExpectedClaims<'static> {
    let (issuer, client_id, nonce) = ("https://id.example", "tiezheng", "n");
    ExpectedClaims { issuer, client_id, nonce, now: NOW, begun: NOW, trusts_amr: true }
}

/// A client by a number.
fn client(n: usize) -> Digest {
    sha256(n.to_string().as_bytes())
}

/// A login of one client.
fn request<'a>(court: &'a CourtCode, next: &'a str) -> LoginRequest<'a> {
    LoginRequest { court, purpose: LoginPurpose::Session, next, client: client(0) }
}

#[test]
fn tokens_of_all_accepted_algorithms_verify() {
    let keys = Keys::new(1);
    for (alg, kid) in [("EdDSA", "ed"), ("Ed25519", "ed"), ("ES256", "ec")] {
        let token = keys.sign(&json!({ "alg": alg, "kid": kid, "typ": "JWT" }), &claims("n"));
        let payload = verified_payload(&token, &keys.set()).unwrap();
        let identity = check(&payload, &expected()).unwrap();
        assert_eq!(
            identity,
            Identity { subject: Subject::parse("zhang.san").unwrap(), is_multi_factor: false },
            "{alg}"
        );
        // Without a name where there is one key of the algorithm.
        assert!(verified_payload(&keys.sign(&json!({ "alg": alg }), &claims("n")), &keys.set()).is_ok());
    }
}

/// The example of RFC 7515 appendix A.2, made by others.
#[test]
fn an_rs256_signature_of_the_specification_verifies() {
    let key = json!({ "keys": [{ "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" }] });
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let keys = parse_set(key.to_string().as_bytes()).unwrap();
    assert!(verified_payload(token, &keys).is_ok());
    let changed = token.replace("eyJpc3MiOiJqb2UiLA0K", "eyJpc3MiOiJqb2QiLA0K");
    assert_eq!(verified_payload(&changed, &keys), Err(TokenError::Signature));
}

#[test]
fn a_token_of_an_attacker_is_rejected() {
    let (keys, other) = (Keys::new(1), Keys::new(2));
    let good = keys.sign(&header(), &claims("n"));
    let parts: Vec<&str> = good.split('.').collect();
    let unsigned = |header: &Value| format!("{}.{}.", encoded(header.to_string()), parts[1]);
    // A symmetric signature with the public key for its secret.
    let confused = |secret: &[u8]| {
        let signed = format!("{}.{}", encoded(json!({ "alg": "HS256", "kid": "ed" }).to_string()), parts[1]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        format!("{signed}.{}", encoded(tag))
    };
    let with_own_key = json!({ "alg": "EdDSA", "kid": "ed", "jwk": other.published()["keys"][0] });
    for (token, reason) in [
        (unsigned(&json!({ "alg": "none" })), TokenError::Algorithm),
        (unsigned(&json!({ "alg": "None", "kid": "ed" })), TokenError::Algorithm),
        (unsigned(&header()), TokenError::Signature),
        (confused(keys.ed25519.public_key().as_ref()), TokenError::Algorithm),
        (confused(keys.published().to_string().as_bytes()), TokenError::Algorithm),
        (keys.sign(&json!({ "alg": "RS256", "kid": "ed" }), &claims("n")), TokenError::UnknownKey),
        (keys.sign(&json!({ "alg": "EdDSA", "kid": "ec" }), &claims("n")), TokenError::UnknownKey),
        (keys.sign(&json!({ "alg": "EdDSA", "kid": "zz" }), &claims("n")), TokenError::UnknownKey),
        (
            keys.sign(&json!({ "alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": false }), &claims("n")),
            TokenError::Extension,
        ),
        (other.sign(&header(), &claims("n")), TokenError::Signature),
        (other.sign(&with_own_key, &claims("n")), TokenError::Signature),
        (format!("{}.{}.{}", parts[0], encoded(claims("other").to_string()), parts[2]), TokenError::Signature),
        (good.replace('.', ".."), TokenError::Malformed),
        (format!("{good}="), TokenError::Malformed),
        (format!("{good}.{}", parts[2]), TokenError::Malformed),
        (String::new(), TokenError::Malformed),
        (format!("{good}{}", "A".repeat(20_000)), TokenError::Malformed),
        (keys.sign(&json!({ "alg": ["EdDSA"] }), &claims("n")), TokenError::Malformed),
    ] {
        assert_eq!(verified_payload(&token, &keys.set()), Err(reason), "{token:.80}");
    }
}

#[test]
fn keys_that_must_not_check_signatures_are_left_out() {
    let keys = Keys::new(1);
    let good = keys.published()["keys"][0].clone();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        parse_set(json!({ "keys": [key] }).to_string().as_bytes()).unwrap().len()
    };
    assert_eq!(with("kid", json!("other")), 1);
    for (name, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("alg", json!("ES256")),
        ("alg", json!("HS256")),
        ("d", json!("AAAA")),
        ("x", json!("AAAA")),
        ("x", json!(7)),
        ("kty", json!("oct")),
        ("crv", json!("X25519")),
    ] {
        assert_eq!(with(name, value.clone()), 0, "{name} {value}");
    }
    assert!(parse_set(b"{}").is_none() && parse_set(b"[]").is_none() && parse_set(b"").is_none());
}

#[test]
fn claims_of_another_provider_client_time_or_login_are_rejected() {
    let checked = |name: &str, value: Value| {
        let mut claims = claims("n");
        claims[name] = value;
        check(claims.to_string().as_bytes(), &expected())
    };
    assert!(checked("aud", json!(["tiezheng"])).is_ok());
    assert!(checked("exp", json!(NOW + 300)).is_ok() && checked("exp", json!(1_800_000_300.5)).is_ok());
    assert!(
        checked("auth_time", json!(NOW - MAX_AGE - SKEW)).is_ok() && checked("auth_time", json!(NOW + SKEW)).is_ok()
    );
    assert!(checked("exp", json!(NOW - SKEW + 1)).is_ok() && checked("iat", json!(NOW + SKEW)).is_ok());
    for (name, value, reason) in [
        ("iss", json!("https://id.example/"), ClaimError::Issuer),
        ("iss", json!("https://evil.example"), ClaimError::Issuer),
        ("iss", json!(["https://id.example"]), ClaimError::Malformed),
        ("aud", json!("other"), ClaimError::Audience),
        ("aud", json!([]), ClaimError::Audience),
        ("aud", json!(["tiezheng", "other"]), ClaimError::Audience),
        ("azp", json!("other"), ClaimError::Audience),
        ("exp", json!(NOW - SKEW), ClaimError::Expired),
        ("exp", json!((NOW + 300).to_string()), ClaimError::Malformed),
        ("exp", Value::Null, ClaimError::Malformed),
        ("iat", json!(NOW + SKEW + 1), ClaimError::IssuedAt),
        ("iat", json!(NOW - AGE_MAX - SKEW - 1), ClaimError::IssuedAt),
        ("nbf", json!(NOW + SKEW + 1), ClaimError::IssuedAt),
        ("nbf", json!("later"), ClaimError::Malformed),
        ("auth_time", Value::Null, ClaimError::AuthenticationAge),
        ("auth_time", json!(NOW - MAX_AGE - SKEW - 1), ClaimError::AuthenticationAge),
        ("auth_time", json!(NOW + SKEW + 1), ClaimError::AuthenticationAge),
        ("auth_time", json!("today"), ClaimError::Malformed),
        ("nonce", json!("other"), ClaimError::Nonce),
        ("nonce", Value::Null, ClaimError::Nonce),
        ("sub", json!(""), ClaimError::Subject),
        ("sub", json!("a\nb"), ClaimError::Subject),
        ("sub", json!(" a"), ClaimError::Subject),
        ("sub", json!("a".repeat(256)), ClaimError::Subject),
        ("sub", json!(7), ClaimError::Malformed),
    ] {
        assert_eq!(checked(name, value.clone()), Err(reason), "{name} {value}");
    }
    let mut several = claims("n");
    several["aud"] = json!(["tiezheng", "other"]);
    several["azp"] = json!("tiezheng");
    assert!(check(several.to_string().as_bytes(), &expected()).is_ok());
    let twice = claims("n").to_string().replacen('{', "{\"sub\":\"other\",", 1);
    assert_eq!(check(twice.as_bytes(), &expected()), Err(ClaimError::Malformed), "a claim twice");
}

#[test]
fn two_factors_are_what_a_trusted_provider_says() {
    let says = |methods: Value, trusts_amr: bool| {
        let mut claims = claims("n");
        claims["amr"] = methods;
        check(claims.to_string().as_bytes(), &ExpectedClaims { trusts_amr, ..expected() }).unwrap().is_multi_factor
    };
    let two = |methods: Value| says(methods, true);
    assert!(!says(json!(["mfa"]), false) && !says(json!(["pwd", "otp"]), false), "a provider that is not trusted");
    assert!(!two(json!(["kba", "otp"])), "what others know about a person is no factor");
    assert!(two(json!(["mfa"])) && two(json!(["pwd", "otp"])) && two(json!(["hwk", "pin"])));
    assert!(!two(json!([])) && !two(json!(["pwd"])) && !two(json!(["otp"])) && !two(json!(["pwd", "pin"])));
}

#[test]
fn a_login_ends_once_in_its_browser_and_in_time() {
    let logins = PendingLogins::default();
    let court = court();
    let begin = || logins.begin(&request(&court, "/account"), at(NOW)).unwrap();
    let login = begin();
    assert_eq!(login.challenge.len(), 43);
    let ended = logins.end(&court, &login.state, &login.cookie, at(NOW + 1)).unwrap();
    assert_eq!((challenge_of(&ended.verifier), ended.nonce.as_str()), (login.challenge.clone(), login.nonce.as_str()));
    assert_eq!(logins.end(&court, &login.state, &login.cookie, at(NOW + 1)).unwrap_err(), OidcError::State, "replayed");
    let (one, other) = (begin(), begin());
    assert!(one.state != other.state && one.nonce != other.nonce && *one.cookie != *other.cookie);
    assert_eq!(
        logins.end(&court, &one.state, &other.cookie, at(NOW)).unwrap_err(),
        OidcError::State,
        "another browser"
    );
    assert_eq!(logins.end(&court, &one.state, &one.cookie, at(NOW)).unwrap_err(), OidcError::State, "it has ended");
    let late = at(NOW + LIFETIME / 1000);
    assert_eq!(logins.end(&court, &other.state, &other.cookie, late).unwrap_err(), OidcError::State);
    assert_eq!(logins.end(&court, "", "", at(NOW)).unwrap_err(), OidcError::State);
    // Mix-up: the answer comes at the address of another court's provider (RFC 9700 section 4.4).
    let (login, elsewhere) = (begin(), CourtCode::parse("京0491").unwrap());
    assert_eq!(logins.end(&elsewhere, &login.state, &login.cookie, at(NOW)).unwrap_err(), OidcError::State);
}

proptest! {
    /// A signed token with any part replaced by anything is rejected, and nothing that is read panics.
    #[test]
    fn anything_else_is_rejected(part in 0_usize..3, bytes in vec(any::<u8>(), 0..200), text in ".{0,200}") {
        let keys = Keys::new(1);
        let good = keys.sign(&header(), &claims("n"));
        let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
        let before = std::mem::replace(&mut parts[part], encoded(&bytes));
        prop_assume!(parts[part] != before);
        prop_assert!(verified_payload(&parts.join("."), &keys.set()).is_err());
        prop_assert!(verified_payload(&text, &keys.set()).is_err());
        prop_assert!(check(&bytes, &expected()).is_err() && check(text.as_bytes(), &expected()).is_err());
        let _ = parse_set(&bytes);
    }
}

/// RFC 7636 appendix B.
#[test]
fn the_code_challenge_is_that_of_the_specification() {
    let challenge = challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

/// An attacker begins logins without end. Those of other addresses go on.
#[test]
fn a_flood_of_logins_ends_those_of_its_own_address_only() {
    let (logins, court) = (PendingLogins::default(), court());
    let begin = |n: usize, seconds: u64| {
        logins.begin(&LoginRequest { client: client(n), ..request(&court, "/") }, at(NOW + seconds)).unwrap()
    };
    let (victim, first) = (begin(1, 0), begin(2, 0));
    for _ in 0..PENDING_OF_CLIENT {
        begin(2, 1);
    }
    assert!(logins.end(&court, &first.state, &first.cookie, at(NOW + 1)).is_err(), "its own oldest has made place");
    // From many addresses: those with most logins make place.
    for n in 0..PENDING_MAX {
        begin(3 + n / 100, 1);
    }
    assert!(logins.end(&court, &victim.state, &victim.cookie, at(NOW + 1)).is_ok());
}
