//! IPv6 addresses that were written without brackets.

use std::net::Ipv6Addr;

/// How the first address among the words that lacks them is to be written.
pub(super) fn missing(words: &[String]) -> Option<String> {
    let values = words.iter().map(|word| {
        let option = word.strip_prefix("--");
        option
            .and_then(|option| option.split_once('='))
            .map_or(word.as_str(), |(_, value)| value)
    });
    let written = values.filter_map(with_brackets).next()?;
    Some(format!(
        "an IPv6 address with a port needs brackets: {written}"
    ))
}

/// The word as an address in brackets and a port, if it can be taken for that.
fn with_brackets(word: &str) -> Option<String> {
    let (address, port) = word.rsplit_once(':')?;
    if !address.contains(':') || port.is_empty() {
        return None;
    }
    match address.parse::<Ipv6Addr>() {
        Ok(address) => Some(format!("[{address}]:{port}")),
        // Then the last group is no port.
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
