//! A line of signal-cli into what happened. Total: any bytes give an answer, and nothing that a person did gives
//! silence.

mod content;
mod message;
#[cfg(test)]
mod tests;

use crate::keys::{self, Aci};
use crate::wire::{Envelope, Exception, GroupInfo, Line, Placed, Received};
use matrimony_domain::{
    ChatKey, Content, Inbound, InboundBody, LoginId, Name, Placeholder, PlaceholderKind, Reason, Sender, UnixMillis,
};
use message::{Message, Said, direct, parse};

/// What a line says to one account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// Nothing to hand over: typing, receipts, session control, another account's line.
    Nothing,
    /// Something happened in a chat.
    Inbound(Box<Happened>),
    /// Names or groups of the account changed.
    Resync,
    /// It is ours and cannot be placed in a chat.
    Unreadable(Reason),
    /// It cannot be read at all, so nobody knows whose it is.
    Stray(Reason),
}

/// Something that happened in a chat.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) chat: ChatKey,
    /// `None` where only the chat itself changed.
    pub(crate) inbound: Option<Inbound>,
    /// The group as the message names it.
    pub(crate) group: Option<GroupState>,
    /// The file of a text that was too long for the message; the text of `inbound` is its beginning.
    pub(crate) long_text: Option<String>,
}

/// What tells that a group has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupState {
    pub(crate) name: Option<Name>,
    pub(crate) revision: Option<i64>,
    /// The message says so itself.
    pub(crate) updated: bool,
}

/// The account for whom a line is read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) login: LoginId,
    /// Its number.
    pub(crate) account: &'a str,
}

/// Reads one line.
pub(crate) fn decode(line: &[u8], reader: Reader<'_>) -> Decoded {
    if line.trim_ascii().is_empty() {
        return Decoded::Nothing;
    }
    let Ok(text) = std::str::from_utf8(line) else {
        return unreadable_line(line, reader, "signal-cli wrote a line that is not UTF-8");
    };
    let Ok(parsed) = serde_json::from_str::<Line>(text) else {
        return unreadable_line(line, reader, "signal-cli wrote a line that is not a message as JSON");
    };
    if parsed.method.as_deref().is_some_and(|method| method != "receive") {
        return Decoded::Nothing;
    }
    let received = match parsed.params {
        Some(params) => params.result.unwrap_or(params.bare),
        None => parsed.bare,
    };
    match &received.account {
        Some(account) if account != reader.account => Decoded::Nothing,
        Some(_) => of_account(received, reader),
        None => Decoded::Stray(Reason::fixed("signal-cli wrote a message without an account")),
    }
}

/// A broken line may still show whose it is.
fn unreadable_line(line: &[u8], reader: Reader<'_>, why: &'static str) -> Decoded {
    let account = reader.account.as_bytes();
    let named = !account.is_empty() && line.windows(account.len()).any(|part| part == account);
    if named {
        Decoded::Unreadable(Reason::fixed(why))
    } else {
        Decoded::Stray(Reason::fixed(why))
    }
}

fn of_account(received: Received, reader: Reader<'_>) -> Decoded {
    let Some(envelope) = received.envelope else {
        return Decoded::Unreadable(Reason::fixed("signal-cli wrote a message without an envelope"));
    };
    if let Some(exception) = received.exception {
        return undecryptable(&envelope, &exception, reader);
    }
    match Message::of(&envelope) {
        None => Decoded::Nothing,
        Some(Ok(Message::Nothing)) => Decoded::Nothing,
        Some(Ok(Message::Resync)) => Decoded::Resync,
        Some(Ok(Message::Of { chat, message })) => happened(&envelope, chat, *message, reader),
        Some(Err(())) => unknown_shape(&envelope, reader),
    }
}

fn happened(envelope: &Envelope, chat: Option<ChatKey>, message: Said, reader: Reader<'_>) -> Decoded {
    let Some(chat) = chat else {
        return Decoded::Unreadable(Reason::fixed("a Signal message does not say in which chat it was"));
    };
    let (said, group, timestamp) = match message {
        Said::Kind(kind) => (content::placeholder(kind, None), None, None),
        Said::Edit(data) => (content::edit(&data), data.group_info, data.timestamp),
        Said::Data(data) => (content::of(&data), data.group_info, data.timestamp),
    };
    let long_text = said.as_ref().and_then(|said| said.long_text.clone());
    let body = said.map(|said| InboundBody::Message(said.content));
    let inbound = match body.map(|body| inbound(envelope, &chat, timestamp, body, reader)) {
        Some(None) => return Decoded::Unreadable(Reason::fixed("a Signal message does not say who sent it, or when")),
        other => other.flatten(),
    };
    Decoded::Inbound(Box::new(Happened {
        chat,
        inbound,
        group: group.map(GroupState::from),
        long_text,
    }))
}

impl From<GroupInfo> for GroupState {
    fn from(group: GroupInfo) -> Self {
        Self {
            name: group.group_name.as_deref().and_then(Name::new),
            revision: group.revision,
            updated: group.kind.as_deref() == Some("UPDATE"),
        }
    }
}

fn inbound(
    envelope: &Envelope,
    chat: &ChatKey,
    timestamp: Option<i64>,
    body: InboundBody,
    reader: Reader<'_>,
) -> Option<Inbound> {
    let author = Aci::parse(envelope.source_uuid.as_deref()?)?;
    let timestamp = timestamp.or(envelope.timestamp)?;
    Some(Inbound {
        chat: chat.clone(),
        seen_by: reader.login,
        sender: Sender {
            person: author.person(),
            alias: envelope.source_number.as_deref().and_then(keys::alias),
            name: display_name(envelope),
        },
        remote_id: keys::remote_id(timestamp, &author),
        at: UnixMillis(timestamp),
        body,
    })
}

/// Where signal-cli knows no name it gives the number, which is none.
fn display_name(envelope: &Envelope) -> Option<Name> {
    let name = envelope.source_name.as_deref()?;
    let is_address = keys::alias(name).is_some() || Aci::parse(name).is_some();
    if is_address { None } else { Name::new(name) }
}

/// A message of a shape that this version does not know is still placed, if it says where it belongs.
fn unknown_shape(envelope: &Envelope, reader: Reader<'_>) -> Decoded {
    let reason = Reason::fixed("a Signal message has a shape that this version does not know; update matrimony");
    let data = envelope
        .data_message
        .as_ref()
        .or_else(|| envelope.edit_message.as_ref()?.get("dataMessage"));
    let Some(placed) = data.and_then(|data| parse::<Placed>(data).ok()) else {
        return Decoded::Unreadable(reason);
    };
    let chat = match &placed.group_info {
        Some(group) => Some(keys::group_chat(&group.group_id)),
        None => direct(envelope.source_uuid.as_deref()),
    };
    let body = InboundBody::Unreadable(reason.clone());
    let inbound = chat.and_then(|chat| inbound(envelope, &chat, placed.timestamp, body, reader));
    inbound.map_or(Decoded::Unreadable(reason), |inbound| {
        Decoded::Inbound(Box::new(Happened {
            chat: inbound.chat.clone(),
            inbound: Some(inbound),
            group: None,
            long_text: None,
        }))
    })
}

/// Such an envelope seldom says in which chat it was; if it does, the chat is told.
fn undecryptable(envelope: &Envelope, exception: &Exception, reader: Reader<'_>) -> Decoded {
    let group = envelope
        .data_message
        .as_ref()
        .and_then(|data| parse::<Placed>(data).ok()?.group_info);
    let said = Content::Placeholder(Placeholder {
        kind: PlaceholderKind::Undecryptable,
        text: None,
    });
    let placed = group.and_then(|group| {
        let chat = keys::group_chat(&group.group_id);
        inbound(envelope, &chat, None, InboundBody::Message(said), reader)
    });
    match placed {
        Some(inbound) => Decoded::Inbound(Box::new(Happened {
            chat: inbound.chat.clone(),
            inbound: Some(inbound),
            group: None,
            long_text: None,
        })),
        None => Decoded::Unreadable(Reason::computed(format!(
            "signal-cli could not decrypt a message ({})",
            class_name(exception)
        ))),
    }
}

/// The Java class, if it looks like one: it is the only part of an exception without personal data.
fn class_name(exception: &Exception) -> &str {
    let name = exception.kind.as_deref().unwrap_or_default();
    let shaped = (1..=80).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if shaped { name } else { "of unknown kind" }
}
