//! The director of a test, and what `--diagnose` says of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::net::{Host, Side, network};
use crate::schema;
use crate::support::{Namespace, Outcome, Program, run, shell, words};

/// Long enough for the kernel to add its counters up, which it does every two
/// seconds.
pub const WATCHED: &str = "--sample 4.5";
/// For faults that need no traffic.
pub const GLANCE: &str = "--sample 0.1";

/// Moves this thread into a namespace of its own: a director between a client and
/// two servers, A and B, behind NAT.
pub fn behind_nat() -> (Namespace, [Host; 3]) {
    let namespace = Namespace::fresh();
    let hosts = network(
        "10.0.0.1/24 fd00::1/64",
        "10.1.0.1/24 fd01::1/64",
        [
            ("client", Side::Front, "10.0.0.9/24 fd00::9/64"),
            ("A", Side::Back, "10.1.0.2/24 fd01::2/64 10.1.0.1 fd01::1"),
            ("B", Side::Back, "10.1.0.3/24 fd01::3/64 10.1.0.1 fd01::1"),
        ],
    );
    (namespace, hosts)
}

/// The rules of a service at port 80 of the virtual address with both servers.
pub const NAT: &str = "-A -t 10.0.0.1:80 -s rr\n\
                       -a -t 10.0.0.1:80 -r 10.1.0.2 -m\n\
                       -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n";

/// A director, a client and two servers that share one network.
pub fn one_network() -> (Namespace, [Host; 3]) {
    let namespace = Namespace::fresh();
    // A server would not answer a director that asks from an address which the
    // server has too: the director needs one beside the virtual address.
    let hosts = network(
        "10.0.0.5/24 10.0.0.1/32 fd00::1/64",
        "",
        [
            ("client", Side::Front, "10.0.0.9/24 fd00::9/64"),
            ("A", Side::Front, "10.0.0.2/24 fd00::2/64"),
            ("B", Side::Front, "10.0.0.3/24 fd00::3/64"),
        ],
    );
    (namespace, hosts)
}

/// The same with the servers of one network.
pub const NAT_IN_FRONT: &str = "-A -t 10.0.0.1:80 -s rr\n\
                                -a -t 10.0.0.1:80 -r 10.0.0.2 -m\n\
                                -a -t 10.0.0.1:80 -r 10.0.0.3 -m\n";

/// The rules of a service of the mark 7 with both servers.
pub const MARKED: &str = "-A -f 7 -s rr\n\
                          -a -f 7 -r 10.1.0.2 -m\n\
                          -a -f 7 -r 10.1.0.3 -m\n";

/// Gives packets to this TCP port of an address the mark 7, by the traffic control of
/// eth0: every kernel of the lab can.
#[track_caller]
pub fn mark(address: &str, port: u16) {
    shell(&format!(
        "tc qdisc replace dev eth0 clsact && tc filter add dev eth0 ingress protocol ip flower \
         ip_proto tcp dst_ip {address} dst_port {port} action skbedit mark 7"
    ));
}

/// Runs our program with the words of this line, without a failure.
#[track_caller]
pub fn ipvsadm(line: &str) -> Outcome {
    run(Program::Ours, words(line), "").succeeded()
}

/// Restores these lines, without a failure.
#[track_caller]
pub fn restore(lines: &str) {
    run(Program::Ours, ["-R"], lines).succeeded();
}

/// What a run of `--diagnose` said.
pub struct Diagnosis {
    document: Value,
    outcome: Outcome,
}

/// Watches a director that carried other traffic a moment ago, after that is added up.
#[track_caller]
pub fn diagnose_anew() -> Diagnosis {
    std::thread::sleep(crate::clients::ADDED_UP);
    diagnose(WATCHED)
}

/// Runs `ipvsadm --diagnose --json` with more words.
#[track_caller]
pub fn diagnose(line: &str) -> Diagnosis {
    let outcome = run(
        Program::Ours,
        words(&format!("--diagnose --json {line}")),
        "",
    );
    assert!(outcome.status < 2 && outcome.stderr.is_empty(), "{outcome}");
    let document = schema::read("diagnosis", &outcome.stdout);
    Diagnosis { document, outcome }
}

impl Diagnosis {
    fn findings(&self) -> &Vec<Value> {
        self.document["findings"].as_array().unwrap()
    }

    /// The checks that found more than a note.
    pub fn faults(&self) -> BTreeSet<&str> {
        let grave = self
            .findings()
            .iter()
            .filter(|finding| finding["gravity"] != "note");
        grave
            .map(|finding| finding["id"].as_str().unwrap())
            .collect()
    }

    /// The one finding of this check.
    #[track_caller]
    pub fn finding(&self, id: &str) -> &Value {
        let mut found = self.findings().iter().filter(|finding| finding["id"] == id);
        match (found.next(), found.next()) {
            (Some(one), None) => one,
            _ => panic!("not one {id}: {:#}", self.document),
        }
    }

    /// Fails the test unless this check alone found a fault.
    #[track_caller]
    pub fn names(self, id: &str) -> Self {
        assert_eq!(self.faults(), BTreeSet::from([id]), "{:#}", self.document);
        assert_eq!(self.outcome.status, 1);
        self
    }

    /// The same, with so many findings of it.
    #[track_caller]
    pub fn names_each(self, id: &str, times: usize) -> Self {
        let found = self.findings().iter().filter(|finding| finding["id"] == id);
        assert_eq!(found.count(), times, "{:#}", self.document);
        self.names(id)
    }

    /// The same, with one finding of it, of these servers.
    #[track_caller]
    pub fn names_of(self, id: &str, servers: &[&str]) -> Self {
        assert_eq!(
            self.finding(id)["servers"],
            serde_json::json!(servers),
            "{:#}",
            self.document
        );
        self.names(id)
    }

    /// Fails the test unless there are notes at most.
    #[track_caller]
    pub fn without_fault(self) -> Self {
        assert_eq!(self.faults(), BTreeSet::new(), "{:#}", self.document);
        assert_eq!(self.document["not_looked_at"], serde_json::json!([]));
        assert_eq!(self.outcome.status, 0);
        self
    }

    /// Fails the test if this check found anything.
    #[track_caller]
    pub fn lacks(self, id: &str) -> Self {
        let is_it = |finding: &Value| finding["id"] == id;
        assert!(!self.findings().iter().any(is_it), "{:#}", self.document);
        self
    }

    /// Fails the test unless this check has a note.
    #[track_caller]
    pub fn notes(self, id: &str) -> Self {
        assert_eq!(self.finding(id)["gravity"], "note", "{:#}", self.document);
        self
    }

    /// The commands of the remedy of this check that belong on that machine.
    #[track_caller]
    pub fn commands(&self, id: &str, machine: Option<&str>) -> Vec<String> {
        let found = self.findings().iter().find(|finding| finding["id"] == id);
        let found = found.unwrap_or_else(|| panic!("no {id}: {:#}", self.document));
        let steps = found["remedy"].as_array().unwrap().iter();
        let there = steps.filter(|step| step["machine"].as_str() == machine);
        let commands = there.filter_map(|step| step["command"].as_str());
        commands.map(str::to_owned).collect()
    }

    /// Does on the director what the remedy of this check says.
    #[track_caller]
    pub fn cure(&self, id: &str) {
        let commands = self.commands(id, None);
        assert!(!commands.is_empty(), "{:#}", self.document);
        for command in commands {
            carry_out(&command);
        }
    }
}

/// Runs a command of a remedy here; `ipvsadm` is ours.
#[track_caller]
pub fn carry_out(command: &str) {
    match command.strip_prefix("ipvsadm ") {
        Some(line) => drop(ipvsadm(line)),
        None => drop(shell(command)),
    }
}
