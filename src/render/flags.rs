//! The configuration of a service, which follows its address.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use ipvs::model::{Name, Netmask, PrefixLength, SchedulerFlag, Service, ServiceFlags};
use ipvs::procfs::BriefService;

/// Writes ` SCHEDULER [(FLAGS)] [persistent …] [ops]`.
pub(super) fn service(out: &mut impl Write, service: &Service) -> io::Result<()> {
    let Service {
        id: _,
        scheduler,
        flags,
        timeout,
        netmask,
        engine,
    } = service;
    let scheduler = scheduler.as_ref().map_or("", Name::as_str);
    out.write_all(b" ")?;
    out.write_all(scheduler.as_bytes())?;
    scheduler_flags(out, scheduler, *flags)?;
    if service.is_persistent() {
        write!(out, " persistent {timeout}")?;
        self::netmask(out, *netmask)?;
        if let Some(engine) = engine {
            write!(out, " pe {engine}")?;
        }
    }
    if flags.contains(ServiceFlags::ONE_PACKET) {
        out.write_all(b" ops")?;
    }
    Ok(())
}

/// Writes ` SCHEDULER [persistent ? …] [ops]`: `/proc` does not tell the timeout.
pub(super) fn brief(out: &mut impl Write, service: &BriefService) -> io::Result<()> {
    write!(out, " {}", service.scheduler)?;
    if let Some(mask) = service.persistence {
        out.write_all(b" persistent ?")?;
        netmask(out, mask)?;
    }
    if service.one_packet {
        out.write_all(b" ops")?;
    }
    Ok(())
}

/// Writes the mask that groups clients by network.
fn netmask(out: &mut impl Write, mask: Netmask) -> io::Result<()> {
    match mask {
        Netmask::V4(Ipv4Addr::BROADCAST) | Netmask::V6(PrefixLength::HOST) => Ok(()),
        Netmask::V4(mask) => write!(out, " mask {mask}"),
        // ipvsadm 1.31 prints the length as an int.
        Netmask::V6(length) => write!(out, " mask {}", length.bits() as i32),
    }
}

/// Writes the flags that mean something to the scheduler only. If a scheduler has names for its own
/// flags, its other flags are not written.
fn scheduler_flags(out: &mut impl Write, scheduler: &str, flags: ServiceFlags) -> io::Result<()> {
    let mut set = SchedulerFlag::of(flags, scheduler).peekable();
    if set.peek().is_none() {
        return Ok(());
    }
    let has_names = SchedulerFlag::named_by(scheduler) != ServiceFlags::default();
    out.write_all(b" (")?;
    let mut separator = "";
    for flag in set.filter(|flag| flag.scheduler.is_some() || !has_names) {
        write!(out, "{separator}{}", flag.name)?;
        separator = ",";
    }
    out.write_all(b")")
}
