//! The subcommands of `key`.

use clap::Subcommand;

use crate::cli::config::Config;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::key::new;
#[cfg(feature = "node")]
use crate::cli::key::{retire, rotate};
use crate::cli::screen::Screen;

/// Generate keys, and replace the ledger key of a node | 生成密钥，更换账本密钥
#[derive(Debug, Clone, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum KeyCommand {
    New(new::NewArgs),
    #[cfg(feature = "node")]
    Rotate(rotate::RotateArgs),
    #[cfg(feature = "node")]
    Retire(retire::RetireArgs),
}

impl KeyArgs {
    /// Whether the command opens the database of a ledger.
    #[cfg(feature = "node")]
    #[must_use]
    pub const fn opens_a_database(&self) -> bool {
        matches!(self.command, KeyCommand::Rotate(_) | KeyCommand::Retire(_))
    }
}

/// Runs it.
///
/// # Errors
///
/// Those of the subcommand.
#[cfg_attr(not(feature = "node"), expect(clippy::unused_async, reason = "only the commands of a node wait"))]
pub async fn run(args: &KeyArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    match &args.command {
        KeyCommand::New(args) => new::run(args, config, screen),
        #[cfg(feature = "node")]
        KeyCommand::Rotate(args) => rotate::run(args, screen),
        #[cfg(feature = "node")]
        KeyCommand::Retire(args) => retire::run(args, screen).await,
    }
}

/// The earlier name of `key new` | key new 的旧名
#[derive(Debug, Clone, clap::Args)]
#[command(disable_help_flag = true)]
pub struct KeygenArgs {
    /// Arguments | 参数
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<String>,
}

impl KeygenArgs {
    /// The error of every use of the earlier name.
    #[must_use]
    pub fn renamed(&self) -> CliError {
        let mut command = vec!["tiezheng key new".to_owned()];
        command.extend(self.arguments.iter().map(|argument| format!("'{}'", argument.replace('\'', "'\\''"))));
        let command = command.join(" ");
        let zh = format!("keygen 已改名为 key new，请运行：{command}");
        CliError::usage("renamed_command", zh, format!("`keygen` is now `key new`; run: {command}"))
    }
}
