//! Addresses of the network: one, or a range in the notation of CIDR (RFC 4632).

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::values::Invalid;

/// A range of addresses of one family, written by its first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reseau {
    first: IpAddr,
    /// How many leading bits its addresses share.
    prefix: u8,
}

impl Reseau {
    /// An address (`203.0.113.7`), or a range (`203.0.113.0/24`, `2001:db8::/32`).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "Indiquez une adresse IP ou une plage, par exemple 203.0.113.0/24.",
                "Give an IP address or a range, for example 203.0.113.0/24.",
            )
        };
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let first = IpAddr::from_str(address).map_err(|_| invalid())?;
        let longest = bits(first);
        let prefix = match prefix {
            None => longest,
            // `+8` would parse as a number.
            Some(it) if it.bytes().all(|it| it.is_ascii_digit()) => {
                it.parse().map_err(|_| invalid())?
            }
            Some(_) => return Err(invalid()),
        };
        let it = Self { first, prefix };
        // A range that begins elsewhere than where it says was meant to be another one.
        if prefix > longest || number(first) & it.host_bits() != 0 {
            Err(invalid())
        } else {
            Ok(it)
        }
    }

    /// Whether the address is one of them.
    pub fn holds(&self, address: IpAddr) -> bool {
        bits(self.first) == bits(address)
            && (number(self.first) ^ number(address)) & !self.host_bits() == 0
    }

    /// The bits in which its addresses differ.
    fn host_bits(self) -> u128 {
        let free = u32::from(bits(self.first).saturating_sub(self.prefix));
        1_u128.checked_shl(free).map_or(u128::MAX, |it| it - 1)
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(it) => u128::from(it.to_bits()),
        IpAddr::V6(it) => it.to_bits(),
    }
}

impl fmt::Display for Reseau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

impl Serialize for Reseau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reseau {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|no| D::Error::custom(no.en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, address: &str) -> bool {
        Reseau::parse(range)
            .unwrap()
            .holds(address.parse().unwrap())
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_other() {
        assert!(holds("203.0.113.0/24", "203.0.113.255"));
        assert!(!holds("203.0.113.0/24", "203.0.114.0"));
        assert!(holds("203.0.113.7", "203.0.113.7"));
        assert!(!holds("203.0.113.7", "203.0.113.8"));
        assert!(holds("0.0.0.0/0", "198.51.100.1"));
        assert!(!holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        assert!(!holds("::/0", "203.0.113.7"));
    }

    #[test]
    fn a_range_is_written_as_it_begins() {
        assert_eq!(Reseau::parse(" 203.0.113.7 ").unwrap().to_string(), "203.0.113.7/32");
        assert_eq!(Reseau::parse("2001:0db8::/32").unwrap().to_string(), "2001:db8::/32");
        for bad in [
            "",
            "a",
            "203.0.113.0/33",
            "203.0.113.7/24",
            "::/129",
            "1.2.3.4/",
            "1.2.3.4/+8",
            "1.2.3/8",
        ] {
            assert!(Reseau::parse(bad).is_err(), "{bad}");
        }
    }
}
