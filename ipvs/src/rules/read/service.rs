//! Services: `-A` and `-E`.

use super::options::Opt;
use super::raw_settings::RawSettings;
use super::{RawField, RuleError, RuleLine, misfit, name, number, value};
use crate::model::{
    Family, Netmask, PrefixLength, Protocol, SCHEDULER_FLAGS, Service, ServiceFlags, VirtualId,
};
use crate::rules::{DEFAULT_PERSISTENCE, DEFAULT_SCHEDULER, LONGEST_TIMEOUT};

impl RuleLine<'_> {
    pub(super) fn service(&self, id: VirtualId) -> Result<Service, RuleError> {
        let raw = RawSettings::read(self, RawField::OF_SERVICES)?;
        let scheduler = self.get(Opt::Scheduler).unwrap_or(DEFAULT_SCHEDULER);
        let mut service = Service::new(id, name(scheduler)?);
        let timeout = match self.get(Opt::Persistent) {
            Some("") => Some(DEFAULT_PERSISTENCE),
            _ => self.number(Opt::Persistent, 1..=LONGEST_TIMEOUT, "1 to 2678400 seconds")?,
        };
        let timeout = raw.get(RawField::Persistent).or(timeout);
        service.timeout = timeout.unwrap_or(0);
        service.flags = self.sched_flags(scheduler)?;
        if timeout.is_some() {
            service.flags = service.flags.with(ServiceFlags::PERSISTENT);
        }
        if let Some((row, _)) = self.row(Opt::OnePacket) {
            if matches!(id, VirtualId::Endpoint { protocol, .. } if protocol != Protocol::Udp) {
                return Err(misfit(row.typed(), "it goes with UDP and marks"));
            }
            service.flags = service.flags.with(ServiceFlags::ONE_PACKET);
        }
        let raw_port: Option<u32> = raw.get(RawField::Port);
        if raw_port.is_some_and(|port| port != 0) {
            return Err(misfit("--raw", "the raw port of a service can only be 0"));
        }
        if id.port() == Some(0) && timeout.is_none() && raw_port.is_none() {
            return Err(misfit("port 0", "it goes with -p"));
        }
        if let Some(word) = self.get(Opt::Netmask) {
            self.netmask_is_behind(id.family())?;
            service.netmask = match id.family() {
                Family::V4 => word.parse().ok().map(Netmask::V4),
                Family::V6 => number(word, 1..=128)
                    .and_then(|bits: u32| PrefixLength::try_from(bits).ok())
                    .map(Netmask::V6),
            }
            .ok_or_else(|| value(word, "a mask for IPv4 or 1 to 128 bits for IPv6"))?;
        }
        service.engine = self.get(Opt::Engine).map(name).transpose()?;
        let unnamed = ServiceFlags(raw.get(RawField::Flags).unwrap_or_default());
        service.flags = service.flags.with(unnamed);
        Ok(service)
    }

    /// Refuses a netmask that stands before the words that make a service one of IPv6:
    /// ipvsadm forgets it there.
    fn netmask_is_behind(&self, family: Family) -> Result<(), RuleError> {
        let naming = [
            Opt::Tcp,
            Opt::Udp,
            Opt::Sctp,
            Opt::Protocol,
            Opt::Fwmark,
            Opt::Ipv6,
        ];
        let place = |opts: &[Opt]| {
            self.options
                .iter()
                .rposition(|(row, _)| opts.contains(&row.opt))
        };
        match family == Family::V6 && place(&[Opt::Netmask]) < place(&naming) {
            true => Err(misfit("-M", "it has to come after the service and -6")),
            false => Ok(()),
        }
    }

    fn sched_flags(&self, scheduler: &str) -> Result<ServiceFlags, RuleError> {
        let mut flags = ServiceFlags::default();
        for name in self
            .get(Opt::SchedFlags)
            .into_iter()
            .flat_map(|word| word.split(','))
        {
            let known = SCHEDULER_FLAGS.iter().find(|known| known.name == name);
            let known = known
                .ok_or_else(|| value(name, "a scheduler's flag, such as sh-port or flag-1"))?;
            if known.scheduler.is_some_and(|of| of != scheduler) {
                return Err(misfit(name, "it is another scheduler's flag"));
            }
            flags = flags.with(known.flag);
        }
        Ok(flags)
    }
}
