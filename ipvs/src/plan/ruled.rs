//! The settings that rules make, with the lines that made them, and the servers of one service.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::Destination;

/// The longest list in which a server is searched one by one; a longer list has an index.
const LIST: usize = 16;

/// A setting and the line of the last rule that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruled<T> {
    /// The settings.
    pub value: T,
    /// The number of the line.
    pub line: u64,
}

/// The places of servers in a list, by address and port.
#[derive(Debug)]
struct Places(HashMap<(IpAddr, u16), usize>);

/// The servers of one service.
#[derive(Debug, Default)]
pub struct RuledServers {
    /// The servers; `None` where a long list has lost one, so that the others keep their
    /// places.
    list: Vec<Option<Ruled<Destination>>>,
    /// An index, which is built when the list gets long.
    places: Option<Box<Places>>,
    lost: usize,
}

impl RuledServers {
    /// Returns all servers, in the order of the rules.
    pub fn iter(&self) -> impl Iterator<Item = &Ruled<Destination>> {
        self.list.iter().flatten()
    }

    /// Returns how many servers there are.
    pub fn len(&self) -> usize {
        self.list.len().saturating_sub(self.lost)
    }

    /// Returns whether there are no servers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the server with that address and port.
    pub fn get(&self, destination: &Destination) -> Option<&Ruled<Destination>> {
        self.list.get(self.place(destination)?)?.as_ref()
    }

    /// Returns the server at a place in the list.
    pub(super) fn at(&self, index: usize) -> Option<&Ruled<Destination>> {
        self.list.get(index)?.as_ref()
    }

    /// Returns all servers with their places in the list.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, &Ruled<Destination>)> {
        let places = self.list.iter().enumerate();
        places.filter_map(|(place, server)| Some((place, server.as_ref()?)))
    }

    pub(super) fn get_mut(&mut self, destination: &Destination) -> Option<&mut Ruled<Destination>> {
        let place = self.place(destination)?;
        self.list.get_mut(place)?.as_mut()
    }

    fn place(&self, destination: &Destination) -> Option<usize> {
        let wanted = key(destination);
        match &self.places {
            Some(places) => places.0.get(&wanted).copied(),
            None => self.list.iter().position(|server| {
                let server = server.as_ref();
                server.is_some_and(|server| key(&server.value) == wanted)
            }),
        }
    }

    /// Adds a server that is not there.
    pub(super) fn add(&mut self, line: u64, destination: Destination) {
        if let Some(places) = &mut self.places {
            places.0.insert(key(&destination), self.list.len());
        }
        // Most services of a large table have one server.
        if self.list.is_empty() {
            self.list.reserve_exact(1);
        }
        self.list.push(Some(Ruled {
            value: destination,
            line,
        }));
        if self.places.is_none() && self.list.len() > LIST {
            self.index();
        }
    }

    pub(super) fn remove(&mut self, destination: &Destination) -> Option<()> {
        let place = self.place(destination)?;
        match &mut self.places {
            None => drop(self.list.remove(place)),
            // Moving the servers behind it would take ever longer in a long list.
            Some(places) => {
                places.0.remove(&key(destination));
                *self.list.get_mut(place)? = None;
                self.lost = self.lost.saturating_add(1);
            }
        }
        Some(())
    }

    fn index(&mut self) {
        let places = self.list.iter().enumerate();
        let places = places.filter_map(|(place, server)| {
            server.as_ref().map(|server| (key(&server.value), place))
        });
        self.places = Some(Box::new(Places(places.collect())));
    }
}

/// Returns the identity of a server within its service.
pub(super) fn key(destination: &Destination) -> (IpAddr, u16) {
    (destination.address, destination.port)
}
