//! The indexes.

use tiezheng::ledger::block::Height;
use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::content::HashAlgorithm;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{DepositPlace, LinkPosition, LogStore, ReadError};

use crate::support::chain::{Draft, append, everywhere, found, links_to, notice, number, published_of, seal};
use crate::support::stores::Bench;

fn places(all: &[u64]) -> Vec<LeafIndex> {
    all.iter().copied().map(LeafIndex).collect()
}

pub(super) fn every_row_is_found_and_only_once_published<B: Bench>() {
    let mut bench = B::begin();
    found(bench.store());
    let statement = Draft::nth(1).subject(7, 1).link(LinkKind::Refers, number(9)).sign();
    let first = seal(bench.store(), vec![Draft::nth(9).waiting(9)]);
    let waiting = PendingLeaf::Deposit { number: number(1), statement: statement.clone() };
    let block = append(bench.store(), vec![waiting]).unwrap();
    let (at, record) = (block.header.first, block.leaves[0].hash);
    let digests = statement.statement().content.unwrap().digests().collect::<Vec<_>>();
    assert_eq!(digests.len(), 2);
    for published in [false, true] {
        if published {
            bench.store().publish(published_of(&block)).unwrap();
        }
        for _ in 0..2 {
            let (store, found) = (bench.store(), published.then_some(at));
            assert_eq!(store.index_of_number(&number(1)), Ok(found));
            assert_eq!(store.find_statement(&statement.id()), Ok(found));
            assert_eq!(store.find_record(&record), Ok(found));
            assert_eq!(store.find_record(&block.hash), Ok(published.then(|| block.header.index())));
            assert_eq!(store.find_block(Height(2)), Ok(published.then(|| block.header.index())));
            for (algorithm, digest) in &digests {
                assert_eq!(store.find_digest(*algorithm, digest, everywhere(), 9), Ok(found.into_iter().collect()));
            }
            assert_eq!(store.find_subject(&Digest([7; 32]), 1), Ok(found));
            assert_eq!(store.subject_length(&Digest([7; 32])), Ok(u64::from(published)));
            let links = found.map(|at| (LinkKind::Refers, at)).into_iter().collect();
            assert_eq!(links_to(store, first.header.first.0, 9), Ok(links));
            bench.reopen();
        }
    }
    assert_eq!(bench.store().find_block(Height(3)), Ok(None));
    assert_eq!(bench.store().find_block(Height(u64::MAX)), Ok(None));
    assert_eq!(bench.store().find_statement(&record), Ok(None));
    assert_eq!(bench.store().find_record(&statement.id()), Ok(None));
}

pub(super) fn digests_are_listed_earliest_first<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let again = |nonce: u8| Draft::of(b"one file").nonce(nonce);
    seal(bench.store(), vec![again(1).waiting(1), Draft::nth(2).waiting(2), again(3).by(3).waiting(3)]);
    seal(bench.store(), (10..200).map(|n| again(n).waiting(n.into())).collect());
    append(bench.store(), vec![again(250).waiting(250)]).unwrap();
    let digest = again(1).sign().statement().content.unwrap().digests().collect::<Vec<_>>();
    for (algorithm, digest) in digest {
        let all = bench.store().find_digest(algorithm, &digest, everywhere(), 1000).unwrap();
        assert_eq!(all, places(&[[2, 4].as_slice(), &(6..196).collect::<Vec<_>>()].concat()));
        assert_eq!(bench.store().find_digest(algorithm, &digest, everywhere(), 3).unwrap(), places(&[2, 4, 6]));
        assert_eq!(bench.store().find_digest(algorithm, &digest, everywhere(), 0).unwrap(), []);
    }
}

pub(super) fn salted_digests_are_found_like_plain_ones<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    seal(bench.store(), vec![Draft::nth(1).waiting(1), Draft::nth(1).salted().waiting(2)]);
    let digest = Draft::nth(1).sign().statement().content.unwrap().sha256.unwrap();
    assert_eq!(bench.store().find_digest(HashAlgorithm::Sha256, &digest, everywhere(), 9), Ok(places(&[2, 3])));
    // The algorithm is named, never guessed.
    assert_eq!(bench.store().find_digest(HashAlgorithm::Sm3, &digest, everywhere(), 9), Ok(vec![]));
}

pub(super) fn neighbouring_keys_are_not_confused<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    // Subjects that differ in their last step: 0xff..ff has no successor, 6 and 8 stand around 7.
    let subjects = [6, 7, 8, 255];
    let first = subjects.map(|id| Draft::nth(id.into()).subject(id, 1).waiting(id.into()));
    let later = subjects.map(|id| Draft::nth(300 + u64::from(id)).subject(id, 2).waiting(300 + u64::from(id)));
    let block = seal(bench.store(), first.into_iter().chain(later).collect());
    for (position, id) in (0..).zip(subjects) {
        let (subject, at) = (Digest([id; 32]), block.header.first.0 + position);
        assert_eq!(bench.store().subject_length(&subject), Ok(2));
        assert_eq!(bench.store().find_subject(&subject, 1), Ok(Some(LeafIndex(at))));
        assert_eq!(bench.store().find_subject(&subject, 2), Ok(Some(LeafIndex(at + 4))));
    }
    for id in [0, 5, 9, 254] {
        assert_eq!(bench.store().subject_length(&Digest([id; 32])), Ok(0));
    }
    let deposits = block.header.first.0..block.header.first.0 + 8;
    for at in deposits.clone() {
        assert_eq!(links_to(bench.store(), at, 9), Ok(vec![]));
    }
    let to_all = [6, 8].into_iter().map(|n| Draft::nth(500 + n).link(LinkKind::Refers, number(n)).waiting(500 + n));
    let linking = seal(bench.store(), to_all.collect());
    let links = |at| links_to(bench.store(), at, 9).unwrap().len();
    assert_eq!(deposits.map(links).collect::<Vec<_>>(), [1, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(links(linking.header.first.0), 0);
}

pub(super) fn subjects_are_streams_without_gaps<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    for n in 1..=20 {
        seal(
            bench.store(),
            vec![Draft::nth(n).subject(7, n).waiting(n), Draft::nth(100 + n).subject(8, n).waiting(100 + n)],
        );
        assert_eq!(bench.store().subject_length(&Digest([7; 32])), Ok(n));
    }
    // Many unpublished ones do not count.
    append(bench.store(), (21..90).map(|n| Draft::nth(n).subject(7, n).waiting(n)).collect()).unwrap();
    let store = bench.store();
    assert_eq!(store.subject_length(&Digest([7; 32])), Ok(20));
    for n in 1..=20 {
        assert_eq!(store.find_subject(&Digest([7; 32]), n), Ok(Some(LeafIndex(3 * n - 1))));
        assert_eq!(store.find_subject(&Digest([8; 32]), n), Ok(Some(LeafIndex(3 * n))));
    }
    for n in [0, 21, 22, u64::MAX] {
        assert_eq!(store.find_subject(&Digest([7; 32]), n), Ok(None));
    }
    assert_eq!(store.subject_length(&Digest([9; 32])), Ok(0));
}

pub(super) fn links_are_listed_by_kind_and_then_earliest_first<B: Bench>() {
    let mut bench = B::begin();
    found(bench.store());
    seal(bench.store(), vec![Draft::nth(1).waiting(1)]);
    // Strangers first, the owner's weakest words before the strongest.
    seal(bench.store(), (100..300).map(|n| Draft::nth(n).by(9).link(LinkKind::Refers, number(1)).waiting(n)).collect());
    let kinds: Vec<_> = LinkKind::BY_PRIORITY.into_iter().rev().chain(LinkKind::BY_PRIORITY).collect();
    let mut expected: Vec<_> = (4..204).map(|at| (LinkKind::Refers, LeafIndex(at))).collect();
    for (n, kind) in (2..).zip(kinds) {
        let block = seal(bench.store(), vec![Draft::nth(n).link(kind, number(1)).waiting(n)]);
        expected.push((kind, block.header.first));
    }
    expected.sort_by_key(|(kind, place)| (kind.priority(), *place));
    assert_eq!(expected[..2], [(LinkKind::Withdraws, LeafIndex(213)), (LinkKind::Withdraws, LeafIndex(215))]);
    for _ in 0..2 {
        let store = bench.store();
        assert_eq!(links_to(store, 2, 999), Ok(expected.clone()));
        assert_eq!(links_to(store, 2, 2), Ok(expected[..2].to_vec()));
        assert_eq!(links_to(store, 2, 0), Ok(vec![]));
        assert_eq!(links_to(store, 4, 99), Ok(vec![]));
        // From any position on, whether a link stands there or not.
        for (at, &(kind, source)) in expected.iter().enumerate() {
            let found = store.links_to(LeafIndex(2), LinkPosition { kind, source }, 3).unwrap();
            assert_eq!(
                found,
                expected[at..(at + 3).min(expected.len())].iter().copied().map(position).collect::<Vec<_>>()
            );
            let after = LinkPosition { kind, source: LeafIndex(source.0 + 1) };
            let next = store.links_to(LeafIndex(2), after, 1).unwrap();
            assert_eq!(next, expected.get(at + 1).copied().map(position).into_iter().collect::<Vec<_>>());
        }
        let references = store.links_to(LeafIndex(2), LinkPosition::FIRST_REFERENCE, 1).unwrap();
        assert_eq!(references, [position((LinkKind::Refers, LeafIndex(4)))]);
        bench.reopen();
    }
    // What is not published is passed over, in whatever kind it stands.
    let more = [LinkKind::Withdraws, LinkKind::Refers].into_iter().zip(30..);
    append(bench.store(), more.map(|(kind, n)| Draft::nth(n).link(kind, number(1)).waiting(n)).collect()).unwrap();
    assert_eq!(links_to(bench.store(), 2, 999), Ok(expected));
    assert!(matches!(links_to(bench.store(), 1_000, 9), Err(ReadError::Beyond { asked: 1_001, .. })));
}

fn position((kind, source): (LinkKind, LeafIndex)) -> LinkPosition {
    LinkPosition { kind, source }
}

pub(super) fn deposits_of_a_digest_are_read_in_ranges<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let again = |nonce: u8| Draft::of(b"one file").nonce(nonce);
    seal(bench.store(), vec![again(1).waiting(1), Draft::nth(2).waiting(2), again(3).by(3).waiting(3)]);
    seal(bench.store(), (10..50).map(|n| again(n).waiting(n.into())).collect());
    append(bench.store(), vec![again(250).waiting(250)]).unwrap();
    let all: Vec<u64> = [2, 4].into_iter().chain(6..46).collect();
    let digest = again(1).sign().statement().content.unwrap().digests().collect::<Vec<_>>();
    for (algorithm, digest) in digest {
        for start in [0, 1, 2, 3, 4, 5, 6, 20, 45, 46, 47, 48, 1_000, u64::MAX] {
            for end in [0, 2, 3, 5, 30, 46, 47, 48, u64::MAX] {
                let within = LeafIndex(start)..LeafIndex(end);
                let expected: Vec<_> = all.iter().copied().filter(|at| (start..end).contains(at)).collect();
                for limit in [0, 1, 7, 1_000] {
                    let found = bench.store().find_digest(algorithm, &digest, within.clone(), limit).unwrap();
                    assert_eq!(found, places(&expected[..limit.min(expected.len())]), "{start}..{end}, {limit}");
                }
            }
        }
    }
}

pub(super) fn a_notice_said_twice_is_found_where_it_stood_first<B: Bench>() {
    let bench = B::begin();
    found(bench.store());
    let say = |n| PendingLeaf::Notice(notice(n));
    seal(bench.store(), vec![say(1), say(1), say(2)]);
    let block = seal(bench.store(), vec![say(2), say(3)]);
    let find = |n: u64| {
        let hash = tiezheng::ledger::hash::leaf_hash(notice(n).to_string().as_bytes());
        bench.store().find_record(&hash).unwrap()
    };
    assert_eq!([1, 2, 3].map(find), [2, 4, 7].map(|at| Some(LeafIndex(at))));
    assert_eq!(bench.store().leaf(LeafIndex(6)).unwrap(), block.leaves[0].bytes);
    assert_eq!(bench.store().tip().unwrap().size(), block.tip.size());
}

pub(super) fn a_number_names_its_block_and_says_whether_its_digest_was_deposited_before<B: Bench>() {
    let mut bench = B::begin();
    found(bench.store());
    let again = |n: u64| Draft::of(b"one file").nonce_of(n).waiting(n);
    let mut expected = Vec::new();
    // The second and third deposit of the file stand in one block, the fourth behind many others.
    let blocks = [vec![again(1), Draft::nth(5).waiting(5)], vec![again(2), again(3)]];
    let many = (100..300).map(|n| Draft::nth(n).waiting(n)).collect();
    for leaves in blocks.into_iter().chain([many, vec![Draft::nth(6).waiting(6), again(4)]]) {
        let block = seal(bench.store(), leaves);
        for (index, leaf) in (block.base.0..).map(LeafIndex).zip(&block.leaves) {
            let number = leaf.entry.as_ref().unwrap().number;
            let has_earlier = [2, 3, 4].map(crate::support::chain::number).contains(&number);
            expected.push((number, DepositPlace { index, header: block.header.index(), has_earlier }));
        }
    }
    for _ in 0..2 {
        for (number, place) in &expected {
            assert_eq!(bench.store().find_number(number), Ok(Some(*place)), "{number}");
        }
        bench.reopen();
    }
}

pub(super) fn statements_are_found_many_at_a_time<B: Bench>() {
    let mut bench = B::begin();
    found(bench.store());
    let ids: Vec<Digest> = (0..150).map(|n| Draft::nth(n).sign().id()).collect();
    let blocks: Vec<_> =
        [0..70, 70..140].map(|part| seal(bench.store(), part.map(|n| Draft::nth(n).waiting(n)).collect())).into();
    append(bench.store(), (140..150).map(|n| Draft::nth(n).waiting(n)).collect()).unwrap();
    let published = blocks.iter().flat_map(|block| (block.base.0..).take(70)).map(|at| Some(LeafIndex(at)));
    let all: Vec<_> = published.chain([None; 10]).collect();
    let reversed = |list: &[Option<LeafIndex>]| list.iter().rev().copied().collect::<Vec<_>>();
    for _ in 0..2 {
        assert_eq!(bench.store().find_statements(&ids), Ok(all.clone()));
        let backwards: Vec<Digest> = ids.iter().rev().copied().collect();
        assert_eq!(bench.store().find_statements(&backwards), Ok(reversed(&all)));
        assert_eq!(bench.store().find_statements(&[]), Ok(vec![]));
        bench.reopen();
    }
}
