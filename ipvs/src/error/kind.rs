/// The meaning of an [`Error`](super::Error), for programs that decide by it.
///
/// The same number of the kernel means different things: `ENOENT` is a scheduler that is
/// not found where a service is added, and a server that is not there where one is removed.
/// A kind always means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The kernel has no IPVS, or its module is not loaded, or was unloaded. A
    /// file of `/proc` that is missing is of this kind too.
    NoIpvs,
    /// The process lacks `CAP_NET_ADMIN`, or, to enter a network namespace,
    /// `CAP_SYS_ADMIN` (`EPERM`).
    PermissionDenied,
    /// The service, or the server of the service, is there already (`EEXIST`).
    AlreadyExists,
    /// The service is not there (`ESRCH`).
    NoSuchService,
    /// The service is there, and the server is not (`ENOENT`).
    NoSuchServer,
    /// The kernel has no scheduler, or no persistence engine, of that name
    /// (`ENOENT`).
    NoSuchScheduler,
    /// The interface of a sync daemon is not there (`ENODEV`).
    NoSuchDevice,
    /// A sync daemon of that state runs already (`EEXIST`).
    DaemonRunning,
    /// No sync daemon of that state runs (`ESRCH`).
    NoDaemon,
    /// The values together make no valid service, server, daemon or timeouts (`EINVAL`);
    /// [`Client::apply`](crate::client::Client::apply) says when.
    Invalid,
    /// A number is out of its range (`ERANGE`): a weight above 2147483647, or a
    /// lower threshold above the upper one.
    OutOfRange,
    /// The kernel can't do what was asked, with this address family (a kernel without
    /// `CONFIG_IP_VS_IPV6` knows no IPv6 services) or at all
    /// (`EOPNOTSUPP`, `EAFNOSUPPORT`, `EMSGSIZE`).
    Unsupported,
    /// The kernel has no memory for what was asked (`ENOMEM`).
    OutOfMemory,
    /// The file that was named is missing, or is no network namespace.
    NoSuchNamespace,
    /// The table changed each time it was being listed.
    Interrupted,
    /// The kernel had to drop answers (`ENOBUFS`).
    Overrun,
    /// The kernel did not answer in time; see
    /// [`set_timeout`](crate::client::Client::set_timeout).
    TimedOut,
    /// The kernel's answer makes no sense.
    Protocol,
    /// The socket, or a file of `/proc`, failed.
    Io,
    /// The kernel refused with a number that has no meaning here; see
    /// [`errno`](super::Error::errno).
    Other,
}
