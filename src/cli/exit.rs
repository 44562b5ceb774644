//! Exit codes of commands, and errors in Chinese and English.
//!
//! | code | means |
//! |---|---|
//! | 0 | success: consistent, also with reservation; a look-up; done |
//! | 1 | a negative result: mismatch, not found, contradictory, chain fault |
//! | 2 | not performed: unreachable, unknown key, unreadable file |
//! | 64 | a mistyped number or wrong usage |

use std::borrow::Cow;
use std::fmt;
use std::process::ExitCode;

use crate::files::reason;
use crate::files::regular::NotRegular;
use crate::wire::bilingual::Bilingual;

/// The result of a command; of several files, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Success.
    Good,
    /// A negative result.
    Finding,
    /// The command could not be performed.
    Unable,
    /// Wrong usage.
    Usage,
}

impl ExitStatus {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Finding => 1,
            Self::Unable => 2,
            Self::Usage => 64,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// The error of a command, in both languages and with a stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// The exit status.
    pub status: ExitStatus,
    /// The stable code.
    pub code: Cow<'static, str>,
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
    /// Further lines.
    pub more: Vec<Bilingual>,
}

impl CliError {
    /// The command could not be performed: exit code 2.
    pub fn unable(code: impl Into<Cow<'static, str>>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status: ExitStatus::Unable, code: code.into(), zh: zh.into(), en: en.into(), more: Vec::new() }
    }

    /// A negative result: exit code 1.
    pub fn finding(code: impl Into<Cow<'static, str>>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status: ExitStatus::Finding, ..Self::unable(code, zh, en) }
    }

    /// Wrong usage: exit code 64.
    pub fn usage(code: impl Into<Cow<'static, str>>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status: ExitStatus::Usage, ..Self::unable(code, zh, en) }
    }

    /// Adds a line. Escaped text cannot begin a line of its own.
    #[must_use]
    pub fn with_line(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.more.push(Bilingual::new(zh, en));
        self
    }

    /// A file or folder that could not be read or written.
    #[must_use]
    pub fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        if let Some(kind) = NotRegular::reason_of(error) {
            let zh = format!("{}：{}。请给出文件", path.display(), kind.chinese());
            return Self::unable("not_a_file", zh, format!("{}: {kind}. Name a file", path.display()));
        }
        let (step_zh, step_en) = reason::next_step(error);
        let said = |stop: &str, step: &str| if step.is_empty() { String::new() } else { format!("{stop}{step}") };
        let zh = format!("{}：{}{}", path.display(), reason::chinese(error), said("。", step_zh));
        let en = format!("{}: {}{}", path.display(), reason::english(error), said(". ", step_en));
        Self::unable("io", zh, en)
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for CliError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_results_counts() {
        let all = [ExitStatus::Good, ExitStatus::Finding, ExitStatus::Unable, ExitStatus::Usage];
        assert!(all.is_sorted());
        assert_eq!(all.map(ExitStatus::code), [0, 1, 2, 64]);
    }
}
