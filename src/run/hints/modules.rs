//! What is missing in the kernel, or to this process.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::cli;
use crate::run::modules;
use ipvs::model::{Name, Service};

/// Made by Docker and by Podman in each of their containers.
const CONTAINER_MARKS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];

/// Why the kernel says `EPERM`.
pub(super) fn privilege() -> String {
    // The owner of our own entry is our effective user.
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if is_root {
        "the capability CAP_NET_ADMIN is missing: a container is given it with --cap-add \
         NET_ADMIN, and root of a user namespace has none that counts"
    } else {
        "the capability CAP_NET_ADMIN is needed: root has it, for instance with sudo"
    }
    .to_owned()
}

/// Why there is no IPVS.
pub(super) fn no_ipvs() -> Option<String> {
    not_loaded("ip_vs")
}

/// Why the scheduler or the persistence engine of a service is not found.
pub(super) fn no_scheduler(service: &Service) -> Option<String> {
    let scheduler = service.scheduler.as_ref().map(Name::as_str);
    let engine = service.engine.as_ref().map(Name::as_str);
    let scheduler = scheduler.map(|name| (name, format!("ip_vs_{name}")));
    let engine = engine.map(|name| (name, format!("ip_vs_pe_{name}")));
    let mut named = scheduler.into_iter().chain(engine);
    let (name, module) =
        named.find(|(_, module)| !Path::new("/sys/module").join(module).exists())?;
    let why = not_loaded(&module)?;
    let known = cli::SCHEDULERS.iter().map(|(name, _)| *name);
    Some(match cli::nearest(name, known) {
        Some(known) => format!("{why}; did you mean {known}?"),
        None => why,
    })
}

/// Why a module could not be loaded; none where it is not known which kernel
/// this is.
fn not_loaded(module: &str) -> Option<String> {
    let folder = modules::folder()?;
    let has_folder = folder.is_dir();
    let has_module = modules::installed(&folder)
        .iter()
        .any(|name| name == module);
    let in_container = CONTAINER_MARKS.iter().any(|mark| Path::new(mark).exists());
    let folder = folder.display();
    Some(match (has_folder, has_module) {
        (true, false) => format!("there is no module {module} in {folder}"),
        (true, true) if !in_container => {
            format!("the module {module} is there but could not be loaded: see dmesg")
        }
        _ => format!("in a container {module} must be loaded on the host: modprobe {module}"),
    })
}
