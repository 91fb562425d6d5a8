//! The path of one client: what is said of it is what happens to it.

use std::net::UdpSocket;

use serde_json::Value;

use crate::clients::{answered, are_served, by_udp, udp_client};
use crate::director::*;
use crate::net::{Host, Side, bound, network, wait_until};
use crate::schema;
use crate::support::{Namespace, Outcome, Program, run, shell, words};

const VIP: &str = "10.0.0.1:80";
const CLIENT: &str = "-t 10.0.0.1:80 --client 10.0.0.9";

/// What a run of `--explain` said.
pub(crate) struct Explained {
    document: Value,
    outcome: Outcome,
}

#[track_caller]
pub(crate) fn explain(line: &str) -> Explained {
    let outcome = run(
        Program::Ours,
        words(&format!("--explain --json {line}")),
        "",
    );
    assert!(outcome.status < 2 && outcome.stderr.is_empty(), "{outcome}");
    let document = schema::read("explanation", &outcome.stdout);
    Explained { document, outcome }
}

impl Explained {
    /// Fails the test unless the client would be served.
    #[track_caller]
    pub(crate) fn passes(self) -> Self {
        assert_eq!(self.document["passage"], "open", "{:#}", self.document);
        assert_eq!(self.outcome.status, 0);
        self
    }

    /// Fails the test unless the client gets as far as this step, and not past it.
    #[track_caller]
    pub(crate) fn ends_at(self, step: &str, passage: &str) -> Self {
        let steps = self.document["steps"].as_array().unwrap();
        let mut bad = steps.iter().filter(|step| step["passage"] != "open");
        let first = bad.next().map(|step| (&step["name"], &step["passage"]));
        let wanted = (Value::from(step), Value::from(passage));
        assert_eq!(first, Some((&wanted.0, &wanted.1)), "{:#}", self.document);
        assert_eq!(self.document["passage"], passage, "{:#}", self.document);
        assert_eq!(self.outcome.status, 1);
        self
    }

    fn step(&self, name: &str) -> &Value {
        let steps = self.document["steps"].as_array().unwrap();
        let found = steps.iter().find(|step| step["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {:#}", self.document))
    }

    /// Fails the test unless a sentence of this step has these words.
    #[track_caller]
    fn says(self, step: &str, part: &str) -> Self {
        let sentences = self.step(step)["sentences"].to_string();
        assert!(sentences.contains(part), "{part}: {:#}", self.document);
        self
    }

    /// The commands of this step's remedies that belong on that machine.
    fn commands(&self, step: &str, machine: Option<&str>) -> Vec<String> {
        let findings = self.step(step)["findings"].as_array().unwrap().iter();
        let steps = findings.flat_map(|finding| finding["remedy"].as_array().unwrap());
        let there = steps.filter(|step| step["machine"].as_str() == machine);
        let commands = there.filter_map(|step| step["command"].as_str());
        commands.map(str::to_owned).collect()
    }

    /// Does on the director what the remedies of this step say.
    #[track_caller]
    fn cure(&self, step: &str) {
        let commands = self.commands(step, None);
        assert!(!commands.is_empty(), "{:#}", self.document);
        for command in commands {
            carry_out(&command);
        }
    }

    /// The servers that the client may get.
    fn eligible(&self) -> Vec<&str> {
        let servers = self.document["servers"].as_array().unwrap().iter();
        let eligible = servers.filter(|server| server["eligible"] == true);
        eligible
            .map(|server| server["address"].as_str().unwrap())
            .collect()
    }
}

#[test]
fn a_client_that_is_served() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    let before = explain(CLIENT)
        .passes()
        .says("connection", "has no connection yet");
    assert_eq!(before.eligible(), ["10.1.0.2", "10.1.0.3"]);
    let mut kept = client.connect(VIP).unwrap();
    let server = kept.ask().unwrap();
    let server = if server == "A" {
        "10.1.0.2"
    } else {
        "10.1.0.3"
    };
    let line = format!("-t 10.0.0.1:80 --client {}", kept.local());
    let said = format!("has a connection to {server}:80, in the state ESTABLISHED");
    let known = explain(&line).passes().says("connection", &said);
    assert_eq!(known.eligible(), [server]);
    explain(CLIENT).passes().says("connection", &said);
    let text = ipvsadm(&format!("--explain {line}")).stdout;
    assert!(
        text.starts_with("1. Packets of 10.0.0.9 to 10.0.0.1 are taken in here"),
        "{text}"
    );
    assert!(text.ends_with("\n10.0.0.9 would be served.\n"), "{text}");
}

#[test]
fn an_address_that_is_not_here() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0");
    assert_eq!(answered(&client, 2, VIP), 0);
    let found = explain(CLIENT).ends_at("arrival", "shut");
    found.cure("arrival");
    are_served(&client, VIP);
    explain(CLIENT).passes();
}

#[test]
fn packets_that_the_reverse_path_filter_drops() {
    let (_place, [client, _, _]) = behind_nat();
    restore(NAT);
    Host::this("director").join("eth2", &client, "eth1");
    shell("ip addr add 10.2.0.1/24 dev eth2 && sysctl -qw net.ipv4.conf.all.rp_filter=1");
    explain(CLIENT).passes().says(
        "arrival",
        "If they came by eth1 and eth2 instead, the strict reverse path filter",
    );
}

#[test]
fn a_port_that_no_service_has() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(8080), b.serve(8080)];
    restore(NAT);
    let line = "-t 10.0.0.1:8080 --client 10.0.0.9";
    assert_eq!(answered(&client, 2, "10.0.0.1:8080"), 0);
    let found = explain(line).ends_at("service", "shut");
    found.cure("service");
    ipvsadm("-a -t 10.0.0.1:8080 -r 10.1.0.2 -m");
    are_served(&client, "10.0.0.1:8080");
    explain(line).passes();
}

#[test]
fn every_port_comes_after_the_port_and_after_ftp() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80), a.serve(8080), b.serve(8080)];
    restore(
        "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n\
         -A -t 10.0.0.1:0 -s rr -p 300\n-a -t 10.0.0.1:0 -r 10.1.0.3 -m\n",
    );
    let port = |port| explain(&format!("-t 10.0.0.1:{port} --client 10.0.0.9"));
    assert_eq!(client.ask(2, VIP), crate::net::count(&[("A", 2)]));
    let exact = port(80)
        .passes()
        .says("service", "It comes before TCP 10.0.0.1:0.");
    assert_eq!(exact.eligible(), ["10.1.0.2"]);
    assert_eq!(
        client.ask(2, "10.0.0.1:8080"),
        crate::net::count(&[("B", 2)])
    );
    let every = port(8080)
        .passes()
        .says("service", "which is for every port");
    assert_eq!(every.eligible(), ["10.1.0.3"]);
    // The service of FTP is asked first about ports that anybody may open.
    restore("-A -t 10.0.0.1:21 -s rr\n-a -t 10.0.0.1:21 -r 10.1.0.2 -m\n");
    assert_eq!(answered(&client, 2, "10.0.0.1:8080"), 0);
    let shadowed = port(8080)
        .ends_at("service", "shut")
        .says("service", "as the FTP service");
    shadowed.cure("service");
    ipvsadm("-a -t 10.0.0.1:8080 -r 10.1.0.3 -m");
    are_served(&client, "10.0.0.1:8080");
    port(8080).passes();
}

#[test]
fn a_service_for_every_port_must_be_persistent() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore("-A -t 10.0.0.1:0 -s rr --raw port=0\n-a -t 10.0.0.1:0 -r 10.1.0.3 -m\n");
    assert_eq!(answered(&client, 2, VIP), 0);
    explain(CLIENT).ends_at("service", "shut");
    ipvsadm("-E -t 10.0.0.1:0 -p --keep");
    are_served(&client, VIP);
    explain(CLIENT).passes();
}

#[test]
fn a_mark_comes_first() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    shell(
        "tc qdisc replace dev eth0 clsact && tc filter add dev eth0 ingress protocol ip flower \
         ip_proto tcp dst_ip 10.0.0.1 dst_port 80 action skbedit mark 7",
    );
    restore(
        "-A -f 7 -s rr -p 300\n-a -f 7 -r 10.1.0.2 -m\n\
         -A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.3 -m\n",
    );
    assert_eq!(client.ask(2, VIP), crate::net::count(&[("A", 2)]));
    explain(CLIENT)
        .says("service", "Packets that get a mark go to FWM 7 instead")
        .says("service", "has a template of FWM 7");
    let by_mark = explain("-f 7 --client 10.0.0.9")
        .passes()
        .says("arrival", "are taken in where they go to 10.0.0.1")
        .says(
            "connection",
            "A template keeps 10.0.0.9 with the server 10.1.0.2:0",
        );
    assert_eq!(by_mark.eligible(), ["10.1.0.2"]);
    // A route for the mark takes in all of them.
    shell("ip rule add fwmark 7 lookup 100 && ip route add local 0.0.0.0/0 dev lo table 100");
    explain("-f 7 --client 10.0.0.9").says("arrival", "whatever their address is");
    let text = ipvsadm("--explain -f 7 --client 10.0.0.9").stdout;
    let end = "10.0.0.9 would be served if its packets get the mark 7.\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn servers_of_weight_0() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-m", "-m -w 0"));
    assert_eq!(answered(&client, 2, VIP), 0);
    let found = explain(CLIENT)
        .ends_at("servers", "shut")
        .says("servers", "its weight is 0");
    found.cure("servers");
    are_served(&client, VIP);
    let cured = explain(CLIENT).passes();
    assert_eq!(cured.eligible().len(), 1);
}

#[test]
fn a_template_comes_before_weights_and_thresholds() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore("-A -t 10.0.0.1:80 -s rr -p 300\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m -x 1\n");
    explain(CLIENT)
        .passes()
        .says("connection", "has no template of 10.0.0.9");
    let _kept = client.connect(VIP).unwrap();
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.3 -m");
    // A stranger does not get the server that is full.
    let stranger = explain("-t 10.0.0.1:80 --client 10.0.0.8").passes();
    assert_eq!(stranger.eligible(), ["10.1.0.3"]);
    for weight in [1, 0] {
        ipvsadm(&format!(
            "-e -t 10.0.0.1:80 -r 10.1.0.2 -m -x 1 -w {weight}"
        ));
        assert_eq!(client.ask(2, VIP), crate::net::count(&[("A", 2)]));
        assert_eq!(explain(CLIENT).passes().eligible(), ["10.1.0.2"]);
    }
    shell("sysctl -qw net.ipv4.vs.expire_quiescent_template=1");
    let other = explain(CLIENT)
        .passes()
        .says("connection", "another one is chosen");
    assert_eq!(other.eligible(), ["10.1.0.3"]);
    assert_eq!(client.ask(2, VIP), crate::net::count(&[("B", 2)]));
}

#[test]
fn a_template_keeps_single_packets_with_a_server() {
    let (_place, [client, a, b]) = one_network();
    let (first, second) = (a.serve_udp(53), b.serve_udp(53));
    for server in [&a, &b] {
        server.take_quietly("10.0.0.1");
    }
    restore(
        "-A -u 10.0.0.1:53 -s rr -o -p 300\n\
         -a -u 10.0.0.1:53 -r 10.0.0.2 -g\n-a -u 10.0.0.1:53 -r 10.0.0.3 -g\n",
    );
    let line = "-u 10.0.0.1:53 --client 10.0.0.9";
    explain(line)
        .passes()
        .says("connection", "has no template of 10.0.0.9");
    let socket = client.run(|| bound(|| UdpSocket::bind("10.0.0.9:0")));
    for number in 1..=6 {
        socket.send_to(b"?", "10.0.0.1:53").unwrap();
        let came = || first.served() + second.served() == number;
        wait_until("the packet is at a server", came);
    }
    let kept = match (first.served(), second.served()) {
        (6, 0) => "10.0.0.2",
        (0, 6) => "10.0.0.3",
        both => panic!("{both:?}"),
    };
    let said = format!("A template keeps 10.0.0.9 with the server {kept}:53");
    let known = explain(line).passes().says("connection", &said);
    assert_eq!(known.eligible(), [kept]);
}

#[test]
fn a_template_for_a_network() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s rr -p 300 -M 255.255.255.0"));
    are_served(&client, VIP);
    let twin = explain("-t 10.0.0.1:80 --client 10.0.0.77")
        .passes()
        .says("connection", "clients like 10.0.0.77 (as 10.0.0.0)");
    assert_eq!(twin.eligible().len(), 1);
    let stranger = explain("-t 10.0.0.1:80 --client 10.0.9.1");
    assert_eq!(stranger.eligible().len(), 2);
}

#[test]
fn servers_that_are_full() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-m", "-m -x 1"));
    let _kept = [(); 2].map(|()| client.connect(VIP).unwrap());
    assert_eq!(answered(&client, 2, VIP), 0);
    let found = explain(CLIENT)
        .ends_at("servers", "shut")
        .says("servers", "it has 1 connections, and takes no more than 1");
    found.cure("servers");
    assert_eq!(answered(&client, 1, VIP), 1);
}

#[test]
fn a_connection_whose_server_is_gone() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve_udp(53), b.serve_udp(53)];
    restore("-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.1.0.2 -m\n");
    let asks = by_udp(&client, "10.0.0.9:4000", "10.0.0.1:53");
    let ask = || asks().is_some();
    assert!(ask());
    let line = "-u 10.0.0.1:53 --client 10.0.0.9:4000";
    explain(line)
        .passes()
        .says("connection", "has a connection to 10.1.0.2:53");
    ipvsadm("-a -u 10.0.0.1:53 -r 10.1.0.3 -m");
    ipvsadm("-d -u 10.0.0.1:53 -r 10.1.0.2");
    assert!(!ask());
    let found = explain(line).ends_at("connection", "shut");
    // From another port it is another connection.
    explain("-u 10.0.0.1:53 --client 10.0.0.9:4001").passes();
    found.cure("connection");
    wait_until("the other server answers", ask);
    explain(line).passes();
}

#[test]
fn a_server_without_a_way() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("ip route add unreachable 10.1.0.2/32");
    explain(CLIENT).ends_at("way-to-server", "unsure");
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 0");
    assert_eq!(answered(&client, 2, VIP), 0);
    explain(CLIENT).ends_at("way-to-server", "shut");
    shell("ip route del unreachable 10.1.0.2/32");
    are_served(&client, VIP);
    explain(CLIENT).passes();
}

#[test]
fn answers_that_are_not_sent_on() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.conf.eth1.forwarding=0");
    assert_eq!(answered(&client, 2, VIP), 0);
    let found = explain(CLIENT).ends_at("way-back", "shut");
    found.cure("way-back");
    are_served(&client, VIP);
    explain(CLIENT).passes();
}

#[test]
fn answers_over_ipv6_that_are_not_sent_on() {
    let (_place, [client, a, _]) = behind_nat();
    let _server = a.serve(80);
    restore("-A -t [fd00::1]:80 -s rr\n-a -t [fd00::1]:80 -r [fd01::2]:80 -m\n");
    shell("sysctl -qw net.ipv6.conf.all.forwarding=0");
    assert_eq!(answered(&client, 2, "[fd00::1]:80"), 0);
    let line = "-t [fd00::1]:80 --client fd00::9";
    let found = explain(line).ends_at("way-back", "shut");
    found.cure("way-back");
    are_served(&client, "[fd00::1]:80");
    explain(line).passes();
}

#[test]
fn a_client_in_the_servers_network() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n");
    assert_eq!(answered(&client, 2, VIP), 0);
    let found = explain(CLIENT).ends_at("way-back", "unsure");
    for command in found.commands("way-back", Some("the server")) {
        a.run(|| shell(&command));
    }
    shell("sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0");
    are_served(&client, VIP);
}

#[test]
fn direct_routing_and_a_test_from_the_director() {
    let (_place, [client, a, b]) = one_network();
    let _servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        server.take_quietly("10.0.0.1");
    }
    restore(&NAT_IN_FRONT.replace("-m", "-g"));
    are_served(&client, VIP);
    let served = explain(CLIENT).passes();
    let said = served.step("way-back")["sentences"].to_string();
    let command = "ipvsadm --diagnose --on-server -t 10.0.0.1:80 -g";
    assert!(said.contains(command), "{said}");
    a.run(|| diagnose(&format!("{} {GLANCE}", &command[19..])))
        .without_fault();
    assert_eq!(answered(&Host::this("director"), 1, VIP), 0);
    explain("-t 10.0.0.1:80 --client 10.0.0.1").ends_at("way-back", "shut");
}

#[test]
fn with_nat_a_test_from_the_director_needs_no_forwarding() {
    let (_place, [_, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.ip_forward=0");
    are_served(&Host::this("director"), VIP);
    explain("-t 10.0.0.1:80 --client 10.0.0.1").passes();
}

#[test]
fn who_may_not_look_is_told_so() {
    let _place = behind_nat();
    restore(NAT);
    let words = format!("--explain {CLIENT}");
    let line = format!(
        "setpriv --reuid 65534 --regid 65534 --clear-groups {} {words} 2>&1; echo $?",
        Program::Ours.path().display()
    );
    let said = shell(&line);
    assert!(
        said.contains("(you must be root)") && said.ends_with("\n2\n"),
        "{said}"
    );
}

#[test]
fn what_the_recipes_show() {
    let _place = Namespace::fresh();
    let [client, a, b] = network(
        "192.0.2.80/24",
        "192.168.10.1/24",
        [
            ("client", Side::Front, "192.0.2.9/24"),
            ("A", Side::Back, "192.168.10.11/24 192.168.10.1"),
            ("B", Side::Back, "192.168.10.12/24 192.168.10.1"),
        ],
    );
    let _servers = [a.serve(80), b.serve(80)];
    client.ip("addr add 198.51.100.7/32 dev lo\n\
         route add 192.0.2.80/32 dev eth0 src 198.51.100.7\n");
    shell("ip route add 198.51.100.0/24 via 192.0.2.9");
    restore(
        "-A -t 192.0.2.80:80 -s wlc\n\
         -a -t 192.0.2.80:80 -r 192.168.10.11 -m\n\
         -a -t 192.0.2.80:80 -r 192.168.10.12 -m -w 0\n",
    );
    const RECIPES: &str = include_str!("../../docs/recipes.md");
    let (_, shown) = RECIPES.split_once("    $ ipvsadm --explain ").unwrap();
    let (line, shown) = shown.split_once('\n').unwrap();
    let shown: Vec<_> = shown
        .lines()
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    let said = ipvsadm(&format!("--explain {line}")).stdout;
    assert_eq!(said.lines().collect::<Vec<_>>(), shown);
    are_served(&client, "192.0.2.80:80");
}

#[test]
fn a_service_without_a_scheduler() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s none"));
    assert_eq!(answered(&client, 2, VIP), 0);
    let found = explain(CLIENT).ends_at("servers", "shut");
    found.cure("servers");
    assert_eq!(answered(&client, 1, VIP), 1);
}

#[test]
fn answers_to_single_packets_are_not_translated() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve_udp(53), b.serve_udp(53)];
    restore("-A -u 10.0.0.1:53 -s rr -o\n-a -u 10.0.0.1:53 -r 10.1.0.2 -m\n");
    let ask = by_udp(&client, "10.0.0.9:4000", "10.0.0.1:53");
    assert_eq!(ask(), None);
    let line = "-u 10.0.0.1:53 --client 10.0.0.9:4000";
    explain(line).ends_at("way-back", "unsure");
    ipvsadm("-E -u 10.0.0.1:53 -s rr");
    assert!(ask().is_some());
    explain(line).passes();
}

#[test]
fn a_client_of_the_loopback_does_not_get_out() {
    let (_place, [_client, a, b]) = behind_nat();
    let _servers = [a.serve_udp(53), b.serve_udp(53)];
    restore("-A -u 10.0.0.1:53 -s rr\n-a -u 10.0.0.1:53 -r 10.1.0.2 -m\n");
    for (from, is_answered) in [("127.0.0.1:4000", false), ("10.0.0.1:4001", true)] {
        let ask = udp_client(bound(|| UdpSocket::bind(from)), "10.0.0.1:53");
        assert_eq!(ask().is_some(), is_answered, "{from}");
    }
    let line = "-u 10.0.0.1:53 --client";
    explain(&format!("{line} 127.0.0.1")).ends_at("way-back", "shut");
    explain(&format!("{line} 10.0.0.1")).passes();
}

#[test]
fn methods_that_are_not_known() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore("-A -t 10.0.0.1:80 -s rr\n");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.2 --raw forwarding=5");
    assert_eq!(answered(&client, 2, VIP), 0);
    explain(CLIENT).ends_at("way-to-server", "unsure");
}

#[test]
fn a_tunnel_with_less_room_than_clients_packets_take() {
    let (_place, [client, a, _]) = one_network();
    let _server = a.serve(80);
    a.run(|| shell("modprobe ipip && ip link set tunl0 up"));
    a.set(&[
        ("ipv4/conf/all/rp_filter", "0"),
        ("ipv4/conf/tunl0/rp_filter", "0"),
    ]);
    a.take_quietly("10.0.0.1");
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -i\n");
    are_served(&client, VIP);
    let found = |explained: &Explained| {
        let findings = explained.step("way-to-server")["findings"].as_array();
        let mut findings = findings.unwrap().iter();
        findings.any(|finding| finding["id"] == "tun-mtu" && finding["gravity"] == "note")
    };
    assert!(found(&explain(CLIENT).passes()));
    client.ip("link set eth0 mtu 1400\n");
    shell("ip link set eth0 mtu 1400 && ip route add 10.0.0.2/32 dev eth0 mtu 1500");
    let roomy = explain(CLIENT).passes();
    assert!(!found(&roomy), "{:#}", roomy.document);
}

#[test]
fn nothing_gives_packets_the_mark() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(MARKED);
    assert_eq!(answered(&client, 2, VIP), 0);
    let line = "-f 7 --client 10.0.0.9";
    explain(line)
        .ends_at("arrival", "shut")
        .says("arrival", "tc filter show dev eth0 ingress");
    mark("10.0.0.1", 80);
    are_served(&client, VIP);
    explain(line);
}

#[test]
fn a_path_through_a_director_whose_facts_are_in_a_file() {
    let (place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s sh"));
    restore("-A -t 10.0.0.1:81 -s rr\n-a -t 10.0.0.1:81 -r 10.1.0.2 -m\n");
    shell("sysctl -qw net.ipv4.conf.eth1.forwarding=0");
    let file = place.folder().join("facts").display().to_string();
    let write = || diagnose(&format!("{GLANCE} --client 10.0.0.9 --output {file}"));
    write().names("nat-forwarding");
    let there = |line: &str| {
        let line = format!("--explain {line} --facts {file}");
        // What is there now does not count.
        Host::this("director").run(|| run(Program::Ours, words(&line), ""))
    };
    let live = run(Program::Ours, words(&format!("--explain {CLIENT}")), "");
    shell("sysctl -qw net.ipv4.conf.eth1.forwarding=1");
    are_served(&client, VIP);
    // Every step but that of the client's own connections is the same; counters are
    // looked at twice for facts alone.
    let steps = |outcome: &Outcome| {
        let all = outcome.stdout.lines().map(str::to_owned);
        let (mut shown, mut is_other) = (Vec::new(), false);
        for line in all {
            is_other = match line.split_once(". ") {
                Some((number, _)) if number.len() == 1 => number == "3",
                _ => is_other,
            };
            let is_of_facts = line.starts_with("Not looked at") || line.contains(" rose by ");
            if !is_other && !is_of_facts {
                shown.push(line);
            }
        }
        shown
    };
    let said = there(CLIENT);
    assert!(said.status == 1 && live.status == 1, "{said}\n{live}");
    assert_eq!(steps(&said), steps(&live));
    assert!(said.stdout.contains("sh computes the server"), "{said}");
    write().without_fault();
    let whole = there(CLIENT);
    let end = "10.0.0.9 would be served.\nNot looked at: connections and templates of single clients: facts sum them up\n";
    assert!(whole.status == 2 && whole.stdout.ends_with(end), "{whole}");
    for (line, reason) in [
        (
            "-t 10.0.0.1:80 --client 10.0.0.8",
            "it has no way of 10.0.0.8",
        ),
        (
            "-f 7 --client 10.0.0.9",
            "facts do not tell of packets with a mark",
        ),
    ] {
        let refused = there(line);
        assert!(
            refused.status == 1 && refused.stderr.contains(reason),
            "{refused}"
        );
    }
    diagnose(&format!(
        "-t 10.0.0.1:81 {GLANCE} --client 10.0.0.9 --output {file}"
    ));
    let refused = there(CLIENT);
    assert!(
        refused
            .stderr
            .contains("it has the facts of TCP 10.0.0.1:81 alone"),
        "{refused}"
    );
}
