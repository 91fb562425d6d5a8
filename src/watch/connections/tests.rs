use super::*;
use crate::names::Numeric;
use crate::watch::keys::Scroll;
use ipvs::connections::By;

const SIZE: Size = Size {
    columns: 100,
    rows: 9,
};

/// Returns the kernel's table, with a client's port and a state for each connection.
fn table(connections: &[(u16, &str)]) -> Vec<u8> {
    let mut table =
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires\n".to_owned();
    for (port, state) in connections {
        table +=
            &format!("TCP 0A000009 {port:04X} 0A000001 0050 0A010002 0050 {state:11}      99\n");
    }
    table.into_bytes()
}

fn see(connections: &mut ConnectionsScreen, table: &[u8], filter: &Filter) {
    let window = connections.read(table, filter, SIZE).unwrap();
    assert!(window.lines.len() <= status::room(SIZE));
    connections.see(window, "2026-11-21T10:50:10.123Z".to_owned());
}

/// Returns the end of the bar, and the clients' ports with their marks.
fn shown(connections: &ConnectionsScreen) -> String {
    let text = String::from_utf8(connections.draw(SIZE, &Numeric)).unwrap();
    let bar = text.split_once("every 2s  connections  ").unwrap().1;
    let mut shown = bar.split_once("\x1b").unwrap().0.replace("  ", ", ") + ":";
    for line in text.lines().filter(|line| line.contains("10.0.0.9:")) {
        let port = line
            .split_once("10.0.0.9:")
            .unwrap()
            .1
            .split_once(' ')
            .unwrap()
            .0;
        let mark = if line.contains("*TCP") { "*" } else { "" };
        shown += &format!(" {mark}{port}");
    }
    shown
}

fn many(count: u16) -> Vec<u8> {
    let rows: Vec<_> = (1..=count).map(|port| (port, "ESTABLISHED")).collect();
    table(&rows)
}

#[test]
fn no_more_is_held_than_fits() {
    let (every, table) = (Filter::default(), many(100));
    let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
    for (scroll, expected) in [
        (Scroll::Up, "1-5 of 100, 100 connections: 1 2 3 4 5"),
        (Scroll::Down, "2-6 of 100, 100 connections: 2 3 4 5 6"),
        (
            Scroll::PageDown,
            "7-11 of 100, 100 connections: 7 8 9 10 11",
        ),
        (
            Scroll::Last,
            "96-100 of 100, 100 connections: 96 97 98 99 100",
        ),
        (
            Scroll::Down,
            "96-100 of 100, 100 connections: 96 97 98 99 100",
        ),
    ] {
        connections.act(Action::Scroll(scroll), SIZE);
        see(&mut connections, &table, &every);
        let expected = format!("rows {expected}");
        assert_eq!(shown(&connections), expected, "{scroll:?}");
    }
    // Some connections have ended meanwhile.
    see(&mut connections, &many(7), &every);
    assert_eq!(
        shown(&connections),
        "rows 3-7 of 7, 7 connections: 3 4 5 6 7"
    );
    see(&mut connections, &many(0), &every);
    assert_eq!(shown(&connections), "no rows, 0 connections:");
    let window = Window::read(&table[..], &every, &RowFilter::default(), 5, 0).unwrap();
    assert_eq!((window.lines.len(), window.total), (0, 100));
}

#[test]
fn only_those_that_pass_are_counted() {
    let filter = Filter {
        state: Some("TIME_WAIT"),
        ..Filter::default()
    };
    let table = table(&[(1, "ESTABLISHED"), (2, "TIME_WAIT"), (3, "TIME_WAIT")]);
    let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
    see(&mut connections, &table, &filter);
    assert_eq!(shown(&connections), "rows 1-2 of 2, 2 connections: 2 3");
}

#[test]
fn new_connections_and_new_states_are_marked() {
    let every = Filter::default();
    let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
    see(
        &mut connections,
        &table(&[(1, "SYN_RECV"), (2, "ESTABLISHED")]),
        &every,
    );
    assert_eq!(shown(&connections), "rows 1-2 of 2, 2 connections: 1 2");
    let later = [(1, "ESTABLISHED"), (2, "ESTABLISHED"), (3, "SYN_RECV")];
    see(&mut connections, &table(&later), &every);
    assert_eq!(shown(&connections), "rows 1-3 of 3, 3 connections: *1 2 *3");
    // A connection that was outside the window may be old.
    see(&mut connections, &many(9), &every);
    connections.act(Action::Scroll(Scroll::Last), SIZE);
    see(&mut connections, &many(9), &every);
    assert_eq!(
        shown(&connections),
        "rows 5-9 of 9, 9 connections: 5 6 7 8 9"
    );
}

#[test]
fn counts_that_changed_are_marked() {
    let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
    let mut drawn = Vec::new();
    let before = table(&[(1, "ESTABLISHED"), (2, "TIME_WAIT")]);
    let after = table(&[(1, "ESTABLISHED"), (2, "ESTABLISHED"), (3, "TIME_WAIT")]);
    for table in [&before, &before, &after] {
        let counts = ipvs::connections::count(&table[..], &Filter::default(), By::State).unwrap();
        connections.see_counts(By::State, counts, String::new());
        drawn.push(String::from_utf8(connections.draw(SIZE, &Numeric)).unwrap());
    }
    let marks = |text: &String| text.matches('*').count();
    assert_eq!(drawn.iter().map(marks).collect::<Vec<_>>(), [0, 0, 1]);
    assert!(
        drawn[2].contains("by state  rows 1-2 of 2  3 connections"),
        "{}",
        drawn[2]
    );
    assert!(
        drawn[2].contains("*          2         0 ESTABLISHED"),
        "{}",
        drawn[2]
    );
}

/// Returns the lines on a screen of that width, from the titles to the last row.
fn lines(connections: &ConnectionsScreen, columns: usize) -> Vec<String> {
    let size = Size { columns, ..SIZE };
    let text = String::from_utf8(connections.draw(size, &Numeric)).unwrap();
    let rows = text.split("\r\n").skip(2).take(3);
    rows.map(|line| {
        let line = line.split('\x1b').next().unwrap();
        line.trim_end().to_owned()
    })
    .collect()
}

/// A long client, a short service, a long server, and an engine's data.
const LONG: &str = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 2001:0db8:1111:2222:3333:4444:5555:6666 FFFF fd00:0000:0000:0000:0000:0000:0000:0001 0050 2001:0db8:1111:2222:3333:4444:5555:7777 1F90 ESTABLISHED      99 sip 123@pc
TCP 0A000009 0001 0A000001 0050 0A010002 0050 ESTABLISHED      99
";

#[test]
fn addresses_have_the_room_that_they_need_and_the_window_has() {
    let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
    see(&mut connections, LONG.as_bytes(), &Filter::default());
    assert_eq!(
        lines(&connections, 140),
        [
            " pro expire state       source                                         virtual            destination",
            " TCP 01:39  ESTABLISHED [2001:db8:1111:2222:3333:4444:5555:6666]:65535 [fd00::1]:80       [2001:db8:1111:2222:3333:4444:5555:7777]:8080",
            " TCP 01:39  ESTABLISHED 10.0.0.9:1                                     10.0.0.1:80        10.1.0.2:80",
        ]
    );
    assert_eq!(
        lines(&connections, 80),
        [
            " pro expire state       source             virtual            destination",
            " TCP 01:39  ESTABLISHED [2001~:6666]:65535 [fd00::1]:80       [2001~5:7777]:8080",
            " TCP 01:39  ESTABLISHED 10.0.0.9:1         10.0.0.1:80        10.1.0.2:80",
        ]
    );
    let mut connections = ConnectionsScreen::new(true, Duration::from_secs(2));
    see(&mut connections, LONG.as_bytes(), &Filter::default());
    assert_eq!(
        lines(&connections, 120),
        [
            " pro expire state       source                   virtual            destination              pe name            pe_data",
            " TCP 01:39  ESTABLISHED [2001:d~5555:6666]:65535 [fd00::1]:80       [2001:d~:5555:7777]:8080 sip                123@pc",
            " TCP 01:39  ESTABLISHED 10.0.0.9:1               10.0.0.1:80        10.1.0.2:80",
        ]
    );
}

#[test]
fn two_things_share_the_window_that_connections_are_counted_by() {
    let mut connections = ConnectionsScreen::new(false, Duration::from_secs(2));
    let grouping = Grouping {
        by: By::Client,
        then: Some(By::Server),
    };
    let counts = ipvs::connections::count(LONG.as_bytes(), &Filter::default(), grouping).unwrap();
    connections.see_counts(grouping, counts, String::new());
    let row = |columns| {
        let mut lines = lines(&connections, columns).into_iter();
        lines.find(|line| line.contains("2001")).unwrap()
    };
    let whole =
        " 2001:db8:1111:2222:3333:4444:5555:6666 [2001:db8:1111:2222:3333:4444:5555:7777]:8080";
    assert!(row(110).ends_with(whole), "{}", row(110));
    let cut = " 2001:db8:~333:4444:5555:6666 [2001:db8~44:5555:7777]:8080";
    assert!(row(80).ends_with(cut), "{}", row(80));
}
