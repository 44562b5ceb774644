//! Tiezheng 铁证: a blockchain evidence notarization service.
//!
//! Parties deposit digests of their evidence and take home a deposit number (存证编号) and a receipt that proves itself.
//! A court looks the item up by that number and verifies the file against the chain; auditors re-check the whole chain
//! without trusting whoever runs it.
//!
//! The house, floor by floor; what stands higher may use what stands lower, never the other way (`tests/tidy`):
//!
//! 1. [`ledger`]: formats, tree, chain, verifier. Pure: bytes in, bytes and verdicts out.
//! 2. [`court`]: rules of procedure. Pure as well. [`store`]: where blocks rest; its contract in prose, memory, RocksDB.
//!    `custody`: originals under lock and key. [`files`]: opening and naming files.
//! 3. `sequencer`: the only hand that writes. [`audit`]: the auditor's eye, over any reader. [`wire`]: JSON shapes, shared
//!    by server and client.
//! 4. [`client`]: talks to a node and believes nothing it says. `desk`: court rules meet the sequencer.
//! 5. `http`: the counter. `load`: sends a node more than people ever will, and checks every answer.
//! 6. [`cli`]: the front door.
//!
//! The feature `node` (default) brings RocksDB, the sequencer (but for its clock) and HTTP. Without it remains what verifies and audits, with
//! no C++ to compile.

pub mod audit;
pub mod cli;
pub mod client;
pub mod court;
#[cfg(feature = "node")]
pub mod custody;
#[cfg(feature = "node")]
pub mod desk;
pub mod files;
#[cfg(feature = "node")]
pub mod http;
pub mod ledger;
#[cfg(feature = "node")]
pub mod load;
pub mod sequencer;
pub mod store;
pub mod wire;
