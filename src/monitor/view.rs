//! The view of a ledger: the state that a monitor stores between rounds.
//!
//! # Invariants
//!
//! The checkpoint last seen is durable before it is used, and is replaced only by a larger one that was proven to be consistent
//! with it.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;
use crate::monitor::state_dir::{StateDir, StateError};

const NAME: &str = "view";
const FORMAT: &str = "tiezheng monitor v1";
/// Most stored sizes: above, every second one is dropped.
const SIZES_MAX: usize = 4096;

/// The view as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct ViewDocument {
    format: String,
    origin: String,
    seen: Option<String>,
    seen_at: u64,
    sizes: VecDeque<(u64, u64)>,
    rehash_next: u64,
    rehash_began: u64,
    rehash_completed: Option<u64>,
}

/// The view of one ledger.
#[derive(Debug, Clone)]
pub struct View {
    /// The largest checkpoint of the operator.
    pub seen: Option<SignedCheckpoint>,
    document: ViewDocument,
}

/// The cycle in which the leaves of all full tiles are hashed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RehashCycle {
    /// The next tile of leaves.
    pub next: u64,
    /// When the cycle began, in milliseconds since 1970.
    pub began: u64,
    /// When the last cycle was completed.
    pub completed: Option<u64>,
}

impl View {
    /// Reads the view; a new one of `origin` if there is none.
    ///
    /// # Errors
    ///
    /// [`StateError`]; [`StateError::Damaged`] also for the view of another ledger.
    pub fn load(dir: &StateDir, origin: &str) -> Result<Self, StateError> {
        let path = dir.file(NAME);
        let new = || ViewDocument { format: FORMAT.to_owned(), origin: origin.to_owned(), ..ViewDocument::default() };
        let document = dir.load::<ViewDocument>(NAME)?.unwrap_or_else(new);
        if document.format != FORMAT {
            return Err(StateError::damaged(&path, "another format"));
        }
        if document.origin != origin {
            return Err(StateError::damaged(&path, format!("it is of the ledger `{}`", document.origin)));
        }
        let seen = document.seen.as_ref().map(|note| SignedCheckpoint::parse(note.as_bytes())).transpose();
        let seen = seen.map_err(|error| StateError::damaged(&path, error.to_string()))?;
        Ok(Self { seen, document })
    }

    /// Stores the view, durably.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn store(&self, dir: &StateDir) -> Result<(), StateError> {
        let seen = self.seen.as_ref().map(|seen| seen.note().to_string());
        dir.store(NAME, &ViewDocument { seen, ..self.document.clone() })
    }

    /// Records a checkpoint that was compared with the one before. `block_time` is the time of its last block.
    pub fn see(&mut self, checkpoint: SignedCheckpoint, block_time: Timestamp, now: Timestamp) {
        let size = checkpoint.checkpoint().size;
        if self.size() < Some(size) {
            // A block with a time in the future counts as generated now.
            let since = block_time.min(now).as_millis();
            self.document.seen_at = since;
            self.document.sizes.push_back((since, size.0));
        }
        if self.document.sizes.len() > SIZES_MAX {
            let mut keep = false;
            self.document.sizes.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.seen = Some(checkpoint);
    }

    /// The size of the checkpoint last seen.
    #[must_use]
    pub fn size(&self) -> Option<TreeSize> {
        self.seen.as_ref().map(|seen| seen.checkpoint().size)
    }

    /// Since when there has been no larger checkpoint.
    #[must_use]
    pub const fn seen_since(&self) -> u64 {
        self.document.seen_at
    }

    /// The size that every witness should have cosigned by `now`: the largest one first seen at least `late_after` ago. Drops
    /// smaller ones.
    pub fn due_size(&mut self, now: Timestamp, late_after: Duration) -> TreeSize {
        let limit = now.as_millis().saturating_sub(u64::try_from(late_after.as_millis()).unwrap_or(u64::MAX));
        while self.document.sizes.get(1).is_some_and(|(since, _)| *since <= limit) {
            self.document.sizes.pop_front();
        }
        let first = self.document.sizes.front().filter(|(since, _)| *since <= limit);
        TreeSize(first.map_or(0, |(_, size)| *size))
    }

    /// The cycle in which leaves are hashed again.
    #[must_use]
    pub const fn rehash(&self) -> RehashCycle {
        RehashCycle {
            next: self.document.rehash_next,
            began: self.document.rehash_began,
            completed: self.document.rehash_completed,
        }
    }

    /// Sets the cycle.
    pub const fn set_rehash(&mut self, cycle: RehashCycle) {
        self.document.rehash_next = cycle.next;
        self.document.rehash_began = cycle.began;
        self.document.rehash_completed = cycle.completed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::{Name, Signer};

    #[test]
    fn a_size_is_due_when_it_is_known_for_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let dir = StateDir::open(folder.path()).unwrap();
        let mut view = View::load(&dir, "o").unwrap();
        let signer = Signer::new(Name::parse("o").unwrap(), &[1; 32]).unwrap();
        let at = |seconds: u64| Timestamp::from_millis(1_000_000_000 + seconds * 1000).unwrap();
        let late = Duration::from_mins(1);
        for (size, seconds) in [(5, 0), (8, 30), (9, 70)] {
            let root = Digest([1; 32]);
            let checkpoint = Checkpoint { origin: Name::parse("o").unwrap(), size: TreeSize(size), root };
            view.see(checkpoint.sign(&signer).unwrap(), at(seconds), at(seconds));
        }
        view.store(&dir).unwrap();
        let mut view = View::load(&dir, "o").unwrap();
        let due = [59, 60, 89, 90, 129, 130].map(|seconds| view.due_size(at(seconds), late).0);
        assert_eq!(due, [0, 5, 5, 8, 8, 9]);
        assert!(View::load(&dir, "other").is_err());
    }
}
