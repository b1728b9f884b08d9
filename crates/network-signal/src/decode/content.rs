//! What a message says.

use crate::keys::Aci;
use crate::wire::{Attachment, DataMessage, Mention, PollCreate, TextStyle};
use matrimony_domain::limits::{BODY_BYTES, SPANS};
use matrimony_domain::{Content, Name, Placeholder, PlaceholderKind, Text};
use matrimony_engine::translate::ranges::{self, Range, What};

/// The type of the attachment that carries the rest of a long text.
const LONG_TEXT: &str = "text/x-signal-plain";
/// Most options of a poll that are written out.
const OPTIONS: usize = 20;

/// The content, and the file with the rest of its text, if that was too long for the message.
pub(super) struct Said {
    pub(super) content: Content,
    pub(super) long_text: Option<String>,
}

/// What a message says, or `None` if a person said nothing by it: group updates, key exchange.
pub(super) fn of(data: &DataMessage) -> Option<Said> {
    if let Some(kind) = deed(data) {
        return placeholder(kind, deed_text(data));
    }
    let text = text(data);
    if let Some(kind) = media(data) {
        return placeholder(kind, text);
    }
    if let Some(text) = text {
        return Some(Said {
            content: Content::Text(text),
            long_text: long_text(data),
        });
    }
    is_timer(data)
        .then(|| placeholder(PlaceholderKind::Timer, None))
        .flatten()
}

/// A changed message; its text is the new one.
pub(super) fn edit(data: &DataMessage) -> Option<Said> {
    placeholder(PlaceholderKind::Edit, text(data))
}

/// A line for what is not carried.
pub(super) fn placeholder(kind: PlaceholderKind, text: Option<Text>) -> Option<Said> {
    Some(Said {
        content: Content::Placeholder(Placeholder { kind, text }),
        long_text: None,
    })
}

/// Messages that do something rather than say something. With these, nothing else in the message counts.
fn deed(data: &DataMessage) -> Option<PlaceholderKind> {
    if let Some(reaction) = &data.reaction {
        return Some(if reaction.is_remove {
            PlaceholderKind::ReactionRemoved
        } else {
            PlaceholderKind::Reaction
        });
    }
    let deeds = [
        (
            data.remote_delete.is_some() || data.admin_delete.is_some(),
            PlaceholderKind::Deletion,
        ),
        (data.view_once == Some(true), PlaceholderKind::ViewOnce),
        (data.poll_create.is_some(), PlaceholderKind::Poll),
        (data.poll_vote.is_some(), PlaceholderKind::PollVote),
        (data.sticker.is_some(), PlaceholderKind::Sticker),
        (data.is_expiration_update == Some(true), PlaceholderKind::Timer),
        (
            data.payment.is_some() || data.poll_terminate.is_some(),
            PlaceholderKind::Unknown,
        ),
        (
            data.pin_message.is_some() || data.unpin_message.is_some(),
            PlaceholderKind::Unknown,
        ),
    ];
    deeds.into_iter().find(|(is, _)| *is).map(|(_, kind)| kind)
}

fn deed_text(data: &DataMessage) -> Option<Text> {
    if let Some(reaction) = &data.reaction {
        return plain(reaction.emoji.as_deref()?);
    }
    data.poll_create.as_ref().and_then(poll)
}

/// The question, and a line for each option.
fn poll(poll: &PollCreate) -> Option<Text> {
    let options = poll
        .options
        .iter()
        .filter_map(|option| option.as_str().or_else(|| option.get("option")?.as_str()));
    let lines: Vec<&str> = poll
        .question
        .as_deref()
        .into_iter()
        .chain(options.take(OPTIONS))
        .collect();
    plain(&lines.join("\n"))
}

fn plain(text: &str) -> Option<Text> {
    let text = Text::plain(bounded(text));
    (!text.is_blank()).then_some(text)
}

/// What is attached: one kind, or "file" if there are several.
fn media(data: &DataMessage) -> Option<PlaceholderKind> {
    let attached = data
        .attachments
        .iter()
        .flatten()
        .filter(|attachment| !is_long_text(attachment));
    let mut kinds = attached.map(kind_of).collect::<Vec<_>>();
    kinds.dedup();
    match kinds.as_slice() {
        [] => data
            .contacts
            .as_ref()
            .filter(|cards| !cards.is_empty())
            .map(|_| PlaceholderKind::Contact),
        [one] => Some(*one),
        _ => Some(PlaceholderKind::File),
    }
}

/// signal-cli does not tell voice messages from other sound; the apps give a file name to the latter only.
fn kind_of(attachment: &Attachment) -> PlaceholderKind {
    let kind = attachment.content_type.as_deref().unwrap_or_default();
    match kind.split('/').next() {
        Some("image") => PlaceholderKind::Image,
        Some("video") => PlaceholderKind::Video,
        Some("audio") if attachment.filename.is_none() => PlaceholderKind::Voice,
        Some("audio") => PlaceholderKind::Audio,
        _ => PlaceholderKind::File,
    }
}

fn is_long_text(attachment: &Attachment) -> bool {
    attachment.content_type.as_deref() == Some(LONG_TEXT)
}

fn long_text(data: &DataMessage) -> Option<String> {
    let attachment = data
        .attachments
        .iter()
        .flatten()
        .find(|attachment| is_long_text(attachment))?;
    attachment.id.clone()
}

/// Before 0.13.21 a timer that was set in a direct chat is a message with nothing in it but the time.
fn is_timer(data: &DataMessage) -> bool {
    data.expires_in_seconds.is_some_and(|seconds| seconds > 0) && data.group_info.is_none()
}

fn text(data: &DataMessage) -> Option<Text> {
    let body = bounded(data.message.as_deref()?);
    let styles = data.text_styles.iter().flatten().filter_map(style);
    let mentions = data.mentions.iter().flatten().filter_map(mention);
    let ranges: Vec<Range> = styles.chain(mentions).take(SPANS).collect();
    let text = ranges::parse(body, &ranges);
    (!text.is_blank()).then_some(text)
}

/// A style that this version does not know is left out, its text stays.
fn style(style: &TextStyle) -> Option<Range> {
    Some(Range {
        start: style.start,
        length: style.length,
        what: What::Style(style.style.parse().ok()?),
    })
}

fn mention(mention: &Mention) -> Option<Range> {
    let person = Aci::parse(mention.uuid.as_deref()?)?.person();
    let name = mention
        .name
        .as_deref()
        .filter(|name| crate::keys::alias(name).is_none());
    Some(Range {
        start: mention.start,
        length: mention.length,
        what: What::Mention {
            person,
            name: name.and_then(Name::new),
        },
    })
}

/// The text up to the bound of the system, which is far above Signal's own.
fn bounded(text: &str) -> &str {
    let mut end = text.len().min(BODY_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
