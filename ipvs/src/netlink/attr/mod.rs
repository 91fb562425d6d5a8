//! The kernel's attribute sets, one enumeration each.
//!
//! Every set keeps an attribute that it does not know in a variant `Other`, which is
//! emitted again as it came.

mod command;
mod daemon;
mod destination;
mod service;
mod stats;
mod value;

pub use command::{CommandAttr, InfoAttr};
pub use daemon::DaemonAttr;
pub use destination::DestinationAttr;
pub use service::{FlagsAndMask, ServiceAttr};
pub use stats::{Counter, StatsAttr};
pub use value::{BigEndian, Value};

/// Declares a set of attributes: for each attribute its variant, the type of its value and
/// the kernel's name for it.
macro_rules! attribute_set {
    (
        $(#[$set_doc:meta])*
        pub enum $set:ident {
            $( $(#[$doc:meta])* $variant:ident($value:ty) = $constant:ident, )+
        }
    ) => {
        $(#[$set_doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
        pub enum $set {
            $(
                $(#[$doc])*
                #[doc = concat!("`", stringify!($constant), "`")]
                $variant($value),
            )+
            /// An attribute that this library does not know.
            Other(netlink_packet_core::DefaultNla),
        }

        impl netlink_packet_core::Nla for $set {
            fn kind(&self) -> u16 {
                match self {
                    $( Self::$variant(_) => {
                        $constant | <$value as $crate::netlink::attr::Value>::TYPE_FLAGS
                    } )+
                    Self::Other(other) => other.kind(),
                }
            }

            fn value_len(&self) -> usize {
                match self {
                    $( Self::$variant(value) => $crate::netlink::attr::Value::size(value), )+
                    Self::Other(other) => other.value_len(),
                }
            }

            fn emit_value(&self, buffer: &mut [u8]) {
                match self {
                    $( Self::$variant(value) => {
                        $crate::netlink::attr::Value::write(value, buffer);
                    } )+
                    Self::Other(other) => other.emit_value(buffer),
                }
            }
        }

        impl<'a, T: AsRef<[u8]> + ?Sized>
            netlink_packet_core::Parseable<netlink_packet_core::NlaBuffer<&'a T>> for $set
        {
            fn parse(
                buffer: &netlink_packet_core::NlaBuffer<&'a T>,
            ) -> Result<Self, netlink_packet_core::DecodeError> {
                use netlink_packet_core::ErrorContext;
                Ok(match buffer.kind() {
                    $( $constant => Self::$variant(
                        $crate::netlink::attr::Value::read(buffer.value())
                            .context(stringify!($constant))?,
                    ), )+
                    _ => Self::Other(netlink_packet_core::DefaultNla::parse(buffer)?),
                })
            }
        }
    };
}

use attribute_set;
