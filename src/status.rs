//! `-L --status`: what the kernel tells of its IPVS beside the table.

use std::fs;
use std::io;

use crate::estimation::Frozen;
use crate::sysctls::{self, DEFENCES};
use ipvs::client::Client;
use ipvs::connections::{Interrupted, for_each_connection};
use ipvs::model::{Info, Setting, Stats};
use ipvs::procfs::{self, OfProcessor};

/// The tables in the kernel's memory, since Linux 7.1. Only root may read it.
const TABLES: &str = "/proc/net/ip_vs_status";

/// IPVS in this network namespace, now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "its parts say what they are")]
pub struct Status {
    pub info: Info,
    pub connections: ConnectionUse,
    pub tables: Vec<Fact>,
    pub defence: Defence,
    /// Why counters stand still; none where they do not.
    pub frozen: Option<Frozen>,
    /// The counters and rates of all services together; none where the kernel's text
    /// is not understood.
    pub totals: Option<Stats>,
    /// The counters of each processor; none where the kernel's text is not understood.
    pub processors: Option<Vec<OfProcessor>>,
    pub settings: Vec<Setting>,
}

/// How full the connection table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionUse {
    /// Its entries, templates of persistent clients included.
    pub entries: u64,
    /// The most that there may be; none where memory is the only limit.
    pub limit: Option<u64>,
}

/// A line of `/proc/net/ip_vs_status`, such as `Conn buckets`: `4096 (12 bits, lfactor -4)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The kernel's name for it.
    pub name: String,
    /// The kernel's words.
    pub value: String,
}

/// The defence against floods of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defence {
    /// The state of each, by the name of its setting.
    pub modes: [(&'static str, Option<DefenceMode>); 3],
    /// The memory that the kernel holds against the threshold, in pages: what is free
    /// and what buffers have.
    pub available_pages: Option<u64>,
    /// Below it the defences begin that wait.
    pub threshold_pages: Option<u64>,
}

/// The state of a defence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefenceMode {
    /// 0
    Off,
    /// 1: it begins when memory is short.
    Waiting,
    /// 2: memory is short, and it has begun.
    Active,
    /// 3
    Always,
}

impl DefenceMode {
    fn of(value: &str) -> Option<Self> {
        Some(match value {
            "0" => Self::Off,
            "1" => Self::Waiting,
            "2" => Self::Active,
            "3" => Self::Always,
            _ => return None,
        })
    }
}

impl Status {
    /// Reads it all.
    ///
    /// # Errors
    /// Where the connection table, the counters or the settings can't be read.
    pub fn read(client: &Client) -> io::Result<Self> {
        let settings = sysctls::all()?;
        let value = |name: &str| {
            let mut found = settings.iter().filter(|setting| setting.name == name);
            found.next().map(|setting| setting.value.as_str())
        };
        let number = |name| value(name).and_then(|text| text.parse().ok());
        let tables = tables();
        let entries = match told(&tables) {
            Some(entries) => entries,
            None => count(client)?,
        };
        Ok(Self {
            info: client.info(),
            connections: ConnectionUse {
                entries,
                limit: number("conn_max"),
            },
            tables,
            defence: Defence {
                modes: DEFENCES.map(|name| (name, value(name).and_then(DefenceMode::of))),
                available_pages: available_pages(),
                threshold_pages: number("amemthresh"),
            },
            frozen: Frozen::now(),
            totals: client.totals()?,
            processors: client.by_processor()?,
            settings,
        })
    }
}

/// The entries of the connection table, as far as the kernel tells their number.
pub fn connections() -> Option<u64> {
    told(&tables())
}

fn told(tables: &[Fact]) -> Option<u64> {
    let conns = tables.iter().find(|fact| fact.name == "Conns")?;
    conns.value.parse().ok()
}

fn count(client: &Client) -> io::Result<u64> {
    let mut entries: u64 = 0;
    for_each_connection(client.connections()?, |_| {
        entries = entries.saturating_add(1);
        Ok(())
    })
    .map_err(|interrupted: Interrupted| interrupted.into())
    .map(|()| entries)
}

/// The lines of [`TABLES`]; none where this kernel has no such file.
fn tables() -> Vec<Fact> {
    let text = procfs::open(TABLES).and_then(io::read_to_string);
    facts(&text.unwrap_or_default())
}

fn facts(text: &str) -> Vec<Fact> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let facts = lines.map(|(name, value)| Fact {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
    });
    facts.collect()
}

fn available_pages() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    available(&text, page)
}

fn available(meminfo: &str, page: u64) -> Option<u64> {
    let kilobytes = |name: &str| -> Option<u64> {
        let mut lines = meminfo.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    let sum = kilobytes("MemFree")?.checked_add(kilobytes("Buffers")?)?;
    sum.checked_mul(1024)?.checked_div(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_become_facts() {
        let text = "Conns:\t7\nConn buckets:\t4096 (12 bits, lfactor -4)\nnonsense\n";
        let facts = facts(text);
        let facts = facts.iter().map(|fact| (&*fact.name, &*fact.value));
        let wanted = [
            ("Conns", "7"),
            ("Conn buckets", "4096 (12 bits, lfactor -4)"),
        ];
        assert!(facts.eq(wanted));
    }

    #[test]
    fn memory_is_counted_in_pages() {
        let text = "MemTotal:  900 kB\nMemFree:  80 kB\nBuffers:   8 kB\n";
        assert_eq!(available(text, 4096), Some(22));
        assert_eq!(available(text, 65536), Some(1));
        for text in ["", "MemFree: 80 kB\n", "MemFree: 80\nBuffers: 8 kB\n"] {
            assert_eq!(available(text, 4096), None, "{text}");
        }
    }
}
