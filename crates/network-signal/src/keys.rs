//! How Signal's identifiers become keys. The only place that knows these formats.
//!
//! | what | key |
//! |---|---|
//! | person | the ACI, a lower-case UUID |
//! | alias of a person | the phone number, `+…` |
//! | group | `g:` and signal-cli's base64 group id |
//! | direct chat | `u:` and the ACI of the other side |
//! | message | `timestamp/ACI of the author`: Signal itself names a message by these two |

use matrimony_domain::{ChatKey, NetworkKind, PersonKey, RemoteId};

/// The stable id of a Signal account: a UUID in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Aci(String);

impl Aci {
    /// Reads an ACI. `None` for anything else, so that a number or a PNI never becomes a person's key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let dashes = [8, 13, 18, 23];
        let shaped = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| {
                if dashes.contains(&at) {
                    byte == b'-'
                } else {
                    byte.is_ascii_hexdigit()
                }
            });
        shaped.then(|| Self(text.to_ascii_lowercase()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn person(&self) -> PersonKey {
        PersonKey::new(NetworkKind::Signal, self.0.as_str())
    }

    pub(crate) fn direct_chat(&self) -> ChatKey {
        ChatKey::new(NetworkKind::Signal, format!("u:{}", self.0))
    }
}

/// A second key of a person: the number, if it looks like one.
pub(crate) fn alias(number: &str) -> Option<PersonKey> {
    let digits = number.strip_prefix('+')?;
    let shaped = (3..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| PersonKey::new(NetworkKind::Signal, number))
}

/// The chat of a group.
pub(crate) fn group_chat(group_id: &str) -> ChatKey {
    ChatKey::new(NetworkKind::Signal, format!("g:{group_id}"))
}

/// The id of a message.
pub(crate) fn remote_id(timestamp: i64, author: &Aci) -> RemoteId {
    RemoteId::new(format!("{timestamp}/{}", author.as_str()))
}

/// A chat key read back.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A group, by signal-cli's id.
    Group(String),
    /// A person.
    Direct(Aci),
}

impl Target {
    /// `None` if this connector did not make the key.
    pub(crate) fn of(chat: &ChatKey) -> Option<Self> {
        if chat.network != NetworkKind::Signal {
            return None;
        }
        match chat.id.split_once(':')? {
            ("g", id) if !id.is_empty() => Some(Self::Group(id.to_owned())),
            ("u", aci) => Aci::parse(aci).map(Self::Direct),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "48b6f56e-a062-4beb-9b69-5d066c4e7640";

    #[test]
    fn only_a_uuid_is_an_aci() {
        assert_eq!(Aci::parse(&ALICE.to_uppercase()).unwrap().as_str(), ALICE);
        for not in [
            "",
            "+15550100001",
            &format!("PNI:{ALICE}"),
            &ALICE.replace('-', "0"),
            "é",
        ] {
            assert!(Aci::parse(not).is_none(), "{not}");
        }
    }

    #[test]
    fn a_chat_key_reads_back() {
        let alice = Aci::parse(ALICE).unwrap();
        assert!(matches!(Target::of(&alice.direct_chat()), Some(Target::Direct(aci)) if aci == alice));
        assert!(matches!(Target::of(&group_chat("abc=")), Some(Target::Group(id)) if id == "abc="));
        for foreign in ["", "g:", "u:bob", "x:y"] {
            assert!(Target::of(&ChatKey::new(NetworkKind::Signal, foreign)).is_none());
        }
        assert!(Target::of(&ChatKey::new(NetworkKind::WhatsApp, "g:abc=")).is_none());
    }

    #[test]
    fn only_a_number_is_an_alias() {
        assert!(alias("+15550100001").is_some());
        for not in ["", "+", "15550100001", "+1555x", ALICE] {
            assert!(alias(not).is_none(), "{not}");
        }
    }
}
