//! `--watch` repeats a listing: in place where a person watches it, one below the other elsewhere.

use std::collections::HashSet;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::formats::{self, Audience, OutputFormat};
use super::rows::{LISTING, Rows, or_numbers};
use super::{Failure, Out, connections};
use crate::cli::{Connections, List, Watch};
use crate::estimation::Frozen;
use crate::names::Names;
use crate::render;
use crate::view::View;
use crate::watch::{
    self, Action, Broken, Meter, Pace, Screen, Size, Subject, Then, WatchEnd, rfc_3339,
};
use ipvs::client::Client;
use ipvs::connections::CONNECTIONS;
use ipvs::error::{Error, ErrorKind, Verb};
use ipvs::model::ServiceEntry;
use ipvs::procfs::TABLE;

/// How long a frame waits for names. A key may be waiting meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// Shows the table, again and again.
#[inline(never)]
pub(super) fn table(
    client: &mut Client,
    list: &List,
    watch: Watch,
    out: &mut Out,
) -> Result<(), Failure> {
    if is_seen(formats::of(list.format)) {
        let paint = formats::paint(list.color);
        let interval = watch.interval;
        return on_screen(
            watch,
            &mut TableSubject {
                client,
                list,
                state: watch::TableScreen::new(
                    first_view(list.view),
                    list.numbers,
                    list.order,
                    paint,
                    interval,
                ),
                names: KnownNames::unless(list.numeric),
            },
        );
    }
    let mut meter = Meter::default();
    let format = formats::of(list.format);
    blocks(watch, format, out, |out| {
        listed(client, |client| {
            format.table(client, list, Some(&mut meter), out)
        })
    })
}

/// Returns the view that a terminal shows first: the one that was asked for or, if none was, the
/// overview.
fn first_view(asked: View) -> View {
    match asked {
        // No option asks for the plain view.
        View::Plain => View::Overview,
        asked => asked,
    }
}

/// Shows the connections, again and again.
#[inline(never)]
pub(super) fn connections(
    wanted: &Connections,
    watch: Watch,
    out: &mut Out,
) -> Result<(), Failure> {
    let table = ConnectionTable::new();
    if is_seen(formats::of(wanted.format)) {
        return on_screen(
            watch,
            &mut ConnectionsSubject {
                wanted,
                table,
                state: watch::ConnectionsScreen::new(wanted.persistent, watch.interval),
                names: KnownNames::unless(wanted.numeric),
            },
        );
    }
    blocks(watch, formats::of(wanted.format), out, |out| {
        connections::list(wanted, out).map_err(|failure| table.or_gone(failure))
    })
}

/// Lists with this conversation, or with a new one if the module was unloaded and loaded again
/// meanwhile. Its table is a new one then.
fn listed<R>(
    client: &mut Client,
    mut list: impl FnMut(&mut Client) -> Result<R, Failure>,
) -> Result<R, Failure> {
    match list(client) {
        // The reloaded module has another netlink family number, so the old conversation gets no
        // answer.
        Err(Failure::Unlisted(error)) if error.kind() == ErrorKind::NoIpvs => {
            still_there(TABLE)?;
            *client = Client::open().map_err(Failure::NoIpvs)?;
            list(client)
        }
        outcome => outcome,
    }
}

/// Fails where the module is not loaded. The kernel is not asked for IPVS by name, because it would
/// load the module.
fn still_there(table: &str) -> Result<(), Failure> {
    match Path::new(table).exists() {
        true => Ok(()),
        false => Err(Failure::NoIpvs(Error::refusal(
            Verb::Open,
            ErrorKind::NoIpvs,
        ))),
    }
}

/// The file of the connection table, which disappears with the module. Some environments never show
/// it.
struct ConnectionTable {
    was_there: bool,
}

impl ConnectionTable {
    fn new() -> Self {
        Self {
            was_there: still_there(CONNECTIONS).is_ok(),
        }
    }

    fn or_gone(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Files(_) if self.was_there => match still_there(CONNECTIONS) {
                Err(gone) => gone,
                Ok(()) => failure,
            },
            failure => failure,
        }
    }
}

/// Returns whether a person sees the output and can press keys.
fn is_seen(format: &dyn OutputFormat) -> bool {
    format.audience() == Audience::People && stdout().is_terminal() && stdin().is_terminal()
}

/// Writes listing after listing, each at once: for people with a time above it and a blank line
/// between.
fn blocks(
    watch: Watch,
    format: &dyn OutputFormat,
    out: &mut Out,
    mut listing: impl FnMut(&mut Out) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut pace = Pace::new(watch.interval, Instant::now());
    let mut looks = 0_u64;
    loop {
        if format.audience() == Audience::People {
            let separator = if looks == 0 { "" } else { "\n" };
            let time = rfc_3339(SystemTime::now());
            writeln!(out, "{separator}{time}").map_err(Failure::writing)?;
        }
        listing(out)?;
        out.flush().map_err(Failure::writing)?;
        looks = looks.saturating_add(1);
        if watch.count.is_some_and(|count| looks >= count) {
            return Ok(());
        }
        let now = Instant::now();
        std::thread::sleep(pace.next(now).saturating_duration_since(now));
    }
}

/// Reads the services with all that the kernel tells of them. Each is handed on when its servers
/// have just been read, with the time when the services were read.
pub(super) fn look(
    client: &mut Client,
    list: &List,
    mut each: impl FnMut(&mut ServiceEntry, Instant),
) -> Result<Vec<ServiceEntry>, Failure> {
    client.set_patience(LISTING);
    let rows = Rows::<ServiceEntry>::ask(client, &list.services, list.order)?;
    let services_at = Instant::now();
    let mut entries = Vec::new();
    rows.for_each(client, |mut entry, servers| {
        entry.destinations = servers;
        each(&mut entry, services_at);
        entries.push(entry);
        Ok(())
    })?;
    Ok(entries)
}

fn on_screen(watch: Watch, subject: &mut impl Subject<Failure = Failure>) -> Result<(), Failure> {
    let mut screen = Screen::enter().map_err(Failure::writing)?;
    let end = watch::watch(&mut screen, subject, watch.interval, watch.count);
    // The terminal is given back before anything is printed.
    drop(screen);
    match end {
        Ok(WatchEnd::Done) => Ok(()),
        Ok(WatchEnd::Signal(number)) => Err(Failure::Stopped {
            status: 128_u8.saturating_add(number),
            message: String::new(),
        }),
        Err(Broken::Look(failure)) => Err(failure),
        Err(Broken::Screen(error)) => Err(Failure::writing(error)),
    }
}

struct TableSubject<'a> {
    client: &'a mut Client,
    list: &'a List,
    state: watch::TableScreen,
    names: KnownNames,
}

impl Subject for TableSubject<'_> {
    type Failure = Failure;

    fn look(&mut self, _: Size) -> Result<(), Failure> {
        let time = rfc_3339(SystemTime::now());
        let state = &mut self.state;
        let entries = listed(self.client, |client| {
            look(client, self.list, |entry, services_at| {
                state.measure(entry, services_at, Instant::now());
            })
        })?;
        self.names.learn(render::every_address(&entries));
        let names = or_numbers(&self.names.names);
        self.state.see(entries, time, Frozen::now(), names);
        Ok(())
    }

    fn act(&mut self, action: Action, size: Size) -> Then {
        let names = or_numbers(&self.names.names);
        self.state.act(action, size, names);
        Then::Draw
    }

    fn resized(&self) -> Then {
        Then::Draw
    }

    fn draw(&self, size: Size) -> Vec<u8> {
        self.state.draw(size, or_numbers(&self.names.names))
    }
}

struct ConnectionsSubject<'a> {
    wanted: &'a Connections,
    table: ConnectionTable,
    state: watch::ConnectionsScreen,
    names: KnownNames,
}

impl Subject for ConnectionsSubject<'_> {
    type Failure = Failure;

    fn look(&mut self, size: Size) -> Result<(), Failure> {
        let time = rfc_3339(SystemTime::now());
        let filter = connections::filter(self.wanted)?;
        let table =
            connections::open(self.wanted).map_err(|failure| self.table.or_gone(failure))?;
        match self.wanted.by {
            Some(by) => {
                let counts =
                    ipvs::connections::count(table, &filter, by).map_err(connections::unlisted)?;
                self.state.see_counts(by, counts, time);
            }
            None => {
                let window = self.state.read(table, &filter, size);
                self.state.see(window.map_err(connections::unlisted)?, time);
            }
        }
        self.names.learn(self.state.addresses(size));
        Ok(())
    }

    fn act(&mut self, action: Action, size: Size) -> Then {
        match self.state.act(action, size) {
            true => Then::Look,
            false => {
                self.names.learn(self.state.addresses(size));
                Then::Draw
            }
        }
    }

    fn resized(&self) -> Then {
        match self.state.depends_on_size() {
            true => Then::Look,
            false => Then::Draw,
        }
    }

    fn draw(&self, size: Size) -> Vec<u8> {
        self.state.draw(size, or_numbers(&self.names.names))
    }
}

/// Names, each asked for once. An address whose name did not come in time stays a number.
struct KnownNames {
    /// None where numbers are wanted.
    names: Option<Names>,
    asked: HashSet<IpAddr>,
}

impl KnownNames {
    fn unless(numeric: bool) -> Self {
        Self {
            names: (!numeric).then(Names::default),
            asked: HashSet::new(),
        }
    }

    fn learn(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        let Some(names) = &mut self.names else {
            return;
        };
        let asked = &mut self.asked;
        let new = addresses.into_iter();
        let new: Vec<_> = new.filter(|address| asked.insert(*address)).collect();
        if !new.is_empty() {
            names.add(new, PATIENCE);
        }
    }
}
