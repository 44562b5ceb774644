//! Tests of attestations: the reservations that cosignatures, checkpoints of witnesses and timestamp tokens remove, and
//! forged attestations.

use super::*;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{Cosigner, CosignerKey};
use crate::ledger::policy::Policy;
use crate::ledger::verify::attestation::{
    Attestations, Member, MemberCheck, MemberCheckpoint, MemberKind, TimeCheck, TimeToken, TrustedTime, WitnessCheck,
};
use crate::ledger::verify::findings::detail;
use crate::ledger::verify::witnesses;
use crate::ledger::verify::wording::{self, Language};

fn witness(name: &str) -> Cosigner {
    let seed = crate::ledger::hash::sha256(name.as_bytes());
    Cosigner::new(Name::parse(&format!("witness.example/{name}")).unwrap(), seed.as_bytes()).unwrap()
}

/// A policy with the witnesses a, b, c and further lines.
fn policy(lines: &str) -> Policy {
    let witnesses: String = ["a", "b", "c"].map(|name| format!("witness {name} {}\n", witness(name).key())).concat();
    Policy::parse(&format!("log {}\n{witnesses}{lines}", ledger_key(1).verifier())).unwrap()
}

const TWO_OF_THREE: &str = "group members 2 a b c\nquorum members\n";

/// The receipt, cosigned by these witnesses.
fn cosigned_by(names: &[&str]) -> Receipt {
    let good = receipt();
    let checkpoint = SignedCheckpoint::parse(good.checkpoint.as_bytes()).unwrap();
    let line = |name: &&str| format!("{}\n", witness(name).cosign(checkpoint.checkpoint(), at(4)));
    Receipt { checkpoint: format!("{}{}", good.checkpoint, names.iter().map(line).collect::<String>()), ..good }
}

fn checkpoint_of(receipt: &Receipt) -> SignedCheckpoint {
    SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap()
}

/// The user's own file names the organisation of witness a.
fn member_of(key: &CosignerKey) -> Option<Member> {
    let member = Member { organisation: "某某互联网法院".into(), kind: MemberKind::Court };
    (key == witness("a").key()).then_some(member)
}

fn counted(receipt: &Receipt, policy: &Policy) -> WitnessCheck {
    witnesses::check(policy, &checkpoint_of(receipt), &member_of)
}

fn stamped(receipt: &Receipt) -> (Receipt, TimeCheck) {
    let token = TimeToken { authority: "CN=TSA".into(), time: at(5) };
    let time = TrustedTime { tokens: vec![token], not_later_than: at(6), not_contained_at: None };
    (Receipt { time_tokens: vec!["AAAA".into()], ..receipt.clone() }, TimeCheck::Verified(time))
}

fn with(receipt: &Receipt, source: RecordSource, attestations: Attestations<'_>) -> Report {
    let (trust, history) = (pinned(1), History::empty());
    let question = Question::about(receipt, &trust);
    verify(&Question { presented: file(FILE), history: Some(&history), source, attestations, ..question })
}

fn step(report: &Report, step: Step) -> &StepResult {
    report.steps.iter().find(|result| result.step == step).unwrap()
}

fn only_witnesses(receipt: &Receipt, policy: &Policy) -> Report {
    let witnesses = counted(receipt, policy);
    with(receipt, RecordSource::Node, Attestations { witnesses: &witnesses, ..Attestations::NONE })
}

#[test]
fn a_quorum_of_the_users_policy_lifts_the_reservation_of_the_single_operator() {
    let two = policy(TWO_OF_THREE);
    let time = Reservation::NoIndependentTime;
    for (names, outcome, counts, reserved) in [
        (&[][..], Outcome::Checked, "0/3", vec![Reservation::SingleOperator, time]),
        (&["b"], Outcome::Checked, "1/3", vec![Reservation::QuorumNotReached, time]),
        (&["a", "c"], Outcome::Passed, "2/3", vec![time]),
        (&["a", "b", "c"], Outcome::Passed, "3/3", vec![time]),
        (&["a", "stranger"], Outcome::Checked, "1/3", vec![Reservation::QuorumNotReached, time]),
    ] {
        let report = only_witnesses(&cosigned_by(names), &two);
        assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation, "{names:?}");
        assert_eq!(report.reservations, reserved, "{names:?}");
        assert_eq!(report.outcome(Step::Signatures), Some(outcome), "{names:?}");
        assert_eq!(report.value(Step::Signatures, "witnesses"), Some(counts));
        assert_eq!(report.value(Step::Signatures, "required"), Some("2"));
        assert_eq!(report.value(Step::Signatures, "signatures"), Some("1/1"), "the ledger's own");
    }
}

#[test]
fn other_policies_count_the_same_cosignatures_otherwise() {
    let receipt = cosigned_by(&["a", "b"]);
    for (lines, reached, counts, required) in [
        ("quorum c\n", false, "0/1", "1"),
        ("quorum a\n", true, "1/1", "1"),
        ("group g all a b c\nquorum g\n", false, "2/3", "3"),
        ("group g any b c\nquorum g\n", true, "1/2", "1"),
        ("group x any a b\ngroup y all x c\nquorum y\n", false, "2/3", "2"),
        ("group x any b c\ngroup y all a x\nquorum y\n", true, "2/3", "2"),
    ] {
        let report = only_witnesses(&receipt, &policy(lines));
        assert_eq!(!report.reservations.contains(&Reservation::SingleOperator), counts != "0/1", "{lines}");
        let is_reached = report.outcome(Step::Signatures) == Some(Outcome::Passed);
        assert_eq!(is_reached, reached, "{lines}");
        assert_eq!(report.value(Step::Signatures, "witnesses"), Some(counts), "{lines}");
        assert_eq!(report.value(Step::Signatures, "required"), Some(required), "{lines}");
    }
    // Without a policy, and with a policy that requires no witness, the result depends on the operator alone.
    let none = only_witnesses(&receipt, &policy("quorum none\n"));
    let no_policy = with(&receipt, RecordSource::Node, Attestations::NONE);
    for report in [none, no_policy] {
        assert_eq!(report.reservations, [Reservation::SingleOperator, Reservation::NoIndependentTime]);
        assert_eq!(report.outcome(Step::Signatures), Some(Outcome::Passed));
        assert_eq!(report.value(Step::Signatures, "witnesses"), None);
    }
}

#[test]
fn organisations_come_from_the_users_file() {
    let report = only_witnesses(&cosigned_by(&["a", "b"]), &policy(TWO_OF_THREE));
    let signatures = step(&report, Step::Signatures);
    let told: Vec<_> = signatures.values.iter().filter(|(name, _)| *name == "witness").map(|(_, told)| told).collect();
    assert_eq!(
        told,
        [
            "witness.example/a 2026-11-22T01:04:15.000Z court 某某互联网法院",
            "witness.example/b 2026-11-22T01:04:15.000Z",
        ]
    );
    let said = |language| detail(signatures, language).unwrap();
    assert!(said(Language::Chinese).ends_with("；见证节点 3 家中 2 家签名，要求 2 家"), "{}", said(Language::Chinese));
    assert!(said(Language::English).ends_with("; signed by 2 of 3 witnesses, 2 required"));
    let few = only_witnesses(&cosigned_by(&["a"]), &policy(TWO_OF_THREE));
    assert_eq!(
        detail(step(&few, Step::Signatures), Language::Chinese).unwrap(),
        "账本签名验证通过；见证节点 3 家中 1 家签名，要求 2 家，未达到信任策略的要求"
    );
}

#[test]
fn a_forged_line_in_the_name_of_a_known_witness_fails_step_9() {
    let good = cosigned_by(&["a", "b", "c"]);
    let other = Checkpoint { size: TreeSize(3), ..checkpoint_of(&good).checkpoint().clone() };
    let forged = format!("{}\n", witness("c").cosign(&other, at(4)));
    let receipt = Receipt { checkpoint: format!("{}{forged}", cosigned_by(&["a", "b"]).checkpoint), ..good };
    let two = policy(TWO_OF_THREE);
    let witnesses = counted(&receipt, &two);
    assert_eq!(witnesses, WitnessCheck::Forged { witness: witness("c").key().name().clone() });
    let attestations = Attestations { witnesses: &witnesses, ..Attestations::NONE };
    // Anyone may have changed a receipt file; a node is responsible for its response.
    let paper = with(&receipt, RecordSource::Receipt, attestations);
    assert_eq!((paper.conclusion, paper.obstacle.clone()), (Conclusion::Unable, Some(Obstacle::BrokenReceipt)));
    let told = wording::conclusion(&paper, Language::Chinese);
    assert!(told.contains("第〔9〕项") && told.contains("未完成不等于不一致"), "{told}");
    for source in [RecordSource::Node, RecordSource::OwnLedger] {
        assert_eq!(with(&receipt, source, attestations).conclusion, Conclusion::ChainFault);
    }
    let failed = step(&paper, Step::Signatures);
    assert_eq!(failed.outcome, Outcome::Failed);
    let said = |language| detail(failed, language).unwrap();
    assert!(said(Language::Chinese).ends_with("以“witness.example/c”名义的见证签名验证不通过"));
    assert!(said(Language::English).ends_with("in the name of the witness witness.example/c does not verify"));
    // Without that witness in the policy, the line has an unknown key and is ignored.
    let own = Policy::parse(&format!("log {}\nwitness a {}\nquorum a\n", ledger_key(1).verifier(), witness("a").key()));
    assert_eq!(only_witnesses(&receipt, &own.unwrap()).reservations, [Reservation::NoIndependentTime]);
}

#[test]
fn consistent_means_quorum_and_trusted_time_and_nothing_else_reserved() {
    let (receipt, time) = stamped(&cosigned_by(&["a", "b"]));
    let witnesses = counted(&receipt, &policy(TWO_OF_THREE));
    let both = Attestations { witnesses: &witnesses, time: &time, ..Attestations::NONE };
    let report = with(&receipt, RecordSource::Node, both);
    assert_eq!((report.conclusion, &report.reservations[..]), (Conclusion::Consistent, &[][..]));
    assert_eq!(report.value(Step::TimeToken, "time_token"), Some("2026-11-22T01:04:16.000Z CN=TSA"));
    assert_eq!(report.value(Step::TimeToken, "not_later_than"), Some("2026-11-22T01:04:17.000Z"));
    let said = detail(step(&report, Step::TimeToken), Language::Chinese).unwrap();
    assert!(said.contains("不晚于 2026-11-22 09:04:17.000 已存在"), "{said}");
    let timed = with(&receipt, RecordSource::Node, Attestations { time: &time, ..Attestations::NONE });
    assert_eq!(timed.reservations, [Reservation::SingleOperator]);
    let trust = pinned(1);
    let offline = verify(&Question { presented: file(FILE), attestations: both, ..Question::about(&receipt, &trust) });
    assert_eq!(offline.reservations, [Reservation::LaterHistoryNotChecked]);
    let test = receipt_of(&[genesis(Mode::Test)], statement(Some(content()), 3), true, &ledger_key(1));
    let test = Receipt { time_tokens: vec!["AAAA".into()], ..test };
    assert!(with(&test, RecordSource::Node, both).reservations.contains(&Reservation::TestLedger));
}

#[test]
fn tokens_that_were_not_verified_lift_nothing_and_contradict_nothing() {
    let (receipt, _) = stamped(&receipt());
    let invalid = TimeCheck::Invalid { code: "time_token_imprint_mismatch" };
    for (time, outcome) in [
        (TimeCheck::NotChecked, Outcome::NotPerformed(SkipReason::UnreadTimeToken)),
        (TimeCheck::Untrusted, Outcome::NotPerformed(SkipReason::UntrustedTimeToken)),
        (invalid, Outcome::Failed),
    ] {
        let report = with(&receipt, RecordSource::Receipt, Attestations { time: &time, ..Attestations::NONE });
        assert_eq!(report.outcome(Step::TimeToken), Some(outcome));
        assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation);
        assert!(report.reservations.contains(&Reservation::NoIndependentTime));
    }
    let none = with(&super::receipt(), RecordSource::Receipt, Attestations::NONE);
    assert_eq!(none.outcome(Step::TimeToken), Some(Outcome::NotPerformed(SkipReason::NoTimeToken)));
}

#[test]
fn step_10_compares_with_what_a_witness_holds() {
    let receipt = receipt();
    let held = MemberCheckpoint {
        witness: witness("a").key().name().clone(),
        member: member_of(witness("a").key()),
        size: TreeSize(99),
        time: at(9),
    };
    let asked = |receipt: &Receipt, member: &MemberCheck| {
        with(receipt, RecordSource::Receipt, Attestations { member, ..Attestations::NONE })
    };
    let offline = asked(&receipt, &MemberCheck::NotPerformed(SkipReason::Offline));
    assert_eq!(offline.outcome(Step::Witnesses), Some(Outcome::NotPerformed(SkipReason::Offline)));
    let agrees = asked(&receipt, &MemberCheck::Agrees(vec![held.clone()]));
    assert_eq!(agrees.outcome(Step::Witnesses), Some(Outcome::Passed));
    assert_eq!(agrees.value(Step::Witnesses, "witness_size"), Some("99"));
    for fault in [LedgerFault::Forked, LedgerFault::WitnessDisagrees] {
        let contradicted = MemberCheck::Contradicted { by: held.clone(), fault };
        let report = asked(&receipt, &contradicted);
        assert_eq!((report.conclusion, report.fault), (Conclusion::ChainFault, Some(fault)));
        assert_eq!(report.outcome(Step::Witnesses), Some(Outcome::Failed));
        assert_ne!(report.outcome(Step::RecordExists), Some(Outcome::Failed));
        // A receipt that does not verify contradicts no ledger.
        let broken = Receipt { index: LeafIndex(0), ..receipt.clone() };
        let report = asked(&broken, &contradicted);
        assert_eq!((report.conclusion, report.fault), (Conclusion::Unable, None));
        assert_eq!(report.outcome(Step::Witnesses), Some(Outcome::NotPerformed(SkipReason::DamagedReceipt)));
    }
}

#[test]
fn a_cosignature_that_is_missing_is_no_checkpoint_of_a_witness() {
    let two = policy(TWO_OF_THREE);
    let signed = checkpoint_of(&cosigned_by(&["a"]));
    let held: Vec<_> = two.witnesses().iter().map(|one| witnesses::held_by(one, &signed, &member_of)).collect();
    assert_eq!(held[0].as_ref().unwrap().member, member_of(witness("a").key()));
    assert!(held[1].is_err() && held[2].is_err());
}
