//! The case number, 案号, and the court code (法院代字) in it.
//!
//! ```text
//! （2024）粤0192民初113号
//!   └──┘  └────┘└──┘└─┘
//!   year  court type serial
//! ```
//!
//! The form is that of 最高人民法院关于人民法院案件案号的若干规定, in force since 2016; older numbers (`民初字第12号`) are
//! refused by name. A ruling may add its place in the case, `之一` to `之九十九`. People type half and full width, any
//! brackets, spaces anywhere and zeros before the serial number; all that is forgiven. Output has one spelling:
//! full-width （ and ）, half-width digits, no spaces, no leading zeros. Whether the court, the type or the case exists is
//! not known here.
//!
//! ```
//! use tiezheng::court::case_number::{CaseNumber, CaseNumberError, CourtCode};
//! let number = CaseNumber::parse("(２０２４) 粤0192 民初 00113 号").unwrap();
//! assert_eq!(number.to_string(), "（2024）粤0192民初113号");
//! assert_eq!(number.court(), &CourtCode::parse("粤０１９２").unwrap());
//! assert_eq!(CaseNumber::parse("（2024）粤0192民初113"), Err(CaseNumberError::Ending));
//! ```
//!
//! Not here: binding a number to a case; wording for screens.

use std::fmt;

use crate::ledger::text::half_width;

/// First characters of a court code. A longer one stands before its own beginning.
const HEADS: [&str; 35] = [
    "最高法知",
    "最高法",
    "京",
    "津",
    "冀",
    "晋",
    "内",
    "辽",
    "吉",
    "黑",
    "沪",
    "苏",
    "浙",
    "皖",
    "闽",
    "赣",
    "鲁",
    "豫",
    "鄂",
    "湘",
    "粤",
    "桂",
    "琼",
    "渝",
    "川",
    "黔",
    "云",
    "藏",
    "陕",
    "甘",
    "青",
    "宁",
    "新",
    "兵",
    "军",
];
/// Years that a case number may have.
const YEARS: std::ops::RangeInclusive<u16> = 1949..=9999;
/// Most characters of a type code.
const LONGEST_TYPE: usize = 8;
/// Largest serial number: nine digits.
const LARGEST_SERIAL: u32 = 999_999_999;
/// Largest place of a ruling in its case.
const LARGEST_PART: u8 = 99;

/// The code of a court, 法院代字: `粤0192`, `京04`, `浙`, `兵01`, `最高法`, `最高法知`.
///
/// The province (or 兵 for the corps, 军 for the army), then nothing for a high court, two digits for an intermediate one,
/// four for a basic one. The Supreme Court and its intellectual-property court have no digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CourtCode(String);

/// What a court code lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CourtCodeError {
    /// It does not begin as court codes do.
    #[error("no court code begins like this")]
    Head,
    /// Neither no digits, nor two, nor four; or digits after 最高法.
    #[error("a court code has no digits, two or four")]
    Digits,
    /// Something follows the code.
    #[error("something follows the court code")]
    Ending,
}

impl CourtCodeError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Head => "court_code_head",
            Self::Digits => "court_code_digits",
            Self::Ending => "court_code_ending",
        }
    }
}

impl CourtCode {
    /// Reads a court code as people type it.
    ///
    /// # Errors
    ///
    /// [`CourtCodeError`].
    pub fn parse(text: &str) -> Result<Self, CourtCodeError> {
        let normal = normalise(text);
        let (code, rest) = Self::take(&normal)?;
        if rest.is_empty() { Ok(code) } else { Err(CourtCodeError::Ending) }
    }

    /// Reads the one spelling that records use; `None` for any other.
    #[must_use]
    pub fn parse_exact(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|code| code.0 == text)
    }

    /// The one spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code at the beginning of `normal`, and what follows.
    fn take(normal: &str) -> Result<(Self, &str), CourtCodeError> {
        let head = HEADS.into_iter().find(|head| normal.starts_with(head)).ok_or(CourtCodeError::Head)?;
        let (digits, rest) = split_digits(normal.get(head.len()..).unwrap_or_default());
        let supreme = head.starts_with('最');
        match digits.len() {
            0 => Ok((Self(head.to_owned()), rest)),
            2 | 4 if !supreme => Ok((Self(format!("{head}{digits}")), rest)),
            _ => Err(CourtCodeError::Digits),
        }
    }
}

impl fmt::Display for CourtCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A case number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    year: u16,
    court: CourtCode,
    type_code: String,
    serial: u32,
    part: Option<u8>,
}

/// Which part of a case number is wrong: the first, read from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    /// The year does not stand in brackets at the beginning.
    #[error("a case number begins with the year in brackets")]
    Brackets,
    /// The year is not four digits from 1949 on.
    #[error("the year is not one of 1949 to 9999")]
    Year,
    /// The form used before 2016, with 字第.
    #[error("a case number of the form used before 2016")]
    OldForm,
    /// The court code.
    #[error("the court code: {0}")]
    Court(CourtCodeError),
    /// The type code is not one to eight Chinese characters.
    #[error("the type code is not one to eight Chinese characters")]
    Type,
    /// The serial number is missing, 0, or has more than nine digits.
    #[error("the serial number is not one of 1 to 999999999")]
    Serial,
    /// 号 is missing, or what follows is not 之一 to 之九十九.
    #[error("a case number ends with 号, or with 号之 and a number up to 九十九")]
    Ending,
}

impl CaseNumberError {
    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Brackets => "case_number_brackets",
            Self::Year => "case_number_year",
            Self::OldForm => "case_number_old_form",
            Self::Court(_) => "case_number_court",
            Self::Type => "case_number_type",
            Self::Serial => "case_number_serial",
            Self::Ending => "case_number_ending",
        }
    }
}

impl CaseNumber {
    /// Reads a case number as people type it.
    ///
    /// # Errors
    ///
    /// [`CaseNumberError`]: the first part that is wrong.
    pub fn parse(text: &str) -> Result<Self, CaseNumberError> {
        let normal = normalise(text);
        let inner = normal.strip_prefix('（').ok_or(CaseNumberError::Brackets)?;
        let (year, rest) = inner.split_once('）').ok_or(CaseNumberError::Brackets)?;
        let is_year = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        let year = year.parse().ok().filter(|year| is_year && YEARS.contains(year)).ok_or(CaseNumberError::Year)?;
        if rest.contains("字第") {
            return Err(CaseNumberError::OldForm);
        }
        let (court, rest) = CourtCode::take(rest).map_err(CaseNumberError::Court)?;
        let (type_code, rest) = rest.split_at(rest.find(|c: char| !is_type_character(c)).unwrap_or(rest.len()));
        if !(1..=LONGEST_TYPE).contains(&type_code.chars().count()) {
            return Err(CaseNumberError::Type);
        }
        let (serial, rest) = split_digits(rest);
        let serial = serial.trim_start_matches('0').parse().ok().filter(|serial| *serial <= LARGEST_SERIAL);
        let serial = serial.ok_or(CaseNumberError::Serial)?;
        let rest = rest.strip_prefix('号').ok_or(CaseNumberError::Ending)?;
        let part = match rest.strip_prefix('之') {
            None if rest.is_empty() => None,
            None => return Err(CaseNumberError::Ending),
            Some(part) => Some((1..=LARGEST_PART).find(|n| numeral(*n) == part).ok_or(CaseNumberError::Ending)?),
        };
        Ok(Self { year, court, type_code: type_code.to_owned(), serial, part })
    }

    /// Reads the one spelling that records use; `None` for any other.
    #[must_use]
    pub fn parse_exact(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|number| number.to_string() == text)
    }

    /// The year in which the case was received, 1949 to 9999.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// The court code.
    #[must_use]
    pub const fn court(&self) -> &CourtCode {
        &self.court
    }

    /// The type code (类型代字), with the code of a specialised court before it where there is one: `民初`, `执`, `诉前调`.
    #[must_use]
    pub fn type_code(&self) -> &str {
        &self.type_code
    }

    /// The serial number (案件编号), 1 to 999,999,999.
    #[must_use]
    pub const fn serial(&self) -> u32 {
        self.serial
    }

    /// Which ruling of the case this names, 1 for 之一, up to 99; `None` for the case itself.
    #[must_use]
    pub const fn part(&self) -> Option<u8> {
        self.part
    }

    /// The number of the case itself, without 之一.
    #[must_use]
    pub fn case(&self) -> Self {
        Self { part: None, ..self.clone() }
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "（{}）{}{}{}号", self.year, self.court, self.type_code, self.serial)?;
        self.part.map_or(Ok(()), |part| write!(f, "之{}", numeral(part)))
    }
}

/// Half-width characters, full-width brackets, no spaces nor what is invisible like them.
fn normalise(text: &str) -> String {
    let visible = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'));
    visible
        .map(|c| match half_width(c) {
            '(' | '[' | '〔' | '【' => '（',
            ')' | ']' | '〕' | '】' => '）',
            c => c,
        })
        .collect()
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// A Chinese character that is not one of those around the type code.
fn is_type_character(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}') && !matches!(c, '字' | '第' | '号' | '之')
}

/// 1 to 99 in Chinese: 一, 十, 十一, 二十, 九十九.
fn numeral(number: u8) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or_default();
    let tens = match number / 10 {
        0 => String::new(),
        1 => "十".to_owned(),
        tens => format!("{}十", digit(tens)),
    };
    tens + digit(number % 10)
}

#[cfg(test)]
mod tests;
