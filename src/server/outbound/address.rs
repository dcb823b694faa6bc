//! Which addresses may be called: public ones, private ones by consent, some never.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address it is, as far as a call to it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Of the public internet.
    Public,
    /// Of this machine or of a private network: called only where its host has consent.
    Private,
    /// Link-local (where cloud machines find their credentials), multicast, reserved: no FHIR server
    /// and no key set stands there.
    Never,
}

/// The kind of an address; an IPv6 address that carries an IPv4 one is of the kind of that.
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [127, ..] | [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Reach::Private,
        // Shared address space of providers.
        [100, 64..=127, ..] => Reach::Private,
        // "This network", link-local, IETF assignments, 6to4 relays, benchmarks, documentation,
        // multicast, reserved, broadcast.
        [0, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let [a, b, c, d, _, _, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        reach_v4(Ipv4Addr::new(a, b, c, d))
    };
    if address.is_loopback() {
        return Reach::Private;
    }
    match address.segments() {
        // IPv4-mapped, IPv4-compatible, NAT64.
        [0, 0, 0, 0, 0, 0xffff | 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => inner(g, h),
        // 6to4.
        [0x2002, ..] => inner(b, c),
        // The metadata address of a cloud provider, in an otherwise private range.
        [0xfd00, 0xec2, ..] => Reach::Never,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Global unicast, without Teredo and other protocol assignments, and documentation.
        [0x2000..=0x3fff, ..] => match (a, b, d) {
            (0x2001, 0..=0x1ff | 0xdb8, _) | (0x3fff, 0..=0xfff, _) => Reach::Never,
            _ => Reach::Public,
        },
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        use Reach::{Never, Private, Public};
        for (address, expected) in [
            ("8.8.8.8", Public),
            ("100.63.255.255", Public),
            ("172.15.0.1", Public),
            ("172.32.0.1", Public),
            ("192.0.1.1", Public),
            ("127.0.0.1", Private),
            ("127.255.255.254", Private),
            ("10.1.2.3", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.0.1", Private),
            ("100.64.0.1", Private),
            ("0.0.0.0", Never),
            ("169.254.169.254", Never),
            ("192.0.0.192", Never),
            ("192.0.2.1", Never),
            ("198.18.0.1", Never),
            ("198.51.100.7", Never),
            ("203.0.113.7", Never),
            ("224.0.0.1", Never),
            ("240.0.0.1", Never),
            ("255.255.255.255", Never),
            ("2a00:1450:400f::1", Public),
            ("2606:4700::1111", Public),
            ("::1", Private),
            ("fc00::1", Private),
            ("fd12:3456::1", Private),
            ("::", Never),
            ("fd00:ec2::254", Never),
            ("fe80::1", Never),
            ("fec0::1", Never),
            ("ff02::1", Never),
            ("2001:db8::1", Never),
            ("2001::1", Never),
            ("3fff::1", Never),
            ("::ffff:8.8.8.8", Public),
            ("::ffff:127.0.0.1", Private),
            ("::ffff:169.254.169.254", Never),
            ("::10.0.0.1", Private),
            ("64:ff9b::a00:1", Private),
            ("64:ff9b::808:808", Public),
            ("2002:a00:1::1", Private),
            ("2002:a9fe:a9fe::1", Never),
        ] {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }
}
