//! Finding programs on `PATH`, before they are started: a clear error instead of "no such file".

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The program is not there.
#[derive(Debug, thiserror::Error)]
#[error("the program is not installed")]
pub(crate) struct NotFound;

/// The absolute path of a program: as named, or from `PATH` if the name has no slash.
pub(crate) fn find(program: &Path) -> Result<PathBuf, NotFound> {
    let path = env::var_os("PATH").unwrap_or_default();
    let named = program.components().count() > 1;
    let candidates: Vec<PathBuf> = if named {
        vec![program.to_owned()]
    } else {
        env::split_paths(&path).map(|folder| folder.join(program)).collect()
    };
    let found = candidates.into_iter().find(|candidate| is_executable(candidate));
    found.and_then(|path| std::path::absolute(path).ok()).ok_or(NotFound)
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_and_a_path_is_taken() {
        assert!(find(Path::new("sh")).unwrap().is_absolute());
        assert_eq!(find(Path::new("/bin/sh")).unwrap(), Path::new("/bin/sh"));
        assert!(find(Path::new("/etc/passwd")).is_err(), "not executable");
        assert!(find(Path::new("no-such-program-anywhere")).is_err());
    }
}
