//! Which new passwords are accepted: long ones, without the login name, and none of those that are guessed first. Nothing is asked
//! of their characters, which makes passwords harder to remember and not harder to guess.

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 10;
/// Most characters of a password.
pub const PASSWORD_MAX: usize = 128;
/// Passwords that are tried first by everybody who guesses. All have [`PASSWORD_MIN`] characters or more.
const COMMON: [&str; 12] = [
    "1234567890",
    "0123456789",
    "0987654321",
    "12345678910",
    "1111111111",
    "8888888888",
    "6666666666",
    "qwertyuiop",
    "1qaz2wsx3edc",
    "password123",
    "iloveyou123",
    "woaini1314520",
];

/// Why a password is not accepted as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than [`PASSWORD_MIN`] characters.
    TooShort,
    /// More than [`PASSWORD_MAX`] characters.
    TooLong,
    /// It contains the login name, or is one of the most used.
    Guessable,
}

impl PasswordFault {
    /// What is wrong, in Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::TooShort => "密码过短，至少须 10 个字符",
            Self::TooLong => "密码过长，至多 128 个字符",
            Self::Guessable => "密码容易被猜到，或者包含登录名，请另设密码",
        }
    }
}

/// Checks a new password of the account with this login name.
///
/// # Errors
///
/// [`PasswordFault`].
pub fn check_new(password: &str, login: &str) -> Result<(), PasswordFault> {
    let characters = password.chars().count();
    let folded = password.to_lowercase();
    let first = folded.chars().next();
    if characters < PASSWORD_MIN {
        Err(PasswordFault::TooShort)
    } else if characters > PASSWORD_MAX {
        Err(PasswordFault::TooLong)
    } else if COMMON.contains(&folded.as_str())
        || (!login.is_empty() && folded.contains(&login.to_lowercase()))
        || folded.chars().all(|c| Some(c) == first)
    {
        Err(PasswordFault::Guessable)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_passwords_are_long_and_not_guessed_first() {
        assert_eq!(check_new("correct horse battery", "zhang"), Ok(()));
        assert_eq!(check_new("一二三四五六七八九十", "zhang"), Ok(()));
        assert_eq!(check_new("short", "zhang"), Err(PasswordFault::TooShort));
        assert_eq!(check_new(&"ab".repeat(65), "zhang"), Err(PasswordFault::TooLong));
        for guessable in ["ZhangSan-2026!", "1234567890", "PASSWORD123", "aaaaaaaaaaaa"] {
            assert_eq!(check_new(guessable, "zhangsan"), Err(PasswordFault::Guessable), "{guessable}");
        }
    }
}
