//! What only kernels since 7.2 have; on others these tests are left out by name.

use crate::clients::{answered, are_served, while_in_vain, while_served};
use crate::director::*;
use crate::support::shell;

#[test]
fn conn_max() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    // The smallest table is for 256 connections.
    shell("sysctl -qw net.ipv4.vs.conn_max=256");
    let limit: usize = shell("sysctl -n net.ipv4.vs.conn_max")
        .trim()
        .parse()
        .unwrap();
    assert_eq!(answered(&client, limit, "10.0.0.1:80"), limit);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(GLANCE));
    let diagnosis = diagnosis.names("conn-max");
    diagnosis.cure("conn-max");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn counters_frozen_without_processors() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    shell("echo > /proc/sys/net/ipv4/vs/est_cpulist");
    restore(NAT);
    let diagnosis = while_served(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("counters-frozen");
    diagnosis.cure("counters-frozen");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}
