//! The values of options that ipvsadm 1.31 lacks.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::choice::Choice;
use super::command::{Color, Netns, Shell};
use super::nearest::nearest;
use super::types::Label;
use super::value_error::ValueError;
use super::values::{MAX_TIMEOUT, digits};
use crate::diagnose;
use ipvs::connections::{By, Grouping, Origin, states};
use ipvs::model::Prefix;
use ipvs::plan::scope::Selected;

/// The time between two looks if `--watch` names none.
pub(crate) const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);

/// The time between the two looks of a diagnosis if `--sample` names none.
pub(crate) const DEFAULT_SAMPLE: Duration = Duration::from_secs(2);

/// The value of `--netns` that stands for each namespace in turn.
pub(crate) const ALL: &str = "all";

/// The words of `--by`.
pub(crate) const BY: Choice<By> = Choice(&[
    ("server", By::Server),
    ("client", By::Client),
    ("state", By::State),
    ("service", By::Service),
]);

/// The words of `--origin`.
pub(crate) const ORIGINS: Choice<Origin> =
    Choice(&[("local", Origin::Local), ("sync", Origin::Sync)]);

/// The words of `--color`.
pub(crate) const COLOR: Choice<Color> = Choice(&[
    ("auto", Color::Auto),
    ("always", Color::Always),
    ("never", Color::Never),
]);

/// The words of `--completions`.
pub(crate) const SHELLS: Choice<Shell> = Choice(&[
    ("bash", Shell::Bash),
    ("zsh", Shell::Zsh),
    ("fish", Shell::Fish),
]);

/// Reads the value of `--netns`: a word with a slash is a file.
///
/// # Errors
/// Refuses the empty word.
pub(crate) fn netns(word: &str) -> Result<Netns, ValueError> {
    match word {
        "" => Err(ValueError::Netns),
        ALL => Ok(Netns::All),
        file if file.contains('/') => Ok(Netns::File(file.into())),
        name => Ok(Netns::Named(name.to_owned())),
    }
}

/// The value of `--client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientWord {
    /// One address or many.
    Prefix(Prefix),
    /// One address, and the port that the client sends from.
    Endpoint(SocketAddr),
}

/// Reads the value of `--client`.
pub(crate) fn client(word: &str) -> Result<ClientWord, ValueError> {
    let endpoint = || word.parse().map(ClientWord::Endpoint);
    word.parse()
        .map(ClientWord::Prefix)
        .or_else(|_| endpoint())
        .map_err(|_| ValueError::Client(word.to_owned()))
}

impl ClientWord {
    /// Returns the addresses. Refuses a port, for options where it means nothing.
    pub(crate) fn prefix(self) -> Result<Prefix, ValueError> {
        match self {
            Self::Prefix(prefix) => Ok(prefix),
            Self::Endpoint(endpoint) => Err(ValueError::Client(endpoint.to_string())),
        }
    }

    /// Returns the address of one client whose way is examined. Refuses a port.
    pub(crate) fn host(self) -> Result<IpAddr, ValueError> {
        let address = self.prefix()?.host().ok_or(ValueError::ClientHost)?;
        a_sender(address)
    }

    /// Returns the address of one client, and its port if one was written.
    pub(crate) fn one(self) -> Result<(IpAddr, Option<u16>), ValueError> {
        match self {
            Self::Prefix(_) => Ok((self.host()?, None)),
            Self::Endpoint(endpoint) => Ok((a_sender(endpoint.ip())?, Some(endpoint.port()))),
        }
    }
}

/// Refuses an address that no packet comes from.
fn a_sender(address: IpAddr) -> Result<IpAddr, ValueError> {
    match diagnose::facts::is_of_no_machine(address) {
        true => Err(ValueError::ClientSends(address)),
        false => Ok(address),
    }
}

/// Reads the value of `--director`.
pub(crate) fn director(word: &str) -> Result<IpAddr, ValueError> {
    word.parse()
        .map_err(|_| ValueError::Director(word.to_owned()))
}

/// Reads the value of `--state`, in letters of either case.
pub(crate) fn state(word: &str) -> Result<&'static str, ValueError> {
    let known = states::ALL
        .iter()
        .find(|state| state.eq_ignore_ascii_case(word));
    known.copied().ok_or_else(|| ValueError::Choice {
        option: Label::State,
        word: word.to_owned(),
        choices: states::ALL.join(", "),
    })
}

/// Reads the value of `--by`: one of the words, or two different ones with a comma
/// between them.
pub(crate) fn grouping(word: &str) -> Result<Grouping, ValueError> {
    let Some((first, second)) = word.split_once(',') else {
        return BY.read(Label::By, word).map(Grouping::from);
    };
    let (by, then) = (BY.read(Label::By, first)?, BY.read(Label::By, second)?);
    match by == then {
        true => Err(ValueError::ByTwice(word.to_owned())),
        false => Ok(Grouping {
            by,
            then: Some(then),
        }),
    }
}

/// Reads the value of `--watch`, which may be a decimal fraction.
pub(crate) fn interval(word: &str) -> Result<Duration, ValueError> {
    seconds(word, 86400.0).ok_or_else(|| ValueError::Interval(word.to_owned()))
}

/// Reads the value of `--sample`, which may be a decimal fraction.
pub(crate) fn sample(word: &str) -> Result<Duration, ValueError> {
    seconds(word, 3600.0).ok_or_else(|| ValueError::Sample(word.to_owned()))
}

/// Reads a time in seconds, from a tenth of a second to `longest`.
fn seconds(word: &str, longest: f64) -> Option<Duration> {
    let plain = word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let seconds: Option<f64> = word.parse().ok().filter(|_| plain);
    seconds
        .filter(|seconds| (0.1..=longest).contains(seconds))
        .map(Duration::from_secs_f64)
}

/// Reads the value of `--ignore`.
pub(crate) fn check(word: &str) -> Result<String, ValueError> {
    let known = || diagnose::all().map(|check| check.id);
    if known().any(|id| id == word) {
        return Ok(word.to_owned());
    }
    Err(match nearest(word, known()) {
        Some(near) => ValueError::NearCheck(word.to_owned(), near.to_owned()),
        None => ValueError::Check(word.to_owned()),
    })
}

/// Reads the value of `--count`.
pub(crate) fn count(word: &str) -> Result<u64, ValueError> {
    digits(word, 1..=i64::MAX).ok_or_else(|| ValueError::Count(word.to_owned()))
}

/// Reads the value of `--require`.
pub(crate) fn least(word: &str) -> Result<u64, ValueError> {
    digits(word, 1..=i64::MAX).ok_or_else(|| ValueError::Require(word.to_owned()))
}

/// Reads the value of `--drain`, at most the longest timeout of a connection.
pub(crate) fn drain_time(word: &str) -> Result<Duration, ValueError> {
    digits(word, 0..=MAX_TIMEOUT)
        .map(Duration::from_secs)
        .ok_or_else(|| ValueError::DrainTime(word.to_owned()))
}

/// Reads the value of `--ramp`, at most the longest timeout of a connection.
pub(crate) fn ramp_time(word: &str) -> Result<Duration, ValueError> {
    digits(word, 1..=MAX_TIMEOUT)
        .map(Duration::from_secs)
        .ok_or_else(|| ValueError::RampTime(word.to_owned()))
}

/// Reads the value of `--only`.
pub(crate) fn selected(word: &str) -> Result<Selected, ValueError> {
    word.parse()
        .map_err(|error| ValueError::Selected(word.to_owned(), error))
}

/// Reads the value of `--completions`.
pub(crate) fn shell(word: &str) -> Result<Shell, ValueError> {
    let found = SHELLS.find(word);
    found.ok_or_else(|| ValueError::Shell(word.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        for (word, millis) in [
            ("1", 1000),
            ("0.1", 100),
            (".5", 500),
            ("86400", 86_400_000),
        ] {
            assert_eq!(interval(word), Ok(Duration::from_millis(millis)), "{word}");
        }
        for word in [
            "", "0", "0.05", "86401", "-1", "+1", "1e3", "inf", "nan", "2s", " 2",
        ] {
            assert_eq!(interval(word), Err(ValueError::Interval(word.to_owned())));
        }
    }

    #[test]
    fn states_in_either_case() {
        assert_eq!(state("established"), Ok("ESTABLISHED"));
        let refusal = state("ESTABLISH").err().map(|error| error.to_string());
        assert!(refusal.is_some_and(|text| {
            text.starts_with("illegal state `ESTABLISH' specified: one of NONE, ")
        }));
    }

    #[test]
    fn choices() {
        let by = |word| BY.read(Label::By, word);
        let color = |word| COLOR.read(Label::Color, word);
        assert_eq!(by("client"), Ok(By::Client));
        assert_eq!(color("never"), Ok(Color::Never));
        assert_eq!(shell("fish"), Ok(Shell::Fish));
        let refusal = by("Client").err().map(|error| error.to_string());
        assert_eq!(
            refusal.as_deref(),
            Some("illegal by `Client' specified: one of server, client, state, service")
        );
        assert!(color("").is_err() && shell("sh").is_err());
    }

    #[test]
    fn numbers() {
        assert_eq!((count("1"), drain_time("0")), (Ok(1), Ok(Duration::ZERO)));
        assert!(count("0").is_err() && count("x").is_err());
        assert!(drain_time("-1").is_err() && drain_time("2678401").is_err());
        assert_eq!(ramp_time("1"), Ok(Duration::from_secs(1)));
        assert!(ramp_time("0").is_err() && ramp_time("2678401").is_err());
        assert_eq!((count("01"), least("02")), (Ok(1), Ok(2)));
        for word in ["+5", " 5", "5 ", "0x5", "5.0", "5s", ""] {
            let read = [count(word).is_ok(), least(word).is_ok()];
            let times = [drain_time(word).is_ok(), ramp_time(word).is_ok()];
            assert_eq!((read, times), ([false; 2], [false; 2]), "{word}");
        }
    }
}
