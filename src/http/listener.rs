//! The addresses on which a node listens: TCP with or without TLS, and Unix sockets.
//!
//! # Invariants
//!
//! Plain HTTP is served on loopback addresses, on Unix sockets, and to peers that the operator has named as trusted proxies.
//! A TCP listener on any other address without TLS accepts connections of trusted proxies only, and cannot be opened without any.
//! A Unix socket counts as the address 127.0.0.1.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::http::tls::TlsIdentity;

/// The address of a peer on a Unix socket.
const OF_UNIX_SOCKET: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An address to listen on, as the operator writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// `127.0.0.1:7654`, `[::1]:7654`: with TLS if a certificate is configured.
    Tcp(SocketAddr),
    /// `http://127.0.0.1:7654`: without TLS.
    Plain(SocketAddr),
    /// `https://0.0.0.0:443`: with TLS.
    Tls(SocketAddr),
    /// `unix:/run/tiezheng/http.sock`: an absolute path.
    Unix(PathBuf),
}

/// The text is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no address to listen on: write 127.0.0.1:7654, https://0.0.0.0:443, http://[::1]:7654 or unix:/run/tiezheng/http.sock"
)]
pub struct ListenAddressError(String);

impl ListenAddressError {
    /// What would be right, in Chinese.
    #[must_use]
    pub const fn in_chinese(&self) -> &'static str {
        "应为监听地址，如 127.0.0.1:7654、https://0.0.0.0:443、http://[::1]:7654 或 unix:/run/tiezheng/http.sock"
    }
}

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, ListenAddressError> {
        let malformed = || ListenAddressError(text.to_owned());
        let socket = |text: &str| text.strip_suffix('/').unwrap_or(text).parse().map_err(|_| malformed());
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(malformed()) };
        }
        if let Some(address) = text.strip_prefix("https://") {
            return socket(address).map(Self::Tls);
        }
        match text.strip_prefix("http://") {
            Some(address) => socket(address).map(Self::Plain),
            None => text.parse().map(Self::Tcp).map_err(|_| malformed()),
        }
    }
}

impl ListenAddress {
    /// Checks whether it may be listened on. `has_tls` says whether a certificate is configured, `has_proxies` whether trusted
    /// proxies are.
    ///
    /// # Errors
    ///
    /// [`ListenError::NoCertificate`], [`ListenError::PlainNetwork`].
    pub fn check(&self, has_tls: bool, has_proxies: bool) -> Result<(), ListenError> {
        match self {
            Self::Tls(_) if !has_tls => Err(ListenError::NoCertificate(self.clone())),
            Self::Tcp(_) if has_tls => Ok(()),
            Self::Tcp(socket) | Self::Plain(socket) if !has_proxies && !is_loopback(*socket) => {
                Err(ListenError::PlainNetwork(self.clone()))
            }
            _ => Ok(()),
        }
    }
}

const fn is_loopback(socket: SocketAddr) -> bool {
    socket.ip().to_canonical().is_loopback()
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Plain(address) => write!(f, "http://{address}"),
            Self::Tls(address) => write!(f, "https://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// TLS is asked for without a certificate.
    #[error("{0} needs a certificate: set tls.certificate and tls.key")]
    NoCertificate(ListenAddress),
    /// Plain HTTP would be open to the network.
    #[error(
        "{0} is not a loopback address, and plain HTTP would carry tokens and private content unencrypted: set tls.certificate and \
         tls.key, or name the reverse proxies in network.trusted_proxies (--trusted-proxy), whose connections alone are then \
         accepted"
    )]
    PlainNetwork(ListenAddress),
    /// Something that is no socket has the name of the Unix socket.
    #[error("{}: a file that is no socket has this name; choose another name, or remove it", .0.display())]
    NotASocket(PathBuf),
    /// Another process listens on the Unix socket.
    #[error("{}: another process listens on this socket", .0.display())]
    InUse(PathBuf),
    /// The system refuses.
    #[error("cannot listen on {address}: {error}")]
    System {
        /// The address.
        address: ListenAddress,
        /// What the system says.
        error: io::Error,
    },
}

/// A socket that accepts connections.
#[derive(Debug)]
pub struct Listener {
    socket: ListeningSocket,
    tls: Option<TlsIdentity>,
    proxies_only: bool,
}

#[derive(Debug)]
enum ListeningSocket {
    Tcp(TcpListener),
    /// With its path, which is removed at the end.
    Unix(UnixListener, PathBuf),
}

/// An accepted connection.
pub type Socket = tokio_util::either::Either<TcpStream, UnixStream>;

impl Listener {
    /// A TCP listener that serves plain HTTP to every peer: for tests and benchmarks.
    #[must_use]
    pub const fn plain(listener: TcpListener) -> Self {
        Self { socket: ListeningSocket::Tcp(listener), tls: None, proxies_only: false }
    }

    /// A TCP listener that serves HTTP over TLS.
    #[must_use]
    pub const fn with_tls(listener: TcpListener, tls: TlsIdentity) -> Self {
        Self { socket: ListeningSocket::Tcp(listener), tls: Some(tls), proxies_only: false }
    }

    /// Listens on `address`. `has_proxies` says whether the operator has named trusted proxies; `mode` is that of a Unix socket.
    ///
    /// # Errors
    ///
    /// [`ListenError`].
    pub async fn bind(
        address: &ListenAddress,
        tls: Option<&TlsIdentity>,
        has_proxies: bool,
        mode: u32,
    ) -> Result<Self, ListenError> {
        address.check(tls.is_some(), has_proxies)?;
        let (socket, tls) = match address {
            ListenAddress::Unix(path) => {
                let socket = ListeningSocket::Unix(bind_unix(path, mode)?, path.clone());
                return Ok(Self { socket, tls: None, proxies_only: false });
            }
            ListenAddress::Tcp(socket) | ListenAddress::Tls(socket) => (*socket, tls),
            ListenAddress::Plain(socket) => (*socket, None),
        };
        let proxies_only = tls.is_none() && !is_loopback(socket);
        let listener = TcpListener::bind(socket).await;
        let listener = listener.map_err(|error| ListenError::System { address: address.clone(), error })?;
        Ok(Self { socket: ListeningSocket::Tcp(listener), tls: tls.cloned(), proxies_only })
    }

    /// The address as clients write it: `https://…`, `http://…` or `unix:…`.
    ///
    /// # Errors
    ///
    /// The system does not tell.
    pub fn url(&self) -> io::Result<String> {
        Ok(match &self.socket {
            ListeningSocket::Tcp(listener) => {
                let scheme = if self.tls.is_some() { "https" } else { "http" };
                format!("{scheme}://{}", listener.local_addr()?)
            }
            ListeningSocket::Unix(_, path) => format!("unix:{}", path.display()),
        })
    }

    /// The certificate of its connections.
    #[must_use]
    pub const fn tls(&self) -> Option<&TlsIdentity> {
        self.tls.as_ref()
    }

    /// Whether it is a Unix socket, whose clients have no addresses of their own.
    #[must_use]
    pub const fn is_unix(&self) -> bool {
        matches!(self.socket, ListeningSocket::Unix(..))
    }

    /// Whether it accepts connections of trusted proxies only.
    #[must_use]
    pub const fn is_for_proxies_only(&self) -> bool {
        self.proxies_only
    }

    /// Accepts a connection. Returns its peer's address too.
    ///
    /// # Errors
    ///
    /// The system's; a later call may succeed.
    pub async fn accept(&self) -> io::Result<(Socket, IpAddr)> {
        match &self.socket {
            ListeningSocket::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are written at once, so Nagle's algorithm would only add latency.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY");
                }
                Ok((Socket::Left(stream), peer.ip()))
            }
            ListeningSocket::Unix(listener, _) => Ok((Socket::Right(listener.accept().await?.0), OF_UNIX_SOCKET)),
        }
    }
}

impl Drop for ListeningSocket {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // A socket that stays is replaced at the next start.
            let _ = fs::remove_file(path);
        }
    }
}

/// Listens on the Unix socket `path`. One that a stopped process has left behind is replaced. The process must have the umask 0077.
///
/// # Errors
///
/// [`ListenError`].
pub fn bind_unix(path: &Path, mode: u32) -> Result<UnixListener, ListenError> {
    let failed = |error| ListenError::System { address: ListenAddress::Unix(path.to_owned()), error };
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => return Err(ListenError::NotASocket(path.to_owned())),
        // A socket that nobody listens on refuses connections.
        Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(failed)?,
            _ => return Err(ListenError::InUse(path.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    // Nobody else can connect before the mode is set: the node's umask is 0077.
    let listener = UnixListener::bind(path).map_err(failed)?;
    if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
        // A socket that stays is replaced at the next start.
        let _ = fs::remove_file(path);
        return Err(failed(error));
    }
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_printed_in_one_spelling() {
        for text in ["127.0.0.1:7654", "[::1]:0", "http://127.0.0.1:80", "https://[::]:443", "unix:/run/t/http.sock"] {
            assert_eq!(text.parse::<ListenAddress>().map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "7654",
            "localhost:7654",
            "ftp://127.0.0.1:1",
            "unix:run/x",
            "unix:",
            "https://example.org:443",
            "::1:80",
        ] {
            let error = text.parse::<ListenAddress>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{text}");
        }
    }

    #[tokio::test]
    async fn plain_http_is_served_on_loopback_and_to_proxies_only() {
        let bind =
            async |text: &str, has_proxies| Listener::bind(&text.parse().unwrap(), None, has_proxies, 0o600).await;
        for text in ["127.0.0.1:0", "http://127.0.0.1:0", "127.0.0.2:0"] {
            assert!(!bind(text, false).await.unwrap().is_for_proxies_only(), "{text}");
        }
        for text in ["0.0.0.0:0", "http://0.0.0.0:0"] {
            assert!(matches!(bind(text, false).await, Err(ListenError::PlainNetwork(_))), "{text}");
            assert!(bind(text, true).await.unwrap().is_for_proxies_only(), "{text}");
        }
        assert!(matches!(bind("https://127.0.0.1:0", true).await, Err(ListenError::NoCertificate(_))));
    }

    #[tokio::test]
    async fn a_unix_socket_replaces_one_left_behind_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("http.sock");
        let address: ListenAddress = format!("unix:{}", path.display()).parse().unwrap();
        let bind = async || Listener::bind(&address, None, false, 0o660).await;
        let first = bind().await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert!(matches!(bind().await, Err(ListenError::InUse(_))));
        drop(first);
        assert!(!path.exists());
        // Left behind by a process that was killed.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(bind().await.unwrap());
        fs::write(&path, "a file").unwrap();
        assert!(matches!(bind().await, Err(ListenError::NotASocket(_))));
        assert_eq!(fs::read(&path).unwrap(), b"a file");
    }
}
