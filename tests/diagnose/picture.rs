//! The picture of the README: a client that waits in vain, the fault named, the cure,
//! and the client served. It is drawn of a run; each further run has to say the same,
//! but for numbers.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::clients::{are_served, while_in_vain, while_served};
use crate::director::{ipvsadm, restore};
use crate::net::{Host, Side, network};
use crate::support::{Namespace, Program, TIMEOUT, finish, shell};

/// Where the README has it from. `make picture` sets WRITE_PICTURE.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/diagnose.svg");
const ADDRESS: &str = "192.0.2.80:80";
const FAULT: &str = "net.ipv4.conf.eth1.forwarding";

#[test]
fn the_picture_of_the_readme() {
    let place = Namespace::fresh();
    let [client, a, b] = network(
        "192.0.2.80/24",
        "192.168.10.1/24",
        [
            ("client", Side::Front, "192.0.2.7/24"),
            ("A", Side::Back, "192.168.10.11/24 192.168.10.1"),
            ("B", Side::Back, "192.168.10.12/24 192.168.10.1"),
        ],
    );
    let director = Host::this("director");
    std::os::unix::fs::symlink(Program::Ours.path(), place.folder().join("ipvsadm")).unwrap();
    std::fs::write(place.folder().join("index.html"), "Welcome.\n").unwrap();
    let _sites = [&a, &b].map(|server| Site::at(server, place.folder()));
    restore(&format!(
        "-A -t {ADDRESS} -s wlc\n-a -t {ADDRESS} -r 192.168.10.11 -m\n\
         -a -t {ADDRESS} -r 192.168.10.12 -m\n"
    ));
    // No note is to be in the picture.
    ipvsadm("--set 7200 0 0");
    for site in ["192.168.10.11:80", "192.168.10.12:80"] {
        are_served(&director, site);
    }
    are_served(&client, ADDRESS);
    shell(&format!("sysctl -qw {FAULT}=0"));

    let run = |host: &Host, line| said(host, line, place.folder());
    let mut screen = Screen::default();
    let in_vain = "curl -sS -m 3 http://192.0.2.80/";
    screen.show("client$", in_vain, &run(&client, in_vain));
    // Some of what is seen is seen only if something happens meanwhile.
    let diagnosis = while_in_vain(&client, ADDRESS, || {
        let looked = || run(&director, "ipvsadm --diagnose");
        let mut tries = std::iter::repeat_with(looked).take(10);
        tries.find(|said| said.contains(" rose by ")).unwrap()
    });
    screen.show("director#", "ipvsadm --diagnose", &diagnosis);
    let cure = diagnosis.lines().find_map(|line| line.split_once("do:"));
    let cure = cure.unwrap().1.trim();
    screen.show("director#", cure, &run(&director, cure));
    are_served(&client, ADDRESS);
    let served = "curl -sS http://192.0.2.80/";
    screen.show("client$", served, &run(&client, served));
    let healthy = while_served(&client, ADDRESS, || run(&director, "ipvsadm --diagnose"));
    screen.show("director#", "ipvsadm --diagnose", &healthy);

    let drawn = screen.drawn();
    if std::env::var_os("WRITE_PICTURE").is_some() {
        std::fs::write(PICTURE, &drawn).unwrap();
    }
    let picture = std::fs::read_to_string(PICTURE).unwrap();
    assert_eq!(
        words_without_numbers(&drawn),
        words_without_numbers(&picture),
        "make picture draws it anew"
    );
}

/// A web server, until it is dropped.
struct Site(Child);

impl Site {
    fn at(host: &Host, folder: &Path) -> Self {
        let mut python = Command::new("python3");
        python
            .args(["-m", "http.server", "80", "--directory"])
            .arg(folder);
        python.stdout(Stdio::null()).stderr(Stdio::null());
        Self(host.run(move || python.spawn().unwrap()))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What the line prints on the host, where `ipvsadm` is ours.
fn said(host: &Host, line: &str, folder: &Path) -> String {
    let mut shell = Command::new("bash");
    let path = std::env::var("PATH").unwrap();
    shell.args(["-c", &format!("exec 2>&1; {line}")]);
    shell.env("PATH", format!("{}:{path}", folder.display()));
    host.run(|| finish(shell, b"", TIMEOUT)).stdout
}

/// What the picture says. A longer number may break a line at another place.
fn words_without_numbers(picture: &str) -> Vec<String> {
    let texts = picture.split('<').filter_map(|tag| tag.split_once('>'));
    let text: Vec<_> = texts.map(|(_, text)| text).collect();
    let word = |word: &str| {
        let parts = word.split(|letter: char| letter.is_ascii_digit());
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        parts.join("0")
    };
    text.join(" ").split_whitespace().map(word).collect()
}

/// A terminal as a picture.
#[derive(Default)]
struct Screen {
    rows: Vec<String>,
}

impl Screen {
    fn show(&mut self, prompt: &str, line: &str, said: &str) {
        if !self.rows.is_empty() {
            self.rows.push(String::new());
        }
        self.rows.push(format!(
            r#"<tspan class="prompt">{prompt}</tspan> <tspan class="typed">{}</tspan>"#,
            escaped(line)
        ));
        self.rows.extend(said.lines().map(|line| {
            let line = escaped(line);
            match line.strip_prefix("FAIL") {
                Some(rest) => format!(r#"<tspan class="fail">FAIL</tspan>{rest}"#),
                None => line,
            }
        }));
    }

    fn drawn(&self) -> String {
        let height = 20 * self.rows.len() + 60;
        let mut picture = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" width="760" height="{height}">
<title>A client waits in vain; ipvsadm --diagnose names the fault and the cure; the client is served</title>
<style>
text {{ font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d4d4d4; white-space: pre }}
.prompt {{ fill: #7fb069 }} .typed {{ fill: #fff; font-weight: bold }} .fail {{ fill: #ff6b6b; font-weight: bold }}
</style>
<rect width="760" height="{height}" rx="8" fill="#1e1e1e"/>
<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>
"##
        );
        for (number, row) in self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.is_empty())
        {
            let y = 20 * number + 52;
            writeln!(
                picture,
                r#"<text x="16" y="{y}" xml:space="preserve">{row}</text>"#
            )
            .unwrap();
        }
        picture + "</svg>\n"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
