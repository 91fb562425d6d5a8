//! The table on a terminal, without one: what is drawn in windows of several sizes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use ipvs::model::{
    Destination, DestinationEntry, Forwarding, Protocol, Service, ServiceEntry, Stats, VirtualId,
};
use ipvsadm::estimation::Frozen;
use ipvsadm::names::{NameOf, Numeric};
use ipvsadm::view::{Numbers, Order, Paint, View};
use ipvsadm::watch::{Action, FilterKey, Size, TableScreen};

const V6: &str = "2001:db8:1111:2222:3333:4444:5555:666";

/// A server of the tables below: its weight, its connections, and how many connections
/// and bytes it has counted in all.
#[derive(Clone, Copy, Default)]
struct Load {
    weight: u32,
    active: u32,
    threshold: u32,
    connections: u64,
    bytes: u64,
}

fn server(address: &str, load: Load) -> DestinationEntry {
    let address: IpAddr = address.parse().unwrap();
    let mut server = Destination::new(address, 8080, Forwarding::Masquerade);
    server.weight = load.weight;
    server.upper_threshold = load.threshold;
    let mut server = DestinationEntry::new(server);
    server.activity.active = load.active;
    server.stats = stats(load.connections, load.bytes);
    server
}

fn stats(connections: u64, bytes: u64) -> Stats {
    Stats {
        connections,
        in_bytes: bytes,
        out_bytes: bytes.saturating_mul(10),
        ..Stats::default()
    }
}

/// A service with the counters of its servers.
fn service(address: &str, servers: Vec<DestinationEntry>) -> ServiceEntry {
    let id = VirtualId::Endpoint {
        protocol: Protocol::Tcp,
        address: address.parse().unwrap(),
        port: 80,
    };
    let counted = |of: fn(&Stats) -> u64| servers.iter().map(|server| of(&server.stats)).sum();
    let stats = stats(counted(|of| of.connections), counted(|of| of.in_bytes));
    let mut entry = ServiceEntry::new(Service::new(id, "wlc".parse().unwrap()), stats);
    entry.destinations = servers;
    entry
}

/// A director with these two looks at it, 10 seconds apart.
struct Watched {
    screen: TableScreen,
    names: Box<dyn NameOf>,
}

impl Watched {
    fn new(view: View, looks: [Vec<ServiceEntry>; 2], names: impl NameOf + 'static) -> Self {
        Self::painted(view, looks, names, Paint::Plain)
    }

    fn painted(
        view: View,
        looks: [Vec<ServiceEntry>; 2],
        names: impl NameOf + 'static,
        paint: Paint,
    ) -> Self {
        let interval = Duration::from_secs(10);
        let screen = TableScreen::new(view, Numbers::Scaled, Order::Sorted, paint, interval);
        let names = Box::new(names);
        let mut watched = Self { screen, names };
        let mut at = Instant::now();
        for entries in looks {
            watched.see(entries, at, None);
            at += interval;
        }
        watched
    }

    fn see(&mut self, mut entries: Vec<ServiceEntry>, at: Instant, frozen: Option<Frozen>) {
        for entry in &mut entries {
            self.screen.measure(entry, at, at);
        }
        let time = "2026-11-21T10:50:10.123Z".to_owned();
        self.screen.see(entries, time, frozen, &*self.names);
    }

    fn act(&mut self, action: Action) {
        let size = Size {
            columns: 80,
            rows: 24,
        };
        self.screen.act(action, size, &*self.names);
    }

    fn filter(&mut self, text: &str) {
        self.act(Action::Filter(FilterKey::Begin));
        for letter in text.chars() {
            self.act(Action::Filter(FilterKey::Letter(letter)));
        }
    }

    fn raw(&self, columns: usize) -> String {
        let size = Size { columns, rows: 24 };
        String::from_utf8(self.screen.draw(size, &*self.names)).unwrap()
    }

    /// The lines on the screen, without what makes them bold or coloured.
    fn lines(&self, columns: usize) -> Vec<String> {
        let text = self.raw(columns);
        let text = text.split("\x1b[J").next().unwrap();
        let line = |line: &str| {
            let mut pieces = line.split('\x1b');
            let mut text = pieces.next().unwrap().to_owned();
            for piece in pieces {
                text += piece.split_once(char::is_alphabetic).unwrap().1;
            }
            assert!(text.chars().count() <= columns, "{columns}: {text}");
            text.trim_end().to_owned()
        };
        text.trim_end().split("\r\n").map(line).collect()
    }

    /// The rows below the titles, without marks and the line of keys.
    fn rows(&self, columns: usize) -> Vec<String> {
        let lines = self.lines(columns);
        let rows = &lines[3..lines.len() - 1];
        let unmarked = |row: &String| row.get(1..).unwrap_or_default().to_owned();
        rows.iter().map(unmarked).collect()
    }
}

/// Two servers of one service: the first has three times as much as the other.
fn web(seconds: u64, address: &str, servers: [&str; 2]) -> ServiceEntry {
    let load = |part: u64| Load {
        weight: 10,
        active: 7,
        connections: 5 * part * seconds,
        bytes: 1_000_000 * part * seconds,
        ..Load::default()
    };
    let [one, other] = servers;
    service(address, vec![server(one, load(3)), server(other, load(1))])
}

#[test]
fn the_overview_shows_each_servers_part() {
    let look = |seconds| vec![web(seconds, "192.0.2.80", ["10.0.0.1", "10.0.0.2"])];
    let watched = Watched::new(View::Overview, [look(0), look(10)], Numeric);
    let expected = "\
10:50:10Z  every 10s  overview by address  rows 1-3 of 3  1 service, 2 servers
 Prot LocalAddress:Port  Weight Active InAct   CPS In b/s Out b/s Share
   -> RemoteAddress:Port
*TCP  192.0.2.80:80          20     14     0    20  32.0M    320M
*  -> 10.0.0.1:8080          10      7     0    15  24.0M    240M  75% #######
*  -> 10.0.0.2:8080          10      7     0     5  8.00M   80.0M  25% ##
q quit  o/s/r/p overview, stats, rate, plain  / filter  </> sort  R reverse";
    assert_eq!(watched.lines(80).join("\n").trim_end(), expected);
    // Longer bars in a wider window, and as many keys as it has room for.
    let wide = watched.lines(132);
    assert!(
        wide[4].ends_with(&format!(" 75% {}", "#".repeat(15))),
        "{wide:?}"
    );
    assert!(wide[6].ends_with("  arrows, PgUp, PgDn scroll"), "{wide:?}");
    let narrow = watched.lines(40);
    assert_eq!(
        narrow[4], "*  -> 10.0.0.1:8080          10      7",
        "{narrow:?}"
    );
    assert_eq!(narrow[6], "q quit");
}

#[test]
fn there_is_no_share_of_nothing_or_of_what_is_not_known() {
    let look = |seconds| vec![web(seconds, "192.0.2.80", ["10.0.0.1", "10.0.0.2"])];
    let shares = |watched: &Watched| {
        let rows = watched.rows(80);
        let share = |row: &String| row.get(65..).unwrap_or_default().trim().to_owned();
        rows.iter().map(share).collect::<Vec<_>>()
    };
    let mut watched = Watched::new(View::Overview, [look(7), look(7)], Numeric);
    assert_eq!(shares(&watched), ["", "-", "-"]);
    watched = Watched::new(View::Overview, [vec![], look(7)], Numeric);
    assert_eq!(shares(&watched), ["", "-", "-"]);
    assert!(
        watched.rows(80)[0].ends_with("     -      -       -"),
        "{:?}",
        watched.rows(80)
    );
    // A new server has none yet, and the others share what is known.
    let mut later = look(10);
    let new = Load {
        weight: 1,
        connections: 99,
        ..Load::default()
    };
    later[0].destinations.push(server("10.0.0.3", new));
    watched = Watched::new(View::Overview, [look(0), later], Numeric);
    assert_eq!(shares(&watched), ["", "75% #######", "25% ##", "-"]);
}

#[test]
fn a_long_address_pushes_no_column_out() {
    let servers = [format!("{V6}6"), format!("{V6}7")];
    let look = |seconds| vec![web(seconds, V6, [&servers[0], &servers[1]])];
    let lines = |view, columns| Watched::new(view, [look(0), look(10)], Numeric).lines(columns);
    // Whole where there is room, and its ends where there is not.
    let (whole, middle) = (format!("[{V6}6]:8080"), "[2001:~55:6666]:8080");
    for (view, columns, label, end) in [
        (
            View::Overview,
            132,
            &*whole,
            &*format!("240M  75% {}", "#".repeat(15)),
        ),
        (
            View::Overview,
            80,
            "[2001:~555:6666]:8080",
            "240M  75% #####",
        ),
        (View::Rate, 132, &whole, "3000000 30000000"),
        (
            View::Rate,
            80,
            "[2001:db8~444:5555:6666]:8080",
            "3000000 30000000",
        ),
        (View::Plain, 132, &whole, "Masq    10     7          0"),
        (
            View::Plain,
            80,
            "[2001:db8:11~333:4444:5555:6666]:8080",
            "Masq    10     7          0",
        ),
    ] {
        let lines = lines(view, columns);
        let row = &lines[4];
        assert!(
            row.contains(label) && row.ends_with(end),
            "{view:?} {columns}:\n{row}"
        );
        // Titles stand above their columns.
        let (title, cell) = match view {
            View::Plain => ("Weight", "10  "),
            View::Rate => ("  InBPS", "3000000 "),
            _ => (" Share", "  75%"),
        };
        let titles = lines[1..3].iter().find_map(|line| line.find(title));
        assert_eq!(
            titles,
            row.find(cell),
            "{view:?} {columns}:\n{}",
            lines.join("\n")
        );
    }
    let narrow = lines(View::Overview, 40);
    assert!(
        narrow[4].contains(middle) || narrow[4].contains("~"),
        "{narrow:?}"
    );
    assert!(narrow[4].ends_with("     10      7"), "{narrow:?}");
    // A service whose settings follow it keeps its label.
    assert_eq!(
        lines(View::Plain, 80)[3].trim(),
        format!("TCP  [{V6}]:80 wlc")
    );
}

/// Hosts have long names, ports none.
struct LongNames;

impl NameOf for LongNames {
    fn host(&self, address: IpAddr) -> Option<&str> {
        Some(match address.to_string().as_str() {
            "192.0.2.80" => "the-address-that-clients-know.example.net",
            "10.0.0.1" => "first-real-server.of-this-service.example.net",
            _ => "caf\u{e9}",
        })
    }

    fn port(&self, _: u16, _: Protocol) -> Option<&str> {
        None
    }
}

#[test]
fn long_names_keep_their_ends() {
    let look = |seconds| vec![web(seconds, "192.0.2.80", ["10.0.0.1", "10.0.0.2"])];
    for (view, columns, expected) in [
        (
            View::Overview,
            132,
            "first-real-server.of-this-service.example.net:8080  ",
        ),
        (View::Overview, 80, "first-~ample.net:8080 "),
        (View::Rate, 80, "first-rea~ce.example.net:8080 "),
        (
            View::Rate,
            132,
            "first-real-server.of-this-service.example.net:8080 ",
        ),
    ] {
        let watched = Watched::new(view, [look(0), look(10)], LongNames);
        let lines = watched.lines(columns);
        assert!(lines[4].contains(expected), "{view:?} {columns}: {lines:?}");
    }
}

#[test]
fn services_without_a_usable_server_stand_out() {
    let load = |weight, active, threshold| Load {
        weight,
        active,
        threshold,
        ..Load::default()
    };
    let look = || {
        vec![
            service("192.0.2.1", vec![]),
            service("192.0.2.2", vec![server("10.0.0.1", load(0, 3, 0))]),
            service("192.0.2.3", vec![server("10.0.0.1", load(5, 9, 9))]),
            service(
                "192.0.2.4",
                vec![
                    server("10.0.0.1", load(5, 9, 9)),
                    server("10.0.0.2", load(2, 0, 0)),
                ],
            ),
        ]
    };
    let mut watched = Watched::new(View::Overview, [look(), look()], Numeric);
    let weights = |watched: &Watched| {
        let rows = watched.rows(80);
        let services = rows.iter().filter(|row| row.starts_with("TCP"));
        let words = services.map(|row| row.split_whitespace().collect::<Vec<_>>());
        words
            .map(|words| format!("{} {}", words[1], words[2]))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let expected = "192.0.2.1:80 NONE, 192.0.2.2:80 NONE, 192.0.2.3:80 NONE, 192.0.2.4:80 2";
    assert_eq!(weights(&watched), expected);
    // They are seen in a narrow window too.
    assert!(
        watched.lines(40)[3].ends_with(" NONE      0"),
        "{:?}",
        watched.lines(40)
    );
    let bar = "  4 services (3 without a usable server), 4 servers";
    assert!(
        watched.lines(132)[0].ends_with(bar),
        "{:?}",
        watched.lines(132)
    );
    // By weight, they come last; the other way round, first.
    watched.act(Action::SortRight);
    assert!(weights(&watched).starts_with("192.0.2.4:80 2"));
    watched.act(Action::Reverse);
    assert!(weights(&watched).ends_with("192.0.2.4:80 2"));
    // Red where colours are wanted, and only in this view.
    let colored = |paint, view| {
        let raw = Watched::painted(view, [look(), look()], Numeric, paint).raw(80);
        raw.matches("\x1b[31m*TCP").count()
    };
    assert_eq!(colored(Paint::Plain, View::Overview), 0);
    assert_eq!(colored(Paint::Colored, View::Overview), 3);
    assert_eq!(colored(Paint::Colored, View::Plain), 0);
    watched.act(Action::View(View::Stats));
    assert!(watched.lines(132)[0].ends_with("  4 services, 4 servers"));
}

#[test]
fn rates_that_stand_still_are_said_to_in_the_bar() {
    let look = |seconds| vec![web(seconds, "192.0.2.80", ["10.0.0.1", "10.0.0.2"])];
    let mut watched = Watched::new(View::Overview, [look(0), look(10)], Numeric);
    watched.see(look(10), Instant::now(), Some(Frozen::TurnedOff));
    let bar = &watched.lines(132)[0];
    let why = "overview by address, standing still: net.ipv4.vs.run_estimation is 0  rows 1-3";
    assert!(bar.contains(why), "{bar}");
}

#[test]
fn a_text_narrows_the_rows() {
    let look = || {
        vec![
            web(0, "192.0.2.1", ["10.0.0.1", "10.0.0.2"]),
            web(0, "192.0.2.2", ["10.0.0.2", "10.0.0.3"]),
            web(0, "192.0.2.3", [V6, "::1"]),
            ServiceEntry::new(
                Service::new(
                    VirtualId::Fwmark {
                        mark: NonZeroU32::new(192).unwrap(),
                        family: ipvs::model::Family::V4,
                    },
                    "rr".parse().unwrap(),
                ),
                Stats::default(),
            ),
        ]
    };
    let labels = |watched: &Watched| {
        let rows = watched.rows(132);
        let label = |row: &String| row.split_whitespace().nth(1).unwrap().to_owned();
        rows.iter().map(label).collect::<Vec<_>>().join(" ")
    };
    let all = labels(&Watched::new(View::Overview, [look(), look()], Numeric));
    for view in [View::Overview, View::Stats, View::Plain] {
        for (text, expected) in [
            // A server, with its service.
            ("0.3", "192.0.2.2:80 10.0.0.3:8080"),
            (
                "0.2:8",
                "192.0.2.1:80 10.0.0.2:8080 192.0.2.2:80 10.0.0.2:8080",
            ),
            // A service, with all of its servers.
            ("2.1:80", "192.0.2.1:80 10.0.0.1:8080 10.0.0.2:8080"),
            ("tcp 192.0.2.1", "192.0.2.1:80 10.0.0.1:8080 10.0.0.2:8080"),
            ("DB8:", &format!("192.0.2.3:80 [{V6}]:8080")),
            ("fwm", "192"),
            ("nothing", ""),
            ("", &all),
        ] {
            let mut watched = Watched::new(view, [look(), look()], Numeric);
            watched.filter(text);
            assert_eq!(labels(&watched), expected, "{view:?} {text}");
            let lines = watched.lines(132);
            let bar = format!("10:50:10Z  /{text}_  every 10s  ");
            assert!(lines[0].starts_with(&bar), "{lines:?}");
            assert_eq!(lines.last().unwrap(), "Enter keep  Escape clear");
            // It goes on narrowing what comes.
            watched.act(Action::Filter(FilterKey::Keep));
            watched.see(look(), Instant::now(), None);
            assert_eq!(labels(&watched), expected, "{view:?} {text}");
            let kept = if text.is_empty() {
                String::new()
            } else {
                format!("/{text}  ")
            };
            let bar = format!("10:50:10Z  {kept}every 10s  ");
            assert!(watched.lines(132)[0].starts_with(&bar), "{lines:?}");
            watched.act(Action::Filter(FilterKey::Clear));
            assert_eq!(labels(&watched), all);
        }
    }
    let mut watched = Watched::new(View::Stats, [look(), look()], Numeric);
    watched.filter("0.3");
    let bar = &watched.lines(132)[0];
    assert!(bar.ends_with("rows 1-2 of 2  1 service, 1 server"), "{bar}");
    // Names are looked at where names are shown.
    let mut watched = Watched::new(View::Stats, [look(), look()], LongNames);
    watched.filter("FIRST-real");
    assert_eq!(watched.rows(132).len(), 2, "{:?}", watched.rows(132));
}
