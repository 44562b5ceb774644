//! Fixtures that the integration tests share.

pub(crate) mod acts;
pub(crate) mod chain;
pub(crate) mod custodian;
pub(crate) mod depositor;
pub(crate) mod described;
pub(crate) mod faulty;
pub(crate) mod grown;
pub(crate) mod house;
pub(crate) mod opened;
pub(crate) mod operator;
pub(crate) mod people;
pub(crate) mod proceeding;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod stores;
pub(crate) mod trace;
pub(crate) mod watched;
