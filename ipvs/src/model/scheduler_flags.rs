//! The flags that mean something to the scheduler alone, and their names.

use super::ServiceFlags;

/// A flag of a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerFlag {
    /// The name, as `ipvsadm -b` and listings have it.
    pub name: &'static str,
    /// The bit, one of `IP_VS_SVC_F_SCHED1` to `IP_VS_SVC_F_SCHED3`.
    pub flag: ServiceFlags,
    /// The scheduler that has this name for the flag; `None` for a name that any scheduler
    /// has.
    pub scheduler: Option<&'static str>,
}

/// Every flag that has a name.
#[rustfmt::skip]
pub const SCHEDULER_FLAGS: &[SchedulerFlag] = &[
    SchedulerFlag { name: "flag-1", flag: ServiceFlags::SCHED1, scheduler: None },
    SchedulerFlag { name: "flag-2", flag: ServiceFlags::SCHED2, scheduler: None },
    SchedulerFlag { name: "flag-3", flag: ServiceFlags::SCHED3, scheduler: None },
    SchedulerFlag { name: "sh-fallback", flag: ServiceFlags::SCHED1, scheduler: Some("sh") },
    SchedulerFlag { name: "sh-port", flag: ServiceFlags::SCHED2, scheduler: Some("sh") },
    SchedulerFlag { name: "mh-fallback", flag: ServiceFlags::SCHED1, scheduler: Some("mh") },
    SchedulerFlag { name: "mh-port", flag: ServiceFlags::SCHED2, scheduler: Some("mh") },
];

impl SchedulerFlag {
    /// Returns the flags that this scheduler has names of its own for.
    pub fn named_by(scheduler: &str) -> ServiceFlags {
        SCHEDULER_FLAGS
            .iter()
            .filter(|known| known.scheduler == Some(scheduler))
            .fold(ServiceFlags::default(), |named, known| {
                named.with(known.flag)
            })
    }

    /// Returns the flags that are set, each under the name that the scheduler has for it
    /// or, if there is none, under the general name.
    pub fn of(flags: ServiceFlags, scheduler: &str) -> impl Iterator<Item = &'static Self> {
        let general = SCHEDULER_FLAGS
            .iter()
            .filter(|known| known.scheduler.is_none());
        let set = general.filter(move |general| flags.contains(general.flag));
        set.map(move |general| {
            let own = SCHEDULER_FLAGS
                .iter()
                .find(|known| known.flag == general.flag && known.scheduler == Some(scheduler));
            own.unwrap_or(general)
        })
    }
}
