//! Migrates `trust.policy`, the one file of earlier versions, to one policy for each ledger.
//!
//! 1. A policy is created for each ledger that has none. Valid lines about witnesses go into each, comments and other lines as
//!    comments.
//! 2. The old file is renamed to `trust.policy.migrated`, not deleted.
//!
//! # Invariants
//!
//! The old file is renamed only after all policies are durable, so that an interrupted migration is repeated. A ledger that the
//! old file and its policy name with different keys is an error: neither is taken for the right one. All of it happens under the
//! lock of the trust store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::policy_file::{BadLine, PolicyFile, bad_policy, parse_policy, policy_id, policy_path, read_policy};
use crate::ledger::key::{Name, VerifierKey};

/// Most copies of old files that are kept beside each other.
const COPIES_MAX: u32 = 1000;

/// The ledgers of the old file; `None` if there is no such file.
///
/// # Errors
///
/// [`CliError`]: unreadable, empty, or an invalid line.
pub fn read(config: &Config) -> Result<Option<PolicyFile>, CliError> {
    let Ok(path) = config.trust_policy() else { return Ok(None) };
    let Some(text) = input::text_if_present(&path, input::SMALL)? else { return Ok(None) };
    match parse_policy(&path, &text) {
        Ok(file) => Ok(Some(file)),
        // Earlier versions did not read lines about witnesses, so they may be invalid.
        Err(error) => match without_witnesses(&text) {
            Some(Ok(file)) => Ok(Some(file)),
            Some(Err(bad)) => Err(bad_policy(&path, &bad)),
            None => Err(error),
        },
    }
}

/// The file with its lines about witnesses as comments; `None` if it has no such line.
fn without_witnesses(text: &str) -> Option<Result<PolicyFile, BadLine>> {
    let is_witness = |line: &str| matches!(line.split_ascii_whitespace().next(), Some("witness" | "group"));
    text.lines().any(is_witness).then(|| {
        let lines = text.lines().map(|line| if is_witness(line) { format!("# {line}\n") } else { format!("{line}\n") });
        PolicyFile::parse(&lines.collect::<String>())
    })
}

/// Adds the ledgers of the old file to the policies, which are named by [`policy_id`], in memory.
///
/// # Errors
///
/// [`CliError`]: a ledger has another key in its policy.
pub fn merge(policies: &mut BTreeMap<String, PolicyFile>, old: &PolicyFile, config: &Config) -> Result<(), CliError> {
    for origin in old.origins() {
        let id = policy_id(&origin);
        if is_missing(policies.get(&id), old, &origin, config)? {
            policies.insert(id, old.for_ledger(&origin));
        }
    }
    Ok(())
}

/// Whether there is no policy yet for this ledger of the old file.
fn is_missing(file: Option<&PolicyFile>, old: &PolicyFile, origin: &Name, config: &Config) -> Result<bool, CliError> {
    let Some(file) = file else { return Ok(true) };
    let sorted = |file: &PolicyFile| {
        let mut keys: Vec<String> = file.policy().keys_of(origin).iter().map(VerifierKey::to_string).collect();
        keys.sort();
        keys
    };
    if sorted(file) == sorted(old) {
        return Ok(false);
    }
    let (one, other) = (config.trust_policy()?, policy_path(&config.policies()?, origin));
    let (one, other) = (one.display(), other.display());
    let zh = format!("{one} 与 {other} 就账本 {origin} 载有不同的密钥。请向运营者核对，保留正确的文件，移走另一份");
    let en = format!(
        "{one} and {other} name different keys for the ledger {origin}. Ask the operator which is right, keep that file, and move \
         the other one away"
    );
    Err(CliError::unable("bad_policy", zh, en))
}

/// Migrates the old file, if there is one. The caller holds the lock of the trust store.
///
/// # Errors
///
/// [`CliError`]: as [`read`] and [`merge`], or a file cannot be written.
pub fn migrate(config: &Config) -> Result<(), CliError> {
    let Some(old) = read(config)? else { return Ok(()) };
    let policies = config.policies()?;
    let mut missing = Vec::new();
    for origin in old.origins() {
        let path = policy_path(&policies, &origin);
        let found = path.symlink_metadata().is_ok().then(|| read_policy(&path)).transpose()?;
        if is_missing(found.as_ref(), &old, &origin, config)? {
            missing.push((path, old.for_ledger(&origin).to_text()));
        }
    }
    make_private_folder(&policies).map_err(|error| CliError::io(&policies, &error))?;
    for (path, text) in missing {
        durable::create(&path, text.as_bytes(), 0o600).map_err(|error| CliError::io(&path, &error))?;
    }
    rename_away(&config.trust_policy()?)
}

/// Renames the old file to a name that nothing has.
fn rename_away(old: &Path) -> Result<(), CliError> {
    for copy in 1..COPIES_MAX {
        let name = if copy == 1 { "trust.policy.migrated".to_owned() } else { format!("trust.policy.migrated-{copy}") };
        let kept: PathBuf = old.with_file_name(name);
        match durable::rename_new_durably(old, &kept) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            renamed => return renamed.map_err(|error| CliError::io(old, &error)),
        }
    }
    Err(CliError::io(old, &std::io::ErrorKind::AlreadyExists.into()))
}
