//! Splits words into options, values and plain words, in the manner of popt. It
//! does not decide what they mean.

use super::options::{Row, by_letter, by_name};
use super::types::{Label, Takes, Verb};
use super::usage::Usage;

/// An option or a plain word.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'a> {
    /// An option.
    Option {
        /// Its row in the table.
        row: &'static Row,
        /// Its value; always there for an option that needs one.
        value: Option<&'a str>,
        /// The last word that belongs to it, for messages.
        word: &'a str,
    },
    /// A word that is no option and no option's value.
    Word(&'a str),
}

/// Returns the tokens of the words up to the first that can't be read, and the
/// reason why it can't.
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
        let row = by_name(name).ok_or_else(|| Usage::UnknownOption(word.to_owned()))?;
        if attached.is_some() && row.takes == Takes::Nothing {
            return Err(Usage::NeedlessArgument(word.to_owned()));
        }
        self.option(row, attached, word)
    }

    fn bundle(&mut self, word: &'a str, letters: &'a str) -> Result<(), Usage> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let row = by_letter(letter).ok_or_else(|| Usage::UnknownOption(word.to_owned()))?;
            let after = rest.as_str();
            if row.takes != Takes::Nothing {
                let attached = after.strip_prefix('=').unwrap_or(after);
                return self.option(row, Some(attached).filter(|_| !after.is_empty()), word);
            }
            if after.starts_with('=') {
                return Err(Usage::NeedlessArgument(word.to_owned()));
            }
            self.option(row, None, word)?;
        }
        Ok(())
    }

    fn option(
        &mut self,
        row: &'static Row,
        attached: Option<&'a str>,
        word: &'a str,
    ) -> Result<(), Usage> {
        let next = match (row.takes, attached) {
            (Takes::Nothing | Takes::Attached(_), _) | (_, Some(_)) => None,
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
            row,
            value: attached.or(next),
            word: next.unwrap_or(word),
        });
        Ok(())
    }
}

impl Token<'_> {
    /// Returns the command, if the token is one.
    pub(crate) fn verb(&self) -> Option<Verb> {
        match self {
            Self::Option { row, .. } => row.role.verb(),
            Self::Word(_) => None,
        }
    }

    /// Returns the option, if the token is one and no command.
    pub(crate) fn label(&self) -> Option<Label> {
        match self {
            Self::Option { row, .. } => row.role.label(),
            Self::Word(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the tokens as text: `option=value@word` and `"word"`.
    fn tokens(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (tokens, end) = read(&words);
        let mut text: Vec<String> = tokens
            .iter()
            .map(|token| match token {
                Token::Option { row, value, word } => {
                    let name = row.long;
                    let value = value.map(|value| format!("={value}")).unwrap_or_default();
                    format!("{name}{value}@{word}")
                }
                Token::Word(word) => format!("{word:?}"),
            })
            .collect();
        text.extend(end.err().map(|usage| format!("({usage})")));
        text.join(" ")
    }

    #[test]
    fn letters_values_and_words() {
        for (line, wanted) in [
            ("-L", "list@-L"),
            ("-Ln", "list@-Ln numeric@-Ln"),
            ("-l -n foo", "list@-l numeric@-n \"foo\""),
            ("-At web", "add-service@-At tcp-service=web@web"),
            ("-Atweb", "add-service@-Atweb tcp-service=web@-Atweb"),
            ("-At=web", "add-service@-At=web tcp-service=web@-At=web"),
            (
                "-w5 -w=5 -w==5 -w=",
                "weight=5@-w5 weight=5@-w=5 weight==5@-w==5 weight=@-w=",
            ),
            ("-w -1 -w --", "weight=-1@-1 weight=--@--"),
            (
                "--weight=5 --weight=5=6 --weight= --weight 5",
                "weight=5@--weight=5 weight=5=6@--weight=5=6 weight=@--weight= weight=5@5",
            ),
            (
                "-p -p 5 -p5 -p= --persistent 5 --persistent -n",
                "persistent@-p persistent=5@5 persistent=5@-p5 persistent=@-p= persistent=5@5 \
              persistent@--persistent numeric@-n",
            ),
            ("-p - -p", "persistent@-p \"-\" persistent@-p"),
            ("-ps rr", "persistent=s@-ps \"rr\""),
            ("- -- -n --", "\"-\" \"-n\" \"--\""),
            ("--start-daemon -n", "start-daemon=-n@-n"),
            (
                "--watch 5 --watch=5",
                "watch@--watch \"5\" watch=5@--watch=5",
            ),
        ] {
            assert_eq!(tokens(line), wanted, "{line:?}");
        }
    }

    #[test]
    fn what_can_not_be_read_ends_it() {
        for (line, wanted) in [
            ("-Q -L", "(-Q: unknown option)"),
            ("-LnQ -n", "list@-LnQ numeric@-LnQ (-LnQ: unknown option)"),
            ("-L-n", "list@-L-n (-L-n: unknown option)"),
            ("-é", "(-é: unknown option)"),
            ("-=", "(-=: unknown option)"),
            ("---", "(---: unknown option)"),
            ("--=x", "(--=x: unknown option)"),
            ("--L", "(--L: unknown option)"),
            ("--lis", "(--lis: unknown option)"),
            ("--list=x", "(--list=x: option does not take an argument)"),
            (
                "--numeric=",
                "(--numeric=: option does not take an argument)",
            ),
            ("-Ln=", "list@-Ln= (-Ln=: option does not take an argument)"),
            ("-w", "(-w: missing argument)"),
            ("-Lw", "list@-Lw (-Lw: missing argument)"),
            ("--weight", "(--weight: missing argument)"),
        ] {
            assert_eq!(tokens(line), wanted, "{line:?}");
        }
    }
}
