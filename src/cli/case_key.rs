//! The depositor's keys: one file per case, generated on first use.
//!
//! A key on the chain links all deposits that it signed, so the default is a new key per case. The holder of the file can correct,
//! supplement or withdraw the deposits that it signed; a lost key cannot be replaced. It is never needed to prove a deposit.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::normalization::composed;
use crate::files::regular;
use crate::ledger::key::Signer;
use crate::wire::chinese;

/// The default case.
pub const DEFAULT_CASE: &str = "default";
/// Longest case name in bytes: a file name has at most 255.
const NAME_MAX: usize = 200;

/// The key of a case, and its file.
#[derive(Debug)]
pub struct CaseKey {
    /// The key.
    pub signer: Signer,
    /// Its file.
    pub path: PathBuf,
    /// Whether it was generated now.
    pub is_new: bool,
}

/// The key of `case`, generated on first use.
///
/// # Errors
///
/// [`CliError`]: a case name that is not a file name, or a key file that is damaged, accessible to others or cannot be written.
pub fn open(config: &Config, case: &str) -> Result<CaseKey, CliError> {
    // Normalized, since another form of the name would give another key.
    let case = &composed(case);
    check_name(case)?;
    let path = config.keys()?.join(format!("{case}.key"));
    match fs::metadata(&path) {
        Ok(_) => Ok(CaseKey { signer: read(&path)?, path, is_new: false }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = config.keys()?;
            make_private_folder(&folder).map_err(|error| CliError::io(&folder, &error))?;
            let signer = generate()?;
            match write(&path, &signer) {
                Ok(()) => Ok(CaseKey { signer, path, is_new: true }),
                // A concurrent deposit of this case has generated the key.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    Ok(CaseKey { signer: read(&path)?, path, is_new: false })
                }
                Err(error) => Err(CliError::io(&path, &error)),
            }
        }
        Err(error) => Err(CliError::io(&path, &error)),
    }
}

/// A new depositor's key.
///
/// # Errors
///
/// [`CliError`] when the system has no randomness.
pub fn generate() -> Result<Signer, CliError> {
    let seed = Zeroizing::new(random_bytes::<32>()?);
    Signer::of_depositor(&seed)
        .ok_or_else(|| CliError::unable("weak_key", "生成的密钥过弱，请重试", "the key made is weak; try again"))
}

/// Random bytes for secrets.
///
/// # Errors
///
/// [`CliError`] when the system has no randomness.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        let zh = "系统无法提供随机数，请稍后重试";
        CliError::unable("no_randomness", zh, format!("the system has no randomness: {error}. Try again later"))
    })?;
    Ok(bytes)
}

/// Writes a private key into a new file of mode 0600.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`]; or the folder cannot be written.
pub fn write(path: &Path, signer: &Signer) -> io::Result<()> {
    let text = Zeroizing::new(format!("{}\n", *signer.to_private_text()));
    durable::create(path, text.as_bytes(), 0o600)
}

/// Reads a private key.
///
/// # Errors
///
/// [`CliError`] when the file cannot be read, may be read by others, or holds no key.
pub fn read(path: &Path) -> Result<Signer, CliError> {
    let mode = fs::metadata(path).map_err(|error| CliError::io(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        let zh = format!("{path} 可被他人读取；请运行：chmod 600 '{path}'");
        return Err(CliError::unable(
            "key_file_open",
            zh,
            format!("{path} may be read by others; run: chmod 600 '{path}'"),
        ));
    }
    parse(path, &Zeroizing::new(input::bytes(path, input::SMALL)?))
}

/// Reads a private key in a data folder, without a check of the file's mode.
///
/// # Errors
///
/// [`CliError`] when the file cannot be read, is a symbolic link, or holds no key.
pub fn read_own(path: &Path) -> Result<Signer, CliError> {
    let bytes = regular::read_own(path, input::SMALL).map_err(|error| CliError::io(path, &error))?;
    parse(path, &Zeroizing::new(bytes))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Signer, CliError> {
    let damaged = |zh: &str, en: &dyn std::fmt::Display| {
        let zh = format!("{} 不是密钥文件，或已损坏：{zh}。请从密钥备份放回", path.display());
        let en = format!("{} is no key file, or damaged: {en}. Put it back from your key backup", path.display());
        CliError::unable("key_file_damaged", zh, en)
    };
    let text = input::decode(bytes).map(Zeroizing::new).map_err(|error| damaged(error.chinese(), &error))?;
    Signer::parse(text.trim()).map_err(|error| damaged(chinese::key(error), &error))
}

fn check_name(case: &str) -> Result<(), CliError> {
    let is_bad = |c: char| c == '/' || c == '\\' || c.is_control();
    if case.is_empty() || case.starts_with('.') || case.len() > NAME_MAX || case.contains(is_bad) {
        let en = "a case name is a file name: no slash, no leading dot, at most 200 bytes";
        return Err(CliError::usage("bad_case_name", "案件名将用作文件名：不含斜杠，不以点开头，不超过 200 字节", en));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path().join("config"));
        (folder, config)
    }

    #[test]
    fn a_key_is_made_once_a_case_and_is_the_owners_alone() {
        let (_folder, config) = config();
        let first = open(&config, "（2026）粤0192民初1号").unwrap();
        let again = open(&config, "（2026）粤0192民初1号").unwrap();
        assert!(open(&config, "caf\u{e9}").unwrap().is_new && !open(&config, "cafe\u{301}").unwrap().is_new);
        let other = open(&config, DEFAULT_CASE).unwrap();
        assert_eq!((first.is_new, again.is_new), (true, false));
        assert_eq!(first.signer.verifier(), again.signer.verifier());
        assert_ne!(first.signer.verifier(), other.signer.verifier());
        assert!(first.signer.verifier().is_of_depositor());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&first.path), mode(&config.keys().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_damaged_is_refused() {
        let (_folder, config) = config();
        let key = open(&config, "a").unwrap();
        fs::set_permissions(&key.path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(open(&config, "a").unwrap_err().code, "key_file_open");
        fs::set_permissions(&key.path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&key.path, "PRIVATE+KEY+x").unwrap();
        assert_eq!(open(&config, "a").unwrap_err().code, "key_file_damaged");
    }

    #[test]
    fn a_case_name_never_leaves_the_folder() {
        let (_folder, config) = config();
        for bad in ["", ".", "..", "../a", "a/b", ".a", "a\nb", &"x".repeat(201)] {
            assert_eq!(open(&config, bad).unwrap_err().code, "bad_case_name", "{bad}");
        }
    }
}
