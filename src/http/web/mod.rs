//! The verifier that is a single file: a page of its own, which verifies receipts in the browser and from disk. The other pages are in
//! [`pages`](crate::http::pages).

pub mod single_file;
pub mod verifier_page;
