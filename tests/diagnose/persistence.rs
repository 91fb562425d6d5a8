//! Clients that come to servers which are to take none.

use crate::clients::{answered, are_served, while_served};
use crate::director::*;
use crate::explain::explain;
use crate::net::{Host, count};
use crate::support::shell;

#[test]
fn persistent_quiesced() {
    let (_place, [client, a, b]) = behind_nat();
    let servers = [a.serve(80), b.serve(80)];
    shell("sysctl -qw net.ipv4.vs.expire_quiescent_template=0");
    restore(&NAT.replace("-s rr", "-s rr -p 300"));
    let (mine, other) = at_one_server(&client);
    ipvsadm(&format!("-e -t 10.0.0.1:80 -r {} -m -w 0", mine.address));
    let served = || servers.each_ref().map(|server| server.served());
    let before = served();
    // Nobody fails: the server just gets what it was to get no more.
    let diagnosis = while_served(&client, "10.0.0.1:80", || diagnose(WATCHED));
    assert!(served()[mine.place] > before[mine.place]);
    assert_eq!(served()[other.place], before[other.place]);
    let diagnosis = diagnosis.names("persistent-quiesced");
    diagnosis.cure("persistent-quiesced");
    assert_eq!(client.ask(3, "10.0.0.1:80"), count(&[(other.name, 3)]));
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED))
        .without_fault()
        .lacks("persistent-quiesced");
}

#[test]
fn hash_no_fallback_of_the_clients_address() {
    refused_by("sh");
}

#[test]
fn hash_no_fallback_of_maglev() {
    refused_by("mh");
}

#[test]
fn hash_no_fallback_of_the_virtual_address() {
    refused_by("dh");
}

#[test]
fn hash_with_a_fallback() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", "-s sh -b sh-fallback"));
    let (mine, _) = at_one_server(&client);
    ipvsadm(&format!("-e -t 10.0.0.1:80 -r {} -m -w 0", mine.address));
    while_served(&client, "10.0.0.1:80", || diagnose(WATCHED)).without_fault();
}

fn refused_by(scheduler: &str) {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(&NAT.replace("-s rr", &format!("-s {scheduler}")));
    let (mine, _) = at_one_server(&client);
    ipvsadm(&format!("-e -t 10.0.0.1:80 -r {} -m -w 0", mine.address));
    assert_eq!(answered(&client, 3, "10.0.0.1:80"), 0);
    explain("-t 10.0.0.1:80 --client 10.0.0.9").ends_at("servers", "unsure");
    let diagnosis = diagnose(GLANCE).names("hash-no-fallback");
    diagnosis.cure("hash-no-fallback");
    are_served(&client, "10.0.0.1:80");
    diagnose(GLANCE).without_fault();
}

struct Member {
    place: usize,
    name: &'static str,
    address: &'static str,
}

/// The server that this client is always given to, and the other one.
fn at_one_server(client: &Host) -> (Member, Member) {
    let member = |place: usize| Member {
        place,
        name: ["A", "B"][place],
        address: ["10.1.0.2", "10.1.0.3"][place],
    };
    let asked = client.ask(3, "10.0.0.1:80");
    let mine = usize::from(!asked.contains_key("A"));
    assert_eq!(asked, count(&[(member(mine).name, 3)]));
    (member(mine), member(1 - mine))
}

#[test]
fn hash_with_a_server_that_never_had_a_weight() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    let asked = |scheduler: &str| {
        ipvsadm("-C");
        restore(&format!(
            "-A -t 10.0.0.1:80 -s {scheduler} -b {scheduler}-port\n\
             -a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 0\n\
             -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n"
        ));
        answered(&client, 20, "10.0.0.1:80")
    };
    let of_sh = asked("sh");
    assert!((1..20).contains(&of_sh), "{of_sh} of 20");
    let diagnosis = diagnose(GLANCE).names("hash-no-fallback");
    diagnosis.cure("hash-no-fallback");
    assert_eq!(answered(&client, 20, "10.0.0.1:80"), 20);
    assert_eq!(asked("mh"), 20);
    diagnose(GLANCE).without_fault();
}
