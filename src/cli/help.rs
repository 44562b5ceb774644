//! Help texts in one language.
//!
//! The definition of the command line holds each text in both languages: `English | 中文` on one line, and texts below the options
//! as two parts with a line that holds nothing but `|` between them. Here the parts of one language are chosen before anything is
//! parsed, so that help and errors alike are in that language. The library's own texts are English: in Chinese they are replaced
//! in the rendered text.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command, Error};

use crate::cli::screen;
use crate::ledger::verify::wording::Language;

/// Separator of the languages in one line.
const BETWEEN: &str = " | ";
/// Separator of the languages in several lines.
const PARTS: &str = "\n|\n";

/// Names of values in Chinese.
const VALUE_NAMES: [(&str, &str); 71] = [
    ("ACCOUNT", "账号"),
    ("ACT", "操作"),
    ("ADDRESS", "IP:端口"),
    ("AGE_KEY", "age 公钥"),
    ("ALG:HEX", "算法:十六进制"),
    ("BACKUP", "备份文件夹"),
    ("BYTES", "字节数"),
    ("CASE", "案件"),
    ("CIDR", "网段"),
    ("CODE", "代码"),
    ("CONTENT", "证明内容"),
    ("COURT", "法院代字"),
    ("DATA", "文件夹"),
    ("DAY", "日期"),
    ("DAYS", "天数"),
    ("DEST", "文件夹"),
    ("DIGEST", "算法:十六进制"),
    ("DIGESTS", "摘要算法"),
    ("DIR", "文件夹"),
    ("DIR|LIST", "文件夹|清单"),
    ("FIELDS", "名称=值"),
    ("FILE", "文件"),
    ("HEX", "十六进制"),
    ("HEX:SEQ", "十六进制:序号"),
    ("ID", "标识"),
    ("INTERVAL", "时间"),
    ("ITEM", "证据序号"),
    ("KEY", "名称"),
    ("KIND", "类别"),
    ("KIND=NUMBER", "类型=存证编号"),
    ("LANG", "语言"),
    ("LEDGER", "账本"),
    ("LEDGER_KEY", "账本密钥"),
    ("LIMIT", "限额"),
    ("LINES", "行数"),
    ("N", "数"),
    ("NAME", "名称"),
    ("NUMBER", "存证编号"),
    ("ORIGIN", "账本标识"),
    ("PATH", "路径"),
    ("POLICY", "策略"),
    ("REFERENCE", "核验流水号"),
    ("ROLE", "角色"),
    ("S", "秒"),
    ("SIZE", "大小"),
    ("TEXT", "文字"),
    ("TIME", "时间"),
    ("TO", "保存位置"),
    ("TOKEN", "令牌"),
    ("URL", "地址"),
    ("VALUE", "值"),
    ("VKEY", "公钥"),
    ("VKEY_URL", "公钥 地址"),
    ("WEBHOOK", "推送标识"),
    ("WHEN", "时机"),
    ("WORD", "代码词"),
    ("YEAR", "年份"),
    ("TITLE", "案由"),
    ("CLAIMS", "诉讼请求"),
    ("REASON", "理由"),
    ("HAND_OVER", "移交序号"),
    ("MESSAGE", "消息编号"),
    ("RELATIONSHIP", "监护关系证明"),
    ("STATUS", "状态"),
    ("SUBJECT", "登录标识"),
    ("POWER", "授权委托书"),
    ("PROVES", "证明对象"),
    ("SERVICE", "送达记录序号"),
    ("SOURCE", "来源"),
    ("WAY DAY", "方式 日期"),
    ("WORD ITEM", "代码词 序号"),
];

/// Texts of the library, with their Chinese replacements.
const LIBRARY: [(&str, &str); 14] = [
    ("Print this message or the help of the given subcommand(s)", "显示本说明，或某个命令的说明"),
    ("Print help for the subcommand(s)", "要说明的命令"),
    ("Usage:", "用法："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("Commands:", "命令："),
    ("[OPTIONS]", "[选项]"),
    ("<COMMAND>", "<命令>"),
    ("[COMMAND]", "[命令]"),
    ("[default: ", "[默认："),
    ("[env: ", "[环境变量："),
    ("[aliases: ", "[同义："),
    ("[alias: ", "[同义："),
    ("[possible values: ", "[可用的值："),
];

/// The part of a text in one language; the whole text if it has only one.
#[must_use]
pub fn picked(text: &str, language: Language) -> &str {
    let parts = text.split_once(PARTS).or_else(|| text.split_once(BETWEEN));
    match (parts, language) {
        (Some((english, _)), Language::English) => english,
        (Some((_, chinese)), Language::Chinese) => chinese,
        (None, _) => text,
    }
}

/// The definition of the command line in one language.
#[must_use]
pub fn in_language(command: Command, language: Language) -> Command {
    let mut command = command.mut_args(|argument| argument_in(argument, language));
    let text = |text: Option<&StyledStr>| text.map(|text| picked(&text.to_string(), language).to_owned());
    if let Some(about) = text(command.get_about()) {
        command = command.about(about);
    }
    if let Some(below) = text(command.get_after_help()) {
        command = command.after_help(below);
    }
    if language == Language::Chinese {
        let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示说明");
        command = command.disable_help_flag(true).arg(help);
        if command.get_version().is_some() {
            let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本");
            command = command.disable_version_flag(true).arg(version);
        }
    }
    command.mut_subcommands(|command| in_language(command, language))
}

fn argument_in(argument: Arg, language: Language) -> Arg {
    let mut text = argument.get_help().map(|help| picked(&help.to_string(), language).to_owned()).unwrap_or_default();
    let values = argument.get_possible_values();
    let values: Vec<&str> = values.iter().filter(|value| !value.is_hide_set()).map(PossibleValue::get_name).collect();
    let takes_value = argument.get_action().takes_values();
    if takes_value && !values.is_empty() {
        // Otherwise the library would list each value with its explanation.
        let (before, between, after) = match language {
            Language::Chinese => (" [可用的值：", "、", "]"),
            Language::English => (" [possible values: ", ", ", "]"),
        };
        text.extend([before, &values.join(between), after]);
    }
    let name = argument.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    let name = name.unwrap_or_else(|| argument.get_id().as_str().to_uppercase());
    let chinese = VALUE_NAMES.iter().find(|(english, _)| *english == name).map(|(_, chinese)| *chinese);
    let argument = argument.hide_possible_values(true).help(text);
    match chinese.filter(|_| takes_value && language == Language::Chinese) {
        Some(chinese) => argument.value_name(chinese),
        None => argument,
    }
}

/// Replaces the library's own texts in a rendered text.
#[must_use]
pub fn without_english(text: &str) -> String {
    // The library may break lines within them.
    let replaced = |text: String, english: &str, chinese: &str| {
        text.replace(english, chinese).replace(english.trim_end(), chinese)
    };
    LIBRARY.iter().fold(text.to_owned(), |text, (english, chinese)| replaced(text, english, chinese))
}

/// Writes the help or the version that was asked for.
pub fn print(error: &Error, language: Language, colours: bool) {
    let styled = error.render();
    let text = if colours { styled.ansi().to_string() } else { styled.to_string() };
    let text = if language == Language::Chinese { without_english(&text) } else { text };
    screen::print_rendered(&text, error.use_stderr());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_two_languages_is_divided() {
        for (text, en, zh) in [
            ("The file | 文件", "The file", "文件"),
            ("Examples:\n  a | b\n|\n示例：\n  a | b", "Examples:\n  a | b", "示例：\n  a | b"),
            ("文件", "文件", "文件"),
        ] {
            assert_eq!((picked(text, Language::English), picked(text, Language::Chinese)), (en, zh));
        }
    }
}
