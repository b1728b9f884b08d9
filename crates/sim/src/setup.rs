//! Where the programs are that the world runs: `cargo xtask` prepares them and says so in the environment.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// Programs and folders that the set-up prepared.
#[derive(Clone, Debug)]
pub struct Setup {
    /// A Python that has Synapse.
    pub synapse_python: PathBuf,
    /// A Java runtime for signal-cli.
    pub java_home: PathBuf,
    /// The Signal rig with its packages.
    pub signal_rig: PathBuf,
    /// Node.
    pub node: PathBuf,
}

impl Setup {
    /// Reads the environment; the error says how to get one.
    pub fn from_env() -> Result<Self> {
        let path = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
                .with_context(|| format!("{name} is not set; run this through `cargo xtask`, or `cargo xtask setup` and source target/setup.env"))
        };
        Ok(Self {
            synapse_python: path("MATRIMONY_SYNAPSE_PYTHON")?,
            java_home: path("MATRIMONY_JAVA_HOME")?,
            signal_rig: path("MATRIMONY_SIGNAL_RIG")?,
            node: path("MATRIMONY_NODE")?,
        })
    }
}
