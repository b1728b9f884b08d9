//! Phones: the primary device (device 0) of every account.
//!
//! A phone has an identity, Signal sessions and sender keys of its own. It reads what arrives for its account, shows
//! it, and types; it signs nothing and stores nothing for others, which is the relay's part.

mod content;
pub(crate) mod errand;
mod fanout;
mod history;
mod receive;
mod retry;
pub(crate) mod screen;
mod send;
mod store;

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{Mutex, mpsc};
use tracing::{debug, warn};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::libsignal::protocol::{CurveError, KeyPair, SignalProtocolError};
use whatsapp_rust::waproto::buffa::DecodeError;

use crate::entropy::Entropy;
use crate::phone::errand::Errand;
use crate::phone::retry::SentMessages;
use crate::phone::screen::Screen;
use crate::phone::store::Keyring;
use crate::relay::accounts::{AccountId, DeviceKey, PHONE};
use crate::relay::keys::KeyBundle;
use crate::relay::{Malformed, Relay};

/// One account's phone.
pub(crate) struct Phone {
    relay: Arc<Relay>,
    account: AccountId,
    lid: String,
    sync_key: [u8; 32],
    signal: Mutex<Signal>,
    pub(crate) screen: Screen,
}

/// What a phone knows of others; one operation at a time, so that messages leave in the order of their typing.
struct Signal {
    keyring: Keyring,
    entropy: Entropy,
    /// Devices that have our sender key, by group.
    has_sender_key: HashMap<String, Vec<Jid>>,
    sent: SentMessages,
    /// How often we have asked for a message again, by sender and id.
    asked_again: HashMap<(String, String), u32>,
}

/// Why a phone could not send or read.
#[derive(Debug, Error)]
pub(crate) enum PhoneError {
    #[error("the phone's group does not exist or the phone is not in it")]
    NotInGroup,
    #[error("a device has no keys to write to it")]
    NoKeys,
    #[error("a message does not decrypt")]
    Signal(#[from] SignalProtocolError),
    #[error("a key is malformed")]
    Key(#[from] CurveError),
    #[error("a message does not decode")]
    Decode(#[from] DecodeError),
    #[error("a message has no readable content")]
    Content,
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A phone before it has an account: its keys, and what it publishes.
pub(crate) struct NewPhone {
    keyring: Keyring,
    entropy: Entropy,
    pub(crate) identity: KeyPair,
    pub(crate) sync_key: [u8; 32],
    pub(crate) published: KeyBundle,
}

impl NewPhone {
    pub(crate) fn new(mut entropy: Entropy) -> Result<Self, CurveError> {
        let (keyring, published) = Keyring::generate(&mut entropy)?;
        Ok(Self {
            identity: keyring.identity(),
            sync_key: entropy.bytes(),
            keyring,
            entropy,
            published,
        })
    }

    /// Gives the phone its account.
    pub(crate) fn activate(self, relay: Arc<Relay>, account: AccountId, lid: String) -> Phone {
        Phone {
            relay,
            account,
            lid,
            sync_key: self.sync_key,
            signal: Mutex::new(Signal {
                keyring: self.keyring,
                entropy: self.entropy,
                has_sender_key: HashMap::new(),
                sent: SentMessages::default(),
                asked_again: HashMap::new(),
            }),
            screen: Screen::default(),
        }
    }
}

impl Phone {
    /// Runs the phone's errands, one after another, until the line is closed.
    pub(crate) async fn run(self: Arc<Self>, mut line: mpsc::Receiver<Errand>) {
        while let Some(errand) = line.recv().await {
            let done = match errand {
                Errand::Stanza(node) => self.receive(&node).await,
                Errand::Onboard(device) => self.onboard(device).await,
            };
            if let Err(error) = done {
                warn!(%error, "a phone could not do its errand");
            }
        }
        debug!("a phone was switched off");
    }

    /// The phone as a device of its account.
    fn key(&self) -> DeviceKey {
        DeviceKey {
            account: self.account,
            device: PHONE,
        }
    }

    /// Whether an address belongs to the phone's account.
    fn is_own(&self, jid: &Jid) -> bool {
        let state = self.relay.state();
        state
            .accounts
            .find(&jid.user)
            .is_some_and(|account| account.id == self.account)
    }

    /// The phone's own address in groups.
    fn own_lid(&self) -> Jid {
        Jid::lid_device(self.lid.clone(), PHONE)
    }
}
