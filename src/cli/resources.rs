//! Checks the limits of the machine for this process: threads and memory ([`descriptors`](crate::cli::descriptors): files).
//!
//! RocksDB and the runtime abort the process without explanation if a thread or memory cannot be allocated. So the minimum
//! that a node needs is allocated once at the start, and released.

use std::num::NonZero;
use std::sync::mpsc::channel;
use std::thread::{self, available_parallelism};

use crate::cli::exit::CliError;
use crate::files::reason;

/// Threads besides the runtime's: the sequencer's two, RocksDB's, and those of blocking disk operations.
const THREADS_BESIDE: usize = 16;
/// Bytes of memory: caches, rows not yet written out, queues.
const MEMORY_LEAST: usize = 320 << 20;

/// Checks that the process can allocate the threads and the memory that a node needs.
///
/// # Errors
///
/// [`CliError`]: too few threads, or too little memory.
pub fn prepare() -> Result<(), CliError> {
    let threads = available_parallelism().map_or(1, NonZero::get) + THREADS_BESIDE;
    with_threads(threads, || {
        let mut memory = Vec::<u8>::new();
        memory.try_reserve_exact(MEMORY_LEAST).map_err(|error| {
            let mib = MEMORY_LEAST >> 20;
            let en = format!("a node needs {mib} MiB of memory at least, which the system refuses ({error}): raise the limit (`ulimit -v`)");
            let zh = format!("节点至少需要 {mib} MiB 内存，系统未能提供：请提高限制（ulimit -v）");
            CliError::unable("too_little_memory", zh, en)
        })
    })
}

/// Runs `check` while `count` threads exist.
fn with_threads(count: usize, check: impl FnOnce() -> Result<(), CliError>) -> Result<(), CliError> {
    let (mut threads, mut ends) = (Vec::new(), Vec::new());
    let mut outcome = Ok(());
    for _ in 0..count {
        let (end, ended) = channel::<()>();
        // Ends when its sender is dropped.
        match thread::Builder::new().spawn(move || ended.recv().unwrap_or_default()) {
            Ok(thread) => {
                threads.push(thread);
                ends.push(end);
            }
            Err(error) => {
                let started = threads.len();
                let en = format!(
                    "only {started} of the {count} threads that a node needs can be started ({}): raise the limit (`ulimit -u`, pids.max, TasksMax in systemd) or the memory (`ulimit -v`)",
                    reason::english(&error)
                );
                let zh = format!(
                    "节点需要 {count} 个线程，只能启动 {started} 个（{}）：请提高限制（ulimit -u、pids.max、systemd 的 TasksMax）或内存（ulimit -v）",
                    reason::chinese(&error)
                );
                outcome = Err(CliError::unable("too_few_threads", zh, en));
                break;
            }
        }
    }
    let outcome = outcome.and_then(|()| check());
    drop(ends);
    for thread in threads {
        let _ = thread.join();
    }
    outcome
}

/// The nice value of a mirror.
const MIRROR_NICE: i32 = 10;

/// Lowers the priority of the process, and of all threads that it starts from now on. A mirror that checks a second's deposits takes all
/// cores for a moment; a node on the same machine goes first. systemd gives each service a share of its own, in which this has no
/// effect: the unit of the package sets `CPUWeight=` too.
pub fn yield_to_others() {
    // Without effect where the system does not allow it: a mirror is correct at any priority.
    let _ = rustix::process::nice(MIRROR_NICE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_needs_is_there_where_tests_run() {
        prepare().unwrap();
    }
}
