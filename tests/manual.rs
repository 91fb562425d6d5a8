//! The manual and the program name the same options, and the documents all new ones.
#![allow(clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::process::Command;

const IPVSADM: &str = include_str!("../man/ipvsadm.8");
const OTHER_PAGES: [&str; 3] = [
    include_str!("../man/ipvsadm-save.8"),
    include_str!("../man/ipvsadm-restore.8"),
    include_str!("../man/ipvsadm-diagnose.7"),
];

const README: &str = include_str!("../README.md");
const RECIPES: &str = include_str!("../docs/recipes.md");
const CHANGELOG: &str = include_str!("../CHANGELOG.md");
const DIFFERENCES: &str = include_str!("../docs/differences.md");
const KERNELS: &str = include_str!("../docs/kernels.md");

/// The options that ipvsadm 1.31 has; all others are additions.
const OLD: &str = "-A --add-service -E --edit-service -D --delete-service -C --clear -R \
     --restore -S --save -a --add-server -e --edit-server -d --delete-server -L -l --list \
     -Z --zero --set --start-daemon --stop-daemon -h --help -v --version -t --tcp-service \
     -u --udp-service --sctp-service -f --fwmark-service -6 --ipv6 -s --scheduler --pe -p \
     --persistent -M --netmask -r --real-server -g --gatewaying -i --ipip -m --masquerading \
     --tun-type --tun-port --tun-nocsum --tun-csum --tun-remcsum -w --weight -x \
     --u-threshold -y --l-threshold --mcast-interface --syncid --sync-maxlen --mcast-group \
     --mcast-port --mcast-ttl -c --connection --timeout --daemon --stats --rate --exact \
     --thresholds --persistent-conn --tun-info --nosort --sort -o --ops -n --numeric -b \
     --sched-flags";

type Options = BTreeSet<String>;

#[test]
fn every_option_of_the_help_has_an_entry_in_the_manual() {
    let missing = lacking(&help(), &entries(IPVSADM));
    assert!(missing.is_empty(), "not in the manual: {missing:?}");
}

#[test]
fn every_option_that_the_manual_names_is_in_the_help() {
    let missing = lacking(&named(IPVSADM), &help());
    assert!(missing.is_empty(), "not in the help: {missing:?}");
}

#[test]
fn the_other_pages_name_no_option_that_the_help_lacks() {
    for page in OTHER_PAGES {
        let missing = lacking(&named(page), &help());
        assert!(missing.is_empty(), "not in the help: {missing:?}");
    }
}

#[test]
fn the_manual_names_every_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema");
    for file in std::fs::read_dir(folder).expect("the schemas are there") {
        let name = file.expect("the folder can be read").file_name();
        let entry = format!(".Pa {}", name.to_string_lossy());
        assert!(IPVSADM.contains(&entry), "not in the manual: {entry}");
    }
}

#[test]
fn every_difference_between_kernels_names_tests_that_there_are() {
    let rows = KERNELS.lines().filter(|line| line.starts_with("| "));
    for row in rows.filter(|row| !row.starts_with("| |")) {
        let named: Vec<_> = row
            .split('`')
            .filter_map(|word| word.split_once("::"))
            .collect();
        assert!(!named.is_empty(), "no test: {row}");
        for (file, name) in named {
            let texts = ["kernel", "diagnose"].map(|suite| {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
                std::fs::read_to_string(format!("{folder}/{suite}/{file}.rs")).unwrap_or_default()
            });
            let is_in = |text: &String| {
                text.contains(&format!("fn {name}()")) || text.contains(&format!("mod {name} {{"))
            };
            assert!(texts.iter().any(is_in), "no test {file}::{name}");
        }
    }
}

#[test]
fn every_new_option_is_in_the_documents() {
    let mut additions = &help() - &in_text(OLD);
    additions.retain(|option| option.starts_with("--"));
    let (_, compatibility) = IPVSADM
        .split_once(".Sh COMPATIBILITY\n")
        .expect("the manual has that section");
    for (document, options) in [
        (
            "the README or the recipes",
            &in_text(README) | &in_text(RECIPES),
        ),
        ("the changelog", in_text(CHANGELOG)),
        ("the manual's COMPATIBILITY", named(compatibility)),
    ] {
        let missing = lacking(&additions, &options);
        assert!(missing.is_empty(), "not in {document}: {missing:?}");
    }
}

#[test]
fn the_readme_is_short_and_lists_every_difference() {
    assert!(README.lines().count() <= 200);
    let picture = |line: &str| line.contains("](docs/diagnose.svg)");
    assert!(
        README.lines().take(20).any(picture),
        "no picture at first sight"
    );
    let numbers = |text: &str| -> Vec<String> {
        let numbers = text.lines().filter_map(|line| line.split_once(". "));
        let numbers = numbers.filter(|(number, _)| number.parse::<u8>().is_ok());
        numbers.map(|(number, _)| number.to_owned()).collect()
    };
    let (_, listed) = README
        .split_once("\n## Differences")
        .expect("the README has that section");
    assert_eq!(numbers(listed), numbers(DIFFERENCES));
}

#[test]
fn options_are_found_in_a_page() {
    let page = "\
.Op Fl g | i | m
.It Fl w , Fl -weight Ar weight
text about -z and Fl z
.Pq or Fl -u-threshold Ns .";
    assert_eq!(
        named(page),
        options(&["-g", "-i", "-m", "-w", "--weight", "--u-threshold"])
    );
    assert_eq!(entries(page), options(&["-w", "--weight"]));
}

#[test]
fn options_are_found_in_a_text() {
    let text = "[-S|--save] -p [SECONDS], --tun-type=KIND --tun-...; no-option - -- 3-4";
    assert_eq!(
        in_text(text),
        options(&["-S", "--save", "-p", "--tun-type"])
    );
}

/// The options in what `ipvsadm --help` prints.
fn help() -> Options {
    let output = Command::new(env!("CARGO_BIN_EXE_ipvsadm"))
        .arg("--help")
        .output()
        .expect("ipvsadm can be started");
    let text = String::from_utf8(output.stdout).expect("help is text");
    assert!(output.status.success(), "{text}");
    let options = in_text(&text);
    assert!(options.len() > 50, "no help: {text}");
    options
}

fn in_text(text: &str) -> Options {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .filter(|word| is_option(word))
        .map(str::to_owned)
        .collect()
}

fn is_option(word: &str) -> bool {
    match word.strip_prefix("--") {
        // `--tun-...` is not one option but many.
        Some(name) => !name.is_empty() && !name.starts_with('-') && !name.ends_with('-'),
        None => word.len() == 2 && word.starts_with('-'),
    }
}

/// The options that entries of a page's lists are about.
fn entries(page: &str) -> Options {
    in_lines(page.lines().filter(|line| line.starts_with(".It ")))
}

/// All options that a page names.
fn named(page: &str) -> Options {
    in_lines(page.lines().filter(|line| line.starts_with('.')))
}

/// The arguments of the macro `Fl`, which writes the first dash.
fn in_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Options {
    let mut options = Options::new();
    for line in lines {
        let mut is_flag = false;
        for word in line.trim_start_matches('.').split_whitespace() {
            if is_macro(word) {
                is_flag = word == "Fl";
            } else if is_flag && is_option(&format!("-{word}")) && !is_punctuation(word) {
                options.insert(format!("-{word}"));
            }
        }
    }
    options
}

/// Macros have two letters: `Fl`, `Ar`.
fn is_macro(word: &str) -> bool {
    let mut letters = word.chars();
    let shape = (letters.next(), letters.next(), letters.next());
    matches!(shape, (Some('A'..='Z'), Some('a'..='z'), None))
}

fn is_punctuation(word: &str) -> bool {
    !word.contains(|letter: char| letter.is_ascii_alphanumeric())
}

fn lacking(these: &Options, those: &Options) -> Vec<String> {
    these.difference(those).cloned().collect()
}

fn options(words: &[&str]) -> Options {
    words.iter().map(|&word| word.to_owned()).collect()
}
