//! TLS of the listeners: a certificate chain and a private key from PEM files, which can be reloaded while the node runs.
//!
//! # Invariants
//!
//! TLS 1.2 and 1.3 only, with the cipher suites of rustls: each has forward secrecy and authenticated encryption. A certificate
//! is used only if chain and key can be parsed, the key is that of the certificate, the issuer's name of each is the subject of the
//! next, and all are valid now. Signatures are for clients to check. A reload that fails leaves the earlier certificate in use.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

use crate::files::{reason, regular};
use crate::ledger::time::Timestamp;

/// Most bytes of either file.
const FILE_MAX: usize = 1 << 20;
/// The protocols that are offered (RFC 7301), the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];
/// The name of HTTP/2 in ALPN (RFC 9113 section 3.2).
pub const HTTP_2: &[u8] = b"h2";

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the node and those of its issuers, in this order, as PEM. The root may be left out.
    pub certificate: PathBuf,
    /// The private key as PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    pub key: PathBuf,
}

/// Why a certificate is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no certificate in the file.
    #[error("{}: no certificate in PEM form (BEGIN CERTIFICATE) is in it", .0.display())]
    NoCertificate(PathBuf),
    /// A certificate cannot be parsed.
    #[error("{}: certificate {number} cannot be parsed: {reason}", .path.display())]
    MalformedCertificate {
        /// The file.
        path: PathBuf,
        /// Which, counted from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is no private key in the file.
    #[error("{}: no private key in PEM form is in it. An encrypted key must be decrypted first", .0.display())]
    NoKey(PathBuf),
    /// The key is of a kind that is not supported.
    #[error("{}: the private key cannot be used: {reason}. RSA, ECDSA (P-256, P-384) and Ed25519 are supported", .path.display())]
    UnusableKey {
        /// The file.
        path: PathBuf,
        /// What rustls says.
        reason: String,
    },
    /// The key is not that of the certificate.
    #[error("the private key in {} is not that of the certificate in {}", .key.display(), .certificate.display())]
    OtherKey {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// A certificate is not valid yet.
    #[error("{}: certificate {number} is valid from {from} only", .path.display())]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// Which, counted from 1.
        number: usize,
        /// The beginning of its validity.
        from: Timestamp,
    },
    /// A certificate has expired.
    #[error("{}: certificate {number} expired at {until}", .path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// Which, counted from 1.
        number: usize,
        /// The end of its validity.
        until: Timestamp,
    },
    /// A certificate is not followed by its issuer.
    #[error("{}: certificate {number} was not issued by the one that follows it: put the node's certificate first and each issuer after it", .path.display())]
    Order {
        /// The file.
        path: PathBuf,
        /// Which, counted from 1.
        number: usize,
    },
    /// The library refuses the configuration.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

impl TlsError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "tls_file_unreadable",
            Self::NoCertificate(_) | Self::MalformedCertificate { .. } => "tls_certificate_malformed",
            Self::NoKey(_) | Self::UnusableKey { .. } => "tls_key_unusable",
            Self::OtherKey { .. } => "tls_key_mismatch",
            Self::NotYetValid { .. } => "tls_certificate_not_yet_valid",
            Self::Expired { .. } => "tls_certificate_expired",
            Self::Order { .. } => "tls_certificate_order",
            Self::Setup(_) => "tls_setup",
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Unreadable { path, error } => format!("{}：{}", path.display(), reason::chinese(error)),
            Self::NoCertificate(path) => format!("{}：未找到 PEM 格式的证书（BEGIN CERTIFICATE）", path.display()),
            Self::MalformedCertificate { path, number, .. } => {
                format!("{}：第 {number} 张证书无法解析", path.display())
            }
            Self::NoKey(path) => format!("{}：未找到 PEM 格式的私钥；加密的私钥须先解密", path.display()),
            Self::UnusableKey { path, .. } => {
                format!("{}：私钥无法使用，支持 RSA、ECDSA（P-256、P-384）与 Ed25519", path.display())
            }
            Self::OtherKey { key, certificate } => {
                format!("{} 中的私钥与 {} 中的证书不匹配", key.display(), certificate.display())
            }
            Self::NotYetValid { path, number, from } => {
                format!("{}：第 {number} 张证书自北京时间 {} 起方才生效", path.display(), from.beijing())
            }
            Self::Expired { path, number, until } => {
                format!("{}：第 {number} 张证书已于北京时间 {} 过期", path.display(), until.beijing())
            }
            Self::Order { path, number } => format!(
                "{}：第 {number} 张证书并非由其后一张签发；请先放节点证书，其后依次放各级签发者证书",
                path.display()
            ),
            Self::Setup(error) => format!("无法启用 TLS：{error}"),
        }
    }
}

/// A certificate in use, and the TLS configuration that presents it. Clones share both.
#[derive(Clone)]
pub struct TlsIdentity {
    files: TlsFiles,
    current: Arc<CurrentCertificate>,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The certificate that new connections get.
#[derive(Debug)]
struct CurrentCertificate(RwLock<LoadedCertificate>);

#[derive(Debug, Clone)]
struct LoadedCertificate {
    key: Arc<CertifiedKey>,
    valid_until: Timestamp,
}

impl CurrentCertificate {
    fn get(&self) -> LoadedCertificate {
        // The value is replaced whole, so a panicked thread leaves a valid one.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get().key)
    }
}

impl TlsIdentity {
    /// Loads and checks the files; `now` must lie in the validity of all certificates.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub fn load(files: TlsFiles, now: Timestamp) -> Result<Self, TlsError> {
        let current = Arc::new(CurrentCertificate(RwLock::new(loaded(&files, now)?)));
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(TlsError::Setup)?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<CurrentCertificate>::clone(&current);
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        config.ticketer = Ticketer::new().map_err(TlsError::Setup)?;
        Ok(Self { files, current, config: Arc::new(config) })
    }

    /// Loads the files again. New connections get the new certificate; open ones are not affected.
    ///
    /// # Errors
    ///
    /// [`TlsError`]: the earlier certificate stays in use.
    pub fn reload(&self, now: Timestamp) -> Result<(), TlsError> {
        let fresh = loaded(&self.files, now)?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The end of the validity of the certificate in use, or of an issuer's that ends earlier.
    #[must_use]
    pub fn valid_until(&self) -> Timestamp {
        self.current.get().valid_until
    }

    /// Accepts TLS connections with the certificate in use.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let read = regular::read(path, FILE_MAX);
    read.map(Zeroizing::new).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })
}

/// Reads and checks both files.
fn loaded(files: &TlsFiles, now: Timestamp) -> Result<LoadedCertificate, TlsError> {
    let path = &files.certificate;
    let malformed = |number, reason: String| TlsError::MalformedCertificate { path: path.clone(), number, reason };
    let mut chain = Vec::new();
    for (certificate, number) in CertificateDer::pem_slice_iter(&read(path)?).zip(1..) {
        chain.push(certificate.map_err(|error| malformed(number, error.to_string()))?);
    }
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(path.clone()));
    }
    let valid_until = check_chain(path, &chain, now)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?);
    let key = key.map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey(files.key.clone()),
        error => TlsError::UnusableKey { path: files.key.clone(), reason: error.to_string() },
    })?;
    let key = CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::OtherKey { key: files.key.clone(), certificate: files.certificate.clone() }
        }
        error => TlsError::UnusableKey { path: files.key.clone(), reason: error.to_string() },
    })?;
    Ok(LoadedCertificate { key: Arc::new(key), valid_until })
}

/// Checks order and validity of a chain. Returns the earliest end of validity.
fn check_chain(path: &Path, chain: &[CertificateDer<'_>], now: Timestamp) -> Result<Timestamp, TlsError> {
    let path = path.to_owned();
    let mut parsed = Vec::new();
    for (certificate, number) in chain.iter().zip(1..) {
        let certificate = Certificate::from_der(certificate).map_err(|error| TlsError::MalformedCertificate {
            path: path.clone(),
            number,
            reason: error.to_string(),
        })?;
        parsed.push(certificate);
    }
    let mut valid_until = None;
    for (certificate, number) in parsed.iter().zip(1..) {
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        let (from, until) = (time(validity.not_before), time(validity.not_after));
        if now < from {
            return Err(TlsError::NotYetValid { path, number, from });
        }
        if now > until {
            return Err(TlsError::Expired { path, number, until });
        }
        valid_until = Some(valid_until.map_or(until, |earliest: Timestamp| earliest.min(until)));
        let issuer = parsed.get(number).map(Certificate::tbs_certificate);
        if issuer.is_some_and(|issuer| issuer.subject() != certificate.issuer()) {
            return Err(TlsError::Order { path, number });
        }
    }
    valid_until.ok_or(TlsError::NoCertificate(path))
}

fn time(time: x509_cert::time::Time) -> Timestamp {
    let since_epoch = u64::try_from(time.to_unix_duration().as_millis()).unwrap_or(u64::MAX);
    Timestamp::from_millis(since_epoch).unwrap_or(Timestamp::MAX)
}
