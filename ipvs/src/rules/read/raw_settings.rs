//! `--raw`: the kernel's own numbers.

use super::options::Opt;
use super::{RawField, RuleError, RuleLine, number, value};

/// The settings of `--raw`.
pub(super) struct RawSettings(Vec<(RawField, u32)>);

impl RawSettings {
    pub(super) fn read(line: &RuleLine<'_>, known: &[RawField]) -> Result<Self, RuleError> {
        let mut settings: Vec<(RawField, u32)> = Vec::new();
        for setting in line
            .get(Opt::Raw)
            .into_iter()
            .flat_map(|word| word.split(','))
        {
            let read = setting.split_once('=').and_then(|(name, text)| {
                let field = *known.iter().find(|field| field.name() == name)?;
                Some((field, number(text, 0..=field.highest())?))
            });
            let (field, number) =
                read.ok_or_else(|| value(setting, "a raw setting and its number, such as port=0"))?;
            let is_set = settings.iter().any(|(other, _)| *other == field);
            if is_set || options(field).iter().any(|opt| line.has(*opt)) {
                return Err(RuleError::Repeated(setting.to_owned()));
            }
            settings.push((field, number));
        }
        Ok(Self(settings))
    }

    pub(super) fn get<T: TryFrom<u32>>(&self, field: RawField) -> Option<T> {
        let (_, number) = self.0.iter().find(|(known, _)| *known == field)?;
        T::try_from(*number).ok()
    }

    pub(super) fn is_of_tunnels(&self) -> bool {
        use RawField::{TunnelFlags, TunnelKind, TunnelPort};
        let fields = [TunnelKind, TunnelPort, TunnelFlags];
        self.0.iter().any(|(field, _)| fields.contains(field))
    }
}

/// Returns the options that make the same setting.
fn options(field: RawField) -> &'static [Opt] {
    match field {
        RawField::Port | RawField::Flags => &[],
        RawField::Persistent => &[Opt::Persistent],
        RawField::Forwarding => &[Opt::DirectRoute, Opt::Tunnel, Opt::Masquerade],
        RawField::UpperThreshold => &[Opt::UpperThreshold],
        RawField::LowerThreshold => &[Opt::LowerThreshold],
        RawField::TunnelKind => &[Opt::TunType],
        RawField::TunnelPort => &[Opt::TunPort],
        RawField::TunnelFlags => &[Opt::TunNoCsum, Opt::TunCsum, Opt::TunRemCsum],
    }
}
