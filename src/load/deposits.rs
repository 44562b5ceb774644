//! Generates signed deposit requests before the measurement.
//!
//! Each has its own statement with random digests, signed by one of a few new keys. With both digests, a size and a type an entry has
//! some 600 bytes.

use std::thread;

use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::media::MediaType;
use crate::ledger::note::{Note, NoteError};
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::text::Statement;
use crate::wire::deposit::DepositRequest;
use crate::wire::json;

/// Why no requests were generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The operating system gives no random bytes.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
    /// A generated key is weak, which does not happen.
    #[error("the key drawn is weak")]
    WeakKey,
    /// A statement could not be signed, which is a bug.
    #[error(transparent)]
    Unsigned(#[from] NoteError),
    /// A worker thread panicked.
    #[error("a signing thread ended early")]
    Interrupted,
}

/// Signs `count` deposits for the ledger of this origin on all cores, with `keys` new keys in turn. Each is the body of a
/// `POST /v1/deposits`, on one line.
///
/// # Errors
///
/// [`GenerateError`].
pub fn make(ledger: &Name, keys: usize, count: usize) -> Result<Vec<Vec<u8>>, GenerateError> {
    let signers = (0..keys.max(1)).map(|_| draw_key()).collect::<Result<Vec<_>, _>>()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = count.div_ceil(cores).max(1);
    let shares = (0..count).step_by(share).map(|first| first..(first + share).min(count));
    let made: Vec<_> = thread::scope(|scope| {
        let signers = &signers;
        let sign = |range: std::ops::Range<usize>| {
            let each = range.zip(signers.iter().cycle());
            scope.spawn(move || each.map(|(_, signer)| request(ledger, signer)).collect::<Result<Vec<_>, _>>())
        };
        let tasks: Vec<_> = shares.map(sign).collect();
        tasks.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut requests = Vec::with_capacity(count);
    for share in made {
        requests.extend(share.map_err(|_| GenerateError::Interrupted)??);
    }
    Ok(requests)
}

fn draw_key() -> Result<Signer, GenerateError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Signer::of_depositor(&seed).ok_or(GenerateError::WeakKey)
}

fn request(ledger: &Name, signer: &Signer) -> Result<Vec<u8>, GenerateError> {
    let mut random = [0; 80];
    getrandom::fill(&mut random)?;
    let (digests, rest) = random.as_chunks::<32>();
    let [sha256, sm3] = [digests.first(), digests.get(1)].map(|digest| digest.copied().map(Digest));
    let size = 1 + u64::from(rest.first().copied().unwrap_or_default());
    let statement = Statement {
        ledger: ledger.clone(),
        content: Some(Content { form: Form::Plain { size }, sha256, sm3 }),
        manifest: None,
        media_type: MediaType::parse("application/pdf"),
        meta: None,
        subject: None,
        links: Vec::new(),
        on_behalf: None,
        nonce: rest.first_chunk().copied().unwrap_or_default(),
        keys: vec![signer.verifier().clone()],
    };
    let statement = Note::sign(statement.to_text(), &[signer])?.to_string();
    Ok(json::line(&DepositRequest { statement, private: None }).into_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ledger::statement::signed::SignedStatement;

    #[test]
    fn every_request_is_a_good_deposit_of_its_own() {
        let ledger = Name::parse("example.org/ledger").unwrap();
        let requests = make(&ledger, 3, 50).unwrap();
        let statements = requests.iter().map(|bytes| {
            let (note, private) = DepositRequest::parse(bytes).unwrap().read().unwrap();
            assert!(private.is_none());
            note.verify().unwrap()
        });
        let statements: Vec<_> = statements.collect();
        assert_eq!(statements.len(), 50);
        assert_eq!(statements.iter().map(SignedStatement::id).collect::<HashSet<_>>().len(), 50);
        let keys = statements.iter().map(|one| one.statement().keys[0].to_string()).collect::<HashSet<_>>();
        assert_eq!(keys.len(), 3);
        assert!(statements.iter().all(|one| one.statement().ledger == ledger));
    }
}
