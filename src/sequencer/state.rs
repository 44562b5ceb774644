//! Whether deposits are sealed, and why not.

use std::sync::{Mutex, PoisonError};

use crate::store::refusal::{ErasureRefusal, Refusal};

/// What others may see of the sealing threads.
#[derive(Debug)]
pub struct State(Mutex<Result<(), String>>);

impl State {
    /// Sealing.
    #[must_use]
    pub const fn sealing() -> Self {
        Self(Mutex::new(Ok(())))
    }

    /// `Err` with the reason when sealing has stopped.
    ///
    /// # Errors
    ///
    /// The reason, for people.
    pub fn writing(&self) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::sequencer) fn set(&self, writing: Result<(), String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = writing;
    }

    /// Writing stops; the reason.
    pub(in crate::sequencer) fn stops(&self, stop: &Stop) -> String {
        let reason = match stop {
            Stop::Fatal(reason) => reason.clone(),
            Stop::Erasure(refusal) => refusal.to_string(),
            Stop::Refused(refusal) => refusal.to_string(),
        };
        self.set(Err(reason.clone()));
        reason
    }
}

/// Why a block was not sealed.
pub(in crate::sequencer) enum Stop {
    /// For good: what is stored is unknown or wrong.
    Fatal(String),
    /// Not at all: what was to be erased is not there, and nothing was stored.
    Erasure(ErasureRefusal),
    /// Not as it is: one of its deposits may not enter, and nothing was stored.
    Refused(Refusal),
}
