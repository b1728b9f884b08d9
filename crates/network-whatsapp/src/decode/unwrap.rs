//! Wrappers: a message inside a message.

use whatsapp_rust::waproto::whatsapp as wa;

/// Most wrappers around one message. WhatsApp's own apps nest three at most.
const DEPTH: usize = 8;

/// What was inside.
pub(super) enum Unwrapped<'a> {
    /// A message without a wrapper.
    Plain(&'a wa::Message),
    /// The new content of an older message.
    Edit(&'a wa::Message),
    /// Something that may be seen once.
    ViewOnce,
    /// A story shared into the chat.
    Story,
    /// More wrappers than anybody needs.
    TooDeep,
}

/// Opens the wrappers of a message.
pub(super) fn unwrap(message: &wa::Message) -> Unwrapped<'_> {
    let mut current = message;
    for _ in 0..DEPTH {
        if is_view_once(current) {
            return Unwrapped::ViewOnce;
        }
        if is_story(current) {
            return Unwrapped::Story;
        }
        if let Some(edited) = edited(current) {
            return Unwrapped::Edit(edited);
        }
        match inner(current) {
            Some(inner) => current = inner,
            None => return Unwrapped::Plain(current),
        }
    }
    Unwrapped::TooDeep
}

fn inner(message: &wa::Message) -> Option<&wa::Message> {
    if let Some(sent) = message.device_sent_message.as_option() {
        return sent.message.as_option();
    }
    [
        &message.ephemeral_message,
        &message.document_with_caption_message,
        &message.edited_message,
        &message.group_mentioned_message,
        &message.bot_invoke_message,
        &message.bot_task_message,
        &message.bot_forwarded_message,
        &message.lottie_sticker_message,
        &message.associated_child_message,
        &message.poll_creation_message_v4,
        &message.poll_creation_option_image_message,
        &message.question_message,
        &message.question_reply_message,
        &message.spoiler_message,
    ]
    .into_iter()
    .find_map(|wrapper| wrapper.as_option()?.message.as_option())
}

/// An edit stands in a protocol message, itself wrapped or not.
fn edited(message: &wa::Message) -> Option<&wa::Message> {
    let protocol = message.protocol_message.as_option()?;
    protocol.edited_message.as_option()
}

fn is_view_once(message: &wa::Message) -> bool {
    message.view_once_message.is_set()
        || message.view_once_message_v2.is_set()
        || message.view_once_message_v2_extension.is_set()
        || message
            .image_message
            .as_option()
            .is_some_and(|image| image.view_once == Some(true))
        || message
            .video_message
            .as_option()
            .is_some_and(|video| video.view_once == Some(true))
        || message
            .audio_message
            .as_option()
            .is_some_and(|audio| audio.view_once == Some(true))
}

fn is_story(message: &wa::Message) -> bool {
    message.group_status_message.is_set()
        || message.group_status_message_v2.is_set()
        || message.group_status_mention_message.is_set()
        || message.status_mention_message.is_set()
        || message.status_add_yours.is_set()
}
