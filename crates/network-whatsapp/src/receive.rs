//! From a message of the library to the inbox, and its answer back: the library acknowledges to the server what
//! `on_messages` said `Ok` to, and nothing else.
//!
//! What is not acknowledged comes again, but only after a reconnect. So once the inbox has refused something, this
//! connection hands over nothing more: a later message would overtake the refused one.

use crate::late::{Late, LateItem};
use crate::names::{Names, push_name};
use crate::{address, decode};
use matrimony_domain::{
    ChatKey, Content, Inbound, InboundBody, LoginId, PersonKey, Placeholder, Reason, RemoteId, Sender, UnixMillis,
    limits,
};
use matrimony_network::{Inbox, NotAccepted};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;
use whatsapp_rust::types::events::InboundMessage;
use whatsapp_rust::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::{Client, InboundDurabilityHook, Jid};

/// Reads what comes in and hands it over.
pub(crate) struct Receiver {
    login: LoginId,
    own: PersonKey,
    names: Arc<Names>,
    late: Arc<Late>,
    inbox: OnceLock<Arc<dyn Inbox>>,
    closed: AtomicBool,
    refused: Notify,
}

impl Receiver {
    /// A receiver of the login that is the person `own`.
    pub(crate) fn new(login: LoginId, own: PersonKey, names: Arc<Names>, late: Arc<Late>) -> Self {
        Self {
            login,
            own,
            names,
            late,
            inbox: OnceLock::new(),
            closed: AtomicBool::new(false),
            refused: Notify::new(),
        }
    }

    /// Names the inbox; before the first connection, and once.
    pub(crate) fn attach(&self, inbox: Arc<dyn Inbox>) {
        let _ = self.inbox.set(inbox);
    }

    /// A new connection begins: what was refused comes again.
    pub(crate) fn reopen(&self) {
        self.closed.store(false, Ordering::Release);
    }

    /// Waits until the inbox has refused something on this connection. Cancel-safe.
    pub(crate) async fn refused(&self) {
        self.refused.notified().await;
    }

    /// A chat changed, or all of them may have.
    pub(crate) fn chat_changed(&self, chat: Option<&ChatKey>) {
        if let Some(inbox) = self.inbox.get() {
            inbox.chat_changed(self.login, chat);
        }
    }

    /// Hands over what did not come through `on_messages`; `false` if the inbox refused it.
    pub(crate) async fn take_late(&self, client: &Client, item: &LateItem) -> bool {
        let read = match item {
            LateItem::Recovered(message) => self.read(client, message).await,
            LateItem::Unread { info, kind } => match self.place(client, info).await {
                Place::Chat(place) => {
                    let content = Content::Placeholder(Placeholder {
                        kind: *kind,
                        text: None,
                    });
                    let mut inbound = self.inbound(place, info, content);
                    inbound.remote_id = RemoteId::new(format!("?{}", inbound.remote_id.0));
                    Read::Message(inbound)
                }
                _ => Read::Nothing,
            },
        };
        self.hand_over(vec![read]).await.is_ok()
    }

    async fn read(&self, client: &Client, message: &InboundMessage) -> Read {
        let place = match self.place(client, &message.info).await {
            Place::Chat(place) => place,
            Place::Ignored => return Read::Nothing,
            Place::Unknown => return Read::Unreadable(Reason::fixed("a chat of a kind that matrimony does not know")),
        };
        match decode::decode(&message.message, &|person| self.names.of(person)) {
            Some(content) => Read::Message(self.inbound(place, &message.info, content)),
            None => Read::Nothing,
        }
    }

    fn inbound(&self, place: Placed, info: &MessageInfo, content: Content) -> Inbound {
        let name = push_name(&info.push_name);
        if let Some(name) = &name {
            self.names
                .learn(std::iter::once(&place.person).chain(&place.alias), name);
        }
        Inbound {
            chat: place.chat,
            seen_by: self.login,
            remote_id: place.remote_id,
            sender: Sender {
                person: place.person,
                alias: place.alias,
                name,
            },
            at: UnixMillis(info.timestamp.timestamp_millis()),
            body: InboundBody::Message(content),
        }
    }

    async fn hand_over(&self, batch: Vec<Read>) -> Result<(), NotAccepted> {
        let inbox = self.inbox.get().ok_or(NotAccepted::Closed)?;
        let mut messages = Vec::with_capacity(batch.len());
        for read in batch {
            match read {
                Read::Message(inbound) => messages.push(inbound),
                Read::Unreadable(reason) => inbox.unreadable(self.login, reason).await?,
                Read::Nothing => {}
            }
        }
        for chunk in messages.chunks(limits::BATCH) {
            inbox.accept(chunk).await?;
        }
        Ok(())
    }

    async fn place(&self, client: &Client, info: &MessageInfo) -> Place {
        if is_no_conversation(&info.source) {
            return Place::Ignored;
        }
        let lid = lid_of(client, correspondent(&info.source)).await;
        place(info, &self.own, lid.as_ref()).map_or(Place::Unknown, Place::Chat)
    }
}

#[async_trait::async_trait]
impl InboundDurabilityHook for Receiver {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.closed.load(Ordering::Acquire),
            "waiting for a reconnect to bring what was refused before"
        );
        let mut read = Vec::with_capacity(batch.len());
        for message in batch {
            read.push(self.read(&client, message).await);
        }
        if let Err(refusal) = self.hand_over(read).await {
            self.closed.store(true, Ordering::Release);
            if matches!(refusal, NotAccepted::Ledger(_)) {
                tracing::warn!(login = %self.login, messages = batch.len(), "the inbox refused messages; they will come again");
                self.refused.notify_one();
            }
            return Err(refusal.into());
        }
        for message in batch {
            self.late.arrived(&message.info);
        }
        Ok(())
    }
}

enum Read {
    Message(Inbound),
    Unreadable(Reason),
    Nothing,
}

enum Place {
    Chat(Placed),
    Ignored,
    Unknown,
}

/// Where a message stands and whose it is.
#[derive(Debug, PartialEq, Eq)]
struct Placed {
    chat: ChatKey,
    person: PersonKey,
    alias: Option<PersonKey>,
    remote_id: RemoteId,
}

/// Stories, broadcast lists and channels are nobody's conversation.
fn is_no_conversation(source: &MessageSource) -> bool {
    use whatsapp_rust::Server;
    matches!(source.chat.server, Server::Broadcast | Server::Newsletter)
}

/// An address, and the same one's other address if the stanza tells it.
type Addresses<'a> = (&'a Jid, Option<&'a Jid>);

/// Who is at the other end: the sender, or where our own phone sent to. The sender's other address is the chat's only
/// in a direct chat.
fn correspondent(source: &MessageSource) -> Addresses<'_> {
    if source.is_from_me {
        (&source.chat, source.recipient_alt.as_ref())
    } else {
        sender(source)
    }
}

fn sender(source: &MessageSource) -> Addresses<'_> {
    (&source.sender, source.sender_alt.as_ref())
}

/// The LID of a person who may be known by number: the stanza tells both, or the library has learnt it.
async fn lid_of(client: &Client, person: Addresses<'_>) -> Option<Jid> {
    if let Some(lid) = stanza_lid(person) {
        return Some(lid);
    }
    let known = client.get_lid_pn_entry(&address::person_jid(person.0)?).await.ok()??;
    Some(Jid::lid(&*known.lid))
}

fn stanza_lid(person: Addresses<'_>) -> Option<Jid> {
    stanza_jids(person).find(Jid::is_lid)
}

/// Nothing for what is no person: a group has one address, whatever stands beside it.
fn stanza_jids((jid, alt): Addresses<'_>) -> impl Iterator<Item = Jid> {
    let jid = address::person_jid(jid);
    let alt = jid.is_some().then_some(alt).flatten().and_then(address::person_jid);
    jid.into_iter().chain(alt)
}

/// Keys for a message, given the LID of its [`correspondent`]. The remote id is made of the stanza alone, so that it is the same when the message comes again
/// and more has been learnt meanwhile.
fn place(info: &MessageInfo, own: &PersonKey, lid: Option<&Jid>) -> Option<Placed> {
    let source = &info.source;
    let is_direct = address::person_jid(&source.chat).is_some();
    let chat = address::chat(lid.filter(|_| is_direct).unwrap_or(&source.chat))?;
    if source.is_from_me {
        let remote_id = address::remote_id(&info.id, own);
        return Some(Placed {
            chat,
            person: own.clone(),
            alias: None,
            remote_id,
        });
    }
    let sender = sender(source);
    let by_stanza = address::person(&stanza_lid(sender).unwrap_or_else(|| source.sender.clone()))?;
    let number = stanza_jids(sender)
        .find(Jid::is_pn)
        .and_then(|number| address::person(&number));
    let person = lid.and_then(address::person).unwrap_or_else(|| by_stanza.clone());
    let alias = number.filter(|number| *number != person);
    Some(Placed {
        chat,
        person,
        alias,
        remote_id: address::remote_id(&info.id, &by_stanza),
    })
}

#[cfg(test)]
mod tests;
