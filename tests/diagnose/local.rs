//! Servers on the director itself.

use std::net::TcpListener;

use crate::clients::{answered, are_served, while_in_vain, while_served};
use crate::director::*;
use crate::explain::explain;
use crate::net::{Host, Side, bound, network};
use crate::support::Namespace;

#[test]
fn local_not_listening() {
    let (_place, [client, _, _]) = behind_nat();
    let on_the_server_address = bound(|| TcpListener::bind("10.1.0.1:80"));
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1 -g\n");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names("local-not-listening");
    let asked = "-t 10.0.0.1:80 --client 10.0.0.9";
    explain(asked).ends_at("way-back", "shut");
    drop(on_the_server_address);
    let _server = Host::this("director").serve(80);
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
    explain(asked).passes();
}

#[test]
fn loop_of_directors() {
    let _place = Namespace::fresh();
    let [client, active] = network(
        "10.0.0.5/24",
        "",
        [
            ("client", Side::Front, "10.0.0.9/24"),
            ("active", Side::Front, "10.0.0.6/24 10.0.0.1/32"),
        ],
    );
    let this = Host::this("standby");
    this.take_quietly("10.0.0.1");
    let _servers = [this.serve(80), active.serve(80)];
    let table = "-A -t 10.0.0.1:80 -s rr\n\
                 -a -t 10.0.0.1:80 -r 10.0.0.5 -g\n\
                 -a -t 10.0.0.1:80 -r 10.0.0.6 -g\n";
    restore(table);
    ipvsadm("--start-daemon backup --mcast-interface eth0 --syncid 7");
    active.run(|| {
        restore(table);
        ipvsadm("--start-daemon master --mcast-interface eth0 --syncid 7");
    });
    let some = answered(&client, 8, "10.0.0.1:80");
    assert!((1..8).contains(&some), "{some} of 8");
    let diagnosis = diagnose(WATCHED).names("loop-of-directors");
    diagnosis.cure("loop-of-directors");
    are_served(&client, "10.0.0.1:80");
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}
