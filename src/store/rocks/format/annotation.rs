//! Encoding of annotated checkpoints: the note, its annotations, and the proof levels that it has reached.

use crate::ledger::merkle::shape::TreeSize;
use crate::store::rocks::format::{FromDisk, ToDisk, joined};
use crate::store::traits::{Annotation, AnnotationKind, ProofLevel};

/// Key of an annotation: size of the checkpoint's tree; then 0 for its note, and from 1 the number of the annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnotationKey {
    /// The size.
    pub size: TreeSize,
    /// The number.
    pub number: u32,
}

impl ToDisk for AnnotationKey {
    type Bytes<'a> = [u8; 12];

    fn to_disk(&self) -> [u8; 12] {
        joined(&[&self.size.0.to_be_bytes(), &self.number.to_be_bytes()])
    }
}

impl FromDisk for AnnotationKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (size, number) = bytes.split_first_chunk()?;
        let number = u32::from_be_bytes(number.try_into().ok()?);
        Some(Self { size: TreeSize(u64::from_be_bytes(*size)), number })
    }
}

/// A row of an annotated checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotationRow {
    /// The checkpoint's note: byte 0, then its text.
    Note(String),
    /// An annotation: byte 1 for a cosignature, 2 for a timestamp token; then its bytes.
    Annotation(Annotation),
}

impl ToDisk for AnnotationRow {
    type Bytes<'a> = Vec<u8>;

    fn to_disk(&self) -> Vec<u8> {
        match self {
            Self::Note(text) => [&[0], text.as_bytes()].concat(),
            Self::Annotation(annotation) => [&[annotation_byte(annotation.kind)], annotation.bytes.as_slice()].concat(),
        }
    }
}

impl FromDisk for AnnotationRow {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        if *first == 0 {
            return String::from_utf8(rest.to_vec()).ok().map(Self::Note);
        }
        let kind = AnnotationKind::ALL.into_iter().find(|kind| annotation_byte(*kind) == *first)?;
        Some(Self::Annotation(Annotation { kind, bytes: rest.to_vec() }))
    }
}

const fn annotation_byte(kind: AnnotationKind) -> u8 {
    match kind {
        AnnotationKind::Cosignature => 1,
        AnnotationKind::TimestampToken => 2,
    }
}

/// Key of a level that a checkpoint has reached: byte 1 for witnessed, 2 for timestamped; then the size of its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelKey {
    /// The level.
    pub level: ProofLevel,
    /// The size.
    pub size: TreeSize,
}

impl LevelKey {
    /// The key prefix of all rows of a level.
    #[must_use]
    pub const fn prefix(level: ProofLevel) -> [u8; 1] {
        match level {
            ProofLevel::Witnessed => [1],
            ProofLevel::Timestamped => [2],
        }
    }
}

impl ToDisk for LevelKey {
    type Bytes<'a> = [u8; 9];

    fn to_disk(&self) -> [u8; 9] {
        joined(&[&Self::prefix(self.level), &self.size.0.to_be_bytes()])
    }
}

impl FromDisk for LevelKey {
    fn from_disk(bytes: &[u8]) -> Option<Self> {
        let (first, size) = bytes.split_first_chunk::<1>()?;
        let level = ProofLevel::ALL.into_iter().find(|level| Self::prefix(*level) == *first)?;
        Some(Self { level, size: TreeSize(u64::from_be_bytes(size.try_into().ok()?)) })
    }
}
