//! The definition of the command line, and the dispatch of commands.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::cli::case::command as case;
use crate::cli::config::{Config, colours_wanted, is_interactive, language_of_locale};
#[cfg(feature = "demo")]
use crate::cli::demo::scenario as demo;
use crate::cli::exit::{CliError, ExitStatus};
#[cfg(feature = "load")]
use crate::cli::load;
use crate::cli::screen::Screen;
#[cfg(feature = "node")]
use crate::cli::{
    audit, backup, config_command, control, descriptors, index, resources, restore, serve, timestamp, witness,
};
use crate::cli::{
    clock, consistency, contradiction, deposit, help, key, lookup, monitor, receipt, statement, trust, usage, verify,
};
use crate::files::reason;
use crate::ledger::verify::wording::Language;

/// Most threads of the blocking pool. A node's reads and hashing have lower limits of their own. An idle thread lives for ten seconds with
/// some megabytes of memory, so without this limit hundreds would accumulate.
const BLOCKING_THREADS: usize = 64;

const AFTER_HELP: &str = "\
First steps:
  tiezheng demo                            see everything happen, leave nothing behind
  tiezheng serve --test --data chain-data  start a node
  tiezheng deposit contract.pdf            digests go on the chain, the file stays here
  tiezheng lookup NUMBER                   what the chain says
  tiezheng verify contract.pdf             compare the file with the chain
  tiezheng audit chain-data                re-check the whole chain

Exit codes: 0 as it should be; 1 looked, and it is not; 2 could not look; 64 wrong usage or
a mistyped number.
|
入门：
  tiezheng demo                            完整演示，不留痕迹
  tiezheng serve --test --data chain-data  启动节点
  tiezheng deposit 合同.pdf                存证：摘要上链，文件不上传
  tiezheng lookup 存证编号                 查询链上记录
  tiezheng verify 合同.pdf                 核验：将文件与链上记录比对
  tiezheng audit chain-data                审计整条链

退出码：0 正常；1 查到问题；2 未能查；64 用法有误或编号输入有误。";

/// Tiezheng: deposits digests of electronic evidence on a verifiable chain | 铁证：区块链电子存证
#[derive(Debug, Parser)]
#[command(name = "tiezheng", version, after_help = first_steps(AFTER_HELP, Command::has_subcommand), max_term_width = 120)]
struct Arguments {
    /// Print JSON documents and nothing else on standard output | 输出 JSON
    #[arg(long, global = true)]
    json: bool,
    /// Language of the text; default: the locale's | 界面语言
    #[arg(long, global = true, value_enum)]
    lang: Option<LanguageName>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LanguageName {
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    Deposit(deposit::DepositArgs),
    Lookup(lookup::LookupArgs),
    Verify(verify::VerifyArgs),
    Receipt(receipt::ReceiptArgs),
    Consistency(consistency::ConsistencyArgs),
    Statement(statement::MakeStatementArgs),
    Trust(trust::TrustArgs),
    Key(key::command::KeyArgs),
    #[command(hide = true)]
    Keygen(key::command::KeygenArgs),
    Case(case::CaseArgs),
    Clock(clock::ClockArgs),
    Monitor(monitor::MonitorArgs),
    Contradiction(contradiction::ContradictionArgs),
    #[cfg(feature = "demo")]
    Demo(demo::DemoArgs),
    #[cfg(feature = "node")]
    Serve(Box<serve::ServeArgs>),
    #[cfg(feature = "node")]
    Witness(witness::WitnessArgs),
    #[cfg(feature = "node")]
    Config(config_command::ConfigArgs),
    #[cfg(feature = "node")]
    Control(control::ControlArgs),
    #[cfg(feature = "node")]
    Timestamp(timestamp::TimestampCommandArgs),
    #[cfg(feature = "node")]
    Audit(audit::AuditArgs),
    #[cfg(feature = "node")]
    Backup(backup::BackupArgs),
    #[cfg(feature = "node")]
    Restore(restore::RestoreArgs),
    #[cfg(feature = "node")]
    Index(index::IndexArgs),
    #[cfg(feature = "load")]
    Load(load::LoadArgs),
}

/// `help` without the commands that this build does not have.
fn first_steps(help: &str, exists: impl Fn(&str) -> bool) -> String {
    let command = |line: &str| line.trim_start().strip_prefix("tiezheng ")?.split(' ').next().map(str::to_owned);
    let lines = help.split_inclusive('\n').filter(|line| command(line).is_none_or(|name| exists(&name)));
    lines.collect()
}

#[cfg(feature = "node")]
impl Command {
    const fn opens_a_database(&self) -> bool {
        match self {
            Self::Key(args) => args.opens_a_database(),
            Self::Serve(_)
            | Self::Audit(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Index(_)
            | Self::Witness(_) => true,
            _ => false,
        }
    }
}

/// Parses the command line and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let (wanted, json) = usage::requested_output(std::env::args_os().skip(1));
    let chosen = language(wanted.and_then(|name| LanguageName::from_str(&name, false).ok()));
    let arguments = match parsed(chosen) {
        Ok(arguments) => arguments,
        Err(error) => return not_run(&error, chosen, json).into(),
    };
    let screen = Screen::new(language(arguments.lang), arguments.json, colours_wanted(), is_interactive());
    run(&arguments.command, &screen).unwrap_or_else(|error| screen.report_error(&error)).into()
}

/// Parses the command line with help texts and errors in this language.
fn parsed(language: Language) -> Result<Arguments, clap::Error> {
    let mut command = help::in_language(Arguments::command(), language);
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

fn no_runtime(error: &std::io::Error) -> CliError {
    let zh = format!("程序无法启动线程：{}。请稍后重试，或提高限制（ulimit -u）", reason::chinese(error));
    let en = format!(
        "the program cannot start its threads: {}. Try again later, or raise the limit (ulimit -u)",
        reason::english(error)
    );
    CliError::unable("no_runtime", zh, en)
}

fn run(command: &Command, screen: &Screen) -> anyhow::Result<ExitStatus> {
    #[cfg(feature = "node")]
    if command.opens_a_database() {
        descriptors::raise()?;
        resources::prepare()?;
    }
    #[cfg(feature = "node")]
    if matches!(command, Command::Witness(args) if args.is_mirror()) {
        resources::yield_to_others();
    }
    let config = Config::from_env();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().max_blocking_threads(BLOCKING_THREADS).build();
    let runtime = runtime.map_err(|error| no_runtime(&error))?;
    let reads_pinned =
        matches!(command, Command::Lookup(_) | Command::Verify(_) | Command::Receipt(_) | Command::Consistency(_))
            || is_audit(command);
    if reads_pinned && !config.is_named() {
        screen.aside(screen.pick(
            "未设置 TIEZHENG_CONFIG、XDG_CONFIG_HOME 或 HOME：没有配置文件夹，视为尚未信任任何账本",
            "none of TIEZHENG_CONFIG, XDG_CONFIG_HOME and HOME is set: without a configuration folder no ledger is trusted",
        ))?;
    }
    runtime.block_on(async {
        match command {
            Command::Deposit(args) => deposit::run(args, &config, screen).await,
            Command::Lookup(args) => lookup::run(args, &config, screen).await,
            Command::Verify(args) => verify::run(args, &config, screen).await,
            Command::Receipt(args) => receipt::run(args, &config, screen).await,
            Command::Consistency(args) => consistency::run(args, &config, screen).await,
            Command::Statement(args) => statement::run(args, &config, screen).await,
            Command::Trust(args) => trust::run(args, &config, screen).await,
            Command::Key(args) => key::command::run(args, &config, screen).await,
            Command::Keygen(args) => Err(args.renamed().into()),
            Command::Case(args) => case::run(args, screen).await,
            Command::Clock(args) => clock::run(args, screen).await,
            Command::Monitor(args) => monitor::run(args, screen).await,
            Command::Contradiction(args) => contradiction::run(args, screen),
            #[cfg(feature = "demo")]
            Command::Demo(args) => demo::run(args, screen).await,
            #[cfg(feature = "node")]
            Command::Serve(args) => serve::run(args, screen).await,
            #[cfg(feature = "node")]
            Command::Witness(args) => witness::run(args, screen).await,
            #[cfg(feature = "node")]
            Command::Config(args) => config_command::run(args, screen),
            #[cfg(feature = "node")]
            Command::Control(args) => control::run(args, screen).await,
            #[cfg(feature = "node")]
            Command::Timestamp(args) => timestamp::run(args, screen).await,
            #[cfg(feature = "node")]
            Command::Audit(args) => audit::run(args, &config, screen).await,
            #[cfg(feature = "node")]
            Command::Backup(args) => backup::run(args, screen).await,
            #[cfg(feature = "node")]
            Command::Restore(args) => restore::run(args, &config, screen).await,
            #[cfg(feature = "node")]
            Command::Index(args) => index::run(args, screen),
            #[cfg(feature = "load")]
            Command::Load(args) => load::run(args, screen).await,
        }
    })
}

#[cfg(feature = "node")]
const fn is_audit(command: &Command) -> bool {
    matches!(command, Command::Audit(_))
}

#[cfg(not(feature = "node"))]
const fn is_audit(_: &Command) -> bool {
    false
}

fn language(wanted: Option<LanguageName>) -> Language {
    match wanted {
        Some(LanguageName::Zh) => Language::Chinese,
        Some(LanguageName::En) => Language::English,
        None => language_of_locale(),
    }
}

/// The result of an unparsed command line: help and version succeed, everything else is wrong usage.
fn not_run(error: &clap::Error, language: Language, json: bool) -> ExitStatus {
    let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if help || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        help::print(error, language, colours_wanted());
    } else {
        // Parsed in both languages, since names of values and commands differ.
        let other = if language == Language::Chinese { Language::English } else { Language::Chinese };
        let other = parsed(other).err();
        let other = other.as_ref().unwrap_or(error);
        let (english, chinese) = if language == Language::Chinese { (other, error) } else { (error, other) };
        let screen = Screen::new(language, json, colours_wanted(), is_interactive());
        let _ = screen.report_error(&usage::usage_error(english, chinese).into());
    }
    if help { ExitStatus::Good } else { ExitStatus::Usage }
}

#[cfg(test)]
mod tests {
    use clap::Command as Defined;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    fn each(command: &Defined, see: &mut dyn FnMut(&Defined)) {
        see(command);
        command.get_subcommands().for_each(|command| each(command, see));
    }

    #[test]
    fn the_help_names_only_commands_that_the_build_has() {
        let help = "First:\n  tiezheng demo  all\n  tiezheng verify FILE  one\n\nExit codes: 0";
        let kept = first_steps(help, |name| name != "demo");
        assert_eq!(kept, "First:\n  tiezheng verify FILE  one\n\nExit codes: 0");
        for line in first_steps(AFTER_HELP, |_| false).lines() {
            assert!(!line.starts_with("  tiezheng"), "{line}");
        }
        assert_eq!(first_steps(AFTER_HELP, Command::has_subcommand).contains("tiezheng demo"), cfg!(feature = "demo"));
    }

    #[test]
    fn every_command_and_option_is_explained_in_both_languages() {
        let two = |what: &str, text: &str| {
            let parts = text.split_once(if text.contains("\n|\n") { "\n|\n" } else { " | " });
            let (english, chinese) = parts.unwrap_or_else(|| panic!("{what}: {text}"));
            assert!(!chinese.is_ascii() && !english.contains("示例"), "{what}: {text}");
            assert!(text.contains("\n|\n") || !chinese.contains(" | "), "{what}: {text}");
        };
        each(&Arguments::command(), &mut |command| {
            let name = command.get_name();
            two(name, &command.get_about().map(ToString::to_string).unwrap_or_default());
            assert!(command.get_long_about().is_none() && command.get_after_long_help().is_none(), "{name}");
            command.get_after_help().iter().for_each(|below| two(name, &below.to_string()));
            for option in command.get_arguments().filter(|option| !option.is_hide_set()) {
                let what = format!("{name} {}", option.get_id());
                assert!(option.get_long_help().is_none(), "{what}");
                two(&what, &option.get_help().map(ToString::to_string).unwrap_or_default());
            }
        });
    }

    #[test]
    fn every_value_has_a_name_in_chinese() {
        let mut missing = Vec::new();
        each(&help::in_language(Arguments::command(), Language::Chinese), &mut |command| {
            for option in command.get_arguments().filter(|option| !option.is_hide_set()) {
                let takes = option.get_action().takes_values();
                let named = option.get_value_names().into_iter().flatten().any(|name| !name.as_str().is_ascii());
                if takes && !named {
                    missing.push(format!("{} {}", command.get_name(), option.get_id()));
                }
            }
        });
        assert_eq!(missing, [""; 0]);
    }
}
