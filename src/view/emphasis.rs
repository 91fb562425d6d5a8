//! Servers that take new connections; `--color` makes the others stand out.

use ipvs::model::{DestinationEntry, Service, ServiceEntry};

/// The choice between bare text and colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Text alone, as scripts read it.
    #[default]
    Plain,
    /// Text with the terminal's codes for colours.
    Colored,
}

/// Why a row stands out: its server, or its service, takes no new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    /// The weight of the server is 0.
    Quiesced,
    /// The server's connections have reached the upper threshold. The kernel marks this with
    /// `IP_VS_DEST_F_OVERLOAD`, but does not send the mark.
    Overloaded,
    /// The service has no server that takes new connections.
    Unserved,
}

/// Ends what [`Emphasis::code`] began.
pub const NORMAL: &str = "\x1b[m";

impl Emphasis {
    /// Returns why a server stands out. Weight 0 was set on purpose, so it comes first.
    pub fn of(entry: &DestinationEntry) -> Option<Self> {
        let connections = u64::from(entry.activity.active) + u64::from(entry.activity.inactive);
        let bound = entry.destination.upper_threshold;
        if entry.destination.weight == 0 {
            Some(Self::Quiesced)
        } else if bound > 0 && connections >= u64::from(bound) {
            Some(Self::Overloaded)
        } else {
            None
        }
    }

    /// Returns why a service stands out.
    pub fn of_service(entry: &ServiceEntry) -> Option<Self> {
        let mut usable = usable(&entry.service, &entry.destinations);
        usable.next().is_none().then_some(Self::Unserved)
    }

    /// Returns the terminal's code for the colour: yellow or red.
    pub fn code(self) -> &'static str {
        match self {
            Self::Quiesced => "\x1b[33m",
            Self::Overloaded | Self::Unserved => "\x1b[31m",
        }
    }
}

/// Returns the servers of a service that take new connections. Without a scheduler, none does.
pub fn usable<'a>(
    service: &Service,
    servers: &'a [DestinationEntry],
) -> impl Iterator<Item = &'a DestinationEntry> + use<'a> {
    let is_scheduled = service.is_scheduled();
    let servers = servers.iter();
    servers.filter(move |server| is_scheduled && Emphasis::of(server).is_none())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ipvs::model::{Destination, Forwarding};

    fn emphasis(weight: u32, bound: u32, active: u32, inactive: u32) -> Option<Emphasis> {
        let address = "10.0.0.1".parse().unwrap();
        let mut server = Destination::new(address, 80, Forwarding::Masquerade);
        server.weight = weight;
        server.upper_threshold = bound;
        let mut entry = DestinationEntry::new(server);
        entry.activity.active = active;
        entry.activity.inactive = inactive;
        Emphasis::of(&entry)
    }

    #[test]
    fn servers_without_new_connections_stand_out() {
        use Emphasis::{Overloaded, Quiesced};
        for (weight, bound, active, inactive, expected) in [
            (1, 0, 0, 0, None),
            (1, 0, u32::MAX, u32::MAX, None),
            (0, 0, 0, 0, Some(Quiesced)),
            (0, 1, 1, 0, Some(Quiesced)),
            (1, 5, 2, 2, None),
            (1, 5, 2, 3, Some(Overloaded)),
            (1, 5, 0, 9, Some(Overloaded)),
            (1, u32::MAX, u32::MAX, 1, Some(Overloaded)),
        ] {
            let found = emphasis(weight, bound, active, inactive);
            assert_eq!(found, expected, "{weight} {bound} {active} {inactive}");
        }
    }
}
