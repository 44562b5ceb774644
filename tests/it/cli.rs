//! The command line against a real node: exit codes, documents, and what lies in the folders afterwards.

mod workspace;
mod copies;
mod depositing;
mod descriptors;
mod environment;
mod escaping;
mod files_of_users;
mod user_folder;
mod languages;
mod loading;
mod lookup;
mod dishonest_node;
mod manifest;
mod many;
mod node_keys;
mod outputs;
mod policy;
mod reporting;
mod running;
mod special_files;
mod unwritable;
mod verifying;
mod without_reader;
