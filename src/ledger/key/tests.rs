//! Keys: other people's key ids, and every way a key text can be wrong.

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
fn every_proper_substring_and_every_changed_byte_of_a_vkey_is_refused() {
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
fn weak_keys_and_second_spellings_are_refused() {
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
    // y = p + 3 is a second spelling of y = 3, which is a point of large order.
    let mut spelled = [0xff; 32];
    (spelled[0], spelled[31]) = (0xf0, 0x7f);
    let mut plain = [0; 32];
    plain[0] = 3;
    assert!(VerifyingKey::from_bytes(&spelled).is_ok() == VerifyingKey::from_bytes(&plain).is_ok());
    assert_eq!(PublicKey::from_bytes(&spelled), None);
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
    fn no_text_panics(text: String) {
        let _ = VerifierKey::parse(&text);
        let _ = Signer::parse(&text);
    }
}
