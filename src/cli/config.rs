//! Settings from the environment: configuration folder, language, colours.
//!
//! ```text
//! ${TIEZHENG_CONFIG}, else ${XDG_CONFIG_HOME}/tiezheng, else ~/.config/tiezheng      mode 0700
//! ├── keys/<case or default>.key      a depositor's private key, mode 0600          (`case_key`)
//! ├── key-history/<16 hex>.json       the ledger keys since genesis, after a rotation     (`key_following`)
//! ├── policies/<16 hex digits>.policy the ledgers and witnesses that this user trusts (`trust_store`)
//! ├── tsa/<16 hex digits>.pem         the timestamp authorities that this user trusts (`timestamp_authorities`)
//! ├── members.toml                    the organisations behind the keys of witnesses  (`members`)
//! └── trust.policy                    the one policy file of earlier versions         (`trust_migration`)
//! ```
//!
//! No other module reads the environment, except the options of clap.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;
use crate::files::placing::make_folders;
use crate::ledger::verify::wording::Language;

/// The environment variable for the configuration folder.
pub const FOLDER_VARIABLE: &str = "TIEZHENG_CONFIG";

/// The configuration folder, if the environment names one. Most commands of a node need none. It is created when the first file is
/// stored.
#[derive(Debug, Clone)]
pub struct Config {
    folder: Option<PathBuf>,
}

impl Config {
    /// The folder that the environment names.
    #[must_use]
    pub fn from_env() -> Self {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        Self::choose(set(FOLDER_VARIABLE), set("XDG_CONFIG_HOME"), set("HOME"))
    }

    fn choose(own: Option<OsString>, xdg: Option<OsString>, home: Option<OsString>) -> Self {
        // The XDG specification: a relative path is to be ignored.
        let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
        let base = xdg.or_else(|| home.map(|home| Path::new(&home).join(".config")));
        Self { folder: own.map(PathBuf::from).or_else(|| base.map(|base| base.join("tiezheng"))) }
    }

    /// A given folder.
    #[must_use]
    pub const fn at(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Whether the environment names a folder.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.folder.is_some()
    }

    /// The folder of depositors' keys.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the environment names no folder.
    pub fn keys(&self) -> Result<PathBuf, CliError> {
        self.folder("keys")
    }

    /// The folder of policies, one for each trusted ledger.
    ///
    /// # Errors
    ///
    /// As [`Self::keys`].
    pub fn policies(&self) -> Result<PathBuf, CliError> {
        self.folder("policies")
    }

    /// The file that names the organisations behind keys.
    ///
    /// # Errors
    ///
    /// As [`Self::keys`].
    pub fn members(&self) -> Result<PathBuf, CliError> {
        self.folder("members.toml")
    }

    /// The folder of certificates of trusted timestamp authorities.
    ///
    /// # Errors
    ///
    /// As [`Self::keys`].
    pub fn timestamp_authorities(&self) -> Result<PathBuf, CliError> {
        self.folder("tsa")
    }

    /// The one file of trusted ledger keys of earlier versions.
    ///
    /// # Errors
    ///
    /// As [`Self::keys`].
    pub fn trust_policy(&self) -> Result<PathBuf, CliError> {
        self.folder("trust.policy")
    }

    /// The folder of followed key histories.
    ///
    /// # Errors
    ///
    /// As [`Self::keys`].
    pub fn key_histories(&self) -> Result<PathBuf, CliError> {
        self.folder("key-history")
    }

    fn folder(&self, part: &str) -> Result<PathBuf, CliError> {
        self.folder.as_ref().map(|folder| folder.join(part)).ok_or_else(|| {
            let zh = format!(
                "没有配置文件夹，无法读取密钥与受信任的账本：未设置 {FOLDER_VARIABLE}、XDG_CONFIG_HOME 或 HOME。\
                 请设置其中之一，例如 {FOLDER_VARIABLE}=/路径/tiezheng"
            );
            let en = format!(
                "no configuration folder, which holds keys and trusted ledgers: none of {FOLDER_VARIABLE}, XDG_CONFIG_HOME and \
                 HOME is set. Set one of them, for instance {FOLDER_VARIABLE}=/path/to/tiezheng"
            );
            CliError::unable("no_config", zh, en)
        })
    }
}

/// Creates a folder of mode 0700 and its parents durably.
///
/// # Errors
///
/// It cannot be made or flushed.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    make_folders(path, 0o700)
}

/// The language of the locale: Chinese for `zh…`, else English.
#[must_use]
pub fn language_of_locale() -> Language {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    if locale.is_some_and(|locale| locale.starts_with("zh")) { Language::Chinese } else { Language::English }
}

/// Whether to use colours: standard output is a terminal, and `NO_COLOR` is not set (no-color.org).
#[must_use]
pub fn colours_wanted() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether standard error is a terminal.
#[must_use]
pub fn is_interactive() -> bool {
    io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn chosen(own: &str, xdg: &str, home: &str) -> Option<String> {
        let set = |text: &str| Some(OsString::from(text)).filter(|text| !text.is_empty());
        Config::choose(set(own), set(xdg), set(home)).folder.map(|folder| folder.display().to_string())
    }

    #[test]
    fn the_folder_is_chosen_as_documented() {
        assert_eq!(chosen("/a", "/x", "/home/li").unwrap(), "/a");
        assert_eq!(chosen("", "/x", "/home/li").unwrap(), "/x/tiezheng");
        assert_eq!(chosen("", "x", "/home/li").unwrap(), "/home/li/.config/tiezheng");
        assert_eq!(chosen("", "", ""), None);
        let none = Config::choose(None, None, None);
        assert_eq!(
            (none.keys().unwrap_err().code, none.trust_policy().unwrap_err().code),
            ("no_config".into(), "no_config".into())
        );
    }

    #[test]
    fn a_private_folder_is_the_owners_alone() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b");
        make_private_folder(&path).unwrap();
        make_private_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
