//! `--status`

use std::io::{self, Write};

use super::table::version;
use crate::status::{ConnectionUse, Defence, DefenceMode, Fact, Status};
use crate::sysctls;
use ipvs::model::{Setting, Stats};
use ipvs::procfs::OfProcessor;

/// Writes the state of IPVS: a line for each fact, then tables of counters and of settings.
pub fn status(out: &mut impl Write, status: &Status) -> io::Result<()> {
    let Status {
        info,
        connections,
        tables,
        defence,
        frozen,
        totals,
        processors,
        settings,
    } = status;
    version(out, info)?;
    let ConnectionUse { entries, limit } = connections;
    match limit {
        Some(limit) => line(out, "Connections", &format!("{entries} of {limit} at most"))?,
        None => line(
            out,
            "Connections",
            &format!("{entries}, as many as memory has room for"),
        )?,
    }
    for Fact { name, value } in tables.iter().filter(|fact| fact.name != "Conns") {
        line(out, name, value)?;
    }
    match frozen {
        Some(why) => line(out, "Counters", &format!("stand still: {why}"))?,
        None => line(out, "Counters", "are added up")?,
    }
    memory(out, defence)?;
    writeln!(out)?;
    counters(out, totals.as_ref(), processors.as_deref())?;
    writeln!(out)?;
    writeln!(
        out,
        "  {:<25} {:<11} {:<11} Meaning",
        "net.ipv4.vs", "Value", "Default"
    )?;
    for row in settings {
        setting(out, row)?;
    }
    Ok(())
}

fn line(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "{name:<25} {value}")
}

fn memory(out: &mut impl Write, defence: &Defence) -> io::Result<()> {
    let Defence {
        modes,
        available_pages,
        threshold_pages,
    } = defence;
    if let (Some(available), Some(threshold)) = (available_pages, threshold_pages) {
        let pages = format!("{available} pages; the defences begin below {threshold}");
        line(out, "Available memory", &pages)?;
    }
    for (name, mode) in modes {
        let state = match mode {
            Some(DefenceMode::Off) => "off",
            Some(DefenceMode::Waiting) => "begins when memory is short",
            Some(DefenceMode::Active) => "active, since memory is short",
            Some(DefenceMode::Always) => "always active",
            None => "not known",
        };
        line(out, name, state)?;
    }
    Ok(())
}

fn counters(
    out: &mut impl Write,
    totals: Option<&Stats>,
    processors: Option<&[OfProcessor]>,
) -> io::Result<()> {
    let titles = ["Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"];
    let titles = titles.map(|title| format!(" {title:>13}"));
    writeln!(out, "Processor{}", titles.concat())?;
    let mut row = |name: &str, numbers: [u64; 5]| {
        let numbers = numbers.map(|number| format!(" {number:>13}"));
        writeln!(out, "{name:<9}{}", numbers.concat())
    };
    for processor in processors.unwrap_or_default() {
        let OfProcessor {
            processor,
            connections,
            in_packets,
            out_packets,
            in_bytes,
            out_bytes,
        } = *processor;
        let numbers = [connections, in_packets, out_packets, in_bytes, out_bytes];
        row(&processor.to_string(), numbers)?;
    }
    if let Some(all) = totals {
        row(
            "all",
            [
                all.connections,
                all.in_packets,
                all.out_packets,
                all.in_bytes,
                all.out_bytes,
            ],
        )?;
        row(
            "a second",
            [
                all.connections_per_second,
                all.in_packets_per_second,
                all.out_packets_per_second,
                all.in_bytes_per_second,
                all.out_bytes_per_second,
            ],
        )?;
    }
    Ok(())
}

/// Writes a setting, with a star if it differs from the default.
fn setting(out: &mut impl Write, setting: &Setting) -> io::Result<()> {
    let Setting { name, value } = setting;
    let mark = match sysctls::differs(setting) {
        Some(true) => '*',
        Some(false) | None => ' ',
    };
    let known = sysctls::known(setting);
    let (default, meaning) = match known {
        Some(known) => (known.default_here().unwrap_or("computed"), known.meaning),
        None => ("?", "newer than this program"),
    };
    write!(out, "{mark} {name:<25} {value:<11} {default:<11} {meaning}")?;
    match known.and_then(|known| known.since) {
        Some(since) => writeln!(out, " (since Linux {since})"),
        None => writeln!(out),
    }
}
