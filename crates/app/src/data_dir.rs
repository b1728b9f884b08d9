//! The data directory: where things lie in it, and that one process has it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A data directory that this process alone uses, as long as the value lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Why the data directory cannot be used. Each names the place and the cure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataDirError {
    /// Another `up` has it.
    #[error("matrimony runs on {root} already{}; stop that one first, or name another data_dir", pid.map(|p| format!(" (process {p})")).unwrap_or_default())]
    Taken {
        /// The directory.
        root: PathBuf,
        /// The process that has it, if it told.
        pid: Option<u32>,
    },
    /// It cannot be made or written.
    #[error(
        "the data directory {root} cannot be used: {source}; make it writable for this user, or name another data_dir"
    )]
    Unusable {
        /// The directory.
        root: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DataDir {
    /// Makes the directory if needed (mode 0700) and takes its lock.
    pub(crate) fn take(root: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable {
            root: root.to_owned(),
            source,
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .map_err(unusable)?;
        fs::set_permissions(root, fs::Permissions::from_mode(0o700)).map_err(unusable)?;
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(root.join("lock"));
        let mut lock = open.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataDirError::Taken {
                    root: root.to_owned(),
                    pid: read_pid(&mut lock),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        write_pid(&mut lock).map_err(unusable)?;
        Ok(Self {
            root: root.to_owned(),
            _lock: lock,
        })
    }

    /// The ledger's file.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.root.join("ledger.db")
    }

    /// What the managed homeserver and the appservice keep.
    pub(crate) fn matrix(&self) -> PathBuf {
        self.root.join("matrix")
    }

    /// What signal-cli keeps, and the spool of what it received.
    pub(crate) fn signal(&self) -> PathBuf {
        self.root.join("signal")
    }

    /// The keys of linked WhatsApp devices.
    pub(crate) fn whatsapp(&self) -> PathBuf {
        self.root.join("whatsapp")
    }
}

/// The socket by which the other commands reach `up`.
pub(crate) fn control_socket(root: &Path) -> PathBuf {
    root.join("control.sock")
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())?;
    lock.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        let first = DataDir::take(&root).unwrap();
        let error = DataDir::take(&root).unwrap_err().to_string();
        assert!(
            error.contains(&format!("process {}", std::process::id())) && error.contains("data_dir"),
            "{error}"
        );
        drop(first);
        assert!(DataDir::take(&root).is_ok(), "the lock goes with its holder");
    }

    #[test]
    fn only_this_user_may_look() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        let _taken = DataDir::take(&root).unwrap();
        assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(
            fs::metadata(root.join("lock")).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        fs::write(&root, "").unwrap();
        let error = DataDir::take(&root).unwrap_err().to_string();
        assert!(error.contains(root.to_str().unwrap()), "{error}");
    }
}
