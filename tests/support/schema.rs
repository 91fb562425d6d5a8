//! JSON documents held against the published schemas of `docs/schema`.
#![allow(dead_code, unreachable_pub)]

use boon::{Compiler, Schemas};
use serde_json::Value;

/// The schemas refer to one another by their files' names.
const SCHEMAS: [(&str, &str); 10] = [
    ("table", include_str!("../../docs/schema/table.json")),
    (
        "connections",
        include_str!("../../docs/schema/connections.json"),
    ),
    ("counts", include_str!("../../docs/schema/counts.json")),
    ("timeouts", include_str!("../../docs/schema/timeouts.json")),
    ("daemons", include_str!("../../docs/schema/daemons.json")),
    ("status", include_str!("../../docs/schema/status.json")),
    ("changes", include_str!("../../docs/schema/changes.json")),
    (
        "diagnosis",
        include_str!("../../docs/schema/diagnosis.json"),
    ),
    (
        "explanation",
        include_str!("../../docs/schema/explanation.json"),
    ),
    (
        "namespaces",
        include_str!("../../docs/schema/namespaces.json"),
    ),
];

/// What a schema says of fields that it does not name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// As published: a later version may have them.
    Allowed,
    /// This version has none.
    Refused,
}

/// Every schema with its name.
pub fn published() -> [(&'static str, Value); 10] {
    SCHEMAS.map(|(name, text)| (name, serde_json::from_str(text).unwrap()))
}

/// Why a document is not what its schema describes.
pub fn validate(schema: &str, document: &Value, others: Others) -> Result<(), String> {
    let url = |name| format!("https://schema.example/{name}.json");
    let mut compiler = Compiler::new();
    compiler.enable_format_assertions();
    for (name, mut text) in published() {
        if others == Others::Refused {
            close(&mut text);
        }
        compiler.add_resource(&url(name), text).unwrap();
    }
    let mut schemas = Schemas::new();
    let index = compiler.compile(&url(schema), &mut schemas).unwrap();
    let outcome = schemas.validate(document, index);
    outcome.map_err(|error| format!("{error:#}"))
}

/// Reads a document that fills exactly one line and has all the fields of its
/// schema, and no other.
#[track_caller]
pub fn read(schema: &str, line: &str) -> Value {
    let body = line.strip_suffix('\n').unwrap();
    assert!(!body.contains('\n'), "more than a line:\n{line}");
    let document = serde_json::from_str(body).unwrap();
    if let Err(error) = validate(schema, &document, Others::Refused) {
        panic!("{error}\n{document:#}");
    }
    document
}

/// Lets every object that is described have no other fields.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) {
                members.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
