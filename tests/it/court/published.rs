//! `PERMISSIONS.md`: the table of permissions, generated from the rules.
//!
//! With `README_UPDATE=1` the page is written instead of compared.

use std::fmt::Write as _;
use std::path::Path;

use tiezheng::court::permission::{
    CaseRelation, Side, acts_of_a_case, keeps_documents, keeps_mediation_papers, permit, sees_mediation,
    sees_papers_of_the_court,
};
use tiezheng::court::words::{Role, Stage};
use tiezheng::ledger::verify::wording::Language;

fn sign(who: CaseRelation) -> (String, String) {
    let both = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match who {
        CaseRelation::Party(Side::Bringing) => both("起诉方", "bringing party"),
        CaseRelation::Agent(Side::Bringing) => both("起诉方代理人", "its agent"),
        CaseRelation::Party(Side::Answering) => both("应诉方", "answering party"),
        CaseRelation::Agent(Side::Answering) => both("应诉方代理人", "its agent"),
        CaseRelation::Party(Side::Third) => both("第三人", "third party"),
        CaseRelation::Agent(Side::Third) => both("第三人代理人", "its agent"),
        CaseRelation::Holding(role) => (role.label(Language::Chinese).into(), role.label(Language::English).into()),
        CaseRelation::Receiving(role) => {
            let (zh, en) = (role.label(Language::Chinese), role.label(Language::English));
            (format!("接收法院的{zh}"), format!("{en} of the receiving court"))
        }
        CaseRelation::Platform => both("平台", "the platform"),
        CaseRelation::Unrelated => both("案外人（凭关联码）", "nobody yet (by a code)"),
    }
}

fn page() -> String {
    let mut page = String::from(
        "# Who may do what in which stage · 何人在何阶段可办理何事\n\nWritten from the rules (`src/court/permission.rs`); every cell is tested through HTTP. Whether the item, party or agent is\none's own is checked beside it. What a cell does not name is denied.\nA party with a statutory agent acts through it; after a remand and in a retrial, who heard the case before is neither assigned nor of the\npanel.\n\n由规则生成，每一格均经接口测试；未列者一律不准。证据、当事人、代理人是否属于本人，另行核查。\n有法定代理人的当事人由其法定代理人办理；发回重审、再审的，此前审理过本案的人员不得承办或者参加合议庭。\n",
    );
    let has_cell = |role: &Role| {
        let acts = acts_of_a_case().into_iter();
        let mut cells = acts.flat_map(|act| Stage::ALL.iter().map(move |stage| (act, *stage)));
        cells.any(|(act, stage)| permit(CaseRelation::Holding(*role), act, stage).is_ok())
    };
    let without: Vec<Role> = Role::ALL.iter().copied().filter(|role| !has_cell(role)).collect();
    let names =
        |language, separator: &str| without.iter().map(|role| role.label(language)).collect::<Vec<_>>().join(separator);
    let _ = writeln!(
        page,
        "\nRoles that permit no act in a case by themselves: {}. Of these the archivist sees the cases of its\ncourt, the bankruptcy administrator those in which it is appointed, and the court administrator none.\n\n以下角色本身不能在案件中办理任何事项：{}。其中档案管理人员可查看本院案件，破产管理人可查看受指派的案件，法院管理员不能查看任何案件。",
        names(Language::English, ", "),
        names(Language::Chinese, "、"),
    );
    for act in acts_of_a_case() {
        let (zh, en) = (act.label(Language::Chinese), act.label(Language::English));
        // Writing to a String cannot fail.
        let _ = writeln!(page, "\n## {zh} · {en} (`{act}`)\n\n| stage 阶段 | who 何人 |\n|---|---|");
        for stage in Stage::ALL {
            let may = CaseRelation::all().into_iter().filter(|who| permit(*who, act, *stage).is_ok());
            let may: Vec<String> = may.map(sign).map(|(zh, en)| format!("{zh} {en}")).collect();
            if !may.is_empty() {
                let (zh, en) = (stage.label(Language::Chinese), stage.label(Language::English));
                let _ = writeln!(page, "| {zh} {en} | {} |", may.join("; "));
            }
        }
    }
    documents(&mut page);
    page
}

/// Whether an account in this relation to a case may do something.
type RelationRule = fn(CaseRelation) -> bool;

/// Who reads the originals of documents, and who gives them into custody.
fn documents(page: &mut String) {
    page.push_str(
        "\n## 文书原文 · originals of documents\n\nWho sees a case reads its transcripts; those of a deliberation, the panel only. A served document is read by its recipient and the\nrecipient's agents, a judgment or a ruling by all parties and their agents. Beside them:\n\n可查看案件的人员可阅读笔录，合议（评议）笔录仅合议庭可阅读；送达文书由受送达人及其代理人阅读，判决书、裁定书由各方当事人及其代理人阅读。此外：\n\n| original 原文 | who 何人 |\n|---|---|\n",
    );
    let rows: [(&str, RelationRule); 4] = [
        ("read a paper of a mediation 阅读调解文书", sees_mediation),
        ("read decisions and documents served on any party 阅读裁判文书和任一方的送达文书", sees_papers_of_the_court),
        ("give the document of another account 提交他人登记的文书原文", keeps_documents),
        ("the same, of a mediation 同上，限调解文书", keeps_mediation_papers),
    ];
    for (what, rule) in rows {
        let who = CaseRelation::all().into_iter().filter(|relation| rule(*relation)).map(sign);
        let who: Vec<String> = who.map(|(zh, en)| format!("{zh} {en}")).collect();
        let _ = writeln!(page, "| {what} | {} |", who.join("; "));
    }
    page.push_str(
        "\nThe depositor, and the account whose act named the deposit, also give it. 存证人以及登记该文书的账号亦可提交。\n",
    );
}

#[test]
fn the_published_table_is_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("PERMISSIONS.md");
    let page = page();
    if std::env::var_os("README_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page, "README_UPDATE=1 writes it anew");
    assert!(page.contains("书记员") && Role::ALL.len() == 20);
}
