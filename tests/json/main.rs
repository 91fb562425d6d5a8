//! JSON documents of what no kernel at hand has, held against the schemas.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod changes;
mod connections;
#[path = "../support/schema.rs"]
mod schema;
mod schemas;
mod settings;
mod status;
mod table;

use ipvs::model::{Protocol, VirtualId};

fn endpoint(protocol: Protocol, address: &str, port: u16) -> VirtualId {
    VirtualId::Endpoint {
        protocol,
        address: address.parse().unwrap(),
        port,
    }
}

/// The document that `write` writes, once it is as the schema says.
#[track_caller]
fn document(
    schema: &str,
    write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
) -> serde_json::Value {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    schema::read(schema, &String::from_utf8(out).unwrap())
}
