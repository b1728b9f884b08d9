//! Programs: finding them on PATH, asking their version, running an installer with its output as progress.

use std::collections::VecDeque;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result, anyhow};

use super::progress::Step;
use super::trouble::{Cure, diagnose};
use super::version::Version;

/// How much of each stream of an installer's output an error repeats.
const LAST_LINES: usize = 12;

/// A line, and which stream it came from: 0 for output, 1 for errors. The streams are read side by side, so a long one
/// must not crowd out the other.
type Line = (usize, String);

/// The last lines of each stream.
type LastLines = [VecDeque<String>; 2];

/// Runs the command to its end. Its lines are shown as progress, and the last of them in the error if it fails.
pub(super) fn run_shown(command: &mut Command, step: &Step) -> Result<()> {
    let cannot_start = format!("cannot start {}", command.get_program().display());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(cannot_start)?;
    let (lines, shown) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|out| Box::new(out) as _),
        child.stderr.take().map(|err| Box::new(err) as _),
    ];
    let (last, cure) = thread::scope(|scope| {
        for (source, stream) in streams.into_iter().enumerate() {
            let lines = lines.clone();
            scope.spawn(move || stream.map(|stream| send_lines(source, stream, &lines)));
        }
        drop(lines);
        watch(shown, step)
    });
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for it: {}", step.phase()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failure(&format!("{} failed ({status})", step.phase()), &last, cure))
    }
}

/// Shows the lines as they come; keeps the last of them, and the cure for the trouble that any of them tells of.
fn watch(lines: mpsc::Receiver<Line>, step: &Step) -> (LastLines, Option<Cure>) {
    let mut last = LastLines::default();
    let mut cure = None;
    for (source, line) in lines {
        step.detail(&line);
        cure = cure.max(diagnose(&line));
        last[source].push_back(line);
        if last[source].len() > LAST_LINES {
            last[source].pop_front();
        }
    }
    (last, cure)
}

fn send_lines(source: usize, stream: impl Read, lines: &Sender<Line>) {
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !line.is_empty() && lines.send((source, line)).is_err() {
            return;
        }
    }
}

fn failure(what: &str, last: &LastLines, cure: Option<Cure>) -> anyhow::Error {
    let output = Vec::from_iter(last.iter().flatten().map(|line| format!("    | {line}"))).join("\n");
    let cure = cure.map(|cure| format!("\n    cure:   {cure}")).unwrap_or_default();
    anyhow!("{what}; its last lines:\n{output}{cure}")
}

/// Every program of that name on the given PATH, first to last.
pub(super) fn search(name: &str, path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(path).collect();
    let name = name.to_owned();
    folders
        .into_iter()
        .map(move |folder| folder.join(&name))
        .filter(|program| program.is_file())
}

/// The program that a shell would start.
pub(super) fn first_on(path: &OsStr, name: &str) -> Option<PathBuf> {
    search(name, path).next()
}

/// What the program answers to `--version`, if it runs at all.
pub(super) fn version_of(program: &Path) -> Option<Version> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Version::find_in(&String::from_utf8_lossy(&output.stdout))
}

/// Our PATH with these folders in front.
pub(super) fn path_with(folders: &[PathBuf]) -> OsString {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&inherited));
    env::join_paths(all).unwrap_or(inherited)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::run_shown;
    use crate::setup::progress::Progress;

    fn run(script: &str) -> Result<(), String> {
        let progress = Progress::hidden();
        let step = progress.step("test");
        step.say("installing a test");
        run_shown(Command::new("sh").args(["-c", script]), &step).map_err(|error| error.to_string())
    }

    #[test]
    fn a_failure_repeats_the_last_lines_of_both_streams() {
        assert_eq!(run("echo fine"), Ok(()));
        let error = run("seq 100; echo to stderr >&2; exit 3").unwrap_err();
        assert!(
            error.contains("exit status: 3") && error.contains("| to stderr") && error.contains("| 100"),
            "{error}"
        );
        assert!(!error.contains("| 50"), "only the last lines: {error}");
    }

    #[test]
    fn a_failure_with_a_known_sign_names_the_cure_however_long_ago_it_showed() {
        let error = run("echo 'npm error code ENOSPC'; seq 100; exit 1").unwrap_err();
        assert!(error.contains("cure:   the disk is full"), "{error}");
    }

    #[test]
    fn output_that_is_not_text_does_no_harm() {
        let error = run(r"printf '\377\376broken\n'; exit 1").unwrap_err();
        assert!(error.contains("broken"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let progress = Progress::hidden();
        let error = run_shown(&mut Command::new("/nonexistent/pip"), &progress.step("test")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/pip"), "{error}");
    }
}
