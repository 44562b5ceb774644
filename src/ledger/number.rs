//! The deposit number, 存证编号.
//!
//! ```text
//! 20261122-0K7M-X9QT-3D5W-C3
//! └──────┘ └────────────┘ └┘
//! Beijing   12 characters  2 check characters, ISO/IEC 7064 MOD 1271-36, over the 20 before them
//! date of   of 0-9 A-Z     (redrawn until they too avoid I, L, O, U)
//! received  without ILOU
//! ```
//!
//! Numbers of a test ledger begin with `T`, which the check characters cover. Users type numbers from printed documents
//! and paste them from messages. So the parser accepts lower case, full-width characters, spaces, dashes, `O` for `0`,
//! `I` or `L` for `1`, and invisible characters. It ignores a label, quotes or punctuation around the number (`typed`).
//! The check characters detect every single wrong character and every transposition of neighbours. Records have one
//! canonical form. Numbers are not secret.
//!
//! ```
//! use tiezheng::ledger::number::{DepositNumber, NumberError};
//! let number = DepositNumber::parse("２０２６１１２２ok7mx9qt3d5wc3").unwrap();
//! assert_eq!(number.to_string(), "20261122-0K7M-X9QT-3D5W-C3");
//! assert_eq!(DepositNumber::parse("20261122-0K7M-X9QT-3D5V-C3"), Err(NumberError::Check));
//! assert_eq!(DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-MP").unwrap().is_test(), true);
//! ```

use std::fmt;

use jiff::civil::Date;

use crate::ledger::number::typed::{Foreign, Part, Typed};
use crate::ledger::time::Timestamp;

/// The 32 characters of the random part: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of the random part.
const RANDOM_CHARS: usize = 12;
/// Random bits of a number: 12 characters of 5 bits.
pub const RANDOM_BITS: u32 = 60;
/// Minimum number of characters of an attempt to type a number: dates and heights have fewer.
const SHORTEST: usize = 18;
/// Maximum number of characters of an attempt to type a number: digests have more.
const LONGEST: usize = 26;
/// Modulus of the check system; 36^2 - 25, a prime.
const MODULUS: u64 = 1271;

/// A deposit number with correct check characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DepositNumber {
    test: bool,
    /// Beijing date as `YYYYMMDD`.
    date: u32,
    /// 60 random bits.
    random: u64,
}

/// The canonical text of a number, without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberText {
    text: [u8; 27],
    test: bool,
}

impl NumberText {
    /// The text in ASCII, 26 bytes, or 27 with the `T` of a test ledger.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(usize::from(!self.test)..).unwrap_or_default()
    }
}

/// Why a typed text is not a deposit number. Compare it with the document and type it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not 22 characters (23 with the `T` of a test ledger), dashes not counted.
    #[error("{}", wrong_length(*.found, *.test))]
    Length {
        /// Number of characters, without spaces and dashes.
        found: usize,
        /// Whether the first character is `T`.
        test: bool,
    },
    /// A character that numbers do not contain.
    #[error("a deposit number does not contain the character {found:?} ({}, character {position})", code_point(*.found))]
    Character {
        /// The character, as typed.
        found: char,
        /// Its position among the visible characters, from 1.
        position: usize,
    },
    /// A Greek or Cyrillic letter that looks like a Latin letter.
    #[error(
        "character {position} is {found:?} of the {} alphabet ({}), not the Latin {latin}: type it again",
        alphabet(*.found).0, code_point(*.found)
    )]
    LookAlike {
        /// The character, as typed.
        found: char,
        /// Its position among the visible characters, from 1.
        position: usize,
        /// The Latin letter that it looks like.
        latin: char,
    },
    /// More than one number.
    #[error("there is more than one deposit number here; enter one at a time")]
    Several,
    /// The first eight characters are not a date.
    #[error("the first eight characters are not a date")]
    Date,
    /// The check characters do not match the other characters.
    #[error("the check characters do not fit: a character is mistyped or two are swapped")]
    Check,
}

impl NumberError {
    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Length { found, test } => {
                let (what, expected) = if *test { ("以 T 开头的编号", 23) } else { ("存证编号", 22) };
                let differs = if *found < expected { "少" } else { "多" };
                let by = found.abs_diff(expected);
                format!("{what}应为 {expected} 个字符（不计连字符），此处 {found} 个，{differs} {by} 个")
            }
            Self::Character { found, position } => {
                format!("第 {position} 个字符“{}”（{}）不会出现在存证编号中", found.escape_debug(), code_point(*found))
            }
            Self::LookAlike { found, position, latin } => {
                let (_, alphabet) = alphabet(*found);
                let code = code_point(*found);
                format!("第 {position} 个字符“{found}”（{code}）是{alphabet}字母，不是拉丁字母 {latin}，请重新键入")
            }
            Self::Several => "此处有不止一个存证编号，请逐个给出".into(),
            Self::Date => "前八位不是日期".into(),
            Self::Check => "校验字符不符：有字符输错，或相邻字符颠倒".into(),
        }
    }
}

impl DepositNumber {
    /// The number of a Beijing date (`YYYYMMDD`) and 60 random bits. `None` if its check characters are not in the alphabet,
    /// which happens in about one of five draws: draw again. `None` also for an invalid date.
    #[must_use]
    pub fn draw(test: bool, date: u32, random: u64) -> Option<Self> {
        let number = Self { test, date, random: random & ((1 << RANDOM_BITS) - 1) };
        let readable = number.check().iter().all(|c| ALPHABET.contains(c));
        (readable && valid_date(date)).then_some(number)
    }

    /// Parses a number as users type it or paste it from a message.
    ///
    /// # Errors
    ///
    /// [`NumberError`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        // The canonical form is by far the most frequent.
        if let Some(number) = Self::parse_exact(text) {
            return Ok(number);
        }
        let parts = typed::parts(text);
        let total = parts.iter().map(|part| if let Part::Run(run) = part { run.len() } else { 0 }).sum();
        let look_alike = parts.iter().find_map(|part| if let Part::Foreign(c) = part { c.look_alike() } else { None });
        if let Some(error) = look_alike.filter(|_| total >= SHORTEST) {
            return Err(error);
        }
        let mut candidates = (0..).zip(&parts).filter_map(|(at, part)| match part {
            Part::Run(run) if (SHORTEST..=LONGEST).contains(&run.len()) => Some((at, run)),
            _ => None,
        });
        match (candidates.next(), candidates.next()) {
            (None, _) if !(SHORTEST..=LONGEST).contains(&total) => {
                let several = parts.iter().find_map(|part| match part {
                    Part::Run(run) => Self::of_several(run),
                    Part::Foreign(_) => None,
                });
                several.unwrap_or(Err(NumberError::Length { found: total, test: false }))
            }
            (None, _) => Err(broken(&parts).unwrap_or(NumberError::Length { found: total, test: false })),
            (Some((at, run)), None) => Self::of_characters(run).map_err(|error| match error {
                NumberError::Length { found, .. } => invalid_neighbor(&parts, at, found).unwrap_or(error),
                other => other,
            }),
            // The same number several times is one number.
            (Some((_, first)), Some((_, second))) => {
                let number = Self::of_characters(first)?;
                let mut others = candidates.map(|(_, run)| run).chain([second]);
                let is_same = |run: &Vec<Typed>| Self::of_characters(run) == Ok(number);
                if others.all(is_same) { Ok(number) } else { Err(NumberError::Several) }
            }
        }
    }

    /// Parses several numbers without separators; `None` if none of them is a number. The same number several times is
    /// one number.
    fn of_several(run: &[Typed]) -> Option<Result<Self, NumberError>> {
        let (mut numbers, mut rest) = (Vec::new(), run);
        while let Some(first) = rest.first() {
            let (number, others) = rest.split_at_checked(8 + RANDOM_CHARS + 2 + usize::from(first.folded == b'T'))?;
            numbers.push(Self::of_characters(number));
            rest = others;
        }
        let number = numbers.iter().find_map(|number| number.ok())?;
        let is_one = numbers.iter().all(|one| *one == Ok(number));
        Some(if is_one { Ok(number) } else { Err(NumberError::Several) })
    }

    /// Parses a number from all its characters.
    fn of_characters(characters: &[Typed]) -> Result<Self, NumberError> {
        let test = characters.first().is_some_and(|first| first.folded == b'T');
        let unmarked = characters.get(usize::from(test)..).unwrap_or_default();
        if unmarked.len() != 8 + RANDOM_CHARS + 2 {
            return Err(NumberError::Length { found: characters.len(), test });
        }
        let (date_chars, rest) = unmarked.split_at(8);
        let (random_chars, check) = rest.split_at(RANDOM_CHARS);
        let value =
            |c: &Typed| value_of(c.folded).ok_or(NumberError::Character { found: c.found, position: c.position });
        let mut date = 0;
        for c in date_chars {
            value(c)?;
            date = date * 10 + char::from(c.folded).to_digit(10).ok_or(NumberError::Date)?;
        }
        let mut random = 0;
        for c in random_chars {
            random = random << 5 | value(c)?;
        }
        for c in check {
            value(c)?;
        }
        let number = Self { test, date, random };
        if !number.check().iter().zip(check).all(|(a, b)| *a == b.folded) {
            return Err(NumberError::Check);
        }
        if valid_date(date) { Ok(number) } else { Err(NumberError::Date) }
    }

    /// Parses the canonical form, as in records; `None` for any other text. [`Self::parse`] is for typed numbers.
    #[must_use]
    pub fn parse_exact(text: &str) -> Option<Self> {
        let (is_test, unmarked) = text.strip_prefix('T').map_or((false, text), |unmarked| (true, unmarked));
        let (date, rest) = unmarked.as_bytes().split_first_chunk::<9>()?;
        let (groups, check) = rest.split_first_chunk::<15>()?;
        let [digits @ .., b'-'] = date else { return None };
        let digit = |c: &u8| c.is_ascii_digit().then(|| u32::from(c - b'0'));
        let date = digits.iter().try_fold(0, |date, c| Some(date * 10 + digit(c)?))?;
        let mut random = 0;
        for group in groups.as_chunks::<5>().0 {
            let [chars @ .., b'-'] = group else { return None };
            random = chars.iter().try_fold(random, |random, c| Some(random << 5 | value_of(*c)?))?;
        }
        let number = Self { test: is_test, date, random };
        let readable = check.iter().all(|c| value_of(*c).is_some());
        (readable && check == number.check() && valid_date(date)).then_some(number)
    }

    /// Whether it is the number of a test ledger.
    #[must_use]
    pub const fn is_test(&self) -> bool {
        self.test
    }

    /// The Beijing date, `YYYYMMDD`.
    #[must_use]
    pub const fn date(&self) -> u32 {
        self.date
    }

    /// Whether the number has the Beijing date of `received`, as the numbers of all entries do.
    #[must_use]
    pub fn has_date_of(&self, received: Timestamp) -> bool {
        self.date == received.beijing_date()
    }

    /// The key in the index of numbers: 12 bytes in the order of the numbers. The top bit marks a test ledger.
    #[must_use]
    pub fn to_key(&self) -> [u8; 12] {
        let head = self.date | u32::from(self.test) << 31;
        let mut key = [0; 12];
        let (date, random) = key.split_at_mut(4);
        date.copy_from_slice(&head.to_be_bytes());
        random.copy_from_slice(&self.random.to_be_bytes());
        key
    }

    /// The canonical text of the number with this key. Other bytes give a text that is not a valid number: the caller
    /// compares it with a hash.
    #[must_use]
    pub fn text_of_key(key: &[u8; 12]) -> NumberText {
        let [a, b, c, d, random @ ..] = *key;
        let head = u32::from_be_bytes([a, b, c, d]);
        Self { test: head >> 31 == 1, date: head & (u32::MAX >> 1), random: u64::from_be_bytes(random) }.text()
    }

    /// The canonical text. Without the formatting machinery, since an audit prints every number of the ledger.
    fn text(&self) -> NumberText {
        let mut text = *b"T00000000-0000-0000-0000-00";
        let (date, random) = (self.date_chars(), self.random_chars());
        let (head, rest) = text.split_at_mut(10);
        if let [_, place @ .., _] = head {
            place.copy_from_slice(&date);
        }
        let (groups, check) = rest.as_chunks_mut::<5>();
        for ([c1, c2, c3, c4, _], four) in groups.iter_mut().zip(random.as_chunks::<4>().0) {
            [*c1, *c2, *c3, *c4] = *four;
        }
        check.copy_from_slice(&self.check_of(date, &random));
        NumberText { text, test: self.test }
    }

    /// The 12 random characters.
    fn random_chars(&self) -> [u8; RANDOM_CHARS] {
        std::array::from_fn(|i| {
            let shift = 5 * (RANDOM_CHARS - 1 - i);
            let value = usize::try_from(self.random >> shift & 31).unwrap_or(0);
            ALPHABET.get(value).copied().unwrap_or(b'?')
        })
    }

    /// The two check characters, ISO/IEC 7064 §7.1 (pure system, two check characters).
    fn check(&self) -> [u8; 2] {
        self.check_of(self.date_chars(), &self.random_chars())
    }

    fn check_of(&self, date: [u8; 8], random: &[u8; RANDOM_CHARS]) -> [u8; 2] {
        // A leading zero does not change the sum.
        let mut chars = [if self.test { b'T' } else { b'0' }; 1 + 8 + RANDOM_CHARS];
        let (_, rest) = chars.split_at_mut(1);
        let (of_date, of_random) = rest.split_at_mut(8);
        of_date.copy_from_slice(&date);
        of_random.copy_from_slice(random);
        check_pair(&chars)
    }

    fn date_chars(&self) -> [u8; 8] {
        let mut chars = [b'0'; 8];
        let mut digits = self.date;
        for place in chars.iter_mut().rev() {
            let [digit, ..] = (digits % 10).to_le_bytes();
            *place = b'0' + digit;
            digits /= 10;
        }
        chars
    }
}

/// The check characters of `chars` (`0-9A-Z`) by ISO/IEC 7064 MOD 1271-36.
fn check_pair(chars: &[u8]) -> [u8; 2] {
    let digit = |c: u8| u64::from(c.wrapping_sub(if c.is_ascii_digit() { b'0' } else { b'A' - 10 }));
    // Reduced after every eight characters, which 64 bits can hold.
    let add = |sum, some: &[u8]| some.iter().fold(sum, |sum, c| (sum + digit(*c)) * 36) % MODULUS;
    let check = (MODULUS + 1 - chars.chunks(8).fold(0, add) * 36 % MODULUS) % MODULUS;
    let digit = |value: u64| {
        let digit = u32::try_from(value).ok().and_then(|value| char::from_digit(value, 36));
        digit.map_or(b'?', |c| c.to_ascii_uppercase() as u8)
    };
    [digit(check / 36), digit(check % 36)]
}

/// The index of a character in the alphabet.
fn value_of(c: u8) -> Option<u64> {
    let place = match c {
        b'0'..=b'9' => c - b'0',
        b'A'..=b'H' => c - b'A' + 10,
        b'J' | b'K' => c - b'J' + 18,
        b'M' | b'N' => c - b'M' + 20,
        b'P'..=b'T' => c - b'P' + 22,
        b'V'..=b'Z' => c - b'V' + 27,
        _ => return None,
    };
    Some(place.into())
}

impl Foreign {
    const fn error(&self) -> NumberError {
        NumberError::Character { found: self.found, position: self.position }
    }

    fn look_alike(&self) -> Option<NumberError> {
        self.latin.map(|latin| NumberError::LookAlike { found: self.found, position: self.position, latin })
    }
}

/// The character that splits a number: the first character between two runs.
fn broken(parts: &[Part]) -> Option<NumberError> {
    let is_run = |part: &Part| matches!(part, Part::Run(_));
    let inner = parts.get(parts.iter().position(is_run)?..=parts.iter().rposition(is_run)?)?;
    inner.iter().find_map(|part| if let Part::Foreign(c) = part { Some(c.error()) } else { None })
}

/// The invalid character next to the run at `at` (of `found` characters): it splits a number, or is not usual around a
/// number.
fn invalid_neighbor(parts: &[Part], at: usize, found: usize) -> Option<NumberError> {
    let places = [(at.checked_sub(1), at.checked_sub(2)), (Some(at + 1), Some(at + 2))];
    places.into_iter().find_map(|(next, after)| {
        let Some(Part::Foreign(c)) = parts.get(next?) else { return None };
        let rest = match after.and_then(|after| parts.get(after)) {
            Some(Part::Run(run)) => run.len(),
            _ => 0,
        };
        let cuts = rest > 0 && [22, 23].contains(&(found + rest));
        (cuts || (found < 23 && !c.is_ordinary())).then(|| c.error())
    })
}

fn wrong_length(found: usize, test: bool) -> String {
    let (what, expected) = if test { ("a number that begins with T", 23) } else { ("a deposit number", 22) };
    let (by, differs) = (found.abs_diff(expected), if found < expected { "too few" } else { "too many" });
    format!("{what} has {expected} characters (dashes not counted), this one has {found}: {by} {differs}")
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// The name of a look-alike's alphabet, in English and Chinese.
const fn alphabet(c: char) -> (&'static str, &'static str) {
    if matches!(c, '\u{370}'..='\u{3FF}') { ("Greek", "希腊") } else { ("Cyrillic", "西里尔") }
}

fn valid_date(date: u32) -> bool {
    let part = |value| i8::try_from(value).ok();
    let (year, month, day) = (i16::try_from(date / 10_000).ok(), part(date / 100 % 100), part(date % 100));
    matches!((year, month, day), (Some(y), Some(m), Some(d)) if y >= 1970 && Date::new(y, m, d).is_ok())
}

impl fmt::Display for DepositNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.text().as_bytes()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DepositNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

mod typed;

#[cfg(test)]
mod tests;
