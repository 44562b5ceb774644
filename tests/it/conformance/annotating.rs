//! Annotations of checkpoints.

use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::store::traits::{
    AnnotatedCheckpoint, Annotation, AnnotationKind, AnnotationReader as _, Annotations as _, AppendError,
    LogReader as _, ProofLevel, ReadError,
};

use crate::support::chain::{Draft, append, found, seal};
use crate::support::depositor::ledger_key;
use crate::support::stores::Bench;

fn signed(origin: &SignedCheckpoint, size: u64) -> SignedCheckpoint {
    let root = sha256(&size.to_be_bytes());
    Checkpoint { size: TreeSize(size), root, ..origin.checkpoint().clone() }.sign(&ledger_key()).unwrap()
}

pub(super) fn annotations_are_kept_by_checkpoint_in_their_order<B: Bench>() {
    let mut bench = B::begin();
    let annotation = |kind, text: &str| Annotation { kind, bytes: text.into() };
    let first = annotation(AnnotationKind::TimestampToken, "token");
    found(bench.store());
    seal(bench.store(), vec![Draft::nth(1).waiting(1)]);
    let checkpoint = bench.store().published().unwrap().checkpoint.clone();
    let size = checkpoint.checkpoint().size;
    assert_eq!(bench.store().annotated(size), Ok(None));
    // Cosignatures of one witness may be repeated, and an empty one is an annotation too.
    let all = [first, annotation(AnnotationKind::Cosignature, "line"), annotation(AnnotationKind::Cosignature, "")];
    let kept = |annotations: &[Annotation]| {
        Ok(Some(AnnotatedCheckpoint { checkpoint: checkpoint.clone(), annotations: annotations.to_vec() }))
    };
    for _ in 0..2 {
        bench.store().annotate(&checkpoint, &all[..1], &[]).unwrap();
        bench.store().annotate(&checkpoint, &all, &[]).unwrap();
        bench.reopen();
        assert_eq!(bench.store().annotated(size), kept(&all));
    }
    // Neighbouring checkpoints are not confused.
    let earlier = signed(&checkpoint, size.0 - 1);
    assert_eq!(bench.store().annotated(earlier.checkpoint().size), Ok(None));
    bench.store().annotate(&earlier, &all[1..2], &[]).unwrap();
    assert_eq!(bench.store().annotated(earlier.checkpoint().size).unwrap().unwrap().annotations, all[1..2]);
    assert_eq!(bench.store().annotated(size), kept(&all));
    let last = |until| bench.store().last_annotated(TreeSize(until)).unwrap().map(|size| size.0);
    assert_eq!(
        [0, size.0 - 2, size.0 - 1, size.0, size.0 + 1, u64::MAX >> 1].map(last),
        [None, None, Some(size.0 - 1), Some(size.0), Some(size.0), Some(size.0)]
    );
    // Another tree of the same size is refused, and nothing of it is kept.
    let other = bench.store().annotate(&signed(&checkpoint, size.0), &all[..1], &[ProofLevel::Witnessed]);
    assert!(matches!(other, Err(AppendError::Read(ReadError::Damaged { .. }))), "{other:?}");
    assert_eq!(bench.store().last_reached(ProofLevel::Witnessed, TreeSize::MAX), Ok(None));
    // What is appended and not published has no annotations.
    append(bench.store(), vec![Draft::nth(2).waiting(2)]).unwrap();
    for asked in [size.0 + 1, 0] {
        let beyond = Err(AppendError::Read(ReadError::Beyond { asked, size }));
        assert_eq!(bench.store().annotate(&signed(&checkpoint, asked), &all, &[]), beyond);
    }
}

pub(super) fn annotations_of_several_threads_are_all_kept_while_blocks_are_appended<B: Bench>() {
    const THREADS: usize = 4;
    const EACH: usize = 25;
    let mut bench = B::begin();
    found(bench.store());
    seal(bench.store(), vec![Draft::nth(1).waiting(1)]);
    let checkpoint = bench.store().published().unwrap().checkpoint.clone();
    let of = |thread: usize, n: usize| Annotation {
        kind: AnnotationKind::Cosignature,
        bytes: format!("{thread} {n}").into_bytes(),
    };
    std::thread::scope(|scope| {
        let (store, checkpoint) = (bench.store(), &checkpoint);
        for thread in 0..THREADS {
            scope.spawn(move || {
                for n in 0..EACH {
                    store.annotate(checkpoint, &[of(thread, n)], &[]).unwrap();
                }
            });
        }
        for number in 2..=20 {
            seal(store, vec![Draft::nth(number).waiting(number)]);
        }
    });
    bench.reopen();
    let kept = bench.store().annotated(checkpoint.checkpoint().size).unwrap().unwrap().annotations;
    assert_eq!(kept.len(), THREADS * EACH);
    for thread in 0..THREADS {
        let prefix = format!("{thread} ").into_bytes();
        let own: Vec<Annotation> = kept.iter().filter(|one| one.bytes.starts_with(&prefix)).cloned().collect();
        assert_eq!(own, (0..EACH).map(|n| of(thread, n)).collect::<Vec<_>>(), "each thread's in its order");
    }
}

pub(super) fn checkpoints_are_found_by_the_level_that_they_reached<B: Bench>() {
    let mut bench = B::begin();
    found(bench.store());
    for number in 1..=8 {
        seal(bench.store(), vec![Draft::nth(number).waiting(number)]);
    }
    let published = bench.store().published().unwrap().checkpoint.clone();
    let (witnessed, timestamped) = (ProofLevel::Witnessed, ProofLevel::Timestamped);
    for (size, levels) in [(4, &[witnessed][..]), (9, &[witnessed, timestamped]), (12, &[timestamped])] {
        bench.store().annotate(&signed(&published, size), &[], levels).unwrap();
    }
    bench.store().annotate(&signed(&published, 6), &[], &[]).unwrap();
    bench.reopen();
    let first = |level, from| bench.store().first_reached(level, TreeSize(from)).unwrap().map(|size| size.0);
    let last = |level, until| bench.store().last_reached(level, TreeSize(until)).unwrap().map(|size| size.0);
    for (from, of_witnessed, of_timestamped) in
        [(0, Some(4), Some(9)), (4, Some(4), Some(9)), (5, Some(9), Some(9)), (10, None, Some(12)), (13, None, None)]
    {
        assert_eq!((first(witnessed, from), first(timestamped, from)), (of_witnessed, of_timestamped), "from {from}");
    }
    for (until, of_witnessed, of_timestamped) in
        [(3, None, None), (4, Some(4), None), (8, Some(4), None), (9, Some(9), Some(9)), (100, Some(9), Some(12))]
    {
        assert_eq!((last(witnessed, until), last(timestamped, until)), (of_witnessed, of_timestamped), "until {until}");
    }
}
