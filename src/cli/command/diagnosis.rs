//! A diagnosis, and the path of one client.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Format;
use crate::diagnose::OnServer;
use ipvs::model::VirtualId;

/// `ipvsadm --diagnose [SERVICE] [--client ADDRESS]... [--sample SECONDS] [--probe]
/// [--ignore CHECK]... [--output FILE] [--json]`, `ipvsadm --diagnose --on-server
/// SERVICE [-g|-i|-m] [--director ADDRESS] …`, `ipvsadm --diagnose --facts FILE
/// [--ignore CHECK]... [--json]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnose {
    /// Only this service; all of them otherwise.
    pub service: Option<VirtualId>,
    /// The real server that this machine is; none if it is a director.
    pub on_server: Option<OnServer>,
    /// Clients to ask about.
    pub clients: Vec<IpAddr>,
    /// The time from the first look to the second.
    pub sample: Duration,
    /// Ask on the links who else has the virtual addresses.
    pub probe: bool,
    /// The checks that are left out.
    pub ignored: BTreeSet<String>,
    /// The file with the facts to judge; the facts of this machine otherwise.
    pub facts: Option<PathBuf>,
    /// The file that the facts are written to, if one is named.
    pub output: Option<PathBuf>,
    /// Text or JSON.
    pub format: Format,
}

/// `ipvsadm --explain SERVICE --client ADDRESS[:PORT] [--facts FILE] [--json]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explain {
    /// Where the client's packets go, or the mark that they have.
    pub service: VirtualId,
    /// The client, of the same family.
    pub client: IpAddr,
    /// The port that it sends from; any port if none is given.
    pub port: Option<u16>,
    /// The file with the facts of a director; this machine is looked at otherwise.
    pub facts: Option<PathBuf>,
    /// Text or JSON.
    pub format: Format,
}
