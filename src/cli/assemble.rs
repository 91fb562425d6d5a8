//! Flags into a command: the checks that take more than one option.

use std::net::IpAddr;
use std::time::Duration;

use super::command::{
    Command, Coverage, Deed, Diagnose, Drain, Ensure, Everywhere, Explain, Extent, GivenSettings,
    Leaving, Netns, Ramp, Ramped, Restore, RestoreMode, Save, Selection, ServerAnywhere,
    ServerEdit, ServiceEdit, Strictness, Undrain,
};
use super::flags::{Flags, TypedServer};
use super::legality;
use super::raw::{RawServer, RawService};
use super::types::{Label, Verb};
use super::usage::{Context, Usage};
use super::value_error::ValueError;
use super::values;
use crate::diagnose::{Method, OnServer};
use ipvs::model::{
    Change, Destination, Family, Forwarding, Name, Netmask, Protocol, Service, ServiceFlags,
    Setting, Timeouts, Tunnel, VirtualId,
};
use ipvs::plan::scope::{Removals, Scope, Weights};

/// The scheduler of a service for which none is named.
const DEFAULT_SCHEDULER: &str = "wlc";

impl Flags<'_> {
    /// The command that these flags are for.
    pub(crate) fn command(self, verb: Verb) -> Result<Command, Usage> {
        let timeouts = self.timeouts(verb)?;
        let sched_flags = match self.sched_flags {
            // An edit that keeps settings knows the scheduler.
            Some(_) if self.given.has(Label::Keep) => ServiceFlags::default(),
            Some(word) => {
                values::sched_flags(word, self.scheduler.as_ref().map_or("", Name::as_str))?
            }
            None => ServiceFlags::default(),
        };
        let narrowing = legality::narrowing(verb, self.given);
        self.finish(verb, timeouts, sched_flags)
            .map_err(|mistake| narrowing.unwrap_or(mistake))
    }

    fn finish(
        self,
        verb: Verb,
        timeouts: Timeouts,
        sched_flags: ServiceFlags,
    ) -> Result<Command, Usage> {
        legality::command(verb, self.given)?;
        if self.netns == Some(Netns::All) {
            legality::in_each_namespace(verb, self.given)?;
        }
        if let Some((label, verbs)) = self.again
            && !verbs.contains(&verb)
        {
            return Err(Usage::Repeated(label));
        }
        if let Some(time) = self.ramp_time {
            return self.into_ramp(verb, time);
        }
        match verb {
            Verb::DeleteService | Verb::DeleteServer if self.given.has(Label::Drain) => {
                return self.into_drain(verb);
            }
            Verb::EditServer if self.given.has(Label::Undrain) => return self.into_undrain(verb),
            _ if self.given.has(Label::AllServices) => return self.into_everywhere(verb),
            _ => {}
        }
        let is_ensured = self.given.has(Label::OrEdit) || self.given.has(Label::IfExists);
        let change = match verb {
            Verb::AddService => Change::AddService(self.into_service(verb, sched_flags)?),
            Verb::EditService | Verb::EditServer if self.given.has(Label::Keep) => {
                return self.into_edit(verb).map(Command::Ensure);
            }
            Verb::EditService => Change::EditService(self.into_service(verb, sched_flags)?),
            Verb::DeleteService => Change::DeleteService(self.id(verb)?),
            Verb::AddServer => Change::AddServer(self.id(verb)?, self.destination(verb)?),
            Verb::EditServer => Change::EditServer(self.id(verb)?, self.destination(verb)?),
            Verb::DeleteServer => {
                Change::DeleteServer(self.id(verb)?, self.server(verb)?.as_written())
            }
            Verb::Clear => Change::Clear,
            // ipvsadm 1.31 takes no address and no port for no service.
            Verb::Zero => Change::Zero(self.service.filter(|service| !is_blank(service))),
            Verb::Set => Change::SetTimeouts(timeouts),
            Verb::StartDaemon => Change::StartDaemon(self.daemon),
            Verb::StopDaemon => Change::StopDaemon(self.daemon.state),
            Verb::List => return self.into_listing(),
            Verb::Save => return Ok(self.into_save()),
            Verb::Restore => return Ok(self.into_restore()),
            Verb::Help => return Ok(Command::Help(self.topic)),
            Verb::Version => return Ok(Command::Version),
            Verb::Completions => return self.into_completions(),
            Verb::Diagnose => return self.into_diagnosis(),
            Verb::Explain => return self.into_explanation(verb),
            Verb::Sysctl => return Ok(Command::Sysctl(self.setting()?)),
        };
        Ok(match change {
            Change::AddService(service) if is_ensured => Command::Ensure(Ensure::Service(service)),
            Change::AddServer(id, server) if is_ensured => {
                Command::Ensure(Ensure::Server(id, server))
            }
            Change::DeleteService(id) if is_ensured => Command::Ensure(Ensure::NoService(id)),
            Change::DeleteServer(id, server) if is_ensured => {
                Command::Ensure(Ensure::NoServer(id, server))
            }
            change => Command::Change(change),
        })
    }

    #[inline(never)]
    fn into_edit(self, verb: Verb) -> Result<Ensure, Usage> {
        let id = self.id(verb)?;
        let given = |label| self.given.has(label);
        if verb == Verb::EditService {
            return Ok(Ensure::EditedService(Box::new(ServiceEdit {
                id,
                one_packet: given(Label::OnePacket),
                scheduler: self.scheduler,
                persistence: self.persistence,
                netmask: self.netmask,
                engine: self.engine,
                sched_flags: self.sched_flags.map(str::to_owned),
            })));
        }
        Ok(Ensure::EditedServer(Box::new(self.server_edit(verb)?)))
    }

    fn server_edit(&self, verb: Verb) -> Result<ServerEdit, Usage> {
        Ok(ServerEdit {
            service: self.id(verb)?,
            server: self.server(verb)?.as_written(),
            settings: self.server_settings(),
        })
    }

    fn server_settings(&self) -> GivenSettings {
        let given = |label| self.given.has(label);
        GivenSettings {
            forwarding: given(Label::Forwarding).then_some(self.forwarding),
            weight: given(Label::Weight).then_some(self.weight),
            upper_threshold: given(Label::UpperThreshold).then_some(self.upper_threshold),
            lower_threshold: given(Label::LowerThreshold).then_some(self.lower_threshold),
            tunnel_kind: given(Label::TunType).then_some(self.tunnel_kind),
            tunnel_port: given(Label::TunPort).then_some(self.tunnel_port),
            given: self.given,
        }
    }

    #[inline(never)]
    fn into_everywhere(self, verb: Verb) -> Result<Command, Usage> {
        let server = self.server(verb)?.server();
        let is_given = |label| self.given.has(label);
        let deed = match verb {
            Verb::DeleteServer if is_given(Label::IfExists) => Deed::RemoveIfThere,
            Verb::DeleteServer => Deed::Remove,
            _ if is_given(Label::Keep) => Deed::Edit(self.server_settings()),
            _ => {
                // An error in every service is one where none has it.
                self.tunnel(self.forwarding, &RawServer::default())?;
                Deed::Replace(self.server_settings())
            }
        };
        Ok(Command::Everywhere(Box::new(Everywhere { server, deed })))
    }

    /// The words of `--set`. No other command has any, but for `--sysctl`.
    #[inline(never)]
    fn timeouts(&self, verb: Verb) -> Result<Timeouts, Usage> {
        let (timeouts, left) = match (verb, self.words.as_slice()) {
            (Verb::Set, &[tcp, tcp_fin, udp, ref left @ ..]) => (
                Timeouts {
                    tcp: values::timeout(tcp)?,
                    tcp_fin: values::timeout(tcp_fin)?,
                    udp: values::timeout(udp)?,
                },
                left,
            ),
            (Verb::Set, _) => return Err(Usage::SetValues),
            (of, words) => (
                Timeouts {
                    tcp: 0,
                    tcp_fin: 0,
                    udp: 0,
                },
                match of {
                    Verb::Sysctl => &[],
                    _ => words,
                },
            ),
        };
        match left.first() {
            Some(&word) => Err(Usage::UnexpectedWord(word.to_owned())),
            None => Ok(timeouts),
        }
    }

    /// In rules there are no quotes: the numbers of a value are words of their own.
    fn setting(&self) -> Result<Setting, Usage> {
        let words: Vec<_> = self.sysctl.iter().chain(&self.words).copied().collect();
        let text = words.join(" ");
        let setting = text.parse();
        setting.map_err(|error| ValueError::Setting(text, error).into())
    }

    fn id(&self, verb: Verb) -> Result<VirtualId, Usage> {
        self.service.ok_or(Usage::Missing {
            label: Label::Service,
            context: Context::Command(verb),
        })
    }

    fn server(&self, verb: Verb) -> Result<TypedServer, Usage> {
        self.server.ok_or(Usage::Missing {
            label: Label::Server,
            context: Context::Command(verb),
        })
    }

    #[inline(never)]
    fn into_service(self, verb: Verb, sched_flags: ServiceFlags) -> Result<Service, Usage> {
        let id = self.id(verb)?;
        let raw = RawService::read(self.raw, verb, self.given)?;
        let persistence = raw.persistence.or(self.persistence);
        let mut flags = sched_flags;
        if self.given.has(Label::OnePacket) {
            flags = flags.with(ServiceFlags::ONE_PACKET);
        }
        if persistence.is_some() {
            flags = flags.with(ServiceFlags::PERSISTENT);
        }
        if let VirtualId::Endpoint { protocol, port, .. } = id {
            let is_persistent = flags.contains(ServiceFlags::PERSISTENT);
            if port == 0 && !is_persistent && !raw.is_for_every_port {
                return Err(Usage::ZeroPort);
            }
            if flags.contains(ServiceFlags::ONE_PACKET) && protocol != Protocol::Udp {
                return Err(Usage::OnePacket);
            }
        }
        Ok(Service {
            id,
            scheduler: self.scheduler.or_else(|| values::name(DEFAULT_SCHEDULER)),
            flags: flags.with(raw.flags),
            timeout: persistence.unwrap_or(0),
            netmask: self.netmask.unwrap_or(Netmask::host(id.family())),
            engine: self.engine,
        })
    }

    #[inline(never)]
    fn destination(&self, verb: Verb) -> Result<Destination, Usage> {
        let id = self.id(verb)?;
        let server = self.server(verb)?;
        let raw = RawServer::read(self.raw, verb, self.given)?;
        let forwarding = raw.forwarding.unwrap_or(self.forwarding);
        let tunnelled = forwarding == Forwarding::Tunnel;
        let mut destination = server.as_written();
        if !tunnelled && Family::of(destination.address) != id.family() {
            return Err(Usage::MixedFamilies);
        }
        // Only address translation can change the port.
        if forwarding != Forwarding::Masquerade
            && let Some(port) = id.port()
        {
            destination.port = port;
        }
        destination.port = raw.port.unwrap_or(destination.port);
        destination.forwarding = forwarding;
        destination.weight = self.weight;
        destination.upper_threshold = raw.upper_threshold.unwrap_or(self.upper_threshold);
        destination.lower_threshold = raw.lower_threshold.unwrap_or(self.lower_threshold);
        destination.tunnel = self.tunnel(forwarding, &raw)?;
        Ok(destination)
    }

    fn tunnel(&self, forwarding: Forwarding, raw: &RawServer) -> Result<Tunnel, Usage> {
        use Label::{TunCsum, TunRemCsum};
        let given = |label: &Label| self.given.has(*label);
        let is_given = Label::OF_TUNNELS.iter().any(given) || raw.is_of_tunnels();
        if forwarding != Forwarding::Tunnel && is_given {
            return Err(Usage::TunnelOptions);
        }
        legality::tunnel(self.tunnel_kind, self.given)?;
        let flags = if given(&TunRemCsum) {
            Tunnel::REMOTE_CHECKSUM
        } else if given(&TunCsum) {
            Tunnel::CHECKSUM
        } else {
            Tunnel::NO_CHECKSUM
        };
        Ok(Tunnel {
            kind: raw.tunnel_kind.unwrap_or(self.tunnel_kind),
            port: raw.tunnel_port.unwrap_or(self.tunnel_port),
            flags: raw.tunnel_flags.unwrap_or(flags),
        })
    }

    #[inline(never)]
    fn into_ramp(self, verb: Verb, time: Duration) -> Result<Command, Usage> {
        let given = |label| self.given.has(label);
        let ramped = match verb {
            Verb::AddServer => {
                let (id, server) = (self.id(verb)?, self.destination(verb)?);
                match given(Label::OrEdit) {
                    true => Ramped::NewOrThere(id, server),
                    false => Ramped::New(id, server),
                }
            }
            _ if given(Label::AllServices) => {
                Ramped::Anywhere(self.server(verb)?.server(), self.server_settings())
            }
            _ => Ramped::Edited(self.server_edit(verb)?),
        };
        Ok(Command::Ramp(Box::new(Ramp { ramped, time })))
    }

    #[inline(never)]
    fn into_drain(self, verb: Verb) -> Result<Command, Usage> {
        let leaving = match verb {
            Verb::DeleteService => Leaving::Service(self.id(verb)?),
            _ if self.given.has(Label::AllServices) => {
                Leaving::Anywhere(self.server(verb)?.server())
            }
            _ => Leaving::Server(self.id(verb)?, self.server(verb)?.as_written()),
        };
        Ok(Command::Drain(Drain {
            leaving,
            limit: self.drain_limit,
        }))
    }

    #[inline(never)]
    fn into_undrain(self, verb: Verb) -> Result<Command, Usage> {
        let server = self.server(verb)?;
        Ok(Command::Undrain(match self.given.has(Label::AllServices) {
            true => Undrain::Anywhere(server.server()),
            false => Undrain::Server(self.id(verb)?, server.as_written()),
        }))
    }

    #[inline(never)]
    fn into_diagnosis(self) -> Result<Command, Usage> {
        let clients: Result<_, _> = self.clients.iter().map(|client| client.host()).collect();
        let on_server = match self.given.has(Label::OnServer) {
            true => Some(self.on_server()?),
            false => None,
        };
        Ok(Command::Diagnose(Box::new(Diagnose {
            service: self.service.filter(|_| on_server.is_none()),
            on_server,
            clients: clients?,
            sample: self.sample,
            probe: self.given.has(Label::Probe),
            format: self.format(),
            ignored: self.ignored,
            facts: self.facts,
            output: self.output,
        })))
    }

    fn on_server(&self) -> Result<OnServer, Usage> {
        let service = self.service.ok_or(Usage::Missing {
            label: Label::Service,
            context: Context::Option(Label::OnServer),
        })?;
        let method = match self.forwarding {
            Forwarding::Masquerade => Method::Nat,
            Forwarding::Tunnel => Method::Tunnel,
            _ => Method::DirectRouting,
        };
        let on_server =
            OnServer::new(service, method, self.director).ok_or(ValueError::OnServerMark)?;
        let vip = on_server.vip();
        if is_no_machine(vip) {
            return Err(ValueError::OnServerAddress(vip).into());
        }
        if let Some(director) = self.director {
            if Family::of(director) != Family::of(vip) {
                return Err(ValueError::DirectorFamily.into());
            }
            if is_no_machine(director) {
                return Err(ValueError::DirectorAddress(director).into());
            }
        }
        Ok(on_server)
    }

    #[inline(never)]
    fn into_explanation(self, verb: Verb) -> Result<Command, Usage> {
        let service = self.id(verb)?;
        let client = self.clients.first().ok_or(Usage::Missing {
            label: Label::Client,
            context: Context::Command(verb),
        })?;
        let (client, port) = client.one()?;
        if Family::of(client) != service.family() {
            return Err(ValueError::ClientFamily.into());
        }
        Ok(Command::Explain(Explain {
            service,
            client,
            port,
            format: self.format(),
            facts: self.facts,
        }))
    }

    fn into_completions(self) -> Result<Command, Usage> {
        let shell = self.shell.ok_or_else(|| ValueError::Shell(String::new()))?;
        Ok(Command::Completions(shell))
    }

    #[inline(never)]
    fn into_save(self) -> Command {
        Command::Save(Save {
            numeric: self.given.has(Label::Numeric),
            coverage: match self.given.has(Label::All) {
                true => Coverage::All,
                false => Coverage::Table,
            },
            format: self.format(),
            output: self.output,
            services: Selection::of(None, self.only),
        })
    }

    #[inline(never)]
    fn into_restore(self) -> Command {
        let check = self.given.has(Label::Check);
        let dry_run = self.given.has(Label::DryRun);
        let format = self.format();
        let scope = Scope {
            weights: match self.given.has(Label::KeepWeights) {
                true => Weights::Kept,
                false => Weights::Wanted,
            },
            removals: match self.given.has(Label::NoRemove) {
                true => Removals::LeftOut,
                false => Removals::Made,
            },
            only: self.only,
        };
        Command::Restore(Restore {
            scope,
            mode: if self.given.has(Label::Replace) {
                RestoreMode::Replace
            } else {
                RestoreMode::Apply
            },
            strictness: match self.given.has(Label::Strict) {
                true => Strictness::Everywhere,
                false => Strictness::WhereInUse,
            },
            stop_at: if check {
                Extent::Check
            } else if dry_run {
                Extent::DryRun
            } else {
                Extent::Full
            },
            input: None,
            format,
        })
    }
}

/// No packet comes to a machine, or from one, by such an address.
fn is_no_machine(address: IpAddr) -> bool {
    address.is_loopback() || address.is_multicast() || address.is_unspecified()
}

impl TypedServer {
    /// The server with the port that was written for it, or its service's.
    fn as_written(self) -> Destination {
        Destination::new(
            self.endpoint.address,
            self.endpoint.port.unwrap_or(self.default_port),
            Forwarding::DirectRoute,
        )
    }

    /// The server with the port that was written for it, or any.
    fn server(self) -> ServerAnywhere {
        ServerAnywhere {
            address: self.endpoint.address,
            port: self.endpoint.port,
        }
    }
}

/// Returns whether neither an address nor a port of TCP, UDP or SCTP was named.
fn is_blank(service: &VirtualId) -> bool {
    match service {
        VirtualId::Endpoint {
            protocol: Protocol::Tcp | Protocol::Udp | Protocol::Sctp,
            address,
            port,
        } => address.is_unspecified() && *port == 0,
        VirtualId::Endpoint { .. } | VirtualId::Fwmark { .. } => false,
    }
}
