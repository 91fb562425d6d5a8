//! Virtual services: `-A`, `-E`, `-D`, `-Z`.

use ipvs::model::{Family, Netmask, Service, ServiceFlags};

use super::support::*;

#[test]
fn services_are_told_apart_as_typed() {
    use ipvs::model::Change::*;
    for (line, id) in [
        ("-D -t 10.0.0.1:80", tcp("10.0.0.1", 80)),
        ("-D -t 10.0.0.1", tcp("10.0.0.1", 0)),
        ("-D -t 10.0.0.1:http", tcp("10.0.0.1", 80)),
        ("-D -t web:+80", tcp("10.0.0.77", 80)),
        ("-D -t web", tcp("10.0.0.77", 0)),
        ("-D -u 10.0.0.1:domain", udp("10.0.0.1", 53)),
        ("-D --sctp-service 10.0.0.1:9", sctp("10.0.0.1", 9)),
        ("-D -t 12345:80", tcp("0.0.48.57", 80)),
        ("-D -t 0x0a000009:80", tcp("10.0.0.9", 80)),
        ("-D -t [2001:db8::1]:80", tcp("2001:db8::1", 80)),
        ("-D -t 2001:db8::1:80", tcp("2001:db8::1:80", 0)),
        ("-D -t [10.0.0.1]:80", tcp("10.0.0.1", 0)),
        ("-D -f 1", fwmark(1, Family::V4)),
        ("-D -f 1 -6", fwmark(1, Family::V6)),
        ("-D -f 1 -6 -6", fwmark(1, Family::V6)),
        ("-D -f ' +010'", fwmark(10, Family::V4)),
        ("-D -f 4294967295", fwmark(u32::MAX, Family::V4)),
    ] {
        accepts(line, DeleteService(id));
    }
    accepts("-Z -t 10.0.0.1", Zero(Some(tcp("10.0.0.1", 0))));
    accepts("-Z -f 1 -6", Zero(Some(fwmark(1, Family::V6))));
}

#[test]
fn services_with_their_settings() {
    use ipvs::model::Change::*;
    let web = tcp("10.0.0.9", 80);
    let six = tcp("::1", 80);
    let flags = ServiceFlags;
    let persistent = |timeout: u32| {
        move |service: &mut Service| {
            service.flags = service.flags.with(ServiceFlags::PERSISTENT);
            service.timeout = timeout;
        }
    };
    for (line, wanted) in [
        ("-t 10.0.0.9:80", service(web, "wlc", |_| {})),
        ("-t 10.0.0.9:80 -s ''", service(web, "wlc", |_| {})),
        ("-t 10.0.0.9:80 -s -m", service(web, "-m", |_| {})),
        (
            "-t 10.0.0.9:80 -s 12345678901234567890",
            service(web, "123456789012345", |_| {}),
        ),
        ("-t 10.0.0.9:80 -p", service(web, "wlc", persistent(360))),
        ("-p -t 10.0.0.9:80", service(web, "wlc", persistent(360))),
        ("-p 5 -t 10.0.0.9:80", service(web, "wlc", persistent(5))),
        ("-t 10.0.0.9:80 -p010", service(web, "wlc", persistent(10))),
        (
            "-t 10.0.0.9:80 -p=2678400",
            service(web, "wlc", persistent(2_678_400)),
        ),
        (
            "-t 10.0.0.9 -p",
            service(tcp("10.0.0.9", 0), "wlc", persistent(360)),
        ),
        (
            "-u 10.0.0.9:53 -o",
            service(udp("10.0.0.9", 53), "wlc", |s| s.flags = flags(4)),
        ),
        (
            "-o -f 1",
            service(fwmark(1, Family::V4), "wlc", |s| s.flags = flags(4)),
        ),
        (
            "-t 10.0.0.9:80 --pe sip",
            service(web, "wlc", |s| s.engine = "sip".parse().ok()),
        ),
        ("-t 10.0.0.9:80 --pe=", service(web, "wlc", |_| {})),
        ("-t 10.0.0.9:80 -b ''", service(web, "wlc", |_| {})),
        (
            "-b flag-1 -t 10.0.0.9:80",
            service(web, "wlc", |s| s.flags = flags(8)),
        ),
        (
            "-t 10.0.0.9:80 -b sh-port,flag-1 -s sh",
            service(web, "sh", |s| s.flags = flags(0x18)),
        ),
        (
            "-t 10.0.0.9:80 -s mh -b mh-fallback,mh-port",
            service(web, "mh", |s| s.flags = flags(0x18)),
        ),
        (
            "-t 10.0.0.9:80 -M 255.255.0.255",
            service(web, "wlc", |s| s.netmask = mask("255.255.0.255")),
        ),
        (
            "-M 64 -t 10.0.0.9:80",
            service(web, "wlc", |s| s.netmask = mask("0.0.0.64")),
        ),
        (
            "-t 10.0.0.9:80 -M web",
            service(web, "wlc", |s| s.netmask = mask("10.0.0.77")),
        ),
        (
            "-t [::1]:80 -M 64x",
            service(six, "wlc", |s| {
                s.netmask = Netmask::V6(64.try_into().unwrap())
            }),
        ),
        // An IPv4 mask, and forgotten when the service turns out to be IPv6.
        ("-M 64 -t [::1]:80", service(six, "wlc", |_| {})),
        ("-M 255.0.0.0 -t [::1]:80", service(six, "wlc", |_| {})),
        (
            "-f 1 -M 64 -6",
            service(fwmark(1, Family::V6), "wlc", |_| {}),
        ),
        (
            "-f 1 -6 -M 64",
            service(fwmark(1, Family::V6), "wlc", |s| {
                s.netmask = Netmask::V6(64.try_into().unwrap())
            }),
        ),
    ] {
        accepts(&format!("-A {line}"), AddService(wanted.clone()));
        accepts(&format!("-E {line}"), EditService(wanted));
    }
}

/// What ipvsadm 1.31 was seen to answer.
#[test]
fn refusals() {
    refuse(&[
        (
            2,
            "-6 used before -f",
            &[
                "-Z -6",
                "-D -t [::1]:80 -6",
                "-A -6 -6",
                "-A -6",
                "-A -6 foo",
                "-A foo -6",
            ],
        ),
        (
            2,
            "Zero port specified for non-persistent service",
            &["-E -t 10.0.0.1", "-E -t 10.0.0.9 -o", "-A -t 10.0.0.1 -o"],
        ),
        (
            2,
            "illegal virtual server address[:port] specified",
            &[
                "-D -u 10.0.0.1:http",
                "-D --sctp-service 10.0.0.1:http",
                "-D -t bad:http",
                "-D -t web:bad",
                "-D -t bad:bad",
                "-D -t 10.0.0.256",
                "-D -t 10.0.0.256:80",
                "-D -t '10.0.0.1:80 '",
                "-D -t ' 10.0.0.1:80'",
                "-D -t 10.0.0.1:0x50",
                "-D -t 10.0.0.1:-80",
                "-D -t 0",
                "-D -t 0x.1",
                "-D -t 1.2.3.256",
                "-D -t 2001:db8::1]:80",
                "-D -t 10.0.0.1]",
                "-D -t web:80:90",
                "-D -t 1.2.3.4/24:80",
                "-D -t '[:]:80'",
                "-D -t 1.:1",
                "-D -t 1.0x1000000:80",
                "-A --tcp-service=",
            ],
        ),
        (
            2,
            "Illegal 'scheduler' option with the 'delete-service' command",
            &["-D -f 1 -s rr -6"],
        ),
        (
            2,
            "Illegal 'tun-type' option with the 'delete-server' command",
            &["-d -t 10.0.0.9:80 -r 10.0.0.1 --tun-type gue"],
        ),
        (
            2,
            "Illegal 'forwarding-method' option with the 'delete-server' command",
            &["-d -t 10.0.0.9:80 -r 10.0.0.1 -i"],
        ),
        (
            2,
            "invalid timeout value `' specified",
            &[
                "-A -t 10.0.0.9:80 --persistent= -s rr",
                "-A -t 10.0.0.9:80 -p= -s rr",
                "-A -t 10.0.0.9:80 -p '' -s rr",
            ],
        ),
        (
            2,
            "One-Packet Scheduling is only for UDP virtual services",
            &[
                "-A -t 10.0.0.9:80 -o",
                "-A --sctp-service 10.0.0.9:80 -o",
                "-A -t 10.0.0.9 -o -p",
            ],
        ),
        (
            2,
            "incompatible scheduler flag `sh-port'",
            &[
                "-A -t 10.0.0.9:80 -b sh-port -s rr",
                "-A -t 10.0.0.9:80 -s mh -b sh-port",
                "-A -t 10.0.0.9:80 -s rr -b flag-1,sh-port",
                "-A -t 10.0.0.9:80 -s shx -b sh-port",
                "-A -t 10.0.0.9:80 -s s -b sh-port",
                "-A -t 10.0.0.9:80 -s '' -b sh-port",
                "-A -t 10.0.0.9:80 -b sh-port",
                "-A -b sh-port",
                "-A -b sh-port -n",
                "-A -t 10.0.0.1 -b sh-port -n",
                "-A -t 10.0.0.1 -b sh-port -s wlc",
                "-A -b sh-port,mh-port -s mh",
                "-A -b mh-port,sh-port -s mh",
            ],
        ),
        (
            2,
            "incompatible scheduler flag `mh-port'",
            &[
                "-A -t 10.0.0.9:80 -s sh -b mh-port",
                "-A -t 10.0.0.9:80 -b mh-port",
                "-A -t 10.0.0.9:80 -s sh -b sh-port,mh-port",
                "-A -b sh-port,mh-port -s sh",
                "-A -b mh-port,sh-port -s wlc",
                "-A -b mh-port,sh-port",
                "-A -b flag-1,mh-port -s sh",
                "-A -b flag-1,mh-port,x -s sh",
            ],
        ),
        (
            2,
            "invalid scheduler flag `flag-4'",
            &["-A -t 10.0.0.9:80 -s rr -b flag-4"],
        ),
        (
            2,
            "invalid scheduler flag `flag-0'",
            &["-A -t 10.0.0.9:80 -s rr -b flag-0"],
        ),
        (
            2,
            "invalid scheduler flag `1'",
            &["-A -t 10.0.0.9:80 -s rr -b 1"],
        ),
        (
            2,
            "invalid scheduler flag `2'",
            &["-A -t 10.0.0.9:80 -s rr -b 2"],
        ),
        (
            2,
            "invalid scheduler flag `3'",
            &["-A -t 10.0.0.9:80 -s rr -b 3"],
        ),
        (
            2,
            "invalid scheduler flag `0'",
            &["-A -t 10.0.0.9:80 -s rr -b 0"],
        ),
        (
            2,
            "invalid scheduler flag `8'",
            &["-A -t 10.0.0.9:80 -s rr -b 8"],
        ),
        (
            2,
            "invalid scheduler flag `0x8'",
            &["-A -t 10.0.0.9:80 -s rr -b 0x8"],
        ),
        (
            2,
            "invalid scheduler flag `0x08'",
            &["-A -t 10.0.0.9:80 -s rr -b 0x08,0x10"],
        ),
        (
            2,
            "invalid scheduler flag `16'",
            &["-A -t 10.0.0.9:80 -s rr -b 16"],
        ),
        (
            2,
            "invalid scheduler flag `-1'",
            &["-A -t 10.0.0.9:80 -s rr -b -1"],
        ),
        (
            2,
            "invalid scheduler flag `4294967295'",
            &["-A -t 10.0.0.9:80 -s rr -b 4294967295"],
        ),
        (
            2,
            "invalid scheduler flag `4294967296'",
            &["-A -t 10.0.0.9:80 -s rr -b 4294967296"],
        ),
        (
            2,
            "invalid scheduler flag `x'",
            &[
                "-A -t 10.0.0.9:80 -s rr -b x",
                "-A -t 10.0.0.9:80 -s rr -b flag-1,x,flag-2",
                "-A -t 10.0.0.9:80 -s sh -b sh-port,x",
                "-A -b x -n",
            ],
        ),
        (
            2,
            "invalid scheduler flag `flag-1 '",
            &["-A -t 10.0.0.9:80 -s rr -b 'flag-1 '"],
        ),
        (
            2,
            "invalid scheduler flag `FLAG-1'",
            &["-A -t 10.0.0.9:80 -s rr -b FLAG-1"],
        ),
        (
            2,
            "invalid scheduler flag `sh'",
            &["-A -b sh -t 10.0.0.9:80 -s sh"],
        ),
        (
            2,
            "invalid scheduler flag `flag-'",
            &["-A -b flag- -t 10.0.0.9:80 -s sh"],
        ),
        (
            2,
            "Illegal 'sched-flags' option with the 'delete-service' command",
            &["-D -b flag-1 -t 10.0.0.9:80"],
        ),
        (
            2,
            "illegal ipv6 netmask specified",
            &[
                "-A -t [::1]:80 -p -M 0x40",
                "-A -t [::1]:80 -p -M ''",
                "-A -t [::1]:80 -p -M -1",
                "-A -t [::1]:80 -p -M 18446744073709551616",
                "-A -t [::1]:80 -p -M 18446744073709551617",
                "-A -f 1 -6 -M 255.0.0.0",
            ],
        ),
        (
            2,
            "illegal virtual server persistent mask specified",
            &["-A -t 10.0.0.9:80 -M ''", "-A -t 10.0.0.9:80 -M ::"],
        ),
        (
            2,
            "Illegal 'real-server' option with the 'add-service' command",
            &["-A -r [::1]:80 -M 64 -t 10.0.0.9:80"],
        ),
        (
            2,
            "Illegal 'netmask' option with the 'delete-service' command",
            &["-D -t 10.0.0.9:80 -M 255.255.0.0"],
        ),
        (
            2,
            "Illegal 'numeric' option with the 'flush' command",
            &[
                "-C -n -c",
                "-C --mcast-interface x -x 3 -y 3 -w 3 -m -r 1.2.3.4 -M 1 -p -s rr -f 1 -c -n",
            ],
        ),
        (
            2,
            "Illegal 'stats' option with the 'flush' command",
            &[
                "-C --tun-type gue --stats",
                "-C --tun-info --tun-csum --exact --stats --ops --pe sip",
            ],
        ),
        (
            2,
            "Illegal 'numeric' option with the 'add-service' command",
            &[
                "-A -n -s rr",
                "-A -t 10.0.0.1:80 -w 5 -n -c --stats --exact --tun-csum --tun-info",
                "-A -nt=10.0.0.1:80",
            ],
        ),
        (
            2,
            "Illegal 'mcast-group' option with the 'flush' command",
            &["-C --sync-maxlen 4 --mcast-group 224.0.0.1 --mcast-port 4 --mcast-ttl 3"],
        ),
        (
            2,
            "Illegal 'syncid' option with the 'flush' command",
            &["-C --syncid 3 --mcast-ttl 3 --exact --ops --pe x --tun-type gue"],
        ),
        (
            2,
            "Illegal 'timeout' option with the 'flush' command",
            &[
                "-C --thresholds --persistent-conn --nosort --syncid 3 --rate --stats --daemon --timeout",
            ],
        ),
        (
            2,
            "Illegal 'tun-type' option with the 'flush' command",
            &["-C --tun-port 5 --tun-nocsum --tun-csum --tun-remcsum --tun-type gue"],
        ),
        (
            2,
            "Illegal 'exact' option with the 'flush' command",
            &["-C --exact -o --pe x -b flag-1 --tun-type gue"],
        ),
        (
            2,
            "Illegal 'mcast-interface' option with the 'add-service' command",
            &["-A -t 10.0.0.1:80 --mcast-interface ''"],
        ),
        (
            2,
            "Illegal 'numeric' option with the 'add-server' command",
            &["-a -t 10.0.0.1:80 -r ::1 -n", "-a -t 10.0.0.1 -n"],
        ),
        (
            2,
            "Illegal 'numeric' option with the 'edit-service' command",
            &["-E -t 10.0.0.1 -n"],
        ),
        (
            2,
            "Illegal 'exact' option with the 'add-service' command",
            &["-A -X -t 10.0.0.1:80"],
        ),
    ]);
}

#[test]
fn bad_firewall_marks() {
    for word in [
        "",
        "0",
        "00",
        "-0",
        "-1",
        "1x",
        "x",
        "0x10",
        "1:80",
        "++1",
        "4294967296",
        "-4294967295",
        "18446744073709551615",
        "18446744073709551617",
    ] {
        let message = format!("invalid fwmark value `{word}' specified");
        refuse(&[(
            2,
            &message,
            &[
                &format!("-D -f '{word}'"),
                &format!("-A --fwmark-service={word}"),
            ],
        )]);
    }
}

#[test]
fn bad_persistence_timeouts() {
    for word in [
        "",
        "0",
        "-5",
        "5s",
        "s",
        "foo",
        "0x10",
        "10 ",
        "2678401",
        "4294967297",
        "-4294967295",
        "99999999999999999999",
    ] {
        let message = format!("invalid timeout value `{word}' specified");
        refuse(&[(2, &message, &[&format!("-A '-p={word}' -t 10.0.0.9:80")])]);
    }
    refuse(&[
        (
            2,
            "invalid timeout value `t' specified",
            &["-A -pt 10.0.0.9:80"],
        ),
        (
            2,
            "invalid timeout value `foo' specified",
            &["-A -p foo -t 10.0.0.9:80"],
        ),
    ]);
}
