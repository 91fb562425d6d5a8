//! Splits bytes into numbered lines of words.
//!
//! Words are separated by blanks, tabs and carriage returns. The word `ipvsadm` is
//! passed over wherever it stands, so that a line may be a whole command. There
//! are no quotes and no escapes. A `#` at the start of a word begins a comment
//! that goes to the end of the line. However long a line is, only a bounded part
//! of it is kept. A byte order mark at the start of the input is passed over.

use std::io::{self, BufRead};

/// The most bytes that the words of one line may have together.
pub const LIMIT: usize = 64 * 1024;

/// The byte order mark that some editors put at the start of a file.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The reason why the words of a line can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The words have more than [`LIMIT`] bytes.
    #[error("the line is too long: its words have more than {LIMIT} bytes")]
    TooLong,
    /// A word holds a NUL byte.
    #[error("a NUL byte in the word `{0}'")]
    Nul(String),
    /// A word is not text.
    #[error("the word `{0}' is not UTF-8")]
    Encoding(String),
}

/// A line that holds more than blanks and comments.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its number, from 1; every line of the input counts.
    pub number: u64,
    /// Its words; an empty list if it says `ipvsadm` and no more.
    pub words: Result<&'a [String], Malformed>,
}

/// The lines of an input, one at a time.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    number: u64,
    /// How many bytes of [`MARK`] the input has begun with; none once its start is
    /// past.
    mark: Option<usize>,
    lexer: Lexer,
    words: Vec<String>,
}

impl<R: BufRead> Lines<R> {
    /// Returns the lines of `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            number: 0,
            mark: Some(0),
            lexer: Lexer::default(),
            words: Vec::new(),
        }
    }

    /// Returns the next line that has words, or none at the end of the input.
    ///
    /// # Errors
    /// Where the input can't be read.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            if !self.read()? {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            if !self.lexer.is_empty() {
                break;
            }
        }
        let number = self.number;
        let words = match self.lexer.words_into(&mut self.words) {
            Ok(count) => Ok(self.words.get(..count).unwrap_or_default()),
            Err(malformed) => Err(malformed),
        };
        Ok(Some(Line { number, words }))
    }

    /// Reads one line into the lexer. Returns false if there is none left.
    fn read(&mut self) -> io::Result<bool> {
        self.lexer.clear();
        let mut begun = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                self.lexer.feed_start(&mut self.mark);
                self.lexer.end_word();
                return Ok(begun);
            }
            begun = true;
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let mut part = end.map_or(chunk, |end| chunk.get(..end).unwrap_or_default());
            while let (Some(seen), Some((first, rest))) = (self.mark, part.split_first()) {
                match MARK.get(seen) == Some(first) {
                    true => {
                        part = rest;
                        self.mark = Some(seen + 1).filter(|seen| *seen < MARK.len());
                    }
                    false => self.lexer.feed_start(&mut self.mark),
                }
            }
            if end.is_some() {
                self.lexer.feed_start(&mut self.mark);
            }
            self.lexer.feed(part);
            let used = end.map_or(chunk.len(), |end| end.saturating_add(1));
            self.input.consume(used);
            if end.is_some() {
                self.lexer.end_word();
                return Ok(true);
            }
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Word,
    Comment,
}

/// The words of one line, as they come in.
#[derive(Debug, Default)]
struct Lexer {
    state: State,
    /// The words one after another, without the blanks between them.
    bytes: Vec<u8>,
    /// Where each word ends in `bytes`.
    ends: Vec<usize>,
    too_long: bool,
}

impl Lexer {
    fn clear(&mut self) {
        self.state = State::Between;
        self.bytes.clear();
        self.ends.clear();
        self.too_long = false;
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Feeds the bytes that began like a byte order mark but are none, and belong to
    /// a word.
    fn feed_start(&mut self, mark: &mut Option<usize>) {
        let seen = mark.take().unwrap_or(0);
        self.feed(MARK.get(..seen).unwrap_or_default());
    }

    fn feed(&mut self, part: &[u8]) {
        for &byte in part {
            match (self.state, byte) {
                (State::Comment, _) => return,
                (State::Between, b'#') => self.state = State::Comment,
                (_, b' ' | b'\t' | b'\r') => self.end_word(),
                _ => {
                    self.state = State::Word;
                    if self.bytes.len() < LIMIT {
                        self.bytes.push(byte);
                    } else {
                        self.too_long = true;
                    }
                }
            }
        }
    }

    fn end_word(&mut self) {
        if self.state == State::Word {
            // Beyond the limit, not even the ends of the words are kept.
            if self.ends.last() != Some(&self.bytes.len()) {
                self.ends.push(self.bytes.len());
            }
            self.state = State::Between;
        }
    }

    /// Puts the words into the first places of `words`, whose memory is used again
    /// from line to line, and returns how many there are.
    fn words_into(&self, words: &mut Vec<String>) -> Result<usize, Malformed> {
        if self.too_long {
            return Err(Malformed::TooLong);
        }
        let mut start = 0;
        let mut count = 0;
        for &end in &self.ends {
            let bytes = self.bytes.get(start..end).unwrap_or_default();
            start = end;
            if bytes == b"ipvsadm" {
                continue;
            }
            if bytes.contains(&0) {
                return Err(Malformed::Nul(shown(bytes)));
            }
            let Ok(text) = str::from_utf8(bytes) else {
                return Err(Malformed::Encoding(shown(bytes)));
            };
            if let Some(word) = words.get_mut(count) {
                word.clear();
                word.push_str(text);
            } else {
                words.push(text.to_owned());
            }
            count += 1;
        }
        Ok(count)
    }
}

/// Returns bytes as an error message can show them.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let mut text = bytes
        .get(..MOST)
        .unwrap_or(bytes)
        .escape_ascii()
        .to_string();
    if bytes.len() > MOST {
        text.push_str("...");
    }
    text
}
