//! Times in records: UTC in whole milliseconds, written `2026-11-22T01:04:11.123Z` (RFC 3339).
//!
//! The canonical form has 24 characters and three decimals, years 1970 to 9999, and no leap seconds. Screens show 北京时间
//! ([`Timestamp::beijing`]).
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

use jiff::tz::Offset;

/// The latest time, in milliseconds since the epoch: `9999-12-30T22:00:00.000Z`, the end of jiff's range.
const MAX_MILLIS: u64 = 253_402_207_200_000;

/// Length of the canonical form in bytes.
pub const TEXT_LEN: usize = 24;

/// Beijing time is UTC+8 all year round since 1991.
const BEIJING: Offset = Offset::constant(8);

/// A time in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 1970-01-01T00:00:00.000Z.
    pub const EPOCH: Self = Self(0);

    /// The latest time: 9999-12-30T22:00:00.000Z.
    pub const MAX: Self = Self(MAX_MILLIS);

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

    /// Parses the canonical form; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        let time = Self::from_millis(u64::try_from(instant.as_millisecond()).ok()?)?;
        // jiff accepts many forms; only the canonical form is printed unchanged.
        (time.text() == text.as_bytes()).then_some(time)
    }

    /// The canonical form. The calendar is the library's; the digits are printed here, since an audit prints the time of every record.
    #[must_use]
    pub fn text(self) -> [u8; TEXT_LEN] {
        let at = Offset::UTC.to_datetime(self.instant());
        // Years 1970 to 9999: no part is negative.
        let two = |value: i8| digits::<2>(value.unsigned_abs().into());
        let [y1, y2, y3, y4] = digits(at.year().unsigned_abs());
        let ([o1, o2], [d1, d2], [h1, h2]) = (two(at.month()), two(at.day()), two(at.hour()));
        let ([m1, m2], [s1, s2]) = (two(at.minute()), two(at.second()));
        let [f1, f2, f3] = digits(at.millisecond().unsigned_abs());
        [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3, b'Z']
    }

    /// 北京时间, as screens and documents show it: `2026-11-22 09:04:11.123`.
    #[must_use]
    pub fn beijing(self) -> String {
        BEIJING.to_datetime(self.instant()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }

    /// The Beijing date as a decimal number, `20261122`: the first part of a deposit number.
    #[must_use]
    pub fn beijing_date(self) -> u32 {
        let date = BEIJING.to_datetime(self.instant());
        // Years 1970 to 9999: no part is negative.
        let part = |value: i8| u32::from(value.unsigned_abs());
        u32::from(date.year().unsigned_abs()) * 10_000 + part(date.month()) * 100 + part(date.day())
    }

    /// The time `days` times 24 hours later; `None` past the year 9999.
    #[must_use]
    pub fn after_days(self, days: u64) -> Option<Self> {
        Self::from_millis(self.0.checked_add(days.checked_mul(24 * 60 * 60 * 1000)?)?)
    }

    fn instant(self) -> jiff::Timestamp {
        // `MAX_MILLIS` is within jiff's range.
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// The last `N` decimal digits of `value`.
fn digits<const N: usize>(mut value: u16) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        let [low, _] = (value % 10).to_le_bytes();
        *digit += low;
        value /= 10;
    }
    digits
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
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
    fn only_the_canonical_form_is_parsed() {
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

    proptest::proptest! {
        #[test]
        fn the_text_is_that_of_the_library(millis in 0..=MAX_MILLIS) {
            let time = Timestamp::from_millis(millis).unwrap();
            proptest::prop_assert_eq!(time.to_string(), format!("{:.3}", time.instant()));
        }
    }

    #[test]
    fn the_beijing_date_turns_at_sixteen_hours_utc() {
        let before = Timestamp::parse("2026-12-31T15:59:59.999Z").unwrap();
        let after = Timestamp::parse("2026-12-31T16:00:00.000Z").unwrap();
        assert_eq!((before.beijing_date(), after.beijing_date()), (20_261_231, 20_270_101));
    }

    /// Milliseconds since the epoch, computed without a library; `None` for a text that is not in the canonical form.
    fn by_arithmetic(text: &str) -> Option<u64> {
        let form = "0000-00-00T00:00:00.000Z";
        let fits = |(c, place): (char, char)| if place == '0' { c.is_ascii_digit() } else { c == place };
        if text.len() != form.len() || !text.chars().zip(form.chars()).all(fits) {
            return None;
        }
        let number = |from: usize, to: usize| text[from..to].parse::<u64>().unwrap();
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let february = if is_leap(year) { 29 } else { 28 };
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let before = months.get(..usize::try_from(month).unwrap().checked_sub(1)?)?;
        let length = *months.get(before.len())?;
        if year < 1970 || day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days =
            (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum::<u64>() + before.iter().sum::<u64>() + day - 1;
        let millis = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(20, 23);
        (millis <= MAX_MILLIS).then_some(millis)
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
            proptest::prop_assert_eq!(Timestamp::parse(&text).map(Timestamp::as_millis), by_arithmetic(&text));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            if let Some(time) = Timestamp::parse(&text) {
                proptest::prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
