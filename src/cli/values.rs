//! What options may say.

use clap::builder::RangedU64ValueParser;

/// A count of which none would be nothing.
#[must_use]
pub fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}
