//! Random invocations: over few addresses, so that they meet.
//!
//! What differs on purpose and can't be judged by looking at it is not made:
//! marks above 2147483647 and addresses that the reference sorts in circles
//! (128.0.0.0 and above), hosts that have only an IPv6 address, `[v6]` without
//! a port, help and version. The compat cases have them.

use crate::dice::Dice;
use crate::options::{NASTY, Word, any, junk};
use crate::support::compare::Invocation;

pub struct Generator {
    pub dice: Dice,
    /// Services that may be there, and servers that may be in one.
    pub services: Vec<Vec<Word>>,
    pub servers: Vec<(Vec<Word>, String)>,
    /// How many of them there were before the last invocation.
    known: (usize, usize),
}

/// Tables to begin with.
const TABLES: &[&str] = &[
    "",
    "",
    "\
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -g -w 5
-A -u 10.0.0.1:53 -s wrr -o
-a -u 10.0.0.1:53 -r 10.1.0.1:53 -i
-A -f 1 -s sh -b sh-port -p 60
-a -f 1 -r 10.1.0.3:0 -g -w 0
",
    "\
-A -t [2001:db8::1]:80 -s rr -p -M 64
-a -t [2001:db8::1]:80 -r [2001:db8:1::1]:80 -m -w 100
-a -t [2001:db8::1]:80 -r [2001:db8:1::3]:8080 -m -x 100 -y 5
-A -f 2 -6 -s mh -b mh-port,mh-fallback
-a -f 2 -6 -r [2001:db8:1::1]:0 -g
-A -u [2001:db8::1]:53 -s lc -o
-A --sctp-service 10.0.0.1:80 -s rr
-a --sctp-service 10.0.0.1:80 -r 10.1.0.1:8080 -m -x 7
",
    "\
--set 600 60 30
-A -t 10.0.0.1:80 -s wlc -p 60 -M 255.255.0.0
-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i --tun-type gue --tun-port 6080 --tun-csum
-a -t 10.0.0.1:80 -r 10.1.0.2:80 -i --tun-type gre --tun-csum
-a -t 10.0.0.1:80 -r [2001:db8:1::1]:80 -i
-a -t 10.0.0.1:80 -r 127.0.0.1:80 -m -w 2147483647
-A -t 10.0.0.1:0 -s rr -p
-A -u 10.0.0.2:5060 -p 30 --pe sip
-a -u 10.0.0.2:5060 -r 10.1.0.1:5060 -m -w 9 -x 65535 -y 100
",
    "\
--start-daemon backup --mcast-interface eth0 --syncid 7
-A -t 10.0.0.1:443 -s sed -b flag-1,flag-2
-a -t 10.0.0.1:443 -r 10.1.0.1:443 -m
-a -t 10.0.0.1:443 -r 10.1.0.12:65535 -m -w 3
-A -f 2147483647 -s rr -o
",
];

#[derive(Clone, Copy)]
enum Kind {
    AddService,
    EditService,
    DeleteService,
    AddServer,
    EditServer,
    DeleteServer,
    Clear,
    List,
    ListConnections,
    ListSettings,
    Save,
    Zero,
    Set,
    StartDaemon,
    StopDaemon,
    Restore,
    Nothing,
}

/// What a rule may be.
const RULES: &[(usize, Kind)] = &[
    (24, Kind::AddService),
    (6, Kind::EditService),
    (3, Kind::DeleteService),
    (30, Kind::AddServer),
    (8, Kind::EditServer),
    (4, Kind::DeleteServer),
    (1, Kind::Clear),
    (3, Kind::Zero),
    (3, Kind::Set),
    (2, Kind::StartDaemon),
    (1, Kind::StopDaemon),
];

/// What else a command may be.
const OTHERS: &[(usize, Kind)] = &[
    (22, Kind::List),
    (3, Kind::ListConnections),
    (5, Kind::ListSettings),
    (7, Kind::Save),
    (9, Kind::Restore),
    (1, Kind::Nothing),
];

impl Generator {
    pub fn new(dice: Dice) -> Self {
        Self {
            dice,
            services: Vec::new(),
            servers: Vec::new(),
            known: (0, 0),
        }
    }

    /// Whether to leave the table and take another.
    pub fn starts_afresh(&mut self) -> bool {
        self.dice.percent(40)
    }

    /// The rules of a table to begin with.
    pub fn table(&mut self) -> &'static str {
        let rules = *self.dice.one_of(TABLES);
        self.services.clear();
        self.servers.clear();
        for line in rules.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let (option, value) = (words[1], words[2]);
            let mut service = vec![match option {
                "-t" => Word::with('t', "tcp-service", value),
                "-u" => Word::with('u', "udp-service", value),
                "-f" => Word::with('f', "fwmark-service", value),
                "--sctp-service" => Word::with(None, "sctp-service", value),
                _ => continue,
            }];
            if words.contains(&"-6") {
                service.push(Word::flag('6', "ipv6"));
            }
            match words.iter().position(|word| *word == "-r") {
                Some(at) => self.servers.push((service, words[at + 1].to_owned())),
                None => self.services.push(service),
            }
        }
        rules
    }

    /// Of a sequence.
    pub fn length(&mut self) -> usize {
        1 + self.dice.below(8)
    }

    pub fn invocation(&mut self) -> Invocation {
        self.known = (self.services.len(), self.servers.len());
        let kind = if self.dice.percent(68) {
            self.dice.weighted(RULES)
        } else {
            self.dice.weighted(OTHERS)
        };
        let mut invocation = Invocation::of(self.words(kind));
        if matches!(kind, Kind::Restore) {
            invocation.stdin = self.rules();
        }
        // The same under the other names, which take hardly any words.
        if self.dice.percent(20) {
            if matches!(kind, Kind::Save) && invocation.words.len() <= 2 {
                invocation.name = "ipvsadm-save";
                invocation.words = Vec::new();
                if self.dice.percent(60) {
                    invocation.words.push("-n".to_owned());
                }
            } else if matches!(kind, Kind::Restore) {
                invocation.name = "ipvsadm-restore";
                invocation.words = Vec::new();
            }
        }
        invocation
    }

    /// The last invocation was refused: what it was to add is not there.
    pub fn unlearn(&mut self) {
        self.services.truncate(self.known.0);
        self.servers.truncate(self.known.1);
    }

    fn rules(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.dice.below(6) {
            let kind = match self.dice.weighted(RULES) {
                // The reference waits for ever for a daemon that is stopped at once.
                Kind::StopDaemon => Kind::Zero,
                kind => kind,
            };
            let words = self.words(kind);
            // A rule has no way to write these words, and `#` begins a comment.
            if words
                .iter()
                .all(|word| !word.is_empty() && !word.contains([' ', '#']))
            {
                let start = self.dice.weighted(&[(20, ""), (1, "ipvsadm "), (1, "  ")]);
                text += &format!("{start}{}\n", words.join(" "));
            }
        }
        text
    }

    fn words(&mut self, kind: Kind) -> Vec<String> {
        let mut options = self.options(kind);
        let (command, operands) = command(kind);
        if self.dice.percent(12) {
            self.spoil(&mut options);
        }
        let mut words = Vec::new();
        let command: Option<Word> = match kind {
            Kind::Nothing => None,
            Kind::StartDaemon | Kind::StopDaemon => {
                let state =
                    self.dice
                        .weighted(&[(6, "master"), (6, "backup"), (1, "both"), (1, "")]);
                command.map(|_| Word::with(None, operands, state))
            }
            _ => command,
        };
        if let Some(command) = command {
            command.write(&mut self.dice, &mut words);
        }
        if matches!(kind, Kind::Set) {
            for _ in 0..3 {
                words.push(self.seconds());
            }
        }
        for option in &options {
            option.write(&mut self.dice, &mut words);
        }
        if self.dice.percent(4) {
            let at = 1 + self.dice.below(words.len().max(1));
            words.insert(at.min(words.len()), junk(&mut self.dice).to_owned());
        }
        if self.dice.percent(2) {
            let at = self.dice.below(words.len().max(1));
            if at > 0 {
                words.remove(at);
            }
        }
        bundle(&mut self.dice, &mut words);
        words
    }

    /// The options that the command may have, in any order.
    fn options(&mut self, kind: Kind) -> Vec<Word> {
        let mut options = Vec::new();
        match kind {
            Kind::AddService | Kind::EditService => {
                options = self.service(matches!(kind, Kind::EditService));
                options.extend(self.manner());
            }
            Kind::DeleteService => options = self.service(true),
            Kind::AddServer | Kind::EditServer => {
                options = self.server(matches!(kind, Kind::EditServer));
                options.extend(self.duties());
            }
            Kind::DeleteServer => options = self.server(true),
            Kind::Zero if self.dice.percent(60) => options = self.service(true),
            Kind::List => options = self.view(),
            Kind::ListConnections => {
                options.push(Word::flag('c', "connection"));
                self.maybe(60, &mut options, Word::flag('n', "numeric"));
                self.maybe(30, &mut options, Word::flag(None, "persistent-conn"));
            }
            Kind::ListSettings => {
                let which = self.pick("timeout daemon");
                options.push(Word::flag(None, which));
            }
            Kind::Save => self.maybe(70, &mut options, Word::flag('n', "numeric")),
            Kind::StartDaemon => options = self.daemon(),
            _ => {}
        }
        // `-6` stays behind the mark it belongs to.
        if !options.iter().any(|option| option.is("ipv6")) {
            self.dice.shuffle(&mut options);
        }
        options
    }

    /// One of the words.
    pub fn pick(&mut self, words: &'static str) -> &'static str {
        let words: Vec<&str> = words.split(' ').collect();
        words[self.dice.below(words.len())]
    }

    pub fn maybe(&mut self, share: usize, options: &mut Vec<Word>, option: Word) {
        if self.dice.percent(share) {
            options.push(option);
        }
    }

    /// Makes the options wrong in some way, or at least strange.
    fn spoil(&mut self, options: &mut Vec<Word>) {
        let at = self.dice.below(options.len() + 1);
        match self.dice.below(4) {
            0 => options.insert(at, any(&mut self.dice)),
            1 if at < options.len() => {
                let again = options[at].clone();
                options.push(again);
            }
            2 if at < options.len() => {
                options.remove(at);
            }
            _ if at < options.len() => {
                let value = *self.dice.one_of(NASTY);
                // The reference of a 32-bit machine has marks up to 2147483647, and takes
                // -1 for one: compat has them, as a difference on purpose.
                let is_read_otherwise = cfg!(target_pointer_width = "32")
                    && options[at].is("fwmark-service")
                    && value
                        .parse::<i64>()
                        .is_ok_and(|mark| i32::try_from(mark).is_err() || mark < 0);
                if !is_read_otherwise {
                    options[at].change_value(value);
                }
            }
            _ => {}
        }
    }
}

/// The command's own option, and the long name of it where it takes a state.
fn command(kind: Kind) -> (Option<Word>, &'static str) {
    let (short, long) = match kind {
        Kind::AddService => ('A', "add-service"),
        Kind::EditService => ('E', "edit-service"),
        Kind::DeleteService => ('D', "delete-service"),
        Kind::AddServer => ('a', "add-server"),
        Kind::EditServer => ('e', "edit-server"),
        Kind::DeleteServer => ('d', "delete-server"),
        Kind::Clear => ('C', "clear"),
        Kind::List | Kind::ListConnections | Kind::ListSettings => ('L', "list"),
        Kind::Save => ('S', "save"),
        Kind::Zero => ('Z', "zero"),
        Kind::Restore => ('R', "restore"),
        Kind::Set => return (Some(Word::flag(None, "set")), "set"),
        Kind::StartDaemon => return (Some(Word::flag(None, "start-daemon")), "start-daemon"),
        Kind::StopDaemon => return (Some(Word::flag(None, "stop-daemon")), "stop-daemon"),
        Kind::Nothing => return (None, ""),
    };
    (Some(Word::flag(short, long)), long)
}

/// Sometimes pulls neighbouring short options together.
fn bundle(dice: &mut Dice, words: &mut Vec<String>) {
    let is_flag = |word: &str| {
        word.len() == 2 && word.starts_with('-') && "AEDaedCLSZgimnco6".contains(&word[1..])
    };
    let may_follow =
        |word: &str| word.len() >= 2 && word.starts_with('-') && !word.starts_with("--");
    let mut at = 0;
    while at + 1 < words.len() {
        if is_flag(&words[at]) && may_follow(&words[at + 1]) && dice.percent(20) {
            let next = words.remove(at + 1);
            words[at].push_str(&next[1..]);
        }
        at += 1;
    }
}
