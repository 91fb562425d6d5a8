//! Random services, servers, views and daemons, as options.

use crate::generator::Generator;
use crate::options::Word;

impl Generator {
    /// A service's key: one that may be there, or any.
    pub fn service(&mut self, known: bool) -> Vec<Word> {
        let share = if known { 92 } else { 10 };
        if !self.services.is_empty() && self.dice.percent(share) {
            return self.dice.one_of(&self.services).clone();
        }
        let service = self.new_service();
        if !known {
            self.services.push(service.clone());
        }
        service
    }

    fn new_service(&mut self) -> Vec<Word> {
        if self.dice.percent(20) {
            let mark = self.pick("1 2 3 2147483647");
            let mut key = vec![Word::with('f', "fwmark-service", mark)];
            self.maybe(40, &mut key, Word::flag('6', "ipv6"));
            return key;
        }
        let address = self.pick(
            "10.0.0.1 10.0.0.1 10.0.0.2 127.0.0.1 vip Web both \
             [2001:db8::1] [2001:db8::1] [2001:db8::2] [2001:db8::3]",
        );
        let port = self.pick("80 80 80 443 53 0 65535 http domain");
        let endpoint = format!("{address}:{port}");
        vec![match self.dice.below(8) {
            0..4 => Word::with('t', "tcp-service", endpoint),
            4..7 => Word::with('u', "udp-service", endpoint),
            _ => Word::with(None, "sctp-service", endpoint),
        }]
    }

    /// How a service works.
    pub fn manner(&mut self) -> Vec<Word> {
        let mut options = Vec::new();
        if self.dice.percent(60) {
            let scheduler =
                self.pick("rr rr wrr lc wlc sh sh mh dh sed nq lblc lblcr fo ovf nosuchsched");
            options.push(Word::with('s', "scheduler", scheduler));
        }
        if self.dice.percent(40) {
            options.push(if self.dice.percent(40) {
                Word::flag('p', "persistent")
            } else {
                let timeout = self.pick("1 60 300 300 2678400 2678401 0");
                Word::with('p', "persistent", timeout)
            });
            if self.dice.percent(40) {
                let mask = self.pick(
                    "255.255.255.0 255.255.0.0 255.255.255.255 64 64 1 128 129 0.0.0.0 255.0.255.0",
                );
                options.push(Word::with('M', "netmask", mask));
            }
        }
        self.maybe(10, &mut options, Word::with(None, "pe", "sip"));
        self.maybe(15, &mut options, Word::flag('o', "ops"));
        if self.dice.percent(20) {
            let flags = self.pick(
                "sh-port sh-fallback sh-fallback,sh-port mh-port mh-fallback flag-1 \
                 flag-2,flag-3 flag-1,flag-3 sh-port,mh-port nosuch",
            );
            options.push(Word::with('b', "sched-flags", flags));
        }
        options
    }

    /// A service and a server, which may be in it or not.
    pub fn server(&mut self, known: bool) -> Vec<Word> {
        let share = if known { 85 } else { 10 };
        if !self.servers.is_empty() && self.dice.percent(share) {
            let (mut options, server) = self.dice.one_of(&self.servers).clone();
            options.push(Word::with('r', "real-server", server));
            return options;
        }
        let mut options = self.service(true);
        let of_family_6 = options.iter().any(|word| word.is("ipv6") || word.has('['));
        let server = if of_family_6 == self.dice.percent(12) {
            self.pick(
                "10.1.0.1 10.1.0.1:80 10.1.0.1:8080 10.1.0.2 10.1.0.3:0 real1 web10:80 127.0.0.1 \
                 10.9.0.1:80 localhost:80 10.1.0.12:65535 10.1.0.2:http 10.1.0.1:domain",
            )
        } else {
            self.pick(
                "[2001:db8:1::1]:80 [2001:db8:1::1]:8080 [2001:db8:1::3]:0 [2001:db8:1::4]:http \
                 [2001:db8:9::1]:80 [2001:db8:9::1]:65535",
            )
        };
        if !known {
            self.servers.push((options.clone(), server.to_owned()));
        }
        options.push(Word::with('r', "real-server", server));
        options
    }

    /// What a server does.
    pub fn duties(&mut self) -> Vec<Word> {
        let mut options = Vec::new();
        let mut tunnel = false;
        match self.dice.below(10) {
            0..4 => options.push(Word::flag('m', "masquerading")),
            4..6 => options.push(Word::flag('g', "gatewaying")),
            6..9 => {
                options.push(Word::flag('i', "ipip"));
                tunnel = self.dice.percent(60);
            }
            _ => {}
        }
        if self.dice.percent(50) {
            let weight =
                self.pick("0 0 1 1 5 5 5 100 100 65535 65536 2147483647 2147483647 2147483648 -1");
            options.push(Word::with('w', "weight", weight));
        }
        if self.dice.percent(20) {
            let upper = self.pick("0 5 100 65535 65535 2147483647 2147483648");
            options.push(Word::with('x', "u-threshold", upper));
            if self.dice.percent(60) {
                let lower = self.pick("0 5 5 100 65535 2147483647 2147483648");
                options.push(Word::with('y', "l-threshold", lower));
            }
        }
        if tunnel || self.dice.percent(4) {
            let kind = self.pick("ipip ipip gue gue gue gue gre gre gre vxlan");
            options.push(Word::with(None, "tun-type", kind));
            if self.dice.percent(if kind == "gue" { 90 } else { 15 }) {
                let port = self.pick("1 6080 6080 65535 65536 0");
                options.push(Word::with(None, "tun-port", port));
            }
            let sum = self.pick("tun-nocsum tun-csum tun-remcsum");
            self.maybe(50, &mut options, Word::flag(None, sum));
        }
        options
    }

    /// What of the table is listed, and how.
    pub fn view(&mut self) -> Vec<Word> {
        let mut options = Vec::new();
        if self.dice.percent(40) {
            options = self.service(true);
        }
        let mut flags = Vec::new();
        self.maybe(70, &mut flags, Word::flag('n', "numeric"));
        for view in ["stats", "rate", "thresholds", "persistent-conn", "tun-info"] {
            self.maybe(18, &mut flags, Word::flag(None, view));
        }
        self.maybe(15, &mut flags, Word::flag('X', "exact"));
        self.maybe(15, &mut flags, Word::flag(None, "nosort"));
        self.maybe(5, &mut flags, Word::flag(None, "sort"));
        self.dice.shuffle(&mut flags);
        options.extend(flags);
        options
    }

    /// How a daemon synchronizes.
    pub fn daemon(&mut self) -> Vec<Word> {
        let choices = [
            ("mcast-interface", 90, "eth0 eth0 eth0 lo nosuch0"),
            ("syncid", 40, "0 7 255 256"),
            ("sync-maxlen", 25, "1 1000 1472 65507 65508"),
            (
                "mcast-group",
                25,
                "224.1.1.1 239.255.255.255 ff02::81 10.0.0.1",
            ),
            ("mcast-port", 20, "1 9999 65535 0"),
            ("mcast-ttl", 20, "1 255 0 256"),
        ];
        let mut options = Vec::new();
        for (name, share, values) in choices {
            let value = self.pick(values);
            self.maybe(share, &mut options, Word::with(None, name, value));
        }
        options
    }

    /// A number of seconds.
    pub fn seconds(&mut self) -> String {
        if self.dice.percent(85) {
            self.pick("0 1 120 900 2678400").to_owned()
        } else {
            self.pick("2678401 x -1 2147483648").to_owned()
        }
    }
}
