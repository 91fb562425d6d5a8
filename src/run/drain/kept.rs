//! The servers that were drained, with the weights that they had. They are kept in a file for the
//! network namespace, which only root can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::Builder;

use crate::run::per_namespace::{check_folder, make_folder, path};
use crate::run::turn::{Job, Turn};
use crate::run::{Failure, Report};
use ipvs::drain::{Draining, Together};
use ipvs::model::{Destination, VirtualId};

/// A server that was drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) service: VirtualId,
    /// The server before its weight became 0.
    pub(super) server: Destination,
    pub(super) state: DrainedState,
}

/// The state in which a drain has left a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DrainedState {
    /// It has weight 0.
    Closed,
    /// It is no longer in the table.
    Removed,
}

impl Kept {
    /// Returns whether this is that server of that service.
    pub(super) fn is(&self, service: &VirtualId, server: &Destination) -> bool {
        self.service == *service && self.server.endpoint() == server.endpoint()
    }
}

/// The file, locked against other processes.
pub(super) struct Store {
    path: PathBuf,
    _turn: Turn,
}

impl Store {
    /// Waits until the file is free and locks it.
    ///
    /// # Errors
    /// Where its folder can't be made or is not safe, or another process has kept the file locked
    /// for a minute.
    pub(super) fn open(report: &mut Report<'_>) -> Result<Self, Failure> {
        let path = path("drained").map_err(|error| failed("find", Path::new("/proc"), error))?;
        make_folder(&path);
        check_folder(&path).map_err(|error| failed("use", &path, error))?;
        let turn = Turn::take(Job::Drain, report)?;
        Ok(Self { path, _turn: turn })
    }

    /// Returns the name of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the servers in the file; none where there is no file.
    ///
    /// # Errors
    /// Where the file can't be read or its content is not understood.
    pub(super) fn read(&self) -> Result<Vec<Kept>, Failure> {
        let failed = |error| failed("read", &self.path, error);
        match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(failed(error)),
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                Failure::Files(anyhow::anyhow!(
                    "{} holds no weights of drained servers, remove it: {error}",
                    self.path.display()
                ))
            }),
        }
    }

    /// Writes the file as a whole, or removes it where there is nothing to keep.
    ///
    /// # Errors
    /// Where it can't be written. The old file stays in place then.
    pub(super) fn write(&self, kept: &[Kept]) -> Result<(), Failure> {
        let written = match kept {
            [] => match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            kept => self.replace(kept),
        };
        written.map_err(|error| failed("write", &self.path, error))
    }

    fn replace(&self, kept: &[Kept]) -> io::Result<()> {
        let mut text = serde_json::to_vec(kept)?;
        text.push(b'\n');
        let folder = self.path.parent().unwrap_or(&self.path);
        // The file is opened here, because tempfile would add the name to the system's error.
        let mut temporary = Builder::new().prefix(".drained-").make_in(folder, |path| {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600).open(path)
        })?;
        temporary.as_file_mut().write_all(&text)?;
        temporary.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn failed(deed: &str, path: &Path, error: io::Error) -> Failure {
    Failure::Files(anyhow::Error::new(error).context(format!("cannot {deed} {}", path.display())))
}

/// Keeps the file in step with a drain.
pub(super) struct Keeper {
    /// False once the file could not be used, which has been reported.
    is_at_work: bool,
}

impl Keeper {
    /// Notes the servers that are to be drained, before anything is changed. If they can't be
    /// noted, that is reported and they are drained all the same.
    pub(super) fn begin(together: &Together, report: &mut Report<'_>) -> Self {
        let mut keeper = Self { is_at_work: true };
        keeper.update(report, |kept| {
            for draining in together.ongoing() {
                for server in draining.servers() {
                    remember(kept, *draining.service(), *server);
                }
            }
        });
        keeper
    }

    /// Notes the servers that were removed. The servers of a removed service are forgotten:
    /// `--undrain` can't give anything back to them.
    pub(super) fn note_removed(&mut self, drains: &[Draining], report: &mut Report<'_>) {
        if drains.is_empty() {
            return;
        }
        self.update(report, |kept| {
            for draining in drains {
                let id = draining.service();
                let Some(server) = draining.server() else {
                    kept.retain(|kept| kept.service != *id);
                    continue;
                };
                for kept in kept.iter_mut().filter(|kept| kept.is(id, server)) {
                    kept.state = DrainedState::Removed;
                }
            }
        });
    }

    fn update(&mut self, report: &mut Report<'_>, change: impl FnOnce(&mut Vec<Kept>)) {
        if !self.is_at_work {
            return;
        }
        let updated = Store::open(report).and_then(|store| {
            let mut kept = store.read()?;
            change(&mut kept);
            store.write(&kept)
        });
        if let Err(failure) = updated {
            self.is_at_work = false;
            report(&format_args!(
                "{failure}; --undrain can't give the weight back"
            ));
        }
    }
}

/// Keeps a server with its weight. If an earlier drain has left it at weight 0, the weight kept
/// then stays.
fn remember(kept: &mut Vec<Kept>, service: VirtualId, server: Destination) {
    let state = DrainedState::Closed;
    let new = Kept {
        service,
        server,
        state,
    };
    match kept.iter_mut().find(|kept| kept.is(&service, &server)) {
        Some(old) if old.state == state && server.weight == 0 => {}
        Some(old) => *old = new,
        None => kept.push(new),
    }
}
