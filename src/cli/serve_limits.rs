//! The limits that an operator may set for a node, as options of `serve`.

use std::path::Path;

use ipnet::IpNet;

use crate::cli::exit::CliError;
use crate::cli::values::{byte_size, network};
use crate::custody::space::Limits;
use crate::filing::webhook_addresses::WebhookAddresses;

/// Limits of originals in custody and of webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct LimitArgs {
    /// Maximum size of all originals in custody, e.g. 500GiB; default: what is not reserved | 原文保管总限额
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub originals_quota: Option<u64>,
    /// Maximum size of one account's originals; default: 10GiB, or a tenth of a smaller disk | 每个账号的原文保管限额
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub originals_quota_per_account: Option<u64>,
    /// Disk space reserved for deposits and erasures; default: 1GiB, or a tenth of a smaller disk | 保留的磁盘空间
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub reserved_space: Option<u64>,
    /// Private network that webhooks may call, e.g. 10.1.0.0/16; repeatable | 允许事件推送的内网网段
    #[arg(long = "webhook-allow", value_name = "CIDR", value_parser = network)]
    pub webhook_networks: Vec<IpNet>,
}

impl LimitArgs {
    /// These options; where one is not set, that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let own_networks = !self.webhook_networks.is_empty();
        Self {
            originals_quota: self.originals_quota.or(other.originals_quota),
            originals_quota_per_account: self.originals_quota_per_account.or(other.originals_quota_per_account),
            reserved_space: self.reserved_space.or(other.reserved_space),
            webhook_networks: if own_networks { self.webhook_networks } else { other.webhook_networks },
        }
    }

    /// The limits of originals in `folder`, which exists.
    ///
    /// # Errors
    ///
    /// [`CliError`] when the size of the disk cannot be determined.
    pub fn of_originals(&self, folder: &Path) -> Result<Limits, CliError> {
        let usual = Limits::for_disk(folder).map_err(|error| CliError::io(folder, &error))?;
        Ok(Limits {
            per_owner: self.originals_quota_per_account.unwrap_or(usual.per_owner),
            total: self.originals_quota.unwrap_or(usual.total),
            reserved: self.reserved_space.unwrap_or(usual.reserved),
        })
    }

    /// The addresses that webhooks may call.
    #[must_use]
    pub fn webhook_addresses(&self) -> WebhookAddresses {
        WebhookAddresses::allowing(&self.webhook_networks)
    }
}
