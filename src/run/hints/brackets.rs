//! IPv6 addresses that were written without brackets.

use std::net::{IpAddr, Ipv6Addr};

use ipvs::model::VirtualId;

/// Returns how to write the first address among the words that needs brackets and has none.
pub(super) fn missing(words: &[String]) -> Option<String> {
    let written = values(words).filter_map(with_brackets).next()?;
    Some(format!(
        "an IPv6 address with a port needs brackets: {written}"
    ))
}

/// Returns how to write the address of a service for every port, if its last group may have been
/// meant as the port.
pub(super) fn of_service(words: &[String], id: &VirtualId) -> Option<String> {
    match id {
        VirtualId::Endpoint { address, port, .. } if *port == 0 => {
            of_server(words, *address, |_| true)
        }
        VirtualId::Endpoint { .. } | VirtualId::Fwmark { .. } => None,
    }
}

/// Returns how to write this address among the words, if its last group may have been meant as the
/// port and `may_be` accepts that port.
pub(super) fn of_server(
    words: &[String],
    address: IpAddr,
    may_be: impl Fn(&str) -> bool,
) -> Option<String> {
    values(words).find_map(|word| {
        let (host, port) = word.rsplit_once(':')?;
        let host: Ipv6Addr = host.parse().ok()?;
        let is_it = word.parse::<Ipv6Addr>().is_ok_and(|whole| whole == address);
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && may_be(port);
        (is_it && is_port).then(|| {
            format!(
                "{word} is an address without a port; port {port} of {host} is written \
                 [{host}]:{port}"
            )
        })
    })
}

/// Returns the words, or their values where they are written `--option=VALUE`.
fn values(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().map(|word| {
        let option = word.strip_prefix("--");
        option
            .and_then(|option| option.split_once('='))
            .map_or(word.as_str(), |(_, value)| value)
    })
}

/// Returns the word as an address in brackets and a port, if it can be read so.
fn with_brackets(word: &str) -> Option<String> {
    let (address, port) = word.rsplit_once(':')?;
    if !address.contains(':') || port.is_empty() {
        return None;
    }
    match address.parse::<Ipv6Addr>() {
        Ok(address) => Some(format!("[{address}]:{port}")),
        // The word may be a whole address then, without a port.
        Err(_) => word
            .parse::<Ipv6Addr>()
            .ok()
            .map(|address| format!("[{address}]:PORT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ports() {
        for (word, wanted) in [
            ("fd00::1:80", Some("[fd00::1]:80")),
            ("--tcp-service=fd00::1:http", Some("[fd00::1]:http")),
            ("1:2:3:4:5:6:7:8:80", Some("[1:2:3:4:5:6:7:8]:80")),
            ("1:2:3:4:5:6:7:8", Some("[1:2:3:4:5:6:7:8]:PORT")),
            ("fd00::1", Some("[fd00::1]:PORT")),
            ("[fd00::1]:80", None),
            ("10.0.0.1:80", None),
            ("a:b:c", None),
            ("::", None),
            (":", None),
            ("", None),
        ] {
            let wanted =
                wanted.map(|text| format!("an IPv6 address with a port needs brackets: {text}"));
            assert_eq!(
                missing(&["-A".to_owned(), word.to_owned()]),
                wanted,
                "{word}"
            );
        }
    }
}
