//! [`AnnotationReader`] of RocksDB: reads annotations of checkpoints.

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::store::rocks::format::annotation::{AnnotationKey, AnnotationRow, LevelKey};
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::schema::{ANNOTATIONS, CHECKPOINT_LEVELS};
use crate::store::traits::{AnnotatedCheckpoint, AnnotationReader, ProofLevel, ReadError, damaged};

impl AnnotationReader for RocksReader {
    fn annotations_version(&self) -> Option<u64> {
        Some(self.version_of_annotations())
    }

    fn annotated(&self, size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
        let key = |number| AnnotationKey { size, number };
        let mut rows = self.engine.range(&ANNOTATIONS, &key(0), &key(u32::MAX))?;
        let Some(first) = rows.next().transpose()? else { return Ok(None) };
        let AnnotationRow::Note(note) = first.1 else { return Err(damaged("checkpoint", size, "its note is missing")) };
        let checkpoint = SignedCheckpoint::parse(note.as_bytes());
        let checkpoint = checkpoint.map_err(|error| damaged("checkpoint", size, error.to_string()))?;
        if checkpoint.checkpoint().size != size {
            return Err(damaged("checkpoint", size, "the note is of another size"));
        }
        let mut annotations = Vec::new();
        for row in rows {
            match row?.1 {
                AnnotationRow::Annotation(annotation) => annotations.push(annotation),
                AnnotationRow::Note(_) => return Err(damaged("checkpoint", size, "it has two notes")),
            }
        }
        Ok(Some(AnnotatedCheckpoint { checkpoint, annotations }))
    }

    fn last_annotated(&self, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        let end = AnnotationKey { size: TreeSize(until.0.saturating_add(1)), number: 0 };
        let row = self.engine.prefixed_before(&ANNOTATIONS, &[], &end)?.next().transpose()?;
        Ok(row.map(|(key, _)| key.size))
    }

    fn first_reached(&self, level: ProofLevel, from: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        let key = |size| LevelKey { level, size };
        let row = self.engine.range(&CHECKPOINT_LEVELS, &key(from), &key(TreeSize::MAX))?.next().transpose()?;
        Ok(row.map(|(key, _)| key.size))
    }

    fn last_reached(&self, level: ProofLevel, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        let end = LevelKey { level, size: TreeSize(until.0.saturating_add(1)) };
        let row =
            self.engine.prefixed_before(&CHECKPOINT_LEVELS, &LevelKey::prefix(level), &end)?.next().transpose()?;
        Ok(row.map(|(key, _)| key.size))
    }
}
