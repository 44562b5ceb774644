//! The trust configuration of a command's user: the pinned policies, a policy given with `--policy`, the organisations behind
//! keys, and timestamp authorities.
//!
//! # Invariants
//!
//! A given policy replaces the pinned ones of its ledgers, and no other. Nothing is taken from a receipt or a node.

use std::path::PathBuf;

use crate::cli::config::Config;
use crate::cli::exit::CliError;
use crate::cli::members::Members;
use crate::cli::policy_file::read_given_policy;
use crate::cli::timestamp_authorities;
use crate::cli::trust_store::{PinState, TrustStore, key_changed};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::CosignerKey;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::key_history::KeyHistory;
use crate::ledger::policy::{Policy, PolicyLog};
use crate::ledger::receipt::Receipt;
use crate::ledger::time_token::trust::TsaTrust;
use crate::ledger::verify::attestation::{Member, TimeCheck, WitnessCheck};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::{timestamps, witnesses};

/// The option for a policy.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PolicyArgs {
    /// Trust the ledgers and witnesses in this file (c2sp.org/tlog-policy) instead of the pinned ones of its ledgers | 以此信任策略文件代替为其中账本固定的策略
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// The option for timestamp authorities.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AuthorityArgs {
    /// Also trust the timestamp authorities whose certificates the CA certificates in this PEM file issued | 另信任由此 PEM 文件中的 CA 证书签发证书的时间戳机构
    #[arg(long = "tsa-ca", value_name = "FILE")]
    pub tsa_ca: Vec<PathBuf>,
}

/// The policies, keys, organisations and timestamp authorities that count in a command.
#[derive(Debug, Clone, Default)]
pub struct UserTrust {
    store: TrustStore,
    given: Option<Policy>,
    /// Keys given with `--key`, instead of all policies.
    keys: Option<Vec<VerifierKey>>,
    members: Members,
    authorities: TsaTrust,
}

impl UserTrust {
    /// The user's own configuration, with the given policy in place of the pinned ones of its ledgers.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a file is unreadable or invalid.
    pub fn load(args: &PolicyArgs, config: &Config) -> Result<Self, CliError> {
        let given = args.policy.as_deref().map(read_given_policy).transpose()?;
        let given = given.map(|file| file.policy().clone());
        let (store, members) = (TrustStore::of(config)?, Members::of(config)?);
        let authorities = timestamp_authorities::of(config)?;
        Ok(Self { store, given, keys: None, members, authorities })
    }

    /// Trust in exactly these keys, without any policy. The timestamp authorities are those of the user.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a file of a timestamp authority is unreadable or invalid.
    pub fn of_keys(keys: Vec<VerifierKey>, config: &Config) -> Result<Self, CliError> {
        Ok(Self { keys: Some(keys), authorities: timestamp_authorities::of(config)?, ..Self::default() })
    }

    /// Also trusts the timestamp authorities that the user gives.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a file is unreadable or invalid.
    pub fn with_authorities(mut self, args: &AuthorityArgs) -> Result<Self, CliError> {
        for path in &args.tsa_ca {
            timestamp_authorities::add(&mut self.authorities, path)?;
        }
        Ok(self)
    }

    /// Verifies the timestamp tokens of a receipt.
    #[must_use]
    pub fn time_of(&self, receipt: &Receipt) -> TimeCheck {
        timestamps::check(receipt, &self.authorities)
    }

    /// Verifies timestamp tokens of a checkpoint.
    #[must_use]
    pub fn time_of_checkpoint(&self, checkpoint: &SignedCheckpoint, tokens: &[String]) -> TimeCheck {
        timestamps::check_tokens(checkpoint, tokens, &self.authorities)
    }

    /// The subjects of the certificates that issue those of trusted timestamp authorities.
    pub fn authorities(&self) -> impl Iterator<Item = &str> {
        self.authorities.authorities()
    }

    /// The trusted ledgers.
    pub fn logs(&self) -> impl Iterator<Item = &PolicyLog> {
        let by_policy = self.keys.is_none();
        let given = self.given.iter().flat_map(Policy::logs);
        let pinned = self.store.logs().filter(|log| !self.is_given(log.key.name()));
        given.chain(pinned).filter(move |_| by_policy)
    }

    /// The trusted keys for the verifier.
    #[must_use]
    pub fn trust(&self) -> Trust {
        if let Some(keys) = &self.keys {
            return Trust::new(keys.clone());
        }
        let trust = Trust::new(self.logs().map(|log| log.key.clone()).collect());
        // A given policy may trust another key than the pinned ones.
        let is_of = |history: &&KeyHistory| history.extends_pinned(&trust.keys_of(history.origin())).is_some();
        let histories: Vec<_> = self.store.histories().iter().filter(is_of).cloned().collect();
        histories.into_iter().fold(trust, Trust::with_history)
    }

    /// The policy for a ledger.
    #[must_use]
    pub fn policy_of(&self, origin: &Name) -> Option<&Policy> {
        let policy = if self.is_given(origin) { self.given.as_ref() } else { self.store.policy_of(origin) };
        policy.filter(|_| self.keys.is_none())
    }

    fn is_given(&self, origin: &Name) -> bool {
        self.given.as_ref().is_some_and(|policy| !policy.keys_of(origin).is_empty())
    }

    /// The address of a node of a ledger.
    #[must_use]
    pub fn url_of(&self, origin: &str) -> Option<&str> {
        let mut logs = self.logs().filter(|log| log.key.name().as_str() == origin);
        logs.find_map(|log| log.url.as_deref())
    }

    /// The organisation that holds a witness's key.
    #[must_use]
    pub fn member(&self, key: &CosignerKey) -> Option<Member> {
        self.members.get(&key.to_string()).cloned()
    }

    /// The organisations behind keys.
    #[must_use]
    pub const fn members(&self) -> &Members {
        &self.members
    }

    /// Counts the cosignatures on a checkpoint with the policy of its ledger.
    #[must_use]
    pub fn witnesses(&self, checkpoint: &SignedCheckpoint) -> WitnessCheck {
        let policy = self.policy_of(&checkpoint.checkpoint().origin);
        policy.map_or(WitnessCheck::NoPolicy, |policy| witnesses::check(policy, checkpoint, &|key| self.member(key)))
    }

    /// The same, for the checkpoint of a receipt. A receipt without a checkpoint is reported by the record's own steps.
    #[must_use]
    pub fn witnesses_of(&self, receipt: &Receipt) -> WitnessCheck {
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes());
        checkpoint.map_or(WitnessCheck::NoPolicy, |checkpoint| self.witnesses(&checkpoint))
    }

    /// Fails if another key than `key`, received from `url`, is trusted for its origin or that address. Pins nothing.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn require_unchanged(&self, key: &VerifierKey, url: &str, config: &Config) -> Result<(), CliError> {
        if self.trust().keys().contains(key) {
            return Ok(());
        }
        if let Some(log) = self.logs().find(|log| log.key.name() == key.name()) {
            return Err(key_changed(log, key, config));
        }
        match self.store.pin_state(key, Some(url)) {
            PinState::Conflicts(log) if self.keys.is_none() => Err(key_changed(&log, key, config)),
            PinState::Conflicts(_) | PinState::Pinned | PinState::Unknown => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::trust_store::pin;
    use crate::ledger::key::Signer;

    fn key(name: &str, seed: u8) -> VerifierKey {
        Signer::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap().verifier().clone()
    }

    #[test]
    fn a_given_policy_counts_for_its_ledgers_and_for_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path().join("config"));
        pin(&config, &key("a/1", 1), Some("http://a")).unwrap();
        pin(&config, &key("b/1", 2), Some("http://b")).unwrap();
        let file = folder.path().join("given.policy");
        std::fs::write(&file, format!("quorum none\nlog {} http://new\n", key("a/1", 9))).unwrap();
        let args = PolicyArgs { policy: Some(file.clone()) };
        let trust = UserTrust::load(&args, &config).unwrap();
        assert_eq!(trust.trust().keys(), [key("a/1", 9), key("b/1", 2)]);
        assert_eq!((trust.url_of("a/1"), trust.url_of("b/1")), (Some("http://new"), Some("http://b")));
        for origin in ["a/1", "b/1"] {
            assert!(trust.policy_of(&Name::parse(origin).unwrap()).is_some());
        }
        assert_eq!(trust.require_unchanged(&key("a/1", 9), "http://a", &config), Ok(()));
        let changed = |key: &VerifierKey, url| trust.require_unchanged(key, url, &config).unwrap_err().code;
        assert_eq!(changed(&key("a/1", 1), "http://a"), "ledger_key_changed");
        assert_eq!(changed(&key("b/1", 3), "http://x"), "ledger_key_changed");
        assert_eq!(changed(&key("c/1", 3), "http://b"), "ledger_key_changed");
        std::fs::write(&file, "quorum two\n").unwrap();
        let error = UserTrust::load(&args, &config).unwrap_err();
        assert!(error.code == "bad_policy" && error.en.contains("line 1"), "{error:?}");
        let only = UserTrust::of_keys(vec![key("a/1", 1)], &config).unwrap();
        assert_eq!(only.trust().keys(), [key("a/1", 1)]);
        assert!(only.policy_of(&Name::parse("a/1").unwrap()).is_none());
    }
}
