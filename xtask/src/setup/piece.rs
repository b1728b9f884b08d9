//! What set-up is made of.

use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::progress::Step;

/// Something to install into a folder of its own.
pub(super) trait Piece: Sync {
    /// A short name: of the folder, and in progress and errors.
    fn name(&self) -> &'static str;

    /// Everything that the content depends on: versions, lock files, the interpreter. One line each.
    fn pins(&self) -> Vec<String>;

    /// The room it takes on disk while it is being made, in MiB, rounded up.
    fn size_mib(&self) -> u64;

    /// Installs into the folder, which exists and is empty. The folder is moved to its last place afterwards.
    fn build(&self, folder: &Path, step: &Step) -> Result<()>;

    /// Whether a folder that was once complete still is: an interpreter may have gone with an upgrade of the system.
    fn works(&self, folder: &Path) -> bool;

    /// What the task gets from it.
    fn places(&self, folder: &Path) -> Result<Vec<Place>>;
}

/// Where something is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Told to tests and demo in a variable of this name.
    Variable(&'static str, PathBuf),
    /// A folder of programs, put in front of PATH.
    Programs(PathBuf),
}

/// Names a piece's folder: its name and a hash of its pins, so that other pins never meet this folder.
pub(super) fn folder_name(piece: &dyn Piece) -> String {
    let mut hash = Sha256::new();
    for pin in piece.pins() {
        hash.update(pin.as_bytes());
        hash.update(b"\n");
    }
    format!("{}-{}", piece.name(), hex::encode(&hash.finalize()[..6]))
}
