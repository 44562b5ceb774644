//! Usage errors in both languages. The command line library reports them in English; the Chinese text is made from the
//! structured context of its errors, not from its sentences.
//!
//! Not here: help and version (`help`).

use std::borrow::Cow;
use std::error::Error as _;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::num::{IntErrorKind, ParseIntError};

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::exit::CliError;
use crate::cli::help::{picked, without_english};
use crate::cli::terminal::escaped;
use crate::ledger::verify::wording::Language;

/// The error about a command line that was parsed with English and with Chinese names. Its English text is the library's; its
/// code is always `usage`.
#[must_use]
pub fn usage_error(error: &Error, read_in_chinese: &Error) -> CliError {
    let repeated: Vec<String> = error.context().flat_map(|(_, value)| strings(value)).collect();
    let english = if repeated.iter().any(|text| matches!(escaped(text), Cow::Owned(_))) {
        // The library would repeat it as it is.
        let kind = error.kind().as_str().unwrap_or("the command line is wrong");
        let repeated: Vec<String> = repeated.iter().map(|text| format!("'{}'", escaped(text))).collect();
        format!("{kind}: {}\n\nFor more information, try '--help'.", repeated.join(", "))
    } else {
        // This program's own reasons contain both languages.
        error.to_string().lines().map(in_english).collect::<Vec<_>>().join("\n")
    };
    let (english, chinese) = (english.trim_end(), in_chinese(read_in_chinese));
    let (mut english, mut chinese) = (english.strip_prefix("error: ").unwrap_or(english).lines(), chinese.lines());
    let mut error = CliError::usage("usage", chinese.next().unwrap_or_default(), english.next().unwrap_or_default());
    loop {
        let (zh, en) = (chinese.next(), english.next());
        if zh.is_none() && en.is_none() {
            return error;
        }
        error = error.with_line(zh.unwrap_or_default(), en.unwrap_or_default());
    }
}

/// A line of the library's text without the Chinese part of this program's own reasons.
fn in_english(line: &str) -> &str {
    match line.split_once(" | ") {
        Some((english, chinese)) if !chinese.is_ascii() => english,
        _ => line,
    }
}

/// The arguments that the library repeats.
fn strings(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(one) => vec![one.clone()],
        ContextValue::Strings(several) => several.clone(),
        _ => Vec::new(),
    }
}

/// Language and output format of an invalid command line: the value of `--lang`, and whether `--json` is present.
#[must_use]
pub fn requested_output(arguments: impl IntoIterator<Item = OsString>) -> (Option<String>, bool) {
    let texts = arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned());
    let mut options = texts.take_while(|text| text != "--");
    let (mut language, mut json) = (None, false);
    while let Some(option) = options.next() {
        match option.as_str() {
            "--lang" => language = options.next(),
            "--json" => json = true,
            other => language = other.strip_prefix("--lang=").map(str::to_owned).or(language),
        }
    }
    (language, json)
}

fn in_chinese(error: &Error) -> String {
    let mut text = fault(error);
    for like in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        if let Some(like) = quoted(error, like) {
            let _ = write!(text, "\n\n  提示：是否要用{like}？");
        }
    }
    if error.kind() == ErrorKind::UnknownArgument && error.get(ContextKind::Suggested).is_some() {
        let argument = context_value(error, ContextKind::InvalidArg);
        let _ = write!(text, "\n\n  提示：如果“{argument}”是文件名等内容，请写作“-- {argument}”");
    }
    if let Some(usage) = error.get(ContextKind::Usage) {
        let usage = without_english(&usage.to_string());
        let _ = write!(text, "\n\n用法：{}", usage.trim_start_matches("用法：").trim());
    }
    text.push_str("\n\n加上“--help”可查看说明。");
    text
}

/// The error in one sentence.
fn fault(error: &Error) -> String {
    let argument = context_value(error, ContextKind::InvalidArg);
    let value = context_value(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("没有“{}”这个命令", context_value(error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand => {
            format!("“{}”之后还需要命令", context_value(error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => format!("没有“{argument}”这个参数"),
        ErrorKind::MissingRequiredArgument => format!("缺少必需的参数：{argument}"),
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("“{argument}”需要一个值{}", possible(error))
        }
        ErrorKind::InvalidValue => format!("“{argument}”的值“{value}”无效{}", possible(error)),
        ErrorKind::ValueValidation => match error.source() {
            Some(reason) => {
                let reason = reason_in_chinese(reason);
                format!("“{argument}”的值“{value}”无效：{reason}")
            }
            None => format!("“{argument}”的值“{value}”无效"),
        },
        ErrorKind::ArgumentConflict => match context_value(error, ContextKind::PriorArg) {
            prior if prior == argument => format!("“{argument}”只能用一次"),
            prior if prior.is_empty() => format!("“{argument}”不能与其他参数同时使用"),
            prior => format!("“{argument}”不能与“{prior}”同时使用"),
        },
        ErrorKind::NoEquals => format!("“{argument}”的值须用等号连接"),
        ErrorKind::TooManyValues => format!("“{argument}”的值过多：不应有“{value}”"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("“{argument}”的值的个数不对"),
        ErrorKind::InvalidUtf8 => "参数不是有效的 UTF-8 文本".into(),
        _ => "命令用法有误".into(),
    }
}

/// Why a value is invalid.
fn reason_in_chinese(reason: &(dyn std::error::Error + 'static)) -> String {
    if let Some(error) = reason.downcast_ref::<ParseIntError>() {
        return match error.kind() {
            IntErrorKind::Empty => "不能为空",
            IntErrorKind::PosOverflow => "数值过大",
            IntErrorKind::NegOverflow => "数值过小",
            _ => "不是整数",
        }
        .into();
    }
    if reason.is::<std::net::AddrParseError>() {
        return "应为“IP 地址:端口”，如 127.0.0.1:7700".into();
    }
    own_reason(reason).unwrap_or_else(|| text_in_chinese(&reason.to_string()))
}

/// Why a value is invalid, for this program's own types of values.
#[cfg(feature = "node")]
fn own_reason(reason: &(dyn std::error::Error + 'static)) -> Option<String> {
    let limit = reason.downcast_ref::<crate::http::rate_limit::LimitError>();
    let network = reason.downcast_ref::<crate::http::client_address::ProxyNetworkError>();
    let listen = reason.downcast_ref::<crate::http::listener::ListenAddressError>();
    limit
        .map(|limit| limit.in_chinese().to_owned())
        .or_else(|| network.map(crate::http::client_address::ProxyNetworkError::in_chinese))
        .or_else(|| listen.map(|listen| listen.in_chinese().to_owned()))
}

/// Likewise, in a program without a node.
#[cfg(not(feature = "node"))]
fn own_reason(_: &(dyn std::error::Error + 'static)) -> Option<String> {
    None
}

/// A reason that is only a text: a range, which the library reports so, or one of this program in both languages.
fn text_in_chinese(reason: &str) -> String {
    match reason.split_once(" is not in ").map(|(_, range)| range) {
        Some(range) => match range.split_once("..=").or_else(|| range.split_once("..")) {
            Some((least, most)) if !open_ended(most) => format!("应在 {least} 至 {most} 之间"),
            Some((least, _)) => format!("应不小于 {least}"),
            None => format!("应在 {range} 之内"),
        },
        None => picked(reason, Language::Chinese).into(),
    }
}

/// Whether the upper end of a range is the default maximum of its type.
fn open_ended(most: &str) -> bool {
    most.is_empty() || most == u64::MAX.to_string() || most == u32::MAX.to_string()
}

fn possible(error: &Error) -> String {
    quoted(error, ContextKind::ValidValue).map(|values| format!("，可用的值：{values}")).unwrap_or_default()
}

/// A context value of the library's error, escaped; several values separated by spaces; empty if missing.
fn context_value(error: &Error, kind: ContextKind) -> String {
    let text = match error.get(kind) {
        Some(ContextValue::Strings(several)) => several.join(" "),
        Some(ContextValue::StyledStrs(several)) => {
            several.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        Some(one) => one.to_string(),
        None => String::new(),
    };
    escaped(&text).into_owned()
}

/// The same in quotes, each name by itself.
fn quoted(error: &Error, kind: ContextKind) -> Option<String> {
    let names: Vec<String> = match error.get(kind)? {
        ContextValue::Strings(several) => several.clone(),
        one => vec![one.to_string()],
    };
    let names: Vec<String> =
        names.iter().filter(|name| !name.is_empty()).map(|name| format!("“{}”", escaped(name))).collect();
    (!names.is_empty()).then(|| names.join("、"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_and_format_are_found_at_any_position() {
        let heard = |line: &str| requested_output(line.split(' ').map(OsString::from));
        assert_eq!(heard("tiezheng depozit --lang zh"), (Some("zh".into()), false));
        assert_eq!(heard("tiezheng --lang=en --json lookup"), (Some("en".into()), true));
        assert_eq!(heard("tiezheng deposit -- --lang zh --json"), (None, false));
        assert_eq!(heard("tiezheng deposit --lang"), (None, false));
    }

    #[test]
    fn reasons_have_chinese_words() {
        let whole = |text: &str| reason_in_chinese(&text.parse::<u16>().unwrap_err());
        assert_eq!([whole("x"), whole(""), whole("99999999")], ["不是整数", "不能为空", "数值过大"]);
        assert!(reason_in_chinese(&"x".parse::<std::net::SocketAddr>().unwrap_err()).starts_with("应为"));
        assert_eq!(text_in_chinese("0 is not in 1..18446744073709551615"), "应不小于 1");
        assert_eq!(text_in_chinese("0 is not in 1..=4294967295"), "应不小于 1");
        assert_eq!(text_in_chinese("9 is not in 1..=8"), "应在 1 至 8 之间");
    }
}
