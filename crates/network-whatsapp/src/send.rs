//! Sending one message.

use crate::outcome;
use crate::session::WhatsAppSession;
use crate::{address, ids};
use matrimony_domain::{Action, Reason, SendKey, Text};
use matrimony_engine::translate::marks;
use matrimony_network::{SendError, Sent, SessionEnd, SessionHealth};
use std::time::Duration;
use whatsapp_rust::SendOptions;
use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;

/// How long one attempt may take, from looking up the recipients' devices to the server's answer. Below
/// [`ATTEMPT_TIMEOUT`](matrimony_domain::limits::ATTEMPT_TIMEOUT), so that the answer is ours and says that a repeat is
/// safe.
const ATTEMPT: Duration = Duration::from_secs(45);

impl WhatsAppSession {
    /// Sends, and waits for the server's answer. Whatever goes wrong on the way, a repeat is safe: it carries the same id.
    pub(crate) async fn send(&self, key: &SendKey, action: &Action) -> Result<Sent, SendError> {
        self.ready()?;
        let to = address::chat_jid(&action.chat).ok_or(SendError::Refused(Reason::fixed(
            "this is not the address of a WhatsApp chat",
        )))?;
        let id = ids::message_id(key);
        let options = SendOptions::default().with_message_id(&id);
        let mut answer = self.acks.expect(&id);
        let attempt = async {
            let sent = self
                .client
                .send_message_with_options(to, message(&action.text), options)
                .await;
            sent.map_err(|error| outcome::of_error(&error))?;
            let answer = answer.wait().await.ok_or_else(outcome::offline)?;
            outcome::of_answer(&answer)
        };
        tokio::time::timeout(ATTEMPT, attempt)
            .await
            .unwrap_or_else(|_| Err(outcome::later(outcome::SOON, "the server did not answer in time")))?;
        Ok(Sent {
            remote_id: address::remote_id(&id, &self.own),
        })
    }

    /// Whether there is a connection to ask something over.
    pub(crate) fn ready(&self) -> Result<(), SendError> {
        match &*self.watcher.health.borrow() {
            SessionHealth::Online => Ok(()),
            SessionHealth::Connecting { .. } => Err(outcome::offline()),
            SessionHealth::Ended(SessionEnd::Unlinked(_)) => Err(SendError::Unlinked),
            SessionHealth::Ended(_) => Err(outcome::offline()),
        }
    }
}

/// Text with WhatsApp's marks, and with mentions where there are any.
fn message(text: &Text) -> wa::Message {
    let rendered = marks::render(text, &address::mention_user);
    if rendered.mentioned.is_empty() {
        return wa::Message {
            conversation: Some(rendered.text),
            ..Default::default()
        };
    }
    let mentioned_jid = rendered.mentioned.iter().map(|person| person.id.clone()).collect();
    let context = wa::ContextInfo {
        mentioned_jid,
        ..Default::default()
    };
    let extended = wa::message::ExtendedTextMessage {
        text: Some(rendered.text),
        context_info: MessageField::some(context),
        ..Default::default()
    };
    wa::Message {
        extended_text_message: MessageField::some(extended),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::{Mark, NetworkKind, PersonKey};

    #[test]
    fn plain_words_are_a_conversation() {
        let message = message(&Text::plain("hello"));
        assert_eq!(
            message,
            wa::Message {
                conversation: Some("hello".into()),
                ..Default::default()
            }
        );
    }

    #[test]
    fn a_mention_names_the_address() {
        let mut text = Text::plain("hi @dora");
        text.mark(
            3..8,
            Mark::Mention(PersonKey::new(NetworkKind::WhatsApp, "900000000000002@lid")),
        );
        let message = message(&text);
        let extended = message
            .extended_text_message
            .as_option()
            .expect("a mention needs a context");
        assert_eq!(extended.text.as_deref(), Some("hi @900000000000002"));
        let context = extended.context_info.as_option().expect("a mention needs a context");
        assert_eq!(context.mentioned_jid, ["900000000000002@lid"]);
    }

    #[test]
    fn a_mention_of_someone_elsewhere_stays_a_name() {
        let mut text = Text::plain("hi @alice");
        text.mark(3..9, Mark::Mention(PersonKey::new(NetworkKind::Signal, "0a0a")));
        assert_eq!(message(&text).conversation.as_deref(), Some("hi @alice"));
    }
}
