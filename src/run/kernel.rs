//! Finds the kernel's IPVS, loads it where it is a module, and reads how it is set.

use std::process::{Command, Stdio};

use crate::sysctls;
use ipvs::client::Client;
use ipvs::error::Error;

/// The only program that this one ever starts.
const MODPROBE: &str = "/sbin/modprobe";

/// Opens the conversation. If IPVS does not answer, for whatever reason, its module is loaded and
/// IPVS is asked once more, as ipvsadm has always done.
///
/// # Errors
/// The reason why the second attempt failed.
pub(super) fn open() -> Result<Client, Error> {
    Client::open().or_else(|_| {
        load_module();
        Client::open()
    })
}

/// Runs modprobe, whose own complaints go to our standard error. Its failure shows when IPVS is
/// asked again.
#[inline(never)]
fn load_module() {
    let _ = Command::new(MODPROBE)
        .args(["--", "ip_vs"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
}

/// Returns whether the kernel ends the connections of a removed server
/// (`net.ipv4.vs.expire_nodest_conn`); none where it does not say.
pub(super) fn ends_orphans() -> Option<bool> {
    sysctls::value("expire_nodest_conn").map(|value| value != "0")
}
