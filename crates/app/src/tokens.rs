//! The secrets that an external homeserver and we show each other.

use anyhow::{Context, Result};
use matrimony_matrix::Tokens;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

#[derive(Serialize, Deserialize)]
struct Stored {
    as_token: String,
    hs_token: String,
}

/// The tokens of this data directory; made the first time, and kept, since the homeserver knows them.
pub(crate) fn load_or_make(folder: &Path) -> Result<Tokens> {
    let file = folder.join("tokens.json");
    if !file.exists() {
        let made = Stored {
            as_token: crate::entropy::token(),
            hs_token: crate::entropy::token(),
        };
        put_first(&file, &serde_json::to_string_pretty(&made)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let stored: Stored = serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is damaged; restore it from a backup, or remove it and register anew",
            file.display()
        )
    })?;
    Ok(Tokens {
        as_token: stored.as_token,
        hs_token: stored.hs_token,
    })
}

/// Puts the file in place whole, unless another process was first: then that one's stays.
fn put_first(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let part = folder.join(format!("tokens.json.{}", std::process::id()));
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    let linked = fs::hard_link(&part, file);
    fs::remove_file(&part)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn tokens_stay_and_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("matrix");
        let first = load_or_make(&folder).unwrap();
        assert_eq!(load_or_make(&folder).unwrap(), first);
        assert_ne!(first.as_token, first.hs_token);
        let mode = fs::metadata(folder.join("tokens.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("tokens.json"), "{").unwrap();
        let error = load_or_make(dir.path()).unwrap_err().to_string();
        assert!(error.contains("damaged") && error.contains("tokens.json"), "{error}");
    }
}
