//! Short forms that people type instead of the labels of enumerations.
//!
//! # Invariants
//!
//! Only requests are read this way. A short form stands for the same word in every enumeration that has the word.

use crate::court::line_value::LineValue;

/// Short forms, each with the word of records that it stands for.
pub(in crate::court) const SHORT_FORMS: &[(&str, &str)] = &[
    ("不认可", "disputed"),
    ("异议", "disputed"),
    ("无异议", "admitted"),
    ("一般", "general"),
    ("特别", "special"),
    ("普通程序", "ordinary"),
    ("简易", "summary"),
    ("简易程序", "summary"),
    ("小额", "small-claims"),
    ("小额诉讼", "small-claims"),
    ("小额诉讼程序", "small-claims"),
    ("二审", "second-instance"),
    ("第二审程序", "second-instance"),
    ("再审", "retrial"),
    ("一审", "civil-first"),
    ("当事人约定", "agreed"),
    ("当事人协商并经准许", "agreed"),
    ("酌定", "discretion"),
    ("人民法院酌情确定", "discretion"),
    ("非法人组织", "other-organisation"),
    ("代理人", "agent"),
    ("我是原告", "principal"),
    ("我是代理人", "agent"),
    ("我是法定代理人", "statutory-agent"),
    ("法定代理人", "statutory"),
    ("法院", "court"),
    ("与原件不一致", "original-form"),
    ("相反证据", "contrary-evidence"),
    ("平台规则", "platform-rules"),
    ("利害关系", "platform-interest"),
    ("平台利害关系", "platform-interest"),
    ("系统标准", "system-standards"),
    ("存证技术和过程", "technology"),
    ("上链前", "before-the-chain"),
    ("上链前不真实", "before-the-chain"),
    ("申请鉴定", "expert"),
    ("无关联", "unrelated"),
    ("原件", "original"),
    ("复制件", "copy"),
    ("副本", "identical-copy"),
    ("打印件", "output"),
];

/// The value of an enumeration that a label or a short form names.
pub(in crate::court) fn short_form<T: LineValue>(text: &str) -> Option<T> {
    SHORT_FORMS.iter().filter(|(short, _)| *short == text).find_map(|(_, word)| T::parse(word))
}

/// The Chinese words that are accepted for an enumeration with these labels: the labels, and the short forms.
pub(in crate::court) fn one_of<T: LineValue>(labels: &[&str]) -> String {
    let quoted = |words: &[&str]| words.iter().flat_map(|word| ["“", *word, "”"]).collect::<String>();
    let is_short = |(short, word): &&(&str, &str)| !labels.contains(short) && T::parse(word).is_some();
    let short: Vec<&str> = SHORT_FORMS.iter().filter(is_short).map(|(short, _)| *short).collect();
    match (labels.is_empty(), short.is_empty()) {
        (false, true) => format!("应为{}之一", quoted(labels)),
        (false, false) => format!("应为{}之一，也可写作{}", quoted(labels), quoted(&short)),
        (true, _) => format!("应为{}之一", quoted(&short)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::period::basis::Basis;
    use crate::court::words::{Authority, PartyRole};

    #[test]
    fn every_accepted_chinese_word_is_listed() {
        let roles = PartyRole::expected_in_chinese().unwrap();
        assert!(roles.starts_with("应为“原告”“被告”“第三人”“上诉人”"), "{roles}");
        assert!(roles.ends_with("“申请人”“被申请人”之一"), "{roles}");
        let authority = Authority::expected_in_chinese().unwrap();
        let expected = "应为“一般授权”“特别授权”“法定代理”之一，也可写作“一般”“特别”“法定代理人”";
        assert_eq!(authority, expected);
        let basis = Basis::expected_in_chinese().unwrap();
        assert!(basis.contains("“普通程序”") && basis.contains("“小额诉讼”"), "{basis}");
        for list in [roles, authority, basis] {
            for word in list.split('“').skip(1).filter_map(|rest| rest.split('”').next()) {
                let is_read = PartyRole::parse_typed(word).is_some()
                    || Authority::parse_typed(word).is_some()
                    || Basis::parse_typed(word).is_some();
                assert!(is_read, "{word}");
            }
        }
    }
}
