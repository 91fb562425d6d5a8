//! Healthy directors: nothing but notes.

use crate::clients::while_served;
use crate::director::*;

#[test]
fn nat() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(NAT);
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

#[test]
fn one_armed() {
    let (_place, [client, a, b]) = one_network();
    let servers = [a.serve(80), b.serve(80)];
    for server in [&a, &b] {
        // Answers must come back through the director: a host route does it.
        server.ip("route add 10.0.0.9/32 via 10.0.0.5\n");
    }
    restore(NAT_IN_FRONT);
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    assert!(servers.iter().all(|server| server.served() > 0));
}
