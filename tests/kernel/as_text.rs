//! JSON documents written as the text listings have them, to be compared.

use serde_json::Value;

/// The words of each line, one blank between them.
pub fn squeezed(text: &str, titles: usize) -> Vec<String> {
    let lines = text.lines().skip(titles);
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

pub fn endpoint(of: &Value) -> String {
    let (address, port) = (of["address"].as_str().unwrap(), &of["port"]);
    match address.contains(':') {
        true => format!("[{address}]:{port}"),
        false => format!("{address}:{port}"),
    }
}

/// What a view shows of a service and of a server.
pub type View = (&'static str, fn(&Value) -> String, fn(&Value) -> String);

pub const VIEWS: [View; 6] = [
    ("-Ln", configured, |server| {
        format!("{} {} {}", method(server), server["weight"], busy(server))
    }),
    ("-Ln --stats --exact", counters, counters),
    ("-Ln --rate --exact", rates, rates),
    ("-Ln --thresholds", configured, |server| {
        let (upper, lower) = (&server["upper_threshold"], &server["lower_threshold"]);
        format!("{upper} {lower} {}", busy(server))
    }),
    ("-Ln --persistent-conn", configured, |server| {
        let (weight, kept) = (&server["weight"], &server["persistent_connections"]);
        format!("{weight} {kept} {}", busy(server))
    }),
    ("-Ln --tun-info", configured, |server| {
        let (method, tunnel) = (method(server), tunnel(&server["tunnel"]));
        format!("{method} {tunnel} {} {}", server["weight"], busy(server))
    }),
];

fn configured(service: &Value) -> String {
    let mut text = service["scheduler"].as_str().unwrap().to_owned();
    let flags = service["flags"].as_array().unwrap().iter();
    let flags: Vec<_> = flags
        .map(|flag| flag.as_str().unwrap())
        .filter(|flag| !["persistent", "one-packet"].contains(flag))
        .collect();
    if !flags.is_empty() {
        text += &format!(" ({})", flags.join(","));
    }
    if let Value::Object(persistence) = &service["persistence"] {
        text += &format!(" persistent {}", persistence["timeout_seconds"]);
        match (&persistence["netmask"], &persistence["prefix_length"]) {
            (Value::String(mask), Value::Null) if mask == "255.255.255.255" => {}
            (Value::String(mask), Value::Null) => text += &format!(" mask {mask}"),
            (Value::Null, length) if *length == 128 => {}
            (_, length) => text += &format!(" mask {length}"),
        }
        if let Value::String(engine) = &persistence["engine"] {
            text += &format!(" pe {engine}");
        }
    }
    if service["one_packet"] == true {
        text += " ops";
    }
    text
}

fn method(server: &Value) -> &'static str {
    match server["forwarding_method"].as_str().unwrap() {
        "masquerade" => "Masq",
        "direct_route" => "Route",
        "tunnel" => "Tunnel",
        "local" => "Local",
        other => panic!("{other}"),
    }
}

fn tunnel(tunnel: &Value) -> String {
    let checksum = match tunnel["checksum"].as_str() {
        Some("none") => "-c",
        Some("full") => "+c",
        Some("remote") => "r+c",
        _ => "",
    };
    match tunnel["type"].as_str() {
        None => "n/a".to_owned(),
        Some("gue") => format!("gue:{}:{checksum}", tunnel["port"]),
        Some("gre") => format!("gre:{checksum}"),
        Some(kind) => kind.to_owned(),
    }
}

fn busy(server: &Value) -> String {
    let (active, inactive) = (
        &server["active_connections"],
        &server["inactive_connections"],
    );
    format!("{active} {inactive}")
}

fn counters(of: &Value) -> String {
    of_traffic(&of["counters"], "")
}

fn rates(of: &Value) -> String {
    of_traffic(&of["rates"], "_per_second")
}

fn of_traffic(of: &Value, unit: &str) -> String {
    let names = [
        "connections",
        "incoming_packets",
        "outgoing_packets",
        "incoming_bytes",
        "outgoing_bytes",
    ];
    names
        .map(|name| of[format!("{name}{unit}")].to_string())
        .join(" ")
}

/// The listing that a document is of.
pub fn rows_of(document: &Value, (_, service_text, server_text): View) -> Vec<String> {
    let (version, size) = (
        document["ipvs"]["version"].as_str().unwrap(),
        &document["ipvs"]["connection_table_size"],
    );
    let mut rows = vec![format!("IP Virtual Server version {version} (size={size})")];
    for service in document["services"].as_array().unwrap() {
        let name = match service["fwmark"].as_u64() {
            Some(mark) if service["family"] == "ipv6" => format!("FWM {mark} IPv6"),
            Some(mark) => format!("FWM {mark}"),
            None => {
                let protocol = service["protocol"].as_str().unwrap().to_uppercase();
                format!("{protocol} {}", endpoint(service))
            }
        };
        rows.push(format!("{name} {}", service_text(service)));
        for server in service["servers"].as_array().unwrap() {
            rows.push(format!("-> {} {}", endpoint(server), server_text(server)));
        }
    }
    rows
}

/// What is alike in one of a few attempts: between two listings the kernel's
/// numbers may change.
#[track_caller]
pub fn until_alike<T: PartialEq + std::fmt::Debug>(what: &str, mut both: impl FnMut() -> [T; 2]) {
    for _ in 0..5 {
        let [one, other] = both();
        if one == other {
            return;
        }
    }
    let [one, other] = both();
    assert_eq!(one, other, "{what}");
}
