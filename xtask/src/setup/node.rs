//! The machine's Node and npm.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::missing::Missing;
use super::run::{first_on, version_of};
use super::version::Version;

/// The oldest line that Signal's native library and the rig's language level run on.
const OLDEST: Version = Version::new(18, 0, 0);

/// A Node that will do, with its npm.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The program `node`.
    pub(super) node: PathBuf,
    npm: PathBuf,
}

/// The first `node` and `npm` on PATH.
pub(super) fn find(path: &OsStr) -> Result<Node, Missing> {
    let node = first_on(path, "node");
    let npm = first_on(path, "npm");
    match (&node, &npm, node.as_deref().and_then(version_of)) {
        (Some(node), Some(npm), Some(version)) if version >= OLDEST => Ok(Node {
            node: node.clone(),
            npm: npm.clone(),
        }),
        (node, npm, version) => Err(Missing {
            what: "Node 18 or newer, with npm".into(),
            found: findings(node.as_deref(), npm.as_deref(), version),
            cure: "install them with your package manager (Debian, Ubuntu: apt install nodejs npm)",
        }),
    }
}

fn findings(node: Option<&Path>, npm: Option<&Path>, version: Option<Version>) -> Vec<String> {
    let node_says = node.map(|node| match version {
        Some(version) if version < OLDEST => format!("{} is {version}, too old", node.display()),
        Some(version) => format!("{} is {version}", node.display()),
        None => format!("{} does not tell its version", node.display()),
    });
    let npm_says = npm.map_or_else(|| "no npm on PATH".to_owned(), |npm| npm.display().to_string());
    node_says.map(|node| vec![node, npm_says.clone()]).unwrap_or_default()
}

impl Node {
    /// npm, run by the Node that was found.
    pub(super) fn npm(&self) -> Command {
        let mut command = Command::new(&self.npm);
        if let Some(folder) = self.node.parent() {
            command.env("PATH", super::run::path_with(&[folder.to_owned()]));
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::find;

    fn path_with_programs(programs: &[(&str, &str)]) -> (tempfile::TempDir, OsString) {
        let folder = tempfile::tempdir().unwrap();
        for (name, prints) in programs {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\necho '{prints}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = folder.path().as_os_str().to_owned();
        (folder, path)
    }

    #[test]
    fn a_node_with_npm_will_do() {
        let (folder, path) = path_with_programs(&[("node", "v20.20.2"), ("npm", "11.19.1")]);
        assert_eq!(find(&path).unwrap().node, folder.path().join("node"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (programs, expected) in [
            (vec![], ""),
            (vec![("npm", "9.0.0")], ""),
            (vec![("node", "v16.3.0"), ("npm", "8.0.0")], "is 16.3.0, too old"),
            (vec![("node", "v20.1.0")], "no npm on PATH"),
            (
                vec![("node", "segfault"), ("npm", "8.0.0")],
                "does not tell its version",
            ),
        ] {
            let (_folder, path) = path_with_programs(&programs);
            let found = find(&path).unwrap_err().found.join("; ");
            assert!(
                found.contains(expected) && found.is_empty() == expected.is_empty(),
                "{programs:?}: {found}"
            );
        }
    }

    #[test]
    fn npm_runs_on_the_node_that_was_found() {
        let (folder, path) = path_with_programs(&[("node", "v20.20.2"), ("npm", "11.19.1")]);
        let npm = find(&path).unwrap().npm();
        let searched = npm
            .get_envs()
            .find(|(name, _)| *name == "PATH")
            .and_then(|(_, value)| value)
            .unwrap();
        let first = std::env::split_paths(searched).next().unwrap();
        assert_eq!(first, Path::new(folder.path()));
    }
}
