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
//! A test ledger's numbers begin with `T`, which the check covers, so that neither can pass for the other. People type
//! these numbers from paper: lower case, full-width characters, spaces, dashes, `O` for `0` and `I` or `L` for `1` are
//! forgiven; every single mistyped character and every swap of neighbours is found before anything is looked up.
//! Output has one spelling. Numbers are not secrets.
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

/// The 32 characters of the random part: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of the random part.
const RANDOM_CHARS: usize = 12;
/// Random bits in a number: 12 characters of 5 bits, 60 bits a day.
pub const RANDOM_BITS: u32 = 60;
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

/// A number's one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    text: [u8; 27],
    test: bool,
}

impl Spelling {
    /// ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(usize::from(!self.test)..).unwrap_or_default()
    }
}

/// What a typed number lacks. All mean: compare it with the paper and type it again; nothing was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not 22 characters, or 23 with the `T` of a test ledger.
    #[error("a deposit number has 22 characters (23 with the T of a test ledger), this one has {found}")]
    Length {
        /// How many were found, without spaces and dashes.
        found: usize,
    },
    /// A character that no number contains.
    #[error("a deposit number does not contain the character {found:?}")]
    Character {
        /// The character, as typed.
        found: char,
    },
    /// The first eight characters are no date.
    #[error("the first eight characters are not a date")]
    Date,
    /// The last two characters do not fit the others.
    #[error("the check characters do not fit: a character is mistyped or two are swapped")]
    Check,
}

impl NumberError {
    /// The same in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Length { found } => {
                format!("存证编号应为 22 个字符（测试账本以 T 开头，共 23 个），此处为 {found} 个")
            }
            Self::Character { found } => format!("存证编号不含字符“{}”", found.escape_debug()),
            Self::Date => "前八位不是日期".into(),
            Self::Check => "校验字符不符：有字符输错，或相邻字符颠倒".into(),
        }
    }
}

impl DepositNumber {
    /// Makes a number of a Beijing date (`YYYYMMDD`) and 60 random bits; `None` when its check characters fall outside
    /// the alphabet (about one draw in five: draw again) or the date is none.
    #[must_use]
    pub fn draw(test: bool, date: u32, random: u64) -> Option<Self> {
        let number = Self { test, date, random: random & ((1 << RANDOM_BITS) - 1) };
        let readable = number.check().iter().all(|c| ALPHABET.contains(c));
        (readable && valid_date(date)).then_some(number)
    }

    /// Reads a number as people type it.
    ///
    /// # Errors
    ///
    /// [`NumberError`], before anything is looked up.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let mut normal = text.chars().filter_map(normalise).peekable();
        let marked = normal.next_if_eq(&'T').is_some();
        let letters: Vec<char> = normal.collect();
        if letters.len() != 8 + RANDOM_CHARS + 2 {
            return Err(NumberError::Length { found: letters.len() + usize::from(marked) });
        }
        let (date_chars, rest) = letters.split_at(8);
        let (random_chars, check) = rest.split_at(RANDOM_CHARS);
        let value = |c: &char| {
            let position = ALPHABET.iter().position(|a| char::from(*a) == *c);
            position.and_then(|p| u64::try_from(p).ok()).ok_or(NumberError::Character { found: *c })
        };
        let mut date = 0;
        for c in date_chars {
            value(c)?;
            date = date * 10 + c.to_digit(10).ok_or(NumberError::Date)?;
        }
        let mut random = 0;
        for c in random_chars {
            random = random << 5 | value(c)?;
        }
        for c in check {
            value(c)?;
        }
        let number = Self { test: marked, date, random };
        if !number.check().iter().zip(check).all(|(a, b)| char::from(*a) == *b) {
            return Err(NumberError::Check);
        }
        if valid_date(date) { Ok(number) } else { Err(NumberError::Date) }
    }

    /// Reads the one spelling that records use; `None` for any other. What is typed is for [`Self::parse`].
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

    /// Whether a test ledger gave this number.
    #[must_use]
    pub const fn is_test(&self) -> bool {
        self.test
    }

    /// The Beijing date, `YYYYMMDD`.
    #[must_use]
    pub const fn date(&self) -> u32 {
        self.date
    }

    /// Twelve bytes that sort as the numbers do: the index key (`chain-data/README.md`). The top bit marks a test
    /// ledger.
    #[must_use]
    pub fn to_key(&self) -> [u8; 12] {
        let head = self.date | u32::from(self.test) << 31;
        let mut key = [0; 12];
        let (date, random) = key.split_at_mut(4);
        date.copy_from_slice(&head.to_be_bytes());
        random.copy_from_slice(&self.random.to_be_bytes());
        key
    }

    /// How the number of such a key is spelled; of other bytes, anything: it is for the reader to hold the text against
    /// something.
    #[must_use]
    pub fn spelling_of_key(key: &[u8; 12]) -> Spelling {
        let [a, b, c, d, random @ ..] = *key;
        let head = u32::from_be_bytes([a, b, c, d]);
        Self { test: head >> 31 == 1, date: head & (u32::MAX >> 1), random: u64::from_be_bytes(random) }.spelling()
    }

    /// Put together by hand: an audit prints every number of the ledger.
    fn spelling(&self) -> Spelling {
        let mut text = *b"T00000000-0000-0000-0000-00";
        let places = text.iter_mut().skip(1).filter(|c| **c != b'-');
        let chars = self.date_chars().into_iter().chain(self.random_chars()).chain(self.check());
        places.zip(chars).for_each(|(place, c)| *place = c);
        Spelling { text, test: self.test }
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
        // A zero in front does not change the sum.
        let mut chars = [if self.test { b'T' } else { b'0' }; 1 + 8 + RANDOM_CHARS];
        let (_, rest) = chars.split_at_mut(1);
        let (date, random) = rest.split_at_mut(8);
        date.copy_from_slice(&self.date_chars());
        random.copy_from_slice(&self.random_chars());
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

/// MOD 1271-36 over `0-9A-Z`.
fn check_pair(chars: &[u8]) -> [u8; 2] {
    let digit = |c: u8| u64::from(c.wrapping_sub(if c.is_ascii_digit() { b'0' } else { b'A' - 10 }));
    // Reduced only as often as 64 bits ask for.
    let add = |sum, some: &[u8]| some.iter().fold(sum, |sum, c| (sum + digit(*c)) * 36) % MODULUS;
    let check = (MODULUS + 1 - chars.chunks(8).fold(0, add) * 36 % MODULUS) % MODULUS;
    let digit = |value: u64| {
        let digit = u32::try_from(value).ok().and_then(|value| char::from_digit(value, 36));
        digit.map_or(b'?', |c| c.to_ascii_uppercase() as u8)
    };
    [digit(check / 36), digit(check % 36)]
}

/// The place of a character in the alphabet.
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

/// One typed character as the alphabet spells it; `None` for spaces and dashes.
fn normalise(typed: char) -> Option<char> {
    let half_width = match u32::from(typed) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(typed),
        _ => typed,
    };
    match half_width.to_ascii_uppercase() {
        c if c.is_whitespace() => None,
        // hyphens, dashes, the minus sign, and the long vowel mark that input methods offer for a dash
        '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FE63}' | '\u{200B}' | '\u{FEFF}' => None,
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        c => Some(c),
    }
}

fn valid_date(date: u32) -> bool {
    let part = |value| i8::try_from(value).ok();
    let (year, month, day) = (i16::try_from(date / 10_000).ok(), part(date / 100 % 100), part(date % 100));
    matches!((year, month, day), (Some(y), Some(m), Some(d)) if y >= 1970 && Date::new(y, m, d).is_ok())
}

impl fmt::Display for DepositNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.spelling().as_bytes()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DepositNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
