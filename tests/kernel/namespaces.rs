//! Tables of other network namespaces, in the same kernel.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use ipvs::client::Client;
use ipvs::connections::{self, By, Filter};
use ipvs::error::ErrorKind;
use ipvs::model::{Change, Daemon, DaemonState, Timeouts, VirtualId};
use ipvs::procfs;

use crate::director::{as_the_reference, ipvsadm, place, restore, with_two_servers};
use crate::net::{Side, network, wait_until};
use crate::support::shell;

/// Where another namespace has services, the kernel skips some of ours in
/// `/proc/net/ip_vs`.
#[test]
fn a_table_is_listed_whole_beside_another() {
    let _place = place();
    let hosts = network(
        "10.0.0.1/24",
        "10.1.0.1/24",
        [("another", Side::Back, "10.1.0.2/24")],
    );
    let rules: String = (1000..1300)
        .map(|port| {
            format!(
                "-A -t 10.0.0.1:{port} -s rr\n\
                 -a -t 10.0.0.1:{port} -r 10.1.0.3:80 -m\n\
                 -a -t 10.0.0.1:{port} -r 10.1.0.4:80 -m\n"
            )
        })
        .collect();
    restore(&rules);
    let [another] = hosts;
    another.run(|| restore(&rules));
    let listed = || {
        let plain = as_the_reference("-Ln");
        assert_eq!(plain.lines().count(), 3 + 900);
        as_the_reference("-Ln --rate");
    };
    listed();
    another.run(listed);
}

/// The tests' threads are in other namespaces than the process's first one.
#[test]
fn a_thread_reads_the_tables_of_its_own_namespace() {
    let (_place, [client, ..]) = with_two_servers();
    restore(
        "-A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n",
    );
    client.send_from_port_0("10.0.0.9".parse().unwrap(), "10.0.0.1:53".parse().unwrap());
    wait_until("it is a connection", || {
        ipvsadm("-Lnc").stdout.lines().count() == 3
    });
    let services = Client::open().unwrap().configured().unwrap();
    let text = procfs::open(procfs::TABLE).unwrap();
    let servers = procfs::servers(&services, text).unwrap();
    assert_eq!(servers.expect("the same services").of(0).count(), 1);

    let table = procfs::open(connections::CONNECTIONS).unwrap();
    let counts = connections::count(table, &Filter::default(), By::Client).unwrap();
    let counts: Vec<_> = counts.iter().map(|count| count.connections).collect();
    assert_eq!(counts, [1]);
}

/// Everything that a client can tell, of a director that the thread is not on.
fn tells_of_the_director(client: &mut Client, mark: VirtualId) {
    client.set_timeout(Some(Duration::from_secs(60))).unwrap();
    // So many that they are told in several messages, and confirmed over a second
    // socket.
    let services = client.configured().unwrap();
    assert_eq!(services.len(), 1201);
    assert_eq!(client.services().unwrap().len(), 1201);
    assert_eq!(client.counters().unwrap().len(), 1201);
    let dns = client.service(&services[0].id);
    assert_eq!(dns.unwrap().service, services[0]);
    let servers = client.servers_at_once(&services).unwrap();
    let servers = servers.expect("the same services");
    let told = (0..services.len()).flat_map(|place| servers.of(place));
    assert_eq!(told.count(), 1);

    let table = client.connections().unwrap();
    let counts = connections::count(table, &Filter::default(), By::Client).unwrap();
    let counts: Vec<_> = counts.iter().map(|count| count.connections).collect();
    assert_eq!(counts, [1]);

    assert_eq!(client.timeouts().unwrap(), Timeouts::new(901, 121, 301));
    let daemons = client.daemons().unwrap();
    assert_eq!((daemons.len(), daemons[0].sync_id), (1, 7));
    let again = Change::StartDaemon(Daemon::new(DaemonState::Master, "lo", 7));
    assert_eq!(
        client.apply(&again).unwrap_err().kind(),
        ErrorKind::DaemonRunning
    );
    client.apply(&Change::Zero(Some(mark))).unwrap();
    let link = std::fs::read_link(format!("/proc/self/fd/{}", client.as_fd().as_raw_fd()));
    assert!(link.unwrap().to_string_lossy().starts_with("socket:"));
}

#[test]
fn a_client_of_another_namespace_tells_of_that_one_alone() {
    let (place, [client, ..]) = with_two_servers();
    let rules: String = (1..=1200)
        .map(|mark| format!("-A -f {mark} -s rr\n"))
        .collect();
    restore(&format!(
        "-A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
         {rules}"
    ));
    ipvsadm("--set 901 121 301").succeeded();
    ipvsadm("--start-daemon master --mcast-interface lo --syncid 7").succeeded();
    client.send_from_port_0("10.0.0.9".parse().unwrap(), "10.0.0.1:53".parse().unwrap());
    wait_until("it is a connection", || {
        ipvsadm("-Lnc").stdout.lines().count() == 3
    });

    let own = "/proc/thread-self/ns/net";
    let there = File::open(own).unwrap();
    let path = format!("/proc/self/fd/{}", there.as_raw_fd());
    let mark = VirtualId::Fwmark {
        mark: 1.try_into().unwrap(),
        family: ipvs::model::Family::V4,
    };
    client.run(|| {
        let home = std::fs::read_link(own).unwrap();
        let mut by_file = Client::open_in(&there).unwrap();
        tells_of_the_director(&mut by_file, mark);
        // It goes on where the file is closed, and in another thread.
        let mut by_path = Client::open_at(&path).unwrap();
        std::thread::spawn(move || tells_of_the_director(&mut by_path, mark))
            .join()
            .unwrap();
        assert_eq!(std::fs::read_link(own).unwrap(), home);
        let mut here = Client::open().unwrap();
        assert_eq!(here.services().unwrap(), []);
        assert_eq!(here.timeouts().unwrap(), Timeouts::new(900, 120, 300));
    });
    ipvsadm("--stop-daemon master").succeeded();

    let file = File::open("/etc/hosts").unwrap();
    let error = Client::open_in(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchNamespace);
    // Nobody writes to it: it is not waited for.
    let pipe = place.folder().join("pipe");
    shell(&format!("mkfifo {}", pipe.display()));
    let error = Client::open_at(&pipe).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchNamespace);
}
