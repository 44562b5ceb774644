//! Pinning ledgers, changed keys, and the migration of the file of earlier versions.

use std::path::PathBuf;

use super::*;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::key::Signer;

fn key(name: &str, seed: u8) -> VerifierKey {
    Signer::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap().verifier().clone()
}

fn witness(name: &str, seed: u8) -> String {
    let cosigner = Cosigner::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap();
    format!("witness {name} {}", cosigner.key())
}

fn path_of(config: &Config, origin: &str) -> PathBuf {
    policy_path(&config.policies().unwrap(), &Name::parse(origin).unwrap())
}

fn config() -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::at(folder.path().join("config"));
    (folder, config)
}

fn unchanged(config: &Config, key: &VerifierKey, url: &str) -> bool {
    !matches!(TrustStore::of(config).unwrap().pin_state(key, Some(url)), PinState::Conflicts(_))
}

fn keys_of(config: &Config) -> Vec<VerifierKey> {
    TrustStore::of(config).unwrap().trust().keys().to_vec()
}

#[test]
fn a_policy_that_an_editor_saved_pins_what_it_did_and_a_broken_one_pins_nothing_silently() {
    let (_folder, config) = config();
    assert!(pin(&config, &key("a/1", 1), Some("http://a")).unwrap());
    let path = path_of(&config, "a/1");
    let line = format!("log {} http://a\nquorum none", key("a/1", 1));
    let utf16: Vec<u8> = format!("\u{FEFF}{line}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let windows = line.replace('\n', "\r\n");
    let saved = [line, format!("\u{FEFF}{windows}\r\n"), format!("# mine\r\n{windows} # the end\r\n# end")];
    for bytes in saved.map(String::into_bytes).into_iter().chain([utf16]) {
        std::fs::write(&path, bytes).unwrap();
        assert!(!unchanged(&config, &key("a/1", 2), "http://a"));
        assert_eq!(pin(&config, &key("b/1", 3), Some("http://a")).unwrap_err().code, "ledger_key_changed");
    }
    let without_quorum = format!("log {} http://a\n", key("a/1", 1));
    let behind_quorum = format!("quorum none\n{without_quorum}");
    let other = format!("log {}\nquorum none\n", key("b/1", 1));
    for broken in ["", "\n", "\0\0\0", "{}", "PRIVATE", "# mine\n", &without_quorum, &behind_quorum, &other] {
        std::fs::write(&path, broken).unwrap();
        assert_eq!(TrustStore::of(&config).unwrap_err().code, "bad_policy", "{broken:?}");
        assert_eq!(pin(&config, &key("b/1", 3), None).unwrap_err().code, "bad_policy");
    }
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    assert_eq!(TrustStore::of(&config).unwrap_err().code, "io", "a policy should be there");
}

#[test]
fn a_policy_that_was_cut_off_anywhere_is_an_error_or_says_all_that_it_said() {
    let (_folder, config) = config();
    let text = format!("log {} http://a\n{}\nquorum w\n", key("a/1", 1), witness("w", 7));
    let file = PolicyFile::given(&text).unwrap();
    update(&config, |store| {
        store.set(&Name::parse("a/1").unwrap(), file);
        Ok(())
    })
    .unwrap();
    let path = path_of(&config, "a/1");
    let (whole, pinned) = (std::fs::read(&path).unwrap(), TrustStore::of(&config).unwrap());
    let origin = Name::parse("a/1").unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        match TrustStore::of(&config) {
            Ok(cut) => assert_eq!(cut.policy_of(&origin), pinned.policy_of(&origin), "{length}"),
            Err(error) => {
                assert!(["bad_policy", "not_utf8"].contains(&error.code.as_ref()), "{length}: {error:?}");
                assert!(error.en.contains(".policy"), "{error:?}");
            }
        }
    }
}

#[test]
fn a_changed_key_is_refused_by_origin_and_by_address() {
    let (_folder, config) = config();
    assert!(pin(&config, &key("a/1", 1), Some("http://a")).unwrap());
    assert!(!pin(&config, &key("a/1", 1), Some("http://elsewhere")).unwrap());
    for (other, url) in [(key("a/1", 2), "http://b"), (key("b/1", 3), "http://a")] {
        assert_eq!(pin(&config, &other, Some(url)).unwrap_err().code, "ledger_key_changed");
    }
    assert!(!unchanged(&config, &key("b/1", 3), "http://a"));
    assert!(unchanged(&config, &key("b/1", 3), "http://b"));
    assert_eq!(keys_of(&config).len(), 1, "nothing is pinned by looking");
    assert!(pin(&config, &key("b/1", 3), Some("http://b")).unwrap());
    assert_eq!(keys_of(&config), [key("a/1", 1), key("b/1", 3)]);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path_of(&config, "b/1")).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(update(&config, |store| Ok(store.remove("http://a"))).unwrap(), 1);
    assert!(!path_of(&config, "a/1").exists() && path_of(&config, "b/1").exists());
    assert!(pin(&config, &key("a/1", 2), Some("http://a")).unwrap());
}

#[test]
fn witnesses_outlive_the_removal_of_their_ledger() {
    let (_folder, config) = config();
    let origin = Name::parse("a/1").unwrap();
    let text = format!("log {}\n{}\nquorum w\n", key("a/1", 1), witness("w", 7));
    let file = PolicyFile::given(&text).unwrap();
    update(&config, |store| {
        store.set(&origin, file);
        Ok(())
    })
    .unwrap();
    assert_eq!(update(&config, |store| Ok(store.remove("a/1"))).unwrap(), 1);
    assert!(keys_of(&config).is_empty() && TrustStore::of(&config).unwrap().policy_of(&origin).is_none());
    assert!(pin(&config, &key("a/1", 2), None).unwrap());
    assert_eq!(TrustStore::of(&config).unwrap().policy_of(&origin).unwrap().required(), 1);
}

/// The file of an earlier version: two ledgers and, as earlier versions kept it, an invalid line about a witness.
fn old_text() -> String {
    format!("# mine\nwitness w key\nlog {} http://a\nlog {}\nquorum none\n", key("a/1", 1), key("b/1", 2))
}

fn write_old(config: &Config, text: &[u8]) -> PathBuf {
    let old = config.trust_policy().unwrap();
    std::fs::create_dir_all(old.parent().unwrap()).unwrap();
    std::fs::write(&old, text).unwrap();
    old
}

#[test]
fn the_file_of_earlier_versions_is_migrated_and_kept() {
    let (_folder, config) = config();
    let old = write_old(&config, old_text().as_bytes());
    assert_eq!(keys_of(&config), [key("a/1", 1), key("b/1", 2)]);
    assert!(!old.exists());
    assert_eq!(std::fs::read_to_string(old.with_file_name("trust.policy.migrated")).unwrap(), old_text());
    let a = std::fs::read_to_string(path_of(&config, "a/1")).unwrap();
    assert_eq!(a, format!("# mine\n# witness w key\nlog {} http://a\nquorum none\n", key("a/1", 1)));
    assert_eq!(keys_of(&config), [key("a/1", 1), key("b/1", 2)]);
    // A restored old file with the same keys changes nothing.
    write_old(&config, old_text().as_bytes());
    assert_eq!(pin(&config, &key("a/1", 3), None).unwrap_err().code, "ledger_key_changed");
    assert!(old.with_file_name("trust.policy.migrated-2").exists());
    // With another key, neither is trusted.
    write_old(&config, format!("log {}\nquorum none\n", key("a/1", 9)).as_bytes());
    for _ in 0..2 {
        let error = TrustStore::of(&config).unwrap_err();
        assert!(error.code == "bad_policy" && error.en.contains("different keys"), "{error:?}");
        assert_eq!(pin(&config, &key("c/1", 3), None).unwrap_err().code, "bad_policy");
    }
    assert!(old.exists());
}

#[test]
fn valid_witnesses_of_the_old_file_go_with_each_ledger() {
    let (_folder, config) = config();
    let text = old_text().replace("witness w key", &witness("w", 7));
    write_old(&config, text.as_bytes());
    for origin in ["a/1", "b/1"] {
        let store = TrustStore::of(&config).unwrap();
        let policy = store.policy_of(&Name::parse(origin).unwrap()).unwrap();
        assert_eq!((policy.witnesses().len(), policy.requires_witnesses()), (1, false));
    }
}

#[test]
fn an_old_file_that_was_cut_off_anywhere_is_migrated_whole_or_not_at_all() {
    let text = old_text();
    let expected = [key("a/1", 1), key("b/1", 2)];
    for length in 0..text.len() {
        let (_folder, config) = config();
        let old = write_old(&config, &text.as_bytes()[..length]);
        match TrustStore::of(&config) {
            Ok(store) => assert_eq!(store.trust().keys(), expected, "{length}"),
            Err(error) => {
                assert_eq!(error.code, "bad_policy", "{length}");
                assert!(error.en.contains("trust.policy"), "{error:?}");
                assert_eq!(std::fs::read(&old).unwrap(), &text.as_bytes()[..length], "nothing is touched");
                assert_eq!(pin(&config, &key("c/1", 3), None).unwrap_err().code, "bad_policy");
            }
        }
    }
}

#[test]
fn an_interrupted_migration_is_repeated() {
    // Interrupted after each of its writes: nothing, one policy, both.
    for done in 0..=2 {
        let (_folder, config) = config();
        write_old(&config, old_text().as_bytes());
        keys_of(&config);
        let old = config.trust_policy().unwrap();
        std::fs::rename(old.with_file_name("trust.policy.migrated"), &old).unwrap();
        for origin in ["a/1", "b/1"].iter().skip(done) {
            std::fs::remove_file(path_of(&config, origin)).unwrap();
        }
        assert!(pin(&config, &key("c/1", 3), None).unwrap());
        assert_eq!(keys_of(&config), [key("a/1", 1), key("b/1", 2), key("c/1", 3)]);
        assert!(!old.exists());
    }
}

#[test]
fn where_nothing_can_be_written_the_old_file_is_read_where_it_is() {
    let (_folder, config) = config();
    let old = write_old(&config, old_text().as_bytes());
    // A folder in place of the lock: not even root can open it for writing.
    std::fs::create_dir(old.with_extension("policy.lock")).unwrap();
    assert_eq!(keys_of(&config), [key("a/1", 1), key("b/1", 2)]);
    assert!(old.exists() && !config.policies().unwrap().exists());
    assert!(!unchanged(&config, &key("a/1", 5), "http://a"));
}
