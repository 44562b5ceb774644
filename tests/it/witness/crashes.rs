//! A witness that is killed while it cosigns: what was answered is remembered.

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::sha256;

use crate::support::process::http_client;
use crate::support::submissions::{log_signer, submission, submission_of};
use crate::witness::{get, start, submit};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_answered_is_remembered_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("{} http://127.0.0.1:9", log_signer().verifier());
    let mut size = 0_usize;
    for round in 0_u64..12 {
        let witness = start(folder.path(), &[&ledger], &["--name", "w"]);
        let path = format!("{}/{}/checkpoint", witness.url, sha256(b"example.org/log"));
        let known = match get(&path).await {
            (200, _, text) => SignedCheckpoint::parse(text.as_bytes()).unwrap().checkpoint().size.0,
            _ => 0,
        };
        // The one whose answer was cut off may have been remembered.
        let answered = size as u64;
        assert!((answered..=answered + 1).contains(&known), "round {round}: {known} after {answered}");
        size = usize::try_from(known).unwrap();
        // No other history is cosigned for what was remembered before the kill.
        if size > 0 {
            assert_eq!(submit(&witness.url, submission_of(size, known + 3, known - 1)).await.0, 422);
        }
        let url = format!("{}/add-checkpoint", witness.url);
        let victim = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20 + round * 7));
            drop(witness);
        });
        let client = http_client();
        while let Ok(answer) = client.post(&url).body(submission(size, size as u64 + 1)).send().await {
            assert_eq!(answer.status(), 200);
            if answer.text().await.is_err() {
                break;
            }
            size += 1;
        }
        victim.join().unwrap();
    }
    assert!(size > 0);
}
