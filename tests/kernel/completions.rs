//! The scripts of `--completions` in the shells that they are for, with
//! services in the kernel.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::director::{Place, ipvsadm, place, restore};
use crate::support::{Program, TIMEOUT, finish};

const RULES: &str = "\
-A -t 10.0.0.1:80 -s wlc
-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 3
-a -t 10.0.0.1:80 -r 10.1.0.3:8080 -m
-A -t [2001:db8::80]:443 -s rr
-a -t [2001:db8::80]:443 -r [2001:db8::2]:443 -m
-A -u 10.0.0.1:53
-A -f 7 -s rr
-a -f 7 -r 10.1.0.9 -g
";

/// A line, and what its last word may become.
const CASES: &[(&str, &[&str])] = &[
    ("ipvsadm -D -t ", &["10.0.0.1:80", "[2001:db8::80]:443"]),
    ("ipvsadm -D -t 10.", &["10.0.0.1:80"]),
    ("ipvsadm -D -t 10.0.0.1:", &["10.0.0.1:80"]),
    ("ipvsadm -D -t 10.0.0.1:8", &["10.0.0.1:80"]),
    ("ipvsadm -D -t [2001:db8::8", &["[2001:db8::80]:443"]),
    ("ipvsadm -Dt ", &["10.0.0.1:80", "[2001:db8::80]:443"]),
    ("ipvsadm -Dt10.0.0.1:", &["-Dt10.0.0.1:80"]),
    (
        "ipvsadm -D --tcp-service=10.0.0.1:",
        &["--tcp-service=10.0.0.1:80"],
    ),
    ("ipvsadm -Z -u ", &["10.0.0.1:53"]),
    ("ipvsadm -L -f ", &["7"]),
    (
        "ipvsadm -d -t 10.0.0.1:80 -r ",
        &["10.1.0.2:8080", "10.1.0.3:8080"],
    ),
    ("ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.3:", &["10.1.0.3:8080"]),
    (
        "ipvsadm -d -t [2001:db8::80]:443 -r ",
        &["[2001:db8::2]:443"],
    ),
    ("ipvsadm -d -f 7 -r ", &["10.1.0.9:0"]),
    ("ipvsadm -Lnc -r 10.1.0.2", &["10.1.0.2:8080"]),
    ("ipvsadm -A -t 10.0.0.1:81 -s w", &["wlc", "wrr"]),
    ("ipvsadm -A --pe s", &["sip"]),
    ("ipvsadm --st", &["--start-daemon", "--stop-daemon"]),
    ("ipvsadm --sysctl sync_q", &["sync_qlen_max="]),
    ("ipvsadm -C ", &["--netns"]),
    (
        "ipvsadm -S ",
        &["-n", "--only", "--json", "--output", "--all", "--netns"],
    ),
    ("ipvsadm -Lnc --st", &["--state"]),
    ("ipvsadm -Lnc --by s", &["server", "service", "state"]),
    ("ipvsadm -A -s sh -b sh-port,sh", &["sh-port,sh-fallback"]),
    ("ipvsadm -S --output folder/f", &["folder/file"]),
    ("ipvsadm -S --output=folder/f", &["--output=folder/file"]),
    ("ipvsadm-save -n --ou", &["--output"]),
    ("ipvsadm-save --output folder/f", &["folder/file"]),
    ("ipvsadm-restore folder/", &["folder/file"]),
    ("ipvsadm-restore --c", &["--check", "--clear"]),
    ("MARK=7 ipvsadm -L -f ", &["7"]),
];

/// What is pressed to have every candidate in the line, and to have the line
/// noted and emptied.
const INSERT: char = '\u{14}';
const NOTE: char = '\u{f}';

/// A folder with the three programs and a file to be found.
fn prepare() -> Place {
    let place = place();
    restore(RULES);
    let programs = place.folder().join("bin");
    for folder in [&programs, &place.folder().join("folder")] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(place.folder().join("folder/file"), "").unwrap();
    for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
        symlink(Program::Ours.path(), programs.join(name)).unwrap();
    }
    place
}

fn shell(place: &Place, name: &str, words: &[&str]) -> Command {
    let mut shell = Command::new(name);
    shell.args(words).current_dir(place.folder());
    let programs = place.folder().join("bin");
    shell.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    shell.env("HOME", place.folder()).env("TERM", "dumb");
    shell
}

/// The keys for every line, with the words quoted as the shell wants them.
fn keys(quote: fn(&str) -> String) -> String {
    CASES.iter().fold(String::new(), |mut keys, (line, _)| {
        write!(keys, "{}{INSERT}{NOTE}", quote(line)).unwrap();
        keys
    })
}

/// Compares the lines that a shell made of the cases.
fn compare(noted: &str) {
    assert_eq!(noted.lines().count(), CASES.len(), "{noted}");
    for (line, (typed, offered)) in noted.lines().zip(CASES) {
        let words = |line: &str| -> Vec<String> {
            let line = line.replace(['\\', '|'], "");
            line.split_whitespace().map(str::to_owned).collect()
        };
        let kept = typed.rsplit_once(' ').unwrap().0;
        let mut expected = words(kept);
        let mut found = words(line);
        let found: BTreeSet<_> = found
            .split_off(expected.len().min(found.len()))
            .into_iter()
            .collect();
        let start = words(line)
            .into_iter()
            .take(expected.len())
            .collect::<Vec<_>>();
        assert_eq!(start, expected, "{typed:?}");
        expected = offered.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(found, expected.into_iter().collect(), "{typed:?}");
    }
}

#[test]
fn in_bash() {
    let place = prepare();
    let settings = format!(
        "source <(ipvsadm --completions bash)\n\
         bind '\"{INSERT}\": insert-completions' 2>/dev/null\n\
         bind -x '\"{NOTE}\": printf \"%s|\\n\" \"$READLINE_LINE\" >>noted; READLINE_LINE='\n"
    );
    fs::write(place.folder().join("settings"), settings).unwrap();
    let mut bash = shell(
        &place,
        "bash",
        &["--noprofile", "--rcfile", "settings", "-i"],
    );
    bash.env("INPUTRC", "/dev/null");
    finish(bash, keys(str::to_owned).as_bytes(), TIMEOUT);
    compare(&fs::read_to_string(place.folder().join("noted")).unwrap());
}

/// A star in the name of a file stands for itself.
#[test]
fn names_of_files_are_no_patterns_in_bash() {
    let place = prepare();
    for name in ["rules*", "rules-of-old"] {
        fs::write(place.folder().join(name), "").unwrap();
    }
    let script = "source <(ipvsadm --completions bash)\n\
        COMP_LINE='ipvsadm -S --output rules' COMP_POINT=25\n\
        _ipvsadm ipvsadm rules --output 2>/dev/null\n\
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let bash = shell(&place, "bash", &["--norc", "-c", script]);
    let offered = finish(bash, b"", TIMEOUT).stdout;
    let mut offered: Vec<_> = offered.lines().collect();
    offered.sort_unstable();
    assert_eq!(offered, ["rules*", "rules-of-old"]);
}

/// zsh completes only on a terminal, which its own module zpty makes. The shell that
/// waits starts no program meanwhile: that would take half of a slow processor.
#[test]
fn in_zsh() {
    let place = prepare();
    let settings = "\
        PS1=\n\
        autoload -Uz compinit; compinit -C -D\n\
        eval \"$(ipvsadm --completions zsh)\"\n\
        every() { _main_complete; compstate[insert]=all }\n\
        zle -C every complete-word every\n\
        note() { print -r -- \"$BUFFER|\" >>noted; BUFFER= }\n\
        zle -N note\n\
        bindkey '^T' every; bindkey '^O' note\n";
    fs::write(place.folder().join("settings"), settings).unwrap();
    let typed = keys(|line| line.replace('[', r"\[").replace(']', r"\]"));
    fs::write(place.folder().join("keys"), typed).unwrap();
    let driver = format!(
        "zmodload zsh/zpty zsh/zselect
         zpty -b shell zsh -f -i
         zpty -w shell 'source ./settings; : >noted'
         until [[ -e noted ]]; do zpty -r -t shell said; zselect -t 5; done
         zpty -w -n shell \"$(<keys)\"
         noted() {{ lines=(\"${{(@f)$(<noted)}}\"); (( $#lines >= {} )) }}
         until noted; do zpty -r -t shell said; zselect -t 5; done
         zpty -d shell",
        CASES.len()
    );
    let zsh = shell(&place, "zsh", &["-f", "-c", &driver]);
    finish(zsh, b"", 4 * TIMEOUT).succeeded();
    compare(&fs::read_to_string(place.folder().join("noted")).unwrap());
}

#[test]
fn in_fish() {
    let place = prepare();
    let mut script = "ipvsadm --completions fish | source\n".to_owned();
    // Without the variable: fish would have to be told of it in its own way.
    let lines = CASES
        .iter()
        .map(|(line, _)| line.trim_start_matches("MARK=7 "));
    for line in lines {
        writeln!(script, "echo '|'; complete -C '{line}'").unwrap();
    }
    let fish = shell(&place, "fish", &["--no-config", "-c", &script]);
    let outcome = finish(fish, b"", TIMEOUT).succeeded();
    let blocks: Vec<_> = outcome.stdout.split("|\n").skip(1).collect();
    assert_eq!(blocks.len(), CASES.len(), "{outcome}");
    for (block, (typed, offered)) in blocks.iter().zip(CASES) {
        let words = block.lines().map(|line| line.split('\t').next().unwrap());
        let found: BTreeSet<_> = words.collect();
        assert_eq!(found, offered.iter().copied().collect(), "{typed:?}");
    }
    assert!(blocks[0].starts_with("10.0.0.1:80\twlc\n"), "{outcome}");
}

/// The installed schedulers are those that the kernel has.
#[test]
fn every_scheduler_that_is_offered_can_be_used() {
    let _place = place();
    let offered = ipvsadm("--complete -A -s ''").stdout;
    assert!(offered.contains("mh\tMaglev hashing"), "{offered}");
    for (number, line) in offered.lines().enumerate() {
        let name = line.split('\t').next().unwrap();
        ipvsadm(&format!("-A -f {} -s {name}", number + 1));
    }
}

#[test]
fn those_who_may_not_ask_get_nothing_and_no_error() {
    let _place = prepare();
    let mut nobody = Command::new("setpriv");
    nobody.args(["--bounding-set", "-all", "--inh-caps", "-all"]);
    nobody.arg("--no-new-privs").arg(Program::Ours.path());
    nobody.args(["--complete", "-D", "-t", ""]);
    let outcome = finish(nobody, b"", TIMEOUT).succeeded();
    assert_eq!(outcome.stdout, "");
    ipvsadm("--complete -D -t ''");
}
