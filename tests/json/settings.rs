//! Timeouts and sync daemons.

use ipvs::model::{Daemon, DaemonState, Timeouts};
use ipvsadm::json;
use serde_json::json;

use crate::document;

#[test]
fn timeouts() {
    let timeouts = Timeouts::new(900, u32::MAX, 0);
    let expected = json!({
        "tcp_seconds": 900,
        "tcp_fin_seconds": u32::MAX,
        "udp_seconds": 0,
    });
    let document = document("timeouts", |out| json::timeouts(out, &timeouts));
    assert_eq!(document["timeouts"], expected);
}

#[test]
fn daemons() {
    let mut master = Daemon::new(DaemonState::Master, "eth0", 5);
    master.max_len = Some(1472);
    master.group = Some("ff02::6:5".parse().unwrap());
    master.port = Some(8848);
    master.ttl = Some(1);
    let older = Daemon::new(DaemonState::Backup, "eth1", 255);
    let unknown = Daemon::new(DaemonState::Other(3), "", 0);
    let document = document("daemons", |out| {
        json::daemons(out, &[master, older, unknown])
    });
    let expected = json!([
        {
            "state": "master",
            "multicast_interface": "eth0",
            "sync_id": 5,
            "sync_message_max_bytes": 1472,
            "multicast_group": "ff02::6:5",
            "multicast_port": 8848,
            "multicast_ttl": 1,
        },
        {
            "state": "backup",
            "multicast_interface": "eth1",
            "sync_id": 255,
            "sync_message_max_bytes": null,
            "multicast_group": null,
            "multicast_port": null,
            "multicast_ttl": null,
        },
        {
            "state": "state-3",
            "multicast_interface": "",
            "sync_id": 0,
            "sync_message_max_bytes": null,
            "multicast_group": null,
            "multicast_port": null,
            "multicast_ttl": null,
        },
    ]);
    assert_eq!(document["daemons"], expected);
}
