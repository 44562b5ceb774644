//! `deposit --manifest` and `receipt --item`: many items under one statement, and the proof of a single item.

use std::fs;

use crate::cli::workspace::Workspace;

#[test]
fn a_folder_is_one_deposit_and_each_item_verifies_by_its_own_receipt() {
    let mut workspace = Workspace::new();
    for name in ["1.wav", "2.wav", "下午/1.wav"] {
        workspace.file(format!("录音/{name}"), format!("sound of {name}"));
    }
    let first = workspace.run(&["deposit", "--manifest", "录音"]).ends(0);
    assert_eq!((&first.document()["status"], &first.document()["items"]), (&"deposited".into(), &3.into()));
    let again = workspace.run(&["deposit", "--manifest", "录音"]).ends(0);
    assert_eq!(again.document()["status"], "already_deposited");
    assert_eq!(again.number(), first.number());
    let elsewhere = workspace.run(&["deposit", "--manifest", "录音", "--receipts", "out"]).ends(0);
    assert_eq!((elsewhere.number(), fs::read_dir(workspace.path("out")).unwrap().count()), (first.number(), 0));
    let (looked_up, root) =
        (workspace.run(&["lookup", &first.number()]).ends(0).document(), &first.document()["manifest_root"]);
    assert_eq!((&looked_up["manifest"]["root"], &looked_up["manifest"]["count"]), (root, &3.into()));
    let shown = workspace.say("zh", &["lookup", &first.number()]).ends(0).stdout;
    assert!(shown.contains(&format!("{} (清单 manifest, 3 项 items)", root.as_str().unwrap())), "{shown}");
    // By its digest alone no item is found; that it may be one is said.
    let unfound = workspace.say("zh", &["verify", "录音/1.wav"]).ends(1);
    assert!(unfound.stderr.contains("tiezheng receipt --manifest"), "{unfound:?}");

    let list = "录音.tiezheng-manifest";
    workspace.run(&["receipt", "--manifest", list, "--item", "下午/1.wav", "-o", "item.json"]).ends(0);
    let report = workspace.run(&["verify", "录音/下午/1.wav", "--receipt", "item.json", "--offline"]).ends(0);
    assert_eq!(report.document()["conclusion"]["code"], "consistent_with_reservation");
    assert_eq!(report.document()["offline"], true);
    // The deposit itself has no digest of the item: by its number there is something to read, and nothing to verify.
    let told =
        workspace.say("en", &["verify", "录音/下午/1.wav", "--receipt", "item.json", "--offline"]).ends(0).stdout;
    assert!(told.contains(&format!("tiezheng lookup {}", first.number())), "{told}");
    let other = workspace.run(&["verify", "录音/1.wav", "--receipt", "item.json"]).ends(1);
    assert_eq!(other.document()["conclusion"]["code"], "mismatch");
    let bare = workspace.run(&["verify", "录音/1.wav", "--number", &first.number()]).ends(2);
    assert_eq!(bare.document()["conclusion"]["code"], "unable");
    let why = workspace.say("zh", &["verify", "录音/1.wav", "--number", &first.number()]).ends(2).stdout;
    assert!(why.contains("该记录为清单存证，须以单项回执核验") && !why.contains("没有可供核验的记录"), "{why}");
    workspace.run(&["receipt", "--manifest", "录音", "--item", "1.wav", "-o", "1.json"]).ends(0);
    workspace.run(&["verify", "录音/1.wav", "--receipt", "1.json"]).ends(0);
    assert!(!fs::read_to_string(workspace.path("item.json")).unwrap().contains("2.wav"));
    assert_eq!(workspace.stop_and_count(), 1);
}

#[test]
fn a_list_of_known_digests_is_deposited_and_what_is_wrong_in_it_is_told() {
    let workspace = Workspace::new();
    let line = |digit: char, path: &str| format!("sm3 {} size 7 path {path}\n", digit.to_string().repeat(64));
    workspace.file("digests.txt", format!("{}{}", line('a', "1"), line('b', "2")));
    let document = workspace.run(&["deposit", "--manifest", "digests.txt"]).ends(0).document();
    assert_eq!(document["items"], 2);
    workspace.file("twice.txt", format!("{}{}", line('a', "1"), line('b', "1")));
    assert_eq!(workspace.run(&["deposit", "--manifest", "twice.txt"]).ends(2).error(), "not_ascending");
    assert_eq!(workspace.run(&["deposit", "--manifest", "digests.txt", "--salt"]).ends(64).error(), "salt_of_manifest");
}
