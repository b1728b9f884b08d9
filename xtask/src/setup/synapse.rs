//! The homeserver, in a virtual environment of its own.

use std::path::Path;

use anyhow::Result;

use super::piece::{Piece, Place};
use super::progress::Step;
use super::python::{Python, package_folder};

/// The base package is enough for SQLite.
const REQUIREMENT: &str = "matrix-synapse==1.163.2";

pub(super) struct Synapse {
    pub(super) python: Python,
}

impl Piece for Synapse {
    fn name(&self) -> &'static str {
        "synapse"
    }

    fn pins(&self) -> Vec<String> {
        vec![REQUIREMENT.into(), self.python.pin()]
    }

    fn size_mib(&self) -> u64 {
        300
    }

    fn build(&self, folder: &Path, step: &Step) -> Result<()> {
        self.python.install(REQUIREMENT, folder, step)
    }

    fn works(&self, folder: &Path) -> bool {
        folder.join("bin/python").is_file() && package_folder(folder, "synapse").is_some()
    }

    fn places(&self, folder: &Path) -> Result<Vec<Place>> {
        Ok(vec![Place::Variable(
            "MATRIMONY_SYNAPSE_PYTHON",
            folder.join("bin/python"),
        )])
    }
}
