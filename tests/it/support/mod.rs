//! Fixtures that the integration tests share.

#[cfg(feature = "node")]
pub(crate) mod acts;
pub(crate) mod chain;
#[cfg(feature = "node")]
pub(crate) mod custodian;
#[cfg_attr(not(feature = "node"), expect(dead_code, reason = "the node's own tests use the rest"))]
pub(crate) mod depositor;
#[cfg(feature = "node")]
pub(crate) mod faulty;
#[cfg(feature = "node")]
pub(crate) mod grown;
#[cfg(feature = "node")]
pub(crate) mod house;
#[cfg(feature = "node")]
pub(crate) mod opened;
#[cfg(feature = "node")]
pub(crate) mod operator;
#[cfg(feature = "node")]
pub(crate) mod people;
#[cfg(feature = "node")]
pub(crate) mod proceeding;
#[cfg(feature = "node")]
pub(crate) mod process;
#[cfg(feature = "node")]
pub(crate) mod proxy;
#[cfg(feature = "node")]
pub(crate) mod raw;
pub(crate) mod stores;
#[cfg(feature = "node")]
pub(crate) mod trace;
#[cfg(feature = "node")]
pub(crate) mod watched;
