//! Values of request fields, spelled as in the acts.

use crate::court::ids::AccountId;
use crate::court::line_value::LineValue;
use crate::court::registry::{Account, Registry, RegistryError};
use crate::filing::filing_error::FilingError;
use crate::ledger::time::Timestamp;
use crate::wire::court::accounts::read_time;

/// Parses a word, number or id as an act spells it.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub fn read<T: LineValue>(field: &'static str, text: &str) -> Result<T, FilingError> {
    T::parse_typed(text).ok_or_else(|| FilingError::unread::<T>(field))
}

/// As [`read`], for an optional value.
///
/// # Errors
///
/// As [`read`].
pub fn read_some<T: LineValue>(field: &'static str, text: Option<&String>) -> Result<Option<T>, FilingError> {
    text.map(|text| read(field, text)).transpose()
}

/// Parses a time as requests spell it.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub fn read_moment(field: &'static str, text: &str) -> Result<Timestamp, FilingError> {
    read_time(text).ok_or_else(|| {
        let example = "2026-11-22T09:04:11.123+08:00";
        FilingError::bad(field, format!("expected a time like {example}"), format!("应为时间，例如 {example}"))
    })
}

/// Looks up an account by its id.
///
/// # Errors
///
/// [`RegistryError::NoSuchAccount`].
pub fn known<'r>(registry: &'r Registry, text: &str) -> Result<(AccountId, &'r Account), FilingError> {
    let id: AccountId = read("account", text)?;
    let account = registry.accounts.get(&id).ok_or(FilingError::Registry(RegistryError::NoSuchAccount))?;
    Ok((id, account))
}
