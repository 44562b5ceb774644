//! The limit on file descriptors, and the number of connections that it allows.
//!
//! A process starts with the soft limit, often 1,024, and may raise it to the hard limit. Descriptors for the database, its logs and
//! custody are reserved; connections get the rest, so they cannot prevent the database from opening a file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli::exit::CliError;
use crate::store::factory::StoreOptions;

/// The limit that is requested: enough for ten thousand connections.
const WANTED: u64 = 1 << 16;
/// Reserved for logs, files that are written, uploads and downloads of originals, webhooks, the standard streams, and sockets that are
/// closing.
const RESERVED: u64 = 320;
/// Fewest connections with which a node starts.
const CONNECTIONS_MIN: u64 = 64;
/// Fewest descriptors with which a node starts: the database may use half of them.
const LEAST: u64 = 2 * (RESERVED + CONNECTIONS_MIN);
/// Fewest descriptors with which a database is opened.
const LEAST_OF_DATABASE: u64 = 128;

/// Options of the database: it may open at most half of the allowed files.
#[must_use]
pub fn database_options() -> StoreOptions {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(WANTED);
    StoreOptions { open_files: files_of_database(allowed), ..StoreOptions::default() }
}

fn files_of_database(allowed: u64) -> i32 {
    let half = i32::try_from(allowed / 2).unwrap_or(i32::MAX);
    StoreOptions::default().open_files.min(half).max(16)
}

/// Raises the limit as far as the operating system allows, before a database is opened. Returns the limit.
///
/// # Errors
///
/// [`CliError`] if the limit is too small for a database.
pub fn raise() -> Result<u64, CliError> {
    let limit = getrlimit(Resource::Nofile);
    let highest = limit.maximum.unwrap_or(WANTED).min(WANTED);
    let current = limit.current.unwrap_or(WANTED);
    let raised = Rlimit { current: Some(highest), maximum: limit.maximum };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => highest,
        Err(error) => {
            tracing::debug!(%error, current, "the limit of open files was not raised");
            current
        }
    };
    let allowed = allowed.max(current.min(WANTED));
    if allowed < LEAST_OF_DATABASE { Err(too_few(allowed, LEAST_OF_DATABASE)) } else { Ok(allowed) }
}

/// Raises the limit. Returns the number of connections that it allows besides the database, at most `wanted`.
///
/// # Errors
///
/// [`CliError`] if the limit is too small for a node.
pub fn claim(wanted: usize) -> Result<usize, CliError> {
    connections(raise()?, wanted)
}

fn too_few(allowed: u64, needed: u64) -> CliError {
    let en = format!(
        "the limit of open files is {allowed}, and this needs at least {needed}. Raise it: `ulimit -n {needed}`, \
         or LimitNOFILE= of the systemd unit"
    );
    let zh = format!(
        "进程可打开的文件数上限为 {allowed}，此操作至少需要 {needed}。请提高上限：`ulimit -n {needed}`，或在 systemd 服务中设置 LimitNOFILE="
    );
    CliError::unable("too_few_files", zh, en)
}

fn connections(allowed: u64, wanted: usize) -> Result<usize, CliError> {
    if allowed < LEAST {
        return Err(too_few(allowed, LEAST));
    }
    let database = u64::try_from(files_of_database(allowed)).unwrap_or(0);
    let rest = allowed.saturating_sub(database + RESERVED);
    Ok(usize::try_from(rest).unwrap_or(usize::MAX).min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_get_what_the_database_leaves() {
        assert_eq!(connections(1_024, 10_000), Ok(192));
        assert_eq!(connections(1 << 16, 10_000), Ok(10_000));
        assert_eq!(connections(768, 10_000), Ok(64));
        let refused = connections(767, 10_000).unwrap_err();
        assert_eq!(refused.code, "too_few_files");
        assert!(refused.en.contains("767") && refused.zh.contains("768"));
        assert!((16..=512).contains(&database_options().open_files));
    }
}
