//! The modules of the running kernel.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the modules; none where `/proc` does not tell the kernel's release.
pub(super) fn folder() -> Option<PathBuf> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    Some(Path::new("/lib/modules").join(release.trim_end()))
}

/// Returns the names of the modules that are built in or can be loaded.
pub(super) fn installed(folder: &Path) -> Vec<String> {
    let lists = ["modules.dep", "modules.builtin"];
    let texts = lists.map(|list| fs::read_to_string(folder.join(list)).unwrap_or_default());
    let names = texts.iter().flat_map(|text| listed(text));
    names.map(str::to_owned).collect()
}

/// Returns the names of the modules that are loaded.
pub(super) fn loaded() -> Vec<String> {
    let text = fs::read_to_string("/proc/modules").unwrap_or_default();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

/// Returns the names in lines such as `FOLDER/NAME.ko[.xz][: OTHERS]`.
fn listed(list: &str) -> impl Iterator<Item = &str> {
    let files = list.lines().filter_map(|line| line.split(':').next());
    let names = files.filter_map(|file| file.rsplit('/').next());
    names.filter_map(|file| Some(file.split_once(".ko")?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_modules() {
        let list = "kernel/net/ipvs/ip_vs.ko: kernel/net/nf.ko kernel/net/ip_vs_no.ko\n\
                    kernel/net/ipvs/ip_vs_rr.ko.xz: kernel/net/ipvs/ip_vs.ko\n\
                    \n\
                    kernel/lib/crc.ko\n";
        let names: Vec<_> = listed(list).collect();
        assert_eq!(names, ["ip_vs", "ip_vs_rr", "crc"]);
    }
}
