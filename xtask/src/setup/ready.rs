//! What set-up hands over: variables for tests and demo, and programs for PATH.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::piece::Place;
use super::run::path_with;
use crate::project::Project;

/// The places of everything that was asked for.
#[derive(Default)]
pub(crate) struct Ready {
    variables: BTreeMap<&'static str, PathBuf>,
    programs: Vec<PathBuf>,
}

impl Ready {
    pub(super) fn add(&mut self, places: Vec<Place>) {
        for place in places {
            match place {
                Place::Variable(name, path) => {
                    self.variables.insert(name, path);
                }
                Place::Programs(folder) => self.programs.push(folder),
            }
        }
    }

    /// Gives the places to a program that is about to start.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.envs(&self.variables);
        if !self.programs.is_empty() {
            command.env("PATH", path_with(&self.programs));
        }
    }

    /// Leaves the places in the build folder, for a developer who runs a single test by hand: `setup.env` for a
    /// shell, `setup/setup.json` for programs. A task that needed only tools leaves what was there.
    pub(super) fn write(&self, project: &Project) -> Result<()> {
        if self.variables.is_empty() {
            return Ok(());
        }
        let folder = project.target.join("setup");
        let write = || -> Result<()> {
            fs::create_dir_all(&folder)?;
            fs::write(
                folder.join("setup.json"),
                serde_json::to_string_pretty(&self.variables)?,
            )?;
            fs::write(project.target.join("setup.env"), self.as_shell())?;
            Ok(())
        };
        write().with_context(|| format!("cannot write to the build folder {}", project.target.display()))
    }

    fn as_shell(&self) -> String {
        let mut text = "# Places of what `cargo xtask setup` prepared, for `source`.\n".to_owned();
        for (name, path) in &self.variables {
            let _ = writeln!(text, "export {name}={}", quoted(&path.to_string_lossy()));
        }
        for folder in &self.programs {
            let _ = writeln!(text, "export PATH={}:\"$PATH\"", quoted(&folder.to_string_lossy()));
        }
        text
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{Place, Project, Ready};

    fn ready() -> Ready {
        let mut ready = Ready::default();
        ready.add(vec![Place::Variable("MATRIMONY_NODE", "/opt/it's node/node".into())]);
        ready.add(vec![Place::Programs("/opt/tools/bin".into())]);
        ready
    }

    #[test]
    fn a_shell_reads_the_same_places_as_a_program_gets() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project {
            root: folder.path().into(),
            target: folder.path().join("target"),
        };
        ready().write(&project).unwrap();
        let show = "printf '%s\\n%s\\n' \"$MATRIMONY_NODE\" \"${PATH%%:*}\"";

        let sourced = format!(". {}; {show}", project.target.join("setup.env").display());
        let by_shell = Command::new("sh").args(["-c", &sourced]).output().unwrap();
        let mut command = Command::new("sh");
        ready().apply(&mut command);
        let by_program = command.args(["-c", show]).output().unwrap();

        assert_eq!(
            String::from_utf8_lossy(&by_shell.stdout),
            "/opt/it's node/node\n/opt/tools/bin\n"
        );
        assert_eq!(by_shell.stdout, by_program.stdout);
        let json = fs::read_to_string(project.target.join("setup/setup.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["MATRIMONY_NODE"], "/opt/it's node/node");
    }

    #[test]
    fn tools_alone_leave_the_files_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project {
            root: folder.path().into(),
            target: folder.path().join("target"),
        };
        let mut tools = Ready::default();
        tools.add(vec![Place::Programs("/opt/tools/bin".into())]);
        tools.write(&project).unwrap();
        assert!(!project.target.exists());
    }
}
