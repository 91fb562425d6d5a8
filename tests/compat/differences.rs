//! The differences on purpose, by their numbers in the README, each pinned to
//! what either program does. Number 9, an `ipvsadm-restore` that touches only
//! what changes, is for the tests with traffic.

use crate::case::{Answer, Case, begins, case, complains, makes, prints, refuses, says};
use crate::tables::{ASTRAY, EMPTY};

const ONE: &str = "-A -t 10.0.0.1:80 -s rr\n";

const LIMITED: &str = "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1 -m -x 7 -y 3
-a -t 10.0.0.1:80 -r 10.1.0.2 -m -x 7
";

const FAR_APART: &str = "\
-A -t 192.168.0.1:80 -s rr
-a -t 192.168.0.1:80 -r 192.168.1.1 -m
-a -t 192.168.0.1:80 -r 10.1.0.1 -m
-A -t 10.0.0.1:80 -s rr
-A -t [fe80::1]:80 -s rr
-A -t [2001:db8::1]:80 -s rr
";

#[cfg(target_pointer_width = "64")]
const GREAT_MARKS: &str = "\
-A -f 4294967295 -s rr
-a -f 4294967295 -r 10.1.0.1 -m
-A -f 7 -s rr
";

const OTHER_PORT: &str = "\
-A -t 10.0.0.14:104 -s rr
-a -t 10.0.0.14:104 -r 10.1.0.14:11112 -m
-A -t 10.0.0.14:11112 -s rr
-a -t 10.0.0.14:11112 -r 10.1.0.14 -m
";

const ADVICE: Answer = refuses(
    255,
    "Try `ipvsadm -h' or 'ipvsadm --help' for more information.",
);
const NOT_AN_ADDRESS: Answer = refuses(2, "illegal virtual server address[:port] specified");
const NO_CONNECTIONS: Answer = prints(
    "IPVS connection entries\n\
     pro expire state       source             virtual            destination\n",
);

pub const CASES: &[Case] = &[
    // 1: nothing is applied to a table in use if a line is wrong, and every wrong
    // line is named
    case("-R")
        .from(ONE)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.8:80 -s\n-a -t 10.0.0.9:80\n-C\n")
        .differs(
            1,
            says(
                2,
                "-s: missing argument\n\
                 You need to supply the 'real-server' option for the 'add-server' command\n",
            )
            .leaving("-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.9:80\n"),
            says(
                2,
                "line 2: -s: missing argument\n\
                 line 3: You need to supply the 'real-server' option for the 'add-server' command\n",
            ),
        ),
    case("-R").from(ONE).stdin("foo\n-C\n").differs(
        1,
        ADVICE,
        says(
            2,
            "line 1: no command, -A or -a say, but `foo'\n",
        ),
    ),
    case("-R").from(ONE).stdin("-C\n\n-L --bogus\n").differs(
        1,
        says(255, "--bogus: unknown option\n").leaving(EMPTY),
        says(2, "line 3: --bogus: unknown option\n"),
    ),
    case("-R").from(ONE).stdin("-A -t nosuch.invalid:80\n").differs(
        1,
        says(2, "illegal virtual server address[:port] specified\n"),
        says(2, "line 1: illegal virtual server address[:port] specified: nosuch.invalid:80\n"),
    ),
    case("")
        .named("ipvsadm-restore")
        .from(ONE)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.8:99999\n")
        .differs(
            1,
            says(2, "illegal virtual server address[:port] specified\n")
                .leaving("-A -t 10.0.0.9:80\n"),
            says(2, "line 2: illegal virtual server address[:port] specified: 10.0.0.8:99999\n"),
        ),
    // Into an empty table the other lines are loaded, also those behind a bad value
    case("-R")
        .from(EMPTY)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.8:80 -s\n-A -t 10.0.0.7:80\n")
        .differs(
            1,
            says(0, "-s: missing argument\n").leaving("-A -t 10.0.0.9:80\n-A -t 10.0.0.7:80\n"),
            says(2, "line 2: -s: missing argument\n")
                .leaving("-A -t 10.0.0.9:80\n-A -t 10.0.0.7:80\n"),
        ),
    case("-R")
        .from(EMPTY)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.8:99999\n-A -t 10.0.0.7:80\n")
        .differs(
            1,
            says(2, "illegal virtual server address[:port] specified\n")
                .leaving("-A -t 10.0.0.9:80\n"),
            says(2, "line 2: illegal virtual server address[:port] specified: 10.0.0.8:99999\n")
                .leaving("-A -t 10.0.0.9:80\n-A -t 10.0.0.7:80\n"),
        ),
    case("")
        .named("ipvsadm-restore")
        .from(EMPTY)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.8:80 -s nosuch\n-A -t 10.0.0.9:80 -s rr\n-A -f 2 -Q\n-A -f 1\n")
        .differs(
            1,
            says(
                0,
                "Scheduler or persistence engine not found\nService already exists\n\
                 -Q: unknown option\n",
            )
            .leaving("-A -t 10.0.0.9:80\n-A -f 1\n"),
            says(
                2,
                "line 3: Service already exists: -t 10.0.0.9:80 (line 1)\n\
                 line 4: -Q: unknown option\n\
                 line 2: Scheduler or persistence engine not found\n",
            )
            .leaving("-A -t 10.0.0.9:80\n-A -f 1\n"),
        ),
    case("")
        .named("ipvsadm-restore")
        .from(ONE)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.9:80\n")
        .differs(
            1,
            says(255, "Service already exists\n").leaving("-A -t 10.0.0.9:80\n"),
            says(0, "line 2: repeats line 1, and is passed over\n").leaving("-A -t 10.0.0.9:80\n"),
        ),
    // 2: what the kernel refuses is named; the status is that of the last line
    case("-R")
        .from(ONE)
        .stdin("-A -t 10.0.0.1:80\n-A -t 10.0.0.9:80\n")
        .differs(
            2,
            says(0, "Service already exists\n").leaving("-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.9:80\n"),
            says(0, "line 1: Service already exists\n")
                .leaving("-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.9:80\n"),
        ),
    case("-R")
        .from(ONE)
        .stdin("-A -t 10.0.0.9:80\n-A -t 10.0.0.1:80\n\n-D -f 9\n")
        .differs(
            2,
            says(255, "Service already exists\nNo such service\n")
                .leaving("-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.9:80\n"),
            says(
                255,
                "line 2: Service already exists\nline 4: No such service\n",
            )
            .leaving("-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.9:80\n"),
        ),
    // ipvsadm-restore tells of each
    case("")
        .named("ipvsadm-restore")
        .from(EMPTY)
        .stdin("-A -t 10.0.0.9:80 -s nosuch\n-A -t 10.0.0.8:80\n")
        .differs(
            2,
            says(0, "Scheduler or persistence engine not found\n").leaving("-A -t 10.0.0.8:80\n"),
            says(255, "line 1: Scheduler or persistence engine not found\n")
                .leaving("-A -t 10.0.0.8:80\n"),
        ),
    // 3: comments
    case("-R")
        .from(EMPTY)
        .stdin("# all of it\n-A -t 10.0.0.9:80 # the rest\n   #\n-A -t 10.0.0.8:80 -s rr #\n")
        .differs(3, ADVICE, makes("-A -t 10.0.0.9:80\n-A -t 10.0.0.8:80 -s rr\n")),
    case("-R").from(EMPTY).stdin("-A -t 10.0.0.9:80 #-s rr\n").differs(
        3,
        refuses(2, "unexpected argument #-s"),
        makes("-A -t 10.0.0.9:80\n"),
    ),
    // 4: thresholds are saved
    case("-Sn").from(LIMITED).differs(
        4,
        prints(
            "-A -t 10.0.0.1:80 -s rr\n\
             -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1\n\
             -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1\n",
        ),
        prints(
            "-A -t 10.0.0.1:80 -s rr\n\
             -a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1 -x 7 -y 3\n\
             -a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1 -x 7\n",
        ),
    ),
    // 5: the order is the numeric one
    case("-Ln").from(FAR_APART).differs(
        5,
        prints(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port Scheduler Flags\n\
             \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n\
             TCP  192.168.0.1:80 rr\n\
             \x20 -> 192.168.1.1:80               Masq    1      0          0         \n\
             \x20 -> 10.1.0.1:80                  Masq    1      0          0         \n\
             TCP  10.0.0.1:80 rr\n\
             TCP  [fe80::1]:80 rr\n\
             TCP  [2001:db8::1]:80 rr\n",
        ),
        prints(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port Scheduler Flags\n\
             \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n\
             TCP  10.0.0.1:80 rr\n\
             TCP  192.168.0.1:80 rr\n\
             \x20 -> 10.1.0.1:80                  Masq    1      0          0         \n\
             \x20 -> 192.168.1.1:80               Masq    1      0          0         \n\
             TCP  [2001:db8::1]:80 rr\n\
             TCP  [fe80::1]:80 rr\n",
        ),
    ),
    case("-Sn").from(FAR_APART).differs(
        5,
        prints(
            "-A -t 192.168.0.1:80 -s rr\n\
             -a -t 192.168.0.1:80 -r 192.168.1.1:80 -m -w 1\n\
             -a -t 192.168.0.1:80 -r 10.1.0.1:80 -m -w 1\n\
             -A -t 10.0.0.1:80 -s rr\n\
             -A -t [fe80::1]:80 -s rr\n\
             -A -t [2001:db8::1]:80 -s rr\n",
        ),
        prints(
            "-A -t 10.0.0.1:80 -s rr\n\
             -A -t 192.168.0.1:80 -s rr\n\
             -a -t 192.168.0.1:80 -r 10.1.0.1:80 -m -w 1\n\
             -a -t 192.168.0.1:80 -r 192.168.1.1:80 -m -w 1\n\
             -A -t [2001:db8::1]:80 -s rr\n\
             -A -t [fe80::1]:80 -s rr\n",
        ),
    ),
    case("-Ln --nosort").from(FAR_APART),
    // 6: marks are unsigned. The reference of a 32-bit machine reads none that is greater
    // than 2147483647, and takes -1 for 4294967295.
    #[cfg(target_pointer_width = "64")]
    case("-Ln").from(GREAT_MARKS).differs(
        6,
        prints(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port Scheduler Flags\n\
             \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n\
             FWM  -1 rr\n\
             \x20 -> 10.1.0.1:0                   Masq    1      0          0         \n\
             FWM  7 rr\n",
        ),
        prints(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port Scheduler Flags\n\
             \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n\
             FWM  7 rr\n\
             FWM  4294967295 rr\n\
             \x20 -> 10.1.0.1:0                   Masq    1      0          0         \n",
        ),
    ),
    #[cfg(target_pointer_width = "64")]
    case("-Ln -f 4294967295 --stats").from(GREAT_MARKS).differs(
        6,
        prints(
            "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n\
             \x20 -> RemoteAddress:Port\n\
             FWM  -1                                  0        0        0        0        0\n\
             \x20 -> 10.1.0.1:0                          0        0        0        0        0\n",
        ),
        prints(
            "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n\
             \x20 -> RemoteAddress:Port\n\
             FWM  4294967295                          0        0        0        0        0\n\
             \x20 -> 10.1.0.1:0                          0        0        0        0        0\n",
        ),
    ),
    #[cfg(target_pointer_width = "64")]
    case("-Sn").from("-A -f 4294967295 -s rr\n").differs(
        6,
        prints("-A -f -1 -s rr\n"),
        prints("-A -f 4294967295 -s rr\n"),
    ),
    #[cfg(target_pointer_width = "64")]
    case("-A -f 2147483648"),
    #[cfg(target_pointer_width = "64")]
    case("-A -f 4294967295"),
    #[cfg(target_pointer_width = "64")]
    case("-D -f 4294967295").from(GREAT_MARKS),
    #[cfg(target_pointer_width = "64")]
    case("-a -f 4294967295 -r 10.1.0.9").from(GREAT_MARKS),
    #[cfg(target_pointer_width = "32")]
    case("-A -f 4294967295").from(EMPTY).differs(
        6,
        refuses(2, "invalid fwmark value `4294967295' specified"),
        makes("-A -f -1\n"),
    ),
    #[cfg(target_pointer_width = "32")]
    case("-A -f -5").from(EMPTY).differs(
        6,
        makes("-A -f -5\n"),
        refuses(2, "invalid fwmark value `-5' specified"),
    ),
    // 7: help and version have words of their own
    case("-v").differs(7, begins("ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n"), begins("ipvsadm v")),
    case("--version").differs(7, begins("ipvsadm v1.31 "), begins("ipvsadm v")),
    case("-v foo").differs(7, begins("ipvsadm v1.31 "), begins("ipvsadm v")),
    case("-h").differs(7, begins("ipvsadm v1.31 "), begins("ipvsadm v")),
    case("--help -n").differs(7, begins("ipvsadm v1.31 "), begins("ipvsadm v")),
    case("-h").named("ipvsadm-save").differs(
        7,
        refuses(1, "ipvsadm-save: Script to save the IPVS table to stdout."),
        begins("ipvsadm v"),
    ),
    case("--help")
        .named("ipvsadm-restore")
        .from(ONE)
        .differs(7, makes(EMPTY), begins("ipvsadm v")),
    // 8: what is accepted in addition
    case("-A -6 -f 5").from(EMPTY).differs(
        8,
        refuses(2, "-6 used before -f"),
        makes("-A -f 5 -6\n"),
    ),
    case("-Ao6f 5").from(EMPTY).differs(
        8,
        refuses(2, "-6 used before -f"),
        makes("-A -o -f 5 -6\n"),
    ),
    case("-A -t [2001:db8::9] -p").from(EMPTY).differs(
        8,
        NOT_AN_ADDRESS,
        makes("-A -t [2001:db8::9]:0 -p\n"),
    ),
    case("-a -t [2001:db8::1]:80 -r [2001:db8:1::9]")
        .from("-A -t [2001:db8::1]:80\n")
        .differs(
            8,
            refuses(2, "illegal real server address[:port] specified"),
            makes("-A -t [2001:db8::1]:80\n-a -t [2001:db8::1]:80 -r [2001:db8:1::9]:80\n"),
        ),
    case("-A -t only6:80").from(EMPTY).differs(
        8,
        NOT_AN_ADDRESS,
        makes("-A -t [2001:db8::9]:80\n"),
    ),
    case("-A -t only6:http").from(EMPTY).differs(
        8,
        NOT_AN_ADDRESS,
        makes("-A -t [2001:db8::9]:80\n"),
    ),
    case("-a -t vip:80 -r only6 -i").from(ONE).differs(
        8,
        refuses(2, "illegal real server address[:port] specified"),
        makes("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r [2001:db8::9]:80 -i\n"),
    ),
    case("-n -L").from(ONE).differs(
        8,
        ADVICE,
        prints(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port Scheduler Flags\n\
             \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n\
             TCP  10.0.0.1:80 rr\n",
        ),
    ),
    case("-nS").from(ONE).differs(8, ADVICE, prints("-A -t 10.0.0.1:80 -s rr\n")),
    case("-t 10.0.0.9:80 -s rr -A").from(EMPTY).differs(
        8,
        ADVICE,
        makes("-A -t 10.0.0.9:80 -s rr\n"),
    ),
    case("-p -A -t 10.0.0.9:80").from(EMPTY).differs(
        8,
        ADVICE,
        makes("-A -t 10.0.0.9:80 -p\n"),
    ),
    case("--mcast-interface eth0 --start-daemon master").from(EMPTY).differs(
        8,
        ADVICE,
        makes("--start-daemon master --mcast-interface eth0\n"),
    ),
    case("-L -c -t 10.0.0.1:80").differs(
        8,
        refuses(
            2,
            "The option 'service-address' conflicts with the 'connection' option in the 'list' command",
        ),
        NO_CONNECTIONS,
    ),
    case("-L -c -r 10.1.0.1").differs(
        8,
        refuses(2, "Illegal 'real-server' option with the 'list' command"),
        NO_CONNECTIONS,
    ),
    case("-Lnc -f 1 -r 10.1.0.1:80").differs(
        8,
        refuses(
            2,
            "The option 'service-address' conflicts with the 'connection' option in the 'list' command",
        ),
        NO_CONNECTIONS,
    ),
    // 9: a word that is not understood stops ipvsadm-restore
    case("--bogus")
        .named("ipvsadm-restore")
        .from(ONE)
        .stdin("-A -t 10.0.0.9:80\n")
        .differs(
            9,
            makes("-A -t 10.0.0.9:80\n"),
            refuses(255, "--bogus: unknown option"),
        ),
    case("-check")
        .named("ipvsadm-restore")
        .from(ONE)
        .stdin("-A -t 10.0.0.9:80\n")
        .differs(
            9,
            makes("-A -t 10.0.0.9:80\n"),
            refuses(255, "-check: unknown option"),
        ),
    case("-n").named("ipvsadm-restore").from(ONE).stdin("-A -t 10.0.0.9:80\n"),
    // 10: what can't be written is an error
    case("-Sn").to_full_disk().differs(
        10,
        prints(""),
        complains(1, "cannot write to standard output: No space left on device"),
    ),
    // 11: what is saved can be restored: names that lead back, all of them, and
    // the third flag of sh and mh
    case("-S").from(ASTRAY).differs(
        11,
        prints(
            "-A -t twice:http -s rr\n\
             -A -t twice:http -s rr\n\
             -A -t [vip6]:http -s rr\n\
             -a -t [vip6]:http -r [real6.with-a-name-longer.than-any-column.example.org]:http -m -w 1\n",
        ),
        prints(
            "-A -t 10.0.0.12:http -s rr\n\
             -A -t 10.0.0.13:http -s rr\n\
             -A -t [vip6]:http -s rr\n\
             -a -t [vip6]:http -r [real6.with-a-name-longer.than-any-column.example.org]:https -m -w 1\n",
        ),
    ),
    case("-S").from("-A -t [::1]:80 -s rr\n").differs(
        11,
        prints("-A -t [localhost]:http -s rr\n"),
        prints("-A -t [::1]:http -s rr\n"),
    ),
    // The services file has 104 as acr-nema, of which dicom is the alias.
    case("-S").from(OTHER_PORT).differs(
        11,
        prints(
            "-A -t 10.0.0.14:acr-nema -s rr\n\
             -a -t 10.0.0.14:acr-nema -r 10.1.0.14:dicom -m -w 1\n\
             -A -t 10.0.0.14:dicom -s rr\n\
             -a -t 10.0.0.14:dicom -r 10.1.0.14:dicom -m -w 1\n",
        ),
        prints(
            "-A -t 10.0.0.14:acr-nema -s rr\n\
             -a -t 10.0.0.14:acr-nema -r 10.1.0.14:11112 -m -w 1\n\
             -A -t 10.0.0.14:11112 -s rr\n\
             -a -t 10.0.0.14:11112 -r 10.1.0.14:11112 -m -w 1\n",
        ),
    ),
    case("-Sn").from("-A -t 10.0.0.1:80 -s sh -b flag-3\n").differs(
        11,
        prints("-A -t 10.0.0.1:80 -s sh -b \n"),
        prints("-A -t 10.0.0.1:80 -s sh -b flag-3\n"),
    ),
];
