//! The command line against a real node: exit codes, documents, and what lies in the folders afterwards.

mod at_hand;
mod copies;
mod depositing;
mod descriptors;
mod environment;
mod escaping;
mod keeping;
mod loading;
mod looking_up;
mod lying;
mod manifest;
mod many;
mod node_keys;
mod policy;
mod reporting;
mod running;
mod verifying;
