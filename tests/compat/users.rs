//! What everybody is told who is not root.

use crate::case::{Case, case};
use crate::tables::EMPTY;

pub const CASES: &[Case] = &[
    case("").as_nobody(),
    case("-Ln").as_nobody(),
    case("-Ln --stats").as_nobody(),
    case("-Lnc").as_nobody(),
    case("-L -t 10.0.0.1:80").as_nobody(),
    case("-L --timeout").as_nobody(),
    case("-L --daemon").as_nobody(),
    case("-Sn").as_nobody(),
    case("-A -t 10.0.0.9:80").as_nobody(),
    case("-E -t 10.0.0.1:80").as_nobody(),
    case("-D -t 10.0.0.1:80").as_nobody(),
    case("-a -t 10.0.0.1:80 -r 10.1.0.9").as_nobody(),
    case("-e -t 10.0.0.1:80 -r 10.1.0.1").as_nobody(),
    case("-d -t 10.0.0.1:80 -r 10.1.0.1").as_nobody(),
    case("-C").as_nobody(),
    case("-Z").as_nobody(),
    case("--set 1 2 3").as_nobody(),
    case("--start-daemon master --mcast-interface eth0").as_nobody(),
    case("--stop-daemon master").as_nobody(),
    case("-R").as_nobody(),
    case("-A").as_nobody(),
    case("-A -t nosuch.invalid:80").as_nobody(),
    case("-L foo").as_nobody(),
    case("--bogus").as_nobody(),
    case("foo").as_nobody(),
    case("").named("ipvsadm-save").as_nobody(),
    case("").named("ipvsadm-restore").as_nobody().from(EMPTY),
];
