//! What the kernel tests share: either program run with a timeout, a network
//! namespace per test thread, and a probe of the kernel's table that uses
//! nothing of `src/`.
#![allow(dead_code, unreachable_pub)] // each test crate uses a part of it

pub mod compare;
pub mod netlink;
pub mod probe;
mod words;

#[allow(unused_imports)] // as above
pub use words::words;

use std::ffi::OsStr;
use std::fmt;
use std::io::{PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};

pub use probe::{Table, kernel_table};

/// No run of a program may take longer. Under strace in an emulated machine a
/// replacement of 600 rules takes more than 30 s.
pub const TIMEOUT: Duration = Duration::from_secs(180);

/// Which of the two programs to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Reference,
    Ours,
}

impl Program {
    /// The file of `ipvsadm` itself.
    pub fn path(self) -> &'static Path {
        match self {
            Program::Reference => Path::new("/sbin/ipvsadm"),
            Program::Ours => ours(),
        }
    }

    /// A command that runs the program under the name `name`: `ipvsadm`,
    /// `ipvsadm-save` or `ipvsadm-restore`.
    pub fn command(self, name: &str) -> Command {
        let path = match self {
            // The reference's wrappers are scripts of their own.
            Program::Reference => Path::new("/sbin").join(name),
            Program::Ours => self.path().to_path_buf(),
        };
        assert!(path.exists(), "{} is missing", path.display());
        let mut command = Command::new(path);
        command.arg0(name);
        command
    }
}

/// The program under test, where every user may run it: a copy, since the folder
/// of the sources may be open to its owner alone. Root without capabilities and
/// root of a user namespace are such others too.
fn ours() -> &'static Path {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let folder = Path::new("/run").join(format!("ipvsadm-test-{}", std::process::id()));
        let copy = folder.join("ipvsadm");
        // Not by this process: a child that another thread starts meanwhile would
        // hold the copy open for writing, and nobody could execute it.
        let mut folders = Command::new("install");
        folders.args(["-d", "-m", "755"]).arg(&folder);
        let mut file = Command::new("install");
        file.args(["-m", "755", env!("CARGO_BIN_EXE_ipvsadm")])
            .arg(&copy);
        for install in [folders, file] {
            finish(install, b"", TIMEOUT).succeeded();
        }
        copy
    })
}

/// What a run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status; 128 + N after signal N.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// The first line on stderr, or nothing.
    pub fn complaint(&self) -> &str {
        self.stderr.lines().next().unwrap_or_default()
    }

    /// Fails the test unless the run ended with status 0 and a silent stderr.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert!(self.status == 0 && self.stderr.is_empty(), "{self}");
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    status {}", self.status)?;
        for (stream, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            for line in text.lines() {
                writeln!(f, "    {stream} | {line}")?;
            }
            if !text.is_empty() && !text.ends_with('\n') {
                writeln!(f, "    {stream} does not end its last line")?;
            }
        }
        Ok(())
    }
}

/// Runs the program, named `ipvsadm`, with these words and this stdin.
pub fn run<W: AsRef<OsStr>>(
    program: Program,
    words: impl IntoIterator<Item = W>,
    stdin: &str,
) -> Outcome {
    let mut command = program.command("ipvsadm");
    command.args(words);
    finish(command, stdin.as_bytes(), TIMEOUT)
}

/// Runs a shell command line of the test's own (`ip link add …`), which must
/// succeed; gives what it printed.
#[track_caller]
pub fn shell(line: &str) -> String {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    let outcome = finish(command, b"", TIMEOUT);
    assert!(outcome.status == 0, "{line}\n{outcome}");
    outcome.stdout
}

/// Returns a listing as the documents have it, with the usual size of the table of
/// connections. Linux 7.2 makes that table as large as it has to be.
pub fn of_usual_size(listing: &str) -> String {
    match listing.split_once("(size=") {
        Some((before, rest)) => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}(size=4096{rest}")
        }
        None => listing.to_owned(),
    }
}

/// Runs a command to its end and gives what it left. A command that takes
/// longer than `limit` is killed and fails the test.
#[track_caller]
pub fn finish(command: Command, stdin: &[u8], limit: Duration) -> Outcome {
    finish_into(None, command, stdin, limit)
}

/// The same, with this for its stdout instead of what is collected.
#[track_caller]
pub fn finish_into(
    instead: Option<Stdio>,
    mut command: Command,
    stdin: &[u8],
    limit: Duration,
) -> Outcome {
    let (mut stdout, stdout_end) = pipe().unwrap();
    let (mut stderr, stderr_end) = pipe().unwrap();
    let (stdin_end, mut input) = pipe().unwrap();
    command
        .stdin(stdin_end)
        .stdout(instead.unwrap_or(stdout_end.into()))
        .stderr(stderr_end);
    let shown = format!("{command:?}");
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{shown}: {e}"));
    drop(command); // and with it the child's ends of the pipes

    // What fits into the pipe is written at once; only more needs a thread.
    let (texts, in_time) = if stdin.len() <= 32 << 10 {
        let _ = input.write_all(stdin); // the child need not read it
        drop(input);
        collect([&mut stdout, &mut stderr], limit)
    } else {
        std::thread::scope(|scope| {
            scope.spawn(move || write_all(input, stdin));
            let collected = collect([&mut stdout, &mut stderr], limit);
            if !collected.1 {
                let _ = child.kill();
            }
            collected
        })
    };
    if !in_time {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{shown} took more than {limit:?}; so far:\n{texts:?}");
    }
    let status = wait(&mut child);
    let [stdout, stderr] = texts;
    Outcome {
        status,
        stdout,
        stderr,
    }
}

fn write_all(mut pipe: PipeWriter, bytes: &[u8]) {
    let _ = pipe.write_all(bytes);
}

fn wait(child: &mut Child) -> i32 {
    let status = child.wait().unwrap();
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap())
}

/// Reads both pipes to their ends, or to the end of the time: then the second
/// value is false.
fn collect(mut pipes: [&mut std::io::PipeReader; 2], limit: Duration) -> ([String; 2], bool) {
    let deadline = Instant::now() + limit;
    let mut texts = [Vec::new(), Vec::new()];
    let mut open = [true, true];
    while open != [false, false] {
        let left = deadline.saturating_duration_since(Instant::now());
        let ready: Vec<i32> = {
            let mut watched: Vec<PollFd> = pipes
                .iter()
                .zip(open)
                .filter(|(_, open)| *open)
                .map(|(pipe, _)| PollFd::new(pipe.as_fd(), PollFlags::POLLIN))
                .collect();
            let left = PollTimeout::try_from(left).unwrap();
            if poll(&mut watched, left).is_ok_and(|ready| ready == 0) {
                break;
            }
            watched
                .iter()
                .filter(|fd| fd.any().unwrap_or(true))
                .map(|fd| fd.as_fd().as_raw_fd())
                .collect()
        };
        for ((pipe, text), open) in pipes.iter_mut().zip(&mut texts).zip(&mut open) {
            if *open && ready.contains(&pipe.as_raw_fd()) {
                let mut piece = [0; 16 << 10];
                match pipe.read(&mut piece) {
                    Ok(0) | Err(_) => *open = false,
                    Ok(read) => text.extend_from_slice(&piece[..read]),
                }
            }
        }
    }
    let texts = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
    (texts, open == [false, false])
}

/// The network namespace of this test thread; programs it starts are in it too.
/// It ends with the thread and its programs.
pub struct Namespace {
    folder: PathBuf,
}

impl Namespace {
    /// Moves this thread into a network namespace of its own, in which only
    /// `lo` exists, and is up; mounts made from here on are seen by it alone.
    pub fn fresh() -> Self {
        unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)
            .expect("kernel tests run as root: see the Makefile");
        mount(
            None::<&str>,
            "/",
            None::<&str>,
            MsFlags::MS_REC | MsFlags::MS_PRIVATE,
            None::<&str>,
        )
        .unwrap();
        netlink::link_up(1);
        let thread = format!("{:?}", std::thread::current().id());
        let number: String = thread.chars().filter(char::is_ascii_digit).collect();
        let folder =
            std::env::temp_dir().join(format!("ipvs-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// A folder of this test's own.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets this thread and its programs see `text` in place of the file `path`.
    pub fn replace_file(&self, path: &str, text: &str) {
        let ours = self.folder.join(path.replace('/', "_"));
        std::fs::write(&ours, text).unwrap();
        mount(
            Some(&ours),
            path,
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        )
        .unwrap_or_else(|e| panic!("{path}: {e}"));
    }

    /// Names come from this hosts file, and what is not in it is refused at
    /// once: nothing answers at the only name server.
    pub fn name_hosts(&self, hosts: &str) {
        self.replace_file("/etc/hosts", hosts);
        self.replace_file("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
