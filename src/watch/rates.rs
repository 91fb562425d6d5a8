//! Rates computed here: exact counters, divided by the true time between two looks.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::render::Rates;
use ipvs::model::{DestinationEntry, ServiceEntry, Stats, VirtualId};

/// The kernel adds up its counters every two seconds. Over a shorter time they would seem to stand
/// still, and then to leap. A look may come a little early, hence the margin.
const KERNEL_PERIOD: Duration = Duration::from_millis(1950);

/// The identity of a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowId {
    service: VirtualId,
    /// The server's address and port; none in the row of the service.
    server: Option<(IpAddr, u16)>,
}

impl RowId {
    /// The row of a service.
    pub fn service(service: &VirtualId) -> Self {
        Self {
            service: *service,
            server: None,
        }
    }

    /// The row of a server of that service.
    pub fn server(service: &VirtualId, entry: &DestinationEntry) -> Self {
        let server = &entry.destination;
        Self {
            service: *service,
            server: Some((server.address, server.port)),
        }
    }
}

/// The earlier counters of every row, as far back as rates need them.
#[derive(Default)]
pub struct Meter {
    rows: HashMap<RowId, History>,
    look: u64,
}

/// Connections, packets and bytes, each way.
type Counters = [u64; 5];

struct History {
    /// The counters of earlier looks, the oldest first.
    samples: VecDeque<(Instant, Counters)>,
    rates: Rates,
    /// The look in which the row was last seen.
    look: u64,
}

impl Meter {
    /// Replaces the kernel's rates by rates computed here, or by 0 where they are not known yet.
    /// The service's counters were read at `service_at`, those of its servers at `servers_at`.
    pub fn measure(&mut self, entry: &mut ServiceEntry, service_at: Instant, servers_at: Instant) {
        let id = entry.service.id;
        if self.was_zeroed(entry) {
            self.forget(entry);
        }
        self.row(RowId::service(&id), &mut entry.stats, service_at);
        for server in &mut entry.destinations {
            let row = RowId::server(&id, server);
            self.row(row, &mut server.stats, servers_at);
        }
    }

    /// Returns whether a counter of the service, or of one of its servers, is lower than at the
    /// last look. All of them were set to 0 then, even if some have already passed their earlier
    /// value.
    fn was_zeroed(&self, entry: &ServiceEntry) -> bool {
        let went_back = |row: RowId, stats: &Stats| {
            let last = self.rows.get(&row).and_then(|row| row.samples.back());
            let now = counters(stats);
            last.is_some_and(|(_, before)| before.iter().zip(&now).any(|(one, now)| now < one))
        };
        let id = &entry.service.id;
        let mut servers = entry.destinations.iter();
        went_back(RowId::service(id), &entry.stats)
            || servers.any(|server| went_back(RowId::server(id, server), &server.stats))
    }

    /// Forgets the earlier counters of a service and its servers, which rates can't be computed
    /// from.
    fn forget(&mut self, entry: &ServiceEntry) {
        let id = &entry.service.id;
        let servers = entry.destinations.iter();
        let rows = servers.map(|server| RowId::server(id, server));
        for row in rows.chain([RowId::service(id)]) {
            self.rows.remove(&row);
        }
    }

    /// Returns whether the rates of a row could be computed in this look.
    pub fn rates(&self, row: &RowId) -> Rates {
        self.rows
            .get(row)
            .map_or(Rates::Unknown, |history| history.rates)
    }

    /// Ends a look, and forgets rows that were not in it.
    pub fn end_look(&mut self) {
        self.rows.retain(|_, history| history.look == self.look);
        self.look = self.look.wrapping_add(1);
    }

    fn row(&mut self, row: RowId, stats: &mut Stats, at: Instant) {
        let look = self.look;
        let history = self.rows.entry(row).or_insert_with(|| History {
            samples: VecDeque::new(),
            rates: Rates::Unknown,
            look,
        });
        history.look = look;
        let rates = history.add(at, counters(stats));
        history.rates = match rates {
            Some(_) => Rates::Known,
            None => Rates::Unknown,
        };
        set_rates(stats, rates.unwrap_or_default());
    }
}

impl History {
    /// Adds a sample, and returns the rates since the newest earlier sample that is old enough, or
    /// since the oldest.
    fn add(&mut self, at: Instant, counters: Counters) -> Option<Counters> {
        let age = |sample: &(Instant, Counters)| at.saturating_duration_since(sample.0);
        while let Some(second) = self.samples.get(1)
            && age(second) >= KERNEL_PERIOD
        {
            self.samples.pop_front();
        }
        let rates = self
            .samples
            .front()
            .and_then(|first| per_second(&first.1, &counters, age(first)));
        self.samples.push_back((at, counters));
        rates
    }
}

/// Returns rates rounded to whole numbers; none if no time has passed.
fn per_second(before: &Counters, now: &Counters, time: Duration) -> Option<Counters> {
    let nanos = time.as_nanos();
    let mut rates = Counters::default();
    for ((rate, before), now) in rates.iter_mut().zip(before).zip(now) {
        let units = u128::from(now.checked_sub(*before)?) * 1_000_000_000;
        let rounded = units.saturating_add(nanos / 2).checked_div(nanos)?;
        *rate = u64::try_from(rounded).unwrap_or(u64::MAX);
    }
    Some(rates)
}

fn counters(stats: &Stats) -> Counters {
    [
        stats.connections,
        stats.in_packets,
        stats.out_packets,
        stats.in_bytes,
        stats.out_bytes,
    ]
}

fn set_rates(stats: &mut Stats, rates: Counters) {
    [
        stats.connections_per_second,
        stats.in_packets_per_second,
        stats.out_packets_per_second,
        stats.in_bytes_per_second,
        stats.out_bytes_per_second,
    ] = rates;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use ipvs::model::{Destination, Family, Forwarding, Service};

    const ID: VirtualId = VirtualId::Fwmark {
        mark: std::num::NonZeroU32::MIN,
        family: Family::V4,
    };

    /// Returns a service with a server, each with this many connections. The rates in it are wrong
    /// on purpose.
    fn entry(service: u64, server: u64) -> ServiceEntry {
        let stats = |connections| {
            let mut stats = Stats::default();
            set_rates(&mut stats, [99; 5]);
            stats.connections = connections;
            stats
        };
        let address = "10.0.0.1".parse().unwrap();
        let destination = Destination::new(address, 80, Forwarding::Masquerade);
        let mut row = DestinationEntry::new(destination);
        row.stats = stats(server);
        let service_row = Service::new(ID, "rr".parse().unwrap());
        let mut entry = ServiceEntry::new(service_row, stats(service));
        entry.destinations.push(row);
        entry
    }

    /// Returns the rates of connections in looks at these times, in milliseconds, with these
    /// counters of the service; its server has half as many.
    fn rates(looks: &[(u64, u64)]) -> Vec<Option<(u64, u64)>> {
        let (start, mut meter) = (Instant::now(), Meter::default());
        let look = |&(millis, connections): &(u64, u64)| {
            let at = start + Duration::from_millis(millis);
            let mut entry = entry(connections, connections / 2);
            meter.measure(&mut entry, at, at);
            meter.end_look();
            let server = entry.destinations.first().unwrap();
            let found = [RowId::service(&ID), RowId::server(&ID, server)];
            let found = found.map(|row| meter.rates(&row));
            let rates = (
                entry.stats.connections_per_second,
                server.stats.connections_per_second,
            );
            match found {
                [Rates::Known, Rates::Known] => Some(rates),
                _ => {
                    assert_eq!((found, rates), ([Rates::Unknown; 2], (0, 0)));
                    None
                }
            }
        };
        looks.iter().map(look).collect()
    }

    #[test]
    fn rates_are_differences_over_the_true_time() {
        let found = rates(&[(0, 1000), (2000, 1200), (6000, 1200), (8500, 1450)]);
        assert_eq!(
            found,
            [None, Some((100, 50)), Some((0, 0)), Some((100, 50))]
        );
        // 10 in 3 seconds, then 11: rounded to the nearest whole number.
        let found = rates(&[(0, 0), (3000, 10), (6000, 21)]);
        assert_eq!(found, [None, Some((3, 2)), Some((4, 2))]);
    }

    #[test]
    fn short_intervals_reach_back_over_the_kernels() {
        // 100 a second, added up by the kernel every two seconds.
        let looks: Vec<_> = (0..20).map(|n| (n * 500, n / 4 * 200)).collect();
        let found = rates(&looks);
        assert_eq!(found[0], None);
        assert!(
            found[4..].iter().all(|rate| *rate == Some((100, 50))),
            "{found:?}"
        );
        // A first rate is better than none.
        assert_eq!(rates(&[(0, 0), (1000, 100)]), [None, Some((100, 50))]);
    }

    #[test]
    fn zeroed_counters_begin_anew() {
        let found = rates(&[(0, 500), (2000, 10), (4000, 30)]);
        assert_eq!(found, [None, None, Some((10, 5))]);
    }

    #[test]
    fn a_counter_that_has_passed_what_it_was_is_no_proof() {
        // The counter is higher than at the first look and lower than at the last one.
        let found = rates(&[(0, 20), (500, 50), (1000, 30), (2000, 50)]);
        assert_eq!(found, [None, Some((60, 30)), None, Some((20, 10))]);
        // The counter of the service has passed its earlier value, that of its server has not; then
        // the reverse.
        for before_and_now in [[(20, 50), (60, 3)], [(50, 20), (3, 60)]] {
            let (start, mut meter) = (Instant::now(), Meter::default());
            for (seconds, (service, server)) in [0, 5].into_iter().zip(before_and_now) {
                let at = start + Duration::from_secs(seconds);
                let mut entry = entry(service, server);
                meter.measure(&mut entry, at, at);
                meter.end_look();
                let row = entry.destinations.first().unwrap();
                for row in [RowId::service(&ID), RowId::server(&ID, row)] {
                    assert_eq!(meter.rates(&row), Rates::Unknown, "{before_and_now:?}");
                }
            }
        }
    }

    #[test]
    fn no_number_is_a_panic() {
        assert_eq!(per_second(&[0; 5], &[1; 5], Duration::ZERO), None);
        let fast = per_second(&[0; 5], &[u64::MAX; 5], Duration::from_nanos(1));
        assert_eq!(fast, Some([u64::MAX; 5]));
        let slow = per_second(&[0; 5], &[u64::MAX; 5], Duration::MAX);
        assert_eq!(slow, Some([1; 5]));
    }

    #[test]
    fn rows_that_are_gone_are_forgotten() {
        let (at, mut meter) = (Instant::now(), Meter::default());
        meter.measure(&mut entry(1, 1), at, at);
        meter.end_look();
        assert_eq!(meter.rows.len(), 2);
        meter.end_look();
        assert!(meter.rows.is_empty());
    }
}
