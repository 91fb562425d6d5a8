//! Who gets a connection.

use std::collections::BTreeSet;

use crate::director::{VIP, ipvsadm, restore, with_two_servers};
use crate::net::{count, wait_until};
use crate::support::kernel_table;

const AT_80: &str = "10.0.0.1:80";

#[test]
fn rr_takes_turns() {
    let (_place, [client, a, b]) = with_two_servers();
    let (a, b) = (a.serve(80), b.serve(80));
    restore(&two_servers("rr", 1, 5));
    assert_eq!(client.ask(100, AT_80), count(&[("A", 50), ("B", 50)]));
    assert_eq!((a.served(), b.served()), (50, 50));
}

#[test]
fn wrr_splits_by_weight() {
    let (_place, [client, a, b]) = with_two_servers();
    let (a, b) = (a.serve(80), b.serve(80));
    restore(&two_servers("wrr", 1, 3));
    assert_eq!(client.ask(100, AT_80), count(&[("A", 25), ("B", 75)]));
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 4");
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1");
    assert_eq!(client.ask(100, AT_80), count(&[("A", 80), ("B", 20)]));
    assert_eq!((a.served(), b.served()), (105, 95));
}

#[test]
fn wlc_gives_the_idle_server_the_next_one() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore(&two_servers("wlc", 1, 3));
    let mut kept: Vec<_> = (0..8).map(|_| client.connect(AT_80).unwrap()).collect();
    let on_b = kept
        .iter_mut()
        .filter_map(|talk| talk.ask().ok())
        .filter(|who| who == "B");
    assert_eq!(on_b.count(), 6);
}

#[test]
fn sh_keeps_an_address_on_its_server() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(
        "-A -u 10.0.0.1:53 -s sh\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -a -u 10.0.0.1:53 -r 10.1.0.3 -m\n",
    );
    let sources: Vec<String> = (100..116).map(|n| format!("10.0.0.{n}")).collect();
    let add = |source: &String| format!("addr add {source}/24 dev eth0\n");
    client.ip(&sources.iter().map(add).collect::<String>());
    let mut met = BTreeSet::new();
    for source in &sources {
        let answers = client.ask_udp(5, source, "10.0.0.1:53");
        assert_eq!(answers.len(), 1, "{source} met {answers:?}");
        met.extend(answers.into_keys());
    }
    assert_eq!(met.len(), 2, "all addresses are on one server");
}

#[test]
fn persistence_keeps_a_client_on_its_server() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80), a.serve_udp(53), b.serve_udp(53));
    restore(
        "-A -t 10.0.0.1:80 -s rr -p 300\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n\
         -A -u 10.0.0.1:53 -s rr -p 300 -M 255.255.255.0\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -a -u 10.0.0.1:53 -r 10.1.0.3 -m\n",
    );
    assert_eq!(client.ask(20, AT_80).len(), 1);

    // By network rather than by address.
    let first = client.ask_udp(5, "10.0.0.9", "10.0.0.1:53");
    assert_eq!(first.len(), 1);
    assert_eq!(client.ask_udp(5, "10.0.0.8", "10.0.0.1:53"), first);
    ipvsadm("-E -u 10.0.0.1:53 -s rr -p 300");
    ipvsadm("-D -u 10.0.0.1:53");
    restore(
        "-A -u 10.0.0.1:53 -s rr -p 300\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         -a -u 10.0.0.1:53 -r 10.1.0.3 -m\n",
    );
    let first = client.ask_udp(5, "10.0.0.9", "10.0.0.1:53");
    let second = client.ask_udp(5, "10.0.0.8", "10.0.0.1:53");
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
}

#[test]
fn weight_0_takes_no_new_connections_and_keeps_its_own() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore(&two_servers("wrr", 1, 1));
    let mut kept = [
        client.connect(AT_80).unwrap(),
        client.connect(AT_80).unwrap(),
    ];
    let mut met: Vec<_> = kept.iter_mut().map(|talk| talk.ask().unwrap()).collect();
    met.sort();
    assert_eq!(met, ["A", "B"]);

    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 0");
    assert_eq!(client.ask(20, AT_80), count(&[("A", 20)]));
    let mut still: Vec<_> = kept.iter_mut().map(|talk| talk.ask().unwrap()).collect();
    still.sort();
    assert_eq!(still, ["A", "B"]);

    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 -m -w 1");
    assert_eq!(client.ask(20, AT_80), count(&[("A", 10), ("B", 10)]));
}

#[test]
fn an_upper_threshold_closes_a_server() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore(&two_servers("rr", 1, 1));
    ipvsadm("-e -t 10.0.0.1:80 -r 10.1.0.3 -m -x 2 -y 1");
    let mut kept: Vec<_> = (0..10).map(|_| client.connect(AT_80).unwrap()).collect();
    let on_b = kept
        .iter_mut()
        .filter_map(|talk| talk.ask().ok())
        .filter(|who| who == "B");
    assert_eq!(on_b.count(), 2);
}

#[test]
fn a_deleted_service_refuses_and_a_cleared_table_is_empty() {
    let (_place, [client, a, _b]) = with_two_servers();
    let _server = a.serve(80);
    restore(&two_servers("rr", 1, 0));
    ipvsadm("-d -t 10.0.0.1:80 -r 10.1.0.3");
    assert_eq!(client.ask(4, AT_80), count(&[("A", 4)]));
    ipvsadm("-D -t 10.0.0.1:80");
    assert!(client.connect(AT_80).is_err());
    ipvsadm("-A -t 10.0.0.1:80");
    ipvsadm("-A -f 7");
    ipvsadm("-C");
    assert!(kernel_table().services.is_empty());
}

#[test]
fn every_scheduler_of_the_kernel_serves() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    let schedulers = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh".split(' ');
    for scheduler in schedulers {
        restore(&two_servers(scheduler, 1, 2));
        let answered: usize = client.ask(6, AT_80).values().sum();
        assert_eq!(answered, 6, "{scheduler}");
        let table = kernel_table();
        let service = table.service(VIP.parse().unwrap(), 80).unwrap();
        let named = &service
            .attributes
            .iter()
            .find(|part| part.kind == 6)
            .unwrap()
            .value;
        assert_eq!(named.strip_suffix(b"\0"), Some(scheduler.as_bytes()));
        ipvsadm("-C");
        wait_until("the service is gone", || kernel_table().services.is_empty());
    }
}

fn two_servers(scheduler: &str, weight_a: u32, weight_b: u32) -> String {
    format!(
        "-A -t 10.0.0.1:80 -s {scheduler}\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w {weight_a}\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w {weight_b}\n"
    )
}
