//! Depositors and their statements, each different by its number.

use sha2::Digest as _;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::key::{Name, Signer, VerifierKey};
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::signed::{SignedStatement, StatementNote};
use tiezheng::ledger::statement::text::Statement;

/// The origin of every test ledger that does not choose its own.
pub(crate) fn origin() -> Name {
    Name::parse("test.example/ledger").unwrap()
}

/// The ledger key of every such ledger.
pub(crate) fn ledger_key() -> Signer {
    Signer::new(origin(), &[1; 32]).unwrap()
}

/// Its successor's public half.
pub(crate) fn successor() -> VerifierKey {
    Signer::new(origin(), &[2; 32]).unwrap().verifier().clone()
}

/// Depositor number `who`.
pub(crate) fn depositor(who: u8) -> Signer {
    Signer::of_depositor(&[who.wrapping_add(100); 32]).unwrap()
}

/// The plain digests of `bytes`.
pub(crate) fn content(bytes: &[u8]) -> Content {
    Content {
        form: Form::Plain { size: bytes.len() as u64 },
        sha256: Some(Digest(sha2::Sha256::digest(bytes).into())),
        sm3: Some(Digest(sm3::Sm3::digest(bytes).into())),
    }
}

/// A plain statement number `n` of depositor `who`, altered by `change`.
pub(crate) fn statement_with(who: u8, n: u64, change: impl FnOnce(&mut Statement)) -> SignedStatement {
    let signer = depositor(who);
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&n.to_be_bytes());
    nonce[15] = who;
    let mut statement = Statement {
        ledger: origin(),
        content: Some(content(format!("file {n}").as_bytes())),
        manifest: None,
        media_type: None,
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce,
        keys: vec![signer.verifier().clone()],
    };
    change(&mut statement);
    SignedStatement::sign(statement, &[signer]).unwrap()
}

/// A plain statement number `n` of depositor 1.
pub(crate) fn statement(n: u64) -> SignedStatement {
    statement_with(1, n, |_| {})
}

/// The same as a signed note, as a node receives it.
pub(crate) fn note(n: u64) -> StatementNote {
    statement(n).note().clone()
}

/// A plain statement number `n` for the ledger of this origin.
pub(crate) fn note_for(origin: &str, n: u64) -> StatementNote {
    let ledger = Name::parse(origin).unwrap();
    statement_with(1, n, |statement| statement.ledger = ledger).note().clone()
}
