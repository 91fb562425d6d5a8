//! Values that are one of a few words. One list serves to read, offer and refuse
//! them.

use super::types::Label;
use super::value_error::ValueError;

/// The words that an option's value may be, and what each means.
#[derive(Debug)]
pub(crate) struct Choice<T: 'static>(pub(crate) &'static [(&'static str, T)]);

impl<T> Choice<T> {
    /// Returns the words, in order.
    fn words(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }
}

impl<T: Copy> Choice<T> {
    /// Returns the meaning of a word, if it is one of these.
    pub(crate) fn find(&self, word: &str) -> Option<T> {
        let found = self.0.iter().find(|(name, _)| *name == word);
        found.map(|(_, value)| *value)
    }

    /// Returns the meaning of the word that was given for an option.
    ///
    /// # Errors
    /// Fails with [`ValueError::Choice`], which names all of the words.
    pub(crate) fn read(&self, option: Label, word: &str) -> Result<T, ValueError> {
        self.find(word).ok_or_else(|| ValueError::Choice {
            option,
            word: word.to_owned(),
            choices: self.words().collect::<Vec<_>>().join(", "),
        })
    }
}

/// The words of a list, without their meaning.
pub(crate) trait Words: Sync {
    /// Returns all of them, in order.
    fn all(&self) -> Vec<&'static str>;
}

impl<T: Sync> Words for Choice<T> {
    fn all(&self) -> Vec<&'static str> {
        self.words().collect()
    }
}

impl Words for &'static [&'static str] {
    fn all(&self) -> Vec<&'static str> {
        self.to_vec()
    }
}

/// Words that are listed elsewhere.
impl Words for fn() -> Vec<&'static str> {
    fn all(&self) -> Vec<&'static str> {
        self()
    }
}
