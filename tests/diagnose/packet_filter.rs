//! Faults that rules of a packet filter make. The lab's newest kernel has neither
//! nftables nor the older tables for IP: there these tests are left out by name.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};

use crate::clients::{answered, are_served, while_in_vain, while_served};
use crate::director::*;
use crate::net::{Host, Talk, bound};
use crate::support::shell;

/// A way to write rules: with nft, where the kernel has nftables for IP, or with
/// the older iptables.
#[derive(Clone, Copy)]
enum Tool {
    Nft,
    Iptables,
}

impl Tool {
    fn of_this_kernel() -> Self {
        let has_nftables =
            shell("nft add table ip probe 2>/dev/null && nft delete table ip probe; echo $?");
        match has_nftables.trim() {
            "0" => Self::Nft,
            _ => Self::Iptables,
        }
    }

    /// Drops what comes by this hook, in a table of this family: where containers run, all
    /// that is forwarded.
    fn drop_all(self, family: &str, hook: &str) {
        shell(&match self {
            Self::Nft => format!(
                "nft add table {family} guard && nft add chain {family} guard all \
                 '{{ type filter hook {hook} priority 0; policy drop; }}'"
            ),
            Self::Iptables => format!("iptables-legacy -P {} DROP", hook.to_uppercase()),
        });
    }

    /// Refuses what comes in for the port 80.
    fn reject(self) {
        shell(match self {
            Self::Nft => {
                "nft add table ip guard && \
                 nft add chain ip guard in '{ type filter hook input priority 0; }' && \
                 nft add rule ip guard in tcp dport 80 reject"
            }
            Self::Iptables => "iptables-legacy -A INPUT -p tcp --dport 80 -j REJECT",
        });
    }

    /// Changes the source of what leaves by eth1.
    fn masquerade(self) {
        shell(match self {
            Self::Nft => {
                "nft add table ip out && \
                 nft add chain ip out post '{ type nat hook postrouting priority 100; }' && \
                 nft add rule ip out post oifname eth1 masquerade"
            }
            Self::Iptables => "iptables-legacy -t nat -A POSTROUTING -o eth1 -j MASQUERADE",
        });
    }

    /// Lets only packets of known connections through.
    fn stateful(self) {
        shell(match self {
            Self::Nft => {
                "nft add table ip guard && \
                 nft add chain ip guard forwarded '{ type filter hook forward priority 0; policy drop; }' && \
                 nft add rule ip guard forwarded ct state established accept"
            }
            Self::Iptables => {
                "iptables-legacy -P FORWARD DROP && \
                 iptables-legacy -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT"
            }
        });
    }
}

/// Clients wait in vain, for this reason alone; when the remedy is carried out they are
/// served, and nothing is found.
#[track_caller]
fn is_found_and_cured(client: &Host, id: &str) {
    let diagnosis = while_in_vain(client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names(id).cure(id);
    while_served(client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn input_filter() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    diagnose(GLANCE).without_fault().lacks("input-filter");
    Tool::of_this_kernel().drop_all("inet", "input");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.without_fault().notes("input-filter");
    diagnosis.cure("input-filter");
    are_served(&client, "10.0.0.1:80");
}

#[test]
fn nat_forward_filter() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    Tool::of_this_kernel().drop_all("ip", "forward");
    // With 0 it might be rules that look at the state of connections, of which the kernel
    // tells only that there may be some.
    shell("sysctl -qw net.ipv4.vs.conntrack=1");
    is_found_and_cured(&client, "nat-forward-filter");
    // Servers that answer elsewhere have another fault.
    for server in [&a, &b] {
        server.ip("route replace default via 10.1.0.250\n");
    }
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names("nat-route-back");
}

#[test]
fn stateful_rules_beside_servers_that_answer_elsewhere() {
    let (_place, [client, a, b]) = behind_nat();
    let _tracked = tracked();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    Tool::of_this_kernel().stateful();
    for server in [&a, &b] {
        server.ip("route replace default via 10.1.0.250\n");
    }
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names("nat-route-back");
}

#[test]
fn output_filter() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    Tool::of_this_kernel().drop_all("ip", "output");
    is_found_and_cured(&client, "output-filter");
}

#[test]
fn output_filter_with_direct_routing() {
    let (_place, [client, a, b]) = one_network();
    let _servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        server.take_quietly("10.0.0.1");
    }
    restore(&NAT_IN_FRONT.replace("-m", "-g"));
    Tool::of_this_kernel().drop_all("ip", "output");
    is_found_and_cured(&client, "output-filter");
}

#[test]
fn nat_server_refuses_by_a_packet_filter() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    for server in [&a, &b] {
        server.run(|| Tool::of_this_kernel().reject());
    }
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names_each("nat-server-refuses", 2);
}

#[test]
fn mark_unmarked() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(MARKED);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("mark-unmarked");
    match Tool::of_this_kernel() {
        Tool::Nft => {
            for command in diagnosis.commands("mark-unmarked", None) {
                shell(&command.replace("ADDRESS", "10.0.0.1").replace("PORT", "80"));
            }
        }
        // This kernel lacks what the remedy needs.
        Tool::Iptables => drop(shell(
            "iptables-legacy -t mangle -A PREROUTING -d 10.0.0.1 -p tcp --dport 80 -j MARK --set-mark 7",
        )),
    }
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn nat_ftp() {
    let (_place, [client, a, _]) = behind_nat();
    let _tracked = tracked();
    let _data = a.serve(51210);
    let control = a.run(|| bound(|| TcpListener::bind("10.1.0.2:21")));
    // What an FTP server says of itself: its own address, and the port 200*256+10.
    thread::spawn(move || {
        for connection in control.incoming().take(2) {
            let mut connection = connection.unwrap();
            connection.write_all(b"220 ready\r\n").unwrap();
            let mut asked = String::new();
            BufReader::new(&connection).read_line(&mut asked).unwrap();
            assert_eq!(asked, "PASV\r\n");
            let here = b"227 Entering Passive Mode (10,1,0,2,200,10).\r\n";
            connection.write_all(here).unwrap();
        }
    });
    let passive = || {
        client.run(|| {
            let mut control = TcpStream::connect("10.0.0.1:21").unwrap();
            control
                .set_read_timeout(Some(Duration::from_secs(3)))
                .unwrap();
            let mut lines = BufReader::new(control.try_clone().unwrap());
            lines.read_line(&mut String::new()).unwrap();
            control.write_all(b"PASV\r\n").unwrap();
            let mut told = String::new();
            lines.read_line(&mut told).unwrap();
            let numbers: Vec<u16> = told
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .skip(1)
                .collect();
            let [a, b, c, d, high, low] = numbers[..] else {
                panic!("{told}");
            };
            let data = format!("{a}.{b}.{c}.{d}:{}", high * 256 + low);
            Talk::open(data.parse().unwrap()).and_then(|mut talk| talk.ask())
        })
    };
    restore("-A -t 10.0.0.1:21 -s rr\n-a -t 10.0.0.1:21 -r 10.1.0.2 -m\n");
    assert!(passive().is_err());
    let diagnosis = diagnose(GLANCE).without_fault().notes("nat-ftp");
    for command in diagnosis.commands("nat-ftp", None) {
        match (Tool::of_this_kernel(), command.strip_prefix("iptables ")) {
            // This kernel lacks what `iptables` is on Debian.
            (Tool::Iptables, Some(rule)) => drop(shell(&format!("iptables-legacy {rule}"))),
            _ => drop(shell(&command)),
        }
    }
    assert_eq!(passive().unwrap(), "A");
    diagnose(GLANCE).without_fault().lacks("nat-ftp");
}

#[test]
fn nat_masquerade() {
    let (_place, [client, a, b]) = behind_nat();
    let _tracked = tracked();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    // The rule is there so that servers with another router answer all the same.
    for server in [&a, &b] {
        server.ip("route replace default via 10.1.0.250\n");
    }
    Tool::of_this_kernel().masquerade();
    is_found_and_cured(&client, "nat-masquerade");
}

#[test]
fn nat_stateful_forward() {
    let (_place, [client, a, b]) = behind_nat();
    let _tracked = tracked();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    Tool::of_this_kernel().stateful();
    is_found_and_cured(&client, "nat-stateful-forward");
}

#[test]
fn conntrack_full() {
    let (_place, [client, a, b]) = behind_nat();
    let _tracked = tracked();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    Tool::of_this_kernel().stateful();
    shell("sysctl -qw net.ipv4.vs.conntrack=1");
    are_served(&client, "10.0.0.1:80");
    let before = everywhere("sysctl -n net.netfilter.nf_conntrack_max");
    everywhere("sysctl -qw net.netfilter.nf_conntrack_max=3");
    let some = answered(&client, 6, "10.0.0.1:80");
    let diagnosis = diagnose(GLANCE);
    let commands: Vec<_> = diagnosis.commands("conntrack-full", None);
    for command in &commands {
        everywhere(command);
    }
    let all = answered(&client, 4, "10.0.0.1:80");
    let after = diagnose(GLANCE);
    let back = format!(
        "sysctl -qw net.netfilter.nf_conntrack_max={}",
        before.trim()
    );
    everywhere(&back);
    assert!(some < 6, "{some} of 6 answered");
    diagnosis.names("conntrack-full");
    assert_eq!((commands.len(), all), (1, 4));
    after.without_fault();
}

/// Tests of connection tracking wait for one another: its limit is one for all
/// namespaces.
fn tracked() -> MutexGuard<'static, ()> {
    static TRACKING: Mutex<()> = Mutex::new(());
    TRACKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command in the first namespace, which alone may change that limit.
fn everywhere(command: &str) -> String {
    let first = File::open("/proc/1/ns/net").unwrap();
    let run = || {
        setns(&first, CloneFlags::CLONE_NEWNET).unwrap();
        shell(command)
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}
