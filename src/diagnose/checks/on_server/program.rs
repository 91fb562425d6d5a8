//! The program that serves clients.

use std::net::IpAddr;

use super::super::Check;
use crate::diagnose::facts::{Facts, Listener};
use crate::diagnose::finding::Finding;

pub(in crate::diagnose::checks) const SRV_NOT_LISTENING: Check = Check {
    id: "srv-not-listening",
    symptom: "Connections that are given to this server are refused.",
    cause: "No program listens on the virtual address and port, nor on every address: it is not running, or is bound to another address.",
    seen: "The listening sockets of /proc/net/tcp and udp. With NAT it is a note, since the director may change the port.",
    remedy: "Let the program listen on every address, or on the virtual one.",
    since: "",
    judge: srv_not_listening,
};

fn srv_not_listening(facts: &Facts) -> Vec<Finding> {
    let Some(on_server) = &facts.on_server else {
        return Vec::new();
    };
    let (vip, port) = (on_server.vip(), on_server.service.port);
    let is_known = Listener::PROTOCOLS.contains(&on_server.protocol.as_str()) && port != 0;
    let is_unread =
        |what: &str| what.starts_with("/proc/net/tcp") || what.starts_with("/proc/net/udp");
    if !is_known || facts.unread.iter().any(|unread| is_unread(&unread.what)) {
        return Vec::new();
    }
    let at_port =
        |socket: &&Listener| socket.protocol == on_server.protocol && socket.local.port == port;
    let sockets: Vec<&Listener> = facts.sockets.iter().filter(at_port).collect();
    let takes = |socket: &&Listener| {
        !on_server.takes_vip() || socket.takes(&on_server.protocol, on_server.service)
    };
    if sockets.iter().any(takes) {
        return Vec::new();
    }
    let list = if on_server.protocol == "TCP" {
        "ss -ltn"
    } else {
        "ss -lun"
    };
    let evidence = match sockets.first() {
        Some(socket) => format!("{list} lists {} alone", socket.local),
        None => format!("{list} lists nobody at port {port}"),
    };
    vec![if on_server.takes_vip() {
        Finding::fail(format!(
            "no program of this server listens on {vip}, port {port}: clients are refused"
        ))
        .seen(evidence)
        .say(format!(
            "start the program, or let it listen on every address ({}) or on {vip}",
            match vip {
                IpAddr::V4(_) => "0.0.0.0",
                IpAddr::V6(_) => "::",
            }
        ))
    } else {
        Finding::note(format!(
            "no program of this server listens on port {port}; that is right if the director sends to another port"
        ))
        .seen(evidence)
        .say("compare with the port that the director's table has for this server")
    }]
}
