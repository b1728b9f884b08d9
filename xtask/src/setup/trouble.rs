//! What installers complain of, and the cure.

use std::fmt;

/// What the reader should do about a trouble. Where an installer tells of several, the greatest is the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cure {
    /// pip says this also when it is configured to be silent about the network.
    NothingOffered,
    Network,
    Certificate,
    Disk,
}

impl fmt::Display for Cure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingOffered => {
                "the package registry has no such version for this system, or cannot be reached: check the network first"
            }
            Self::Network => {
                "the package registry cannot be reached: check the network and the proxy settings, then run the task again"
            }
            Self::Certificate => {
                "the package registry's certificate is not trusted here: name your certificate file to pip, npm and cargo"
            }
            Self::Disk => "the disk is full: make room, or set MATRIMONY_SETUP_DIR to a folder on another disk",
        })
    }
}

/// What pip, npm and cargo write, word for word.
const SIGNS: [(Cure, &[&str]); 4] = [
    (Cure::Disk, &["No space left on device", "ENOSPC"]),
    (
        Cure::Certificate,
        &[
            "CERTIFICATE_VERIFY_FAILED",
            "SELF_SIGNED_CERT",
            "UNABLE_TO_GET_ISSUER_CERT",
        ],
    ),
    (
        Cure::Network,
        &[
            "Temporary failure in name resolution",
            "Failed to establish a new connection",
            "Name or service not known",
            "Network is unreachable",
            "Read timed out",
            "ConnectTimeoutError",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ECONNRESET",
            "ETIMEDOUT",
            "Could not resolve host",
            "Could not connect to server",
        ],
    ),
    (
        Cure::NothingOffered,
        &["No matching distribution found", "ETARGET", "No matching version"],
    ),
];

/// Reads the cure from a line that an installer printed.
pub(crate) fn diagnose(line: &str) -> Option<Cure> {
    SIGNS
        .iter()
        .find(|(_, signs)| signs.iter().any(|sign| line.contains(sign)))
        .map(|(cure, _)| *cure)
}

#[cfg(test)]
mod tests {
    use super::{Cure, diagnose};

    #[test]
    fn a_line_leads_to_a_cure() {
        for (line, cure) in [
            ("npm error code ENOTFOUND", Cure::Network),
            (
                "NewConnectionError(': Failed to establish a new connection: [Errno 111]')",
                Cure::Network,
            ),
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
                Cure::Disk,
            ),
            (
                "ERROR: No matching distribution found for matrix-synapse==0.0",
                Cure::NothingOffered,
            ),
            (
                "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]",
                Cure::Certificate,
            ),
        ] {
            assert_eq!(diagnose(line), Some(cure), "{line}");
        }
        assert_eq!(diagnose("error: subprocess-exited-with-error"), None);
    }

    #[test]
    fn the_cause_is_told_and_not_its_effect() {
        let told = [
            "Temporary failure in name resolution",
            "ERROR: No matching distribution found for x",
        ]
        .map(diagnose);
        assert_eq!(told.into_iter().max(), Some(Some(Cure::Network)));
    }
}
