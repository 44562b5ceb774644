//! What the user can do next in a case, each with the command to type.

use serde_json::Value;

use crate::cli::case::connection::{bilingual, text};
use crate::cli::screen::{FAINT, HEADING, Screen};
use crate::court::acts::ActKind;
use crate::court::typed;
use crate::ledger::verify::wording::Language;

/// The fields that an act needs, as they are typed in English, with an example for each.
const FIELDS: &[(ActKind, &str)] = &[
    (ActKind::Describe, "title=… claims=…"),
    (ActKind::AddParty, "role=… subject=… name=…"),
    (ActKind::RestateParty, "party=N name=…"),
    (ActKind::EndAssociation, "party=N"),
    (ActKind::AddAgent, "party=N account=… authority=…"),
    (ActKind::EndAgent, "agent=N"),
    (ActKind::ReturnFiling, "reason=…"),
    (ActKind::Reject, "reason=…"),
    (ActKind::Refuse, "reason=…"),
    (ActKind::FileCase, "number=…"),
    (ActKind::BindNumber, "number=…"),
    (ActKind::Judge, "document=…"),
    (ActKind::Restate, "item=N name=… content=…"),
    (ActKind::WithdrawItem, "item=N"),
    (ActKind::ReceiveItem, "item=N form=… copies=N pages=N"),
    (ActKind::Reply, "item=N authenticity=… legality=… relevance=…"),
    (ActKind::Consent, "item=N"),
    (ActKind::SetPeriod, "basis=… start=… days=N"),
    (ActKind::ResetPeriod, "basis=… start=… days=N"),
    (ActKind::SuspendPeriod, "on=…"),
    (ActKind::ResumePeriod, "on=…"),
    (ActKind::ExtendPeriod, "days=N"),
    (ActKind::ExchangeEvidence, "day=…"),
    (ActKind::OrderErasure, "deposit_number=…"),
    (ActKind::Hold, "deposit_number=… reason=…"),
    (ActKind::Release, "deposit_number=…"),
];

/// The command that does an act in the case `name`; `None` for acts that no command makes.
#[must_use]
pub fn command(name: &str, act: ActKind, language: Language) -> Option<String> {
    let zh = language == Language::Chinese;
    let case = format!("tiezheng{} case", if zh { " --lang zh" } else { "" });
    let pick = |chinese: &str, english: &str| if zh { chinese.to_owned() } else { english.to_owned() };
    Some(match act {
        ActKind::Import => {
            let rest = pick("存证编号 --name 证据名称 --content 证据内容", "NUMBER --name NAME --content CONTENT");
            format!("{case} import {name} {rest}")
        }
        ActKind::Verify => format!("{case} verify {name} {}", pick("证据序号 文件", "ITEM FILE")),
        ActKind::IssueCode => format!("{case} code {name} --party N"),
        ActKind::PassOn => format!(
            "{case} pass-on {name} --transfer {} --court {} --kind {} --procedure {}",
            pick("方式", "WORD"),
            pick("法院代字", "CODE"),
            pick("案件类型", "WORD"),
            pick("程序", "WORD")
        ),
        ActKind::Open | ActKind::Associate | ActKind::Diverge | ActKind::Erase => return None,
        act => {
            let word = if zh { act.label(language).to_owned() } else { act.word().to_owned() };
            let fields = FIELDS.iter().find(|(kind, _)| *kind == act).map_or("", |(_, fields)| fields);
            let in_language = |field: &str| {
                let (name, value) = field.split_once('=').unwrap_or((field, ""));
                let name = typed::field_label(name).filter(|_| zh).unwrap_or(name);
                format!(" {name}={value}")
            };
            let fields: String = fields.split(' ').filter(|field| !field.is_empty()).map(in_language).collect();
            let word = if word.contains([' ', '（', '，']) { format!("'{word}'") } else { word };
            format!("{case} do {name} {word}{fields}")
        }
    })
}

/// Prints what the requesting account can do now.
///
/// # Errors
///
/// The screen.
pub fn show(screen: &Screen, case: &Value) -> anyhow::Result<()> {
    let Some(name) = text(case, "/reference").or_else(|| text(case, "/case")) else { return Ok(()) };
    for capacity in case.get("can").and_then(Value::as_array).into_iter().flatten() {
        let acts = capacity.get("acts").and_then(Value::as_array).into_iter().flatten();
        let kinds = acts.filter_map(Value::as_str).filter_map(ActKind::from_word);
        let rows: Vec<Vec<String>> = kinds
            .filter_map(|kind| {
                let command = command(&name, kind, screen.language())?;
                Some(vec![format!("  {}", kind.label(screen.language())), screen.paint(FAINT, &command)])
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        let who = bilingual(screen, capacity.get("label"));
        screen.line("")?;
        let zh = format!("您（{who}）现在可以：");
        let en = format!("As {who} you can now:");
        screen.line(screen.paint(HEADING, screen.pick(&zh, &en)))?;
        screen.table(&rows)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_shown_can_be_typed() {
        for act in ActKind::ALL {
            for language in [Language::Chinese, Language::English] {
                let Some(command) = command("7K2M9X-QT3D5W", *act, language) else { continue };
                let Some((_, typed)) = command.split_once(" do 7K2M9X-QT3D5W ") else { continue };
                let word = typed.strip_prefix('\'').map_or_else(
                    || typed.split(' ').next().unwrap_or_default(),
                    |quoted| quoted.split('\'').next().unwrap_or_default(),
                );
                assert_eq!(typed::act(word), Some(*act), "{command}");
                for field in typed.split(' ').filter(|part| part.contains('=') && !part.is_ascii()) {
                    let name = field.split('=').next().unwrap_or_default();
                    assert!(name.is_ascii() || typed::field(name).is_some(), "{command}");
                }
            }
        }
        assert_eq!(
            command("7K2M9X-QT3D5W", ActKind::Submit, Language::Chinese).as_deref(),
            Some("tiezheng --lang zh case do 7K2M9X-QT3D5W 提交起诉状")
        );
    }
}
