//! `-L --openmetrics`: each number is that of the JSON documents, and Prometheus's
//! own tools find nothing wrong.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::director::{ipvsadm, place, restore, with_two_servers};
use crate::json::document;
use crate::net::wait_until;
use crate::support::{TIMEOUT, finish, shell};

/// A metric: its kind, and its samples by their labels.
type Metrics = BTreeMap<String, (String, BTreeMap<String, String>)>;

/// A program of Debian's package prometheus, which the lab has unpacked.
pub(crate) fn of_prometheus(program: &str) -> Command {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/lab/prometheus/usr/bin/"
    );
    let path = Path::new(folder).join(program);
    assert!(path.exists(), "{} is missing: make setup", path.display());
    Command::new(path)
}

/// Reads a document that has each metric once, its samples below its two lines.
#[track_caller]
fn read(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    let mut current = String::new();
    let text = text.strip_suffix("# EOF\n").expect("it ends");
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(help.ends_with('.'), "{line}");
            name.clone_into(&mut current);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, current);
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            let new = metrics.insert(name.to_owned(), (kind.to_owned(), BTreeMap::new()));
            assert_eq!(new, None, "{name} is there twice");
        } else {
            let (labelled, value) = line.rsplit_once(' ').unwrap();
            let labels = labelled.strip_prefix(&current).unwrap();
            let samples = &mut metrics.get_mut(&current).unwrap().1;
            let new = samples.insert(labels.to_owned(), value.to_owned());
            assert_eq!(new, None, "{line} is there twice");
        }
    }
    metrics
}

#[track_caller]
fn printed() -> String {
    ipvsadm("-L --openmetrics").stdout
}

/// The same, with which `promtool` has to be content.
#[track_caller]
fn checked() -> String {
    let text = printed();
    let mut promtool = of_prometheus("promtool");
    promtool.args(["check", "metrics"]);
    let outcome = finish(promtool, text.as_bytes(), TIMEOUT);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{text}");
    text
}

const TABLE: &str = "\
-A -t 10.0.0.1:80 -s sh -b sh-port,sh-fallback -p 300
-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 3 -x 100 -y 50
-a -t 10.0.0.1:80 -r 10.1.0.3 -m -w 0
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.1.0.2 -m
-A -u 10.0.0.1:5060 -s rr -p 60 --pe sip
-A --sctp-service 10.0.0.1:9 -s wlc
-A --protocol-service 47:10.0.0.1:9 -s wlc
-A -t [fd00::1]:80 -s wrr
-a -t [fd00::1]:80 -r [fd01::2]:80 -m
-a -t [fd00::1]:80 -r 10.1.0.9 -i -w 0
-A -f 7 -s mh
-a -f 7 -r 10.1.0.2 -g -w 2147483647
-A -f 4294967295 -6 -s rr
";

/// The samples of a metric as the JSON document has them.
fn expected(of: &str, number: impl Fn(&Value, Option<&Value>) -> Option<Value>) -> Value {
    let document = document("table", "-L --json");
    let mut samples = serde_json::Map::new();
    for service in document["services"].as_array().unwrap() {
        let identity = match service["fwmark"].as_u64() {
            Some(mark) => format!("fwmark=\"{mark}\",family={}", service["family"]),
            None => format!(
                "protocol={},address={},port=\"{}\"",
                service["protocol"], service["address"], service["port"]
            ),
        };
        let servers = service["servers"].as_array().unwrap();
        let rows: Vec<_> = match of {
            "service" => vec![None],
            _ => servers.iter().map(Some).collect(),
        };
        for server in rows {
            let member = server.map_or(String::new(), |server| {
                format!(
                    ",server_address={},server_port=\"{}\"",
                    server["address"], server["port"]
                )
            });
            if let Some(number) = number(service, server) {
                let number = number.to_string();
                samples.insert(format!("{{{identity}{member}}}"), number.into());
            }
        }
    }
    samples.into()
}

/// Every metric of services and servers whose value is a number of the document:
/// its name, whose it is, and where the document has it.
const SAME: &[(&str, &str, &str)] = &[
    ("weight", "server", "/weight"),
    ("upper_threshold", "server", "/upper_threshold"),
    ("lower_threshold", "server", "/lower_threshold"),
    ("active_connections", "server", "/active_connections"),
    ("inactive_connections", "server", "/inactive_connections"),
    (
        "persistent_connections",
        "server",
        "/persistent_connections",
    ),
    (
        "persistence_timeout_seconds",
        "service",
        "/persistence/timeout_seconds",
    ),
    ("connections_total", "both", "/counters/connections"),
    (
        "incoming_packets_total",
        "both",
        "/counters/incoming_packets",
    ),
    (
        "outgoing_packets_total",
        "both",
        "/counters/outgoing_packets",
    ),
    ("incoming_bytes_total", "both", "/counters/incoming_bytes"),
    ("outgoing_bytes_total", "both", "/counters/outgoing_bytes"),
];

#[test]
fn every_number_is_that_of_the_documents() {
    let (_place, [client, a, _]) = with_two_servers();
    let _servers = (a.serve(80), a.serve_udp(53));
    restore(TABLE);
    let _kept = [
        client.connect("10.0.0.1:80").unwrap(),
        client.connect("[fd00::1]:80").unwrap(),
    ];
    let answers: usize = client.ask_udp(40, "10.0.0.9", "10.0.0.1:53").values().sum();
    assert_eq!(answers, 40);

    let sample = |text: &str, name: &str, labels: &str| {
        read(text)
            .get(name)
            .and_then(|(_, samples)| samples.get(labels).cloned())
    };
    let dns = "{protocol=\"udp\",address=\"10.0.0.1\",port=\"53\"}";
    wait_until("the kernel has added up", || {
        sample(&printed(), "ipvs_service_incoming_bytes_total", dns).as_deref() == Some("1160")
    });
    for (name, of, pointer) in SAME {
        for scope in ["service", "server"] {
            if *of != "both" && *of != scope {
                continue;
            }
            let name = format!("ipvs_{scope}_{name}");
            wait_until(&name, || {
                let ours = read(&printed()).remove(&name).unwrap().1;
                let theirs = expected(scope, |service, server| {
                    let row = server.unwrap_or(service);
                    row.pointer(pointer)
                        .filter(|value| !value.is_null())
                        .cloned()
                });
                assert!(ours.len() >= 2, "{name}: {ours:?}");
                json!(ours) == theirs
            });
        }
    }

    let text = checked();
    let web = "{protocol=\"tcp\",address=\"10.0.0.1\",port=\"80\"";
    for line in [
        &format!("ipvs_service_info{web},scheduler=\"sh\"}} 1"),
        &format!("ipvs_service_servers{web}}} 2"),
        "ipvs_service_servers{fwmark=\"4294967295\",family=\"ipv6\"} 0",
        "ipvs_service_info{protocol=\"udp\",address=\"10.0.0.1\",port=\"5060\",scheduler=\"rr\",\
         persistence_engine=\"sip\"} 1",
        &format!(
            "ipvs_server_info{web},server_address=\"10.1.0.2\",server_port=\"80\",\
             forwarding_method=\"masquerade\"}} 1"
        ),
        "ipvs_server_info{protocol=\"tcp\",address=\"fd00::1\",port=\"80\",\
         server_address=\"10.1.0.9\",server_port=\"80\",forwarding_method=\"tunnel\"} 1",
        "ipvs_services 8",
        "ipvs_estimation_running 1",
        "ipvs_tcp_timeout_seconds 900",
        "ipvs_tcp_fin_timeout_seconds 120",
        "ipvs_udp_timeout_seconds 300",
        "ipvs_sync_daemon_running{state=\"master\"} 0",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}\n{text}");
    }
    let info = &document("table", "-L --json")["ipvs"];
    let version = info["version"].as_str().unwrap();
    assert!(text.contains(&format!("\nipvs_info{{version=\"{version}\"}} 1\n")));
    // The totals are read a little later.
    wait_until("the totals are as large as the sum", || {
        let metrics = read(&printed());
        let of = |name: &str| -> u64 {
            let samples = metrics[name].1.values();
            samples.map(|value| value.parse::<u64>().unwrap()).sum()
        };
        of("ipvs_connections_total") == of("ipvs_service_connections_total")
    });
}

#[test]
fn names_are_escaped_and_settings_are_those_of_the_namespace() {
    let _place = place();
    shell(r#"ip link add 'a"b\c' type dummy && ip link set 'a"b\c' up"#);
    ipvsadm(
        r#"--start-daemon backup --syncid 7 --mcast-interface 'a"b\c' --mcast-group 239.0.0.1"#,
    );
    ipvsadm("--set 1000 0 0");
    for setting in [
        "drop_entry=3",
        "drop_packet=1",
        "amemthresh=77",
        "run_estimation=0",
    ] {
        let there = shell("ls /proc/sys/net/ipv4/vs");
        if there.contains(setting.split('=').next().unwrap()) {
            shell(&format!("sysctl -qw net.ipv4.vs.{setting}"));
        }
    }
    let text = checked();
    for line in [
        r#"ipvs_sync_daemon_running{state="backup"} 1"#,
        "ipvs_tcp_timeout_seconds 1000",
        r#"ipvs_defense_mode{defense="drop_entry"} 3"#,
        r#"ipvs_defense_mode{defense="drop_packet"} 1"#,
        r#"ipvs_defense_mode{defense="secure_tcp"} 0"#,
        "ipvs_defense_memory_threshold_pages 77",
        "ipvs_services 0",
        "ipvs_connections_total 0",
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line}\n{text}");
    }
    let daemon = r#"ipvs_sync_daemon_info{state="backup",interface="a\"b\\c",sync_id="7","#;
    assert!(text.contains(daemon), "{text}");
    assert!(
        text.contains(r#",group="239.0.0.1",port="8848","#),
        "{text}"
    );
    let frozen = shell("cat /proc/sys/net/ipv4/vs/run_estimation 2>/dev/null || echo 1");
    assert!(
        text.contains(&format!("\nipvs_estimation_running {frozen}")),
        "{text}"
    );
    let limit = shell("cat /proc/sys/net/ipv4/vs/conn_max 2>/dev/null || true");
    let shown = format!("\nipvs_connection_table_limit {limit}");
    assert_eq!(text.contains(&shown), !limit.is_empty(), "{text}");
    let status = Path::new("/proc/self/net/ip_vs_status").exists();
    assert_eq!(
        text.contains("\nipvs_connection_table_entries 0\n"),
        status,
        "{text}"
    );
    ipvsadm("--stop-daemon backup");
}

#[test]
fn the_dashboard_asks_for_metrics_and_labels_that_there_are() {
    let _place = place();
    restore(TABLE);
    let text = printed();
    let metrics = read(&text);
    let dashboard: Value = serde_json::from_str(include_str!("../../docs/grafana.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 5);
    for target in panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
    {
        let query = target["expr"].as_str().unwrap();
        let (_, name) = query.split_at(query.find("ipvs_").unwrap());
        let (name, _) = name.split_once('{').unwrap();
        assert!(metrics.contains_key(name), "{name}");
        let labels = target["legendFormat"].as_str().unwrap().split("{{");
        for label in labels.skip(1).map(|label| label.split_once('}').unwrap().0) {
            assert!(text.contains(&format!("{label}=\"")), "{label}");
        }
    }
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let place = place();
    restore("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let file = place.folder().join("ipvs.prom");
    let line = format!("-L --openmetrics --output {}", file.display());
    let old = || {
        (
            file.metadata().unwrap().ino(),
            std::fs::read_to_string(&file).unwrap(),
        )
    };
    assert_eq!(ipvsadm(&line).stdout, "");
    let (inode, text) = old();
    assert_eq!(text, ipvsadm("-Ln --openmetrics").stdout);
    ipvsadm("-C");
    ipvsadm(&line);
    assert_ne!(old().0, inode);
    assert_eq!(read(&old().1)["ipvs_services"].1[""], "0");

    // What can't be written leaves the old one.
    let before = old();
    let mut full = crate::support::Program::Ours.command("ipvsadm");
    full.args(["-L", "--openmetrics", "--output", "/dev/full"]);
    let outcome = finish(full, b"", TIMEOUT);
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (1, "cannot write /dev/full: No space left on device")
    );
    assert_eq!(old(), before);
}
