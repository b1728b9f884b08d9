//! Room on the disk, asked before a download is begun that could not end.

use std::path::Path;

use anyhow::{Result, bail};

/// Fails unless the folder's disk has the room. A file system that does not tell is trusted.
pub(super) fn require(folder: &Path, needed_mib: u64) -> Result<()> {
    match free_mib(folder) {
        Some(free) if free < needed_mib => bail!("{}", shortage(folder, needed_mib, free)),
        _ => Ok(()),
    }
}

fn free_mib(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024))
}

fn shortage(folder: &Path, needed_mib: u64, free_mib: u64) -> String {
    format!(
        "set-up needs {needed_mib} MiB of disk, and {} has only {free_mib} MiB left\n    \
         cure:   make room there, or set MATRIMONY_SETUP_DIR to a folder on another disk",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{require, shortage};

    #[test]
    fn a_shortage_is_told_before_the_work_begins() {
        let folder = tempfile::tempdir().unwrap();
        assert!(require(folder.path(), 0).is_ok());
        let error = require(folder.path(), u64::MAX).unwrap_err().to_string();
        assert!(error.contains("MATRIMONY_SETUP_DIR"), "{error}");
        assert!(
            shortage(Path::new("/var"), 700, 12).starts_with("set-up needs 700 MiB of disk, and /var has only 12 MiB")
        );
    }
}
