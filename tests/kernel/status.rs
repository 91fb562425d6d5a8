//! `-L --status`, and the table of settings against the kernel's own.

use crate::director::{ipvsadm, place, restore, with_two_servers};
use crate::net::wait_until;
use crate::schema;
use crate::support::{Program, run, shell, words};
use ipvsadm::sysctls::{self, SYSCTLS};

/// On a kernel that is newer than the table this fails for what it lacks.
#[test]
fn a_new_namespace_has_the_defaults_of_the_table() {
    // They bring settings of their own.
    shell("modprobe -a ip_vs_lblc ip_vs_lblcr");
    let _place = place();
    let settings = sysctls::all().unwrap();
    assert!(settings.len() > 20, "{settings:?}");
    for setting in &settings {
        let known = sysctls::known(setting);
        assert!(known.is_some(), "not in the table: {setting:?}");
        assert_ne!(sysctls::differs(setting), Some(true), "{setting:?}");
    }
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let number = |version: &str| -> Vec<u32> {
        let parts = version
            .split(['.', '-'])
            .map_while(|part| part.parse().ok());
        parts.take(2).collect()
    };
    for known in SYSCTLS {
        let has = settings.iter().any(|setting| setting.name == known.name);
        let is_new = known
            .since
            .is_some_and(|since| number(since) > number(&release));
        let depends_on_the_build = ["conntrack", "debug_level"].contains(&known.name);
        assert!(
            has != is_new || depends_on_the_build,
            "{known:?} in {release}"
        );
    }
}

#[test]
fn what_is_set_stands_out() {
    let _place = place();
    for (name, value) in [
        ("conntrack", "1"),
        ("drop_packet", "1"),
        ("secure_tcp", "3"),
        ("run_estimation", "0"),
        ("sync_threshold", "4 60"),
    ] {
        if name != "run_estimation" || sysctls::value(name).is_some() {
            shell(&format!("echo '{value}' >/proc/sys/net/ipv4/vs/{name}"));
        }
    }
    let text = ipvsadm("-L --status").stdout;
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with("IP Virtual Server version 1."),
        "{text}"
    );
    for line in [
        "drop_entry                off",
        "drop_packet               begins when memory is short",
        "secure_tcp                always active",
        "* conntrack                 1           0           1: connection tracking of the packet filter \
         knows the connections",
        "* sync_threshold            4 60        3 50        packets before a connection is synchronized, \
         and then after every N more",
        "  backup_only               0           0           1: while only a backup daemon runs, nothing \
         is balanced here",
    ] {
        assert!(lines.contains(&line), "{line}\n{text}");
    }
    let stars = lines.iter().filter(|line| line.starts_with('*')).count();
    let document = schema::read("status", &ipvsadm("-L --status --json").stdout);
    let sysctls = document["sysctls"].as_array().unwrap();
    let differing = sysctls.iter().filter(|sysctl| sysctl["differs"] == true);
    assert_eq!(differing.count(), stars);
    assert_eq!(document["defence"]["secure_tcp"], "always");
    assert_eq!(document["defence"]["threshold_pages"], 1024);
    assert!(document["defence"]["available_memory_pages"].as_u64() > Some(0));
    if sysctls::value("run_estimation").is_some() {
        let line = "Counters                  stand still: net.ipv4.vs.run_estimation is 0";
        assert!(lines.contains(&line), "{text}");
    }
}

#[test]
fn connections_and_counters_are_those_of_the_traffic() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve(80), b.serve(80));
    restore("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m\n");
    let status = || schema::read("status", &ipvsadm("-L --status --json").stdout);
    assert_eq!(status()["connections"]["entries"], 0);
    let mut talks = [(); 3].map(|()| client.connect("10.0.0.1:80").unwrap());
    for talk in &mut talks {
        talk.ask().unwrap();
    }
    wait_until("the kernel has added up", || {
        status()["totals"]["counters"]["connections"] == 3
    });
    let document = status();
    assert_eq!(document["connections"]["entries"], 3);
    let processors = document["processors"].as_array().unwrap();
    let connections = processors.iter().map(|row| &row["counters"]["connections"]);
    let sum: u64 = connections.map(|number| number.as_u64().unwrap()).sum();
    assert_eq!(sum, 3, "{document}");
    let text = ipvsadm("-L --status").stdout;
    assert!(text.contains("\nConnections               3"), "{text}");
}

#[test]
fn a_part_that_cannot_be_read_is_said() {
    let _place = place();
    shell("mount -t tmpfs none /proc/sys/net");
    let outcome = run(Program::Ours, words("-L --status"), "");
    shell("umount /proc/sys/net");
    assert_eq!((outcome.status, &*outcome.stdout), (1, ""), "{outcome}");
    let said = "cannot read the state of IPVS: No such file or directory\n";
    assert_eq!(outcome.stderr, said);
}
