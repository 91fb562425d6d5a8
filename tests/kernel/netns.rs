//! `--netns`: commands in another network namespace than that of the program.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use nix::fcntl::{Flock, FlockArg};
use serde_json::{Value, json};

use crate::director::{Place, ipvsadm, place, restore};
use crate::schema;
use crate::support::{Outcome, Program, TIMEOUT, finish, of_usual_size, run, shell, words};

const SERVICE: &str = "-t 10.0.0.1:80";
const RULES: &str = "-A -t 10.0.0.1:80 -s rr\n\
                     -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1\n";

/// A namespace with the namespaces `blue` and `red` of `ip netns`, and `ingress_sbox` of
/// Docker. Their files are seen by this test alone.
fn with_names() -> Place {
    let place = place();
    for folder in ["/run/netns", "/run/docker/netns"] {
        shell(&format!(
            "mkdir -p {folder} && mount -t tmpfs netns {folder}"
        ));
    }
    // Without lo there is no table of local addresses, and none that is a server's.
    for name in ["blue", "red"] {
        shell(&format!(
            "ip netns add {name} && ip -n {name} link set lo up"
        ));
    }
    shell(
        "touch /run/docker/netns/ingress_sbox && unshare --net=/run/docker/netns/ingress_sbox true",
    );
    place
}

/// What a program does that was started in the namespace `blue`.
fn there(line: &str, stdin: &str) -> Outcome {
    let mut command = Command::new("nsenter");
    command
        .arg("--net=/run/netns/blue")
        .arg(Program::Ours.path());
    command.args(words(line));
    finish(command, stdin.as_bytes(), TIMEOUT)
}

fn ours(line: &str, stdin: &str) -> Outcome {
    run(Program::Ours, words(line), stdin)
}

/// The tables here and there.
fn tables() -> [String; 2] {
    let save = |outcome: Outcome| outcome.succeeded().stdout;
    [save(ours("-Sn", "")), save(there("-Sn", ""))]
}

#[test]
fn a_change_is_made_there_alone() {
    let _place = with_names();
    let own = "-A -f 7 -s rr\n";
    restore(own);
    let service = "-A -t 10.0.0.1:80 -s rr\n";
    let with = |server: &str| format!("{service}{server}");
    for (line, stdin, wanted) in [
        ("-A -t 10.0.0.1:80 -s rr", "", service.to_owned()),
        (
            "-a -t 10.0.0.1:80 -r 10.1.0.2 -m",
            "",
            with("-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1\n"),
        ),
        (
            "-e -t 10.0.0.1:80 -r 10.1.0.2 --keep -w 3",
            "",
            with("-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 3\n"),
        ),
        (
            "-d -t 10.0.0.1:80 -r 10.1.0.2 --drain",
            "",
            service.to_owned(),
        ),
        ("-D -t 10.0.0.1:80 --if-exists", "", String::new()),
        ("-R", RULES, RULES.to_owned()),
        ("-R --replace", service, service.to_owned()),
        ("-Z", "", service.to_owned()),
        ("-C", "", String::new()),
    ] {
        let line = format!("{line} --netns blue");
        let outcome = ours(&line, stdin);
        assert_eq!(outcome.status, 0, "{line}\n{outcome}");
        assert_eq!(tables(), [own.to_owned(), wanted], "{line}");
    }
    ours("--netns blue --set 901 121 301", "").succeeded();
    ours(
        "--start-daemon master --mcast-interface lo --syncid 7 --netns blue",
        "",
    )
    .succeeded();
    let settings = |line: &str| (ours(line, "").stdout, there(line, "").stdout);
    let (here, other) = settings("-L --timeout");
    assert!(
        here.contains("900") && other.contains("901"),
        "{here}{other}"
    );
    let (here, other) = settings("-L --daemon");
    assert!(
        here.is_empty() && other.contains("syncid=7"),
        "{here}{other}"
    );
    ours("--stop-daemon master --netns blue", "").succeeded();
    assert_eq!(settings("-L --daemon"), Default::default());
}

#[test]
fn what_is_shown_is_what_a_program_there_shows() {
    let place = with_names();
    restore("-A -t 10.0.0.1:80 -s lc\n");
    there("-R", RULES).succeeded();
    shell("ip -n blue addr add 10.0.0.1/24 dev lo");
    for line in [
        "-L",
        "-Ln",
        "-Ln --rate",
        "-Ln --thresholds",
        "-L --json",
        "-L --timeout --json",
        "-Lnc",
        "-Lc --by server --json",
        "-Ln --from-proc",
        "-Lnc --from-proc",
        "-L -t 10.0.0.1:80 --require 2",
        "-L -t 10.0.0.9:80",
        "-L --daemon",
        "-Sn",
        "-S --json",
        "-R --replace --dry-run",
        "-R --check",
        "--explain -t 10.0.0.1:80 --client 10.0.0.9 --json",
        "--complete -D -t 1",
    ] {
        let other = match line.split_once("--complete ") {
            Some((_, words)) => format!("--complete --netns blue {words}"),
            None => format!("{line} --netns blue"),
        };
        assert_eq!(ours(&other, ""), there(line, ""), "{line}");
    }
    let watched = ours("-Ln --watch=0.1 --count 2 --netns blue", "")
        .succeeded()
        .stdout;
    assert_eq!(watched.matches("10.1.0.2:80").count(), 2, "{watched}");
    let file = "--netns /run/netns/blue";
    assert_eq!(ours(&format!("-Ln {file}"), ""), there("-Ln", ""));
    // The files below /proc/net and /proc/sys are that namespace's too.
    let found = ours("--diagnose --sample 0.1 --json --netns blue", "");
    let found = schema::read("diagnosis", &found.stdout);
    assert_eq!(
        (&found["services"], &found["servers"]),
        (&json!(1), &json!(1))
    );
    let findings = found["findings"].to_string();
    assert!(findings.contains("server-unreachable"), "{found:#}");
    assert!(!findings.contains("vip-not-local"), "{found:#}");
    shell("nsenter --net=/run/netns/blue sysctl -qw net.ipv4.vs.conntrack=1");
    let facts = place.folder().join("facts");
    let line = format!("--diagnose --sample 0.1 --output {}", facts.display());
    assert_eq!(ours(&format!("{line} --netns blue"), "").stderr, "");
    let facts: Value = serde_json::from_str(&fs::read_to_string(facts).unwrap()).unwrap();
    assert_eq!(facts["sysctls"]["net.ipv4.vs.conntrack"], "1");
    let text = ours("--diagnose --sample 0.1 --netns blue", "");
    let advice = "Commands for that network namespace: nsenter --net=/run/netns/blue COMMAND\n";
    assert!(text.status == 1 && text.stdout.ends_with(advice), "{text}");
}

fn tool(name: &str, line: &str, stdin: &str) -> Outcome {
    let mut command = Program::Ours.command(name);
    command.args(words(line));
    finish(command, stdin.as_bytes(), TIMEOUT)
}

#[test]
fn the_tools_save_and_restore_there() {
    let place = with_names();
    tool("ipvsadm-restore", "--netns blue", RULES).succeeded();
    assert_eq!(tables(), [String::new(), RULES.to_owned()]);
    let saved = tool("ipvsadm-save", "-n --netns=blue", "").succeeded();
    assert_eq!(saved.stdout, RULES);
    let file = place.folder().join("rules");
    let output = format!("-n --output {} --netns blue", file.display());
    tool("ipvsadm-save", &output, "").succeeded();
    assert_eq!(fs::read_to_string(&file).unwrap(), RULES);
    let clear = format!("--clear --netns /run/netns/red {}", file.display());
    tool("ipvsadm-restore", &clear, "").succeeded();
    let red = ours("-Sn --netns red", "").succeeded();
    assert_eq!(red.stdout, RULES);
    assert_eq!(tables(), [String::new(), RULES.to_owned()]);
}

#[test]
fn replacements_there_take_turns_with_others_there() {
    let _place = with_names();
    shell("mkdir -p -m 700 /run/ipvsadm");
    let lock = |namespace: &str| {
        let inode = fs::metadata(namespace).unwrap().ino();
        let path = format!("/run/ipvsadm/netns-{inode}.lock");
        let file = fs::File::create(path).unwrap();
        Flock::lock(file, FlockArg::LockExclusive)
            .map_err(|(_, error)| error)
            .unwrap()
    };
    // It waits for nobody here.
    let here = lock("/proc/thread-self/ns/net");
    ours("-R --replace --netns blue", RULES).succeeded();
    drop(here);
    let there = lock("/run/netns/blue");
    let mut waiting = Command::new("timeout");
    waiting.arg("2").arg(Program::Ours.path());
    waiting.args(["-R", "--replace", "--netns", "blue"]);
    assert_eq!(finish(waiting, b"", TIMEOUT).status, 124);
    assert_eq!(tables(), [String::new(), RULES.to_owned()]);
    drop(there);
    ours("-R --replace --netns blue", "").succeeded();
    assert_eq!(tables(), [String::new(), String::new()]);
}

/// As Docker has it in a swarm.
#[test]
fn what_the_recipes_show() {
    let _place = with_names();
    let servers = "-a -f 256 -r 10.0.0.5:0 -m\n-a -f 256 -r 10.0.0.6:0 -m\n";
    shell("nsenter --net=/run/docker/netns/ingress_sbox ip link set lo up");
    ours(
        "-R --netns ingress_sbox",
        &format!("-A -f 256 -s rr\n{servers}"),
    )
    .succeeded();
    let line = "ipvsadm -Ln --netns ingress_sbox";
    let listed = ours(line.trim_start_matches("ipvsadm "), "")
        .succeeded()
        .stdout;
    let listed = of_usual_size(&listed);
    let shown: String = listed.lines().map(|line| format!("    {line}\n")).collect();
    let recipes = include_str!("../../docs/recipes.md");
    assert!(
        recipes.contains(&format!("    $ {line}\n{shown}")),
        "{listed}"
    );
}

#[test]
fn namespaces_are_found_by_name_file_and_process() {
    let _place = with_names();
    ours("-A -f 1 --netns blue", "").succeeded();
    ours("-A -f 2 --netns ingress_sbox", "").succeeded();
    // As programs do that give a container's namespace a name.
    let mut sleeper = Command::new("nsenter");
    sleeper.args(["--net=/run/docker/netns/ingress_sbox", "sleep", "1000"]);
    let mut sleeper = sleeper.spawn().unwrap();
    let of_process = format!("/proc/{}/ns/net", sleeper.id());
    crate::net::wait_until("the process is there", || {
        fs::metadata(&of_process).unwrap().ino()
            == fs::metadata("/run/docker/netns/ingress_sbox")
                .unwrap()
                .ino()
    });
    shell(&format!("ln -s {of_process} /run/netns/linked"));
    let saved = |netns: &str| ours(&format!("-Sn --netns {netns}"), "").succeeded().stdout;
    for netns in [
        "ingress_sbox",
        "/run/docker/netns/ingress_sbox",
        &of_process,
        "linked",
    ] {
        assert_eq!(saved(netns), "-A -f 2 -s wlc\n", "{netns}");
    }
    assert_eq!(saved("/run/netns/blue"), "-A -f 1 -s wlc\n");
    assert_eq!(saved("/proc/self/ns/net"), "");
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    let offered = |line: &str| {
        let offered = ours(&format!("--complete {line}"), "").succeeded().stdout;
        let words = offered.lines().filter_map(|line| line.split('\t').next());
        words.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered("-C --netns ''"), "blue ingress_sbox red");
    assert_eq!(
        offered("-L --netns=''"),
        "--netns=all --netns=blue --netns=ingress_sbox --netns=red"
    );
    assert_eq!(offered("-L --netns b"), "blue");
    assert_eq!(offered("-L --netns nowhere -f ''"), "");
    assert_eq!(offered("-L --netns blue -f ''"), "1");
}

#[test]
fn what_is_not_entered_is_named() {
    let place = with_names();
    let folder = place.folder();
    shell(&format!(
        "mkfifo {}/pipe; touch /run/netns/left",
        folder.display()
    ));
    let [pipe, none] = ["pipe", "none"].map(|name| folder.join(name).display().to_string());
    let no_namespace = |file: &str| format!("{file} is no network namespace");
    for (netns, wanted) in [
        (
            "blu",
            "there is no network namespace blu: there are blue, ingress_sbox, red".to_owned(),
        ),
        ("left", no_namespace("/run/netns/left")),
        ("/etc/hosts", no_namespace("/etc/hosts")),
        ("/proc/self/ns/mnt", no_namespace("/proc/self/ns/mnt")),
        (".", no_namespace("/run/netns/.")),
        (&pipe, no_namespace(&pipe)),
        (
            &none,
            format!("cannot enter the network namespace {none}: No such file or directory"),
        ),
    ] {
        for line in ["-L", "-C", "-R", "--diagnose", "-L -c --watch"] {
            let outcome = ours(&format!("{line} --netns {netns}"), "-A -f 1\n");
            assert_eq!(
                (outcome.status, outcome.complaint()),
                (2, wanted.as_str()),
                "{line}"
            );
            assert_eq!(outcome.stdout, "");
        }
    }
    let required = ours("-L -t 10.0.0.1:80 --require 1 --netns /etc/hosts", "");
    assert_eq!((required.status, required.stderr.as_str()), (3, ""));
    assert_eq!(
        required.stdout,
        "IPVS UNKNOWN - TCP 10.0.0.1:80: /etc/hosts is no network namespace\n"
    );
    let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all,+net_admin \
                  --ambient-caps +net_admin --bounding-set -all,+net_admin";
    let mut command = Command::new("sh");
    let program = Program::Ours.path().display();
    command.args(["-c", &format!("{nobody} {program} -L --netns blue")]);
    let outcome = finish(command, b"", TIMEOUT);
    assert_eq!(
        (outcome.status, outcome.complaint()),
        (
            2,
            "cannot enter the network namespace /run/netns/blue: Operation not permitted; it \
             takes the capability CAP_SYS_ADMIN, as root has it"
        )
    );
    shell("umount /run/netns/blue /run/netns/red /run/docker/netns/ingress_sbox");
    let outcome = ours("-L --netns blu", "");
    assert_eq!(
        outcome.complaint(),
        "there is no network namespace blu: none has a name"
    );
}

#[test]
fn all_of_them_in_turn() {
    let _place = with_names();
    restore("-A -f 7 -s rr\n");
    there("-R", RULES).succeeded();
    // The same one under another name, and another one under the same name.
    shell("touch /run/netns/also && mount --bind /run/netns/blue /run/netns/also");
    shell("touch /run/docker/netns/red && unshare --net=/run/docker/netns/red true");
    let listed = ours("-Ln --netns all", "").succeeded().stdout;
    let own = ipvsadm("-Ln").stdout;
    let (blue, empty) = (there("-Ln", "").stdout, ours("-Ln --netns red", "").stdout);
    assert_eq!(
        listed,
        format!(
            "This network namespace:\n{own}\n\
             Network namespace /run/docker/netns/red:\n{empty}\n\
             Network namespace also:\n{blue}\n\
             Network namespace ingress_sbox:\n{empty}\n\
             Network namespace red:\n{empty}"
        )
    );
    let words_of = |document: &Value| -> Vec<Value> {
        let namespaces = document["namespaces"].as_array().unwrap().iter();
        namespaces
            .map(|namespace| namespace["netns"].clone())
            .collect()
    };
    for (line, of_blue) in [
        ("-L --json", ipvsadm("-L --json --netns blue")),
        (
            "-L --timeout --json",
            ipvsadm("-L --timeout --json --netns blue"),
        ),
        (
            "-L --daemon --json",
            ipvsadm("-L --daemon --json --netns blue"),
        ),
        ("-Lc --json", ipvsadm("-Lc --json --netns blue")),
        (
            "-Lc --by client --json",
            ipvsadm("-Lc --by client --json --netns blue"),
        ),
    ] {
        let listed = ours(&format!("{line} --netns all"), "").succeeded().stdout;
        let document = schema::read("namespaces", &listed);
        assert_eq!(
            words_of(&document),
            [
                json!(null),
                json!("/run/docker/netns/red"),
                json!("also"),
                json!("ingress_sbox"),
                json!("red")
            ]
        );
        let alone: Value = serde_json::from_str(&of_blue.stdout).unwrap();
        let blue = &document["namespaces"][2];
        assert_eq!((&blue["document"], &blue["error"]), (&alone, &json!(null)));
    }

    // Where it fails the others are shown.
    let outcome = ours(&format!("-Ln {SERVICE} --netns all"), "");
    assert_eq!(outcome.status, 1, "{outcome}");
    assert_eq!(
        outcome.stdout.matches("10.1.0.2:80").count(),
        1,
        "{outcome}"
    );
    assert_eq!(
        outcome.complaint(),
        "this network namespace: No such service"
    );
    assert_eq!(
        outcome.stderr.matches(": No such service\n").count(),
        4,
        "{outcome}"
    );
    let outcome = ours(&format!("-L {SERVICE} --json --netns all"), "");
    let document = schema::read("namespaces", &outcome.stdout);
    let here = &document["namespaces"][0];
    assert_eq!(
        (&here["document"], &here["error"]),
        (&json!(null), &json!("No such service"))
    );
    assert_eq!(
        document["namespaces"][2]["document"]["services"][0]["port"],
        json!(80)
    );

    let outcome = ours("--diagnose --sample 0.1 --json --netns all", "");
    assert_eq!(outcome.status, 1, "{outcome}");
    let document = schema::read("namespaces", &outcome.stdout);
    assert_eq!(words_of(&document).len(), 5);
    assert_eq!(document["namespaces"][2]["document"]["servers"], json!(1));
    let outcome = ours("--diagnose --sample 0.1 --netns all", "");
    let lines = || outcome.stdout.lines();
    let headings = lines().filter(|line| line.contains("etwork namespace") && line.ends_with(':'));
    assert_eq!(headings.count(), 5, "{outcome}");
    // Here is where they help anyway.
    assert_eq!(
        lines()
            .filter(|line| line.contains("nsenter --net="))
            .count(),
        4
    );
    assert_eq!(
        outcome
            .stdout
            .matches("nsenter --net=/run/netns/also ")
            .count(),
        1,
        "{outcome}"
    );
}

/// The one that the program is started in has a name: it is shown under that.
#[test]
fn all_of_them_with_this_one_by_its_name() {
    let _place = with_names();
    there("-R", RULES).succeeded();
    let listed = there("-Ln --netns all", "").succeeded().stdout;
    let headings: Vec<_> = listed
        .lines()
        .filter(|line| line.contains("amespace"))
        .collect();
    let named = ["blue", "ingress_sbox", "red"].map(|name| format!("Network namespace {name}:"));
    assert_eq!(headings, named);
    assert_eq!(listed.matches("10.1.0.2:80").count(), 1);
}
