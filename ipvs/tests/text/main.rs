//! Identities and enumerations as text, there and back.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use ipvs::model::{
    DaemonState, Destination, Endpoint, Family, Forwarding, Netmask, Protocol, TunnelKind,
    VirtualId, WordError,
};

const ADDRESSES: &[&str] = &[
    "0.0.0.0",
    "192.0.2.1",
    "255.255.255.255",
    "::",
    "::1",
    "::1:2",
    "::ffff:192.0.2.1",
    "2001:db8::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// Each value reads as itself, and no two have the same text.
#[track_caller]
fn there_and_back<T>(values: impl IntoIterator<Item = T>)
where
    T: Debug + Display + PartialEq + FromStr<Err = WordError>,
{
    let mut texts = BTreeSet::new();
    for value in values {
        let text = value.to_string();
        assert_eq!(text.parse().as_ref(), Ok(&value), "{text}");
        assert!(texts.insert(text), "{value:?}");
    }
}

fn endpoints() -> impl Iterator<Item = Endpoint> {
    let addresses = ADDRESSES.iter().map(|text| text.parse().unwrap());
    let ports = [0, 1, 80, u16::MAX];
    addresses.flat_map(move |address: IpAddr| ports.map(|port| Endpoint { address, port }))
}

#[test]
fn numbers_and_names_come_back() {
    there_and_back((0..=u16::MAX).map(Protocol::from_number));
    there_and_back([Family::V4, Family::V6]);
    there_and_back((0..=7).map(Forwarding::from_number));
    there_and_back((0..=u8::MAX).map(TunnelKind::from_number));
    let states = (0..=300).chain([u32::MAX]);
    there_and_back(states.map(DaemonState::from_number));
}

#[test]
fn netmasks_come_back() {
    let v4 = [0, 24, 0xffff_ff00, u32::MAX].map(|bits| Netmask::V4(bits.into()));
    let v6 = (1..=128_u32).map(|bits| Netmask::V6(bits.try_into().unwrap()));
    there_and_back(v4.into_iter().chain(v6));
    for word in ["", "0", "129", "+64", "64 ", "/64", "255.255.255", "::"] {
        let error = word.parse::<Netmask>().unwrap_err().to_string();
        let expected = "an IPv4 address, or 1 to 128 bits of IPv6";
        assert_eq!(error, format!("`{word}' is no netmask: {expected}"));
    }
}

#[test]
fn identities_come_back() {
    there_and_back(endpoints());
    let protocols = [0, 1, 6, 17, 47, 132, u16::MAX].map(Protocol::from_number);
    let services = endpoints().flat_map(|Endpoint { address, port }| {
        protocols.map(|protocol| VirtualId::Endpoint {
            protocol,
            address,
            port,
        })
    });
    let marks = [NonZeroU32::MIN, NonZeroU32::MAX].into_iter();
    let marks = marks
        .flat_map(|mark| [Family::V4, Family::V6].map(|family| VirtualId::Fwmark { mark, family }));
    there_and_back(services.chain(marks));
}

#[test]
fn the_text_is_that_of_listings() {
    let address = "2001:db8::1".parse().unwrap();
    let server = Destination::new(address, 80, Forwarding::DirectRoute);
    assert_eq!(server.endpoint().to_string(), "[2001:db8::1]:80");
    assert_eq!(server.forwarding.to_string(), "Route");
    for text in ["TCP 192.0.2.1:80", "IP_47 [::1]:0", "FWM 7", "FWM 7 IPv6"] {
        assert_eq!(text.parse::<VirtualId>().unwrap().to_string(), text);
    }
}

#[test]
fn a_number_that_has_a_name_reads_as_that() {
    assert_eq!("IP_6".parse(), Ok(Protocol::Tcp));
    assert_eq!("method-3".parse(), Ok(Forwarding::DirectRoute));
    assert_eq!("method-8".parse(), Ok(Forwarding::Other(8)));
    assert_eq!("type-1".parse(), Ok(TunnelKind::Gue));
    assert_eq!("state-2".parse(), Ok(DaemonState::Backup));
}

#[test]
fn other_words_are_named_with_what_would_be_right() {
    fn refusal<T: FromStr<Err = WordError> + Debug>(word: &str) -> String {
        word.parse::<T>().unwrap_err().to_string()
    }
    for (refusal, expected) in [
        (
            refusal::<Protocol>("tcp"),
            "`tcp' is no protocol: TCP, UDP, SCTP or IP_NUMBER",
        ),
        (
            refusal::<Forwarding>("NAT"),
            "`NAT' is no forwarding method: Masq, Local, Tunnel, Route, Bypass or method-NUMBER",
        ),
        (
            refusal::<TunnelKind>("vxlan"),
            "`vxlan' is no kind of tunnel: ipip, gue, gre or type-NUMBER",
        ),
        (
            refusal::<DaemonState>(""),
            "`' is no state of a sync daemon: master, backup or state-NUMBER",
        ),
        (
            refusal::<Endpoint>("::1:80"),
            "`::1:80' is no endpoint: ADDRESS:PORT or [ADDRESS]:PORT",
        ),
        (
            refusal::<VirtualId>("web"),
            "`web' is no service: TCP ADDRESS:PORT, UDP ADDRESS:PORT, SCTP ADDRESS:PORT or \
             FWM MARK [IPv6]",
        ),
    ] {
        assert_eq!(refusal, expected);
    }
    for word in [
        "IP_", "IP_+6", "IP_65536", "IP_-1", "TCP ", " TCP", "method-", "type-256",
    ] {
        assert!(word.parse::<Protocol>().is_err(), "{word}");
        assert!(word.parse::<Forwarding>().is_err(), "{word}");
        assert!(word.parse::<TunnelKind>().is_err(), "{word}");
    }
    for text in [
        "",
        "TCP",
        "TCP 10.0.0.1",
        "TCP  10.0.0.1:80",
        "TCP 10.0.0.1:65536",
        "TCP [fe80::1%1]:80",
        "GRE 10.0.0.1:80",
        "FWM 0",
        "FWM +1",
        "FWM x",
        "FWM 7 IPv4",
        "FWM 4294967296",
        "FWM 7 IPv6 ",
    ] {
        assert!(text.parse::<VirtualId>().is_err(), "{text}");
    }
}
