//! Tests of the single steps: a step passes only if it compared two values from different sources.

use super::*;
use crate::ledger::verify::findings::{detail, finding};
use crate::ledger::verify::history::{EarlierDeposit, Total};
use crate::ledger::verify::trust::KeySource;
use crate::ledger::verify::wording::{self, Language};

fn number(n: u64) -> DepositNumber {
    (n * 100..).find_map(|random| DepositNumber::draw(false, at(0).beijing_date(), random)).unwrap()
}

fn link(kind: LinkKind, n: u64, status: ClaimStatus) -> LaterLink {
    let standing = (kind.needs_ownership() && status == ClaimStatus::Verified).then_some(LinkStanding::InForce);
    LaterLink { kind, number: number(n), status, standing }
}

fn found(history: &History, step: Step) -> (Outcome, String, String) {
    let (receipt, trust) = (receipt(), pinned(1));
    let source = RecordSource::Node;
    let report = verify(&Question { source, history: Some(history), ..Question::about(&receipt, &trust) });
    let result = report.steps.into_iter().find(|result| result.step == step).unwrap();
    (result.outcome, finding(&result, Language::Chinese), finding(&result, Language::English))
}

#[test]
fn nothing_that_was_not_compared_passes() {
    let report = ask(&receipt(), PresentedEvidence::Nothing);
    for result in &report.steps {
        let compared = matches!(result.outcome, Outcome::Passed | Outcome::Failed | Outcome::Checked);
        assert_eq!(result.compared.is_some(), compared, "{result:?}");
        for language in [Language::Chinese, Language::English] {
            assert!(detail(result, language).is_some_and(|text| !text.is_empty()), "{result:?}");
        }
    }
    let outcomes = |step| report.outcome(step).unwrap();
    assert_eq!(outcomes(Step::NumberCheck), Outcome::NotApplicable(SkipReason::NoNumberEntered));
    assert_eq!(outcomes(Step::RecordExists), Outcome::Checked, "a receipt holds its own record");
    assert_eq!(outcomes(Step::TxId), Outcome::NotApplicable(SkipReason::NoStatedTxId));
    assert_eq!(outcomes(Step::OriginalDigest), Outcome::NotPerformed(SkipReason::NoFile));
    assert_eq!(outcomes(Step::LaterLinks), Outcome::NotPerformed(SkipReason::Offline));
    assert_eq!(outcomes(Step::EarlierDeposits), Outcome::NotPerformed(SkipReason::Offline));
    assert_eq!(outcomes(Step::ImportSnapshot), Outcome::NotApplicable(SkipReason::NotACaseItem));
    assert_eq!(outcomes(Step::Sheets), Outcome::NotPerformed(SkipReason::NoSheets));
}

#[test]
fn a_number_is_checked_if_the_user_entered_it_and_compared_with_the_records() {
    let (receipt, trust) = (receipt(), pinned(1));
    let own = ask(&receipt, PresentedEvidence::Nothing).number;
    let with = |number, number_entered| {
        let report = verify(&Question { number, number_entered, ..Question::about(&receipt, &trust) });
        (report.outcome(Step::NumberCheck).unwrap(), report.outcome(Step::RecordExists).unwrap())
    };
    assert_eq!(with(own, true), (Outcome::Passed, Outcome::Passed));
    assert_eq!(with(own, false), (Outcome::NotApplicable(SkipReason::NumberFromCase), Outcome::Passed));
    assert_eq!(with(Some(number(77)), true), (Outcome::Passed, Outcome::Failed));
}

#[test]
fn a_transaction_id_passes_only_against_one_that_was_stated_elsewhere() {
    let (receipt, trust) = (receipt(), pinned(1));
    let with = |stated_tx_id| {
        let report = verify(&Question { stated_tx_id, ..Question::about(&receipt, &trust) });
        (report.outcome(Step::TxId).unwrap(), report.conclusion)
    };
    assert_eq!(with(Some(leaf_hash(receipt.entry.as_bytes()))), (Outcome::Passed, Conclusion::RecordOnly));
    // The record itself verifies; the court assesses the other transaction id.
    assert_eq!(with(Some(Digest([1; 32]))), (Outcome::Failed, Conclusion::RecordOnly));
}

#[test]
fn of_a_damaged_receipt_nothing_is_compared() {
    let good = receipt();
    let damaged = |receipt: &Receipt| ask(receipt, file(FILE));
    let not_performed = Some(Outcome::NotPerformed(SkipReason::DamagedReceipt));
    let entry = damaged(&Receipt { entry: good.entry.replacen("number ", "nummer ", 1), ..good.clone() });
    for step in [
        Step::NumberCheck,
        Step::RecordExists,
        Step::Algorithms,
        Step::OriginalDigest,
        Step::TxId,
        Step::InBlock,
        Step::TimeOrder,
        Step::DepositorSignature,
    ] {
        assert_eq!(entry.outcome(step), not_performed, "{step:?}");
    }
    assert_eq!(entry.outcome(Step::BlockHash), Some(Outcome::Passed), "the rest of it is compared");
    let header = damaged(&Receipt { header: String::new(), ..good.clone() });
    for step in [Step::InBlock, Step::BlockHash, Step::PreviousBlock, Step::TimeOrder, Step::DepositorSignature] {
        assert_eq!(header.outcome(step), not_performed, "{step:?}");
    }
    let checkpoint = damaged(&Receipt { checkpoint: "x".into(), ..good.clone() });
    for step in [Step::BlockHash, Step::PreviousBlock, Step::Signatures, Step::DepositorSignature] {
        assert_eq!(checkpoint.outcome(step), not_performed, "{step:?}");
    }
    for report in [entry, header, checkpoint] {
        assert_eq!((report.conclusion, report.obstacle.clone()), (Conclusion::Unable, Some(Obstacle::BrokenReceipt)));
        let (zh, en) = (Language::Chinese, Language::English);
        assert!(wording::conclusion(&report, zh).contains("未完成不等于不一致"));
        assert!(
            !wording::conclusion(&report, zh).contains("篡改") && !wording::conclusion(&report, en).contains("altered")
        );
    }
}

#[test]
fn later_links_are_a_finding_and_never_passed() {
    use crate::ledger::verify::history::ClaimFault;
    use ClaimStatus::{Invalid, Unverified, Verified};
    let none = found(&History::empty(), Step::LaterLinks);
    assert_eq!(
        none,
        (
            Outcome::Checked,
            "未见更正、替换、补充或者撤回".into(),
            "no correction, replacement, supplement or withdrawal found".into()
        )
    );
    let listed = |links: Vec<LaterLink>| History { owner_links: Listed::complete(links), ..History::empty() };
    let withdrawn = found(&listed(vec![link(LinkKind::Withdraws, 1, Verified)]), Step::LaterLinks);
    assert_eq!(
        withdrawn,
        (Outcome::Checked, format!("已被撤回（{}）", number(1)), format!("withdrawn by {}", number(1)))
    );
    let many = (1..=5).map(|n| link(LinkKind::Corrects, n, Verified)).collect();
    let (_, zh, en) = found(&listed(many), Step::LaterLinks);
    assert!(zh.ends_with("等 5 件）") && en.ends_with("and 2 more"), "{zh} {en}");
    // Invalid claims are ignored, and the report lists them.
    let claims =
        vec![link(LinkKind::Withdraws, 1, Invalid(ClaimFault::NotOwner)), link(LinkKind::Corrects, 2, Unverified)];
    let (outcome, zh, en) = found(&listed(claims), Step::LaterLinks);
    assert_eq!(outcome, Outcome::Checked);
    assert_eq!(zh, "未见更正、替换、补充或者撤回；节点所称另有 1 件未核对；节点所称另有 1 件不成立；历史不完整");
    assert!(en.ends_with("history incomplete") && !en.contains("withdrawn"), "{en}");
    let cut = Listed {
        total: Total { count: 7, exact: true },
        ..Listed::complete(vec![link(LinkKind::Withdraws, 1, Verified)])
    };
    let (_, zh, _) = found(&History { owner_links: cut, ..History::empty() }, Step::LaterLinks);
    assert!(zh.starts_with("已被撤回") && zh.ends_with("历史不完整"), "{zh}");
    // References by other depositors are counted, and do not make the owner's history incomplete.
    let total = Total { count: 100, exact: false };
    let references =
        Listed { total, next_cursor: Some("c".into()), ..Listed::complete(vec![link(LinkKind::Refers, 3, Verified)]) };
    let (_, zh, en) = found(&History { references, ..History::empty() }, Step::LaterLinks);
    assert!(zh.ends_with("被提及至少 100 次") && en.ends_with("referred to at least 100 times"), "{zh} {en}");
}

#[test]
fn a_withdrawal_that_was_withdrawn_is_shown_and_no_longer_counts() {
    let (receipt, trust) = (receipt(), pinned(1));
    let verified = |standing| {
        let link = LaterLink { standing: Some(standing), ..link(LinkKind::Withdraws, 1, ClaimStatus::Verified) };
        let history = History { owner_links: Listed::complete(vec![link]), ..History::empty() };
        let finding = found(&history, Step::LaterLinks);
        let question = Question { presented: file(FILE), history: Some(&history), ..Question::about(&receipt, &trust) };
        let reserved = verify(&question).reservations;
        let is = |one| reserved.contains(&one);
        (finding.1, finding.2, is(Reservation::Withdrawn), is(Reservation::LaterHistoryNotChecked))
    };
    let (zh, en, withdrawn, unchecked) = verified(LinkStanding::Withdrawn(number(2)));
    assert!(zh.contains(&number(1).to_string()) && zh.contains(&number(2).to_string()), "{zh}");
    assert!(en.contains("no longer") || en.contains("is not counted"), "{en}");
    assert!(!zh.contains("未见") && !withdrawn && !unchecked, "{zh}");
    // If it is not known, the withdrawal counts, and the report states that it is not known.
    let (zh, en, withdrawn, unchecked) = verified(LinkStanding::Unchecked);
    assert!(zh.starts_with("已被撤回") && zh.contains("未核对") && en.contains("not checked"), "{zh} {en}");
    assert!(withdrawn && unchecked);
    assert_eq!((verified(LinkStanding::InForce).2, verified(LinkStanding::InForce).3), (true, false));
}

#[test]
fn only_a_withdrawal_that_holds_and_was_not_withdrawn_ends_a_link() {
    use crate::ledger::verify::history::{ClaimFault, Withdrawal};
    use ClaimStatus::{Invalid, Unverified, Verified};
    let one = |n, status, is_contested| Withdrawal { number: number(n), status, is_contested };
    let of = |items: Vec<Withdrawal>| LinkStanding::of(&Listed::complete(items));
    assert_eq!(of(vec![]), LinkStanding::InForce);
    assert_eq!(of(vec![one(1, Verified, false)]), LinkStanding::Withdrawn(number(1)));
    assert_eq!(of(vec![one(1, Verified, true), one(2, Verified, false)]), LinkStanding::Withdrawn(number(2)));
    for unknown in [one(1, Verified, true), one(1, Unverified, false)] {
        assert_eq!(of(vec![unknown]), LinkStanding::Unchecked);
    }
    assert_eq!(of(vec![one(1, Invalid(ClaimFault::NotOwner), false)]), LinkStanding::InForce);
    let cut = Listed { total: Total { count: 9, exact: true }, ..Listed::complete(vec![]) };
    assert_eq!(LinkStanding::of(&cut), LinkStanding::Unchecked);
}

#[test]
fn earlier_deposits_are_counted() {
    let earlier = |count: u64| (1..=count).map(|n| EarlierDeposit { number: number(n), status: ClaimStatus::Verified });
    let of = |list| found(&History { earlier: list, ..History::empty() }, Step::EarlierDeposits);
    assert_eq!(of(Listed::complete(vec![])).1, "未见更早存证");
    let three = of(Listed::complete(earlier(3).collect()));
    assert_eq!(three, (Outcome::Checked, "有 3 次更早存证".into(), "3 earlier deposits".into()));
    assert_eq!(of(Listed::complete(earlier(1).collect())).2, "1 earlier deposit");
    let cut = Listed { total: Total { count: 105, exact: true }, ..Listed::complete(earlier(2).collect()) };
    assert_eq!(of(cut).1, "有 105 次更早存证；历史不完整");
}

#[test]
fn an_incomplete_history_of_the_owner_is_reserved_and_strangers_links_are_not() {
    let (receipt, trust) = (receipt(), pinned(1));
    let reserved = |history: Option<&History>| {
        let question = Question { presented: file(FILE), history, ..Question::about(&receipt, &trust) };
        verify(&question).reservations.contains(&Reservation::LaterHistoryNotChecked)
    };
    assert!(reserved(None));
    assert!(!reserved(Some(&History::empty())));
    let cut = |list: Listed<LaterLink>| Listed { total: Total { count: 9, exact: true }, ..list };
    let none = || Listed::complete(Vec::new());
    assert!(reserved(Some(&History { owner_links: cut(none()), ..History::empty() })));
    assert!(!reserved(Some(&History { references: cut(none()), ..History::empty() })));
}

#[test]
fn a_signature_on_behalf_of_an_account_is_not_the_depositors() {
    let signer = Signer::of_depositor(&[9; 32]).unwrap();
    let own = statement(Some(content()), 3).statement().clone();
    let signed = Statement { on_behalf: Some(Digest([4; 32])), ..own };
    let signed = SignedStatement::sign(signed, std::slice::from_ref(&signer)).unwrap();
    let receipt = receipt_of(&[genesis(Mode::Live)], signed, false, &ledger_key(1));
    let (trust, stranger) = (pinned(1), Signer::of_depositor(&[8; 32]).unwrap());
    for (platform, zh, en) in [
        (
            Some(&signer),
            "平台代存证人签名：通过；存证人未自行签名",
            "signed by the platform on behalf of an account, not by the depositor",
        ),
        (Some(&stranger), "签名密钥不是平台密钥", "the key is not the platform's"),
        (
            None,
            "平台代存证人签名（据声明所载，密钥是否为平台密钥未核对）：签名验证通过",
            "whether the key is the platform's was not checked",
        ),
    ] {
        let platform = platform.map(Signer::verifier);
        let report = verify(&Question { presented: file(FILE), platform, ..Question::about(&receipt, &trust) });
        assert!(report.reservations.contains(&Reservation::SignedOnBehalf));
        let result = report.steps.iter().find(|result| result.step == Step::DepositorSignature).unwrap();
        assert_eq!(result.outcome, Outcome::Checked);
        let (said_zh, said_en) = (finding(result, Language::Chinese), finding(result, Language::English));
        assert!(said_zh.contains(zh) && said_zh.contains(signer.verifier().name().as_str()), "{said_zh}");
        assert!(said_en.contains(en) && said_en.contains(&Digest([4; 32]).to_string()), "{said_en}");
    }
    let own = ask(&super::receipt(), file(FILE));
    assert_eq!(own.outcome(Step::DepositorSignature), Some(Outcome::Passed));
    assert!(!own.reservations.contains(&Reservation::SignedOnBehalf));
}

#[test]
fn by_whose_key_a_checkpoint_was_checked_is_said() {
    let receipt = receipt();
    for (source, expected) in [
        (KeySource::Pinned, ComparisonKind::CheckpointWithPinnedKey),
        (KeySource::OwnNode, ComparisonKind::CheckpointWithNodeKey),
        (KeySource::CourtList, ComparisonKind::CheckpointWithCourtKey),
    ] {
        let trust = pinned(1).from_source(source);
        let report = verify(&Question::about(&receipt, &trust));
        let result = report.steps.iter().find(|result| result.step == Step::Signatures).unwrap();
        assert_eq!((result.outcome, result.compared), (Outcome::Passed, Some(expected)));
        assert_eq!(report.value(Step::Signatures, "signatures"), Some("1/1"));
    }
}

#[test]
fn a_ledger_that_contradicts_a_receipt_that_holds_is_a_chain_fault() {
    let trust = pinned(1);
    let good = receipt();
    for fault in LedgerFault::ALL {
        let question = Question { presented: file(FILE), fault: Some(fault), ..Question::about(&good, &trust) };
        let report = verify(&question);
        assert_eq!((report.conclusion, report.fault), (Conclusion::ChainFault, Some(fault)));
        assert_eq!(report.outcome(Step::RecordExists), Some(Outcome::Failed));
        assert!(report.reservations.is_empty());
        // A receipt that is invalid, or that no trusted key signed, contradicts no ledger.
        let broken = Receipt { index: LeafIndex(0), ..good.clone() };
        let report = verify(&Question { receipt: &broken, ..question });
        assert_eq!((report.conclusion, report.fault), (Conclusion::Unable, None));
        let stranger = Trust::default();
        let report = verify(&Question { trust: &stranger, ..question });
        assert_eq!((report.obstacle, report.fault), (Some(Obstacle::UnknownKey), None));
    }
}
