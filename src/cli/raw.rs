//! `--raw`: settings that no other option can express, in the kernel's numbers.

use super::types::{Given, Label, Verb};
use super::usage::{Context, Usage};
use super::value_error::ValueError;
use super::values::digits;
use ipvs::model::{Forwarding, ServiceFlags, TunnelKind};
use ipvs::rules::RawField;

/// The raw numbers given for a service.
#[derive(Debug, Default)]
pub(super) struct RawService {
    /// Port 0 is meant, though the service is not persistent.
    pub(super) is_for_every_port: bool,
    pub(super) persistence: Option<u32>,
    pub(super) flags: ServiceFlags,
}

/// The raw numbers given for a server.
#[derive(Debug, Default)]
pub(super) struct RawServer {
    pub(super) port: Option<u16>,
    pub(super) forwarding: Option<Forwarding>,
    pub(super) upper_threshold: Option<u32>,
    pub(super) lower_threshold: Option<u32>,
    pub(super) tunnel_kind: Option<TunnelKind>,
    pub(super) tunnel_port: Option<u16>,
    pub(super) tunnel_flags: Option<u16>,
}

impl RawService {
    pub(super) fn read(word: Option<&str>, verb: Verb, given: Given) -> Result<Self, Usage> {
        let Some(word) = word else {
            return Ok(Self::default());
        };
        let settings = Settings::read(word, RawField::OF_SERVICES, verb, given)?;
        let port: Option<u16> = settings.get(RawField::Port);
        if port.is_some_and(|port| port != 0) {
            return Err(refused(word, RawField::OF_SERVICES).into());
        }
        Ok(Self {
            is_for_every_port: port.is_some(),
            persistence: settings.get(RawField::Persistent),
            flags: ServiceFlags(settings.get(RawField::Flags).unwrap_or_default()),
        })
    }
}

impl RawServer {
    pub(super) fn read(word: Option<&str>, verb: Verb, given: Given) -> Result<Self, Usage> {
        let Some(word) = word else {
            return Ok(Self::default());
        };
        let settings = Settings::read(word, RawField::OF_SERVERS, verb, given)?;
        let kind = settings.get(RawField::TunnelKind);
        let forwarding = settings.get(RawField::Forwarding);
        Ok(Self {
            port: settings.get(RawField::Port),
            forwarding: forwarding.map(Forwarding::from_number),
            upper_threshold: settings.get(RawField::UpperThreshold),
            lower_threshold: settings.get(RawField::LowerThreshold),
            tunnel_kind: kind.map(TunnelKind::from_number),
            tunnel_port: settings.get(RawField::TunnelPort),
            tunnel_flags: settings.get(RawField::TunnelFlags),
        })
    }

    /// Returns whether a setting is given that only tunnels have.
    pub(super) fn is_of_tunnels(&self) -> bool {
        self.tunnel_kind.is_some() || self.tunnel_port.is_some() || self.tunnel_flags.is_some()
    }
}

/// Settings written as `NAME=NUMBER`, each name once.
struct Settings(Vec<(RawField, u32)>);

impl Settings {
    fn read(
        word: &str,
        known: &'static [RawField],
        verb: Verb,
        given: Given,
    ) -> Result<Self, Usage> {
        let mut settings: Vec<(RawField, u32)> = Vec::new();
        for setting in word.split(',') {
            let read = setting.split_once('=').and_then(|(name, text)| {
                let field = *known.iter().find(|field| field.name() == name)?;
                let number = digits(text, 0..=field.highest().into())?;
                let is_new = settings.iter().all(|(other, _)| *other != field);
                is_new.then_some((field, number))
            });
            let (field, number) = read.ok_or_else(|| refused(setting, known))?;
            // If two options set the same, neither is known to be the one that is
            // meant.
            if let Some(&with) = options(field).iter().find(|label| given.has(**label)) {
                return Err(Usage::Conflict {
                    label: Label::Raw,
                    with,
                    context: Context::Command(verb),
                });
            }
            settings.push((field, number));
        }
        Ok(Self(settings))
    }

    /// Returns the number of a field, if it was given. It fits its type, because a
    /// number above the field's highest was refused.
    fn get<T: TryFrom<u32>>(&self, field: RawField) -> Option<T> {
        let (_, number) = self.0.iter().find(|(known, _)| *known == field)?;
        T::try_from(*number).ok()
    }
}

/// Returns the other options that set this field.
fn options(field: RawField) -> &'static [Label] {
    match field {
        RawField::Port | RawField::Flags => &[],
        RawField::Persistent => &[Label::Persistent],
        RawField::Forwarding => &[Label::Forwarding],
        RawField::UpperThreshold => &[Label::UpperThreshold],
        RawField::LowerThreshold => &[Label::LowerThreshold],
        RawField::TunnelKind => &[Label::TunType],
        RawField::TunnelPort => &[Label::TunPort],
        RawField::TunnelFlags => &[Label::TunNoCsum, Label::TunCsum, Label::TunRemCsum],
    }
}

fn refused(word: &str, known: &[RawField]) -> ValueError {
    let names: Vec<_> = known.iter().map(|field| field.name()).collect();
    ValueError::Raw {
        word: word.to_owned(),
        names: names.join(", "),
    }
}
