//! The timestamp authorities of a node, as options of `serve`, and the task that requests their tokens.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli::exit::CliError;
use crate::cosigning::witness_policy::WitnessPolicy;
use crate::files::regular;
use crate::ledger::time_token::trust::{TrustError, TsaTrust};
use crate::ledger::verify::attestation_trust::AttestationTrust;
use crate::query::service::QueryService;
use crate::sequencer::clock::SystemClock;
use crate::stamping::stamper::Stamper;
use crate::stamping::stamping_service::{Authority, StamperParts, StampingService};
use crate::store::traits::Annotations;
use crate::timestamp::renewal::DEFAULT_HORIZON;
use crate::timestamp::schedule::DEFAULT_INTERVAL;
use crate::timestamp::tsa_client::TsaClient;

/// Most bytes of a file with certificates or revocation lists.
const FILE_MAX: usize = 16 << 20;
/// Longest interval.
const INTERVAL_MAX: Duration = Duration::from_hours(30 * 24);

/// Timestamp authorities | 时间戳机构
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct TimestampArgs {
    /// Address of a timestamp authority (RFC 3161); repeatable, each with a --tsa-ca | 时间戳机构地址，可多次指定
    #[arg(long = "tsa", value_name = "URL")]
    pub authorities: Vec<String>,
    /// Certificates (PEM) that the authority of the --tsa in the same place must lead to; repeatable | 时间戳机构的根证书
    #[arg(long = "tsa-ca", value_name = "FILE")]
    pub certificates: Vec<PathBuf>,
    /// Time between two timestamps of an authority, e.g. 600, 10m or 1h [default: 10m] | 时间戳间隔
    #[arg(long = "tsa-interval", value_name = "INTERVAL", value_parser = interval)]
    pub interval: Option<Duration>,
    /// Renew the timestamps of a checkpoint this many days before all of them become weak [default: 90] | 时间戳效力届满前多少天续签
    #[arg(long = "tsa-renew-before", value_name = "DAYS", value_parser = days)]
    pub renewal: Option<Duration>,
    /// Revocation lists of the authorities (DER or PEM), stored with the tokens; repeatable | 证书吊销列表
    #[arg(long = "tsa-crl", value_name = "FILE")]
    pub revocation_lists: Vec<PathBuf>,
}

/// Parses an interval: seconds, or a number with `s`, `m` or `h`.
///
/// # Errors
///
/// The expected form, in both languages.
pub fn interval(text: &str) -> Result<Duration, String> {
    let expected = || {
        "expected seconds, or a number with s, m or h, up to 720h | 应为秒数，或带 s、m、h 的数，至多 720h".to_owned()
    };
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at).unwrap_or_default(), 1),
        Some((at, 'm')) => (text.get(..at).unwrap_or_default(), 60),
        Some((at, 'h')) => (text.get(..at).unwrap_or_default(), 3_600),
        _ => (text, 1),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    let interval = Duration::from_secs(number.checked_mul(unit).ok_or_else(expected)?);
    if interval.is_zero() || interval > INTERVAL_MAX { Err(expected()) } else { Ok(interval) }
}

/// Parses a number of days.
///
/// # Errors
///
/// The expected form, in both languages.
pub fn days(text: &str) -> Result<Duration, String> {
    let days = text.parse::<u32>().ok().filter(|days| (1..=36_500).contains(days));
    let days = days.ok_or_else(|| "expected a number of days, 1 to 36500 | 应为天数，1 至 36500".to_owned())?;
    Ok(Duration::from_hours(24 * u64::from(days)))
}

impl TimestampArgs {
    /// These options; where one is not set, that of `other`. Authorities and their certificates go together.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let has_own = !self.authorities.is_empty() || !self.certificates.is_empty();
        let (authorities, certificates) =
            if has_own { (self.authorities, self.certificates) } else { (other.authorities, other.certificates) };
        let has_lists = !self.revocation_lists.is_empty();
        Self {
            authorities,
            certificates,
            interval: self.interval.or(other.interval),
            renewal: self.renewal.or(other.renewal),
            revocation_lists: if has_lists { self.revocation_lists } else { other.revocation_lists },
        }
    }

    /// Reads certificates and revocation lists.
    ///
    /// # Errors
    ///
    /// [`CliError`], which names the file.
    pub fn load(&self) -> Result<Vec<Authority>, CliError> {
        if self.authorities.len() != self.certificates.len() {
            let en = "each timestamp authority needs a file with its certificates: as many --tsa-ca as --tsa";
            return Err(CliError::usage(
                "bad_setting",
                "每个时间戳机构须有对应的根证书文件：--tsa-ca 与 --tsa 数目应相同",
                en,
            ));
        }
        let mut authorities = Vec::new();
        for (url, file) in self.authorities.iter().zip(&self.certificates) {
            let client = TsaClient::new(url);
            let client = client.map_err(|error| CliError::usage("bad_setting", error.chinese(), error.to_string()))?;
            let mut trust = TsaTrust::from_pem(&read(file)?).map_err(|error| unusable(file, &error))?;
            for list in &self.revocation_lists {
                trust.add_revocation_lists(&read(list)?).map_err(|error| unusable(list, &error))?;
            }
            authorities.push(Authority { client, trust });
        }
        Ok(authorities)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    regular::read(path, FILE_MAX).map_err(|error| CliError::io(path, &error))
}

fn unusable(path: &Path, error: &TrustError) -> CliError {
    let path = path.display();
    CliError::usage("bad_certificates", format!("{path}：{}", error.chinese()), format!("{path}: {error}"))
}

/// The witnesses and timestamp authorities that this node trusts in its own verifications.
#[must_use]
pub fn attesters(policy: Option<&WitnessPolicy>, authorities: &[Authority]) -> AttestationTrust {
    let mut trust = TsaTrust::default();
    for authority in authorities {
        trust.extend(&authority.trust);
    }
    AttestationTrust::new(policy.map(|policy| policy.policy().clone()), trust)
}

/// A running stamper. Dropped, it stops.
#[derive(Debug)]
pub struct RunningStamper {
    service: StampingService,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl RunningStamper {
    /// Starts a stamper for `authorities`, if there are any.
    ///
    /// # Errors
    ///
    /// [`CliError`] if the ledger cannot be read.
    pub fn start(
        args: &TimestampArgs,
        authorities: Vec<Authority>,
        needs_quorum: bool,
        (queries, store): (Arc<QueryService>, Arc<dyn Annotations>),
    ) -> Result<Option<Self>, CliError> {
        if authorities.is_empty() {
            return Ok(None);
        }
        let (clock, interval) = (Arc::new(SystemClock::new()), args.interval.unwrap_or(DEFAULT_INTERVAL));
        let horizon = args.renewal.unwrap_or(DEFAULT_HORIZON);
        let parts = StamperParts { queries, store, clock, authorities, interval, needs_quorum, horizon };
        let (stamper, service) = Stamper::new(parts).map_err(|error| {
            let zh = format!("账本无法读取：{error}");
            CliError::unable("cannot_start", zh, format!("the ledger cannot be read: {error}"))
        })?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(stamper.run(async { drop(stopped.await) }));
        Ok(Some(Self { service, stop, task }))
    }

    /// The service for commands, metrics and verifications.
    #[must_use]
    pub fn service(&self) -> StampingService {
        self.service.clone()
    }

    /// Stops the stamper.
    pub async fn stop(running: Option<Self>) {
        let Some(running) = running else { return };
        drop(running.stop);
        if let Err(error) = running.task.await {
            tracing::error!(%error, "the timestamp task failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_seconds_or_has_a_unit() {
        let seconds = |text: &str| interval(text).map(|interval| interval.as_secs()).ok();
        assert_eq!(["600", "10m", "1h", "5s"].map(seconds), [Some(600), Some(600), Some(3_600), Some(5)]);
        for bad in ["", "0", "m", "-1", "1.5", "1d", "721h", "99999999999999999999h", "+5é"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
