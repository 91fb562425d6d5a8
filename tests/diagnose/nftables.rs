//! What is told from rules of nftables. The lab's user-mode kernels have none for IP:
//! there these tests are left out by name.

use crate::clients::while_in_vain;
use crate::director::*;
use crate::support::shell;

#[test]
fn a_firewall_without_marks() {
    let (_place, [client, a, b]) = behind_nat();
    let _servers = [a.serve(80), b.serve(80)];
    restore(MARKED);
    shell(
        "nft add table ip guard && \
         nft add chain ip guard in '{ type filter hook input priority 0; }' && \
         nft add rule ip guard in ct state invalid drop",
    );
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.names("mark-unmarked");
    shell("nft add rule ip guard in tcp dport 8080 meta mark set 7");
    let diagnosis = while_in_vain(&client, "10.0.0.1:80", || diagnose(WATCHED));
    diagnosis.without_fault().notes("mark-unmarked");
}
