//! How many file descriptors the process may open, and how many connections that allows.
//!
//! A process starts with the soft limit, often 1,024, and may raise it to the hard limit. What the database, its logs and
//! custody need is set aside first: connections share the rest, so the database never fails to open a file because of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli::exit::CliError;
use crate::store::rocks::tuning;

/// More are not asked for: ten thousand connections need fewer.
const WANTED: u64 = 1 << 16;
/// For logs and files that are being written, originals that are received and given out, webhooks, the standard streams, and
/// sockets that are being closed.
const RESERVED: u64 = 320;
/// With fewer connections a node is of no use.
const CONNECTIONS_MIN: u64 = 64;
/// The database takes at most half of what the process may open, so with fewer a node does not start.
const LEAST: u64 = 2 * (RESERVED + CONNECTIONS_MIN);
/// With fewer a database is not opened.
const LEAST_OF_DATABASE: u64 = 128;

/// Settings of the database: at most half of the files that the process may open.
#[must_use]
pub fn database_options() -> tuning::Options {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(WANTED);
    tuning::Options { open_files: files_of_database(allowed), ..tuning::Options::default() }
}

fn files_of_database(allowed: u64) -> i32 {
    let half = i32::try_from(allowed / 2).unwrap_or(i32::MAX);
    tuning::Options::default().open_files.min(half).max(16)
}

/// Raises the limit as far as the operating system allows, before a database is opened. How many files may be open.
///
/// # Errors
///
/// [`CliError`] when a database cannot be opened with so few.
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

/// Raises the limit. How many connections there may be beside the database, at most `wanted`.
///
/// # Errors
///
/// [`CliError`] when the limit is too small for a node.
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
