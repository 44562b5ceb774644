//! Which addresses webhooks may call: public ones, and networks that the operator allows.
//!
//! Programs in the node's own network may trust every caller that can reach them, so a webhook must not make the node call them
//! (server-side request forgery). An address is checked when a webhook is registered, and again for each connection: the resolved
//! address that was checked is the one that is connected to, which defeats DNS rebinding.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::time::timeout;

/// How long a name may take to resolve when a webhook is registered.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
/// The lowest port that is not reserved for the services of an operating system.
const FIRST_USER_PORT: u16 = 1_024;
const HTTPS_PORT: u16 = 443;

/// IPv4 networks that are not public: RFC 6890 and its successors (the IANA registry of special-purpose addresses).
const SPECIAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Of IPv6 only global unicast is public, `2000::/3`, and of that not these: protocol assignments with Teredo,
/// documentation, and 6to4, which holds an IPv4 address.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let within = |(network, length): (Ipv4Addr, u8)| {
                (address.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(length)
            };
            !SPECIAL_V4.into_iter().any(within)
        }
        IpAddr::V6(address) => {
            let within = |(network, length): (Ipv6Addr, u8)| {
                (address.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(length)
            };
            within((Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)) && !SPECIAL_V6.into_iter().any(within)
        }
    }
}

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not public, and not allowed by the operator.
    #[error(
        "{host} is at {address}, which is not a public address; the operator can allow its network: --webhook-allow"
    )]
    NotPublic {
        /// The host of the URL.
        host: String,
        /// Its address.
        address: IpAddr,
    },
    /// A port of another service.
    #[error("port {0} is reserved for another service; webhooks are called on 443 and on ports from 1024 on")]
    Port(u16),
}

impl AddressError {
    /// The reason in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::NotPublic { host, address } => {
                format!("{host} 的地址 {address} 不是公网地址；须由平台管理员以 --webhook-allow 允许其网段")
            }
            Self::Port(port) => format!("端口 {port} 为其他服务保留；仅可使用 443 和 1024 以上的端口"),
        }
    }
}

/// Which addresses are called: public ones, and those in networks that the operator allows. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct WebhookAddresses {
    allowed: Arc<[IpNet]>,
}

impl WebhookAddresses {
    /// Public addresses and these networks.
    #[must_use]
    pub fn allowing(networks: &[IpNet]) -> Self {
        Self { allowed: networks.into() }
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address)) || is_public(address)
    }

    fn require(&self, host: &str, address: IpAddr) -> Result<(), AddressError> {
        if self.is_allowed(address) { Ok(()) } else { Err(AddressError::NotPublic { host: host.to_owned(), address }) }
    }

    /// Checks what can be checked without resolving a name: the port, and a host that is an address.
    ///
    /// # Errors
    ///
    /// [`AddressError`].
    pub fn check_literal(&self, url: &Url) -> Result<(), AddressError> {
        let host = host_of(url);
        if let Ok(address) = host.parse::<IpAddr>() {
            self.require(host, address)?;
        }
        match url.port() {
            Some(port) if port != HTTPS_PORT && port < FIRST_USER_PORT => Err(AddressError::Port(port)),
            _ => Ok(()),
        }
    }

    /// Checks all addresses of the URL's host. A name that does not resolve now passes: each call checks it again.
    ///
    /// # Errors
    ///
    /// [`AddressError`].
    pub async fn check(&self, url: &Url) -> Result<(), AddressError> {
        self.check_literal(url)?;
        let host = host_of(url);
        if let Ok(Ok(found)) = timeout(RESOLVE_TIMEOUT, lookup_host((host, 0))).await {
            for address in found {
                self.require(host, address.ip())?;
            }
        }
        Ok(())
    }
}

/// The host without the brackets of an IPv6 address.
fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

impl Resolve for WebhookAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            for address in &found {
                allowed.require(name.as_str(), address.ip())?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allowed: &[&str], url: &str) -> Result<(), AddressError> {
        let networks: Vec<IpNet> = allowed.iter().map(|network| network.parse().unwrap()).collect();
        WebhookAddresses::allowing(&networks).check_literal(&Url::parse(url).unwrap())
    }

    #[test]
    fn only_public_addresses_are_called() {
        for public in ["1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "192.0.1.1", "223.255.255.255"] {
            assert_eq!(check(&[], &format!("https://{public}/")), Ok(()), "{public}");
        }
        for public in ["2606:4700::1111", "2400:3200::1", "2001:200::1"] {
            assert_eq!(check(&[], &format!("https://[{public}]/")), Ok(()), "{public}");
        }
        for other in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "255.255.255.255",
            // Other spellings of 127.0.0.1 and 10.0.0.1.
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "10.1",
            "127.0.0.1.",
            "１２７.0.0.1",
        ] {
            assert!(matches!(check(&[], &format!("https://{other}/")), Err(AddressError::NotPublic { .. })), "{other}");
        }
        for other in [
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "100::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
        ] {
            assert!(
                matches!(check(&[], &format!("https://[{other}]/")), Err(AddressError::NotPublic { .. })),
                "{other}"
            );
        }
    }

    #[test]
    fn the_operator_allows_networks() {
        assert_eq!(check(&["127.0.0.0/8"], "http://127.0.0.1:8080/"), Ok(()));
        assert_eq!(check(&["127.0.0.0/8"], "https://[::ffff:127.0.0.1]/"), Ok(()));
        assert_eq!(check(&["fd00::/8"], "https://[fd12::1]/"), Ok(()));
        assert!(check(&["10.0.0.0/8"], "https://127.0.0.1/").is_err());
    }

    #[test]
    fn ports_of_other_services_are_not_called() {
        for good in ["https://1.1.1.1/", "https://1.1.1.1:443/", "https://1.1.1.1:8443/", "https://court.example:1024/"]
        {
            assert_eq!(check(&[], good), Ok(()), "{good}");
        }
        for bad in [22, 25, 80, 1_023] {
            assert_eq!(check(&[], &format!("https://1.1.1.1:{bad}/")), Err(AddressError::Port(bad)));
        }
    }

    /// A name is checked when it is registered, and when it is connected to.
    #[tokio::test]
    async fn a_name_is_checked_by_what_it_resolves_to() {
        let url = Url::parse("https://localhost/").unwrap();
        let none = WebhookAddresses::default();
        assert!(matches!(none.check(&url).await, Err(AddressError::NotPublic { .. })));
        assert!(none.resolve("localhost".parse().unwrap()).await.is_err());
        let here = WebhookAddresses::allowing(&["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        assert_eq!(here.check(&url).await, Ok(()));
        assert!(here.resolve("localhost".parse().unwrap()).await.unwrap().count() > 0);
        let unknown = Url::parse("https://does-not-resolve.invalid/").unwrap();
        assert_eq!(none.check(&unknown).await, Ok(()));
    }
}
