//! Fuzz targets for trust policies, keys of witnesses, and cosignatures on checkpoints.

use std::fmt::Write as _;

use std::sync::LazyLock;

use tiezheng::client::contradiction::Contradiction;
use tiezheng::ledger::add_checkpoint::AddCheckpointRequest;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::cosignature::{Cosigner, CosignerKey};
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::key::Name;
use tiezheng::ledger::merkle::proof::verify_consistency;
use tiezheng::ledger::policy::Policy;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::time::Timestamp;

use super::fixture::{ledger, ledger_key};
use super::input::text;

/// Witness number `n`.
pub fn cosigner(n: u8) -> Cosigner {
    Cosigner::new(Name::parse(&format!("w{n}.example.org")).unwrap(), &[0x60 + n; 32]).unwrap()
}

/// A policy of five witnesses in two groups, and one outside of them.
pub fn policy_text() -> String {
    let mut text = format!("# 法院\nlog {}\thttps://ledger.example.org # operator\n\n", ledger_key(1).verifier());
    for n in 1..=6 {
        let _ = writeln!(text, "witness w{n} {} https://w{n}.example.org", cosigner(n).key());
    }
    text + "group courts 2 w1 w2 w3\ngroup notaries any w4 w5\ngroup both all courts notaries\nquorum both\n"
}

/// The checkpoint of `receipt`, cosigned by three witnesses.
pub fn cosigned(receipt: &Receipt) -> String {
    let signed = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap();
    let time = Timestamp::from_millis(1_795_309_500_000).unwrap();
    let lines = [1, 2, 4].map(|n| format!("{}\n", cosigner(n).cosign(signed.checkpoint(), time)));
    receipt.checkpoint.clone() + &lines.concat()
}

/// A policy, and the quorum that it requires.
pub fn policy(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let policy = match Policy::parse(text) {
        Ok(policy) => policy,
        Err(error) => {
            drop(error.to_string());
            return false;
        }
    };
    let counted: Vec<_> = policy.counted_witnesses().map(|witness| &witness.key).collect();
    assert_eq!(policy.requires_witnesses(), !counted.is_empty());
    assert!(policy.required() <= counted.len() && counted.len() <= policy.witnesses().len());
    assert!(policy.is_reached(&|key| counted.contains(&key)));
    assert_eq!(policy.is_reached(&|_| false), !policy.requires_witnesses());
    // Fewer than required are never a quorum, and one more cosignature never takes a quorum away.
    let mut reached = false;
    for count in 0..=counted.len().min(64) {
        let now = policy.is_reached(&|key| counted.iter().take(count).any(|one| *one == key));
        assert!(now >= reached && (!now || count >= policy.required()));
        reached = now;
    }
    for witness in policy.witnesses() {
        assert_eq!(CosignerKey::parse(&witness.key.to_string()).as_ref(), Ok(&witness.key));
    }
    for log in policy.logs() {
        assert!(policy.keys_of(log.key.name()).contains(&log.key));
    }
    for receipt in &ledger().receipts {
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap();
        assert!(policy.evaluate(&checkpoint).is_ok_and(|state| state.cosignatures.is_empty()), "nobody cosigned");
    }
    true
}

/// A checkpoint with cosignatures: every counted witness has signed this tree.
pub fn cosignature(data: &[u8]) -> bool {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::parse(&policy_text()).unwrap());
    static GENUINE: LazyLock<Vec<String>> = LazyLock::new(|| ledger().receipts.iter().map(cosigned).collect());
    let Ok(signed) = SignedCheckpoint::parse(data) else { return false };
    match POLICY.evaluate(&signed) {
        Ok(state) => {
            let names: Vec<_> = state.cosignatures.iter().map(|one| one.witness.as_str()).collect();
            let mut distinct = names.clone();
            distinct.dedup();
            assert_eq!(names, distinct, "a witness counts once");
            assert!(state.cosignatures.len() <= state.witnesses && state.witnesses == 5 && state.required == 3);
            assert!(!state.reached || state.cosignatures.len() >= 3);
            let is_genuine = names.is_empty() || GENUINE.iter().any(|one| one.starts_with(signed.note().text()));
            assert!(is_genuine, "a forged cosignature");
            !names.is_empty()
        }
        Err(error) => {
            drop(error.to_string());
            false
        }
    }
}

/// The body of a request for a cosignature.
pub fn add_checkpoint(data: &[u8]) -> bool {
    let parsed = AddCheckpointRequest::parse(data);
    match &parsed {
        Ok(request) => {
            assert_eq!(request.to_string().as_bytes(), data);
            if let Ok(signed) = SignedCheckpoint::parse(request.note.as_bytes()) {
                let (old, new) = (sha256(b""), signed.checkpoint());
                let _ = verify_consistency(request.old, &old, new.size, &new.root, &request.proof);
            }
        }
        Err(error) => drop(error.to_string()),
    }
    parsed.is_ok()
}

/// A file of two contradicting checkpoints. The ledger of `fixture` has one history, so its key signed none.
pub fn contradiction(data: &[u8]) -> bool {
    let parsed = Contradiction::parse(data);
    match &parsed {
        Ok(found) => {
            assert_eq!(found.to_string().as_bytes(), data);
            let keys = [ledger_key(1), ledger_key(2)].map(|key| key.verifier().clone());
            let witnesses = [1, 2, 4].map(|n| cosigner(n).key().clone());
            match found.verify(&keys, &witnesses) {
                Ok(signers) => panic!("a forged contradiction: {signers:?}"),
                Err(error) => drop((error.to_string(), error.chinese())),
            }
        }
        Err(error) => drop((error.to_string(), error.chinese())),
    }
    parsed.is_ok()
}

/// A public or private key of a witness as text.
pub fn cosigner_key(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let (public, private) = (CosignerKey::parse(text), Cosigner::parse(text));
    if let Ok(key) = &public {
        assert_eq!(key.to_string(), text);
        assert_eq!(CosignerKey::new(key.name().clone(), key.public().clone()), *key);
    }
    if let Ok(cosigner) = &private {
        assert_eq!(cosigner.to_private_text().as_str(), text);
    }
    public.is_ok() || private.is_ok()
}
