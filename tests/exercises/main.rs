//! Exercises: what CONTRIBUTING.md says of additions is done to a copy of the
//! sources, which must build and then do what was added.
//!
//! `make exercises` runs them. Nothing of the checkout is changed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Lines that are added to a file, above the only line that reads `above`.
struct Addition {
    file: &'static str,
    above: &'static str,
    lines: &'static str,
}

const fn add(file: &'static str, above: &'static str, lines: &'static str) -> Addition {
    Addition { file, above, lines }
}

/// One line of code; the other one is the manual's.
const SCHEDULER_FLAG: &[Addition] = &[add(
    "ipvs/src/model/scheduler_flags.rs",
    "];",
    r#"    SchedulerFlag { name: "mh-strict", flag: ServiceFlags::SCHED3, scheduler: Some("mh") },"#,
)];

/// The file of the view is `weights.rs`.
const VIEW: &[Addition] = &[
    add("src/view/mod.rs", "mod tunnel;", "mod weights;"),
    add(
        "src/view/mod.rs",
        "    /// `--stats`",
        "    /// `--weights`\n    Weights,",
    ),
    add(
        "src/view/mod.rs",
        "            Self::Stats => &stats::VIEW,",
        "            Self::Weights => &weights::VIEW,",
    ),
];

/// The file of the format is `csv.rs`.
const FORMAT: &[Addition] = &[
    add("src/run/formats/mod.rs", "mod json;", "mod csv;"),
    add(
        "src/run/formats/mod.rs",
        "        Format::Json => &json::Json,",
        "        Format::Csv => &csv::Csv,",
    ),
    add(
        "src/cli/command/mod.rs",
        "    /// `--json`: one document, always in numbers, whatever the view.",
        "    /// `--csv`\n    Csv,",
    ),
];

/// The option by which the format is chosen: its label, its row, and its use.
const OPTION_OF_FORMAT: &[Addition] = &[
    add("src/cli/types.rs", "    Json \"json\",", "    Csv \"csv\","),
    add(
        "src/cli/options/table.rs",
        "        option(L::Json, \"\", Nothing,",
        r#"        option(L::Csv, "", Nothing, "as words with commas between them")
            .with(&[(Verb::List, Allowed), (Verb::Restore, With(L::DryRun))]),"#,
    ),
    add(
        "src/cli/assemble/mod.rs",
        "            (Label::Json, Format::Json),",
        "            (Label::Csv, Format::Csv),",
    ),
];

/// An option with a value: its label, its row with the setter, the flag that it
/// sets, the field of its command, and its use.
const OPTION: &[Addition] = &[
    add(
        "src/cli/types.rs",
        "    Json \"json\",",
        "    First \"first\",",
    ),
    add(
        "src/cli/options/table.rs",
        "        option(L::Strict, \"\", Nothing,",
        r#"        option(L::First, "", Value("NUMBER"), "with -R --dry-run: only the first changes")
            .with(&[(Verb::Restore, With(L::DryRun))])
            .set(|to, word| put(&mut to.flags.first, count(word))),"#,
    ),
    add(
        "src/cli/flags.rs",
        "    pub(crate) count: Option<u64>,",
        "    pub(crate) first: Option<u64>,",
    ),
    add(
        "src/cli/command/rules.rs",
        "    /// How the changes of a dry run are printed.",
        "    /// How many changes are shown.\n    pub first: Option<u64>,",
    ),
    add(
        "src/cli/assemble/rules.rs",
        "            input: None,",
        "            first: self.first,",
    ),
    add(
        "src/run/restore.rs",
        "    formats::of(restore.format).changes(&settings, &changes, out, report)",
        "    let first = restore.first.and_then(|first| usize::try_from(first).ok());\n    \
         changes.truncate(first.unwrap_or(usize::MAX));",
    ),
];

const FIELD: &[Addition] = &[add(
    "ipvs/src/model/service.rs",
    "    /// Persistence engine (`IPVS_SVC_ATTR_PE_NAME`).",
    "    /// A setting that the kernel may have one day.\n    pub share: u32,",
)];

/// A copy of the sources, which shares what is built of other crates.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let copy = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        drop(fs::remove_dir_all(&copy.0));
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in [
            "Cargo.toml",
            "Cargo.lock",
            "build.rs",
            "src",
            "ipvs",
            "benches",
            "tests",
        ] {
            copied(&root.join(part), &copy.0.join(part));
        }
        copy
    }

    fn file(&self, from: &str, to: &str) {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exercises");
        let to = self.0.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(tests.join(from), to).unwrap();
    }

    fn add(&self, additions: &[Addition]) {
        for Addition { file, above, lines } in additions {
            let path = self.0.join(file);
            let text = fs::read_to_string(&path).unwrap();
            let place = format!("\n{above}\n");
            assert_eq!(text.matches(&place).count(), 1, "{file}: {above}");
            let text = text.replacen(&place, &format!("\n{lines}{place}"), 1);
            fs::write(path, text).unwrap();
        }
    }

    fn cargo(&self, words: &[&str]) -> Output {
        // `target/tmp` is where this copy is.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        for package in ["ipvsadm", "libipvs"] {
            cargo.args([
                "--config",
                &format!("profile.dev.package.{package}.opt-level=0"),
            ]);
        }
        cargo
            .args(words)
            .args(["--locked", "--offline", "--target-dir"]);
        cargo.arg(target).current_dir(&self.0).output().unwrap()
    }

    /// The places at which a package does not compile: file, line, and the code of
    /// the error.
    fn mistakes(&self, package: &str) -> Vec<(String, usize, String)> {
        let output = self.cargo(&["check", "--package", package, "--message-format", "json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let messages = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut mistakes: Vec<_> = messages
            .filter(|message| message["message"]["level"] == "error")
            .filter_map(|message| {
                let code = message["message"]["code"]["code"].as_str()?.to_owned();
                let spans = message["message"]["spans"].as_array()?.iter();
                let place = spans.clone().find(|span| span["is_primary"] == true)?;
                let line = usize::try_from(place["line_start"].as_u64()?).ok()?;
                Some((place["file_name"].as_str()?.to_owned(), line, code))
            })
            .collect();
        mistakes.sort();
        mistakes
    }

    /// Gives a value to the field, or takes it, where it is missing.
    fn decide(&self, mistakes: &[(String, usize, String)]) {
        for (file, line, code) in mistakes.iter().rev() {
            let decision = match code.as_str() {
                "E0027" => "share: _,",
                "E0063" => "share: 0,",
                other => panic!("{file}:{line}: {other}"),
            };
            let path = self.0.join(file);
            let text = fs::read_to_string(&path).unwrap();
            let mut lines: Vec<_> = text.lines().collect();
            lines.insert(*line, decision);
            fs::write(path, lines.join("\n")).unwrap();
        }
    }
}

fn copied(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copied(&entry.path(), &to.join(entry.file_name()));
    }
}

fn files(mistakes: &[(String, usize, String)]) -> BTreeSet<&str> {
    mistakes.iter().map(|(file, ..)| file.as_str()).collect()
}

#[test]
fn a_flag_a_view_a_format_and_an_option_are_as_little_as_they_are_said_to_be() {
    let copy = Copy::new("additions");
    copy.file("weights.rs", "src/view/weights.rs");
    copy.file("csv.rs", "src/run/formats/csv.rs");
    copy.file("listing.rs", "examples/listing.rs");
    for additions in [SCHEDULER_FLAG, VIEW, FORMAT, OPTION_OF_FORMAT, OPTION] {
        copy.add(additions);
    }
    let manifest = copy.0.join("Cargo.toml");
    // The tests' own program keeps its name to itself.
    let text = fs::read_to_string(&manifest).unwrap().replace(
        "\n[[test]]\nname = \"kernel\"",
        "\n[[bin]]\nname = \"exercise\"\npath = \"src/main.rs\"\n\n[[test]]\nname = \"kernel\"",
    );
    fs::write(&manifest, text).unwrap();
    let words = ["build", "--bin", "exercise", "--example", "listing"];
    let built = copy.cargo(&[&words[..], &["--message-format", "short"]].concat());
    let said = String::from_utf8(built.stderr).unwrap();
    assert!(built.status.success(), "{said}");
    assert!(!said.contains(": warning:"), "{said}");

    let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug");
    let mut program = Command::new(programs.join("exercise"))
        .args(["-R", "--dry-run", "--csv", "--first", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let rules = "-A -t 10.0.0.1:80 -s mh -b mh-strict,mh-port\n-A -t 10.0.0.2:80 -s rr\n";
    program
        .stdin
        .take()
        .unwrap()
        .write_all(rules.as_bytes())
        .unwrap();
    let output = program.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown, "-A,-t,10.0.0.1:80,-s,mh,-b,mh-port,mh-strict\n");

    let listing = Command::new(programs.join("examples/listing"))
        .output()
        .unwrap();
    let listing = String::from_utf8(listing.stdout).unwrap();
    assert_eq!(
        listing,
        "Prot LocalAddress:Port            Weight\n  -> RemoteAddress:Port\n\
         TCP  10.0.0.1:80 wlc\n  -> 10.1.0.1:8080                7     \n"
    );
}

#[test]
fn a_field_of_a_service_asks_whoever_sends_compares_saves_or_shows_services() {
    let copy = Copy::new("field");
    copy.add(FIELD);
    let library = copy.mistakes("libipvs");
    let asked = [
        "ipvs/src/model/service.rs",
        "ipvs/src/netlink/convert/answer.rs",
        "ipvs/src/netlink/convert/request.rs",
        "ipvs/src/model/equivalence.rs",
        "ipvs/src/rules/mod.rs",
    ];
    assert_eq!(files(&library), asked.into(), "{library:?}");
    copy.decide(&library);
    let program = copy.mistakes("ipvsadm");
    let asked = [
        "src/cli/assemble/servers.rs",
        "src/cli/keep.rs",
        "src/json/service.rs",
        "src/openmetrics/service.rs",
        "src/render/flags.rs",
    ];
    assert_eq!(files(&program), asked.into(), "{program:?}");
    copy.decide(&program);
    assert_eq!(copy.mistakes("ipvsadm"), []);
}
