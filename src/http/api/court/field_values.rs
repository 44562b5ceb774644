//! Values of request fields, spelled as in the acts.

use crate::court::line_value::LineValue;
use crate::filing::filing_error::FilingError;

/// Parses a word, number or id as an act spells it.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub fn read<T: LineValue>(field: &'static str, text: &str) -> Result<T, FilingError> {
    T::parse(text).ok_or_else(|| FilingError::bad(field, T::EXPECTED))
}

/// As [`read`], for an optional value.
///
/// # Errors
///
/// As [`read`].
pub fn read_some<T: LineValue>(field: &'static str, text: Option<&String>) -> Result<Option<T>, FilingError> {
    text.map(|text| read(field, text)).transpose()
}
