//! Making phones, linking companions, typing, and reading what a phone shows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::timeout;
use whatsapp_rust::Jid;
use whatsapp_rust::waproto::whatsapp as wa;

use crate::controls::{ControlError, Draft, account, account_of, chat, digits};
use crate::limits;
use crate::phone::screen::Shown;
use crate::phone::{self, Phone};
use crate::relay::accounts::Account;
use crate::relay::app_state::AppState;
use crate::relay::pairing::{code, qr};
use crate::relay::state::State;
use crate::server::SimWhatsApp;
use crate::wire::noise::Pattern;

/// Invented accounts are numbered from here; the range is reserved for fiction.
const FIRST_NUMBER: u64 = 15_550_100_001;
const FIRST_LID: u64 = 100_000_000_000_001;

/// A phone to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPhone {
    /// The push name that others see.
    pub name: String,
    /// The phone number; without it the next free one of `+1 555 0100001` and on.
    #[serde(default)]
    pub number: Option<String>,
    /// The LID; without it the next free one.
    #[serde(default)]
    pub lid: Option<String>,
    /// Whether direct chats are addressed by LID (an account that WhatsApp has migrated) rather than by number.
    #[serde(default)]
    pub lid_chats: bool,
}

impl NewPhone {
    /// A phone with a name and an invented number.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// An account and its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneInfo {
    /// Digits of the phone number.
    pub number: String,
    /// Digits of the LID.
    pub lid: String,
    /// The push name.
    pub name: String,
    /// Linked companions.
    pub devices: Vec<DeviceInfo>,
    /// Messages that arrived again under an id that the phone shows already; it shows them once.
    pub repeated: u64,
}

/// A companion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// The device number, from 1.
    pub device: u16,
    /// Whether it is connected.
    pub online: bool,
    /// How its connection was opened, while it is connected.
    pub handshake: Option<Pattern>,
    /// Stanzas it has not acknowledged.
    pub queued: usize,
}

impl SimWhatsApp {
    /// Makes an account with its phone.
    ///
    /// # Errors
    /// A number or LID that is not 5 to 15 digits, or that is taken.
    pub fn add_phone(&self, new: NewPhone) -> Result<PhoneInfo, ControlError> {
        let entropy = self.inner.relay.state().entropy.fork();
        let fresh = phone::NewPhone::new(entropy).map_err(|error| ControlError::Phone(error.to_string()))?;
        let (line, errands) = mpsc::channel(limits::PHONE_ERRANDS);
        let state = &mut *self.inner.relay.state();
        let number = choose(state, new.number.as_deref(), FIRST_NUMBER)?;
        let lid = choose(state, new.lid.as_deref(), FIRST_LID)?;
        if number == lid {
            return Err(ControlError::BadNumber(
                "the LID must differ from the number".to_owned(),
            ));
        }
        let id = state.accounts.next_id();
        let account = Account {
            id,
            number: number.clone(),
            lid: lid.clone(),
            app_state: AppState::with_push_name(&new.name, &fresh.sync_key, &state.entropy.bytes()),
            name: new.name,
            lid_chats: new.lid_chats,
            identity: fresh.identity.clone(),
            phone_keys: fresh.published.clone(),
            phone_line: line,
            raw_id: u32::from_be_bytes(state.entropy.bytes()),
            next_device: 1,
            devices: BTreeMap::new(),
        };
        state.accounts.add(account);
        let phone = Arc::new(fresh.activate(self.inner.relay.clone(), id, lid));
        self.switch_on(number.clone(), phone.clone(), errands);
        Ok(describe(state, state.accounts.get(id), &phone))
    }

    /// All phones, in the order of their numbers.
    #[must_use]
    pub fn phones_info(&self) -> Vec<PhoneInfo> {
        let phones: HashMap<String, Arc<Phone>> = self.phones().clone().into_iter().collect();
        let state = self.inner.relay.state();
        let mut infos: Vec<PhoneInfo> = state
            .accounts
            .iter()
            .filter_map(|account| Some(describe(&state, account, phones.get(&account.number)?)))
            .collect();
        infos.sort_by(|a, b| a.number.cmp(&b.number));
        infos
    }

    /// One phone, by number or LID.
    ///
    /// # Errors
    /// No such phone.
    pub fn phone_info(&self, phone: &str) -> Result<PhoneInfo, ControlError> {
        let number = account(&self.inner.relay.state(), phone)?.number.clone();
        let info = self.phones_info().into_iter().find(|info| info.number == number);
        info.ok_or_else(|| ControlError::NoSuchPhone(phone.to_owned()))
    }

    /// Points a phone's camera at a QR code: links the companion that shows it.
    ///
    /// # Errors
    /// Not a pairing code, or one that nobody shows any more.
    pub fn scan_qr(&self, phone: &str, text: &str) -> Result<(), ControlError> {
        let state = &mut *self.inner.relay.state();
        let account = account_of(state, phone)?;
        Ok(qr::scan(state, account, text)?)
    }

    /// Types a link code on a phone. Dashes do not matter.
    ///
    /// # Errors
    /// Not a link code, or no companion has asked for one with this number.
    pub fn enter_code(&self, phone: &str, text: &str) -> Result<(), ControlError> {
        let state = &mut *self.inner.relay.state();
        let account = account_of(state, phone)?;
        Ok(code::enter(state, account, text)?)
    }

    /// Types a text on a phone and sends it. `to` is a number, a group's id, or an address with `@`. Returns the
    /// message's id.
    ///
    /// # Errors
    /// No such phone or chat, or a group that the phone is not in.
    pub async fn send_text(&self, phone: &str, to: &str, text: &str) -> Result<String, ControlError> {
        self.send(phone, to, Draft::text(text)).await
    }

    /// Sends words, an answer, a reaction, an edit or a revoke, as [`SimWhatsApp::send_text`] does.
    ///
    /// # Errors
    /// As there, and a message that the phone does not show.
    pub async fn send(&self, phone: &str, to: &str, draft: Draft) -> Result<String, ControlError> {
        let (handset, to) = self.correspondence(phone, to)?;
        let message = draft.message(&to, |id| handset.screen.find(&handset.chat_name(&to), id))?;
        Ok(handset.send(&to, message).await?)
    }

    /// Sends any message from a phone, for kinds that [`Draft`] does not have.
    ///
    /// # Errors
    /// As [`SimWhatsApp::send_text`].
    pub async fn send_message(&self, phone: &str, to: &str, message: wa::Message) -> Result<String, ControlError> {
        let (handset, to) = self.correspondence(phone, to)?;
        Ok(handset.send(&to, message).await?)
    }

    /// Begins or ends typing on a phone: those in the chat who are connected see it.
    ///
    /// # Errors
    /// No such phone or chat.
    pub fn set_typing(&self, phone: &str, to: &str, typing: bool) -> Result<(), ControlError> {
        let (handset, to) = self.correspondence(phone, to)?;
        Ok(handset.set_typing(&to, typing)?)
    }

    /// What a phone shows, oldest first: entries whose number is greater than `since` (0 for all).
    ///
    /// # Errors
    /// No such phone.
    pub fn shown(&self, phone: &str, since: u64) -> Result<Vec<Shown>, ControlError> {
        Ok(self.handset(phone)?.screen.since(since))
    }

    /// Like [`SimWhatsApp::shown`], but waits for the first entry. Empty when `deadline` has passed.
    ///
    /// # Errors
    /// No such phone.
    pub async fn wait_shown(&self, phone: &str, since: u64, deadline: Duration) -> Result<Vec<Shown>, ControlError> {
        match self.wait_for(phone, since, deadline, |_| true).await {
            Ok(_) => self.shown(phone, since),
            Err(ControlError::Timeout(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Waits until a phone shows an entry after `since` that `wanted` accepts.
    ///
    /// # Errors
    /// No such phone, or nothing of the kind before the deadline.
    pub async fn wait_for(
        &self,
        phone: &str,
        since: u64,
        deadline: Duration,
        wanted: impl Fn(&Shown) -> bool,
    ) -> Result<Shown, ControlError> {
        let handset = self.handset(phone)?;
        let mut changes = handset.screen.changes();
        let seen = async {
            loop {
                changes.mark_unchanged();
                if let Some(shown) = handset.screen.since(since).into_iter().find(|shown| wanted(shown)) {
                    return Some(shown);
                }
                changes.changed().await.ok()?;
            }
        };
        let in_time = timeout(deadline, seen).await.ok().flatten();
        in_time.ok_or(ControlError::Timeout(deadline))
    }

    /// A phone, and the chat it is to write in.
    fn correspondence(&self, phone: &str, to: &str) -> Result<(Arc<Phone>, Jid), ControlError> {
        let handset = self.handset(phone)?;
        let state = self.inner.relay.state();
        let chat = chat(&state, account_of(&state, phone)?, to)?;
        Ok((handset, chat))
    }

    fn handset(&self, phone: &str) -> Result<Arc<Phone>, ControlError> {
        let number = account(&self.inner.relay.state(), phone)?.number.clone();
        let handset = self.phones().get(&number).cloned();
        handset.ok_or_else(|| ControlError::NoSuchPhone(phone.to_owned()))
    }
}

/// The digits asked for, or the first free ones from `first` on.
fn choose(state: &State, asked: Option<&str>, first: u64) -> Result<String, ControlError> {
    let Some(asked) = asked else {
        let mut free = (first..).map(|number| number.to_string());
        let free = free.find(|number| state.accounts.find(number).is_none());
        return free.ok_or_else(|| ControlError::BadNumber("no number is free".to_owned()));
    };
    let chosen = digits(asked);
    if !(5..=15).contains(&chosen.len()) || !chosen.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ControlError::BadNumber("a number or LID has 5 to 15 digits".to_owned()));
    }
    if state.accounts.find(&chosen).is_some() {
        return Err(ControlError::BadNumber("this number or LID is taken".to_owned()));
    }
    Ok(chosen)
}

fn describe(state: &State, account: &Account, phone: &Phone) -> PhoneInfo {
    let devices = account.devices.values().map(|device| {
        let connection = state.online.get(&account.key(device.id));
        DeviceInfo {
            device: device.id,
            online: connection.is_some(),
            handshake: connection.map(|connection| connection.handshake),
            queued: device.queue.len(),
        }
    });
    PhoneInfo {
        number: account.number.clone(),
        lid: account.lid.clone(),
        name: account.name.clone(),
        devices: devices.collect(),
        repeated: phone.screen.repeated(),
    }
}
