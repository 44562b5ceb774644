//! Checks originals in custody against their records: for `audit`, decrypted and hashed; for `backup`, by name and size.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::audit::report::OriginalRecord;
use crate::cli::exit::CliError;
use crate::cli::open_errors::unreadable;
use crate::court::acts::TakeCustody;
use crate::custody::checking::{CheckError, check_size, measure};
use crate::custody::object::{ObjectId, ObjectKey};
use crate::filing::custody_records::{CustodyRecord, originals_in_custody};
use crate::ledger::hash::lower_hex;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::statement::content::FileDigests;
use crate::store::traits::{LedgerReader, PrivatePiece, ReadError};
use crate::wire::bilingual::Bilingual;

/// Result of the check.
#[derive(Debug, Default)]
pub struct OriginalsReport {
    /// Originals that must exist.
    pub kept: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Erased originals, whose files must not exist.
    pub erased: u64,
    /// The faults found.
    pub faults: Vec<OriginalFault>,
}

/// A fault of one original.
#[derive(Debug)]
pub struct OriginalFault {
    /// Index of the act that took it into custody.
    pub index: LeafIndex,
    act: TakeCustody,
    reason: Bilingual,
}

impl OriginalFault {
    /// In Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        let object = ObjectId::from_bytes(self.act.object.0);
        format!("存证 {}，对象 {object}：{}", self.act.deposit, self.reason.zh)
    }
}

impl fmt::Display for OriginalFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = ObjectId::from_bytes(self.act.object.0);
        write!(f, "deposit {}, object {object}: {}", self.act.deposit, self.reason.en)
    }
}

impl OriginalsReport {
    fn count(&mut self, index: LeafIndex, act: &TakeCustody, checked: Result<(), Bilingual>) {
        self.kept += 1;
        self.bytes = self.bytes.saturating_add(act.size);
        if let Err(reason) = checked {
            self.faults.push(OriginalFault { index, act: act.clone(), reason });
        }
    }
}

/// Checks that each original named by the ledger's acts exists in `originals` with its name and size.
///
/// # Errors
///
/// The acts or an original cannot be read.
pub fn sizes_of_originals(store: &dyn LedgerReader, originals: &Path) -> Result<OriginalsReport, CliError> {
    let mut report = OriginalsReport::default();
    for CustodyRecord { index, act, .. } in originals_in_custody(store).map_err(|error| unreadable(&error))? {
        let object = ObjectId::from_bytes(act.object.0);
        let checked = compared(&object, check_size(originals, &object, act.size))?;
        report.count(index, &act, checked);
    }
    Ok(report)
}

/// Decrypts each original and compares it with the size and the digests in its record. `done` receives the number of bytes.
///
/// # Errors
///
/// An original or its key cannot be read: no finding, for both may be sound.
pub fn decrypt_originals(
    store: &dyn LedgerReader,
    originals: &Path,
    records: &[OriginalRecord],
    mut done: impl FnMut(u64),
) -> Result<OriginalsReport, CliError> {
    let mut report = OriginalsReport::default();
    for OriginalRecord { index, act, .. } in records {
        let checked = match store.annex(*index, &act.key.0) {
            Ok(PrivatePiece::Erased(_)) => {
                report.erased += 1;
                continue;
            }
            Ok(PrivatePiece::Held(piece)) => decrypt(originals, act, &Zeroizing::new(piece.json))?,
            Ok(PrivatePiece::None) => {
                Err(Bilingual::new("其密钥缺失，已无法读取", "its key is missing: it cannot be read any more"))
            }
            Err(error @ ReadError::Damaged { .. }) => Err(Bilingual::new(unreadable(&error).zh, error.to_string())),
            Err(error) => return Err(unreadable(&error)),
        };
        report.count(*index, act, checked);
        done(act.size);
    }
    Ok(report)
}

/// Separates the finding of a check from an error of the disk or the system that prevented the check.
fn compared<T>(object: &ObjectId, checked: Result<T, CheckError>) -> Result<Result<T, Bilingual>, CliError> {
    match checked {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_of_system() => {
            let (zh, en) = (format!("托管原文 {object}：{}", error.chinese()), format!("original {object}: {error}"));
            Err(CliError::unable("unreadable", zh, en))
        }
        Err(error) => Ok(Err(Bilingual::new(error.chinese(), error.to_string()))),
    }
}

fn decrypt(originals: &Path, act: &TakeCustody, key: &str) -> Result<Result<(), Bilingual>, CliError> {
    let Some(bytes) = lower_hex(key).map(Zeroizing::new) else {
        return Ok(Err(Bilingual::new("其密钥格式不符", "its key is not a key")));
    };
    let object = ObjectId::from_bytes(act.object.0);
    let measured = compared(&object, measure(originals, &object, &ObjectKey::from_bytes(&bytes), act.size))?;
    Ok(measured.and_then(|measured| equals_record(act, &measured)))
}

/// Whether the digests of an original are those of its record.
fn equals_record(act: &TakeCustody, measured: &FileDigests) -> Result<(), Bilingual> {
    match act.data_hash.iter().find(|(algorithm, digest)| measured.digest(*algorithm) != *digest) {
        None => Ok(()),
        Some((algorithm, digest)) => {
            let found = measured.digest(*algorithm);
            let en = format!("its {algorithm} is {found} instead of {digest}");
            Err(Bilingual::new(format!("其 {algorithm} 为 {found}，应为 {digest}"), en))
        }
    }
}
