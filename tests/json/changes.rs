//! What a restore would do.

use ipvs::model::{Change, Daemon, DaemonState, Protocol, Setting, Timeouts};
use ipvsadm::json;
use serde_json::{Value, json};

use crate::table::{full, services};
use crate::{document, endpoint};

#[track_caller]
fn changes(changes: &[Change]) -> Value {
    document("changes", |out| json::changes(out, &[], changes))
}

#[test]
fn settings_come_before_changes() {
    let setting: Setting = "sync_threshold=3 50".parse().unwrap();
    let document = document("changes", |out| {
        json::changes(out, &[setting], &[Change::Clear])
    });
    let found = &document["changes"];
    assert_eq!(found[0]["action"], "set_sysctl");
    assert_eq!(given(&found[0]), ["sysctl"]);
    let expected = json!({"name": "sync_threshold", "value": "3 50"});
    assert_eq!(found[0]["sysctl"], expected);
    assert_eq!(found[1]["action"], "clear");
    assert_eq!(document["removals"], 1);
}

/// The fields of a change that are not null, less its action.
fn given(change: &Value) -> Vec<&str> {
    let members = change.as_object().unwrap().iter();
    members
        .filter(|(name, value)| *name != "action" && !value.is_null())
        .map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn every_action_has_what_it_is_done_to() {
    let service = full().service;
    let server = full().destinations[0].destination;
    let id = service.id;
    let timeouts = Timeouts::new(0, 5, 0);
    let document = changes(&[
        Change::AddService(service.clone()),
        Change::EditService(service),
        Change::DeleteService(id),
        Change::AddServer(id, server),
        Change::EditServer(id, server),
        Change::DeleteServer(id, server),
        Change::Clear,
        Change::Zero(None),
        Change::Zero(Some(id)),
        Change::SetTimeouts(timeouts),
        Change::StartDaemon(Daemon::new(DaemonState::Backup, "eth0", 7)),
        Change::StopDaemon(DaemonState::Master),
    ]);
    let expected: [(&str, &[&str]); 12] = [
        ("add_service", &["service", "service_settings"]),
        ("edit_service", &["service", "service_settings"]),
        ("remove_service", &["service"]),
        ("add_server", &["server", "server_settings", "service"]),
        ("edit_server", &["server", "server_settings", "service"]),
        ("remove_server", &["server", "service"]),
        ("clear", &[]),
        ("zero", &[]),
        ("zero", &["service"]),
        ("set_timeouts", &["timeouts"]),
        ("start_daemon", &["daemon"]),
        ("stop_daemon", &["daemon"]),
    ];
    let found = document["changes"].as_array().unwrap();
    for (change, (action, fields)) in found.iter().zip(expected) {
        assert_eq!(change["action"], action);
        assert_eq!(given(change), fields, "{action}");
    }
    assert_eq!(found.len(), expected.len());
    let counts = ["additions", "edits", "removals"].map(|kind| &document[kind]);
    assert_eq!(json!(counts), json!([2, 2, 3]));

    let unchanged = json!({
        "tcp_seconds": null,
        "tcp_fin_seconds": 5,
        "udp_seconds": null,
    });
    assert_eq!(found[9]["timeouts"], unchanged);
    assert_eq!(found[10]["daemon"]["multicast_interface"], "eth0");
    assert_eq!(found[11]["daemon"]["multicast_interface"], Value::Null);
}

/// The fields have the names and values that they have in the table.
#[test]
fn what_is_wanted_looks_as_it_will_in_the_table() {
    let entry = full();
    let server = entry.destinations[0].destination;
    let document = changes(&[
        Change::AddService(entry.service.clone()),
        Change::AddServer(entry.service.id, server),
    ]);
    let found = &document["changes"];
    let listed = &services(&[entry])[0];
    for (row, parts) in [
        (
            listed,
            [&found[0]["service"], &found[0]["service_settings"]],
        ),
        (
            &listed["servers"][0],
            [&found[1]["server"], &found[1]["server_settings"]],
        ),
    ] {
        for (name, value) in parts.iter().flat_map(|part| part.as_object().unwrap()) {
            assert_eq!(row[name], *value, "{name}");
        }
    }
}

#[test]
fn no_change_is_a_document() {
    let expected = json!({ "changes": [], "additions": 0, "edits": 0, "removals": 0 });
    assert_eq!(changes(&[]), expected);
}

#[test]
fn an_edit_may_take_persistence_away() {
    let id = endpoint(Protocol::Udp, "10.0.0.1", 53);
    let mut service = full().service;
    service.id = id;
    service.flags = Default::default();
    let document = changes(&[Change::EditService(service)]);
    let settings = &document["changes"][0]["service_settings"];
    assert_eq!(settings["persistence"], Value::Null);
    assert_eq!(settings["flags"], json!([]));
}
