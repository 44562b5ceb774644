//! The case reference (案件代号): a short name of a case that people can type, beside its 64 hexadecimal digits.
//!
//! ```text
//! 7K2M9X-QT3D5W       11 characters of 0-9 A-Z without I, L, O, U, then a check character
//! ```
//!
//! # Invariants
//!
//! The reference follows from the case's id. It grants nothing and is resolved only among the cases of an account and of its courts
//! (`labels::reference_of_account`, `labels::reference_at_court`), so trying references reveals no case.
//!
//! The check character is a linear code over GF(2^5): it detects every single wrong character and every transposition of two
//! characters. Input may have lower case, full-width characters, spaces and dashes, `O` for `0`, `I` or `L` for `1`.

use std::fmt;

use crate::court::ids::CaseId;
use crate::ledger::hash::sha256;

/// 32 characters that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters before the check character.
const CHARACTERS: usize = 11;

/// A case reference with a correct check character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseReference {
    /// The values of the characters, below 32.
    values: [u8; CHARACTERS],
}

/// Why a text is not a case reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not 12 characters.
    #[error("a case reference has 12 characters without dashes, and here are {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character that references do not contain.
    #[error("a case reference does not contain the character {0:?}")]
    Character(char),
    /// The check character is not that of the others.
    #[error("the check character does not fit: a character is mistyped or two are swapped")]
    Check,
}

impl ReferenceError {
    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Length { found } => format!("案件代号应为 12 个字符（不计连字符），此处 {found} 个"),
            Self::Character(found) => format!("字符“{}”不会出现在案件代号中", found.escape_debug()),
            Self::Check => "校验字符不符：案件代号有字符输错，或者有字符颠倒".into(),
        }
    }
}

/// Multiplication by the generator of GF(2^5) with x^5 + x^2 + 1.
const fn times_generator(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { (shifted ^ 0b10_0101) & 0b1_1111 }
}

impl CaseReference {
    /// The reference of a case.
    #[must_use]
    pub fn of(case: CaseId) -> Self {
        let digest = sha256(format!("tiezheng case reference v1\n{case}\n").as_bytes());
        let mut values = [0; CHARACTERS];
        for (value, byte) in values.iter_mut().zip(digest.0) {
            *value = byte & 31;
        }
        Self { values }
    }

    /// The check value: the sum of the characters, each times its own power of the generator.
    fn check(self) -> u8 {
        self.values.iter().fold(0, |sum, value| times_generator(sum ^ value))
    }

    /// Parses a reference as people type it.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let mut typed = Vec::with_capacity(CHARACTERS + 1);
        for found in text.chars().map(half_width) {
            if found.is_whitespace() || matches!(found, '-' | '－' | '–' | '—' | '_' | '·') {
                continue;
            }
            let folded = match found.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|one| char::from(*one) == folded);
            typed.push(value.and_then(|value| u8::try_from(value).ok()).ok_or(ReferenceError::Character(found))?);
        }
        let found = typed.len();
        let (values, check) = typed.split_at_checked(CHARACTERS).ok_or(ReferenceError::Length { found })?;
        let values: [u8; CHARACTERS] = values.try_into().map_err(|_| ReferenceError::Length { found })?;
        let reference = Self { values };
        match check {
            [check] if *check == reference.check() => Ok(reference),
            [_] => Err(ReferenceError::Check),
            _ => Err(ReferenceError::Length { found }),
        }
    }
}

/// A full-width ASCII character as the usual one.
fn half_width(c: char) -> char {
    let ascii = u32::from(c).checked_sub(0xfee0).and_then(char::from_u32);
    if c == '\u{3000}' { ' ' } else { ascii.filter(char::is_ascii_graphic).unwrap_or(c) }
}

impl fmt::Display for CaseReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter().copied().chain([self.check()]);
        for (at, value) in values.enumerate() {
            let character = ALPHABET.get(usize::from(value)).copied().map_or('?', char::from);
            write!(f, "{}{character}", if at == 6 { "-" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::Digest;

    fn some() -> Vec<CaseReference> {
        (0..40).map(|seed| CaseReference::of(CaseId(Digest([seed; 32])))).collect()
    }

    #[test]
    fn a_reference_is_read_as_people_type_it() {
        for reference in some() {
            let text = reference.to_string();
            assert_eq!(text.len(), 13);
            for typed in [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', " "),
                text.replace('-', ""),
                text.replace('0', "O").replace('1', "l"),
                text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect(),
            ] {
                assert_eq!(CaseReference::parse(&typed), Ok(reference), "{typed}");
            }
        }
    }

    /// Computed with Python's hashlib.
    #[test]
    fn a_case_has_the_same_reference_for_ever() {
        assert_eq!(CaseReference::of(CaseId(Digest([7; 32]))).to_string(), "MT7QHM-XT3V39");
    }

    #[test]
    fn every_wrong_character_and_every_transposition_is_detected() {
        for reference in some() {
            let text: Vec<u8> = reference.to_string().replace('-', "").into_bytes();
            for at in 0..text.len() {
                for other in ALPHABET.iter().filter(|other| **other != text[at]) {
                    let mut wrong = text.clone();
                    wrong[at] = *other;
                    let wrong = String::from_utf8(wrong).unwrap();
                    assert_eq!(CaseReference::parse(&wrong), Err(ReferenceError::Check), "{wrong}");
                }
                for second in at + 1..text.len() {
                    let mut swapped = text.clone();
                    swapped.swap(at, second);
                    if swapped != text {
                        let swapped = String::from_utf8(swapped).unwrap();
                        assert_eq!(CaseReference::parse(&swapped), Err(ReferenceError::Check), "{swapped}");
                    }
                }
            }
        }
    }

    #[test]
    fn each_fault_has_its_message() {
        for (bad, error) in [
            ("", ReferenceError::Length { found: 0 }),
            ("7K2M9X-QT3D5", ReferenceError::Length { found: 11 }),
            ("7K2M9X-QT3D5WW", ReferenceError::Length { found: 13 }),
            ("7K2M9X-QT3D5U", ReferenceError::Character('U')),
            ("案K2M9X-QT3D5W", ReferenceError::Character('案')),
        ] {
            assert_eq!(CaseReference::parse(bad), Err(error), "{bad}");
            assert!(!error.chinese().is_ascii() && error.to_string().is_ascii() || bad.starts_with('案'));
        }
    }
}
