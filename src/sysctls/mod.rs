//! The settings of IPVS in this network namespace, `net.ipv4.vs`: what each of them
//! is, and its value.

mod making;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ipvs::model::Setting;

pub use making::{MadeSetting, PendingSetting, PutBack, UnsetError, set};

/// The folder of the settings, with a file for each.
pub const FOLDER: &str = "/proc/sys/net/ipv4/vs";

/// A setting as Linux has it.
#[derive(Clone, Copy, Debug)]
pub struct Sysctl {
    /// Its name below `net.ipv4.vs`.
    pub name: &'static str,
    /// The values that it has before anybody sets it, with single blanks: the value
    /// in the first network namespace and, if it differs, the value in a new one.
    /// There are none if the kernel computes the value from memory or processors.
    pub defaults: &'static [&'static str],
    /// Its purpose.
    pub meaning: &'static str,
    /// The first version of Linux that has it; none if Linux 5.10 has it.
    pub since: Option<&'static str>,
    /// The scheduler whose module brings it; none if IPVS itself does.
    pub scheduler: Option<&'static str>,
}

const fn sysctl(
    name: &'static str,
    defaults: &'static [&'static str],
    meaning: &'static str,
) -> Sysctl {
    Sysctl {
        name,
        defaults,
        meaning,
        since: None,
        scheduler: None,
    }
}

impl Sysctl {
    const fn since(mut self, linux: &'static str) -> Self {
        self.since = Some(linux);
        self
    }

    /// Returns the value that it has in this network namespace before anybody sets
    /// it, if that is known.
    pub fn default_here(&self) -> Option<&'static str> {
        match self.defaults {
            [first, new] => Some(if is_first_namespace() { first } else { new }),
            defaults => defaults.first().copied(),
        }
    }

    const fn of_scheduler(mut self, name: &'static str) -> Self {
        self.scheduler = Some(name);
        self
    }
}

/// Every setting, by name.
#[rustfmt::skip]
pub const SYSCTLS: &[Sysctl] = &[
    sysctl("am_droprate", &["10"], "drop_packet=3 drops one packet in N"),
    sysctl("amemthresh", &["1024"], "with fewer free pages of memory, defences that are 1 begin"),
    sysctl("backup_only", &["0"], "1: while only a backup daemon runs, nothing is balanced here"),
    sysctl("cache_bypass", &["0"], "1: where no cache server is usable, packets go to the site itself"),
    sysctl("conn_lfactor", &["-4", "-2"], "the connection table grows above 2^N entries for each bucket")
        .since("7.1"),
    // It is 16777216 on a 32-bit machine. A new namespace gets what the first one has
    // then.
    sysctl("conn_max", &["1073741824"], "the most connections there may be").since("7.2"),
    sysctl("conn_reuse_mode", &["1"], "0: a client that uses a port again gets the server that it had"),
    sysctl("conntrack", &["0"], "1: connection tracking of the packet filter knows the connections"),
    sysctl("debug_level", &["0"], "messages in the kernel's log, 0 (few) to 12"),
    sysctl("drop_entry", &["0"], "defence, forgets half-open connections: 0 never, 1 if memory is short, 3 always"),
    sysctl("drop_packet", &["0"], "defence, drops first packets: 0 never, 1 if memory is short, 3 always"),
    sysctl("est_cpulist", &[], "the processors that add up counters; empty: they stand still").since("6.2"),
    sysctl("est_nice", &["0"], "priority of adding up counters, -20 (high) to 19").since("6.2"),
    sysctl("expire_nodest_conn", &["0"], "1: connections to a removed server end with their next packet"),
    sysctl("expire_quiescent_template", &["0"], "1: persistent clients leave a server of weight 0"),
    sysctl("ignore_tunneled", &["0"], "1: what came out of a tunnel is not balanced again"),
    sysctl("lblc_expiration", &["86400"], "seconds that lblc remembers an address which nobody asks for")
        .of_scheduler("lblc"),
    sysctl("lblcr_expiration", &["86400"], "seconds that lblcr remembers an address which nobody asks for")
        .of_scheduler("lblcr"),
    sysctl("nat_icmp_send", &["0"], "1: packets of servers without a connection get an ICMP error"),
    sysctl("pmtu_disc", &["1"], "1: packets too long for the way get an ICMP error; 0: -i cuts them in pieces"),
    sysctl("run_estimation", &["1"], "0: counters and rates stand still").since("5.16"),
    sysctl("schedule_icmp", &["0"], "1: ICMP errors without a connection are balanced too"),
    sysctl("secure_tcp", &["0"], "defence, shorter timeouts of TCP: 0 never, 1 if memory is short, 3 always"),
    sysctl("sloppy_sctp", &["0"], "1: any packet of SCTP may begin a connection, as after a failover"),
    sysctl("sloppy_tcp", &["0"], "1: any packet of TCP may begin a connection, as after a failover"),
    sysctl("snat_reroute", &["1"], "1: answers of servers behind NAT are routed like the director's own"),
    sysctl("svc_lfactor", &["-3", "-2"], "the table of services grows above 2^N services for each bucket")
        .since("7.1"),
    sysctl("sync_persist_mode", &["0"], "1: of persistent services only clients' templates are synchronized"),
    sysctl("sync_ports", &["1"], "UDP ports and threads of a sync daemon"),
    sysctl("sync_qlen_max", &[], "the most sync messages that may wait to be sent"),
    sysctl("sync_refresh_period", &["0"], "seconds until a connection whose state stays is synchronized again"),
    sysctl("sync_retries", &["0"], "repetitions of a sync message, 0 to 3"),
    sysctl("sync_sock_size", &["0"], "buffer of the sync socket in bytes; 0: the system's"),
    sysctl("sync_threshold", &["3 50"], "packets before a connection is synchronized, and then after every N more"),
    sysctl("sync_version", &["1"], "form of sync messages; 0 is that before Linux 2.6.39"),
];

/// Returns the setting of this name, as Linux has it.
pub fn find(name: &str) -> Option<&'static Sysctl> {
    SYSCTLS.iter().find(|sysctl| sysctl.name == name)
}

/// The defences against floods of connections.
pub const DEFENCES: [&str; 3] = ["drop_entry", "drop_packet", "secure_tcp"];

/// Returns a setting as Linux has it, if it is known.
pub fn known(setting: &Setting) -> Option<&'static Sysctl> {
    find(&setting.name)
}

/// Returns whether a setting of this network namespace differs from its default, or
/// none if the default is not known.
pub fn differs(setting: &Setting) -> Option<bool> {
    let default = known(setting)?.default_here()?;
    Some(setting.value != default)
}

/// Returns whether this network namespace is the first one: no other has this file.
fn is_first_namespace() -> bool {
    Path::new("/proc/sys/net/core/netdev_max_backlog").exists()
}

/// Returns the value that was set, from the one that the kernel shows. The kernel
/// makes 2 of the 1 of a defence while memory is short, and 1 of the 2 when it no
/// longer is.
fn as_set<'a>(name: &str, value: &'a str) -> &'a str {
    match value {
        "2" if DEFENCES.contains(&name) => "1",
        value => value,
    }
}

/// Returns a value with its numbers as the kernel writes them. A number with zeros
/// before it stays as it is if the kernel would read it as octal, and as another
/// number.
fn as_written(value: &str) -> String {
    let number = |word| {
        let (sign, digits) = match str::strip_prefix(word, "-") {
            Some(digits) => ("-", digits),
            None => ("", word),
        };
        match digits.trim_start_matches('0') {
            "" if !digits.is_empty() => "0".to_owned(),
            digit @ ("1" | "2" | "3" | "4" | "5" | "6" | "7") => format!("{sign}{digit}"),
            _ => word.to_owned(),
        }
    };
    let words: Vec<_> = value.split(' ').map(number).collect();
    words.join(" ")
}

/// Returns the value of a setting, or none if this kernel has no setting of this
/// name, or it may not be read.
pub fn value(name: &str) -> Option<String> {
    fs::read_to_string(path(name))
        .ok()
        .map(|text| in_line(&text))
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

/// Returns a value with single blanks.
fn in_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

/// Returns the settings that this kernel has and that may be read, by name.
///
/// # Errors
/// Where their folder is missing, or a setting can't be read, except for a lack of
/// permission.
pub fn all() -> io::Result<Vec<Setting>> {
    let mut settings = Vec::new();
    for file in fs::read_dir(FOLDER)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        match fs::read_to_string(path(&name)) {
            Ok(text) => settings.push(Setting {
                value: in_line(&text),
                name,
            }),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    settings.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(settings)
}

/// Returns whether this process sees settings: they may be hidden, as by the option
/// `subset=pid` of `/proc`.
pub fn are_shown() -> bool {
    Path::new(FOLDER).exists()
}

/// Returns the settings that somebody has made, by name, each with the value that was
/// set. They differ from their defaults and can be written.
///
/// # Errors
/// The errors of [`all`].
pub fn made() -> io::Result<Vec<Setting>> {
    const WRITABLE: u32 = 0o200;
    let mut made = Vec::new();
    for mut setting in all()? {
        setting.value = as_set(&setting.name, &setting.value).to_owned();
        if differs(&setting) == Some(true)
            && fs::metadata(path(&setting.name))?.permissions().mode() & WRITABLE != 0
        {
            made.push(setting);
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_in_once_and_in_order() {
        assert!(SYSCTLS.is_sorted_by(|one, next| one.name < next.name));
    }

    #[test]
    fn zeros_before_a_number_make_no_other() {
        for (value, written) in [
            ("01", "1"),
            ("-007", "-7"),
            ("-00", "0"),
            ("03 50", "3 50"),
            ("010", "010"),
            ("08", "08"),
            ("10", "10"),
            ("0-3,08", "0-3,08"),
            ("", ""),
            ("-", "-"),
        ] {
            assert_eq!(as_written(value), written, "{value}");
        }
    }

    #[test]
    fn a_setting_differs_from_its_default() {
        let differs = |name: &str, value: &str| {
            let (name, value) = (name.to_owned(), value.to_owned());
            super::differs(&Setting { name, value })
        };
        assert_eq!(differs("conntrack", "0"), Some(false));
        assert_eq!(differs("conntrack", "1"), Some(true));
        let default = find("conn_lfactor").and_then(Sysctl::default_here);
        assert_eq!(
            default,
            Some(if is_first_namespace() { "-4" } else { "-2" })
        );
        assert_eq!(differs("conn_lfactor", "-4"), Some(default != Some("-4")));
        assert_eq!(differs("conn_lfactor", "-2"), Some(default != Some("-2")));
        assert_eq!(differs("sync_threshold", "3 50"), Some(false));
        assert_eq!(differs("sync_qlen_max", "7"), None);
        assert_eq!(differs("something_new", "7"), None);
    }
}
