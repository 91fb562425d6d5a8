//! What the listings say was sent.

use ipvs::client::Client;

use crate::director::{
    as_the_reference, connections_as_the_reference, ipvsadm, restore, with_two_servers,
};
use crate::net::{count, wait_until};

#[test]
fn stats_are_what_was_sent() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(
        "-A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -a -u 10.0.0.1:53 -r 10.1.0.3 -m\n",
    );
    assert_eq!(
        client.ask_udp(40, "10.0.0.9", "10.0.0.1:53"),
        count(&[("A", 20), ("B", 20)])
    );
    // One byte each way, and the headers of IP and UDP: 29 bytes a packet.
    let expected = "
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
UDP  10.0.0.1:53                        40       40       40     1160     1160
  -> 10.1.0.2:53                        20       20       20      580      580
  -> 10.1.0.3:53                        20       20       20      580      580
";
    wait_until("the kernel has added up", || {
        as_the_reference("-Ln --stats --sort").ends_with(expected)
    });

    let rates = as_the_reference("-Ln --rate");
    let row = rates.lines().find(|row| row.starts_with("UDP")).unwrap();
    let numbers: Vec<u64> = row
        .split_whitespace()
        .skip(2)
        .map(|n| n.parse().unwrap())
        .collect();
    let [connections, packets_in, packets_out, bytes_in, bytes_out] = numbers[..] else {
        panic!("{row}");
    };
    assert!(
        connections > 0 && packets_in == connections && packets_out == connections,
        "{row}"
    );
    assert!(
        bytes_in >= 20 * packets_in && bytes_out == bytes_in,
        "{row}"
    );

    ipvsadm("-Z -u 10.0.0.1:53");
    let zeroed = as_the_reference("-Ln --stats -u 10.0.0.1:53");
    assert!(zeroed.contains(
        "UDP  10.0.0.1:53                         0        0        0        0        0\n"
    ));
}

#[test]
fn totals_are_those_of_all_services() {
    let (_place, [client, a, _]) = with_two_servers();
    let _servers = (a.serve_udp(53), a.serve_udp(54));
    restore(
        "-A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -A -u 10.0.0.1:54 -s rr\n\
         -a -u 10.0.0.1:54 -r 10.1.0.2 -m\n",
    );
    let kernel = Client::open().unwrap();
    let counters = || {
        let all = kernel.totals().unwrap().unwrap();
        let packets = (all.in_packets, all.out_packets);
        (all.connections, packets, (all.in_bytes, all.out_bytes))
    };
    assert_eq!(counters(), (0, (0, 0), (0, 0)));
    client.ask_udp(20, "10.0.0.9", "10.0.0.1:53");
    client.ask_udp(10, "10.0.0.9", "10.0.0.1:54");
    // 29 bytes a packet; those of a service that is gone, too.
    let sent = (30, (30, 30), (870, 870));
    wait_until("the kernel has added up", || counters() == sent);
    wait_until("the kernel has worked out rates", || {
        kernel.totals().unwrap().unwrap().in_bytes_per_second > 0
    });
    ipvsadm("-Z -u 10.0.0.1:53");
    ipvsadm("-D -u 10.0.0.1:54");
    assert_eq!(counters(), sent);
    ipvsadm("-Z");
    assert_eq!(counters(), (0, (0, 0), (0, 0)));
}

#[test]
fn connections_are_those_that_are_open() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80), a.serve_udp(53));
    restore(
        "-A -t 10.0.0.1:80 -s rr -p 60\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n\
         -A -t [fd00::1]:80 -s rr\n\
         -a -t [fd00::1]:80 -r [fd01::3]:80 -m\n\
         -A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n",
    );
    let kept = [
        client.connect("10.0.0.1:80").unwrap(),
        client.connect("10.0.0.1:80").unwrap(),
    ];
    let kept6 = client.connect("[fd00::1]:80").unwrap();
    client.ask_udp(1, "10.0.0.8", "10.0.0.1:53");

    let listed = connections_as_the_reference("-Lnc");
    let of = |state: &str| listed.lines().filter(|row| row.contains(state)).count();
    assert_eq!(listed.lines().count(), 2 + 5, "{listed}");
    assert_eq!(
        (of(" ESTABLISHED "), of(" UDP "), of(" ASSURED ")),
        (3, 1, 1),
        "{listed}"
    );
    for talk in kept.iter().chain([&kept6]) {
        let source = talk.local();
        let row = listed.lines().find(|row| row.contains(&source));
        assert!(row.is_some(), "{source} is missing:\n{listed}");
    }
    connections_as_the_reference("-Lnc --persistent-conn");
    as_the_reference("-Ln --persistent-conn");
    let active = as_the_reference("-Ln -t 10.0.0.1:80");
    let busy = active
        .lines()
        .find(|row| row.contains("Masq    1      2          0"))
        .is_some();
    assert!(busy, "{active}");
}
