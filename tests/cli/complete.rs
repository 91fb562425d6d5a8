//! What a shell may complete a word to.

use ipvs::model::{Family, Protocol, VirtualId};
use ipvsadm::cli::{Candidates, Command, Completion, parse};

use super::support::*;

/// The completion of the last word of a line; after a blank it is empty.
fn complete(program: &str, line: &str) -> Completion {
    let mut words = vec!["--complete".to_owned()];
    words.extend(line.split(' ').map(str::to_owned));
    let command = match program {
        "ipvsadm" => parse(program, &words).resolve(&Book),
        "ipvsadm-save" => parse_save(&words),
        _ => parse_restore(&words),
    };
    match command {
        Ok(Command::Complete(completion)) => completion,
        other => panic!("{line}: {other:?}"),
    }
}

/// The words that are offered, in the order of their options.
fn offered(line: &str) -> String {
    words(complete("ipvsadm", line))
}

fn words(completion: Completion) -> String {
    let Candidates::Words(words) = completion.candidates else {
        panic!("no words: {completion:?}");
    };
    let matching = words
        .iter()
        .filter(|(word, _)| word.starts_with(&completion.stem));
    let matching: Vec<_> = matching
        .map(|(word, _)| format!("{}{word}", completion.prefix))
        .collect();
    matching.join(" ")
}

#[test]
fn first_a_command() {
    let commands = "-A -E -D -a -e -d -C -L -S -R -Z --set --start-daemon --stop-daemon \
                    --sysctl --diagnose --explain -h -v \
                    --completions";
    assert_eq!(offered(""), commands);
    assert_eq!(offered("-"), commands);
    assert_eq!(offered("--st"), "--start-daemon --stop-daemon");
    assert_eq!(offered("--help "), commands.replace(" -h", ""));
    assert_eq!(offered("--help -A "), "");
    assert_eq!(offered("-v "), "");
}

#[test]
fn then_the_options_that_go_with_it_and_were_not_given() {
    let service = "-t -u --sctp-service --protocol-service -f";
    let settings = "-s -p -M --pe -o -b --raw --or-edit --netns";
    for (line, wanted) in [
        ("-A ", format!("{service} {settings}")),
        ("-A -t 10.0.0.1:80 ", settings.to_owned()),
        (
            "-At 10.0.0.1:80 -ps ",
            "-s -M --pe -o -b --raw --or-edit --netns".to_owned(),
        ),
        (
            "-A -t nowhere.example -s rr -",
            "-p -M --pe -o -b --raw --or-edit --netns".to_owned(),
        ),
        ("-A -f 1 ", format!("-6 {settings}")),
        ("-A -f 1 -6 ", settings.to_owned()),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.1 ",
            "-g -i -m -w -x -y --raw --or-edit --netns".to_owned(),
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.1 -mw 1 ",
            "--ramp -x -y --raw --or-edit --netns".to_owned(),
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.1 -i ",
            "-w -x -y --tun-type --raw --or-edit --netns".to_owned(),
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.1 -i --tun-type gue ",
            "-w -x -y --tun-port --tun-nocsum --tun-csum --tun-remcsum --raw --or-edit --netns"
                .to_owned(),
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.1 -i --tun-type gre --tun-csum ",
            "-w -x -y --raw --or-edit --netns".to_owned(),
        ),
        (
            "-d -t 10.0.0.1:80 -r 10.1.0.1 ",
            "--drain --if-exists --netns".to_owned(),
        ),
        (
            "-d ",
            format!("{service} --drain -r --all-services --if-exists --netns"),
        ),
        (
            "-d --all-services ",
            "--drain -r --if-exists --netns".to_owned(),
        ),
        ("-C ", "--netns".to_owned()),
        ("-C --netns blue ", String::new()),
        ("--set ", "--netns".to_owned()),
        ("--set 900 1", String::new()),
        ("-Z ", format!("{service} --netns")),
        ("-S ", "-n --only --json --output --all --netns".to_owned()),
        (
            "-R ",
            "--replace --check --dry-run --strict --netns".to_owned(),
        ),
        (
            "-R --dry-run ",
            "--json --replace --strict --netns".to_owned(),
        ),
        ("-R --check ", "--replace --strict --netns".to_owned()),
        ("--stop-daemon master ", "--netns".to_owned()),
        (
            "--start-daemon master --syncid 3 ",
            "--mcast-interface --sync-maxlen --mcast-group --mcast-port --mcast-ttl --netns"
                .to_owned(),
        ),
        ("-A -- ", String::new()),
        ("-A --no-option ", String::new()),
        ("-A 10.", String::new()),
    ] {
        assert_eq!(offered(line), wanted, "{line:?}");
    }
}

#[test]
fn listings() {
    for (line, wanted) in [
        (
            "-Ln --",
            "--tcp-service --udp-service --sctp-service --protocol-service --fwmark-service \
             --connection --timeout \
             --daemon --status --stats --rate --thresholds --persistent-conn --tun-info --nosort --sort \
             --exact --only --watch --from-proc --require --color --json --openmetrics --netns",
        ),
        ("-L --openmetrics --", "--numeric --output --netns"),
        (
            "-Lnc --",
            "--tcp-service --udp-service --sctp-service --protocol-service --fwmark-service \
             --real-server \
             --persistent-conn --tun-info --nosort --sort --exact --client --state --orphans --origin --by --watch \
             --from-proc --color --json --netns",
        ),
        (
            "-L --timeout --",
            "--tun-info --nosort --sort --exact --numeric --color --json --netns",
        ),
        ("-L --stats --c", "--color"),
        ("-L --watch --c", "--connection --count --color"),
        ("-L --watch --w", ""),
        ("-L --count 2 --w", "--watch"),
    ] {
        assert_eq!(offered(line), wanted, "{line:?}");
    }
}

#[test]
fn letters_that_are_typed_in_full() {
    for (line, wanted) in [
        ("-A", "-A"),
        ("-At", "-At"),
        ("-Ln", "-Ln"),
        ("-L -nc", "-nc"),
        ("-An", ""),
        ("-AE", ""),
        ("-A -n", ""),
        ("-LQ", ""),
        ("-L -é", ""),
    ] {
        assert_eq!(offered(line), wanted, "{line:?}");
    }
}

#[test]
fn values() {
    for (line, wanted) in [
        ("--start-daemon ", "master backup"),
        ("--stop-daemon=b", "--stop-daemon=backup"),
        ("--sysctl conntr", "conntrack="),
        ("--sysctl=sync_q", "--sysctl=sync_qlen_max="),
        ("--completions ", "bash zsh fish"),
        ("-Lc --by ", "server client state service"),
        ("-Lc --by=s", "--by=server --by=state --by=service"),
        ("-Lc --state EST", "ESTABLISHED"),
        ("-L --color ", "auto always never"),
        ("-a -i --tun-type g", "gue gre"),
        ("-A -b sh", "sh-fallback sh-port"),
        ("-A -s sh -b ", "flag-1 flag-2 flag-3 sh-fallback sh-port"),
        ("-A -s mh -b mh-port,m", "mh-port,mh-fallback"),
        ("-A -bflag-1,f", "-bflag-1,flag-2 -bflag-1,flag-3"),
        ("-a -w ", ""),
        ("-A -p 3", ""),
        ("-L --watch=", ""),
        ("-a -t 10.0.0.1:80 -r 10.", ""),
        ("-d -r 10.", ""),
    ] {
        assert_eq!(offered(line), wanted, "{line:?}");
    }
}

#[test]
fn what_only_the_kernel_knows() {
    let servers = Candidates::ServersOf(tcp("10.0.0.1", 80));
    let marked = |family| {
        Candidates::ServersOf(VirtualId::Fwmark {
            mark: 3.try_into().unwrap(),
            family,
        })
    };
    let namespaces_or_all = Candidates::Namespaces(vec![("all".to_owned(), "each in turn")]);
    for (line, prefix, stem, candidates) in [
        ("-A -t ", "", "", Candidates::Services(Protocol::Tcp)),
        ("-At 10.", "", "10.", Candidates::Services(Protocol::Tcp)),
        ("-At10.", "-At", "10.", Candidates::Services(Protocol::Tcp)),
        ("-D -u=[", "-u=", "[", Candidates::Services(Protocol::Udp)),
        (
            "-L --sctp-service=10.0.0.1:",
            "--sctp-service=",
            "10.0.0.1:",
            Candidates::Services(Protocol::Sctp),
        ),
        ("-D -f ", "", "", Candidates::Marks),
        ("-d -t 10.0.0.1:80 -r ", "", "", servers.clone()),
        ("-et 10.0.0.1:http -r ", "", "", servers.clone()),
        ("-Lc -t 10.0.0.1:80 -r10.", "-r", "10.", servers),
        ("-d -f 3 -r ", "", "", marked(Family::V4)),
        ("-d -f 3 -6 -r ", "", "", marked(Family::V6)),
        ("-Lnc -r ", "", "", Candidates::Servers),
        ("-A -s ", "", "", Candidates::Schedulers),
        (
            "-A --scheduler=w",
            "--scheduler=",
            "w",
            Candidates::Schedulers,
        ),
        ("-A --pe ", "", "", Candidates::Engines),
        ("-S --output /e", "", "/e", Candidates::Files),
        ("-S --output=/e", "--output=", "/e", Candidates::Files),
        ("-C --netns b", "", "b", Candidates::Namespaces(Vec::new())),
        ("-L --netns=", "--netns=", "", namespaces_or_all.clone()),
        ("--diagnose --netns ", "", "", namespaces_or_all),
        ("-L --netns /proc/1", "", "/proc/1", Candidates::Files),
    ] {
        let wanted = Completion {
            prefix: prefix.to_owned(),
            stem: stem.to_owned(),
            candidates,
        };
        assert_eq!(complete("ipvsadm", line), wanted, "{line:?}");
    }
}

#[test]
fn the_other_programs() {
    let save = |line| words(complete("ipvsadm-save", line));
    assert_eq!(save(""), "-n --all --output --only --json --netns");
    assert_eq!(save("-n --"), "--all --output --only --json --netns");
    assert_eq!(save("--all "), "-n --output --netns");
    assert_eq!(save("--json "), "-n --output --only --netns");
    let restore = |line| words(complete("ipvsadm-restore", line));
    assert_eq!(
        restore("-"),
        "--strict --clear --only --keep-weights --no-remove --check --dry-run --netns"
    );
    assert_eq!(restore("--clear --dry-run --"), "--strict --json --netns");
    assert_eq!(
        restore("--only ::1 --check --"),
        "--strict --keep-weights --no-remove --netns"
    );
    assert_eq!(restore("--only "), "");
    for (program, line, prefix) in [
        ("ipvsadm-save", "-n --output ", ""),
        ("ipvsadm-save", "--output=", "--output="),
        ("ipvsadm-restore", "", ""),
        ("ipvsadm-restore", "--check ", ""),
        ("ipvsadm-restore", "-- ", ""),
    ] {
        let completion = complete(program, line);
        assert_eq!(completion.candidates, Candidates::Files, "{line:?}");
        assert_eq!(completion.prefix, prefix);
    }
    assert_eq!(save("--only "), "");
    for (program, line) in [
        ("ipvsadm-save", "-n --netns b"),
        ("ipvsadm-restore", "--netns b"),
        ("ipvsadm-restore", "--strict --netns=b"),
    ] {
        let completion = complete(program, line);
        assert_eq!(completion.candidates, Candidates::Namespaces(Vec::new()));
        assert_eq!(completion.stem, "b");
    }
    // Each is one that the program knows.
    let with_value = ["--output", "--only", "--netns"];
    for option in save("")
        .split(' ')
        .filter(|option| !with_value.contains(option))
    {
        assert!(parse_save(&[option.to_owned()]).is_ok(), "{option}");
    }
    for option in ["--check", "--clear", "--dry-run", "--dry-run --json"] {
        assert!(parse_restore(&split(option)).is_ok(), "{option}");
    }
}

#[test]
fn any_words_at_all() {
    for line in [
        "",
        "-",
        "--",
        "=",
        "--=",
        "-=",
        "-t",
        "-t=",
        "--tcp-service",
        "é",
        "-é=",
        "-Aé",
        "--é=é",
        "-w=é",
        "-b é,é",
        "--drain=",
        "-p=",
        "-A -p",
        "-6",
        "-A -t -t",
        "-h -h -h",
        "--complete",
    ] {
        for end in ["", " ", " -", " --", " é"] {
            let line = format!("{line}{end}");
            for program in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
                let Completion { prefix, stem, .. } = complete(program, &line);
                let word = line.rsplit(' ').next().unwrap_or_default();
                assert_eq!(format!("{prefix}{stem}"), word, "{line:?}");
            }
        }
    }
    for words in [vec![], vec![String::new()]] {
        let words = [vec!["--complete".to_owned()], words].concat();
        assert!(parse("ipvsadm", &words).resolve(&Book).is_ok());
        assert!(parse_save(&words).is_ok() && parse_restore(&words).is_ok());
    }
    // It is no option elsewhere.
    refuse(&[(255, "--complete: unknown option", &["-L --complete"])]);
}
