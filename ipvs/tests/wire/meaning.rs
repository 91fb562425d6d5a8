//! The model into requests, and answers into the model.

use std::net::{IpAddr, Ipv6Addr};

use ipvs::model::{
    Change, Daemon, DaemonState, Destination, Family, Forwarding, Name, Netmask, Protocol, Service,
    ServiceFlags, Stats, Timeouts, TunnelKind, VirtualId,
};
use ipvs::netlink::attr::{CommandAttr, ServiceAttr};
use ipvs::netlink::message::{Attributes, IpvsCommand, IpvsMessage};

use crate::scripted::{Asked, Script, acknowledgement, done, ipvs};
use crate::{captured, of_family, parsed, web};

/// What ipvsadm asked for that command.
fn asked(command: &str) -> IpvsMessage {
    let blocks = captured();
    let block = blocks.iter().find(|block| block.command == command);
    let last = of_family(&block.unwrap().sent).last().unwrap().to_vec();
    parsed(&last)
}

/// What the kernel told for that command, in messages of that kind.
fn told(command: &str, kind: IpvsCommand) -> Vec<IpvsMessage> {
    let blocks = captured();
    let block = blocks.iter().find(|block| block.command == command);
    let messages = of_family(&block.unwrap().received).map(parsed);
    messages.filter(|told| told.command == kind).collect()
}

fn endpoint(protocol: Protocol, address: &str, port: u16) -> VirtualId {
    VirtualId::Endpoint {
        protocol,
        address: address.parse().unwrap(),
        port,
    }
}

fn fwmark6() -> VirtualId {
    VirtualId::Fwmark {
        mark: 258.try_into().unwrap(),
        family: Family::V6,
    }
}

fn name(name: &str) -> Name {
    name.parse().unwrap()
}

fn service(id: VirtualId, scheduler: &str, change: impl FnOnce(&mut Service)) -> Service {
    let mut service = Service::new(id, name(scheduler));
    change(&mut service);
    service
}

fn server(
    address: &str,
    port: u16,
    forwarding: Forwarding,
    change: impl FnOnce(&mut Destination),
) -> Destination {
    let mut server = Destination::new(address.parse().unwrap(), port, forwarding);
    change(&mut server);
    server
}

fn daemon(state: DaemonState, id: u32, change: impl FnOnce(&mut Daemon)) -> Daemon {
    let mut daemon = Daemon::new(state, "lo", id);
    change(&mut daemon);
    daemon
}

/// What is sent for a change.
fn sent_for(change: &Change) -> IpvsMessage {
    let script = Script::new().answers(|asked| vec![acknowledgement(asked.sequence)]);
    script.client().apply(change).unwrap();
    parsed(script.sent().last().unwrap())
}

#[test]
fn changes_are_asked_for_as_ipvsadm_asks() {
    let cases = [
        ("ipvsadm -C", Change::Clear),
        (
            "ipvsadm -A -t 10.0.0.1:80 -s rr",
            Change::AddService(service(web(), "rr", |_| {})),
        ),
        (
            "ipvsadm -A -u 10.0.0.1:5060 -s wlc -p 360 -M 255.255.255.0 --pe sip -o",
            Change::AddService(service(
                endpoint(Protocol::Udp, "10.0.0.1", 5060),
                "wlc",
                |service| {
                    service.flags = ServiceFlags::PERSISTENT.with(ServiceFlags::ONE_PACKET);
                    service.timeout = 360;
                    service.netmask = Netmask::V4([255, 255, 255, 0].into());
                    service.engine = Some(name("sip"));
                },
            )),
        ),
        (
            "ipvsadm -A -t [2001:db8::1]:443 -s sh -p 300 -M 64 -b sh-port,sh-fallback",
            Change::AddService(service(
                endpoint(Protocol::Tcp, "2001:db8::1", 443),
                "sh",
                |service| {
                    service.flags = ServiceFlags(0x19);
                    service.timeout = 300;
                    service.netmask = Netmask::V6(64.try_into().unwrap());
                },
            )),
        ),
        (
            "ipvsadm -A --sctp-service 10.0.0.1:99 -s mh",
            Change::AddService(service(
                endpoint(Protocol::Sctp, "10.0.0.1", 99),
                "mh",
                |_| {},
            )),
        ),
        (
            "ipvsadm -A -f 258 -6 -s wrr",
            Change::AddService(service(fwmark6(), "wrr", |_| {})),
        ),
        (
            "ipvsadm -E -t 10.0.0.1:80 -s wrr -p 77",
            Change::EditService(service(web(), "wrr", |service| {
                // What the kernel adds to a service is not sent back to it.
                service.flags = ServiceFlags::PERSISTENT.with(ServiceFlags::HASHED);
                service.timeout = 77;
            })),
        ),
        (
            "ipvsadm --set 800 0 300",
            Change::SetTimeouts(Timeouts::new(800, 0, 300)),
        ),
        ("ipvsadm -Z", Change::Zero(None)),
        (
            "ipvsadm --start-daemon master --mcast-interface lo --syncid 5",
            Change::StartDaemon(daemon(DaemonState::Master, 5, |_| {})),
        ),
        (
            "ipvsadm --start-daemon backup --mcast-interface lo --syncid 6 --sync-maxlen 1300 \
             --mcast-group ff02::1:90 --mcast-port 8849 --mcast-ttl 3",
            Change::StartDaemon(daemon(DaemonState::Backup, 6, |daemon| {
                daemon.max_len = Some(1300);
                daemon.group = Some("ff02::1:90".parse().unwrap());
                daemon.port = Some(8849);
                daemon.ttl = Some(3);
            })),
        ),
        (
            "ipvsadm --start-daemon backup --mcast-interface lo --mcast-group 224.0.0.90",
            Change::StartDaemon(daemon(DaemonState::Backup, 0, |daemon| {
                daemon.group = Some("224.0.0.90".parse().unwrap());
            })),
        ),
    ];
    for (command, change) in cases {
        assert_eq!(sent_for(&change), asked(command), "{command}");
    }
}

/// Asserts that `ours` says what `theirs` does, less what is of no meaning.
fn assert_part_of(ours: IpvsMessage, theirs: IpvsMessage, command: &str) {
    let attributes = |message: IpvsMessage| match message.attributes {
        Attributes::Command(attributes) => attributes,
        Attributes::Info(_) => panic!("{command}"),
    };
    assert_eq!(ours.command, theirs.command, "{command}");
    let (ours, mut theirs) = (attributes(ours), attributes(theirs));
    for attribute in &mut theirs {
        match attribute {
            // Where a service is only named, ipvsadm describes it, emptily.
            CommandAttr::Service(attributes) => attributes.retain(|attribute| {
                !matches!(
                    attribute,
                    ServiceAttr::SchedulerName(_)
                        | ServiceAttr::Flags(_)
                        | ServiceAttr::Timeout(_)
                        | ServiceAttr::Netmask(_)
                )
            }),
            // So it does a server that is to be removed,
            CommandAttr::Destination(attributes) if command.starts_with("ipvsadm -d") => {
                attributes.truncate(3);
            }
            // and a daemon that is to be stopped.
            CommandAttr::Daemon(attributes) => attributes.truncate(1),
            _ => {}
        }
    }
    assert_eq!(ours, theirs, "{command}");
}

#[test]
fn changes_of_what_is_there_name_it_as_ipvsadm_does() {
    let v6 = server("2001:db8::5", 80, Forwarding::Tunnel, |_| {});
    let cases = [
        (
            "ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.1:80 -m -w 5 -x 100 -y 50",
            Change::AddServer(
                web(),
                server("10.0.0.1", 80, Forwarding::Masquerade, |server| {
                    server.weight = 5;
                    server.upper_threshold = 100;
                    server.lower_threshold = 50;
                }),
            ),
        ),
        (
            "ipvsadm -a -t 10.0.0.1:80 -r 10.1.0.3 -i -w 0 --tun-type gue --tun-port 6080 \
             --tun-csum",
            Change::AddServer(
                web(),
                server("10.1.0.3", 80, Forwarding::Tunnel, |server| {
                    server.weight = 0;
                    server.tunnel.kind = TunnelKind::Gue;
                    server.tunnel.port = 6080;
                    server.tunnel.flags = 1;
                }),
            ),
        ),
        (
            "ipvsadm -a -t 10.0.0.1:80 -r [2001:db8::5]:80 -i",
            Change::AddServer(web(), v6),
        ),
        (
            "ipvsadm -a -f 258 -6 -r [2001:db8::7]:0 -g -w 2147483647",
            Change::AddServer(
                fwmark6(),
                server("2001:db8::7", 0, Forwarding::DirectRoute, |server| {
                    server.weight = 2_147_483_647;
                }),
            ),
        ),
        (
            "ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.3 -i -w 2147483647 --tun-type gre",
            Change::EditServer(
                web(),
                server("10.1.0.3", 80, Forwarding::Tunnel, |server| {
                    server.weight = 2_147_483_647;
                    server.tunnel.kind = TunnelKind::Gre;
                }),
            ),
        ),
        (
            "ipvsadm -d -t 10.0.0.1:80 -r [2001:db8::5]:80",
            Change::DeleteServer(web(), v6),
        ),
        ("ipvsadm -Z -t 10.0.0.1:80", Change::Zero(Some(web()))),
        (
            "ipvsadm --stop-daemon backup",
            Change::StopDaemon(DaemonState::Backup),
        ),
        ("ipvsadm -D -f 258 -6", Change::DeleteService(fwmark6())),
        ("ipvsadm -D -t 10.0.0.1:80", Change::DeleteService(web())),
    ];
    for (command, change) in cases {
        assert_part_of(sent_for(&change), asked(command), command);
    }
}

#[test]
fn questions_about_one_service_name_it_as_ipvsadm_does() {
    let script = Script::new()
        .answers(|asked| {
            let told = told("ipvsadm -Ln -f 258 -6", IpvsCommand::NewService).remove(0);
            vec![ipvs(0, asked.sequence, &told)]
        })
        .answers(|asked| vec![done(asked.sequence, 0)]);
    script.client().service(&fwmark6()).unwrap();
    let command = "ipvsadm -Ln -f 258 -6";
    let blocks = captured();
    let block = blocks.iter().find(|block| block.command == command);
    let theirs = of_family(&block.unwrap().sent).map(parsed);
    let ours = script.sent();
    let ours = ours[2..].iter().map(|datagram| parsed(datagram));
    for (ours, theirs) in ours.zip(theirs) {
        assert_part_of(ours, theirs, command);
    }
}

#[test]
fn a_captured_table_becomes_the_model() {
    let rows = |kind| {
        move |asked: &Asked| {
            let told = told("ipvsadm -Ln -t 10.0.0.1:80", kind);
            let rows = told.iter().map(|told| ipvs(2, asked.sequence, told));
            vec![rows.collect::<Vec<_>>().concat(), done(asked.sequence, 0)]
        }
    };
    let script = Script::new()
        .answers(rows(IpvsCommand::NewService))
        .answers(rows(IpvsCommand::NewDest));
    let table = script.client().table().unwrap();
    assert_eq!(table.len(), 1);
    let entry = &table[0];
    let expected = service(web(), "wrr", |service| {
        service.flags = ServiceFlags::PERSISTENT.with(ServiceFlags::HASHED);
        service.timeout = 77;
    });
    assert_eq!(entry.service, expected);
    let mut stats = Stats::default();
    stats.connections = 3;
    stats.in_packets = 3;
    stats.out_packets = 3;
    stats.in_bytes = 180;
    stats.out_bytes = 264;
    stats.in_bytes_per_second = 22;
    stats.out_bytes_per_second = 33;
    assert_eq!(entry.stats, stats);
    let servers: Vec<_> = entry
        .destinations
        .iter()
        .map(|row| row.destination)
        .collect();
    let expected = [
        server("2001:db8::5", 80, Forwarding::Tunnel, |_| {}),
        server("10.1.0.3", 80, Forwarding::Tunnel, |server| {
            server.weight = 2_147_483_647;
            server.tunnel.kind = TunnelKind::Gre;
        }),
        server("10.0.0.1", 80, Forwarding::Masquerade, |server| {
            server.weight = 5;
            server.upper_threshold = 100;
            server.lower_threshold = 50;
        }),
    ];
    assert_eq!(servers, expected);
    assert_eq!(entry.destinations[0].activity.active, 3);
    assert_eq!(entry.destinations[0].stats.connections, 3);
}

#[test]
fn captured_daemons_and_timeouts_become_the_model() {
    let script = Script::new()
        .answers(|asked| {
            let told = told("ipvsadm -L --daemon", IpvsCommand::NewDaemon);
            let mut rows: Vec<_> = told
                .iter()
                .map(|told| ipvs(2, asked.sequence, told))
                .collect();
            rows.push(done(asked.sequence, 0));
            vec![rows.concat()]
        })
        .answers(|asked| {
            let told = told("ipvsadm -L --timeout", IpvsCommand::SetConfig).remove(0);
            vec![ipvs(0, asked.sequence, &told)]
        });
    let mut client = script.client();
    let group: IpAddr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 0x90).into();
    let expected = [
        daemon(DaemonState::Master, 5, |daemon| {
            daemon.max_len = Some(1472);
            daemon.group = Some("224.0.0.81".parse().unwrap());
            daemon.port = Some(8848);
            daemon.ttl = Some(1);
        }),
        daemon(DaemonState::Backup, 6, |daemon| {
            daemon.max_len = Some(1300);
            daemon.group = Some(group);
            daemon.port = Some(8849);
            daemon.ttl = Some(3);
        }),
    ];
    assert_eq!(client.daemons().unwrap(), expected);
    let timeouts = client.timeouts().unwrap();
    assert_eq!(
        (timeouts.tcp, timeouts.tcp_fin, timeouts.udp),
        (800, 120, 300)
    );
}
