//! Tables of other network namespaces, in the same kernel.

use crate::director::{as_the_reference, place, restore};
use crate::net::{Side, network};

/// Where another namespace has services, the kernel skips some of ours in
/// `/proc/net/ip_vs`.
#[test]
fn a_table_is_listed_whole_beside_another() {
    let _place = place();
    let hosts = network(
        "10.0.0.1/24",
        "10.1.0.1/24",
        [("another", Side::Back, "10.1.0.2/24")],
    );
    let rules: String = (1000..1300)
        .map(|port| {
            format!(
                "-A -t 10.0.0.1:{port} -s rr\n\
                 -a -t 10.0.0.1:{port} -r 10.1.0.3:80 -m\n\
                 -a -t 10.0.0.1:{port} -r 10.1.0.4:80 -m\n"
            )
        })
        .collect();
    restore(&rules);
    let [another] = hosts;
    another.run(|| restore(&rules));
    let listed = || {
        let plain = as_the_reference("-Ln");
        assert_eq!(plain.lines().count(), 3 + 900);
        as_the_reference("-Ln --rate");
    };
    listed();
    another.run(listed);
}
