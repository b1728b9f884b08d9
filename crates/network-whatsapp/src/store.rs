//! The files that hold the accounts' keys: one SQLite database for each, made by the library.
//!
//! A file is named by a number, not by the account: names of files end up in logs and backups. A number is not given
//! again unless its login failed.

use matrimony_domain::AccountKey;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use whatsapp_rust::store::error::StoreError;
use whatsapp_rust::store::{SqliteStore, SqliteStoreConfig, Synchronous};

const PREFIX: &str = "account-";
/// More accounts than one process will ever hold; bounds the search for a free number.
const NUMBERS: u32 = 100_000;

/// The keys of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountStore {
    number: u32,
    path: PathBuf,
}

impl AccountStore {
    /// Makes a file for a new account, readable by its owner only. SQLite gives its side files the same mode.
    pub(crate) fn create(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        for number in 1..=NUMBERS {
            let path = path(dir, number);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(_) => return Ok(Self { number, path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("no number is free for another account"))
    }

    /// The file of a known account; `None` if the key is not ours or the file is gone.
    pub(crate) fn find(dir: &Path, key: &AccountKey) -> Option<Self> {
        let digits = key.reveal().strip_prefix(PREFIX)?;
        let number: u32 = digits
            .parse()
            .ok()
            .filter(|number: &u32| number.to_string() == digits)?;
        let path = path(dir, number);
        path.is_file().then_some(Self { number, path })
    }

    /// How the account is found again.
    pub(crate) fn key(&self) -> AccountKey {
        AccountKey::new(format!("{PREFIX}{}", self.number))
    }

    /// Opens the database. Every commit is on disk when it returns: a ratchet that falls back after a power cut would
    /// encrypt two messages with one key.
    pub(crate) async fn open(&self) -> Result<SqliteStore, StoreError> {
        let config = SqliteStoreConfig {
            synchronous: Synchronous::Full,
            ..SqliteStoreConfig::default()
        };
        SqliteStore::with_config(&self.path.to_string_lossy(), config).await
    }

    /// Removes the keys for good.
    pub(crate) fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut file = self.path.clone().into_os_string();
            file.push(suffix);
            if let Err(error) = std::fs::remove_file(&file)
                && error.kind() != ErrorKind::NotFound
            {
                tracing::warn!(account = self.number, %error, "the keys of a login that failed could not be removed");
            }
        }
    }
}

fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{PREFIX}{number}.sqlite"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_private_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("whatsapp");
        let store = AccountStore::create(&dir).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&store.path)), (0o700, 0o600));
        assert_eq!(AccountStore::find(&dir, &store.key()), Some(store.clone()));
        assert_ne!(AccountStore::create(&dir).unwrap().key(), store.key());
        store.remove();
        assert_eq!(AccountStore::find(&dir, &store.key()), None);
    }

    #[tokio::test]
    async fn the_database_and_its_side_files_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let store = AccountStore::create(dir.path()).unwrap();
        let database = store.open().await.unwrap();
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(
                entry.metadata().unwrap().permissions().mode() & 0o777,
                0o600,
                "{:?}",
                entry.file_name()
            );
        }
        drop(database);
    }

    #[test]
    fn a_key_never_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        AccountStore::create(dir.path()).unwrap();
        for key in [
            "",
            "account-",
            "account-../1",
            "account-01",
            "account-+1",
            "1",
            "../account-1",
            "account-2",
        ] {
            assert_eq!(AccountStore::find(dir.path(), &AccountKey::new(key)), None, "{key}");
        }
    }
}
