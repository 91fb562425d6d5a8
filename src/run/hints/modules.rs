//! Modules that the kernel lacks, and rights that this process lacks.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::cli;
use crate::run::modules;
use ipvs::model::{Name, Service};

/// Files that Docker and Podman make in each of their containers.
const CONTAINER_MARKS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];

/// The user namespace that the machine starts with (`PROC_USER_INIT_INO`).
const FIRST_USER_NAMESPACE: &str = "user:[4026531837]";

/// Returns why the kernel says `EPERM`.
pub(super) fn privilege() -> String {
    let namespace = fs::read_link("/proc/self/ns/user");
    if namespace.is_ok_and(|namespace| namespace != Path::new(FIRST_USER_NAMESPACE)) {
        return "the CAP_NET_ADMIN of a user namespace is not enough: this program speaks \
                generic netlink, for which IPVS wants that of the machine; only its older \
                interface, for IPv4 alone, takes it"
            .to_owned();
    }
    // The owner of `/proc/self` is the effective user of this process.
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if is_root {
        "the capability CAP_NET_ADMIN is missing: a container is given it with --cap-add NET_ADMIN"
    } else {
        "the capability CAP_NET_ADMIN is needed: root has it, for instance with sudo"
    }
    .to_owned()
}

/// Returns why there is no IPVS.
pub(super) fn no_ipvs() -> Option<String> {
    not_loaded("ip_vs")
}

/// Returns why the scheduler or the persistence engine of a service is not found.
pub(super) fn no_scheduler(service: &Service) -> Option<String> {
    let scheduler = service.scheduler.as_ref().map(Name::as_str);
    let engine = service.engine.as_ref().map(Name::as_str);
    let schedulers = cli::SCHEDULERS.iter().map(|(name, _)| *name).collect();
    let scheduler = scheduler.map(|name| Part {
        what: "scheduler",
        name,
        prefix: "ip_vs_",
        known: schedulers,
    });
    let engine = engine.map(|name| Part {
        what: "persistence engine",
        name,
        prefix: "ip_vs_pe_",
        known: vec!["sip"],
    });
    let mut named = scheduler.into_iter().chain(engine);
    named.find(|part| !part.is_loaded())?.missing()
}

/// A scheduler or a persistence engine: a part of a service that a kernel module brings.
struct Part<'a> {
    what: &'static str,
    name: &'a str,
    /// The beginning of the module's name; the part's own name follows.
    prefix: &'static str,
    /// The names that Linux's own modules bring.
    known: Vec<&'static str>,
}

impl Part<'_> {
    fn module(&self) -> String {
        format!("{}{}", self.prefix, self.name)
    }

    fn is_loaded(&self) -> bool {
        Path::new("/sys/module").join(self.module()).exists()
    }

    /// Returns why it is not found, and which name may have been meant.
    fn missing(&self) -> Option<String> {
        let lower = self.name.to_lowercase();
        let bare = lower.strip_prefix(self.prefix).unwrap_or(&lower);
        if self.known.contains(&bare) && bare != self.name {
            return Some(format!("the {} is called {bare}", self.what));
        }
        let why = not_loaded(&self.module())?;
        Some(match cli::nearest(bare, self.known.iter().copied()) {
            Some(known) => format!("{why}; did you mean {known}?"),
            None => why,
        })
    }
}

/// Returns why a module could not be loaded; none where the release of the running kernel is not
/// known.
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
