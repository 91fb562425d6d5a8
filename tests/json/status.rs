//! The state of IPVS.

use ipvs::model::Setting;
use ipvs::model::{Info, Stats};
use ipvs::procfs::by_processor;
use ipvsadm::estimation::Frozen;
use ipvsadm::json;
use ipvsadm::status::{ConnectionUse, Defence, DefenceMode, Fact, Status};
use serde_json::json;

use crate::document;

fn status() -> Status {
    let fact = |name: &str, value: &str| Fact {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let setting = |name: &str, value: &str| Setting {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    Status {
        info: Info::new(0x01_02_01, 4096),
        connections: ConnectionUse {
            entries: 7,
            limit: Some(1 << 30),
        },
        tables: vec![fact("Conn buckets", "4096 (12 bits, lfactor -4)")],
        defence: Defence {
            modes: [
                ("drop_entry", Some(DefenceMode::Off)),
                ("drop_packet", Some(DefenceMode::Active)),
                ("secure_tcp", Some(DefenceMode::Always)),
            ],
            available_pages: Some(1000),
            threshold_pages: Some(1024),
        },
        frozen: Some(Frozen::TurnedOff),
        totals: Some(Stats::default()),
        processors: by_processor(
            "Total a b c d\nCPU a b c d e\n 1F A 1 2 3 4\n ~ A 1 2 3 4\n".as_bytes(),
        )
        .unwrap(),
        settings: vec![
            setting("conntrack", "1"),
            setting("est_cpulist", "0-3"),
            setting("something_new", "7"),
        ],
    }
}

#[test]
fn everything_is_known() {
    let document = document("status", |out| json::status(out, &status()));
    assert_eq!(
        document["connections"],
        json!({"entries": 7, "limit": 1_073_741_824})
    );
    assert_eq!(document["defence"]["drop_packet"], "active");
    assert_eq!(
        document["counters_stand_still"],
        "net.ipv4.vs.run_estimation is 0"
    );
    assert_eq!(document["processors"][0]["processor"], 31);
    assert_eq!(document["processors"][0]["counters"]["connections"], 10);
    let sysctls = &document["sysctls"];
    assert_eq!(sysctls[0]["differs"], true);
    assert_eq!(sysctls[0]["defaults"], json!(["0"]));
    assert_eq!(sysctls[1]["differs"], json!(null));
    assert_eq!(sysctls[1]["since"], "6.2");
    let unknown = json!({
        "name": "something_new",
        "value": "7",
        "defaults": null,
        "differs": null,
        "since": null,
        "meaning": null,
    });
    assert_eq!(sysctls[2], unknown);
}

#[test]
fn nothing_is_known() {
    let status = Status {
        connections: ConnectionUse {
            entries: 0,
            limit: None,
        },
        tables: Vec::new(),
        defence: Defence {
            modes: ["drop_entry", "drop_packet", "secure_tcp"].map(|name| (name, None)),
            available_pages: None,
            threshold_pages: None,
        },
        frozen: None,
        totals: None,
        processors: None,
        settings: Vec::new(),
        ..status()
    };
    let document = document("status", |out| json::status(out, &status));
    for (at, value) in [
        ("/connections/limit", json!(null)),
        ("/defence/secure_tcp", json!(null)),
        ("/defence/available_memory_pages", json!(null)),
        ("/counters_stand_still", json!(null)),
        ("/totals", json!(null)),
        ("/processors", json!(null)),
        ("/sysctls", json!([])),
    ] {
        assert_eq!(document.pointer(at), Some(&value), "{at}");
    }
}
