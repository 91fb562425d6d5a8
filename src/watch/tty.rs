//! The terminal's settings, which are changed and later restored.

use std::fs::File;
use std::io::{self, Read, Write, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr};

use super::frame::Size;

/// Switches to the alternate screen, without a cursor; `LEAVE` switches back.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";

/// The size of a terminal that does not tell its size.
const USUAL: Size = Size {
    columns: 80,
    rows: 24,
};

/// The terminal at standard input and output.
pub(super) struct Tty {
    input: File,
    /// Frames are written without a buffer, each at once.
    output: File,
    /// The terminal's settings before it was taken; none while it is not taken.
    before: Mutex<Option<Termios>>,
}

impl Tty {
    /// Opens the terminal, without taking it.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            input: File::from(stdin().as_fd().try_clone_to_owned()?),
            output: File::from(stdout().as_fd().try_clone_to_owned()?),
            before: Mutex::new(None),
        })
    }

    /// Takes the terminal, or takes it again where another program has used it meanwhile. In the
    /// background, the kernel stops the program here, as it stops any program that changes the
    /// terminal.
    pub(super) fn take(&self) -> io::Result<()> {
        let mut before = self.before();
        let mut raw = match &*before {
            Some(before) => before.clone(),
            None => tcgetattr(&self.input)?,
        };
        let settings = raw.clone();
        raw.make_raw();
        tcsetattr(&self.input, OptionalActions::Now, &raw)?;
        *before = Some(settings);
        self.show(ENTER)
    }

    /// Restores the terminal. If it can't be reached, nothing can be done. If a shell is in the
    /// foreground again, the settings are the shell's and stay.
    pub(super) fn give_back(&self) {
        if let Some(before) = self.before().take() {
            let _ = self.show(LEAVE);
            if tcgetpgrp(&self.input).is_ok_and(|group| group == getpgrp()) {
                let _ = tcsetattr(&self.input, OptionalActions::Now, &before);
            }
        }
    }

    pub(super) fn show(&self, text: &[u8]) -> io::Result<()> {
        (&self.output).write_all(text)
    }

    pub(super) fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        (&self.input).read(bytes)
    }

    pub(super) fn input(&self) -> BorrowedFd<'_> {
        self.input.as_fd()
    }

    pub(super) fn size(&self) -> Size {
        match tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size {
                columns: size.ws_col.into(),
                rows: size.ws_row.into(),
            },
            _ => USUAL,
        }
    }

    fn before(&self) -> MutexGuard<'_, Option<Termios>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.give_back();
    }
}
