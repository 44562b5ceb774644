//! Originals in custody: stored completely or not at all, without leftover files.

mod damage;
mod failing;
mod faulty;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use object_store::memory::InMemory;
use sha2::Digest as _;
use tiezheng::custody::download::OpenError;
use tiezheng::custody::object::{ObjectId, ObjectKey};
use tiezheng::custody::sealing::{SEGMENT, sealed_size};
use tiezheng::custody::store::EncryptedObjectStore;
use tiezheng::custody::upload::{KeepError, StoredObject};
use tiezheng::error_code::ErrorCode;
use tokio_util::bytes::Bytes;

use crate::support::waiting::until;

/// A folder with a originals.
struct Custody {
    originals: EncryptedObjectStore,
    scratch: tempfile::TempDir,
}

impl Custody {
    fn begin() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        Self { originals: EncryptedObjectStore::in_folder(&scratch.path().join("originals")).unwrap(), scratch }
    }

    fn folder(&self) -> PathBuf {
        self.scratch.path().join("originals")
    }

    /// All files, drafts included.
    fn files(&self) -> Vec<PathBuf> {
        let shelves = fs::read_dir(self.folder()).unwrap().map(|shelf| shelf.unwrap().path());
        let files = shelves.flat_map(|shelf| fs::read_dir(shelf).unwrap().map(|file| file.unwrap().path()));
        files.collect()
    }

    fn path(&self, object: &ObjectId) -> PathBuf {
        let name = object.to_string();
        self.folder().join(&name[..2]).join(name)
    }

    async fn keep(&self, original: &[u8]) -> StoredObject {
        self.originals.keep(frames(original), u64::MAX).await.unwrap()
    }

    /// Waits until nothing is left: what was dropped is removed in the background.
    async fn until_empty(&self) {
        until("nothing is left", || self.files().is_empty()).await;
    }
}

/// Bytes without a pattern.
fn original(length: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|n| sha2::Sha256::digest(n.to_be_bytes()).to_vec());
    blocks.take(length).collect()
}

/// `original` as a client might send it: in frames of odd lengths, some empty.
fn frames(original: &[u8]) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let frames: Vec<Bytes> = original.chunks(40_961).map(Bytes::copy_from_slice).collect();
    stream::iter(frames).flat_map(|frame| stream::iter([Ok(Bytes::new()), Ok(frame)]))
}

async fn read(
    originals: &EncryptedObjectStore,
    object: ObjectId,
    key: &ObjectKey,
    size: u64,
) -> Result<Vec<u8>, OpenError> {
    let parts: Vec<Bytes> = originals.open(object, key, size).await?.try_collect().await?;
    Ok(parts.concat())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_was_taken_in_comes_out() {
    let custody = Custody::begin();
    let sizes = [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 4 * SEGMENT, 4 * SEGMENT + 1, 3_000_000];
    for size in sizes {
        let original = original(size);
        let StoredObject { object, key, measured } = custody.keep(&original).await;
        assert_eq!(measured.size, size as u64);
        assert_eq!(measured.sha256.0.as_slice(), sha2::Sha256::digest(&original).as_slice());
        assert_eq!(measured.sm3.0.as_slice(), sm3::Sm3::digest(&original).as_slice());
        assert_eq!(read(&custody.originals, object, &key, measured.size).await.unwrap(), original, "{size} bytes");
        let path = custody.path(&object);
        assert_eq!(fs::metadata(&path).unwrap().len(), sealed_size(size as u64).unwrap());
        assert_eq!((mode(&path), mode(path.parent().unwrap()), mode(&custody.folder())), (0o600, 0o700, 0o700));
    }
    assert_eq!(custody.files().len(), sizes.len());
}

#[tokio::test]
async fn a_keeper_over_another_store_does_the_same() {
    let store = Arc::new(InMemory::new());
    let originals = EncryptedObjectStore::over(store);
    // More than one part of 8 MiB, in which such a store is written.
    for size in [1, 9_000_000, 128 * SEGMENT] {
        let original = original(size);
        let kept = originals.keep(frames(&original), u64::MAX).await.unwrap();
        assert_eq!(read(&originals, kept.object, &kept.key, kept.measured.size).await.unwrap(), original);
        originals.remove(kept.object).await.unwrap();
        let gone = read(&originals, kept.object, &kept.key, kept.measured.size).await.unwrap_err();
        assert!(matches!(gone, OpenError::Missing), "{gone}");
    }
}

#[tokio::test]
async fn a_later_start_finds_what_an_earlier_one_kept() {
    let custody = Custody::begin();
    let original = original(100_000);
    let kept = custody.keep(&original).await;
    let key = ObjectKey::from_bytes(kept.key.as_bytes());
    let later = EncryptedObjectStore::in_folder(&custody.folder()).unwrap();
    let object = ObjectId::parse(&kept.object.to_string()).unwrap();
    assert_eq!(read(&later, object, &key, kept.measured.size).await.unwrap(), original);
}

#[tokio::test]
async fn nothing_on_the_disk_shows_the_original_and_no_two_objects_are_alike() {
    let custody = Custody::begin();
    let secret = b"the contract between the parties";
    let original = secret.repeat(10_000);
    let (first, second) = (custody.keep(&original).await, custody.keep(&original).await);
    assert_ne!(first.key.as_bytes(), second.key.as_bytes());
    let objects = [first, second].map(|kept| {
        let bytes = fs::read(custody.path(&kept.object)).unwrap();
        let shows = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!shows(&secret[..8]) && !shows(kept.key.as_bytes()) && !shows(&kept.measured.sha256.0));
        bytes
    });
    let alike = objects[0].iter().zip(&objects[1]).skip(85).filter(|(a, b)| a == b).count();
    assert!(alike < original.len() / 100, "{alike} bytes are the same");
}

#[tokio::test]
async fn what_may_not_be_kept_is_refused_by_name_and_leaves_nothing() {
    let custody = Custody::begin();
    let broken = frames(&original(900_000)).chain(stream::iter([Err(io::Error::other("the line is dead"))]));
    let refused: [(KeepError, ErrorCode); 4] = [
        (custody.originals.keep(frames(b""), 10).await.unwrap_err(), ErrorCode::EmptyOriginal),
        (custody.originals.keep(frames(&original(11)), 10).await.unwrap_err(), ErrorCode::BodyTooLarge),
        (custody.originals.keep(frames(&original(900_000)), 899_999).await.unwrap_err(), ErrorCode::BodyTooLarge),
        (custody.originals.keep(broken, u64::MAX).await.unwrap_err(), ErrorCode::BodyBroken),
    ];
    for (error, code) in &refused {
        assert_eq!(error.code(), *code);
    }
    let KeepError::Stream(cause) = &refused[3].0 else { panic!("{:?}", refused[3].0) };
    assert_eq!(cause.downcast_ref::<io::Error>().unwrap().to_string(), "the line is dead");
    assert_eq!(custody.files(), [""; 0].map(PathBuf::from));
    custody.originals.keep(frames(&original(900_000)), 900_000).await.unwrap();
    assert_eq!(custody.files().len(), 1);
}

#[tokio::test]
async fn removing_is_final_and_may_be_repeated() {
    let custody = Custody::begin();
    let (kept, other) = (custody.keep(&original(70_000)).await, custody.keep(&original(10)).await);
    custody.originals.remove(kept.object).await.unwrap();
    assert_eq!(custody.files(), [custody.path(&other.object)]);
    custody.originals.remove(kept.object).await.unwrap();
    custody.originals.remove(ObjectId::random().unwrap()).await.unwrap();
    assert_eq!(custody.files(), [custody.path(&other.object)]);
    let gone = read(&custody.originals, kept.object, &kept.key, kept.measured.size).await.unwrap_err();
    assert!(matches!(gone, OpenError::Missing), "{gone}");
}

#[tokio::test]
async fn a_sweep_removes_what_nobody_answers_for_and_nothing_else() {
    let custody = Custody::begin();
    let (kept, forgotten) = (custody.keep(&original(70_000)).await, custody.keep(&original(70_000)).await);
    // What a crash leaves of an object that was being written, on a shelf that exists.
    let mut cut_off = *kept.object.as_bytes();
    cut_off[31] ^= 1;
    let cut_off = custody.path(&ObjectId::from_bytes(cut_off)).with_extension("");
    fs::write(format!("{}#1", cut_off.display()), b"half").unwrap();
    let strange = custody.path(&kept.object).with_file_name("README.md");
    fs::write(&strange, b"not a originals's").unwrap();
    assert_eq!(custody.files().len(), 4);
    let known = kept.object;
    assert_eq!(custody.originals.sweep(|object| *object == known).await.unwrap(), 2);
    let mut left = custody.files();
    left.sort();
    let mut expected = [custody.path(&kept.object), strange];
    expected.sort();
    assert_eq!(left, expected);
    assert!(!custody.path(&forgotten.object).exists());
    assert_eq!(custody.originals.sweep(|object| *object == known).await.unwrap(), 0);
}

#[tokio::test]
async fn another_store_is_swept_as_well() {
    let originals = EncryptedObjectStore::over(Arc::new(InMemory::new()));
    let kept = originals.keep(frames(b"kept"), 10).await.unwrap();
    let forgotten = originals.keep(frames(b"forgotten"), 10).await.unwrap();
    assert_eq!(originals.sweep(|object| *object == kept.object).await.unwrap(), 1);
    assert_eq!(read(&originals, kept.object, &kept.key, 4).await.unwrap(), b"kept");
    let gone = read(&originals, forgotten.object, &forgotten.key, 9).await.unwrap_err();
    assert!(matches!(gone, OpenError::Missing), "{gone}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_that_is_dropped_leaves_nothing() {
    let custody = Custody::begin();
    let endless = frames(&original(900_000)).chain(stream::pending());
    let mut keep = Box::pin(custody.originals.keep(endless, u64::MAX));
    // Until something is written, so that there is something to remove.
    while custody.files().iter().all(|file| fs::metadata(file).is_ok_and(|file| file.len() == 0)) {
        tokio::select! {
            kept = &mut keep => panic!("{kept:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(keep);
    custody.until_empty().await;
}
