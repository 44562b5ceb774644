//! What the tests share.

pub mod depositor;
#[cfg(feature = "node")]
pub mod faulty;
#[cfg(feature = "node")]
pub mod grown;
pub mod operator;
