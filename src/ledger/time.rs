//! The chain's time: UTC in whole milliseconds, written `2026-11-22T01:04:11.123Z`.
//!
//! Always 24 characters, always three decimals, years 1970 to 9999; no leap second has a spelling. Screens show
//! 北京时间 ([`Timestamp::beijing`]).
//!
//! ```
//! use tiezheng::ledger::time::Timestamp;
//! let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
//! assert_eq!(time.as_millis(), 1_795_309_451_123);
//! assert_eq!(time.to_string(), "2026-11-22T01:04:11.123Z");
//! assert_eq!(time.beijing(), "2026-11-22 09:04:11.123");
//! ```
//!
//! Not here: reading a clock (`sequencer/clock`).

use std::fmt;
use std::ops::Range;

use jiff::civil;
use jiff::tz::Offset;

/// Last millisecond that has a spelling: `9999-12-30T22:00:00.000Z` and before, jiff's own limit.
const MAX_MILLIS: u64 = 253_402_207_200_000;

/// Beijing is eight hours ahead of UTC, all year round, since 1991.
const BEIJING: Offset = Offset::constant(8);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The first moment of 1970.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since the epoch; `None` past the year 9999.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Option<Self> {
        if millis <= MAX_MILLIS { Some(Self(millis)) } else { None }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Reads the one spelling; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
        let bytes = text.as_bytes();
        if bytes.len() != 24 || !marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark)) {
            return None;
        }
        let number = |places| decimal(bytes.get::<Range<usize>>(places)?);
        let pair = |first| i8::try_from(number(first..first + 2)?).ok();
        let (year, nanosecond) = (number(0..4)?, i32::from(number(20..23)?) * 1_000_000);
        let time = civil::DateTime::new(year, pair(5)?, pair(8)?, pair(11)?, pair(14)?, pair(17)?, nanosecond);
        let instant = Offset::UTC.to_timestamp(time.ok()?).ok()?;
        Self::from_millis(u64::try_from(instant.as_millisecond()).ok()?)
    }

    /// As screens show it, 北京时间: `2026-11-22 09:04:11.123`.
    #[must_use]
    pub fn beijing(self) -> String {
        let text = spelled(self.civil(BEIJING), *b"0000-00-00 00:00:00.000");
        // ASCII by construction.
        std::str::from_utf8(&text).unwrap_or_default().to_owned()
    }

    /// The Beijing date as a number, `20261122`: the head of a deposit number.
    #[must_use]
    pub fn beijing_date(self) -> u32 {
        let t = self.civil(BEIJING);
        // Years 1970 to 9999 keep every factor positive.
        u32::from(t.year().unsigned_abs()) * 10_000
            + u32::from(t.month().unsigned_abs()) * 100
            + u32::from(t.day().unsigned_abs())
    }

    /// So many times 24 hours later; `None` beyond the year 9999.
    #[must_use]
    pub fn after_days(self, days: u64) -> Option<Self> {
        Self::from_millis(self.0.checked_add(days.checked_mul(24 * 60 * 60 * 1000)?)?)
    }

    fn civil(self, offset: Offset) -> civil::DateTime {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        offset.to_datetime(jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX))
    }
}

/// Up to four digits as a number.
fn decimal(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
}

/// Puts a time's digits in the place of the noughts. By hand: an audit prints every time of the ledger.
fn spelled<const N: usize>(t: civil::DateTime, mut text: [u8; N]) -> [u8; N] {
    let numbers = [
        (3, t.year()),
        (6, t.month().into()),
        (9, t.day().into()),
        (12, t.hour().into()),
        (15, t.minute().into()),
        (18, t.second().into()),
        (22, t.millisecond()),
    ];
    for (last, number) in numbers {
        let mut rest = number.unsigned_abs();
        for place in text.iter_mut().take(last + 1).rev() {
            let [digit, _] = (rest % 10).to_le_bytes();
            *place += digit;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
    }
    text
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = spelled(self.civil(Offset::UTC), *b"0000-00-00T00:00:00.000Z");
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_read() {
        for good in ["1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "9999-12-30T21:59:59.999Z"] {
            assert_eq!(Timestamp::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "2026-11-22t01:04:11.123Z",
            "2026-11-22 01:04:11.123Z",
            "2026-11-22T01:04:11.123z",
            "2026-11-22T01:04:60.000Z",
            "2026-11-22T24:00:00.000Z",
            "2026-02-29T00:00:00.000Z",
            "2026-11-22T01:04:11Z",
            "2026-11-22T01:04:11.1234Z",
            "2026-11-22T01:04:1.1234Z",
            "1969-12-31T23:59:59.999Z",
            "2026-11-22T01:04:11.12+0",
            "",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_beijing_date_turns_at_sixteen_hours_utc() {
        let before = Timestamp::parse("2026-12-31T15:59:59.999Z").unwrap();
        let after = Timestamp::parse("2026-12-31T16:00:00.000Z").unwrap();
        assert_eq!((before.beijing_date(), after.beijing_date()), (20_261_231, 20_270_101));
    }

    proptest::proptest! {
        #[test]
        fn print_then_parse_gives_the_same_time(millis in 0..=MAX_MILLIS) {
            let time = Timestamp::from_millis(millis).unwrap();
            proptest::prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn a_changed_character_is_another_time_or_none(millis in 0..=MAX_MILLIS, at in 0..24_usize, byte in b' '..=b'~') {
            let mut bytes = Timestamp::from_millis(millis).unwrap().to_string().into_bytes();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            let by_jiff = text.parse::<jiff::Timestamp>().ok();
            let by_jiff = by_jiff.and_then(|time| Timestamp::from_millis(u64::try_from(time.as_millisecond()).ok()?));
            proptest::prop_assert_eq!(Timestamp::parse(&text), by_jiff.filter(|time| time.to_string() == text));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            if let Some(time) = Timestamp::parse(&text) {
                proptest::prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
