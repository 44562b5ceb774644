//! A malicious operator, who has the ledger's key, against a witness and a mirror that are processes of their own.

use std::path::Path;

use tiezheng::client::http_log::HttpLogReader;
use tiezheng::client::ledger_client::LedgerClient;
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::cosignature::{CosignerKey, cosignatures};
use tiezheng::ledger::key::Signer;
use tiezheng::store::traits::LogReader as _;

use super::*;
use crate::cli::workspace::{CommandRun, Workspace};
use crate::support::depositor::note;
use crate::support::operator::Operator;
use crate::support::served_log::ServedLog;
use crate::support::test_node::request;

/// A ledger that was honest so far, its key, and who follows it.
struct Consortium {
    workspace: Workspace,
    signer: Signer,
    /// All that the ledger has.
    whole: Operator,
    /// The ledger some blocks ago, which witness and mirror have cosigned.
    first: Operator,
    /// The operator's address.
    log: ServedLog,
    witness: LiveNode,
    mirror: LiveNode,
}

impl Consortium {
    async fn new() -> Self {
        let mut workspace = Workspace::with(&["--origin", "test.example/ledger"]);
        for round in 0..3_u64 {
            let lines: String = (0..120).map(|n| request(&note(round * 1_000 + n))).collect();
            let batch = http_client().post(format!("{}/v1/deposits/batch", workspace.url())).body(lines);
            let answer = batch.header("content-type", "application/x-ndjson").send().await.unwrap();
            assert_eq!(answer.text().await.unwrap().lines().count(), 120);
        }
        let reader = HttpLogReader::connect(LedgerClient::new(workspace.url()).unwrap()).await.unwrap();
        let whole = tokio::task::block_in_place(|| Operator::of(&reader));
        workspace.stop_and_count();
        let key = std::fs::read_to_string(workspace.top().join("chain/ledger.key")).unwrap();
        let signer = Signer::parse(key.trim()).unwrap();
        let mut first = Operator::of(&whole);
        let is_header = |index: &usize| whole.leaves[*index].starts_with(b"tiezheng block");
        let last = (0..whole.leaves.len() - 1).rfind(is_header).unwrap();
        first.leaves.truncate(last + 1);
        first.sign(&signer);
        let log = ServedLog::of(&first);
        let key = signer.verifier().to_string();
        let follow = |name: &str, more: &[&str]| {
            let data = workspace.top().join(name);
            organisation(&data, &key, &log.url, &[&["--name", name], more].concat())
        };
        let (witness, mirror) = (follow("witness.example", &[]), follow("mirror.example", &["--mirror"]));
        let policy = format!(
            "log {key} {}\nwitness w {} {}\nwitness m {} {}\ngroup all all w m\nquorum all\n",
            log.url,
            key_of(&witness),
            witness.url,
            key_of(&mirror),
            mirror.url
        );
        workspace.file("policy", policy);
        let consortium = Self { workspace, signer, whole, first, log, witness, mirror };
        consortium.mirror_holds(consortium.first.leaves.len()).await;
        for url in consortium.both() {
            consortium.cosigns(url, &consortium.first, 0).await;
        }
        consortium
    }

    fn both(&self) -> [&str; 2] {
        [&self.witness.url, &self.mirror.url]
    }

    /// The size that witness and mirror have cosigned.
    fn old(&self) -> u64 {
        self.first.leaves.len() as u64
    }

    /// Submits the checkpoint that `operator` has signed.
    async fn submit(&self, url: &str, operator: &Operator, old: u64) -> (u16, String) {
        submit(url, operator, old, operator.published().unwrap().checkpoint.note().as_str()).await
    }

    /// Submits it, and it must be accepted. A mirror may have cosigned it without a submission meanwhile, and refreshes its cosignature.
    async fn cosigns(&self, url: &str, operator: &Operator, old: u64) {
        let mut answer = self.submit(url, operator, old).await;
        if answer.0 == 409 {
            answer = self.submit(url, operator, answer.1.trim().parse().unwrap()).await;
        }
        assert_eq!(answer.0, 200, "{url}: {}", answer.1);
    }

    async fn mirror_holds(&self, size: usize) {
        eventually("the mirror holds it", async || {
            let held = followed(&self.mirror.url).await["held"].as_u64();
            (held == Some(size as u64)).then_some(())
        })
        .await;
    }

    /// The ledger with another size of the file in its first deposit, signed again.
    fn rewritten(&self, of: &Operator) -> Operator {
        let mut other = Operator::of(of);
        let at = other.deposit(0);
        other.rewrite(at, "\nsize ", "\nsize 1");
        other.reseal(&self.signer);
        other
    }

    fn audit(&self, url: &str, more: &[&str]) -> CommandRun {
        self.workspace.run(&[&["audit", url, "--policy", "policy"], more].concat())
    }

    /// One round of a monitor with this state.
    fn monitor(&self, state: &str) -> (i32, Vec<(String, String)>) {
        let ran = self.workspace.run(&["monitor", &self.log.url, "--policy", "policy", "--state", state, "--once"]);
        let word = |document: &Value, name: &str| document[name].as_str().map(str::to_owned);
        let alarms = ran.documents();
        (ran.code, alarms.iter().filter_map(|one| Some((word(one, "kind")?, word(one, "subject")?))).collect())
    }

    /// Neither has cosigned anything else than the first checkpoint.
    async fn assert_nothing_was_cosigned(&self) {
        for url in self.both() {
            assert_eq!(
                latest(url).await.checkpoint(),
                self.first.published().unwrap().checkpoint.checkpoint(),
                "{url}"
            );
        }
    }
}

fn contradiction(consortium: &Consortium, document: &Value) {
    let file = document["contradiction_file"].as_str().unwrap();
    assert!(Path::new(&consortium.workspace.path(file)).exists());
    let verified = consortium.workspace.run(&["contradiction", file, "--policy", "policy"]).ends(1).document();
    assert_eq!(verified["contradiction"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_entry_that_is_rewritten_and_signed_again_is_cosigned_by_nobody() {
    let consortium = Consortium::new().await;
    assert_eq!(consortium.audit(&consortium.log.url, &[]).ends(0).document()["clean"], true);
    assert_eq!(consortium.monitor("monitor").0, 0);
    // Of the same size, and larger.
    for other in [consortium.rewritten(&consortium.first), consortium.rewritten(&consortium.whole)] {
        consortium.log.show(&other);
        for url in consortium.both() {
            let (status, text) = consortium.submit(url, &other, consortium.old()).await;
            assert_eq!(status, 422, "{url}: {text}");
            assert!(text.contains("inconsistent_checkpoint"), "{text}");
        }
        consortium.assert_nothing_was_cosigned().await;
        // An auditor who knows nothing else than the policy.
        let found = consortium.audit(&consortium.log.url, &[]).ends(1).document();
        assert!(findings(&found).contains(&"fork") && findings(&found).contains(&"quorum"), "{found}");
        contradiction(&consortium, &found);
    }
    let (code, raised) = consortium.monitor("monitor");
    assert_eq!(code, 1);
    assert!(raised.iter().any(|(kind, _)| kind == "fork"), "{raised:?}");
    // A monitor that has seen nothing of this ledger before.
    let (code, raised) = consortium.monitor("new");
    assert_eq!(code, 1);
    let contradicting: Vec<_> = raised.iter().filter(|(kind, _)| kind == "witness_contradicts").collect();
    assert_eq!(contradicting.len(), 2, "{raised:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_histories_for_two_members_are_found_by_a_comparison() {
    let consortium = Consortium::new().await;
    // The witness gets one continuation, the mirror another.
    let other = consortium.rewritten_end();
    consortium.cosigns(&consortium.witness.url, &other, consortium.old()).await;
    consortium.log.show(&consortium.whole);
    consortium.mirror_holds(consortium.whole.leaves.len()).await;
    consortium.cosigns(&consortium.mirror.url, &consortium.whole, consortium.old()).await;
    // From then on each refuses what the other has.
    let size = consortium.whole.leaves.len() as u64;
    assert_eq!(consortium.submit(&consortium.witness.url, &consortium.whole, size).await.0, 422);
    assert_eq!(consortium.submit(&consortium.mirror.url, &other, size).await.0, 422);
    let found = consortium.audit(&consortium.log.url, &[]).ends(1).document();
    assert!(findings(&found).contains(&"fork"), "{found}");
    contradiction(&consortium, &found);
    consortium.log.show(&other);
    let compared = consortium.audit(&consortium.log.url, &["--compare", &consortium.mirror.url]).ends(1).document();
    assert!(findings(&compared).contains(&"fork"), "{compared}");
    contradiction(&consortium, &compared);
    let (code, raised) = consortium.monitor("monitor");
    assert_eq!((code, raised.contains(&("witness_contradicts".into(), "m".into()))), (1, true), "{raised:?}");
    // The mirror sees the second history itself, and cosigns nothing of this ledger any more.
    let stopped = eventually("the mirror stops", async || {
        followed(&consortium.mirror.url).await["stopped"].as_str().map(str::to_owned)
    })
    .await;
    assert!(stopped.contains("two histories"), "{stopped}");
}

impl Consortium {
    /// The whole ledger with another last deposit.
    fn rewritten_end(&self) -> Operator {
        let mut other = Operator::of(&self.whole);
        let mut later = self.first.leaves.len()..other.leaves.len();
        let at = later.find(|at| other.leaves[*at].starts_with(b"tiezheng entry")).unwrap();
        other.rewrite(at, "\nsize ", "\nsize 1");
        other.reseal(&self.signer);
        other
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_under_another_size_is_found_by_mirrors_auditors_and_monitors() {
    let consortium = Consortium::new().await;
    assert_eq!(consortium.monitor("monitor").0, 0);
    let signed = |size: u64, like: &Operator| {
        let right = like.published().unwrap().checkpoint.checkpoint().clone();
        Checkpoint { size: TreeSize(size), ..right }.sign(&consortium.signer).unwrap().note().to_string()
    };
    // The root that they know, under a larger size; and another root under the size that they know.
    let (known, size) = (consortium.old(), consortium.whole.leaves.len() as u64);
    for wrong in [signed(known + 1, &consortium.first), signed(known, &consortium.whole)] {
        for url in consortium.both() {
            let answer = submit(url, &consortium.whole, known, &wrong).await;
            assert_eq!(answer.0, 422, "{url}: {}", answer.1);
        }
    }
    consortium.assert_nothing_was_cosigned().await;
    // A consistency proof does not depend on the number of leaves in the last subtree, so a plain witness cannot know that number.
    // The mirror has counted them.
    consortium.log.show(&consortium.whole);
    consortium.mirror_holds(consortium.whole.leaves.len()).await;
    let wrongs = [(size - 1, 422, "inconsistent_checkpoint"), (size + 1, 503, "leaves_not_held")];
    for (size, status, code) in wrongs {
        let old = followed(&consortium.mirror.url).await["size"].as_u64().unwrap();
        let answer = submit(&consortium.mirror.url, &consortium.whole, old, &signed(size, &consortium.whole)).await;
        // The mirror may have cosigned the right one without a submission meanwhile.
        assert!([400, 409].contains(&answer.0) || answer.0 == status && answer.1.contains(code), "{size}: {answer:?}");
    }
    for (size, ..) in wrongs {
        consortium.log.set_checkpoint(Some(signed(size, &consortium.whole)));
        let audited = consortium.audit(&consortium.log.url, &[]);
        assert!([1, 2].contains(&audited.code), "{audited:?}");
        assert_ne!(consortium.monitor("monitor").0, 0);
    }
    consortium.log.set_checkpoint(Some(signed(size - 1, &consortium.whole)));
    eventually("the mirror stops", async || followed(&consortium.mirror.url).await["stopped"].as_str().map(|_| ()))
        .await;
    let cosigned = latest(&consortium.mirror.url).await.checkpoint().clone();
    let right =
        [&consortium.first, &consortium.whole].map(|one| one.published().unwrap().checkpoint.checkpoint().clone());
    assert!(right.contains(&cosigned), "{cosigned:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_cosigns_no_checkpoint_over_entries_that_it_cannot_get() {
    let consortium = Consortium::new().await;
    assert_eq!(consortium.monitor("monitor").0, 0);
    consortium.log.show(&consortium.whole);
    consortium.log.hide_from(Some(consortium.first.leaves.len()));
    let note = consortium.whole.published().unwrap().checkpoint.note().to_string();
    // A plain witness sees no entries; the proof is right.
    let plain = submit(&consortium.witness.url, &consortium.whole, consortium.old(), &note).await;
    assert_eq!(plain.0, 200, "{}", plain.1);
    let refused = submit(&consortium.mirror.url, &consortium.whole, consortium.old(), &note).await;
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert!(refused.1.contains("leaves_not_held"), "{}", refused.1);
    assert_eq!(latest(&consortium.mirror.url).await.checkpoint().size.0, consortium.old());
    let (code, raised) = consortium.monitor("monitor");
    assert!(code == 1 && raised.iter().any(|(kind, _)| kind == "altered_leaf"), "{raised:?}");
    assert_ne!(consortium.audit(&consortium.log.url, &[]).code, 0);
    // The operator denies that there are newer entries: the witness has cosigned them.
    consortium.log.show(&consortium.first);
    let (code, raised) = consortium.monitor("monitor");
    assert_eq!(code, 1);
    assert!(raised.contains(&("rollback".into(), "w".into())), "{raised:?}");
    // What is shown in the end is cosigned.
    consortium.log.hide_from(None);
    consortium.log.show(&consortium.whole);
    consortium.mirror_holds(consortium.whole.leaves.len()).await;
    consortium.cosigns(&consortium.mirror.url, &consortium.whole, consortium.old()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_in_a_witness_own_name_that_it_did_not_sign_is_neither_kept_nor_believed() {
    let consortium = Consortium::new().await;
    let note = consortium.whole.published().unwrap().checkpoint.note().to_string();
    consortium.log.show(&consortium.whole);
    consortium.mirror_holds(consortium.whole.leaves.len()).await;
    let mut shown = Vec::new();
    for (name, node) in [("m", &consortium.mirror), ("w", &consortium.witness)] {
        // Its own line, on another checkpoint.
        let key = CosignerKey::parse(key_of(node)).unwrap();
        let known = latest(&node.url).await;
        let forged = known.note().signatures().iter().find(|line| key.is_named_by(line)).unwrap().to_string();
        let with_forged = format!("{note}{forged}\n");
        let answer = submit(&node.url, &consortium.whole, known.checkpoint().size.0, &with_forged).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        let now = latest(&node.url).await;
        assert_eq!(cosignatures(&now, [&key]).unwrap().len(), 1);
        if known.checkpoint() != now.checkpoint() {
            assert!(!now.note().as_str().contains(&forged), "{}", now.note());
            shown.push((name, with_forged));
        }
    }
    // Auditor and monitor name the forged line that the operator shows.
    assert!(shown.iter().any(|(name, _)| *name == "w"));
    for (name, with_forged) in shown {
        consortium.log.set_checkpoint(Some(with_forged));
        let found = consortium.audit(&consortium.log.url, &[]).ends(1).document();
        assert!(findings(&found).contains(&"cosignature"), "{found}");
        let (code, raised) = consortium.monitor("monitor");
        assert_eq!((code, raised.contains(&("forged_cosignature".into(), name.into()))), (1, true), "{raised:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_serves_altered_bytes_is_found_by_an_audit() {
    let consortium = Consortium::new().await;
    // What a dishonest mirror would serve: the operator's checkpoint, and other bytes.
    let mirror = ServedLog::of(&consortium.first);
    let at = consortium.first.deposit(5);
    let leaf = String::from_utf8(consortium.first.leaves[at].clone()).unwrap();
    mirror.alter(at, leaf.replacen("\nsize ", "\nsize 1", 1).into_bytes());
    let found = consortium.audit(&mirror.url, &[]).ends(1).document();
    assert!(found["findings"].as_array().unwrap().iter().any(|one| one["index"] == at), "{found}");
    assert!(!findings(&found).contains(&"fork"), "altered bytes accuse no signer: {found}");
    // The honest ones pass.
    for url in [&consortium.log.url, &consortium.mirror.url] {
        consortium.audit(url, &[]).ends(0);
    }
}
