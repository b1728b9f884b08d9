//! What is missing, and the cure.

use std::fmt::Write;

/// A program that set-up needs and cannot install.
#[derive(Debug)]
pub(crate) struct Missing {
    /// What was looked for.
    pub(crate) what: String,
    /// Each place that was looked at and why it will not do; empty if there was none.
    pub(crate) found: Vec<String>,
    /// What the reader should do.
    pub(crate) cure: &'static str,
}

/// One error that names them all, so that nobody has to start over for each.
pub(crate) fn report(missing: &[Missing]) -> anyhow::Error {
    let mut text = "set-up needs what this machine does not have:\n".to_owned();
    for Missing { what, found, cure } in missing {
        let _ = write!(text, "\n  {what}");
        if found.is_empty() {
            text.push_str("\n    found:  none on PATH");
        }
        for place in found {
            let _ = write!(text, "\n    found:  {place}");
        }
        let _ = writeln!(text, "\n    cure:   {cure}");
    }
    anyhow::anyhow!(text)
}

#[cfg(test)]
mod tests {
    use super::{Missing, report};

    #[test]
    fn a_report_names_everything_that_is_missing_and_each_cure() {
        let text = report(&[
            Missing {
                what: "Python 3.10 or newer, with venv".into(),
                found: vec!["/usr/bin/python3 is 3.9.2".into()],
                cure: "install python3-venv",
            },
            Missing {
                what: "Node 18 or newer".into(),
                found: vec![],
                cure: "install nodejs",
            },
        ])
        .to_string();
        assert_eq!(
            text,
            "set-up needs what this machine does not have:\n\
             \n  Python 3.10 or newer, with venv\n    found:  /usr/bin/python3 is 3.9.2\n    cure:   install python3-venv\n\
             \n  Node 18 or newer\n    found:  none on PATH\n    cure:   install nodejs\n"
        );
    }
}
