//! Faults of firewall marks.

use crate::clients::{are_served, while_in_vain, while_served};
use crate::director::*;
use crate::support::shell;

#[test]
fn mark_unmarked() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(MARKED);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names("mark-unmarked");
    // Not by the rule of the remedy, which not every kernel of the lab has.
    mark("10.0.0.1", 80);
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn a_rule_for_another_port() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(MARKED);
    mark("10.0.0.1", 8080);
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.without_fault().notes("mark-unmarked");
    let evidence = diagnosis.finding("mark-unmarked")["evidence"].to_string();
    assert!(evidence.contains("TcpOutRsts"), "{evidence}");
    mark("10.0.0.1", 80);
    are_served(&client, "10.0.0.1:80");
    let diagnosis = while_served(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.without_fault().lacks("mark-unmarked");
}

#[test]
fn mark_not_local() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    client.ip("route add 10.9.9.9/32 via 10.0.0.1\n");
    shell("ip route add default via 10.0.0.254");
    mark("10.9.9.9", 80);
    restore(MARKED);
    // Nothing tells which address the mark is for.
    let diagnosis = while_in_vain(&client, "10.9.9.9:80", || diagnose(WATCHED));
    diagnosis.without_fault().notes("mark-not-local");
    shell("ip rule add fwmark 7 lookup 100 && ip route add local default dev lo table 100");
    are_served(&client, "10.9.9.9:80");
    while_served(&client, "10.9.9.9:80", || diagnose(WATCHED))
        .without_fault()
        .lacks("mark-not-local");
    // Connections tell.
    shell("ip rule del fwmark 7 lookup 100");
    let diagnosis = while_in_vain(&client, "10.9.9.9:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("mark-not-local");
    diagnosis.cure("mark-not-local");
    are_served(&client, "10.9.9.9:80");
    while_served(&client, "10.9.9.9:80", || diagnose(WATCHED))
        .without_fault()
        .lacks("mark-not-local");
}
