//! Every document is printed as `json::pretty` or `json::line` prints its shape.

use super::*;
use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::media::MediaType;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::receipt::KeyNotice;
use crate::ledger::statement::content::Content;
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{Link, Statement};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::history::{ClaimFault, LinkStanding, Total};
use crate::wire::deposit::BatchVerdict;
use crate::wire::facts::{DepositJson, ProofView};
use crate::wire::receipt::ReceiptJson;

#[test]
fn each_kind_of_field_is_printed_as_the_library_does() {
    let fields = |json: &mut JsonWriter| {
        // In the order of their names, in which the library keeps them.
        json.string("a", "\"证\n");
        json.plain("aa", "证");
        json.display("ab", 7);
        json.bare("b", 7);
        json.object("c", |json| json.bare("d", true));
        json.objects("e", [1, 2], |json, n| json.bare("n", n));
        json.strings("f", &["\\".into(), "证".into()]);
        json.path("g", &InclusionProof::from_hashes(vec![Digest([0xab; 32]); 2]).unwrap());
        json.objects("none", [0; 0], |json, n| json.bare("n", n));
        json.object("nothing", |_| {});
    };
    let shape = serde_json::json!({
        "a": "\"证\n", "aa": "证", "ab": "7", "b": 7, "c": { "d": true }, "e": [{ "n": 1 }, { "n": 2 }],
        "f": ["\\", "证"], "g": ["ab".repeat(32), "ab".repeat(32)], "none": [], "nothing": {},
    });
    let (mut pretty, mut line) = (String::new(), "before\n".to_owned());
    JsonWriter::write(&mut pretty, Layout::Pretty, fields);
    JsonWriter::write(&mut line, Layout::OneLine, fields);
    assert_eq!(pretty, json::pretty(&shape));
    assert_eq!(line, format!("before\n{}", json::line(&shape)));
}

#[test]
fn receipts_and_verdicts_are_printed_as_their_shapes() {
    let path = |n: u8| InclusionProof::from_hashes(vec![Digest([n; 32]); usize::from(n)]).unwrap();
    let rotated = Receipt {
        entry: "entry\n\"合同\"\n".into(),
        index: LeafIndex(7),
        header: "header\n".into(),
        entry_path: path(0),
        header_path: path(1),
        previous_path: path(2),
        key_notices: vec![KeyNotice { index: LeafIndex(0), text: "notice\n".into(), path: path(3) }],
        checkpoint: "checkpoint\n".into(),
        time_tokens: vec!["AA==".into()],
    };
    let common = Receipt { key_notices: Vec::new(), time_tokens: Vec::new(), ..rotated.clone() };
    for one in [rotated, common] {
        assert_eq!(receipt(&one), json::pretty(&ReceiptJson::from(&one)));
        let shape = BatchVerdict { line: 3, status: 201, receipt: Some(ReceiptJson::from(&one)), problem: None };
        let mut text = "before\n".to_owned();
        batch_verdict(&mut text, 3, 201, &one);
        assert_eq!(text, format!("before\n{}", json::line(&shape)));
    }
}

fn proof(time: Option<Timestamp>) -> ProofView {
    let witnesses = time.map(|_| 3);
    ProofView { level: "witnessed", cosignatures: 2, witnesses, quorum_reached: true, time }
}

#[test]
fn a_look_up_is_printed_as_its_shape() {
    let ledger = Name::parse("example.org/ledger").unwrap();
    let number = |text: &str| DepositNumber::parse(text).unwrap();
    let (one, other) = (number("20261122-0K7M-X9QT-3D5W-C3"), number("T20261122-0K7M-X9QT-3D5W-MP"));
    let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
    let signer = Signer::of_depositor(&[1; 32]).unwrap();
    let plain = Content { form: Form::Plain { size: 7 }, sha256: Some(Digest([5; 32])), sm3: Some(Digest([4; 32])) };
    let bare = Statement {
        ledger: ledger.clone(),
        content: Some(plain),
        manifest: None,
        media_type: None,
        meta: None,
        subject: None,
        links: Vec::new(),
        on_behalf: None,
        nonce: [9; 16],
        keys: vec![signer.verifier().clone()],
    };
    let full = Statement {
        media_type: MediaType::parse("application/pdf"),
        links: vec![Link { kind: LinkKind::Corrects, number: one }, Link { kind: LinkKind::Refers, number: other }],
        on_behalf: Some(Digest([6; 32])),
        ..bare.clone()
    };
    let salted = Statement { content: Some(Content { form: Form::Salted, ..plain }), ..bare.clone() };
    let manifest =
        Statement { content: None, manifest: Some(ManifestRoot { root: Digest([3; 32]), count: 2 }), ..bare.clone() };
    let link = |kind, number, status, standing| LaterLink { kind, number, status, standing };
    let not_owner = ClaimStatus::Invalid(ClaimFault::NotOwner);
    let earlier = vec![EarlierDeposit { number: other, status: ClaimStatus::Unverified }];
    let listed = History {
        owner_links: Listed::complete(vec![
            link(LinkKind::Withdraws, one, ClaimStatus::Verified, Some(LinkStanding::Withdrawn(other))),
            link(LinkKind::Corrects, one, ClaimStatus::Verified, Some(LinkStanding::Unchecked)),
            link(LinkKind::Replaces, other, not_owner, None),
        ]),
        references: Listed {
            items: vec![link(LinkKind::Refers, one, ClaimStatus::Verified, None)],
            total: Total { count: 1_000, exact: false },
            next_cursor: Some("refers.7".into()),
        },
        earlier: Listed::complete(earlier),
    };
    for (statement, history) in
        [(bare, History::empty()), (full, listed), (salted, History::empty()), (manifest, History::empty())]
    {
        for (number, by_platform) in [(one, false), (other, true)] {
            let made = SignedStatement::sign(statement.clone(), std::slice::from_ref(&signer)).unwrap();
            let entry = Entry { number, received: time, statement: made.into_note() };
            let header = BlockHeader {
                ledger: ledger.clone(),
                height: Height(7),
                previous: Digest([1; 32]),
                time,
                first: LeafIndex(5),
                count: 3,
                root: Digest([2; 32]),
            };
            let facts = Facts::of(&entry, &header);
            for proof in [None, Some(proof(by_platform.then_some(time)))] {
                let (entry, facts, history) = (&entry, &facts, &history);
                let view = DepositView { index: LeafIndex(6), entry, facts, history, by_platform, proof };
                assert_eq!(deposit(&view), json::pretty(&DepositJson::from(&view)));
            }
        }
    }
}
