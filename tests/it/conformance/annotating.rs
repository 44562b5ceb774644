//! Annotations of checkpoints.

use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::store::traits::{Annotation, AnnotationKind, Annotations as _, AppendError, LogReader as _, ReadError};

use crate::support::chain::{Draft, append, found, seal};
use crate::support::stores::Bench;

pub(super) fn annotations_are_kept_by_checkpoint_in_their_order<B: Bench>() {
    let mut bench = B::begin();
    let annotation = |kind, text: &str| Annotation { kind, bytes: text.into() };
    let first = annotation(AnnotationKind::TimestampToken, "token");
    let nothing_published = Err(AppendError::Read(ReadError::Beyond { asked: 2, size: TreeSize(0) }));
    assert_eq!(bench.store().annotate(TreeSize(2), &first), nothing_published);
    found(bench.store());
    seal(bench.store(), vec![Draft::nth(1).waiting(1)]);
    let size = bench.store().published().unwrap().size();
    // Cosignatures of one witness may be repeated, and an empty one is an annotation too.
    let all = [first, annotation(AnnotationKind::Cosignature, "line"), annotation(AnnotationKind::Cosignature, "")];
    for _ in 0..2 {
        for annotation in &all {
            bench.store().annotate(size, annotation).unwrap();
        }
        bench.reopen();
        assert_eq!(bench.store().annotations(size), Ok(all.to_vec()));
    }
    // Neighbouring checkpoints are not confused.
    let earlier = TreeSize(size.0 - 1);
    assert_eq!(bench.store().annotations(earlier), Ok(vec![]));
    bench.store().annotate(earlier, &all[1]).unwrap();
    assert_eq!(bench.store().annotations(earlier), Ok(vec![all[1].clone()]));
    assert_eq!(bench.store().annotations(size), Ok(all.to_vec()));
    // What is appended and not published has no annotations.
    append(bench.store(), vec![Draft::nth(2).waiting(2)]).unwrap();
    for asked in [TreeSize(size.0 + 1), TreeSize(0)] {
        let beyond = Err(AppendError::Read(ReadError::Beyond { asked: asked.0, size }));
        assert_eq!(bench.store().annotate(asked, &all[0]), beyond);
    }
}
