//! Checks originals in custody against their records: for `audit`, decrypted and hashed; for `backup`, by name and size.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::audit::report::KeptOriginal;
use crate::court::acts::TakeCustody;
use crate::custody::checking::{CheckError, check_size, measure};
use crate::custody::object::{ObjectId, ObjectKey};
use crate::desk::originals::{CustodyRecord, kept_originals};
use crate::ledger::hash::lower_hex;
use crate::ledger::merkle::shape::LeafIndex;
use crate::store::contract::{Private, ReadError, ReadLedger};

/// What was checked, and what is wrong.
#[derive(Debug, Default)]
pub struct OriginalsReport {
    /// Originals that are to be there.
    pub kept: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Originals that were erased: nothing of them is to be there.
    pub erased: u64,
    /// What is wrong.
    pub faults: Vec<OriginalFault>,
}

/// What is wrong with one original.
#[derive(Debug)]
pub struct OriginalFault {
    /// Where the act stands that took it into custody.
    pub index: LeafIndex,
    act: TakeCustody,
    reason: String,
}

impl fmt::Display for OriginalFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = ObjectId::from_bytes(self.act.object.0);
        write!(f, "deposit {}, object {object}: {}", self.act.deposit, self.reason)
    }
}

impl OriginalsReport {
    fn count(&mut self, index: LeafIndex, act: &TakeCustody, checked: Result<(), String>) {
        self.kept += 1;
        self.bytes = self.bytes.saturating_add(act.size);
        if let Err(reason) = checked {
            self.faults.push(OriginalFault { index, act: act.clone(), reason });
        }
    }
}

/// Checks that each original that the ledger's acts name lies in `originals` under its name and in its size.
///
/// # Errors
///
/// [`ReadError`]: the acts cannot be read.
pub fn sizes_of_originals(store: &dyn ReadLedger, originals: &Path) -> Result<OriginalsReport, ReadError> {
    let mut report = OriginalsReport::default();
    for CustodyRecord { index, act, .. } in kept_originals(store)? {
        let checked = check_size(originals, &ObjectId::from_bytes(act.object.0), act.size);
        report.count(index, &act, checked.map_err(|error| error.to_string()));
    }
    Ok(report)
}

/// Decrypts each original and compares it with the size and the digests in its record. `done` hears of its bytes.
pub fn decrypt_originals(
    store: &dyn ReadLedger,
    originals: &Path,
    records: &[KeptOriginal],
    mut done: impl FnMut(u64),
) -> OriginalsReport {
    let mut report = OriginalsReport::default();
    for KeptOriginal { index, act, .. } in records {
        let checked = match store.annex(*index, &act.key.0) {
            Ok(Private::Erased(_)) => {
                report.erased += 1;
                continue;
            }
            Ok(Private::Held(piece)) => decrypt(originals, act, &Zeroizing::new(piece.json)),
            Ok(Private::None) => Err("its key is missing: it cannot be read any more".into()),
            Err(error) => Err(error.to_string()),
        };
        report.count(*index, act, checked);
        done(act.size);
    }
    report
}

fn decrypt(originals: &Path, act: &TakeCustody, key: &str) -> Result<(), String> {
    let bytes = lower_hex(key).map(Zeroizing::new).ok_or("its key is not a key")?;
    let object = ObjectId::from_bytes(act.object.0);
    let measured = measure(originals, &object, &ObjectKey::from_bytes(&bytes), act.size);
    let measured = measured.map_err(|error: CheckError| error.to_string())?;
    match act.data_hash.iter().find(|(algorithm, digest)| measured.digest(*algorithm) != *digest) {
        None => Ok(()),
        Some((algorithm, digest)) => {
            Err(format!("its {algorithm} is {} instead of {digest}", measured.digest(*algorithm)))
        }
    }
}
