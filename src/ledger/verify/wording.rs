//! The only words in which a verification is told, in Chinese and English.
//!
//! Fixed wording, following the statutes' own: a conclusion says no more than "not altered since it went on the chain".
//! Never "legally effective", "true", "tamper-proof".

use crate::ledger::verify::history::{ClaimFault, ClaimStatus};
use crate::ledger::verify::report::{Conclusion, Obstacle, Outcome, Report, Reservation, Skipped, Step};

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 中文.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    const fn pick(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// The fixed limit clause that follows every conclusion.
#[must_use]
pub const fn limits(language: Language) -> &'static str {
    language.pick(
        "本报告仅说明电子数据上链后的完整性，不涉及：上链前是否真实；内容是否属实；取得是否合法；与本案是否关联；存证人是否为权利人。",
        "This report speaks only of the integrity of the data since it went on the chain. It does not say whether the data was authentic before that, whether its content is true, whether it was lawfully obtained, whether it is relevant to a case, or whether the depositor holds any right in it.",
    )
}

/// A step's label.
#[must_use]
pub const fn step(step: Step, language: Language) -> &'static str {
    let (chinese, english) = match step {
        Step::NumberCheck => ("编号校验", "check characters of the number"),
        Step::RecordExists => ("记录存在", "the record exists"),
        Step::Algorithms => ("算法与长度", "hash algorithms and lengths"),
        Step::OriginalDigest => ("原文摘要比对", "digests of the original compared"),
        Step::TxId => ("交易id复算", "transaction id recomputed"),
        Step::InBlock => ("交易属于该区块", "the transaction is in the block"),
        Step::BlockHash => ("区块哈希复算", "block hash recomputed and on the signed chain"),
        Step::PreviousBlock => ("前一区块哈希衔接", "linked to the previous block"),
        Step::Signatures => ("节点签名达到要求数", "signed by the required nodes"),
        Step::Witnesses => ("与见证检查点一致", "agrees with the witnesses' checkpoint"),
        Step::TimeOrder => ("时间次序", "times in order"),
        Step::TimeToken => ("可信时间戳", "trusted timestamp"),
        Step::DepositorSignature => ("存证人签名", "the depositor's signature"),
        Step::LaterLinks => ("更正/撤回/补充", "later corrections, withdrawals, supplements"),
        Step::EarlierDeposits => ("同一摘要的更早存证", "earlier deposits of the same digest"),
        Step::ImportSnapshot => ("导入记录比对", "compared with the import record"),
        Step::Sheets => ("来源说明、平台情况说明", "provenance and platform fact sheets"),
    };
    language.pick(chinese, english)
}

/// An outcome's word.
#[must_use]
pub const fn outcome(outcome: Outcome, language: Language) -> &'static str {
    let (chinese, english) = match outcome {
        Outcome::Passed => ("通过", "passed"),
        Outcome::Failed => ("不通过", "failed"),
        Outcome::NotPerformed(_) => ("未执行", "not performed"),
        Outcome::NotApplicable => ("不适用", "not applicable"),
    };
    language.pick(chinese, english)
}

/// Why a step was not performed.
#[must_use]
pub const fn skipped(why: Skipped, language: Language) -> &'static str {
    let (chinese, english) = match why {
        Skipped::NoFile => ("未提交原文", "no original was presented"),
        Skipped::DigestOnly => ("仅提交摘要，未提交原文", "only a digest was presented, not the original"),
        Skipped::NoSalt => ("摘要加盐，未提供盐值", "the digest is salted and the salt was not given"),
        Skipped::UnknownKey => ("账本密钥不在核验人信任的密钥之列", "the ledger's key is not among the pinned keys"),
        Skipped::Offline => ("离线核验，未查询账本", "offline: no ledger was asked"),
        Skipped::HistoryIncomplete => (
            "清单不完整，或有未核验、不成立的条目",
            "the list is incomplete, or one of its items is unverified or invalid",
        ),
        Skipped::NoWitnesses => ("本账本尚无见证节点", "this ledger has no witnesses yet"),
        Skipped::NoTimeToken => ("无可信时间戳", "there is no trusted timestamp"),
        Skipped::UnreadTimeToken => {
            ("含时间戳，本版本尚不能核验", "there are time tokens, which this version cannot verify yet")
        }
        Skipped::NoPapers => ("本账本尚未保存此类说明", "this ledger keeps no such sheets yet"),
        Skipped::ManifestOnly => {
            ("该记录为清单存证，须以单项回执核验", "the record bears a manifest: the item's own receipt is needed")
        }
        Skipped::NoRecord => ("没有可供核验的记录", "there is no record to look at"),
    };
    language.pick(chinese, english)
}

/// What is wrong with a claim about another deposit.
#[must_use]
pub const fn claim_fault(fault: ClaimFault, language: Language) -> &'static str {
    let (chinese, english) = match fault {
        ClaimFault::NotFound => ("账本中查无该存证", "the ledger has no such deposit"),
        ClaimFault::BadRecord => ("该存证的回执未通过校验", "the receipt of that deposit does not hold"),
        ClaimFault::NotStated => ("该存证的声明并无此内容", "the statement of that deposit does not say so"),
        ClaimFault::NotOwner => (
            "并非由本存证的存证人作出",
            "it was not made by an owner of this deposit: no common key, or another account",
        ),
        ClaimFault::WrongOrder => ("先后次序不符", "the two deposits stand in the wrong order"),
    };
    language.pick(chinese, english)
}

/// How far a claim was checked; nothing to say of one that was and holds.
#[must_use]
pub const fn claim_status(status: ClaimStatus, language: Language) -> Option<&'static str> {
    match status {
        ClaimStatus::Verified => None,
        ClaimStatus::Unverified => Some(language.pick("节点自述，未核验", "claimed by the node, not verified")),
        ClaimStatus::Invalid(_) => Some(language.pick("节点自述，不成立", "claimed by the node, invalid")),
    }
}

/// A reservation.
#[must_use]
pub const fn reservation(reservation: Reservation, language: Language) -> &'static str {
    let (chinese, english) = match reservation {
        Reservation::SingleOperator => ("仅单一机构节点签名", "only one operator's node has signed"),
        Reservation::NoIndependentTime => ("无可信时间戳", "there is no independent time"),
        Reservation::Withdrawn => ("存证已被撤回", "the deposit has been withdrawn"),
        Reservation::Superseded => ("存证已被更正或替换", "the deposit has been corrected or replaced"),
        Reservation::TestLedger => ("测试账本，不得作为证据使用", "a test ledger, not to be used as evidence"),
    };
    language.pick(chinese, english)
}

/// Why a verification could not be carried out, and the step that lacks it.
#[must_use]
pub const fn obstacle(obstacle: &Obstacle, language: Language) -> (&'static str, Step) {
    let (chinese, english, step) = match obstacle {
        Obstacle::UnknownKey => (
            "账本密钥未知，尚未确认其可信",
            "the ledger's key is unknown: it is not among the pinned keys",
            Step::Signatures,
        ),
        Obstacle::NoSalt => (
            "该记录的摘要加盐而未提供盐值",
            "the record's digest is salted and the salt was not given",
            Step::OriginalDigest,
        ),
        Obstacle::OtherNumber => {
            ("所得记录属于另一存证编号", "the record is of another deposit number than asked for", Step::RecordExists)
        }
        Obstacle::NoFile => ("送检文件无法读取", "the file could not be read", Step::OriginalDigest),
        Obstacle::BrokenReceipt => (
            "所持回执自身不成立（已损坏或被改动），不能据以核验",
            "the receipt at hand does not hold: it is damaged or was changed",
            Step::Signatures,
        ),
        Obstacle::ManifestOnly => (
            "该记录为清单存证，不含单个文件的摘要，须以该项的回执核验",
            "the record bears a manifest and no digest of a single file: the item's own receipt is needed",
            Step::OriginalDigest,
        ),
    };
    (language.pick(chinese, english), step)
}

/// The conclusion's sentence, with what it speaks of filled in.
#[must_use]
pub fn conclusion(report: &Report, language: Language) -> String {
    let number = report.number.map_or_else(|| "—".into(), |number| number.to_string());
    let zh = language == Language::Chinese;
    match report.conclusion {
        Conclusion::Consistent => consistent(report, &number, zh),
        Conclusion::ConsistentWithReservation => {
            let reasons: Vec<_> = report.reservations.iter().map(|r| reservation(*r, language)).collect();
            if zh {
                format!("摘要一致，但〔{}〕，请结合其他证据判断。", reasons.join("；"))
            } else {
                format!("The digests agree, but [{}]: weigh it with the other evidence.", reasons.join("; "))
            }
        }
        Conclusion::Mismatch => language.pick(
            "送检文件与链上存证数据比对结果不一致。送检文件不是该存证编号所对应的数据，或者其内容已发生变化。",
            "The file presented does not agree with the data deposited on the chain. It is not the data of this deposit number, or its content has changed.",
        ).into(),
        Conclusion::NotFound => language.pick(
            "该文件（编号）尚未在本平台存证。",
            "This file (number) has not been deposited on this platform.",
        ).into(),
        Conclusion::RecordOnly => language.pick(
            "本次仅查询链上记录，未核验原文。",
            "Only the record on the chain was looked up; no original was verified.",
        ).into(),
        Conclusion::ChainFault => chain_fault(report, zh),
        Conclusion::Contradictory => language.pick(
            "该存证记录自相矛盾：所载摘要、大小部分与送检文件一致，部分不一致。没有任何文件能与全部记载相符，本报告不作一致性结论。",
            "The record contradicts itself: some of the digests and the size it states agree with the file, others do not. No file can agree with all of them; this report concludes nothing on consistency.",
        ).into(),
        Conclusion::Unable => {
            let (why, at) = report.obstacle.as_ref().map_or(("—", Step::RecordExists), |o| obstacle(o, language));
            let failed = report.steps.iter().find(|result| result.outcome == Outcome::Failed).map(|result| result.step);
            let at = if report.obstacle == Some(Obstacle::BrokenReceipt) { failed.unwrap_or(at) } else { at };
            if zh {
                format!("因〔{why}〕未能完成第〔{}〕项核验；未完成不等于不一致。", at.number())
            } else {
                format!("Because [{why}], step [{}] could not be completed; not completed does not mean inconsistent.", at.number())
            }
        }
    }
}

fn consistent(report: &Report, number: &str, zh: bool) -> String {
    let time = report.facts.as_ref().map_or_else(|| "—".into(), |facts| facts.block_generated_at.beijing());
    // The deposit itself bears no digest of an item of its manifest.
    let item = report.value(Step::OriginalDigest, "item");
    if zh {
        let what = item.map_or_else(|| "所载“数据的哈希值”".into(), |item| format!("清单第〔{item}〕项所载摘要"));
        format!(
            "经核验，送检文件的摘要与存证编号〔{number}〕{what}一致；链上记录、区块衔接与节点签名均核验通过。未发现该电子数据自〔{time}〕上链后被篡改。"
        )
    } else {
        let what = item.map_or_else(|| "the data hash".into(), |item| format!("item [{item}] of the manifest"));
        format!(
            "Verified: the digests of the file presented agree with {what} of deposit number [{number}]; the record, the links between blocks and the nodes' signatures were verified. Nothing was found to show that the data was altered since it went on the chain at [{time}, Beijing time]."
        )
    }
}

fn chain_fault(report: &Report, zh: bool) -> String {
    let height = report.facts.as_ref().map_or_else(|| "—".into(), |facts| facts.block_height.to_string());
    if zh {
        format!("链上数据自身校验未通过，位置〔区块高度 {height}〕。本报告不作一致性结论，请通知审计人员。")
    } else {
        format!(
            "The chain's own data does not hold, at [block height {height}]. This report concludes nothing on consistency; inform the auditors."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_promises_more_than_the_chain_proves() {
        let mut all = vec![limits(Language::Chinese).to_owned(), limits(Language::English).to_owned()];
        for conclusion_code in Conclusion::ALL {
            let report = Report { conclusion: conclusion_code, ..Report::not_found(None) };
            all.extend([conclusion(&report, Language::Chinese), conclusion(&report, Language::English)]);
        }
        for text in all {
            for banned in ["法律效力", "真实有效", "司法认可", "100%", "不可篡改", "immutable", "tamper-proof"]
            {
                assert!(!text.contains(banned), "{text}");
            }
        }
    }

    #[test]
    fn every_step_has_a_label_in_both_languages() {
        for one in Step::ALL {
            assert!(!step(one, Language::Chinese).is_ascii());
            assert!(step(one, Language::English).is_ascii());
        }
        assert_eq!(Step::ALL.map(Step::number).to_vec(), (1..=17).collect::<Vec<u8>>());
    }
}
