//! Changes that ipvsadm 1.31 has no option for.

use std::time::Duration;

use ipvs::model::{
    Change, Destination, Family, Forwarding, Netmask, Protocol, ServiceFlags, TunnelKind, VirtualId,
};
use ipvsadm::cli::{
    Command, Deed, Drain, Ensure, Everywhere, Leaving, Ramp, Ramped, ServerAnywhere, Undrain,
};

use super::support::*;

#[test]
fn whatever_there_was_before() {
    let id = tcp("10.0.0.1", 80);
    let web = server("10.1.0.2", 80, |server| server.weight = 3);
    for (line, wanted) in [
        (
            "-A -t 10.0.0.1:80 -s rr --or-edit",
            Ensure::Service(service(id, "rr", |_| {})),
        ),
        (
            "-a --or-edit -t 10.0.0.1:80 -r 10.1.0.2 -w 3",
            Ensure::Server(id, web),
        ),
        ("-D -t 10.0.0.1:80 --if-exists", Ensure::NoService(id)),
        (
            "--if-exists -d -t 10.0.0.1:80 -r 10.1.0.2",
            Ensure::NoServer(id, server("10.1.0.2", 80, |_| {})),
        ),
    ] {
        accepts_command(line, Command::Ensure(wanted));
    }
    refuse(&[
        (
            2,
            "The option 'if-exists' conflicts with the 'drain' option in the 'delete-service' \
             command",
            &["-D -t 10.0.0.1:80 --drain --if-exists"],
        ),
        (
            2,
            "Illegal 'keep' option with the 'add-service' command",
            &["-A -t 10.0.0.1:80 --keep"],
        ),
        (
            2,
            "illegal weight specified",
            &["-e -t 10.0.0.1:80 -r 10.1.0.2 --keep -w x"],
        ),
    ]);
}

#[test]
fn one_server_in_every_service() {
    let anywhere = |port| ServerAnywhere {
        address: address("10.1.0.1"),
        port,
    };
    let everywhere = |port, deed| {
        Command::Everywhere(Box::new(Everywhere {
            server: anywhere(port),
            deed,
        }))
    };
    for (line, wanted) in [
        (
            "-d -r 10.1.0.1 --all-services",
            everywhere(None, Deed::Remove),
        ),
        (
            "--all-services -d -r 10.1.0.1:80 --if-exists",
            everywhere(Some(80), Deed::RemoveIfThere),
        ),
        (
            "-d -r 10.1.0.1 --all-services --drain=3",
            Command::Drain(Drain {
                leaving: Leaving::Anywhere(anywhere(None)),
                limit: Some(Duration::from_secs(3)),
            }),
        ),
        (
            "-e -r 10.1.0.1:80 --all-services --undrain",
            Command::Undrain(Undrain::Anywhere(anywhere(Some(80)))),
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.1 --undrain",
            Command::Undrain(Undrain::Server(
                tcp("10.0.0.1", 80),
                server("10.1.0.1", 80, |_| {}),
            )),
        ),
    ] {
        accepts_command(line, wanted);
    }
    for (line, keeps) in [
        ("-e -r 10.1.0.1:0 --all-services -m -w 3", false),
        ("-e -r 10.1.0.1:0 --all-services --keep -w 3", true),
    ] {
        let Ok(Command::Everywhere(wanted)) = outcome(line) else {
            panic!("{line}: {:?}", outcome(line));
        };
        assert_eq!(wanted.server.port, Some(0), "{line}");
        assert_eq!(matches!(wanted.deed, Deed::Edit(_)), keeps, "{line}");
    }
    refuse(&[
        (
            2,
            "The option 'all-services' conflicts with the 'service-address' option in the \
             'delete-server' command",
            &["-d -t 10.0.0.1:80 -r 10.1.0.1 --all-services"],
        ),
        (
            2,
            "You need to supply the 'real-server' option for the 'edit-server' command",
            &["-e --all-services -w 3"],
        ),
        (
            2,
            "The option 'all-services' conflicts with the 'raw' option in the 'edit-server' \
             command",
            &["-e -r 10.1.0.1 --all-services --raw port=1"],
        ),
        (
            2,
            "Illegal 'all-services' option with the 'add-server' command",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 --all-services"],
        ),
        (
            2,
            "The option 'undrain' conflicts with the 'weight' option in the 'edit-server' command",
            &["-e -r 10.1.0.1 --all-services --undrain -w 3"],
        ),
        (
            2,
            "Tunnel options conflict with forward method",
            &["-e -r 10.1.0.1 --all-services --tun-type gre"],
        ),
    ]);
}

#[test]
fn draining() {
    let id = tcp("10.0.0.1", 80);
    let drain = |leaving, limit| Command::Drain(Drain { leaving, limit });
    accepts_command(
        "-d -t 10.0.0.1:80 -r 10.1.0.1 --drain",
        drain(Leaving::Server(id, server("10.1.0.1", 80, |_| {})), None),
    );
    accepts_command(
        "-D -t 10.0.0.1:80 --drain=30",
        drain(Leaving::Service(id), Some(Duration::from_secs(30))),
    );
    refuse(&[
        (
            2,
            "You need to supply the 'real-server' option for the 'delete-server' command",
            &["-d -t 10.0.0.1:80 --drain"],
        ),
        (
            2,
            "Illegal 'drain' option with the 'add-server' command",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 --drain"],
        ),
        (
            2,
            "illegal drain time `x' specified: seconds from 0 to 2678400",
            &["-D -t 10.0.0.1:80 --drain=x"],
        ),
    ]);
}

#[test]
fn ramps() {
    let id = tcp("10.0.0.1", 80);
    let web = server("10.1.0.1", 80, |server| server.weight = 7);
    let ramp = |ramped, seconds| {
        let time = Duration::from_secs(seconds);
        Command::Ramp(Box::new(Ramp { ramped, time }))
    };
    accepts_command(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 -w 7 --ramp=1",
        ramp(Ramped::New(id, web), 1),
    );
    accepts_command(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 --ramp 2678400 -w 7 --or-edit",
        ramp(Ramped::NewOrThere(id, web), 2_678_400),
    );
    for (line, is_anywhere) in [
        ("-e -t 10.0.0.1:80 -r 10.1.0.1 -w 0 -x 9 --ramp 5", false),
        ("-e -t 10.0.0.1:80 -r 10.1.0.1 --keep -w 0 --ramp=5", false),
        ("-e -r 10.1.0.1 --all-services -w 7 --ramp=5", true),
    ] {
        let Ok(Command::Ramp(wanted)) = outcome(line) else {
            panic!("{line}: {:?}", outcome(line));
        };
        assert_eq!(wanted.time, Duration::from_secs(5), "{line}");
        match &wanted.ramped {
            Ramped::Edited(edit) if !is_anywhere => {
                assert_eq!(edit.server.address, address("10.1.0.1"));
            }
            Ramped::Anywhere(server, _) if is_anywhere => assert_eq!(server.port, None),
            other => panic!("{line}: {other:?}"),
        }
    }
    refuse(&[
        (
            2,
            "You need to supply the 'weight' option for the 'ramp' option",
            &[
                "-a -t 10.0.0.1:80 -r 10.1.0.1 --ramp=5",
                "-e -t 10.0.0.1:80 -r 10.1.0.1 --keep --ramp=5",
                "-e -t 10.0.0.1:80 -r 10.1.0.1 --undrain --ramp=5",
            ],
        ),
        (
            2,
            "Illegal 'drain' option with the 'edit-server' command",
            &["-e -t 10.0.0.1:80 -r 10.1.0.1 -w 5 --ramp=5 --drain"],
        ),
        (
            2,
            "Illegal 'ramp' option with the 'delete-server' command",
            &["-d -t 10.0.0.1:80 -r 10.1.0.1 --ramp=5"],
        ),
        (
            2,
            "The option 'raw' conflicts with the 'ramp' option in the 'add-server' command",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 -w 5 --ramp=5 --raw port=0"],
        ),
        (
            2,
            "illegal ramp time `0' specified: seconds from 1 to 2678400",
            &["-e -t 10.0.0.1:80 -r 10.1.0.1 -w 5 --ramp=0"],
        ),
        (
            2,
            "illegal ramp time `2678401' specified: seconds from 1 to 2678400",
            &["-e -t 10.0.0.1:80 -r 10.1.0.1 -w 5 --ramp 2678401"],
        ),
        (
            2,
            "Tunnel options conflict with forward method",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 -w 5 --ramp=5 --tun-type gre"],
        ),
    ]);
}

#[test]
fn what_only_other_programs_make() {
    let id = tcp("10.0.0.1", 0);
    accepts(
        "-A -t 10.0.0.1:0 -s rr --raw port=0,flags=64",
        Change::AddService(service(id, "rr", |service| {
            service.flags = ServiceFlags(64);
        })),
    );
    accepts(
        "-E --raw persistent=0 -f 7 -6 -M 64 -s rr",
        Change::EditService(service(fwmark(7, Family::V6), "rr", |service| {
            service.flags = ServiceFlags::PERSISTENT;
            service.netmask = Netmask::V6(64.try_into().unwrap());
        })),
    );
    let numbered = VirtualId::Endpoint {
        protocol: Protocol::Other(47),
        address: address("fd00::1"),
        port: 80,
    };
    accepts(
        "-D --protocol-service 47:[fd00::1]:80",
        Change::DeleteService(numbered),
    );
    accepts(
        "-D --protocol-service 17:10.0.0.1:9",
        Change::DeleteService(udp("10.0.0.1", 9)),
    );
    let added = |edit: fn(&mut Destination)| {
        Change::AddServer(tcp("10.0.0.1", 80), server("10.1.0.1", 80, edit))
    };
    accepts(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 -g --raw port=0",
        added(|server| {
            server.forwarding = Forwarding::DirectRoute;
            server.port = 0;
        }),
    );
    accepts(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 --raw l-threshold=4294967294,forwarding=7,u-threshold=4294967295",
        added(|server| {
            server.forwarding = Forwarding::Other(7);
            server.upper_threshold = u32::MAX;
            server.lower_threshold = u32::MAX - 1;
        }),
    );
    accepts(
        "-a -t 10.0.0.1:80 -r 10.1.0.1 -i --raw tun-type=255,tun-flags=65535",
        added(|server| {
            server.forwarding = Forwarding::Tunnel;
            server.tunnel.kind = TunnelKind::Other(255);
            server.tunnel.flags = u16::MAX;
        }),
    );
    for setting in [
        "",
        ",",
        "port",
        "port=",
        "port=-0",
        "port=+0",
        "port=65536",
        "port=1",
        "flags=0x40",
        "Flags=1",
        "flags=1,flags=1",
        "flags=4294967296",
        "forwarding=1",
        "persistent=0,",
        "weight=1",
    ] {
        let line = format!("-A -t 10.0.0.1:80 --raw '{setting}'");
        let (status, message) = outcome(&line).unwrap_err();
        assert_eq!(status, 2, "{line}");
        assert!(message.starts_with("illegal raw setting `"), "{message}");
        assert!(
            message.ends_with("one of port, persistent, flags"),
            "{message}"
        );
    }
    for setting in ["forwarding=8", "tun-type=256", "persistent=1", "flags=1"] {
        let (_, message) =
            outcome(&format!("-a -t 10.0.0.1:80 -r 10.1.0.1 --raw {setting}")).unwrap_err();
        let names = "port, forwarding, u-threshold, l-threshold, tun-type, tun-port, tun-flags";
        let told =
            format!("illegal raw setting `{setting}' specified: NAME=NUMBER with one of {names}");
        assert_eq!(message, told);
    }
    refuse(&[
        (
            2,
            "The option 'raw' conflicts with the 'persistent' option in the 'add-service' command",
            &["-A -t 10.0.0.1:80 -p 9 --raw persistent=0"],
        ),
        (
            2,
            "The option 'raw' conflicts with the 'forwarding-method' option in the 'edit-server' \
             command",
            &["-e -t 10.0.0.1:80 -r 10.1.0.1 --raw forwarding=4 -m"],
        ),
        (
            2,
            "Tunnel options conflict with forward method",
            &["-a -t 10.0.0.1:80 -r 10.1.0.1 -m --raw tun-flags=1"],
        ),
        (
            2,
            "Different address family is allowed only for tunneling servers",
            &["-a -t 10.0.0.1:80 -r [fd00::1]:80 --raw forwarding=4"],
        ),
        (
            2,
            "Zero port specified for non-persistent service",
            &[
                "-A -t 10.0.0.1:0 --raw flags=64",
                "-A --protocol-service 47:10.0.0.1:0",
            ],
        ),
        (
            2,
            "illegal virtual server address[:port] specified",
            &[
                "-A --protocol-service 47:10.0.0.1:http",
                "-A --protocol-service 47:",
            ],
        ),
        (
            2,
            "illegal service `10.0.0.1:80' specified: the number of a protocol, then HOST[:PORT], as \
             in 47:192.0.2.80:0",
            &["-A --protocol-service 10.0.0.1:80"],
        ),
        (
            2,
            "Illegal 'raw' option with the 'zero' command",
            &["-Z --raw flags=1"],
        ),
    ]);
}
