//! The text of an act, held against the statement that put it on the chain, and its annexes.
//!
//! Not here: what the act does to its case (`cases`).

use sha2::Digest as _;

use crate::audit::report::{CourtReport, Fault, Findings};
use crate::audit::vault::is_named;
use crate::court::acts::{Act, ActKind};
use crate::court::document::{Document, FIRST_LINE};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::text::Statement;
use crate::store::contract::{Private, ReadLedger};

/// Whether a text off the chain is one of an act.
pub(in crate::audit) fn is_act(piece: &PrivateMetadata) -> bool {
    piece.json.starts_with(FIRST_LINE)
}

/// The salted digests of a text, which the statement of an act must give, both of them.
fn salted(piece: &PrivateMetadata) -> Content {
    let sha256 = sha2::Sha256::new().chain_update(piece.salt).chain_update(&piece.json).finalize();
    let sm3 = sm3::Sm3::new().chain_update(piece.salt).chain_update(&piece.json).finalize();
    Content { form: Form::Salted, sha256: Some(Digest(sha256.into())), sm3: Some(Digest(sm3.into())) }
}

/// The act in `piece`; `None` where it cannot be read as one.
pub(in crate::audit) fn read(
    piece: &PrivateMetadata,
    statement: &Statement,
    findings: &mut Findings,
) -> Option<Document> {
    let document = match Document::parse(piece.json.as_bytes()) {
        Ok(document) => document,
        Err(error) => {
            findings.push((Fault::ActMalformed, error.to_string()));
            return None;
        }
    };
    if statement.content != Some(salted(piece)) {
        findings.push((Fault::ActStatement, "its salted digests are not those of the text".into()));
    }
    if statement.on_behalf != Some(document.by.0) {
        findings.push((Fault::ActStatement, format!("the text names {}, the statement another account", document.by)));
    }
    Some(document)
}

/// Holds each annex that the act at `at` names against what lies off the chain.
pub(in crate::audit) fn annexes<R: ReadLedger + ?Sized>(
    store: &R,
    at: LeafIndex,
    act: &Act,
    report: &mut CourtReport,
    findings: &mut Findings,
) {
    // The annexes that an erasure names lie with other acts, and are gone.
    let own = if act.kind() == ActKind::Erase { Vec::new() } else { act.annexes() };
    for annex in own {
        report.annexes += 1;
        let detail = match store.annex(at, &annex.0) {
            Ok(Private::Held(piece)) if piece.commitment() == annex.0 => continue,
            Ok(Private::Held(_)) => format!("annex {annex} is another text"),
            Ok(Private::None) => format!("annex {annex} is missing, and no tombstone says why"),
            Ok(Private::Erased(notice)) => {
                let piece = ErasedPiece { index: at, piece: Piece::Annex(annex.0) };
                match is_named(store, piece, notice) {
                    Ok(true) => {}
                    Ok(false) => {
                        findings.push((Fault::Erasure, format!("the leaf at {notice} does not name annex {annex}")));
                    }
                    Err(error) => findings.push((Fault::Erasure, error.to_string())),
                }
                continue;
            }
            Err(error) => error.to_string(),
        };
        findings.push((Fault::ActAnnex, detail));
    }
}
