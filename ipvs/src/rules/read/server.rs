//! Real servers: `-a` and `-e`.

use std::net::IpAddr;

use super::options::Opt;
use super::raw_settings::RawSettings;
use super::{RawField, RuleError, RuleLine, misfit, value};
use crate::model::{Destination, Family, Forwarding, Tunnel, TunnelKind, VirtualId};
use crate::rules::HIGHEST_THRESHOLD;

impl RuleLine<'_> {
    pub(super) fn destination(
        &self,
        id: VirtualId,
        (address, port): (IpAddr, u16),
    ) -> Result<Destination, RuleError> {
        let raw = RawSettings::read(self, RawField::OF_SERVERS)?;
        let mut methods = [
            (Opt::DirectRoute, Forwarding::DirectRoute),
            (Opt::Tunnel, Forwarding::Tunnel),
            (Opt::Masquerade, Forwarding::Masquerade),
        ]
        .into_iter()
        .filter_map(|(opt, method)| self.row(opt).map(|(row, _)| (row, method)));
        let given = methods.next().map(|(_, method)| method);
        if let Some((row, _)) = methods.next() {
            return Err(RuleError::Repeated(row.typed()));
        }
        let of_raw = raw.get(RawField::Forwarding).map(Forwarding::from_number);
        let forwarding = of_raw.or(given).unwrap_or(Forwarding::DirectRoute);
        if forwarding != Forwarding::Tunnel && Family::of(address) != id.family() {
            return Err(misfit(
                address.to_string(),
                "only a tunnelled server is of another family",
            ));
        }
        // Only address translation can change the port.
        let fixed = match forwarding {
            Forwarding::Masquerade => None,
            _ => id.port(),
        };
        let port = raw.get(RawField::Port).or(fixed).unwrap_or(port);
        let mut server = Destination::new(address, port, forwarding);
        let most = "0 to 2147483647";
        if let Some(weight) = self.number(Opt::Weight, 0..=HIGHEST_THRESHOLD, most)? {
            server.weight = weight;
        }
        let upper = self.number(Opt::UpperThreshold, 0..=HIGHEST_THRESHOLD, most)?;
        let lower = self.number(Opt::LowerThreshold, 0..=HIGHEST_THRESHOLD, most)?;
        let upper = raw.get(RawField::UpperThreshold).or(upper);
        let lower = raw.get(RawField::LowerThreshold).or(lower);
        server.upper_threshold = upper.unwrap_or_default();
        server.lower_threshold = lower.unwrap_or_default();
        server.tunnel = self.tunnel(forwarding, &raw)?;
        Ok(server)
    }

    fn tunnel(&self, forwarding: Forwarding, raw: &RawSettings) -> Result<Tunnel, RuleError> {
        let checksums = [
            (Opt::TunNoCsum, Tunnel::NO_CHECKSUM),
            (Opt::TunCsum, Tunnel::CHECKSUM),
            (Opt::TunRemCsum, Tunnel::REMOTE_CHECKSUM),
        ];
        let mut chosen = checksums.into_iter().filter(|(opt, _)| self.has(*opt));
        let (first, second) = (chosen.next(), chosen.next());
        let is_given = first.is_some() || self.has(Opt::TunType) || self.has(Opt::TunPort);
        if forwarding != Forwarding::Tunnel && (is_given || raw.is_of_tunnels()) {
            return Err(misfit("--tun-type", "a tunnel's settings go with -i"));
        }
        let kind = match self.get(Opt::TunType) {
            None => TunnelKind::Ipip,
            Some(word) => {
                let known = TunnelKind::NAMES.iter().find(|(name, _)| *name == word);
                let (_, kind) = known.ok_or_else(|| value(word, "ipip, gue or gre"))?;
                *kind
            }
        };
        match (kind, self.has(Opt::TunPort)) {
            (TunnelKind::Gue, false) => {
                return Err(misfit("gue", "it needs --tun-port"));
            }
            (TunnelKind::Ipip | TunnelKind::Gre | TunnelKind::Other(_), true) => {
                return Err(misfit("--tun-port", "it goes with --tun-type gue"));
            }
            (TunnelKind::Gue, true) | (_, false) => {}
        }
        match (kind, first) {
            (_, Some(_)) if second.is_some() => {
                return Err(misfit("--tun-csum", "a tunnel has one kind of checksum"));
            }
            (TunnelKind::Ipip, Some(_)) => {
                return Err(misfit("--tun-csum", "checksums go with gue and gre"));
            }
            (TunnelKind::Gre, Some((Opt::TunRemCsum, _))) => {
                return Err(misfit("--tun-remcsum", "it goes with --tun-type gue"));
            }
            _ => {}
        }
        let port = self.number(Opt::TunPort, 1..=u16::MAX.into(), "a port from 1 to 65535")?;
        let kind_number: Option<u8> = raw.get(RawField::TunnelKind);
        let flags = first.map(|(_, flags)| flags).unwrap_or_default();
        Ok(Tunnel {
            kind: kind_number.map_or(kind, TunnelKind::from_number),
            port: raw.get(RawField::TunnelPort).or(port).unwrap_or_default(),
            flags: raw.get(RawField::TunnelFlags).unwrap_or(flags),
        })
    }
}
