//! Computes items on all cores and consumes them in order.
//!
//! # Invariants
//!
//! Every item is computed once and consumed once, from 0 up, until the consumer stops. Each thread has at most `AHEAD`
//! computed items in its queue and computes one more, so memory is bounded by the number of threads. A panic in a
//! thread propagates.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::thread;

/// Maximum number of computed items in a thread's queue.
const AHEAD: usize = 4;

/// Computes the items `0 .. count` on all cores, each thread with its own worker state, and consumes them in order on
/// this thread until `consume` returns `Break`.
pub(in crate::audit) fn in_order<W, T: Send>(
    count: u64,
    new_worker: impl Fn() -> W + Sync,
    compute: impl Fn(&mut W, u64) -> T + Sync,
    consume: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let wanted = thread::available_parallelism().map_or(1, NonZero::get);
    on_threads(wanted, count, new_worker, compute, consume);
}

/// As [`in_order`], on as many of the `wanted` threads as the system starts; on this thread if it starts none.
fn on_threads<W, T: Send>(
    wanted: usize,
    count: u64,
    new_worker: impl Fn() -> W + Sync,
    compute: impl Fn(&mut W, u64) -> T + Sync,
    mut consume: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let (new_worker, compute) = (&new_worker, &compute);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .take(wanted)
            .map_while(|first| {
                let (results, receiver) = sync_channel(AHEAD);
                // The number of threads is known only after all are started.
                let (announce, thread_count) = channel::<usize>();
                let handle = thread::Builder::new().spawn_scoped(scope, move || {
                    let Ok(threads) = thread_count.recv() else { return };
                    let mut worker = new_worker();
                    for item in (first..count).step_by(threads) {
                        // The consumer has stopped or panicked.
                        if results.send(compute(&mut worker, item)).is_err() {
                            return;
                        }
                    }
                });
                handle.ok().map(|handle| (handle, receiver, announce))
            })
            .collect();
        if threads.is_empty() {
            let mut worker = new_worker();
            let _ = (0..count).try_for_each(|item| consume(item, compute(&mut worker, item)));
        }
        let started = threads.len();
        let begin = |(handle, receiver, announce): (_, _, Sender<usize>)| {
            // The join below detects why a thread ended.
            let _ = announce.send(started);
            (handle, receiver)
        };
        let threads: Vec<_> = threads.into_iter().map(begin).collect();
        for (item, (_, receiver)) in (0..count).zip(threads.iter().cycle()) {
            // A thread ends early only by a panic, which the join below propagates.
            let Ok(result) = receiver.recv() else { break };
            if consume(item, result).is_break() {
                break;
            }
        }
        for (handle, receiver) in threads {
            drop(receiver);
            if let Err(panic) = handle.join() {
                resume_unwind(panic);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn push<T>(taken: &mut Vec<T>, item: T) -> ControlFlow<()> {
        taken.push(item);
        ControlFlow::Continue(())
    }

    #[test]
    fn items_are_consumed_in_order() {
        for count in [0, 1, 2, 3, 100] {
            let mut taken = Vec::new();
            // Odd items take longer.
            let slow = |item: u64| (0..item % 2 * 10_000).fold(item, |sum, n| std::hint::black_box(sum + n) - n);
            in_order(count, || 0, |_, item| slow(item), |item, made| push(&mut taken, (item, made)));
            assert_eq!(taken, (0..count).map(|item| (item, item)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn without_threads_the_consumer_computes_the_items() {
        for wanted in [0, 1, 3] {
            let mut taken = Vec::new();
            on_threads(wanted, 10, || 0, |_, item| item, |item, made| push(&mut taken, (item, made)));
            assert_eq!(taken, (0..10).map(|item| (item, item)).collect::<Vec<_>>(), "{wanted} threads");
        }
    }

    #[test]
    fn a_consumer_that_breaks_off_stops_the_threads() {
        for wanted in [0, 3] {
            let (begun, mut taken) = (AtomicU64::new(0), Vec::new());
            let make = |(): &mut (), item: u64| begun.fetch_add(1, Ordering::SeqCst).min(item);
            on_threads(
                wanted,
                u64::MAX,
                || (),
                make,
                |item, _| {
                    taken.push(item);
                    if item == 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                },
            );
            assert_eq!(taken, (0..=6).collect::<Vec<_>>());
            assert!(begun.into_inner() <= 7 + 3 * (AHEAD as u64 + 2));
        }
    }

    #[test]
    fn no_thread_runs_far_ahead_of_the_consumer() {
        let begun = AtomicU64::new(0);
        let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
        let most = |taken: u64| taken + 1 + threads * (AHEAD as u64 + 2);
        let make = |(): &mut (), _| begun.fetch_add(1, Ordering::SeqCst);
        in_order(
            1000,
            || (),
            make,
            |item, _| {
                assert!(begun.load(Ordering::SeqCst) <= most(item));
                ControlFlow::Continue(())
            },
        );
        assert_eq!(begun.into_inner(), 1000);
    }

    #[test]
    fn a_panic_in_a_thread_propagates() {
        let make = |(): &mut (), item| assert!(item < 7, "item {item}");
        let caught = catch_unwind(AssertUnwindSafe(|| in_order(100, || (), make, |_, ()| ControlFlow::Continue(()))));
        let message = caught.unwrap_err().downcast::<String>().unwrap();
        assert!(message.starts_with("item "), "{message}");
    }
}
