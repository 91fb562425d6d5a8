//! Model in, metrics out: the text that Prometheus and related tools read.
//!
//! The text is written by hand, because the libraries for the format write a counter's `# TYPE`
//! line without its `_total`, as OpenMetrics 1.0 has it. Readers of the older text format, such as
//! node_exporter's textfile collector and `promtool`, then don't find that counter. With the whole
//! name, as in OpenMetrics 2.0, they and Prometheus read the same, whichever format the text is
//! said to have. `# EOF` is a comment in the older format. Types that only one of the two formats
//! has, such as `info`, are not used.
//!
//! All samples of a metric must stand together, so the rows are read once for each metric. Only one
//! line of text and the labels of each row are in memory.

mod server;
mod service;
mod settings;
mod text;

use std::io::{self, Write};

pub use settings::Sysctls;

use ipvs::model::{Daemon, DaemonState, Info, ServiceEntry, Stats, Timeouts};
use text::{Exposition, MetricType};

use crate::names::HostText;

/// The state of a director at one moment.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// The kernel's description of its IPVS.
    pub info: Info,
    /// The entries of the connection table; none where the kernel does not tell.
    pub connections: Option<u64>,
    /// The counters of all services together; none where they can't be read.
    pub totals: Option<Stats>,
    /// The settings of the namespace.
    pub settings: Sysctls,
    /// True where the kernel adds up the counters of services and servers; none where its
    /// settings are hidden.
    pub estimates: Option<bool>,
    /// The timeouts of connections.
    pub timeouts: Timeouts,
    /// The sync daemons that run.
    pub daemons: Vec<Daemon>,
    /// The services with their servers.
    pub services: Vec<ServiceEntry>,
}

/// A counter of [`Stats`]: the middle of its name, its meaning, and its value.
type CounterOf = (&'static str, &'static str, fn(&Stats) -> u64);

/// The counters of a service, of a server, and of all services together.
const COUNTERS: [CounterOf; 5] = [
    ("connections", "Connections scheduled", |stats| {
        stats.connections
    }),
    ("incoming_packets", "Packets from clients", |stats| {
        stats.in_packets
    }),
    ("outgoing_packets", "Packets to clients", |stats| {
        stats.out_packets
    }),
    ("incoming_bytes", "Bytes from clients", |stats| {
        stats.in_bytes
    }),
    ("outgoing_bytes", "Bytes to clients", |stats| {
        stats.out_bytes
    }),
];

/// Writes the metrics of a director.
///
/// # Errors
/// The errors of `out`.
pub fn write(out: &mut (impl Write + ?Sized), scrape: &Scrape) -> io::Result<()> {
    let Scrape {
        info,
        connections,
        totals,
        settings,
        estimates,
        timeouts,
        daemons,
        services,
    } = scrape;
    let mut text = Exposition::new(out);
    ipvs(&mut text, info, *connections)?;
    settings.write(&mut text)?;
    if let Some(estimates) = estimates {
        text.number(
            "ipvs_estimation_running",
            MetricType::Gauge,
            "1 if the kernel adds up counters; 0 if those of services and servers stand still.",
            u8::from(*estimates),
        )?;
    }
    seconds(&mut text, timeouts)?;
    sync_daemons(&mut text, daemons)?;
    counters(
        &mut text,
        "",
        "of all services, removed ones included",
        || totals.iter().map(|stats| (None, stats)),
    )?;
    service::services(&mut text, services)?;
    server::servers(&mut text, services)?;
    text.end()
}

fn ipvs<W: Write + ?Sized>(
    text: &mut Exposition<'_, W>,
    info: &Info,
    connections: Option<u64>,
) -> io::Result<()> {
    text.metric("ipvs_info", MetricType::Gauge, "The version of IPVS.")?;
    text.sample(|labels| labels.plain("version", info.version_text()), 1)?;
    text.number(
        "ipvs_connection_table_buckets",
        MetricType::Gauge,
        "The size of the connection table.",
        info.connection_table_size,
    )?;
    if let Some(connections) = connections {
        text.number(
            "ipvs_connection_table_entries",
            MetricType::Gauge,
            "Connections and templates in the connection table.",
            connections,
        )?;
    }
    Ok(())
}

fn seconds<W: Write + ?Sized>(text: &mut Exposition<'_, W>, timeouts: &Timeouts) -> io::Result<()> {
    let Timeouts { tcp, tcp_fin, udp } = *timeouts;
    for (name, help, seconds) in [
        (
            "ipvs_tcp_timeout_seconds",
            "After how long a silent TCP connection is forgotten.",
            tcp,
        ),
        (
            "ipvs_tcp_fin_timeout_seconds",
            "After how long a TCP connection is forgotten that has ended.",
            tcp_fin,
        ),
        (
            "ipvs_udp_timeout_seconds",
            "After how long a silent UDP connection is forgotten.",
            udp,
        ),
    ] {
        text.number(name, MetricType::Gauge, help, seconds)?;
    }
    Ok(())
}

fn sync_daemons<W: Write + ?Sized>(
    text: &mut Exposition<'_, W>,
    daemons: &[Daemon],
) -> io::Result<()> {
    text.metric(
        "ipvs_sync_daemon_running",
        MetricType::Gauge,
        "1 if the daemon runs that sends (master) or receives (backup) connections.",
    )?;
    for (name, state) in DaemonState::NAMES {
        let runs = daemons.iter().any(|daemon| daemon.state == *state);
        text.sample(|labels| labels.plain("state", name), u8::from(runs))?;
    }
    text.metric(
        "ipvs_sync_daemon_info",
        MetricType::Gauge,
        "The interface and the group of a sync daemon.",
    )?;
    for daemon in daemons {
        let Daemon {
            state,
            interface,
            sync_id,
            max_len,
            group,
            port,
            ttl,
        } = daemon;
        text.sample(
            |labels| {
                labels.plain("state", state)?;
                labels.text("interface", interface)?;
                labels.number("sync_id", *sync_id)?;
                if let Some(bytes) = max_len {
                    labels.number("message_max_bytes", *bytes)?;
                }
                if let Some(group) = group {
                    labels.plain("group", HostText(*group))?;
                }
                if let Some(port) = port {
                    labels.number("port", *port)?;
                }
                match ttl {
                    Some(ttl) => labels.number("ttl", *ttl),
                    None => Ok(()),
                }
            },
            1,
        )?;
    }
    Ok(())
}

/// Writes the [`COUNTERS`] of rows, each with its labels if it has any.
fn counters<'a, W: Write + ?Sized, I: Iterator<Item = (Option<&'a [u8]>, &'a Stats)>>(
    text: &mut Exposition<'_, W>,
    prefix: &str,
    whose: &str,
    rows: impl Fn() -> I,
) -> io::Result<()> {
    for (name, what, value) in COUNTERS {
        text.metric(
            &format!("ipvs_{prefix}{name}_total"),
            MetricType::Counter,
            &format!("{what}, {whose}."),
        )?;
        for (labels, stats) in rows() {
            text.sample(
                |set| labels.map_or(Ok(()), |labels| set.made(labels)),
                value(stats),
            )?;
        }
    }
    Ok(())
}
