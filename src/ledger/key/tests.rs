//! Tests of keys: key ids of other implementations, and every fault of a key text.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest as _, Sha512};

use super::*;

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn key_ids_of_other_peoples_keys_agree() {
    let id = |name, kind, key: &str| hex::encode(key_id(&Name::parse(name).unwrap(), kind, &hex::decode(key).unwrap()));
    assert_eq!(id("EnochRoot", 1, "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"), "af0cfe78");
    assert_eq!(id("sum.golang.org", 1, "ce3372d75ad1ee5ecdaf8727293d4b111d87eb37531d7c86d4d3003f0eb809fc"), "033de0ae");
    assert_eq!(id("remora.n621.de", 4, "ebcdeb78e7fdb2ef9227b2c1ef11e94600b55b4d6d9a57877e31ee89e59adc36"), "da77ade7");
    let mut padded = hex::decode("01452c8346344492f8").unwrap();
    padded.resize(32, 0);
    assert_eq!(hex::encode(key_id(&Name::parse("example.org/key").unwrap(), 4, &padded)), "57bfe580");
    assert!(VerifierKey::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").is_ok());
}

#[test]
fn every_proper_substring_and_every_changed_byte_of_a_vkey_is_rejected() {
    for start in 0..PETER.len() {
        for end in start..=PETER.len() {
            assert_eq!(VerifierKey::parse(&PETER[start..end]).is_ok(), (start, end) == (0, PETER.len()));
        }
    }
    for at in 0..PETER.len() {
        let mut bytes = PETER.as_bytes().to_vec();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        assert!(VerifierKey::parse(&changed).is_err(), "{changed}");
    }
    assert!(VerifierKey::parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").is_err());
}

#[test]
fn a_private_key_reads_back_and_signs_the_same() {
    let seed = lower_hex("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173").unwrap();
    let signer = Signer::new(Name::parse("PeterNeumann").unwrap(), &seed).unwrap();
    assert_eq!(signer.verifier().to_string(), PETER);
    let again = Signer::parse(&signer.to_private_text()).unwrap();
    assert_eq!(again.sign(b"x"), signer.sign(b"x"));
    assert!(signer.verifier().public().verify(b"x", &signer.sign(b"x")));
    assert!(!signer.verifier().public().verify(b"y", &signer.sign(b"x")));
    assert!(!format!("{signer:?}").contains("PRIVATE"));
}

#[test]
fn weak_keys_and_other_encodings_are_rejected() {
    let small_order = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    for hex in small_order {
        assert_eq!(PublicKey::from_bytes(&lower_hex(hex).unwrap()), None, "{hex}");
    }
    // y = p + 3 is a non-canonical encoding of y = 3, which is a point of large order.
    let mut non_canonical = [0xff; 32];
    (non_canonical[0], non_canonical[31]) = (0xf0, 0x7f);
    let mut plain = [0; 32];
    plain[0] = 3;
    assert!(VerifyingKey::from_bytes(&non_canonical).is_ok() == VerifyingKey::from_bytes(&plain).is_ok());
    assert_eq!(PublicKey::from_bytes(&non_canonical), None);
}

#[test]
fn the_encodings_of_small_order_are_those_of_the_curve() {
    let mut ours = SMALL_ORDER;
    let mut curves = EIGHT_TORSION.map(|point| point.compress().to_bytes());
    ours.sort_unstable();
    curves.sort_unstable();
    assert_eq!(ours, curves);
}

/// The challenge hash of a signature (RFC 8032 §5.1.7).
fn challenge(r: &CompressedEdwardsY, key: &PublicKey, message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r.as_bytes()).chain_update(key.as_bytes()).chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// A key with a component of small order, and signatures whose R is of small order, made with the secret of the other
/// component: the equation of RFC 8032 §5.1.7 holds, and verifiers that multiply by the cofactor disagree with
/// verifiers that do not.
#[test]
fn a_signature_whose_point_is_of_small_order_is_rejected_though_the_equation_holds() {
    let secret = Scalar::from(0x0074_6965_7a68_656e_u64);
    let order_eight = EIGHT_TORSION[1];
    let point = EdwardsPoint::mul_base(&secret) + order_eight;
    let key = PublicKey::from_bytes(point.compress().as_bytes()).unwrap();
    let mut seen = std::collections::HashSet::new();
    for counter in 0_u32.. {
        let message = counter.to_be_bytes();
        let small = EIGHT_TORSION[counter as usize % 8].compress();
        let challenge = challenge(&small, &key, &message);
        let mut signature = [0; SIGNATURE_LEN];
        signature[..32].copy_from_slice(small.as_bytes());
        signature[32..].copy_from_slice((challenge * secret).as_bytes());
        let read = Signature::from_bytes(&signature);
        if key.0.verify(&message, &read).is_ok() {
            assert!(!key.verify_strict(&message, &signature));
            assert!(!key.verify(&message, &signature), "{}", hex::encode(small.as_bytes()));
            seen.insert(small.to_bytes());
        }
        if seen.len() == 8 {
            break;
        }
    }
}

/// The strict equation accepts some signatures of a key with a component of small order.
#[test]
fn a_key_with_a_part_of_small_order_is_judged_as_verify_strict_judges_it() {
    let (secret, nonce) = (Scalar::from(0x6578_6f64_u64), Scalar::from(0x006e_6f6e_6365_u64));
    let point = EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[1];
    let key = PublicKey::from_bytes(point.compress().as_bytes()).unwrap();
    let r: CompressedEdwardsY = EdwardsPoint::mul_base(&nonce).compress();
    let mut judged = [0, 0];
    for counter in 0_u32..200 {
        let message = counter.to_be_bytes();
        let challenge = challenge(&r, &key, &message);
        let mut signature = [0; SIGNATURE_LEN];
        signature[..32].copy_from_slice(r.as_bytes());
        signature[32..].copy_from_slice((nonce + challenge * secret).as_bytes());
        let ours = key.verify(&message, &signature);
        assert_eq!(ours, key.verify_strict(&message, &signature));
        judged[usize::from(ours)] += 1;
    }
    assert!(judged.iter().all(|times| *times > 0), "{judged:?}");
}

#[test]
fn names_hold_no_plus_and_no_white_space() {
    for bad in ["", "a b", "a+b", "a\u{3000}b", "a\tb", "a\nb", &"x".repeat(256)] {
        assert_eq!(Name::parse(bad), None, "{bad:?}");
    }
    assert!(Name::parse("证据.example/2026").is_some());
}

proptest::proptest! {
    #[test]
    fn print_then_parse_gives_the_same_key(seed: [u8; 32]) {
        let signer = Signer::of_depositor(&seed).unwrap();
        let key = signer.verifier();
        proptest::prop_assert!(key.is_of_depositor());
        proptest::prop_assert_eq!(&VerifierKey::parse(&key.to_string()).unwrap(), key);
    }

    #[test]
    fn any_bytes_are_judged_as_verify_strict_judges_them(seed: [u8; 32], message: [u8; 40], at in 0..104_usize, bit in 0..8_u8) {
        let signer = Signer::of_depositor(&seed).unwrap();
        let (mut message, mut signature) = (message, signer.sign(&message));
        let key = signer.verifier().public();
        proptest::prop_assert!(key.verify(&message, &signature));
        match at.checked_sub(SIGNATURE_LEN) {
            None => signature[at] ^= 1 << bit,
            Some(at) => message[at] ^= 1 << bit,
        }
        let strict = key.verify_strict(&message, &signature);
        proptest::prop_assert_eq!(key.verify(&message, &signature), strict);
        proptest::prop_assert!(!strict);
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = VerifierKey::parse(&text);
        let _ = Signer::parse(&text);
    }
}
