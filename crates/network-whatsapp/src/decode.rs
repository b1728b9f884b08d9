//! A WhatsApp message as content of the neutral model. Pure, and safe on whatever a sender may put in.
//!
//! A message is a struct of a hundred optional fields of which normally one is set, possibly inside wrappers
//! (`unwrap`). What carries words becomes text; what is not carried yet becomes a placeholder of its kind
//! (`kinds`); what only serves the protocol (keys, app state, history) is nothing at all.

mod kinds;
#[cfg(test)]
mod tests;
mod unwrap;

use crate::address;
use matrimony_domain::{Content, Name, PersonKey, Placeholder, PlaceholderKind, Text, limits};
use matrimony_engine::translate::marks::{self, Mentioned};
use unwrap::Unwrapped;
use whatsapp_rust::Jid;
use whatsapp_rust::waproto::whatsapp as wa;

/// Says what a person is called, if it is known.
pub(crate) type NameOf<'a> = &'a dyn Fn(&PersonKey) -> Option<Name>;

/// The content of a message; `None` if there is nothing in it for people.
pub(crate) fn decode(message: &wa::Message, name_of: NameOf<'_>) -> Option<Content> {
    match unwrap::unwrap(message) {
        Unwrapped::ViewOnce => Some(placeholder(PlaceholderKind::ViewOnce, None)),
        Unwrapped::Story => Some(placeholder(PlaceholderKind::Story, None)),
        Unwrapped::TooDeep => Some(placeholder(PlaceholderKind::Unknown, None)),
        Unwrapped::Edit(edited) => Some(placeholder(PlaceholderKind::Edit, words(edited, name_of))),
        Unwrapped::Plain(message) => plain(message, name_of),
    }
}

fn plain(message: &wa::Message, name_of: NameOf<'_>) -> Option<Content> {
    if let Some(text) = text(message, name_of) {
        return (!text.is_blank()).then_some(Content::Text(text));
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return kinds::protocol(protocol, name_of);
    }
    if let Some((kind, caption)) = kinds::kind(message) {
        return Some(placeholder(
            kind,
            caption.map(|caption| read(caption, caption_mentions(message), name_of)),
        ));
    }
    (!kinds::serves_the_protocol(message)).then(|| placeholder(PlaceholderKind::Unknown, None))
}

/// The words of a message of any kind, for an edit's new text.
fn words(message: &wa::Message, name_of: NameOf<'_>) -> Option<Text> {
    match decode(message, name_of)? {
        Content::Text(text) | Content::Emote(text) => Some(text),
        Content::Placeholder(placeholder) => placeholder.text,
    }
}

fn text(message: &wa::Message, name_of: NameOf<'_>) -> Option<Text> {
    if let Some(extended) = message.extended_text_message.as_option() {
        let mentions = extended
            .context_info
            .as_option()
            .map_or(&[][..], |context| &context.mentioned_jid);
        return Some(read(extended.text.as_deref().unwrap_or_default(), mentions, name_of));
    }
    let words = message
        .conversation
        .as_deref()
        .or_else(|| kinds::business_words(message))?;
    Some(read(words, &[], name_of))
}

/// Reads WhatsApp's marks and mentions.
fn read(words: &str, mentions: &[String], name_of: NameOf<'_>) -> Text {
    let mentioned: Vec<Mentioned> = mentions.iter().filter_map(|jid| mentioned(jid, name_of)).collect();
    marks::parse(&bounded(words), &mentioned)
}

fn mentioned(jid: &str, name_of: NameOf<'_>) -> Option<Mentioned> {
    let jid: Jid = jid.parse().ok()?;
    let person = address::person(&jid)?;
    let name = name_of(&person);
    Some(Mentioned {
        user: jid.user.to_string(),
        person,
        name,
    })
}

fn caption_mentions(message: &wa::Message) -> &[String] {
    let context = message
        .image_message
        .as_option()
        .and_then(|image| image.context_info.as_option());
    let context = context.or_else(|| message.video_message.as_option()?.context_info.as_option());
    let context = context.or_else(|| message.document_message.as_option()?.context_info.as_option());
    context.map_or(&[], |context| &context.mentioned_jid)
}

/// At most [`limits::BODY_BYTES`], with a note where something was cut. WhatsApp's own apps send no more.
fn bounded(words: &str) -> std::borrow::Cow<'_, str> {
    const NOTE: &str = "\n[the rest of this message is too long]";
    if words.len() <= limits::BODY_BYTES {
        return words.into();
    }
    let mut end = limits::BODY_BYTES - NOTE.len();
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{NOTE}", &words[..end]).into()
}

fn placeholder(kind: PlaceholderKind, text: Option<Text>) -> Content {
    Content::Placeholder(Placeholder {
        kind,
        text: text.filter(|text| !text.is_blank()),
    })
}
