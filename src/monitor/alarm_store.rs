//! The folder of alarms: each alarm is a folder of its own with its evidence.
//!
//! ```text
//! alarms/<time>-<kind>[-<n>]/alarm.json     kind, subject, state, time, detail, texts
//!                            <evidence>     notes, proofs, leaves, answers
//!                            ended          once the condition has ended: when
//!                            delivered      once the webhook has accepted it: when
//! ```
//!
//! # Invariants
//!
//! The folder of an alarm is durable, with all of its evidence, before a notification is sent: a crash loses no alarm. The
//! folders are the only record of raised alarms, so a crash repeats none either. A lasting condition is raised again only when
//! its state has changed, or after [`REPEAT_AFTER`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::files::placing::make_folders;
use crate::files::regular;
use crate::ledger::time::Timestamp;
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::state_dir::{StateError, sync_folder_of, write_synced};

/// After this time a lasting condition is raised again.
pub const REPEAT_AFTER: Duration = Duration::from_hours(24);
const DOCUMENT: &str = "alarm.json";
const ENDED: &str = "ended";
const DELIVERED: &str = "delivered";
const DRAFT: &str = ".draft-";
/// Longest `alarm.json` in bytes.
const DOCUMENT_MAX: usize = 1 << 20;

/// The document of an alarm, which is also the body of a webhook call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmDocument {
    /// The folder's name, which is the alarm's id.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// `alarm`, `warning` or `notice`.
    pub severity: String,
    /// The ledger.
    pub ledger: String,
    /// The subject.
    pub subject: String,
    /// The state of the condition.
    pub state: String,
    /// When it was raised.
    pub raised: String,
    /// What the kind means, in Chinese.
    pub text_zh: String,
    /// What the kind means, in English.
    pub text_en: String,
    /// Details.
    pub detail: String,
    /// Names of the files of evidence.
    pub evidence: Vec<String>,
}

/// An open condition.
#[derive(Debug, Clone)]
struct Open {
    id: String,
    state: String,
    raised: Timestamp,
}

/// The alarms of one monitor.
#[derive(Debug)]
pub struct AlarmStore {
    path: PathBuf,
    ledger: String,
    open: BTreeMap<(AlarmKind, String), Open>,
    undelivered: BTreeSet<String>,
}

impl AlarmStore {
    /// Reads the folder, and creates it where it is missing.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn open(path: &Path, ledger: &str) -> Result<Self, StateError> {
        make_folders(path, 0o700).map_err(StateError::io(path))?;
        let mut store = Self {
            path: path.to_owned(),
            ledger: ledger.to_owned(),
            open: BTreeMap::new(),
            undelivered: BTreeSet::new(),
        };
        let entries = fs::read_dir(path).map_err(StateError::io(path))?;
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(StateError::io(path))?.file_name();
            names.extend(name.into_string().ok());
        }
        // In the order in which they were raised.
        names.sort();
        for name in names {
            let folder = path.join(&name);
            if name.starts_with(DRAFT) {
                // No notification was sent for an alarm that was not durable; the condition is found again.
                fs::remove_dir_all(&folder).map_err(StateError::io(&folder))?;
            } else {
                store.read(&folder, name)?;
            }
        }
        Ok(store)
    }

    fn read(&mut self, folder: &Path, name: String) -> Result<(), StateError> {
        let path = folder.join(DOCUMENT);
        let Some(bytes) = regular::read_if_present(&path, DOCUMENT_MAX).map_err(StateError::io(&path))? else {
            return Ok(());
        };
        let document: AlarmDocument =
            serde_json::from_slice(&bytes).map_err(|error| StateError::damaged(&path, error.to_string()))?;
        let (kind, raised) = (AlarmKind::parse(&document.kind), Timestamp::parse(&document.raised));
        let (Some(kind), Some(raised)) = (kind, raised) else {
            return Err(StateError::damaged(&path, "a value in it is malformed"));
        };
        if !folder.join(DELIVERED).exists() {
            self.undelivered.insert(name.clone());
        }
        let key = (kind, document.subject);
        if folder.join(ENDED).exists() {
            self.open.remove(&key);
        } else {
            self.open.insert(key, Open { id: name, state: document.state, raised });
        }
        Ok(())
    }

    /// Whether `alarm` has to be raised at `now`: its condition is new, has changed, or has lasted for [`REPEAT_AFTER`].
    fn is_due(&self, alarm: &Alarm, now: Timestamp) -> bool {
        self.open.get(&(alarm.kind, alarm.subject.clone())).is_none_or(|open| {
            let age = now.as_millis().saturating_sub(open.raised.as_millis());
            let again = u128::from(age) >= REPEAT_AFTER.as_millis();
            !alarm.kind.is_event() && (open.state != alarm.state || again)
        })
    }

    /// Raises `alarm`, unless the condition was raised before and has not changed. Returns its document once it is durable.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`]: the alarm was not stored, and is raised again by the next round.
    pub fn raise(&mut self, alarm: &Alarm, now: Timestamp) -> Result<Option<AlarmDocument>, StateError> {
        if !self.is_due(alarm, now) {
            return Ok(None);
        }
        let document = self.document(alarm, now);
        let (draft, folder) = (self.path.join(format!("{DRAFT}{}", document.id)), self.path.join(&document.id));
        write_folder(&draft, &folder, &document, alarm).map_err(StateError::io(&folder))?;
        let open = Open { id: document.id.clone(), state: alarm.state.clone(), raised: now };
        self.open.insert((alarm.kind, alarm.subject.clone()), open);
        self.undelivered.insert(document.id.clone());
        Ok(Some(document))
    }

    fn document(&self, alarm: &Alarm, now: Timestamp) -> AlarmDocument {
        let time = now.to_string().replace([':', '-'], "");
        let base = format!("{time}-{}", alarm.kind.code());
        let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
        let id = names.into_iter().find(|name| !self.path.join(name).exists()).unwrap_or(base);
        let (zh, en) = alarm.kind.text();
        AlarmDocument {
            id,
            kind: alarm.kind.code().to_owned(),
            severity: alarm.kind.severity().word().to_owned(),
            ledger: self.ledger.clone(),
            subject: alarm.subject.clone(),
            state: alarm.state.clone(),
            raised: now.to_string(),
            text_zh: zh.to_owned(),
            text_en: en.to_owned(),
            detail: alarm.detail.clone(),
            evidence: alarm.evidence.iter().map(|file| file.name.clone()).collect(),
        }
    }

    /// Marks the conditions of `kind` as ended for whose subject `goes_on` is false.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn end(&mut self, kind: AlarmKind, goes_on: &dyn Fn(&str) -> bool, now: Timestamp) -> Result<(), StateError> {
        if kind.is_event() {
            return Ok(());
        }
        let of_kind = self.open.iter().filter(|((open, subject), _)| *open == kind && !goes_on(subject));
        let ended: Vec<_> = of_kind.map(|(key, open)| (key.clone(), open.id.clone())).collect();
        for (key, id) in ended {
            let path = self.path.join(id).join(ENDED);
            write_time(&path, now).map_err(StateError::io(&path))?;
            self.open.remove(&key);
        }
        Ok(())
    }

    /// Number of open conditions by kind, without events.
    #[must_use]
    pub fn open_conditions(&self) -> BTreeMap<AlarmKind, u64> {
        let mut counts = BTreeMap::new();
        for (kind, _) in self.open.keys().filter(|(kind, _)| !kind.is_event()) {
            *counts.entry(*kind).or_insert(0) += 1;
        }
        counts
    }

    /// Ids of the alarms that no webhook has accepted yet, the oldest first.
    #[must_use]
    pub fn undelivered(&self) -> Vec<String> {
        self.undelivered.iter().cloned().collect()
    }

    /// The bytes of the document of an alarm.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn document_bytes(&self, id: &str) -> Result<Vec<u8>, StateError> {
        let path = self.path.join(id).join(DOCUMENT);
        regular::read(&path, DOCUMENT_MAX).map_err(StateError::io(&path))
    }

    /// Records that the webhook has accepted an alarm.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn set_delivered(&mut self, id: &str, now: Timestamp) -> Result<(), StateError> {
        let path = self.path.join(id).join(DELIVERED);
        write_time(&path, now).map_err(StateError::io(&path))?;
        self.undelivered.remove(id);
        Ok(())
    }
}

fn write_time(path: &Path, now: Timestamp) -> io::Result<()> {
    write_synced(path, format!("{now}\n").as_bytes())?;
    sync_folder_of(path)
}

/// Writes all files of an alarm, and gives the folder its name when they are durable.
fn write_folder(draft: &Path, folder: &Path, document: &AlarmDocument, alarm: &Alarm) -> io::Result<()> {
    if draft.exists() {
        fs::remove_dir_all(draft)?;
    }
    make_folders(draft, 0o700)?;
    for file in &alarm.evidence {
        write_synced(&draft.join(&file.name), &file.bytes)?;
    }
    let mut json = serde_json::to_vec_pretty(document).map_err(io::Error::other)?;
    json.push(b'\n');
    let path = draft.join(DOCUMENT);
    write_synced(&path, &json)?;
    sync_folder_of(&path)?;
    fs::rename(draft, folder)?;
    sync_folder_of(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + hours * 3_600_000).unwrap()
    }

    #[test]
    fn a_condition_is_raised_once_until_it_changes_ends_or_lasts_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let open = || AlarmStore::open(folder.path(), "ledger").unwrap();
        let mut store = open();
        let alarm = |state: &str| Alarm::new(AlarmKind::WitnessBehind, "court", state).with("note", b"x".as_slice());
        let first = store.raise(&alarm("size 5"), at(0)).unwrap().unwrap();
        assert_eq!(fs::read(folder.path().join(&first.id).join("note")).unwrap(), b"x");
        // It is not raised again after a restart either.
        for store in [&mut store, &mut open()] {
            assert_eq!(store.raise(&alarm("size 5"), at(1)).unwrap(), None);
        }
        assert!(store.raise(&alarm("size 6"), at(2)).unwrap().is_some());
        assert!(store.raise(&alarm("size 6"), at(25)).unwrap().is_none());
        assert!(store.raise(&alarm("size 6"), at(26)).unwrap().is_some());
        store.end(AlarmKind::WitnessBehind, &|subject| subject == "court", at(27)).unwrap();
        assert_eq!(store.open_conditions().len(), 1);
        store.end(AlarmKind::WitnessBehind, &|_| false, at(27)).unwrap();
        assert!(store.open_conditions().is_empty() && open().open_conditions().is_empty());
        assert!(open().raise(&alarm("size 6"), at(28)).unwrap().is_some());
    }

    #[test]
    fn an_event_is_raised_once_and_a_draft_of_a_crash_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let draft = folder.path().join(format!("{DRAFT}x"));
        fs::create_dir(&draft).unwrap();
        let mut store = AlarmStore::open(folder.path(), "ledger").unwrap();
        assert!(!draft.exists());
        let event = Alarm::new(AlarmKind::Watch, "7 digest", "x");
        let raised = store.raise(&event, at(0)).unwrap().unwrap();
        let mut store = AlarmStore::open(folder.path(), "ledger").unwrap();
        assert!(store.raise(&event, at(100)).unwrap().is_none());
        assert_eq!(store.undelivered(), std::slice::from_ref(&raised.id));
        store.set_delivered(&raised.id, at(1)).unwrap();
        assert!(AlarmStore::open(folder.path(), "ledger").unwrap().undelivered().is_empty());
    }
}
