//! `--watch` on a terminal: a listing is drawn in place, again and again, until a key, a signal or
//! a number of looks ends it.

mod clock;
mod connections;
mod filter;
mod frame;
mod keys;
mod rates;
mod rows;
mod screen;
mod status;
mod table;
mod tty;

use std::io;
use std::time::{Duration, Instant};

pub use clock::rfc_3339;
pub use connections::{ConnectionsScreen, Window};
pub use frame::Size;
pub use keys::{Action, FilterKey};
pub use rates::{Meter, RowId};
pub use screen::Screen;
pub use table::TableScreen;

/// A thing that can be looked at again and again.
pub trait Subject {
    /// Why it could not be looked at.
    type Failure;

    /// Looks at the subject, for a window of that size.
    ///
    /// # Errors
    /// Why it could not be looked at; this ends the watching.
    fn look(&mut self, size: Size) -> Result<(), Self::Failure>;

    /// Does what a key asks for.
    fn act(&mut self, action: Action, size: Size) -> Then;

    /// Returns the next step after a change of the window's size.
    fn resized(&self) -> Then;

    /// Draws the last look.
    fn draw(&self, size: Size) -> Vec<u8>;
}

/// The next step after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Draw the same look again.
    Draw,
    /// Look again, before the next look is due.
    Look,
}

/// The terminal that frames are drawn on.
pub trait Terminal {
    /// Returns the size of the window.
    fn size(&self) -> Size;

    /// Shows a frame.
    ///
    /// # Errors
    /// Why the frame could not be written.
    fn show(&mut self, frame: &[u8]) -> io::Result<()>;

    /// Waits for an event, until `until` at the latest.
    ///
    /// # Errors
    /// Why waiting failed.
    fn wait(&mut self, until: Instant) -> io::Result<Event>;

    /// Gives the terminal back and stops the program; takes the terminal again when the program is
    /// continued.
    ///
    /// # Errors
    /// Why the terminal could not be taken again.
    fn suspend(&mut self) -> io::Result<()>;
}

/// An event of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The time of the next look has come.
    Due,
    /// Keys were typed.
    Keys(Vec<Action>),
    /// The window has another size, or the terminal was given back and taken again.
    Resized,
    /// The signal of this number asks the program to end.
    Signal(u8),
}

/// How watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchEnd {
    /// By `q`, or after the wanted number of looks.
    Done,
    /// By the signal of this number, or by its key.
    Signal(u8),
}

/// Why watching ended too early.
#[derive(Debug)]
pub enum Broken<E> {
    /// The subject could not be looked at.
    Look(E),
    /// The terminal failed.
    Screen(io::Error),
}

/// Times at a fixed distance. After a look that was missed, the distance counts from that moment.
pub struct Pace {
    interval: Duration,
    due: Instant,
}

impl Pace {
    /// Makes the first look due now.
    pub fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, due: now }
    }

    /// Returns the time of the next look.
    pub fn next(&mut self, now: Instant) -> Instant {
        let due = self.due.checked_add(self.interval);
        self.due = due.map_or(now, |due| due.max(now));
        self.due
    }
}

/// Watches until something ends it, or for the given number of looks. The last look is shown as
/// long as the others.
///
/// # Errors
/// The failure of the subject, or of the terminal.
pub fn watch<S: Subject>(
    terminal: &mut impl Terminal,
    subject: &mut S,
    interval: Duration,
    count: Option<u64>,
) -> Result<WatchEnd, Broken<S::Failure>> {
    let mut pace = Pace::new(interval, Instant::now());
    let mut looks = 0_u64;
    loop {
        subject.look(terminal.size()).map_err(Broken::Look)?;
        looks = looks.saturating_add(1);
        let due = pace.next(Instant::now());
        loop {
            let frame = subject.draw(terminal.size());
            terminal.show(&frame).map_err(Broken::Screen)?;
            let then = match terminal.wait(due).map_err(Broken::Screen)? {
                Event::Due if count.is_some_and(|count| looks >= count) => {
                    return Ok(WatchEnd::Done);
                }
                Event::Due => break,
                Event::Signal(number) => return Ok(WatchEnd::Signal(number)),
                Event::Resized => subject.resized(),
                Event::Keys(actions) => {
                    let mut then = Then::Draw;
                    for action in actions {
                        match action {
                            Action::Quit => return Ok(WatchEnd::Done),
                            Action::End(signal) => return Ok(WatchEnd::Signal(signal)),
                            Action::Suspend => terminal.suspend().map_err(Broken::Screen)?,
                            action => {
                                if subject.act(action, terminal.size()) == Then::Look {
                                    then = Then::Look;
                                }
                            }
                        }
                    }
                    then
                }
            };
            if then == Then::Look {
                subject.look(terminal.size()).map_err(Broken::Look)?;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::view::View;

    /// Events that come one after another; after the last one, waiting fails.
    struct Script {
        events: VecDeque<Event>,
        shown: Vec<String>,
    }

    impl Terminal for Script {
        fn size(&self) -> Size {
            Size {
                columns: 80,
                rows: 24,
            }
        }

        fn show(&mut self, frame: &[u8]) -> io::Result<()> {
            self.shown.push(String::from_utf8_lossy(frame).into_owned());
            Ok(())
        }

        fn wait(&mut self, _: Instant) -> io::Result<Event> {
            self.events.pop_front().ok_or_else(io::Error::last_os_error)
        }

        fn suspend(&mut self) -> io::Result<()> {
            self.shown.push("suspended".to_owned());
            Ok(())
        }
    }

    /// Draws how often it was looked at, and the actions.
    #[derive(Default)]
    struct CountingSubject {
        looks: usize,
        done: Vec<Action>,
        gone_after: Option<usize>,
    }

    impl Subject for CountingSubject {
        type Failure = &'static str;

        fn look(&mut self, _: Size) -> Result<(), &'static str> {
            if self.gone_after == Some(self.looks) {
                return Err("gone");
            }
            self.looks += 1;
            Ok(())
        }

        fn act(&mut self, action: Action, _: Size) -> Then {
            self.done.push(action);
            match action {
                Action::Reverse => Then::Look,
                _ => Then::Draw,
            }
        }

        fn resized(&self) -> Then {
            Then::Draw
        }

        fn draw(&self, _: Size) -> Vec<u8> {
            format!("{}/{}", self.looks, self.done.len()).into_bytes()
        }
    }

    fn play(
        subject: &mut CountingSubject,
        events: &[Event],
        count: Option<u64>,
    ) -> (Result<WatchEnd, Broken<&'static str>>, String) {
        let mut script = Script {
            events: events.to_vec().into(),
            shown: Vec::new(),
        };
        let end = watch(&mut script, subject, Duration::from_secs(1), count);
        (end, script.shown.join(" "))
    }

    #[test]
    fn it_goes_on_until_it_is_ended() {
        let view = Action::View(View::Stats);
        for (end, expected) in [
            (Event::Keys(vec![view, Action::Quit, view]), WatchEnd::Done),
            (Event::Keys(vec![Action::End(2)]), WatchEnd::Signal(2)),
            (Event::Signal(15), WatchEnd::Signal(15)),
        ] {
            let events = [
                Event::Due,
                Event::Keys(vec![view, view]),
                Event::Resized,
                Event::Keys(vec![Action::Reverse, view]),
                Event::Due,
                end,
            ];
            let (end, shown) = play(&mut CountingSubject::default(), &events, None);
            assert_eq!(end.unwrap(), expected);
            assert_eq!(shown, "1/0 2/0 2/2 2/2 3/4 4/4");
        }
    }

    #[test]
    fn the_last_of_a_number_of_looks_is_shown_its_time() {
        let events = [Event::Due, Event::Keys(Vec::new()), Event::Due];
        let (end, shown) = play(&mut CountingSubject::default(), &events, Some(2));
        assert_eq!(end.unwrap(), WatchEnd::Done);
        assert_eq!(shown, "1/0 2/0 2/0");
    }

    #[test]
    fn a_frame_is_drawn_when_the_terminal_is_taken_again() {
        let keys = vec![Action::Suspend, Action::View(View::Stats)];
        let events = [Event::Keys(keys), Event::Signal(1)];
        let (end, shown) = play(&mut CountingSubject::default(), &events, None);
        assert_eq!(end.unwrap(), WatchEnd::Signal(1));
        assert_eq!(shown, "1/0 suspended 1/1");
    }

    #[test]
    fn what_is_gone_ends_it() {
        let mut subject = CountingSubject {
            gone_after: Some(1),
            ..CountingSubject::default()
        };
        let (end, shown) = play(&mut subject, &[Event::Due], None);
        assert!(matches!(end, Err(Broken::Look("gone"))));
        assert_eq!(shown, "1/0");
        let (end, _) = play(&mut CountingSubject::default(), &[], None);
        assert!(matches!(end, Err(Broken::Screen(_))));
    }

    #[test]
    fn looks_keep_their_distance() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(Duration::from_secs(1), start);
        assert_eq!(pace.next(after(10)), after(1000));
        assert_eq!(pace.next(after(1400)), after(2000));
        // A late look is taken at once, and the next one a second after it.
        assert_eq!(pace.next(after(3500)), after(3500));
        assert_eq!(pace.next(after(3600)), after(4500));
    }
}
