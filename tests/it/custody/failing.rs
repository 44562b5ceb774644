//! A failing object store or a cancelled caller leaves nothing behind.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStore as _;
use object_store::memory::InMemory;
use tiezheng::custody::store::EncryptedObjectStore;
use tokio::runtime::Handle;
use tokio_util::bytes::Bytes;

use super::faulty::{Fault, FaultyStore, Watch};
use super::{Custody, frames, original};
use crate::support::waiting::until;

/// A originals over a store with `fault`, in which `gate` uploads may be completed.
fn faulty(fault: Fault, gate: usize) -> (EncryptedObjectStore, Arc<InMemory>, Arc<Watch>) {
    let (inner, watch) = (Arc::new(InMemory::new()), Watch::new(fault, gate));
    let store = FaultyStore { inner: Arc::clone(&inner), watch: Arc::clone(&watch) };
    (EncryptedObjectStore::over(Arc::new(store)), inner, watch)
}

fn objects(store: &InMemory) -> usize {
    // What lies in memory is not waited for.
    store.list(None).try_collect::<Vec<_>>().now_or_never().unwrap().unwrap().len()
}

#[tokio::test]
async fn each_fault_of_the_store_is_named_and_leaves_nothing() {
    let faults = [
        (Fault::DiskFull, "disk_full", 0),
        (Fault::CompleteBefore, "unavailable", 0),
        (Fault::CompleteAfter, "unavailable", 1),
    ];
    for (fault, code, completed) in faults {
        let (originals, store, watch) = faulty(fault, 1);
        let error = originals.keep(frames(&original(9_000_000)), u64::MAX).await.unwrap_err();
        assert_eq!(error.code().as_str(), code, "{fault:?}: {error}");
        assert_eq!(watch.completed.load(Ordering::SeqCst), completed);
        assert_eq!(objects(&store), 0, "{fault:?}");
    }
    let (originals, store, _) = faulty(Fault::None, 1);
    originals.keep(frames(&original(9_000_000)), u64::MAX).await.unwrap();
    assert_eq!(objects(&store), 1);
}

/// Completing goes on when the caller has gone; what it has made is removed.
#[tokio::test]
async fn a_future_that_is_dropped_while_completing_leaves_nothing() {
    let (originals, store, watch) = faulty(Fault::None, 0);
    let mut keep = Box::pin(originals.keep(frames(b"an original"), 100));
    tokio::select! {
        kept = &mut keep => panic!("{kept:?}"),
        () = watch.completing.notified() => {}
    }
    drop(keep);
    watch.gate.add_permits(1);
    until("it is completed and removed", || watch.completed.load(Ordering::SeqCst) == 1 && objects(&store) == 0).await;
}

/// As above, but the answer was there and nobody took it.
#[tokio::test]
async fn an_answer_that_nobody_takes_leaves_nothing() {
    let (originals, store, watch) = faulty(Fault::None, 0);
    let mut keep = Box::pin(originals.keep(frames(b"an original"), 100));
    tokio::select! {
        kept = &mut keep => panic!("{kept:?}"),
        () = watch.completing.notified() => {}
    }
    watch.gate.add_permits(1);
    // The task that completes it has ended: its answer lies in the channel, since nobody polls `keep` any more.
    until("it is completed", || Handle::current().metrics().num_alive_tasks() == 0).await;
    assert_eq!(objects(&store), 1);
    drop(keep);
    until("it is removed", || objects(&store) == 0).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_and_leaves_nothing() {
    let custody = Custody::begin();
    for shelf in 0..=u8::MAX {
        fs::write(custody.folder().join(format!("{shelf:02x}")), b"not a folder").unwrap();
    }
    let error = custody.originals.keep(frames(b"an original"), 100).await.unwrap_err();
    assert_eq!(error.code().as_str(), "unavailable", "{error}");
    assert_eq!(fs::read_dir(custody.folder()).unwrap().count(), 256);
    assert!(custody.originals.sweep(|_| false).await.is_err());
}

/// However large an original is, no more than two parts of reading and one of writing are held of it.
#[tokio::test]
async fn what_is_held_of_an_original_is_bounded() {
    const FRAME: usize = 128 * 1024;
    const BOUND: u64 = 10 * 1024 * 1024;
    let (originals, _store, watch) = faulty(Fault::None, 1);
    let (arrived, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let frame = Bytes::from(original(FRAME));
    let frames = stream::iter(std::iter::repeat_n(frame, 320)).map(|frame| {
        let arrived = arrived.fetch_add(FRAME as u64, Ordering::SeqCst) + FRAME as u64;
        most.fetch_max(arrived.saturating_sub(watch.written.load(Ordering::SeqCst)), Ordering::SeqCst);
        Ok::<_, std::io::Error>(frame)
    });
    let kept = originals.keep(frames, u64::MAX).await.unwrap();
    assert_eq!(kept.measured.size, 320 * FRAME as u64);
    let most = most.into_inner();
    assert!(most < BOUND, "{most} bytes were held of {}", kept.measured.size);
}
