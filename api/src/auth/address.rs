//! The address that a request comes from, as far as it can be believed.

use std::net::{IpAddr, SocketAddr};

use domain::Reseau;
use http::{Extensions, HeaderMap};

/// Where each proxy writes who came to it, last.
const FORWARDED: &str = "x-forwarded-for";

/// The other end of the connection, put beside each request by whoever accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The peer; behind a proxy that is trusted, whom that proxy says it answers. What stands before
/// in the header was written by others.
pub(super) fn of_caller(
    headers: &HeaderMap,
    extensions: &Extensions,
    trusted: &[Reseau],
) -> Option<IpAddr> {
    let peer = extensions.get::<Peer>()?.0.ip().to_canonical();
    if !trusted.iter().any(|it| it.holds(peer)) {
        return Some(peer);
    }
    match headers.get_all(FORWARDED).iter().next_back() {
        None => Some(peer),
        Some(said) => {
            let last = said.to_str().ok()?.rsplit(',').next()?.trim();
            Some(last.parse::<IpAddr>().ok()?.to_canonical())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for it in forwarded {
            headers.append(FORWARDED, it.parse().unwrap());
        }
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        let trusted = [Reseau::parse("10.0.0.0/8").unwrap()];
        of_caller(&headers, &extensions, &trusted).map(|it| it.to_string())
    }

    #[test]
    fn only_a_proxy_of_ours_says_who_comes() {
        let some = |it: &str| Some(it.to_owned());
        assert_eq!(address("192.0.2.1:9", &[]), some("192.0.2.1"));
        assert_eq!(address("192.0.2.1:9", &["198.51.100.7"]), some("192.0.2.1"));
        assert_eq!(address("10.1.2.3:9", &["198.51.100.7"]), some("198.51.100.7"));
        assert_eq!(address("[::ffff:10.1.2.3]:9", &["198.51.100.7"]), some("198.51.100.7"));
        assert_eq!(address("10.1.2.3:9", &["192.0.2.9, 198.51.100.7"]), some("198.51.100.7"));
        assert_eq!(address("10.1.2.3:9", &["192.0.2.9", "198.51.100.7"]), some("198.51.100.7"));
        assert_eq!(address("10.1.2.3:9", &[]), some("10.1.2.3"));
        assert_eq!(address("10.1.2.3:9", &["unknown"]), None);
    }

    #[test]
    fn a_request_from_nowhere_has_no_address() {
        assert_eq!(of_caller(&HeaderMap::new(), &Extensions::new(), &[]), None);
    }
}
