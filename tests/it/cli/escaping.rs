//! Text from a node, a file name or a receipt is escaped before it is written to a terminal.

use std::fs;

use serde_json::{Value, json};

use crate::cli::workspace::{CommandRun, Workspace};
use crate::support::proxy::Proxy;

/// Clears the screen, colours, reorders, hides, and begins lines of its own.
const ATTACK: &str =
    "x\u{1b}[2J\u{9b}31m\r\u{8}\u{7}\n已核验 verified\u{85}\u{2028}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}y";

/// Nothing but text, line breaks where the program makes them, and all of it escaped.
#[track_caller]
fn is_safe(ran: &CommandRun) {
    for text in [&ran.stdout, &ran.stderr] {
        let bad = text.chars().find(|c| {
            c.is_control() && *c != '\n'
                || matches!(*c as u32, 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE0000..=0xE0FFF)
        });
        assert_eq!(bad, None, "{ran:#?}");
        assert!(!text.lines().any(|line| line.starts_with("已核验 verified")), "{ran:#?}");
    }
}

fn attack_strings(json: &mut Value) {
    match json {
        Value::String(text) => *text = ATTACK.into(),
        Value::Array(items) => items.iter_mut().for_each(attack_strings),
        Value::Object(fields) => fields.values_mut().for_each(attack_strings),
        _ => {}
    }
}

#[test]
fn a_problem_cannot_write_to_the_terminal() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.deposit("a.txt", &[]);
    workspace.file("b.txt", "b");
    for status in [400_u16, 403, 500] {
        let proxy = Proxy::before(workspace.url(), move |_, answered, json| {
            *answered = status;
            *json = json!({ "type": ATTACK, "title": ATTACK, "title_zh": ATTACK, "status": status, "code": ATTACK, "detail": ATTACK });
        });
        for lang in ["zh", "en"] {
            for line in [
                vec!["lookup", "20261122-0K7M-X9QT-3D5W-C3"],
                vec!["verify", "b.txt"],
                vec!["receipt", "20261122-0K7M-X9QT-3D5W-C3"],
                vec!["deposit", "b.txt"],
                vec!["case", "list"],
                vec!["trust", "fetch", &proxy.url],
            ] {
                let more: &[&str] = if line[0] == "trust" { &[] } else { &["--server", &proxy.url] };
                let ran = workspace.say(lang, &[&line[..], more].concat());
                assert_ne!(ran.code, 0, "{ran:#?}");
                is_safe(&ran);
                is_safe(&workspace.run(&[&line[..], more].concat()));
            }
        }
    }
}

#[test]
fn strings_of_any_answer_cannot_write_to_the_terminal() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    let number = workspace.deposit("a.txt", &[]).number();
    for only in ["/receipt", "/v1/ledger", "/v1/search", "/v1/deposits/"] {
        let proxy = Proxy::before(workspace.url(), move |path, _, json| {
            if path.contains(only) {
                attack_strings(json);
            }
        });
        for line in [vec!["lookup", &number], vec!["verify", "a.txt", "--number", &number], vec!["receipt", &number]] {
            for lang in ["zh", "en"] {
                is_safe(&workspace.say(lang, &[&line[..], &["--server", &proxy.url]].concat()));
            }
            is_safe(&workspace.run(&[&line[..], &["--server", &proxy.url]].concat()));
        }
        is_safe(&workspace.say("zh", &["trust", "fetch", &proxy.url]));
    }
    // One text at a time, so that no other check ends the command first.
    let proxy = Proxy::before(workspace.url(), |path, _, json| {
        if path.starts_with("/v1/deposits/") && !path.ends_with("/receipt") {
            for field in ["status_text", "notice", "signed_by", "media_type"] {
                attack_strings(&mut json[field]);
            }
        }
    });
    for lang in ["zh", "en"] {
        let ran = workspace.say(lang, &["lookup", &number, "--server", &proxy.url]);
        is_safe(&ran);
        assert!(ran.stdout.contains("\\u{1b}"), "the signer's code is shown, escaped: {ran:#?}");
    }
}

#[test]
fn a_files_name_cannot_write_to_the_terminal() {
    let workspace = Workspace::new();
    let name = ATTACK.replace('/', "_");
    workspace.file(&name, "a");
    for lang in ["zh", "en"] {
        is_safe(&workspace.say(lang, &["deposit", &name]).ends(0));
        is_safe(&workspace.say(lang, &["deposit", &name]).ends(0));
        is_safe(&workspace.say(lang, &["verify", &name]).ends(0));
        is_safe(&workspace.say(lang, &["verify", &format!("{name}.absent")]).ends(2));
        is_safe(&workspace.say(lang, &["lookup", &name]).ends(64));
        is_safe(&workspace.say(lang, &[&name]).ends(64));
        is_safe(&workspace.say(lang, &["lookup", "--nonsense", &name]).ends(64));
        is_safe(&workspace.say(lang, &["lookup", &format!("--{name}")]).ends(64));
        is_safe(&workspace.say(lang, &["verify", "x", "--server", &name]));
        is_safe(&workspace.say(lang, &["verify", "x", "--key", &name]).ends(64));
        is_safe(&workspace.say(lang, &["verify", "--digest", &name]).ends(64));
        is_safe(&workspace.say(lang, &["audit", &name]));
        is_safe(&workspace.say(lang, &["trust", "remove", &name]));
    }
    is_safe(&workspace.run(&["verify", &name]).ends(0));
}

#[test]
fn a_paper_cannot_write_to_the_terminal() {
    let workspace = Workspace::new();
    let file = workspace.file("a.txt", "a");
    workspace.deposit("a.txt", &[]);
    let path = file.with_file_name("a.txt.tiezheng-receipt.json");
    let good: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut receipt = good.clone();
        change(&mut receipt);
        serde_json::to_vec_pretty(&receipt).unwrap()
    };
    let papers = [
        changed(&|receipt| receipt[ATTACK] = 1.into()),
        changed(&|receipt| receipt["receipt"] = ATTACK.into()),
        changed(&|receipt| receipt["entry"] = ATTACK.into()),
        changed(&|receipt| receipt["checkpoint"] = ATTACK.into()),
        ATTACK.as_bytes().to_vec(),
    ];
    for paper in papers {
        workspace.file("bad.json", paper);
        for lang in ["zh", "en"] {
            let ran = workspace.say(lang, &["verify", "a.txt", "--receipt", "bad.json"]).ends(2);
            is_safe(&ran);
        }
        is_safe(&workspace.run(&["verify", "a.txt", "--receipt", "bad.json"]).ends(2));
    }
    // A pinned key whose name reorders text.
    let policy = workspace.policy();
    fs::write(&policy, format!("log {ATTACK}\n")).unwrap();
    is_safe(&workspace.say("zh", &["trust", "list"]));
}
