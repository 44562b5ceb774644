//! Answers on their way to those who wait, a block's at a time.
//!
//! To wake a task from another thread takes the runtime's lock and often a call of the kernel; for a task of the same
//! runtime it takes neither. So the sealing thread wakes one task, which hands out all answers of the block.
//!
//! # Invariants
//!
//! Every answer is handed out, by whoever lets go of it last: where there is no such task (yet, or any more), by the
//! sealing thread itself. Whoever ends a runtime lets those who wait in it end first. The task waits for nothing but
//! answers, so nobody's answer waits for somebody else.

use std::sync::OnceLock;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::sequencer::pool::{Answer, Ticket};

/// The answers of one block; handed out when dropped.
#[derive(Debug)]
struct Delivery(Vec<(Ticket, Answer)>);

impl Drop for Delivery {
    fn drop(&mut self) {
        for (ticket, answer) in self.0.drain(..) {
            ticket.answer(answer);
        }
    }
}

/// Fewer are handed out at once: on an idle node each hop is time that somebody waits.
const WORTH_A_TASK: usize = 4;

/// Where answers are handed in.
#[derive(Debug, Default)]
pub struct Post(OnceLock<UnboundedSender<Delivery>>);

impl Post {
    /// Begins to hand out answers within the runtime of whoever calls, the first time, if it has threads of its own.
    pub fn opens(&self) {
        if self.0.get().is_some() {
            return;
        }
        // One that runs only while somebody waits for it may not run when others wait.
        let runtime = Handle::try_current().ok();
        let Some(runtime) = runtime.filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread) else {
            return;
        };
        self.0.get_or_init(|| {
            // What waits here is bounded by the places in the pool.
            let (post, mut deliveries) = unbounded_channel();
            runtime.spawn(async move { while deliveries.recv().await.is_some() {} });
            post
        });
    }

    /// Hands in the answers of a block.
    pub fn take(&self, answers: Vec<(Ticket, Answer)>) {
        let delivery = Delivery(answers);
        if delivery.0.len() >= WORTH_A_TASK
            && let Some(post) = self.0.get()
        {
            // What comes back from a runtime that has ended is dropped, and so handed out, here.
            let _ = post.send(delivery);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::{Name, Signer};
    use crate::ledger::merkle::shape::LeafIndex;
    use crate::ledger::statement::content::{Content, Form};
    use crate::ledger::statement::signed::SignedStatement;
    use crate::ledger::statement::text::Statement;
    use crate::ledger::time::Timestamp;
    use crate::sequencer::clock::ManualClock;
    use crate::sequencer::pool::{Message, Pool};
    use crate::store::contract::PrivateContent;

    fn statement(n: u8) -> SignedStatement {
        let signer = Signer::of_depositor(&[1; 32]).unwrap();
        let statement = Statement {
            ledger: Name::parse("example.org/ledger").unwrap(),
            content: Some(Content { form: Form::Plain { size: 1 }, sha256: Some(Digest([n; 32])), sm3: None }),
            manifest: None,
            media_type: None,
            meta: None,
            subject: None,
            links: Vec::new(),
            on_behalf: None,
            nonce: [n; 16],
            keys: vec![signer.verifier().clone()],
        };
        SignedStatement::sign(statement, &[signer]).unwrap()
    }

    /// Ten who wait, and the answers that they are to get.
    fn ten() -> (Pool, Vec<tokio::sync::oneshot::Receiver<Answer>>, Vec<(Ticket, Answer)>) {
        let (pool, inbox) = Pool::new(10, Arc::new(ManualClock::at(Timestamp::EPOCH)));
        let wait = |n| pool.wait(pool.enter().unwrap(), statement(n), PrivateContent::default()).unwrap();
        let waiting = (0..10).map(wait).collect();
        let messages = inbox.change(|state| std::mem::take(&mut state.messages)).into_iter();
        let answers = (0..).zip(messages).map(|(n, message)| match message {
            Message::Deposit(ticket) => (*ticket, Answer::Exists(LeafIndex(n))),
            Message::Erase(_) => unreachable!("nobody erases here"),
        });
        let answers = answers.collect();
        (pool, waiting, answers)
    }

    fn all_are_answered(pool: &Pool, waiting: Vec<tokio::sync::oneshot::Receiver<Answer>>) {
        for (n, waiting) in (0..).zip(waiting) {
            assert!(matches!(waiting.blocking_recv(), Ok(Answer::Exists(LeafIndex(index))) if index == n));
        }
        assert_eq!(pool.waiting(), 0, "a place is kept");
    }

    #[test]
    fn where_nobody_hands_out_the_sealing_thread_does() {
        let (pool, waiting, answers) = ten();
        Post::default().take(answers);
        all_are_answered(&pool, waiting);
        // Opened where there is no runtime, or one that does not run by itself.
        let (pool, waiting, answers) = ten();
        let post = Post::default();
        post.opens();
        let idle = tokio::runtime::Builder::new_current_thread().build().unwrap();
        idle.block_on(async { post.opens() });
        post.take(answers);
        all_are_answered(&pool, waiting);
    }

    #[test]
    fn answers_are_handed_out_within_the_runtime_and_after_its_end() {
        let post = Arc::new(Post::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async { post.opens() });
        let (pool, waiting, answers) = ten();
        post.take(answers);
        all_are_answered(&pool, waiting);
        drop(runtime);
        let (pool, waiting, answers) = ten();
        post.take(answers);
        all_are_answered(&pool, waiting);
    }

    #[test]
    fn who_has_hung_up_keeps_nobody_waiting() {
        let (pool, mut waiting, answers) = ten();
        drop(waiting.remove(0));
        Post::default().take(answers);
        let rest = waiting.into_iter().map(|waiting| waiting.blocking_recv().is_ok());
        assert!(rest.into_iter().all(|answered| answered));
        assert_eq!(pool.waiting(), 0);
    }
}
