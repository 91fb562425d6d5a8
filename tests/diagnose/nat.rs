//! Faults of NAT.

use crate::clients::{are_served, while_in_vain};
use crate::director::*;
use crate::support::shell;

#[test]
fn nat_forwarding_of_the_whole_machine() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.ip_forward=0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-forwarding");
    diagnosis.cure("nat-forwarding");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

#[test]
fn nat_forwarding_of_the_servers_interface_alone() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    shell("sysctl -qw net.ipv4.conf.eth1.forwarding=0");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    let diagnosis = diagnosis.names("nat-forwarding");
    diagnosis.cure("nat-forwarding");
    are_served(&client, "10.0.0.1:80");
    // Towards the clients it does no harm.
    shell("sysctl -qw net.ipv4.conf.eth0.forwarding=0");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}
