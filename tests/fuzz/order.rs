//! Difference 5: listings and saved rules in true numeric order.

use std::net::IpAddr;

/// Whether both texts have the same services with the same servers, ours in
/// numeric order. (Where names hide the numbers, in any order.)
pub fn is_only_order(reference: &str, ours: &str) -> bool {
    let (theirs, ours) = (Listing::of(reference), Listing::of(ours));
    theirs.titles == ours.titles && theirs.in_any_order() == ours.in_any_order() && ours.is_sorted()
}

/// The title lines, and each service's line with its servers' lines.
struct Listing<'a> {
    titles: Vec<&'a str>,
    services: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Listing<'a> {
    fn of(text: &'a str) -> Self {
        let mut listing = Self {
            titles: Vec::new(),
            services: Vec::new(),
        };
        for line in text.lines() {
            let starts = ["TCP ", "UDP ", "SCTP ", "FWM ", "-A "];
            if starts.iter().any(|start| line.starts_with(start)) {
                listing.services.push((line, Vec::new()));
            } else if let Some((_, servers)) = listing.services.last_mut() {
                servers.push(line);
            } else {
                listing.titles.push(line);
            }
        }
        listing
    }

    fn in_any_order(&self) -> Vec<(&'a str, Vec<&'a str>)> {
        let mut services = self.services.clone();
        for (_, servers) in &mut services {
            servers.sort_unstable();
        }
        services.sort();
        services
    }

    fn is_sorted(&self) -> bool {
        let sorted_servers = |(_, lines): &(&str, Vec<&str>)| {
            let keys: Option<Vec<_>> = lines.iter().map(|line| server_key(line)).collect();
            keys.is_none_or(|keys| keys.is_sorted())
        };
        let lines = self.services.iter().map(|(line, _)| service_key(line));
        let keys: Option<Vec<_>> = lines.collect();
        keys.is_none_or(|keys| keys.is_sorted()) && self.services.iter().all(sorted_servers)
    }
}

/// Mark, family, protocol, address and port, where they are numbers.
fn service_key(line: &str) -> Option<(u32, bool, usize, Option<IpAddr>, u16)> {
    let mut words = line.split_whitespace().skip_while(|word| *word == "-A");
    let (protocol, value) = (words.next()?, words.next()?);
    let protocols = ["TCP", "UDP", "SCTP", "-t", "-u", "--sctp-service"];
    match protocols.iter().position(|name| *name == protocol) {
        Some(number) => {
            let (address, port) = endpoint(value)?;
            Some((0, address.is_ipv6(), number % 3, Some(address), port))
        }
        None => {
            let of_family_6 = matches!(words.next(), Some("IPv6" | "-6"));
            Some((value.parse().ok()?, of_family_6, 0, None, 0))
        }
    }
}

fn server_key(line: &str) -> Option<(IpAddr, u16)> {
    let mut words = line.split_whitespace();
    words.find(|word| ["->", "-r"].contains(word))?;
    endpoint(words.next()?)
}

fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.rsplit_once(':')?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    Some((address.parse().ok()?, port.parse().ok()?))
}
