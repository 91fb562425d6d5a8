//! Sysctls of a namespace: limits, and defences against floods.

use std::io::{self, Write};

use super::text::{Exposition, MetricType};

/// The settings in `net.ipv4.vs` that are worth watching; none where the kernel has no such
/// setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sysctls {
    /// `conn_max`, since Linux 7.2
    pub conn_max: Option<u64>,
    /// `amemthresh`
    pub amemthresh: Option<u64>,
    /// `drop_entry`
    pub drop_entry: Option<u64>,
    /// `drop_packet`
    pub drop_packet: Option<u64>,
    /// `secure_tcp`
    pub secure_tcp: Option<u64>,
}

impl Sysctls {
    /// Reads each setting with `value`, which is given its name.
    pub fn read(value: impl Fn(&str) -> Option<u64>) -> Self {
        Self {
            conn_max: value("conn_max"),
            amemthresh: value("amemthresh"),
            drop_entry: value("drop_entry"),
            drop_packet: value("drop_packet"),
            secure_tcp: value("secure_tcp"),
        }
    }

    pub(super) fn write<W: Write + ?Sized>(self, text: &mut Exposition<'_, W>) -> io::Result<()> {
        let Self {
            conn_max,
            amemthresh,
            drop_entry,
            drop_packet,
            secure_tcp,
        } = self;
        for (name, help, value) in [
            (
                "ipvs_connection_table_limit",
                "The most entries that the connection table takes (conn_max).",
                conn_max,
            ),
            (
                "ipvs_defense_memory_threshold_pages",
                "Free pages of memory below which a defense of mode 1 begins (amemthresh).",
                amemthresh,
            ),
        ] {
            if let Some(value) = value {
                text.number(name, MetricType::Gauge, help, value)?;
            }
        }
        text.metric(
            "ipvs_defense_mode",
            MetricType::Gauge,
            "A defense against floods: 0 off, 1 begins if memory is short, 2 works since it is, \
             3 always works.",
        )?;
        for (name, mode) in [
            ("drop_entry", drop_entry),
            ("drop_packet", drop_packet),
            ("secure_tcp", secure_tcp),
        ] {
            if let Some(mode) = mode {
                text.sample(|labels| labels.plain("defense", name), mode)?;
            }
        }
        Ok(())
    }
}
