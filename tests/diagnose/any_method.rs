//! Faults that each forwarding method can have.

use crate::clients::{answered, are_served, while_in_vain, while_served};
use crate::director::*;
use crate::support::shell;

#[test]
fn vip_not_local() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("vip-not-local");
    assert_eq!(
        diagnosis.finding("vip-not-local")["affected"],
        serde_json::json!(["TCP 10.0.0.1:80"])
    );
    diagnosis.cure("vip-not-local");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn one_virtual_address_is_one_finding_for_all_its_services() {
    let _place = behind_nat();
    for port in 1..=40 {
        ipvsadm(&format!("-A -t 10.0.0.7:{port} -s rr"));
        ipvsadm(&format!("-a -t 10.0.0.7:{port} -r 10.1.0.2 -m"));
    }
    let diagnosis = diagnose(GLANCE).names("vip-not-local");
    let affected = diagnosis.finding("vip-not-local")["affected"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(affected, 40);
}

#[test]
fn a_standby_director_may_do_without_the_address() {
    let _place = behind_nat();
    shell("ip addr del 10.0.0.1/24 dev eth0 && ip addr add 10.0.0.5/24 dev eth0");
    restore(NAT);
    ipvsadm("--start-daemon backup --mcast-interface eth1 --syncid 7");
    diagnose(GLANCE).without_fault().notes("vip-not-local");
}

#[test]
fn no_usable_server() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    ipvsadm("-A -t 10.0.0.1:80 -s rr");
    while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE)).names("no-usable-server");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("no-usable-server");
    diagnosis.cure("no-usable-server");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn defence_active() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.vs.am_droprate=2 net.ipv4.vs.drop_packet=3");
    let answers = answered(&client, 6, "10.0.0.1:80");
    assert!((1..6).contains(&answers), "{answers} of 6");
    let diagnosis = diagnose(GLANCE).names("defence-active");
    diagnosis.cure("defence-active");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn counters_frozen() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    shell("sysctl -qw net.ipv4.vs.run_estimation=0");
    restore(NAT);
    let diagnosis = while_served(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("counters-frozen");
    let stats = ipvsadm("-Ln --stats -t 10.0.0.1:80").stdout;
    assert!(
        stats.contains("TCP  10.0.0.1:80                         0        0        0"),
        "{stats}"
    );
    diagnosis.cure("counters-frozen");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    let stats = ipvsadm("-Ln --stats -t 10.0.0.1:80").stdout;
    assert!(
        !stats.contains("TCP  10.0.0.1:80                         0        0        0"),
        "{stats}"
    );
}
