//! Reads the values of options, except addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::choice::Choice;
use super::types::Label;
use super::value_error::ValueError;
use ipvs::model::{
    DaemonState, Name, PrefixLength, SCHEDULER_FLAGS, ServiceFlags, Tunnel, TunnelKind,
};
use ipvs::rules::{HIGHEST_THRESHOLD, LONGEST_SYNC_MESSAGE, LONGEST_TIMEOUT};

/// The longest timeout of a connection, in seconds: 31 days.
pub(crate) const MAX_TIMEOUT: i64 = LONGEST_TIMEOUT as i64;

/// Returns what `isspace` does in the C locale.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// Reads a whole decimal number as `strtol` does: blanks and a sign may stand
/// before it, but nothing after it.
pub(crate) fn number<T: TryFrom<i64>>(word: &str, range: RangeInclusive<i64>) -> Option<T> {
    let digits = word.trim_start_matches(is_space);
    // i64 takes one sign. It refuses two signs, blanks after a sign, and no digits.
    let value: i64 = digits.parse().ok()?;
    T::try_from(value).ok().filter(|_| range.contains(&value))
}

/// Reads the number of an option that ipvsadm 1.31 lacks: digits alone.
pub(crate) fn digits<T: TryFrom<i64>>(word: &str, range: RangeInclusive<i64>) -> Option<T> {
    let plain = word.bytes().all(|byte| byte.is_ascii_digit());
    number(word, range).filter(|_| plain)
}

/// Reads the value of `-w`.
pub(crate) fn weight(word: &str) -> Result<u32, ValueError> {
    number(word, 0..=i64::from(i32::MAX)).ok_or(ValueError::Weight)
}

/// Reads the value of `-x`.
pub(crate) fn upper_threshold(word: &str) -> Result<u32, ValueError> {
    number(word, 0..=HIGHEST_THRESHOLD.into()).ok_or(ValueError::UpperThreshold)
}

/// Reads the value of `-y`.
pub(crate) fn lower_threshold(word: &str) -> Result<u32, ValueError> {
    number(word, 0..=HIGHEST_THRESHOLD.into()).ok_or(ValueError::LowerThreshold)
}

/// Reads the value of `-f`.
pub(crate) fn fwmark(word: &str) -> Result<NonZeroU32, ValueError> {
    let mark = number(word, 1..=i64::from(u32::MAX)).and_then(NonZeroU32::new);
    mark.ok_or_else(|| ValueError::Fwmark(word.to_owned()))
}

/// Reads the value of `-p`: how many seconds a client stays with its server.
pub(crate) fn persistence(word: &str) -> Result<u32, ValueError> {
    number(word, 1..=MAX_TIMEOUT).ok_or_else(|| ValueError::Timeout(word.to_owned()))
}

/// Reads a value of `--set`, in seconds; 0 leaves a timeout as it is.
pub(crate) fn timeout(word: &str) -> Result<u32, ValueError> {
    number(word, 0..=MAX_TIMEOUT).ok_or_else(|| ValueError::Timeout(word.to_owned()))
}

/// Reads the value of `-M` for IPv6 as `atoi` does: what follows the digits is
/// ignored, and of large numbers only the lower 32 bits count.
pub(crate) fn prefix_length(word: &str) -> Result<PrefixLength, ValueError> {
    let word = word.trim_start_matches(is_space);
    let signs = usize::from(word.starts_with(['+', '-']));
    let digits = word
        .bytes()
        .skip(signs)
        .take_while(u8::is_ascii_digit)
        .count();
    let text = word.get(..signs + digits).unwrap_or_default();
    let value = if digits == 0 {
        0
    } else if text.starts_with('-') {
        text.parse().unwrap_or(i64::MIN)
    } else {
        text.parse().unwrap_or(i64::MAX)
    };
    u32::try_from(value & i64::from(u32::MAX))
        .ok()
        .and_then(|bits| PrefixLength::try_from(bits).ok())
        .ok_or(ValueError::PrefixLength)
}

/// Reads the value of `-s` or `--pe`; an empty name is none. A name that is too
/// long for the kernel's field is cut: nothing has such a name, and the kernel says
/// so.
pub(crate) fn name(word: &str) -> Option<Name> {
    let word = cut(word, Name::MAX_LEN);
    if word.is_empty() {
        None
    } else {
        word.parse().ok()
    }
}

/// Reads the value of `--mcast-interface`: as many bytes as `IFNAMSIZ` leaves room
/// for.
pub(crate) fn interface(word: &str) -> &str {
    cut(word, 15)
}

/// Returns at most `len` bytes of a word, up to its first NUL.
fn cut(word: &str, len: usize) -> &str {
    let word = word.split('\0').next().unwrap_or_default();
    let end = word
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|&end| end <= len)
        .last()
        .unwrap_or(0);
    word.get(..end).unwrap_or_default()
}

/// Returns the names of the flags that a scheduler may have, or of all flags if the
/// scheduler has no name yet.
pub(crate) fn sched_flag_names(scheduler: &str) -> impl Iterator<Item = &'static str> {
    let fits = move |of: Option<&str>| scheduler.is_empty() || of.is_none_or(|of| of == scheduler);
    let flags = SCHEDULER_FLAGS.iter();
    flags
        .filter(move |known| fits(known.scheduler))
        .map(|known| known.name)
}

/// Reads the value of `-b`: names between commas. The flags of one scheduler are
/// refused with another.
pub(crate) fn sched_flags(word: &str, scheduler: &str) -> Result<ServiceFlags, ValueError> {
    let mut flags = ServiceFlags::default();
    let mut names = word.split(',').filter(|name| !name.is_empty()).peekable();
    if names.peek().is_none() && !word.is_empty() {
        return Err(ValueError::SchedFlag(word.to_owned()));
    }
    for name in names {
        let known = SCHEDULER_FLAGS.iter().find(|known| known.name == name);
        let known = known.ok_or_else(|| ValueError::SchedFlag(name.to_owned()))?;
        if known.scheduler.is_some_and(|of| of != scheduler) {
            return Err(ValueError::IncompatibleFlag(name.to_owned()));
        }
        flags = flags.with(known.flag);
    }
    Ok(flags)
}

/// The words of `--tun-type`.
pub(crate) const TUNNEL_KINDS: Choice<TunnelKind> = Choice(TunnelKind::NAMES);

/// Reads the value of `--tun-type`.
pub(crate) fn tunnel_kind(word: &str) -> Result<TunnelKind, ValueError> {
    TUNNEL_KINDS.find(word).ok_or(ValueError::TunnelKind)
}

/// The checksums of a tunnel, by the options for them.
pub(crate) const TUNNEL_CHECKSUMS: [(Label, u16); 3] = [
    (Label::TunNoCsum, Tunnel::NO_CHECKSUM),
    (Label::TunCsum, Tunnel::CHECKSUM),
    (Label::TunRemCsum, Tunnel::REMOTE_CHECKSUM),
];

/// Reads the value of `--tun-port`.
pub(crate) fn tunnel_port(word: &str) -> Result<u16, ValueError> {
    number(word, 1..=i64::from(u16::MAX)).ok_or(ValueError::TunnelPort)
}

/// The words of `--start-daemon` and `--stop-daemon`.
pub(crate) const DAEMON_STATES: Choice<DaemonState> = Choice(DaemonState::NAMES);

/// Reads the value of `--syncid`.
pub(crate) fn sync_id(word: &str) -> Result<u32, ValueError> {
    number(word, 0..=255).ok_or(ValueError::SyncId)
}

/// Reads the value of `--sync-maxlen`, at most what a UDP datagram can hold.
pub(crate) fn sync_max_len(word: &str) -> Result<u16, ValueError> {
    number(word, 1..=LONGEST_SYNC_MESSAGE.into()).ok_or(ValueError::SyncMaxLen)
}

/// Reads the value of `--mcast-group`: a multicast address; a colon makes it IPv6.
pub(crate) fn mcast_group(word: &str) -> Result<IpAddr, ValueError> {
    if word.contains(':') {
        let group = word.parse().ok().filter(Ipv6Addr::is_multicast);
        group
            .map(IpAddr::V6)
            .ok_or_else(|| ValueError::McastGroup6(word.to_owned()))
    } else {
        let group = word.parse().ok().filter(Ipv4Addr::is_multicast);
        group
            .map(IpAddr::V4)
            .ok_or_else(|| ValueError::McastGroup4(word.to_owned()))
    }
}

/// Reads the value of `--mcast-port`.
pub(crate) fn mcast_port(word: &str) -> Result<u16, ValueError> {
    number(word, 1..=i64::from(u16::MAX)).ok_or(ValueError::McastPort)
}

/// Reads the value of `--mcast-ttl`.
pub(crate) fn mcast_ttl(word: &str) -> Result<u8, ValueError> {
    number(word, 1..=255).ok_or(ValueError::McastTtl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (word, wanted) in [
            ("0", 0),
            ("7", 7),
            (" 7", 7),
            ("\t\n\u{b}\u{c}\r7", 7),
            ("+7", 7),
            ("-0", 0),
            (" +007", 7),
            ("00000000000000000000000000000000009", 9),
            ("9", 9),
        ] {
            assert_eq!(number::<u32>(word, 0..=9), Some(wanted), "{word:?}");
        }
        for word in [
            "",
            " ",
            "+",
            "-",
            "7 ",
            "7x",
            "x7",
            "0x7",
            "+ 7",
            "++7",
            "+-7",
            "-1",
            "10",
            "7.0",
            "1e0",
            "99999999999999999999999999",
            "-99999999999999999999999999",
            "\u{a0}7",
            "٧",
        ] {
            assert_eq!(number::<u32>(word, 0..=9), None, "{word:?}");
        }
        assert_eq!(number::<u8>("256", 0..=1000), None);
    }

    #[test]
    fn ranges() {
        assert_eq!(weight("2147483647"), Ok(i32::MAX as u32));
        assert_eq!(weight("2147483648"), Err(ValueError::Weight));
        assert_eq!(
            upper_threshold("2147483648"),
            Err(ValueError::UpperThreshold)
        );
        assert_eq!(lower_threshold("-1"), Err(ValueError::LowerThreshold));
        assert_eq!(fwmark("4294967295"), Ok(NonZeroU32::MAX));
        assert_eq!(fwmark("0"), Err(ValueError::Fwmark("0".into())));
        assert_eq!(
            fwmark("4294967296"),
            Err(ValueError::Fwmark("4294967296".into()))
        );
        assert_eq!(persistence("2678400"), Ok(2_678_400));
        assert_eq!(persistence("0"), Err(ValueError::Timeout("0".into())));
        assert_eq!(timeout("0"), Ok(0));
        assert_eq!(
            timeout("2678401"),
            Err(ValueError::Timeout("2678401".into()))
        );
        assert_eq!(tunnel_port("65535"), Ok(65535));
        assert_eq!(tunnel_port("0"), Err(ValueError::TunnelPort));
        assert_eq!(sync_id("255"), Ok(255));
        assert_eq!(sync_id("256"), Err(ValueError::SyncId));
        assert_eq!(sync_max_len("65507"), Ok(65507));
        assert_eq!(sync_max_len("65508"), Err(ValueError::SyncMaxLen));
        assert_eq!(mcast_port("0"), Err(ValueError::McastPort));
        assert_eq!(mcast_ttl("255"), Ok(255));
        assert_eq!(mcast_ttl("256"), Err(ValueError::McastTtl));
    }

    #[test]
    fn prefix_lengths() {
        for (word, wanted) in [
            ("1", 1),
            ("128", 128),
            ("64x", 64),
            (" +064", 64),
            ("4294967297", 1),
            ("-4294967232", 64),
        ] {
            let length = prefix_length(word).map(PrefixLength::bits);
            assert_eq!(length, Ok(wanted), "{word:?}");
        }
        for word in [
            "",
            "0",
            "129",
            "-1",
            "x",
            "0x40",
            "+ 64",
            "255.255.255.0",
            "18446744073709551617",
            "-18446744073709551617",
        ] {
            assert_eq!(
                prefix_length(word),
                Err(ValueError::PrefixLength),
                "{word:?}"
            );
        }
    }

    #[test]
    fn names_are_cut_to_what_the_kernel_holds() {
        let text = |word| name(word).map(|name| name.to_string());
        assert_eq!(text(""), None);
        assert_eq!(text("rr").as_deref(), Some("rr"));
        assert_eq!(text("1234567890123456").as_deref(), Some("123456789012345"));
        assert_eq!(text("abcdefghijklmné").as_deref(), Some("abcdefghijklmn"));
        assert_eq!(text("r\0r").as_deref(), Some("r"));
        assert_eq!(interface("eth01234567890123"), "eth012345678901");
    }

    #[test]
    fn scheduler_flags() {
        let bits = |word, scheduler| sched_flags(word, scheduler).map(|flags| flags.0);
        assert_eq!(bits("", "rr"), Ok(0));
        assert_eq!(bits("flag-1", "rr"), Ok(0x08));
        assert_eq!(bits("flag-1,flag-2,flag-3", "rr"), Ok(0x38));
        assert_eq!(bits(",flag-1,,flag-1,", "rr"), Ok(0x08));
        assert_eq!(bits("sh-port,sh-fallback", "sh"), Ok(0x18));
        assert_eq!(bits("flag-3,mh-port", "mh"), Ok(0x30));
        for (word, scheduler, bad) in [
            ("sh-port,mh-port", "sh", "mh-port"),
            ("mh-port,sh-port", "wlc", "mh-port"),
            ("flag-1,mh-fallback,x", "sh", "mh-fallback"),
            ("sh-port", "", "sh-port"),
            ("sh-port", "shx", "sh-port"),
        ] {
            let wanted = Err(ValueError::IncompatibleFlag(bad.into()));
            assert_eq!(bits(word, scheduler), wanted, "{word:?}");
        }
        for (word, bad) in [
            ("flag-4", "flag-4"),
            ("FLAG-1", "FLAG-1"),
            ("flag-1 ", "flag-1 "),
            ("flag-1,x,sh-port", "x"),
            ("8", "8"),
            (",", ","),
        ] {
            let wanted = Err(ValueError::SchedFlag(bad.into()));
            assert_eq!(bits(word, "rr"), wanted, "{word:?}");
        }
    }

    #[test]
    fn multicast_groups() {
        for word in ["224.0.0.1", "239.255.255.255", "ff02::1", "ff00::"] {
            assert!(mcast_group(word).is_ok(), "{word}");
        }
        for word in [
            "",
            "web",
            "10.1.1.1",
            "240.0.0.0",
            "224.1",
            "0340.0.0.1",
            "0xe0000001",
            "224.0.0.1 x",
        ] {
            let wanted = Err(ValueError::McastGroup4(word.into()));
            assert_eq!(mcast_group(word), wanted, "{word:?}");
        }
        for word in [
            ":",
            "::1",
            "fe80::1",
            "[ff02::1]",
            "ff02::1%lo",
            "::ffff:224.0.0.1",
        ] {
            let wanted = Err(ValueError::McastGroup6(word.into()));
            assert_eq!(mcast_group(word), wanted, "{word:?}");
        }
    }
}
