use std::net::IpAddr;

use ipvs::model::{
    Change, Daemon, DaemonState, Destination, Forwarding, Protocol, ServiceFlags, Setting,
    Timeouts, Tunnel, TunnelKind,
};
use ipvs::rules::{ChangeRule, SettingRule, write_rules};
use ipvsadm::names::{NameOf, Numeric};
use proptest::prelude::*;

use super::kernel::Kernel;
use super::tables::{describe, parse, plain, saved, table, tables};

/// What the reference writes for the table that it makes of these rules.
const AS_THE_REFERENCE: &str = "\
-A -t 0.0.0.0:81 -s rr
-A -t 10.0.0.1:80 -s mh -b mh-port
-a -t 10.0.0.1:80 -r 10.1.0.1:22 -m -w 3
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 3
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 0
-a -t 10.0.0.1:80 -r 10.1.0.9:80 -i -w 3 --tun-type gre --tun-nocsum
-a -t 10.0.0.1:80 -r 10.1.0.8:80 -i -w 3 --tun-type gre --tun-csum
-a -t 10.0.0.1:80 -r 10.1.0.7:80 -i -w 2147483647 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.0.0.1:80 -r 127.0.0.1:22 -m -w 3
-a -t 10.0.0.1:80 -r [fd00::9]:80 -i -w 3 --tun-type gue --tun-port 6080 --tun-csum
-A -t 10.0.0.3:0 -s rr -p 360
-A -t 10.0.0.3:8080 -s rr -p 9 -M 255.0.255.1 --pe sip -b flag-1,flag-3
-A -u 10.0.0.2:53 -s rr -o
-a -u 10.0.0.2:53 -r 10.1.0.2:514 -m -w 1
-A -u 10.0.0.3:514 -s rr -p 9 -M 255.255.255.0 --pe sip -o -b flag-2
-A --sctp-service 10.0.0.3:80 -s none
-a --sctp-service 10.0.0.3:80 -r 10.1.0.2:80 -m -w 1
-A -t [fd00::1]:443 -s sh -p 100 -M 64 -b sh-fallback,sh-port
-a -t [fd00::1]:443 -r [fd00::9]:443 -m -w 1
-a -t [fd00::1]:443 -r [::1]:443 -m -w 1
-A -f 3 -6 -s rr
-a -f 3 -6 -r [fd00::9]:80 -m -w 1
-a -f 3 -6 -r 10.1.0.1:80 -i -w 1 --tun-type ipip
-A -f 20 -s rr
-a -f 20 -r 10.1.0.2:0 -g -w 1
";

#[test]
fn rules_are_written_as_the_reference_writes_them() {
    let mut table = table(AS_THE_REFERENCE);
    table.reverse();
    for row in &mut table {
        row.destinations.reverse();
    }
    assert_eq!(saved(&table), AS_THE_REFERENCE);
}

#[track_caller]
fn expect(rules: &str, wanted: &str) {
    assert_eq!(saved(&table(rules)), wanted);
}

#[test]
fn thresholds_are_written_where_there_are_some() {
    expect(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -x 2147483647 -y 7 --tun-type gre\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -x 5\n\
         -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -x 0 -y 0\n",
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1 -x 5\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 1 -x 2147483647 -y 7 --tun-type gre --tun-nocsum\n",
    );
}

#[test]
fn marks_are_unsigned() {
    expect("-A -f 4294967295 -s rr", "-A -f 4294967295 -s rr\n");
}

#[test]
fn the_granularity_of_a_service_that_is_not_persistent_is_left_out() {
    expect(
        "-A -t 10.0.0.1:80 -s rr -M 255.0.0.0",
        "-A -t 10.0.0.1:80 -s rr\n",
    );
}

#[test]
fn a_flag_without_a_name_of_its_scheduler_can_be_read_again() {
    expect(
        "-A -t 10.0.0.1:80 -s mh -b flag-3",
        "-A -t 10.0.0.1:80 -s mh -b flag-3\n",
    );
    expect(
        "-A -t 10.0.0.1:80 -s sh -b flag-1,flag-3",
        "-A -t 10.0.0.1:80 -s sh -b sh-fallback\n",
    );
}

#[test]
fn one_packet_scheduling_is_written_where_it_is_possible() {
    let mut table = table("-A -t 10.0.0.1:80 -s rr");
    table[0].service.flags = ServiceFlags::ONE_PACKET;
    assert_eq!(saved(&table), "-A -t 10.0.0.1:80 -s rr\n");
}

#[track_caller]
fn expect_server(edit: impl FnOnce(&mut Destination), wanted: &str) {
    assert_eq!(expect_same(edit), wanted);
}

/// The rule of a server, which makes the same server.
#[track_caller]
fn expect_same(edit: impl FnOnce(&mut Destination)) -> String {
    let rules = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i";
    let mut table = table(rules);
    edit(&mut table[0].destinations[0].destination);
    let text = saved(&table);
    let [Some(service), None] = [0, 1].map(|at| {
        let description = describe(&text).unwrap();
        description
            .table
            .services()
            .nth(at)
            .map(|ruled| ruled.servers.iter().next().unwrap().value)
    }) else {
        panic!("{text}")
    };
    assert_eq!(service, table[0].destinations[0].destination);
    text.lines().nth(1).unwrap().to_owned()
}

#[test]
fn what_no_option_of_old_can_say_is_said_in_numbers() {
    let method = |forwarding| move |server: &mut Destination| server.forwarding = forwarding;
    expect_server(
        method(Forwarding::Local),
        "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -w 1 --raw forwarding=1",
    );
    expect_server(
        method(Forwarding::Bypass),
        "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -w 1 --raw forwarding=4",
    );
    expect_server(
        |server| {
            server.forwarding = Forwarding::Other(6);
            server.port = 81;
            server.upper_threshold = 1 << 31;
            server.lower_threshold = i32::MAX as u32;
        },
        "-a -t 10.0.0.1:80 -r 10.1.0.1:81 -w 1 -y 2147483647 \
         --raw forwarding=6,port=81,u-threshold=2147483648",
    );
    for (forwarding, letter) in [(Forwarding::DirectRoute, "g"), (Forwarding::Tunnel, "i")] {
        let text = expect_same(|server| {
            server.forwarding = forwarding;
            server.port = 0;
        });
        let start = format!("-a -t 10.0.0.1:80 -r 10.1.0.1:0 -{letter} -w 1");
        assert!(
            text.starts_with(&start) && text.ends_with(" --raw port=0"),
            "{text}"
        );
    }
    let tunnel = |kind, port, flags| {
        move |server: &mut Destination| server.tunnel = Tunnel { kind, port, flags }
    };
    expect_server(
        tunnel(TunnelKind::Gue, 9, 3),
        "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i -w 1 --tun-type gue --tun-port 9 --raw tun-flags=3",
    );
    expect_server(
        tunnel(TunnelKind::Other(7), 0, 65535),
        "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i -w 1 --raw tun-type=7,tun-port=0,tun-flags=65535",
    );
}

#[test]
fn services_that_only_other_programs_make_come_back() {
    for rules in [
        "-A -t 10.0.0.1:0 -s rr --raw port=0\n",
        "-A -u [fd00::1]:80 -s rr --raw persistent=0\n",
        "-A -f 7 -6 -s rr -M 64 -b flag-1 --raw persistent=4294967295\n",
        "-A -t 10.0.0.1:80 -s rr --pe sip --raw flags=2147483712\n",
        "-A -t 10.0.0.1:0 -s rr --raw port=0,flags=64\n",
        "-A --protocol-service 47:10.0.0.1:80 -s rr\n\
         -a --protocol-service 47:10.0.0.1:80 -r 10.1.0.1:81 -m -w 1\n",
        "-A --protocol-service 0:[fd00::1]:0 -s rr --raw port=0\n",
        "-A --protocol-service 65535:0.0.0.0:1 -s rr -p 9\n",
    ] {
        expect(rules, rules);
    }
    // A protocol that has an option gets it.
    expect(
        "-A --protocol-service 132:10.0.0.1:80 -s rr",
        "-A --sctp-service 10.0.0.1:80 -s rr\n",
    );
}

struct Named;

impl NameOf for Named {
    fn host(&self, address: IpAddr) -> Option<&str> {
        match address {
            IpAddr::V4(_) => Some("four.example.org"),
            IpAddr::V6(_) => Some("six.example.org"),
        }
    }

    fn port(&self, port: u16, protocol: Protocol) -> Option<&str> {
        (port == 80 && protocol == Protocol::Tcp).then_some("http")
    }
}

#[test]
fn names_stand_for_numbers_where_there_are_some() {
    let rules = "-A -t 10.0.0.1:80 -s rr\n\
                 -a -t 10.0.0.1:80 -r [fd00::9]:80 -i\n\
                 -a -t 10.0.0.1:80 -r 10.1.0.1:81 -m\n\
                 -A -f 7 -6 -s rr\n\
                 -a -f 7 -6 -r [fd00::9]:80 -m\n\
                 -A --sctp-service 10.0.0.1:80 -s rr\n";
    let mut out = String::new();
    write_rules(&mut out, &table(rules), &Named).unwrap();
    assert_eq!(
        out,
        "-A --sctp-service four.example.org:80 -s rr\n\
         -A -f 7 -6 -s rr\n\
         -a -f 7 -6 -r [six.example.org]:80 -m -w 1\n\
         -A -t four.example.org:http -s rr\n\
         -a -t four.example.org:http -r four.example.org:81 -m -w 1\n\
         -a -t four.example.org:http -r [six.example.org]:http -i -w 1 --tun-type ipip\n"
    );
}

#[test]
fn a_change_is_shown_as_the_command_that_makes_it() {
    for rule in [
        "-A -t 10.0.0.1:80 -s rr -p 360",
        "-E -f 7 -6 -s wlc -b flag-2",
        "-D -u [fd00::1]:53",
        "-D --protocol-service 47:10.0.0.1:80",
        "-Z --protocol-service 47:[fd00::1]:0",
        "-d --protocol-service 300:10.0.0.1:80 -r 10.1.0.1:81",
        "-E -t 10.0.0.1:80 -s rr --raw persistent=0,flags=64",
        "-a -f 7 -r 10.1.0.1:0 -g -w 1",
        "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -i -w 3 -x 4 -y 2 --tun-type ipip",
        "-d -t 10.0.0.1:80 -r 10.1.0.1:81",
        "-C",
        "-Z",
        "-Z -f 4294967295",
        "--set 1 0 3",
        "--start-daemon master --mcast-interface lo --syncid 3",
        "--start-daemon backup --mcast-interface lo --syncid 0 --sync-maxlen 1400 \
         --mcast-group ff02::81 --mcast-port 9000 --mcast-ttl 3",
        "--stop-daemon backup",
    ] {
        let words: Vec<String> = rule.split_whitespace().map(str::to_owned).collect();
        let ipvsadm::cli::RuleCommand::Change(change) = parse(&words).unwrap() else {
            panic!("{rule} is no change");
        };
        let shown = ChangeRule::new(&change, &Numeric).to_string();
        assert_eq!(shown, words.join(" "));
    }
}

#[test]
fn other_changes_are_shown_too() {
    let shown = |change: Change| ChangeRule::new(&change, &Numeric).to_string();
    let timeouts = Timeouts::new(1, 2, 3);
    assert_eq!(shown(Change::SetTimeouts(timeouts)), "--set 1 2 3");
    let mut daemon = Daemon::new(DaemonState::Master, "eth0", 9);
    daemon.ttl = Some(4);
    assert_eq!(
        shown(Change::StartDaemon(daemon)),
        "--start-daemon master --mcast-interface eth0 --syncid 9 --mcast-ttl 4"
    );
}

#[test]
fn a_setting_is_a_rule() {
    for text in ["conntrack=1", "sync_threshold=3 50", "est_cpulist="] {
        let setting: Setting = text.parse().unwrap();
        let rule = SettingRule::new(&setting).to_string();
        assert_eq!(rule, format!("--sysctl {text}"));
        let words: Vec<String> = rule.split_whitespace().map(str::to_owned).collect();
        assert_eq!(
            parse(&words),
            Ok(ipvsadm::cli::RuleCommand::Sysctl(setting))
        );
    }
}

proptest! {
    #[test]
    fn what_is_saved_restores_to_the_same_table(table in tables()) {
        let text = saved(&table);
        let description = describe(&text).unwrap();
        let mut kernel = Kernel::default();
        for ruled in description.table.services() {
            let service = &ruled.service.value;
            kernel.apply(&Change::AddService(service.clone())).unwrap();
            for server in ruled.servers.iter() {
                let change = Change::AddServer(service.id, server.value);
                kernel.apply(&change).unwrap();
            }
        }
        prop_assert_eq!(plain(&kernel.table), plain(&table));
        prop_assert!(description.others.is_empty());
    }
}
