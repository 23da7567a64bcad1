//! How far away a host is, by its name or address alone.

use core::net::{IpAddr, Ipv6Addr};

/// Where a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this machine.
    Here,
    /// In a network of one's own.
    Private,
    /// Anywhere.
    Public,
}

/// Endings of names that are resolved within a network only: RFC 6762, 8375 and 9476, Kubernetes, and habit.
const PRIVATE_ENDINGS: [&str; 8] = [
    ".local",
    ".internal",
    ".home.arpa",
    ".lan",
    ".svc",
    ".cluster.local",
    ".intranet",
    ".alt",
];

/// Where a host is; a name without a dot is one of the own network's.
pub(crate) fn place(host: &str) -> Place {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match address(&host) {
        Some(address) if address.is_loopback() => Place::Here,
        Some(IpAddr::V4(address)) if address.is_private() || address.is_link_local() => {
            Place::Private
        }
        Some(IpAddr::V6(address)) if is_private(address) => Place::Private,
        Some(_) => Place::Public,
        None if host == "localhost" || host.ends_with(".localhost") => Place::Here,
        None if !host.contains('.') => Place::Private,
        None if PRIVATE_ENDINGS.iter().any(|ending| host.ends_with(ending)) => Place::Private,
        None => Place::Public,
    }
}

/// Whether a host is an address, and no name.
pub(crate) fn is_address(host: &str) -> bool {
    address(host).is_some()
}

/// A host without the user, and the password, that somebody may have written before it.
pub(crate) fn shown(host: &str) -> &str {
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}

/// The host of `host:port/path`.
pub(crate) fn of_address(address: &str) -> &str {
    let authority = address.split('/').next().unwrap_or_default();
    if authority.starts_with('[') {
        return authority.split_inclusive(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

fn address(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

fn is_private(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::{Place, of_address, place, shown};

    #[test]
    fn hosts_are_near_by_their_address_or_their_name() {
        for (host, expected) in [
            ("localhost", Place::Here),
            ("127.0.0.1", Place::Here),
            ("[::1]", Place::Here),
            ("rabbit", Place::Private),
            ("10.0.0.7", Place::Private),
            ("fd00::1", Place::Private),
            ("rabbit.internal", Place::Private),
            ("Rabbit.Local.", Place::Private),
            ("db.prod.svc.cluster.local", Place::Private),
            ("rabbit.example.com", Place::Public),
            ("8.8.8.8", Place::Public),
            ("notlocal", Place::Private),
            ("evillocal.com", Place::Public),
        ] {
            assert_eq!(place(host), expected, "{host}");
        }
        assert_eq!(shown("user:secret@a.example.com"), "a.example.com");
        assert_eq!(of_address("s3.example.com:9000/a"), "s3.example.com");
        assert_eq!(of_address("[::1]:9000"), "[::1]");
    }
}
