//! A whole suit with an appeal on the command line, as parties, clerk and judges work with it.

use serde_json::Value;
use tiezheng::court::ids::{AttemptNumber, CaseId, ServiceNumber};
use tiezheng::court::labels::service_message;
use tiezheng::court::line_value::LineValue as _;
use tiezheng::sequencer::clock::{Clock as _, SystemClock};

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
        self.ends(who, arguments, 0).document()
    }

    /// A command that ends with this code.
    fn ends(&self, who: &str, arguments: &[&str], code: i32) -> CommandRun {
        let operator = self.keys.path().join("operator.token");
        let token = if who == "operator" { operator.to_str().unwrap() } else { who };
        self.workspace.run(&[&["case"], arguments, &["--token-file", token]].concat()).ends(code)
    }

    /// A filed case whose defendant takes part.
    fn filed(&self) -> String {
        let open = ["open", "--court", COURT, "--name", "张三", "--title", "网络购物合同纠纷"];
        let case = text(&self.by("plaintiff", &open), "/reference");
        self.by("plaintiff", &["do", &case, "增加当事人", "诉讼地位=被告", "主体类型=自然人", "姓名=李四"]);
        for act in ["confirm-notice", "submit"] {
            self.by("plaintiff", &["do", &case, act]);
        }
        for act in ["approve", "file-case"] {
            self.by("clerk", &["do", &case, act]);
        }
        let code = text(&self.by("clerk", &["code", &case, "--party", "2"]), "/code");
        self.by("defendant", &["associate", &code]);
        case
    }

    /// A case in which a document is served by a text message: its name, and the message.
    fn sent_by_gateway(&self) -> (String, String) {
        let case = self.filed();
        let address = ["do", &case, "service-address", "kind=mobile", "value=13812345678", "source=given"];
        self.by("defendant", &address);
        self.workspace.file("传票", "传票");
        let document = text(&self.by("clerk", &["deposit", "传票", "--name", "传票"]), "/deposit_number");
        let document = format!("document={document}");
        self.by("clerk", &["do", &case, "serve", "party=2", "mode=electronic", "kind=summons", &document]);
        let sent = self.by("clerk", &["do", &case, "send-service", "service=1", "channel=sms", "address=1"]);
        let id = CaseId::parse(&text(&sent, "/case")).unwrap();
        (case, service_message(id, ServiceNumber(1), AttemptNumber(1)).to_string())
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
fn list_second_court(suit: &Suit) {
    let pair =
        ["appeal-court", "set", COURT, "--hears", SECOND, "--from", "2025-11-01", "--source", "法释〔2025〕14号"];
    suit.by("operator", &pair);
}

/// From the deposit of the evidence to the acceptance by the second court. The names of the acts are those of the court.
#[tokio::test(flavor = "multi_thread")]
async fn a_filing_with_appeal_needs_at_most_25_commands() {
    let mut suit = Suit::new();
    list_second_court(&suit);
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
    let sent = suit.step("clerk", &[&send[..], &["--save", "manifest.txt"]].concat());
    let first = text(&sent, "/case");
    suit.step("second", &["hand-over", "receive", &first, "1"]);
    suit.by("clerk", &["hand-over", "show", &first, "1", "--save", "again.txt"]);
    // What came is compared with the chain, and nothing that the node shows.
    let came = std::fs::read_to_string(suit.workspace.path("manifest.txt")).unwrap();
    assert_eq!(came, std::fs::read_to_string(suit.workspace.path("again.txt")).unwrap());
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
    assert!(suit.commands <= 25, "{} commands", suit.commands);
}

/// A served document is given into custody for its case, and read by its recipient.
#[test]
fn a_served_document_is_given_by_the_clerk_and_read_by_its_recipient() {
    let suit = Suit::new();
    let (case, _) = suit.sent_by_gateway();
    let listed = suit.by("defendant", &["documents", &case]);
    assert_eq!(text(&listed, "/items/0/original/code"), "not-submitted");
    let number = text(&listed, "/items/0/deposit_number");
    suit.by("clerk", &["put-original", &number, "传票", "--case", &case]);
    suit.by("defendant", &["get-original", &number, "received", "--case", &case]);
    assert_eq!(std::fs::read_to_string(suit.workspace.path("received")).unwrap(), "传票");
    let refused = suit.ends("plaintiff", &["get-original", &number, "theirs", "--case", &case], 1);
    assert_eq!(refused.error(), "not_found");
    let screen = suit.workspace.say("zh", &["case", "documents", &case, "--token-file", "defendant"]).stdout;
    assert!(screen.contains("送达记录 1 的文书：传票") && screen.contains("原文已提交并由平台保管"), "{screen}");
}

/// Court pairs are configuration of the operator, with their days and their source.
#[test]
fn court_pairs_are_set_ended_and_listed() {
    let suit = Suit::new();
    list_second_court(&suit);
    let pair = |command: &'static str, from: &'static str| {
        ["appeal-court", command, COURT, "--hears", SECOND, "--from", from, "--source", "某规定"]
    };
    assert_eq!(suit.ends("operator", &pair("set", "2026-01-01"), 1).error(), "court_pair_exists");
    suit.ends("clerk", &pair("end", "2026-01-01"), 1);
    suit.by("operator", &pair("end", "2026-12-01"));
    let listed = suit.by("plaintiff", &["appeal-court", "list", COURT]);
    assert_eq!(text(&listed, "/items/0/hears"), SECOND);
    assert_eq!(
        (text(&listed, "/items/0/from"), text(&listed, "/items/0/until")),
        ("2025-11-01".into(), "2026-12-01".into())
    );
    assert_eq!(text(&listed, "/items/0/source"), "法释〔2025〕14号");
    let screen = suit.workspace.say("zh", &["case", "appeal-court", "list", COURT, "--token-file", "plaintiff"]).stdout;
    assert!(screen.contains("粤01  自 2025-11-01  至（不含） 2026-12-01  法释〔2025〕14号"), "{screen}");
}

/// The key of a gateway is kept in a file, and the gateway reports with it and without a token.
#[test]
fn a_gateway_is_registered_and_reports_on_its_messages() {
    let suit = Suit::new();
    let add = ["gateway", "add", COURT, "https://gateway.example/messages", "--save", "gateway.key"];
    let added = suit.by("operator", &add);
    assert!(added.get("secret").is_none() && text(&added, "/saved").ends_with("gateway.key"), "{added}");
    let id = text(&added, "/id");
    let key = std::fs::read_to_string(suit.workspace.path("gateway.key")).unwrap();
    assert!(key.starts_with("whsec_"), "{key}");
    assert_eq!(suit.ends("operator", &add, 2).error(), "destination_exists");
    assert_eq!(text(&suit.by("operator", &["gateway", "list", COURT]), "/items/0/id"), id);

    let (case, message) = suit.sent_by_gateway();
    let report = |more: &[&str]| {
        let head = ["case", "gateway", "report", id.as_str(), message.as_str()];
        suit.workspace.run(&[&head[..], more].concat())
    };
    let now = SystemClock::new().read().wall.to_string();
    let arrived = ["已到达", "--secret-file", "gateway.key", "--at", &now];
    assert_eq!(report(&arrived).ends(0).document()["recorded"], true);
    assert_eq!(report(&arrived).ends(0).document()["recorded"], true, "the same report is the same act");
    let served = suit.by("clerk", &["service", &case]);
    assert_eq!(text(&served, "/items/0/effect/basis/code"), "arrival", "{served}");
    suit.workspace.file("other.key", "whsec_AAAA");
    let other = report(&["arrived", "--secret-file", "other.key"]).ends(1);
    assert_eq!(other.error(), "bad_gateway_signature");
    suit.workspace.file("no.key", "secret");
    assert_eq!(report(&["arrived", "--secret-file", "no.key"]).ends(64).error(), "bad_secret");
    let unknown = report(&["随便", "--secret-file", "gateway.key"]).ends(1);
    assert_eq!(unknown.error(), "bad_value");
    suit.by("operator", &["gateway", "remove", &id]);
    assert_eq!(report(&arrived).ends(1).error(), "no_such_gateway");
}

/// Many items under one statement: the fifth of the seven facts is the manifest root, with the number of its items.
#[test]
fn an_item_of_a_manifest_shows_its_root() {
    let suit = Suit::new();
    for name in ["1.wav", "2.wav"] {
        suit.workspace.file(format!("录音/{name}"), name);
    }
    let deposited = suit.workspace.run(&["deposit", "--manifest", "录音"]).ends(0);
    let (number, root) = (deposited.number(), text(&deposited.document(), "/manifest_root"));
    let open = ["open", "--court", COURT, "--name", "张三", "--title", "网络购物合同纠纷"];
    let case = text(&suit.by("plaintiff", &open), "/reference");
    suit.by("plaintiff", &["import", &case, &number, "--name", "录音", "--content", "通话"]);
    for (language, label) in [("zh", "（清单根，2 项）"), ("en", " (manifest root, 2 items)")] {
        let shown = suit.workspace.say(language, &["case", "show", &case, "--token-file", "plaintiff"]).ends(0).stdout;
        assert!(shown.contains(&format!("{root}{label}")), "{shown}");
    }
}

/// The counter gives a code for a forgotten password, and ends a lock, without a browser.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_code_is_issued_and_a_login_unlocked() {
    let suit = Suit::new();
    let account = text(&suit.by("plaintiff", &["account", "me"]), "/account");
    let reset = ["account", "reset-code", &account, "--save", "code"];
    assert_eq!(suit.ends("operator", &reset, 1).error(), "no_password");
    let token = std::fs::read_to_string(suit.workspace.path("plaintiff")).unwrap();
    let password = "a long sentence of mine";
    let form =
        [("token", token.trim()), ("login", "plaintiff"), ("new-password", password), ("new-password-again", password)];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = http_client().post(format!("{}/activate", suit.workspace.url())).body(form);
    let request = request.header("origin", suit.workspace.url());
    let set = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert!(set.status().as_u16() < 400, "{}", set.status());

    let issued = suit.by("operator", &reset);
    assert!(issued.get("code").is_none() && text(&issued, "/saved").ends_with("code"), "{issued}");
    let code = std::fs::read_to_string(suit.workspace.path("code")).unwrap();
    assert_eq!(code.trim().len(), "0000-0000-0000".len(), "{code}");
    assert_eq!(suit.ends("operator", &reset, 2).error(), "destination_exists");
    let shown = suit.by("operator", &["account", "reset-code", &account]);
    assert_ne!(text(&shown, "/code"), code.trim());
    assert_eq!(suit.by("operator", &["account", "unlock", &account])["locked"], false);
    for command in ["reset-code", "unlock"] {
        assert_eq!(suit.ends("clerk", &["account", command, &account], 1).error(), "scope_needed", "{command}");
        assert_eq!(suit.ends("defendant", &["account", command, &account], 1).error(), "not_found", "{command}");
    }
}
