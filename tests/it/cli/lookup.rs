//! `lookup`: the seven facts in two languages, and no look-up of a mistyped number.

use crate::cli::workspace::Workspace;

#[test]
fn the_seven_facts_are_shown_in_the_manuals_order() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let deposited = workspace.deposit("a.txt", &[]);
    let number = deposited.number();
    let labels = ["交易id", "区块哈希", "区块高度", "前一区块哈希", "数据的哈希值", "交易提交时间", "区块生成时间"];
    for lang in ["zh", "en"] {
        let shown = workspace.say(lang, &["lookup", &number]).ends(0).stdout;
        let places: Vec<_> = labels
            .iter()
            .map(|label| shown.find(&format!("\n{label} ")).unwrap_or_else(|| panic!("{shown}")))
            .collect();
        assert!(places.is_sorted(), "{shown}");
        assert!(shown.contains("北京时间") && shown.contains("transaction id"), "{shown}");
    }
    let document = workspace.run(&["lookup", &number]).ends(0).document();
    assert_eq!(document["status"], "sealed");
    assert_eq!(document["notice"]["zh"], "本次仅查询链上记录，未核验原文。");
    assert_eq!(document["checked"]["agrees_with_receipt"], true);
    assert_eq!(document["checked"]["ledger_key_pinned"], true);
    for field in ["tx_id", "block_hash", "block_height", "prev_block_hash", "data_hash", "facts"] {
        assert_eq!(document[field], deposited.document()["deposit"][field], "{field}");
    }
}

#[test]
fn typed_numbers_are_forgiven_or_refused_before_anything_is_asked() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    for typed in [wide, number.to_lowercase(), number.replace('-', " ")] {
        assert_eq!(workspace.run(&["lookup", &typed]).ends(0).number(), number);
    }
    let alone = Workspace::alone();
    for bad in ["20261122-0K7M-X9QT-3D5V-C3", "", "2026", "合同"] {
        assert_eq!(alone.run(&["lookup", bad]).ends(64).error(), "mistyped_number");
    }
    assert_eq!(alone.run(&["lookup", "20261122-0K7M-X9QT-3D5W-C3"]).ends(2).error(), "unreachable");
}

#[test]
fn what_is_not_there_is_said_and_counts() {
    let workspace = Workspace::new();
    let document = workspace.run(&["lookup", "20261122-0K7M-X9QT-3D5W-C3"]).ends(1).document();
    assert_eq!(document["status"], "not_found");
    let shown = workspace.say("zh", &["lookup", "20261122-0K7M-X9QT-3D5W-C3"]).ends(1).stdout;
    assert!(shown.contains("该文件（编号）尚未在本平台存证。"), "{shown}");
}

#[test]
fn links_and_earlier_deposits_are_listed() {
    let workspace = Workspace::new();
    workspace.file("a/x", "same");
    workspace.file("b/x", "same");
    let first = workspace.deposit("a/x", &[]).number();
    let second = workspace.deposit("b/x", &["--link", &format!("supplements={first}")]).number();
    let document = workspace.run(&["lookup", &first]).ends(0).document();
    assert_eq!(document["later_links"]["items"][0]["kind"], "supplements");
    assert_eq!(document["later_links"]["items"][0]["deposit_number"], second.as_str());
    let document = workspace.run(&["lookup", &second]).ends(0).document();
    assert_eq!(document["earlier_deposits"]["items"][0]["deposit_number"], first.as_str());
    let shown = workspace.say("zh", &["lookup", &second]).ends(0).stdout;
    assert!(shown.contains("补充") && shown.contains("同一摘要的更早存证"), "{shown}");
}

#[test]
fn a_look_up_without_a_pinned_key_says_what_was_not_checked() {
    let mut workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    workspace.reset_configuration();
    assert_eq!(workspace.run(&["lookup", &number]).ends(0).document()["checked"]["ledger_key_pinned"], false);
    assert!(workspace.say("en", &["lookup", &number]).ends(0).stderr.contains("not pinned"));
}

#[test]
fn help_is_an_answer_and_wrong_usage_is_not() {
    let workspace = Workspace::alone();
    for good in [vec!["--help"], vec!["--version"], vec!["deposit", "--help"], vec!["help", "verify"]] {
        let ran = workspace.say("en", &good).ends(0);
        assert!(!ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
    }
    for bad in [vec![], vec!["lookup"], vec!["deposit"], vec!["nonsense"], vec!["lookup", "--nonsense", "x"]] {
        let ran = workspace.say("en", &bad).ends(64);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran:?}");
    }
    let told = |line: &[&str]| workspace.say("zh", line).ends(64).stderr;
    assert!(told(&["depozit"]).starts_with(
        "错误：没有“depozit”这个命令\n\n  提示：是否要用“demo”、“deposit”？\n\n用法：tiezheng [选项] <命令>\n"
    ));
    assert!(told(&["lookup"]).starts_with("错误：缺少必需的参数：<存证编号>\n\n用法：tiezheng lookup "));
    assert!(
        told(&["verify", "--nonsense"]).starts_with("错误：没有“--nonsense”这个参数\n\n  提示：是否要用“--node”？")
    );
    assert!(told(&["verify", "x", "--server"]).starts_with("错误：“--server <地址>”需要一个值\n"));
    assert!(told(&["load", "--server", "x", "--batch", "0"]).contains("的值“0”无效：应不小于 1\n"));
    assert!(told(&["load", "--server", "x", "--batch", "1", "--echo"]).contains("不能与“--echo”同时使用\n"));
    assert!(told(&["serve", "--listen", "x"]).contains("的值“x”无效：应为监听地址，如"));
    assert_eq!(workspace.run(&["depozit"]).ends(64).error(), "usage");
    assert_eq!(
        workspace.run(&["lookup", "20261122-0K7M-X9QT-3D5W-C3", "--server", "x"]).ends(64).error(),
        "bad_address"
    );
}
