//! Seeds of the corpus: for each target some inputs that it accepts, made from the ledger of `fixture`, from the grammar of acts
//! and from the API's description.
//!
//! `FUZZ_SEEDS=1` lets the test `fuzz_corpus` write them.

use serde_json::Value;
use tiezheng::court::acts::ActKind;
use tiezheng::court::document::Document;
use tiezheng::ledger::add_checkpoint::AddCheckpointRequest;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::leaf_proof::LeafProof;
use tiezheng::ledger::merkle::list::inclusion_in;
use tiezheng::ledger::merkle::proof::ConsistencyProof;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::merkle::tile::{encode_bundle, encode_hashes};
use tiezheng::ledger::text::Fault;
use tiezheng::wire::deposit::DepositRequest;
use tiezheng::wire::{item_receipt, json, receipt};

use super::documents::{ANSWERS, Kind, REQUESTS};
use super::fixture::{Ledger, depositor, ledger, ledger_key};
use super::identity::{RFC_8037_TOKEN, accepted_claims, accepted_metadata, key_sets};
use super::samples::samples;
use super::time_tokens::{CERTIFICATE, LIST, TOKENS, answer_with};
use super::witnesses::{cosigned, cosigner, policy_text};

/// A seed: its target and its bytes.
pub type Seed = (&'static str, Vec<u8>);

/// All seeds. `api` is the API's description, which has the shapes of JSON documents.
pub fn all(api: &Value) -> Vec<Seed> {
    let ledger = ledger();
    let mut seeds = Vec::new();
    records(ledger, &mut |target, data: String| seeds.push((target, data.into_bytes())));
    lines(ledger, &mut |target, data: &str| seeds.push((target, data.as_bytes().to_vec())));
    seeds.extend(structured(ledger));
    seeds.extend(acts());
    seeds.extend(logins());
    seeds.extend(documents("answer", ANSWERS, api));
    seeds.extend(documents("court_request", REQUESTS, api));
    seeds
}

/// What an identity provider sends.
fn logins() -> Vec<Seed> {
    let mut seeds = vec![
        ("id_token", RFC_8037_TOKEN.as_bytes().to_vec()),
        ("id_token", accepted_claims().to_string().into_bytes()),
        ("provider_metadata", accepted_metadata().to_string().into_bytes()),
    ];
    seeds.extend(key_sets().map(|keys| ("jwks", keys.into_bytes())));
    seeds
}

/// The leaves, and the documents printed from them.
fn records(ledger: &Ledger, add: &mut dyn FnMut(&'static str, String)) {
    for leaf in &ledger.leaves {
        let text = String::from_utf8(leaf.clone()).unwrap();
        match Leaf::parse(leaf).unwrap() {
            Leaf::Entry(_) => add("entry", text),
            Leaf::Notice(_) => add("notice", text),
            Leaf::Block(_) => add("block_header", text),
        }
    }
    for statement in &ledger.statements {
        add("statement", statement.note().to_string());
        let held = (statement.statement().meta.is_some()).then_some(&ledger.metadata);
        add("deposit_request", json::line(&DepositRequest::new(statement.note(), held).unwrap()));
    }
    add("note", ledger.statements[0].note().to_string());
    add("note", "a\n\nb\n\n— stranger AAAAAAEC\n".into());
    add("metadata", ledger.metadata.json.clone());
    for quorum in ["both", "w6", "none"] {
        add("policy", policy_text().replace("quorum both", &format!("quorum {quorum}")));
    }
    for (receipt, n) in ledger.receipts.iter().zip(0..) {
        add("receipt", if n % 2 == 0 { receipt::print(receipt) } else { receipt::print_line(receipt) });
        add("checkpoint", receipt.checkpoint.clone());
        add("note", receipt.checkpoint.clone());
        add("cosignature", cosigned(receipt));
        add("tlog_proof", ledger.tlog_proof(receipt).to_string());
        add("look_up", format!("{}{}", receipt.entry, receipt.header));
    }
    ledger.items.iter().for_each(|item| add("item_receipt", item_receipt::print(item)));
    evidence(ledger, add);
}

/// Requests for a cosignature, and files of an auditor.
fn evidence(ledger: &Ledger, add: &mut dyn FnMut(&'static str, String)) {
    let hashes: Vec<_> = ledger.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let (Some(first), Some(last)) = (ledger.receipts.first(), ledger.receipts.last()) else { return };
    for lines in [0, 1, 3] {
        let proof = ConsistencyProof::from_hashes(hashes[..lines].to_vec()).unwrap();
        let request = AddCheckpointRequest { old: TreeSize(lines as u64), proof, note: &last.checkpoint };
        add("add_checkpoint", request.to_string());
    }
    let head = "tiezheng contradiction v1\n";
    let prefix = format!("root {}\nproof {}\nproof {}\n", hashes[0], hashes[1], hashes[2]);
    add("contradiction", format!("{head}\n{}\n{}", first.checkpoint, last.checkpoint));
    add("contradiction", format!("{head}{prefix}\n{}\n{}", first.checkpoint, last.checkpoint));
    add("contradiction", format!("{head}\n{}\n{}", cosigned(first), cosigned(last)));
    let size = SignedCheckpoint::parse(last.checkpoint.as_bytes()).unwrap().checkpoint().size;
    let tree = &hashes[..usize::try_from(size.0).unwrap()];
    for (hash, index) in tree.iter().zip(0..) {
        let path = inclusion_in(tree, index).unwrap();
        let proof = LeafProof { index: LeafIndex(index as u64), size, hash: *hash, path };
        add("leaf_proof", proof.to_string());
    }
}

/// Single lines and values.
fn lines(ledger: &Ledger, add: &mut dyn FnMut(&'static str, &str)) {
    for signer in [ledger_key(1), depositor(1)] {
        add("key", &signer.verifier().to_string());
        add("key", &signer.to_private_text());
    }
    add("cosigner_key", &cosigner(1).key().to_string());
    add("cosigner_key", &cosigner(1).to_private_text());
    for line in &ledger.kept_lines {
        add("manifest_line", line);
        add("manifest_line", line.split(" salt ").next().unwrap_or_default());
    }
    for known in super::fixture::KNOWN_LINES {
        add("manifest_line", known);
    }
    for number in [
        "20261122-0K7M-X9QT-3D5W-C3",
        "T20261122-0K7M-X9QT-3D5W-MP",
        "２０２６１１２２ok7mx9qt3d5wc3",
        "存证编号：“20261122 — 0K7M X9QT 3D5W C3”。",
        "20261122-0K7M-X9QT-3D5W-C3, 20261122-0K7M-X9QT-3D5W-C3",
        "20261122-0K7M-X9QT-3D5W-C320241122-0K7M-X9QT-3D5W-MH",
        "20261122-0К7M-Х9QT-3D5W-C3",
    ] {
        add("number", number);
    }
    for path in ["tile/0/x001/x234/067.p/89", "tile/63/000", "tile/entries/x001/000", "tile/entries/255.p/1"] {
        add("tile", path);
    }
    for value in [
        "（2024）粤0192民初113号之十二",
        "(2024)最高法知民终1号",
        "京04",
        "2026-11-22",
        "身份证 11010519491231002X，手机 138-0013-8000，卡 6222 0212 3456 7890 128",
    ] {
        add("court_values", value);
    }
    for metadata in
        ["application/pdf", "证据.TXT", r#"{"name":"\u00e9\ud83d\ude00","n":[-0.0,1e-7,123456789012345.25]}"#]
    {
        add("metadata", metadata);
    }
}

/// Inputs of the targets that read numbers and choices.
fn structured(ledger: &Ledger) -> Vec<Seed> {
    let mut seeds = Vec::new();
    let choices = ledger.receipts.len() + ledger.items.len();
    for choice in 0..u8::try_from(choices).unwrap() {
        seeds.push(("verifier", vec![0, choice, choice % 5]));
        // One change of a field each.
        for change in [choice % 16, (choice + 8) % 16] {
            seeds.push(("verifier", vec![0, choice, 1, 1, 0, choice / 2, change, 0, 30, 1, 1, b'x']));
        }
    }
    for (size, index) in [(0, 0), (6, 3), (7, 7), (63, 20), (69, 69)] {
        seeds.push(("inclusion", vec![0, size, 0, index, 0, index, 1]));
        seeds.push(("inclusion", vec![0, size, 0, index, 0, index, 1, 0, 1, 3, 0, 4, 1]));
        seeds.push(("consistency", vec![0, size, 0, index, 1]));
        seeds.push(("consistency", vec![0, size, 0, index, 1, 0, 1, 3, 0, 4, 1]));
    }
    // Even numbers, which choose unchanged leaves.
    let count = ledger.leaves.len();
    let order = (0..count).map(|leaf| u8::try_from(if leaf % 2 == 0 { leaf } else { leaf + count }).unwrap());
    seeds.push(("chain", order.collect()));
    for notices in [&[0, 1][..], &[1, 0], &[0], &[0, 1, 1]] {
        let choices = notices.iter().flat_map(|choice| [0, *choice, 0]);
        seeds.push(("key_history", choices.collect()));
    }
    seeds.push(("key_history", vec![0, 0, 0, 0, 1, 2, 0, 30, 1, 1, b'x']));
    for token in TOKENS {
        seeds.push(("time_token", token.to_vec()));
        seeds.push(("time_token_answer", answer_with(token)));
    }
    seeds.push(("time_token_answer", vec![0x30, 9, 0x30, 7, 2, 1, 2, 3, 2, 5, 0x20]));
    seeds.push(("time_token_trust", CERTIFICATE.to_vec()));
    seeds.push(("time_token_trust", LIST.to_vec()));
    let bundle = encode_bundle(ledger.leaves.iter().map(Vec::as_slice)).unwrap();
    seeds.push(("tile", [&[0, 11], bundle.as_slice()].concat()));
    let hashes: Vec<_> = ledger.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    seeds.push(("tile", [&[0, 11], encode_hashes(&hashes).as_slice()].concat()));
    seeds
}

/// Values that lines of acts may have. A line whose value is one of a list has its first word.
const VALUES: &[&str] = &[
    "1",
    "2",
    "0909090909090909090909090909090909090909090909090909090909090909",
    "粤0192",
    "2026-11-22",
    "2026-11-22T01:04:11.123Z",
    "20261122-0K7M-X9QT-3D5W-C3",
    "（2024）粤0192民初113号",
    "platform",
    "party 1",
    "consistent",
    "later_links passed",
    "face high 2026-11-22T01:04:11.123Z",
    "0909090909090909090909090909090909090909090909090909090909090909 1 2026-11-22T01:04:11.123Z late",
    "ordinary",
    "example.org/ledger",
    "sm3 0909090909090909090909090909090909090909090909090909090909090909",
    "https://court.example.org/hook",
    "application/pdf",
    "posted 2026-11-22",
    "rebuts 1",
    "item 1",
    "138****5678",
    "0909090909090909090909090909090909090909090909090909090909090909 1",
];

/// The act that opens a case.
const OPENING: &str = "tiezheng act v1
stream case
by 0909090909090909090909090909090909090909090909090909090909090909
capacity party 1
act open
court 粤0192
kind civil-first
procedure ordinary
role plaintiff
subject natural-person
filer principal
identity face high 2026-11-22T01:04:11.123Z
name 0909090909090909090909090909090909090909090909090909090909090909
";

/// A document of each kind of act; a case, and the registry, with all of them one after the other.
fn acts() -> Vec<Seed> {
    let documents: Vec<_> = ActKind::ALL.iter().map(|kind| document_of(*kind)).collect();
    let mut seeds: Vec<Seed> = documents.iter().map(|text| ("act", text.clone().into_bytes())).collect();
    for chunk in documents.chunks(8) {
        let of_the_party = chunk.iter().map(|text| text.replace("capacity platform", "capacity party 1"));
        let case: Vec<_> = [OPENING.to_owned()].into_iter().chain(of_the_party).chain(chunk.iter().cloned()).collect();
        let registry = chunk.iter().map(|text| text.replace("stream case", "stream registry")).collect();
        seeds.extend([case, registry].map(|acts: Vec<String>| ("acts", acts.join("\n").into_bytes())));
    }
    seeds
}

/// A document with every line that an act of this kind may have: the parser's error names the line with a wrong value.
fn document_of(kind: ActKind) -> String {
    let mut lines: Vec<(&str, String, usize)> = kind.lines().iter().map(|name| (*name, "x".into(), 0)).collect();
    for _ in 0..lines.len() * (VALUES.len() + 2) {
        let body: Vec<_> = lines.iter().map(|(name, value, _)| format!("{name} {value}\n")).collect();
        let text = format!("tiezheng act v1\n{}", body.concat());
        let Err(error) = Document::parse(text.as_bytes()) else { return text };
        let Fault::BadValue { name, expected } = error.fault else { panic!("{error}: {text}") };
        let (_, value, next) = lines.iter_mut().find(|(line, _, _)| *line == name).unwrap();
        *value = match expected.strip_prefix("one of ") {
            Some(words) => words.split(' ').next().unwrap().to_owned(),
            None if name == "act" => kind.word().to_owned(),
            None if expected == "a verifier key" => ledger_key(1).verifier().to_string(),
            None => VALUES.get(*next).unwrap_or_else(|| panic!("{error}: {text}")).to_string(),
        };
        *next += 1;
    }
    panic!("no document of {kind}")
}

/// A document of each kind, after the byte that chooses it.
fn documents(target: &'static str, kinds: &[Kind], api: &Value) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for ((name, _), choice) in kinds.iter().zip(0_u8..) {
        let name = name().rsplit("::").next().unwrap_or_default();
        for sample in samples(api, name) {
            seeds.push((target, [&[choice], sample.to_string().as_bytes()].concat()));
        }
    }
    seeds
}
