//! The pages for browsers, in Chinese and English. They load nothing from other sites.

pub mod pages;
pub mod single_file;
pub mod verifier_page;
