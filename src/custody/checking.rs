//! Checks an object at rest: by size and header, or by decrypting and hashing it.
//!
//! The functions block and need no async runtime: for audits and backups of a stopped node. Files are opened read-only.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::custody::object::{ObjectId, ObjectKey, subfolder_name};
use crate::custody::sealing::{Cipher, SEALED_SEGMENT, SealError, header, sealed_size, segments};
use crate::files::regular::{self, NotRegular};
use crate::ledger::digests::DigestPair;
use crate::ledger::statement::content::FileDigests;

/// Why an object does not match its record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// There is no such object.
    #[error("the object is missing")]
    Missing,
    /// Its size is not that of the original.
    #[error("the object has {found} bytes instead of {expected}")]
    Size {
        /// Bytes of the file.
        found: u64,
        /// Bytes that the object of such an original has.
        expected: u64,
    },
    /// The header belongs to another object, or is damaged.
    #[error("the object's header belongs to another object or is damaged")]
    Header,
    /// A segment fails authentication: it was changed, or the key is wrong.
    #[error("segment {0} of the object cannot be decrypted: it was changed, or the key is wrong")]
    Segment(u64),
    /// It cannot be read.
    #[error("the object cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] SealError),
}

impl CheckError {
    fn of_file(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Unreadable(error) }
    }

    /// Whether the disk or the system failed. The object may then be intact.
    #[must_use]
    pub fn is_of_system(&self) -> bool {
        matches!(self, Self::Unreadable(error) if NotRegular::reason_of(error).is_none())
    }

    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Missing => "文件缺失".into(),
            Self::Size { found, expected } => format!("文件为 {found} 字节，应为 {expected} 字节"),
            Self::Header => "文件头不属于该对象".into(),
            Self::Segment(segment) => format!("第 {segment} 段无法解密：内容被改动，或密钥不符"),
            Self::Unreadable(error) => match NotRegular::reason_of(error) {
                Some(kind) => format!("无法读取：{}", kind.chinese()),
                None => format!("无法读取：{error}"),
            },
            Self::Key(_) => "密钥无法使用".into(),
        }
    }
}

/// The path of `object` in the folder of originals.
#[must_use]
pub fn path_of(originals: &Path, object: &ObjectId) -> PathBuf {
    originals.join(subfolder_name(object.subfolder())).join(object.to_string())
}

/// Opens the object of an original of `size` bytes, and checks its size and its header.
fn begin(originals: &Path, object: &ObjectId, size: u64) -> Result<BufReader<File>, CheckError> {
    let file = regular::open_own(&path_of(originals, object)).map_err(CheckError::of_file)?;
    has_size(file.metadata()?.len(), size)?;
    let mut file = BufReader::with_capacity(SEALED_SEGMENT, file);
    let own = header(object);
    let mut first = vec![0; own.len()];
    file.read_exact(&mut first)?;
    if first == own.as_bytes() { Ok(file) } else { Err(CheckError::Header) }
}

/// Checks that an object is a file of the right size, without opening it. Called for all objects at the start of a node.
///
/// # Errors
///
/// [`CheckError`].
pub fn is_in_place(originals: &Path, object: &ObjectId, size: u64) -> Result<(), CheckError> {
    let file = fs::symlink_metadata(path_of(originals, object)).map_err(CheckError::of_file)?;
    if let Some(kind) = NotRegular::of(file.file_type()) {
        return Err(CheckError::Unreadable(io::Error::new(io::ErrorKind::InvalidInput, kind)));
    }
    has_size(file.len(), size)
}

fn has_size(found: u64, size: u64) -> Result<(), CheckError> {
    let expected = sealed_size(size).unwrap_or(u64::MAX);
    if found == expected { Ok(()) } else { Err(CheckError::Size { found, expected }) }
}

/// Checks presence, header and size of an object, not its content.
///
/// # Errors
///
/// [`CheckError`].
pub fn check_size(originals: &Path, object: &ObjectId, size: u64) -> Result<(), CheckError> {
    begin(originals, object, size).map(drop)
}

/// Decrypts an object, and computes size and digests of the original.
///
/// # Errors
///
/// [`CheckError`].
pub fn measure(originals: &Path, object: &ObjectId, key: &ObjectKey, size: u64) -> Result<FileDigests, CheckError> {
    let mut file = begin(originals, object, size)?;
    let cipher = Cipher::new(object, key)?;
    let count = segments(size);
    let mut digests = DigestPair::new();
    for segment in 0..count {
        let mut sealed = Vec::with_capacity(SEALED_SEGMENT);
        file.by_ref().take(SEALED_SEGMENT as u64).read_to_end(&mut sealed)?;
        let opened = cipher.open(segment, segment + 1 == count, sealed).map_err(CheckError::Segment)?;
        digests.update(&opened);
    }
    if digests.size() != size {
        return Err(CheckError::Segment(count.saturating_sub(1)));
    }
    Ok(digests.finish())
}
