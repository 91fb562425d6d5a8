//! The rows of a listing: every service at once, the servers of each when
//! their turn comes, so that they are not all held.

use super::Failure;
use crate::client::Client;
use crate::error::Error;
use crate::model::ServiceEntry;
use crate::names::{NameOf, Names};
use crate::procfs::{self, Agreement};
use crate::render::{self, Order, View};

/// How often the short way is tried before the sure one is taken.
const ATTEMPTS: usize = 2;
/// Up to so many services, asking for the servers of each is the shorter way.
const FEW: usize = 8;

/// Services, with or still without their servers.
pub(super) struct Rows {
    services: Vec<ServiceEntry>,
    servers: Servers,
    order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Servers {
    ToBeAsked,
    Known,
}

impl Rows {
    /// One service with its servers.
    pub(super) fn one(service: ServiceEntry, order: Order) -> Self {
        Self {
            services: vec![service],
            servers: Servers::Known,
            order,
        }
    }

    /// Every service, for a view.
    pub(super) fn all(client: &mut Client, view: View, order: Order) -> Result<Self, Error> {
        let mut services = client.services()?;
        let mut servers = Servers::ToBeAsked;
        if view == View::Plain && services.len() > FEW {
            for _ in 0..ATTEMPTS {
                let text = procfs::open(procfs::TABLE);
                match text.and_then(|text| procfs::add_servers(&mut services, text)) {
                    Ok(Agreement::Same) => {
                        servers = Servers::Known;
                        break;
                    }
                    // The table is changing.
                    Ok(Agreement::Different) => services = client.services()?,
                    // Not every environment shows it.
                    Err(_) => break,
                }
            }
        }
        if order == Order::Sorted {
            render::sort(&mut services);
        }
        Ok(Self {
            services,
            servers,
            order,
        })
    }

    /// The names of all their addresses; for these, every server must be known.
    pub(super) fn names(&mut self, client: &mut Client) -> Result<Names, Error> {
        if self.servers == Servers::ToBeAsked {
            for entry in &mut self.services {
                entry.destinations = client.destinations(&entry.service.id)?;
            }
            self.servers = Servers::Known;
        }
        Ok(Names::look_up(render::addresses(&self.services)))
    }

    /// Gives each service with its servers to `each`, in order.
    pub(super) fn for_each(
        self,
        client: &mut Client,
        mut each: impl FnMut(ServiceEntry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        for mut entry in self.services {
            if self.servers == Servers::ToBeAsked {
                let servers = client.destinations(&entry.service.id);
                entry.destinations = servers.map_err(Failure::Unlisted)?;
            }
            if self.order == Order::Sorted {
                render::sort(std::slice::from_mut(&mut entry));
            }
            each(entry)?;
        }
        Ok(())
    }
}

/// Names, or numbers where no names are wanted.
pub(super) fn or_numbers(names: &Option<Names>) -> &dyn NameOf {
    match names {
        Some(names) => names,
        None => &crate::names::Numeric,
    }
}
