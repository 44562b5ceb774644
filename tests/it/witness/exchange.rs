//! `POST /add-checkpoint` and the read API: the recorded exchange of litewitness, and limits.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::cosignature::{CosignerKey, cosignatures};
use tiezheng::ledger::hash::sha256;
use tiezheng::wire::witness::WitnessJson;

use crate::support::submissions::{log_signer, submission};
use crate::witness::{get, start, submit};

/// litewitness's test log: its key as a verifier key, and its origin.
const LITEWITNESS: &str = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
const VKEY: &str = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP";
const ROOT_3: &str = "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=";
const ROOT_5: &str = "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=";
const SIGNED_1: &str = "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=";
const SIGNED_3: &str = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=";
const SIGNED_5: &str = "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=";

fn leaf(number: u8) -> String {
    use base64::Engine as _;
    let mut hash = [0; 32];
    hash[..2].copy_from_slice(&[0x2a, number]);
    base64::prelude::BASE64_STANDARD.encode(hash)
}

fn recorded(old: u64, proof: &[&str], size: u64, root: &str, signature: &str) -> String {
    let proof = proof.iter().fold(String::new(), |lines, hash| lines + hash + "\n");
    format!("old {old}\n{proof}\n{LITEWITNESS}\n{size}\n{root}\n\n— {LITEWITNESS} {signature}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_exchange_of_litewitness_gives_the_same_statuses() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("{VKEY} http://127.0.0.1:9");
    let witness = start(folder.path(), &[&ledger], &["--name", "witness.example.org"]);
    let key = CosignerKey::parse(witness.document["key"].as_str().unwrap()).unwrap();
    let (one, two, three, four) = (leaf(1), leaf(2), leaf(3), leaf(4));
    let altered = two.replace("AAA=", "ABA=");
    let node = "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=";
    let not_canonical = SIGNED_3.replace("6go=", "6gx=");
    for (number, body, expected) in [
        (1, recorded(0, &[], 1, &leaf(0), SIGNED_1), 200),
        (2, recorded(1, &[&one, &two], 3, ROOT_3, &not_canonical), 403),
        (3, recorded(1, &[], 3, ROOT_3, SIGNED_3), 422),
        (4, recorded(1, &[&one, &altered], 3, ROOT_3, SIGNED_3), 422),
        (5, recorded(1, &[&one, &two], 3, ROOT_3, SIGNED_3), 200),
        (6, recorded(1, &[&one, ROOT_3, &four], 5, ROOT_5, SIGNED_5), 409),
        (7, recorded(3, &[&two, &three, node, &four], 5, ROOT_5, SIGNED_5), 200),
        (8, recorded(0, &[], 5, ROOT_5, SIGNED_5), 409),
        (9, recorded(0, &[], 5, ROOT_5, SIGNED_5).replace("e562", "e563"), 404),
    ] {
        let (status, media_type, text) = submit(&witness.url, body.clone()).await;
        assert_eq!(status, expected, "exchange {number}: {text}");
        match status {
            200 => {
                let note = body.split_once("\n\n").unwrap().1;
                let note = SignedCheckpoint::parse(format!("{note}{text}").as_bytes()).unwrap();
                assert_eq!(cosignatures(&note, [&key]).unwrap().len(), 1, "exchange {number}");
            }
            409 => {
                let size = if number == 6 { "3\n" } else { "5\n" };
                assert_eq!((media_type.as_str(), text.as_str()), ("text/x.tlog.size", size));
            }
            _ => assert_eq!(media_type, "application/problem+json"),
        }
    }
    witness.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cosigned_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("{} http://127.0.0.1:9", log_signer().verifier());
    let more = ["--name", "witness.example.org", "--organisation", "示例公证处", "--kind", "notary"];
    let witness = start(folder.path(), &[&ledger], &more);
    let id = sha256(b"example.org/log");
    let path = format!("{}/{id}/checkpoint", witness.url);
    assert_eq!(get(&path).await.0, 404);
    assert_eq!(get(&format!("{}/{}/checkpoint", witness.url, sha256(b"other"))).await.0, 404);
    let (status, _, line) = submit(&witness.url, submission(0, 300)).await;
    assert_eq!(status, 200, "{line}");
    let (status, media_type, text) = get(&path).await;
    assert_eq!((status, media_type.as_str()), (200, "text/plain; charset=utf-8"));
    assert!(text.ends_with(&line));
    let note = SignedCheckpoint::parse(text.as_bytes()).unwrap();
    assert!(note.verified_by(&[log_signer().verifier().clone()]).is_ok());
    let described: WitnessJson = serde_json::from_str(&get(&format!("{}/v1/witness", witness.url)).await.2).unwrap();
    assert_eq!((described.organisation.as_deref(), described.kind.as_str()), (Some("示例公证处"), "notary"));
    assert_eq!(described.key, witness.document["key"].as_str().unwrap());
    assert_eq!((described.ledgers[0].size, &described.ledgers[0].id), (300, &id.to_string()));
    assert_eq!(get(&format!("{}/health/ready", witness.url)).await.0, 200);
    let metrics = get(&format!("{}/metrics", witness.url)).await.2;
    assert!(metrics.contains("tiezheng_witness_size{ledger=\"example.org/log\"} 300"), "{metrics}");
    assert!(metrics.contains("tiezheng_witness_submissions_total{outcome=\"cosigned\"} 1"), "{metrics}");
    assert_eq!(get(&format!("{}/add-checkpoint", witness.url)).await.0, 405);
    witness.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_submissions_at_a_time_one_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("{} http://127.0.0.1:9", log_signer().verifier());
    let witness = start(folder.path(), &[&ledger], &["--name", "w"]);
    assert_eq!(submit(&witness.url, submission(0, 3)).await.0, 200);
    let mut size = 3_usize;
    for round in 0..20 {
        let (first, second) = (size as u64 + 1, size as u64 + 2);
        let (one, other) =
            tokio::join!(submit(&witness.url, submission(size, first)), submit(&witness.url, submission(size, second)));
        let accepted = match (one.0, other.0) {
            (200, 409) => first,
            (409, 200) => second,
            statuses => panic!("round {round}: {statuses:?}"),
        };
        size = usize::try_from(accepted).unwrap();
    }
    witness.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_long_or_never_end_stop_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("{} http://127.0.0.1:9", log_signer().verifier());
    let witness = start(folder.path(), &[&ledger], &["--name", "w"]);
    let long = format!("{}{}", submission(0, 3), "a".repeat(128 * 1024));
    let (status, _, text) = submit(&witness.url, long).await;
    assert_eq!(status, 413, "{text}");
    let address = witness.url.strip_prefix("http://").unwrap();
    // Half of a body each, and one that announces more than is allowed.
    let slow = (0..64).map(|_| {
        let mut slow = TcpStream::connect(address).unwrap();
        let head = "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 1000\r\n\r\nold 0\n";
        slow.write_all(head.as_bytes()).unwrap();
        slow
    });
    let slow: Vec<TcpStream> = slow.collect();
    let mut announced = TcpStream::connect(address).unwrap();
    announced.write_all(b"POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 131073\r\n\r\n").unwrap();
    let mut head = [0; 12];
    announced.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
    assert_eq!(submit(&witness.url, submission(0, 3)).await.0, 200);
    drop(slow);
    witness.stop();
}
