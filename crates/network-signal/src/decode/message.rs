//! The message of an envelope, wherever in it it is.

use crate::keys::{self, Aci};
use crate::wire::{CallMessage, DataMessage, EditMessage, Envelope, SentMessage, StoryMessage, SyncMessage};
use matrimony_domain::{ChatKey, PlaceholderKind};
use serde::Deserialize;
use serde_json::Value;

/// The message of an envelope, whatever way it came.
pub(super) enum Message {
    /// Nobody needs to know.
    Nothing,
    /// Names or groups of the account changed.
    Resync,
    /// A message in a chat, if it says in which.
    Of { chat: Option<ChatKey>, message: Box<Said> },
}

/// What is said by it.
pub(super) enum Said {
    Data(DataMessage),
    Edit(DataMessage),
    Kind(PlaceholderKind),
}

impl Message {
    /// `None`: the envelope has no message. `Err`: it has one of a shape that this version does not know.
    pub(super) fn of(envelope: &Envelope) -> Option<Result<Self, ()>> {
        if let Some(data) = &envelope.data_message {
            return Some(parse(data).map(|data| Self::by_sender(envelope, Said::Data(data))));
        }
        if let Some(edit) = &envelope.edit_message {
            let edit = parse::<EditMessage>(edit);
            return Some(edit.map(|edit| Self::by_sender(envelope, Said::Edit(edit.data_message))));
        }
        if let Some(sync) = &envelope.sync_message {
            return Some(parse(sync).map(Self::of_own_device));
        }
        if let Some(call) = &envelope.call_message {
            // Answers, candidates and hang-ups belong to an offer.
            return Some(parse::<CallMessage>(call).map(|call| match call.offer_message {
                Some(_) => Self::by_sender(envelope, Said::Kind(PlaceholderKind::Call)),
                None => Self::Nothing,
            }));
        }
        let story = envelope.story_message.as_ref()?;
        Some(parse::<StoryMessage>(story).map(|story| Self::Of {
            chat: match &story.group_id {
                Some(id) => Some(keys::group_chat(id)),
                None => direct(envelope.source_uuid.as_deref()),
            },
            message: Box::new(Said::Kind(PlaceholderKind::Story)),
        }))
    }

    fn by_sender(envelope: &Envelope, message: Said) -> Self {
        let chat = group_of(&message).or_else(|| direct(envelope.source_uuid.as_deref()));
        let message = Box::new(message);
        Self::Of { chat, message }
    }

    fn of_own_device(sync: SyncMessage) -> Self {
        match (sync.sent_message, sync.kind.as_deref()) {
            (Some(sent), _) => Self::sent(sent),
            (None, Some("CONTACTS_SYNC" | "GROUPS_SYNC")) => Self::Resync,
            (None, _) => Self::Nothing,
        }
    }

    fn sent(sent: SentMessage) -> Self {
        let message = match sent.edit_message {
            Some(edit) => Said::Edit(edit.data_message),
            None => Said::Data(sent.message),
        };
        let chat = group_of(&message).or_else(|| direct(sent.destination_uuid.as_deref()));
        let message = Box::new(message);
        Self::Of { chat, message }
    }
}

pub(super) fn parse<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, ()> {
    T::deserialize(value).map_err(drop)
}

fn group_of(message: &Said) -> Option<ChatKey> {
    match message {
        Said::Data(data) | Said::Edit(data) => {
            let group = data.group_info.as_ref()?;
            Some(keys::group_chat(&group.group_id))
        }
        Said::Kind(_) => None,
    }
}

pub(super) fn direct(aci: Option<&str>) -> Option<ChatKey> {
    aci.and_then(Aci::parse).map(|aci| aci.direct_chat())
}
