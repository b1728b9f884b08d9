//! Accounts and their devices.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::sync::mpsc;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::libsignal::protocol::KeyPair;
use whatsapp_rust::wacore_binary::Node;

use crate::phone::errand::Errand;
use crate::relay::app_state::AppState;
use crate::relay::keys::KeyBundle;

/// The device number of every account's phone.
pub(crate) const PHONE: u16 = 0;

/// An account by the order of its making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AccountId(usize);

#[cfg(test)]
impl AccountId {
    /// The ids of the first accounts.
    pub(crate) fn first<const N: usize>() -> [Self; N] {
        std::array::from_fn(Self)
    }
}

/// One device of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DeviceKey {
    pub(crate) account: AccountId,
    pub(crate) device: u16,
}

/// A WhatsApp account: a phone, and the companions linked to it.
pub(crate) struct Account {
    pub(crate) id: AccountId,
    /// Digits of the phone number.
    pub(crate) number: String,
    /// Digits of the LID, the address that does not tell the number.
    pub(crate) lid: String,
    /// The push name: what others see.
    pub(crate) name: String,
    /// Whether the account addresses people by LID in direct chats (a migrated account).
    pub(crate) lid_chats: bool,
    /// The phone's identity, which signs companions into the account.
    pub(crate) identity: KeyPair,
    pub(crate) phone_keys: KeyBundle,
    /// Where the phone hears of stanzas.
    pub(crate) phone_line: mpsc::Sender<Errand>,
    /// The ADV id of the account.
    pub(crate) raw_id: u32,
    pub(crate) next_device: u16,
    pub(crate) devices: BTreeMap<u16, Device>,
    pub(crate) app_state: AppState,
}

/// A linked companion.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) id: u16,
    pub(crate) noise_key: Vec<u8>,
    pub(crate) keys: KeyBundle,
    pub(crate) key_index: u32,
    /// The encoded `ADVSignedDeviceIdentity` with both signatures, served with the device's key bundle.
    pub(crate) signed_identity: Vec<u8>,
    /// Stanzas not acknowledged yet, in order.
    pub(crate) queue: VecDeque<Node>,
    /// Whether the phone has sent its app-state keys and history.
    pub(crate) onboarded: bool,
}

impl Account {
    pub(crate) fn pn(&self, device: u16) -> Jid {
        Jid::pn_device(self.number.clone(), device)
    }

    pub(crate) fn lid(&self, device: u16) -> Jid {
        Jid::lid_device(self.lid.clone(), device)
    }

    /// A device's address in the family that `like` uses.
    pub(crate) fn jid_like(&self, like: &Jid, device: u16) -> Jid {
        if like.is_lid() {
            self.lid(device)
        } else {
            self.pn(device)
        }
    }

    /// The phone, then the companions.
    pub(crate) fn device_ids(&self) -> impl Iterator<Item = u16> {
        std::iter::once(PHONE).chain(self.devices.keys().copied())
    }

    pub(crate) fn key(&self, device: u16) -> DeviceKey {
        DeviceKey {
            account: self.id,
            device,
        }
    }

    /// The public keys of a device, the phone's included.
    pub(crate) fn keys_mut(&mut self, device: u16) -> Option<&mut KeyBundle> {
        match device {
            PHONE => Some(&mut self.phone_keys),
            companion => self.devices.get_mut(&companion).map(|device| &mut device.keys),
        }
    }
}

/// All accounts, found by number or LID. Accounts are never removed.
#[derive(Default)]
pub(crate) struct Accounts {
    list: Vec<Account>,
    by_user: HashMap<String, AccountId>,
}

impl Accounts {
    /// The id that the next account will have.
    pub(crate) fn next_id(&self) -> AccountId {
        AccountId(self.list.len())
    }

    /// Adds an account made for [`Accounts::next_id`].
    pub(crate) fn add(&mut self, account: Account) {
        self.by_user.insert(account.number.clone(), account.id);
        self.by_user.insert(account.lid.clone(), account.id);
        self.list.push(account);
    }

    /// By the digits of number or LID.
    pub(crate) fn find(&self, user: &str) -> Option<&Account> {
        self.by_user.get(user).map(|id| self.get(*id))
    }

    pub(crate) fn find_mut(&mut self, user: &str) -> Option<&mut Account> {
        let id = *self.by_user.get(user)?;
        Some(self.get_mut(id))
    }

    pub(crate) fn get(&self, id: AccountId) -> &Account {
        &self.list[id.0]
    }

    pub(crate) fn get_mut(&mut self, id: AccountId) -> &mut Account {
        &mut self.list[id.0]
    }

    pub(crate) fn device_mut(&mut self, key: DeviceKey) -> Option<&mut Device> {
        self.get_mut(key.account).devices.get_mut(&key.device)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.list.iter()
    }

    /// The address under which Signal sessions are kept: the LID where the account is known.
    pub(crate) fn session_address(&self, jid: &Jid) -> Jid {
        self.find(&jid.user)
            .map_or_else(|| jid.clone(), |account| account.lid(jid.device))
    }
}
