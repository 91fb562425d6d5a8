//! A row of the table of options, and how it is made.

use std::fmt;

use crate::cli::choice::Words;
use crate::cli::flags::Reading;
use crate::cli::types::Takes::{self, Nothing};
use crate::cli::types::{Label, Place, Role, Uses, Verb};
use crate::cli::usage::Usage;
use ipvs::model::Protocol;

/// An option.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) role: Role,
    /// The letters.
    pub(crate) short: &'static str,
    /// The long name.
    pub(crate) long: &'static str,
    pub(crate) takes: Takes,
    pub(crate) help: &'static str,
    /// The commands that it goes with. Options of one name have the same.
    pub(crate) uses: Uses,
    pub(crate) setter: Setter,
    pub(crate) place: Place,
    /// The commands with which it may be given again.
    pub(crate) again: &'static [Verb],
    /// The values that a shell offers.
    pub(crate) offers: Offers,
}

/// The effect of an option on the flags.
#[derive(Clone, Copy)]
pub(crate) enum Setter {
    /// That it was given is all there is to it.
    Given,
    /// Its value is read.
    Word(for<'a> fn(&mut Reading<'a>, &'a str) -> Result<(), Usage>),
    /// Its value is read, if there is one.
    Maybe(for<'a> fn(&mut Reading<'a>, Option<&'a str>) -> Result<(), Usage>),
}

/// The values that an option may have.
#[derive(Clone, Copy)]
pub(crate) enum Offers {
    /// Too many to name.
    Nothing,
    /// One of these words.
    Words(&'static dyn Words),
    /// One of these words, or two with a comma between them.
    Pair(&'static dyn Words),
    /// The services of a protocol.
    Services(Protocol),
    /// The marks of services.
    Marks,
    /// Real servers.
    Servers,
    /// Schedulers.
    Schedulers,
    /// Flags of the scheduler, between commas.
    SchedFlags,
    /// Persistence engines.
    Engines,
    /// Names of files.
    Files,
    /// Network namespaces.
    Namespaces,
    /// Settings of IPVS, to which values are given.
    Settings,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.long)
    }
}

impl Row {
    /// As it is usually typed: by its letter, if it has one.
    pub(crate) fn typed(&self) -> String {
        match self.short.chars().next() {
            Some(letter) => format!("-{letter}"),
            None => format!("--{}", self.long),
        }
    }

    pub(super) const fn new(
        role: Role,
        short: &'static str,
        long: &'static str,
        takes: Takes,
    ) -> Self {
        Self {
            role,
            short,
            long,
            takes,
            help: "",
            uses: &[],
            setter: Setter::Given,
            place: Place::Anywhere,
            again: &[],
            offers: Offers::Nothing,
        }
    }

    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    pub(super) const fn with(mut self, uses: Uses) -> Self {
        self.uses = uses;
        self
    }

    pub(super) const fn set(
        mut self,
        set: for<'a> fn(&mut Reading<'a>, &'a str) -> Result<(), Usage>,
    ) -> Self {
        self.setter = Setter::Word(set);
        self
    }

    pub(super) const fn may_set(
        mut self,
        set: for<'a> fn(&mut Reading<'a>, Option<&'a str>) -> Result<(), Usage>,
    ) -> Self {
        self.setter = Setter::Maybe(set);
        self
    }

    pub(super) const fn offers(mut self, offers: Offers) -> Self {
        self.offers = offers;
        self
    }

    pub(super) const fn again_with(mut self, verbs: &'static [Verb]) -> Self {
        self.again = verbs;
        self
    }

    pub(super) const fn on_the_command_line(mut self) -> Self {
        self.place = Place::CommandLine;
        self
    }
}

pub(super) const fn command(verb: Verb, short: &'static str, help: &'static str) -> Row {
    Row::new(Role::Command(verb), short, verb.name(), Nothing).help(help)
}

pub(super) const fn option(
    label: Label,
    short: &'static str,
    takes: Takes,
    help: &'static str,
) -> Row {
    Row::new(Role::Option(label), short, label.name(), takes).help(help)
}

/// One of the options that share a name in messages.
pub(super) const fn one_of(
    label: Label,
    short: &'static str,
    long: &'static str,
    takes: Takes,
    help: &'static str,
) -> Row {
    Row::new(Role::Option(label), short, long, takes).help(help)
}

pub(super) const fn modifier(
    label: Label,
    short: &'static str,
    long: &'static str,
    help: &'static str,
) -> Row {
    Row::new(Role::Modifier(label), short, long, Nothing).help(help)
}
