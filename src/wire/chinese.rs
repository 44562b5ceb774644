//! Chinese texts of the errors with which formats are read: JSON, keys, policies, records, receipts, deposit requests.
//!
//! The errors' own `Display` is the English text. Names of lines and fields stay as the formats spell them.

use crate::court::acts::ActKind;
use crate::ledger::key::KeyTextError;
use crate::ledger::note::NoteError;
use crate::ledger::policy::PolicyFault;
use crate::ledger::statement::signed::StatementError;
use crate::ledger::text::{Fault, TextError};
use crate::ledger::verify::wording::Language;
use crate::wire::deposit::DepositRequestError;
use crate::wire::item_receipt::ItemReceiptError;
use crate::wire::json::{INTEGER_MAX, JsonError};
use crate::wire::receipt::ReceiptError;

/// Bytes that are not the JSON asked for.
#[must_use]
pub fn json(error: &JsonError) -> String {
    let at = error.line().map_or_else(String::new, |line| format!("（第 {line} 行）"));
    match error {
        JsonError::TooLong { limit, found } => format!("内容过大：{found} 字节，上限 {limit} 字节"),
        JsonError::Truncated { .. } => format!("内容不完整，JSON 中途截断{at}"),
        JsonError::Malformed { .. } => format!("不是有效的 JSON{at}"),
        JsonError::IntegerTooLarge { value, .. } => {
            format!("整数 {value} 超过 {INTEGER_MAX}，JSON 无法精确表示{at}")
        }
        JsonError::Unexpected { reason, .. } => match unexpected(reason) {
            Some(said) => format!("{said}{at}"),
            None => format!("JSON 缺少字段、有多余或重复的字段，或值的类型不符{at}"),
        },
    }
}

/// The reason of an unexpected name or word, as `serde` states it; `None` for a type that does not fit. Acts are listed in Chinese, as a
/// request may name them.
fn unexpected(reason: &str) -> Option<String> {
    let (what, rest) = reason.split_once('`')?;
    let (name, rest) = rest.split_once('`')?;
    let name = name.escape_debug();
    let fault = match what {
        "missing field " => format!("缺少字段“{name}”"),
        "duplicate field " => format!("字段“{name}”重复"),
        "unknown field " => format!("没有字段“{name}”"),
        "unknown variant " => format!("没有“{name}”这一选项"),
        _ => return None,
    };
    let is_word = what == "unknown variant ";
    let label = |word: &str| ActKind::from_word(word).map(|kind| kind.label(Language::Chinese));
    let expected: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let listed: Vec<String> =
        expected.iter().map(|word| format!("“{}”", label(word).filter(|_| is_word).unwrap_or(*word))).collect();
    Some(if listed.is_empty() { fault } else { format!("{fault}，应为{}之一", listed.concat()) })
}

/// A text that is no key.
#[must_use]
pub const fn key(error: KeyTextError) -> &'static str {
    match error {
        KeyTextError::Malformed => "密钥应形如 名称+编号+base64",
        KeyTextError::UnknownType => "密钥类型不受支持，应为 Ed25519",
        KeyTextError::Weak => "公钥过弱或格式有误",
        KeyTextError::WrongId => "密钥的编号与名称、公钥不符，有字符输错",
    }
}

/// What is wrong with a line of a trust policy.
#[must_use]
pub fn policy(fault: &PolicyFault) -> String {
    match fault {
        PolicyFault::UnknownWord => "应为 log、witness、group、quorum 或 # 注释".into(),
        PolicyFault::Form(form) => format!("应形如 {form}"),
        PolicyFault::Key(error) => key(*error).into(),
        PolicyFault::KeyTwice => "同一密钥出现两次".into(),
        PolicyFault::NameTaken(name) => format!("名称“{}”已被使用", name.escape_debug()),
        PolicyFault::UnknownName(name) => format!("其上没有名为“{}”的 witness 或 group", name.escape_debug()),
        PolicyFault::MemberTwice(name) => format!("“{}”同时属于两个 group", name.escape_debug()),
        PolicyFault::Threshold => "应为 all、any，或 1 至成员数的数字".into(),
        PolicyFault::QuorumTwice => "quorum 行重复".into(),
        PolicyFault::NoQuorum => "缺少 quorum 行，文件可能被截断".into(),
        PolicyFault::TooLarge => "策略文件过大".into(),
    }
}

/// What is wrong with a line of a record.
#[must_use]
pub fn fault(fault: &Fault) -> String {
    match fault {
        Fault::InvalidUtf8 => "不是 UTF-8 文本".into(),
        Fault::ControlCharacter { code_point } => format!("含控制字符 U+{code_point:04X}"),
        Fault::MissingFinalNewline => "末行缺少换行符，内容可能不完整".into(),
        Fault::UnknownVersion { expected } => format!("首行应为“{expected}”"),
        Fault::UnknownLine { name } => format!("未知的行“{}”", name.escape_debug()),
        Fault::RepeatedLine { name } => format!("“{name}”行重复"),
        Fault::MisorderedLine { name } => format!("“{name}”行次序有误"),
        Fault::MissingLine { name } => format!("缺少“{name}”行"),
        Fault::WrongLength { name } => format!("“{name}”行的值长度有误"),
        Fault::UpperCaseHex { name } => format!("“{name}”行的十六进制须小写"),
        Fault::BadValue { name, .. } => format!("“{name}”行的值不符合要求"),
        Fault::WeakDigest { name, .. } => format!("“{name}”行的摘要无证明作用（算法已不安全，或为空内容的摘要）"),
        Fault::WeakKey { name } => format!("“{name}”行的公钥过弱或格式有误"),
        Fault::NotSorted { name } => format!("“{name}”行的值未排序或重复"),
        Fault::TooMany { name, limit } => format!("“{name}”行过多，至多 {limit} 行"),
        Fault::MistypedNumber { name } => format!("“{name}”行的存证编号有误"),
    }
}

fn text(error: &TextError) -> String {
    format!("第 {} 行：{}", error.line, fault(&error.fault))
}

/// Bytes that are no signed note, or a note whose signatures do not verify.
#[must_use]
pub fn note(error: &NoteError) -> String {
    match error {
        NoteError::Text(error) => text(error),
        NoteError::NoSignatures => "没有签名".into(),
        NoteError::TooManySignatures => "签名过多".into(),
        NoteError::MalformedSignature { line } => format!("第 {line} 行：签名行格式有误"),
        NoteError::BadSignature { name } => format!("“{name}”的签名验证不通过"),
        NoteError::UnknownKey => "没有受信任密钥的签名".into(),
    }
}

/// Bytes that are no signed statement.
#[must_use]
pub fn statement(error: &StatementError) -> String {
    match error {
        StatementError::Text(error) => text(error),
        StatementError::Note(error) => note(error),
        StatementError::SignatureOrder { expected, found, position } => {
            format!("签名与密钥行不对应：密钥 {expected} 个，签名 {found} 个，第 {position} 个不符")
        }
        StatementError::BadSignature { name } => format!("“{}”的签名验证不通过", name.escape_debug()),
    }
}

/// A request that is no deposit.
#[must_use]
pub fn request(error: &DepositRequestError) -> String {
    match error {
        DepositRequestError::Json(error) => json(error),
        DepositRequestError::StatementTooLong { found } => format!("存证声明过长：{found} 字节"),
        DepositRequestError::Statement(error) => format!("存证声明：{}", statement(error)),
        DepositRequestError::Metadata(error) => error.chinese(),
        DepositRequestError::IntegerTooLarge { line, value } => {
            format!("存证声明：“{line}”行的 {value} 超过 {INTEGER_MAX}，JSON 无法精确表示")
        }
        DepositRequestError::PrivateMissingMeta => "附有非公开信息，而存证声明缺少 meta 行".into(),
        DepositRequestError::PrivateMismatch => "非公开信息或其盐值与存证声明的 meta 行不符".into(),
    }
}

/// Bytes that are no receipt.
#[must_use]
pub fn receipt(error: &ReceiptError) -> String {
    match error {
        ReceiptError::Json(error) => json(error),
        ReceiptError::UnknownVersion { found } => unknown_version(found),
        ReceiptError::BadPath { field } => format!("“{field}”不是哈希路径"),
        ReceiptError::BadIndex { found } => format!("“index”的值 {found} 超出范围"),
    }
}

/// Bytes that are no item's receipt.
#[must_use]
pub fn item_receipt(error: &ItemReceiptError) -> String {
    match error {
        ItemReceiptError::Json(error) => json(error),
        ItemReceiptError::UnknownVersion { found } => unknown_version(found),
        ItemReceiptError::Receipt(error) => receipt(error),
        ItemReceiptError::BadSalt => "“salt”应为 64 位小写十六进制".into(),
        ItemReceiptError::OtherSpelling => "单项回执被重新排版或改动，须使用原文件".into(),
    }
}

fn unknown_version(found: &str) -> String {
    format!("文件类型或版本为“{}”，本程序不能读取", found.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::court::act::ActRequest;
    use crate::wire::court::typed_act::TypedActRequest;
    use crate::wire::json::object;

    fn said(text: &str) -> String {
        json(&object::<TypedActRequest<ActRequest>>(text.as_bytes(), 400).unwrap_err())
    }

    #[test]
    fn an_unknown_act_or_field_is_named_with_the_chinese_words_that_are_accepted() {
        let act = said(r#"{"act":"无此操作"}"#);
        assert!(act.starts_with("没有“无此操作”这一选项，应为“填写诉讼请求”“增加当事人”“更正当事人信息”"), "{act}");
        assert!(act.contains("“提交起诉状”") && act.contains("“提起上诉”") && !act.contains("submit"), "{act}");
        assert_eq!(said(r#"{"act":"end-agent"}"#), "缺少字段“agent”");
        let field = said(r#"{"act":"bind-number","number":"1","reason":"x"}"#);
        assert_eq!(field, "没有字段“reason”，应为“number”之一");
        assert_eq!(said(r#"{"act":"consent","item":1,"证据":2}"#), "字段“item”重复");
        assert!(said(r#"{"act":"consent","item":-1}"#).starts_with("JSON 缺少字段、有多余"));
    }
}
