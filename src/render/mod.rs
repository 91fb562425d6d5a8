//! Model in, text out. Nothing here asks the kernel, the resolver or the command
//! line for anything.

mod connections;
mod counts;
mod flags;
mod label;
mod layout;
mod number;
mod order;
mod settings;
mod status;
mod table;

pub use connections::{ConnectionLayout, RowText, connections};
pub use counts::counts;
pub use label::{RowLabels, characters};
pub use layout::Layout;
pub use order::{sort_servers, sort_services};
pub use settings::{daemons, timeouts};
pub use status::status;
pub use table::{
    Cells, Header, Rates, RowWriter, addresses, every_address, rows, table, title_lines, titles,
};
