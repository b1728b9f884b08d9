//! The content of what people say, in the neutral model.

use super::{What, from_raw};
use crate::names::Names;
use matrimony_domain::{Content, Mark, NetworkKind, Placeholder, PlaceholderKind, Reason, Text};
use matrimony_engine::translate::html;
use ruma::UserId;
use ruma::events::room::message::{
    FormattedBody, MessageFormat, MessageType, Relation, RoomMessageEventContent,
    RoomMessageEventContentWithoutRelation,
};
use serde_json::Value;
use serde_json::value::RawValue;

/// Event types that people's clients send along and that are no message: verification, call signalling, keys.
const SILENT: [&str; 4] = ["m.key.", "m.call.", "m.room_key", "org.matrix.call."];

/// Reads a message-like event of type `kind`.
pub(super) fn read_content(kind: &str, raw: &RawValue, names: &Names) -> What {
    let Ok(content) = from_raw::<Value>(raw) else {
        return What::Unreadable(Reason::fixed("the content of the event is not JSON that we can read"));
    };
    if content.as_object().is_some_and(serde_json::Map::is_empty) {
        return What::Nothing; // it was redacted meanwhile
    }
    match kind {
        "m.room.message" => read_room_message(raw, &content, names),
        "m.reaction" => placeholder(PlaceholderKind::Reaction, text_at(&content, "/m.relates_to/key")),
        "m.sticker" => placeholder(PlaceholderKind::Sticker, None),
        "m.poll.start" => placeholder(
            PlaceholderKind::Poll,
            text_at(&content, "/m.poll/question/m.text/0/body"),
        ),
        "org.matrix.msc3381.poll.start" => placeholder(
            PlaceholderKind::Poll,
            text_at(
                &content,
                "/org.matrix.msc3381.poll.start/question/org.matrix.msc1767.text",
            ),
        ),
        "m.poll.response" | "org.matrix.msc3381.poll.response" => placeholder(PlaceholderKind::PollVote, None),
        "m.call.invite" => placeholder(PlaceholderKind::Call, None),
        _ if SILENT.iter().any(|prefix| kind.starts_with(prefix)) => What::Nothing,
        _ => What::Unreadable(Reason::fixed(
            "a Matrix event of a type that this version does not know",
        )),
    }
}

fn read_room_message(raw: &RawValue, content: &Value, names: &Names) -> What {
    let Ok(message) = from_raw::<RoomMessageEventContent>(raw) else {
        return What::Unreadable(Reason::fixed("a Matrix message without the fields that its kind needs"));
    };
    let is_reply = matches!(&message.relates_to, Some(Relation::Reply(_)));
    match message.relates_to {
        Some(Relation::Replacement(edit)) => read_edit(&edit.new_content, names),
        _ => read_kind(&message.msgtype, content, is_reply, names),
    }
}

fn read_edit(new: &RoomMessageEventContentWithoutRelation, names: &Names) -> What {
    match &new.msgtype {
        MessageType::Notice(_) | MessageType::ServerNotice(_) => What::Nothing,
        MessageType::Text(text) => placeholder(
            PlaceholderKind::Edit,
            words(&text.body, text.formatted.as_ref(), false, names),
        ),
        other => placeholder(PlaceholderKind::Edit, words(other.body(), None, false, names)),
    }
}

fn read_kind(message: &MessageType, content: &Value, is_reply: bool, names: &Names) -> What {
    let caption = |caption: Option<&str>, formatted: Option<&FormattedBody>| {
        caption.and_then(|caption| words(caption, formatted, is_reply, names))
    };
    match message {
        MessageType::Notice(_) | MessageType::ServerNotice(_) | MessageType::VerificationRequest(_) => What::Nothing,
        MessageType::Text(text) => match words(&text.body, text.formatted.as_ref(), is_reply, names) {
            Some(text) => What::Said(Content::Text(text)),
            None => What::Nothing,
        },
        MessageType::Emote(text) => match words(&text.body, text.formatted.as_ref(), is_reply, names) {
            Some(text) => What::Said(Content::Emote(text)),
            None => What::Nothing,
        },
        MessageType::Image(it) => placeholder(PlaceholderKind::Image, caption(it.caption(), it.formatted_caption())),
        MessageType::Video(it) => placeholder(PlaceholderKind::Video, caption(it.caption(), it.formatted_caption())),
        MessageType::File(it) => placeholder(PlaceholderKind::File, caption(it.caption(), it.formatted_caption())),
        MessageType::Audio(it) => {
            let voice = content.get("org.matrix.msc3245.voice").is_some();
            let kind = if voice {
                PlaceholderKind::Voice
            } else {
                PlaceholderKind::Audio
            };
            placeholder(kind, caption(it.caption(), it.formatted_caption()))
        }
        MessageType::Location(_) => placeholder(PlaceholderKind::Location, None),
        other => placeholder(PlaceholderKind::Unknown, words(other.body(), None, is_reply, names)),
    }
}

/// The words of a message: from its HTML where it has some, else from its body. `None` where nothing is to be read.
fn words(body: &str, formatted: Option<&FormattedBody>, is_reply: bool, names: &Names) -> Option<Text> {
    let rich = formatted
        .filter(|formatted| formatted.format == MessageFormat::Html)
        .map(|formatted| html::parse(&formatted.body))
        .filter(|text| !text.is_blank());
    let mut text = rich.unwrap_or_else(|| html::parse_plain(body, is_reply));
    for span in &mut text.spans {
        // Who mentions a ghost means the person behind it.
        if let Mark::Mention(person) = &mut span.mark
            && person.network == NetworkKind::Matrix
            && let Ok(user) = UserId::parse(person.id.as_str())
        {
            *person = names.person_of(&user);
        }
    }
    (!text.is_blank()).then_some(text)
}

fn text_at(content: &Value, pointer: &str) -> Option<Text> {
    let text = content.pointer(pointer)?.as_str()?;
    (!text.trim().is_empty()).then(|| Text::plain(text))
}

fn placeholder(kind: PlaceholderKind, text: Option<Text>) -> What {
    What::Said(Content::Placeholder(Placeholder { kind, text }))
}
