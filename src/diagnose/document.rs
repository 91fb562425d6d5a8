//! The table of checks as documents: `docs/diagnoses.md`, and the list in the
//! manual.

use std::fmt::Write as _;

use super::checks::FAMILIES;

/// Returns the text of `docs/diagnoses.md`.
pub fn for_web() -> String {
    let mut text = String::from(INTRODUCTION);
    for family in FAMILIES {
        let _ = writeln!(text, "\n## {}", family.title);
        for check in family.checks {
            let _ = writeln!(text, "\n### {}\n", check.id);
            let _ = writeln!(text, "- **Symptom.** {}", check.symptom);
            let _ = writeln!(text, "- **Cause.** {}", check.cause);
            let _ = writeln!(text, "- **Seen by.** {}", check.seen);
            let _ = writeln!(text, "- **Remedy.** {}", check.remedy);
            if !check.since.is_empty() {
                let _ = writeln!(text, "- **Kernels.** {}", check.since);
            }
            let _ = writeln!(
                text,
                "- **To silence it.** `ipvsadm --diagnose --ignore {}`",
                check.id
            );
        }
    }
    let _ = writeln!(text, "\n## Not made on real traffic\n");
    text += "Every other check has a test in the lab, which makes the fault: tests/diagnose.\n\n";
    for (id, why) in NOT_MADE {
        let _ = writeln!(text, "- `{id}`: {why}");
    }
    text
}

/// The checks whose fault the lab cannot make, and why.
pub const NOT_MADE: &[(&str, &str)] = &[(
    "reuse-delay",
    "it takes a kernel before 5.9, and the lab's oldest is 5.10.",
)];

const INTRODUCTION: &str = "\
# What `ipvsadm --diagnose` finds

The checks, by name. This page is generated from the program's own table; a test
holds them together.
";

/// Returns the list of checks in the manual, in mdoc.
pub fn for_manual() -> String {
    let mut text = String::new();
    for family in FAMILIES {
        let _ = writeln!(text, ".Ss {}\n.Bl -tag -width Ds", family.title);
        for check in family.checks {
            let _ = write!(text, ".It Sy {}\n{}", check.id, lines(check.symptom));
            let _ = write!(text, "{}", lines(check.cause));
            let _ = write!(text, ".Em Remedy :\n{}", lines(check.remedy));
        }
        let _ = writeln!(text, ".El");
    }
    text
}

/// Returns the text with a line for each sentence, as manual pages have it.
fn lines(text: &str) -> String {
    text.replace(". ", ".\n") + "\n"
}
