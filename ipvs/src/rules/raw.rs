//! `--raw`: what no other option can say, in the kernel's numbers.

use std::fmt::{self, Display, Formatter};

/// A setting that `--raw` can make. The kernel takes every value of the setting; the
/// setting's own option, if there is one, does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum RawField {
    /// Of a service: port 0, though it is not persistent. Of a server: a port
    /// other than its service's, though its forwarding method can't change it.
    Port,
    /// Of a service: the persistence timeout, 0 or longer than `-p` takes.
    Persistent,
    /// Of a service: the bits of its flags that no option sets.
    Flags,
    /// Of a server: the number of its forwarding method.
    Forwarding,
    /// Of a server: an upper threshold higher than `-x` takes.
    UpperThreshold,
    /// Of a server: a lower threshold higher than `-y` takes.
    LowerThreshold,
    /// Of a server that is tunnelled: the number of the kind.
    TunnelKind,
    /// Of a server that is tunnelled: the port of the tunnel.
    TunnelPort,
    /// Of a server that is tunnelled: the flags of the tunnel.
    TunnelFlags,
}

impl RawField {
    /// The raw fields of services.
    pub const OF_SERVICES: &'static [Self] = &[Self::Port, Self::Persistent, Self::Flags];
    /// The raw fields of servers.
    pub const OF_SERVERS: &'static [Self] = &[
        Self::Port,
        Self::Forwarding,
        Self::UpperThreshold,
        Self::LowerThreshold,
        Self::TunnelKind,
        Self::TunnelPort,
        Self::TunnelFlags,
    ];

    /// Returns the name, which is that of the setting's own option where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Persistent => "persistent",
            Self::Flags => "flags",
            Self::Forwarding => "forwarding",
            Self::UpperThreshold => "u-threshold",
            Self::LowerThreshold => "l-threshold",
            Self::TunnelKind => "tun-type",
            Self::TunnelPort => "tun-port",
            Self::TunnelFlags => "tun-flags",
        }
    }

    /// Returns the highest number that the kernel's field holds.
    pub fn highest(self) -> u32 {
        match self {
            Self::Port | Self::TunnelPort | Self::TunnelFlags => u16::MAX.into(),
            Self::Forwarding => 7,
            Self::TunnelKind => u8::MAX.into(),
            Self::Persistent | Self::Flags | Self::UpperThreshold | Self::LowerThreshold => {
                u32::MAX
            }
        }
    }
}

/// The settings of a rule that need `--raw`.
#[derive(Default)]
pub(super) struct Raw(Vec<(RawField, u32)>);

impl Raw {
    pub(super) fn add(&mut self, field: RawField, number: u32) {
        self.0.push((field, number));
    }
}

impl Display for Raw {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut separator = " --raw ";
        for (field, number) in &self.0 {
            write!(f, "{separator}{}={number}", field.name())?;
            separator = ",";
        }
        Ok(())
    }
}
