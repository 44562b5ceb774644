//! What the length of an evidence period rests on, and its bounds in days.
//!
//! Articles without a name are those of 最高人民法院关于民事诉讼证据的若干规定 (2019). The bounds of art. 51 are refused when
//! broken; "generally" (一般) in it is a [`Warning`].
//!
//! Not here: counting the days (`period`).

use crate::error_code::ErrorCode;

/// Longest period or extension in days. The law has no such bound; more is a typing error.
pub const LONGEST_DAYS: u32 = 366;

/// What a period's length rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// First instance, ordinary procedure: not less than 15 days (art. 51).
    Ordinary,
    /// Summary procedure: not more than 15 days (art. 51), even if the parties agree on more (民诉法解释 art. 266).
    Summary,
    /// Small claims: generally not more than 7 days (art. 51), and as a kind of summary procedure not more than 15.
    SmallClaims,
    /// Second instance with new evidence: not less than 10 days (art. 51).
    SecondInstance,
    /// Agreed by the parties and approved by the court (art. 51).
    Agreed,
    /// At the court's discretion, 酌情: for rebuttal or curing defects, where art. 51 lifts its own bounds, on remand
    /// (art. 55 (3)), or after changed claims (art. 55 (4)).
    Discretion,
}

/// What is unusual but allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// A small claim with more than the 7 days that the law calls general.
    SmallClaimsOverSeven,
}

impl Warning {
    /// The stable code of this warning, for machines.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SmallClaimsOverSeven => "period_small_claims_over_seven",
        }
    }
}

impl Basis {
    /// All of them, in the order of art. 51.
    pub const ALL: [Self; 6] =
        [Self::Ordinary, Self::Summary, Self::SmallClaims, Self::SecondInstance, Self::Agreed, Self::Discretion];

    /// The word that records use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Summary => "summary",
            Self::SmallClaims => "small-claims",
            Self::SecondInstance => "second-instance",
            Self::Agreed => "agreed",
            Self::Discretion => "discretion",
        }
    }

    /// Reads the word; `None` for any other.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.word() == word)
    }

    /// The default number of days: 15 as court systems do, 7 for small claims.
    #[must_use]
    pub const fn default_days(self) -> u32 {
        match self {
            Self::SmallClaims => 7,
            _ => 15,
        }
    }

    /// Whether a period of `days` may rest on this.
    ///
    /// # Errors
    ///
    /// [`LengthError::TooShort`] or [`LengthError::TooLong`]: outside the bounds of art. 51, or of 1 to [`LONGEST_DAYS`].
    pub const fn check(self, days: u32) -> Result<Option<Warning>, LengthError> {
        let (least, most) = match self {
            Self::Ordinary => (15, LONGEST_DAYS),
            Self::Summary | Self::SmallClaims => (1, 15),
            Self::SecondInstance => (10, LONGEST_DAYS),
            Self::Agreed | Self::Discretion => (1, LONGEST_DAYS),
        };
        match self {
            _ if days < least => Err(LengthError::TooShort { days, least }),
            _ if days > most => Err(LengthError::TooLong { days, most }),
            Self::SmallClaims if days > 7 => Ok(Some(Warning::SmallClaimsOverSeven)),
            _ => Ok(None),
        }
    }
}

/// Why a number of days was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    /// Fewer days than the basis allows.
    #[error("{days} days are too few: at least {least}")]
    TooShort {
        /// The days given.
        days: u32,
        /// The fewest allowed.
        least: u32,
    },
    /// More days than the basis allows.
    #[error("{days} days are too many: at most {most}")]
    TooLong {
        /// The days given.
        days: u32,
        /// The most allowed.
        most: u32,
    },
}

impl LengthError {
    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::TooShort { days, least } => format!("指定的期限为 {days} 日，不得少于 {least} 日"),
            Self::TooLong { days, most } => format!("指定的期限为 {days} 日，不得超过 {most} 日"),
        }
    }

    /// The stable code of this error, for machines.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooShort { .. } => ErrorCode::PeriodTooShort,
            Self::TooLong { .. } => ErrorCode::PeriodTooLong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_article_51_hold() {
        let bounds = |basis: Basis| {
            let fits: Vec<u32> = (0..=LONGEST_DAYS + 1).filter(|days| basis.check(*days).is_ok()).collect();
            (fits[0], fits[fits.len() - 1], fits.len())
        };
        assert_eq!(bounds(Basis::Ordinary), (15, 366, 352));
        assert_eq!(bounds(Basis::Summary), (1, 15, 15));
        assert_eq!(bounds(Basis::SmallClaims), (1, 15, 15));
        assert_eq!(bounds(Basis::SecondInstance), (10, 366, 357));
        assert_eq!(bounds(Basis::Agreed), (1, 366, 366));
        assert_eq!(bounds(Basis::Discretion), (1, 366, 366));
        assert_eq!(Basis::Ordinary.check(14).unwrap_err().code().as_str(), "period_too_short");
        assert_eq!(Basis::Summary.check(16).unwrap_err().code().as_str(), "period_too_long");
        assert_eq!(Basis::Agreed.check(u32::MAX).unwrap_err().code().as_str(), "period_too_long");
    }

    #[test]
    fn only_long_small_claims_are_warned_about() {
        for basis in Basis::ALL {
            for days in 1..=LONGEST_DAYS {
                let warned = basis == Basis::SmallClaims && days > 7;
                let expected = warned.then_some(Warning::SmallClaimsOverSeven);
                assert!(basis.check(days).is_err() || basis.check(days) == Ok(expected), "{basis:?} {days}");
            }
        }
        assert_eq!(Warning::SmallClaimsOverSeven.code(), "period_small_claims_over_seven");
    }

    #[test]
    fn defaults_are_allowed_without_a_warning() {
        for basis in Basis::ALL {
            assert_eq!(basis.check(basis.default_days()), Ok(None), "{basis:?}");
        }
    }

    #[test]
    fn each_basis_has_one_word() {
        let words = Basis::ALL.map(Basis::word);
        assert_eq!(words, ["ordinary", "summary", "small-claims", "second-instance", "agreed", "discretion"]);
        assert_eq!(words.map(Basis::parse), Basis::ALL.map(Some));
        assert_eq!(Basis::parse("Ordinary"), None);
    }
}
