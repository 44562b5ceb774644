//! Values of the table `leaves`: records in the encoding of `record_codec`.

use crate::store::record_codec::unpack;
use crate::store::rocks::format::FromDisk;

/// A decoded record of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record(pub Vec<u8>);

impl FromDisk for Record {
    fn from_disk(row: &[u8]) -> Option<Self> {
        let mut record = Vec::new();
        unpack(row, &mut record);
        Some(Self(record))
    }
}
