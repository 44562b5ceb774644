//! The operator's witness policy, checked for use by the node of one ledger.

use reqwest::Url;

use crate::ledger::cosignature::CosignerKey;
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::{Policy, PolicyError};

/// A witness that the node asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredWitness {
    /// Its name in the policy file.
    pub name: String,
    /// Its key.
    pub key: CosignerKey,
    /// The address under which it has `add-checkpoint`, without a final slash.
    pub url: Url,
    /// Whether its cosignature can count towards the quorum.
    pub counts: bool,
}

/// A policy whose witnesses a node can ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessPolicy {
    policy: Policy,
    witnesses: Vec<ConfiguredWitness>,
}

/// Why a node cannot use a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessPolicyError {
    /// A line is malformed.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// No `log` line has the ledger's key.
    #[error("no `log` line has the key of this ledger, {key}")]
    OtherLedger {
        /// The ledger's key.
        key: String,
    },
    /// A witness that counts towards the quorum has no address.
    #[error("line {line}: the witness `{name}` counts towards the quorum and has no address")]
    NoAddress {
        /// The line of the witness, from 1.
        line: usize,
        /// Its name.
        name: String,
    },
    /// The address of a witness cannot be used.
    #[error("line {line}: `{url}` is no address of a witness: {reason}")]
    BadAddress {
        /// The line of the witness, from 1.
        line: usize,
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl WitnessPolicy {
    /// Parses a policy file for the node of the ledger with this key.
    ///
    /// # Errors
    ///
    /// [`WitnessPolicyError`].
    pub fn parse(text: &str, ledger: &VerifierKey) -> Result<Self, WitnessPolicyError> {
        let policy = Policy::parse(text)?;
        if !policy.logs().iter().any(|log| log.key == *ledger) {
            return Err(WitnessPolicyError::OtherLedger { key: ledger.to_string() });
        }
        let mut witnesses = Vec::new();
        for witness in policy.witnesses() {
            let counts = policy.counted_witnesses().any(|counted| counted.name == witness.name);
            let line = line_of(text, &witness.name);
            match &witness.url {
                Some(url) => {
                    let bad = |reason| WitnessPolicyError::BadAddress { line, url: url.clone(), reason };
                    let (name, key) = (witness.name.clone(), witness.key.clone());
                    witnesses.push(ConfiguredWitness { name, key, url: address(url).map_err(bad)?, counts });
                }
                None if counts => return Err(WitnessPolicyError::NoAddress { line, name: witness.name.clone() }),
                None => {}
            }
        }
        Ok(Self { policy, witnesses })
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The witnesses with an address, in the order of the file.
    #[must_use]
    pub fn witnesses(&self) -> &[ConfiguredWitness] {
        &self.witnesses
    }
}

/// The line that defines the witness `name`, from 1.
fn line_of(text: &str, name: &str) -> usize {
    let defines = |line: &str| {
        let mut words = line.split([' ', '\t', '\r']).filter(|word| !word.is_empty());
        words.next() == Some("witness") && words.next() == Some(name)
    };
    text.lines().position(defines).map_or(0, |position| position + 1)
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim_end_matches('/')).map_err(|error| error.to_string())?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
        return Err("expected https://… or http://…".into());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("an address has no user, no password, no query and no fragment".into());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::key::Name;
    use crate::ledger::testing::ledger_key;

    fn witness(name: &str, seed: u8) -> String {
        Cosigner::new(Name::parse(name).unwrap(), &[seed; 32]).unwrap().key().to_string()
    }

    fn parse(text: &str) -> Result<WitnessPolicy, WitnessPolicyError> {
        WitnessPolicy::parse(text, ledger_key().verifier())
    }

    #[test]
    fn a_policy_needs_the_ledgers_key_and_addresses_of_the_witnesses_that_count() {
        let (log, a, b) = (ledger_key().verifier().to_string(), witness("a", 1), witness("b", 2));
        let good = format!("# members\nlog {log}\nwitness a {a} https://a.example/w/\nwitness b {b}\nquorum a\n");
        let policy = parse(&good).unwrap();
        let [only] = policy.witnesses() else { panic!("{policy:?}") };
        assert_eq!((only.name.as_str(), only.url.as_str(), only.counts), ("a", "https://a.example/w", true));
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert!(error(&good.replace("log ", "# log ")).starts_with("no `log` line has the key of this ledger"));
        assert!(error(&good.replace("quorum a", "quorum b")).starts_with("line 4: the witness `b` counts"));
        for bad in ["ftp://a.example", "https://u:p@a.example", "https://a.example/?q", "a.example", "https://"] {
            let text = good.replace("https://a.example/w/", bad);
            assert!(error(&text).starts_with("line 3: "), "{bad}: {}", error(&text));
        }
        assert!(error(&good.replace("quorum a", "quorum c")).starts_with("line 5: "));
    }
}
