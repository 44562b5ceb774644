//! The deposit policy of a node that starts: the operator's option, else the recorded policy, else `open` for a test ledger.
//!
//! # Invariants
//!
//! A live ledger is neither created nor started without a policy that its operator chose. The policy is determined before anything is
//! written, and recorded after the ledger is open.

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::descriptors::database_options;
use crate::cli::exit::CliError;
use crate::cli::open_errors::cannot_open;
use crate::cli::screen::{Screen, WARNING};
use crate::filing::deposit_policy::DepositPolicy;
use crate::http::admission::DepositLimits;
use crate::http::rate_limit::Limit;
use crate::ledger::notice::{Mode, NoticeKind};
use crate::query::records::genesis;
use crate::store::account_files::AccountFiles;
use crate::store::factory::{self, OpenError};
use crate::store::traits::accounts::AccountStoreError;

/// Who may deposit, and how often | 存证策略与限额
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::Args)]
pub struct DepositArgs {
    /// Who may deposit: open, enrolled or accounts; recorded with the ledger | 存证策略
    #[arg(long, value_name = "POLICY", value_parser = policies())]
    pub deposits: Option<DepositPolicy>,
    /// Deposit requests a minute from one address: none, N or N/BURST | 每地址每分钟限额
    #[arg(long, value_name = "LIMIT")]
    pub limit_per_address: Option<Limit>,
    /// New deposits a minute from one key, under `open` and `enrolled` | 每公钥每分钟限额
    #[arg(long, value_name = "LIMIT")]
    pub limit_per_key: Option<Limit>,
    /// New deposits a minute for one account, under `enrolled` | 每账号每分钟限额
    #[arg(long, value_name = "LIMIT")]
    pub limit_per_account: Option<Limit>,
}

fn policies() -> impl TypedValueParser<Value = DepositPolicy> {
    PossibleValuesParser::new(DepositPolicy::ALL.map(DepositPolicy::word)).try_map(|word| word.parse::<DepositPolicy>())
}

/// The policy with which a node starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChosenPolicy {
    /// The policy.
    pub policy: DepositPolicy,
    /// The policy recorded before.
    pub recorded: Option<DepositPolicy>,
    /// Whether the operator chose it with an option.
    chosen_by_option: bool,
}

fn unreadable(error: &AccountStoreError) -> CliError {
    let zh = format!("存证策略记录无法读取或写入：{error}。修复或删除该文件后，以 --deposits 重新指定");
    let en = format!(
        "the recorded deposit policy cannot be read or written: {error}. Repair or remove the file, then name the policy \
         with --deposits"
    );
    CliError::unable("deposit_policy_unreadable", zh, en)
}

impl DepositArgs {
    /// Determines the policy for the ledger in `data`; `is_test` if a new ledger would be a test ledger. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a live ledger without a policy, an unreadable record, or a ledger that cannot be opened.
    pub fn choose(&self, data: &Path, is_test: bool) -> Result<ChosenPolicy, CliError> {
        let recorded = DepositPolicy::recorded(&AccountFiles::in_ledger(data)).map_err(|error| unreadable(&error))?;
        if let Some(policy) = self.deposits.or(recorded) {
            return Ok(ChosenPolicy { policy, recorded, chosen_by_option: self.deposits.is_some() });
        }
        if is_test_ledger(data, is_test)? {
            return Ok(ChosenPolicy { policy: DepositPolicy::Open, recorded, chosen_by_option: false });
        }
        let zh = format!(
            "正式账本须明确存证策略：请设置 deposits.policy，或加 --deposits open（任何人）、enrolled（已登记公钥）或 accounts（仅凭令牌）。{} 未作任何更改。\
             测试账本用 --test",
            data.display()
        );
        let en = format!(
            "a live ledger needs a deposit policy: set deposits.policy, or add --deposits open (anybody), enrolled (enrolled keys) or accounts (by \
             token only). Nothing was changed in {}. For a test ledger: --test",
            data.display()
        );
        Err(CliError::usage("deposit_policy_required", zh, en))
    }

    /// These options; where one is not set, that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            deposits: self.deposits.or(other.deposits),
            limit_per_address: self.limit_per_address.or(other.limit_per_address),
            limit_per_key: self.limit_per_key.or(other.limit_per_key),
            limit_per_account: self.limit_per_account.or(other.limit_per_account),
        }
    }

    /// The limits: the operator's options, else the defaults of a live ledger; none for a test ledger.
    #[must_use]
    pub fn limits(&self, mode: Mode) -> DepositLimits {
        let usual = if mode == Mode::Test { DepositLimits::none() } else { DepositLimits::default() };
        DepositLimits {
            per_address: self.limit_per_address.unwrap_or(usual.per_address),
            per_key: self.limit_per_key.unwrap_or(usual.per_key),
            per_account: self.limit_per_account.unwrap_or(usual.per_account),
        }
    }
}

/// Whether the ledger in `data` is a test ledger; `is_test` for a new one.
fn is_test_ledger(data: &Path, is_test: bool) -> Result<bool, CliError> {
    let store = match factory::open_read_only(data, &database_options()) {
        Ok(store) => store,
        Err(OpenError::Absent | OpenError::Unfinished) => return Ok(is_test),
        Err(error) => return Err(cannot_open(data, &error)),
    };
    // A ledger without a genesis notice gets one at this start.
    let notice = genesis(&store).ok().map(|notice| notice.kind);
    Ok(match notice {
        Some(NoticeKind::Genesis { mode, .. }) => mode == Mode::Test,
        Some(NoticeKind::Key { .. } | NoticeKind::Erased { .. }) => false,
        None => is_test,
    })
}

impl ChosenPolicy {
    /// Records the operator's choice durably.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn record(self, store: &AccountFiles) -> Result<(), CliError> {
        if !self.chosen_by_option || self.recorded == Some(self.policy) {
            return Ok(());
        }
        self.policy.record(store).map_err(|error| unreadable(&error))
    }

    /// Prints the policy in force, and the earlier one if it changed.
    ///
    /// # Errors
    ///
    /// The screen.
    pub fn print(self, screen: &Screen) -> anyhow::Result<()> {
        let (zh, en) = match self.policy {
            DepositPolicy::Open => {
                ("open：任何人可提交已签名的存证声明", "open: anybody may deposit a signed statement")
            }
            DepositPolicy::Enrolled => (
                "enrolled：仅接受账号已登记公钥签名的存证声明，或凭令牌存证",
                "enrolled: statements signed by a key that an account has enrolled, and deposits by token",
            ),
            DepositPolicy::Accounts => ("accounts：仅可凭令牌存证", "accounts: deposits by token only"),
        };
        let row = vec![screen.pick("  存证策略", "  deposits").to_owned(), screen.pick(zh, en).to_owned()];
        screen.table(&[row])?;
        if let Some(before) = self.recorded.filter(|before| *before != self.policy) {
            let zh = format!("  存证策略已由 {before} 改为 {}", self.policy);
            let en = format!("  the deposit policy was {before} and is {} from now on", self.policy);
            screen.line(screen.paint(WARNING, screen.pick(&zh, &en)))?;
        }
        Ok(())
    }
}
