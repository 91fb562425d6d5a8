//! Real servers: `-a`, `-e`, `-d`.

use ipvs::model::Forwarding::{DirectRoute, Masquerade, Tunnel};
use ipvs::model::{Destination, Family, TunnelKind};

use super::support::*;

#[test]
fn the_port_of_a_server() {
    use ipvs::model::Change::*;
    let web = tcp("10.0.0.9", 80);
    for (line, id, port, forwarding) in [
        ("-t 10.0.0.9:80 -r 10.1.0.1", web, 80, DirectRoute),
        ("-t 10.0.0.9:80 -r 10.1.0.1:8080", web, 80, DirectRoute),
        ("-t 10.0.0.9:80 -r 10.1.0.1:8080 -i", web, 80, Tunnel),
        ("-t 10.0.0.9:80 -r 10.1.0.1:8080 -m", web, 8080, Masquerade),
        ("-t 10.0.0.9:80 -r 10.1.0.1:0 -m", web, 0, Masquerade),
        ("-t 10.0.0.9:80 -r 10.1.0.1 -m", web, 80, Masquerade),
        ("-m -t 10.0.0.9:80 -r 10.1.0.1", web, 80, Masquerade),
        ("-m -t 10.0.0.9:80 -r 10.1.0.1:http", web, 80, Masquerade),
        ("-r 10.1.0.1 -t 10.0.0.9:80", web, 80, DirectRoute),
        // The service's port is not known yet.
        ("-r 10.1.0.1 -t 10.0.0.9:80 -m", web, 0, Masquerade),
        ("-f 1 -r 10.1.0.1", fwmark(1, Family::V4), 0, DirectRoute),
        (
            "-f 1 -r 10.1.0.1:8080",
            fwmark(1, Family::V4),
            8080,
            DirectRoute,
        ),
        (
            "-f 1 -r 10.1.0.1:http -m",
            fwmark(1, Family::V4),
            80,
            Masquerade,
        ),
    ] {
        let wanted = server("10.1.0.1", port, |server| server.forwarding = forwarding);
        accepts(&format!("-a {line}"), AddServer(id, wanted));
        accepts(&format!("-e {line}"), EditServer(id, wanted));
    }
    for (line, port) in [
        ("-d -t 10.0.0.9:80 -r 10.1.0.1", 80),
        ("-d -t 10.0.0.9:80 -r 10.1.0.1:8080", 8080),
        ("-d -r 10.1.0.1 -t 10.0.0.9:80", 0),
    ] {
        accepts(line, DeleteServer(web, server("10.1.0.1", port, |_| {})));
    }
}

#[test]
fn servers_with_their_settings() {
    use ipvs::model::Change::*;
    let tunnel = |kind, port, flags| {
        move |server: &mut Destination| {
            server.forwarding = Tunnel;
            server.tunnel = ipvs::model::Tunnel { kind, port, flags };
        }
    };
    for (line, wanted) in [
        ("-w 0", server("10.1.0.1", 80, |server| server.weight = 0)),
        (
            "-w 2147483647",
            server("10.1.0.1", 80, |server| server.weight = i32::MAX as u32),
        ),
        ("-w5 -g", server("10.1.0.1", 80, |server| server.weight = 5)),
        (
            "-x 2147483647 -y=7",
            server("10.1.0.1", 80, |server| {
                server.upper_threshold = i32::MAX as u32;
                server.lower_threshold = 7;
            }),
        ),
        ("-i", server("10.1.0.1", 80, tunnel(TunnelKind::Ipip, 0, 0))),
        (
            "-i --tun-type ipip",
            server("10.1.0.1", 80, tunnel(TunnelKind::Ipip, 0, 0)),
        ),
        (
            "--tun-type gre -i --tun-csum",
            server("10.1.0.1", 80, tunnel(TunnelKind::Gre, 0, 1)),
        ),
        (
            "--tun-type gre -i --tun-nocsum",
            server("10.1.0.1", 80, tunnel(TunnelKind::Gre, 0, 0)),
        ),
        (
            "-i --tun-port 65535 --tun-type gue --tun-remcsum",
            server("10.1.0.1", 80, tunnel(TunnelKind::Gue, 65535, 2)),
        ),
    ] {
        accepts(
            &format!("-a -t 10.0.0.9:80 -r 10.1.0.1 {line}"),
            AddServer(tcp("10.0.0.9", 80), wanted),
        );
    }
}

#[test]
fn servers_of_the_other_family() {
    use ipvs::model::Change::*;
    let tunnelled = |server: &mut Destination| server.forwarding = Tunnel;
    accepts(
        "-a -i -t [::1]:80 -r 10.1.0.1",
        AddServer(tcp("::1", 80), server("10.1.0.1", 80, tunnelled)),
    );
    accepts(
        "-e -i -f 1 -r [::2]:8080",
        EditServer(fwmark(1, Family::V4), server("::2", 8080, tunnelled)),
    );
    accepts(
        "-d -t 10.0.0.9:80 -r ::2",
        DeleteServer(tcp("10.0.0.9", 80), server("::2", 80, |_| {})),
    );
    accepts(
        "-a -r ::2 -f 1 -6",
        AddServer(fwmark(1, Family::V6), server("::2", 0, |_| {})),
    );
}

/// What ipvsadm 1.31 was seen to answer.
#[test]
fn refusals() {
    refuse(&[
        (
            2,
            "illegal weight specified",
            &[
                "-A --weight=",
                "-A --weight= -t 10.0.0.9:80",
                "-A -w= -t 10.0.0.9:80",
                "-A --weight=5=6 -t 10.0.0.9:80",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w==5",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 --weight==5",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -wm 5",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w -1",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w -m",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w --",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w '' -m",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 2147483648",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 4294967295",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 4294967296",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 4294967297",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 99999999999999999999999",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w -99999999999999999999999",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 1x",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -w 0x10",
                "-A -w x -w 1",
                "-A foo -w x",
                "-A -b sh-port -s rr -w x",
                "-Z -w x",
                "-Lnw=",
            ],
        ),
        (
            2,
            "Illegal 'weight' option with the 'delete-service' command",
            &["-D -f 1 -w 5 -6", "-D -w 5 -f 1 -6"],
        ),
        (
            2,
            "illegal real server address[:port] specified",
            &[
                "-a -m -r 10.0.0.1:http -u 10.0.0.9:80",
                "-a -m -r 10.0.0.1:http -t 10.0.0.9:80",
                "-a -m -r 10.0.0.1:domain -u 10.0.0.9:80",
                "-a -m -r 10.0.0.1:tftp -u 10.0.0.9:80",
                "-a -m -f 1 -r 10.0.0.1:tftp",
                "-a -m -r 10.0.0.1:http -f 1",
                "-a -m -r 10.0.0.1:http",
                "-a -m -t 10.0.0.9:80 -r 12345",
                "-a -m -t 10.0.0.9:80 -r ' 12'",
                "-a -m -t 10.0.0.9:80 -r '+12'",
                "-a -m -t 10.0.0.9:80 -r '-12'",
                "-a -m -t 10.0.0.9:80 -r 0",
                "-a -m -t 10.0.0.9:80 -r ''",
                "-a -m -t 10.0.0.9:80 -r ':80'",
                "-a -m -t 10.0.0.9:80 -r bad",
                "-a -m -t 10.0.0.9:80 -r web:bad",
                "-a -m -t 10.0.0.9:80 -r 99999999999",
                "-a -m -t 10.0.0.9:80 -r 99999999999999999999999",
                "-a -m -t 10.0.0.9:80 -r 010",
                "-a -m -t 10.0.0.9:80 -r 0012",
                "-a -m -t 10.0.0.9:80 -r 65536",
                "-a -m -t 10.0.0.9:80 -r 65535",
                "-a -m -t 10.0.0.9:80 -r 4294967295",
                "-a -m -t 10.0.0.9:80 -r 4294967296",
                "-a -m -t 10.0.0.9:80 -r 2147483648",
                "-a -m -t 10.0.0.9:80 -r 2147483647",
                "-L -r bad -c",
                "-D -t 10.0.0.1:80 -r bad",
            ],
        ),
        (
            2,
            "Different address family is allowed only for tunneling servers",
            &[
                "-a -m -t [::1]:80 -r 10.0.0.1:80",
                "-a -g -t 10.0.0.9:80 -r ::2",
                "-a -t 10.0.0.9:80 -r ::2",
                "-e -t 10.0.0.9:80 -r [::2]:80",
                "-a -f 1 -r [::2]:80",
                "-a -m -t 10.0.0.9:80 -r ::1 --tun-type gue",
                "-a -t 10.0.0.1:80 -r ::1 -m --tun-type gue",
                "-a -t 10.0.0.1 -r ::1",
            ],
        ),
        (
            2,
            "illegal u_threshold specified",
            &[
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -x 2147483648",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -x 4294967295",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -x 4294967296",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -x x",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -x -1",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -x ''",
            ],
        ),
        (
            2,
            "illegal l_threshold specified",
            &[
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -y x",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 -y -1",
            ],
        ),
        (
            2,
            "You need to supply the 'tun-port' option for the 'gue' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-csum",
                "-e -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue",
                "-a -t 10.0.0.1:80 -r ::1 -i --tun-type gue",
            ],
        ),
        (
            2,
            "illegal tunnel port specified",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 0",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 65536",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port http",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port ''",
            ],
        ),
        (
            2,
            "illegal tunnel type specified",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type GRE",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type x",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ''",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gr",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type grex",
            ],
        ),
        (
            2,
            "Illegal 'tun-port' option with the 'ipip' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ipip --tun-port 5",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-port 5",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ipip --tun-csum --tun-port 5",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ipip --tun-remcsum --tun-port 5",
            ],
        ),
        (
            2,
            "Illegal 'tun-port' option with the 'gre' tunnel type",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gre --tun-port 5"],
        ),
        (
            2,
            "Illegal 'tun-csum' option with the 'ipip' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-csum",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ipip --tun-csum",
            ],
        ),
        (
            2,
            "Illegal 'tun-nocsum' option with the 'ipip' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-nocsum",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ipip --tun-csum --tun-nocsum",
            ],
        ),
        (
            2,
            "Illegal 'tun-remcsum' option with the 'ipip' tunnel type",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-remcsum"],
        ),
        (
            2,
            "Illegal 'tun-remcsum' option with the 'gre' tunnel type",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gre --tun-remcsum"],
        ),
        (
            2,
            "The option 'tun-remcsum' conflicts with the 'tun-csum' option in the 'gue' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-csum --tun-remcsum",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-remcsum --tun-csum",
            ],
        ),
        (
            2,
            "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gue' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-csum --tun-nocsum",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-nocsum --tun-csum",
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-remcsum --tun-nocsum --tun-csum",
            ],
        ),
        (
            2,
            "The option 'tun-remcsum' conflicts with the 'tun-nocsum' option in the 'gue' tunnel type",
            &[
                "-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5 --tun-nocsum --tun-remcsum",
            ],
        ),
        (
            2,
            "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type",
            &["-a -i -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gre --tun-csum --tun-nocsum"],
        ),
        (
            2,
            "Tunnel options conflict with forward method",
            &[
                "-a -m -t 10.0.0.9:80 -r 10.0.0.1 --tun-type ipip",
                "-a -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue --tun-port 5",
            ],
        ),
        (
            2,
            "Illegal 'weight' option with the 'delete-server' command",
            &["-d -t 10.0.0.9:80 -r 10.0.0.1 -w 3"],
        ),
        (
            2,
            "Illegal 'weight' option with the 'save' command",
            &["-S -w 1 -n -x 4"],
        ),
        (
            2,
            "Illegal 'weight' option with the 'list' command",
            &[
                "-L -c --stats -w 1",
                "-L --timeout -t 10.0.0.1:80 -w 1",
                "-L --daemon -t 10.0.0.1:80 -w 1",
                "-L --daemon --timeout -w 1",
            ],
        ),
        (
            2,
            "Illegal 'weight' option with the 'add-service' command",
            &["-A -t 10.0.0.1 -w 1"],
        ),
    ]);
}
