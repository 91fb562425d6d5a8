//! Keys, and what they do.

use crate::view::View;

/// The meaning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To leave.
    Quit,
    /// To leave, as a program that this signal has ended.
    End(u8),
    /// To give the terminal back until the program is continued.
    Suspend,
    /// Other columns.
    View(View),
    /// The order of the column to the left.
    SortLeft,
    /// The order of the column to the right.
    SortRight,
    /// The other way round.
    Reverse,
    /// Other rows.
    Scroll(Scroll),
}

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    /// A row up.
    Up,
    /// A row down.
    Down,
    /// As many rows up as are shown.
    PageUp,
    /// As many rows down as are shown.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Scroll {
    /// The row that is then the first to be shown, of so many, in a window for
    /// so many.
    pub(super) fn from(self, first: usize, rows: usize, room: usize) -> usize {
        let last = rows.saturating_sub(room);
        let first = match self {
            Self::Up => first.saturating_sub(1),
            Self::Down => first.saturating_add(1),
            Self::PageUp => first.saturating_sub(room),
            Self::PageDown => first.saturating_add(room),
            Self::First => 0,
            Self::Last => last,
        };
        first.min(last)
    }
}

/// Reads the bytes that the terminal sends for keys.
#[derive(Default)]
pub(super) struct Keyboard {
    /// A sequence whose end has not come yet.
    pending: Vec<u8>,
}

/// No sequence that means something is longer.
const MAX_PENDING: usize = 16;
const ESCAPE: u8 = 0x1b;

/// The signals of Ctrl-C and Ctrl-\\.
const SIGINT: u8 = 2;
const SIGQUIT: u8 = 3;

impl Keyboard {
    /// Returns what these bytes, after all before them, ask for. Those that mean
    /// nothing are passed over.
    pub(super) fn typed(&mut self, bytes: &[u8]) -> Vec<Action> {
        bytes.iter().filter_map(|byte| self.byte(*byte)).collect()
    }

    fn byte(&mut self, byte: u8) -> Option<Action> {
        match (self.pending.as_slice(), byte) {
            // Whatever came before: a key of its own, or another sequence.
            (_, 0x03 | 0x1a | 0x1c) => {
                self.pending.clear();
                control(byte)
            }
            (_, ESCAPE) => {
                self.pending = vec![ESCAPE];
                None
            }
            ([], _) => key(byte),
            ([ESCAPE], b'[' | b'O') => {
                self.pending.push(byte);
                None
            }
            // Escape, and then a key.
            ([ESCAPE], _) => {
                self.pending.clear();
                key(byte)
            }
            // Parameters: ECMA-48 calls what ends them a final byte.
            (pending, 0x20..=0x3f) if pending.len() < MAX_PENDING => {
                self.pending.push(byte);
                None
            }
            (pending, _) => {
                let action = sequence(pending.get(2..).unwrap_or_default(), byte);
                self.pending.clear();
                action
            }
        }
    }
}

/// Keys for which a terminal sends signals, where it is not in raw mode.
fn control(byte: u8) -> Option<Action> {
    match byte {
        0x03 => Some(Action::End(SIGINT)),
        0x1a => Some(Action::Suspend),
        0x1c => Some(Action::End(SIGQUIT)),
        _ => None,
    }
}

fn key(byte: u8) -> Option<Action> {
    Some(match byte {
        b'q' | b'Q' => Action::Quit,
        b's' | b'1' => Action::View(View::Stats),
        b'r' | b'2' => Action::View(View::Rate),
        b'p' | b'3' => Action::View(View::Plain),
        b'<' => Action::SortLeft,
        b'>' => Action::SortRight,
        b'R' => Action::Reverse,
        b'k' => Action::Scroll(Scroll::Up),
        b'j' => Action::Scroll(Scroll::Down),
        b'b' => Action::Scroll(Scroll::PageUp),
        b' ' => Action::Scroll(Scroll::PageDown),
        b'g' => Action::Scroll(Scroll::First),
        b'G' => Action::Scroll(Scroll::Last),
        _ => return None,
    })
}

/// Keys that have no letter, by the parameters and the end of what they send.
fn sequence(parameters: &[u8], end: u8) -> Option<Action> {
    Some(match (parameters, end) {
        (b"", b'A') => Action::Scroll(Scroll::Up),
        (b"", b'B') => Action::Scroll(Scroll::Down),
        (b"", b'C') => Action::SortRight,
        (b"", b'D') => Action::SortLeft,
        (b"5", b'~') => Action::Scroll(Scroll::PageUp),
        (b"6", b'~') => Action::Scroll(Scroll::PageDown),
        (b"", b'H') | (b"1" | b"7", b'~') => Action::Scroll(Scroll::First),
        (b"", b'F') | (b"4" | b"8", b'~') => Action::Scroll(Scroll::Last),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pieces: &[&[u8]]) -> Vec<Action> {
        let mut keyboard = Keyboard::default();
        let actions = pieces.iter().map(|piece| keyboard.typed(piece));
        actions.collect::<Vec<_>>().concat()
    }

    #[test]
    fn keys_are_told_apart_however_they_arrive() {
        use Scroll::{Down, First, Last, PageDown, PageUp, Up};
        let keys: &[u8] = b"\x1b[A\x1bOBj\x1b[5~\x1b[6~k\x1b[H\x1b[4~\x1b[C<";
        let expected = [
            Action::Scroll(Up),
            Action::Scroll(Down),
            Action::Scroll(Down),
            Action::Scroll(PageUp),
            Action::Scroll(PageDown),
            Action::Scroll(Up),
            Action::Scroll(First),
            Action::Scroll(Last),
            Action::SortRight,
            Action::SortLeft,
        ];
        assert_eq!(typed(&[keys]), expected);
        let bytes: Vec<_> = keys.chunks(1).collect();
        assert_eq!(typed(&bytes), expected);
    }

    #[test]
    fn what_means_nothing_hides_nothing() {
        for junk in [
            &b"x"[..],
            b"\x1b",
            b"\x1b[1;5C",
            b"\x1b[200~",
            b"\x1bx",
            b"\xff\xfe",
            b"\x1b[\x1b[A\x1b[",
            b"\x1b[11111111111111111111111111",
        ] {
            // An open sequence ends with a letter, so this is sent twice.
            let actions = typed(&[junk, b"\x1b", b"\x03"]);
            assert_eq!(actions.last(), Some(&Action::End(SIGINT)), "{junk:?}");
            let actions = typed(&[junk, b"\x1b", b"q"]);
            assert_eq!(actions.last(), Some(&Action::Quit), "{junk:?}");
        }
        assert_eq!(typed(&[b"\x1b[1;5C", b"q"]), [Action::Quit]);
    }

    #[test]
    fn scrolling_stays_within_the_rows() {
        use Scroll::{Down, First, Last, PageDown, PageUp, Up};
        for (scroll, first, expected) in [
            (Up, 0, 0),
            (Up, 5, 4),
            (Down, 5, 6),
            (Down, 90, 90),
            (PageDown, 85, 90),
            (PageUp, 5, 0),
            (PageUp, 50, 40),
            (First, 50, 0),
            (Last, 0, 90),
            (Down, usize::MAX, 90),
        ] {
            assert_eq!(scroll.from(first, 100, 10), expected, "{scroll:?} {first}");
        }
        assert_eq!(Last.from(3, 5, 10), 0);
    }
}
