//! The folder of a witness: what is damaged or missing keeps it from starting, and nothing is replaced.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tiezheng::ledger::hash::sha256;

use crate::support::submissions::{log_signer, submission};
use crate::witness::{command, start, submit};

fn ledger() -> String {
    format!("{} http://127.0.0.1:9", log_signer().verifier())
}

/// The code of the error with which a start ends, and its exit status.
fn refused(data: &Path, ledger: &str, more: &[&str]) -> (String, i32) {
    let ended = command(data, &[ledger], more).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    (document["error"]["code"].as_str().unwrap().to_owned(), ended.status.code().unwrap())
}

async fn used(folder: &Path) {
    let witness = start(folder, &[&ledger()], &["--name", "witness.example.org"]);
    assert_eq!(witness.document["new"], true);
    assert_eq!(submit(&witness.url, submission(0, 3)).await.0, 200);
    witness.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_witness_goes_on_with_its_key_and_state() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("witness");
    used(&data).await;
    let key = fs::metadata(data.join("witness.key")).unwrap().permissions().mode();
    assert_eq!(key & 0o777, 0o600);
    let witness = start(&data, &[&ledger()], &[]);
    assert_eq!((&witness.document["new"], &witness.document["ledgers"][0]["size"]), (&false.into(), &3.into()));
    assert_eq!(refused(&data, &ledger(), &[]), ("folder_in_use".into(), 2));
    assert_eq!(submit(&witness.url, submission(0, 5)).await.0, 409);
    assert_eq!(submit(&witness.url, submission(3, 5)).await.0, 200);
    witness.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_which_something_is_missing_or_damaged_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("witness");
    used(&data).await;
    let state = data.join("state").join(sha256(b"example.org/log").to_string());
    let (key, list) = (data.join("witness.key"), data.join("ledgers"));
    for (path, missing, damaged) in [
        (&state, "witness_state_missing", "witness_state_damaged"),
        (&list, "witness_state_missing", "witness_state_damaged"),
        (&key, "witness_key_missing", "key_file_damaged"),
    ] {
        let bytes = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        assert_eq!(refused(&data, &ledger(), &[]), (missing.into(), 2), "{}", path.display());
        let mut flipped = bytes.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        fs::write(path, flipped).unwrap();
        assert_eq!(refused(&data, &ledger(), &[]), (damaged.into(), 2), "{}", path.display());
        fs::write(path, &bytes).unwrap();
    }
    let other = tiezheng::ledger::key::Signer::new(log_signer().verifier().name().clone(), &[9; 32]).unwrap();
    let other = format!("{} http://127.0.0.1:9", other.verifier());
    assert_eq!(refused(&data, &other, &[]), ("other_ledger_key".into(), 64));
    assert_eq!(refused(&data, &ledger(), &["--name", "another"]), ("another_witness".into(), 64));
    assert_eq!(refused(&data, &ledger(), &["--ledger", &ledger()]), ("ledger_twice".into(), 64));
    // After all of it, it is as it was.
    let witness = start(&data, &[&ledger()], &["--name", "witness.example.org"]);
    assert_eq!(witness.document["ledgers"][0]["size"], 3);
    witness.stop();
}

#[test]
fn an_address_or_ledger_that_is_none_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("witness");
    let key = log_signer().verifier().to_string();
    for bad in [key.clone(), format!("{key} ledger.example.org"), format!("{key}x http://127.0.0.1:9")] {
        assert_eq!(refused(&data, &bad, &[]).1, 64, "{bad}");
    }
    assert_eq!(refused(&data, &ledger(), &["--listen", "0.0.0.0:0"]), ("not_loopback".into(), 64));
    assert!(!data.exists());
}
