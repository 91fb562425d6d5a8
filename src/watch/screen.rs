//! The terminal as a screen: frames go to it, keys and signals come from it. It is restored,
//! however watching ends.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGTSTP, SIGWINCH};
use signal_hook::{flag, low_level::pipe};

use super::frame::Size;
use super::keys::Keyboard;
use super::tty::Tty;
use super::{Event, Terminal};
use crate::signals::{Caught, Ignored};

/// How long to wait for bytes after Escape, which may be the beginning of another key.
const ESCAPE_TIME: Duration = Duration::from_millis(100);

/// The terminal at standard input and output, taken until this is dropped.
///
/// If the terminal is gone, or a sequence of keys has no end, it neither waits nor spins for ever.
pub struct Screen {
    tty: Arc<Tty>,
    keyboard: Keyboard,
    /// The time until which more bytes may follow an Escape.
    escape_until: Option<Instant>,
    /// This becomes readable when a signal comes.
    signals: UnixStream,
    /// The signal that asked the program to end.
    ending: Caught,
    /// True after the program was stopped and continued.
    continued: Arc<AtomicBool>,
    /// None where SIGTSTP is ignored.
    stop: Option<StopKey>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Why the terminal could not be taken. It is as it was then.
    pub fn enter() -> io::Result<Self> {
        let tty = Arc::new(Tty::open()?);
        let (signals, sender) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let ignored = Ignored::now();
        let ending = Caught::default();
        for signal in ignored.ending() {
            ending.watch(signal)?;
            pipe::register(signal, sender.try_clone()?)?;
        }
        let continued = Arc::new(AtomicBool::new(false));
        flag::register(SIGCONT, Arc::clone(&continued))?;
        pipe::register(SIGCONT, sender.try_clone()?)?;
        pipe::register(SIGWINCH, sender)?;
        let stop = match ignored.contains(SIGTSTP) {
            true => None,
            false => Some(StopKey::hold_back()?),
        };
        give_back_on_panic(&tty);
        tty.take()?;
        Ok(Self {
            tty,
            keyboard: Keyboard::default(),
            escape_until: None,
            signals,
            ending,
            continued,
            stop,
        })
    }

    fn signal(&mut self) -> io::Result<Event> {
        // A signal that comes from now on is seen by the next wait.
        while matches!(self.signals.read(&mut [0; 64]), Ok(1..)) {}
        if let Some(number) = self.ending.signal() {
            return Ok(Event::Signal(number));
        }
        if self.continued.swap(false, Ordering::Relaxed) {
            self.tty.take()?;
        }
        Ok(Event::Resized)
    }

    fn keys(&mut self) -> Event {
        let mut bytes = [0; 256];
        match self.tty.read(&mut bytes) {
            // The terminal is gone.
            Ok(0) => gone(),
            Ok(length) => {
                let typed = bytes.get(..length).unwrap_or_default();
                let actions = self.keyboard.typed(typed);
                self.escape_until = match self.keyboard.is_undecided() {
                    true => Instant::now().checked_add(ESCAPE_TIME),
                    false => None,
                };
                Event::Keys(actions)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Event::Keys(Vec::new()),
            Err(_) => gone(),
        }
    }

    /// Gives the terminal back and lets the kernel stop the program, unless SIGTSTP is ignored.
    fn pause(&mut self) -> io::Result<()> {
        let Some(stop) = &self.stop else {
            return Ok(());
        };
        self.tty.give_back();
        stop.let_through()?;
        // If a signal that ends the program has come meanwhile, no more frames are needed.
        if self.ending.signal().is_none() {
            self.continued.store(false, Ordering::Relaxed);
            self.tty.take()?;
        }
        Ok(())
    }
}

impl Terminal for Screen {
    fn size(&self) -> Size {
        self.tty.size()
    }

    fn show(&mut self, frame: &[u8]) -> io::Result<()> {
        match self.ending.signal() {
            None => self.tty.show(frame),
            // The terminal is about to be given back, if it has not been yet.
            Some(_) => Ok(()),
        }
    }

    fn wait(&mut self, until: Instant) -> io::Result<Event> {
        loop {
            let escape = self.escape_until.filter(|escape| *escape < until);
            let left = escape
                .unwrap_or(until)
                .saturating_duration_since(Instant::now());
            // The time is rounded up, so that no wait ends too early.
            let millis = left.as_nanos().div_ceil(1_000_000);
            let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
            let ready = |file| PollFd::new(file, PollFlags::POLLIN);
            let mut files = vec![ready(self.signals.as_fd()), ready(self.tty.input())];
            files.extend(self.stop.as_ref().map(|stop| ready(stop.pending.as_fd())));
            match poll(&mut files, timeout) {
                Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let is_ready = |place: usize| files.get(place).and_then(PollFd::any);
            let [signal, key, stop] = [0, 1, 2].map(|place| is_ready(place).unwrap_or_default());
            return match (signal, stop, key) {
                (true, _, _) => self.signal(),
                (false, true, _) => self.pause().map(|()| Event::Resized),
                (false, false, true) => Ok(self.keys()),
                (false, false, false) if escape.is_some() => {
                    self.escape_until = None;
                    Ok(Event::Keys(self.keyboard.alone().into_iter().collect()))
                }
                (false, false, false) => Ok(Event::Due),
            };
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        if self.stop.is_some() {
            // As a terminal does, the signal goes to the whole process group.
            kill(Pid::from_raw(0), Signal::SIGTSTP)?;
        }
        self.pause()
    }
}

/// SIGTSTP, held back until the terminal has been given back. It is blocked and not caught, so that
/// the kernel decides about it: a program that no shell would continue is not stopped.
struct StopKey {
    signal: SigSet,
    /// This is readable while the signal is held back.
    pending: SignalFd,
}

impl StopKey {
    fn hold_back() -> io::Result<Self> {
        let signal = SigSet::from(Signal::SIGTSTP);
        signal.thread_block()?;
        let pending = SignalFd::with_flags(&signal, SfdFlags::SFD_CLOEXEC)?;
        Ok(Self { signal, pending })
    }

    /// Lets the signal through, and returns when the program is continued.
    fn let_through(&self) -> io::Result<()> {
        self.signal.thread_unblock()?;
        Ok(self.signal.thread_block()?)
    }
}

/// Returns the event that the kernel's SIGHUP would have caused.
fn gone() -> Event {
    Event::Signal(u8::try_from(SIGHUP).unwrap_or_default())
}

fn give_back_on_panic(tty: &Arc<Tty>) {
    let tty = Arc::downgrade(tty);
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if let Some(tty) = tty.upgrade() {
            tty.give_back();
        }
        usual(what);
    }));
}
