//! `--json` against the text listings of the same table, and the schemas.

use std::fs::File;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::as_text::{VIEWS, rows_of, squeezed, until_alike};
use crate::director::{ipvsadm, restore, with_two_servers};
use crate::net::{count, wait_until};
use crate::random_tables::{Random, rules};
use crate::schema;
use crate::support::{Program, TIMEOUT, finish, finish_into, run, words};

/// One of everything that the kernel keeps.
const TABLE: &str = "\
-A -t 10.0.0.1:80 -s sh -b sh-port,sh-fallback -p 300 -M 255.255.255.0
-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 3 -x 100 -y 50
-a -t 10.0.0.1:80 -r 10.1.0.3 -m -w 0
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.1.0.2 -m
-a -u 10.0.0.1:53 -r 10.1.0.3 -m
-A -u 10.0.0.1:54 -s rr -o
-A -u 10.0.0.1:5060 -s rr -p 60 --pe sip
-A --sctp-service 10.0.0.1:9 -s wlc
-A -t [fd00::1]:80 -s wrr -b flag-2 -p 60 -M 64
-a -t [fd00::1]:80 -r [fd01::2]:80 -m
-a -t [fd00::1]:80 -r 10.1.0.9 -i --tun-type gue --tun-port 6080 --tun-remcsum -w 0
-A -f 7 -s mh
-a -f 7 -r 10.1.0.2 -i
-a -f 7 -r 10.1.0.3 -i --tun-type gre --tun-csum
-a -f 7 -r 10.1.0.4 -g
-A -f 4294967295 -6 -s rr
";

/// The document that this line prints, once it is as the schema says.
#[track_caller]
pub(crate) fn document(schema: &str, line: &str) -> Value {
    schema::read(schema, &ipvsadm(line).stdout)
}

#[test]
fn the_table_is_that_of_every_text_view() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), a.serve_udp(53), b.serve_udp(53));
    restore(TABLE);
    let _kept = [
        client.connect("10.0.0.1:80").unwrap(),
        client.connect("[fd00::1]:80").unwrap(),
    ];
    let each = count(&[("A", 20), ("B", 20)]);
    assert_eq!(client.ask_udp(40, "10.0.0.9", "10.0.0.1:53"), each);

    // Each packet has a byte, and the headers of IP and UDP.
    let expected = json!({
        "connections": 40,
        "incoming_packets": 40,
        "outgoing_packets": 40,
        "incoming_bytes": 1160,
        "outgoing_bytes": 1160,
    });
    wait_until("the kernel has added up", || {
        let busy = document("table", "-L --json -u 10.0.0.1:53");
        busy["services"][0]["counters"] == expected
    });

    for view in VIEWS {
        until_alike(view.0, || {
            let mut text = squeezed(&ipvsadm(view.0).stdout, 0);
            text.drain(1..3);
            [rows_of(&document("table", "-L --json"), view), text]
        });
    }
}

#[test]
fn random_tables_are_those_of_the_text_and_of_the_plan() {
    let (_place, _hosts) = with_two_servers();
    let mut random = Random::seeded(5);
    for number in 1..=8 {
        let wanted = rules(&mut random);
        let planned = dry_run(&wanted);
        let text = run(Program::Ours, words("-R --replace --dry-run"), &wanted);
        let changes = planned["changes"].as_array().unwrap();
        assert_eq!(changes.len(), text.stdout.lines().count(), "{wanted}");
        run(Program::Ours, ["-R", "--replace"], &wanted).succeeded();
        let document = document("table", "-L --json");
        for view in VIEWS {
            let mut text = squeezed(&ipvsadm(view.0).stdout, 0);
            text.drain(1..3);
            assert_eq!(rows_of(&document, view), text, "table {number}\n{wanted}");
        }
    }
}

#[test]
fn the_view_does_not_matter_and_the_order_does() {
    let (_place, _hosts) = with_two_servers();
    restore(TABLE);
    let plain = document("table", "-L --json");
    for line in [
        "-L --json --stats",
        "-Ln --json --rate --exact",
        "-L --thresholds --json",
        "-L --persistent-conn --json",
        "-L --tun-info --json --color=always",
        "-S --json",
        "-S -n --json",
    ] {
        assert_eq!(document("table", line), plain, "{line}");
    }
    let mut save = Program::Ours.command("ipvsadm-save");
    save.arg("--json");
    let saved = finish(save, b"", TIMEOUT).succeeded().stdout;
    assert_eq!(schema::read("table", &saved), plain);

    let unsorted = document("table", "-L --json --nosort");
    let text = ipvsadm("-Ln --nosort").stdout;
    let mut text = squeezed(&text, 0);
    text.drain(1..3);
    assert_eq!(rows_of(&unsorted, VIEWS[0]), text);
}

#[test]
fn one_service_is_a_table_of_one() {
    let (place, _hosts) = with_two_servers();
    restore(TABLE);
    let whole = document("table", "-L --json");
    for (line, index) in [
        ("-L --json -t 10.0.0.1:80", 0),
        ("-L --json -t [fd00::1]:80", 5),
        ("-L --json -f 7", 6),
    ] {
        let one = document("table", line);
        assert_eq!(one["ipvs"], whole["ipvs"]);
        assert_eq!(one["services"], json!([whole["services"][index]]), "{line}");
    }
    let missing = run(Program::Ours, words("-L --json -t 10.0.0.1:81"), "");
    assert_eq!(missing.status, 1, "{missing}");
    assert_eq!(
        (missing.stdout.as_str(), missing.stderr.as_str()),
        ("", "No such service\n")
    );

    let file = place.folder().join("table.json");
    run(
        Program::Ours,
        ["-S", "--json", "--output", file.to_str().unwrap()],
        "",
    )
    .succeeded();
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(schema::read("table", &written), whole);
    ipvsadm("-C");
    assert_eq!(document("table", "-L --json")["services"], json!([]));
}

#[test]
fn settings_are_those_of_the_text() {
    let (_place, _hosts) = with_two_servers();
    ipvsadm("--set 100 20 30");
    let expected = json!({ "tcp_seconds": 100, "tcp_fin_seconds": 20, "udp_seconds": 30 });
    assert_eq!(
        document("timeouts", "-L --timeout --json")["timeouts"],
        expected
    );
    assert_eq!(
        document("daemons", "-L --json --daemon")["daemons"],
        json!([])
    );
    ipvsadm("--start-daemon master --mcast-interface eth0 --syncid 5 --mcast-ttl 3");
    let found = document("daemons", "-L --json --daemon");
    let [daemon] = &found["daemons"].as_array().unwrap()[..] else {
        panic!("{found}");
    };
    let part = |name: &str| daemon[name].to_string().replace('"', "");
    let text = format!(
        "{} sync daemon (mcast={}, syncid={}, maxlen={}, group={}, port={}, ttl={})\n",
        part("state"),
        part("multicast_interface"),
        part("sync_id"),
        part("sync_message_max_bytes"),
        part("multicast_group"),
        part("multicast_port"),
        part("multicast_ttl"),
    );
    assert_eq!(text, ipvsadm("-L --daemon").stdout);
    ipvsadm("--stop-daemon master");
}

/// What a replacement would do.
#[track_caller]
fn dry_run(rules: &str) -> Value {
    let line = words("-R --replace --dry-run --json");
    let printed = run(Program::Ours, line, rules).succeeded().stdout;
    schema::read("changes", &printed)
}

#[test]
fn a_dry_run_says_what_is_then_done() {
    let (_place, _hosts) = with_two_servers();
    restore(TABLE);
    let wanted = TABLE
        .replace("-A -u 10.0.0.1:53 -s rr", "-A -u 10.0.0.1:53 -s wlc -p 60")
        .replace("-r 10.1.0.3 -m -w 0", "-r 10.1.0.4 -m -w 0")
        .replace("-A -f 4294967295 -6 -s rr\n", "-A -f 8 -s rr\n");
    let planned = dry_run(&wanted);
    let changes = planned["changes"].as_array().unwrap();
    let mut actions: Vec<_> = changes.iter().map(|change| &change["action"]).collect();
    // Removals are in the kernel's order, which is none since Linux 7.2.
    actions[3..].sort_unstable_by_key(|action| action.to_string());
    let expected = [
        "add_server",
        "add_service",
        "edit_service",
        "remove_server",
        "remove_service",
    ];
    assert_eq!(actions, expected, "{planned:#}");
    let counts = ["additions", "edits", "removals"].map(|kind| &planned[kind]);
    assert_eq!(json!(counts), json!([2, 1, 2]));

    run(Program::Ours, ["-R", "--replace"], &wanted).succeeded();
    let edited = document("table", "-L --json -u 10.0.0.1:53");
    let settings = &changes[2]["service_settings"];
    for part in ["scheduler", "one_packet", "persistence", "flags"] {
        assert_eq!(edited["services"][0][part], settings[part], "{part}");
    }
    let nothing = json!({ "changes": [], "additions": 0, "edits": 0, "removals": 0 });
    assert_eq!(dry_run(&wanted), nothing);

    let rules = "-Z\n--set 0 9 0\n-A -f 9\n";
    let as_they_stand = run(Program::Ours, words("-R --dry-run --json"), rules).succeeded();
    let found = schema::read("changes", &as_they_stand.stdout);
    assert_eq!(found["changes"][0]["action"], "zero");
    assert_eq!(found["additions"], 1);
    let mut restore = Program::Ours.command("ipvsadm-restore");
    restore.args(["--dry-run", "--json", "--clear"]);
    let cleared = finish(restore, rules.as_bytes(), TIMEOUT).succeeded();
    let found = schema::read("changes", &cleared.stdout);
    assert_eq!(found["changes"][0]["action"], "clear");
}

#[test]
fn what_can_not_be_written_is_said_in_text() {
    let (_place, _hosts) = with_two_servers();
    restore(TABLE);
    for line in [
        "-L --json",
        "-Lc --json",
        "-Lc --by state --json",
        "-S --json",
    ] {
        for (out, why) in [
            (File::create("/dev/full"), "No space left on device"),
            (File::open("/dev/null"), "Bad file descriptor"),
        ] {
            let complaint = format!("cannot write to standard output: {why}\n");
            let outcome = json_into(line, out.unwrap().into());
            assert_eq!(outcome, (1, complaint), "{line}");
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(
            json_into(line, writer.into()),
            (141, String::new()),
            "{line}"
        );
    }
}

/// Status and complaint of a run that prints there.
fn json_into(line: &str, out: Stdio) -> (i32, String) {
    let mut command = Program::Ours.command("ipvsadm");
    command.args(words(line));
    let outcome = finish_into(Some(out), command, b"", TIMEOUT);
    (outcome.status, outcome.stderr)
}
