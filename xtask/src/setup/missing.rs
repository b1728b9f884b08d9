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

/// The likely cause of an installer's failure and the cure, read from the last lines that it printed.
pub(crate) fn diagnose(output: &str) -> Option<&'static str> {
    const SIGNS: [(&[&str], &str); 4] = [
        (
            &["No space left on device", "ENOSPC"],
            "the disk is full: make room, or set MATRIMONY_SETUP_DIR to another disk",
        ),
        (
            &[
                "Temporary failure in name resolution",
                "Failed to establish a new connection",
                "Name or service not known",
                "Network is unreachable",
                "timed out",
                "ENOTFOUND",
                "EAI_AGAIN",
                "ECONNREFUSED",
                "ECONNRESET",
                "ETIMEDOUT",
                "Could not resolve host",
            ],
            "the package registry cannot be reached: check the network and the proxy settings, then run the task again",
        ),
        (
            &[
                "CERTIFICATE_VERIFY_FAILED",
                "SELF_SIGNED_CERT",
                "UNABLE_TO_GET_ISSUER_CERT",
            ],
            "the package registry's certificate is not trusted here: name your certificate file to pip and npm",
        ),
        (
            &["No matching distribution found", "ETARGET", "No matching version"],
            "the package registry does not offer the pinned version for this system",
        ),
    ];
    SIGNS
        .iter()
        .find(|(signs, _)| signs.iter().any(|sign| output.contains(sign)))
        .map(|(_, cure)| *cure)
}

#[cfg(test)]
mod tests {
    use super::{Missing, diagnose, report};

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

    #[test]
    fn an_installers_last_words_lead_to_a_cure() {
        for (words, cure) in [
            ("npm error code ENOTFOUND", "cannot be reached"),
            (
                "NewConnectionError(': Failed to establish a new connection: [Errno 111]')",
                "cannot be reached",
            ),
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
                "disk is full",
            ),
            // pip says both: the connection is the cause, the distribution only the effect
            (
                "Temporary failure in name resolution\nERROR: No matching distribution found for x",
                "cannot be reached",
            ),
            (
                "ERROR: No matching distribution found for matrix-synapse==0.0",
                "does not offer",
            ),
        ] {
            let told = diagnose(words).unwrap_or("nothing");
            assert!(told.contains(cure), "{words}: {told}");
        }
        assert_eq!(diagnose("error: subprocess-exited-with-error"), None);
    }
}
