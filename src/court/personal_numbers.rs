//! Detection of personal numbers in texts that others will read: identity card, mobile phone, bank card.
//!
//! A name such as "与 13800138000 的聊天记录" is visible to everybody who sees the case, so its author gets a warning.
//!
//! # Invariants
//!
//! The result is a hint, never a rejection: contract numbers may look the same, and numbers in words are not found. Answers never
//! contain the number itself.

use crate::ledger::text::half_width;
use crate::ledger::verify::wording::Language;

/// Digit groups that are read together: `6222 0212 3456 7890 123`.
const GROUPS_MAX: usize = 8;
/// Provinces of GB/T 2260, the first two digits of an identity number.
const PROVINCES: [&str; 35] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
];

/// A kind of personal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalNumber {
    /// 居民身份证号码 of 18 characters (GB 11643): a province, a date, and the check character.
    ResidentId,
    /// Of 15 digits, as issued until 1999.
    OldResidentId,
    /// 手机号码 of the mainland.
    MobileNumber,
    /// 银行卡号: 16 to 19 digits with a good check digit.
    BankCard,
}

impl PersonalNumber {
    /// All, in their order.
    pub const ALL: &'static [Self] = &[Self::ResidentId, Self::OldResidentId, Self::MobileNumber, Self::BankCard];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ResidentId => "looks_like_resident_id",
            Self::OldResidentId => "looks_like_old_resident_id",
            Self::MobileNumber => "looks_like_mobile_number",
            Self::BankCard => "looks_like_bank_card",
        }
    }

    /// The warning for the author.
    #[must_use]
    pub const fn label(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::ResidentId | Self::OldResidentId, Language::Chinese) => "内容疑似含居民身份证号码，请确认是否必要",
            (Self::MobileNumber, Language::Chinese) => "内容疑似含手机号码，请确认是否必要",
            (Self::BankCard, Language::Chinese) => "内容疑似含银行卡号，请确认是否必要",
            (Self::ResidentId, Language::English) => "this looks like a resident identity number: is it needed here?",
            (Self::OldResidentId, Language::English) => {
                "this looks like a resident identity number of 15 digits: is it needed here?"
            }
            (Self::MobileNumber, Language::English) => "this looks like a mobile telephone number: is it needed here?",
            (Self::BankCard, Language::English) => "this looks like a bank card number: is it needed here?",
        }
    }
}

/// The kinds of personal numbers that `text` seems to contain, each once, in the order of [`PersonalNumber::ALL`].
#[must_use]
pub fn find_personal_numbers(text: &str) -> Vec<PersonalNumber> {
    let chains = chains(text);
    let mut found: Vec<PersonalNumber> =
        chains.iter().flat_map(|groups| candidates(groups)).filter_map(|c| of(&c)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What people put between the groups of one number.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '_' | '·' | '—' | '–' | '‐' | '‑' | '\u{200b}')
}

/// Groups of digits (the last may end in `X`) with no more than one separator between them.
fn chains(text: &str) -> Vec<Vec<String>> {
    let (mut chains, mut groups, mut group) = (Vec::new(), Vec::new(), String::new());
    let mut separators = 0;
    for c in text.chars().map(half_width).chain(['\0', '\0']) {
        let is_check = c.eq_ignore_ascii_case(&'x') && !group.is_empty() && !group.ends_with('X');
        if c.is_ascii_digit() && !group.ends_with('X') {
            separators = 0;
            group.push(c);
        } else if is_check {
            group.push('X');
        } else {
            if !group.is_empty() {
                groups.push(std::mem::take(&mut group));
            }
            separators += 1;
            if c.is_ascii_digit() {
                separators = 0;
                group.push(c);
            }
            if (!is_separator(c) || separators > 1) && !groups.is_empty() {
                chains.push(std::mem::take(&mut groups));
            }
        }
    }
    chains
}

/// Every way to read neighbouring groups as one number.
fn candidates(groups: &[String]) -> Vec<String> {
    let starts = 0..groups.len();
    let from = |start: usize| {
        (1..=GROUPS_MAX).filter_map(move |count| groups.get(start..start + count)).map(<[String]>::concat)
    };
    starts.flat_map(from).collect()
}

fn of(candidate: &str) -> Option<PersonalNumber> {
    let is_number = candidate.bytes().all(|b| b.is_ascii_digit());
    match candidate.len() {
        18 if is_resident_id(candidate) => Some(PersonalNumber::ResidentId),
        15 if is_number && is_old_resident_id(candidate) => Some(PersonalNumber::OldResidentId),
        11 | 13 | 15 if is_number && is_mobile_number(candidate) => Some(PersonalNumber::MobileNumber),
        16..=19 if is_number && is_bank_card(candidate) => Some(PersonalNumber::BankCard),
        _ => None,
    }
}

fn is_province(number: &str) -> bool {
    number.get(..2).is_some_and(|province| PROVINCES.contains(&province))
}

/// GB 11643: six digits of place, eight of birth, three of order, and the check character of ISO 7064 MOD 11-2.
fn is_resident_id(number: &str) -> bool {
    let date = number.get(6..14).is_some_and(is_date);
    let check = number.bytes().enumerate().try_fold(0_u32, |sum, (at, byte)| {
        let value = match byte {
            b'X' if at == 17 => 10,
            b'0'..=b'9' => u32::from(byte - b'0'),
            _ => return None,
        };
        Some((sum * 2 + value) % 11)
    });
    is_province(number) && date && check == Some(1)
}

fn is_old_resident_id(number: &str) -> bool {
    is_province(number) && number.get(6..12).is_some_and(|date| is_date(&format!("19{date}")))
}

/// A day of birth of somebody who may be alive.
fn is_date(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1900..2100).contains(&year) && (1..=last).contains(&day)
}

/// With or without the prefix of the country.
fn is_mobile_number(number: &str) -> bool {
    let rest = match number.len() {
        15 => number.strip_prefix("0086"),
        13 => number.strip_prefix("86"),
        _ => Some(number),
    };
    rest.is_some_and(|rest| rest.starts_with('1') && rest.as_bytes().get(1).is_some_and(|b| (b'3'..=b'9').contains(b)))
}

/// ISO/IEC 7812: issuers of bank cards begin with 2 to 6 or 9; the last digit is Luhn's.
fn is_bank_card(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') * (1 + u32::from(at % 2 == 1));
            digit / 10 + digit % 10
        })
        .sum();
    let begins = number.bytes().next().is_some_and(|b| matches!(b, b'2'..=b'6' | b'9'));
    begins && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_noticed_however_they_are_typed() {
        use PersonalNumber::{BankCard, MobileNumber, OldResidentId, ResidentId};
        for (text, expected) in [
            // The example of GB 11643 itself, and its woman's number that ends in X.
            ("身份证110105194912310021", vec![]),
            ("身份证11010519491231002X", vec![ResidentId]),
            ("11010519491231002x的合同", vec![ResidentId]),
            ("１１０１０５１９４９１２３１００２Ｘ", vec![ResidentId]),
            ("110105 19491231 002X", vec![ResidentId]),
            ("11010518491231008X", vec![]),
            ("110105491231002", vec![OldResidentId]),
            ("110105491331002", vec![]),
            ("与13800138000的聊天记录", vec![MobileNumber]),
            ("138-0013-8000", vec![MobileNumber]),
            ("+86 138 0013 8000", vec![MobileNumber]),
            ("008613800138000", vec![MobileNumber]),
            ("2026-11-22 13800138000", vec![MobileNumber]),
            ("12800138000", vec![]),
            ("138001380001", vec![]),
            ("卡号 6222 0200 0000 0000 000", vec![BankCard]),
            ("4111111111111111", vec![BankCard]),
            ("4111111111111112", vec![]),
            ("13800138000, 11010519491231002X", vec![ResidentId, MobileNumber]),
        ] {
            assert_eq!(find_personal_numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn what_evidence_is_called_is_not_suspected() {
        for text in [
            "",
            "2026年11月22日合同第3页",
            "存证编号 20261122-0K7M-X9QT-3D5W-C3",
            "（2026）粤0192民初12345号",
            "订单 20261122093000123",
            "¥1,380,013,800.00",
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
            "x X 1x2x3",
        ] {
            assert_eq!(find_personal_numbers(text), [], "{text}");
        }
    }

    #[test]
    fn every_suspicion_has_its_own_code_and_both_texts() {
        for one in PersonalNumber::ALL {
            assert!(one.label(Language::Chinese).contains("疑似"));
            assert!(one.label(Language::English).is_ascii());
            assert_eq!(PersonalNumber::ALL.iter().filter(|other| other.code() == one.code()).count(), 1);
        }
    }
}
