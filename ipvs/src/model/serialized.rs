//! Identities, names and the values of enumerations for `serde`: each is the text that
//! `Display` writes and `FromStr` reads.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::{
    DaemonState, Endpoint, Family, Forwarding, Name, Netmask, Prefix, Protocol, Setting,
    TunnelKind, VirtualId,
};

macro_rules! as_text {
    ($($type:ident),+ $(,)?) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

as_text!(
    DaemonState,
    Endpoint,
    Family,
    Forwarding,
    Name,
    Netmask,
    Prefix,
    Protocol,
    Setting,
    TunnelKind,
    VirtualId,
);
