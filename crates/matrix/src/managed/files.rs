//! The folder of a managed Synapse and the secrets in it.

use super::error::ManagedError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ruma::OwnedServerName;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where everything of Synapse is. The path is absolute.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder, made for its owner alone if it is not there.
    pub(super) fn make(path: &Path) -> Result<Self, ManagedError> {
        let make = || {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            path.canonicalize()
        };
        Ok(Self(make().map_err(trouble("make the folder", path))?))
    }

    /// A path in it.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.join("homeserver.yaml")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.join("homeserver.log")
    }

    /// What Synapse says before its log is open, and when it dies.
    pub(super) fn last_words(&self) -> PathBuf {
        self.join("last-words.log")
    }

    pub(super) fn pid(&self) -> PathBuf {
        self.join("matrimony.pid")
    }

    pub(super) fn environment(&self) -> PathBuf {
        self.join("venv")
    }

    /// Puts a file in place whole, readable by its owner alone.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), ManagedError> {
        let path = self.join(name);
        let part = self.join(&format!("{name}.part"));
        let write = || -> io::Result<()> {
            let mut file = open_private(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(trouble("write", &path))
    }

    /// A file of it; `None` if it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, ManagedError> {
        let path = self.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(trouble("read", &path)(error)),
        }
    }
}

/// An empty file that only its owner may read.
pub(super) fn open_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600).open(path)
}

/// Names the file that an error is about.
pub(super) fn trouble(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ManagedError {
    let path = path.to_owned();
    move |source| ManagedError::Io { what, path, source }
}

/// What must stay the same for as long as the server exists.
#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    pub(super) server_name: OwnedServerName,
    pub(super) as_token: String,
    pub(super) hs_token: String,
    pub(super) registration_shared_secret: String,
    pub(super) macaroon_secret_key: String,
    pub(super) form_secret: String,
    /// The line of the signing key file.
    pub(super) signing_key: String,
}

const SECRETS: &str = "secrets.json";

impl Secrets {
    /// The secrets of the folder. The first time they are derived from `entropy` and written down.
    pub(super) fn load_or_make(
        folder: &Folder,
        server_name: &OwnedServerName,
        entropy: &[u8; 32],
    ) -> Result<Self, ManagedError> {
        if let Some(text) = folder.read(SECRETS)? {
            let secrets: Self = serde_json::from_str(&text).map_err(|_| ManagedError::Damaged(folder.join(SECRETS)))?;
            return secrets.check(server_name);
        }
        let secrets = Self::derive(server_name, entropy);
        let text = serde_json::to_string_pretty(&secrets).expect("strings are JSON");
        folder.write(SECRETS, &text)?;
        Ok(secrets)
    }

    fn check(self, asked: &OwnedServerName) -> Result<Self, ManagedError> {
        if self.server_name == *asked {
            return Ok(self);
        }
        Err(ManagedError::ServerNameChanged {
            was: self.server_name.to_string(),
            asked: asked.to_string(),
        })
    }

    fn derive(server_name: &OwnedServerName, entropy: &[u8; 32]) -> Self {
        let secret = |label: &str| hex::encode(expand(entropy, label));
        Self {
            server_name: server_name.clone(),
            as_token: secret("as_token"),
            hs_token: secret("hs_token"),
            registration_shared_secret: secret("registration_shared_secret"),
            macaroon_secret_key: secret("macaroon_secret_key"),
            form_secret: secret("form_secret"),
            // The format of Synapse's key file: algorithm, version, seed in base64.
            signing_key: format!(
                "ed25519 a_{} {}",
                hex::encode(&expand(entropy, "signing_key_id")[..3]),
                STANDARD_NO_PAD.encode(expand(entropy, "signing_key"))
            ),
        }
    }
}

/// One secret per label, as HKDF expands: nobody can come from one to another.
fn expand(entropy: &[u8; 32], label: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(entropy).expect("HMAC takes keys of any length");
    mac.update(label.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn name(text: &str) -> OwnedServerName {
        text.try_into().unwrap()
    }

    #[test]
    fn secrets_are_made_once_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::make(&root.path().join("a/b")).unwrap();
        let first = Secrets::load_or_make(&folder, &name("mx.test"), &[1; 32]).unwrap();
        let second = Secrets::load_or_make(&folder, &name("mx.test"), &[2; 32]).unwrap();
        assert_eq!(first.as_token, second.as_token);
        assert_ne!(first.as_token, first.hs_token);
        let mode = fs::metadata(folder.join(SECRETS)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mode = fs::metadata(folder.join("")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn the_server_name_cannot_be_changed() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::make(root.path()).unwrap();
        Secrets::load_or_make(&folder, &name("mx.test"), &[1; 32]).unwrap();
        let error = Secrets::load_or_make(&folder, &name("other.test"), &[1; 32])
            .err()
            .unwrap();
        assert!(
            matches!(&error, ManagedError::ServerNameChanged { was, .. } if was == "mx.test"),
            "{error}"
        );
    }

    #[test]
    fn damaged_secrets_are_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::make(root.path()).unwrap();
        folder.write(SECRETS, "{\"as_token\":").unwrap();
        let error = Secrets::load_or_make(&folder, &name("mx.test"), &[1; 32])
            .err()
            .unwrap();
        assert!(matches!(error, ManagedError::Damaged(_)), "{error}");
        assert_eq!(folder.read(SECRETS).unwrap().unwrap(), "{\"as_token\":");
    }
}
