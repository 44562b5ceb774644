//! `--lang zh` is Chinese only, `--lang en` English only: help of every command, and common errors.

use std::fs::{self, File};

use crate::cli::workspace::Workspace;

/// Words by which an English sentence is known: none is the name of a command, an option or a field.
const ENGLISH: [&str; 31] = [
    "the",
    "of",
    "is",
    "are",
    "was",
    "and",
    "for",
    "with",
    "this",
    "that",
    "it",
    "be",
    "by",
    "or",
    "not",
    "print",
    "usage",
    "options",
    "arguments",
    "commands",
    "default",
    "possible",
    "values",
    "error",
    "such",
    "cannot",
    "must",
    "your",
    "which",
    "has",
    "invalid",
];

/// The first English word of `text`, if it has any. What follows a dash is an option.
fn english_word(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./=:'`".contains(c);
    let mut words = text.split(|c: char| !is_part(c));
    words.find(|word| ENGLISH.contains(&word.to_ascii_lowercase().trim_end_matches([':', '.', '\''])))
}

fn is_chinese(c: char) -> bool {
    matches!(u32::from(c), 0x3000..=0x303F | 0x4E00..=0x9FFF | 0xFF00..=0xFFEF)
}

/// The commands that a help text lists below `heading`.
fn commands<'t>(help: &'t str, heading: &str) -> Vec<&'t str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

/// Asks each command and each of its commands for its help.
fn each_help(
    workspace: &Workspace,
    lang: &str,
    heading: &str,
    path: &[&str],
    see: &mut dyn FnMut(&str, &str),
) -> usize {
    let mut seen = 1;
    for option in ["-h", "--help"] {
        let help = workspace.say(lang, &[path, &[option]].concat()).ends(0).stdout;
        see(&path.join(" "), &help);
        if option == "--help" {
            for command in commands(&help, heading) {
                seen += each_help(workspace, lang, heading, &[path, &[command]].concat(), see);
            }
        }
    }
    seen
}

#[test]
fn help_is_in_one_language() {
    let workspace = Workspace::alone();
    let seen = each_help(&workspace, "zh", "命令：", &[], &mut |command, help| {
        assert_eq!(english_word(help), None, "{command}: {help}");
        assert!(help.contains("用法：") && help.contains("显示说明"), "{command}: {help}");
        for line in help.lines() {
            // A value that an option takes, and what it says beside: `<文件>`, never `<FILE>`.
            let named = line.trim_start().starts_with(['-', '<', '[']);
            let value = line.split(['<', '>']).nth(1).filter(|_| named);
            assert!(value.is_none_or(|value| !value.is_ascii()), "{command}: {line}");
        }
    });
    let english = each_help(&workspace, "en", "Commands:", &[], &mut |command, help| {
        for line in help.lines() {
            // Court terms beside their translation, and the code of a court.
            let terms = [
                "（",
                "证据名称",
                "证据内容",
                "证据规定",
                "案由",
                "案号",
                "来源",
                "证明对象",
                "粤0192",
                "在线诉讼规则",
            ];
            let without = terms.iter().fold(line.to_owned(), |line, term| line.replace(term, ""));
            assert!(!without.contains(is_chinese), "{command}: {line}");
        }
    });
    assert!(seen > 50 && seen == english, "{seen} commands, {english} in English");
}

/// A command line, its exit code, its error's code, and a part of what is said of it.
type Wrong<'a> = (&'a [&'a str], i32, &'a str, &'a str);

#[test]
fn common_errors_are_told_in_chinese_with_what_to_do() {
    let workspace = Workspace::alone();
    workspace.file("a.txt", "a");
    workspace.file("empty", "");
    workspace.file("cut.json", "{ \"a\": ");
    workspace.file("not.json", "plain text");
    fs::create_dir(workspace.path("folder")).unwrap();
    let number = "20261122-0K7M-X9QT-3D5W-C3";
    let two = format!("{number} T20261122-0K7M-X9QT-3D5W-MP");
    let with_token = |more: &[&'static str]| [&["case", "--token", "tzt_x"], more].concat();
    let (list_missing, list_cut) =
        (with_token(&["import", "c", "--list", "missing.json"]), with_token(&["import", "c", "--list", "cut.json"]));
    let add_private = with_token(&["account", "add-key", "PRIVATE+KEY+x+00000000+AAAA"]);
    let wrong: &[Wrong<'_>] = &[
        (&["verify", "missing", "--number", number], 2, "unreachable", "节点未应答"),
        (&["verify", "a.txt", "--receipt", "missing.json"], 2, "io", "missing.json：文件或文件夹不存在。请核对"),
        (&["verify", "a.txt", "--receipt", "folder"], 2, "not_a_file", "folder：是文件夹，不是文件"),
        (&["verify", "a.txt", "--receipt", "cut.json"], 2, "not_a_receipt", "内容不完整"),
        (&["verify", "a.txt", "--receipt", "not.json"], 2, "not_a_receipt", "不是有效的 JSON"),
        (&["verify", "a.txt", "--number", "2026"], 64, "mistyped_number", "少 18 个"),
        (&["verify", "a.txt", "--salt", "x"], 64, "bad_salt", "64 位十六进制"),
        (&["verify", "--digest", "md5:x"], 64, "bad_digest", "sha-256:"),
        (&["verify", "a.txt", "--key", "x"], 64, "bad_key", "名称+编号+base64"),
        (&["lookup", number], 2, "unreachable", "连接被拒绝"),
        (&["lookup", &two], 64, "mistyped_number", "不止一个存证编号"),
        (&["lookup", "T20261122-0K7M-X9QT-3D5W-M"], 64, "mistyped_number", "以 T 开头的编号应为 23 个字符"),
        (&["lookup", number, "--server", "localhost:1"], 64, "bad_address", "地址须以 http:// 或 https:// 开头"),
        (&["lookup", number, "--server", "ftp://x"], 64, "bad_address", "地址须以 http:// 或 https:// 开头"),
        (&["lookup", number, "--server", "http://x:99999"], 64, "bad_address", "主机名或端口有误"),
        (&["trust", "add", "x"], 64, "bad_key", "名称+编号+base64"),
        (&["trust", "add", "PRIVATE+KEY+x+00000000+AAAA"], 64, "private_key_given", "私钥"),
        (&["trust", "remove", "x"], 1, "not_pinned", "tiezheng trust list"),
        (&["deposit", "a.txt", "--link", "x"], 64, "bad_link", "存证编号"),
        (&["deposit", "a.txt", "--subject", "x"], 64, "bad_subject", "序列"),
        (&["key", "new", "--ledger", "x", "--out", "none/k"], 2, "io", "文件或文件夹不存在"),
        (&["key", "new", "--ledger", "a b", "--out", "k"], 64, "bad_origin", "账本标识"),
        (&["key", "new", "--case", "../a"], 64, "bad_case_name", "案件名"),
        (&["case", "list"], 64, "no_token", "令牌"),
        (&["case", "--token-file", "missing", "list"], 2, "io", "missing：文件或文件夹不存在"),
        (&list_missing, 2, "io", "missing.json：文件或文件夹不存在"),
        (&list_cut, 2, "malformed_json", "内容不完整"),
        (&add_private, 64, "private_key_given", "私钥"),
        (&["deposit", "--digests", "md5", "a.txt"], 64, "usage", "可用的值：“both”"),
        (&["serve", "--pool", "0"], 64, "usage", "应不小于 1"),
        (&["serve", "--originals-quota", "x"], 64, "usage", "应为大小"),
    ];
    for (line, code, error, part) in wrong {
        assert_eq!(workspace.run(line).ends(*code).error(), *error, "{line:?}");
        let said = workspace.say("zh", line).ends(*code).stderr;
        assert!(said.contains(part), "{line:?}: {said}");
        assert_eq!(english_word(&said), None, "{line:?}: {said}");
        let said = workspace.say("en", line).ends(*code).stderr;
        assert!(!said.contains(is_chinese), "{line:?}: {said}");
    }
}

#[test]
fn files_that_are_passed_over_and_outputs_that_fail_are_told_in_chinese() {
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.file("empty", "");
    fs::create_dir(workspace.path("folder")).unwrap();
    let said = workspace.say("zh", &["deposit", "missing", "empty", "folder", "a.txt"]).ends(2).stderr;
    for part in ["无法读取：文件或文件夹不存在。请核对名称", "空文件", "请加 --recursive"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(english_word(&said), None, "{said}");
    let mut command = workspace.command();
    command.args(["--lang", "zh", "trust", "list"]).stdout(File::options().write(true).open("/dev/full").unwrap());
    let ended = command.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("磁盘已满") && english_word(&said).is_none(), "{said}");
    // What the node says is told in Chinese, too.
    let said = workspace.say("zh", &["case", "list", "--token", "tzt_x"]).ends(1).stderr;
    assert!(said.contains("节点答复：") && english_word(&said).is_none(), "{said}");
}

#[test]
fn options_of_case_may_stand_before_and_behind_its_commands() {
    let workspace = Workspace::new();
    let url = workspace.url().to_owned();
    let elsewhere = "http://127.0.0.1:1";
    for line in [
        vec!["case", "--server", &url, "--token", "tzt_x", "list"],
        vec!["case", "list", "--server", &url, "--token", "tzt_x"],
        vec!["case", "account", "me", "--server", &url, "--token", "tzt_x"],
        vec!["case", "--server", elsewhere, "--token", "tzt_x", "account", "--server", &url, "me"],
    ] {
        let mut command = workspace.command();
        command.env("TIEZHENG_SERVER", elsewhere).arg("--json").args(&line);
        let ran = crate::cli::workspace::ran(command).ends(1);
        assert_eq!(ran.error(), "unauthenticated", "{line:?}");
    }
    let mut command = workspace.command();
    command.env("TIEZHENG_SERVER", elsewhere).args(["case", "list", "--token", "tzt_x", "--json", "--lang", "zh"]);
    assert_eq!(crate::cli::workspace::ran(command).ends(2).error(), "unreachable");
}

#[test]
fn a_number_of_a_test_ledger_on_a_live_one_is_told_so() {
    let (test, live) = ("T20261122-0K7M-X9QT-3D5W-MP", "20261122-0K7M-X9QT-3D5W-C3");
    let workspace = Workspace::new();
    workspace.file("a.txt", "a");
    workspace.deposit("a.txt", &[]);
    let is_test = workspace.deposit("a.txt", &["--again"]).number().starts_with('T');
    let (other, own) = if is_test { (live, test) } else { (test, live) };
    for command in ["lookup", "verify"] {
        let line = |number: &'static str| match command {
            "lookup" => vec!["lookup", number],
            _ => vec!["verify", "a.txt", "--number", number],
        };
        let said = workspace.say("zh", &line(other)).ends(1).stderr;
        assert!(said.contains("测试账本") && said.contains("--server"), "{command}: {said}");
        assert!(!workspace.say("zh", &line(own)).ends(1).stderr.contains("--server"), "{command}");
    }
}

#[test]
fn a_salted_deposit_is_verified_by_its_number_and_its_salt() {
    let workspace = Workspace::new();
    workspace.file("note.txt", "yes");
    let number = workspace.deposit("note.txt", &["--salt"]).number();
    let statement = workspace.path("note.txt.tiezheng-statement");
    let salt: serde_json::Value = serde_json::from_str(&fs::read_to_string(&statement).unwrap()).unwrap();
    let salt = salt["salt"].as_str().unwrap().to_owned();
    for paper in [statement, workspace.path("note.txt.tiezheng-receipt.json")] {
        fs::remove_file(paper).unwrap();
    }
    let zh = workspace.say("zh", &["verify", "note.txt"]).ends(1);
    assert!(zh.stderr.contains("加盐") && zh.stderr.contains("--number") && zh.stderr.contains("--salt"), "{zh:?}");
    let en = workspace.say("en", &["verify", "note.txt"]).ends(1);
    assert!(en.stderr.contains("salted deposit") && en.stderr.contains("--salt"), "{en:?}");
    let unsalted = workspace.say("zh", &["verify", "note.txt", "--number", &number]).ends(2).stdout;
    assert!(unsalted.contains("声明文件") && unsalted.contains("--salt"), "{unsalted}");
    workspace.run(&["verify", "note.txt", "--number", &number, "--salt", &salt]).ends(0);
}

#[test]
fn a_private_key_file_given_as_a_public_key_goes_nowhere() {
    let workspace = Workspace::new();
    let chain = workspace.top().join("chain");
    let file = chain.join("ledger.key").to_str().unwrap().to_owned();
    let secret = fs::read_to_string(&file).unwrap();
    let secret = secret.trim();
    for given in [file.as_str(), secret] {
        for line in [
            vec!["case", "--token", "tzt_x", "account", "add-key", given],
            vec!["case", "--token", "tzt_x", "account", "remove-key", given],
            vec!["case", "--token", "tzt_x", "account", "trust-ledger", "粤0192", given],
            vec!["trust", "add", given],
            vec!["trust", "remove", given],
            vec!["verify", "--number", "20261122-0K7M-X9QT-3D5W-C3", "--key", given],
            vec!["audit", "nowhere", "--key", given],
        ] {
            let ran = workspace.run(&line).ends(64);
            assert_eq!(ran.error(), "private_key_given", "{line:?}");
            let seed = secret.rsplit('+').next().unwrap();
            assert!(!ran.stdout.contains(seed) && !ran.stderr.contains(seed), "the secret is repeated");
        }
    }
}
