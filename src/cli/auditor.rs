//! Shared parts of the commands of an auditor: the policy that the user gives, and the errors of a state folder.

use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::policy_file::read_given_policy;
use crate::files::reason;
use crate::ledger::key::Name;
use crate::ledger::policy::Policy;
use crate::monitor::state_dir::StateError;

/// Reads a trust policy (C2SP tlog-policy).
///
/// # Errors
///
/// [`CliError`]: the file cannot be read, or has an invalid line.
pub fn read_policy(path: &Path) -> Result<Policy, CliError> {
    Ok(read_given_policy(path)?.policy().clone())
}

/// The ledger that a policy names.
///
/// # Errors
///
/// [`CliError`] if it names none, or several.
pub fn ledger_of(policy: &Policy, path: &Path) -> Result<Name, CliError> {
    let mut names: Vec<&Name> = policy.logs().iter().map(|log| log.key.name()).collect();
    names.dedup();
    if let [name] = names.as_slice() {
        return Ok((*name).clone());
    }
    let file = path.display();
    let zh = format!("{file} 须恰好列出一个账本（log 行）");
    Err(CliError::usage("bad_policy", zh, format!("{file} must name exactly one ledger (a line `log <vkey>`)")))
}

impl From<StateError> for CliError {
    fn from(error: StateError) -> Self {
        let (en, path) = (error.to_string(), error.path().display().to_string());
        match error {
            StateError::Io { error, .. } => {
                Self::unable("state_unwritable", format!("{path}：{}", reason::chinese(&error)), en)
            }
            StateError::InUse { .. } => {
                Self::unable("state_in_use", format!("{path}：另一进程正在使用该状态文件夹"), en)
            }
            StateError::Damaged { .. } => {
                let zh = format!("{path}：状态文件已损坏。移走该文件夹可重新开始，但先前对账本的记录将丢失");
                Self::unable("state_damaged", zh, en)
            }
        }
    }
}
