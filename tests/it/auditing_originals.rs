//! Originals in custody under audit and backup: each is compared with its record, and unchecked ones are reported.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::stream;
use serde_json::Value;
use tiezheng::court::acts::{Act, TakeCustody};
use tiezheng::court::document::{Document, Stream};
use tiezheng::court::ids::AnnexId;
use tiezheng::court::labels;
use tiezheng::court::values::Capacity;
use tiezheng::custody::store::EncryptedObjectStore;
use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::statement::content::HashAlgorithm;
use tiezheng::ledger::statement::text::Subject;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::{LogStore as _, PrivateContent};
use tokio_util::bytes::Bytes;

use crate::opening::copy;
use crate::support::acts::{PLATFORM, account, salted};
use crate::support::chain::{append_erasing, found, number, published_of};
use crate::support::depositor::{origin, statement_with};
use crate::support::process::program;
use crate::support::stores::small;

/// Bytes of the originals: one segment, an exact number of segments, and twice the same size.
const SIZES: [usize; 4] = [5, 131_072, 150_000, 150_000];

/// A ledger with an original of each size in custody; the objects' paths within its folder.
async fn ledger(root: &Path) -> (PathBuf, Vec<PathBuf>) {
    let folder = root.join("ledger");
    let store = RocksStore::create(&folder, &origin(), &small()).unwrap();
    found(&store);
    let originals = EncryptedObjectStore::in_folder(&folder.join("originals")).unwrap();
    let mut objects = Vec::new();
    for (n, size) in (0_u8..).zip(SIZES) {
        let bytes = Bytes::from(vec![n; size]);
        let kept = originals.keep(stream::iter([Ok::<_, std::io::Error>(bytes)]), u64::MAX).await.unwrap();
        let key = PrivateMetadata { salt: [100 + n; 32], json: hex::encode(kept.key.as_bytes()) };
        let hashes = [HashAlgorithm::Sm3, HashAlgorithm::Sha256];
        let act = Act::TakeCustody(TakeCustody {
            deposit: number(900 + u64::from(n)),
            object: Digest(*kept.object.as_bytes()),
            key: AnnexId(key.commitment()),
            size: kept.measured.size,
            data_hash: hashes.map(|one| (one, kept.measured.digest(one))).to_vec(),
            case: None,
        });
        let by = account(1);
        let document =
            Document { stream: Stream::Custody, by, capacity: Capacity::Oneself, request: None, body: None, act };
        let text = PrivateMetadata { salt: [n; 32], json: document.to_text() };
        let statement = statement_with(PLATFORM, 5_000 + u64::from(n), |statement| {
            statement.content = Some(salted(&text));
            statement.meta = Some(text.commitment());
            statement.subject = Some(Subject { id: Digest([40 + n; 32]), sequence: 1 });
            statement.on_behalf = Some(by.0);
        });
        let labels = labels::of_custody(account(1), number(900 + u64::from(n)), None);
        let content = PrivateContent { metadata: Some(text), annexes: vec![key], labels };
        let waiting = PendingLeaf::Deposit { number: number(u64::from(n)), statement };
        let block = append_erasing(&store, vec![waiting], &BTreeMap::from([(0, content)]), &[]).unwrap();
        store.publish(published_of(&block)).unwrap();
        let name = kept.object.to_string();
        objects.push(Path::new("originals").join(&name[..2]).join(name));
    }
    (folder, objects)
}

/// Damages the object at the first path; another object lies at the second.
type Damage = fn(&Path, &Path);

fn run(root: &Path, arguments: &[&str]) -> (i32, Value) {
    let mut command = program();
    command.current_dir(root).env("TIEZHENG_CONFIG", root.join("config")).arg("--json").args(arguments);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let document =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), document)
}

fn faults(audit: &Value) -> Vec<(String, String)> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = audit["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(finding, "code"), text(finding, "detail"))).collect()
}

#[tokio::test]
async fn each_original_is_compared_with_its_record() {
    let root = tempfile::tempdir().unwrap();
    let (folder, objects) = ledger(root.path()).await;
    let (code, audit) = run(root.path(), &["audit", "ledger"]);
    assert_eq!((code, audit["originals"].as_u64(), faults(&audit)), (0, Some(SIZES.len() as u64), vec![]), "{audit}");
    assert_eq!(audit["originals_bytes"], SIZES.iter().sum::<usize>());
    assert!(!audit["not_checked"].to_string().contains("originals"), "{audit}");
    let (code, backup) = run(root.path(), &["backup", "ledger", "--to", "copy"]);
    assert_eq!(
        (code, &backup["originals"], &backup["originals_decrypted"]),
        (0, &SIZES.len().into(), &false.into()),
        "{backup}"
    );

    let flip: Damage = |path, _| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle.max(90)] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let damages: [(&str, bool, Damage); 6] = [
        ("removed", true, |path, _| fs::remove_file(path).unwrap()),
        ("empty", true, |path, _| fs::write(path, "").unwrap()),
        ("short", true, |path, _| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("long", true, |path, _| fs::write(path, [&fs::read(path).unwrap()[..], b"x"].concat()).unwrap()),
        ("another", true, |path, other| {
            fs::copy(other, path).unwrap();
        }),
        // By its size nobody can tell: the backup says that it did not look.
        ("flipped", false, flip),
    ];
    for (name, seen_by_backup, damage) in damages {
        for (n, object) in objects.iter().enumerate() {
            let damaged = root.path().join("damaged");
            copy(&folder, &damaged);
            damage(&damaged.join(object), &damaged.join(&objects[(n + 1) % objects.len()]));
            let (code, audit) = run(root.path(), &["audit", "damaged"]);
            let found = faults(&audit);
            assert!(code == 1 && found.len() == 1 && found[0].0 == "original", "{name} {n}: {audit}");
            assert!(found[0].1.contains(object.file_name().unwrap().to_str().unwrap()), "{found:?}");
            let (code, backup) = run(root.path(), &["backup", "damaged", "--to", "damaged copy"]);
            let faults = backup["originals_faults"].as_array().unwrap().len();
            assert_eq!((code == 1, faults == 1), (seen_by_backup, seen_by_backup), "{name} {n}: {backup}");
            fs::remove_dir_all(root.path().join("damaged copy")).unwrap();
            fs::remove_dir_all(&damaged).unwrap();
        }
    }
    let damaged = root.path().join("damaged");
    copy(&folder, &damaged);
    fs::remove_dir_all(damaged.join("originals")).unwrap();
    let (code, audit) = run(root.path(), &["audit", "damaged"]);
    assert_eq!((code, faults(&audit).len()), (1, SIZES.len()), "{audit}");
    assert!(!damaged.join("originals").exists(), "an audit makes nothing");
}
