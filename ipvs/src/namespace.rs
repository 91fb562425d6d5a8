//! Network namespaces: each has a table, connections, sockets and `/proc/net` of
//! its own.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, setns};

/// The network namespace of a conversation: that of the thread, or another.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetworkNamespace(Option<Arc<OwnedFd>>);

impl NetworkNamespace {
    /// The one that a file stands for.
    pub(crate) fn of(file: impl AsFd) -> io::Result<Self> {
        let file = file.as_fd().try_clone_to_owned()?;
        Ok(Self(Some(Arc::new(file))))
    }

    /// The one that a file of this name stands for.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            // A pipe without a writer would be waited for.
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(path)?;
        Ok(Self(Some(Arc::new(file.into()))))
    }

    /// Opens something in this namespace. What is opened stays there, wherever it
    /// is used. Another namespace is entered by a thread of its own: this one
    /// stays where it is.
    pub(crate) fn open<R: Send>(
        &self,
        open: impl FnOnce() -> io::Result<R> + Send,
    ) -> io::Result<R> {
        let Some(file) = &self.0 else {
            return open();
        };
        let enter = || {
            setns(file, CloneFlags::CLONE_NEWNET)?;
            open()
        };
        thread::scope(|scope| {
            let helper = thread::Builder::new().spawn_scoped(scope, enter)?;
            let panicked = |_| Err(io::Error::other("the thread in the namespace panicked"));
            helper.join().unwrap_or_else(panicked)
        })
    }

    /// Checks that it can be entered.
    pub(crate) fn check(&self) -> io::Result<()> {
        match &self.0 {
            None => Ok(()),
            Some(_) => self.open(|| Ok(())),
        }
    }
}
