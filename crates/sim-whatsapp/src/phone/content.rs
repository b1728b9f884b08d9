//! What a message says, as far as a screen shows it.

use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;
use whatsapp_rust::waproto::whatsapp::message::{ExtendedTextMessage, ProtocolMessage};

/// Fields of a message that say nothing by themselves: sender key distribution and context.
const SILENT_FIELDS: [u64; 3] = [2, 15, 35];
/// Wrappers (view once, ephemeral, edited, ...) nest at most this deep.
const MAX_WRAPPERS: usize = 4;

/// A message as a line on a screen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) target: Option<String>,
}

impl Content {
    fn new(kind: &str, text: Option<String>, target: Option<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            text,
            target,
        }
    }
}

/// Reads a message; `None` for one that only carries keys or talks to the device itself.
pub(super) fn read(message: &wa::Message) -> Option<Content> {
    let message = unwrapped(message);
    if let Some(text) = &message.conversation {
        return Some(Content::new("text", Some(text.clone()), None));
    }
    if let Some(extended) = message.extended_text_message.as_option() {
        return Some(Content::new("text", extended.text.clone(), quoted(extended)));
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        let target = reaction.key.as_option().and_then(|key| key.id.clone());
        return Some(Content::new("reaction", reaction.text.clone(), target));
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return read_protocol(protocol);
    }
    read_media(message).or_else(|| unknown(message))
}

/// The message inside of wrappers that only say how to show it.
fn unwrapped(message: &wa::Message) -> &wa::Message {
    let mut message = message;
    for _ in 0..MAX_WRAPPERS {
        let wrappers = [
            &message.ephemeral_message,
            &message.view_once_message,
            &message.view_once_message_v2,
            &message.view_once_message_v2_extension,
            &message.document_with_caption_message,
            &message.edited_message,
        ];
        let inner = wrappers
            .into_iter()
            .find_map(|wrapper| wrapper.as_option().and_then(|wrapper| wrapper.message.as_option()));
        match inner {
            Some(inner) => message = inner,
            None => return message,
        }
    }
    message
}

fn quoted(extended: &ExtendedTextMessage) -> Option<String> {
    extended
        .context_info
        .as_option()
        .and_then(|context| context.stanza_id.clone())
}

/// Edits and revokes show; key shares, history and the like do not.
fn read_protocol(protocol: &ProtocolMessage) -> Option<Content> {
    let target = protocol.key.as_option().and_then(|key| key.id.clone());
    match protocol.r#type? {
        Type::REVOKE => Some(Content::new("revoke", None, target)),
        Type::MESSAGE_EDIT => {
            let text = protocol
                .edited_message
                .as_option()
                .and_then(read)
                .and_then(|content| content.text);
            Some(Content::new("edit", text, target))
        }
        Type::EPHEMERAL_SETTING => Some(Content::new("timer", None, None)),
        _ => None,
    }
}

fn read_media(message: &wa::Message) -> Option<Content> {
    let (kind, text) = if let Some(image) = message.image_message.as_option() {
        ("image", image.caption.clone())
    } else if let Some(video) = message.video_message.as_option() {
        ("video", video.caption.clone())
    } else if let Some(document) = message.document_message.as_option() {
        (
            "document",
            document.caption.clone().or_else(|| document.file_name.clone()),
        )
    } else if message.audio_message.is_set() {
        ("audio", None)
    } else if message.sticker_message.is_set() {
        ("sticker", None)
    } else if let Some(contact) = message.contact_message.as_option() {
        ("contact", contact.display_name.clone())
    } else if let Some(location) = message.location_message.as_option() {
        ("location", location.name.clone())
    } else {
        return None;
    };
    Some(Content::new(kind, text, None))
}

/// Names a kind that is not taken apart by the number of its protobuf field.
fn unknown(message: &wa::Message) -> Option<Content> {
    let encoded = message.encode_to_vec();
    let field = fields(&encoded).find(|field| !SILENT_FIELDS.contains(field))?;
    Some(Content::new(&format!("field-{field}"), None, None))
}

/// The numbers of the top-level fields of an encoded message, all of which are length-delimited.
fn fields(encoded: &[u8]) -> impl Iterator<Item = u64> {
    let mut rest = encoded;
    std::iter::from_fn(move || {
        let tag = varint(&mut rest)?;
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        rest = rest.get(length..)?;
        Some(tag >> 3)
    })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use wa::message::{FutureProofMessage, PollCreationMessage, ReactionMessage, SenderKeyDistributionMessage};
    use whatsapp_rust::waproto::buffa::MessageField;

    fn text(text: &str) -> wa::Message {
        wa::Message {
            conversation: Some(text.to_owned()),
            ..Default::default()
        }
    }

    fn key(id: &str) -> MessageField<wa::MessageKey> {
        MessageField::some(wa::MessageKey {
            id: Some(id.to_owned()),
            ..Default::default()
        })
    }

    fn check(message: &wa::Message, kind: &str, text: Option<&str>, target: Option<&str>) {
        let expected = Content::new(kind, text.map(str::to_owned), target.map(str::to_owned));
        assert_eq!(read(message), Some(expected));
    }

    #[test]
    fn texts_show_even_inside_wrappers() {
        check(&text("hi"), "text", Some("hi"), None);
        let wrapped = wa::Message {
            ephemeral_message: MessageField::some(FutureProofMessage {
                message: MessageField::some(text("hi")),
            }),
            ..Default::default()
        };
        check(&wrapped, "text", Some("hi"), None);
    }

    #[test]
    fn reactions_edits_and_revokes_name_their_target() {
        let reaction = wa::Message {
            reaction_message: MessageField::some(ReactionMessage {
                key: key("M1"),
                text: Some("👍".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        check(&reaction, "reaction", Some("👍"), Some("M1"));
        let protocol = |kind, edited: Option<wa::Message>| wa::Message {
            protocol_message: MessageField::some(ProtocolMessage {
                key: key("M2"),
                r#type: Some(kind),
                edited_message: edited.map_or_else(MessageField::none, MessageField::some),
                ..Default::default()
            }),
            ..Default::default()
        };
        check(
            &protocol(Type::MESSAGE_EDIT, Some(text("new"))),
            "edit",
            Some("new"),
            Some("M2"),
        );
        check(&protocol(Type::REVOKE, None), "revoke", None, Some("M2"));
    }

    #[test]
    fn unknown_kinds_show_by_number_and_bare_keys_do_not() {
        let poll = wa::Message {
            poll_creation_message: MessageField::some(PollCreationMessage::default()),
            ..Default::default()
        };
        check(&poll, "field-49", None, None);
        let keys = wa::Message {
            sender_key_distribution_message: MessageField::some(SenderKeyDistributionMessage::default()),
            ..Default::default()
        };
        assert_eq!(read(&keys), None);
    }
}
