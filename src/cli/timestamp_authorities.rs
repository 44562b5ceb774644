//! The timestamp authorities that the user trusts: files of CA certificates in the folder `tsa`.
//!
//! ```text
//! tsa/<first 16 hex digits of SHA-256 of the file>.pem
//! ```
//!
//! Not here: how a token is verified with them (`ledger::time_token`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::ledger::hash::sha256;
use crate::ledger::time_token::trust::{FILE_MAX, TrustError, TsaTrust};

const EXTENSION: &str = "pem";
/// Digits of a file's name.
const ID_DIGITS: usize = 16;

/// The authorities in the user's folder; none if there is no folder.
///
/// # Errors
///
/// [`CliError`]: a file is unreadable or invalid.
pub fn of(config: &Config) -> Result<TsaTrust, CliError> {
    let mut trust = TsaTrust::default();
    let Ok(folder) = config.timestamp_authorities() else { return Ok(trust) };
    let io = |error: io::Error| CliError::io(&folder, &error);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(trust),
        Err(error) => return Err(io(error)),
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    for path in files {
        add(&mut trust, &path)?;
    }
    Ok(trust)
}

/// Adds the authorities in a file; returns how many there are in it.
///
/// # Errors
///
/// [`CliError`]: unreadable or invalid.
pub fn add(trust: &mut TsaTrust, path: &Path) -> Result<usize, CliError> {
    let pem = input::bytes(path, FILE_MAX)?;
    trust.add_authorities(&pem).map_err(|error| invalid(path, &error))
}

/// Stores a file of CA certificates in the user's folder; returns its path there, and the subjects of the certificates.
///
/// # Errors
///
/// [`CliError`]: unreadable or invalid, or the folder cannot be written.
pub fn install(config: &Config, path: &Path) -> Result<(PathBuf, Vec<String>), CliError> {
    let pem = input::bytes(path, FILE_MAX)?;
    let trust = TsaTrust::from_pem(&pem).map_err(|error| invalid(path, &error))?;
    let folder = config.timestamp_authorities()?;
    let id: String = sha256(&pem).to_string().chars().take(ID_DIGITS).collect();
    let place = folder.join(format!("{id}.{EXTENSION}"));
    let written = make_private_folder(&folder).and_then(|()| durable::replace(&place, &pem, 0o600));
    written.map_err(|error| CliError::io(&place, &error))?;
    Ok((place, trust.authorities().map(str::to_owned).collect()))
}

fn invalid(path: &Path, error: &TrustError) -> CliError {
    let zh = format!("{}：{}", path.display(), error.chinese());
    CliError::unable(error.code(), zh, format!("{}: {error}", path.display()))
}
