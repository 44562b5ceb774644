//! Fixtures that the integration tests share.

pub(crate) mod accounts;
pub(crate) mod acts;
pub(crate) mod certificates;
pub(crate) mod chain;
pub(crate) mod counting_store;
pub(crate) mod custodian;
pub(crate) mod depositor;
pub(crate) mod described;
pub(crate) mod draft_case;
pub(crate) mod fake_witness;
pub(crate) mod faulty_store;
pub(crate) mod ledger;
pub(crate) mod operator;
pub(crate) mod proceeding;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod raw;
pub(crate) mod relay;
pub(crate) mod served_log;
pub(crate) mod stores;
pub(crate) mod submissions;
pub(crate) mod test_node;
pub(crate) mod trace;
pub(crate) mod tsa;
pub(crate) mod waiting;
