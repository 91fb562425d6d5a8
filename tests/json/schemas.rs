//! The schemas themselves: what they promise and what they refuse.

use serde_json::{Map, Value, json};

use crate::schema::{Others, published, validate};
use crate::table::{full, services};

fn table() -> Value {
    json!({
        "ipvs": { "version": "1.2.1", "connection_table_size": 4096 },
        "services": services(&[full()]),
    })
}

/// Calls `each` with every object within, as a pointer to it.
fn objects(value: &Value, at: &str, each: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            each(at, members);
            for (name, member) in members {
                objects(member, &format!("{at}/{name}"), each);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                objects(item, &format!("{at}/{number}"), each);
            }
        }
        _ => {}
    }
}

#[test]
fn every_field_is_required() {
    let mut tried = 0;
    for (name, schema) in published() {
        objects(&schema, "", &mut |at, members| {
            let Some(Value::Object(properties)) = members.get("properties") else {
                return;
            };
            let mut required: Vec<_> = members["required"]
                .as_array()
                .unwrap()
                .iter()
                .chain(&one_of(members))
                .map(|name| name.as_str().unwrap().to_owned())
                .collect();
            required.sort();
            let properties: Vec<_> = properties.keys().cloned().collect();
            assert_eq!(required, properties, "{name}{at}");
            tried += 1;
        });
    }
    assert!(tried > 20, "{tried}");
}

/// The fields of which one is required, at least.
fn one_of(members: &Map<String, Value>) -> Vec<Value> {
    let alternatives = ["oneOf", "anyOf"].map(|word| members.get(word));
    let alternatives = alternatives
        .into_iter()
        .flatten()
        .filter_map(Value::as_array);
    let alternatives = alternatives.flatten();
    alternatives
        .flat_map(|alternative| alternative["required"].as_array().unwrap().clone())
        .collect()
}

#[test]
fn a_document_without_one_of_its_fields_is_refused() {
    let whole = table();
    assert_eq!(validate("table", &whole, Others::Allowed), Ok(()));
    let mut tried = 0;
    objects(&whole, "", &mut |at, members| {
        for name in members.keys() {
            let mut document = whole.clone();
            let object = document.pointer_mut(at).unwrap();
            object.as_object_mut().unwrap().remove(name);
            let outcome = validate("table", &document, Others::Allowed);
            assert!(outcome.is_err(), "{at} without {name}");
            tried += 1;
        }
    });
    assert!(tried > 50, "{tried}");
}

#[test]
fn a_later_version_may_have_more_fields() {
    let mut document = table();
    document["services"][0]["colour"] = json!("blue");
    assert_eq!(validate("table", &document, Others::Allowed), Ok(()));
    assert!(validate("table", &document, Others::Refused).is_err());
}

#[test]
fn a_value_of_another_kind_is_refused() {
    for (at, value) in [
        ("/services/0/port", json!("80")),
        ("/services/0/port", json!(65536)),
        ("/services/0/address", json!("web")),
        ("/services/0/protocol", json!("tcp6")),
        ("/services/0/servers/0/weight", json!(1.5)),
        ("/services/0/servers/0/weight", json!(null)),
        ("/services/0/counters/connections", json!(-1)),
    ] {
        let mut document = table();
        *document.pointer_mut(at).unwrap() = value.clone();
        let outcome = validate("table", &document, Others::Allowed);
        assert!(outcome.is_err(), "{at} as {value}");
    }
}
