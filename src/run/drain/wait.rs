//! Waiting for connections to end.

use std::fmt::{self, Display, Formatter};
use std::io::{Stderr, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::is_drained;
use super::words::{Kept, Stays};
use crate::cli::Drain;
use crate::names::Numeric;
use crate::run::Failure;
use crate::run::progress::Bar;
use crate::run::restore::Report;
use crate::run::signal::StopSignal;
use ipvs::client::Client;
use ipvs::model::{DestinationEntry, Protocol, VirtualId};
use ipvs::rules::Endpoint;

/// From one look at the connections to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// A connection that has begun just before the weight was set to 0 is an
/// inactive one of the kernel's until its handshake is over.
const HANDSHAKE: Duration = Duration::from_secs(1);

/// Where no bar can be seen, a line is written this often.
const EVERY: Duration = Duration::from_secs(10);

/// How the waiting ended.
pub(super) enum Ended {
    /// The server is still there, without connections.
    Here,
    /// Somebody else has removed it.
    Gone,
}

/// Waits until there are no connections to wait for.
pub(super) fn wait(
    client: &mut Client,
    drain: &Drain,
    stop: &StopSignal,
    report: &mut Report<'_>,
) -> Result<Ended, Failure> {
    let awaited = Awaited::of(&drain.service);
    let stays = Stays(drain);
    let start = Instant::now();
    let mut teller = Teller::new(drain.limit);
    loop {
        let mut servers = client
            .destinations(&drain.service)
            .map_err(Failure::Unlisted)?;
        servers.retain(|row| is_drained(drain, row));
        if drain.server.is_some() && servers.is_empty() {
            return Ok(Ended::Gone);
        }
        if let Some(row) = servers.iter().find(|row| row.destination.weight != 0) {
            let server = Endpoint::server(&drain.service, &row.destination, &Numeric);
            let weight = row.destination.weight;
            return Err(Failure::Stopped {
                status: 1,
                message: format!(
                    "{server} was given weight {weight} meanwhile; {}",
                    Kept(drain)
                ),
            });
        }
        let left = Left {
            connections: awaited.among(&servers),
            time: start.elapsed(),
        };
        if let Some(status) = stop.status() {
            return Err(Failure::Stopped {
                status,
                message: format!("interrupted: {left}; {stays}"),
            });
        }
        let remaining = drain.limit.map(|limit| limit.saturating_sub(left.time));
        let is_over = remaining == Some(Duration::ZERO);
        if left.connections == 0 {
            let is_settled = left.time >= HANDSHAKE || Awaited::All.among(&servers) == 0;
            if is_settled || is_over {
                return Ok(Ended::Here);
            }
        }
        if is_over {
            return Err(Failure::Stopped {
                status: 1,
                message: format!("{left}; {stays}"),
            });
        }
        teller.tell(&left, report);
        sleep(remaining.map_or(INTERVAL, |remaining| remaining.min(INTERVAL)));
    }
}

/// Which connections are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// Those the kernel counts as active: of TCP and SCTP the established ones.
    Active,
    /// The inactive ones too. A connection of UDP is never another. A mark may
    /// be on packets of any protocol.
    All,
}

impl Awaited {
    fn of(id: &VirtualId) -> Self {
        match id {
            VirtualId::Endpoint {
                protocol: Protocol::Tcp | Protocol::Sctp,
                ..
            } => Self::Active,
            VirtualId::Endpoint { .. } | VirtualId::Fwmark { .. } => Self::All,
        }
    }

    fn among(self, servers: &[DestinationEntry]) -> u64 {
        let count = |row: &DestinationEntry| {
            let inactive = match self {
                Self::Active => 0,
                Self::All => row.activity.inactive,
            };
            u64::from(row.activity.active).saturating_add(u64::from(inactive))
        };
        servers.iter().map(count).fold(0, u64::saturating_add)
    }
}

/// `3 connections left after 10 s`
#[derive(Clone, Copy, Debug)]
struct Left {
    connections: u64,
    time: Duration,
}

impl Display for Left {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (connections, time) = (Connections(self.connections), self.time.as_secs());
        write!(f, "{connections} after {time} s")
    }
}

/// `3 connections left`
struct Connections(u64);

impl Display for Connections {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} connection{plural} left", self.0)
    }
}

/// Says how many connections are left: on a terminal all the time.
struct Teller<W: Write = Stderr> {
    bar: Bar<W>,
    limit: Option<Duration>,
    most: u64,
    next: Duration,
}

impl Teller {
    fn new(limit: Option<Duration>) -> Self {
        Self::with(Bar::new(), limit)
    }
}

impl<W: Write> Teller<W> {
    fn with(bar: Bar<W>, limit: Option<Duration>) -> Self {
        Self {
            bar,
            limit,
            most: 0,
            next: EVERY,
        }
    }

    fn tell(&mut self, left: &Left, report: &mut Report<'_>) {
        if !self.bar.is_seen() {
            if left.time >= self.next {
                self.next = self.next.saturating_add(EVERY);
                report(left);
            }
            return;
        }
        self.most = self.most.max(left.connections);
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let (ended, most) = (
            size(self.most.saturating_sub(left.connections)),
            size(self.most),
        );
        match self.limit {
            Some(limit) => {
                let connections = Connections(left.connections);
                let (time, limit) = (left.time.as_secs(), limit.as_secs());
                let text = format_args!("{connections}, {time} of {limit} s");
                self.bar.draw(ended, most, text);
            }
            None => self.bar.draw(ended, most, format_args!("{left}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use ipvs::model::{Destination, Family, Forwarding};

    fn endpoint(protocol: Protocol) -> VirtualId {
        VirtualId::Endpoint {
            protocol,
            address: Ipv4Addr::LOCALHOST.into(),
            port: 80,
        }
    }

    #[test]
    fn inactive_connections_count_where_they_may_be_alive() {
        let server = |active, inactive| {
            let server = Destination::new(Ipv4Addr::LOCALHOST.into(), 80, Forwarding::Masquerade);
            let mut row = DestinationEntry::new(server);
            row.activity.active = active;
            row.activity.inactive = inactive;
            row.activity.persistent = 100;
            row
        };
        let servers = [server(2, 30), server(u32::MAX, 1)];
        let active = u64::from(u32::MAX) + 2;
        let mark = VirtualId::Fwmark {
            mark: 1,
            family: Family::V4,
        };
        for (service, left) in [
            (endpoint(Protocol::Tcp), active),
            (endpoint(Protocol::Sctp), active),
            (endpoint(Protocol::Udp), active + 31),
            (endpoint(Protocol::Other(50)), active + 31),
            (mark, active + 31),
        ] {
            assert_eq!(Awaited::of(&service).among(&servers), left, "{service:?}");
        }
        assert_eq!(Awaited::All.among(&[]), 0);
    }

    #[test]
    fn a_line_every_10_seconds_where_there_is_no_terminal() {
        let mut teller = Teller::with(Bar::on(None::<Vec<u8>>), None);
        let mut lines = Vec::new();
        for half_seconds in 0..=63 {
            let left = Left {
                connections: 64 - half_seconds,
                time: INTERVAL * u32::try_from(half_seconds).unwrap(),
            };
            teller.tell(&left, &mut |line| lines.push(line.to_string()));
        }
        assert_eq!(
            lines,
            [
                "44 connections left after 10 s",
                "24 connections left after 20 s",
                "4 connections left after 30 s",
            ]
        );
    }

    #[test]
    fn a_bar_on_a_terminal() {
        let mut terminal = Vec::new();
        let limit = Some(Duration::from_secs(60));
        let mut teller = Teller::with(Bar::on(Some(&mut terminal)), limit);
        for (connections, seconds) in [(2, 0), (4, 1), (1, 11)] {
            let left = Left {
                connections,
                time: Duration::from_secs(seconds),
            };
            teller.tell(&left, &mut |line| panic!("{line}"));
        }
        drop(teller);
        let nothing = " ".repeat(30);
        let three = format!("{}{}", "#".repeat(22), " ".repeat(8));
        assert_eq!(
            String::from_utf8(terminal).unwrap(),
            format!(
                "\r[{nothing}] 2 connections left, 0 of 60 s\x1b[K\
                 \r[{nothing}] 4 connections left, 1 of 60 s\x1b[K\
                 \r[{three}] 1 connection left, 11 of 60 s\x1b[K\r\x1b[K"
            )
        );
    }
}
