//! Words into options, one after another, in the manner of popt: what is a
//! letter, a value or a word, not what it means.

use super::options::{Opt, Spec, Takes, by_letter, by_name};
use super::usage::Usage;

/// An option or a plain word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// An option.
    Option {
        opt: Opt,
        /// Its value; always there for an option that needs one.
        value: Option<&'a str>,
        /// The last word that belongs to it, for messages.
        word: &'a str,
    },
    /// A word that is no option and no option's value.
    Word(&'a str),
}

/// Reads words up to the first that can't be read.
pub(crate) fn read(words: &[String]) -> (Vec<Token<'_>>, Result<(), Usage>) {
    let mut reader = Reader {
        words: words.iter(),
        tokens: Vec::with_capacity(words.len()),
    };
    let end = reader.run();
    (reader.tokens, end)
}

struct Reader<'a> {
    words: std::slice::Iter<'a, String>,
    tokens: Vec<Token<'a>>,
}

impl<'a> Reader<'a> {
    fn run(&mut self) -> Result<(), Usage> {
        while let Some(word) = self.words.next() {
            if word == "--" {
                let rest = self.words.by_ref().map(|word| Token::Word(word));
                self.tokens.extend(rest);
            } else if let Some(long) = word.strip_prefix("--") {
                self.long(word, long)?;
            } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                self.bundle(word, letters)?;
            } else {
                self.tokens.push(Token::Word(word));
            }
        }
        Ok(())
    }

    fn long(&mut self, word: &'a str, long: &'a str) -> Result<(), Usage> {
        let (name, attached) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let spec = by_name(name).ok_or_else(|| Usage::UnknownOption(word.to_owned()))?;
        if attached.is_some() && spec.takes == Takes::Nothing {
            return Err(Usage::NeedlessArgument(word.to_owned()));
        }
        self.option(spec, attached, word)
    }

    fn bundle(&mut self, word: &'a str, letters: &'a str) -> Result<(), Usage> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let spec = by_letter(letter).ok_or_else(|| Usage::UnknownOption(word.to_owned()))?;
            let after = rest.as_str();
            if spec.takes != Takes::Nothing {
                let attached = after.strip_prefix('=').unwrap_or(after);
                return self.option(spec, Some(attached).filter(|_| !after.is_empty()), word);
            }
            if after.starts_with('=') {
                return Err(Usage::NeedlessArgument(word.to_owned()));
            }
            self.option(spec, None, word)?;
        }
        Ok(())
    }

    fn option(
        &mut self,
        spec: &Spec,
        attached: Option<&'a str>,
        word: &'a str,
    ) -> Result<(), Usage> {
        let next = match (spec.takes, attached) {
            (Takes::Nothing, _) | (_, Some(_)) => None,
            (Takes::Value(_), None) => match self.words.next() {
                Some(next) => Some(next),
                None => return Err(Usage::MissingArgument(word.to_owned())),
            },
            (Takes::Maybe(_), None) => match self.words.as_slice().first() {
                Some(next) if !next.starts_with('-') => self.words.next(),
                _ => None,
            },
        }
        .map(String::as_str);
        self.tokens.push(Token::Option {
            opt: spec.opt,
            value: attached.or(next),
            word: next.unwrap_or(word),
        });
        Ok(())
    }
}

impl Token<'_> {
    /// Whether it is `-f`.
    pub(crate) fn is_fwmark(&self) -> bool {
        matches!(
            self,
            Self::Option {
                opt: Opt::Fwmark,
                ..
            }
        )
    }
}
