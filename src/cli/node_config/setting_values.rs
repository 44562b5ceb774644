//! Parsers of the values of settings, with their errors.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::cli::values::byte_size;
use crate::http::rate_limit::Limit;
use crate::wire::bilingual::Bilingual;

/// Largest number of a setting.
const COUNT_MAX: usize = 1 << 30;
/// Longest time limit.
const SECONDS_MAX: u64 = 86_400;

pub(super) fn to<T>(target: &mut T, value: Result<T, Bilingual>) -> Result<(), Bilingual> {
    value.map(|value| *target = value)
}

pub(super) fn one(values: &[String]) -> Result<&str, Bilingual> {
    match values {
        [value] => Ok(value),
        _ => Err(Bilingual::new("只取一个值", "it takes one value")),
    }
}

pub(super) fn text(values: &[String]) -> Result<String, Bilingual> {
    let value = one(values)?;
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(Bilingual::new("应为非空的单行文本", "it takes a text of one line that is not empty"));
    }
    Ok(value.to_owned())
}

pub(super) fn path(values: &[String]) -> Result<PathBuf, Bilingual> {
    text(values).map(PathBuf::from)
}

pub(super) fn flag(values: &[String]) -> Result<bool, Bilingual> {
    let value = one(values)?;
    value.parse().map_err(|_| quoting(value, &Bilingual::new("应为 true 或 false", "it takes true or false")))
}

pub(super) fn no_number(value: &str) -> Bilingual {
    Bilingual::new(format!("“{value}”不是正整数"), format!("`{value}` is no positive number"))
}

pub(super) fn count(values: &[String]) -> Result<usize, Bilingual> {
    let value = one(values)?;
    value.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count)).ok_or_else(|| no_number(value))
}

pub(super) fn seconds(values: &[String]) -> Result<Duration, Bilingual> {
    let seconds = u64::try_from(count(values)?).ok().filter(|seconds| *seconds <= SECONDS_MAX);
    let too_long = || Bilingual::new("至多 86400 秒（一天）", "at most 86400 seconds, a day");
    seconds.map(Duration::from_secs).ok_or_else(too_long)
}

pub(super) fn size(values: &[String]) -> Result<u64, Bilingual> {
    let value = one(values)?;
    byte_size(value).map_err(|expected| quoting(value, &one_text(expected)))
}

pub(super) fn quoting(value: &str, reason: &Bilingual) -> Bilingual {
    Bilingual::new(format!("“{value}”{}", reason.zh), format!("`{value}`: {}", reason.en))
}

pub(super) fn memory(values: &[String]) -> Result<usize, Bilingual> {
    usize::try_from(size(values)?).map_err(|_| no_number(one(values).unwrap_or_default()))
}

/// Splits a text in both languages as the command line has it: `English | 中文`.
pub(super) fn one_text(text: String) -> Bilingual {
    match text.split_once(" | ") {
        Some((en, zh)) => Bilingual::new(zh, en),
        None => Bilingual::new(text.clone(), text),
    }
}

pub(super) fn mode(values: &[String]) -> Result<u32, Bilingual> {
    let mode = u32::from_str_radix(one(values)?, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| Bilingual::new("应为八进制权限，如 \"0660\"", "it takes an octal mode such as \"0660\""))
}

pub(super) fn limit(values: &[String]) -> Result<Limit, Bilingual> {
    let value = one(values)?;
    let limit = value.parse::<Limit>();
    limit.map_err(|error| Bilingual::new(format!("“{value}”{}", error.in_chinese()), error.to_string()))
}

pub(super) fn filter(text: String) -> Result<String, Bilingual> {
    match tracing_subscriber::EnvFilter::try_new(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            Err(Bilingual::new(format!("日志级别无法识别：{error}"), format!("no level of the log: {error}")))
        }
    }
}

pub(super) fn parsed<T: FromStr>(values: &[String], allowed: &str) -> Result<T, Bilingual> {
    let value = one(values)?;
    value.parse().map_err(|_| {
        Bilingual::new(format!("“{value}”不在可取值之中：{allowed}"), format!("`{value}` is none of {allowed}"))
    })
}

pub(super) fn each<T: FromStr>(
    values: &[String],
    explained: fn(&str, T::Err) -> Bilingual,
) -> Result<Vec<T>, Bilingual> {
    values.iter().map(|value| value.parse().map_err(|error| explained(value, error))).collect()
}
