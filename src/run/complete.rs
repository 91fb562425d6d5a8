//! Completions that need the kernel's knowledge. Where the kernel does not answer, nothing is
//! offered and no error is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::time::Duration;

use super::{Failure, Out, modules};
use crate::cli::{Candidates, Completion, SCHEDULERS};
use crate::names::Numeric;
use crate::netns;
use ipvs::client::{Client, Patience};
use ipvs::model::{ServiceEntry, VirtualId};
use ipvs::procfs::TABLE;
use ipvs::rules::{EndpointWords, Selector};

/// Tells the scripts of the shells to complete the name of a file.
const FILES: &str = "<files>";

/// The names of IPVS's modules begin with `MODULE`; in that of a persistence engine `ENGINE`
/// follows. The module `FTP` is neither a scheduler nor an engine.
const MODULE: &str = "ip_vs_";
const ENGINE: &str = "pe_";
const FTP: &str = "ftp";

/// Prints the words that complete the typed one, a line each: the word, a tab, and its description.
#[inline(never)]
pub(super) fn complete(wanted: &Completion, out: &mut Out) -> Result<(), Failure> {
    print(wanted, out).map_err(Failure::writing)
}

fn print(wanted: &Completion, out: &mut Out) -> io::Result<()> {
    let Completion { prefix, stem, .. } = wanted;
    let found = match &wanted.candidates {
        Candidates::Files => return writeln!(out, "{FILES}\t{prefix}"),
        Candidates::Words(words) => words
            .iter()
            .map(|(word, help)| (word.clone(), (*help).to_owned()))
            .collect(),
        Candidates::Namespaces(words) => {
            let names = netns::names().into_iter().map(|name| (name, String::new()));
            let words = words
                .iter()
                .map(|(word, help)| (word.clone(), (*help).to_owned()));
            words.chain(names).collect()
        }
        candidates => asked(candidates).unwrap_or_default(),
    };
    for (word, help) in found.iter().filter(|(word, _)| word.starts_with(stem)) {
        writeln!(out, "{prefix}{word}\t{help}")?;
    }
    Ok(())
}

/// Words with their descriptions.
type OfferedWords = Vec<(String, String)>;

/// Opens a conversation with the kernel's IPVS, if it is loaded. If it is not, the kernel is not
/// asked: that would make it load the module.
fn client() -> Option<Client> {
    fs::exists(TABLE).ok().filter(|is_there| *is_there)?;
    let mut client = Client::open().ok()?;
    // The user has pressed a key: don't wait until the table stops changing.
    client.set_patience(Patience::Settle(Duration::ZERO));
    Some(client)
}

fn asked(candidates: &Candidates) -> Option<OfferedWords> {
    match candidates {
        Candidates::Services(protocol) => services(|id| match id {
            VirtualId::Endpoint { protocol: of, .. } => of == protocol,
            VirtualId::Fwmark { .. } => false,
        }),
        Candidates::Marks => services(|id| matches!(id, VirtualId::Fwmark { .. })),
        Candidates::ServersOf(id) => {
            let entry = client()?.service(id).ok()?;
            Some(servers(&[entry]))
        }
        Candidates::Servers => Some(servers(&client()?.table().ok()?)),
        Candidates::Schedulers => Some(schedulers()),
        Candidates::Engines => Some(engines()),
        Candidates::Words(_) | Candidates::Files | Candidates::Namespaces(_) => None,
    }
}

/// Returns the wanted services, each as its option's value.
fn services(is_wanted: impl Fn(&VirtualId) -> bool) -> Option<OfferedWords> {
    let mut entries = client()?.services().ok()?;
    entries.retain(|entry| is_wanted(&entry.service.id));
    entries.sort_unstable_by_key(|entry| entry.service.id);
    let found = entries.iter().filter_map(|entry| {
        let selector = Selector::new(&entry.service.id, &Numeric).to_string();
        let mut words = selector.split(' ');
        let scheduler = entry.service.scheduler.map(|name| name.to_string());
        let help = scheduler.unwrap_or_default();
        Some((words.nth(1)?.to_owned(), help))
    });
    Some(found.collect())
}

/// Returns each server once.
fn servers(entries: &[ServiceEntry]) -> OfferedWords {
    let mut found = BTreeMap::new();
    for entry in entries {
        for row in &entry.destinations {
            let destination = &row.destination;
            let word = EndpointWords::server(&entry.service.id, destination, &Numeric).to_string();
            let key = (destination.address, destination.port);
            found.insert(key, (word, format!("weight {}", destination.weight)));
        }
    }
    found.into_values().collect()
}

/// Returns the schedulers that the kernel has, loaded or not. If the modules that it could load
/// can't be listed, the known schedulers are added.
fn schedulers() -> OfferedWords {
    let installed = installed();
    let known = SCHEDULERS
        .iter()
        .map(|&(name, help)| (name.to_owned(), help));
    let known: BTreeMap<_, _> = known.collect();
    let names: BTreeSet<_> = match installed.is_empty() {
        true => loaded().into_iter().chain(known.keys().cloned()).collect(),
        false => loaded().into_iter().chain(installed).collect(),
    };
    names
        .into_iter()
        .filter(|name| name != FTP && !name.starts_with(ENGINE))
        .map(|name| {
            let help = known.get(&name).copied().unwrap_or_default();
            (name, help.to_owned())
        })
        .collect()
}

/// Returns the persistence engines that the kernel has, loaded or not.
fn engines() -> OfferedWords {
    let names: BTreeSet<_> = loaded().into_iter().chain(installed()).collect();
    let engine = |name: String| Some((name.strip_prefix(ENGINE)?.to_owned(), String::new()));
    names.into_iter().filter_map(engine).collect()
}

/// Returns the names of the loaded modules of IPVS, without [`MODULE`].
fn loaded() -> Vec<String> {
    parts(modules::loaded())
}

/// Returns the names of the modules that are built into this kernel or can be loaded, without
/// [`MODULE`].
fn installed() -> Vec<String> {
    let folder = modules::folder();
    parts(folder.map_or_else(Vec::new, |folder| modules::installed(&folder)))
}

fn parts(names: Vec<String>) -> Vec<String> {
    let parts = names.iter().filter_map(|name| name.strip_prefix(MODULE));
    parts.map(str::to_owned).collect()
}
