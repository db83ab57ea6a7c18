//! Where messages may go: addresses that a channel's author could not reach alone are refused, and looked at when they are dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

/// Destinations that are allowed although they are not public, and over plain HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
}

/// An entry that is neither a host nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a host nor a network: write relay.example.com, 10.1.2.3 or 10.1.0.0/16")]
pub struct AllowedError(String);

impl Allowed {
    /// Hosts by name, and networks such as `10.1.0.0/16`.
    pub fn new(entries: &[String]) -> Result<Self, AllowedError> {
        let mut allowed = Self::default();
        for entry in entries {
            if let Ok(network) = IpNet::from_str(entry) {
                allowed.networks.push(network);
            } else if let Ok(address) = IpAddr::from_str(entry) {
                allowed.networks.push(address.into());
            } else if is_host_name(entry) {
                allowed.hosts.push(entry.to_ascii_lowercase());
            } else {
                return Err(AllowedError(entry.clone()));
            }
        }
        Ok(allowed)
    }

    /// Whether a host is listed, by name or as an address.
    pub fn lists(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        self.hosts.contains(&host) || IpAddr::from_str(&host).is_ok_and(|address| self.has(address))
    }

    /// The addresses of a host that may be dialled; a sentence where there is none.
    pub(super) fn of_host(&self, host: &str, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, String> {
        let host_is_listed = self.lists(host);
        let may_be_dialled =
            |address: &&SocketAddr| host_is_listed || self.has(address.ip()) || is_public(address.ip());
        let public: Vec<SocketAddr> = found.iter().filter(may_be_dialled).copied().collect();
        if public.is_empty() {
            return Err(format!(
                "{host} has no address that messages are sent to: private, loopback, link-local and metadata addresses are \
                 refused unless --allow-destination lists them"
            ));
        }
        Ok(public)
    }

    fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253
        && text.split('.').all(is_label)
        && !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether everybody could dial the address.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let protocol = first == 192 && second == 0 && third == 0;
    let benchmark = first == 198 && (18..20).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || shared
        || protocol
        || benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // NAT64 and 6to4 carry an IPv4 address, which counts.
    let [.., high, low] = segments;
    let carried = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return carried(high, low);
    }
    if segments[0] == 0x2002 {
        return carried(segments[1], segments[2]);
    }
    // Global unicast alone: neither loopback, nor unique local with AWS's fd00:ec2::254, nor link-local.
    segments[0] & 0xe000 == 0x2000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str]) -> Allowed {
        let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
        Allowed::new(&entries).unwrap()
    }

    #[test]
    fn only_public_addresses_are_dialled_unless_they_are_listed() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("2606:2800:220:1::1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("169.254.169.254", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("::1", false),
            ("::ffff:169.254.169.254", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("2002:7f00:1::", false),
            ("::", false),
        ] {
            let address = SocketAddr::new(address.parse().unwrap(), 443);
            let dialled = allowed(&[]).of_host("hooks.example.com", &[address]);
            assert_eq!(dialled.is_ok(), public, "{address}");
            assert!(
                allowed(&["hooks.example.com"])
                    .of_host("HOOKS.example.com", &[address])
                    .is_ok()
            );
        }
    }

    #[test]
    fn a_network_is_allowed_as_a_whole_and_nothing_beside_it() {
        let allowed = allowed(&["10.1.0.0/16", "127.0.0.1"]);
        let dial = |address: &str| allowed.of_host("relay", &[SocketAddr::new(address.parse().unwrap(), 25)]);
        assert!(dial("10.1.200.3").is_ok() && dial("127.0.0.1").is_ok());
        assert!(dial("10.2.0.1").is_err() && dial("127.0.0.2").is_err());
        assert!(allowed.lists("127.0.0.1") && !allowed.lists("relay"));
    }

    #[test]
    fn an_entry_that_is_neither_is_explained() {
        for entry in ["", "10.1.0.0/33", "a host", "http://relay", "10.1.2"] {
            let error = Allowed::new(&[entry.to_owned()]).unwrap_err().to_string();
            assert!(error.contains("neither a host nor a network"), "{entry}: {error}");
        }
    }
}
