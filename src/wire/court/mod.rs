//! JSON shapes of the filing flow: accounts, cases, originals. Requests are strict; answers are bilingual.

pub mod accounts;
pub mod done;
pub mod feed;
pub mod lists;
