//! The terminal itself: what it was is put back, however watching ends.

use std::fs::File;
use std::io::{self, Read, Write, stdin, stdout};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crossterm::cursor::{Hide, Show};
use crossterm::queue;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, window_size,
};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::{flag, low_level::pipe};

use super::frame::Size;
use super::keys::Keyboard;
use super::{Event, Terminal};

/// The size of a terminal that does not tell.
const USUAL: Size = Size {
    columns: 80,
    rows: 24,
};

/// The terminal at standard input and output, ours until it is dropped.
///
/// Keys are read here, and not by crossterm: a terminal that is gone, or a
/// sequence without an end, would make it wait or spin for ever.
pub struct Screen {
    /// Written without a buffer: a frame at once.
    output: File,
    input: File,
    keyboard: Keyboard,
    /// Becomes readable when a signal comes.
    signals: UnixStream,
    /// The number of the signal that asked to end.
    ending: Arc<AtomicUsize>,
    /// From here on the terminal is not as it was.
    _restore: Restore,
}

struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        leave();
    }
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Why it could not; then it is as it was.
    pub fn enter() -> io::Result<Self> {
        let mut output = File::from(stdout().as_fd().try_clone_to_owned()?);
        let input = File::from(stdin().as_fd().try_clone_to_owned()?);
        let (signals, sender) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let ending = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&ending), number)?;
            pipe::register(signal, sender.try_clone()?)?;
        }
        pipe::register(SIGWINCH, sender)?;
        restore_on_panic();
        enable_raw_mode()?;
        let restore = Restore;
        let mut codes = Vec::new();
        queue!(codes, EnterAlternateScreen, Hide)?;
        output.write_all(&codes)?;
        Ok(Self {
            output,
            input,
            keyboard: Keyboard::default(),
            signals,
            ending,
            _restore: restore,
        })
    }

    fn signal(&mut self) -> Event {
        // One that comes from now on is seen by the next wait.
        while matches!(self.signals.read(&mut [0; 64]), Ok(1..)) {}
        match u8::try_from(self.ending.load(Ordering::Relaxed)) {
            Ok(0) | Err(_) => Event::Resized,
            Ok(number) => Event::Signal(number),
        }
    }

    fn keys(&mut self) -> Event {
        let mut bytes = [0; 256];
        match self.input.read(&mut bytes) {
            // The terminal is gone.
            Ok(0) => gone(),
            Ok(length) => {
                let typed = bytes.get(..length).unwrap_or_default();
                Event::Keys(self.keyboard.typed(typed))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Event::Keys(Vec::new()),
            Err(_) => gone(),
        }
    }
}

impl Terminal for Screen {
    fn size(&self) -> Size {
        match window_size() {
            Ok(size) if size.columns > 0 && size.rows > 0 => Size {
                columns: size.columns.into(),
                rows: size.rows.into(),
            },
            _ => USUAL,
        }
    }

    fn show(&mut self, frame: &[u8]) -> io::Result<()> {
        self.output.write_all(frame)
    }

    fn wait(&mut self, until: Instant) -> io::Result<Event> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // Not a millisecond too early.
            let millis = left.as_nanos().div_ceil(1_000_000);
            let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
            let mut ready = [&self.signals.as_fd(), &self.input.as_fd()]
                .map(|file| PollFd::new(*file, PollFlags::POLLIN));
            match poll(&mut ready, timeout) {
                Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let [signals, input] = ready.map(|file| file.any().unwrap_or_default());
            return Ok(match (signals, input) {
                (true, _) => self.signal(),
                (false, true) => self.keys(),
                (false, false) => Event::Due,
            });
        }
    }
}

/// As if the kernel had told.
fn gone() -> Event {
    Event::Signal(u8::try_from(SIGHUP).unwrap_or_default())
}

fn restore_on_panic() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        leave();
        usual(what);
    }));
}

/// Makes the terminal what it was. If it can't be reached there is nothing to
/// be done.
fn leave() {
    let mut codes = Vec::new();
    let _ = queue!(codes, Show, LeaveAlternateScreen);
    if let Ok(output) = stdout().as_fd().try_clone_to_owned() {
        let _ = File::from(output).write_all(&codes);
    }
    let _ = disable_raw_mode();
}
