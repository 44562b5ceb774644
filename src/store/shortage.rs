//! Resource shortages: identifies from an error the resource of the machine that ran out.
//!
//! A call that fails because a resource ran out has had no effect, and succeeds again once the resource is available. A
//! failed fsync is never a shortage, whatever its reason: after it, the content of the disk is unknown.

use std::fmt;
use std::io;

use crate::error_code::ErrorCode;

/// A resource that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// No space on the disk, or the user's quota is used up.
    DiskSpace,
    /// No file descriptors, of the process or of the machine.
    FileDescriptors,
    /// No memory.
    Memory,
    /// No more threads or processes.
    Threads,
}

/// The messages of `strerror`, and the shortage that each means.
const MESSAGES: [(&str, Shortage); 6] = [
    ("No space left on device", Shortage::DiskSpace),
    ("Disk quota exceeded", Shortage::DiskSpace),
    ("Too many open files", Shortage::FileDescriptors),
    ("Cannot allocate memory", Shortage::Memory),
    ("Resource temporarily unavailable", Shortage::Threads),
    ("File too large", Shortage::DiskSpace),
];

impl Shortage {
    /// All variants.
    pub const ALL: [Self; 4] = [Self::DiskSpace, Self::FileDescriptors, Self::Memory, Self::Threads];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::DiskSpace => ErrorCode::DiskFull,
            Self::FileDescriptors => ErrorCode::TooManyOpenFiles,
            Self::Memory => ErrorCode::OutOfMemory,
            Self::Threads => ErrorCode::TooManyThreads,
        }
    }

    /// The shortage behind a system error; `None` for any other failure.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        Self::in_message(&error.to_string())
    }

    /// The shortage behind an error message that contains a message of the system; `None` for any other failure, and
    /// for every failed flush.
    #[must_use]
    pub fn in_message(message: &str) -> Option<Self> {
        if names_a_flush(message) {
            return None;
        }
        MESSAGES.iter().find(|(words, _)| message.contains(words)).map(|(_, shortage)| *shortage)
    }
}

/// Whether the failed call was a flush. RocksDB's messages read `…: While fdatasync: <path>: <system's message>`. A
/// path may contain any words, so only the text between `While ` and the next colon is searched.
fn names_a_flush(message: &str) -> bool {
    message.split("While ").skip(1).any(|rest| rest.split(':').next().is_some_and(|action| action.contains("sync")))
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskSpace => "no space left on the disk",
            Self::FileDescriptors => "too many open files",
            Self::Memory => "out of memory",
            Self::Threads => "no more threads can be started",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_told_from_every_other_failure() {
        let of = Shortage::in_message;
        let full = "IO error: No space left on device: While appending to file: db/000004.log: No space left on device";
        assert_eq!(of(full), Some(Shortage::DiskSpace));
        assert_eq!(of("IO error: While open a file for appending: db/7.sst: Disk quota exceeded"), of(full));
        let files = "IO error: While open a file for random read: db/000012.sst: Too many open files";
        assert_eq!(of(files), Some(Shortage::FileDescriptors));
        assert_eq!(of("IO error: While pread: db/1.sst: Cannot allocate memory"), Some(Shortage::Memory));
        assert_eq!(of("cannot start: Resource temporarily unavailable"), Some(Shortage::Threads));
        assert_eq!(of("IO error: While appending to file: db/000004.log: Input/output error"), None);
        assert_eq!(of("IO error: While appending to file: db/000004.log: Read-only file system"), None);
    }

    #[test]
    fn a_failed_flush_is_no_shortage_and_a_folder_may_be_called_sync() {
        let of = Shortage::in_message;
        assert_eq!(of("IO error: No space left on device: While fdatasync: db/4.log: No space left on device"), None);
        assert_eq!(of("IO error: While fsync: a directory: No space left on device"), None);
        assert_eq!(of("IO error: While sync_file_range returned -1: db/4.sst: No space left on device"), None);
        let named = "IO error: While appending to file: /srv/sync/db/000004.log: No space left on device";
        assert_eq!(of(named), Some(Shortage::DiskSpace));
    }

    #[test]
    fn errors_of_the_system_are_told_by_their_number() {
        use Shortage::{DiskSpace, FileDescriptors, Memory, Threads};
        let of = |number| Shortage::of(&io::Error::from_raw_os_error(number));
        // ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE, ENOMEM, EAGAIN; EIO, EROFS, EACCES.
        let found = [28, 122, 27, 24, 23, 12, 11, 5, 30, 13].map(of);
        let short = [DiskSpace, DiskSpace, DiskSpace, FileDescriptors, FileDescriptors, Memory, Threads];
        assert_eq!(found[..7], short.map(Some));
        assert_eq!(found[7..], [None; 3]);
    }
}
