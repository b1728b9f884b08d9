//! The folder that keeps finished pieces, shared by all clones of one user.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use super::piece::{Piece, folder_name};
use super::progress::{Progress, Step};
use super::space;

/// Present in a folder that was finished, and holds the pins that it was made of.
const STAMP: &str = "pins";
/// What a run that was interrupted leaves has this in front of its name.
const PARTIAL: &str = ".partial-";

/// Finished pieces, each in a folder of its own.
pub(super) struct Store {
    root: PathBuf,
}

impl Store {
    /// `$MATRIMONY_SETUP_DIR`, else the user's cache. It may be deleted at any time and is then made anew.
    pub(super) fn open() -> Result<Self> {
        Self::at(root(|name| env::var_os(name).filter(|value| !value.is_empty()))?)
    }

    fn at(root: PathBuf) -> Result<Self> {
        fs::create_dir_all(&root).map_err(|error| unwritable(&root, &error))?;
        Ok(Self { root })
    }

    /// Where the piece is once it is complete.
    pub(super) fn folder(&self, piece: &dyn Piece) -> PathBuf {
        self.root.join(folder_name(piece))
    }

    /// Makes the pieces that are not complete, side by side, and tells of every failure.
    pub(super) fn complete(&self, pieces: &[Box<dyn Piece>]) -> Result<()> {
        if self.absent(pieces).is_empty() {
            return Ok(());
        }
        let progress = Progress::new();
        let _lock = self.lock(&progress)?;
        let absent = self.absent(pieces);
        if absent.is_empty() {
            return Ok(());
        }
        self.sweep()?;
        space::require(&self.root, absent.iter().map(|piece| piece.size_mib()).sum())?;
        let names = Vec::from_iter(absent.iter().map(|piece| piece.name())).join(", ");
        progress.say(&format!("setup: installing {names} into {}", self.root.display()));
        let failures: Vec<String> = thread::scope(|scope| {
            let running: Vec<_> = absent
                .iter()
                .map(|piece| {
                    (
                        piece.name(),
                        scope.spawn(|| self.make(*piece, progress.step(piece.name()))),
                    )
                })
                .collect();
            running
                .into_iter()
                .filter_map(|(name, thread)| failure_of(name, thread.join()))
                .collect()
        });
        if failures.is_empty() {
            Ok(())
        } else {
            bail!("set-up failed\n{}", failures.join("\n"))
        }
    }

    fn absent<'a>(&self, pieces: &'a [Box<dyn Piece>]) -> Vec<&'a dyn Piece> {
        pieces
            .iter()
            .map(AsRef::as_ref)
            .filter(|piece| !self.is_complete(*piece))
            .collect()
    }

    fn is_complete(&self, piece: &dyn Piece) -> bool {
        let folder = self.folder(piece);
        fs::read_to_string(folder.join(STAMP)).is_ok_and(|pins| pins == stamp(piece)) && piece.works(&folder)
    }

    /// Builds beside the last place and moves there when all is done: a folder under its own name is whole.
    fn make(&self, piece: &dyn Piece, step: Step) -> Result<()> {
        let partial = self
            .root
            .join(format!("{PARTIAL}{}-{}", std::process::id(), folder_name(piece)));
        let made = self.build(piece, &partial, &step);
        match &made {
            Ok(()) => step.end("ready"),
            Err(_) => {
                // What cannot be removed now is swept by the next run.
                let _ = fs::remove_dir_all(&partial);
                step.end("failed");
            }
        }
        made
    }

    fn build(&self, piece: &dyn Piece, partial: &Path, step: &Step) -> Result<()> {
        fs::create_dir(partial)?;
        piece.build(partial, step)?;
        if !piece.works(partial) {
            bail!("it was installed and does not work");
        }
        fs::write(partial.join(STAMP), stamp(piece))?;
        let folder = self.folder(piece);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Ok(fs::rename(partial, folder)?)
    }

    /// One set-up at a time. The lock ends with the process, however that ends.
    fn lock(&self, progress: &Progress) -> Result<File> {
        let path = self.root.join("lock");
        let file = File::create(&path).map_err(|error| unwritable(&self.root, &error))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => progress.say("setup: waiting for another set-up to end"),
            Err(TryLockError::Error(error)) => return Err(error).context(path.display().to_string()),
        }
        file.lock().with_context(|| path.display().to_string())?;
        Ok(file)
    }

    /// Removes what interrupted runs left. Nobody needs it: we hold the lock. An installer that outlived its run may
    /// still write there; what cannot be removed for that is left to the next run.
    fn sweep(&self) -> Result<()> {
        for entry in self.root.read_dir()? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(())
    }
}

fn stamp(piece: &dyn Piece) -> String {
    piece.pins().join("\n")
}

fn failure_of(name: &str, outcome: thread::Result<Result<()>>) -> Option<String> {
    let error = outcome.unwrap_or_else(|_| Err(anyhow!("its thread panicked"))).err()?;
    Some(format!("\n  {name}: {error:#}"))
}

fn unwritable(root: &Path, error: &io::Error) -> anyhow::Error {
    let cure = "make it writable, or set MATRIMONY_SETUP_DIR to a folder that is";
    anyhow!(
        "cannot write to the set-up folder {}: {error}\n    cure:   {cure}",
        root.display()
    )
}

fn root(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    if let Some(named) = variable("MATRIMONY_SETUP_DIR") {
        return std::path::absolute(&named).with_context(|| format!("MATRIMONY_SETUP_DIR is {}", named.display()));
    }
    let cache = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|cache| cache.is_absolute());
    let cache = cache.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")));
    let cache =
        cache.context("no place for set-up: HOME is not set\n    cure:   set MATRIMONY_SETUP_DIR to a folder")?;
    Ok(cache.join("matrimony/setup"))
}

#[cfg(test)]
mod tests;
