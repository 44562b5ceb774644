//! Fast printers for the three JSON documents that a node prints most: receipts, batch verdicts and look-ups.
//!
//! # Invariants
//!
//! Each prints exactly the text that `json::pretty` or `json::line` prints of its serde type, directly from the ledger's types.
//! Converting to the serde type and printing that takes several times as long. The tests compare both texts. Only `http` uses
//! this module, and each call can be replaced by one of `json::pretty` or `json::line`.

use std::fmt::{Display, Write as _};
use std::mem;
use std::sync::LazyLock;

use crate::ledger::hash::hex_digits;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::{Facts, Receipt};
use crate::ledger::statement::content::Form;
use crate::ledger::statement::text::{LinkKind, ManifestRoot};
use crate::ledger::verify::history::{ClaimStatus, EarlierDeposit, History, LaterLink, Listed};
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::{DepositView, LABELS, ProofView, SEALED, SignerJson, beijing_time, look_up_notice};
use crate::wire::history::{fault, link_label, withdrawn_by};
use crate::wire::json;
use crate::wire::receipt::VERSION;

/// Initial capacity for a receipt in bytes.
const RECEIPT_CAPACITY: usize = 4_096;
/// Initial capacity for a look-up in bytes.
const DEPOSIT_CAPACITY: usize = 3_072;

/// Prints a receipt, as `json::pretty` prints its [`ReceiptJson`](super::receipt::ReceiptJson).
#[must_use]
pub fn receipt(receipt: &Receipt) -> String {
    let mut text = String::with_capacity(RECEIPT_CAPACITY);
    JsonWriter::write(&mut text, Layout::Pretty, |json| receipt_fields(json, receipt));
    text
}

/// Appends a [`BatchVerdict`](super::deposit::BatchVerdict) with a receipt, as `json::line` prints it.
pub fn batch_verdict(text: &mut String, line: usize, status: u16, receipt: &Receipt) {
    JsonWriter::write(text, Layout::OneLine, |json| {
        json.bare("line", line);
        json.bare("status", status);
        json.object("receipt", |json| receipt_fields(json, receipt));
    });
}

fn receipt_fields(json: &mut JsonWriter, receipt: &Receipt) {
    json.plain("receipt", VERSION);
    json.string("entry", &receipt.entry);
    json.bare("index", receipt.index.0);
    json.string("header", &receipt.header);
    json.path("entry_path", &receipt.entry_path);
    json.path("header_path", &receipt.header_path);
    json.path("previous_path", &receipt.previous_path);
    json.objects("key_notices", &receipt.key_notices, |json, notice| {
        json.bare("index", notice.index.0);
        json.string("text", &notice.text);
        json.path("path", &notice.path);
    });
    json.string("checkpoint", &receipt.checkpoint);
    json.strings("time_tokens", &receipt.time_tokens);
}

/// Prints a look-up, as `json::pretty` prints its [`DepositJson`](super::facts::DepositJson).
#[must_use]
pub fn deposit(view: &DepositView<'_>) -> String {
    static NOTICE: LazyLock<Bilingual> = LazyLock::new(look_up_notice);
    let DepositView { index, entry, facts, history, by_platform, proof } = *view;
    let statement = entry.statement.statement();
    let mut text = String::with_capacity(DEPOSIT_CAPACITY);
    JsonWriter::write(&mut text, Layout::Pretty, |json| {
        json.plain("status", SEALED);
        json.object("status_text", |json| bilingual_fields(json, "已上链", "sealed"));
        json.bare("index", index.0);
        facts_fields(json, facts);
        if let Some(Form::Plain { size }) = statement.content.map(|content| content.form) {
            json.bare("size", size);
        }
        if let Some(media_type) = statement.media_type {
            json.plain("media_type", media_type.as_str());
        }
        let signer = if by_platform { SignerJson::platform() } else { SignerJson::depositor() };
        json.object("signed_by", |json| {
            json.plain("code", &signer.code);
            bilingual_fields(json, &signer.text.zh, &signer.text.en);
        });
        if let Some(account) = statement.on_behalf {
            json.display("on_behalf", account);
        }
        json.objects("links", &statement.links, |json, link| link_fields(json, link.kind, link.number));
        history_fields(json, history);
        if let Some(proof) = proof {
            json.object("proof", |json| proof_fields(json, &proof));
        }
        json.bare("test", entry.number.is_test());
        json.object("notice", |json| bilingual_fields(json, &NOTICE.zh, &NOTICE.en));
    });
    text
}

fn bilingual_fields(json: &mut JsonWriter, zh: &str, en: &str) {
    json.plain("zh", zh);
    json.plain("en", en);
}

fn link_fields(json: &mut JsonWriter, kind: LinkKind, number: DepositNumber) {
    let label = link_label(kind);
    json.plain("kind", kind.word());
    json.object("label", |json| bilingual_fields(json, &label.zh, &label.en));
    json.display("deposit_number", number);
}

fn facts_fields(json: &mut JsonWriter, facts: &Facts) {
    let (tx_id, block_hash) = (facts.tx_id.to_string(), facts.block_hash.to_string());
    let (height, previous) = (facts.block_height.0.to_string(), facts.prev_block_hash.to_string());
    let (submitted, generated) = (beijing_time(facts.tx_submitted_at), beijing_time(facts.block_generated_at));
    json.display("deposit_number", facts.number);
    json.string("ledger", facts.ledger.as_str());
    json.plain("tx_id", &tx_id);
    json.plain("block_hash", &block_hash);
    json.bare("block_height", &height);
    json.plain("prev_block_hash", &previous);
    let digests: Vec<_> =
        facts.data_hash.iter().map(|(algorithm, digest)| (algorithm.name(), digest.to_string())).collect();
    json.objects("data_hash", &digests, |json, (algorithm, digest)| {
        json.plain("algorithm", algorithm);
        json.plain("value", digest);
    });
    json.bare("salted", facts.salted);
    if let Some(manifest) = facts.manifest {
        json.object("manifest", |json| {
            json.display("root", manifest.root);
            json.bare("count", manifest.count);
        });
    }
    json.plain("tx_submitted_at", &submitted);
    json.plain("block_generated_at", &generated);
    let mut digests: Vec<_> = digests.iter().map(|(algorithm, digest)| [algorithm, " ", digest].concat()).collect();
    digests.extend(facts.manifest.map(|ManifestRoot { root, count }| format!("manifest {root} {count}")));
    let values = [tx_id, block_hash, height, previous, digests.join("\n"), submitted, generated];
    json.objects("facts", LABELS.into_iter().zip(&values), |json, ((name, zh, en), value)| {
        json.plain("name", name);
        json.object("label", |json| bilingual_fields(json, zh, en));
        json.string("value", value);
    });
}

fn proof_fields(json: &mut JsonWriter, proof: &ProofView) {
    json.plain("level", proof.level);
    json.bare("cosignatures", proof.cosignatures);
    match proof.witnesses {
        Some(witnesses) => json.bare("witnesses", witnesses),
        None => json.bare("witnesses", "null"),
    }
    json.bare("quorum_reached", proof.quorum_reached);
    match proof.time {
        Some(time) => json.plain("time", &beijing_time(time)),
        None => json.bare("time", "null"),
    }
}

fn history_fields(json: &mut JsonWriter, history: &History) {
    list_field(json, "earlier_deposits", &history.earlier, |json, earlier: &EarlierDeposit| {
        json.display("deposit_number", earlier.number);
        status_fields(json, earlier.status);
    });
    for (name, list) in [("later_links", &history.owner_links), ("references", &history.references)] {
        list_field(json, name, list, |json, link: &LaterLink| {
            link_fields(json, link.kind, link.number);
            status_fields(json, link.status);
            if let Some(standing) = link.standing {
                json.plain("standing", standing.code());
            }
            if let Some(by) = withdrawn_by(link) {
                json.display("withdrawn_by", by);
            }
        });
    }
}

fn status_fields(json: &mut JsonWriter, status: ClaimStatus) {
    json.plain("status", status.code());
    if let Some(fault) = fault(status) {
        json.plain("fault", fault);
    }
}

fn list_field<T>(json: &mut JsonWriter, name: &str, list: &Listed<T>, item: impl Fn(&mut JsonWriter, &T)) {
    json.object(name, |json| {
        json.objects("items", &list.items, |json, one| item(json, one));
        json.bare("total", list.total.count);
        json.bare("total_is_exact", list.total.exact);
        match &list.next_cursor {
            Some(cursor) => json.string("next_cursor", cursor),
            None => json.bare("next_cursor", "null"),
        }
    });
}

/// White space between the parts of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One field or item a line, indented by two spaces a level, as `serde_json::to_writer_pretty` prints.
    Pretty,
    /// None at all.
    OneLine,
}

/// Writes one JSON object field by field. Names are ASCII letters and `_`.
#[derive(Debug)]
struct JsonWriter {
    text: String,
    layout: Layout,
    depth: usize,
    /// Whether the innermost object or list has no field or item yet.
    is_empty: bool,
}

/// Two spaces a level, for as many levels as any document has.
const INDENTATION: &str = "                ";

impl JsonWriter {
    /// Appends one object, whose fields `fill` writes, and LF.
    fn write(text: &mut String, layout: Layout, fill: impl FnOnce(&mut Self)) {
        let mut json = Self { text: mem::take(text), layout, depth: 0, is_empty: true };
        json.within('{', '}', fill);
        json.text.push('\n');
        *text = json.text;
    }

    fn within(&mut self, begin: char, end: char, fill: impl FnOnce(&mut Self)) {
        self.text.push(begin);
        self.depth += 1;
        self.is_empty = true;
        fill(self);
        self.depth -= 1;
        if !self.is_empty {
            self.new_line();
        }
        self.text.push(end);
        self.is_empty = false;
    }

    fn new_line(&mut self) {
        if self.layout == Layout::Pretty {
            self.text.push('\n');
            self.text.push_str(INDENTATION.get(..2 * self.depth).unwrap_or(INDENTATION));
        }
    }

    /// Begins the next field or item.
    fn next(&mut self) {
        if !self.is_empty {
            self.text.push(',');
        }
        self.is_empty = false;
        self.new_line();
    }

    fn name(&mut self, name: &str) {
        self.next();
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str(if self.layout == Layout::Pretty { "\": " } else { "\":" });
    }

    /// A string field of any text.
    fn string(&mut self, name: &str, value: &str) {
        self.name(name);
        json::quote(&mut self.text, value);
    }

    /// A string field whose value needs no escape: digits, or fixed words.
    fn plain(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push('"');
        self.text.push_str(value);
        self.text.push('"');
    }

    /// A string field whose value needs no escape, printed by its [`Display`].
    fn display(&mut self, name: &str, value: impl Display) {
        self.name(name);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "\"{value}\"");
    }

    /// A number, `true`, `false` or `null`.
    fn bare(&mut self, name: &str, value: impl Display) {
        self.name(name);
        let _ = write!(self.text, "{value}");
    }

    /// A field that is an object.
    fn object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.name(name);
        self.within('{', '}', fill);
    }

    /// A field that is a list of objects.
    fn objects<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, mut fill: impl FnMut(&mut Self, T)) {
        self.name(name);
        self.within('[', ']', |list| {
            for item in items {
                list.next();
                list.within('{', '}', |object| fill(object, item));
            }
        });
    }

    /// A field that is a list of strings.
    fn strings(&mut self, name: &str, values: &[String]) {
        self.name(name);
        self.within('[', ']', |list| {
            for value in values {
                list.next();
                json::quote(&mut list.text, value);
            }
        });
    }

    /// A field that is a list of digests in hex.
    fn path(&mut self, name: &str, path: &InclusionProof) {
        self.name(name);
        self.within('[', ']', |list| {
            for hash in path.hashes() {
                list.next();
                let digits = hex_digits(hash.as_bytes());
                list.text.push('"');
                // Hex digits are UTF-8.
                list.text.push_str(std::str::from_utf8(digits.as_flattened()).unwrap_or_default());
                list.text.push('"');
            }
        });
    }
}

#[cfg(test)]
mod tests;
