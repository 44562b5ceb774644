//! Quotas for the space of originals: in total, per owner, and the reserved free space of the disk.
//!
//! Space is reserved before an original is received, so that concurrent uploads cannot exceed a limit together. Used space is counted
//! in memory from the caller's records; no request scans the folder.
//!
//! # Invariants
//!
//! The count is never below the space in use: an original counts from its reservation until its object is removed. An object is
//! subtracted once, even if it is removed repeatedly. Nothing is reserved before the existing originals are counted.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::custody::object::ObjectId;
use crate::error_code::ErrorCode;
use crate::ledger::hash::Digest;

/// Bytes of an upload between two checks of the free disk space.
const CHECK_INTERVAL: u64 = 8 << 20;

/// The owner to whose quota an original counts.
pub type Owner = Digest;

/// The limits, in bytes of originals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Per owner.
    pub per_owner: u64,
    /// In total.
    pub total: u64,
    /// Disk space that stays free for deposits, checkpoints and erasures.
    pub reserved: u64,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { per_owner: u64::MAX, total: u64::MAX, reserved: 0 };

    /// Default limits for the disk of `folder`: 10 GiB per owner, or a tenth of a smaller disk; in total all that is not reserved; 1 GiB
    /// reserved, or a tenth of a smaller disk, at least 64 MiB.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn for_disk(folder: &Path) -> std::io::Result<Self> {
        let disk = rustix::fs::statvfs(folder)?;
        let tenth = disk.f_blocks.saturating_mul(disk.f_frsize) / 10;
        Ok(Self { per_owner: tenth.min(10 << 30), total: u64::MAX, reserved: tenth.clamp(64 << 20, 1 << 30) })
    }
}

/// Why there is no space for an original.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// The owner's quota would be exceeded.
    #[error(
        "your originals take {used} bytes of at most {limit}, and this one needs {needed} more; erase originals that are no \
         longer needed, or ask the operator for a higher quota"
    )]
    OwnerQuota {
        /// Bytes in use, including running uploads.
        used: u64,
        /// The quota.
        limit: u64,
        /// Bytes requested.
        needed: u64,
    },
    /// The total quota would be exceeded.
    #[error("custody is full: its quota of {limit} bytes is used up; the operator can raise it")]
    Total {
        /// The quota.
        limit: u64,
    },
    /// The disk would have less free space than is reserved.
    #[error(
        "custody is full: the free space of the disk is reserved for deposits and erasures; the operator can add space"
    )]
    Disk,
    /// The free space of the disk cannot be determined.
    #[error("the free space of the disk cannot be determined: {0}")]
    Unknown(String),
    /// The existing originals are not counted yet.
    #[error("the originals in custody are not counted yet; try again later")]
    NotCounted,
}

impl SpaceError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::OwnerQuota { .. } => ErrorCode::AccountQuotaExceeded,
            Self::Total { .. } | Self::Disk => ErrorCode::CustodyFull,
            Self::Unknown(_) | Self::NotCounted => ErrorCode::Unavailable,
        }
    }
}

/// The space for originals; clones share it.
#[derive(Debug, Clone)]
pub struct Space(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    /// A folder on the disk; `None` for a remote store.
    folder: Option<PathBuf>,
    count: Mutex<Count>,
}

#[derive(Debug, Default)]
struct Count {
    is_complete: bool,
    /// Owner and bytes of each object.
    objects: HashMap<ObjectId, (Owner, u64)>,
    /// Objects removed before the existing ones were counted.
    removed: HashSet<ObjectId>,
    of_owner: HashMap<Owner, u64>,
    total: u64,
    /// Reserved bytes that have not arrived, and are therefore not in the disk usage.
    arriving: u64,
}

impl Count {
    fn add(&mut self, owner: Owner, bytes: u64) {
        let of_owner = self.of_owner.entry(owner).or_default();
        *of_owner = of_owner.saturating_add(bytes);
        self.total = self.total.saturating_add(bytes);
    }

    fn subtract(&mut self, owner: Owner, bytes: u64) {
        self.total = self.total.saturating_sub(bytes);
        if let Some(of_owner) = self.of_owner.get_mut(&owner) {
            *of_owner = of_owner.saturating_sub(bytes);
            if *of_owner == 0 {
                self.of_owner.remove(&owner);
            }
        }
    }
}

impl Space {
    pub(super) fn new(limits: Limits, folder: Option<&Path>) -> Self {
        Self(Arc::new(Shared { limits, folder: folder.map(Path::to_owned), count: Mutex::default() }))
    }

    pub(super) fn within(&self, limits: Limits) -> Self {
        Self::new(limits, self.0.folder.as_deref())
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        // Ignores poisoning: no change can panic halfway.
        self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the existing originals are counted.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.count().is_complete
    }

    /// Counts the existing originals. Only the first call has an effect.
    pub fn count_existing(&self, existing: impl IntoIterator<Item = (ObjectId, Owner, u64)>) {
        let mut count = self.count();
        if count.is_complete {
            return;
        }
        let removed = std::mem::take(&mut count.removed);
        for (object, owner, bytes) in existing {
            if !removed.contains(&object) && count.objects.insert(object, (owner, bytes)).is_none() {
                count.add(owner, bytes);
            }
        }
        count.is_complete = true;
    }

    /// Bytes of the originals of `owner`, including running uploads.
    #[must_use]
    pub fn used_by(&self, owner: &Owner) -> u64 {
        self.count().of_owner.get(owner).copied().unwrap_or(0)
    }

    /// Reserves `bytes` for an original of `owner`.
    ///
    /// # Errors
    ///
    /// [`SpaceError`].
    pub fn reserve(&self, owner: Owner, bytes: u64) -> Result<Reservation, SpaceError> {
        let reservation = Reservation { space: self.clone(), owner, sizes: Mutex::default(), is_kept: false };
        reservation.grow(&mut reservation.sizes(), bytes)?;
        Ok(reservation)
    }

    /// Subtracts a removed object.
    pub(super) fn release(&self, object: &ObjectId) {
        let mut count = self.count();
        if let Some((owner, bytes)) = count.objects.remove(object) {
            count.subtract(owner, bytes);
        }
        if !count.is_complete {
            count.removed.insert(*object);
        }
    }

    /// Checks that the disk has space for `arriving` more bytes besides the reserved ones.
    fn check_disk(&self, arriving: u64) -> Result<(), SpaceError> {
        let Some(folder) = &self.0.folder else { return Ok(()) };
        let disk = rustix::fs::statvfs(folder).map_err(|error| SpaceError::Unknown(error.to_string()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.0.limits.reserved.saturating_add(arriving) { Err(SpaceError::Disk) } else { Ok(()) }
    }
}

/// Reserved space for one upload, released when dropped unless [`Reservation::keep`] was called.
#[derive(Debug)]
pub struct Reservation {
    space: Space,
    owner: Owner,
    sizes: Mutex<Sizes>,
    is_kept: bool,
}

#[derive(Debug, Default)]
struct Sizes {
    reserved: u64,
    arrived: u64,
    /// Bytes that had arrived at the last check of the disk.
    checked_at: u64,
}

impl Reservation {
    fn sizes(&self) -> MutexGuard<'_, Sizes> {
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grow(&self, sizes: &mut Sizes, bytes: u64) -> Result<(), SpaceError> {
        let limits = &self.space.0.limits;
        let mut count = self.space.count();
        if !count.is_complete {
            return Err(SpaceError::NotCounted);
        }
        let used = count.of_owner.get(&self.owner).copied().unwrap_or(0);
        if used.saturating_add(bytes) > limits.per_owner {
            return Err(SpaceError::OwnerQuota { used, limit: limits.per_owner, needed: bytes });
        }
        if count.total.saturating_add(bytes) > limits.total {
            return Err(SpaceError::Total { limit: limits.total });
        }
        self.space.check_disk(count.arriving.saturating_add(bytes))?;
        count.add(self.owner, bytes);
        count.arriving = count.arriving.saturating_add(bytes);
        sizes.reserved = sizes.reserved.saturating_add(bytes);
        Ok(())
    }

    /// Records that `bytes` more have arrived, and reserves what exceeds the reservation.
    ///
    /// # Errors
    ///
    /// [`SpaceError`]: the original must not be stored.
    pub fn arrived(&self, bytes: u64) -> Result<(), SpaceError> {
        let mut sizes = self.sizes();
        let arrived = sizes.arrived.saturating_add(bytes);
        if arrived > sizes.reserved {
            let more = arrived - sizes.reserved;
            self.grow(&mut sizes, more)?;
        }
        if arrived - sizes.checked_at >= CHECK_INTERVAL {
            self.space.check_disk(0)?;
            sizes.checked_at = arrived;
        }
        sizes.arrived = arrived;
        let mut count = self.space.count();
        count.arriving = count.arriving.saturating_sub(bytes);
        Ok(())
    }

    /// Converts the reservation into the space of `object`, which counts until it is removed.
    pub fn keep(mut self, object: ObjectId) {
        self.is_kept = true;
        let (reserved, arrived) = {
            let sizes = self.sizes();
            (sizes.reserved, sizes.arrived)
        };
        let mut count = self.space.count();
        let unused = reserved.saturating_sub(arrived);
        count.subtract(self.owner, unused);
        count.arriving = count.arriving.saturating_sub(unused);
        count.objects.insert(object, (self.owner, arrived));
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let (reserved, arrived) = {
            let sizes = self.sizes();
            (sizes.reserved, sizes.arrived)
        };
        let mut count = self.space.count();
        count.subtract(self.owner, reserved);
        count.arriving = count.arriving.saturating_sub(reserved.saturating_sub(arrived));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Owner = Digest([1; 32]);
    const BOB: Owner = Digest([2; 32]);

    fn object(n: u8) -> ObjectId {
        ObjectId::from_bytes([n; 32])
    }

    fn space(per_owner: u64, total: u64) -> Space {
        let space = Space::new(Limits { per_owner, total, reserved: 0 }, None);
        space.count_existing([]);
        space
    }

    fn code(reserved: Result<Reservation, SpaceError>) -> &'static str {
        reserved.map(drop).unwrap_err().code().as_str()
    }

    #[test]
    fn uploads_at_the_same_time_share_one_quota() {
        let space = space(100, 150);
        let first = space.reserve(ALICE, 60).unwrap();
        assert_eq!(code(space.reserve(ALICE, 41)), "account_quota_exceeded");
        let second = space.reserve(ALICE, 40).unwrap();
        assert_eq!(code(space.reserve(BOB, 51)), "custody_full");
        first.arrived(60).unwrap();
        first.keep(object(1));
        drop(second);
        assert_eq!(space.used_by(&ALICE), 60);
        drop(space.reserve(BOB, 90).unwrap());
        space.release(&object(1));
        space.release(&object(1));
        let count = space.count();
        assert_eq!((count.total, count.arriving), (0, 0));
        assert!(count.of_owner.is_empty() && count.removed.is_empty());
    }

    #[test]
    fn a_size_that_is_not_announced_is_counted_as_it_comes() {
        let space = space(100, u64::MAX);
        let unknown = space.reserve(ALICE, 0).unwrap();
        unknown.arrived(70).unwrap();
        assert_eq!(space.used_by(&ALICE), 70);
        assert_eq!(unknown.arrived(31).unwrap_err().code().as_str(), "account_quota_exceeded");
        drop(unknown);
        // Less than was announced is what counts in the end.
        let short = space.reserve(ALICE, 90).unwrap();
        short.arrived(10).unwrap();
        short.keep(object(1));
        assert_eq!(space.used_by(&ALICE), 10);
        assert_eq!(space.count().arriving, 0);
    }

    #[test]
    fn what_was_there_at_the_start_counts_unless_it_was_removed_meanwhile() {
        let space = Space::new(Limits { per_owner: 100, ..Limits::NONE }, None);
        assert_eq!(code(space.reserve(ALICE, 1)), "unavailable");
        space.release(&object(2));
        space.count_existing([(object(1), ALICE, 60), (object(2), ALICE, 30), (object(3), BOB, 5)]);
        assert_eq!((space.used_by(&ALICE), space.used_by(&BOB)), (60, 5));
        space.count_existing([(object(4), ALICE, 1)]);
        assert_eq!(space.used_by(&ALICE), 60);
        assert_eq!(code(space.reserve(ALICE, 41)), "account_quota_exceeded");
    }

    #[test]
    fn the_reserved_part_of_the_disk_stays_free() {
        let scratch = tempfile::tempdir().unwrap();
        let limits = Limits { reserved: u64::MAX, ..Limits::NONE };
        let full = Space::new(limits, Some(scratch.path()));
        full.count_existing([]);
        assert_eq!(code(full.reserve(ALICE, 1)), "custody_full");
        let room = Space::new(Limits::NONE, Some(scratch.path()));
        room.count_existing([]);
        assert_eq!(code(room.reserve(ALICE, 1 << 60)), "custody_full", "what arrives must fit as well");
        let held = room.reserve(ALICE, 1).unwrap();
        assert_eq!(held.arrived(1), Ok(()));
        assert!(Limits::for_disk(scratch.path()).unwrap().reserved >= 64 << 20);
    }
}
