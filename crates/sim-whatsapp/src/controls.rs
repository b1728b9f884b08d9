//! What a test can tell the server and its phones to do. The HTTP control API says the same in JSON.

mod chats;
mod connections;
mod drafts;
mod phones;

use std::time::Duration;

use thiserror::Error;
use whatsapp_rust::Jid;

use crate::phone::PhoneError;
use crate::phone::screen::Person;
use crate::relay::accounts::{Account, AccountId, PHONE};
use crate::relay::iq::Refusal;
use crate::relay::pairing::PairingError;
use crate::relay::state::State;

pub use chats::{GroupInfo, GroupMember, NewGroup};
pub use connections::Farewell;
pub use drafts::Draft;
pub use phones::{DeviceInfo, NewPhone, PhoneInfo};

/// Why the server did not do what it was told.
#[derive(Debug, Error)]
pub enum ControlError {
    /// No account has this number or LID.
    #[error("there is no phone {0}: make it first")]
    NoSuchPhone(String),
    /// No group has this id.
    #[error("there is no group {0}")]
    NoSuchGroup(String),
    /// The account has no companion with this device number.
    #[error("this phone has no companion {0}")]
    NoSuchDevice(u16),
    /// A number or LID that is not made of digits, or that is taken.
    #[error("{0}")]
    BadNumber(String),
    /// Neither a number, nor a LID, nor an address.
    #[error("{0:?} is not a chat: give a number, a group's id, or an address with @")]
    BadChat(String),
    /// The phone shows no message with this id in the chat, or not one of its own where it must be.
    #[error("the phone shows no such message in this chat: {0}")]
    NoSuchMessage(String),
    /// The phone is not a member of the group, or may not do this there.
    #[error("the phone may not do this in the group")]
    Forbidden,
    /// A companion could not be linked.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// The phone could not send.
    #[error("the phone could not send: {0}")]
    Phone(String),
    /// Nothing came in time.
    #[error("nothing of this kind was shown within {0:?}")]
    Timeout(Duration),
}

impl From<PhoneError> for ControlError {
    fn from(error: PhoneError) -> Self {
        match error {
            PhoneError::NotInGroup => Self::Forbidden,
            other => Self::Phone(other.to_string()),
        }
    }
}

fn account_of(state: &State, user: &str) -> Result<AccountId, ControlError> {
    account(state, user).map(|account| account.id)
}

fn account<'a>(state: &'a State, user: &str) -> Result<&'a Account, ControlError> {
    state
        .accounts
        .find(&digits(user))
        .ok_or_else(|| ControlError::NoSuchPhone(user.to_owned()))
}

/// A number or LID without plus and spaces.
fn digits(text: &str) -> String {
    text.chars()
        .filter(|character| !matches!(character, '+' | ' ' | '-'))
        .collect()
}

fn person(account: &Account) -> Person {
    Person {
        lid: account.lid.clone(),
        number: account.number.clone(),
        name: account.name.clone(),
    }
}

/// A chat as people write it: an address, a group's id, a number, a LID.
fn chat(state: &State, from: AccountId, text: &str) -> Result<Jid, ControlError> {
    if text.contains('@') {
        return text.parse().map_err(|_| ControlError::BadChat(text.to_owned()));
    }
    if let Some(group) = state.groups.get(text) {
        return Ok(group.jid());
    }
    let receiver = account(state, text)?;
    let jid = if state.accounts.get(from).lid_chats {
        receiver.lid(PHONE)
    } else {
        receiver.pn(PHONE)
    };
    Ok(jid)
}

fn refused(refusal: Refusal, group: &str) -> ControlError {
    match refusal {
        Refusal::NOT_FOUND => ControlError::NoSuchGroup(group.to_owned()),
        _ => ControlError::Forbidden,
    }
}
