//! Turns lines into the bytes that a terminal is sent, a whole frame at a time.

use crate::view::{Emphasis, NORMAL};

/// The size of a window, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The number of columns.
    pub columns: usize,
    /// The number of rows.
    pub rows: usize,
}

/// The look of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// Plain text.
    #[default]
    Normal,
    /// The colours of a bar.
    Bar,
    /// A row of a listing.
    Row {
        /// True if it changed since the last look.
        changed: bool,
        /// The reason why the row stands out.
        emphasis: Option<Emphasis>,
    },
}

/// A frame that is being made: never higher or wider than the window.
pub(super) struct Frame {
    size: Size,
    lines: usize,
    text: String,
}

/// Until the end of the frame, the terminal may show the previous one: this is the mode of
/// synchronized output, which other terminals ignore.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const END: &str = "\x1b[?2026l";
const BOLD: &str = "\x1b[1m";
const REVERSE: &str = "\x1b[7m";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

impl Frame {
    /// Begins at the top left of the screen.
    pub(super) fn new(size: Size) -> Self {
        Self {
            size,
            lines: 0,
            text: BEGIN.to_owned(),
        }
    }

    /// Returns the number of lines that there is still room for.
    pub(super) fn room(&self) -> usize {
        self.size.rows.saturating_sub(self.lines)
    }

    /// Adds a line, cut to the width; adds nothing if the window is full.
    pub(super) fn line(&mut self, text: &[u8], style: Style) {
        if self.room() == 0 {
            return;
        }
        self.next_line();
        let text = String::from_utf8_lossy(text);
        match style {
            Style::Normal => self.cut(&text, self.size.columns),
            Style::Bar => {
                self.text.push_str(REVERSE);
                self.cut(&text, self.size.columns);
                self.text.push_str(NORMAL);
            }
            Style::Row { changed, emphasis } => {
                self.text.push_str(if changed { BOLD } else { "" });
                self.text.push_str(emphasis.map_or("", Emphasis::code));
                let mark = if changed { '*' } else { ' ' };
                self.cut(&format!("{mark}{text}"), self.size.columns);
                if changed || emphasis.is_some() {
                    self.text.push_str(NORMAL);
                }
            }
        }
    }

    /// Returns the whole frame, to be written at once.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.room() > 0 {
            self.next_line();
            self.text.push_str(CLEAR_BELOW);
        }
        self.text.push_str(END);
        self.text.into_bytes()
    }

    fn next_line(&mut self) {
        if self.lines > 0 {
            self.text.push_str("\r\n");
        }
        self.lines += 1;
    }

    /// Adds text, without the characters that control the terminal. After a line as wide as the
    /// window nothing is cleared: the cursor still stands on the last character, which would be
    /// cleared too.
    fn cut(&mut self, text: &str, width: usize) {
        let mut written = 0;
        for character in text.chars().filter(|c| !c.is_control()).take(width) {
            self.text.push(character);
            written += 1;
        }
        if written < width {
            self.text.push_str(CLEAR_LINE);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn frame(columns: usize, rows: usize, lines: &[(&str, Style)]) -> String {
        let mut frame = Frame::new(Size { columns, rows });
        for (text, style) in lines {
            frame.line(text.as_bytes(), *style);
        }
        let text = String::from_utf8(frame.finish()).unwrap();
        let inner = text.strip_prefix(BEGIN).unwrap().strip_suffix(END).unwrap();
        inner.to_owned()
    }

    #[test]
    fn lines_are_cut_and_what_is_behind_them_is_cleared() {
        let lines = [
            ("abc", Style::Normal),
            ("abcd", Style::Normal),
            ("abcde", Style::Bar),
        ];
        assert_eq!(
            frame(4, 9, &lines),
            "abc\x1b[K\r\nabcd\r\n\x1b[7mabcd\x1b[m\r\n\x1b[J"
        );
        assert_eq!(
            frame(4, 3, &lines),
            "abc\x1b[K\r\nabcd\r\n\x1b[7mabcd\x1b[m"
        );
        assert_eq!(frame(4, 1, &lines), "abc\x1b[K");
        assert_eq!(frame(4, 0, &lines), "");
        assert_eq!(frame(0, 1, &lines), "");
    }

    #[test]
    fn rows_are_marked() {
        let row = |changed, emphasis| frame(5, 1, &[("abc", Style::Row { changed, emphasis })]);
        assert_eq!(row(false, None), " abc\x1b[K");
        assert_eq!(row(true, None), "\x1b[1m*abc\x1b[K\x1b[m");
        assert_eq!(
            row(true, Some(Emphasis::Overloaded)),
            "\x1b[1m\x1b[31m*abc\x1b[K\x1b[m"
        );
        assert_eq!(
            row(false, Some(Emphasis::Quiesced)),
            "\x1b[33m abc\x1b[K\x1b[m"
        );
    }

    #[test]
    fn nothing_but_text_comes_from_outside() {
        let text = "a\x1b]0;b\x07c\r\nd\u{9b}e";
        assert_eq!(frame(20, 1, &[(text, Style::Normal)]), "a]0;bcde\x1b[K");
        let mut frame = Frame::new(Size {
            columns: 20,
            rows: 1,
        });
        frame.line(b"caf\xc3", Style::Normal);
        let text = String::from_utf8(frame.finish()).unwrap();
        assert!(text.contains("caf\u{fffd}\x1b[K"), "{text:?}");
    }
}
