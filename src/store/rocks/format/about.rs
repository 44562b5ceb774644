//! Keys of the table `meta`: facts about the database itself.

use crate::store::rocks::format::ToDisk;

/// Keys of the table `meta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION), as a big-endian `u32`.
    Format,
    /// The ledger's origin.
    Origin,
    /// Index of the first leaf whose index rows may be missing in the tables; absent when the tables are complete.
    Unindexed,
    /// Present while the index is rebuilt, and after an interrupted rebuild.
    Rebuilding,
    /// The indexes of all `key` notices, each as a big-endian `u64`, ascending; absent before the first rotation of the
    /// ledger key.
    KeyNotices,
    /// The platform's public key, as its vkey; absent before the node has created it.
    Platform,
}

impl ToDisk for About {
    type Bytes<'a> = &'static [u8];

    fn to_disk(&self) -> &'static [u8] {
        match self {
            Self::Format => b"format",
            Self::Origin => b"origin",
            Self::Unindexed => b"unindexed",
            Self::Rebuilding => b"rebuilding",
            Self::KeyNotices => b"key_notices",
            Self::Platform => b"platform",
        }
    }
}
