//! The packet filter: which base chains there are, and what their tables do.
//!
//! nftables is asked over netlink. Of the older kind of tables (`iptables-legacy`), only
//! the names of the tables and of the loaded targets and matches are read.

use std::collections::{HashMap, HashSet};
use std::io;

use netlink_packet_core::{ErrorBuffer, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NlasIterator};
use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{Socket, SocketAddr};
use serde::{Deserialize, Serialize};

/// Where packets come to a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hook {
    /// Before the packet's route is looked up.
    Prerouting,
    /// For packets to this machine, and so before IPVS.
    Input,
    /// For packets through this machine.
    Forward,
    /// For packets of this machine.
    Output,
    /// Before a packet leaves.
    Postrouting,
    /// Any other.
    Other,
}

/// A base chain of the packet filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Its table, with the family as nft writes it.
    pub table: String,
    /// Its name.
    pub name: String,
    /// `filter`, `nat` or `route`.
    pub kind: String,
    /// Where packets come to it.
    pub hook: Hook,
    /// Packets that no rule decides on are dropped.
    pub drops: bool,
    /// How many rules its table has.
    pub rules: u64,
    /// Rules of its table change the source of packets.
    pub changes_source: bool,
    /// Rules of its table look at the state of tracked connections.
    pub looks_at_state: bool,
    /// Rules of its table give packets marks.
    #[serde(default)]
    pub sets_marks: bool,
    /// Its table belongs to the older kind, whose rules are not read.
    pub legacy: bool,
}

impl Chain {
    /// Returns whether packets may be dropped here: by its policy, by its rules, or by
    /// rules that are not read.
    pub fn may_drop(&self) -> bool {
        self.kind == "filter" && (self.drops || self.rules > 0 || self.legacy)
    }
}

const NFNL_SUBSYS_NFTABLES: u16 = 10 << 8;
const NFT_MSG_NEWCHAIN: u16 = NFNL_SUBSYS_NFTABLES | 3;
const NFT_MSG_GETCHAIN: u16 = NFNL_SUBSYS_NFTABLES | 4;
const NFT_MSG_NEWRULE: u16 = NFNL_SUBSYS_NFTABLES | 6;
const NFT_MSG_GETRULE: u16 = NFNL_SUBSYS_NFTABLES | 7;

/// `NLM_F_REQUEST | NLM_F_DUMP`
const DUMP: u16 = 0x301;
/// The size of `struct nfgenmsg`.
const NFGENMSG: usize = 4;
/// The room for datagrams: the kernel fills a datagram of a listing up to 32 KiB.
const ROOM: usize = 64 * 1024;
const EOPNOTSUPP: i32 = 95;

/// Reads every base chain.
pub(super) fn read() -> io::Result<Vec<Chain>> {
    let mut chains = Vec::new();
    let mut tables: HashMap<String, Rules> = HashMap::new();
    dump(NFT_MSG_GETCHAIN, |kind, family, attributes| {
        if kind == NFT_MSG_NEWCHAIN {
            chains.extend(chain(family, attributes));
        }
    })?;
    if !chains.is_empty() {
        dump(NFT_MSG_GETRULE, |kind, family, attributes| {
            if kind == NFT_MSG_NEWRULE {
                rule(family, attributes, &mut tables);
            }
        })?;
    }
    for chain in &mut chains {
        if let Some(rules) = tables.get(&chain.table) {
            chain.rules = rules.count;
            chain.changes_source = rules.words.contains("masq") || rules.words.contains("snat");
            chain.looks_at_state = rules.words.contains("ct");
            chain.sets_marks = rules.words.contains("mark");
        }
    }
    for version in ["ip", "ip6", "arp"] {
        let read = |what| {
            let text = std::fs::read_to_string(format!("/proc/net/{version}_tables_{what}"));
            text.unwrap_or_default()
        };
        let (names, targets, matches) = (read("names"), read("targets"), read("matches"));
        let has = |words: &str, any: &[&str]| words.lines().any(|word| any.contains(&word));
        let known = Known {
            changes_source: has(&targets, &["MASQUERADE", "SNAT"]),
            looks_at_state: has(&matches, &["conntrack", "state"]),
            sets_marks: has(&targets, &MARKING),
        };
        chains.extend(names.lines().flat_map(|name| legacy(version, name, known)));
    }
    Ok(chains)
}

/// The rules of a table: how many there are, and the words that they use.
#[derive(Default)]
struct Rules {
    count: u64,
    words: HashSet<&'static str>,
}

/// The abilities of rules of the older kind, by the modules that the kernel has loaded.
#[derive(Clone, Copy)]
struct Known {
    changes_source: bool,
    looks_at_state: bool,
    sets_marks: bool,
}

/// The targets of iptables that give packets marks.
const MARKING: [&str; 4] = ["MARK", "CONNMARK", "HMARK", "TPROXY"];

fn legacy(version: &str, table: &str, known: Known) -> Vec<Chain> {
    let chain = |name: &str, kind: &str, hook| Chain {
        table: format!("{version} {table}"),
        name: name.to_owned(),
        kind: kind.to_owned(),
        hook,
        drops: false,
        rules: 0,
        changes_source: kind == "nat" && known.changes_source,
        looks_at_state: kind == "filter" && known.looks_at_state,
        sets_marks: known.sets_marks,
        legacy: true,
    };
    match table {
        _ if version == "arp" => vec![chain("IN", "filter", Hook::Other)],
        "nat" => vec![chain("POSTROUTING", "nat", Hook::Postrouting)],
        "filter" => vec![
            chain("INPUT", "filter", Hook::Input),
            chain("FORWARD", "filter", Hook::Forward),
            chain("OUTPUT", "filter", Hook::Output),
        ],
        "mangle" | "raw" => vec![chain("PREROUTING", "filter", Hook::Prerouting)],
        _ => Vec::new(),
    }
}

/// Returns the word of nft for a family (`NFPROTO_*`).
fn family_word(family: u8) -> &'static str {
    match family {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => "?",
    }
}

fn text(value: &[u8]) -> String {
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    String::from_utf8_lossy(value.get(..end).unwrap_or_default()).into_owned()
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.try_into().ok()?))
}

/// Returns the attributes of a message, or those inside one of them: the kind without its
/// flags, and the value.
fn each(attributes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(attributes)
        .map_while(Result::ok)
        .map(|nla| {
            let value = nla.into_inner();
            let kind = value.get(2..4).and_then(|kind| kind.try_into().ok());
            let kind = u16::from_ne_bytes(kind.unwrap_or_default()) & 0x3fff;
            let length = value.get(..2).and_then(|length| length.try_into().ok());
            let length = usize::from(u16::from_ne_bytes(length.unwrap_or_default()));
            (kind, value.get(4..length).unwrap_or_default())
        })
}

/// Reads a chain; none if it is no base chain, which alone has a hook. `NFTA_CHAIN_*`:
/// TABLE 1, NAME 3, HOOK 4 (HOOKNUM 1), POLICY 5, TYPE 7.
fn chain(family: u8, attributes: &[u8]) -> Option<Chain> {
    let mut hook = None;
    let mut found = Chain {
        table: String::new(),
        name: String::new(),
        kind: String::new(),
        hook: Hook::Other,
        drops: false,
        rules: 0,
        changes_source: false,
        looks_at_state: false,
        sets_marks: false,
        legacy: false,
    };
    for (kind, value) in each(attributes) {
        match kind {
            1 => found.table = format!("{} {}", family_word(family), text(value)),
            3 => found.name = text(value),
            4 => {
                hook = each(value)
                    .find(|(kind, _)| *kind == 1)
                    .and_then(|(_, value)| number(value))
            }
            5 => found.drops = number(value) == Some(0),
            7 => found.kind = text(value),
            _ => {}
        }
    }
    let is_ip = matches!(family, 1 | 2 | 10);
    found.hook = match hook? {
        0 if is_ip => Hook::Prerouting,
        1 if is_ip => Hook::Input,
        2 if is_ip => Hook::Forward,
        3 if is_ip => Hook::Output,
        4 if is_ip => Hook::Postrouting,
        _ => Hook::Other,
    };
    Some(found)
}

/// Counts a rule for its table, and notes the words that it uses. `NFTA_RULE_*`: TABLE 1,
/// EXPRESSIONS 4. Each expression is an `NFTA_LIST_ELEM` with `NFTA_EXPR_NAME` 1 and
/// `NFTA_EXPR_DATA` 2. The data of the targets and matches of iptables begins with the
/// name (`NFTA_TARGET_NAME`, 1).
fn rule(family: u8, attributes: &[u8], tables: &mut HashMap<String, Rules>) {
    let mut words = HashSet::new();
    let mut table = String::new();
    for (kind, value) in each(attributes) {
        match kind {
            1 => table = format!("{} {}", family_word(family), text(value)),
            4 => words.extend(each(value).filter_map(|(_, expression)| word(expression))),
            _ => {}
        }
    }
    let rules = tables.entry(table).or_default();
    rules.count = rules.count.saturating_add(1);
    rules.words.extend(words);
}

fn word(expression: &[u8]) -> Option<&'static str> {
    let (mut name, mut data) = (String::new(), &[][..]);
    for (kind, value) in each(expression) {
        match kind {
            1 => name = text(value),
            2 => data = value,
            _ => {}
        }
    }
    let of_iptables = || {
        each(data)
            .find(|(kind, _)| *kind == 1)
            .map(|(_, value)| text(value))
    };
    match name.as_str() {
        "masq" => Some("masq"),
        // `NFTA_NAT_TYPE`: 0 is the source.
        "nat" if each(data).any(|(kind, value)| kind == 1 && number(value) == Some(0)) => {
            Some("snat")
        }
        "ct" => Some("ct"),
        // `NFTA_META_KEY` (2) is `NFT_META_MARK` (3). With `NFTA_META_SREG` (3), the mark
        // is not read but set.
        "meta" if each(data).any(|(kind, value)| kind == 2 && number(value) == Some(3)) => {
            each(data).any(|(kind, _)| kind == 3).then_some("mark")
        }
        "target" => match of_iptables()?.as_str() {
            "MASQUERADE" => Some("masq"),
            "SNAT" => Some("snat"),
            name if MARKING.contains(&name) => Some("mark"),
            _ => None,
        },
        "match" => match of_iptables()?.as_str() {
            "conntrack" | "state" => Some("ct"),
            _ => None,
        },
        _ => None,
    }
}

/// Hands each message of a listing to `row`: its type, family and attributes.
fn dump(question: u16, mut row: impl FnMut(u16, u8, &[u8])) -> io::Result<()> {
    let socket = match Socket::new(NETLINK_NETFILTER) {
        // This kernel has no netfilter over netlink, and so no nftables.
        Err(error) if error.raw_os_error() == Some(93) => return Ok(()),
        socket => socket?,
    };
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut request = Vec::new();
    request.extend(20_u32.to_ne_bytes());
    request.extend(question.to_ne_bytes());
    request.extend(DUMP.to_ne_bytes());
    request.extend([0; 12]); // sequence number, port, struct nfgenmsg of every family
    socket.send(&request, 0)?;
    let mut room = vec![0; ROOM];
    loop {
        let length = socket.recv(&mut room.as_mut_slice(), 0)?;
        let mut rest = room.get(..length).unwrap_or_default();
        while let Ok(message) = NetlinkBuffer::new_checked(rest) {
            let payload = message.payload();
            match message.message_type() {
                NLMSG_DONE => return Ok(()),
                NLMSG_ERROR => {
                    let code = ErrorBuffer::new_checked(payload)
                        .ok()
                        .and_then(|error| error.code());
                    let code = code.map_or(0, |code| code.get().saturating_abs());
                    return match code {
                        // nf_tables is not loaded: there are no chains.
                        EOPNOTSUPP | 22 => Ok(()),
                        code => Err(io::Error::from_raw_os_error(code)),
                    };
                }
                kind => row(
                    kind,
                    payload.first().copied().unwrap_or_default(),
                    payload.get(NFGENMSG..).unwrap_or_default(),
                ),
            }
            let length = usize::try_from(message.length()).unwrap_or(usize::MAX);
            rest = rest
                .get(length.saturating_add(3) & !3..)
                .unwrap_or_default();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
        let byte = |pair: &[u32]| {
            u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).unwrap()
        };
        turned(digits.chunks(2).map(byte).collect())
    }

    /// Returns attributes of a little-endian machine as this one has them. The values of
    /// nftables are in network byte order everywhere, but the heads of attributes are
    /// not.
    fn turned(mut attributes: Vec<u8>) -> Vec<u8> {
        if cfg!(target_endian = "big") {
            turn(&mut attributes);
        }
        attributes
    }

    /// Turns the heads, if these bytes are attributes, and those inside their values.
    fn turn(bytes: &mut [u8]) {
        let mut places = Vec::new();
        let mut start = 0;
        while let Some([low, high, _, _]) = bytes.get(start..start + 4) {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            places.push(start..start + length);
            start += length.next_multiple_of(4).max(4);
        }
        let fits = |place: &Range<usize>| place.len() >= 4 && place.end <= bytes.len();
        if start != bytes.len().next_multiple_of(4) || !places.iter().all(fits) {
            return;
        }
        for place in places {
            let (head, value) = bytes[place].split_at_mut(4);
            head[..2].reverse();
            head[2..].reverse();
            turn(value);
        }
    }

    /// `nft add chain inet guard in '{ type filter hook input priority 0; policy drop; }'`
    const GUARD: &str = "0a000100677561726400000007000300696e00000c00020000000000000000011400040008000100\
                         0000000108000200000000000800050000000000\
                         0b00070066696c746572000008000a00000000010800060000000001";
    /// `nft add rule ip out post oifname eth1 masquerade`
    const MASQUERADE: &str = "080001006f75740009000200706f7374000000000c0003000000000000000002740004002400010009000100\
                              6d6574610000000014000200080002000000000708000100000000013800010008000100636d70002c000200\
                              0800010000000001080002000000000018000300140001006574683100000000000000000000000014000100\
                              090001006d6173710000000004000200";
    /// `iptables-nft -t nat -A POSTROUTING -j SNAT --to 1.2.3.4`
    const SNAT: &str = "080001006e61740010000200504f5354524f5554494e47000c0003000000000000000002740004002c000100\
                        0c000100636f756e746572001c0002000c00010000000000000000000c000200000000000000000044000100\
                        0b00010074617267657400003400020009000100534e415400000000080002000000000\
                        01c000300010000000100000001020304010203040000000000000000";

    #[test]
    fn a_base_chain() {
        let found = chain(1, &bytes(GUARD)).unwrap();
        assert_eq!(
            (found.table.as_str(), found.name.as_str()),
            ("inet guard", "in")
        );
        assert_eq!(
            (found.kind.as_str(), found.hook, found.drops),
            ("filter", Hook::Input, true)
        );
    }

    #[test]
    fn rules_that_change_the_source() {
        let mut tables = HashMap::new();
        rule(2, &bytes(MASQUERADE), &mut tables);
        rule(2, &bytes(SNAT), &mut tables);
        let words = |table: &str| {
            tables
                .get(table)
                .map(|rules| (rules.count, rules.words.clone()))
        };
        assert_eq!(words("ip out"), Some((1, HashSet::from(["masq"]))));
        assert_eq!(words("ip nat"), Some((1, HashSet::from(["snat"]))));
    }

    #[test]
    fn rules_that_set_marks() {
        let meta = |attribute: u8, key: u8| {
            let mut expression = vec![9, 0, 1, 0];
            expression.extend(b"meta\0\0\0\0");
            expression.extend([0x14, 0, 2, 0x80, 8, 0, 2, 0, 0, 0, 0, key]);
            expression.extend([8, 0, attribute, 0, 0, 0, 0, 1]);
            turned(expression)
        };
        assert_eq!(word(&meta(3, 3)), Some("mark"));
        // Reading the mark does not count, and neither does setting something else.
        assert_eq!(word(&meta(1, 3)), None);
        assert_eq!(word(&meta(3, 2)), None);
    }

    #[test]
    fn no_part_of_a_message_is_a_panic() {
        for whole in [GUARD, MASQUERADE, SNAT].map(bytes) {
            for end in 0..whole.len() {
                let part = whole.get(..end).unwrap();
                let _ = chain(2, part);
                rule(2, part, &mut HashMap::new());
            }
        }
    }
}
