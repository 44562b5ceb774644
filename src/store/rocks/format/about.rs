//! What the database says of itself.

use crate::store::rocks::format::ToDisk;

/// Keys of the table `meta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION), as a big-endian `u32`.
    Format,
    /// The ledger's origin.
    Origin,
    /// From which leaf on rows by which leaves are found may be missing, as an index; not there when none are.
    Unindexed,
    /// Present while the index is rebuilt, and after an interrupted rebuild.
    Rebuilding,
    /// The indexes of all `key` notices, each as a big-endian `u64`, ascending; not there before the ledger key is rotated.
    KeyNotices,
    /// The platform's public key, as its vkey; not there before the node has made one.
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
