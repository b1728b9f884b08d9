//! What can be typed on a phone besides plain text: answers, reactions, edits and revokes.

use serde::{Deserialize, Serialize};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::JidExt as _;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;
use whatsapp_rust::waproto::whatsapp::message::{ExtendedTextMessage, ProtocolMessage, ReactionMessage};

use crate::clock::unix_seconds;
use crate::controls::ControlError;
use crate::phone::screen::Shown;

/// Something to send from a phone. Messages are named by the ids that the phone shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Draft {
    /// New words for a message of one's own.
    Edit {
        /// The message.
        edit: String,
        /// Its new words.
        text: String,
    },
    /// A reaction; an empty one takes it back.
    Reaction {
        /// The emoji.
        react: String,
        /// The message.
        target: String,
    },
    /// Deletes a message of one's own for everybody.
    Revoke {
        /// The message.
        revoke: String,
    },
    /// Words.
    Text {
        /// The words.
        text: String,
        /// The message that they answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote: Option<String>,
    },
}

impl Draft {
    /// Plain words.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text {
            text: text.to_owned(),
            quote: None,
        }
    }

    /// The message as it travels. `find` looks a shown message of the chat up by its id.
    pub(super) fn message(self, chat: &Jid, find: impl Fn(&str) -> Option<Shown>) -> Result<wa::Message, ControlError> {
        let shown = |id: &str| find(id).ok_or_else(|| ControlError::NoSuchMessage(id.to_owned()));
        let own = |id: &str| {
            let found = shown(id)?;
            found
                .from_me
                .then_some(found)
                .ok_or_else(|| ControlError::NoSuchMessage(id.to_owned()))
        };
        Ok(match self {
            Self::Text { text, quote: None } => words(text),
            Self::Text {
                text,
                quote: Some(quote),
            } => answer(text, &shown(&quote)?),
            Self::Reaction { react, target } => reaction(react, key(chat, &shown(&target)?)),
            Self::Edit { edit, text } => {
                let mut change = change(Type::MESSAGE_EDIT, key(chat, &own(&edit)?));
                change.edited_message = MessageField::some(words(text));
                protocol(change)
            }
            Self::Revoke { revoke } => protocol(change(Type::REVOKE, key(chat, &own(&revoke)?))),
        })
    }
}

fn words(text: String) -> wa::Message {
    wa::Message {
        conversation: Some(text),
        ..Default::default()
    }
}

fn answer(text: String, quoted: &Shown) -> wa::Message {
    let context = wa::ContextInfo {
        stanza_id: Some(quoted.id.clone()),
        participant: Some(Jid::lid(quoted.sender.lid.clone()).to_string()),
        quoted_message: MessageField::some(words(quoted.text.clone().unwrap_or_default())),
        ..Default::default()
    };
    let extended = ExtendedTextMessage {
        text: Some(text),
        context_info: MessageField::some(context),
        ..Default::default()
    };
    wa::Message {
        extended_text_message: MessageField::some(extended),
        ..Default::default()
    }
}

fn reaction(emoji: String, key: wa::MessageKey) -> wa::Message {
    let reaction = ReactionMessage {
        key: MessageField::some(key),
        text: Some(emoji),
        sender_timestamp_ms: now_ms(),
        ..Default::default()
    };
    wa::Message {
        reaction_message: MessageField::some(reaction),
        ..Default::default()
    }
}

fn change(kind: Type, key: wa::MessageKey) -> ProtocolMessage {
    ProtocolMessage {
        key: MessageField::some(key),
        r#type: Some(kind),
        timestamp_ms: now_ms(),
        ..Default::default()
    }
}

fn protocol(change: ProtocolMessage) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(change),
        ..Default::default()
    }
}

/// How a message is named to others: by chat, id, and in groups by its author.
fn key(chat: &Jid, shown: &Shown) -> wa::MessageKey {
    let author = Jid::lid(shown.sender.lid.clone()).to_string();
    wa::MessageKey {
        remote_jid: Some(chat.to_string()),
        from_me: Some(shown.from_me),
        id: Some(shown.id.clone()),
        participant: (chat.is_group() && !shown.from_me).then_some(author),
    }
}

fn now_ms() -> Option<i64> {
    i64::try_from(unix_seconds() * 1000).ok()
}
