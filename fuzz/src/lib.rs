//! The fuzz targets: every parser of data from another party, and the verifiers.
//!
//! A target is a function of bytes that panics if an invariant is broken. No input panics in the code under test; parsed input
//! prints back the same bytes; two implementations agree; no forgery verifies. `fuzz_targets/` passes one of them to libFuzzer.
//! The integration test `fuzz_corpus` compiles these files too, and runs each target over its committed corpus, without
//! libFuzzer.
//!
//! To add a target: write the function, a line of [`TARGETS`], and its seeds in `seeds`.

mod chain;
mod court;
mod documents;
mod fixture;
mod identity;
mod input;
mod keys;
mod merkle;
mod records;
mod samples;
pub mod seeds;
mod time_tokens;
mod verifier;
mod witnesses;

/// A target: its name, and the function, which returns whether it accepted the bytes.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All targets, by name.
pub const TARGETS: &[Target] = &[
    ("act", court::act),
    ("acts", court::acts),
    ("add_checkpoint", witnesses::add_checkpoint),
    ("answer", documents::answer_of_any_kind),
    ("block_header", records::block_header),
    ("chain", chain::chain),
    ("checkpoint", records::checkpoint),
    ("consistency", merkle::consistency),
    ("contradiction", witnesses::contradiction),
    ("cosignature", witnesses::cosignature),
    ("cosigner_key", witnesses::cosigner_key),
    ("court_request", documents::request_of_any_kind),
    ("court_values", court::court_values),
    ("deposit_request", documents::deposit_request),
    ("entry", records::entry),
    ("id_token", identity::id_token),
    ("inclusion", merkle::inclusion),
    ("item_receipt", verifier::item_receipt),
    ("jwks", identity::jwks),
    ("key", records::key),
    ("key_history", keys::key_history),
    ("leaf_proof", merkle::leaf_proof),
    ("look_up", documents::look_up),
    ("manifest_line", records::manifest_line),
    ("metadata", documents::metadata),
    ("note", records::note),
    ("notice", records::notice),
    ("number", records::number),
    ("policy", witnesses::policy),
    ("provider_metadata", identity::provider_metadata),
    ("receipt", verifier::receipt),
    ("statement", records::statement),
    ("tile", merkle::tile),
    ("time_token", time_tokens::time_token),
    ("time_token_answer", time_tokens::time_token_answer),
    ("time_token_trust", time_tokens::time_token_trust),
    ("tlog_proof", records::tlog_proof),
    ("verifier", verifier::verifier),
];
