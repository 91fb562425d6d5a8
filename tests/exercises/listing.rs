//! Lists a made-up service in the view of the exercise.

use std::io::stdout;

use ipvs::model::{Destination, DestinationEntry, Forwarding, Service};
use ipvsadm::names::Numeric;
use ipvsadm::render::{Cells, Header, RowWriter, titles};
use ipvsadm::view::{Numbers, Paint, View};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let service = Service::new("TCP 10.0.0.1:80".parse()?, "wlc".parse()?);
    let mut server = Destination::new("10.1.0.1".parse()?, 8080, Forwarding::Masquerade);
    server.weight = 7;
    let servers = [DestinationEntry::new(server)];
    let header = Header { info: None };
    titles(&mut stdout(), header, View::Weights)?;
    let mut rows = RowWriter::new(View::Weights, Numbers::Scaled, Paint::Plain, &Numeric);
    rows.entry(&mut stdout(), &service.id, Cells::Settings(&service), &servers)?;
    Ok(())
}
