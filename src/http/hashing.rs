//! Threads that hash uploaded files, at a lower priority than everything else in the process.
//!
//! Anybody may have a file verified, and SM3 takes 4 ms per megabyte. A few threads of low priority do that work, so that it does
//! not delay deposits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use tokio::sync::oneshot;

/// The nice value of the threads: about a tenth of the share of a normal thread when both want the same processor.
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// A pool of threads of low priority, started with the first job and ended when this is dropped.
#[derive(Debug)]
pub struct HashingThreads {
    count: usize,
    jobs: Mutex<Option<Sender<Job>>>,
}

/// Why a job was not completed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The operating system has no thread for it now.
    #[error("no thread can be started to hash the file: {0}")]
    NoThread(#[from] io::Error),
    /// It panicked.
    #[error("hashing the file failed")]
    Panicked,
}

impl HashingThreads {
    /// At most `count` threads.
    #[must_use]
    pub const fn new(count: usize) -> Self {
        Self { count, jobs: Mutex::new(None) }
    }

    /// Runs `job` on the next free thread.
    ///
    /// # Errors
    ///
    /// [`HashingError`].
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // A panic drops the sender, which the receiver reports, and the thread continues.
            if let Ok(done) = catch_unwind(AssertUnwindSafe(job)) {
                // The request may have been cancelled.
                let _ = answer.send(done);
            }
        });
        self.send(job)?;
        answered.await.map_err(|_| HashingError::Panicked)
    }

    fn send(&self, job: Job) -> io::Result<()> {
        // A panicked thread leaves a valid value.
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match &*jobs {
            Some(sender) => sender,
            None => jobs.insert(start(self.count.max(1))?),
        };
        // The threads end only when the sender is dropped.
        sender.send(job).map_err(|_| io::Error::other("the hashing threads have ended"))
    }
}

/// Starts the threads: as many as there can be, at least one.
fn start(count: usize) -> io::Result<Sender<Job>> {
    let (sender, jobs) = channel();
    let jobs = Arc::new(Mutex::new(jobs));
    for started in 0..count {
        let jobs = Arc::clone(&jobs);
        let thread = thread::Builder::new().name("hashing".into()).spawn(move || work(&jobs));
        if let Err(error) = thread
            && started == 0
        {
            return Err(error);
        }
    }
    Ok(sender)
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    // Without a process id, Linux applies this to the calling thread.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the hashing threads keep their priority");
    }
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn jobs_run_at_a_low_priority_and_no_more_of_them_than_there_are_threads() {
        let threads = HashingThreads::new(2);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let job = || {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
                rustix::process::getpriority_process(None).unwrap()
            }
        };
        let jobs = (0..20).map(|_| threads.run(job()));
        for nice in futures_util::future::join_all(jobs).await {
            assert!(nice.unwrap() >= NICE);
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
        assert!(rustix::process::getpriority_process(None).unwrap() < NICE, "other threads keep theirs");
    }

    #[tokio::test]
    async fn a_job_that_panics_is_told_and_takes_no_thread_along() {
        let threads = HashingThreads::new(1);
        for _ in 0..3 {
            assert!(matches!(threads.run(|| panic!("on purpose")).await, Err::<(), _>(HashingError::Panicked)));
        }
        assert_eq!(threads.run(|| 7).await.unwrap(), 7);
    }
}
