//! The feature `serde`: the model into documents and back.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::fmt::Debug;

use ipvs::model::{
    Change, Counts, Daemon, DaemonState, Destination, DestinationEntry, Family, Forwarding, Info,
    Netmask, Prefix, PrefixLength, Service, ServiceEntry, ServiceFlags, Setting, Stats, Timeouts,
    TunnelKind, VirtualId,
};
use serde_json::{Value, json};

/// The value as a document, which reads as the value.
#[track_caller]
fn document<T>(value: &T) -> Value
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let document = serde_json::to_value(value).unwrap();
    let read: T = serde_json::from_str(&document.to_string()).unwrap();
    assert_eq!(&read, value);
    document
}

fn entry() -> ServiceEntry {
    let id: VirtualId = "UDP [2001:db8::1]:53".parse().unwrap();
    let mut service = Service::new(id, "sh".parse().unwrap());
    service.flags = ServiceFlags::PERSISTENT.with(ServiceFlags::SCHED1);
    service.timeout = 360;
    service.netmask = Netmask::V6(64.try_into().unwrap());
    let mut server = Destination::new([10, 1, 0, 2].into(), 53, Forwarding::Tunnel);
    server.tunnel.kind = TunnelKind::Gue;
    server.tunnel.port = 6080;
    let mut entry = ServiceEntry::new(service, Stats::default());
    entry.stats.in_bytes = u64::MAX;
    entry.destinations = vec![DestinationEntry::new(server)];
    entry
}

#[test]
fn a_service_is_a_document() {
    let entry = entry();
    let service = document(&entry.service);
    let expected = json!({
        "id": "UDP [2001:db8::1]:53",
        "scheduler": "sh",
        "flags": 9,
        "timeout": 360,
        "netmask": "64",
        "engine": null,
    });
    assert_eq!(service, expected);
    let server = document(&entry.destinations[0].destination);
    let expected = json!({
        "address": "10.1.0.2",
        "port": 53,
        "forwarding": "Tunnel",
        "weight": 1,
        "upper_threshold": 0,
        "lower_threshold": 0,
        "tunnel": { "kind": "gue", "port": 6080, "flags": 0 },
    });
    assert_eq!(server, expected);
    let row = document(&entry);
    assert_eq!(row["stats"]["in_bytes"], json!(u64::MAX));
    assert_eq!(row["destinations"][0]["activity"]["active"], json!(0));
}

#[test]
fn all_else_is_a_document() {
    let entry = entry();
    let (id, server) = (entry.service.id, entry.destinations[0].destination);
    let daemon = Daemon::new(DaemonState::Master, "eth0", 7);
    assert_eq!(document(&daemon)["state"], "master");
    assert_eq!(document(&server.endpoint()), "10.1.0.2:53");
    assert_eq!(
        document(&Info::new(0x01_02_01, 4096))["version"],
        0x01_02_01
    );
    for change in [
        Change::AddService(entry.service.clone()),
        Change::EditService(entry.service),
        Change::DeleteService(id),
        Change::AddServer(id, server),
        Change::EditServer(id, server),
        Change::DeleteServer(id, server),
        Change::Clear,
        Change::Zero(None),
        Change::Zero(Some(id)),
        Change::SetTimeouts(Timeouts::new(900, 120, 300)),
        Change::StartDaemon(daemon),
        Change::StopDaemon(DaemonState::Backup),
    ] {
        document(&change);
    }
    assert_eq!(document(&Family::V6), "IPv6");
    assert_eq!(
        document(&"10.0.0.0/8".parse::<Prefix>().unwrap()),
        "10.0.0.0/8"
    );
    assert_eq!(document(&PrefixLength::HOST), 128);
    assert!(serde_json::from_str::<PrefixLength>("129").is_err());
    assert_eq!(document(&Counts::of(&[Change::Clear]))["removals"], 1);
    let setting: Setting = "sync_threshold=3 50".parse().unwrap();
    assert_eq!(document(&setting), "sync_threshold=3 50");
    assert!(serde_json::from_str::<Setting>(r#""../x=1""#).is_err());
}

#[test]
fn a_document_that_says_something_else_is_refused_by_name() {
    let mut document = serde_json::to_value(entry().service).unwrap();
    for (field, wrong, expected) in [
        ("id", "FWM 0", "`FWM 0' is no service: "),
        ("netmask", "129", "`129' is no netmask: "),
        (
            "scheduler",
            "sixteen-letters-",
            "a name has at most 15 bytes",
        ),
    ] {
        let right = document[field].take();
        document[field] = wrong.into();
        let error = serde_json::from_value::<Service>(document.clone()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        document[field] = right;
    }
    assert!(serde_json::from_value::<Service>(document).is_ok());
}
