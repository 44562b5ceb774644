//! `config`: checks a node's configuration file, or prints a sample.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use crate::cli::exit::ExitStatus;
use crate::cli::network_errors::{bad_certificate, cannot_listen};
use crate::cli::node_config::config::NodeConfig;
use crate::cli::node_config::settings::sample;
use crate::cli::screen::{GOOD, Screen};
use crate::http::tls::TlsIdentity;
use crate::sequencer::clock::{Clock as _, SystemClock};

const EXAMPLES: &str = "\
Examples:
  tiezheng config sample > tiezheng.toml
  tiezheng config check /etc/tiezheng/tiezheng.toml
|
示例：
  tiezheng config sample > tiezheng.toml
  tiezheng config check /etc/tiezheng/tiezheng.toml";

/// A node's configuration file: check it, or print a sample | 节点配置文件：检查或生成样例
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum ConfigCommand {
    /// Check a file, the environment and the certificate; nothing is opened or written | 检查配置文件、环境变量与证书，不作任何更改
    Check {
        /// The file | 配置文件
        file: PathBuf,
    },
    /// Print a file with every setting, commented out | 输出含全部设置的样例
    Sample,
}

/// Runs it.
///
/// # Errors
///
/// The configuration is wrong; the error names file and line.
pub fn run(args: &ConfigArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let file = match &args.command {
        ConfigCommand::Sample => {
            screen.document(&json!({ "sample": sample() }))?;
            for line in sample().lines() {
                screen.line(line)?;
            }
            return Ok(ExitStatus::Good);
        }
        ConfigCommand::Check { file } => file,
    };
    let config = NodeConfig::load(Some(file), std::env::vars_os())?;
    config.check()?;
    let tls = match config.tls() {
        Some(files) => {
            let loaded = TlsIdentity::load(files, SystemClock::new().read().wall);
            Some(loaded.map_err(|error| bad_certificate(&error))?)
        }
        None => None,
    };
    for address in &config.listen {
        let checked = address.check(tls.is_some(), !config.trusted_proxies.is_empty());
        checked.map_err(|error| cannot_listen(&error))?;
    }
    let listen: Vec<String> = config.listen.iter().map(ToString::to_string).collect();
    let valid_until = tls.map(|tls| tls.valid_until());
    screen.document(&json!({
        "config": file.to_string_lossy(),
        "listen": listen,
        "data": config.data.to_string_lossy(),
        "certificate_valid_until": valid_until.map(|until| until.to_string()),
    }))?;
    let word = screen.pick("配置有效", "the configuration is valid");
    screen.line(format!("{} {}", screen.paint(GOOD, word), file.display()))?;
    let mut rows = vec![
        vec![screen.pick("  监听", "  listens on").to_owned(), listen.join(" ")],
        vec![screen.pick("  数据", "  data").to_owned(), config.data.display().to_string()],
    ];
    if let Some(until) = valid_until {
        let until = screen.pick(&format!("北京时间 {}", until.beijing()), &until.to_string()).to_owned();
        rows.push(vec![screen.pick("  证书有效期至", "  certificate valid until").to_owned(), until]);
    }
    screen.table(&rows)?;
    Ok(ExitStatus::Good)
}
