//! The client's address: the peer of the connection, or what a trusted proxy says of it (RFC 7239, `X-Forwarded-For`).
//!
//! It serves rate limits and log lines, and tells who may read the metrics. No access to the ledger, to private content or to a case is
//! ever granted or refused by an address.
//!
//! # Invariants
//!
//! A header is read only if the peer is in one of the networks that the operator has named as proxies; any other peer can write anything into it. Addresses are read from the right, where the nearest proxy wrote: the first one that is no trusted proxy is the
//! client. The elements to its left were written by that client and are never read. If an element is malformed before the client
//! is found, the peer's address is used.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::header::FORWARDED;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::http::problem::ApiError;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A network of proxies, as the operator writes it: `10.0.0.0/8`, `fd00::/8`, `127.0.0.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyNetwork(IpNet);

/// Why a text is not a network of proxies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyNetworkError {
    /// Neither a network nor an address.
    #[error("`{0}` is neither a network like 10.0.0.0/8 nor an address like 127.0.0.1")]
    Malformed(String),
    /// Bits behind the prefix are set: the operator may have meant another network.
    #[error("`{given}` has bits set behind its prefix; write {network}")]
    HostBits {
        /// What was given.
        given: String,
        /// The network that it lies in.
        network: IpNet,
    },
    /// It would trust every peer, and with that every client's own claim about its address.
    #[error("`{0}` trusts every peer: any client could claim any address. Name the proxies")]
    Everybody(String),
    /// IPv4 addresses are compared as IPv4.
    #[error("`{0}` is an IPv4-mapped network: write it as IPv4")]
    Mapped(String),
}

impl ProxyNetworkError {
    /// What is wrong, in Chinese.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Malformed(_) => "应为网段（如 10.0.0.0/8）或地址（如 127.0.0.1）".into(),
            Self::HostBits { network, .. } => format!("网络前缀之后的位不为零，应写作 {network}"),
            Self::Everybody(_) => "等于信任所有来源，任何客户端都可冒充任意地址，请只列出代理所在网段".into(),
            Self::Mapped(_) => "IPv4 映射网段，请写成 IPv4 网段".into(),
        }
    }
}

impl FromStr for ProxyNetwork {
    type Err = ProxyNetworkError;

    fn from_str(text: &str) -> Result<Self, ProxyNetworkError> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let network = network.map_err(|_| ProxyNetworkError::Malformed(text.to_owned()))?;
        if matches!(network.addr(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
            return Err(ProxyNetworkError::Mapped(text.to_owned()));
        }
        if network != network.trunc() {
            return Err(ProxyNetworkError::HostBits { given: text.to_owned(), network: network.trunc() });
        }
        if network.prefix_len() == 0 {
            return Err(ProxyNetworkError::Everybody(text.to_owned()));
        }
        Ok(Self(network))
    }
}

/// Networks that the operator has named: of proxies whose `Forwarded` and `X-Forwarded-For` headers are read, or of clients that
/// monitor the node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkList(Vec<ProxyNetwork>);

impl NetworkList {
    /// The loopback networks.
    #[must_use]
    pub fn loopback() -> Self {
        let networks = ["127.0.0.0/8", "::1/128"].into_iter().filter_map(|text| text.parse().ok());
        Self(networks.collect())
    }

    /// These networks.
    #[must_use]
    pub const fn new(networks: Vec<ProxyNetwork>) -> Self {
        Self(networks)
    }

    /// Whether the address is in one of the networks.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.0.contains(&address))
    }
}

/// The address of a client, for limits and logs only.
///
/// Handlers take it as an extractor; the server puts it into each request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress {
    ip: IpAddr,
    /// Whether it is the client's: false where a trusted proxy does not say whose request it passes.
    is_known: bool,
}

impl ClientAddress {
    /// The client behind a connection from `peer` with these headers.
    #[must_use]
    pub fn of(peer: IpAddr, headers: &HeaderMap, proxies: &NetworkList) -> Self {
        let peer = peer.to_canonical();
        if !proxies.contain(peer) {
            return Self { ip: peer, is_known: true };
        }
        match forwarded_client(peer, headers, proxies) {
            Some(ip) => Self { ip, is_known: true },
            None => Self { ip: peer, is_known: false },
        }
    }

    /// The address itself.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.ip
    }

    /// Whether the client is in one of the networks; never, where its address is not known.
    #[must_use]
    pub fn is_in(self, networks: &NetworkList) -> bool {
        self.is_known && networks.contain(self.ip)
    }

    /// What limits count by: an IPv4 address, or the /64 network of an IPv6 address, all of which one client may use.
    #[must_use]
    pub const fn group(self) -> AddressGroup {
        AddressGroup::of(self.ip)
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.ip.fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let address = parts.extensions.get().copied();
        address.ok_or_else(|| ApiError::internal(&"the server did not note the client's address"))
    }
}

/// Addresses that share one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressGroup(IpAddr);

impl AddressGroup {
    /// The group that an address belongs to.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => Self(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)))),
        }
    }
}

impl std::fmt::Display for AddressGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// The right-most address that is not a trusted proxy; `None` if the headers are not reliable.
fn forwarded_client(peer: IpAddr, headers: &HeaderMap, proxies: &NetworkList) -> Option<IpAddr> {
    let (standard, usual) = (headers.contains_key(FORWARDED), headers.contains_key(&X_FORWARDED_FOR));
    match (standard, usual) {
        (true, false) => right_most(headers, &FORWARDED, forwarded_elements, proxies),
        (false, true) => right_most(headers, &X_FORWARDED_FOR, listed_addresses, proxies),
        // A proxy writes one of them and passes the client's own in the other. Which one it writes is not known.
        (true, true) => None,
        (false, false) => Some(peer),
    }
}

/// One element of a header: an address, or something that is none.
type Element = Option<IpAddr>;

fn right_most(
    headers: &HeaderMap,
    name: &HeaderName,
    elements: fn(&str) -> Option<Vec<Element>>,
    proxies: &NetworkList,
) -> Option<IpAddr> {
    let mut nearest = None;
    // Several lines are one list, the last line nearest to us (RFC 9110 section 5.3).
    for line in headers.get_all(name).iter().rev() {
        for element in elements(line.to_str().ok()?)?.into_iter().rev() {
            let address = element?;
            nearest = Some(address);
            if !proxies.contain(address) {
                return nearest;
            }
        }
    }
    nearest
}

/// `203.0.113.7, 2001:db8::1, [2001:db8::1]:4711, 203.0.113.7:4711`.
#[expect(clippy::unnecessary_wraps, reason = "the other header has lines that cannot be read at all")]
fn listed_addresses(line: &str) -> Option<Vec<Element>> {
    Some(line.split(',').map(|text| node_address(text.trim())).collect())
}

/// The `for` of each element of a line of `Forwarded`. `None` for a line with a quoted string that does not end.
fn forwarded_elements(line: &str) -> Option<Vec<Element>> {
    let parts = split_unquoted(line, ',')?;
    Some(parts.into_iter().map(forwarded_for).collect())
}

/// The one `for` parameter of an element; `None` where it is missing, repeated or no address.
fn forwarded_for(element: &str) -> Element {
    let mut found = None;
    for pair in split_unquoted(element, ';')? {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case("for") {
            if found.is_some() {
                return None;
            }
            found = Some(unquoted(value)?);
        }
    }
    node_address(&found?)
}

/// The parts between separators that stand outside of quoted strings.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c: char| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return !quoted && c == separator,
        }
        false
    });
    let parts: Vec<&str> = parts.collect();
    (!quoted).then_some(parts)
}

/// A token as it is, a quoted string without its quotes. No address needs an escaped character.
fn unquoted(value: &str) -> Option<String> {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').filter(|text| !text.contains(['"', '\\'])).map(str::to_owned),
        None => Some(value.to_owned()),
    }
}

/// An address with or without a port. `unknown` and made-up names (`_proxy1`) are none.
fn node_address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn proxies(networks: &[&str]) -> NetworkList {
        NetworkList::new(networks.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn client(peer: &str, lines: &[(&'static str, &str)], networks: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        ClientAddress::of(peer.parse().unwrap(), &headers, &proxies(networks)).to_string()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        for lines in [[("x-forwarded-for", "192.0.2.1")], [("forwarded", "for=192.0.2.1")]] {
            assert_eq!(client("127.0.0.1", &lines, &[]), "127.0.0.1");
            assert_eq!(client("10.0.0.1", &lines, &["127.0.0.0/8"]), "10.0.0.1");
            assert_eq!(client("127.0.0.1", &lines, &["127.0.0.0/8"]), "192.0.2.1");
            // A peer of a dual-stack socket is the same peer.
            assert_eq!(client("::ffff:127.0.0.1", &lines, &["127.0.0.1"]), "192.0.2.1");
        }
        assert_eq!(client("127.0.0.1", &[], &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_is_the_client() {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        let of = |name: &'static str, value: &str| client("127.0.0.1", &[(name, value)], &trusted);
        for (value, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1", "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1, 10.0.0.9", "192.0.2.1"),
            ("garbage, 192.0.2.1, 10.0.0.9,fd00::1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            // All of them proxies: the outermost one asks for itself.
            ("10.0.0.1, 10.0.0.2", "10.0.0.1"),
            // Malformed before the client is found: the peer.
            ("6.6.6.6, garbage", "127.0.0.1"),
            ("6.6.6.6, garbage, 10.0.0.9", "127.0.0.1"),
            ("6.6.6.6,", "127.0.0.1"),
            ("", "127.0.0.1"),
            ("unknown", "127.0.0.1"),
            ("192.0.2.1 6.6.6.6", "127.0.0.1"),
            ("192.0.2.256", "127.0.0.1"),
        ] {
            assert_eq!(of("x-forwarded-for", value), expected, "{value}");
        }
        for (value, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=192.0.2.1;proto=https;by=10.0.0.9", "192.0.2.1"),
            (r#"for="[2001:db8::7]:4711""#, "2001:db8::7"),
            (r#"for=6.6.6.6, for="192.0.2.1:80";host="a,b;c", for=10.0.0.9"#, "192.0.2.1"),
            (r#"host="a\",for=6.6.6.6";for=192.0.2.1"#, "192.0.2.1"),
            // An element of a client may be anything, as long as it stands left of what a proxy wrote.
            ("x, for=192.0.2.1", "192.0.2.1"),
            ("for=6.6.6.6, for=unknown", "127.0.0.1"),
            ("for=_hidden", "127.0.0.1"),
            ("by=10.0.0.9", "127.0.0.1"),
            ("for=6.6.6.6;for=192.0.2.1", "127.0.0.1"),
            (r#"for="6.6.6.6, for=192.0.2.1"#, "127.0.0.1"),
            (r#"for="192.0.2.1\"#, "127.0.0.1"),
        ] {
            assert_eq!(of("forwarded", value), expected, "{value}");
        }
    }

    #[test]
    fn lines_are_one_list_and_two_headers_are_none() {
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.0.0.1")];
        assert_eq!(client("127.0.0.1", &lines, &["127.0.0.1", "10.0.0.0/8"]), "192.0.2.1");
        let unended = [("forwarded", "for=\"6.6.6.6"), ("forwarded", "for=192.0.2.1")];
        assert_eq!(client("127.0.0.1", &unended, &["127.0.0.1"]), "192.0.2.1");
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("127.0.0.1", &both, &["127.0.0.1"]), "127.0.0.1");
        // Whose request it is, is not known then: it may not read what monitoring may.
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("192.0.2.1"));
        let of =
            |headers: &HeaderMap| ClientAddress::of("127.0.0.1".parse().unwrap(), headers, &proxies(&["127.0.0.1"]));
        assert!(!of(&headers).is_in(&NetworkList::loopback()));
        headers.append("forwarded", HeaderValue::from_static("for=a"));
        assert!(!of(&headers).is_in(&NetworkList::loopback()));
        assert!(of(&HeaderMap::new()).is_in(&NetworkList::loopback()));
        let bytes = [("x-forwarded-for", "192.0.2.1, é")];
        assert_eq!(client("127.0.0.1", &bytes, &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn a_network_is_counted_as_one_client() {
        let group = |text: &str| ClientAddress { ip: text.parse().unwrap(), is_known: true }.group();
        assert_eq!(group("2001:db8:1:2::1"), group("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(group("2001:db8:1:2::1"), group("2001:db8:1:3::1"));
        assert_ne!(group("192.0.2.1"), group("192.0.2.2"));
        assert_eq!(group("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
    }

    #[test]
    fn networks_are_written_as_they_are_meant() {
        for good in ["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8", "192.0.2.7/32"] {
            assert!(good.parse::<ProxyNetwork>().is_ok(), "{good}");
        }
        for bad in ["", "localhost", "10.0.0.0/33", "10.0.0.1/8", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "10/8"] {
            assert!(bad.parse::<ProxyNetwork>().is_err(), "{bad}");
        }
    }
}
