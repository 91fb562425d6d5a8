//! `--status`

use std::io::{self, Write};

use serde::Serialize;

use super::document;
use super::table::{CounterFields, IpvsFields, TrafficFields};
use crate::status::{ConnectionUse, Defence, DefenceMode, Fact, Status};
use crate::sysctls;
use ipvs::model::Setting;
use ipvs::procfs::OfProcessor;

/// Writes the document of the state that the kernel tells of its IPVS.
///
/// # Errors
/// The errors of `out`.
pub fn status(out: &mut impl Write, status: &Status) -> io::Result<()> {
    let Status {
        info,
        connections: ConnectionUse { entries, limit },
        tables,
        defence:
            Defence {
                modes: [drop_entry, drop_packet, secure_tcp],
                available_pages,
                threshold_pages,
            },
        frozen,
        totals,
        processors,
        settings,
    } = status;
    let word = |(_, mode): &(&str, Option<DefenceMode>)| {
        mode.map(|mode| match mode {
            DefenceMode::Off => "off",
            DefenceMode::Waiting => "waiting",
            DefenceMode::Active => "active",
            DefenceMode::Always => "always",
        })
    };
    let of = |row: &OfProcessor| {
        let OfProcessor {
            processor,
            connections,
            in_packets,
            out_packets,
            in_bytes,
            out_bytes,
        } = *row;
        ProcessorFields {
            processor,
            counters: CounterFields {
                connections,
                incoming_packets: in_packets,
                outgoing_packets: out_packets,
                incoming_bytes: in_bytes,
                outgoing_bytes: out_bytes,
            },
        }
    };
    let rows = processors.as_ref();
    document(
        out,
        &StatusDocument {
            ipvs: info.into(),
            connections: UseFields {
                entries: *entries,
                limit: *limit,
            },
            kernel_tables: tables.iter().map(FactFields::from).collect(),
            defence: DefenceFields {
                drop_entry: word(drop_entry),
                drop_packet: word(drop_packet),
                secure_tcp: word(secure_tcp),
                available_memory_pages: *available_pages,
                threshold_pages: *threshold_pages,
            },
            counters_stand_still: frozen.map(|why| why.to_string()),
            totals: totals.as_ref().map(TrafficFields::from),
            processors: rows.map(|rows| rows.iter().map(of).collect()),
            sysctls: settings.iter().map(SysctlFields::from).collect(),
        },
    )
}

#[derive(Serialize)]
struct StatusDocument<'a> {
    ipvs: IpvsFields,
    connections: UseFields,
    kernel_tables: Vec<FactFields<'a>>,
    defence: DefenceFields,
    counters_stand_still: Option<String>,
    totals: Option<TrafficFields>,
    processors: Option<Vec<ProcessorFields>>,
    sysctls: Vec<SysctlFields<'a>>,
}

#[derive(Serialize)]
struct UseFields {
    entries: u64,
    limit: Option<u64>,
}

#[derive(Serialize)]
struct FactFields<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> From<&'a Fact> for FactFields<'a> {
    fn from(fact: &'a Fact) -> Self {
        let Fact { name, value } = fact;
        Self { name, value }
    }
}

#[derive(Serialize)]
struct DefenceFields {
    drop_entry: Option<&'static str>,
    drop_packet: Option<&'static str>,
    secure_tcp: Option<&'static str>,
    available_memory_pages: Option<u64>,
    threshold_pages: Option<u64>,
}

#[derive(Serialize)]
struct ProcessorFields {
    processor: u32,
    counters: CounterFields,
}

#[derive(Serialize)]
struct SysctlFields<'a> {
    name: &'a str,
    value: &'a str,
    defaults: Option<&'static [&'static str]>,
    differs: Option<bool>,
    since: Option<&'static str>,
    meaning: Option<&'static str>,
}

impl<'a> From<&'a Setting> for SysctlFields<'a> {
    fn from(setting: &'a Setting) -> Self {
        let Setting { name, value } = setting;
        let known = sysctls::known(setting);
        Self {
            name,
            value,
            defaults: known.map(|known| known.defaults),
            differs: sysctls::differs(setting),
            since: known.and_then(|known| known.since),
            meaning: known.map(|known| known.meaning),
        }
    }
}
