//! One round of a monitor: collects its findings, and raises each alarm at once.
//!
//! # Invariants
//!
//! [`Round::raise`] returns after the alarm is durable, so a caller that stores its progress afterwards loses none. A condition
//! ends only if this round has checked it and has not found it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::time::Timestamp;
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::alarm_store::{AlarmDocument, AlarmStore};
use crate::monitor::state_dir::StateError;

/// A round that is under way.
#[derive(Debug)]
pub struct Round<'a> {
    alarms: &'a mut AlarmStore,
    /// When it began.
    pub now: Timestamp,
    raised: Vec<AlarmDocument>,
    found: BTreeMap<AlarmKind, BTreeSet<String>>,
    checked: BTreeSet<AlarmKind>,
}

impl<'a> Round<'a> {
    /// A round that begins at `now`.
    #[must_use]
    pub const fn new(alarms: &'a mut AlarmStore, now: Timestamp) -> Self {
        Self { alarms, now, raised: Vec::new(), found: BTreeMap::new(), checked: BTreeSet::new() }
    }

    /// Raises `alarm`, unless it is known.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn raise(&mut self, alarm: &Alarm) -> Result<(), StateError> {
        self.found.entry(alarm.kind).or_default().insert(alarm.subject.clone());
        self.raised.extend(self.alarms.raise(alarm, self.now)?);
        Ok(())
    }

    /// Records that this round checks all conditions of these kinds.
    pub fn check(&mut self, kinds: &[AlarmKind]) {
        self.checked.extend(kinds);
    }

    /// Ends the conditions of `kind` with these subjects, which were checked and no longer exist.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn clear(&mut self, kind: AlarmKind, subject: &dyn Fn(&str) -> bool) -> Result<(), StateError> {
        self.alarms.end(kind, &|open| !subject(open), self.now)
    }

    /// Whether this round has found a condition of this kind.
    #[must_use]
    pub fn has_found(&self, kind: AlarmKind) -> bool {
        self.found.contains_key(&kind)
    }

    /// Ends the round. Returns what it has raised, and how many conditions of each kind it has found.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn end(self) -> Result<(Vec<AlarmDocument>, BTreeMap<AlarmKind, usize>), StateError> {
        let none = BTreeSet::new();
        for kind in &self.checked {
            let found = self.found.get(kind).unwrap_or(&none);
            self.alarms.end(*kind, &|subject| found.contains(subject), self.now)?;
        }
        Ok((self.raised, self.found.iter().map(|(kind, subjects)| (*kind, subjects.len())).collect()))
    }
}
