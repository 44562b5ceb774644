//! Audit of act texts: checks each text against its statement on the chain, and its annexes against their commitments.
//!
//! Not here: the effect of an act on its case (`cases`).

use crate::audit::private_store::is_named;
use crate::audit::report::{CourtReport, Fault, Findings};
use crate::court::acts::{Act, ActKind};
use crate::court::document::{Document, FIRST_LINE};
use crate::ledger::digests::salted_content;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::ledger::statement::text::Statement;
use crate::store::traits::{LedgerReader, PrivatePiece};

/// Whether a private text is the document of an act.
pub(in crate::audit) fn is_act(piece: &PrivateMetadata) -> bool {
    piece.json.starts_with(FIRST_LINE)
}

/// The act in `piece`; `None` if it is malformed.
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
    if statement.content != Some(salted_content(piece)) {
        findings.push((Fault::ActStatement, "its salted digests are not those of the text".into()));
    }
    if statement.on_behalf != Some(document.by.0) {
        findings.push((Fault::ActStatement, format!("the text names {}, the statement another account", document.by)));
    }
    Some(document)
}

/// Checks the annexes of the act at `at` against the private store.
pub(in crate::audit) fn annexes<R: LedgerReader + ?Sized>(
    store: &R,
    at: LeafIndex,
    act: &Act,
    report: &mut CourtReport,
    findings: &mut Findings,
) {
    // The annexes that an erasure names belong to other acts, and are erased.
    let own = if act.kind() == ActKind::Erase { Vec::new() } else { act.annexes() };
    for annex in own {
        report.annexes += 1;
        let detail = match store.annex(at, &annex.0) {
            Ok(PrivatePiece::Held(piece)) if piece.commitment() == annex.0 => continue,
            Ok(PrivatePiece::Held(_)) => format!("annex {annex} is another text"),
            Ok(PrivatePiece::None) => format!("annex {annex} is missing without a tombstone"),
            Ok(PrivatePiece::Erased(notice)) => {
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
