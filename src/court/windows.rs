//! The windows of a case: a list in the order in which they were made.
//!
//! # Invariants
//!
//! A case has at most one window of one kind, party and subject that is not closed. To begin another one closes the first only where
//! the caller says so ([`Windows::replace`]).
//!
//! Not here: evidence periods of parties, which have rules of their own (`case::evidence_period`).

use crate::court::act_position::ActPosition;
use crate::court::case_number::CourtCode;
use crate::court::ids::PartyNumber;
use crate::court::time_limits;
use crate::court::window::{Start, Subject, Window, WindowError, WindowEvent, WindowKind};
use crate::ledger::time::Timestamp;

/// Most windows of a case.
pub const WINDOWS_MAX: usize = 20_000;

/// The windows of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Windows(Vec<Window>);

/// Which window of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowKey {
    /// Its kind.
    pub kind: WindowKind,
    /// Whose it is.
    pub party: Option<PartyNumber>,
    /// What it is about.
    pub subject: Option<Subject>,
}

impl WindowKey {
    /// A window of a party, of which a case has one.
    #[must_use]
    pub const fn of(kind: WindowKind, party: PartyNumber) -> Self {
        Self { kind, party: Some(party), subject: None }
    }

    /// A window of the court or of all.
    #[must_use]
    pub const fn of_the_case(kind: WindowKind) -> Self {
        Self { kind, party: None, subject: None }
    }

    /// The same, about one thing.
    #[must_use]
    pub const fn about(self, subject: Subject) -> Self {
        Self { subject: Some(subject), ..self }
    }

    fn fits(self, window: &Window) -> bool {
        (window.kind, window.party, window.subject) == (self.kind, self.party, self.subject)
    }
}

impl Windows {
    /// All of them, closed ones too, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Window> {
        self.0.iter()
    }

    /// The latest of this key, closed or not.
    #[must_use]
    pub fn get(&self, key: WindowKey) -> Option<&Window> {
        self.0.iter().rev().find(|window| key.fits(window))
    }

    /// The latest of this key that had begun at `at`, closed since or not.
    #[must_use]
    pub fn begun_by(&self, key: WindowKey, at: Timestamp) -> Option<&Window> {
        let begun = |window: &&Window| window.begun.is_some_and(|(by, _)| by.at <= at);
        self.0.iter().rev().filter(|window| key.fits(window)).find(begun)
    }

    /// The latest of this key that is not closed.
    #[must_use]
    pub fn unclosed(&self, key: WindowKey) -> Option<&Window> {
        self.get(key).filter(|window| window.closed.is_none())
    }

    fn unclosed_mut(&mut self, key: WindowKey) -> Option<&mut Window> {
        self.0.iter_mut().rev().find(|window| key.fits(window)).filter(|window| window.closed.is_none())
    }

    /// Adds a window of this key, begun or not.
    ///
    /// # Errors
    ///
    /// [`WindowError::Begun`]: there is one that is not closed. [`WindowError::Length`]: the case has [`WINDOWS_MAX`].
    pub fn add(&mut self, subject: Option<Subject>, mut window: Window) -> Result<(), WindowError> {
        window.subject = subject;
        let key = WindowKey { kind: window.kind, party: window.party, subject };
        if self.unclosed(key).is_some() {
            return Err(WindowError::Begun);
        }
        if self.0.len() >= WINDOWS_MAX {
            return Err(WindowError::Length);
        }
        self.0.push(window);
        Ok(())
    }

    /// Begins a window whose length the law sets: the row of `time_limits` in force on the day of the start. One of this key that waits
    /// begins with its own length. One that has begun and is not closed is kept as it is, so that serving a document a second time does
    /// not lengthen a period.
    ///
    /// # Errors
    ///
    /// [`WindowError::Length`]: no row for that kind and day. Other [`WindowError`]s as in [`Window::begin`].
    pub fn begin_by_law(
        &mut self,
        key: WindowKey,
        court: &CourtCode,
        by: ActPosition,
        start: Start,
    ) -> Result<(), WindowError> {
        if let Some(window) = self.unclosed_mut(key) {
            return if window.begun.is_some() { Ok(()) } else { window.begin(by, start) };
        }
        let limit = time_limits::limit(key.kind, Some(court), start.day()).ok_or(WindowError::Length)?;
        let mut window = Window::new(key.kind, key.party, limit.length, limit.source())?;
        window.begin(by, start)?;
        self.add(key.subject, window)
    }

    /// Adds a window of this key, and closes one that is not closed, by the same act.
    ///
    /// # Errors
    ///
    /// [`WindowError::Length`]: the case has [`WINDOWS_MAX`]; then nothing has changed.
    pub fn replace(&mut self, key: WindowKey, window: Window, by: ActPosition) -> Result<(), WindowError> {
        if self.0.len() >= WINDOWS_MAX {
            return Err(WindowError::Length);
        }
        self.close(key, by);
        self.add(key.subject, window)
    }

    /// The windows of this kind and party that have begun and are not closed, whatever they are about.
    pub fn begun_of(&self, kind: WindowKind, party: PartyNumber) -> impl Iterator<Item = &Window> {
        let is_begun = |window: &&Window| window.begun.is_some() && window.closed.is_none();
        self.0.iter().filter(move |window| window.kind == kind && window.party == Some(party)).filter(is_begun)
    }

    /// Closes the window of this key; `false` if there is none that is not closed.
    pub fn close(&mut self, key: WindowKey, by: ActPosition) -> bool {
        self.unclosed_mut(key).is_some_and(|window| window.close(by).is_ok())
    }

    /// Applies an event to the window of this key.
    ///
    /// # Errors
    ///
    /// [`WindowError`].
    pub fn apply(&mut self, key: WindowKey, by: ActPosition, event: WindowEvent) -> Result<(), WindowError> {
        self.unclosed_mut(key).ok_or(WindowError::NotBegun)?.apply(by, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::calendar::{Calendar, Day};
    use crate::court::window::{Length, Source, WindowState};
    use crate::ledger::merkle::shape::LeafIndex;

    fn act(sequence: u64) -> ActPosition {
        ActPosition { index: LeafIndex(sequence), sequence, at: Timestamp::EPOCH }
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn court() -> CourtCode {
        CourtCode::parse("粤0192").unwrap()
    }

    #[test]
    fn each_party_has_its_own_answer_period_from_its_own_service() {
        let (mut windows, calendar) = (Windows::default(), Calendar::default());
        for (party, served) in [(2, "2026-11-23"), (3, "2026-11-25")] {
            let key = WindowKey::of(WindowKind::Answer, PartyNumber(party));
            windows.begin_by_law(key, &court(), act(5), Start::Day(day(served))).unwrap();
        }
        // Served again: the first service counts.
        let second = WindowKey::of(WindowKind::Answer, PartyNumber(2));
        windows.begin_by_law(second, &court(), act(6), Start::Day(day("2026-12-01"))).unwrap();
        let last: Vec<_> = windows
            .iter()
            .map(|window| (window.party.unwrap().0, window.end(&calendar).unwrap().last.unwrap().to_string()))
            .collect();
        assert_eq!(last, [(2, "2026-12-08".to_owned()), (3, "2026-12-10".to_owned())]);
        assert!(windows.close(second, act(7)) && !windows.close(second, act(8)));
        let open = |windows: &Windows| {
            windows.iter().filter(|window| window.is_open(day("2026-11-30").start(), &calendar)).count()
        };
        assert_eq!(open(&windows), 1);
        windows.begin_by_law(second, &court(), act(9), Start::Day(day("2026-12-01"))).unwrap();
        assert_eq!(windows.iter().count(), 3);
    }

    #[test]
    fn a_window_made_before_it_begins_waits_and_is_not_due() {
        let (mut windows, calendar) = (Windows::default(), Calendar::default());
        let key = WindowKey::of(WindowKind::Answer, PartyNumber(2));
        let source = Source::Court(act(1));
        windows.add(None, Window::new(key.kind, key.party, Length::days(3), source).unwrap()).unwrap();
        let waiting = windows.get(key).unwrap().state(Timestamp::EPOCH, &calendar);
        assert_eq!(waiting, WindowState::NotBegun);
        windows.begin_by_law(key, &court(), act(2), Start::Day(day("2026-11-23"))).unwrap();
        assert_eq!(windows.iter().count(), 1);
        assert_eq!(windows.get(key).unwrap().end(&calendar).unwrap().last, Some(day("2026-11-26")));
        let extended = windows.apply(key, act(3), WindowEvent::Extended { days: 5 });
        assert_eq!(extended, Err(WindowError::NotForKind(WindowKind::Answer)));
        windows.apply(key, act(3), WindowEvent::Deferred { last: day("2026-12-20") }).unwrap();
        assert_eq!(windows.get(key).unwrap().end(&calendar).unwrap().last, Some(day("2026-12-21")));
    }
}
