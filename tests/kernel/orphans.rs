//! Connections whose server is gone, those of an origin, and counts by two things.
//! The connections that another director has told of are in `sync`.

use crate::director::{ipvsadm, restore, with_two_servers};

/// The rows of a listing of connections, without its titles.
fn rows(options: &str) -> Vec<String> {
    let listing = ipvsadm(&format!("-Lnc {options}")).stdout;
    listing.lines().skip(2).map(str::to_owned).collect()
}

#[test]
fn the_connections_of_a_server_that_was_removed_are_orphans() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80), a.serve_udp(53));
    restore(
        "-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m\n\
         -A -u 10.0.0.1:53 -s rr -p 60\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n",
    );
    let mut talks: Vec<_> = (0..4)
        .map(|_| client.connect("10.0.0.1:80").unwrap())
        .collect();
    for talk in &mut talks {
        talk.ask().unwrap();
    }
    client.ask_udp(1, "10.0.0.9", "10.0.0.1:53");
    assert_eq!(rows("--orphans"), [""; 0]);
    ipvsadm("-d -t 10.0.0.1:80 -r 10.1.0.3");
    let orphans = rows("--orphans");
    assert_eq!(orphans.len(), 2);
    for row in &orphans {
        assert!(row.ends_with("10.1.0.3:80"), "{row}");
    }
    // With its service all that a server has goes, templates too.
    ipvsadm("-D -u 10.0.0.1:53");
    assert_eq!(rows("--orphans --state UDP").len(), 1);
    let counts = ipvsadm("-Lnc --orphans --by server,state").stdout;
    let mut counts: Vec<_> = counts.lines().collect();
    assert_eq!(counts.remove(0), "Connections Templates Server      State");
    assert_eq!(counts[0], "          2         0 10.1.0.3:80 ESTABLISHED");
    assert_eq!(counts[1], "          1         0 10.1.0.2:53 UDP");
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.3 -m");
    assert!(rows("--orphans").iter().all(|row| row.starts_with("UDP")));
}

#[test]
fn connections_that_came_by_here_are_local() {
    let (_place, [client, a, _]) = with_two_servers();
    let _server = a.serve(80);
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let mut talk = client.connect("10.0.0.1:80").unwrap();
    talk.ask().unwrap();
    assert_eq!(rows("--origin local"), rows(""));
    assert_eq!(rows("--origin local").len(), 1);
    assert_eq!(rows("--origin sync"), [""; 0]);
    let named = ipvsadm("-Lc --origin local").stdout;
    assert!(named.contains("ESTABLISHED"), "{named}");
}
