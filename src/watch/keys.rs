//! Keys and their effects.

use crate::view::View;

/// The meaning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ends the program.
    Quit,
    /// Ends it with the status of a program that this signal has ended.
    End(u8),
    /// Gives the terminal back until the program is continued.
    Suspend,
    /// Shows another view.
    View(View),
    /// Sorts by the column to the left.
    SortLeft,
    /// Sorts by the column to the right.
    SortRight,
    /// Reverses the order.
    Reverse,
    /// Shows other rows.
    Scroll(Scroll),
    /// Shows only the rows that contain a text.
    Filter(FilterKey),
}

/// A key that changes the text by which rows are narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKey {
    /// Begins a new, empty text.
    Begin,
    /// Adds a character.
    Letter(char),
    /// Removes the last character.
    Erase,
    /// Removes all characters.
    EraseAll,
    /// Ends the typing; the text stays the filter.
    Keep,
    /// Removes the filter.
    Clear,
}

/// A movement to other rows.
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
    /// Returns the row that is then the first to be shown, of `rows` in all, in a window with room
    /// for `room`.
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

/// Turns the bytes that a terminal sends into actions.
#[derive(Default)]
pub(super) struct Keyboard {
    /// An escape sequence whose end has not come yet.
    pending: Vec<u8>,
    mode: Mode,
}

/// The meaning of letters.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    /// Each letter is a key of its own.
    #[default]
    Keys,
    /// Letters are typed into a text, until Enter or Escape.
    Text,
}

/// The longest sequence that is kept: longer ones mean nothing here.
const MAX_PENDING: usize = 16;
const ESCAPE: u8 = 0x1b;

/// The signals of Ctrl-C and Ctrl-\\.
const SIGINT: u8 = 2;
const SIGQUIT: u8 = 3;

impl Keyboard {
    /// Returns the actions for these bytes, after all bytes before them. Keys without a meaning do
    /// nothing.
    pub(super) fn typed(&mut self, bytes: &[u8]) -> Vec<Action> {
        let mut actions = Vec::new();
        for byte in bytes {
            if self.pending == [ESCAPE] && !matches!(byte, b'[' | b'O') {
                actions.extend(self.alone());
            }
            actions.extend(self.byte(*byte));
        }
        actions
    }

    /// Returns whether Escape was sent and its meaning is still open: it is a key, and also begins
    /// the sequences of other keys.
    pub(super) fn is_undecided(&self) -> bool {
        self.pending == [ESCAPE]
    }

    /// Returns the action of the key Escape, if nothing has followed it in time.
    pub(super) fn alone(&mut self) -> Option<Action> {
        let is_key = self.is_undecided();
        if is_key {
            self.pending.clear();
            self.mode = Mode::Keys;
        }
        is_key.then_some(Action::Filter(FilterKey::Clear))
    }

    fn byte(&mut self, byte: u8) -> Option<Action> {
        match (self.pending.as_slice(), byte) {
            // These keys work after any bytes: as keys of their own, or at the start of another
            // sequence.
            (_, 0x03 | 0x1a | 0x1c) => {
                self.pending.clear();
                control(byte)
            }
            (_, ESCAPE) => {
                self.pending = vec![ESCAPE];
                None
            }
            ([], _) => self.key(byte),
            ([ESCAPE], b'[' | b'O') => {
                self.pending.push(byte);
                None
            }
            // ECMA-48: parameter and intermediate bytes, until a final byte comes.
            (pending, 0x20..=0x3f) if pending.len() < MAX_PENDING => {
                self.pending.push(byte);
                None
            }
            (pending, _) => {
                let action = sequence(pending.get(2..).unwrap_or_default(), byte);
                self.pending.clear();
                action.filter(|_| self.mode == Mode::Keys)
            }
        }
    }

    /// Returns the action of a key that is one byte.
    fn key(&mut self, byte: u8) -> Option<Action> {
        let action = match self.mode {
            Mode::Keys => key(byte),
            Mode::Text => letter(byte).map(Action::Filter),
        };
        match action {
            Some(Action::Filter(FilterKey::Begin)) => self.mode = Mode::Text,
            Some(Action::Filter(FilterKey::Keep)) => self.mode = Mode::Keys,
            _ => {}
        }
        action
    }
}

/// Returns the effect of a key on a text; none for keys without a meaning there.
fn letter(byte: u8) -> Option<FilterKey> {
    Some(match byte {
        b'\r' | b'\n' => FilterKey::Keep,
        0x08 | 0x7f => FilterKey::Erase,
        // Ctrl-U, as in a shell.
        0x15 => FilterKey::EraseAll,
        b' '..=b'~' => FilterKey::Letter(byte.into()),
        _ => return None,
    })
}

/// Returns the actions of the keys for which a terminal sends signals, unless it is in raw mode.
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
        b'o' => Action::View(View::Overview),
        b's' | b'1' => Action::View(View::Stats),
        b'r' | b'2' => Action::View(View::Rate),
        b'p' | b'3' => Action::View(View::Plain),
        b'<' => Action::SortLeft,
        b'>' => Action::SortRight,
        b'R' => Action::Reverse,
        b'/' => Action::Filter(FilterKey::Begin),
        b'k' => Action::Scroll(Scroll::Up),
        b'j' => Action::Scroll(Scroll::Down),
        b'b' => Action::Scroll(Scroll::PageUp),
        b' ' => Action::Scroll(Scroll::PageDown),
        b'g' => Action::Scroll(Scroll::First),
        b'G' => Action::Scroll(Scroll::Last),
        _ => return None,
    })
}

/// Returns the actions of keys that have no letter, by the parameters and the final byte of their
/// sequences.
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

    /// Returns the keys of a text as a short string.
    fn told(actions: &[Action]) -> String {
        let word = |action: &Action| match action {
            Action::Filter(FilterKey::Letter(letter)) => letter.to_string(),
            other => format!("<{other:?}>"),
        };
        let text: String = actions.iter().map(word).collect();
        text.replace("Filter(", "").replace(")>", ">")
    }

    #[test]
    fn letters_of_a_text_are_no_keys() {
        for (keys, expected) in [
            // Every key of the ordinary mode as a letter of the text, and then as a key.
            (&b"/qQsr1 <>Rgo/\rq"[..], "<Begin>qQsr1 <>Rgo/<Keep><Quit>"),
            (
                b"/ab\x7f\x08c\nR",
                "<Begin>ab<Erase><Erase>c<Keep><Reverse>",
            ),
            (b"/a\x15b", "<Begin>a<EraseAll>b"),
            // Arrows and bytes that are not letters.
            (b"/a\x1b[A\x1b[5~\x1bOC\t\xc3\xa9q", "<Begin>aq"),
            // Escape ends the text; what follows is a key again.
            (b"/a\x1bq", "<Begin>a<Clear><Quit>"),
            (b"/a\x1b\x1b[AR", "<Begin>a<Clear><Scroll(Up><Reverse>"),
            (b"/a\r/b", "<Begin>a<Keep><Begin>b"),
        ] {
            assert_eq!(told(&typed(&[keys])), expected, "{keys:?}");
            let bytes: Vec<_> = keys.chunks(1).collect();
            assert_eq!(told(&typed(&bytes)), expected, "{keys:?}");
        }
        for (byte, expected) in [(0x03, Action::End(SIGINT)), (0x1a, Action::Suspend)] {
            assert_eq!(typed(&[b"/a", &[byte]]).last(), Some(&expected));
        }
    }

    #[test]
    fn escape_waits_for_what_may_follow() {
        let mut keyboard = Keyboard::default();
        assert_eq!(keyboard.typed(b"/ab\x1b").len(), 3);
        assert!(keyboard.is_undecided());
        assert_eq!(keyboard.alone(), Some(Action::Filter(FilterKey::Clear)));
        assert!(!keyboard.is_undecided());
        assert_eq!(
            (keyboard.alone(), keyboard.typed(b"q")),
            (None, vec![Action::Quit])
        );
        // An arrow that arrives in two parts is no Escape.
        assert_eq!(keyboard.typed(b"\x1b"), []);
        assert_eq!(keyboard.typed(b"[A"), [Action::Scroll(Scroll::Up)]);
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
