//! A whole suit with an appeal on the command line, as parties, clerk and judges work with it.

use serde_json::Value;

use crate::cli::workspace::{CommandRun, Workspace};
use crate::support::process::http_client;

const COURT: &str = "粤0192";
const SECOND: &str = "粤01";

/// The people of a suit, each with a token in a file of its name, and the number of commands that they ran.
struct Suit {
    workspace: Workspace,
    /// With the operator's token.
    keys: tempfile::TempDir,
    commands: usize,
}

impl Suit {
    fn new() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let token = keys.path().join("operator.token");
        let workspace = Workspace::with(&["--operator-token", token.to_str().unwrap()]);
        let suit = Self { workspace, keys, commands: 0 };
        for (who, role) in [
            ("plaintiff", None),
            ("defendant", None),
            ("clerk", Some(("clerk", COURT))),
            ("judge", Some(("judge", COURT))),
            ("second", Some(("clerk", SECOND))),
        ] {
            let account = suit.by("operator", &["account", "open", "--name", who]);
            let account = text(&account, "/account");
            suit.by("operator", &["account", "identity", &account, "--method", "face", "--level", "high"]);
            let mut token = vec!["account", "token", &account, "--save", who, "--scope", "read", "--scope", "case"];
            if let Some((role, court)) = role {
                suit.by("operator", &["account", "grant", &account, role, "--court", court]);
                token.extend(["--scope", "court"]);
            }
            token.extend(["--scope", "deposit"]);
            suit.by("operator", &token);
        }
        suit
    }

    fn by(&self, who: &str, arguments: &[&str]) -> Value {
        let operator = self.keys.path().join("operator.token");
        let token = if who == "operator" { operator.to_str().unwrap() } else { who };
        let run: CommandRun = self.workspace.run(&[&["case"], arguments, &["--token-file", token]].concat());
        run.ends(0).document()
    }

    /// Runs a command of the suit.
    fn step(&mut self, who: &str, arguments: &[&str]) -> Value {
        self.commands += 1;
        self.by(who, arguments)
    }

    /// Deposits a file with this content.
    fn deposit(&mut self, who: &str, name: &str) -> String {
        self.workspace.file(name, name);
        text(&self.step(who, &["deposit", name, "--name", name]), "/deposit_number")
    }
}

fn text(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {document:#}")).to_owned()
}

/// Lists the court that hears the appeals.
async fn list_second_court(suit: &Suit) {
    let token = std::fs::read_to_string(suit.keys.path().join("operator.token")).unwrap();
    let pair = serde_json::json!({ "hears": SECOND, "from": "2025-11-01", "source": "法释〔2025〕14号" });
    let path = format!("{}/v1/courts/{COURT}/appeal-courts", suit.workspace.url());
    let request = http_client().post(path).bearer_auth(token.trim()).header("idempotency-key", "pair");
    let answer = request.header("content-type", "application/json").body(pair.to_string()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 201, "{}", answer.text().await.unwrap());
}

/// From the deposit of the evidence to the acceptance by the second court. The names of the acts are those of the court.
#[tokio::test(flavor = "multi_thread")]
async fn a_filing_with_appeal_needs_at_most_26_commands() {
    let mut suit = Suit::new();
    list_second_court(&suit).await;
    let evidence = suit.deposit("plaintiff", "聊天记录");
    let open = ["open", "--court", COURT, "--name", "张三", "--title", "网络购物合同纠纷"];
    let case = text(&suit.step("plaintiff", &open), "/reference");
    assert_eq!(case.len(), "7K2M9X-QT3D5W".len(), "nobody types 64 digits");
    let case = case.as_str();
    suit.step("plaintiff", &["do", case, "增加当事人", "诉讼地位=被告", "主体类型=自然人", "姓名=李四"]);
    suit.step("plaintiff", &["import", case, &evidence, "--name", "聊天记录", "--content", "约定的价款"]);
    suit.step("plaintiff", &["do", case, "confirm-notice"]);
    suit.step("plaintiff", &["do", case, "提交起诉状"]);
    suit.step("clerk", &["do", case, "approve"]);
    suit.step("clerk", &["do", case, "立案", "案号=（2026）粤0192民初1号"]);
    let code = text(&suit.step("clerk", &["code", case, "--party", "2"]), "/code");
    suit.step("defendant", &["associate", &code]);
    // From here on the case number will do.
    let case = "（2026）粤0192民初1号";
    let judge = text(&suit.by("judge", &["account", "me"]), "/account");
    suit.step("clerk", &["do", case, "assign", &format!("judge={judge}")]);
    let verified = suit.step("defendant", &["verify", case, "1", "聊天记录"]);
    assert_eq!(text(&verified, "/report/conclusion/code"), "consistent_with_reservation");
    suit.step("defendant", &["do", case, "质证", "证据=1", "真实性=认可", "合法性=认可", "关联性=不认可"]);
    suit.step("judge", &["do", case, "begin-hearing"]);
    suit.step("judge", &["do", case, "end-hearing"]);
    let judgment = suit.deposit("judge", "民事判决书");
    suit.step("judge", &["do", case, "宣判", &format!("文书={judgment}")]);
    let serve = ["do", case, "serve", "当事人=2", "送达方式=书面送达", "文书种类=判决书", &format!("文书={judgment}")];
    suit.step("clerk", &serve);
    suit.step("clerk", &["do", case, "send-service", "service=1", "channel=direct"]);
    suit.step("clerk", &["do", case, "report-service", "service=1", "attempt=1", "step=arrived"]);
    let petition = suit.deposit("defendant", "上诉状");
    let appeal = ["do", case, "appeal", &format!("decision={judgment}"), &format!("petition={petition}"), "against=1"];
    suit.step("defendant", &appeal);
    let seen = suit.by("clerk", &["show", case]);
    assert_eq!(text(&seen, "/course/appeals/0/timeliness/code"), "in-time");
    let send = ["hand-over", "send", case, "--kind", "second-instance", "--to", SECOND, "--basis", &judgment];
    let sent = suit.step("clerk", &send);
    let first = text(&sent, "/case");
    suit.step("second", &["hand-over", "receive", &first, "1"]);
    suit.step("clerk", &["hand-over", "show", &first, "1", "--save", "manifest.txt"]);
    // What came is compared with the chain, and nothing that the node shows.
    let came = std::fs::read_to_string(suit.workspace.path("manifest.txt")).unwrap();
    suit.workspace.file("shorter.txt", came.rsplit_once("\nitem ").unwrap().0);
    suit.workspace.file("other.txt", "not a manifest");
    for (file, code) in [("shorter.txt", "dossier_differs"), ("other.txt", "no_manifest")] {
        let accept = ["hand-over", "accept", &first, "1", "--manifest", file];
        let run: CommandRun = suit.workspace.run(&[&["case"], &accept[..], &["--token-file", "second"]].concat());
        assert_eq!((run.code != 0, run.error()), (true, code.to_owned()), "{file}: {run:?}");
    }
    let accept = ["hand-over", "accept", &first, "1", "--manifest", "manifest.txt", "--number", "（2026）粤01民终1号"];
    suit.step("second", &accept);
    let shown = suit.by("second", &["show", "（2026）粤01民终1号"]);
    assert_eq!(text(&shown, "/parties/1/role/code"), "appellant", "{shown:#}");
    assert!(suit.commands <= 26, "{} commands", suit.commands);
}
