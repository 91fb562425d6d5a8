//! The library's examples, run as their first lines say.

use std::process::Command;

use crate::director::{VIP, ipvsadm, place, restore, with_two_servers};
use crate::net::wait_until;
use crate::support::{Outcome, Program, TIMEOUT, finish, run};

/// `cargo build --examples` puts them beside the tests.
fn example(name: &str, words: &[&str], stdin: &str) -> Outcome {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    assert!(path.exists(), "{} is not built", path.display());
    let mut command = Command::new(path);
    command.args(words);
    finish(command, stdin.as_bytes(), TIMEOUT)
}

fn saved() -> String {
    run(Program::Reference, ["-Sn"], "").succeeded().stdout
}

#[test]
fn an_exporter_collects_metrics_of_each_server() {
    let _place = place();
    restore(&format!(
        "-A -t {VIP}:80 -s rr\n\
         -a -t {VIP}:80 -r 10.1.0.2 -m -w 5\n\
         -A -f 7 -s wlc\n\
         -a -f 7 -r 10.1.0.4 -g\n"
    ));
    let shown = example("exporter", &[], "").succeeded().stdout;
    let web = format!("{{service=\"tcp,{VIP},80\",server=\"10.1.0.2\",port=\"80\"}}");
    let mark = "{service=\"mark,7\",server=\"10.1.0.4\",port=\"0\"}";
    for line in [
        "# TYPE ipvs_server_weight gauge".to_owned(),
        format!("ipvs_server_weight{web} 5"),
        format!("ipvs_server_weight{mark} 1"),
        "# TYPE ipvs_server_connections counter".to_owned(),
        format!("ipvs_server_connections_total{web} 0"),
        format!("ipvs_server_in_bytes_total{mark} 0"),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    assert_eq!(shown.lines().count(), 4 * 3 + 1);
    assert_eq!(shown.lines().last(), Some("# EOF"));
}

#[test]
fn a_monitor_counts_connections() {
    let (_place, [client, ..]) = with_two_servers();
    restore(
        "-A -u 10.0.0.1:53 -s rr\n\
         -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n",
    );
    assert_eq!(example("monitor", &[], "").succeeded().stdout, "");
    client.send_from_port_0("10.0.0.9".parse().unwrap(), "10.0.0.1:53".parse().unwrap());
    wait_until("it is a connection", || {
        ipvsadm("-Lnc").stdout.lines().count() == 3
    });
    let shown = example("monitor", &["2"], "").succeeded().stdout;
    assert_eq!(shown, "10.1.0.2 53: 1\n  UDP: 1\n".repeat(2));
}

#[test]
fn a_controller_keeps_its_services_in_step() {
    let _place = place();
    restore("-A -t 10.9.9.9:80 -s rr\n");
    let ours = format!("{VIP}/32");
    let web = |lines: &str| {
        let lines = lines.lines().map(|line| match line {
            "" => "\n".to_owned(),
            _ => format!("{VIP}:{line}\n"),
        });
        lines.collect::<String>()
    };
    let lists = web("80 10.1.0.2:80 1\n80 10.1.0.3:80 5\n443 10.1.0.2:443 1\n\n\
         80 10.1.0.3:80 7\n80 10.1.0.4:8080 1\n\n\
         80 10.1.0.3:80 7\n80 10.1.0.4:8080 1\n\n");
    let outcome = example("in_step", &[&ours], &lists).succeeded();
    let counts = ["5 changes made", "4 changes made", "0 changes made"];
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), counts);
    let mut rules: Vec<_> = saved()
        .lines()
        .map(str::trim_end)
        .map(str::to_owned)
        .collect();
    rules.sort();
    assert_eq!(
        rules,
        [
            format!("-A -t {VIP}:80 -s wlc"),
            "-A -t 10.9.9.9:80 -s rr".to_owned(),
            format!("-a -t {VIP}:80 -r 10.1.0.3:80 -m -w 7"),
            format!("-a -t {VIP}:80 -r 10.1.0.4:8080 -m -w 1"),
        ]
    );

    // Neither a mistake in a list nor a refusal changes anything, and other
    // services are nobody's but theirs.
    let before = saved();
    for wrong in [
        web("80 10.1.0.5:80 1\n80 10.1.0.6 1\n\n"),
        web("80 10.1.0.5:80 1\n443 224.0.0.1:80 1\n\n"),
        "10.9.9.9:80 10.1.0.5:80 1\n\n".to_owned(),
    ] {
        let refused = example("in_step", &[&ours], &wrong);
        assert_eq!((refused.status, saved()), (1, before.clone()), "{wrong}");
    }
}
