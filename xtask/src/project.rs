//! Where the project and its build folder are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The clone that the task works on.
pub(crate) struct Project {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's build folder; what belongs to this clone alone goes there.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Cargo names the package's folder when it runs a binary; the folder known at compile time is for a binary that
    /// is started by hand. The first wins, because a build folder may be shared by several clones.
    pub(crate) fn locate() -> Result<Self> {
        let package =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = package
            .parent()
            .context("the xtask package lies in the workspace's folder")?
            .to_owned();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Self { root, target })
    }

    /// The source of the Signal rig.
    pub(crate) fn signal_rig(&self) -> PathBuf {
        self.root.join(Path::new("crates/sim/signal-rig"))
    }
}
