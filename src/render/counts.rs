//! `-L -c --by`: connections, counted.

use std::io::{self, Write};

use super::label::Label;
use crate::names::NameOf;
use ipvs::connections::{By, Count, Key};
use ipvs::model::{Protocol, VirtualId};

/// Lists counts, in the order given. What they are of comes last: it may be
/// of any length.
///
/// # Errors
/// The errors of `out`.
pub fn counts(
    out: &mut impl Write,
    by: By,
    counts: &[Count],
    names: &dyn NameOf,
) -> io::Result<()> {
    let title = match by {
        By::Server => "Server",
        By::Client => "Client",
        By::State => "State",
        By::Service => "Service",
    };
    writeln!(out, "Connections Templates {title}")?;
    let mut label = Label::default();
    for count in counts {
        write!(out, "{:>11} {:>9} ", count.connections, count.templates)?;
        match &count.key {
            // It may be of more than one protocol, and the port's name too.
            Key::Server(server) => {
                out.write_all(label.set(server.address, server.port, None, names)?)?;
            }
            Key::Client(client) => out.write_all(label.set_host(*client, names)?)?,
            Key::State(state) => out.write_all(state.as_bytes())?,
            Key::Service(service) => through(out, &mut label, service, names)?,
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// As in the listing of the table, but for the blanks.
fn through(
    out: &mut impl Write,
    label: &mut Label,
    service: &VirtualId,
    names: &dyn NameOf,
) -> io::Result<()> {
    match *service {
        VirtualId::Endpoint {
            protocol,
            address,
            port,
        } => {
            match protocol {
                Protocol::Tcp => out.write_all(b"TCP ")?,
                Protocol::Udp => out.write_all(b"UDP ")?,
                Protocol::Sctp => out.write_all(b"SCTP ")?,
                Protocol::Other(number) => write!(out, "IP_{number} ")?,
            }
            out.write_all(label.set(address, port, Some(protocol), names)?)
        }
        VirtualId::Fwmark { mark, family } => {
            out.write_all(b"FWM ")?;
            out.write_all(label.set_mark(mark, family)?)
        }
    }
}
