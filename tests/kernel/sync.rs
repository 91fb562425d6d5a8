//! Two directors that share their connections.

use crate::director::{
    Place, VIP, as_the_reference, connections_as_the_reference, ipvsadm, place, restore,
};
use crate::net::{Host, Side, network, wait_until};
use crate::support::kernel_table;

#[test]
fn a_backup_takes_over_by_a_group_port_and_ttl_of_their_own() {
    take_over("--mcast-group 239.1.2.3 --mcast-port 9000 --mcast-ttl 2 --sync-maxlen 1400");
}

#[test]
fn a_backup_takes_over_by_ipv6_multicast() {
    take_over("--mcast-group ff02::81");
}

fn take_over(options: &str) {
    let pair = Pair::of_directors();
    let start = |daemon| {
        ipvsadm(&format!(
            "--start-daemon {daemon} --mcast-interface eth0 {options}"
        ))
    };
    start("master --syncid 7");
    pair.second.run(|| start("backup --syncid 7"));
    pair.stranger.run(|| start("backup --syncid 8"));
    assert!(as_the_reference("-L --daemon").starts_with("master sync daemon (mcast=eth0"));
    let second = pair.second.run(|| as_the_reference("-L --daemon"));
    assert!(
        second.starts_with("backup sync daemon (mcast=eth0"),
        "{second}"
    );

    // The kernel shares a connection after its third packet.
    let mut talk = pair.client.connect("10.0.0.1:80").unwrap();
    let who = talk.ask().unwrap();
    for _ in 0..5 {
        assert_eq!(talk.ask().unwrap(), who);
    }
    let server = if who == "A" {
        "10.0.0.2:80"
    } else {
        "10.0.0.3:80"
    };
    wait_until("the backup knows the connection", || {
        let listed = pair.second.run(|| connections_as_the_reference("-Lnc"));
        let source = talk.local();
        listed
            .lines()
            .any(|row| row.contains(&source) && row.ends_with(server))
    });
    let is_told = |origin| {
        let line = format!("-Lnc --origin {origin}");
        let listed = pair.second.run(|| ipvsadm(&line)).stdout;
        listed.contains(&talk.local())
    };
    assert_eq!(["sync", "local"].map(is_told), [true, false]);
    assert!(
        ipvsadm("-Lnc --origin local")
            .stdout
            .contains(&talk.local())
    );
    let strange = pair.stranger.run(|| connections_as_the_reference("-Lnc"));
    assert_eq!(strange.lines().count(), 2, "of another syncid: {strange}");

    pair.change_over();
    for _ in 0..5 {
        assert_eq!(talk.ask().unwrap(), who);
    }

    ipvsadm("--stop-daemon master");
    assert_eq!(as_the_reference("-L --daemon"), "");
    assert!(kernel_table().daemons.is_empty());
    pair.second.run(|| ipvsadm("--stop-daemon backup"));
}

/// Directors of the same service by direct routing: the first is this thread's
/// and has the virtual address.
struct Pair {
    _place: Place,
    client: Host,
    second: Host,
    stranger: Host,
    _servers: [crate::net::Server; 2],
    _hosts: [Host; 2],
}

impl Pair {
    fn of_directors() -> Self {
        let place = place();
        let [client, second, stranger, a, b] = network(
            "10.0.0.5/24 10.0.0.1/32 fd00::5/64",
            "",
            [
                ("client", Side::Front, "10.0.0.9/24"),
                ("second", Side::Front, "10.0.0.6/24 fd00::6/64"),
                ("stranger", Side::Front, "10.0.0.7/24 fd00::7/64"),
                ("A", Side::Front, "10.0.0.2/24"),
                ("B", Side::Front, "10.0.0.3/24"),
            ],
        );
        let hosts = [a, b];
        for host in &hosts {
            host.take_quietly(VIP);
        }
        second.set(&[("ipv4/ip_forward", "1")]);
        let table = "-A -t 10.0.0.1:80 -s rr\n\
                     -a -t 10.0.0.1:80 -r 10.0.0.2 -g\n\
                     -a -t 10.0.0.1:80 -r 10.0.0.3 -g\n";
        restore(table);
        second.run(|| restore(table));
        stranger.run(|| restore(table));
        Self {
            _place: place,
            client,
            second,
            stranger,
            _servers: hosts.each_ref().map(|host| host.serve(80)),
            _hosts: hosts,
        }
    }

    /// The first director fails, the second takes the virtual address.
    fn change_over(&self) {
        Host::this("first").ip(&format!("addr del {VIP}/32 dev eth0\n"));
        self.second.ip(&format!("addr add {VIP}/32 dev eth0\n"));
        self.client.ip("neigh flush dev eth0\n");
    }
}
