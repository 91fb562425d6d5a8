//! Tables that cases start from, as rules that the reference accepts.

/// What a case starts from that does not say otherwise: a service of each kind
/// of key, one of them without servers.
pub const BASIC: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 2
-A -u 10.0.0.1:53 -s wlc
-A -f 1 -s wrr
-a -f 1 -r 10.1.0.3:0 -g -w 1
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m -w 1
-A -f 2 -6 -s wrr
";

/// Nothing.
pub const EMPTY: &str = "";

/// Something of everything, thresholds and tunnels excepted.
pub const RICH: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 2
-a -t 10.0.0.1:80 -r 10.1.0.1:8080 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 0
-a -t 10.0.0.1:80 -r 127.0.0.1:80 -m -w 7
-a -t 10.0.0.1:80 -r 10.1.0.12:80 -m -w 2147483647
-A -t 10.0.0.1:443 -s wlc -p 360 -M 255.255.255.0
-a -t 10.0.0.1:443 -r 10.1.0.1:443 -g -w 65535
-A -t 10.0.0.2:0 -s lc -p
-A -t 10.0.0.3:21 -s sh -b sh-fallback,sh-port
-a -t 10.0.0.3:21 -r 10.1.0.2:21 -i -w 100
-A -t 10.0.0.4:1 -s mh -b mh-port -p 2678400
-A -t 10.0.0.5:65535 -s sed -b flag-1,flag-2,flag-3
-A -t 10.0.0.5:70 -s nq -b flag-3
-A -u 10.0.0.1:5060 -s rr -p 60 --pe sip
-a -u 10.0.0.1:5060 -r 10.1.0.1:5060 -m -w 1
-A -u 10.0.0.1:53 -s rr -o
-a -u 10.0.0.1:53 -r 10.1.0.1:53 -m -w 1
-A -u 10.0.0.1:69 -s fo -o -p 10
-A --sctp-service 10.0.0.1:80 -s lblcr
-a --sctp-service 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-A -f 1 -s wrr
-a -f 1 -r 10.1.0.3:0 -g -w 1
-a -f 1 -r 10.1.0.4:8080 -m -w 1
-A -f 20 -s ovf -p 300 -M 255.255.0.0
-A -f 2147483647 -s wlc -o
-A -f 3 -6 -s dh -p 60 -M 64
-a -f 3 -6 -r [2001:db8:1::1]:0 -g -w 1
-A -t [2001:db8::1]:80 -s lblc
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m -w 1
-a -t [2001:db8::1]:80 -r [2001:db8:1::3]:8080 -m -w 3
-a -t [2001:db8::1]:80 -r [2001:db8:1:2345:6789:abcd:ef01:2345]:65535 -m -w 3
-A -t [2001:db8::1]:443 -s wrr -p 1 -M 56
-A -u [2001:db8::1]:53 -s rr -o
-A --sctp-service [2001:db8::1]:80 -s rr
";

/// Servers with thresholds, of all widths.
pub const THRESHOLDS: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1 -x 100 -y 50
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1 -x 65535
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -m -w 1 -x 2147483647 -y 2147483647
-a -t 10.0.0.1:80 -r 10.1.0.4:80 -m -w 1
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m -w 1 -x 7 -y 3
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1:0 -g -w 1 -x 7
";

/// Tunnels of every type, between families too.
pub const TUNNELS: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i -w 1
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.0.0.1:80 -r 10.1.0.3:80 -i -w 1 --tun-type gue --tun-port 65535 --tun-csum
-a -t 10.0.0.1:80 -r 10.1.0.4:80 -i -w 1 --tun-type gue --tun-port 1 --tun-remcsum
-a -t 10.0.0.1:80 -r 10.1.0.5:80 -i -w 1 --tun-type gre
-a -t 10.0.0.1:80 -r 10.1.0.6:80 -i -w 1 --tun-type gre --tun-csum
-a -t 10.0.0.1:80 -r 10.1.0.7:80 -m -w 1
-a -t 10.0.0.1:80 -r [2001:db8:1::1]:80 -i -w 1
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r 10.1.0.1:80 -i -w 1
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -i -w 1 --tun-type gue --tun-port 6080
-A -f 1 -s rr
-a -f 1 -r 10.1.0.1:0 -i -w 1 --tun-type gre --tun-nocsum
-a -f 1 -r [2001:db8:1::1]:0 -i -w 1
";

/// Addresses and ports that have names, of all lengths.
pub const NAMED: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.2:443 -m -w 1
-a -t 10.0.0.1:80 -r 10.1.0.3:11111 -m -w 1
-A -t 10.0.0.3:443 -s rr
-a -t 10.0.0.3:443 -r 127.0.0.1:21 -m -w 1
-A -u 10.0.0.9:53 -s rr
-a -u 10.0.0.9:53 -r 10.0.0.10:69 -m -w 1
-A -t 10.0.0.9:53 -s rr
-A -t 10.0.0.9:69 -s rr
-A --sctp-service 10.0.0.9:80 -s rr
-A --sctp-service 10.0.0.9:2905 -s rr
-A -f 80 -s rr
-a -f 80 -r 10.1.0.1:80 -m -w 1
-a -f 80 -r 10.1.0.2:0 -m -w 1
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m -w 1
-a -t [2001:db8::1]:80 -r [2001:db8:1::2]:80 -m -w 1
-a -t [2001:db8::1]:80 -r [2001:db8:1::3]:443 -m -w 1
-A -u [2001:db8::9]:53 -s rr
";

/// Names that lead astray: one of two addresses, and one that is too long.
pub const ASTRAY: &str = "\
-A -t 10.0.0.12:80 -s rr
-A -t 10.0.0.13:80 -s rr
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8:1::2]:443 -m -w 1
";

/// Both daemons and timeouts of the table's own.
pub const DAEMONS: &str = "\
--set 1000 100 10
--start-daemon master --mcast-interface eth0 --syncid 7
--start-daemon backup --mcast-interface lo
-A -t 10.0.0.1:80 -s rr
";
