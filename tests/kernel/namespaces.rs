//! Tables of other network namespaces, in the same kernel.

use ipvs::client::Client;
use ipvs::connections::{self, By, Filter};
use ipvs::procfs;

use crate::director::{as_the_reference, ipvsadm, place, restore, with_two_servers};
use crate::net::{Side, network, wait_until};

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
