//! The command line against a real node: exit codes, JSON documents, and files afterwards.

mod attesting;
mod auditing;
mod copies;
mod depositing;
mod descriptors;
mod dishonest_node;
mod environment;
mod escaping;
mod files_of_users;
mod languages;
mod loading;
mod lookup;
mod manifest;
mod many;
mod node_keys;
mod outputs;
mod policy;
mod reporting;
mod running;
mod special_files;
mod unwritable;
mod user_folder;
mod verifying;
mod without_reader;
mod workspace;
