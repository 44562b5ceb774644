//! Fuzz targets for the records of the chain, and the lines in them. Each prints back the bytes that it was parsed from.

use tiezheng::ledger::block::BlockHeader;
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::key::{Signer, VerifierKey};
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::manifest::item::Item;
use tiezheng::ledger::manifest::list::{KeptLine, KnownLine};
use tiezheng::ledger::note::Note;
use tiezheng::ledger::notice::SignedNotice;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::receipt::TlogProof;
use tiezheng::ledger::statement::keys::KeyCache;
use tiezheng::ledger::statement::signed::StatementNote;
use tiezheng::wire::chinese;

use super::fixture::{ledger, ledger_keys};
use super::input::text;

/// A signed statement; its signatures are verified twice.
pub fn statement(data: &[u8]) -> bool {
    let parsed = StatementNote::parse(data);
    assert_eq!(parsed, StatementNote::parse_with(data, &mut KeyCache::new()), "the cache of keys changes nothing");
    let accepted = parsed.is_ok();
    match parsed {
        Ok(note) => {
            assert_eq!(note.as_str().as_bytes(), data);
            let again = note.statement().to_text();
            assert!(note.as_str().starts_with(&again), "the statement is printed as it was signed: {again}");
            assert_eq!(note.forged_key(), note.strictly_forged_key());
            assert_eq!(note.clone().verify().is_ok(), note.forged_key().is_none());
        }
        Err(error) => drop((error.code(), error.to_string(), chinese::statement(&error))),
    }
    accepted
}

/// An entry, also with a cache of keys.
pub fn entry(data: &[u8]) -> bool {
    let parsed = Entry::parse_with(data, &mut KeyCache::new());
    if let Ok(entry) = &parsed {
        assert_eq!(entry.to_string().as_bytes(), data);
        assert_eq!(Leaf::parse(data), Ok(Leaf::Entry(entry.clone())));
        assert!(Leaf::is_entry(data));
    }
    parsed.is_ok()
}

/// A notice of the operator.
pub fn notice(data: &[u8]) -> bool {
    let parsed = SignedNotice::parse(data);
    match &parsed {
        Ok(notice) => {
            assert_eq!(notice.to_string().as_bytes(), data);
            assert!(notice.to_string().starts_with(&notice.notice().to_text()));
            let by_known = ledger_keys().iter().any(|key| notice.signed_by(key));
            let genuine = ledger().leaves.iter().filter_map(|leaf| SignedNotice::parse(leaf).ok());
            let mut genuine = genuine.map(|leaf| leaf.notice().clone());
            assert!(!by_known || genuine.any(|one| one == *notice.notice()), "a forged notice");
            let _ = notice.signed_by_its_key();
        }
        Err(error) => drop((error.code(), error.to_string(), chinese::note(error))),
    }
    parsed.is_ok()
}

/// A block header.
pub fn block_header(data: &[u8]) -> bool {
    let Ok(header) = BlockHeader::parse(data) else { return false };
    assert_eq!(header.to_string().as_bytes(), data);
    assert!(header.index().0 > header.first.0);
    assert!(header.seals(header.first) && !header.seals(header.index()));
    assert_eq!(header.differences(&header), []);
    true
}

/// A signed checkpoint.
pub fn checkpoint(data: &[u8]) -> bool {
    if let Some(Ok(checkpoint)) = text(data).map(Checkpoint::parse) {
        assert_eq!(checkpoint.to_text().as_bytes(), data);
    }
    let Ok(signed) = SignedCheckpoint::parse(data) else { return false };
    assert_eq!(signed.note().as_str().as_bytes(), data);
    assert_eq!(signed.checkpoint().to_text(), signed.note().text());
    let theirs = tlog_tiles::Checkpoint::from_bytes(signed.note().text().as_bytes());
    let theirs = theirs.expect("tlog_tiles reads every checkpoint that we read");
    let ours = signed.checkpoint();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (ours.origin.as_str(), ours.size.0, ours.root.0));
    if signed.verified_by(ledger_keys()).is_ok() {
        let genuine = ledger().receipts.iter().any(|receipt| receipt.checkpoint.starts_with(signed.note().text()));
        assert!(genuine, "a forged checkpoint");
    }
    true
}

/// A note with signatures of any keys, also by the crate `signed_note`.
pub fn note(data: &[u8]) -> bool {
    let theirs = signed_note::Note::from_bytes(data);
    let parsed = Note::parse(data);
    match &parsed {
        Ok(note) => {
            assert_eq!(note.as_str().as_bytes(), data);
            assert!(note.text().ends_with('\n') && note.as_str().starts_with(note.text()));
            let theirs = theirs.expect("signed_note reads every note that we read");
            assert_eq!(theirs.text(), note.text().as_bytes());
            let keys = ledger_keys();
            let (ours, known) = (note.verified_by(keys), verifiers(keys));
            assert_eq!(ours.is_ok(), theirs.verify(&known).is_ok(), "signed_note judges the signatures as we do");
        }
        Err(error) => drop((error.code(), error.to_string(), chinese::note(error))),
    }
    parsed.is_ok()
}

fn verifiers(keys: &[VerifierKey]) -> signed_note::VerifierList {
    let of = |key: &VerifierKey| -> Box<dyn signed_note::Verifier> {
        Box::new(signed_note::StandardVerifier::new(&key.to_string()).unwrap())
    };
    signed_note::VerifierList::new(keys.iter().map(of).collect())
}

/// A public or private key as text.
pub fn key(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let public = VerifierKey::parse(text);
    match &public {
        Ok(key) => {
            assert_eq!(key.to_string(), text);
            assert_eq!(VerifierKey::new(key.name().clone(), key.public().clone()), *key);
        }
        Err(error) => drop((error.to_string(), chinese::key(*error))),
    }
    let private = Signer::parse(text);
    if let Ok(signer) = &private {
        assert_eq!(signer.to_private_text().as_str(), text);
    }
    public.is_ok() || private.is_ok()
}

/// A deposit number as people type it.
pub fn number(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let parsed = DepositNumber::parse(text);
    match parsed {
        Ok(number) => {
            let printed = number.to_string();
            assert_eq!(DepositNumber::parse_exact(&printed), Some(number));
            assert_eq!(DepositNumber::parse(&printed), Ok(number));
            assert_eq!(DepositNumber::text_of_key(&number.to_key()).as_bytes(), printed.as_bytes());
        }
        Err(error) => {
            assert_eq!(DepositNumber::parse_exact(text), None);
            drop((error.to_string(), error.chinese()));
        }
    }
    parsed.is_ok()
}

/// A line of a digest list, of an item list, or an item line.
pub fn manifest_line(data: &[u8]) -> bool {
    let Some(text) = text(data) else { return false };
    let mut printed = String::new();
    let known = KnownLine::parse(text);
    match &known {
        Ok(line) => {
            line.write(&mut printed);
            assert_eq!(printed.strip_suffix('\n'), Some(text));
            printed.clear();
            let leaf = KeptLine::write(&mut printed, line, &[7; 32]);
            let kept = KeptLine::parse(printed.strip_suffix('\n').unwrap()).expect("a line that was written is read");
            assert_eq!((kept.leaf(), kept.path, kept.item.digests), (leaf, line.path, line.digests));
        }
        Err(error) => drop((error.to_string(), chinese::fault(error))),
    }
    let kept = KeptLine::parse(text);
    if let Ok(kept) = &kept {
        printed.clear();
        let line = KnownLine { digests: kept.item.digests, path: kept.path };
        assert_eq!(KeptLine::write(&mut printed, &line, &kept.salt), kept.leaf());
        assert_eq!(printed.strip_suffix('\n'), Some(text));
    }
    let item = Item::parse(text);
    if let Ok(item) = &item {
        assert_eq!(item.to_string(), text);
    }
    known.is_ok() || kept.is_ok() || item.is_ok()
}

/// A tlog-proof file.
pub fn tlog_proof(data: &[u8]) -> bool {
    let Some(Ok(proof)) = text(data).map(TlogProof::parse) else { return false };
    assert_eq!(proof.to_string().as_bytes(), data);
    let ledger = ledger();
    let genuine = |receipt| {
        let own = ledger.tlog_proof(receipt);
        let signed = |text: &str| text.rsplit_once("\n\n").map(|(signed, _)| signed.to_owned());
        (own.index, &own.path, signed(&own.checkpoint)) == (proof.index, &proof.path, signed(&proof.checkpoint))
    };
    for receipt in &ledger.receipts {
        if proof.proves(receipt, ledger.trust.keys()).is_ok() {
            assert!(ledger.receipts.iter().any(genuine), "a forged proof");
        }
    }
    true
}
