//! The manifest of a hand-over: what the dossier of a case holds, as lines over which a Merkle root is computed.
//!
//! ```text
//! tiezheng hand-over manifest v1
//! volume main
//! case <64 hex>
//! court 粤0192
//! number （2026）粤0192民初1号
//! decision judgment 20261122-0K7M-X9QT-3D5W-C3 2026-11-22T01:04:11.123Z
//! appeal 1 party 2 decision <number> petition <number> filed-on 2026-11-22 in-time
//! party 1 plaintiff natural-person
//! document 1 electronic pages 12 20261122-… sha-256 <64 hex>
//! item 1 party 1 20261122-… tx <64 hex> first 2026-11-22T01:04:11.123Z in-time active sha-256 <64 hex>
//! reply 1 party 2 version 1 2026-11-22T01:04:11.123Z admitted - disputed
//! verification 1 2026-11-22T01:04:11.123Z consistent
//! lateness 1 2026-11-22T01:04:11.123Z in-time
//! admission 1 2026-11-22T01:04:11.123Z admitted
//! ```
//!
//! # Invariants
//!
//! The lines depend only on the acts before the one that sends the dossier and on the calendar at that act, so the node, the receiving court and an audit compute the
//! same. The format is frozen: a line more is another version. Leaf hashes and root are those of RFC 6962 over the lines without LF:
//! `(printf '\0'; printf %s "$line") | sha256sum` is the hash of a line.

use std::fmt::Write as _;

use crate::court::calendar::Calendar;
use crate::court::case::course::DossierDocument;
use crate::court::case::late_evidence::Lateness;
use crate::court::case::state::{CaseFile, Item, ReplyVersion};
use crate::court::course_words::{DocumentForm, Volume};
use crate::court::ids::{DocumentNumber, ItemNumber};
use crate::court::words::Opinion;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::manifest::tree::{CHUNK, Chunk, ManifestTree};
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::statement::text::ManifestRoot;

/// The first line.
pub const FIRST_LINE: &str = "tiezheng hand-over manifest v1";

/// The root over the lines of a manifest; `None` without lines.
#[must_use]
pub fn root<S: AsRef<str>>(lines: &[S]) -> Option<ManifestRoot> {
    let leaves: Vec<Digest> = lines.iter().map(|line| leaf_hash(line.as_ref().as_bytes())).collect();
    let mut tree = ManifestTree::new();
    for chunk in leaves.chunks(CHUNK) {
        tree.push(Chunk::over(chunk)?).ok()?;
    }
    tree.root()
}

/// The lines of a volume of the dossier as it is now; none for a second volume without documents.
#[must_use]
pub fn lines(file: &CaseFile, volume: Volume, calendar: &Calendar) -> Vec<String> {
    let documents: Vec<_> = file.course.documents.iter().filter(|(_, one)| one.volume == volume).collect();
    if volume == Volume::Second && documents.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![FIRST_LINE.to_owned(), format!("volume {volume}"), format!("case {}", file.id)];
    lines.push(format!("court {}", file.court));
    lines.extend(file.number.as_ref().map(|number| format!("number {number}")));
    if volume == Volume::Second {
        lines.extend(documents.into_iter().map(|(number, one)| document_line(*number, one)));
        return lines;
    }
    let decision = |one: &crate::court::case::course::Decision| {
        format!("decision {} {} {}", one.kind.word(), one.document, one.position.at)
    };
    lines.extend(file.course.decisions.iter().map(decision));
    for (number, one) in &file.course.appeals {
        let (party, timeliness) = (one.party, one.timeliness);
        lines.push(format!(
            "appeal {number} party {party} decision {} petition {} filed-on {} {timeliness}",
            one.decision, one.petition, one.filed_on
        ));
    }
    lines.extend(file.parties.iter().map(|(number, party)| format!("party {number} {} {}", party.role, party.subject)));
    lines.extend(documents.into_iter().map(|(number, one)| document_line(*number, one)));
    for (number, item) in &file.items {
        item_lines(&mut lines, (*number, item), file.lateness(item, calendar));
    }
    lines
}

fn push_hashes(line: &mut String, hashes: &[(HashAlgorithm, Digest)]) {
    for (algorithm, digest) in hashes {
        // Writing to a String cannot fail.
        let _ = write!(line, " {algorithm} {digest}");
    }
}

fn document_line(number: DocumentNumber, one: &DossierDocument) -> String {
    let mut line = format!("document {number} {} pages {}", one.form, one.pages);
    // Writing to a String cannot fail.
    let _ = match one.deposit {
        Some(deposit) => write!(line, " {deposit}"),
        // Its number and digests are in the annex, which parties do not see.
        None if one.volume == Volume::Second => write!(line, " annex {}", one.entry.annex),
        None => write!(line, " on-paper"),
    };
    push_hashes(&mut line, &one.data_hash);
    line
}

fn item_lines(lines: &mut Vec<String>, (number, item): (ItemNumber, &Item), lateness: Lateness) {
    let import = &item.import;
    let late = match lateness {
        Lateness::InTime => "in-time",
        Lateness::DeemedInTime(_) => "deemed-in-time",
        Lateness::Late => "late",
    };
    let state = match (item.withdrawn, item.replaced_by) {
        (Some(at), _) => format!("withdrawn {at}"),
        (None, Some(by)) => format!("replaced {by}"),
        (None, None) => "active".to_owned(),
    };
    let mut line = format!(
        "item {number} party {} {} tx {} first {} {late} {state}",
        import.party, import.deposit, import.tx_id, item.first_imported_at
    );
    push_hashes(&mut line, &import.data_hash);
    lines.push(line);
    for (party, versions) in &item.replies {
        for (version, reply) in (1_u32..).zip(versions) {
            lines.push(format!(
                "reply {number} party {party} version {version} {} {}",
                reply.position.at,
                opinions(reply)
            ));
        }
    }
    for one in &item.verifications {
        lines.push(format!("verification {number} {} {}", one.position.at, one.found.conclusion.0));
    }
    for one in &item.decisions.lateness {
        lines.push(format!("lateness {number} {} {}", one.position.at, one.decision));
    }
    for one in &item.decisions.admission {
        lines.push(format!("admission {number} {} {}", one.position.at, one.decision));
    }
}

/// The three opinions of a reply, `-` for one that it does not state.
fn opinions(reply: &ReplyVersion) -> String {
    let word = |opinion: Option<Opinion>| opinion.map_or("-", Opinion::word);
    [word(reply.authenticity), word(reply.legality), word(reply.relevance)].join(" ")
}

/// Documents that are on paper only, and so follow on paper: 在线诉讼规则 art. 35 (2).
#[must_use]
pub fn on_paper(file: &CaseFile) -> u32 {
    let paper = file.course.documents.values().filter(|one| one.form == DocumentForm::Paper);
    u32::try_from(paper.count()).unwrap_or(u32::MAX)
}
