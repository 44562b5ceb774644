//! The description of a node besides its ledger: operator, version, clock source; and gauges of its disk and certificate.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::regular;
use crate::http::tls::TlsIdentity;
use crate::ledger::time::Timestamp;
use crate::wire::report_contents::InstitutionJson;

/// The parts of a ledger's folder whose size is measured, with their names in the metrics.
const PARTS: [(&str, &str); 3] = [("db", "database"), ("originals", "originals"), ("accounts", "accounts")];

/// Most bytes of a file with a time.
const TIME_MAX: usize = 64;

/// The description of a node.
#[derive(Debug, Clone, Default)]
pub struct NodeDescription {
    /// The operator's name.
    pub operator: Option<String>,
    /// What kind of organisation it is.
    pub nature: Option<String>,
    /// 区块链信息服务备案号.
    pub record_filing: Option<String>,
    /// From what the clock is set.
    pub clock_source: Option<String>,
    /// The ledger's folder; `None` for a ledger in memory.
    pub data: Option<PathBuf>,
    /// Bytes of the disk that originals in custody must leave free.
    pub reserved: Option<u64>,
    /// The file with the time of the last backup, in milliseconds since the epoch.
    pub last_backup: Option<PathBuf>,
    /// The certificate of the listeners.
    pub tls: Option<TlsIdentity>,
}

impl NodeDescription {
    /// The operator, as verification reports name it.
    #[must_use]
    pub fn institution(&self) -> InstitutionJson {
        InstitutionJson {
            operator: self.operator.clone(),
            nature: self.nature.clone(),
            record_filing: self.record_filing.clone(),
            clock_source: self.clock_source.clone(),
        }
    }

    /// The version of the program.
    #[must_use]
    pub const fn version() -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The time of the last backup; `None` if there was none, or it cannot be read. A small read.
    #[must_use]
    pub fn last_backup_time(&self) -> Option<Timestamp> {
        time_in(self.last_backup.as_ref()?)
    }

    /// Sets the gauges of version, certificate, free space and last backup. A few small reads.
    pub fn set_gauges(&self) {
        metrics::gauge!("tiezheng_build_info", "version" => Self::version()).set(1.0);
        if let Some(tls) = &self.tls {
            metrics::gauge!("tiezheng_tls_certificate_expiry_timestamp_seconds").set(seconds(tls.valid_until()));
        }
        if let Some(reserved) = self.reserved {
            metrics::gauge!("tiezheng_disk_reserved_bytes").set(float(reserved));
        }
        if let Some(disk) = self.data.as_ref().and_then(|data| rustix::fs::statvfs(data).ok()) {
            metrics::gauge!("tiezheng_disk_free_bytes").set(float(disk.f_bavail.saturating_mul(disk.f_frsize)));
        }
        if let Some(file) = &self.last_backup {
            metrics::gauge!("tiezheng_last_backup_timestamp_seconds").set(time_in(file).map_or(0.0, seconds));
        }
    }

    /// Sets the gauges of used space. Reads the sizes of all files of the ledger's folder: blocking.
    pub fn measure_files(&self) {
        let Some(data) = &self.data else { return };
        for (folder, part) in PARTS {
            metrics::gauge!("tiezheng_disk_used_bytes", "part" => part).set(float(size_of(&data.join(folder))));
        }
    }
}

/// The time in a file, in milliseconds since the epoch.
fn time_in(path: &Path) -> Option<Timestamp> {
    let text = String::from_utf8(regular::read_own(path, TIME_MAX).ok()?).ok()?;
    Timestamp::from_millis(text.trim_end().parse().ok()?)
}

/// Bytes of all files in a folder and its subfolders; what cannot be read counts nothing.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn seconds(time: Timestamp) -> f64 {
    float(time.as_millis() / 1_000)
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only, exact to 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_the_last_backup_are_read_from_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("last-backup");
        assert_eq!((size_of(folder.path()), time_in(&file)), (0, None));
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [0; 10]).unwrap();
        fs::write(folder.path().join("d"), [0; 5]).unwrap();
        fs::write(&file, "1764489600000\n").unwrap();
        assert_eq!(size_of(folder.path()), 10 + 5 + 14);
        assert_eq!(time_in(&file), Timestamp::from_millis(1_764_489_600_000));
    }
}
