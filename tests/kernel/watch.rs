//! `--watch`, in a terminal and into a pipe, and `--color`.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::director::{ipvsadm, place, restore, with_two_servers};
use crate::net::{Ended, wait_until};
use crate::support::{Outcome, Program, TIMEOUT, finish, shell};

/// A terminal with a shell in it, which tmux keeps.
struct Terminal {
    socket: String,
}

impl Terminal {
    fn open(columns: usize, rows: usize) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = format!("watch-{}-{number}", std::process::id());
        let terminal = Self { socket };
        terminal.tmux(&format!(
            "-f /dev/null new-session -d -x {columns} -y {rows} \
             'exec env \"PS1=ready: \" bash --norc' \\; set -g status off"
        ));
        terminal.until("a shell is there", |screen| screen.starts_with("ready:"));
        terminal
    }

    #[track_caller]
    fn tmux(&self, words: &str) -> String {
        shell(&format!("tmux -L {} {words}", self.socket))
    }

    /// Types a line in the shell; our program is `$I`.
    #[track_caller]
    fn line(&self, line: &str) {
        let line = line.replace("$I", Program::Ours.path().to_str().unwrap());
        self.tmux(&format!("send-keys -l '{line}'"));
        self.keys("Enter");
    }

    /// Presses keys, by tmux's names of them.
    #[track_caller]
    fn keys(&self, keys: &str) {
        self.tmux(&format!("send-keys {keys}"));
    }

    #[track_caller]
    fn screen(&self) -> String {
        self.tmux("capture-pane -p")
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        let started = Instant::now();
        while started.elapsed() < TIMEOUT {
            screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            thread::sleep(Duration::from_millis(30));
        }
        panic!("waited in vain until {what}; there is\n{screen}");
    }

    /// Waits for a text on the screen.
    #[track_caller]
    fn until_there_is(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Sends a signal to our program, which runs in it.
    #[track_caller]
    fn signal(&self, name: &str) {
        let tty = self.tmux("display -p '#{pane_tty}'");
        let tty = tty.trim().trim_start_matches("/dev/");
        shell(&format!(
            "kill -{name} $(ps -o pid=,comm= -t {tty} | sed -n 's/ ipvsadm$//p')"
        ));
    }

    /// The terminal's settings, whether its cursor is shown, and whether it has
    /// left the main screen.
    #[track_caller]
    fn state(&self) -> String {
        let state = self.tmux("display -p '#{pane_tty} #{cursor_flag} #{alternate_on}'");
        let (tty, flags) = state.trim().split_once(' ').unwrap();
        format!("{flags} {}", shell(&format!("stty -g -F {tty}")))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.socket, "kill-server"])
            .status();
    }
}

/// The rows that are marked as changed.
fn marked(screen: &str) -> Vec<&str> {
    screen.lines().filter(|row| row.starts_with('*')).collect()
}

/// Two services; the second has two servers.
const RULES: &str = "-A -t 10.0.0.1:80 -s wlc\n\
                     -A -u 10.0.0.1:53 -s rr\n\
                     -a -u 10.0.0.1:53 -r 10.1.0.2 -m\n\
                     -a -u 10.0.0.1:53 -r 10.1.0.3 -m -w 2\n";

#[test]
fn keys_choose_what_is_seen() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(RULES);
    let terminal = Terminal::open(80, 12);
    let before = terminal.state();
    // A mark must stay long enough to be seen.
    terminal.line("echo here before; $I -Ln --watch=2; echo status $?");
    terminal.until_there_is("every 2s  overview by address  rows 1-4 of 4");
    terminal.keys("p");
    let plain = terminal.until_there_is("every 2s  plain by address  rows 1-4 of 4");
    let rows: Vec<_> = plain.lines().skip(1).map(str::trim_end).collect();
    assert_eq!(
        rows[..6],
        [
            " Prot LocalAddress:Port Scheduler Flags",
            "   -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
            " TCP  10.0.0.1:80 wlc",
            " UDP  10.0.0.1:53 rr",
            "   -> 10.1.0.2:53                  Masq    1      0          0",
            "   -> 10.1.0.3:53                  Masq    2      0          0",
        ]
    );
    assert!(!plain.contains("here before"), "{plain}");
    assert!(terminal.state().starts_with("0 1 "), "{}", terminal.state());

    // Rows that change are marked until the next look.
    client.ask_udp(4, "10.0.0.9", "10.0.0.1:53");
    let changed = terminal.until("rows are marked", |screen| !marked(screen).is_empty());
    let marks = marked(&changed);
    assert!(
        marks.iter().all(|row| row.starts_with("*  -> 10.1.0.")),
        "{changed}"
    );
    terminal.until("no row is marked", |screen| {
        marked(screen).is_empty() && screen.contains("Masq    1      0          2")
    });

    // The largest first; then the other way round.
    let first_server = |screen: &str| {
        let row = screen.lines().find(|row| row.contains("-> 10.")).unwrap();
        row.split_whitespace()
            .find(|word| word.contains(':'))
            .unwrap()
            .to_owned()
    };
    terminal.keys("'>' '>' '>'");
    let by_weight = terminal.until_there_is("plain by Weight  rows");
    assert_eq!(first_server(&by_weight), "10.1.0.3:53");
    terminal.keys("R");
    let reversed = terminal.until_there_is("plain by Weight reversed");
    assert_eq!(first_server(&reversed), "10.1.0.2:53");
    terminal.keys("R s");
    let stats = terminal.until_there_is("stats by address");
    assert!(stats.contains("Conns   InPkts  OutPkts"), "{stats}");
    terminal.keys("Right");
    terminal.until_there_is("stats by Conns");
    terminal.keys("r '<'");
    terminal.until_there_is("rate by OutBPS");
    terminal.keys("o");
    terminal.until_there_is("overview by address");
    terminal.keys("p");
    terminal.until_there_is("plain by address");

    // A smaller window: cut, and with fewer rows.
    terminal.tmux("resize-window -x 40 -y 6");
    let small = terminal.until("it is redrawn", |screen| {
        screen.lines().count() == 6 && screen.contains("TCP") && !screen.contains("10.1.0.3")
    });
    assert!(
        small.lines().all(|row| row.chars().count() <= 40),
        "{small}"
    );
    assert!(
        small.contains("Forwa\n") && !small.contains("q quit"),
        "{small}"
    );
    terminal.keys("Down");
    terminal.until("it is scrolled", |screen| {
        screen.contains("10.1.0.3") && !screen.contains("TCP")
    });
    terminal.tmux("resize-window -x 80 -y 12");
    terminal.until_there_is("rows 1-4 of 4");

    // A sequence that does not end keeps nothing waiting.
    terminal.keys("-H 1b 5b");
    client.ask_udp(2, "10.0.0.9", "10.0.0.1:53");
    terminal.until_there_is("Masq    1      0          3");
    terminal.keys("Escape q");
    let left = terminal.until_there_is("status 0");
    assert!(left.contains("here before"), "{left}");
    assert_eq!(terminal.state(), before);
}

#[test]
fn the_terminal_is_left_as_it_was() {
    let _place = place();
    restore("-A -t 10.0.0.1:80 -s wlc\n-A -t 10.0.0.1:81 -s wlc\n");
    let terminal = Terminal::open(80, 24);
    let before = terminal.state();
    assert!(before.starts_with("1 0 "), "{before}");
    let gone = "-D -t 10.0.0.1:80";
    let cases = [
        ("-Ln --watch=60", "keys C-c", 130),
        ("-Ln --watch=60", "signal TERM", 143),
        ("-Ln --watch=60", "signal HUP", 129),
        ("-Ln --watch=60", "signal INT", 130),
        ("-Ln --watch=60", "signal QUIT", 131),
        ("-Ln --watch=60", "keys 'C-\\'", 131),
        ("-Lnc --watch=60", "signal USR1", 138),
        ("-Lnc --watch=60", "keys q", 0),
        ("-Lnc --by state --watch=60", "keys q", 0),
        ("-Ln --watch=0.1 --count 2", "", 0),
        ("-Ln -t 10.0.0.1:80 --watch=0.1", gone, 1),
    ];
    for (number, (words, how, status)) in cases.into_iter().enumerate() {
        // Not the command that is typed, but what it prints, says `status`; and
        // the number tells it from the one before, which is there for a while.
        terminal.line(&format!("clear; $I {words}; echo st\"\"atus {number} $?"));
        if !how.is_empty() {
            terminal.until("it is watched", |screen| screen.contains("  every "));
        }
        match how.split_once(' ') {
            Some(("keys", keys)) => terminal.keys(keys),
            Some(("signal", name)) => {
                terminal.signal(name);
            }
            Some(_) => drop(ipvsadm(how)),
            None => {}
        }
        let left = terminal.until_there_is(&format!("status {number} {status}\nready:"));
        assert_eq!(left.contains("No such service\n"), how == gone, "{left}");
        assert!(!left.contains("  every "), "{words}, {how}:\n{left}");
        assert_eq!(terminal.state(), before, "{words}, {how}");
    }
}

#[test]
fn the_terminal_is_given_back_and_taken_again() {
    let _place = place();
    restore(RULES);
    let terminal = Terminal::open(80, 24);
    let before = terminal.state();
    let is_ours = |screen: &str| screen.contains("  every ") && screen.contains("10.1.0.3:53");
    let words = [
        "-Ln --watch=60",
        "-Ln --watch=60",
        "-Ln --watch=60",
        "-Ln --watch=60",
    ];
    let stops = ["keys C-z", "TSTP", "TTIN", "STOP"];
    for (number, (words, stop)) in words.into_iter().zip(stops).enumerate() {
        terminal.line(&format!("clear; $I {words}; echo st\"\"atus {number} $?"));
        terminal.until("it is watched", is_ours);
        let taken = terminal.state();
        for _ in 0..2 {
            match stop.strip_prefix("keys ") {
                Some(keys) => terminal.keys(keys),
                None => terminal.signal(stop),
            }
            // Nobody can be told before these two.
            let is_sudden = ["TTIN", "STOP"].contains(&stop);
            let stopped = terminal.until("it is stopped", |screen| {
                screen.contains("Stopped") && screen.contains("ready:")
            });
            assert!(is_sudden || !stopped.contains("  every "), "{stopped}");
            if !is_sudden {
                assert_eq!(terminal.state(), before, "{stop}");
            }
            terminal.line("clear; fg");
            terminal.until("it is watched again", is_ours);
            assert_eq!(terminal.state(), taken, "{stop}");
        }
        // A key is read at once, and not when a line is complete.
        terminal.keys("q");
        terminal.until("it is left", |screen| !screen.contains("  every "));
        wait_until("the terminal is what it was", || terminal.state() == before);
    }
}

/// Nobody could continue it: no shell has started it as a job.
#[test]
fn without_a_shell_it_is_not_stopped() {
    let _place = place();
    restore(RULES);
    let terminal = Terminal::open(80, 24);
    terminal.line("exec $I -Ln --watch=0.2");
    terminal.until_there_is("rows 1-4 of 4");
    terminal.keys("C-z");
    ipvsadm("-A -t 10.0.0.1:81");
    terminal.until_there_is("rows 1-5 of 5");
    terminal.keys("r");
    terminal.until_there_is("rate by address");
}

#[test]
fn a_stopped_one_can_be_ended() {
    let _place = place();
    restore(RULES);
    let terminal = Terminal::open(80, 24);
    let before = terminal.state();
    terminal.line("$I -Ln --watch=60");
    terminal.until("it is watched", |screen| screen.contains("  every "));
    terminal.keys("C-z");
    terminal.until_there_is("Stopped");
    // The shell continues it too; it takes a while to notice what comes of that.
    terminal.line("clear; kill %1; sleep 1; jobs");
    let left = terminal.until_there_is("Exit 143");
    assert!(!left.contains("  every "), "{left}");
    assert_eq!(terminal.state(), before);
}

#[test]
fn a_terminal_that_is_gone_ends_it() {
    let _place = place();
    restore(RULES);
    let running = || {
        let mut ps = Command::new("ps");
        ps.args(["-C", "ipvsadm"]);
        finish(ps, b"", TIMEOUT).status == 0
    };
    let terminal = Terminal::open(80, 24);
    // The shell's children do not hear of it.
    terminal.line("trap \"\" HUP; $I -Ln --watch=60");
    terminal.until("it is watched", |screen| screen.contains("  every "));
    assert!(running());
    drop(terminal);
    wait_until("it has ended", || !running());
}

#[test]
fn connections_are_watched_as_far_as_they_fit() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(RULES);
    client.ask_udp(30, "10.0.0.9", "10.0.0.1:53");
    let terminal = Terminal::open(100, 12);
    terminal.line("$I -Lnc --watch=2");
    let all = terminal.until_there_is("rows 1-8 of 30  30 connections");
    let rows = |screen: &str| {
        let rows = screen.lines().filter(|row| row.contains("10.0.0.1:53"));
        rows.map(|row| row.split_whitespace().nth(3).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = rows(&all);
    assert_eq!(first.len(), 8, "{all}");
    terminal.keys("NPage");
    let second = rows(&terminal.until_there_is("rows 9-16 of 30"));
    assert!(second.len() == 8 && second.iter().all(|row| !first.contains(row)));
    terminal.keys("End");
    assert_eq!(rows(&terminal.until_there_is("rows 23-30 of 30")).len(), 8);
    terminal.tmux("resize-window -x 100 -y 40");
    assert_eq!(rows(&terminal.until_there_is("rows 1-30 of 30")).len(), 30);
    // New ones, now that all are seen.
    client.ask_udp(2, "10.0.0.8", "10.0.0.1:53");
    let new = terminal.until("they are marked", |screen| !marked(screen).is_empty());
    assert!(
        marked(&new).iter().all(|row| row.contains("10.0.0.8:")),
        "{new}"
    );
    terminal.keys("q");
    terminal.until("it is left", |screen| !screen.contains("  every "));

    terminal.line("$I -Lnc --by client --watch=0.5");
    let counts = terminal.until_there_is("connections by client  rows 1-2 of 2  32 connections");
    assert!(
        counts.contains("         30         0 10.0.0.9\n"),
        "{counts}"
    );
}

#[test]
fn rates_are_those_of_the_traffic() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(&RULES.replace("-w 2", "-w 1"));
    let ended = Ended::default();
    let (output, sent, time) = thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            let (start, mut sent) = (Instant::now(), 0_u32);
            while !ended.is_so() {
                client.ask_udp(2, "10.0.0.9", "10.0.0.1:53");
                sent += 2;
                thread::sleep(Duration::from_millis(80));
            }
            (sent, start.elapsed())
        });
        let output = ended.after(|| ipvsadm("-Ln --rate --exact --watch=2 --count 5").stdout);
        let (sent, time) = traffic.join().unwrap();
        (output, sent, time)
    });
    let rows = |label: &str| -> Vec<Vec<String>> {
        let rows = output.lines().filter(|row| row.contains(label));
        rows.map(|row| {
            let words = row.split_whitespace().skip(2);
            words.map(str::to_owned).collect()
        })
        .collect()
    };
    let mean = |label: &str, column: usize| {
        let rows = rows(label);
        assert_eq!(rows.len(), 5, "{output}");
        assert_eq!(rows[0], ["-"; 5], "{output}");
        let numbers = rows[1..]
            .iter()
            .map(|row| row[column].parse::<f64>().unwrap());
        numbers.sum::<f64>() / 4.0
    };
    let pace = f64::from(sent) / time.as_secs_f64();
    // The kernel adds up every two seconds, so one time in five may be missing.
    for (label, share) in [("UDP  10.0.0.1:53", 1.0), ("-> 10.1.0.2:53", 0.5)] {
        for (column, units) in [(0, 1.0), (1, 1.0), (2, 1.0), (3, 29.0), (4, 29.0)] {
            let (found, expected) = (mean(label, column), pace * share * units);
            assert!(
                (0.6..1.4).contains(&(found / expected)),
                "{label}: {found} in column {column}, {expected} expected\n{output}"
            );
        }
    }
    assert_eq!(rows("TCP  10.0.0.1:80")[4], ["0"; 5], "{output}");
}

#[test]
fn a_pipe_gets_blocks() {
    let _place = place();
    restore(RULES);
    for words in [
        "-Ln",
        "-Ln --stats",
        "-Ln -u 10.0.0.1:53",
        "-Lnc",
        "-Lnc --by server",
    ] {
        let once = ipvsadm(words).stdout;
        let watched = ipvsadm(&format!("{words} --watch=0.3 --count 2")).stdout;
        let (first, second) = watched.split_once("\n\n").unwrap();
        let times = [&format!("{first}\n"), second].map(|block| {
            let (time, listing) = block.split_once('\n').unwrap();
            assert_eq!(listing, once, "{words}");
            assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
            shell(&format!("date -d {time} +%s%3N"))
                .trim()
                .parse::<u64>()
                .unwrap()
        });
        let now = shell("date +%s%3N").trim().parse::<u64>().unwrap();
        let [first, second] = times;
        assert!((first + 250..first + 3000).contains(&second), "{times:?}");
        assert!((second..second + 20_000).contains(&now), "{times:?} {now}");
    }
    for words in [
        "-L --json",
        "-L --json -u 10.0.0.1:53",
        "-L -c --json",
        "-Lc --by state --json",
    ] {
        let once = ipvsadm(words).stdout;
        let watched = ipvsadm(&format!("{words} --watch=0.1 --count 3")).stdout;
        assert_eq!(watched, once.repeat(3), "{words}");
    }
}

#[test]
fn a_closed_pipe_ends_it() {
    let _place = place();
    restore(RULES);
    for words in [
        "-Ln --watch=0.1",
        "-L --json --watch=0.1",
        "-Lc --watch=0.1",
    ] {
        let program = Program::Ours.path().display();
        // Blocks come one by one, long before a buffer would be full.
        let line = format!("{program} {words} | head -n 9 >/dev/null; echo ${{PIPESTATUS[0]}}");
        let mut bash = Command::new("bash");
        bash.args(["-c", &line]);
        let Outcome { stdout, stderr, .. } = finish(bash, b"", TIMEOUT);
        assert_eq!((stdout.as_str(), stderr.as_str()), ("141\n", ""), "{words}");
    }
}

const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";
const NORMAL: &str = "\x1b[m";

#[test]
fn servers_that_take_no_new_connections_stand_out() {
    let (_place, [client, a, _]) = with_two_servers();
    let _server = a.serve(80);
    // So many services that a listing without colours reads `/proc`.
    let others: String = (1..=9).map(|n| format!("-A -f {n} -s rr\n")).collect();
    restore(&format!(
        "{others}-A -t 10.0.0.1:80 -s rr\n\
         -a -t 10.0.0.1:80 -r 10.1.0.2 -m -x 1\n\
         -a -t 10.0.0.1:80 -r 10.1.0.3 -m -w 0\n"
    ));
    let _kept = client.connect("10.0.0.1:80").unwrap();
    ipvsadm("-a -t 10.0.0.1:80 -r 10.1.0.4 -m -x 1");
    // A handshake: two packets from the client, one to it.
    wait_until("the kernel has added up", || {
        let stats = ipvsadm("-Ln --stats").stdout;
        stats.contains("10.0.0.1:80                         1        2        1      112")
    });
    for view in [
        "",
        "--stats",
        "--thresholds",
        "--persistent-conn",
        "--tun-info",
    ] {
        let plain = ipvsadm(&format!("-Ln {view}")).stdout;
        assert!(!plain.contains('\x1b'));
        let colored: String = plain
            .lines()
            .map(|row| match row.split_whitespace().nth(1) {
                Some("10.1.0.2:80") => format!("{RED}{row}{NORMAL}\n"),
                Some("10.1.0.3:80") => format!("{YELLOW}{row}{NORMAL}\n"),
                _ => format!("{row}\n"),
            })
            .collect();
        assert_ne!(plain, colored);
        for (when, expected) in [("always", &colored), ("auto", &plain), ("never", &plain)] {
            let found = ipvsadm(&format!("-Ln {view} --color={when}")).stdout;
            assert_eq!(&found, expected, "{view} {when}");
        }
    }
    // The same on a terminal.
    for (variable, words, is_colored) in [
        ("", "", false),
        ("", "--color=auto", true),
        ("NO_COLOR=", "--color=auto", true),
        ("NO_COLOR=1", "--color=auto", false),
        ("NO_COLOR=1", "--color=always", true),
        ("", "--color=never", false),
    ] {
        let program = Program::Ours.path().display();
        let typed = format!("{variable} {program} -Ln {words}");
        let printed = shell(&format!("script -qec '{typed}' /dev/null </dev/null"));
        assert!(printed.contains("-> 10.1.0.3:80"), "{printed}");
        assert_eq!(printed.contains(YELLOW), is_colored, "{typed}");
        assert_eq!(printed.contains(RED), is_colored, "{typed}");
    }
    let blocks = ipvsadm("-Ln --rate --color=always --watch=0.1 --count 2").stdout;
    assert_eq!(blocks.matches(YELLOW).count(), 2, "{blocks}");
    let terminal = Terminal::open(80, 24);
    terminal.line("$I -Ln --color=auto --watch=60");
    terminal.until_there_is("10.1.0.4:80");
    let screen = terminal.tmux("capture-pane -p -e");
    assert!(screen.contains("\x1b[31m   -> 10.1.0.2:80"), "{screen:?}");
}

/// Older kernels always add counters up: there this is left out by name.
mod since_5_16 {
    use super::*;

    #[test]
    fn counters_that_stand_still_are_said_to_in_the_first_line() {
        let _place = place();
        restore(RULES);
        shell("sysctl -qw net.ipv4.vs.run_estimation=0");
        let terminal = Terminal::open(120, 12);
        terminal.line("$I -Ln --watch=1");
        terminal.until_there_is(
            "overview by address, standing still: net.ipv4.vs.run_estimation is 0  rows",
        );
        terminal.keys("p");
        let plain = terminal.until_there_is("plain by address  rows");
        assert!(!plain.contains("standing still"), "{plain}");
        terminal.keys("s");
        terminal.until_there_is(
            "stats by address, standing still: net.ipv4.vs.run_estimation is 0  rows",
        );
        shell("sysctl -qw net.ipv4.vs.run_estimation=1");
        terminal.until_there_is("stats by address  rows");
        terminal.keys("q");
    }
}

#[test]
fn the_overview_shows_shares_and_services_without_servers() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(&RULES.replace("-w 2", "-w 0"));
    let terminal = Terminal::open(120, 12);
    terminal.line("$I -Ln --watch=2");
    let first = terminal.until_there_is("2 services (1 without a usable server), 2 servers");
    let row = |screen: &str, label: &str| {
        let row = screen.lines().find(|row| row.contains(label));
        row.unwrap_or_default().trim_end().to_owned()
    };
    assert!(
        row(&first, "TCP  10.0.0.1:80 ").contains("  NONE      0     0 "),
        "{first}"
    );
    // All of the traffic goes to one server.
    let served = terminal.until("there are shares", |screen| {
        client.ask_udp(2, "10.0.0.9", "10.0.0.1:53");
        screen.contains(" 100% ####################")
    });
    assert!(
        row(&served, "-> 10.1.0.2:53 ").contains(" 100% ####"),
        "{served}"
    );
    assert!(
        row(&served, "-> 10.1.0.3:53 ").ends_with("   0%"),
        "{served}"
    );
    // That is quiesced too.
    ipvsadm("-e -u 10.0.0.1:53 -r 10.1.0.2 -m -w 0");
    let quiesced = terminal.until_there_is("2 services (2 without a usable server), 2 servers");
    assert!(
        row(&quiesced, "UDP  10.0.0.1:53 ").contains("  NONE      0 "),
        "{quiesced}"
    );
    terminal.keys("q");
}

#[test]
fn a_typed_text_narrows_the_rows() {
    let (_place, [client, a, b]) = with_two_servers();
    let _servers = (a.serve_udp(53), b.serve_udp(53));
    restore(RULES);
    let terminal = Terminal::open(80, 12);
    terminal.line("$I -Ln --watch=60; echo st\"\"atus $?");
    terminal.until_there_is("overview by address  rows 1-4 of 4");
    // Letters that are keys elsewhere are no keys here.
    terminal.keys("/ q s R");
    terminal.until_there_is("Z  /qsR_  every 60s  overview by address  no rows");
    terminal.keys("BSpace BSpace BSpace 0 . 3");
    let typed = terminal.until_there_is("/0.3_  every 60s  overview by address  rows 1-2 of 2");
    assert!(
        typed.contains("UDP  10.0.0.1:53") && typed.contains("10.1.0.3:53"),
        "{typed}"
    );
    assert!(
        !typed.contains("TCP") && !typed.contains("10.1.0.2"),
        "{typed}"
    );
    assert!(typed.contains("Enter keep  Escape clear"), "{typed}");
    // Kept, they are keys again; a new look is narrowed too.
    terminal.keys("Enter s");
    terminal.until_there_is("Z  /0.3  every 60s  stats by address  rows 1-2 of 2");
    terminal.keys("Escape");
    terminal.until_there_is("Z  every 60s  stats by address  rows 1-4 of 4");
    terminal.keys("/ t c p Escape");
    terminal.until("it is cleared", |screen| {
        screen.contains("Z  every 60s  stats by address  rows 1-4 of 4")
            && screen.contains("q quit")
    });
    terminal.keys("q");
    terminal.until_there_is("status 0");

    client.ask_udp(3, "10.0.0.9", "10.0.0.1:53");
    client.ask_udp(4, "10.0.0.8", "10.0.0.1:53");
    terminal.line("clear; $I -Lnc --watch=60");
    terminal.until_there_is("connections  rows 1-7 of 7  7 connections");
    terminal.keys("/ 1 0 . 0 . 0 . 8 :");
    let clients = terminal.until_there_is("/10.0.0.8:_  every 60s  connections  rows 1-4 of 4");
    assert!(
        marked(&clients).is_empty() && !clients.contains("10.0.0.9"),
        "{clients}"
    );
    terminal.keys("Enter q");
    terminal.until("it is left", |screen| !screen.contains("  every "));
    terminal.line("clear; $I -Lnc --by client --watch=60");
    terminal.until_there_is("connections by client  rows 1-2 of 2  7 connections");
    terminal.keys("/ . 9");
    terminal.until_there_is("/.9_  every 60s  connections by client  rows 1-1 of 1  3 connections");
    terminal.keys("C-c");
    terminal.until("it is left", |screen| !screen.contains("  every "));
}
