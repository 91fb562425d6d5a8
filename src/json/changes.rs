//! The changes that a restore would make.

use std::io::{self, Write};

use serde::Serialize;

use super::identity::ServiceId;
use super::server::{ServerId, ServerSettings};
use super::service::ServiceSettings;
use super::settings::{Seconds, SyncDaemonFields};
use super::{Sequence, document};
use ipvs::model::{Change, Counts, Destination, Service, Setting, VirtualId};

/// Writes the document of these settings and changes, in the order in which they
/// would be made.
///
/// # Errors
/// The errors of `out`.
pub fn changes(out: &mut impl Write, settings: &[Setting], changes: &[Change]) -> io::Result<()> {
    #[derive(Serialize)]
    struct ChangesDocument<S> {
        changes: S,
        additions: usize,
        edits: usize,
        removals: usize,
    }
    let counts = Counts::of(changes);
    let settings = settings.iter().map(ChangeRow::from);
    let rows = settings.chain(changes.iter().map(ChangeRow::from));
    document(
        out,
        &ChangesDocument {
            changes: Sequence(rows),
            additions: counts.additions,
            edits: counts.edits,
            removals: counts.removals,
        },
    )
}

/// A change: the action, the thing that it changes, and the new settings of that thing.
#[derive(Serialize)]
struct ChangeRow<'a> {
    action: &'static str,
    service: Option<ServiceId>,
    service_settings: Option<ServiceSettings<'a>>,
    server: Option<ServerId>,
    server_settings: Option<ServerSettings>,
    timeouts: Option<Seconds>,
    daemon: Option<SyncDaemonFields<'a>>,
    sysctl: Option<SettingFields<'a>>,
}

#[derive(Serialize)]
struct SettingFields<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> From<&'a Change> for ChangeRow<'a> {
    fn from(change: &'a Change) -> Self {
        match change {
            Change::AddService(service) => Self::of("add_service").with_service(service),
            Change::EditService(service) => Self::of("edit_service").with_service(service),
            Change::DeleteService(id) => Self::of("remove_service").at(id),
            Change::AddServer(id, server) => Self::of("add_server").at(id).with_server(server),
            Change::EditServer(id, server) => Self::of("edit_server").at(id).with_server(server),
            Change::DeleteServer(id, server) => Self {
                server: Some(server.into()),
                ..Self::of("remove_server").at(id)
            },
            Change::Clear => Self::of("clear"),
            Change::Zero(None) => Self::of("zero"),
            Change::Zero(Some(id)) => Self::of("zero").at(id),
            Change::SetTimeouts(timeouts) => Self {
                timeouts: Some(Seconds::changed(timeouts)),
                ..Self::of("set_timeouts")
            },
            Change::StartDaemon(daemon) => Self {
                daemon: Some(daemon.into()),
                ..Self::of("start_daemon")
            },
            Change::StopDaemon(state) => Self {
                daemon: Some((*state).into()),
                ..Self::of("stop_daemon")
            },
        }
    }
}

impl<'a> From<&'a Setting> for ChangeRow<'a> {
    fn from(setting: &'a Setting) -> Self {
        let Setting { name, value } = setting;
        Self {
            sysctl: Some(SettingFields { name, value }),
            ..Self::of("set_sysctl")
        }
    }
}

impl<'a> ChangeRow<'a> {
    fn of(action: &'static str) -> Self {
        Self {
            action,
            service: None,
            service_settings: None,
            server: None,
            server_settings: None,
            timeouts: None,
            daemon: None,
            sysctl: None,
        }
    }

    fn at(self, id: &VirtualId) -> Self {
        Self {
            service: Some(id.into()),
            ..self
        }
    }

    fn with_service(self, service: &'a Service) -> Self {
        Self {
            service_settings: Some(service.into()),
            ..self.at(&service.id)
        }
    }

    fn with_server(self, server: &Destination) -> Self {
        Self {
            server: Some(server.into()),
            server_settings: Some(server.into()),
            ..self
        }
    }
}
