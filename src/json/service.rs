//! How a service is configured.

use serde::{Serialize, Serializer};

use super::identity::AddressText;
use ipvs::model::{Name, Netmask, SchedulerFlag, Service, ServiceFlags};

/// All settings of a service, without its identity.
#[derive(Serialize)]
pub(super) struct ServiceSettings<'a> {
    scheduler: Option<&'a str>,
    flags: FlagNames<'a>,
    flag_bits: u32,
    one_packet: bool,
    /// The persistence engine. A service that is not persistent can have one too.
    engine: Option<&'a str>,
    persistence: Option<Persistence<'a>>,
}

#[derive(Serialize)]
struct Persistence<'a> {
    timeout_seconds: u32,
    netmask: Option<AddressText>,
    prefix_length: Option<u32>,
    engine: Option<&'a str>,
}

impl<'a> From<&'a Service> for ServiceSettings<'a> {
    fn from(service: &'a Service) -> Self {
        let Service {
            id: _,
            scheduler,
            flags,
            timeout: _,
            netmask: _,
            engine,
        } = service;
        let scheduler = scheduler.as_ref().map(Name::as_str);
        Self {
            scheduler,
            flags: FlagNames {
                flags: *flags,
                scheduler: scheduler.unwrap_or_default(),
            },
            flag_bits: flags.0,
            one_packet: flags.contains(ServiceFlags::ONE_PACKET),
            engine: engine.as_ref().map(Name::as_str),
            persistence: service.is_persistent().then(|| service.into()),
        }
    }
}

impl<'a> From<&'a Service> for Persistence<'a> {
    fn from(service: &'a Service) -> Self {
        let (netmask, prefix_length) = match service.netmask {
            Netmask::V4(mask) => (Some(AddressText(mask.into())), None),
            Netmask::V6(length) => (None, Some(length.bits())),
        };
        Self {
            timeout_seconds: service.timeout,
            netmask,
            prefix_length,
            engine: service.engine.as_ref().map(Name::as_str),
        }
    }
}

/// The flags, named as the options that set them. `IP_VS_SVC_F_HASHED` has no name: every listed
/// service has it.
struct FlagNames<'a> {
    flags: ServiceFlags,
    scheduler: &'a str,
}

impl Serialize for FlagNames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = [
            (ServiceFlags::PERSISTENT, "persistent"),
            (ServiceFlags::ONE_PACKET, "one-packet"),
        ];
        let set = known.iter().filter(|(bit, _)| self.flags.contains(*bit));
        let scheduler = SchedulerFlag::of(self.flags, self.scheduler);
        serializer.collect_seq(
            set.map(|(_, name)| *name)
                .chain(scheduler.map(|flag| flag.name)),
        )
    }
}
