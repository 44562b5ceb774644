//! Texts of a report's steps in Chinese and English: the comparison of a step, and the finding of a step with
//! [`Outcome::Checked`].

use crate::ledger::time::Timestamp;
use crate::ledger::verify::report::{ComparisonKind, HISTORY, INCOMPLETE, Outcome, Step, StepResult};
use crate::ledger::verify::wording::{Language, skipped};

/// The maximum of deposit numbers in the text of one finding. The values of the step contain all numbers.
const NUMBERS_MAX: usize = 3;
const WITH_WITNESS: (&str, &str) =
    ("回执的检查点与见证节点现持有的检查点", "checkpoint of the receipt, with the current checkpoint of a witness");
const WITH_TIME_TOKENS: (&str, &str) =
    ("检查点与可信时间戳", "checkpoint, with timestamp tokens of authorities that the verifier trusts");

/// The text for the comparison of a step.
#[must_use]
pub const fn compared(compared: ComparisonKind, language: Language) -> &'static str {
    let (chinese, english) = match compared {
        ComparisonKind::EnteredNumber => {
            ("复算所输入编号的校验位", "check characters of the number entered, recomputed")
        }
        ComparisonKind::NumberWithRecord => ("所查编号与所得记录的编号", "number asked for, with the record's"),
        ComparisonKind::ReceiptHoldsRecord => (
            "回执载有该编号的记录；是否在链上，见第6至9项",
            "the receipt holds a record of this number; that it is on the chain, steps 6 to 9 show",
        ),
        ComparisonKind::NodeHoldsRecord => ("按摘要向节点查询所得", "found by asking the node for the digest"),
        ComparisonKind::AlgorithmsWithAllowed => {
            ("记录所载算法、摘要长度与允许的算法", "algorithms and digest lengths in the record, with those allowed")
        }
        ComparisonKind::FileWithRecord => {
            ("文件的摘要、字节数与记录所载", "digests and size of the file, with those in the record")
        }
        ComparisonKind::FileWithItem => {
            ("文件的摘要、字节数与清单该项所载", "digests and size of the file, with those of the item")
        }
        ComparisonKind::ItemWithManifest => ("清单项与记录所载清单", "the item, with the manifest in the record"),
        ComparisonKind::DigestWithRecord => ("所提交的摘要与记录所载", "digest presented, with the one in the record"),
        ComparisonKind::TxIdWithImport => {
            ("由记录复算的交易id与导入时所载", "transaction id recomputed from the record, with the imported one")
        }
        ComparisonKind::EntryWithBlock => (
            "由记录复算的交易id，经其路径，与区块所载的根",
            "recomputed transaction id, along its path, with the root in the block",
        ),
        ComparisonKind::BlockWithCheckpoint => (
            "由区块头复算的区块哈希，经其路径，与检查点的根",
            "recomputed block hash, along its path, with the root in the checkpoint",
        ),
        ComparisonKind::PreviousWithCheckpoint => (
            "区块头所载前一区块哈希，经其路径，与检查点的根",
            "previous block hash in the header, along its path, with the root in the checkpoint",
        ),
        ComparisonKind::CheckpointWithPinnedKey => {
            ("检查点签名与核验人固定的账本密钥", "checkpoint signature, with the ledger key that the verifier pinned")
        }
        ComparisonKind::CheckpointWithNodeKey => {
            ("检查点签名与本节点自身的账本密钥", "checkpoint signature, with this node's own ledger key")
        }
        ComparisonKind::CheckpointWithCourtKey => {
            ("检查点签名与法院名单所列账本密钥", "checkpoint signature, with a ledger key on the court's list")
        }
        ComparisonKind::CheckpointWithWitness => WITH_WITNESS,
        ComparisonKind::CheckpointWithTimeTokens => WITH_TIME_TOKENS,
        ComparisonKind::SubmissionWithBlockTime => ("交易提交时间与区块生成时间", "submission time, with block time"),
        ComparisonKind::StatementWithItsKeys => (
            "声明的签名与声明所载密钥；声明、区块、检查点的链标识",
            "the statement's signatures, with the keys it names; ledger named in statement, block and checkpoint",
        ),
        ComparisonKind::LinksOfNode => {
            ("节点所列的在后存证，逐一与其回执核对", "later deposits that the node lists, each with its own receipt")
        }
        ComparisonKind::LinksOfOwnLedger => ("本节点账本所载的在后存证", "later deposits in this node's ledger"),
        ComparisonKind::EarlierOfNode => {
            ("节点所列的更早存证，逐一与其回执核对", "earlier deposits that the node lists, each with its own receipt")
        }
        ComparisonKind::EarlierOfOwnLedger => ("本节点账本所载的更早存证", "earlier deposits in this node's ledger"),
        ComparisonKind::ImportWithLedger => {
            ("导入时固定的链上信息与本账本现载", "facts frozen at the import, with the current facts of this ledger")
        }
        ComparisonKind::ImportWithReceipt => {
            ("导入时固定的链上信息与回执所载", "facts frozen at the import, with those in the receipt")
        }
    };
    language.pick(chinese, english)
}

/// The detail of a step in one text: the reason why it was not performed, its finding, or its comparison.
#[must_use]
pub fn detail(result: &StepResult, language: Language) -> Option<String> {
    match result.outcome {
        Outcome::NotPerformed(why) | Outcome::NotApplicable(why) => Some(skipped(why, language).to_owned()),
        Outcome::Checked => Some(finding(result, language)),
        Outcome::Passed | Outcome::Failed => result.compared.map(|what| {
            let more = more(result, language).map(|more| format!("{}{more}", language.pick("；", "; ")));
            format!("{}{}", compared(what, language), more.unwrap_or_default())
        }),
    }
}

/// The finding of a step besides its comparison.
fn more(result: &StepResult, language: Language) -> Option<String> {
    let first = |name| values(result, name).first().copied();
    match result.step {
        Step::Signatures => match (first("forged_cosignature"), language) {
            (Some(witness), Language::Chinese) => Some(format!("以“{witness}”名义的见证签名验证不通过")),
            (Some(witness), Language::English) => {
                Some(format!("the signature in the name of the witness {witness} does not verify"))
            }
            (None, _) => Some(signed_by_nodes(result, language)),
        },
        Step::TimeToken => {
            let time = Timestamp::parse(first("not_later_than")?)?.beijing();
            Some(match language {
                Language::Chinese => format!("不晚于 {time} 已存在（北京时间，可信时间）"),
                Language::English => format!("existed no later than {time} (Beijing time, trusted time)"),
            })
        }
        _ => None,
    }
}

/// The number of operators and witnesses that signed.
fn signed_by_nodes(result: &StepResult, language: Language) -> String {
    let operator = language.pick("账本运营者节点签名 1/1", "the operator's node signed, 1/1");
    match cosigned(result, language) {
        Some(witnesses) => format!("{operator}{}{witnesses}", language.pick("；", "; ")),
        None => operator.to_owned(),
    }
}

/// The number of witnesses that signed, and the number that the verifier's policy requires.
fn cosigned(result: &StepResult, language: Language) -> Option<String> {
    let (found, all) = values(result, "witnesses").first()?.split_once('/')?;
    let required = values(result, "required").first().copied().unwrap_or("—");
    Some(match language {
        Language::Chinese => format!("见证节点 {all} 家中 {found} 家签名，要求 {required} 家"),
        Language::English => format!("signed by {found} of {all} witnesses, {required} required"),
    })
}

/// The finding of a step with [`Outcome::Checked`].
#[must_use]
pub fn finding(result: &StepResult, language: Language) -> String {
    match result.step {
        Step::LaterLinks => later_links(result, language),
        Step::EarlierDeposits => earlier_deposits(result, language),
        Step::DepositorSignature => signed_on_behalf(result, language),
        Step::Signatures => too_few_witnesses(result, language),
        _ => result.compared.map(|what| compared(what, language).to_owned()).unwrap_or_default(),
    }
}

/// All values of a result that have this name.
fn values<'r>(result: &'r StepResult, name: &str) -> Vec<&'r str> {
    result.values.iter().filter(|(given, _)| *given == name).map(|(_, value)| value.as_str()).collect()
}

fn joined(parts: &[String], language: Language) -> String {
    parts.join(language.pick("；", "; "))
}

/// A list of numbers, cut after [`NUMBERS_MAX`]: `A, B, C and 4 more`.
fn named(numbers: &[&str], language: Language) -> String {
    let listed = numbers.iter().take(NUMBERS_MAX).copied().collect::<Vec<_>>().join(language.pick("、", ", "));
    match (numbers.len().saturating_sub(NUMBERS_MAX), language) {
        (0, _) => listed,
        (_, Language::Chinese) => format!("{listed}等 {} 件", numbers.len()),
        (more, Language::English) => format!("{listed} and {more} more"),
    }
}

/// Corrections, replacements, supplements, withdrawals and references of the deposit by later deposits.
fn later_links(result: &StepResult, language: Language) -> String {
    let mut parts = Vec::new();
    for (kind, zh, en) in [
        ("withdraws", "已被撤回", "withdrawn by"),
        ("replaces", "已被替换", "replaced by"),
        ("corrects", "已被更正", "corrected by"),
        ("supplements", "已有补充", "supplemented by"),
    ] {
        let numbers = values(result, kind);
        if !numbers.is_empty() {
            let numbers = named(&numbers, language);
            parts.push(match language {
                Language::Chinese => format!("{zh}（{numbers}）"),
                Language::English => format!("{en} {numbers}"),
            });
        }
    }
    let withdrawn = withdrawn_links(result, language);
    if parts.is_empty() {
        let (zh, en) = if values(result, "withdrawn_link").is_empty() {
            ("未见更正、替换、补充或者撤回", "no correction, replacement, supplement or withdrawal found")
        } else {
            ("无仍有效的更正、替换、补充或者撤回", "no correction, replacement, supplement or withdrawal in force")
        };
        parts.push(language.pick(zh, en).into());
    }
    parts.extend(withdrawn);
    for (name, zh, en) in
        [("references", "被提及", "referred to"), ("references_at_least", "被提及至少", "referred to at least")]
    {
        for count in values(result, name) {
            parts.push(match language {
                Language::Chinese => format!("{zh} {count} 次"),
                Language::English => format!("{en} {}", times(count)),
            });
        }
    }
    parts.extend(open_claims(result, language));
    joined(&parts, language)
}

/// Later deposits that their depositors withdrew in turn, and later deposits for which this was not checked.
fn withdrawn_links(result: &StepResult, language: Language) -> Vec<String> {
    let pairs = values(result, "withdrawn_link").into_iter().zip(values(result, "withdrawn_link_by"));
    let mut parts: Vec<String> = pairs
        .map(|(link, by)| match language {
            Language::Chinese => format!("在后声明（{link}）已由存证人撤回（{by}），不再计入"),
            Language::English => format!("{link} was withdrawn in turn by {by} and is not counted"),
        })
        .collect();
    let unchecked = values(result, "unchecked_link");
    if !unchecked.is_empty() {
        let numbers = named(&unchecked, language);
        parts.push(match language {
            Language::Chinese => format!("上述声明（{numbers}）其后是否被撤回未核对"),
            Language::English => format!("whether {numbers} was withdrawn in turn was not checked"),
        });
    }
    parts
}

/// The number of earlier deposits with the same digest.
fn earlier_deposits(result: &StepResult, language: Language) -> String {
    let mut parts = Vec::new();
    for (name, zh, en) in [("earlier", "有", ""), ("earlier_at_least", "至少有", "at least ")] {
        for count in values(result, name) {
            parts.push(match (language, count) {
                (Language::Chinese, count) => format!("{zh} {count} 次更早存证"),
                (Language::English, "1") => format!("{en}1 earlier deposit"),
                (Language::English, count) => format!("{en}{count} earlier deposits"),
            });
        }
    }
    if parts.is_empty() {
        parts.push(language.pick("未见更早存证", "no earlier deposit found").into());
    }
    parts.extend(open_claims(result, language));
    joined(&parts, language)
}

fn times(count: &str) -> String {
    if count == "1" { "once".into() } else { format!("{count} times") }
}

/// The gaps of a history: deposits that the node names but the verifier did not check, invalid claims, and pages that
/// were not read.
fn open_claims(result: &StepResult, language: Language) -> Vec<String> {
    let mut parts = Vec::new();
    for (name, zh, en) in [("unverified_claim", "未核对", "not checked"), ("invalid_claim", "不成立", "invalid")]
    {
        let count = values(result, name).len();
        if count > 0 {
            parts.push(match language {
                Language::Chinese => format!("节点所称另有 {count} 件{zh}"),
                Language::English => format!("{count} more named by the node: {en}"),
            });
        }
    }
    if values(result, HISTORY).contains(&INCOMPLETE) {
        parts.push(language.pick("历史不完整", "history incomplete").into());
    }
    parts
}

/// The ledger's signature, and too few cosignatures.
fn too_few_witnesses(result: &StepResult, language: Language) -> String {
    let cosigned = cosigned(result, language).unwrap_or_default();
    match language {
        Language::Chinese => format!("账本签名验证通过；{cosigned}，未达到信任策略的要求"),
        Language::English => {
            format!("the ledger's signature verifies; {cosigned}: the verifier's policy is not satisfied")
        }
    }
}

/// The account and the key of a statement on behalf of an account, and whether the key is the platform's.
fn signed_on_behalf(result: &StepResult, language: Language) -> String {
    let first = |name| values(result, name).first().copied().unwrap_or("—").to_owned();
    let (account, key) = (first("on_behalf"), values(result, "key").join(", "));
    let zh = language == Language::Chinese;
    match (first("signed_by").as_str(), zh) {
        ("platform", true) => {
            format!("平台代存证人签名：通过；存证人未自行签名（账号 {account}，平台密钥 {key}）")
        }
        ("platform", false) => format!(
            "the signature verifies; signed by the platform on behalf of an account, not by the depositor (account {account}, platform key {key})"
        ),
        ("not_the_platform", true) => format!(
            "签名验证通过；声明自称代某账号签名，但签名密钥不是平台密钥，该账号未经平台确认（账号 {account}，密钥 {key}）"
        ),
        ("not_the_platform", false) => format!(
            "the signature verifies; the statement says that it is signed on behalf of an account, but the key is not the platform's, which does not confirm the account (account {account}, key {key})"
        ),
        (_, true) => format!(
            "平台代存证人签名（据声明所载，密钥是否为平台密钥未核对）：签名验证通过；存证人未自行签名（账号 {account}，密钥 {key}）"
        ),
        (_, false) => format!(
            "the signature verifies; signed by the platform on behalf of an account, as the statement says, not by the depositor; whether the key is the platform's was not checked (account {account}, key {key})"
        ),
    }
}
