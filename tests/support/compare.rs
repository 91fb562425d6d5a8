//! One invocation, done by both programs from the same table, and what then
//! differs.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::process::CommandExt;

use super::{
    Namespace, Outcome, Program, TIMEOUT, Table, finish, finish_into, kernel_table, run, shell,
};

/// The hosts that both programs can look up by name.
pub const HOSTS: &str = "\
127.0.0.1 localhost
::1 localhost ip6-localhost
10.0.0.1 vip vip.example.org
10.0.0.3 a-very-long-virtual-name.with-a-domain.example.org
10.0.0.9 Web web.example.org www
10.0.0.10 web10
10.1.0.1 real1
10.1.0.2 real2.a-department.of-a-company.example.org
10.0.0.11 both
2001:db8::11 both
2001:db8::1 vip6
2001:db8:1::1 real6
2001:db8:1::2 real6.with-a-name-longer.than-any-column.example.org
2001:db8::9 only6
10.0.0.12 twice
10.0.0.13 twice
";

/// What is run: everything but the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Invocation {
    /// `ipvsadm`, `ipvsadm-save` or `ipvsadm-restore`.
    pub name: &'static str,
    pub words: Vec<String>,
    pub stdin: String,
    /// Run by the user nobody.
    pub as_nobody: bool,
    /// Nothing can be written to stdout.
    pub to_full_disk: bool,
}

impl Invocation {
    /// An `ipvsadm` with these words and an empty stdin.
    pub fn of(words: Vec<String>) -> Self {
        Self {
            name: "ipvsadm",
            words,
            stdin: String::new(),
            as_nobody: false,
            to_full_disk: false,
        }
    }

    pub fn run(&self, program: Program) -> Outcome {
        const NOBODY: u32 = 65534;
        let mut command = program.command(self.name);
        command.args(&self.words);
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        if self.to_full_disk {
            let full = File::options().write(true).open("/dev/full").unwrap();
            return finish_into(Some(full.into()), command, self.stdin.as_bytes(), TIMEOUT);
        }
        finish(command, self.stdin.as_bytes(), TIMEOUT)
    }
}

/// What an invocation gave, and the table it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub outcome: Outcome,
    pub table: Table,
}

/// Where comparisons happen: a namespace of this thread with an interface to
/// run daemons on, and the tables made so far.
pub struct Arena {
    pub namespace: Namespace,
    tables: HashMap<String, Table>,
    /// The table in the kernel, where it is known.
    now: Option<Table>,
}

impl Arena {
    pub fn new() -> Self {
        let namespace = Namespace::fresh();
        namespace.name_hosts(HOSTS);
        // A question to a name server could be a connection to a virtual
        // service, and be listed.
        namespace.replace_file("/etc/nsswitch.conf", "hosts: files\nservices: files\n");
        shell(
            "ip link add eth0 type dummy && ip addr add 10.9.0.1/24 dev eth0 && \
             ip addr add 2001:db8:9::1/64 dev eth0 nodad && ip link set eth0 up",
        );
        Self {
            namespace,
            tables: HashMap::new(),
            now: None,
        }
    }

    /// The table that the reference makes of these rules, which it must accept.
    /// Later calls need not run it again.
    pub fn table_of(&mut self, rules: &str) -> Table {
        self.try_table_of(rules)
            .unwrap_or_else(|refusal| panic!("{rules}\n{refusal}"))
    }

    /// The same, or how it refuses.
    pub fn try_table_of(&mut self, rules: &str) -> Result<Table, Outcome> {
        if let Some(table) = self.tables.get(rules) {
            return Ok(table.clone());
        }
        self.now = None;
        Table::empty().put();
        if !rules.is_empty() {
            let outcome = run(Program::Reference, ["-R"], rules);
            if outcome.status != 0 || !outcome.stderr.is_empty() {
                return Err(outcome);
            }
        }
        let table = kernel_table();
        self.tables.insert(rules.to_owned(), table.clone());
        Ok(table)
    }

    /// Runs one program from this table.
    pub fn act(&mut self, program: Program, invocation: &Invocation, start: &Table) -> Seen {
        if self.now.as_ref() != Some(start) {
            start.put();
        }
        self.now = None;
        let outcome = invocation.run(program);
        let table = kernel_table();
        self.now = Some(table.clone());
        Seen { outcome, table }
    }

    /// Runs both from this table.
    pub fn act_both(&mut self, invocation: &Invocation, start: &Table) -> (Seen, Seen) {
        let reference = self.act(Program::Reference, invocation, start);
        let ours = self.act(Program::Ours, invocation, start);
        (reference, ours)
    }
}

/// What is not as it must be: nothing, where ours does what the reference did.
pub fn disagreements(reference: &Seen, ours: &Seen) -> Vec<&'static str> {
    let mut found = Vec::new();
    if reference.outcome.status != ours.outcome.status {
        found.push("status");
    }
    if reference.outcome.stdout != ours.outcome.stdout {
        found.push("stdout");
    }
    // What the reference says after its first line is help.
    if reference.outcome.complaint() != ours.outcome.complaint()
        || reference.outcome.stderr.is_empty() != ours.outcome.stderr.is_empty()
    {
        found.push("stderr");
    }
    if reference.table != ours.table {
        found.push("table");
    }
    found
}

/// Both results side by side, for a person.
pub fn report(start: &Table, reference: &Seen, ours: &Seen) -> String {
    let mut text = String::new();
    for (who, seen) in [("reference", reference), ("ours", ours)] {
        let changes = start.changes_to(&seen.table);
        text += &format!("  {who}\n{}", seen.outcome);
        text += &format!(
            "    table {}\n{changes}",
            if changes.is_empty() {
                "unchanged"
            } else {
                "changes"
            }
        );
    }
    let differences = reference.table.changes_to(&ours.table);
    if !differences.is_empty() {
        text += &format!("  from the reference's table to ours\n{differences}");
    }
    text
}
