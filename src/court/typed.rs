//! What people type instead of the words of records: labels in Chinese and English, and the usual short forms of both.
//!
//! # Invariants
//!
//! Only requests are read this way. A record has one spelling, which `line_value` parses. A short form stands for the same word in
//! every enumeration that has the word.

use crate::court::acts::ActKind;

/// Short forms of acts.
const ACTS: &[(&str, ActKind)] = &[
    ("提交", ActKind::Submit),
    ("提交上诉状", ActKind::Submit),
    ("提交调解申请", ActKind::Submit),
    ("提交申请书", ActKind::Submit),
    ("质证", ActKind::Reply),
    ("回复", ActKind::Reply),
    ("撤诉", ActKind::WithdrawSuit),
    ("撤回上诉", ActKind::WithdrawSuit),
    ("绑定案号", ActKind::BindNumber),
    ("判决", ActKind::Judge),
    ("补充材料", ActKind::ReturnFiling),
];

/// Names of the fields of acts in Chinese, each with the name in requests.
const FIELDS: &[(&str, &str)] = &[
    ("案由", "title"),
    ("诉讼请求", "claims"),
    ("诉讼地位", "role"),
    ("身份", "role"),
    ("主体类型", "subject"),
    ("名称", "name"),
    ("姓名", "name"),
    ("证据名称", "name"),
    ("账号", "account"),
    ("当事人", "party"),
    ("代理人", "agent"),
    ("代理权限", "authority"),
    ("授权委托书", "power"),
    ("监护关系证明", "relationship"),
    ("文书", "document"),
    ("送达地址", "address"),
    ("理由", "reason"),
    ("案号", "number"),
    ("法官", "judge"),
    ("证据", "item"),
    ("证据序号", "item"),
    ("证据内容", "content"),
    ("来源", "source"),
    ("证明对象", "proves"),
    ("证据用途", "purpose"),
    ("交邮或递交", "handed_in"),
    ("法院收集", "collected"),
    ("罚款", "fine"),
    ("期限", "window"),
    ("期限所涉", "about"),
    ("障碍消除日", "obstacle_ended"),
    ("最后一日", "last"),
    ("处理", "decision"),
    ("认定", "decision"),
    ("变更方式", "change"),
    ("程序", "procedure"),
    ("事由", "ground"),
    ("原件或复制件", "form"),
    ("份数", "copies"),
    ("页数", "pages"),
    ("证据版本", "item_version"),
    ("真实性", "authenticity"),
    ("合法性", "legality"),
    ("关联性", "relevance"),
    ("异议依据", "grounds"),
    ("证明力", "probative_value"),
    ("期限依据", "basis"),
    ("起算日", "start"),
    ("天数", "days"),
    ("日期", "on"),
    ("交换日", "day"),
    ("存证编号", "deposit_number"),
    ("卷宗文件摘要", "dossier_digests"),
    ("意见范围", "scope"),
    ("意见", "answer"),
    ("同意方式", "form"),
    ("勾选方式", "ticked"),
    ("展示文本摘要", "shown"),
    ("点击时间", "clicked"),
    ("文书种类", "kind"),
    ("地址种类", "kind"),
    ("地址", "value"),
    ("最近活跃日", "active"),
    ("替换地址", "replaces"),
    ("送达方式", "mode"),
    ("并行送达", "beside"),
    ("送达", "service"),
    ("送达渠道", "channel"),
    ("公告日", "published"),
    ("送达次序", "attempt"),
    ("送达状态", "step"),
    ("时间", "at"),
    ("原因", "cause"),
    ("本人行为序号", "own_act"),
    ("处理结果", "outcome"),
    ("在线活动", "activity"),
    ("被上诉人", "against"),
    ("调解协议", "agreement"),
    ("上诉", "appeal"),
    ("实名核验时间", "checked_at"),
    ("补正申请", "correction"),
    ("文本摘要", "digest"),
    ("递交法院", "filed_with"),
    ("开始时间", "from"),
    ("截止时间", "until"),
    ("庭审", "hearing"),
    ("代理审级", "instances"),
    ("笔录种类", "kind"),
    ("合议庭成员", "members"),
    ("确认方式", "method"),
    ("名称承诺值", "name_commitment"),
    ("备注", "note"),
    ("签名人序号", "person"),
    ("上诉状", "petition"),
    ("位置", "place"),
    ("确认轮", "round"),
    ("裁定事项", "ruling"),
    ("录像分段", "segment"),
    ("签名人", "signers"),
    ("陈述人", "speaker"),
    ("特别授权事项", "special"),
    ("调解方式", "track"),
    ("笔录", "transcript"),
    ("笔录版本", "version"),
    ("卷宗类别", "volume"),
    ("后续处理方式", "way"),
    ("补正内容", "wording"),
];

/// The kind of act that `text` names: the word of records, the label in Chinese or English, or a short form.
#[must_use]
pub fn act(text: &str) -> Option<ActKind> {
    let text = text.trim();
    let short = ACTS.iter().find(|(short, _)| *short == text).map(|(_, kind)| *kind);
    ActKind::from_typed(text).or(short)
}

/// The name in requests of the field that `text` names in Chinese.
#[must_use]
pub fn field(text: &str) -> Option<&'static str> {
    let text = text.trim();
    FIELDS.iter().find(|(chinese, _)| *chinese == text).map(|(_, name)| *name)
}

/// The Chinese name of a field, to show it to people.
#[must_use]
pub fn field_label(name: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(_, field)| *field == name).map(|(chinese, _)| *chinese)
}

/// What is wrong with the value of a field, in Chinese. A field is named as people type it, if it has one name in Chinese, and as requests
/// name it.
#[must_use]
pub fn field_fault(name: &str, reason: &str) -> String {
    let mut names = FIELDS.iter().filter(|(_, field)| *field == name).map(|(chinese, _)| *chinese);
    match (names.next(), names.next()) {
        (Some(chinese), None) => format!("“{chinese}”（{name}）{reason}"),
        _ => format!("“{name}”{reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::line_value::LineValue;
    use crate::court::period::basis::Basis;
    use crate::court::words::{Authority, Ground, Opinion, PartyRole};
    use crate::ledger::verify::wording::Language;

    #[test]
    fn every_act_is_named_by_its_word_and_by_both_labels() {
        for kind in ActKind::ALL {
            for text in [kind.word(), kind.label(Language::Chinese), kind.label(Language::English)] {
                assert_eq!(act(text), Some(*kind), "{text}");
            }
        }
        assert_eq!(act("提交上诉状"), Some(ActKind::Submit));
        assert_eq!(act(" File the case "), Some(ActKind::FileCase));
        assert_eq!(act("file_case"), Some(ActKind::FileCase));
        for bad in ["", "提", "提交起诉状状", "submit!"] {
            assert_eq!(act(bad), None, "{bad}");
        }
    }

    #[test]
    fn labels_and_short_forms_are_the_same_value() {
        assert_eq!(PartyRole::parse_typed("被告"), Some(PartyRole::Defendant));
        assert_eq!(PartyRole::parse_typed("Third party"), Some(PartyRole::ThirdParty));
        assert_eq!(Opinion::parse_typed("不认可"), Some(Opinion::Disputed));
        assert_eq!(Opinion::parse_typed("有异议"), Some(Opinion::Disputed));
        assert_eq!(Authority::parse_typed("特别"), Some(Authority::Special));
        assert_eq!(Basis::parse_typed("简易程序"), Some(Basis::Summary));
        assert_eq!(Ground::parse_typed("上链前"), Some(Ground::BeforeTheChain));
        // Records have one spelling.
        assert_eq!(<PartyRole as LineValue>::parse("被告"), None);
        assert_eq!(PartyRole::parse_typed("一般"), None);
    }

    #[test]
    fn a_name_of_a_field_is_one_field() {
        for (at, (chinese, name)) in FIELDS.iter().enumerate() {
            assert_eq!(field(chinese), Some(*name));
            assert!(!FIELDS.iter().skip(at + 1).any(|(other, _)| other == chinese), "{chinese}");
        }
        assert_eq!(field("无此字段"), None);
        assert_eq!(field_label("item"), Some("证据"));
        assert_eq!(field_fault("authority", "应为甲"), "“代理权限”（authority）应为甲");
        // It has several names, of which any could mislead.
        assert_eq!(field_fault("kind", "应为甲"), "“kind”应为甲");
    }

    #[test]
    fn a_short_form_names_no_other_label() {
        // A short form that is the label of another value would name two.
        for (short, word) in crate::court::short_forms::SHORT_FORMS {
            for role in PartyRole::ALL {
                assert!(role.label(Language::Chinese) != *short || role.word() == *word, "{short}");
            }
            for ground in Ground::ALL {
                assert!(ground.label(Language::Chinese) != *short || ground.word() == *word, "{short}");
            }
        }
    }
}
