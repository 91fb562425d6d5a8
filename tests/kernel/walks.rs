//! The sequences of commands that people learn LVS from. Each is typed twice,
//! with the reference and with ours installed in its place, and must print and
//! do the same; then it is tried on traffic.

use crate::director::{as_the_reference, connections_as_the_reference, mark, place, restore};
use crate::net::{Host, Side, count, network, wait_until};
use crate::support::{Program, run};
use crate::typing::{both_print_and_do, both_print_and_do_lines, quoted, type_ours};

/// A: two web servers behind NAT.
#[test]
fn two_web_servers_behind_nat() {
    let lesson = "\
ipvsadm -l
ipvsadm -A -t 192.168.1.41:80 -s rr
ipvsadm -l -n
ipvsadm -a -t 192.168.1.41:80 -r 172.17.0.2 -m
ipvsadm -a -t 192.168.1.41:80 -r 172.17.0.3 -m
ipvsadm -l -n
ipvsadm -l -n --rate
";
    both_print_and_do(lesson);

    let _place = place();
    let [client, a, b] = network(
        "192.168.1.41/24",
        "172.17.0.1/16",
        [
            ("client", Side::Front, "192.168.1.100/24"),
            ("This is A", Side::Back, "172.17.0.2/16 172.17.0.1"),
            ("This is B", Side::Back, "172.17.0.3/16 172.17.0.1"),
        ],
    );
    let _servers = (a.serve(80), b.serve(80));
    type_ours(lesson);
    let answers = client.ask(1000, "192.168.1.41:80");
    assert_eq!(answers, count(&[("This is A", 500), ("This is B", 500)]));
    wait_until("the kernel has added up", || {
        let stats = as_the_reference("-l -n --stats");
        let conns = |row: &str| row.split_whitespace().nth(2).map(str::to_owned);
        let rows: Vec<_> = stats.lines().skip(3).filter_map(conns).collect();
        rows == ["1000", "500", "500"]
    });
    as_the_reference("-l -n --rate");
    as_the_reference("-l -n");
}

/// B: firewall marks and direct routing, two directors.
#[test]
fn firewall_marks_and_two_directors() {
    let lesson = "\
ipvsadm -A -f 1 -s wrr
ipvsadm -a -f 1 -r 10.4.1.151 -g -w 100
ipvsadm -a -f 1 -r 10.4.1.152 -g -w 100
ipvsadm -A -f 2 -s wrr
ipvsadm -a -f 2 -r 10.4.1.151 -g -w 100
ipvsadm -a -f 2 -r 10.4.1.152 -g -w 100
ipvsadm --start-daemon master --mcast-interface eth0
ipvsadm -L --daemon
ipvsadm -L --stats
ipvsadm -L
";
    both_print_and_do(lesson);

    let _place = place();
    let [client, backup, a, b] = network(
        "10.4.1.10/24 10.4.1.190/32",
        "",
        [
            ("client", Side::Front, "10.4.1.100/24"),
            ("backup", Side::Front, "10.4.1.11/24"),
            ("A", Side::Front, "10.4.1.151/24"),
            ("B", Side::Front, "10.4.1.152/24"),
        ],
    );
    let servers = [&a, &b].map(|host| {
        host.take_quietly("10.4.1.190");
        [host.serve(80), host.serve(443)]
    });
    let mark_both = || {
        mark("10.4.1.190", "tcp", &[80], 1);
        mark("10.4.1.190", "tcp", &[443], 2);
    };
    mark_both();
    type_ours(lesson);
    backup.run(|| {
        mark_both();
        type_ours(&lesson.replace(" master ", " backup "));
    });

    let mut kept = client.connect("10.4.1.190:80").unwrap();
    let who = kept.ask().unwrap();
    for _ in 0..5 {
        assert_eq!(kept.ask().unwrap(), who);
    }
    // One went to A or B before, the next ten go to both alike.
    assert_eq!(
        client.ask(10, "10.4.1.190:80"),
        count(&[("A", 5), ("B", 5)])
    );
    assert_eq!(
        client.ask(10, "10.4.1.190:443"),
        count(&[("A", 5), ("B", 5)])
    );
    assert_eq!(
        servers
            .iter()
            .flatten()
            .map(|server| server.served())
            .sum::<usize>(),
        21
    );
    as_the_reference("-L --stats");
    wait_until("the backup knows the connection", || {
        let listed = backup.run(|| connections_as_the_reference("-Lnc"));
        listed.contains(&kept.local())
    });

    Host::this("master").ip("addr del 10.4.1.190/32 dev eth0\n");
    backup.ip("addr add 10.4.1.190/32 dev eth0\n");
    backup.set(&[("ipv4/ip_forward", "1")]);
    client.ip("neigh flush dev eth0\n");
    assert_eq!(kept.ask().unwrap(), who);
    assert_eq!(
        client.ask(10, "10.4.1.190:443"),
        count(&[("A", 5), ("B", 5)])
    );
}

/// C: direct routing from a script that tests each call's status. (What it says
/// without the module is in `modules.rs`.)
#[test]
fn direct_routing_from_a_script() {
    let lesson = r#"
VIP=172.17.100.100 VPORT=89 RPORT=89 TYPE=g
servers=(172.17.100.2 172.17.100.3) weights=(1 2)
add() {
    ipvsadm -a -t $VIP:$VPORT -r $1:$RPORT -$TYPE -w $2
    [ $? -eq 0 ] && echo "added $1" || { echo "failed on $1"; exit 1; }
}
ipvsadm -A -t $VIP:$VPORT -s wlc
[ $? -eq 0 ] || { echo "no service"; exit 1; }
for i in ${!servers[@]}; do add ${servers[$i]} ${weights[$i]}; done
ipvsadm -Ln
add ${servers[0]} 1
"#;
    let script = format!("bash -c {}\n", quoted(lesson));
    both_print_and_do_lines(&[&script, &script]);

    let _place = place();
    let [client, a, b] = network(
        "172.17.100.10/24 172.17.100.100/32",
        "",
        [
            ("client", Side::Front, "172.17.100.9/24"),
            ("A", Side::Front, "172.17.100.2/24"),
            ("B", Side::Front, "172.17.100.3/24"),
        ],
    );
    let servers = [&a, &b].map(|host| {
        host.take_quietly("172.17.100.100");
        host.serve(89)
    });
    restore(
        "-A -t 172.17.100.100:89 -s wlc\n\
         -a -t 172.17.100.100:89 -r 172.17.100.2:89 -g -w 1\n\
         -a -t 172.17.100.100:89 -r 172.17.100.3:89 -g -w 2\n",
    );
    let mut kept: Vec<_> = (0..9)
        .map(|_| client.connect("172.17.100.100:89").unwrap())
        .collect();
    for talk in &mut kept {
        talk.ask().unwrap();
    }
    assert_eq!(servers.map(|server| server.served()), [3, 6]);
}

/// D: the long lesson.
#[test]
fn the_long_lesson() {
    both_print_and_do(
        "\
ipvsadm -Ln
ipvsadm -A -t 172.18.100.6:80 -s rr
ipvsadm -a -t 172.18.100.6:80 -r 192.168.10.11 -m -w 1
ipvsadm -Ln --rate
ipvsadm -Ln --stats
ipvsadm -a -t 172.18.100.6:80 -r 192.168.10.12 -m -w 3
ipvsadm -A -t 172.18.100.6:3306 -s wlc
ipvsadm -a -t 172.18.100.6:3306 -r 192.168.100.21 -m -w 1
ipvsadm -a -t 172.18.100.6:3306 -r 192.168.100.22 -m -w 2
ipvsadm -Ln
ipvsadm -E -t 172.18.100.6:80 -s wrr
ipvsadm -e -t 172.18.100.6:80 -r 192.168.10.11 -m -w 10
ipvsadm -Ln
ipvsadm -S > rules
cat rules
ipvsadm -C
ipvsadm -Ln
ipvsadm -R < rules
ipvsadm -Ln
ipvsadm-save > rules
cat rules
ipvsadm-save -n > rules
cat rules
ipvsadm -C
ipvsadm-restore < rules
ipvsadm -Ln
ipvsadm -Z
ipvsadm -Ln --stats
ipvsadm -A -t 172.18.100.7:80 -s rr
ipvsadm -a -t 172.18.100.7:80 -r 172.18.100.11 -g -w 1
ipvsadm -a -t 172.18.100.7:80 -r 172.18.100.12 -g -w 2
ipvsadm -E -t 172.18.100.7:80 -s sh
ipvsadm -A -f 1 -s rr
ipvsadm -a -f 1 -r 172.18.100.11 -g -w 1
ipvsadm -E -f 1 -s rr -p 300
ipvsadm -A -t 172.18.100.7:23 -s rr -p 300
ipvsadm -a -t 172.18.100.7:23 -r 172.18.100.11 -g
ipvsadm -A -t 172.18.100.7:0 -s rr -p
ipvsadm -a -t 172.18.100.7:0 -r 172.18.100.11 -g
ipvsadm -A -f 10 -s rr -p 300
ipvsadm -a -f 10 -r 172.18.100.12 -g
ipvsadm -Ln
ipvsadm -L
ipvsadm -Sn
ipvsadm -S
/bin/bash -c \"exec /sbin/ipvsadm-save -n > sysconfig\"
cat sysconfig
/sbin/ipvsadm -C
/bin/bash -c \"exec /sbin/ipvsadm-restore < sysconfig\"
ipvsadm -Ln
",
    );
}

/// D, on traffic: a client keeps its server for one port, for every port, for
/// two ports under one mark.
#[test]
fn the_kinds_of_persistence() {
    let _place = place();
    let [client, a, b] = network(
        "172.18.100.5/24 172.18.100.7/32 172.18.100.8/32",
        "",
        [
            ("client", Side::Front, "172.18.100.9/24"),
            ("A", Side::Front, "172.18.100.11/24"),
            ("B", Side::Front, "172.18.100.12/24"),
        ],
    );
    let _servers = [&a, &b].map(|host| {
        host.take_quietly("172.18.100.7");
        host.ip("addr add 172.18.100.8/32 dev lo\n");
        [23, 80, 443].map(|port| host.serve(port))
    });
    let with_servers = |service: &str| {
        type_ours(&format!(
            "ipvsadm -A {service}\n\
             ipvsadm -a {id} -r 172.18.100.11 -g -w 1\n\
             ipvsadm -a {id} -r 172.18.100.12 -g -w 1\n",
            id = service.split_once(" -s").unwrap().0
        ));
    };
    with_servers("-t 172.18.100.7:23 -s rr -p 300");
    with_servers("-t 172.18.100.7:0 -s rr -p");
    assert_eq!(client.ask(6, "172.18.100.7:23").len(), 1);
    let every_port = client.ask(6, "172.18.100.7:80");
    assert_eq!(every_port.len(), 1);
    assert_eq!(client.ask(6, "172.18.100.7:443"), every_port);

    mark("172.18.100.8", "tcp", &[80, 443], 10);
    with_servers("-f 10 -s rr -p 300");
    let marked = client.ask(6, "172.18.100.8:80");
    assert_eq!(marked.len(), 1);
    assert_eq!(client.ask(6, "172.18.100.8:443"), marked);
    connections_as_the_reference("-Lnc");
}

/// E: a server on the director itself, and one beside it.
#[test]
fn on_one_host_itself() {
    let lesson = "\
ipvsadm -L
ipvsadm -Ln --stats
ipvsadm -C
ipvsadm -A -t 192.168.164.11:80 -s rr
ipvsadm -a -t 192.168.164.11:80 -r 192.168.164.11:80 -m
ipvsadm -a -t 192.168.164.11:80 -r 192.168.164.10:80 -m
ipvsadm -Ln --stats
ipvsadm -L
ipvsadm -Ln
ipvsadm -Sn
";
    both_print_and_do(lesson);
    let version = run(Program::Ours, ["-v"], "").succeeded().stdout;
    assert!(version.starts_with("ipvsadm v"), "{version}");

    let place = place();
    place.name_hosts("127.0.0.1 localhost\n");
    let [beside] = network(
        "192.168.164.11/24",
        "",
        [("beside", Side::Front, "192.168.164.10/24")],
    );
    let itself = Host::this("itself");
    let _servers = (itself.serve(80), beside.serve(80));
    type_ours(lesson);
    let answers = itself.ask(10, "192.168.164.11:80");
    assert_eq!(answers, count(&[("beside", 5), ("itself", 5)]));
    assert!(as_the_reference("-L").contains("TCP  192.168.164.11:http rr\n"));
    connections_as_the_reference("-Lnc");
}
