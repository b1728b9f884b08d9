//! WhatsApp's addresses (JIDs) as keys of the domain, and back. The one place that decides what a key holds:
//!
//! | key | its id |
//! |---|---|
//! | [`ChatKey`] | the JID without a device: `…@g.us` for groups, the other person's LID (`…@lid`) for direct chats, their number (`…@s.whatsapp.net`) while their LID is unknown |
//! | [`PersonKey`] | `…@lid`, with `…@s.whatsapp.net` as the alias; the number alone while the LID is unknown |
//! | [`RemoteId`] | `<message id>/<sender's person id>`: ids are unique per chat *and sender* only, and one who repeats another's id must not hide that message |

use matrimony_domain::{ChatKey, NetworkKind, PersonKey, RemoteId};
use whatsapp_rust::{Jid, Server};

/// The person behind a JID; `None` for what is no person (groups, lists, channels, bots).
pub(crate) fn person(jid: &Jid) -> Option<PersonKey> {
    person_jid(jid).map(|jid| PersonKey::new(NetworkKind::WhatsApp, jid.to_string()))
}

/// The JID of a person without a device: what [`person`] prints. Hosted companions have domains of their own for the
/// same people.
pub(crate) fn person_jid(jid: &Jid) -> Option<Jid> {
    match jid.server {
        Server::Lid | Server::HostedLid => Some(Jid::lid(jid.user.clone())),
        Server::Pn | Server::Hosted => Some(Jid::pn(jid.user.clone())),
        _ => None,
    }
    .filter(|jid| !jid.user.is_empty())
}

/// The chat at a JID; `None` for what is no conversation of ours (stories, broadcast lists, channels, bots).
pub(crate) fn chat(jid: &Jid) -> Option<ChatKey> {
    let jid = match jid.server {
        Server::Group if !jid.user.is_empty() => Jid::group(jid.user.clone()),
        _ => person_jid(jid)?,
    };
    Some(ChatKey::new(NetworkKind::WhatsApp, jid.to_string()))
}

/// Where to send for a chat.
pub(crate) fn chat_jid(chat: &ChatKey) -> Option<Jid> {
    parse(chat.network, &chat.id).filter(|jid| matches!(jid.server, Server::Group | Server::Lid | Server::Pn))
}

/// The JID of a person of this network.
pub(crate) fn jid_of(person: &PersonKey) -> Option<Jid> {
    parse(person.network, &person.id).filter(|jid| matches!(jid.server, Server::Lid | Server::Pn))
}

/// What stands behind `@` where a person is mentioned.
pub(crate) fn mention_user(person: &PersonKey) -> Option<String> {
    jid_of(person).map(|jid| jid.user.to_string())
}

/// The id of `message` by `sender` in its chat.
pub(crate) fn remote_id(message: &str, sender: &PersonKey) -> RemoteId {
    RemoteId::new(format!("{message}/{}", sender.id))
}

fn parse(network: NetworkKind, id: &str) -> Option<Jid> {
    if network != NetworkKind::WhatsApp {
        return None;
    }
    let jid: Jid = id.parse().ok()?;
    (!jid.user.is_empty() && jid.to_string() == id).then_some(jid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jid(text: &str) -> Jid {
        text.parse().unwrap()
    }

    #[test]
    fn people_and_chats_lose_their_device() {
        let cases = [
            (
                "900000000000001:3@lid",
                Some("900000000000001@lid"),
                Some("900000000000001@lid"),
            ),
            (
                "15550100001:12@s.whatsapp.net",
                Some("15550100001@s.whatsapp.net"),
                Some("15550100001@s.whatsapp.net"),
            ),
            ("120363000000000001@g.us", None, Some("120363000000000001@g.us")),
            ("status@broadcast", None, None),
            ("120363000000000002@newsletter", None, None),
        ];
        for (given, as_person, as_chat) in cases {
            assert_eq!(person(&jid(given)).map(|key| key.id).as_deref(), as_person, "{given}");
            assert_eq!(chat(&jid(given)).map(|key| key.id).as_deref(), as_chat, "{given}");
        }
    }

    #[test]
    fn keys_read_back() {
        for id in [
            "120363000000000001@g.us",
            "900000000000001@lid",
            "15550100001@s.whatsapp.net",
        ] {
            let key = ChatKey::new(NetworkKind::WhatsApp, id);
            assert_eq!(chat(&chat_jid(&key).unwrap()), Some(key));
        }
    }

    #[test]
    fn keys_that_are_not_ours_have_no_address() {
        for (network, id) in [
            (NetworkKind::Signal, "120363000000000001@g.us"),
            (NetworkKind::WhatsApp, ""),
            (NetworkKind::WhatsApp, "nonsense"),
            (NetworkKind::WhatsApp, "@g.us"),
            (NetworkKind::WhatsApp, "status@broadcast"),
            (NetworkKind::WhatsApp, "900000000000001:3@lid"),
        ] {
            let device = id.contains(':');
            let address = chat_jid(&ChatKey::new(network, id));
            assert!(address.is_none() || device, "{id}");
        }
    }

    #[test]
    fn two_senders_of_one_id_are_told_apart() {
        let [a, b] = ["1@lid", "2@lid"].map(|id| PersonKey::new(NetworkKind::WhatsApp, id));
        assert_ne!(remote_id("3EB0AA", &a), remote_id("3EB0AA", &b));
    }

    proptest! {
        #[test]
        fn any_text_may_stand_where_an_address_should(id in ".{0,40}") {
            let chat_key = ChatKey::new(NetworkKind::WhatsApp, id.clone());
            if let Some(jid) = chat_jid(&chat_key) {
                prop_assert_eq!(jid.to_string(), id.clone());
            }
            let _ = mention_user(&PersonKey::new(NetworkKind::WhatsApp, id));
        }
    }
}
