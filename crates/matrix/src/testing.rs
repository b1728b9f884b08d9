//! Storage in memory, for unit tests.

use async_trait::async_trait;
use matrimony_domain::{ChatKey, Inbound, LoginId, Reason};
use matrimony_network::{Inbox, NotAccepted, Spool, Vault, VaultError};
use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A spool and a vault that can be broken.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) broken: AtomicBool,
    spool: Mutex<(HashSet<String>, Vec<Vec<u8>>)>,
    values: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Shelf {
    /// What was spooled, in order.
    pub(crate) fn spooled(&self) -> Vec<String> {
        let spool = self.spool.lock().unwrap();
        spool
            .1
            .iter()
            .map(|bytes| String::from_utf8(bytes.clone()).unwrap())
            .collect()
    }

    /// A value as text.
    pub(crate) fn value(&self, key: &str) -> Option<String> {
        let values = self.values.lock().unwrap();
        values.get(key).map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    }

    fn check(&self) -> Result<(), VaultError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(VaultError("the disk is full".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Spool for Shelf {
    async fn put(&self, items: &[(String, Vec<u8>)]) -> Result<usize, VaultError> {
        self.check()?;
        let mut spool = self.spool.lock().unwrap();
        let mut new = 0;
        for (key, bytes) in items {
            if spool.0.insert(key.clone()) {
                spool.1.push(bytes.clone());
                new += 1;
            }
        }
        Ok(new)
    }

    async fn take(&self, _limit: usize) -> Result<Vec<(i64, Vec<u8>)>, VaultError> {
        self.check().map(|()| Vec::new())
    }

    async fn done(&self, _id: i64) -> Result<(), VaultError> {
        self.check()
    }
}

#[async_trait]
impl Vault for Shelf {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        self.check()?;
        Ok(self.values.lock().unwrap().get(key).cloned())
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<(), VaultError> {
        self.check()?;
        self.values.lock().unwrap().insert(key.to_owned(), value.to_vec());
        Ok(())
    }
}

/// An inbox that notes what could not be read.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) closed: AtomicBool,
    unreadable: Mutex<Vec<Reason>>,
}

impl Heard {
    /// Why things could not be read.
    pub(crate) fn unreadable(&self) -> Vec<String> {
        self.unreadable.lock().unwrap().iter().map(Reason::to_string).collect()
    }

    fn check(&self) -> Result<(), NotAccepted> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(NotAccepted::Closed);
        }
        Ok(())
    }
}

#[async_trait]
impl Inbox for Heard {
    async fn accept(&self, _batch: &[Inbound]) -> Result<(), NotAccepted> {
        self.check()
    }

    async fn unreadable(&self, _login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        self.check()?;
        self.unreadable.lock().unwrap().push(reason);
        Ok(())
    }

    fn chat_changed(&self, _login: LoginId, _chat: Option<&ChatKey>) {}
}
