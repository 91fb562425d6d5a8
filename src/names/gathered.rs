//! Looks up the hosts that the lines of an input name, all of them at the same time:
//! a name server that does not answer costs one time-out.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::Resolve;
use super::hosts::addresses_of;
use super::services::Services;
use super::workers::spread;
use ipvs::model::{Family, Protocol};

/// How long answers are waited for.
#[derive(Clone, Copy)]
struct LookupPatience {
    /// The time without any answer. The resolver itself gives up earlier, after 10
    /// seconds unless /etc/resolv.conf says otherwise; but there are other sources of
    /// names, and they may hang.
    silence: Duration,
    /// The time left once the name server is known not to answer: another source may
    /// still have an IPv6 address.
    rest: Duration,
    /// A question that fails sooner than this has been answered, though the
    /// answer is of no use.
    prompt: Duration,
}

const PATIENCE: LookupPatience = LookupPatience {
    silence: Duration::from_secs(60),
    rest: Duration::from_secs(1),
    prompt: Duration::from_secs(1),
};

/// The addresses of a host; none if the name server did not answer.
type HostAnswer = Option<Vec<IpAddr>>;

/// A resolver that looks up no host before [`Gathered::look_up`], and then all hosts
/// that were asked for. A host is looked up once, however many lines name it.
#[derive(Default)]
pub struct Gathered {
    known: RefCell<BTreeMap<String, HostAnswer>>,
    wanted: RefCell<BTreeSet<String>>,
    services: Services,
    line: Cell<LineState>,
}

/// The state of a line's questions for names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineState {
    /// Each question was answered.
    #[default]
    Answered,
    /// The last question was not answered.
    Unanswered,
    /// A question was not asked yet.
    Waiting,
}

impl Gathered {
    /// Begins another line, to which the questions from now on belong.
    pub fn begin_line(&self) {
        self.line.set(LineState::default());
    }

    /// Returns whether the line names hosts that are not looked up yet.
    pub fn waits(&self) -> bool {
        self.line.get() == LineState::Waiting
    }

    /// Returns whether the name server did not answer for the last host of the
    /// line.
    pub fn is_unanswered(&self) -> bool {
        self.line.get() == LineState::Unanswered
    }

    /// Looks up every host that lines wait for.
    pub fn look_up(&self) {
        let wanted = self.wanted.take();
        let found = look_up(in_turn(wanted), addresses_of, PATIENCE);
        self.known.borrow_mut().extend(found);
    }
}

impl Resolve for Gathered {
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        let known = self.known.borrow();
        let answer = known.get(host);
        if answer.is_none() {
            self.wanted.borrow_mut().insert(host.to_owned());
            self.line.set(LineState::Waiting);
        }
        match (self.line.get(), answer) {
            // Any address will do, so that the line's other hosts are asked for too.
            (LineState::Waiting, _) | (_, None) => vec![Ipv4Addr::UNSPECIFIED.into()],
            (_, Some(Some(addresses))) => addresses.clone(),
            (_, Some(None)) => {
                self.line.set(LineState::Unanswered);
                Vec::new()
            }
        }
    }

    fn port(&self, service: &str, protocol: Protocol) -> Option<u16> {
        self.services.port(service, protocol)
    }
}

/// Returns the hosts with those in /etc/hosts first, which need not wait for a name
/// server.
fn in_turn(wanted: BTreeSet<String>) -> Vec<String> {
    let text = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let local: HashSet<&str> = text.split_whitespace().collect();
    let (first, last): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|host| local.contains(host.as_str()));
    first.into_iter().chain(last).collect()
}

enum News {
    /// The name server did not answer when asked at this time.
    Silent(Instant),
    Found(String, HostAnswer),
}

/// Looks hosts up. A host that is not found in time is unanswered.
fn look_up<L>(
    wanted: Vec<String>,
    look: L,
    patience: LookupPatience,
) -> BTreeMap<String, HostAnswer>
where
    L: Fn(&str, Family) -> HostAnswer + Send + Sync + 'static,
{
    let count = wanted.len();
    let unanswered = wanted.iter().map(|host| (host.clone(), None));
    let mut found: BTreeMap<_, _> = unanswered.collect();
    let news = spread(wanted, move |host, sender| {
        let asked = Instant::now();
        let mut answer = look(&host, Family::V4);
        if answer.is_none() {
            sender.send(News::Silent(asked))?;
        }
        // Hosts that have only IPv6 addresses are found too.
        if answer.as_ref().is_none_or(Vec::is_empty) {
            let other = look(&host, Family::V6);
            if answer.is_some() || other.as_ref().is_some_and(|other| !other.is_empty()) {
                answer = other;
            }
        }
        sender.send(News::Found(host, answer))
    });
    let mut last_answer = Instant::now();
    let mut deadline = last_answer + patience.silence;
    let mut left = count;
    while left > 0 {
        match news.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(News::Found(host, answer)) => {
                left -= 1;
                if answer.is_some() {
                    last_answer = Instant::now();
                    deadline = deadline.max(last_answer + patience.silence);
                }
                found.insert(host, answer);
            }
            // It is the server's fault, not the name's, if nothing else was answered
            // in the second half of this time.
            Ok(News::Silent(asked)) => {
                let lasted = asked.elapsed();
                if lasted >= patience.prompt && last_answer.elapsed() >= lasted / 2 {
                    deadline = deadline.min(Instant::now() + patience.rest);
                }
            }
            Err(_) => break,
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::thread::sleep;

    use super::*;

    const SHORT: LookupPatience = LookupPatience {
        silence: Duration::from_secs(60),
        rest: Duration::from_millis(200),
        prompt: Duration::from_millis(100),
    };

    fn one() -> Vec<IpAddr> {
        vec![Ipv4Addr::LOCALHOST.into()]
    }

    /// Knows `here…`, has `six…` as IPv6 only, and for others waits for the server.
    fn dead(host: &str, family: Family) -> HostAnswer {
        match (host.get(..3), family) {
            (Some("her"), _) => Some(one()),
            (Some("six"), Family::V6) => Some(one()),
            _ => {
                sleep(Duration::from_millis(500));
                None
            }
        }
    }

    fn hosts(names: impl IntoIterator<Item = String>) -> Vec<String> {
        names.into_iter().collect()
    }

    #[test]
    fn a_dead_name_server_costs_one_time_out_for_all() {
        let start = Instant::now();
        let wanted = (0..200).map(|host| format!("host{host}"));
        let wanted = ["here".to_owned(), "six".to_owned()]
            .into_iter()
            .chain(wanted);
        let found = look_up(hosts(wanted), dead, SHORT);
        // One after another they would take 100 seconds, and 32 at a time 3.
        assert!(
            start.elapsed() < Duration::from_millis(2500),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(found.len(), 202);
        assert_eq!(found.get("here").unwrap(), &Some(one()));
        assert_eq!(found.get("six").unwrap(), &Some(one()));
        assert_eq!(
            found.values().filter(|answer| answer.is_none()).count(),
            200
        );
    }

    #[test]
    fn a_slow_name_server_is_waited_for() {
        let slow = |_: &str, family| {
            sleep(Duration::from_millis(150));
            Some(match family {
                Family::V4 => Vec::new(),
                Family::V6 => one(),
            })
        };
        let wanted = hosts((0..100).map(|host| host.to_string()));
        let found = look_up(wanted, slow, SHORT);
        assert!(found.values().all(|answer| *answer == Some(one())));
    }

    #[test]
    fn a_name_without_an_answer_is_no_dead_server() {
        let odd = |host: &str, _: Family| {
            if host == "0" {
                return None;
            }
            sleep(Duration::from_millis(300));
            Some(one())
        };
        let found = look_up(hosts((0..100).map(|host| host.to_string())), odd, SHORT);
        assert_eq!(found.get("0").unwrap(), &None);
        assert_eq!(found.values().flatten().count(), 99);
    }

    #[test]
    fn no_name_needs_no_thread() {
        let never = |_: &str, _| -> HostAnswer { Some(one()) };
        assert!(look_up(Vec::new(), never, SHORT).is_empty());
        let names = Gathered::default();
        names.begin_line();
        assert!(!names.waits() && !names.is_unanswered());
    }

    #[test]
    fn a_line_waits_until_its_hosts_are_looked_up() {
        let names = Gathered::default();
        names.begin_line();
        names.addresses("localhost");
        assert!(names.waits());
        names.look_up();
        names.begin_line();
        assert_eq!(names.addresses("localhost"), one());
        assert!(!names.waits() && !names.is_unanswered());
        names.addresses("another");
        names.addresses("localhost");
        assert!(names.waits());
    }
}
