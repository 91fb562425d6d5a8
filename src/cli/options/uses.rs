//! The commands that several options go with alike.

use crate::cli::types::Rule::{Allowed, Required, RequiredOr, Unless, With};
use crate::cli::types::{Label as L, Uses, Verb};

pub(super) const OF_ANY: Uses = &[
    (Verb::AddService, Required),
    (Verb::EditService, Required),
    (Verb::DeleteService, Required),
    (Verb::AddServer, Required),
    (Verb::EditServer, RequiredOr(L::AllServices)),
    (Verb::DeleteServer, RequiredOr(L::AllServices)),
    (Verb::List, Allowed),
    (Verb::Zero, Allowed),
    (Verb::Diagnose, Unless(&[L::Facts])),
    (Verb::Explain, Required),
];
pub(super) const OF_SERVICES: Uses = &[(Verb::AddService, Allowed), (Verb::EditService, Allowed)];
pub(super) const OF_REMOVALS: Uses = &[
    (Verb::DeleteService, Allowed),
    (Verb::DeleteServer, Allowed),
];
pub(super) const OF_SERVERS: Uses = &[(Verb::AddServer, Allowed), (Verb::EditServer, Allowed)];
pub(super) const OF_METHODS: Uses = &[
    (Verb::AddServer, Allowed),
    (Verb::EditServer, Allowed),
    (Verb::Diagnose, With(L::OnServer)),
];
pub(super) const OF_RAW: Uses = &[
    (Verb::AddService, Allowed),
    (Verb::EditService, Allowed),
    (Verb::AddServer, Unless(&[L::Ramp])),
    (Verb::EditServer, Unless(&[L::Ramp])),
];
pub(super) const OF_LISTS: Uses = &[(Verb::List, Allowed)];
/// A line that says whether it is met has no view, and is no listing.
pub(super) const OF_REQUIREMENTS: Uses = &[(
    Verb::List,
    Unless(&[
        L::Connection,
        L::Timeout,
        L::Daemon,
        L::Stats,
        L::Rate,
        L::Thresholds,
        L::PersistentConn,
        L::TunInfo,
        L::NoSort,
        L::Exact,
        L::Json,
        L::Watch,
        L::Color,
    ]),
)];
/// The metrics are those of the whole director, in numbers.
pub(super) const OF_METRICS: Uses = &[(
    Verb::List,
    Unless(&[
        L::Connection,
        L::Service,
        L::Timeout,
        L::Daemon,
        L::Stats,
        L::Rate,
        L::Thresholds,
        L::PersistentConn,
        L::NoSort,
        L::Exact,
        L::TunInfo,
        L::Json,
        L::Watch,
        L::Color,
        L::Require,
        L::FromProc,
        L::Only,
    ]),
)];
pub(super) const OF_CONNECTIONS: Uses = &[(Verb::List, With(L::Connection))];
/// Facts that are read from a file are not gathered: nothing is examined then.
pub(super) const OF_DIAGNOSES: Uses = &[(Verb::Diagnose, Unless(&[L::Facts]))];
pub(super) const OF_DAEMONS: Uses = &[(Verb::StartDaemon, Allowed)];
pub(super) const OF_RESTORE: Uses = &[(Verb::Restore, Allowed)];
pub(super) const OF_REPLACEMENTS: Uses = &[(Verb::Restore, With(L::Replace))];
/// Commands that ask the kernel, or may.
pub(super) const OF_NAMESPACES: Uses = &[
    (Verb::AddService, Allowed),
    (Verb::EditService, Allowed),
    (Verb::DeleteService, Allowed),
    (Verb::AddServer, Allowed),
    (Verb::EditServer, Allowed),
    (Verb::DeleteServer, Allowed),
    (Verb::Clear, Allowed),
    (Verb::List, Allowed),
    (Verb::Save, Allowed),
    (Verb::Restore, Allowed),
    (Verb::Zero, Allowed),
    (Verb::Set, Allowed),
    (Verb::StartDaemon, Allowed),
    (Verb::StopDaemon, Allowed),
    (Verb::Sysctl, Allowed),
    (Verb::Diagnose, Unless(&[L::Facts])),
    (Verb::Explain, Unless(&[L::Facts])),
];
